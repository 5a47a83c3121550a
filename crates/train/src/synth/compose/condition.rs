//! Conditions on rows: those of the simple questions, and those that compare what rows hold with each other.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Type};

use super::super::meaning::Filter;
use super::super::shapes::draft::{Rows, Thing};
use super::super::shapes::pen::Pen;
use super::super::shapes::text::literal;
use super::super::{sample, sense};
use super::around::{referring, some_filters};
use super::frame::{Frame, above_or_below, all_of};
use super::part::{Cond, Nature, Phrase, Told};
use super::value::{self, today};

/// Draws a condition over a frame; none where the dice led nowhere.
pub type Draw = fn(&mut Pen<'_, '_>, &mut Frame) -> Option<Cond>;

/// Conditions beside the filters of the simple questions, with their weights.
pub const CONDITIONS: &[(f64, Draw)] = &[
    (2.2, computed_above),
    (1.2, times_another),
    (1.5, over_by_today),
    (1.6, parent_compared),
    (1.0, same_as_parent),
    (1.6, some_children),
    (1.4, how_many_children),
    (1.0, some_but_not),
    (1.2, two_tables),
    (0.8, both_values),
    (0.8, all_children),
    (1.0, child_total_against_own),
    (1.6, above_own_group),
    (0.9, times_average),
    (0.8, among_top),
    (0.7, value_known_and),
];

/// One or more conditions of any kind; those that need no other row come first.
pub fn some(pen: &mut Pen<'_, '_>, frame: &mut Frame, n: usize, special: f64) -> Vec<Cond> {
    let mut found: Vec<Cond> = vec![];
    for _ in 0..n * 4 {
        if found.len() >= n {
            break;
        }
        let mut tried = frame.clone();
        let one = if pen.dice.chance(special) { of_kinds(pen, &mut tried) } else { filter(pen, &mut tried, &found) };
        let Some(one) = one.filter(|c| found.iter().all(|f| !clash(f, c))) else { continue };
        *frame = tried;
        found.push(one);
    }
    found
}

fn of_kinds(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let weights: Vec<f64> = CONDITIONS.iter().map(|(w, _)| *w).collect();
    CONDITIONS[pen.dice.weighted(&weights)].1(pen, frame)
}

/// A filter as simple questions have it.
pub fn filter(pen: &mut Pen<'_, '_>, frame: &mut Frame, others: &[Cond]) -> Option<Cond> {
    let filter = sample::narrowing(pen.world, frame.table, pen.dice)?;
    // The best of all is a question of its own.
    if matches!(filter, Filter::Extreme { .. }) {
        return None;
    }
    let told = |c: &Cond| if let Told::Filter(f) = &c.told { Some(f.clone()) } else { None };
    if others.iter().filter_map(told).any(|other| sense::clash(pen.world, &other, &filter)) {
        return None;
    }
    let sql = frame.filter(pen, &filter)?;
    let twice = |inner: &[Filter]| inner.len() > 1 && pen.condition(&inner[0], "t") == pen.condition(&inner[1], "t");
    let said_twice = matches!(&filter, Filter::Any(inner) if twice(inner));
    (!said_twice && !others.iter().any(|c| c.sql.contains(&sql) || sql.contains(&c.sql)))
        .then_some(Cond { sql, told: Told::Filter(filter) })
}

/// Whether two conditions speak of one thing; two of one kind tire the reader.
fn clash(a: &Cond, b: &Cond) -> bool {
    let first = |c: &Cond| c.sql.trim_start_matches('(').split(' ').next().map(str::to_owned);
    let either = |c: &Cond| matches!(&c.told, Told::Filter(Filter::Any(_)));
    let speaks_of = |c: &Cond, other: &Cond| first(other).is_some_and(|column| c.sql.contains(&column));
    if (either(a) && speaks_of(a, b)) || (either(b) && speaks_of(b, a)) {
        return true;
    }
    match (&a.told, &b.told) {
        (Told::Phrase(x), Told::Phrase(y)) => x.kind == y.kind || first(a) == first(b),
        (Told::Filter(_), Told::Filter(_)) => a.sql == b.sql,
        _ => first(a) == first(b),
    }
}

