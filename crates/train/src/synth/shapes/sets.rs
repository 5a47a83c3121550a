//! Sets: one list of two, both, one but not the other, every, all kinds, neither.

use schema::{ForeignKeyId, Role, TableId};

use super::super::meaning::Filter;
use super::draft::{Draft, Rows, Thing};
use super::pen::Pen;
use super::text::literal;

/// Values of two columns of one name, or names of two tables, in one list.
pub fn union(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (one, two, shared) = if pen.dice.chance(0.5) { shared(pen)? } else { two_names(pen)? };
    let all = pen.dice.chance(0.2) && !shared;
    let (rows_1, rows_2) = if shared {
        (Rows::all(one.table), Rows::all(two.table))
    } else {
        (pen.rows(one.table, 1), pen.rows(two.table, 1))
    };
    let (a, b) = (pen.col("t", one), pen.col("u", two));
    let sql = format!(
        "SELECT {a} FROM {}{} UNION {}SELECT {b} FROM {}{}",
        pen.from(one.table, "t"),
        rows_1.filter(pen, "t", &[format!("{a} IS NOT NULL")]),
        if all { "ALL " } else { "" },
        pen.from(two.table, "u"),
        rows_2.filter(pen, "u", &[format!("{b} IS NOT NULL")]),
    );
    let variant = match (shared, all) {
        (true, _) => "shared",
        (false, true) => "all",
        (false, false) => "names",
    };
    Some(
        Draft::new("union", variant, sql)
            .with("one", Thing::Rows(rows_1))
            .with("two", Thing::Rows(rows_2))
            .with("c1", Thing::Column(one))
            .with("c2", Thing::Column(two)),
    )
}

/// A category that two tables know under one name.
fn shared(pen: &mut Pen<'_, '_>) -> Option<(schema::ColumnId, schema::ColumnId, bool)> {
    let table = pen.table(|_, _| true)?;
    let column = pen.column(table, &[Role::Dimension])?;
    let name = pen.world.catalog.column(column).name.clone();
    let others = pen
        .world
        .catalog
        .table_ids()
        .filter(|&t| t != table && pen.world.glossary.table(pen.world.catalog, t).is_some());
    let found: Vec<_> = others.filter_map(|t| pen.world.catalog.find_column(t, &name)).collect();
    let other = *pen.dice.pick(&found)?;
    // Numbers and texts of one name are no values of one kind.
    let alike = pen.world.role(other) == Role::Dimension && pen.world.ty(other) == pen.world.ty(column);
    alike.then_some((column, other, true))
}

fn two_names(pen: &mut Pen<'_, '_>) -> Option<(schema::ColumnId, schema::ColumnId, bool)> {
    let has_name = |p: &Pen<'_, '_>, t| !p.columns(t, &[Role::Name]).is_empty();
    let (one, two) = (pen.table(has_name)?, pen.table(has_name)?);
    (one != two).then_some(())?;
    Some((pen.name(one)?, pen.name(two)?, false))
}

/// A parent and two kinds of its children: two tables, or one table under two conditions.
struct Two {
    parent: TableId,
    one: (ForeignKeyId, Vec<Filter>),
    two: (ForeignKeyId, Vec<Filter>),
}

fn two_kinds(pen: &mut Pen<'_, '_>) -> Option<Two> {
    let parent = pen.table(|p, t| !p.world.children(t).is_empty())?;
    let mut keys = pen.world.children(parent);
    pen.dice.shuffle(&mut keys);
    if keys.len() >= 2 && pen.dice.chance(0.5) {
        let filters = |pen: &mut Pen<'_, '_>, key| pen.rows(pen.world.catalog.foreign_key(key).from, 1).filters;
        let (one, two) = (filters(pen, keys[0]), filters(pen, keys[1]));
        return Some(Two { parent, one: (keys[0], one), two: (keys[1], two) });
    }
    let key = keys[0];
    let column = pen.category(pen.world.catalog.foreign_key(key).from)?;
    let values = pen.values(column, 2)?;
    let filter = |value: &String| vec![Filter::Value { column, values: vec![value.clone()], negated: false }];
    Some(Two { parent, one: (key, filter(&values[0])), two: (key, filter(&values[1])) })
}

fn keys_of(pen: &Pen<'_, '_>, (key, filters): &(ForeignKeyId, Vec<Filter>), alias: &str) -> Option<String> {
    let child = pen.world.catalog.foreign_key(*key).from;
    let (from, _) = pen.key(*key)?;
    let rows = Rows { table: child, filters: filters.clone() };
    let column = pen.col(alias, from);
    let filter = rows.filter(pen, alias, &[format!("{column} IS NOT NULL")]);
    Some(format!("SELECT {column} FROM {}{filter}", pen.from(child, alias)))
}

fn kind(pen: &Pen<'_, '_>, (key, filters): &(ForeignKeyId, Vec<Filter>)) -> Thing {
    Thing::Rows(Rows { table: pen.world.catalog.foreign_key(*key).from, filters: filters.clone() })
}

/// `EXISTS` or `NOT EXISTS` a child of this kind.
fn has(pen: &Pen<'_, '_>, (key, filters): &(ForeignKeyId, Vec<Filter>), alias: &str, negated: bool) -> String {
    let child = pen.world.catalog.foreign_key(*key).from;
    let rows = Rows { table: child, filters: filters.clone() };
    let filter = rows.filter(pen, alias, &[pen.tie(*key, alias, "p")]);
    let not = if negated { "NOT " } else { "" };
    format!("{not}EXISTS (SELECT 1 FROM {}{filter})", pen.from(child, alias))
}

