//! Ratios, shares and percentages; counts and sums under a condition; buckets; one amount against another.

use schema::Role;

use super::draft::{Draft, Rows, Thing};
use super::pen::Pen;
use super::text::literal;

/// One sum as a percentage of another, overall or per group.
pub fn ratio(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let rows = pen.rows(table, 1);
    let percent = pen.dice.chance(0.6);
    let factor = if percent { "100.0" } else { "1.0" };
    let value = format!("{factor} * SUM({}) / SUM({})", pen.col("t", a), pen.col("t", b));
    let from = pen.from(table, "t");
    let dim = if pen.dice.chance(0.65) { pen.dim(table) } else { None };
    let (sql, variant) = match &dim {
        Some(dim) => {
            let (columns, join, filter) = (dim.list(pen), dim.join(pen), rows.filter(pen, "t", &[]));
            let sql = format!("SELECT {columns}, {value} AS ratio FROM {from}{join}{filter} GROUP BY {columns}");
            (sql, if percent { "percent_per" } else { "ratio_per" })
        }
        None => {
            let filter = rows.filter(pen, "t", &[]);
            (format!("SELECT {value} AS ratio FROM {from}{filter}"), if percent { "percent" } else { "ratio" })
        }
    };
    let draft = Draft::new("ratio", variant, sql)
        .with("rows", Thing::Rows(rows))
        .with("a", Thing::Column(a))
        .with("b", Thing::Column(b));
    Some(match dim {
        Some(dim) => draft.with("dim", Thing::Dim(dim)),
        None => draft,
    })
}

/// Each group's share of the whole, in percent.
pub fn share(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let (dim, total) = (pen.dim(table)?, pen.additive(table));
    let rows = pen.rows(table, 1);
    let value = total.sql(pen);
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let filter = rows.filter(pen, "t", &[]);
    let whole =
        format!("(SELECT {} FROM {}{})", total.sql_of(pen, "w"), pen.from(table, "w"), rows.filter(pen, "w", &[]));
    let both = pen.dice.chance(0.25);
    let shown = if both { format!("{value} AS total, ") } else { String::new() };
    let sql = format!(
        "SELECT {columns}, {shown}100.0 * {value} / {whole} AS share FROM {from}{join}{filter} GROUP BY {columns}"
    );
    let variant = match (total.of.is_some(), both) {
        (true, false) => "sum",
        (true, true) => "sum_both",
        (false, false) => "count",
        (false, true) => "count_both",
    };
    let draft = Draft::new("share", variant, sql).with("rows", Thing::Rows(rows)).with("dim", Thing::Dim(dim));
    Some(match total.of {
        Some(of) => draft.with("m", Thing::Column(of)),
        None => draft,
    })
}

/// Each row's share of the total of its group.
pub fn share_in_group(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.amounts(t).is_empty())?;
    let (m, dim) = (pen.amount(table)?, pen.category(table)?);
    let rows = pen.rows(table, 1);
    let (value, group) = (pen.col("t", m), pen.col("t", dim));
    let kept = pen.shown_without(table, &[dim]);
    let shown: Vec<String> = kept.iter().map(|c| pen.col("t", *c)).collect();
    let shown = shown.join(", ");
    let filter = rows.filter(pen, "t", &[format!("{group} IS NOT NULL")]);
    let from = pen.from(table, "t");
    let sql = format!(
        "SELECT {group}, {shown}, 100.0 * {value} / SUM({value}) OVER (PARTITION BY {group}) AS share FROM {from}{filter}"
    );
    let mut columns = vec![Thing::Column(dim)];
    columns.extend(kept.into_iter().map(Thing::Column));
    Some(
        Draft::new("share_in_group", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("m", Thing::Column(m))
            .with("dim", Thing::Column(dim))
            .with("cols", Thing::List(columns)),
    )
}