/// A computed value above or below a number.
pub fn computed_above(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let val = value::computed(pen, frame)?;
    let (n, unit) = val.threshold(pen)?;
    let (op, kind) = *pen.dice.pick(match val.nature {
        Nature::Days => &[(">", "days_gt"), (">", "days_gt"), ("<=", "days_lte"), ("<", "days_lt")],
        _ => &[(">", "val_gt"), (">", "val_gt"), (">=", "val_gte"), ("<", "val_lt")],
    })?;
    let phrase = Phrase::new(kind).with("v", val.thing).with("n", Thing::Number(n, unit));
    Some(Cond::new(format!("{} {op} {n}", val.sql), phrase))
}

/// An amount more than twice another, or less than half of it.
pub fn times_another(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (a, b) = value::alike(pen, frame.table)?;
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, b));
    let (sql, kind) = match pen.dice.below(4) {
        0 => (format!("{x} > 2 * {y}"), "twice"),
        1 => (format!("{x} < 0.5 * {y}"), "half"),
        2 => (format!("{x} = {y}"), "equal_columns"),
        _ => (format!("{x} >= {y}"), "reaches"),
    };
    Some(Cond::new(sql, Phrase::new(kind).with("a", Thing::Column(a)).with("b", Thing::Column(b))))
}

/// A date past, or still ahead, today.
pub fn over_by_today(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let past = pen.dice.chance(0.4);
    let date = value::date_around(pen, frame.table, !past)?;
    let (day, now) = (pen.col(&frame.root, date), today(pen));
    let (sql, kind) = match pen.dice.below(3) {
        _ if past => (format!("{day} < {now}"), "past"),
        0 | 1 => (format!("{day} >= {now}"), "ahead"),
        _ => (format!("({day} IS NULL OR {day} >= {now})"), "open_or_ahead"),
    };
    Some(Cond::new(sql, Phrase::new(kind).with("d", Thing::Column(date))))
}

/// A date or amount of the row against one of the row that it refers to.
pub fn parent_compared(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let keys = pen.world.parents(frame.table);
    let key = *pen.dice.pick(&keys)?;
    let parent = pen.world.catalog.foreign_key(key).to;
    let dates = pen.dice.chance(0.7);
    let roles: &[Role] = if dates { &[Role::Date] } else { &[Role::Measure] };
    let own = pen.column(frame.table, roles)?;
    let other = matching(pen, own, parent, roles)?;
    let alias = frame.reach(pen, &[key]);
    let above = pen.dice.chance(0.5);
    let kind = match (dates, above) {
        (true, true) => "later_than_parent",
        (true, false) => "earlier_than_parent",
        (false, true) => "more_than_parent",
        (false, false) => "less_than_parent",
    };
    let sql = format!("{} {} {}", pen.col(&frame.root, own), above_or_below(above), pen.col(&alias, other));
    let phrase = Phrase::new(kind).with("a", Thing::Column(own)).with("b", Thing::Column(other));
    Some(Cond::new(sql, phrase.with("parent", Thing::Table(parent))))
}

/// A column of another table to compare with: of the same name, or any of the role and unit.
fn matching(pen: &mut Pen<'_, '_>, own: ColumnId, table: TableId, roles: &[Role]) -> Option<ColumnId> {
    let unit = |c: ColumnId| pen.world.glossary.column(pen.world.catalog, c).and_then(|t| t.unit.clone());
    let rate = |c: ColumnId| pen.amounts(c.table).contains(&c) || pen.world.role(c) == Role::Date;
    let mut found = pen.columns(table, roles);
    found.retain(|&c| unit(c) == unit(own) && rate(c) == rate(own));
    let name = |c: ColumnId| pen.world.catalog.column(c).name.clone();
    let same: Vec<ColumnId> = found.iter().copied().filter(|&c| name(c) == name(own)).collect();
    pen.dice.pick(if same.is_empty() { &found } else { &same }).copied()
}

