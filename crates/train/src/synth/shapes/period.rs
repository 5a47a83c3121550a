//! Time: years, quarters and months, running totals, changes, durations, overlaps, gaps and calendars.

use schema::{ColumnId, Role, TableId};

use super::draft::{Draft, Rows, Thing, Total};
use super::pen::Pen;
use super::text::{Unit, days, literal, within};

fn dated(pen: &mut Pen<'_, '_>) -> Option<(TableId, ColumnId)> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Date]).is_empty())?;
    Some((table, pen.date(table)?))
}

fn unit(pen: &mut Pen<'_, '_>) -> Unit {
    [Unit::Year, Unit::Month, Unit::Quarter][pen.dice.weighted(&[0.45, 0.4, 0.15])]
}

fn unit_thing(unit: Unit) -> Thing {
    Thing::Said(unit.noun().to_owned())
}

/// A total for every year, quarter or month, in order.
pub fn per_period(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (total, unit, mut rows) = (pen.total(table), unit(pen), pen.rows(table, 1));
    rows.filters.retain(|f| !matches!(f, super::super::meaning::Filter::When { .. }));
    let d = pen.col("t", date);
    let year = if unit != Unit::Year && pen.dice.chance(0.6) { pen.year(date) } else { None };
    let bound = match &year {
        Some((start, end, _)) => within(&d, start, end),
        None => format!("{d} IS NOT NULL"),
    };
    let columns = unit.of(&d);
    let filter = rows.filter(pen, "t", &[bound]);
    let ordered = pen.dice.chance(0.6);
    let order = if ordered { format!(" ORDER BY {columns}") } else { String::new() };
    let sql = format!(
        "SELECT {columns}, {} FROM {}{filter} GROUP BY {columns}{order}",
        total.sql(pen),
        pen.from(table, "t"),
    );
    let variant = match (year.is_some(), ordered) {
        (true, true) => "in_year_ordered",
        (true, false) => "in_year",
        (false, true) => "ordered",
        (false, false) => "frame",
    };
    let mut draft = Draft::new("per_period", variant, sql)
        .with("total", Thing::TotalOf(rows.clone(), total))
        .with("rows", Thing::Rows(rows))
        .with("agg", Thing::Total(table, total))
        .with("date", Thing::Column(date))
        .with("unit", unit_thing(unit));
    draft.ordered = ordered;
    Some(match year {
        Some((_, _, said)) => draft.with("year", Thing::Said(said)),
        None => draft,
    })
}

/// The totals per period as `a(k, v)`.
fn by_period(pen: &Pen<'_, '_>, (table, date): (TableId, ColumnId), unit: Unit, total: &Total, rows: &Rows) -> String {
    let d = pen.col("t", date);
    let key = unit.of(&d);
    let filter = rows.filter(pen, "t", &[format!("{d} IS NOT NULL")]);
    let (value, from) = (total.sql(pen), pen.from(table, "t"));
    format!("a AS (SELECT {key} AS k, {value} AS v FROM {from}{filter} GROUP BY {key})")
}

fn year_or_month(pen: &mut Pen<'_, '_>) -> Unit {
    if pen.dice.chance(0.55) { Unit::Year } else { Unit::Month }
}

