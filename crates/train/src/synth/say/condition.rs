//! Conditions, as they stand before a noun, after it, or as what the rows do.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Value};
use sql::tree::{BinaryOp, SlotPart};

use super::{Phrase, Speaker};
use crate::synth::meaning::{Filter, Measure, When};
use crate::synth::pattern::fill;
use crate::synth::surface;

impl<'w> Speaker<'w> {
    pub(super) fn condition(&mut self, table: TableId, filter: &Filter, position: &str) -> Option<String> {
        match filter {
            Filter::Value { column, values, negated } => self.value_condition(*column, values, *negated, position),
            Filter::Number { measure, op, value } => self.number_condition(table, *measure, *op, value, position),
            Filter::Between { measure, low, high } => {
                let unit = self.unit(*measure);
                let term = self.measure(table, *measure, false)?;
                let low = surface::number(low, unit.as_deref(), &mut self.dice);
                let high = surface::number(high, unit.as_deref(), &mut self.dice);
                self.say("between", position, &[("term", &term), ("value", &low), ("value2", &high)])
            }
            Filter::When { column, how, said, .. } => self.date_condition(*column, *how, said, position),
            Filter::Missing { column, negated } => {
                let term = self.term(*column, false)?;
                self.say(if *negated { "present" } else { "missing" }, position, &[("term", &term)])
            }
            Filter::Named(index) => self.named_condition(*index, position),
            Filter::Columns { left, right, above } => {
                let (term, term2) = (self.term(*left, false)?, self.term(*right, false)?);
                let group = if *above { "compare_columns" } else { "compare_columns_less" };
                self.say(group, position, &[("term", &term), ("term2", &term2)])
            }
            Filter::Average { measure, above } => {
                let term = self.measure(table, *measure, false)?;
                let dashed = term.replace(' ', "-");
                let term = if position == "before" { dashed } else { term };
                self.say(if *above { "above_average" } else { "below_average" }, position, &[("term", &term)])
            }
            Filter::ThanNamed { measure, column, name, above } => {
                let term = self.measure(table, *measure, false)?;
                let named = Filter::Value { column: *column, values: vec![name.clone()], negated: false };
                let value = self.one_or_rows(table, &[named])?;
                self.say(
                    if *above { "than_named" } else { "than_named_less" },
                    position,
                    &[("term", &term), ("value", &value)],
                )
            }
            Filter::Extreme { measure, greatest } => {
                let term = self.measure(table, *measure, false)?;
                self.say(if *greatest { "largest" } else { "smallest" }, position, &[("term", &term)])
            }
            Filter::Any(filters) => self.any(table, filters, position),
            Filter::Text { column, text, part } => {
                let term = self.term(*column, false)?;
                let value = match self.dice.below(3) {
                    0 => format!("\"{text}\""),
                    1 => text.clone(),
                    _ => format!("'{text}'"),
                };
                let group = match part {
                    SlotPart::Prefix => "starts",
                    SlotPart::Suffix => "ends",
                    _ => "contains",
                };
                self.say(group, position, &[("term", &term), ("value", &value)])
            }
            Filter::Flag { column, yes } => {
                let term = self.term(*column, false)?;
                self.say(if *yes { "flag_yes" } else { "flag_no" }, position, &[("term", &term)])
            }
            Filter::Parent { key, filters } => self.parent(*key, filters, position),
            Filter::Children { key, filters, negated } => self.children(table, *key, filters, *negated, position),
        }
    }

    /// "that are on hold or have no budget"
    pub(super) fn any(&mut self, table: TableId, filters: &[Filter], position: &str) -> Option<String> {
        let said: Vec<String> = filters.iter().map(|f| self.condition(table, f, "does")).collect::<Option<_>>()?;
        let either = if self.dice.chance(0.3) { "either " } else { "" };
        let said = format!("{either}{}", said.join(" or "));
        match position {
            "does" => Some(said),
            "after" => Some(format!("that {said}")),
            _ => None,
        }
    }

    pub(super) fn value_condition(
        &mut self,
        column: ColumnId,
        values: &[String],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        let term = self.term(column, false)?;
        let role = self.world.role(column);
        let said: Vec<String> = values.iter().map(|v| self.value(column, v)).collect();
        let group = match (values.len(), negated, role) {
            (1, true, _) => "value_not",
            (1, false, Role::Status) => {
                if self.dice.chance(0.85) {
                    "status"
                } else {
                    "value"
                }
            }
            (1, false, Role::Name) => "named",
            (1, false, Role::Code) => return self.coded_condition(column, &said[0], position),
            (1, false, _) => {
                if self.dice.chance(0.6) {
                    "place"
                } else {
                    "value"
                }
            }
            (_, false, _) => "value_in",
            (_, true, _) => "value_not_in",
        };
        let neither = group == "value_not_in" && self.dice.chance(0.5);
        let joint =
            if neither { " nor " } else { *self.dice.pick(&[" or ", " or ", " and ", ", "]).unwrap_or(&" or ") };
        let value = match said.as_slice() {
            [most @ .., last] if !most.is_empty() => format!("{}{joint}{last}", most.join(", ")),
            _ => said.concat(),
        };
        let text = self.say(group, position, &[("term", &term), ("value", &value)])?;
        let neither_said = text.contains("neither");
        Some(if group == "value_not_in" && neither_said {
            text.replace(" or ", " nor ")
        } else {
            text.replace(" nor ", " or ")
        })
    }