/// A category that the row and the row it refers to share, or do not.
pub fn same_as_parent(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let path = value::path_up(pen, frame.table)?;
    let parent = pen.world.catalog.foreign_key(*path.last()?).to;
    let own = pen.category(frame.table)?;
    let name = &pen.world.catalog.column(own).name;
    let other = pen.world.catalog.find_column(parent, name)?;
    // A priority may be a text here and a number there.
    (pen.world.ty(own) == pen.world.ty(other)).then_some(())?;
    let same = pen.dice.chance(0.4);
    let alias = frame.reach(pen, &path);
    let op = if same { "=" } else { "<>" };
    let sql = format!("{} {op} {}", pen.col(&frame.root, own), pen.col(&alias, other));
    let phrase = Phrase::new(if same { "same_as_parent" } else { "unlike_parent" }).with("a", Thing::Column(own));
    Some(Cond::new(sql, phrase.with("parent", Thing::Table(parent))))
}

/// There are rows that refer to this one, or there are none.
pub fn some_children(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, rows) = referring(pen, frame)?;
    let filter = Filter::Children { key, filters: rows.filters, negated: pen.dice.chance(0.5) };
    Some(Cond { sql: frame.filter(pen, &filter)?, told: Told::Filter(filter) })
}

fn exists(pen: &Pen<'_, '_>, frame: &mut Frame, key: ForeignKeyId, filters: &[Filter], other: &str) -> Option<String> {
    let root = frame.root.clone();
    Some(format!("EXISTS ({})", frame.children(pen, key, &root, ("1", filters, other))?))
}

/// At least, exactly or fewer than so many rows that refer to this one.
pub fn how_many_children(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, rows) = referring(pen, frame)?;
    let (op, kind, n) = match pen.dice.below(6) {
        0 | 1 => (">=", "children_gte", *pen.dice.pick(&[2, 2, 3, 3, 4, 5])?),
        2 => (">", "children_gt", *pen.dice.pick(&[2, 3, 4, 5])?),
        3 | 4 => ("=", "children_eq", *pen.dice.pick(&[1, 1, 1, 2, 3])?),
        _ => ("<", "children_lt", *pen.dice.pick(&[2, 3, 4])?),
    };
    let (from, to) = pen.key(key)?;
    let mut inner = frame.within(rows.table);
    let k = pen.col(&inner.root, from);
    let tests: Option<Vec<String>> = rows.filters.iter().map(|f| inner.filter(pen, f)).collect();
    let mut tests = tests?;
    // Fewer than two counts those that are in no group too.
    let (op, not) = if op == "<" { (">=", "NOT ") } else { (op, "") };
    if !not.is_empty() {
        tests.push(format!("{k} IS NOT NULL"));
    }
    let filter = all_of(&tests);
    let groups = format!("SELECT {k} FROM {}{filter} GROUP BY {k} HAVING COUNT(*) {op} {n}", inner.source(pen));
    let kind = if n == 1 { "children_one" } else { kind };
    let phrase = Phrase::new(kind).with("kids", Thing::Rows(rows)).with("n", Thing::Number(n, None));
    Some(Cond::new(format!("{} {not}IN ({groups})", pen.col(&frame.root, to)), phrase))
}

/// Rows that refer to this one, but none of a kind.
pub fn some_but_not(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, _) = referring(pen, frame)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let column = pen.category(child)?;
    let value = pen.values(column, 1)?.pop()?;
    let of_kind = Filter::Value { column, values: vec![value], negated: false };
    let any = exists(pen, frame, key, &[], "")?;
    let none = exists(pen, frame, key, std::slice::from_ref(&of_kind), "")?;
    let phrase = Phrase::new("some_but_not").with("kids", Thing::Table(child));
    let phrase = phrase.with("those", Thing::Rows(Rows { table: child, filters: vec![of_kind] }));
    Some(Cond::new(format!("{any} AND NOT {none}"), phrase))
}