/// A total that grows from period to period.
pub fn running(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (total, unit, rows) = (pen.additive(table), year_or_month(pen), pen.rows(table, 1));
    let part = by_period(pen, (table, date), unit, &total, &rows);
    let both = pen.dice.chance(0.5);
    let shown = if both { "a.k, a.v" } else { "a.k" };
    let sql = format!("WITH {part} SELECT {shown}, SUM(a.v) OVER (ORDER BY a.k) AS running FROM a ORDER BY a.k");
    Some(
        Draft::new("running", if both { "both" } else { "frame" }, sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("agg", Thing::Total(table, total))
            .with("date", Thing::Column(date))
            .with("unit", unit_thing(unit))
            .in_order(),
    )
}

/// The change against the period before.
pub fn change(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (total, unit, rows) = (pen.additive(table), year_or_month(pen), pen.rows(table, 1));
    let part = by_period(pen, (table, date), unit, &total, &rows);
    let sql = format!("WITH {part} SELECT a.k, a.v, a.v - LAG(a.v) OVER (ORDER BY a.k) AS change FROM a ORDER BY a.k");
    Some(
        Draft::new("change", "frame", sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("agg", Thing::Total(table, total))
            .with("date", Thing::Column(date))
            .with("unit", unit_thing(unit))
            .in_order(),
    )
}

/// Growth in percent against the period before.
pub fn growth(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (total, rows) = (pen.additive(table), pen.rows(table, 1));
    let unit = if pen.dice.chance(0.75) { Unit::Year } else { Unit::Month };
    let part = by_period(pen, (table, date), unit, &total, &rows);
    let sql = format!(
        "WITH {part}, b AS (SELECT a.k, a.v, LAG(a.v) OVER (ORDER BY a.k) AS p FROM a) \
         SELECT b.k, b.v, 100.0 * (b.v - b.p) / b.p AS growth FROM b ORDER BY b.k"
    );
    Some(
        Draft::new("growth", "frame", sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("agg", Thing::Total(table, total))
            .with("date", Thing::Column(date))
            .with("unit", unit_thing(unit))
            .in_order(),
    )
}

/// Two years side by side for every group; sometimes only the groups that grew or shrank.
pub fn two_years(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (dim, amount) = (pen.dim(table)?, pen.amount(table));
    let (one, two) = (pen.year(date)?, pen.year(date)?);
    if one.2 >= two.2 {
        return None;
    }
    let d = pen.col("t", date);
    let value = amount.map_or("1".to_owned(), |m| pen.col("t", m));
    let sum = |year: &(String, String, String)| {
        format!("SUM(CASE WHEN {} THEN {value} ELSE 0 END)", within(&d, &year.0, &year.1))
    };
    let (first, second) = (sum(&one), sum(&two));
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let kind = pen.dice.weighted(&[0.5, 0.25, 0.25]);
    let having = match kind {
        1 => format!(" HAVING {second} > {first}"),
        2 => format!(" HAVING {second} < {first}"),
        _ => String::new(),
    };
    let sql = format!("SELECT {columns}, {first} AS v1, {second} AS v2 FROM {from}{join} GROUP BY {columns}{having}");
    let variant = match (amount.is_some(), kind) {
        (true, 0) => "sum",
        (true, 1) => "sum_up",
        (true, _) => "sum_down",
        (false, 0) => "count",
        (false, 1) => "count_up",
        (false, _) => "count_down",
    };
    let draft = Draft::new("two_years", variant, sql)
        .with("rows", Thing::Table(table))
        .with("dim", Thing::Dim(dim))
        .with("date", Thing::Column(date))
        .with("one", Thing::Said(one.2))
        .with("two", Thing::Said(two.2));
    Some(match amount {
        Some(m) => draft.with("m", Thing::Column(m)),
        None => draft,
    })
}

fn span(pen: &mut Pen<'_, '_>) -> Option<(TableId, ColumnId, ColumnId)> {
    let table = pen.table(|p, t| p.columns(t, &[Role::Date]).len() >= 2)?;
    let (start, end) = pen.two_dates(table)?;
    Some((table, start, end))
}

/// Rows with the days between two of their dates; the longest, or those above a length.
pub fn duration(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, start, end) = span(pen)?;
    let rows = pen.rows(table, 1);
    let (s, e) = (pen.col("t", start), pen.col("t", end));
    let length = days(&s, &e);
    let shown = pen.display(table, "t").join(", ");
    let n = *pen.dice.pick(&[7, 14, 30, 60, 90, 180, 365, 730])?;
    let top = pen.few();
    let kind = pen.dice.weighted(&[0.3, 0.4, 0.3]);
    let mut others = vec![format!("{s} IS NOT NULL"), format!("{e} IS NOT NULL")];
    let order = match kind {
        1 => {
            others = vec![format!("{length} > {n}")];
            String::new()
        }
        2 => format!(" ORDER BY {length} DESC LIMIT {top}"),
        _ => String::new(),
    };
    let filter = rows.filter(pen, "t", &others);
    let sql = format!("SELECT {shown}, {length} AS days FROM {}{filter}{order}", pen.from(table, "t"));
    let columns = pen.shown_things(table);
    Some(
        Draft::new("duration", ["frame", "longer", "longest"][kind], sql)
            .with("rows", Thing::Rows(rows))
            .with("start", Thing::Column(start))
            .with("end", Thing::Column(end))
            .with("n", Thing::Number(n, None))
            .with("top", Thing::Number(top, None))
            .with("cols", Thing::List(columns)),
    )
}

/// The average number of days between two dates, overall or per group.
pub fn average_duration(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, start, end) = span(pen)?;
    let rows = pen.rows(table, 1);
    let length = days(&pen.col("t", start), &pen.col("t", end));
    let (function, variant) = *pen.dice.pick(&[("AVG", ""), ("AVG", ""), ("AVG", ""), ("MAX", "max")])?;
    let (from, filter) = (pen.from(table, "t"), rows.filter(pen, "t", &[]));
    let dim = if pen.dice.chance(0.65) { pen.dim(table) } else { None };
    let sql = match &dim {
        Some(dim) => {
            let (columns, join) = (dim.list(pen), dim.join(pen));
            format!("SELECT {columns}, {function}({length}) AS days FROM {from}{join}{filter} GROUP BY {columns}")
        }
        None => format!("SELECT {function}({length}) AS days FROM {from}{filter}"),
    };
    let variant = match (variant, dim.is_some()) {
        ("max", true) => "max_per",
        ("max", false) => "max",
        (_, true) => "per",
        (_, false) => "frame",
    };
    let draft = Draft::new("average_duration", variant, sql)
        .with("rows", Thing::Rows(rows))
        .with("start", Thing::Column(start))
        .with("end", Thing::Column(end));
    Some(match dim {
        Some(dim) => draft.with("dim", Thing::Dim(dim)),
        None => draft,
    })
}

/// Rows counted by how long ago something was.
pub fn age_buckets(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let rows = pen.rows(table, 1);
    let d = pen.col("t", date);
    let today = literal(&pen.world.today.to_string());
    let age = days(&d, &today);
    let low = *pen.dice.pick(&[30, 60, 90, 180, 365])?;
    let high = low * *pen.dice.pick(&[2, 3, 4])?;
    let labels = [["fresh", "ageing", "old"], ["new", "recent", "stale"], ["Green", "Amber", "Red"]];
    let labels: Vec<[&str; 3]> = labels.into_iter().filter(|l| l.iter().all(|l| !pen.is_value(l))).collect();
    let [young, middle, old] = *pen.dice.pick(&labels)?;
    let case = format!("CASE WHEN {age} <= {low} THEN '{young}' WHEN {age} <= {high} THEN '{middle}' ELSE '{old}' END");
    let filter = rows.filter(pen, "t", &[format!("{d} <= {today}")]);
    let sql = format!("SELECT {case} AS age, COUNT(*) AS n FROM {}{filter} GROUP BY {case}", pen.from(table, "t"));
    let said = |text: &str| Thing::Said(format!("'{text}'"));
    Some(
        Draft::new("age_buckets", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("date", Thing::Column(date))
            .with("low", Thing::Number(low, None))
            .with("high", Thing::Number(high, None))
            .with("young", said(young))
            .with("middle", said(middle))
            .with("old", said(old)),
    )
}

/// Rows that run at some time in a period; an open end runs on.
pub fn active_during(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, start, end) = span(pen)?;
    let period = pen.period(start)?;
    let rows = Rows::all(table);
    let (s, e) = (pen.col("t", start), pen.col("t", end));
    let open = pen.dice.chance(0.5);
    let until = format!("{e} >= {}", literal(&period.start));
    let until = if open { format!("({e} IS NULL OR {until})") } else { until };
    let filter = rows.filter(pen, "t", &[format!("{s} < {}", literal(&period.end)), until]);
    let count = pen.dice.chance(0.4);
    let shown = if count { "COUNT(*)".to_owned() } else { pen.display(table, "t").join(", ") };
    let sql = format!("SELECT {shown} FROM {}{filter}", pen.from(table, "t"));
    let variant = match (count, open) {
        (true, true) => "count_open",
        (true, false) => "count",
        (false, true) => "open",
        (false, false) => "frame",
    };
    Some(
        Draft::new("active_during", variant, sql)
            .with("rows", Thing::Rows(rows))
            .with("start", Thing::Column(start))
            .with("end", Thing::Column(end))
            .with("period", Thing::Said(period.said)),
    )
}

/// Pairs of rows of one parent whose times overlap.
pub fn overlap(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.columns(t, &[Role::Date]).len() >= 2 && !p.world.parents(t).is_empty())?;
    let (start, end) = pen.two_dates(table)?;
    let parents = pen.world.parents(table);
    let key = *pen.dice.pick(&parents)?;
    let (by, _) = pen.key(key)?;
    let (id, g) = (pen.id(table), pen.col("a", by));
    let code = *pen.shown(table).first()?;
    if code == by {
        return None;
    }
    let sql = format!(
        "SELECT {g}, {}, {} FROM {} JOIN {} ON {} = {g} WHERE {} < {} AND {} <= {} AND {} <= {}",
        pen.col("a", code),
        pen.col("b", code),
        pen.from(table, "a"),
        pen.from(table, "b"),
        pen.col("b", by),
        pen.col("a", id),
        pen.col("b", id),
        pen.col("a", start),
        pen.col("b", end),
        pen.col("b", start),
        pen.col("a", end),
    );
    Some(
        Draft::new("overlap", "frame", sql)
            .with("rows", Thing::Table(table))
            .with("parent", Thing::Table(pen.world.catalog.foreign_key(key).to))
            .with("by", Thing::Column(by))
            .with("code", Thing::Column(code))
            .with("start", Thing::Column(start))
            .with("end", Thing::Column(end)),
    )
}

