//! Queries in the words of every engine: how many can be said, and whether other engines return SQLite's rows.
//!
//! `--out FILE` writes tables, rows and queries for `bench/dialect_servers.py` and `bench/sqlglot_parse.py`; `--rows FILE` compares
//! the rows that the first of them brought back.

mod tables;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use database::{Image, Limits, ResultColumn, Rows, run};
use judge::{expect, same_rows};
use schema::Value;
use serde::Deserialize;
use serde_json::json;
use sql::print::{Unsayable, compact, emit};
use sql::tree::{BinaryOp, Expr, ExprKind};
use sql::visit::each_expr_mut;
use sql::{Dialect, Options, VerifiedQuery, parse, verify};

use super::corpus::{Ground, grounds, sizes};
use super::{Args, Figure, Measured};
use crate::commands::eval::{FILL_SEED, databases};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use tables::SERVERS;

/// Queries with other rows that are shown of each engine.
const SHOWN: usize = 10;

/// What a server answered.
#[derive(Deserialize)]
struct Reply {
    id: usize,
    dialect: Dialect,
    rows: Option<Vec<Vec<Value>>>,
    error: Option<String>,
}

/// What became of the queries of one engine.
#[derive(Default)]
struct Tally {
    said: usize,
    refused: BTreeMap<String, usize>,
    same: usize,
    empty: usize,
    open: usize,
    failed: usize,
    halves: usize,
    different: usize,
}

/// Says every query in the words of every engine, and compares rows where there are some.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let grounds = grounds(args, context, &pack)?;
    let image = databases(&pack, FILL_SEED)?.swap_remove(0);
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let texts = said(&grounds, &mut tallies);
    let asked = Asked { grounds: &grounds, pack: pack.name(), texts: &texts, image: &image };
    if let Some(path) = &args.out {
        asked.write(path)?;
    }
    if let Some(path) = &args.rows {
        asked.compare(path, &mut tallies, context)?;
    }
    let mut figures = sizes("dialects", &grounds);
    for (dialect, tally) in &tallies {
        figures.extend(tally.figures(dialect, args.rows.is_some()));
    }
    Ok(figures)
}

/// One query in the words of each engine that can say it.
struct Text<'g> {
    ground: usize,
    sql: &'g str,
    texts: BTreeMap<&'static str, String>,
}

fn said<'g>(grounds: &'g [Ground<'_>], tallies: &mut BTreeMap<&'static str, Tally>) -> Vec<Text<'g>> {
    let mut all = vec![];
    for (at, ground) in grounds.iter().enumerate() {
        for sql in &ground.queries {
            let Some(query) = parse(sql, &ground.catalog, Dialect::Sqlite).ok() else { continue };
            let mut texts = BTreeMap::new();
            for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Sqlite) {
                let tally = tallies.entry(dialect.name()).or_default();
                match emit(&query, &ground.catalog, dialect) {
                    Ok(text) => {
                        tally.said += 1;
                        texts.insert(dialect.name(), text);
                    }
                    Err(Unsayable { construct, .. }) => *tally.refused.entry(construct.to_string()).or_default() += 1,
                }
            }
            all.push(Text { ground: at, sql, texts });
        }
    }
    all
}

/// What was said, and the rows that it is said of.
struct Asked<'a> {
    grounds: &'a [Ground<'a>],
    /// The name of the schema that has rows.
    pack: &'a str,
    texts: &'a [Text<'a>],
    image: &'a Image,
}

