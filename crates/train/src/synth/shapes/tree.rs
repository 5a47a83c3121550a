//! A table beside itself: pairs that share something, and hierarchies.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Type};

use super::super::meaning::Filter;
use super::draft::{Draft, Rows, Thing};
use super::pen::Pen;

/// Pairs of rows that share a value.
pub fn pairs(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Name]).is_empty())?;
    let (name, id) = (pen.name(table)?, pen.id(table));
    // Each pair once needs an order of keys, and texts have none here.
    (pen.world.ty(id) == Type::Integer).then_some(())?;
    let parents = pen.world.parents(table);
    let (shared, variant, said) = match pen.dice.pick(&parents) {
        Some(&key) if pen.dice.chance(0.5) => {
            (pen.key(key)?.0, "parent", Thing::Table(pen.world.catalog.foreign_key(key).to))
        }
        _ => {
            let column = pen.category(table)?;
            (column, "frame", Thing::Column(column))
        }
    };
    let condition = pen.some_condition(table).filter(|f| matches!(f, Filter::Value { .. }));
    let rows = Rows { table, filters: condition.into_iter().collect() };
    let mut others = vec![format!("{} < {}", pen.col("t", id), pen.col("u", id))];
    others.extend(rows.filters.iter().filter_map(|f| pen.condition(f, "u")));
    let filter = rows.filter(pen, "t", &others);
    let sql = format!(
        "SELECT {}, {}, {} FROM {} JOIN {} ON {} = {}{filter}",
        pen.col("t", name),
        pen.col("u", name),
        pen.col("t", shared),
        pen.from(table, "t"),
        pen.from(table, "u"),
        pen.col("u", shared),
        pen.col("t", shared),
    );
    Some(
        Draft::new("pairs", variant, sql)
            .with("rows", Thing::Rows(rows))
            .with("name", Thing::Column(name))
            .with("shared", said)
            .with("column", Thing::Column(shared)),
    )
}

/// A table with a key to itself.
fn hierarchy(pen: &mut Pen<'_, '_>) -> Option<(TableId, ForeignKeyId, ColumnId)> {
    let catalog = pen.world.catalog;
    let own: Vec<ForeignKeyId> = catalog
        .foreign_key_ids()
        .filter(|&k| {
            let key = catalog.foreign_key(k);
            key.from == key.to
        })
        .collect();
    let key = *pen.dice.pick(&own)?;
    let table = catalog.foreign_key(key).from;
    Some((table, key, pen.name(table)?))
}

/// Rows beside the name of the row above them.
pub fn with_parent(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, key, name) = hierarchy(pen)?;
    let rows = pen.rows(table, 1);
    let left = pen.dice.chance(0.4);
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!(
        "SELECT {}, {} FROM {} {}JOIN {} ON {}{filter}",
        pen.col("t", name),
        pen.col("u", name),
        pen.from(table, "t"),
        if left { "LEFT " } else { "" },
        pen.from(table, "u"),
        pen.tie(key, "t", "u"),
    );
    Some(
        Draft::new("with_parent", if left { "blank" } else { "frame" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("name", Thing::Column(name)),
    )
}

/// Rows with the number of rows right below them.
pub fn child_count(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, key, _) = hierarchy(pen)?;
    let (rows, id) = (pen.rows(table, 1), pen.id(table));
    let (shown, count) = (pen.display(table, "t").join(", "), format!("COUNT({})", pen.col("u", id)));
    let n = pen.few();
    let more = pen.dice.chance(0.4);
    let filter = rows.filter(pen, "t", &[]);
    let sql = if more {
        format!(
            "SELECT {shown} FROM {} JOIN {} ON {}{filter} GROUP BY {shown} HAVING {count} > {n}",
            pen.from(table, "t"),
            pen.from(table, "u"),
            pen.tie(key, "u", "t"),
        )
    } else {
        format!(
            "SELECT {shown}, {count} AS n FROM {} LEFT JOIN {} ON {}{filter} GROUP BY {shown}",
            pen.from(table, "t"),
            pen.from(table, "u"),
            pen.tie(key, "u", "t"),
        )
    };
    let columns = pen.shown_things(table);
    Some(
        Draft::new("child_count", if more { "more" } else { "frame" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("n", Thing::Number(n, None))
            .with("cols", Thing::List(columns)),
    )
}

/// `WITH RECURSIVE` over a hierarchy: its columns `r` (the root's key), `k` (the row's key) and `d` (how deep).
fn tree(pen: &Pen<'_, '_>, table: TableId, key: ForeignKeyId) -> Option<String> {
    let (up, id) = pen.key(key)?;
    Some(format!(
        "WITH RECURSIVE a(r, k, d) AS (SELECT {0}, {0}, 1 FROM {1} WHERE {2} IS NULL \
         UNION ALL SELECT a.r, {3}, a.d + 1 FROM a JOIN {4} ON {5} = a.k)",
        pen.col("t", id),
        pen.from(table, "t"),
        pen.col("t", up),
        pen.col("u", id),
        pen.from(table, "u"),
        pen.col("u", up),
    ))
}

/// Every row with its level.
pub fn depth(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, key, _) = hierarchy(pen)?;
    let (with, id) = (tree(pen, table, key)?, pen.key(key)?.1);
    let below = pen.dice.chance(0.5);
    let filter = if below { " WHERE a.d > 1" } else { "" };
    let sql = format!(
        "{with} SELECT {}, a.d FROM a JOIN {} ON {} = a.k{filter}",
        pen.display(table, "x").join(", "),
        pen.from(table, "x"),
        pen.col("x", id),
    );
    let columns = pen.shown_things(table);
    Some(
        Draft::new("depth", if below { "below" } else { "frame" }, sql)
            .with("rows", Thing::Table(table))
            .with("cols", Thing::List(columns)),
    )
}

/// Every root with the number of all rows below it.
pub fn descendants(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, key, _) = hierarchy(pen)?;
    let (with, id) = (tree(pen, table, key)?, pen.key(key)?.1);
    let shown = pen.display(table, "x").join(", ");
    let sql = format!(
        "{with} SELECT {shown}, COUNT(*) - 1 AS n FROM a JOIN {} ON {} = a.r GROUP BY {shown}",
        pen.from(table, "x"),
        pen.col("x", id),
    );
    let columns = pen.shown_things(table);
    Some(Draft::new("descendants", "frame", sql).with("rows", Thing::Table(table)).with("cols", Thing::List(columns)))
}