/// Days between the end of one row and the start of the next, for each parent.
pub fn gap(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.columns(t, &[Role::Date]).len() >= 2 && !p.world.parents(t).is_empty())?;
    let (start, end) = pen.two_dates(table)?;
    let parents = pen.world.parents(table);
    let key = *pen.dice.pick(&parents)?;
    let (by, _) = pen.key(key)?;
    let code = *pen.shown(table).first()?;
    if code == by {
        return None;
    }
    let n = *pen.dice.pick(&[30, 60, 90, 180, 365])?;
    let (g, s, e) = (pen.col("t", by), pen.col("t", start), pen.col("t", end));
    let length = days("a.p", "a.s");
    let sql = format!(
        "WITH a AS (SELECT {g} AS g, {} AS c, {s} AS s, LAG({e}) OVER (PARTITION BY {g} ORDER BY {s}) AS p \
         FROM {} WHERE {g} IS NOT NULL AND {s} IS NOT NULL) SELECT a.g, a.c, {length} AS days FROM a WHERE {length} > {n}",
        pen.col("t", code),
        pen.from(table, "t"),
    );
    Some(
        Draft::new("gap", "frame", sql)
            .with("rows", Thing::Table(table))
            .with("parent", Thing::Table(pen.world.catalog.foreign_key(key).to))
            .with("by", Thing::Column(by))
            .with("code", Thing::Column(code))
            .with("start", Thing::Column(start))
            .with("end", Thing::Column(end))
            .with("n", Thing::Number(n, None)),
    )
}

