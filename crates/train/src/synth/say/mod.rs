//! From what is asked to a question in words.
//!
//! Suggested reading order:
//! * `sentence`: one for each thing that may be wanted.
//! * `noun`: rows and their conditions; `condition`: each of them.
//! * `shape`: sentences of drawn shapes.
//! * `total`: columns, measures and totals by name.

mod condition;
mod noun;
mod sentence;
mod shape;
mod total;

use super::dice::Dice;
use super::meaning::{Ask, Shape};
use super::pattern::Family;
use super::world::World;

/// A question under way: the world's words, the choices, and the patterns used so far.
pub struct Speaker<'w> {
    world: &'w World<'w>,
    /// The choices.
    pub dice: Dice,
    /// The patterns used so far.
    pub family: Family,
}

/// The nouns chosen for a table.
#[derive(Clone, Debug)]
struct Noun {
    one: String,
    many: String,
}

/// A noun with its conditions in place.
#[derive(Default)]
struct Phrase {
    before: Vec<String>,
    noun: String,
    after: Vec<String>,
}

impl Phrase {
    fn text(&self) -> String {
        let mut words = self.before.clone();
        words.push(self.noun.clone());
        let mut text = words.join(" ");
        for (i, after) in self.after.iter().enumerate() {
            let clause = ["that ", "which ", "whose ", "where ", "who "].iter().any(|w| after.starts_with(w));
            // Two clauses in a row want a connection; prepositions simply follow.
            let joint = if i > 0 && (clause || self.after.len() > 2) { " and " } else { " " };
            text.push_str(joint);
            text.push_str(after);
        }
        text
    }
}

impl<'w> Speaker<'w> {
    /// A speaker with its own choices.
    pub fn new(world: &'w World<'w>, dice: Dice) -> Self {
        Speaker { world, dice, family: Family::default() }
    }

    /// The question in words; none where a word is lacking.
    pub fn question(&mut self, ask: &Ask) -> Option<String> {
        match &ask.shape {
            Shape::List { columns, order } => {
                let text = if columns.is_empty() { self.list(ask)? } else { self.list_columns(ask, columns)? };
                let Some((by, descending)) = order else { return Some(text) };
                let order = self.order(by, *descending)?;
                Some(joined(&text, &order))
            }
            Shape::Top { columns, by, descending, n } => self.top(ask, columns, *by, *descending, *n),
            Shape::Count => self.count(ask),
            Shape::Distinct(output) => self.distinct(ask, output, "distinct"),
            Shape::CountDistinct(output) => self.distinct(ask, output, "count_distinct"),
            Shape::Totals(totals) => self.totals(ask, totals),
            Shape::Group(group) => self.group(ask, group),
        }
    }

    fn say(&mut self, group: &str, position: &str, names: &[(&str, &str)]) -> Option<String> {
        self.world.patterns.say((group, position), names, &mut self.dice, &mut self.family)
    }
}

fn pluralised(term: &str) -> String {
    match term {
        _ if term.ends_with('s') => format!("{term}es"),
        _ if term.ends_with('y') && !term.ends_with("ay") && !term.ends_with("ey") => {
            format!("{}ies", &term[..term.len() - 1])
        }
        _ => format!("{term}s"),
    }
}

/// A sentence and what follows it, with the comma it needs.
fn joined(text: &str, after: &str) -> String {
    match after.chars().next() {
        Some('.' | ',') => format!("{text}{after}"),
        _ if after.ends_with("first") || after.starts_with("desc") => format!("{text}, {after}"),
        _ => format!("{text} {after}"),
    }
}
