//! Any text as a schema script: a catalog or an error that names a line. A catalog holds together, and queries over each
//! of its tables can be read.
#![no_main]

use glrl_fuzz::mutate::{self, Words};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use schema::{Catalog, ForeignKey};
use sql::ddl::catalog_from_ddl;
use sql::dialect::quote_name;
use sql::{Dialect, parse, print};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match catalog_from_ddl(&text) {
        Ok(catalog) => {
            whole(&catalog);
            read(&catalog);
        }
        Err(error) => {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!((1..=lines).contains(&error.line), "line {} of {lines}", error.line);
            assert!(!error.to_string().is_empty());
        }
    }
});

/// Keys and indexes name columns that there are, and names are there once.
fn whole(catalog: &Catalog) {
    for (position, table) in catalog.tables.iter().enumerate() {
        let columns = table.columns.len();
        let listed = table.unique.iter().chain(&table.indexes).flatten().chain(&table.primary_key);
        assert!(listed.into_iter().all(|column| usize::from(*column) < columns), "{table:?}");
        assert!(!table.columns.is_empty(), "{table:?}");
        assert_eq!(catalog.find_table(&table.name).map(|id| usize::from(id.0)), Some(position), "{}", table.name);
    }
    let width = |key: &ForeignKey| (catalog.table(key.from).columns.len(), catalog.table(key.to).columns.len());
    for key in &catalog.foreign_keys {
        let (from, to) = width(key);
        assert_eq!(key.columns.len(), key.to_columns.len(), "{key:?}");
        assert!(key.columns.iter().all(|column| usize::from(*column) < from), "{key:?}");
        assert!(key.to_columns.iter().all(|column| usize::from(*column) < to), "{key:?}");
    }
}

/// Every table can be asked for.
fn read(catalog: &Catalog) {
    for table in catalog.tables.iter().take(8) {
        let text = format!("SELECT * FROM {}", quote_name(&table.name));
        let parsed = parse(&text, catalog, Dialect::Sqlite);
        let shown = parsed.diagnostics.clone();
        let query = parsed.ok();
        // Names that the engine keeps to itself are refused, as they are in queries.
        if let Some(query) = query {
            print::compact(&query, catalog);
        } else {
            assert!(!shown.is_empty(), "{text}");
        }
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::text(data, size, max_size, seed, Words::Script)
});
