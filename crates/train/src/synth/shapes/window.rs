//! Windows over rows: the first of each group, ranks, the middle, the latest.

use schema::Role;

use super::draft::{Dim, Draft, Thing};
use super::pen::Pen;

/// The first rows of each group. Ties are kept where the sentence says so, and where one of each is meant.
pub fn top_per_group(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let (m, dim, n) = (pen.number(table)?, pen.category(table)?, pen.few());
    let (ties, descending) = (pen.dice.chance(0.4), pen.dice.chance(0.8));
    let draft = first_of_group(pen, (table, m, dim), descending, if ties { "RANK" } else { "ROW_NUMBER" }, Some(n))?;
    let variant = match (ties, descending) {
        (true, true) => "ties",
        (true, false) => "ties_low",
        (false, true) => "frame",
        (false, false) => "low",
    };
    Some(Draft { shape: "top_per_group", variant, ..draft }.with("n", Thing::Number(n, None)))
}

/// The first row of each group, ties kept.
pub fn best_of_group(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let (m, dim) = (pen.number(table)?, pen.category(table)?);
    let descending = pen.dice.chance(0.78);
    let draft = first_of_group(pen, (table, m, dim), descending, "RANK", None)?;
    Some(Draft { shape: "best_of_group", variant: if descending { "frame" } else { "low" }, ..draft })
}

fn first_of_group(
    pen: &mut Pen<'_, '_>,
    (table, m, dim): (schema::TableId, schema::ColumnId, schema::ColumnId),
    descending: bool,
    function: &str,
    n: Option<i64>,
) -> Option<Draft> {
    let rows = pen.rows(table, 1);
    let (value, group) = (pen.col("t", m), pen.col("t", dim));
    let shown = pen.shown_without(table, &[dim, m]);
    let named: Vec<String> =
        shown.iter().enumerate().map(|(i, c)| format!("{} AS s{}", pen.col("t", *c), i + 1)).collect();
    let names: Vec<String> = (1..=shown.len()).map(|i| format!("a.s{i}")).collect();
    let filter = rows.filter(pen, "t", &[format!("{group} IS NOT NULL"), format!("{value} IS NOT NULL")]);
    let limit = match n {
        Some(n) => format!("a.r <= {n}"),
        None => "a.r = 1".to_owned(),
    };
    let sql = format!(
        "WITH a AS (SELECT {group} AS g, {}, {value} AS v, {function}() OVER (PARTITION BY {group} ORDER BY {value}{}) AS r \
         FROM {}{filter}) SELECT a.g, {}, a.v FROM a WHERE {limit}",
        named.join(", "),
        if descending { " DESC" } else { "" },
        pen.from(table, "t"),
        names.join(", "),
    );
    let mut columns = vec![Thing::Column(dim)];
    columns.extend(shown.into_iter().map(Thing::Column));
    columns.push(Thing::Column(m));
    Some(
        Draft::new("", "", sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Column(dim))
            .with("m", Thing::Column(m))
            .with("cols", Thing::List(columns)),
    )
}

/// Every row with its rank, overall or within its group.
pub fn rank(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let m = pen.number(table)?;
    let dense = pen.dice.chance(0.3);
    let group = if pen.dice.chance(0.55) { pen.category(table) } else { None };
    let rows = pen.rows(table, 1);
    let value = pen.col("t", m);
    let mut others = vec![format!("{value} IS NOT NULL")];
    let mut columns = vec![];
    let others_shown = pen.shown_without(table, &[Some(m), group].into_iter().flatten().collect::<Vec<_>>());
    let mut shown: Vec<String> = others_shown.iter().map(|c| pen.col("t", *c)).collect();
    let mut over = String::new();
    if let Some(group) = group {
        let column = pen.col("t", group);
        others.push(format!("{column} IS NOT NULL"));
        over = format!("PARTITION BY {column} ");
        shown.insert(0, column);
        columns.push(Thing::Column(group));
    }
    columns.extend(others_shown.into_iter().map(Thing::Column));
    let function = if dense { "DENSE_RANK" } else { "RANK" };
    let filter = rows.filter(pen, "t", &others);
    let sql = format!(
        "SELECT {}, {value}, {function}() OVER ({over}ORDER BY {value} DESC) AS place FROM {}{filter}",
        shown.join(", "),
        pen.from(table, "t"),
    );
    columns.push(Thing::Column(m));
    let variant = match (group.is_some(), dense) {
        (true, true) => "dense_within",
        (true, false) => "within",
        (false, true) => "dense",
        (false, false) => "frame",
    };
    let draft = Draft::new("rank", variant, sql)
        .with("rows", Thing::Rows(rows))
        .with("m", Thing::Column(m))
        .with("cols", Thing::List(columns));
    Some(match group {
        Some(group) => draft.with("dim", Thing::Column(group)),
        None => draft,
    })
}