/// Rows of two tables that refer to this one: of both, of the one alone, or of neither.
pub fn two_tables(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let ((key, kids), (second, others)) = (referring(pen, frame)?, referring(pen, frame)?);
    if kids.table == others.table {
        return None;
    }
    let one = exists(pen, frame, key, &kids.filters, "")?;
    let two = exists(pen, frame, second, &others.filters, "")?;
    let (sql, kind) = match pen.dice.below(5) {
        0 | 1 => (format!("{one} AND {two}"), "both_kids"),
        2 | 3 => (format!("{one} AND NOT {two}"), "kids_no_others"),
        _ => (format!("NOT {one} AND NOT {two}"), "neither_kids"),
    };
    let phrase = Phrase::new(kind).with("kids", Thing::Rows(kids)).with("others", Thing::Rows(others));
    Some(Cond::new(sql, phrase))
}

/// Two values among the rows that refer to this one.
pub fn both_values(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, _) = referring(pen, frame)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let column = pen.category(child)?;
    let values = pen.values(column, 2)?;
    let of = |v: &String| Filter::Value { column, values: vec![v.clone()], negated: false };
    let (one, two) = (of(&values[0]), of(&values[1]));
    let not = pen.dice.chance(0.4);
    let first = exists(pen, frame, key, std::slice::from_ref(&one), "")?;
    let second = exists(pen, frame, key, std::slice::from_ref(&two), "")?;
    let phrase = Phrase::new(if not { "one_not_other" } else { "both_values" });
    let phrase = phrase.with("kids", Thing::Table(child)).with("by", Thing::Column(column));
    let phrase = phrase.with("x", Thing::Value(column, values[0].clone()));
    let phrase = phrase.with("y", Thing::Value(column, values[1].clone()));
    Some(Cond::new(format!("{first} AND {}{second}", if not { "NOT " } else { "" }), phrase))
}

/// Every row that refers to this one has a value, and there is one.
pub fn all_children(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, _) = referring(pen, frame)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let column = pen.category(child)?;
    let value = pen.values(column, 1)?.pop()?;
    let name = format!("{{k}}.\"{}\"", pen.world.catalog.column(column).name);
    let any = exists(pen, frame, key, &[], "")?;
    let text = literal(&value);
    let other = exists(pen, frame, key, &[], &format!("({name} <> {text} OR {name} IS NULL)"))?;
    let phrase = Phrase::new("all_children").with("kids", Thing::Table(child)).with("by", Thing::Column(column));
    Some(Cond::new(format!("{any} AND NOT {other}"), phrase.with("x", Thing::Value(column, value))))
}

/// The rows that refer to this one together above or below an amount of its own.
pub fn child_total_against_own(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (key, rows) = referring(pen, frame)?;
    let (own, m) = (pen.amount(frame.table)?, pen.amount(rows.table)?);
    let above = pen.dice.chance(0.55);
    let root = frame.root.clone();
    let item = format!("SUM({{k}}.\"{}\")", pen.world.catalog.column(m).name);
    let sum = frame.children(pen, key, &root, (&item, &rows.filters, ""))?;
    let sql = format!("{} {} ({sum})", pen.col(&frame.root, own), above_or_below(!above));
    let phrase = Phrase::new(if above { "kids_above_own" } else { "kids_below_own" });
    let phrase = phrase.with("kids", Thing::Rows(rows)).with("m", Thing::Column(m)).with("own", Thing::Column(own));
    Some(Cond::new(sql, phrase))
}

/// Above or below the average of the rows of the same category.
pub fn above_own_group(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let (m, c) = (pen.number(frame.table)?, pen.category(frame.table)?);
    let above = pen.dice.chance(0.7);
    let inner = frame.within(frame.table);
    let sql = format!(
        "{} {} (SELECT AVG({}) FROM {} WHERE {} = {})",
        pen.col(&frame.root, m),
        above_or_below(above),
        pen.col(&inner.root, m),
        inner.source(pen),
        pen.col(&inner.root, c),
        pen.col(&frame.root, c),
    );
    let phrase = Phrase::new(if above { "above_own_group" } else { "below_own_group" });
    Some(Cond::new(
        sql,
        phrase.with("m", Thing::Column(m)).with("c", Thing::Column(c)).with("all", Thing::Table(frame.table)),
    ))
}

