//! Groups as large as the numbers of rows that a query asks for, and larger and smaller by one.

use std::collections::BTreeSet;

use schema::{Catalog, ColumnId, TableId};
use sql::lexeme::identifier;
use sql::tree::{ExprKind, Query};
use sql::visit::each_select;

use super::facts::Facts;
use super::places::{may_move, met};
use crate::elements::tables_of;

/// One witness in so many is made of such groups, where the query compares numbers of rows.
const EVERY: u64 = 3;
/// The rows beyond the three groups are spread over the others.
const MADE: i64 = 3;

/// The statements that make every row meet the conditions and then deal the rows out to groups; none where this witness is
/// made otherwise.
pub(super) fn counted(
    query: &Query,
    facts: &Facts,
    tables: &[TableId],
    catalog: &Catalog,
    number: u64,
) -> Option<String> {
    let turn = (number / EVERY) as usize % facts.sizes.len().max(1);
    let size = *facts.sizes.iter().nth(turn).filter(|_| number % EVERY == EVERY - 1)?;
    let keys = keys(query, facts, catalog);
    if keys.is_empty() {
        return None;
    }
    let columns = tables.iter().flat_map(|table| catalog.columns_of(*table));
    let free = columns.filter(|column| may_move(*column, catalog) && !keys.contains(column));
    let all_meet = free.filter(|column| facts.asks(*column)).map(|column| {
        let (table, name) = (identifier(&catalog.table(column.table).name), identifier(&catalog.column(column).name));
        format!("UPDATE OR IGNORE {table} SET {name} = {};\n", met(column, facts, catalog))
    });
    let dealt = keys.iter().map(|key| dealt(*key, size, catalog));
    Some(all_meet.chain(dealt).collect())
}

/// The columns that say which group a row is in: what is grouped by, or what leads to the table of that.
fn keys(query: &Query, facts: &Facts, catalog: &Catalog) -> BTreeSet<ColumnId> {
    let sources = tables_of(query);
    let mut keys = BTreeSet::new();
    each_select(query, &mut |select| {
        for grouped in &select.group_by {
            let ExprKind::Column { source, column } = grouped.kind else { continue };
            let Some(table) = sources.get(&source).copied() else { continue };
            let pairs = catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key));
            let lead = pairs
                .filter(|(from, to)| to.table == table && from.table != table && facts.tables.contains(&from.table));
            let lead: Vec<ColumnId> = lead.map(|(from, _)| from).collect();
            let own = ColumnId { table, column };
            keys.extend(if lead.is_empty() && may_move(own, catalog) { vec![own] } else { lead });
        }
    });
    keys
}

/// The first rows make a group of the size, the next one larger by one, the next one smaller by one.
fn dealt(key: ColumnId, size: i64, catalog: &Catalog) -> String {
    let (table, name) = (identifier(&catalog.table(key.table).name), identifier(&catalog.column(key).name));
    let pairs = catalog.foreign_key_ids().flat_map(|id| catalog.key_pairs(id));
    let home = pairs.filter(|(from, _)| *from == key).map(|(_, to)| to).next().unwrap_or(key);
    let (groups, group) = (identifier(&catalog.table(home.table).name), identifier(&catalog.column(home).name));
    let turn = format!("(SELECT COUNT(*) FROM {table} AS o WHERE o.rowid < {table}.rowid)");
    let others = format!("{MADE} + {turn} % (SELECT MAX(1, COUNT(*) - {MADE}) FROM temp.dealt)");
    let (second, third) = (2 * size + 1, 3 * size);
    let place = format!(
        "CASE WHEN {turn} < {size} THEN 0 WHEN {turn} < {second} THEN 1 WHEN {turn} < {third} THEN 2 ELSE {others} END"
    );
    format!(
        "CREATE TEMP TABLE dealt AS SELECT DISTINCT {group} AS v FROM {groups} WHERE {group} IS NOT NULL ORDER BY 1;\n\
         UPDATE OR IGNORE {table} SET {name} = COALESCE((SELECT v FROM temp.dealt AS d WHERE d.rowid = 1 + {place}), {name});\n\
         DROP TABLE temp.dealt;\n"
    )
}