/// Rows cut into so many equal parts.
pub fn ntile(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.amounts(t).is_empty())?;
    let m = pen.amount(table)?;
    // The language has quarters and tenths.
    let n = *pen.dice.pick(&[4, 4, 10])?;
    let rows = pen.rows(table, 1);
    let value = pen.col("t", m);
    let filter = rows.filter(pen, "t", &[format!("{value} IS NOT NULL")]);
    let shown = pen.display(table, "t").join(", ");
    let sql = format!(
        "SELECT {shown}, NTILE({n}) OVER (ORDER BY {value} DESC) AS part FROM {}{filter}",
        pen.from(table, "t")
    );
    let columns = pen.shown_things(table);
    Some(
        Draft::new("ntile", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("m", Thing::Column(m))
            .with("n", Thing::Number(n, None))
            .with("cols", Thing::List(columns)),
    )
}

/// The parents with the highest total within each group of parents.
pub fn top_parent_per_group(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.world.parents(t).is_empty())?;
    let parents = pen.world.parents(table);
    let key = *pen.dice.pick(&parents)?;
    let parent = pen.world.catalog.foreign_key(key).to;
    let (group, total, n) = (pen.category(parent)?, pen.additive(table), pen.few());
    let rows = pen.rows(table, 1);
    let shown = pen.shown_without(parent, &[group]);
    let list: Vec<String> = shown.iter().map(|c| pen.col("p", *c)).collect();
    let named: Vec<String> = list.iter().enumerate().map(|(i, c)| format!("{c} AS s{}", i + 1)).collect();
    let names = |alias: &str| (1..=shown.len()).map(|i| format!("{alias}.s{i}")).collect::<Vec<_>>().join(", ");
    let g = pen.col("p", group);
    let filter = rows.filter(pen, "t", &[format!("{g} IS NOT NULL")]);
    let one = pen.dice.chance(0.4);
    let limit = if one { "b.r = 1".to_owned() } else { format!("b.r <= {n}") };
    let sql = format!(
        "WITH a AS (SELECT {g} AS g, {}, {} AS v FROM {}{}{filter} GROUP BY {g}, {}), \
         b AS (SELECT a.g, {}, a.v, RANK() OVER (PARTITION BY a.g ORDER BY a.v DESC) AS r FROM a) \
         SELECT b.g, {}, b.v FROM b WHERE {limit}",
        named.join(", "),
        total.sql(pen),
        pen.from(table, "t"),
        pen.join_up(key, "t", "p"),
        list.join(", "),
        names("a"),
        names("b"),
    );
    let mut columns = vec![Thing::Column(group)];
    columns.extend(shown.iter().map(|c| Thing::Column(*c)));
    Some(
        Draft::new("top_parent_per_group", if one { "one" } else { "frame" }, sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("parents", Thing::Table(parent))
            .with("dim", Thing::Column(group))
            .with("agg", Thing::Total(table, total))
            .with("n", Thing::Number(n, None))
            .with("cols", Thing::List(columns)),
    )
}

/// The value that is found most often in each group.
pub fn commonest(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.columns(t, &[Role::Dimension, Role::Status]).len() >= 2)?;
    let (by, dim) = (pen.category(table)?, pen.dim(table)?);
    if dim == Dim::Own(by) {
        return None;
    }
    let rows = pen.rows(table, 1);
    let v = pen.col("t", by);
    let filter = rows.filter(pen, "t", &[format!("{v} IS NOT NULL")]);
    let sql = format!(
        "WITH a AS (SELECT {}, {v} AS v, COUNT(*) AS n FROM {}{}{filter} GROUP BY {}, {v}), \
         b AS (SELECT {}, a.v, a.n, RANK() OVER (PARTITION BY {} ORDER BY a.n DESC) AS r FROM a) \
         SELECT {}, b.v, b.n FROM b WHERE b.r = 1",
        dim.named(pen),
        pen.from(table, "t"),
        dim.join(pen),
        dim.list(pen),
        dim.names(pen, "a"),
        dim.names(pen, "a"),
        dim.names(pen, "b"),
    );
    Some(
        Draft::new("commonest", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Dim(dim))
            .with("by", Thing::Column(by)),
    )
}

