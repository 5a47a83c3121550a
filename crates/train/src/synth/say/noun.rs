//! Nouns: a table's rows with every condition before them, after them, or in their place.

use schema::TableId;

use super::{Noun, Phrase, Speaker};
use crate::synth::meaning::Filter;

impl Speaker<'_> {
    pub(super) fn noun(&mut self, table: TableId) -> Noun {
        let Some(terms) = self.world.glossary.table(self.world.catalog, table) else {
            let name = self.world.catalog.table(table).name.to_lowercase().replace('_', " ");
            return Noun { many: format!("{name}s"), one: name };
        };
        let pairs: Vec<(&String, &String)> = terms.singular.iter().zip(&terms.plural).collect();
        match self.dice.early(&pairs) {
            Some((one, many)) => Noun { one: (*one).clone(), many: (*many).clone() },
            None => Noun { one: "row".into(), many: "rows".into() },
        }
    }

    /// The rows of a table in words, for questions that speak of them without asking for them.
    pub fn some_rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        self.rows(table, filters)
    }

    /// A condition before the noun: "active", "over-budget".
    pub fn before_noun(&mut self, table: TableId, filter: &Filter) -> Option<String> {
        self.condition(table, filter, "before")
    }

    /// A condition as what the rows do: "have no department".
    pub fn what_rows_do(&mut self, table: TableId, filter: &Filter) -> Option<String> {
        self.condition(table, filter, "does")
    }

    pub(super) fn rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        let noun = self.noun(table);
        self.rows_as(table, filters, noun)
    }

    pub(super) fn rows_as(&mut self, table: TableId, filters: &[Filter], noun: Noun) -> Option<String> {
        Some(self.phrase(table, filters, noun)?.text())
    }

    /// The noun with every condition before it, after it, or in its place.
    pub(super) fn phrase(&mut self, table: TableId, filters: &[Filter], noun: Noun) -> Option<Phrase> {
        let mut phrase = Phrase { noun: noun.many, ..Phrase::default() };
        let mut order: Vec<usize> = (0..filters.len()).collect();
        self.dice.shuffle(&mut order);
        let mut replaced = false;
        for at in order {
            let filter = &filters[at];
            if !replaced && let Some(noun) = self.in_place_of_noun(table, filter) {
                phrase.noun = noun;
                replaced = true;
                continue;
            }
            let first = self.dice.chance(0.45) && phrase.before.len() < 2;
            let before = if first { self.condition(table, filter, "before") } else { None };
            match before {
                Some(before) => phrase.before.push(before),
                None => {
                    phrase.after.push(self.condition(table, filter, "after").or_else(|| self.as_clause(table, filter))?)
                }
            }
        }
        Some(phrase)
    }

    pub(super) fn as_clause(&mut self, table: TableId, filter: &Filter) -> Option<String> {
        Some(format!("that {}", self.condition(table, filter, "does")?))
    }

    /// "open positions", "developers", "retainers".
    pub(super) fn in_place_of_noun(&mut self, _table: TableId, filter: &Filter) -> Option<String> {
        match filter {
            Filter::Named(index) => {
                let condition = self.world.glossary.conditions.get(&self.world.conditions[*index].key)?;
                let often = if condition.adjectives.is_empty() { 0.85 } else { 0.35 };
                if self.dice.chance(often) { self.dice.early(&condition.nouns).cloned() } else { None }
            }
            Filter::Value { column, values, negated: false } if values.len() == 1 => {
                let terms = self.world.glossary.column(self.world.catalog, *column)?;
                if !terms.value_is_noun || !self.dice.chance(0.35) {
                    return None;
                }
                let value = self.value(*column, &values[0]);
                Some(if value.ends_with('s') { value } else { format!("{value}s") })
            }
            _ => None,
        }
    }
}
