//! Groups against the whole, rows against their group, one row against another.

use schema::Role;

use super::super::meaning::{Filter, Function};
use super::draft::{Draft, Rows, Thing, Total};
use super::pen::Pen;
use super::text::literal;

fn above(pen: &mut Pen<'_, '_>) -> (bool, &'static str) {
    if pen.dice.chance(0.7) { (true, ">") } else { (false, "<") }
}

fn numbered(pen: &mut Pen<'_, '_>) -> Option<(schema::TableId, schema::ColumnId)> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    Some((table, pen.number(table)?))
}

/// Groups whose average is above that of all rows.
pub fn group_above_overall(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, m) = numbered(pen)?;
    let (dim, rows) = (pen.dim(table)?, pen.rows(table, 1));
    let (up, op) = above(pen);
    let average = |pen: &Pen<'_, '_>, alias: &str| format!("AVG({})", pen.col(alias, m));
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let own = average(pen, "t");
    let filter = rows.filter(pen, "t", &[]);
    let whole = format!("(SELECT {} FROM {}{})", average(pen, "w"), pen.from(table, "w"), rows.filter(pen, "w", &[]));
    let sql = format!(
        "SELECT {columns}, {own} AS average FROM {from}{join}{filter} GROUP BY {columns} HAVING {own} {op} {whole}"
    );
    Some(
        Draft::new("group_above_overall", if up { "above" } else { "below" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Dim(dim))
            .with("m", Thing::Column(m)),
    )
}

/// Groups whose total is above the average of the groups' totals.
pub fn group_above_groups(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let (dim, total, rows) = (pen.dim(table)?, pen.additive(table), pen.rows(table, 1));
    let (up, op) = above(pen);
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!(
        "WITH a AS (SELECT {}, {} AS v FROM {}{}{filter} GROUP BY {}) \
         SELECT {}, a.v FROM a WHERE a.v {op} (SELECT AVG(b.v) FROM a AS b)",
        dim.named(pen),
        total.sql(pen),
        pen.from(table, "t"),
        dim.join(pen),
        dim.list(pen),
        dim.names(pen, "a"),
    );
    Some(
        Draft::new("group_above_groups", if up { "above" } else { "below" }, sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Dim(dim))
            .with("agg", Thing::Total(table, total)),
    )
}

/// Rows above the average of their own group.
pub fn above_own_group(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, m) = numbered(pen)?;
    let group = pen.category(table)?;
    let rows = pen.rows(table, 1);
    let (up, op) = above(pen);
    let inner = format!(
        "(SELECT AVG({}) FROM {} WHERE {} = {})",
        pen.col("u", m),
        pen.from(table, "u"),
        pen.col("u", group),
        pen.col("t", group),
    );
    let filter = rows.filter(pen, "t", &[format!("{} {op} {inner}", pen.col("t", m))]);
    let sql = format!("SELECT {} FROM {}{filter}", pen.display(table, "t").join(", "), pen.from(table, "t"));
    Some(
        Draft::new("above_own_group", if up { "above" } else { "below" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("m", Thing::Column(m))
            .with("dim", Thing::Column(group)),
    )
}

/// The second highest.
pub fn second(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, m) = numbered(pen)?;
    let (highest, op) = if pen.dice.chance(0.75) { ("MAX", "<") } else { ("MIN", ">") };
    let (from, u, w) = (pen.from(table, "t"), pen.from(table, "u"), pen.from(table, "w"));
    let sql = format!(
        "WITH a AS (SELECT {highest}({}) AS v FROM {w}) SELECT {} FROM {from} \
         WHERE {} = (SELECT {highest}({}) FROM {u} CROSS JOIN a WHERE {} {op} a.v)",
        pen.col("w", m),
        pen.display(table, "t").join(", "),
        pen.col("t", m),
        pen.col("u", m),
        pen.col("u", m),
    );
    Some(
        Draft::new("second", if highest == "MAX" { "high" } else { "low" }, sql)
            .with("rows", Thing::Rows(Rows::all(table)))
            .with("m", Thing::Column(m)),
    )
}

/// Other rows of the group that a named row is in.
pub fn same_group_as(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Name]).is_empty())?;
    let (name, group) = (pen.name(table)?, pen.category(table)?);
    let value = pen.values(name, 1)?.pop()?;
    let others = pen.dice.chance(0.6);
    let (t_name, u_name) = (pen.col("t", name), pen.col("u", name));
    let inner = format!(
        "{} = (SELECT {} FROM {} WHERE {u_name} = {})",
        pen.col("t", group),
        pen.col("u", group),
        pen.from(table, "u"),
        literal(&value),
    );
    let rest = if others { format!(" AND {t_name} <> {}", literal(&value)) } else { String::new() };
    let sql =
        format!("SELECT {} FROM {} WHERE {inner}{rest}", pen.display(table, "t").join(", "), pen.from(table, "t"),);
    Some(
        Draft::new("same_group_as", if others { "others" } else { "frame" }, sql)
            .with("rows", Thing::Table(table))
            .with("dim", Thing::Column(group))
            .with("name", Thing::Value(name, value)),
    )
}

/// Rows with at least so many times the average.
pub fn times_average(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, m) = numbered(pen)?;
    let n = *pen.dice.pick(&[2, 2, 3, 4])?;
    let mut rows = pen.rows(table, 1);
    rows.filters.retain(|f| !matches!(f, Filter::Number { .. } | Filter::Between { .. }));
    let average = Total { function: Function::Avg, of: Some(m) };
    let filter = rows.filter(
        pen,
        "t",
        &[format!("{} >= {n} * (SELECT {} FROM {})", pen.col("t", m), average.sql_of(pen, "u"), pen.from(table, "u"))],
    );
    let sql = format!("SELECT {} FROM {}{filter}", pen.display(table, "t").join(", "), pen.from(table, "t"));
    Some(
        Draft::new("times_average", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("all", Thing::Table(table))
            .with("m", Thing::Column(m))
            .with("n", Thing::Number(n, None)),
    )
}
