//! What wrong queries lack and what they have too much, counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use judge::elements;

/// Elements of wrong queries, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// What references have and answers lack.
    pub lacking: BTreeMap<String, usize>,
    /// What answers have and references do not.
    pub superfluous: BTreeMap<String, usize>,
    /// Where that is one element each: what stands in whose place, as "reference → answer".
    pub swapped: BTreeMap<String, usize>,
}

impl Confusion {
    /// Counts one wrong answer.
    pub fn add(&mut self, reference: &BTreeSet<String>, answer: &BTreeSet<String>) {
        let lacking: Vec<&String> = reference.difference(answer).collect();
        let superfluous: Vec<&String> = answer.difference(reference).collect();
        if let ([right], [wrong]) = (&lacking[..], &superfluous[..]) {
            *self.swapped.entry(format!("{right} → {wrong}")).or_default() += 1;
        }
        lacking.into_iter().for_each(|name| *self.lacking.entry(name.clone()).or_default() += 1);
        superfluous.into_iter().for_each(|name| *self.superfluous.entry(name.clone()).or_default() += 1);
    }
}

/// The most frequent entries, at most `count`, equals by name.
pub fn most(counts: &BTreeMap<String, usize>, count: usize) -> Vec<(&str, usize)> {
    let mut sorted: Vec<(&str, usize)> = counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    sorted.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
    sorted.truncate(count);
    sorted
}

#[cfg(test)]
mod tests {
    use sql::dialect::Dialect;

    use super::*;

    fn of(sql: &str) -> BTreeSet<String> {
        let ddl = "CREATE TABLE t (a INTEGER, b INTEGER, c TEXT)";
        let catalog = sql::ddl::catalog_from_ddl(ddl).unwrap();
        elements(&sql::parse(sql, &catalog, Dialect::Sqlite).query.unwrap(), &catalog)
    }

    #[test]
    fn wrong_queries_are_counted_by_what_differs() {
        let mut found = Confusion::default();
        found.add(&of("SELECT SUM(a) FROM t GROUP BY c"), &of("SELECT SUM(b) FROM t GROUP BY c"));
        found.add(&of("SELECT SUM(a) FROM t"), &of("SELECT b FROM t ORDER BY b"));
        assert_eq!(found.swapped, BTreeMap::from([("t.a → t.b".to_owned(), 1)]));
        assert_eq!((found.lacking["t.a"], found.lacking["SUM()"], found.superfluous["t.b"]), (2, 1, 2));
        assert!(found.superfluous.contains_key("order_by") && found.lacking.contains_key("aggregate"));
        assert_eq!(most(&found.lacking, 1), [("t.a", 2)]);
    }
}