    /// A code: of the row itself, or of one that it refers to ("for COMP-001").
    fn coded_condition(&mut self, column: ColumnId, value: &str, position: &str) -> Option<String> {
        let term = self.term(column, false)?;
        let relation =
            self.refers(column).and_then(|key| self.relation(key)).map(|r| r.forward.clone()).unwrap_or_default();
        if let Some(forward) = self.dice.early(&relation).filter(|_| position == "after")
            && self.dice.chance(0.6)
        {
            return Some(format!("{forward} {value}"));
        }
        self.say("coded", position, &[("term", &term), ("value", value)])
    }

    /// A stored value as people write it.
    pub(super) fn value(&mut self, column: ColumnId, stored: &str) -> String {
        let name = self.world.catalog.qualified(column);
        let others = self.world.glossary.values.get(&name).and_then(|v| v.get(stored));
        if let Some(other) = others
            && self.dice.chance(0.25)
            && let Some(word) = self.dice.early(other)
        {
            return word.clone();
        }
        let lower = match self.world.role(column) {
            Role::Status => 0.6,
            Role::Dimension => 0.2,
            _ => 0.04,
        };
        // "IT" and "HR" in lower case are other words.
        let short = stored.len() <= 3;
        if !short && self.dice.chance(lower) { stored.to_lowercase() } else { stored.to_owned() }
    }

    pub(super) fn number_condition(
        &mut self,
        table: TableId,
        measure: Measure,
        op: BinaryOp,
        value: &Value,
        position: &str,
    ) -> Option<String> {
        let term = self.measure(table, measure, false)?;
        let unit = self.unit(measure);
        let value = surface::number(value, unit.as_deref(), &mut self.dice);
        let (group, words) = match op {
            BinaryOp::Gt => ("gt", "more"),
            BinaryOp::GtEq => ("gte", ""),
            BinaryOp::Lt => ("lt", "less"),
            BinaryOp::LtEq => ("lte", ""),
            _ => ("equal", ""),
        };
        let comparative = self.comparative(measure, words).unwrap_or_else(|| match group {
            "gt" => format!("with {term} over"),
            _ => format!("with {term} under"),
        });
        self.say(group, position, &[("term", &term), ("value", &value), ("more", &comparative), ("less", &comparative)])
    }

    pub(super) fn comparative(&mut self, measure: Measure, words: &str) -> Option<String> {
        let Measure::Column(column) = measure else { return None };
        let terms = self.world.glossary.column(self.world.catalog, column)?;
        self.dice.pick(if words == "more" { &terms.more } else { &terms.less }).cloned()
    }

    pub(super) fn date_condition(&mut self, column: ColumnId, how: When, said: &str, position: &str) -> Option<String> {
        let term = self.term(column, false)?;
        let verbs = self.world.glossary.column(self.world.catalog, column).map(|c| c.verb.clone()).unwrap_or_default();
        // A bare participle does not go with "that": "due in May", but "that ended in May".
        let full: Vec<String> = verbs
            .iter()
            .filter(|v| !v.contains("ing ") && !v.ends_with("ing") && !v.starts_with("due"))
            .map(|v| v.replace("was ", "were "))
            .collect();
        let acted = self.dice.early(&full).cloned().unwrap_or_else(|| format!("have a {term}"));
        let verb = self.dice.early(&verbs).map(|v| v.replace("was ", "")).unwrap_or_else(|| format!("with a {term}"));
        let group = match how {
            When::In => "when_in",
            When::After => "when_after",
            When::Since => "when_since",
            When::Before => "when_before",
            When::Until => "when_until",
            When::On => "when_on",
        };
        self.say(group, position, &[("term", &term), ("verb", &verb), ("acted", &acted), ("value", said)])
    }

