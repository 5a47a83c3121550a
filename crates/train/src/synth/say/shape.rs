//! Sentences of drawn shapes: a pattern, its parts, and the things that it names.

use std::collections::BTreeMap;

use schema::{ColumnId, TableId, Value};

use super::{Noun, Speaker};
use crate::synth::meaning::{Filter, Function};
use crate::synth::pattern::fill;
use crate::synth::shapes::draft::{Dim, Draft, Rows, Thing, Total};
use crate::synth::surface;

/// Parts within parts, at most.
const DEPTH: usize = 3;

impl Speaker<'_> {
    /// The question of a drawn shape in words.
    pub fn drawn(&mut self, draft: &Draft) -> Option<String> {
        let mut text = self.say(&format!("shape {}", draft.shape), draft.variant, &[])?;
        for _ in 0..DEPTH {
            text = self.with_parts("shape part", &text)?;
        }
        let mut telling = Telling::new(self);
        for (name, thing) in &draft.things {
            telling.name(name, thing)?;
        }
        let names: Vec<(&str, &str)> = telling.names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        Some(tidy(&fill(&text, &names)))
    }

    /// Fills in every `{@part}`; a space stands before it, which goes again before a comma.
    pub(super) fn with_parts(&mut self, group: &str, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{@") {
            let (part, after) = after.split_once('}')?;
            out.push_str(before);
            out.push(' ');
            out.push_str(&self.say(group, part, &[])?);
            rest = after;
        }
        Some(out + rest)
    }
}

/// The things of one sentence while they are named: what has a name keeps it, mostly.
pub(super) struct Telling<'s, 'w> {
    pub(super) speaker: &'s mut Speaker<'w>,
    terms: BTreeMap<ColumnId, (String, String)>,
    nouns: BTreeMap<TableId, Noun>,
    pub(super) names: Vec<(String, String)>,
    /// Whether all rows of a table are meant, and a total names them.
    pub(super) counts_all: bool,
    /// Whether groups of rows are asked for.
    pub(super) of_groups: bool,
}

impl<'s, 'w> Telling<'s, 'w> {
    /// Nothing named as yet.
    pub(super) fn new(speaker: &'s mut Speaker<'w>) -> Self {
        Telling {
            speaker,
            terms: BTreeMap::new(),
            nouns: BTreeMap::new(),
            names: vec![],
            counts_all: false,
            of_groups: false,
        }
    }
}

impl Telling<'_, '_> {
    pub(super) fn name(&mut self, name: &str, thing: &Thing) -> Option<()> {
        let (whole, others) = match thing {
            Thing::Rows(rows) => {
                let noun = self.noun(rows.table);
                (self.rows(rows)?, vec![("one", noun.one), ("all", noun.many)])
            }
            Thing::Table(table) => {
                let noun = self.noun(*table);
                (noun.many, vec![("one", noun.one)])
            }
            Thing::Column(column) => {
                let (one, many) = self.term(*column)?;
                (one, vec![("s", many)])
            }
            Thing::Dim(dim) => {
                let (one, many) = self.dim(dim)?;
                (one, vec![("s", many)])
            }
            Thing::Owned(column) => {
                let (one, many) = self.owned(*column)?;
                (one, vec![("s", many)])
            }
            Thing::Phrase(_) | Thing::List(_) => {
                let one = self.thing(thing)?;
                let plural = self.plural(thing).map(|many| ("s", many));
                (one, plural.into_iter().chain(self.in_days(thing).map(|days| ("days", days))).collect())
            }
            other => (self.thing(other)?, vec![]),
        };
        self.names.push((name.to_owned(), whole));
        self.names.extend(others.into_iter().map(|(suffix, text)| (format!("{name}.{suffix}"), text)));
        Some(())
    }

    /// Several of what groups rows; of two keys, their combinations.
    fn plural(&mut self, thing: &Thing) -> Option<String> {
        match thing {
            Thing::Column(column) => Some(self.term(*column)?.1),
            Thing::Owned(column) => Some(self.owned(*column)?.1),
            Thing::Dim(dim) => Some(self.dim(dim)?.1),
            Thing::Phrase(phrase) => self.phrase(phrase, "plural"),
            Thing::List(things) => match things.as_slice() {
                [one] => self.plural(one),
                many => {
                    let names: Vec<String> = many.iter().map(|t| self.thing(t)).collect::<Option<_>>()?;
                    Some(format!("combinations of {}", names.join(" and ")))
                }
            },
            _ => None,
        }
    }

    /// A number of days as it stands behind the number.
    fn in_days(&mut self, thing: &Thing) -> Option<String> {
        if let Thing::Phrase(phrase) = thing { self.phrase(phrase, "days") } else { None }
    }