/// The keys of parents in both sets, or in the first alone, by set operation; nothing but the keys is shown.
fn combined(pen: &mut Pen<'_, '_>, shape: &'static str, op: &str) -> Option<Draft> {
    let two = two_kinds(pen)?;
    let ((from, to), (_, to_2)) = (pen.key(two.one.0)?, pen.key(two.two.0)?);
    if to != to_2 || pen.world.role(from) != Role::Code {
        return None;
    }
    let (a, b) = (keys_of(pen, &two.one, "t")?, keys_of(pen, &two.two, "u")?);
    let (one, other) = (kind(pen, &two.one), kind(pen, &two.two));
    Some(
        Draft::new(shape, "codes", format!("{a} {op} {b}"))
            .with("parents", Thing::Table(two.parent))
            .with("code", Thing::Column(from))
            .with("one", one)
            .with("two", other),
    )
}

/// The parents with the first kind, and with or without the second.
fn tested(pen: &mut Pen<'_, '_>, shape: &'static str, negated: bool) -> Option<Draft> {
    let two = two_kinds(pen)?;
    let (a, b) = (has(pen, &two.one, "t", false), has(pen, &two.two, "u", negated));
    let count = pen.dice.chance(0.25);
    let shown = if count { "COUNT(*)".to_owned() } else { pen.display(two.parent, "p").join(", ") };
    let sql = format!("SELECT {shown} FROM {} WHERE {a} AND {b}", pen.from(two.parent, "p"));
    let (one, other) = (kind(pen, &two.one), kind(pen, &two.two));
    Some(
        Draft::new(shape, if count { "count" } else { "frame" }, sql)
            .with("parents", Thing::Table(two.parent))
            .with("one", one)
            .with("two", other),
    )
}

/// Parents that have both; their keys alone by set operation.
pub fn both(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    if pen.dice.chance(0.4) { combined(pen, "both", "INTERSECT") } else { tested(pen, "both", false) }
}

/// Parents that have the one but not the other; their keys alone by set operation.
pub fn but_not(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    if pen.dice.chance(0.4) { combined(pen, "but_not", "EXCEPT") } else { tested(pen, "but_not", true) }
}

/// Parents that have neither.
pub fn neither(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let two = two_kinds(pen)?;
    let (a, b) = (has(pen, &two.one, "t", true), has(pen, &two.two, "u", true));
    let shown = pen.display(two.parent, "p").join(", ");
    let sql = format!("SELECT {shown} FROM {} WHERE {a} AND {b}", pen.from(two.parent, "p"));
    let (one, other) = (kind(pen, &two.one), kind(pen, &two.two));
    Some(
        Draft::new("never_or", "frame", sql)
            .with("parents", Thing::Table(two.parent))
            .with("one", one)
            .with("two", other),
    )
}

/// Parents all of whose children, at least one, meet a condition.
pub fn every(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let parent = pen.table(|p, t| !p.world.children(t).is_empty())?;
    let key = pen.child(parent)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let column = pen.category(child)?;
    let value = pen.values(column, 1)?.pop()?;
    let c = pen.col("u", column);
    let sql = format!(
        "SELECT {} FROM {} WHERE EXISTS (SELECT 1 FROM {} WHERE {}) AND NOT EXISTS (SELECT 1 FROM {} WHERE {} AND ({c} <> {} OR {c} IS NULL))",
        pen.display(parent, "p").join(", "),
        pen.from(parent, "p"),
        pen.from(child, "t"),
        pen.tie(key, "t", "p"),
        pen.from(child, "u"),
        pen.tie(key, "u", "p"),
        literal(&value),
    );
    Some(
        Draft::new("every", "frame", sql)
            .with("parents", Thing::Table(parent))
            .with("children", Thing::Table(child))
            .with("by", Thing::Column(column))
            .with("value", Thing::Value(column, value)),
    )
}

/// Parents that have children of every kind there is.
pub fn all_kinds(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let parent = pen.table(|p, t| !p.world.children(t).is_empty())?;
    let key = pen.child(parent)?;
    let child = pen.world.catalog.foreign_key(key).from;
    let column = pen.category(child)?;
    let shown = pen.display(parent, "p").join(", ");
    let sql = format!(
        "SELECT {shown} FROM {} JOIN {} ON {} GROUP BY {shown} HAVING COUNT(DISTINCT {}) = (SELECT COUNT(DISTINCT {}) FROM {})",
        pen.from(parent, "p"),
        pen.from(child, "t"),
        pen.tie(key, "t", "p"),
        pen.col("t", column),
        pen.col("u", column),
        pen.from(child, "u"),
    );
    Some(
        Draft::new("all_kinds", "frame", sql)
            .with("parents", Thing::Table(parent))
            .with("children", Thing::Table(child))
            .with("by", Thing::Column(column)),
    )
}

/// Values of a category that one table knows and another does not.
pub fn value_gap(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (one, two, _) = shared(pen)?;
    let rows = pen.rows(two.table, 1);
    let (a, b) = (pen.col("t", one), pen.col("u", two));
    let both = pen.dice.chance(0.3);
    let sql = format!(
        "SELECT {a} FROM {} WHERE {a} IS NOT NULL {} SELECT {b} FROM {}{}",
        pen.from(one.table, "t"),
        if both { "INTERSECT" } else { "EXCEPT" },
        pen.from(two.table, "u"),
        rows.filter(pen, "u", &[]),
    );
    Some(
        Draft::new("value_gap", if both { "both" } else { "frame" }, sql)
            .with("one", Thing::Table(one.table))
            .with("two", Thing::Rows(rows))
            .with("c", Thing::Column(one)),
    )
}