    pub(super) fn named_condition(&mut self, index: usize, position: &str) -> Option<String> {
        let condition = self.world.glossary.conditions.get(&self.world.conditions[index].key)?;
        match position {
            "before" => self.dice.early(&condition.adjectives).cloned(),
            "after" => self.dice.early(&condition.phrases).cloned(),
            _ => {
                let clause = |p: &&String| p.starts_with("that ") || p.starts_with("who ");
                let clauses: Vec<&String> = condition.phrases.iter().filter(clause).collect();
                let chosen = self.dice.pick(&clauses)?;
                chosen.split_once(' ').map(|(_, rest)| rest.to_owned())
            }
        }
    }

    pub(super) fn parent(&mut self, key: ForeignKeyId, filters: &[Filter], position: &str) -> Option<String> {
        let parent = self.world.catalog.foreign_key(key).to;
        let np = self.one_or_rows(parent, filters)?;
        if position == "before" {
            return None;
        }
        let relation = self.relation(key).map(|r| r.forward.clone()).unwrap_or_default();
        let forward = self.dice.early(&relation).cloned().unwrap_or_else(|| "for".into());
        if position == "does" {
            Some(format!("are {forward} {np}"))
                .filter(|_| !forward.starts_with("that ") && !forward.starts_with("who "))
        } else {
            Some(format!("{forward} {np}"))
        }
    }

    /// One row by its name, or several by their conditions.
    pub(super) fn one_or_rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        if let (true, [Filter::Value { column, values, .. }]) = (self.is_one_row(filters), filters) {
            let (value, noun) = (self.value(*column, &values[0]), self.noun(table).one);
            let forms: &[&str] = match self.world.role(*column) {
                Role::Code => &["{v}", "{v}", "{v}", "{v}", "{n} {v}", "the {n} {v}"],
                _ => &["{v}", "{v}", "{v}", "the {v} {n}", "{n} {v}", "the {n} {v}", "the {n} called {v}"],
            };
            return Some(fill(self.dice.pick(forms)?, &[("v", &value), ("n", &noun)]));
        }
        self.rows(table, filters)
    }

    pub(super) fn relation(&self, key: ForeignKeyId) -> Option<&'w schema::glossary::Relation> {
        let (from, _) = self.world.catalog.key_pairs(key).next()?;
        self.world.glossary.relations.get(&self.world.catalog.qualified(from))
    }

    pub(super) fn children(
        &mut self,
        table: TableId,
        key: ForeignKeyId,
        filters: &[Filter],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        if position == "before" {
            return None;
        }
        if let Some(text) = self.linked(table, key, filters, negated, position) {
            return Some(text);
        }
        let child = self.world.catalog.foreign_key(key).from;
        let noun = self.noun(child);
        let phrase = self.phrase(child, filters, noun.clone())?;
        let other = Phrase {
            before: phrase.before.clone(),
            noun: if phrase.noun == noun.many { noun.one } else { phrase.noun.clone() },
            after: phrase.after.clone(),
        };
        let backward = self.relation(key).map(|r| r.backward.clone()).unwrap_or_default();
        let link = self.dice.early(&backward).cloned().unwrap_or_else(|| "with".into());
        let names = [("others", phrase.text()), ("other", other.text()), ("link", link)];
        let names: Vec<(&str, &str)> = names.iter().map(|(a, b)| (*a, b.as_str())).collect();
        self.say(if negated { "has_not" } else { "has" }, position, &names)
    }

    /// Two tables tied by a link table: "people working on ERP Migration".
    pub(super) fn linked(
        &mut self,
        table: TableId,
        key: ForeignKeyId,
        filters: &[Filter],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        let [Filter::Parent { key: onward, filters: inner }] = filters else { return None };
        let catalog = self.world.catalog;
        let (from, via) = (&catalog.table(table).name, &catalog.table(catalog.foreign_key(key).from).name);
        let to = catalog.foreign_key(*onward).to;
        let link = self
            .world
            .glossary
            .links
            .iter()
            .find(|l| l.from == *from && l.via == *via && l.to == catalog.table(to).name)?;
        if !self.dice.chance(0.75) {
            return None;
        }
        let np = self.one_or_rows(to, inner)?;
        match (position, negated) {
            ("does", false) => Some(format!("{} {np}", self.dice.early(&link.does)?)),
            ("does", true) => {
                let does = self.dice.early(&link.does)?;
                let negative = match does.strip_prefix("are ") {
                    Some(rest) => format!("are not {rest}"),
                    None => format!("do not {does}"),
                };
                Some(format!("{negative} {np}"))
            }
            (_, false) => Some(format!("{} {np}", self.dice.early(&link.phrases)?)),
            (_, true) => {
                let phrase = self.dice.early(&link.does)?;
                let negative = match phrase.strip_prefix("are ") {
                    Some(rest) => format!("that are not {rest}"),
                    None => format!("that do not {phrase}"),
                };
                Some(format!("{negative} {np}"))
            }
        }
    }
}