    pub(super) fn thing(&mut self, thing: &Thing) -> Option<String> {
        Some(match thing {
            Thing::Phrase(phrase) => self.phrase(phrase, "value")?,
            Thing::Rows(rows) => self.rows(rows)?,
            Thing::Table(table) => self.noun(*table).many,
            Thing::Column(column) => self.term(*column)?.0,
            Thing::Owned(column) => self.owned(*column)?.0,
            Thing::Dim(dim) => self.dim(dim)?.0,
            Thing::Total(table, total) => {
                let noun = self.noun(*table);
                self.speaker.aggregate(*table, &total.aggregate(), &noun)?
            }
            Thing::TotalOf(rows, total) => self.total_of(rows, total)?,
            Thing::Does(table, filter) => self.does(*table, filter)?,
            Thing::Value(column, value) => self.speaker.value(*column, value),
            Thing::Number(n, unit) => surface::number(&Value::Integer(*n), unit.as_deref(), &mut self.speaker.dice),
            Thing::Said(text) => text.clone(),
            Thing::List(things) => {
                let names: Vec<String> = things.iter().map(|t| self.thing(t)).collect::<Option<_>>()?;
                self.speaker.listed(&names)
            }
        })
    }

    pub(super) fn noun(&mut self, table: TableId) -> Noun {
        let speaker = &mut *self.speaker;
        self.nouns.entry(table).or_insert_with(|| speaker.noun(table)).clone()
    }

    /// The column in the singular and in the plural.
    fn term(&mut self, column: ColumnId) -> Option<(String, String)> {
        if let Some(known) = self.terms.get(&column).filter(|_| self.speaker.dice.chance(0.85)) {
            return Some(known.clone());
        }
        let term = (self.speaker.term(column, false)?, self.speaker.term(column, true)?);
        self.terms.insert(column, term.clone());
        Some(term)
    }

    /// The column with its table's noun before it, unless it names the table itself.
    fn owned(&mut self, column: ColumnId) -> Option<(String, String)> {
        let (owner, (one, many)) = (self.noun(column.table).one, self.term(column)?);
        let world = self.speaker.world;
        let nouns =
            world.glossary.table(world.catalog, column.table).map(|t| t.singular.as_slice()).unwrap_or_default();
        let named = |term: &String| term.contains(owner.as_str()) || nouns.iter().any(|n| term.contains(n.as_str()));
        let with = |term: String| if named(&term) { term } else { format!("{owner} {term}") };
        Some((with(one), with(many)))
    }

    fn rows(&mut self, rows: &Rows) -> Option<String> {
        let noun = self.noun(rows.table);
        self.speaker.rows_as(rows.table, &rows.filters, noun)
    }

    /// "number of open tickets", "total budget of active projects".
    fn total_of(&mut self, rows: &Rows, total: &Total) -> Option<String> {
        let (noun, said) = (self.noun(rows.table), self.rows(rows)?);
        if total.function == Function::Count {
            let forms = ["number of {r}", "number of {r}", "count of {r}", "total number of {r}"];
            return Some(fill(self.speaker.dice.pick(&forms)?, &[("r", &said)]));
        }
        let measure = self.speaker.aggregate(rows.table, &total.aggregate(), &noun)?;
        let forms = ["{m} of {r}", "{m} of {r}", "{m} for {r}", "{m} across {r}", "{m} of all {r}"];
        Some(fill(self.speaker.dice.pick(&forms)?, &[("m", &measure), ("r", &said)]))
    }

    /// What the rows do; an adjective or a phrase behind the noun becomes something that they are.
    fn does(&mut self, table: TableId, filter: &Filter) -> Option<String> {
        if let Some(said) = self.speaker.condition(table, filter, "does") {
            return Some(said);
        }
        let clause = self.speaker.condition(table, filter, "after");
        if let Some(clause) = clause.as_deref().and_then(|c| c.strip_prefix("that ").or(c.strip_prefix("who "))) {
            return Some(clause.to_owned());
        }
        Some(format!("are {}", self.speaker.condition(table, filter, "before")?))
    }

    fn dim(&mut self, dim: &Dim) -> Option<(String, String)> {
        match dim {
            Dim::Own(column) => self.term(*column),
            Dim::Parent(key) => {
                let noun = self.noun(self.speaker.world.catalog.foreign_key(*key).to);
                Some((noun.one, noun.many))
            }
            Dim::ParentColumn(_, column) => self.owned(*column),
        }
    }
}

/// One space between words, none before a comma, and "an" before a vowel.
pub(super) fn tidy(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for i in 1..words.len() {
        if words[i - 1] == "a" && words[i].starts_with(['a', 'e', 'i', 'o']) {
            words[i - 1] = "an";
        }
    }
    let mut text = words.join(" ");
    for (wide, close) in [
        (" ,", ","),
        (" ;", ";"),
        (" :", ":"),
        (" .", "."),
        (" )", ")"),
        ("?:", "?"),
        ("?,", "?"),
        ("?;", "?"),
        ("?.", "?"),
    ] {
        text = text.replace(wide, close);
    }
    text
}
