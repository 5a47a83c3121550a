//! Columns of which it matters how their days are stored, and the query that looks.

use std::collections::{BTreeSet, HashMap};

use schema::{Catalog, ColumnId, TableId};

use crate::dialect::quote_name;
use crate::tree::{ExprKind, Query, SourceId};
use crate::visit::{each_expr_of_query, each_select};

/// Functions that take a part of a day.
const OF_DAYS: [&str; 4] = ["STRFTIME", "DATE", "SUBSTR", "SUBSTRING"];

/// The columns of tables that stand within functions of days.
pub fn days_asked(query: &Query, catalog: &Catalog) -> BTreeSet<ColumnId> {
    let mut tables: HashMap<SourceId, TableId> = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    let mut found = BTreeSet::new();
    each_expr_of_query(query, &mut |expr| {
        let ExprKind::Call(call) = &expr.kind else { return };
        for argument in call.args.iter().filter(|_| OF_DAYS.contains(&call.function.as_str())) {
            if let ExprKind::Column { source, column } = argument.kind
                && let Some(&table) = tables.get(&source)
                && !catalog.table(table).is_view
                && usize::from(column) < catalog.table(table).columns.len()
            {
                found.insert(ColumnId { table, column });
            }
        }
    });
    found
}

/// A query that shows 1 where a column holds anything but NULL, `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`, days of the calendar.
pub fn other_than_days(column: ColumnId, catalog: &Catalog) -> String {
    let [table, name] = [&catalog.table(column.table).name, &catalog.column(column).name].map(|name| quote_name(name));
    format!(
        "SELECT EXISTS (SELECT 1 FROM {table} WHERE {name} IS NOT NULL AND NOT (TYPEOF({name}) = 'text' \
         AND {name} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' \
         AND (LENGTH({name}) = 10 OR {name} GLOB '????-??-?? [0-2][0-9]:[0-5][0-9]:[0-5][0-9]') \
         AND STRFTIME('%Y-%m-%d', {name}) IS SUBSTR({name}, 1, 10))) AS others"
    )
}
