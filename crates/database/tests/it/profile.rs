//! The values of text columns, within limits, and remembered.

use std::time::Duration;

use database::fill::Recipe;
use database::profile::{cached_profile, row_counts};
use database::{CacheKey, ProfileLimits, fill_file, open, profile};
use schema::{ColumnId, Type};

use crate::{Folder, gl};

#[test]
fn values_counts_limits_and_memory() {
    let (ddl, catalog, spec) = gl();
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    fill_file(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 }, &path, false).expect("a file");
    let database = open(&path, &catalog).expect("a database");
    let is_text = |column: &ColumnId| catalog.column(*column).ty == Type::Text;
    let columns: Vec<ColumnId> = catalog.table_ids().flat_map(|t| catalog.columns_of(t)).filter(is_text).collect();

    let whole = profile(&database, &columns, &ProfileLimits::default());
    assert!(whole.incomplete.is_empty());
    let status = catalog.find_qualified("PAC_MNT_PROJECTS.Status").expect("a column");
    let of_status: Vec<_> = whole.values.iter().filter(|(column, ..)| *column == status).collect();
    assert_eq!(of_status.len(), 6);
    assert_eq!(of_status[0].1, "Active", "the most frequent comes first");
    assert_eq!(of_status.iter().map(|(.., rows)| rows).sum::<u64>(), 300);

    let few = ProfileLimits { values: 10, values_per_column: 4, ..ProfileLimits::default() };
    let part = profile(&database, &columns, &few);
    assert_eq!(part.values.len(), 10);
    assert!(part.incomplete.contains(&columns[0]));
    let none = ProfileLimits { time: Duration::ZERO, ..ProfileLimits::default() };
    assert_eq!(profile(&database, &columns, &none).incomplete, columns);

    let cache = folder.join("cache");
    let remembered = cached_profile(&cache, &database, &columns, &ProfileLimits::default());
    assert_eq!(remembered, whole);
    let file = std::fs::read_dir(&cache).expect("the cache").next().expect("a file").expect("an entry").path();
    assert_eq!(cached_profile(&cache, &database, &columns, &ProfileLimits::default()), whole);
    std::fs::write(&file, "{").expect("a damaged file");
    assert_eq!(cached_profile(&cache, &database, &columns, &ProfileLimits::default()), whole);

    let before = CacheKey::of(&path).expect("a key");
    let writer = rusqlite::Connection::open(&path).expect("a writer");
    writer
        .execute_batch("UPDATE PAC_MNT_PROJECTS SET Status = 'Paused' WHERE Project_Code = 'PRJ-001'")
        .expect("a change");
    assert_ne!(CacheKey::of(&path).expect("a key"), before);
    let changed = cached_profile(&cache, &database, &columns, &ProfileLimits::default());
    assert!(
        changed.values.iter().any(|(column, value, rows)| (*column, value.as_str(), *rows) == (status, "Paused", 1))
    );

    let counts = row_counts(&database, 1_000, Duration::from_secs(1));
    assert_eq!(counts[catalog.find_table("PROJSTAFF").expect("a table").0 as usize], Some(1_000));
    assert_eq!(counts[0], Some(300));
}