/// Every month of a year with its number of rows, zero where there are none.
pub fn calendar(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (start, end, said) = pen.year(date)?;
    let rows = pen.rows(table, 1);
    let d = pen.col("t", date);
    let extra: Vec<String> =
        rows.filters.iter().filter_map(|f| pen.condition(f, "t")).map(|c| format!(" AND {c}")).collect();
    let sql = format!(
        "WITH RECURSIVE m(d) AS (SELECT {} UNION ALL SELECT DATE(d, '+1 month') FROM m WHERE DATE(d, '+1 month') < {}) \
         SELECT strftime('%Y-%m', m.d) AS month, COUNT({}) AS n FROM m LEFT JOIN {} ON {d} >= m.d \
         AND {d} < DATE(m.d, '+1 month'){} GROUP BY m.d ORDER BY m.d",
        literal(&start),
        literal(&end),
        pen.col("t", pen.id(table)),
        pen.from(table, "t"),
        extra.concat(),
    );
    Some(
        Draft::new("calendar", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("date", Thing::Column(date))
            .with("year", Thing::Said(said))
            .in_order(),
    )
}

/// The days from the first to the last of each group.
pub fn group_span(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (dim, rows) = (pen.dim(table)?, pen.rows(table, 1));
    let d = pen.col("t", date);
    let length = days(&format!("MIN({d})"), &format!("MAX({d})"));
    let both = pen.dice.chance(0.35);
    let ends = if both { format!("MIN({d}) AS first, MAX({d}) AS last, ") } else { String::new() };
    let (columns, from, join) = (dim.list(pen), pen.from(table, "t"), dim.join(pen));
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!("SELECT {columns}, {ends}{length} AS days FROM {from}{join}{filter} GROUP BY {columns}");
    Some(
        Draft::new("group_span", if both { "both" } else { "frame" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("dim", Thing::Dim(dim))
            .with("date", Thing::Column(date)),
    )
}

/// Each period's average of itself and the ones right before it.
pub fn moving(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (table, date) = dated(pen)?;
    let (total, unit, rows) = (pen.additive(table), year_or_month(pen), pen.rows(table, 1));
    let n = *pen.dice.pick(&[2, 3, 3, 3, 4, 6, 12])?;
    let part = by_period(pen, (table, date), unit, &total, &rows);
    let both = pen.dice.chance(0.5);
    let shown = if both { "a.k, a.v" } else { "a.k" };
    let before = n - 1;
    let sql = format!(
        "WITH {part} SELECT {shown}, AVG(a.v) OVER (ORDER BY a.k ROWS BETWEEN {before} PRECEDING AND CURRENT ROW) AS moving \
         FROM a ORDER BY a.k"
    );
    Some(
        Draft::new("moving", if both { "both" } else { "frame" }, sql)
            .with("total", Thing::TotalOf(rows.clone(), total))
            .with("rows", Thing::Rows(rows))
            .with("agg", Thing::Total(table, total))
            .with("date", Thing::Column(date))
            .with("n", Thing::Number(n, None))
            .with("unit", unit_thing(unit))
            .in_order(),
    )
}
