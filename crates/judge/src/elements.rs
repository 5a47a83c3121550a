//! What a query is made of, so that a wrong one can be told from the right one by what it lacks and what it has too much.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use schema::{Catalog, ColumnId, TableId};
use sql::features;
use sql::tree::{Expr, ExprKind, Query, SourceId};
use sql::visit::{each_expr, each_expr_of_query, each_query, each_select, unnamed};

/// Tables, columns, functions and features of a query.
pub fn elements(query: &Query, catalog: &Catalog) -> BTreeSet<String> {
    let tables = tables_of(query);
    let mut found: BTreeSet<String> = tables.values().map(|table| catalog.table(*table).name.clone()).collect();
    each_expr_of_query(query, &mut |e| match &e.kind {
        ExprKind::Column { source, column } => {
            if let Some(table) = tables.get(source) {
                found.insert(catalog.qualified(ColumnId { table: *table, column: *column }));
            }
        }
        ExprKind::Call(call) => {
            found.insert(format!("{}(){}", call.function, if call.over.is_some() { " OVER" } else { "" }));
        }
        _ => {}
    });
    found.extend(features::tags(query).into_iter().map(str::to_owned));
    found
}

/// Conditions, join conditions, groups, orders and limits of a query, each as one text; alike in two queries where they
/// say the same of the same columns, whatever names their authors chose.
pub fn conditions(query: &Query, catalog: &Catalog) -> BTreeSet<String> {
    let query = unnamed(query);
    let tables = tables_of(&query);
    let text = |expr: &Expr| text(expr, &tables, catalog);
    let mut found = BTreeSet::new();
    each_select(&query, &mut |select| {
        let on = select.from.iter().filter_map(|source| source.on.as_ref());
        let conditions = on.chain(&select.filter).chain(&select.having).flat_map(Expr::conjuncts);
        found.extend(conditions.map(text));
        found.extend(select.group_by.iter().map(|expr| format!("by {}", text(expr))));
    });
    each_query(&query, &mut |query| {
        let orders = query.order_by.iter().map(|item| format!("order {} {}", text(&item.expr), item.descending));
        found.extend(orders);
        found.extend(query.limit.iter().map(|limit| format!("limit {}", text(limit))));
    });
    found
}

/// How far two sets agree: twice what they share by what they hold together (Dice 1945), 1 where both are empty. What one
/// set has too much counts against it as much as what it lacks.
pub fn agreement<T: Eq + Hash + Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    match a.len() + b.len() {
        0 => 1.0,
        all => 2.0 * a.intersection(b).count() as f64 / all as f64,
    }
}

/// The table behind each source that is one.
pub(crate) fn tables_of(query: &Query) -> HashMap<SourceId, TableId> {
    let mut tables = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    tables
}

/// An expression in one text: its parts, outermost first.
fn text(expr: &Expr, tables: &HashMap<SourceId, TableId>, catalog: &Catalog) -> String {
    let mut said = String::new();
    each_expr(expr, &mut |e| {
        said += &match &e.kind {
            ExprKind::Column { source, column } => match tables.get(source) {
                Some(table) => catalog.qualified(ColumnId { table: *table, column: *column }),
                None => format!("column {column}"),
            },
            ExprKind::Literal(literal) => format!("{:?}", literal.value),
            ExprKind::Binary(_, op, _) => format!("{op:?}"),
            ExprKind::Unary(op, _) => format!("{op:?}"),
            ExprKind::IsNull { negated, .. } => format!("null {negated}"),
            ExprKind::Between { negated, .. } => format!("between {negated}"),
            ExprKind::Like { op, negated, .. } => format!("{op:?} {negated}"),
            ExprKind::InList { negated, .. } | ExprKind::InQuery { negated, .. } => format!("in {negated}"),
            ExprKind::Exists { negated, .. } => format!("exists {negated}"),
            ExprKind::Call(call) => format!("{}{}", call.function, if call.distinct { " distinct" } else { "" }),
            ExprKind::Case { .. } => "case".to_owned(),
            _ => "…".to_owned(),
        };
        said.push(' ');
    });
    said
}

#[cfg(test)]
mod tests {
    use sql::dialect::Dialect;

    use super::*;

    fn parsed(sql: &str) -> (Query, Catalog) {
        let catalog = sql::ddl::catalog_from_ddl("CREATE TABLE t (a INTEGER, b INTEGER, c TEXT)").unwrap();
        (sql::parse(sql, &catalog, Dialect::Sqlite).query.unwrap(), catalog)
    }

    fn of(sql: &str) -> BTreeSet<String> {
        let (query, catalog) = parsed(sql);
        conditions(&query, &catalog)
    }

    #[test]
    fn elements_are_tables_columns_functions_and_features() {
        let (query, catalog) = parsed("SELECT RANK() OVER (ORDER BY a) FROM t GROUP BY c");
        let found = elements(&query, &catalog);
        assert!(["t", "t.a", "t.c", "RANK() OVER", "group_by", "window"].iter().all(|name| found.contains(*name)));
        assert!(!found.contains("t.b"));
    }

    #[test]
    fn conditions_do_not_depend_on_names() {
        let one = of("SELECT a AS x FROM t WHERE a > 5 AND c LIKE 'k%' GROUP BY x ORDER BY x DESC LIMIT 3");
        assert_eq!(
            one,
            of("SELECT u.a FROM t AS u WHERE u.c LIKE 'k%' AND u.a > 5 GROUP BY 1 ORDER BY u.a DESC LIMIT 3")
        );
        assert_eq!(one.len(), 5);
        let other = of("SELECT a FROM t WHERE a >= 5 AND c NOT LIKE 'k%' GROUP BY a ORDER BY a LIMIT 4");
        assert_eq!(one.intersection(&other).count(), 1, "the group alone is the same: {one:?} {other:?}");
    }

    #[test]
    fn agreement_counts_both_ways() {
        let set = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
        assert_eq!(agreement(&set("a b"), &set("a b")), 1.0);
        assert_eq!(agreement(&set("a b"), &set("a b c d")), 2.0 / 3.0);
        assert_eq!((agreement(&set("a"), &set("b")), agreement(&set(""), &set(""))), (0.0, 1.0));
    }
}
