//! How many of the queries of an outside suite the matcher could write, and what the rest lack.
//!
//! A suite is a folder with `queries.jsonl`, a line a query with its `db_id` and `sql`, and a schema `<db_id>.sql` for each.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sql::coverage::{Coverage, Ground};
use sql::ddl::catalog_from_ddl;

use super::{Args, Figure, Measured};
use crate::context::Context;
use crate::exit::Failure;

/// One query of a suite.
#[derive(Deserialize)]
struct Asked {
    db_id: String,
    sql: String,
}

/// What became of a suite's queries.
#[derive(Default)]
struct Tally {
    queries: usize,
    admitted: usize,
    refused: usize,
    unread: usize,
    missing: BTreeMap<String, usize>,
}

/// Counts the queries that can be written, and the reasons of the rest.
pub(super) fn measure(args: &Args, _: &Context) -> Measured {
    let Some(folder) = &args.suite else {
        return Err(Failure::usage("coverage is of a suite's queries").hint("name its folder: --suite DIR"));
    };
    let folder = Path::new(folder);
    let mut tally = Tally::default();
    for (schema, queries) in queries(folder)? {
        let ddl = read(&folder.join(format!("{schema}.sql")))?;
        let catalog = catalog_from_ddl(&ddl).map_err(|e| Failure::data(format_args!("{schema}.sql: {e}")))?;
        let ground = Ground::new(&catalog);
        queries.iter().for_each(|sql| tally.add(ground.cover(sql)));
    }
    Ok(tally.figures())
}

/// The queries of each schema.
pub(super) fn queries(folder: &Path) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut by_schema: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = read(&folder.join("queries.jsonl"))?;
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let wrong = |e| Failure::data(format_args!("queries.jsonl, line {number}: {e}"));
        let asked: Asked = serde_json::from_str(line).map_err(wrong)?;
        by_schema.entry(asked.db_id).or_default().push(asked.sql);
    }
    Ok(by_schema)
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))
}

impl Tally {
    fn add(&mut self, coverage: Coverage) {
        self.queries += 1;
        match coverage {
            Coverage::Admitted => self.admitted += 1,
            Coverage::Unread => self.unread += 1,
            Coverage::Refused(_) => self.refused += 1,
            Coverage::Missing(feature) => *self.missing.entry(feature).or_default() += 1,
        }
    }

    fn figures(self) -> Vec<Figure> {
        let share = 100.0 * self.admitted as f64 / self.queries.max(1) as f64;
        let mut figures = vec![
            Figure::new("coverage.queries", self.queries as f64, ""),
            Figure::new("coverage.admitted", share, "%"),
            Figure::new("coverage.admitted queries", self.admitted as f64, ""),
            Figure::new("coverage.refused by the matcher", self.refused as f64, ""),
            Figure::new("coverage.not read", self.unread as f64, ""),
        ];
        let mut missing: Vec<_> = self.missing.into_iter().collect();
        missing.sort_by_key(|(feature, count)| (std::cmp::Reverse(*count), feature.clone()));
        let lacks = |(feature, count)| Figure::new(format!("coverage.without {feature}"), count as f64, "");
        figures.extend(missing.into_iter().map(lacks));
        figures
    }
}