impl Asked<'_> {
    fn write(&self, path: &Path) -> Result<(), Failure> {
        let Asked { grounds, pack, texts, image } = *self;
        let failed = |e: std::io::Error| Failure::new(Exit::Failed, "io", format_args!("{}: {e}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
        for (at, ground) in grounds.iter().enumerate() {
            let line = match ground.name == pack {
                true => with(image, |database| tables::line(&ground.name, &ground.catalog, Some(database)))?,
                false => tables::line(&ground.name, &ground.catalog, None)?,
            };
            writeln!(file, "{line}").map_err(failed)?;
            for (id, text) in texts.iter().enumerate().filter(|(_, text)| text.ground == at) {
                let line = json!({ "id": id, "db": ground.name, "sql": text.sql, "texts": text.texts });
                writeln!(file, "{line}").map_err(failed)?;
            }
        }
        file.flush().map_err(failed)
    }

    fn compare(
        &self,
        path: &Path,
        tallies: &mut BTreeMap<&'static str, Tally>,
        context: &Context,
    ) -> Result<(), Failure> {
        let Asked { grounds, pack, texts, image } = *self;
        let replies = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?;
        let wrong = |number: usize, e| Failure::data(format_args!("{}, line {number}: {e}", path.display()));
        let shuffled = shuffled(grounds, pack, image)?;
        for (line, number) in replies.lines().zip(1..) {
            let reply: Reply = serde_json::from_str(line).map_err(|e| wrong(number, e.to_string()))?;
            let Some(text) = texts.get(reply.id) else { return Err(wrong(number, "no such query".to_owned())) };
            let tally = tallies.entry(reply.dialect.name()).or_default();
            let ground = &grounds[text.ground];
            let told = match (&reply.error, reply.rows) {
                (Some(error), _) => {
                    tally.failed += 1;
                    Some(error.clone())
                }
                (None, Some(rows)) if ground.name == pack => {
                    tally.add(verdict(text.sql, ground, rows, image, &shuffled))
                }
                _ => None,
            };
            if let Some(told) = told.filter(|_| tally.different + tally.failed <= SHOWN) {
                let theirs = text.texts.get(reply.dialect.name()).map_or("", String::as_str);
                context.note(format_args!("{}: {told}\n{}\n{theirs}", reply.dialect.title(), text.sql));
            }
        }
        Ok(())
    }
}

fn with<T>(image: &Image, work: impl FnOnce(&database::Database) -> Result<T, Failure>) -> Result<T, Failure> {
    image.with(work).map_err(|e| Failure::new(Exit::Failed, "internal", e))?
}

/// The same rows in another order, to see what SQL leaves open.
fn shuffled(grounds: &[Ground<'_>], pack: &str, image: &Image) -> Result<Image, Failure> {
    let Some(ground) = grounds.iter().find(|ground| ground.name == pack) else { return Ok(image.clone()) };
    let names =
        ground.catalog.tables.iter().filter(|table| !table.is_view).map(|table| sql::dialect::quote_name(&table.name));
    let script: String = names
        .enumerate()
        .map(|(i, name)| {
            // Without its key, so that nothing brings the old order back.
            let mut text = format!("CREATE TABLE back_{i} AS SELECT * FROM {name} ORDER BY rowid DESC;\n");
            text += &format!("DROP TABLE {name}; ALTER TABLE back_{i} RENAME TO {name};\n");
            text
        })
        .collect();
    image.changed(&script, &ground.catalog).map_err(|e| Failure::new(Exit::Failed, "internal", e))
}

/// What a comparison comes to.
enum Verdict {
    Same {
        is_empty: bool,
    },
    /// Another copy with the same rows answers otherwise too, or there is no answer in time.
    Open,
    /// The rows are those that SQLite returns where it rounds decimals that lie exactly between two as decimals.
    Halves,
    Different(String),
}

fn verdict(text: &str, ground: &Ground<'_>, rows: Vec<Vec<Value>>, image: &Image, shuffled: &Image) -> Verdict {
    let Ok(reference) = verify(text, &ground.catalog, &Options::default()) else { return Verdict::Open };
    let limits = Limits { max_rows: 100_000, ..Limits::default() };
    let in_order = !reference.query().order_by.is_empty();
    let expected = image.with(|database| expect(database, &reference, in_order, &limits));
    let Ok(Ok(expected)) = expected else { return Verdict::Open };
    let given = as_rows(&reference, rows);
    if same_rows(&expected, &given).is_same() {
        return Verdict::Same { is_empty: given.rows.is_empty() };
    }
    let other = shuffled.with(|database| run(database, &reference, &limits));
    if matches!(other, Ok(Ok(other)) if !same_rows(&expected, &other).is_same()) {
        return Verdict::Open;
    }
    if let Some(query) = rounded_as_decimals(text, ground) {
        let rounded = image.with(|database| expect(database, &query, in_order, &limits));
        if matches!(rounded, Ok(Ok(rounded)) if same_rows(&rounded, &given).is_same()) {
            return Verdict::Halves;
        }
    }
    Verdict::Different(format!(
        "{} rows expected, {} given: {:?}",
        expected.len(),
        given.rows.len(),
        given.rows.first()
    ))
}

/// How much farther from zero a number is before it is rounded as a decimal: more than what a binary number lies beside the
/// decimal it stands for, and too little for any other.
const NUDGE: f64 = 1.000_000_000_000_1;

/// A query that rounds 2.675 up, as engines do whose numbers are decimals: the binary number that SQLite has for it lies a
/// little below. None where nothing is rounded.
fn rounded_as_decimals(text: &str, ground: &Ground<'_>) -> Option<VerifiedQuery> {
    let mut query = parse(text, &ground.catalog, Dialect::Sqlite).ok()?;
    let mut is_rounded = false;
    each_expr_mut(&mut query, &mut |expr| {
        if let ExprKind::Call(call) = &mut expr.kind
            && call.function == "ROUND"
            && let Some(number) = call.args.first_mut()
        {
            *number = number.clone().binary(BinaryOp::Mul, Expr::value(Value::Real(NUDGE)));
            is_rounded = true;
        }
    });
    let text = is_rounded.then(|| compact(&query, &ground.catalog))?;
    verify(&text, &ground.catalog, &Options::default()).ok()
}

/// The rows of a server as a result; it has as many columns as the query shows.
fn as_rows(query: &VerifiedQuery, rows: Vec<Vec<Value>>) -> Rows {
    let column = || ResultColumn { name: String::new(), declared: None };
    let width = sql::visit::arity(query.query());
    Rows { columns: (0..width).map(|_| column()).collect(), rows, truncated: false }
}

impl Tally {
    /// Counts a verdict; what is to be told of it.
    fn add(&mut self, verdict: Verdict) -> Option<String> {
        match verdict {
            Verdict::Same { is_empty } => {
                self.same += 1;
                self.empty += usize::from(is_empty);
                None
            }
            Verdict::Open => {
                self.open += 1;
                None
            }
            Verdict::Halves => {
                self.halves += 1;
                None
            }
            Verdict::Different(told) => {
                self.different += 1;
                Some(told)
            }
        }
    }

    fn figures(&self, dialect: &str, compared: bool) -> Vec<Figure> {
        let of = |name: &str, value: usize| Figure::new(format!("dialects.{dialect}.{name}"), value as f64, "");
        let mut figures = vec![of("said", self.said), of("refused", self.refused.values().sum())];
        figures.extend(self.refused.iter().map(|(construct, count)| of(&format!("refused: {construct}"), *count)));
        if compared && SERVERS.iter().any(|server| server.name() == dialect) {
            figures.extend([
                of("same rows", self.same),
                of("without rows", self.empty),
                of("not counted: SQL leaves the rows open", self.open),
                of("failed", self.failed),
                of("other rows for ROUND of what lies between two decimals", self.halves),
                of("other rows", self.different),
            ]);
        }
        figures
    }
}
