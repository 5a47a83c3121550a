//! The value index of a database: which columns hold the names, codes and statuses that questions mention.

use std::path::Path;

use database::profile::cached_profile;
use database::{Database, ProfileLimits, profile};
use schema::{ColumnId, Role, Type, ValueIndex};

use crate::pack::Pack;

/// The columns whose values a question may name: names, codes, statuses and dimensions, those of core tables first.
pub fn indexed_columns(pack: &Pack) -> Vec<ColumnId> {
    let catalog = &pack.catalog;
    let is_named = |column: &ColumnId| {
        let is_text = matches!(catalog.column(*column).ty, Type::Text | Type::Unknown);
        let role = pack.glossary.role(catalog, *column);
        is_text && matches!(role, Role::Name | Role::Code | Role::Status | Role::Dimension)
    };
    let mut tables: Vec<_> = catalog.table_ids().collect();
    tables.sort_by_key(|table| !pack.glossary.table(catalog, *table).is_some_and(|terms| terms.core));
    tables.into_iter().flat_map(|table| catalog.columns_of(table)).filter(is_named).collect()
}

/// The index of a database opened for this pack; remembered in the cache folder, where there is one, until the database
/// changes.
pub fn value_index(pack: &Pack, database: &Database, cache: Option<&Path>, limits: &ProfileLimits) -> ValueIndex {
    let columns = indexed_columns(pack);
    let found = match cache {
        Some(folder) => cached_profile(folder, database, &columns, limits),
        None => profile(database, &columns, limits),
    };
    ValueIndex::new(found.values, &pack.catalog, &pack.glossary)
}