/// The value in the middle.
pub fn median(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let m = pen.number(table)?;
    let rows = pen.rows(table, 1);
    let value = pen.col("t", m);
    let filter = rows.filter(pen, "t", &[format!("{value} IS NOT NULL")]);
    let sql = format!(
        "WITH a AS (SELECT {value} AS v, ROW_NUMBER() OVER (ORDER BY {value}) AS r, COUNT(*) OVER () AS n FROM {}{filter}) \
         SELECT AVG(a.v) AS median FROM a WHERE a.r IN ((a.n + 1) / 2, (a.n + 2) / 2)",
        pen.from(table, "t"),
    );
    Some(Draft::new("median", "frame", sql).with("rows", Thing::Rows(rows)).with("m", Thing::Column(m)))
}

/// The latest row, or rows of the same day, of each parent or category.
pub fn latest(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Date]).is_empty())?;
    let date = pen.date(table)?;
    let parents = pen.world.parents(table);
    let (by, noun) = if let Some(&key) = pen.dice.pick(&parents) {
        (pen.key(key)?.0, Thing::Table(pen.world.catalog.foreign_key(key).to))
    } else {
        let by = pen.category(table)?;
        (by, Thing::Column(by))
    };
    let rows = pen.rows(table, 1);
    let (g, d, newest) = (pen.col("t", by), pen.col("t", date), pen.dice.chance(0.75));
    let shown = pen.shown_without(table, &[by, date]);
    let named: Vec<String> =
        shown.iter().enumerate().map(|(i, c)| format!(", {} AS s{}", pen.col("t", *c), i + 1)).collect();
    let names: Vec<String> = (1..=shown.len()).map(|i| format!(", a.s{i}")).collect();
    let filter = rows.filter(pen, "t", &[format!("{g} IS NOT NULL"), format!("{d} IS NOT NULL")]);
    let sql = format!(
        "WITH a AS (SELECT {g} AS g{}, {d} AS d, RANK() OVER (PARTITION BY {g} ORDER BY {d}{}) AS r FROM {}{filter}) \
         SELECT a.g{}, a.d FROM a WHERE a.r = 1",
        named.concat(),
        if newest { " DESC" } else { "" },
        pen.from(table, "t"),
        names.concat(),
    );
    let mut columns = vec![Thing::Column(by)];
    columns.extend(shown.into_iter().map(Thing::Column));
    columns.push(Thing::Column(date));
    let is_key = matches!(noun, Thing::Table(_));
    let variant = match (newest, is_key) {
        (true, true) => "frame",
        (true, false) => "category",
        (false, true) => "first",
        (false, false) => "first_category",
    };
    Some(
        Draft::new("latest", variant, sql)
            .with("rows", Thing::Rows(rows))
            .with("by", noun)
            .with("date", Thing::Column(date))
            .with("cols", Thing::List(columns)),
    )
}

/// Every row beside the highest or lowest of its group.
pub fn beside_extreme(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let (m, dim, rows) = (pen.number(table)?, pen.category(table)?, pen.rows(table, 1));
    let (value, group, high) = (pen.col("t", m), pen.col("t", dim), pen.dice.chance(0.7));
    let shown = pen.shown_without(table, &[dim, m]);
    let named: Vec<String> = shown.iter().map(|c| pen.col("t", *c)).collect();
    let filter = rows.filter(pen, "t", &[format!("{group} IS NOT NULL")]);
    let sql = format!(
        "SELECT {}, {group}, {value}, {}({value}) OVER (PARTITION BY {group}) AS edge FROM {}{filter}",
        named.join(", "),
        if high { "MAX" } else { "MIN" },
        pen.from(table, "t"),
    );
    let columns = shown.into_iter().chain([dim, m]).map(Thing::Column).collect();
    Some(
        Draft::new("beside_extreme", if high { "frame" } else { "low" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Column(dim))
            .with("m", Thing::Column(m))
            .with("cols", Thing::List(columns)),
    )
}
