//! Sentences of drawn shapes: a pattern, its parts, and the things that it names.

use super::{Noun, Speaker};
use crate::synth::pattern::fill;
use crate::synth::shapes::draft::{Dim, Draft, Rows, Thing, Total};
use crate::synth::surface;
use schema::{TableId, Value};

/// Parts within parts, at most.
const DEPTH: usize = 3;

impl Speaker<'_> {
    /// The question of a drawn shape in words.
    pub fn drawn(&mut self, draft: &Draft) -> Option<String> {
        let mut text = self.say(&format!("shape {}", draft.shape), draft.variant, &[])?;
        for _ in 0..DEPTH {
            text = self.with_parts(text)?;
        }
        let mut names = vec![];
        for (name, thing) in &draft.things {
            self.name_thing(name, thing, &mut names)?;
        }
        let names: Vec<(&str, &str)> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        Some(tidy(&fill(&text, &names)))
    }

    /// Fills in every `{@part}`.
    fn with_parts(&mut self, text: String) -> Option<String> {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{@") {
            let (part, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&self.say("shape part", part, &[])?);
            rest = after;
        }
        Some(out + rest)
    }

    fn name_thing(&mut self, name: &str, thing: &Thing, names: &mut Vec<(String, String)>) -> Option<()> {
        let (whole, other) = match thing {
            Thing::Rows(rows) => return self.name_rows(name, rows, names),
            Thing::Table(table) => {
                let noun = self.noun(*table);
                (noun.many, Some(("one", noun.one)))
            }
            Thing::Column(column) => (self.term(*column, false)?, Some(("s", self.term(*column, true)?))),
            Thing::Dim(dim) => (self.dim(dim, false)?, Some(("s", self.dim(dim, true)?))),
            other => (self.thing(other)?, None),
        };
        names.push((name.to_owned(), whole));
        names.extend(other.map(|(suffix, text)| (format!("{name}.{suffix}"), text)));
        Some(())
    }

    fn name_rows(&mut self, name: &str, rows: &Rows, names: &mut Vec<(String, String)>) -> Option<()> {
        let noun = self.noun(rows.table);
        names.push((name.to_owned(), self.rows_as(rows.table, &rows.filters, noun.clone())?));
        names.push((format!("{name}.one"), noun.one));
        names.push((format!("{name}.all"), noun.many));
        Some(())
    }

    fn thing(&mut self, thing: &Thing) -> Option<String> {
        Some(match thing {
            Thing::Rows(rows) => self.rows(rows.table, &rows.filters)?,
            Thing::Table(table) => self.noun(*table).many,
            Thing::Column(column) => self.term(*column, false)?,
            Thing::Owned(column) => {
                let (owner, term) = (self.noun(column.table).one, self.term(*column, false)?);
                if term.contains(owner.as_str()) { term } else { format!("{owner} {term}") }
            }
            Thing::Dim(dim) => self.dim(dim, false)?,
            Thing::Total(table, total) => self.total(*table, total)?,
            Thing::Does(table, filter) => self.condition(*table, filter, "does")?,
            Thing::Value(column, value) => self.value(*column, value),
            Thing::Number(n, unit) => surface::number(&Value::Integer(*n), unit.as_deref(), &mut self.dice),
            Thing::Said(text) => text.clone(),
            Thing::List(things) => {
                let names: Vec<String> = things.iter().map(|t| self.thing(t)).collect::<Option<_>>()?;
                self.listed(&names)
            }
        })
    }

    fn total(&mut self, table: TableId, total: &Total) -> Option<String> {
        let noun: Noun = self.noun(table);
        self.aggregate(table, &total.aggregate(), &noun)
    }

    fn dim(&mut self, dim: &Dim, plural: bool) -> Option<String> {
        match dim {
            Dim::Own(column) => self.term(*column, plural),
            Dim::Parent(key) => {
                let noun = self.noun(self.world.catalog.foreign_key(*key).to);
                Some(if plural { noun.many } else { noun.one })
            }
            Dim::ParentColumn(_, column) => {
                let (owner, term) = (self.noun(column.table).one, self.term(*column, plural)?);
                Some(if term.contains(owner.as_str()) { term } else { format!("{owner} {term}") })
            }
        }
    }
}

/// One space between words, none before a comma.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(" ,", ",").replace(" ;", ";").replace(" :", ":")
}