/// How many of the rows, in percent, meet a condition.
pub fn rate(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let condition = pen.some_condition(table)?;
    let test = pen.condition(&condition, "t")?;
    let rows = if pen.dice.chance(0.7) { Rows::all(table) } else { pen.rows(table, 1) };
    let value = format!("100.0 * SUM(CASE WHEN {test} THEN 1 ELSE 0 END) / COUNT(*)");
    let (from, filter) = (pen.from(table, "t"), rows.filter(pen, "t", &[]));
    let dim = if pen.dice.chance(0.65) { pen.dim(table) } else { None };
    let sql = match &dim {
        Some(dim) => {
            let (columns, join) = (dim.list(pen), dim.join(pen));
            format!("SELECT {columns}, {value} AS rate FROM {from}{join}{filter} GROUP BY {columns}")
        }
        None => format!("SELECT {value} AS rate FROM {from}{filter}"),
    };
    let draft = Draft::new("rate", if dim.is_some() { "per" } else { "frame" }, sql)
        .with("rows", Thing::Rows(rows))
        .with("does", Thing::Does(table, condition));
    Some(match dim {
        Some(dim) => draft.with("dim", Thing::Dim(dim)),
        None => draft,
    })
}

/// Per group: how many rows, and how many of them meet a condition, or their sum.
pub fn count_if(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let (dim, condition) = (pen.dim(table)?, pen.some_condition(table)?);
    let test = pen.condition(&condition, "t")?;
    let amount = if pen.dice.chance(0.4) { pen.amount(table) } else { None };
    let (all, some) = match amount {
        Some(m) => {
            let m = pen.col("t", m);
            (format!("SUM({m})"), format!("SUM(CASE WHEN {test} THEN {m} ELSE 0 END)"))
        }
        None => ("COUNT(*)".to_owned(), format!("SUM(CASE WHEN {test} THEN 1 ELSE 0 END)")),
    };
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let sql = format!("SELECT {columns}, {all} AS total, {some} AS some FROM {from}{join} GROUP BY {columns}");
    let draft = Draft::new("count_if", if amount.is_some() { "sum" } else { "count" }, sql)
        .with("rows", Thing::Table(table))
        .with("dim", Thing::Dim(dim))
        .with("does", Thing::Does(table, condition));
    Some(match amount {
        Some(m) => draft.with("m", Thing::Column(m)),
        None => draft,
    })
}

/// One column for each of several values, side by side.
pub fn pivot(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let dim = pen.dim(table)?;
    let by = pen.category(table)?;
    if dim == super::draft::Dim::Own(by) {
        return None;
    }
    let n = 2 + pen.dice.below(2);
    let values = pen.values(by, n)?;
    let amount = if pen.dice.chance(0.4) { pen.amount(table) } else { None };
    let one = amount.map_or("1".to_owned(), |m| pen.col("t", m));
    let column = pen.col("t", by);
    let cases = values
        .iter()
        .enumerate()
        .map(|(i, v)| format!("SUM(CASE WHEN {column} = {} THEN {one} ELSE 0 END) AS v{}", literal(v), i + 1));
    let cases = cases.collect::<Vec<_>>().join(", ");
    let rows = Rows::all(table);
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let sql = format!("SELECT {columns}, {cases} FROM {from}{join} GROUP BY {columns}");
    let said = values.into_iter().map(|v| Thing::Value(by, v)).collect();
    let draft = Draft::new("pivot", if amount.is_some() { "sum" } else { "count" }, sql)
        .with("rows", Thing::Rows(rows))
        .with("dim", Thing::Dim(dim))
        .with("by", Thing::Column(by))
        .with("values", Thing::List(said));
    Some(match amount {
        Some(m) => draft.with("m", Thing::Column(m)),
        None => draft,
    })
}

const LABELS: [[&str; 3]; 7] = [
    ["Small", "Medium", "Large"],
    ["low", "mid", "high"],
    ["little", "average", "much"],
    ["bronze", "silver", "gold"],
    ["minor", "moderate", "major"],
    ["bottom", "middle", "top"],
    ["modest", "fair", "huge"],
];

