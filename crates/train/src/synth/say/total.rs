//! Columns, measures and totals by name.

use schema::{ColumnId, Role, TableId};

use super::{Noun, Speaker, pluralised};
use crate::synth::meaning::{Aggregate, Function, Key, Measure, Output};
use crate::synth::pattern::fill;
use crate::synth::world::Path;

impl Speaker<'_> {
    pub(super) fn term(&mut self, column: ColumnId, plural: bool) -> Option<String> {
        let terms = self.world.glossary.column(self.world.catalog, column);
        let Some(terms) = terms.filter(|t| !t.terms.is_empty()) else {
            return Some(self.world.catalog.column(column).name.to_lowercase().replace('_', " "));
        };
        let indexes: Vec<usize> = (0..terms.terms.len()).collect();
        let index = *self.dice.early(&indexes)?;
        if !plural {
            return terms.terms.get(index).cloned();
        }
        terms.plural.get(index).cloned().or_else(|| terms.terms.get(index).map(|t| pluralised(t)))
    }

    pub(super) fn measure(&mut self, _table: TableId, measure: Measure, plural: bool) -> Option<String> {
        match measure {
            Measure::Column(column) => self.term(column, plural),
            Measure::Named(index) => {
                let terms = &self.world.glossary.measures.get(&self.world.measures[index].key)?.terms;
                self.dice.early(terms).cloned()
            }
        }
    }

    pub(super) fn unit(&self, measure: Measure) -> Option<String> {
        match measure {
            Measure::Column(column) => self.world.glossary.column(self.world.catalog, column)?.unit.clone(),
            Measure::Named(index) => self.world.glossary.measures.get(&self.world.measures[index].key)?.unit.clone(),
        }
    }

    /// A column as it is named beside the rows of `root`: its own by its term, another table's with that table's noun.
    pub(super) fn output(&mut self, root: TableId, output: &Output, _noun: &Noun, plural: bool) -> Option<String> {
        let term = self.measure(root, output.measure, plural)?;
        if output.path.is_empty() {
            return Some(term);
        }
        let owner = self.noun(self.world.end_of(root, &output.path)).one;
        let named = term.contains(owner.as_str());
        let needed = matches!(output.measure, Measure::Column(c) if matches!(self.world.role(c), Role::Name | Role::Code | Role::Status))
            || self.dice.chance(0.5);
        let forms = if plural {
            ["{owner} {term}", "{owner} {term}", "{owner} {term}"]
        } else {
            ["{owner} {term}", "{owner} {term}", "{term} of the {owner}"]
        };
        if named || !needed {
            Some(term)
        } else {
            Some(fill(self.dice.pick(&forms)?, &[("owner", &owner), ("term", &term)]))
        }
    }

    pub(super) fn plural_output(&mut self, root: TableId, output: &Output, noun: &Noun) -> Option<String> {
        self.output(root, output, noun, true)
    }

    pub(super) fn key(&mut self, root: TableId, key: &Key, noun: &Noun, plural: bool) -> Option<String> {
        match key {
            Key::Column(output) => self.output(root, output, noun, plural),
            Key::Entity(path) => Some(self.entity(root, path, plural)),
        }
    }

    pub(super) fn entity(&mut self, root: TableId, path: &Path, plural: bool) -> String {
        let noun = self.noun(self.world.end_of(root, path));
        if plural { noun.many } else { noun.one }
    }

    pub(super) fn aggregates(&mut self, root: TableId, totals: &[Aggregate], noun: &Noun) -> Option<String> {
        if let Some(together) = self.of_one_measure(root, totals, noun) {
            return Some(together);
        }
        let names: Vec<String> = totals.iter().map(|t| self.aggregate(root, t, noun)).collect::<Option<_>>()?;
        Some(self.listed(&names))
    }

    /// "total, average and highest budget" where they are all of one measure.
    pub(super) fn of_one_measure(&mut self, root: TableId, totals: &[Aggregate], noun: &Noun) -> Option<String> {
        let of = totals.first()?.of.clone()?;
        if totals.len() < 2 || totals.iter().any(|t| t.of.as_ref() != Some(&of)) || !self.dice.chance(0.7) {
            return None;
        }
        let position = |f: Function| match f {
            Function::Sum => Some("sum_word"),
            Function::Avg => Some("avg_word"),
            Function::Min => Some("min_word"),
            Function::Max => Some("max_word"),
            Function::Count | Function::CountDistinct => None,
        };
        let words: Vec<String> =
            totals.iter().map(|t| self.say("agg", position(t.function)?, &[])).collect::<Option<_>>()?;
        let measure = self.output(root, &of, noun, false)?;
        Some(format!("{} {measure}", self.listed(&words)))
    }

    pub(super) fn aggregate(&mut self, root: TableId, total: &Aggregate, noun: &Noun) -> Option<String> {
        let temporal =
            matches!(&total.of, Some(Output { measure: Measure::Column(c), .. }) if self.world.ty(*c).is_temporal());
        let position = match total.function {
            Function::Count => "count",
            Function::CountDistinct => {
                let nouns = self.counted_nouns(root, total, noun)?;
                return self.say("agg", "count", &[("nouns", &nouns), ("noun", &nouns)]);
            }
            Function::Sum => "sum",
            Function::Avg => "avg",
            Function::Min if temporal => "earliest",
            Function::Max if temporal => "latest",
            Function::Min => "min",
            Function::Max => "max",
        };
        if total.function == Function::Count {
            return self.say("agg", "count", &[("nouns", &noun.many), ("noun", &noun.one)]);
        }
        let measure = self.output(root, total.of.as_ref()?, noun, false)?;
        self.say("agg", position, &[("measure", &measure)])
    }

    /// What different rows counted through a link table are called.
    pub(super) fn counted_nouns(&mut self, root: TableId, total: &Aggregate, noun: &Noun) -> Option<String> {
        let Some(Output { measure: Measure::Column(column), .. }) = total.of else { return None };
        let catalog = self.world.catalog;
        let key = self.world.parents(root).into_iter().find(|&k| catalog.key_pairs(k).any(|(from, _)| from == column));
        let (via, to) =
            (catalog.table(root).name.clone(), key.map(|k| catalog.table(catalog.foreign_key(k).to).name.clone()));
        let link = self.world.glossary.links.iter().find(|l| l.via == via && Some(&l.to) == to.as_ref());
        match link {
            Some(link) => self.dice.early(&link.nouns).cloned(),
            None => {
                let terms = self.output(root, total.of.as_ref()?, noun, true)?;
                Some(format!("different {terms}"))
            }
        }
    }
}
