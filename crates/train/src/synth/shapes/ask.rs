//! Questions of the shapes: drawn, run, worded, normalised, aligned and admitted, and counted where they are lost.

use schema::Value;
use sql::dialect::Dialect;
use sql::features;
use sql::print;
use sql::resolve;
use sql::tree::Query;
use sql::verify::verify;

use super::super::dice::Dice;
use super::super::pair::worded;
use super::super::say::Speaker;
use super::super::split::Split;
use super::super::studio::Studio;
use super::count::{Count, Counts};
use crate::example::Example;

/// The tag of questions of a shape, before its name.
pub const TAG: &str = "shape:";
/// Shapes tried before a tree is given up.
const SHAPES_TRIED: usize = 8;
/// Rows looked at.
const ROWS: usize = 400;

/// The questions of one tree: the tree `index` of a seed, asked in up to `voices` ways.
pub fn examples(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    (voices, dice): (usize, &mut Dice),
    counts: &mut Counts,
) -> Vec<Example> {
    for _ in 0..SHAPES_TRIED {
        let (shape, draft) = super::draw(&studio.world, dice);
        let count = counts.of(shape);
        count.drawn += 1;
        let found =
            draft.as_ref().map_or(Checked::Unfit, |draft| checked(studio, split, &draft.sql, count, &informative));
        match (found, draft) {
            (Checked::Fit(query), Some(draft)) => {
                let tell = |speaker: &mut Speaker<'_>| speaker.drawn(&draft);
                let drawn = Drawn { tag: format!("{TAG}{}", draft.shape), ordered: draft.ordered, tell: &tell };
                return voiced(studio, split, (&drawn, &query), (seed, index), voices, count);
            }
            // Another try would give the smaller splits more of the shapes than the larger one.
            (Checked::Elsewhere, _) => {
                count.elsewhere += 1;
                break;
            }
            _ => count.unfit += 1,
        }
    }
    vec![]
}

/// A drawn question on its way into words.
pub(in super::super) struct Drawn<'a> {
    /// The tag of its examples.
    pub tag: String,
    /// Whether it asks for an order.
    pub ordered: bool,
    /// Puts it into a speaker's words.
    pub tell: &'a dyn Fn(&mut Speaker<'_>) -> Option<String>,
}

/// What drawn SQL turned out to be.
pub(in super::super) enum Checked {
    /// A query of the split that runs and tells something.
    Fit(Box<Query>),
    /// A query of another split.
    Elsewhere,
    /// Nothing to ask.
    Unfit,
}

/// Whether rows say something.
type Tells<'a> = &'a dyn Fn(&[Vec<Value>]) -> bool;

/// Resolves, runs and judges drawn SQL.
pub(in super::super) fn checked(
    studio: &Studio<'_>,
    split: Split,
    sql: &str,
    count: &mut Count,
    says: Tells<'_>,
) -> Checked {
    let parsed = resolve::parse(sql, studio.world.catalog, Dialect::Sqlite);
    let told = match &parsed.query {
        Some(query) if Split::of(features::template_hash(query)) != split => return Checked::Elsewhere,
        Some(query) => tells(studio, query, says),
        None => Err(format!("does not resolve: {sql}")),
    };
    match (told, parsed.query) {
        (Ok(true), Some(query)) => Checked::Fit(Box::new(query)),
        (Err(reason), _) => {
            *count.refused.entry(reason).or_insert(0) += 1;
            Checked::Unfit
        }
        _ => Checked::Unfit,
    }
}

/// The examples of a query in up to `voices` wordings.
pub(in super::super) fn voiced(
    studio: &Studio<'_>,
    split: Split,
    (drawn, query): (&Drawn<'_>, &Query),
    (seed, index): (u64, u64),
    voices: usize,
    count: &mut Count,
) -> Vec<Example> {
    let mut found: Vec<Example> = vec![];
    for attempt in 0..voices * if split == Split::Train { 2 } else { 12 } {
        if found.len() == voices {
            break;
        }
        let speaker = Dice::new(seed ^ 0x5eed, (index << 8) + attempt as u64);
        let made = worded(studio, split, query, speaker, drawn.tell);
        match made {
            Ok(mut example) if found.iter().all(|e| e.normalized != example.normalized) => {
                example.id = format!("{}-{seed}-{index}-{attempt}", split.name());
                example.ordered = drawn.ordered;
                example.tags.push(drawn.tag.clone());
                found.push(example);
            }
            Ok(_) => {}
            Err(reason) if reason.contains("another split") => count.elsewhere += 1,
            Err(reason) if reason == "no words" || reason.starts_with("unfilled") => count.unworded += 1,
            Err(reason) => {
                let of_the_tree = !reason.starts_with("unaligned");
                *count.lost.entry(reason).or_insert(0) += 1;
                // Other words do not give the tree a form.
                if of_the_tree {
                    break;
                }
            }
        }
    }
    count.admitted += found.len() as u64;
    found
}

/// Runs the query on the databases until one tells something: a row that is not all nothing, and several rows that are
/// not all alike.
fn tells(studio: &Studio<'_>, query: &Query, says: Tells<'_>) -> Result<bool, String> {
    let text = print::compact(query, studio.world.catalog);
    let verified = verify(&text, studio.world.catalog, &Default::default()).map_err(|report| {
        let first = report.diagnostics.first().map_or(String::new(), |d| format!("{}: {}", d.code, d.message));
        format!("refused: {first}: {text}")
    })?;
    let limits = database::Limits { max_rows: ROWS, ..database::Limits::default() };
    for image in &studio.images {
        let rows = image.with(|db| database::run(db, &verified, &limits)).map_err(|e| format!("no database: {e}"))?;
        let rows = rows.map_err(|e| format!("failed: {e}: {text}"))?;
        if says(&rows.rows) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether rows say something: the last column, which holds what was computed, is not all nothing, and not all alike over
/// several rows that differ in nothing else.
fn informative(rows: &[Vec<Value>]) -> bool {
    let nothing = |v: &Value| matches!(v, Value::Null | Value::Integer(0)) || *v == Value::Real(0.0);
    let last = || rows.iter().filter_map(|r| r.last());
    let (Some(first), true) = (last().next(), last().any(|v| !nothing(v))) else { return false };
    rows.len() == 1 || rows.iter().any(|r| r.len() > 1) || last().any(|v| v != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_say_nothing_are_told_from_those_that_do() {
        let one = |v: Value| vec![vec![v]];
        assert!(!informative(&[]));
        assert!(!informative(&one(Value::Null)));
        assert!(!informative(&one(Value::Integer(0))));
        assert!(!informative(&one(Value::Real(0.0))));
        assert!(informative(&one(Value::Integer(3))));
        assert!(!informative(&[vec![Value::Integer(1)], vec![Value::Integer(1)]]));
        assert!(informative(&[vec![Value::Integer(1)], vec![Value::Integer(2)]]));
    }
}
