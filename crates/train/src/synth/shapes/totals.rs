//! Several totals at once, totals of child rows, and totals of totals.

use super::super::meaning::Function;
use super::draft::{Draft, Rows, Thing, Total};
use super::pen::Pen;

/// Count, sum, average, least and greatest in one row, or one row per group.
pub fn several(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.amounts(t).is_empty())?;
    let m = pen.amount(table)?;
    let rows = pen.rows(table, 2);
    let mut functions = vec![Function::Sum, Function::Avg, Function::Min, Function::Max];
    pen.dice.shuffle(&mut functions);
    functions.truncate(2 + pen.dice.below(3));
    let mut totals: Vec<Total> = functions.into_iter().map(|function| Total { function, of: Some(m) }).collect();
    if pen.dice.chance(0.6) {
        totals.insert(0, Total { function: Function::Count, of: None });
    }
    let values: Vec<String> = totals.iter().map(|t| t.sql(pen)).collect();
    let values = values.join(", ");
    let (from, filter) = (pen.from(table, "t"), rows.filter(pen, "t", &[]));
    let dim = if pen.dice.chance(0.6) { pen.dim(table) } else { None };
    let sql = match &dim {
        Some(dim) => {
            let (columns, join) = (dim.list(pen), dim.join(pen));
            format!("SELECT {columns}, {values} FROM {from}{join}{filter} GROUP BY {columns}")
        }
        None => format!("SELECT {values} FROM {from}{filter}"),
    };
    let said = totals.into_iter().map(|t| Thing::Total(table, t)).collect();
    let draft = Draft::new("several_totals", if dim.is_some() { "per" } else { "frame" }, sql)
        .with("rows", Thing::Rows(rows))
        .with("aggs", Thing::List(said));
    Some(match dim {
        Some(dim) => draft.with("dim", Thing::Dim(dim)),
        None => draft,
    })
}

/// Totals of two child tables beside each parent, each totalled on its own so that neither repeats the other.
pub fn two_children(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.world.children(t).len() >= 2)?;
    let mut keys = pen.world.children(table);
    pen.dice.shuffle(&mut keys);
    let (one, two) = (keys[0], keys[1]);
    let (child_1, child_2) = (pen.world.catalog.foreign_key(one).from, pen.world.catalog.foreign_key(two).from);
    if child_1 == child_2 {
        return None;
    }
    let (total_1, total_2) = (pen.additive(child_1), pen.additive(child_2));
    let rows = pen.rows(table, 1);
    let ((from_1, to_1), (from_2, to_2)) = (pen.key(one)?, pen.key(two)?);
    let part = |pen: &Pen<'_, '_>, name: &str, child, from, total: &Total| {
        let (key, value, source) = (pen.col("t", from), total.sql(pen), pen.from(child, "t"));
        format!("{name} AS (SELECT {key} AS k, {value} AS v FROM {source} WHERE {key} IS NOT NULL GROUP BY {key})")
    };
    let (a, b) = (part(pen, "a", child_1, from_1, &total_1), part(pen, "b", child_2, from_2, &total_2));
    let shown = pen.display(table, "p").join(", ");
    let sql = format!(
        "WITH {a}, {b} SELECT {shown}, COALESCE(a.v, 0) AS v1, COALESCE(b.v, 0) AS v2 FROM {} \
         LEFT JOIN a ON a.k = {} LEFT JOIN b ON b.k = {}{}",
        pen.from(table, "p"),
        pen.col("p", to_1),
        pen.col("p", to_2),
        rows.filter(pen, "p", &[]),
    );
    let shown = pen.shown_things(table);
    Some(
        Draft::new("two_children", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("shown", Thing::List(shown))
            .with("one", Thing::TotalOf(Rows::all(child_1), total_1))
            .with("two", Thing::TotalOf(Rows::all(child_2), total_2)),
    )
}

/// Parents whose children together are worth more, or less, than an amount of their own.
pub fn child_total_compared(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let summed = |p: &Pen<'_, '_>, t| {
        let child = |k: &schema::ForeignKeyId| p.world.catalog.foreign_key(*k).from;
        p.world.children(t).iter().any(|k| !p.amounts(child(k)).is_empty())
    };
    let table = pen.table(|p, t| !p.amounts(t).is_empty() && summed(p, t))?;
    let key = pen.child(table)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let (own, m) = (pen.amount(table)?, pen.amount(child)?);
    let (from, to) = pen.key(key)?;
    let more = pen.dice.chance(0.5);
    let percent = pen.dice.chance(0.4);
    let (k, own_sql) = (pen.col("t", from), pen.col("p", own));
    let shown = pen.display(table, "p").join(", ");
    let last = if percent { format!("100.0 * a.v / {own_sql} AS percent") } else { format!("a.v AS total, {own_sql}") };
    let positive = if percent { format!(" AND {own_sql} <> 0") } else { String::new() };
    let sql = format!(
        "WITH a AS (SELECT {k} AS k, SUM({}) AS v FROM {} WHERE {k} IS NOT NULL GROUP BY {k}) \
         SELECT {shown}, {last} FROM {} JOIN a ON a.k = {} WHERE a.v {} {own_sql}{positive}",
        pen.col("t", m),
        pen.from(child, "t"),
        pen.from(table, "p"),
        pen.col("p", to),
        if more { ">" } else { "<" },
    );
    let shown = pen.shown_things(table);
    let variant = match (more, percent) {
        (true, false) => "more",
        (true, true) => "more_percent",
        (false, false) => "less",
        (false, true) => "less_percent",
    };
    Some(
        Draft::new("child_total_compared", variant, sql)
            .with("rows", Thing::Table(table))
            .with("children", Thing::Table(child))
            .with("shown", Thing::List(shown))
            .with("m", Thing::Column(m))
            .with("own", Thing::Column(own)),
    )
}

