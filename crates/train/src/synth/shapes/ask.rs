//! Questions of the shapes: drawn, run, worded, normalised, aligned and admitted, and counted where they are lost.

use schema::Value;
use sql::dialect::Dialect;
use sql::features;
use sql::resolve;
use sql::tree::Query;

use super::super::dice::Dice;
use super::super::pair::{Tells, in_voices, is_nothing, tells, worded};
use super::super::say::Speaker;
use super::super::split::Split;
use super::super::studio::Studio;
use super::count::{Count, Counts};
use crate::example::Example;

/// The tag of questions of a shape, before its name.
pub const TAG: &str = "shape:";
/// Shapes tried before a tree is given up.
const SHAPES_TRIED: usize = 8;

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
    let made = |attempt| {
        let speaker = Dice::new(seed ^ 0x5eed, (index << 8) + attempt);
        let mut example = worded(studio, split, query, speaker, drawn.tell)?;
        example.ordered = drawn.ordered;
        example.tags.push(drawn.tag.clone());
        Ok(example)
    };
    let found = in_voices(split, (seed, index), voices, made, |reason| counted(count, reason));
    count.admitted += found.len() as u64;
    found
}

/// Counts a wording that is lost; says whether other words may do, which they do not where the query has no form.
fn counted(count: &mut Count, reason: String) -> bool {
    let of_the_tree = match reason.as_str() {
        "said twice" => return true,
        r if r.contains("another split") => {
            count.elsewhere += 1;
            return true;
        }
        r if r == "no words" || r.starts_with("unfilled") => {
            count.unworded += 1;
            return true;
        }
        r => !r.starts_with("unaligned"),
    };
    *count.lost.entry(reason).or_insert(0) += 1;
    !of_the_tree
}

/// Whether rows say something: the last column, which holds what was computed, is not all nothing, and not all alike over
/// several rows that differ in nothing else.
fn informative(rows: &[Vec<Value>]) -> bool {
    let last = || rows.iter().filter_map(|r| r.last());
    let (Some(first), true) = (last().next(), last().any(|v| !is_nothing(v))) else { return false };
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
