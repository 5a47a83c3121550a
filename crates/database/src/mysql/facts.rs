//! What MySQL's planner says of a query.

use sql::VerifiedQuery;

use super::MySql;
use crate::engine_facts::{Access, AccessPath, EngineFacts, Estimate};
use crate::error::RunError;
use crate::run::Limits;

impl MySql {
    /// Asks how a query would be run; it is not run.
    pub(crate) fn facts(&self, query: &VerifiedQuery, limits: &Limits) -> Result<EngineFacts, RunError> {
        let explain = format!("EXPLAIN {}", self.text_of(query)?);
        let mut rows = Vec::new();
        self.with(limits, |client| {
            client.limit()?;
            client.named(&explain, &mut rows)
        })?;
        Ok(read_plan(&rows))
    }
}

/// A row by the names of its columns.
pub(super) type Named = Vec<(String, Option<String>)>;

/// The table that EXPLAIN writes (MySQL 8.0, "EXPLAIN Output Format"; MariaDB's has the same columns).
fn read_plan(rows: &[Named]) -> EngineFacts {
    let mut facts = EngineFacts::default();
    let mut read = 0.0;
    for row in rows {
        let cell = |name: &str| {
            let found = row.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_deref()).unwrap_or_default()
        };
        let (table, index, extra) = (cell("table"), cell("key"), cell("Extra"));
        read += cell("rows").parse().unwrap_or(0.0);
        facts.correlated += usize::from(cell("select_type").starts_with("DEPENDENT"));
        if extra.contains("filesort") {
            facts.sorts.push("ORDER BY".to_owned());
        }
        let by = match cell("type") {
            "ALL" => Some(AccessPath::Scan),
            "index" => Some(AccessPath::IndexScan(index.to_owned())),
            "" | "system" => None,
            _ => Some(AccessPath::Index(index.to_owned())),
        };
        // `<derived2>` is no table of the catalog.
        if let Some(by) = by.filter(|_| !table.starts_with('<')) {
            facts.accesses.push(Access { name: table.to_owned(), by, covering: extra.contains("Using index") });
        }
        let shown = ["select_type", "table", "type", "key", "rows", "Extra"].map(cell);
        facts.lines.push(shown.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "));
    }
    facts.estimate = Some(Estimate { cost: None, rows: read });
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [(&str, &str); 6]) -> Named {
        cells.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into()
    }

    #[test]
    fn a_plan_is_read() {
        let names = ["select_type", "table", "type", "key", "rows", "Extra"];
        let of = |values: [&'static str; 6]| row(std::array::from_fn(|i| (names[i], values[i])));
        let facts = read_plan(&[
            of(["PRIMARY", "a", "ALL", "", "100", "Using where; Using filesort"]),
            of(["DEPENDENT SUBQUERY", "b", "ref", "by_a", "2", "Using index"]),
            of(["DERIVED", "<derived2>", "ALL", "", "5", ""]),
        ]);
        let named = |name: &str, by, covering| Access { name: name.to_owned(), by, covering };
        let index = AccessPath::Index("by_a".to_owned());
        assert_eq!(facts.accesses, [named("a", AccessPath::Scan, false), named("b", index, true)]);
        assert_eq!((facts.correlated, facts.sorts.len()), (1, 1));
        assert_eq!(facts.estimate, Some(Estimate { cost: None, rows: 107.0 }));
    }
}
