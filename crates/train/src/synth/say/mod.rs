//! From what is asked to a question in words.
//!
//! Suggested reading order:
//! * `sentence`: one for each thing that may be wanted.
//! * `noun`: rows and their conditions; `condition`: each of them.
//! * `shape`: sentences of drawn shapes; `scene`: of scenes put together from parts.
//! * `total`: columns, measures and totals by name; `listing`: behind a sentence.
//! * `aside`: one condition apart from the others.
//! * `turn`: the next question of a conversation.

mod aside;
mod condition;
mod listing;
mod noun;
mod scene;
mod sentence;
mod shape;
mod total;
mod turn;

use super::dice::Dice;
use super::meaning::{Ask, Filter, Shape};
use super::pattern::Family;
use super::world::World;

/// A question under way: the world's words, the choices, and the patterns used so far.
pub struct Speaker<'w> {
    world: &'w World<'w>,
    /// The choices.
    pub dice: Dice,
    /// The patterns used so far.
    pub family: Family,
    /// Whether the rows asked for are people.
    people: bool,
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
        Speaker { world, dice, family: Family::default(), people: false }
    }

    /// The question in words; none where a word is lacking.
    pub fn question(&mut self, ask: &Ask) -> Option<String> {
        self.people = self.speaks_of_people(ask);
        // Words of an attempt that led nowhere are no part of the phrase family.
        let family = self.family;
        if let Some(said) = self.with_aside(ask) {
            return Some(said);
        }
        self.family = family;
        self.sentence(ask)
    }

    fn speaks_of_people(&self, ask: &Ask) -> bool {
        let of_people = |index: usize| {
            let condition = self.world.glossary.conditions.get(&self.world.conditions[index].key);
            condition.is_some_and(|c| c.phrases.iter().any(|p| p.starts_with("who ")))
        };
        self.world.glossary.table(self.world.catalog, ask.root).is_some_and(|t| t.people)
            || ask.filters.iter().any(|f| matches!(f, Filter::Named(index) if of_people(*index)))
    }

    fn sentence(&mut self, ask: &Ask) -> Option<String> {
        match &ask.shape {
            Shape::List { columns, order } => {
                let text = if columns.is_empty() { self.list(ask)? } else { self.list_columns(ask, columns)? };
                let Some((by, descending)) = order else { return Some(text) };
                let order = self.order(by, *descending)?;
                let joint = joined(&text, &order);
                // What stands behind a full stop is said as a sentence of its own.
                Some(if text.contains(['.', '?']) {
                    format!("{text}, {}", order.trim_start_matches(['.', ',', ' ']))
                } else {
                    joint
                })
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
        for _ in 0..12 {
            let mut family = self.family;
            let text = self.world.patterns.say((group, position), names, &mut self.dice, &mut family)?;
            let asks_who = ["who ", "who'", "whose "].iter().any(|w| text.starts_with(w)) && is_sentence(group);
            if self.people || !asks_who {
                self.family = family;
                return Some(text);
            }
        }
        None
    }
}

/// Whether the patterns of a group are whole sentences.
fn is_sentence(group: &str) -> bool {
    ["list", "list_columns", "lookup", "count", "distinct", "count_distinct", "aggregate", "group", "top"]
        .contains(&group)
}

/// Whether a sentence asks, so that a question mark ends it.
pub(crate) fn is_question(text: &str) -> bool {
    let words = [
        "how ", "which ", "what", "who", "where ", "are ", "do ", "does ", "can ", "could ", "is ", "would ", "have ",
        "any ",
    ];
    let lower = text.trim_start().to_lowercase();
    words.iter().any(|w| lower.starts_with(w))
}

/// With a capital letter at its start.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
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