/// More than a number of times the average of all.
pub fn times_average(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let m = pen.number(frame.table)?;
    let n = *pen.dice.pick(&[2, 2, 3])?;
    let inner = frame.within(frame.table);
    let average = format!("(SELECT AVG({}) FROM {})", pen.col(&inner.root, m), inner.source(pen));
    let sql = format!("{} > {n} * {average}", pen.col(&frame.root, m));
    let phrase = Phrase::new(if n == 2 { "twice_average" } else { "times_average" }).with("m", Thing::Column(m));
    Some(Cond::new(sql, phrase.with("n", Thing::Number(n, None)).with("all", Thing::Table(frame.table))))
}

/// Among the few highest of all by an amount.
pub fn among_top(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let m = pen.number(frame.table)?;
    let n = *pen.dice.pick(&[5, 10, 10, 15, 20, 25, 50])?;
    let inner = frame.within(frame.table);
    let id = pen.id(frame.table);
    let sql = format!(
        "{} IN (SELECT {} FROM {} ORDER BY {} DESC LIMIT {n})",
        pen.col(&frame.root, id),
        pen.col(&inner.root, id),
        inner.source(pen),
        pen.col(&inner.root, m),
    );
    let phrase = Phrase::new("among_top").with("m", Thing::Column(m)).with("n", Thing::Number(n, None));
    Some(Cond::new(sql, phrase.with("all", Thing::Table(frame.table))))
}

/// One thing known while another is missing.
pub fn value_known_and(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Cond> {
    let mut columns = pen.columns(frame.table, &[Role::Date, Role::Measure, Role::Dimension, Role::Text]);
    columns.retain(|&c| !pen.world.catalog.column(c).not_null && pen.world.ty(c) != Type::Timestamp);
    pen.dice.shuffle(&mut columns);
    let (a, b) = (*columns.first()?, *columns.get(1)?);
    let (x, y) = (pen.col(&frame.root, a), pen.col(&frame.root, b));
    let (sql, kind) = match pen.dice.below(3) {
        0 => (format!("{x} IS NULL AND {y} IS NULL"), "neither_known"),
        _ => (format!("{x} IS NOT NULL AND {y} IS NULL"), "known_not_other"),
    };
    Some(Cond::new(sql, Phrase::new(kind).with("a", Thing::Column(a)).with("b", Thing::Column(b))))
}

/// A condition on the own columns alone, for what is counted beside all rows; of nothing that narrows these already.
pub fn aside(pen: &mut Pen<'_, '_>, frame: &Frame, conds: &[Cond]) -> Option<(Filter, String)> {
    for _ in 0..6 {
        if let Some(filter) = some_filters(pen, frame.table, 1.0).pop()
            && !matches!(filter, Filter::Text { .. })
            && !matches!(filter, Filter::Missing { column, .. } if pen.world.role(column) == Role::Status)
            && !is_settled(pen, frame, conds, &filter)
        {
            let sql = pen.condition(&filter, &frame.root)?;
            return Some((filter, sql));
        }
    }
    None
}

/// Whether a filter tests a column that conditions speak of already, or by which every row is joined.
fn is_settled(pen: &Pen<'_, '_>, frame: &Frame, conds: &[Cond], filter: &Filter) -> bool {
    let tested = match filter {
        Filter::Columns { left, right, .. } => vec![*left, *right],
        other => sense::columns_of(pen.world, other),
    };
    let narrowed = |column: &str| conds.iter().any(|c| speaks_of(&c.sql, column));
    tested.iter().any(|&column| frame.is_joined_by(pen, column) || narrowed(&pen.col(&frame.root, column)))
}

/// Whether SQL speaks of a qualified column; conditions of the glossary do not quote theirs.
pub fn speaks_of(sql: &str, column: &str) -> bool {
    let (sql, column) = (sql.replace('"', ""), column.replace('"', ""));
    let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let ends = |at: usize| !in_word(sql[..at].chars().last()) && !in_word(sql[at + column.len()..].chars().next());
    sql.match_indices(&column).any(|(at, _)| ends(at))
}