/// Rows counted, or summed up, by ranges of a number.
pub fn buckets(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Measure, Role::Percent]).is_empty())?;
    let m = pen.number(table)?;
    let low = pen.near(m, 0.5)?;
    let high = low * *pen.dice.pick(&[2, 3, 4, 5])?;
    let labels: Vec<[&str; 3]> = LABELS.into_iter().filter(|l| l.iter().all(|l| !pen.is_value(l))).collect();
    let [small, middle, large] = *pen.dice.pick(&labels)?;
    let column = pen.col("t", m);
    let rows = pen.rows(table, 1);
    let two = pen.dice.chance(0.35);
    let case = if two {
        format!("CASE WHEN {column} < {low} THEN '{small}' ELSE '{large}' END")
    } else {
        format!("CASE WHEN {column} < {low} THEN '{small}' WHEN {column} < {high} THEN '{middle}' ELSE '{large}' END")
    };
    let total = pen.additive(table);
    let (value, from) = (total.sql(pen), pen.from(table, "t"));
    let filter = rows.filter(pen, "t", &[format!("{column} IS NOT NULL")]);
    let sql = format!("SELECT {case} AS bucket, {value} AS total FROM {from}{filter} GROUP BY {case}");
    let unit = pen.world.glossary.column(pen.world.catalog, m).and_then(|c| c.unit.clone());
    let said = |text: &str| Thing::Said(format!("'{text}'"));
    Some(
        Draft::new("buckets", if two { "two" } else { "three" }, sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("m", Thing::Column(m))
            .with("agg", Thing::Total(table, total))
            .with("low", Thing::Number(low, unit.clone()))
            .with("high", Thing::Number(high, unit))
            .with("small", said(small))
            .with("middle", said(middle))
            .with("large", said(large)),
    )
}

/// One amount against another: the difference, and its percentage of the other.
pub fn variance(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let rows = pen.rows(table, 1);
    let from = pen.from(table, "t");
    let (ca, cb) = (pen.col("t", a), pen.col("t", b));
    let draft = if pen.dice.chance(0.5) {
        let dim = pen.dim(table)?;
        let (columns, join, filter) = (dim.list(pen), dim.join(pen), rows.filter(pen, "t", &[]));
        let percent = pen.dice.chance(0.5);
        let last =
            if percent { format!(", 100.0 * (SUM({ca}) - SUM({cb})) / SUM({cb}) AS percent") } else { String::new() };
        let sql = format!(
            "SELECT {columns}, SUM({ca}) AS a, SUM({cb}) AS b, SUM({ca}) - SUM({cb}) AS variance{last} \
             FROM {from}{join}{filter} GROUP BY {columns}"
        );
        Draft::new("variance", if percent { "group_percent" } else { "group" }, sql).with("dim", Thing::Dim(dim))
    } else {
        let shown = pen.display(table, "t").join(", ");
        let filter = rows.filter(pen, "t", &[format!("{cb} <> 0")]);
        let sql = format!(
            "SELECT {shown}, {ca}, {cb}, {ca} - {cb} AS variance, 100.0 * ({ca} - {cb}) / {cb} AS percent \
             FROM {from}{filter}"
        );
        let columns = pen.shown_things(table);
        Draft::new("variance", "row", sql).with("shown", Thing::List(columns))
    };
    Some(draft.with("rows", Thing::Rows(rows)).with("a", Thing::Column(a)).with("b", Thing::Column(b)))
}

/// One amount of each row in percent of another, and nothing where that is zero.
pub fn safe_ratio(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let rows = pen.rows(table, 1);
    let value = format!("100.0 * {} / NULLIF({}, 0)", pen.col("t", a), pen.col("t", b));
    let (shown, filter) = (pen.display(table, "t").join(", "), rows.filter(pen, "t", &[]));
    let sql = format!("SELECT {shown}, {value} AS percent FROM {}{filter}", pen.from(table, "t"));
    let columns = pen.shown_things(table);
    Some(
        Draft::new("safe_ratio", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("a", Thing::Column(a))
            .with("b", Thing::Column(b))
            .with("cols", Thing::List(columns)),
    )
}

/// An average, or one sum in percent of another, to so many decimals.
pub fn rounded(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let (rows, dim) = (pen.rows(table, 1), pen.dim(table)?);
    let (ca, cb) = (pen.col("t", a), pen.col("t", b));
    let percent = pen.dice.chance(0.5);
    let value = if percent { format!("100.0 * SUM({ca}) / SUM({cb})") } else { format!("AVG({ca})") };
    let digits = pen.dice.weighted(&[0.25, 0.35, 0.4]);
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let filter = rows.filter(pen, "t", &[]);
    let sql =
        format!("SELECT {columns}, ROUND({value}, {digits}) AS value FROM {from}{join}{filter} GROUP BY {columns}");
    let said = ["to whole numbers", "to one decimal", "to two decimals"][digits];
    Some(
        Draft::new("rounded", if percent { "percent" } else { "frame" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Dim(dim))
            .with("a", Thing::Column(a))
            .with("b", Thing::Column(b))
            .with("digits", Thing::Said(said.to_owned())),
    )
}
