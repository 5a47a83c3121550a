//! Discovered relationships: foreign keys that nobody declared, guessed from names and types, and from values where the
//! caller has looked.

use std::collections::HashMap;

use crate::catalog::{Catalog, Column, ColumnId, ForeignKey, TableId, Type};
use crate::words::{identifier_words, stem};

/// Below this share of shared values a guess by name is dropped.
const MIN_SHARE: f32 = 0.8;

/// What the data says about two columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// The column that may refer.
    pub from: ColumnId,
    /// The key that it may refer to.
    pub to: ColumnId,
    /// Share of the distinct values of `from` that `to` holds, 0 to 1.
    pub share: f32,
}

/// Foreign keys that names and types suggest and the catalog does not declare, at most one a column, each with a
/// confidence below 1. A column named as a unique column elsewhere scores 0.8, `client_id` for table `clients` 0.7;
/// an overlap of values raises the confidence or, below 80 %, drops the guess.
pub fn discover(catalog: &Catalog, overlaps: &[Overlap]) -> Vec<ForeignKey> {
    let shares: HashMap<_, _> = overlaps.iter().map(|o| ((o.from, o.to), o.share)).collect();
    let keys = Keys::of(catalog);
    let mut found = Vec::new();
    for from in catalog.table_ids().flat_map(|t| catalog.columns_of(t)).filter(|c| !is_taken(catalog, *c)) {
        let mut best: Option<(f32, ColumnId)> = None;
        for (to, by_name) in keys.candidates(catalog, from) {
            let Some(confidence) = weigh(by_name, shares.get(&(from, to)).copied()) else { continue };
            if best.is_none_or(|(score, _)| confidence > score) {
                best = Some((confidence, to));
            }
        }
        found.extend(best.map(|(confidence, to)| ForeignKey {
            from: from.table,
            columns: vec![from.column],
            to: to.table,
            to_columns: vec![to.column],
            confidence,
        }));
    }
    found
}

/// Columns that identify a row by themselves, by name and by table name.
struct Keys {
    by_name: HashMap<String, Vec<ColumnId>>,
    by_table: HashMap<String, Vec<TableId>>,
}

impl Keys {
    fn of(catalog: &Catalog) -> Self {
        let mut keys = Keys { by_name: HashMap::new(), by_table: HashMap::new() };
        for table in catalog.table_ids().filter(|t| !catalog.table(*t).is_view) {
            let words = identifier_words(&catalog.table(table).name);
            keys.by_table.entry(singular(&words)).or_default().push(table);
            if let Some(last) = words.last().filter(|_| words.len() > 1) {
                keys.by_table.entry(stem(last).into_owned()).or_default().push(table);
            }
            for column in catalog.columns_of(table).filter(|c| catalog.is_unique(table, &[c.column])) {
                let name = catalog.column(column).name.to_lowercase();
                keys.by_name.entry(name).or_default().push(column);
            }
        }
        keys
    }

    /// Keys that a column may refer to, with the confidence that the names give.
    fn candidates(&self, catalog: &Catalog, from: ColumnId) -> Vec<(ColumnId, f32)> {
        let column = catalog.column(from);
        let words = identifier_words(&column.name);
        let mut found = Vec::new();
        if !is_generic(&column.name) {
            let same = self.by_name.get(&column.name.to_lowercase()).into_iter().flatten();
            found.extend(same.map(|to| (*to, 0.8)));
        }
        let stripped = match words.split_last() {
            Some((last, rest)) if is_generic(last) && !rest.is_empty() => singular(rest),
            _ => singular(&words),
        };
        for table in self.by_table.get(&stripped).into_iter().flatten() {
            let named_alike = |c: &ColumnId| words.last().is_some_and(|w| ends_with(catalog.column(*c), w));
            let unique = |c: &ColumnId| catalog.is_unique(*table, &[c.column]);
            let keys: Vec<ColumnId> = catalog.columns_of(*table).filter(unique).collect();
            let key = keys.iter().find(|c| named_alike(c)).or(keys.first());
            found.extend(key.map(|c| (*c, 0.7)));
        }
        let primary = |c: &ColumnId| catalog.is_unique(from.table, &[c.column]);
        let penalty = if primary(&from) { 0.3 } else { 0.0 };
        found.retain(|(to, _)| to.table != from.table && same_type(column, catalog.column(*to)));
        found.into_iter().map(|(to, confidence)| (to, confidence - penalty)).collect()
    }
}

fn weigh(by_name: f32, share: Option<f32>) -> Option<f32> {
    match share {
        None => Some(by_name),
        Some(share) if share < MIN_SHARE => None,
        Some(share) => Some((0.4 * by_name + 0.6 * share).min(0.99)),
    }
}

/// Already the referring side of a declared key.
fn is_taken(catalog: &Catalog, column: ColumnId) -> bool {
    catalog.foreign_keys.iter().any(|k| k.from == column.table && k.columns.contains(&column.column))
}

/// Names that say nothing about what they refer to.
fn is_generic(name: &str) -> bool {
    ["id", "code", "key", "no", "number", "name", "status", "type", "uuid", "ref"]
        .iter()
        .any(|g| g.eq_ignore_ascii_case(name))
}

fn singular(words: &[String]) -> String {
    words.iter().map(|w| stem(w)).collect::<Vec<_>>().join(" ")
}

fn ends_with(column: &Column, word: &str) -> bool {
    identifier_words(&column.name).last().is_some_and(|w| w == word)
}

fn same_type(a: &Column, b: &Column) -> bool {
    a.ty == b.ty && !a.ty.is_temporal() && !matches!(a.ty, Type::Real | Type::Boolean | Type::Blob)
}
