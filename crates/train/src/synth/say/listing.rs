//! The columns wanted, listed behind a sentence: "Which projects are late? Code, name, budget."

use schema::{ColumnId, ForeignKeyId, Role, TableId};

use super::{Noun, Speaker, capitalised, is_question};
use crate::synth::meaning::{Aggregate, Function, Group, Key, Measure, Output};
use crate::synth::pattern::fill;
use crate::synth::world::Path;

impl Speaker<'_> {
    /// A sentence with its columns behind it.
    pub(super) fn with_listing(&mut self, text: String, cols: &[String]) -> Option<String> {
        if cols.is_empty() {
            return Some(text);
        }
        let cols = self.listed(cols);
        let capital = capitalised(&cols);
        let said = self.say("listing", "after", &[("cols", &cols), ("Cols", &capital)])?;
        let text = text.trim_end_matches(['.', '?', ' ']).to_owned();
        Some(match said.strip_prefix('.') {
            Some(rest) if is_question(&text) && !rest.starts_with('.') => format!("{text}?{rest}"),
            _ if said.starts_with(['.', ':', ',', ';']) => text + &said,
            _ => format!("{text} {said}"),
        })
    }

    /// Columns of a root as they are listed, their table's name left out where it is plain.
    pub(super) fn short_outputs(&mut self, root: TableId, columns: &[Output]) -> Option<Vec<String>> {
        let noun = self.noun(root);
        columns
            .iter()
            .map(|output| match (output.path.as_slice(), output.measure) {
                ([], Measure::Column(column)) => self.short_term(column),
                _ => self.output(root, output, &noun, false),
            })
            .collect()
    }

    /// A column's name without its table's: "code" for a project's code.
    pub(super) fn short_term(&mut self, column: ColumnId) -> Option<String> {
        if self.world.role(column) == Role::Code
            && let Some(key) = self.refers(column)
            && self.dice.chance(0.2)
        {
            return Some(self.noun(self.world.catalog.foreign_key(key).to).one);
        }
        let term = self.term(column, false)?;
        if !matches!(self.world.role(column), Role::Name | Role::Code | Role::Key | Role::Status | Role::Text) {
            return Some(term);
        }
        let table = self.world.glossary.table(self.world.catalog, column.table)?;
        let short = table.singular.iter().find_map(|noun| term.strip_prefix(noun.as_str())?.strip_prefix(' '));
        match short {
            Some(short) if self.dice.chance(0.6) => Some(short.to_owned()),
            _ => Some(term),
        }
    }

    /// The key that a column alone makes up.
    pub(super) fn refers(&self, column: ColumnId) -> Option<ForeignKeyId> {
        let catalog = self.world.catalog;
        let is_key = |&key: &ForeignKeyId| catalog.key_pairs(key).map(|(from, _)| from).eq([column]);
        self.world.parents(column.table).into_iter().find(is_key)
    }

    /// Keys and totals of a group as they are listed; none where the sentence leaves open what a row is.
    pub(super) fn group_columns(&mut self, root: TableId, group: &Group, noun: &Noun) -> Option<Vec<String>> {
        let mut cols = vec![];
        for key in &group.keys {
            match key {
                Key::Column(_) => cols.push(self.key(root, key, noun, false)?),
                Key::Entity(path) => cols.extend(self.entity_columns(root, path, group.shown.as_deref())?),
            }
        }
        let single = group.totals.len() == 1;
        for total in &group.totals {
            cols.push(self.short_total(root, total, noun, single)?);
        }
        Some(cols)
    }

    fn entity_columns(&mut self, root: TableId, path: &Path, shown: Option<&[ColumnId]>) -> Option<Vec<String>> {
        let table = self.world.end_of(root, path);
        let columns = match shown {
            Some(columns) => columns.to_vec(),
            None => self.world.glossary.display(self.world.catalog, table),
        };
        columns.into_iter().map(|column| self.short_term(column)).collect()
    }

    /// A total as it is listed: "total" alone will do where there is but one.
    fn short_total(&mut self, root: TableId, total: &Aggregate, noun: &Noun, single: bool) -> Option<String> {
        let position = match total.function {
            Function::Count => "count",
            Function::CountDistinct => {
                let nouns = self.counted_nouns(root, total, noun)?;
                return self.say("short", "count", &[("nouns", &nouns)]);
            }
            Function::Sum => "sum",
            Function::Avg => "avg",
            Function::Min | Function::Max => return self.aggregate(root, total, noun),
        };
        if total.function == Function::Count {
            return self.say("short", position, &[("nouns", &noun.many)]);
        }
        if single && self.dice.chance(0.4) {
            return self.say("short", &format!("{position}_alone"), &[]);
        }
        let measure = self.output(root, total.of.as_ref()?, noun, false)?;
        Some(fill(&self.say("short", position, &[])?, &[("measure", &measure)]))
    }
}
