//! Queries for policies: those of synthesis, alone and within others, and such with `*`, aliases, self-joins and CTEs named
//! as tables are.

use schema::{Catalog, ForeignKey, TableId};
use sql::dialect::quote_name;

use super::super::Even;

/// A query; half of them are synthesised ones.
pub(super) fn query(catalog: &Catalog, visible: &Catalog, synthesised: &[String], even: &mut Even) -> String {
    let Some(made) = synthesised.get(even.below(synthesised.len())) else { return star(catalog, visible, even) };
    match even.below(10) {
        0..5 => made.clone(),
        5 => format!("WITH w AS ({made}) SELECT * FROM w"),
        6 => format!("SELECT COUNT(*) FROM ({made}) AS s"),
        _ => star(catalog, visible, even),
    }
}

fn star(catalog: &Catalog, visible: &Catalog, even: &mut Even) -> String {
    let keys: Vec<&ForeignKey> = catalog.foreign_keys.iter().filter(|key| key.from != key.to).collect();
    let Some(key) = keys.get(even.below(keys.len())) else { return of_one(TableId(0), visible, even) };
    if even.below(4) == 0 {
        let table = if even.below(2) == 0 { key.from } else { key.to };
        return of_one(table, visible, even);
    }
    of_two(key, catalog, even)
}

/// A query of one table.
fn of_one(table: TableId, visible: &Catalog, even: &mut Even) -> String {
    let facts = visible.table(table);
    let (name, column) = (quote_name(&facts.name), quote_name(&facts.columns[even.below(facts.columns.len())].name));
    match even.below(10) {
        0 => format!("SELECT * FROM {name}"),
        1 => format!("SELECT x.* FROM {name} AS x ORDER BY x.{column}"),
        2 => format!("SELECT rowid, * FROM {name} ORDER BY rowid LIMIT 20"),
        3 => format!("SELECT {column}, COUNT(*) AS n FROM {name} GROUP BY {column} HAVING n > 1 ORDER BY n DESC, 1"),
        4 => format!("SELECT DISTINCT {column} FROM main.{name} WHERE {column} IS NOT NULL"),
        5 => format!("WITH w AS (SELECT * FROM {name}) SELECT a.*, COUNT(*) OVER () FROM w AS a"),
        6 => format!("SELECT * FROM (SELECT * FROM {name} WHERE {column} IS NOT NULL) AS {name} ORDER BY 1"),
        7 => format!("SELECT COUNT(*), COUNT({column}), MIN({column}), MAX({column}) FROM {name}"),
        8 => format!("SELECT p.*, q.{column} FROM {name} AS p LEFT JOIN {name} AS q ON q.rowid = p.rowid + 1"),
        _ => format!("SELECT {column} FROM {name} WHERE {column} > (SELECT AVG({column}) FROM {name} AS i)"),
    }
}

/// A query of two tables that a key ties.
fn of_two(key: &ForeignKey, catalog: &Catalog, even: &mut Even) -> String {
    let (child, parent) = (quote_name(&catalog.table(key.from).name), quote_name(&catalog.table(key.to).name));
    let column = |table: TableId, column: u16| quote_name(&catalog.table(table).columns[usize::from(column)].name);
    let pairs = key.columns.iter().zip(&key.to_columns);
    let tied: Vec<String> =
        pairs.map(|(a, b)| format!("c.{} = p.{}", column(key.from, *a), column(key.to, *b))).collect();
    let tied = tied.join(" AND ");
    let (from, to) = (column(key.from, key.columns[0]), column(key.to, key.to_columns[0]));
    match even.below(14) {
        0 => format!("SELECT * FROM {child} AS c JOIN {parent} AS p ON {tied}"),
        1 => format!("SELECT * FROM {parent} AS p LEFT JOIN {child} AS c ON {tied}"),
        2 => format!("SELECT c.* FROM {child} AS c LEFT JOIN {parent} AS p ON {tied} WHERE p.{to} IS NULL"),
        3 => format!("SELECT p.*, c.rowid FROM {child} AS c RIGHT JOIN {parent} AS p ON {tied}"),
        4 => format!("SELECT p.{to}, c.{from} FROM {child} AS c FULL JOIN {parent} AS p ON {tied}"),
        5 => format!("SELECT * FROM {parent} AS p WHERE EXISTS (SELECT * FROM {child} AS c WHERE {tied})"),
        6 => format!("SELECT * FROM {parent} AS p WHERE NOT EXISTS (SELECT 1 FROM {child} AS c WHERE {tied})"),
        7 => format!("SELECT p.*, (SELECT COUNT(*) FROM {child} AS c WHERE {tied}) AS n FROM {parent} AS p ORDER BY n DESC"),
        8 => format!("SELECT {to} FROM {parent} EXCEPT SELECT {from} FROM {child} ORDER BY 1"),
        9 => format!("SELECT {to} FROM {parent} UNION ALL SELECT {from} FROM {child}"),
        10 => format!("SELECT * FROM {parent} WHERE {to} NOT IN (SELECT {from} FROM {child} WHERE {from} IS NOT NULL)"),
        11 => format!("WITH {parent} AS (SELECT * FROM {child}) SELECT * FROM {parent}"),
        12 => format!("SELECT * FROM {child} AS c NATURAL LEFT JOIN {parent} AS p"),
        _ => format!("WITH p AS (SELECT * FROM {parent}), c AS (SELECT * FROM {child}) SELECT p.*, COUNT(c.{from}) FROM p LEFT JOIN c ON {tied} GROUP BY p.{to}"),
    }
}
