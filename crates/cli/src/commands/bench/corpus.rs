//! Queries with the schemas they are over: those of an outside suite, those of question files, and synthesised ones. Each
//! is one that SQLite prepares.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::path::{Path, PathBuf};

use answer::pack::Pack;
use database::Oracle;
use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::ddl::catalog_from_ddl;
use train::synth::generate::{Amount, generate};
use train::synth::split::Split;
use train::synth::studio::Workshop;

use super::coverage::{queries, read};
use super::{Args, Figure};
use crate::commands::eval::{FILL_SEED, TODAY, databases, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// A schema with queries over it.
pub(super) struct Ground<'p> {
    /// What the schema is called.
    pub(super) name: String,
    pub(super) catalog: Catalog,
    /// SQLite with that schema.
    pub(super) oracle: Oracle,
    /// How its queries are validated.
    pub(super) options: sql::Options<'p>,
    pub(super) queries: Vec<String>,
    /// Texts that SQLite does not prepare, and that are therefore left out.
    pub(super) refused: Vec<String>,
}

/// The schemas of `--suite`, and the pack with the queries of `--questions` and `--count` synthesised ones.
pub(super) fn grounds<'p>(args: &Args, context: &Context, pack: &'p Pack) -> Result<Vec<Ground<'p>>, Failure> {
    let mut grounds = vec![];
    if let Some(folder) = &args.suite {
        let folder = Path::new(folder);
        for (schema, queries) in queries(folder)? {
            let ddl = read(&folder.join(format!("{schema}.sql")))?;
            grounds.push(Ground::new(schema, &ddl, sql::Options::default(), queries)?);
        }
    }
    let mut queries = asked(args, pack)?;
    let written: BTreeSet<String> = queries.iter().cloned().collect();
    queries.extend(synthesised(args, pack)?.into_iter().filter(|sql| !written.contains(sql)));
    grounds.push(Ground::new(pack.name().to_owned(), &pack.files.schema, pack.validation(), queries)?);
    let refused = grounds.iter().flat_map(|ground| &ground.refused);
    refused.for_each(|sql| context.note(format_args!("left out, since SQLite does not prepare it: {sql}")));
    Ok(grounds)
}

impl<'p> Ground<'p> {
    fn new(name: String, ddl: &str, options: sql::Options<'p>, queries: Vec<String>) -> Result<Self, Failure> {
        let catalog = catalog_from_ddl(ddl).map_err(|e| Failure::data(format_args!("{name}.sql: {e}")))?;
        let oracle = Oracle::new(ddl, &catalog).map_err(|e| Failure::data(format_args!("{name}.sql: {e}")))?;
        let (queries, refused) = queries.into_iter().partition(|sql| oracle.reads(sql).is_ok());
        Ok(Ground { name, catalog, oracle, options, queries, refused })
    }
}

/// The queries of question files, each once: references and alternatives.
pub(super) fn asked(args: &Args, pack: &Pack) -> Result<Vec<String>, Failure> {
    let mut texts = vec![];
    match args.questions.as_slice() {
        [] => texts.push(pack.files.examples.clone()),
        paths => {
            for path in paths {
                texts.extend(files(path)?.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?);
            }
        }
    }
    let lines = texts.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let queries = lines.flat_map(|line| {
        let alternatives = line["alternatives"].as_array().cloned().unwrap_or_default();
        std::iter::once(line["sql"].clone()).chain(alternatives)
    });
    let mut seen = BTreeSet::new();
    let queries = queries.filter_map(|sql| sql.as_str().map(str::to_owned));
    Ok(queries.filter(|sql| seen.insert(sql.clone())).collect())
}

/// The file itself, or the JSON lines of a folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|e| Failure::unreadable(path, &e))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// Different queries of training questions, one question a tree.
fn synthesised(args: &Args, pack: &Pack) -> Result<BTreeSet<String>, Failure> {
    let images = databases(pack, FILL_SEED)?;
    let workshop = Workshop::new(pack, images, fixed_day(TODAY)?).map_err(Failure::data)?;
    let studios = workshop.studios(Split::Train);
    let (wanted, threads) = (args.count(2_000), usize::from(args.threads));
    let mut found = BTreeSet::new();
    let mut seed = args.seed;
    while found.len() < wanted {
        let before = found.len();
        let amount = Amount { questions: wanted * 2, voices: 1, seed, threads };
        let made = generate(&studios, Split::Train, amount, &mut |example| {
            found.extend(example.sql.filter(|_| found.len() < wanted));
            Ok::<(), Infallible>(())
        });
        let Ok(_) = made;
        if found.len() == before {
            break;
        }
        seed += 1;
    }
    Ok(found)
}

/// How many queries there are.
pub(super) fn count(grounds: &[Ground<'_>]) -> usize {
    grounds.iter().map(|ground| ground.queries.len()).sum()
}

/// How many queries there are, and of how many schemas.
pub(super) fn sizes(name: &str, grounds: &[Ground<'_>]) -> Vec<Figure> {
    let refused = grounds.iter().map(|ground| ground.refused.len()).sum::<usize>();
    vec![
        Figure::new(format!("{name}.queries"), count(grounds) as f64, ""),
        Figure::new(format!("{name}.schemas"), grounds.len() as f64, ""),
        Figure::new(format!("{name}.left out"), refused as f64, ""),
    ]
}

/// Writes schemas and queries for other programs: a line `{"db", "tables"}` a schema, then a line `{"db", "sql"}` a query.
pub(super) fn write(grounds: &[Ground<'_>], path: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(Exit::Failed, "io", format_args!("{}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    for Ground { name, catalog, queries, .. } in grounds {
        writeln!(file, "{}", json!({ "db": name, "tables": tables(catalog) })).map_err(failed)?;
        for sql in queries {
            writeln!(file, "{}", json!({ "db": name, "sql": sql })).map_err(failed)?;
        }
    }
    file.flush().map_err(failed)
}

/// Tables, their columns and those columns' declared types.
fn tables(catalog: &Catalog) -> Json {
    let columns = |table: &schema::Table| {
        let columns = table.columns.iter().map(|c| (c.name.clone(), Json::from(c.declared.clone())));
        Json::Object(columns.collect())
    };
    Json::Object(catalog.tables.iter().map(|table| (table.name.clone(), columns(table))).collect())
}
