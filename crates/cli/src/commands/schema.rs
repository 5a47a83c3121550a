//! `glrl schema show`: tables, columns and keys, of the pack or of a database; `schema discover`: keys that nobody declared.

mod discover;

use std::path::{Path, PathBuf};

use answer::pack::Pack;
use database::introspect::Skipped;
use database::{Database, Live};
use schema::{Catalog, Glossary, TableId};
use serde_json::{Value as Json, json};
use toml::Value;

use super::Arguments;
use crate::context::{Context, cannot_open};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Paint};
use crate::settings::FlagValue;

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show tables, columns and keys.
    Show(ShowArgs),
    /// Find keys between tables that nobody declared, by their names, and by their values where a database is given.
    Discover(TablesArgs),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Only this table.
    table: Option<String>,
    #[command(flatten)]
    tables: TablesArgs,
}

/// Which tables a command is about.
#[derive(Debug, clap::Args)]
pub(super) struct TablesArgs {
    /// The pack whose tables and words count: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// What this SQLite file, or the server of this URL, holds instead of the pack's tables. It is only read.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "ddl")]
    pub(super) db: Option<String>,
    /// What this script creates, instead of the pack's tables; "-" is standard input.
    #[arg(long, value_name = "FILE")]
    pub(super) ddl: Option<PathBuf>,
}

impl TablesArgs {
    pub(super) fn flags(&self) -> Vec<FlagValue> {
        self.pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone()))).collect()
    }

    /// The tables, and the pack's words for its own.
    pub(super) fn read(&self, context: &Context) -> Result<(Catalog, Glossary), Failure> {
        if let Some(place) = &self.db {
            return Ok((live(place, context)?.catalog, Glossary::default()));
        }
        if let Some(path) = &self.ddl {
            return Ok((catalog_of_script(path)?, Glossary::default()));
        }
        let Pack { catalog, glossary, .. } = context.pack()?;
        Ok((catalog, glossary))
    }
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        match &self.action {
            Action::Show(args) => args.tables.flags(),
            Action::Discover(tables) => tables.flags(),
        }
    }
}

/// Shows the schema.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let args = match args.action {
        Action::Show(args) => args,
        Action::Discover(tables) => return discover::run(&tables, context),
    };
    let (catalog, glossary) = args.tables.read(context)?;
    let tables: Vec<TableId> = match &args.table {
        Some(name) => vec![catalog.find_table(name).ok_or_else(|| no_table(name, &catalog))?],
        None => catalog.table_ids().collect(),
    };
    if context.json {
        let tables: Vec<Json> = tables.into_iter().map(|table| table_json(&catalog, table)).collect();
        output::line(json!({ "tables": tables }))?;
        return Ok(Exit::Done);
    }
    for (i, table) in tables.into_iter().enumerate() {
        if i > 0 {
            output::line("")?;
        }
        output::line(table_text(&catalog, &glossary, table, context.paint()))?;
    }
    Ok(Exit::Done)
}

/// What a database holds; what is left out of it is said.
pub(super) fn live(place: &str, context: &Context) -> Result<Live, Failure> {
    opened(place, context).map(|(_, live)| live)
}

/// A database and what it holds; what is left out of that is said.
fn opened(place: &str, context: &Context) -> Result<(Database, Live), Failure> {
    let (database, live) = database::open_any_at(&context.place(place)?).map_err(|e| cannot_open(&e))?;
    for Skipped { name, reason } in &live.skipped {
        let said = format!("left out {name}: {reason}");
        context.note(output::plain(&said));
    }
    Ok((database, live))
}

/// The text of a file of SQL, or of standard input for "-".
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    let read = match path.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(path),
    };
    let text = read.map_err(|e| Failure::unreadable(path, &e))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The catalog that a schema script creates.
pub(super) fn catalog_of_script(path: &Path) -> Result<Catalog, Failure> {
    let catalog = sql::ddl::catalog_from_ddl(&text_of(path)?);
    catalog.map_err(|e| Failure::data(format_args!("{}: {e}", path.display())))
}

fn no_table(name: &str, catalog: &Catalog) -> Failure {
    let failure = Failure::data(format_args!("there is no table \"{name}\""));
    let near = catalog.tables.iter().map(|t| (strsim::jaro_winkler(&name.to_lowercase(), &t.name.to_lowercase()), t));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8) {
        Some((_, table)) => failure.hint(format_args!("did you mean \"{}\"?", table.name)),
        None => failure.hint("`glrl schema show` lists them"),
    }
}

fn table_json(catalog: &Catalog, id: TableId) -> Json {
    let table = catalog.table(id);
    let name = |column: &u16| table.columns[usize::from(*column)].name.clone();
    let columns: Vec<Json> = table
        .columns
        .iter()
        .map(|c| json!({ "name": c.name, "type": c.declared, "kind": c.ty, "not_null": c.not_null, "default": c.default, "comment": c.comment }))
        .collect();
    let keys: Vec<Json> = catalog
        .foreign_key_ids()
        .filter(|key| catalog.foreign_key(*key).from == id)
        .map(|key| {
            let (own, other): (Vec<_>, Vec<_>) = catalog.key_pairs(key).unzip();
            let names = |columns: Vec<schema::ColumnId>| -> Vec<String> {
                columns.into_iter().map(|c| catalog.column(c).name.clone()).collect()
            };
            let to = catalog.foreign_key(key).to;
            json!({ "columns": names(own), "table": catalog.table(to).name, "to": names(other) })
        })
        .collect();
    json!({
        "name": table.name, "view": table.is_view, "comment": table.comment, "columns": columns,
        "primary_key": table.primary_key.iter().map(name).collect::<Vec<_>>(), "foreign_keys": keys,
    })
}

fn table_text(catalog: &Catalog, glossary: &Glossary, id: TableId, paint: Paint) -> String {
    let table = catalog.table(id);
    let terms = glossary.table(catalog, id).map(|terms| terms.plural.join(", ")).unwrap_or_default();
    let mut text = format!("{}  {}", paint.bold(&output::plain(&table.name)), paint.faint(&terms));
    let width = |of: fn(&schema::Column) -> usize| table.columns.iter().map(of).max().unwrap_or(0);
    let (names, types) = (width(|c| c.name.chars().count()), width(|c| c.declared.chars().count()));
    for column in catalog.columns_of(id) {
        let facts = catalog.column(column);
        let line = format!("  {:names$}  {:types$}  {}", facts.name, facts.declared, column_note(catalog, column));
        text.push('\n');
        text.push_str(&output::plain(line.trim_end()));
    }
    text
}

/// "key", "-> T.C", "not null".
fn column_note(catalog: &Catalog, column: schema::ColumnId) -> String {
    let table = catalog.table(column.table);
    let mut notes = vec![];
    if table.primary_key.contains(&column.column) {
        notes.push("key".to_owned());
    } else if catalog.column(column).not_null {
        notes.push("not null".to_owned());
    }
    for key in catalog.foreign_key_ids() {
        let mut pairs = catalog.key_pairs(key);
        notes.extend(pairs.find(|(own, _)| *own == column).map(|(_, other)| format!("-> {}", catalog.qualified(other))));
    }
    notes.join(", ")
}