/// A total of the children of every parent, zero where there are none.
pub fn total_with_zero(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.world.children(t).is_empty())?;
    let key = pen.child(table)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let m = pen.amount(child)?;
    let (rows, kids) = (pen.rows(table, 1), pen.rows(child, 1));
    let shown = pen.display(table, "p").join(", ");
    let (value, filter) = (pen.col("t", m), rows.filter(pen, "p", &[]));
    let (parent, source) = (pen.from(table, "p"), pen.from(child, "t"));
    let sql = if kids.filters.is_empty() {
        let tie = pen.tie(key, "t", "p");
        format!(
            "SELECT {shown}, COALESCE(SUM({value}), 0) AS total FROM {parent} LEFT JOIN {source} ON {tie}{filter} GROUP BY {shown}"
        )
    } else {
        let (from, to) = pen.key(key)?;
        let (k, to) = (pen.col("t", from), pen.col("p", to));
        let kept = kids.filter(pen, "t", &[format!("{k} IS NOT NULL")]);
        format!(
            "WITH a AS (SELECT {k} AS k, SUM({value}) AS v FROM {source}{kept} GROUP BY {k}) \
             SELECT {shown}, COALESCE(a.v, 0) AS total FROM {parent} LEFT JOIN a ON a.k = {to}{filter}"
        )
    };
    let shown = pen.shown_things(table);
    Some(
        Draft::new("total_with_zero", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("kids", Thing::Rows(kids))
            .with("shown", Thing::List(shown))
            .with("m", Thing::Column(m)),
    )
}

/// The average, least or greatest of totals per group.
pub fn average_of_totals(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let (dim, total) = (pen.dim(table)?, pen.additive(table));
    let rows = pen.rows(table, 1);
    let (function, variant) = *pen.dice.pick(&[("AVG", "avg"), ("AVG", "avg"), ("MAX", "max"), ("MIN", "min")])?;
    let (columns, from, join) = (dim.named(pen), pen.from(table, "t"), dim.join(pen));
    let (value, group, filter) = (total.sql(pen), dim.list(pen), rows.filter(pen, "t", &[]));
    let sql = format!(
        "WITH a AS (SELECT {columns}, {value} AS v FROM {from}{join}{filter} GROUP BY {group}) SELECT {function}(a.v) AS r FROM a"
    );
    let variant = match (variant, total.of.is_some()) {
        ("avg", true) => "avg_sum",
        ("avg", false) => "avg_count",
        ("max", true) => "max_sum",
        ("max", false) => "max_count",
        (_, true) => "min_sum",
        (_, false) => "min_count",
    };
    let draft =
        Draft::new("average_of_totals", variant, sql).with("rows", Thing::Rows(rows)).with("dim", Thing::Dim(dim));
    Some(match total.of {
        Some(of) => draft.with("m", Thing::Column(of)),
        None => draft,
    })
}

/// What part of the whole the few biggest groups make up.
pub fn top_share(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.amounts(t).is_empty() && !p.world.parents(t).is_empty())?;
    let m = pen.amount(table)?;
    let parents = pen.world.parents(table);
    let key = *pen.dice.pick(&parents)?;
    let (from_column, _) = pen.key(key)?;
    let (k, value, n) = (pen.col("t", from_column), pen.col("t", m), pen.few());
    let from = pen.from(table, "t");
    let sql = format!(
        "WITH a AS (SELECT {k} AS k, SUM({value}) AS v FROM {from} WHERE {k} IS NOT NULL GROUP BY {k} \
         ORDER BY SUM({value}) DESC LIMIT {n}) SELECT 100.0 * SUM(a.v) / (SELECT SUM({}) FROM {}) AS share FROM a",
        pen.col("w", m),
        pen.from(table, "w"),
    );
    Some(
        Draft::new("top_share", "frame", sql)
            .with("rows", Thing::Rows(Rows::all(table)))
            .with("parents", Thing::Table(pen.world.catalog.foreign_key(key).to))
            .with("m", Thing::Column(m))
            .with("n", Thing::Number(n, None)),
    )
}
