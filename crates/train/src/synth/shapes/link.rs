//! Paths over several tables: who is tied to whom, and how many.

use schema::{ForeignKeyId, Role, TableId};

use super::draft::{Draft, Thing};
use super::pen::Pen;

/// One step along a key, towards the referred table or away from it.
#[derive(Debug, Clone, Copy)]
struct Step {
    key: ForeignKeyId,
    up: bool,
}

impl Step {
    fn to(self, pen: &Pen<'_, '_>) -> TableId {
        let key = pen.world.catalog.foreign_key(self.key);
        if self.up { key.to } else { key.from }
    }
}

/// A walk of `n` steps that visits no table twice, and leaves by another key than it came in by.
fn walk(pen: &mut Pen<'_, '_>, from: TableId, n: usize) -> Option<Vec<Step>> {
    let (mut seen, mut steps, mut at) = (vec![from], vec![], from);
    for _ in 0..n {
        let up = pen.world.parents(at).into_iter().map(|key| Step { key, up: true });
        let down = pen.world.children(at).into_iter().map(|key| Step { key, up: false });
        let next: Vec<Step> = up.chain(down).filter(|s| !seen.contains(&s.to(pen))).collect();
        let step = *pen.dice.pick(&next)?;
        at = step.to(pen);
        seen.push(at);
        steps.push(step);
    }
    Some(steps)
}

/// The FROM clause of a walk; tables are `s0`, `s1` …
fn from_of(pen: &Pen<'_, '_>, from: TableId, steps: &[Step]) -> String {
    let mut sql = pen.from(from, "s0");
    for (i, step) in steps.iter().enumerate() {
        let (before, here) = (format!("s{i}"), format!("s{}", i + 1));
        let tie = if step.up { pen.tie(step.key, &before, &here) } else { pen.tie(step.key, &here, &before) };
        sql += &format!(" JOIN {} ON {tie}", pen.from(step.to(pen), &here));
    }
    sql
}

/// A walk between two tables whose rows have names.
fn named_walk(pen: &mut Pen<'_, '_>, low: usize, high: usize) -> Option<(TableId, Vec<Step>, TableId)> {
    let start = pen.table(|p, t| !p.columns(t, &[Role::Name]).is_empty())?;
    let n = low + pen.dice.below(high - low + 1);
    let steps = walk(pen, start, n)?;
    let end = steps.last()?.to(pen);
    let named = !pen.columns(end, &[Role::Name]).is_empty();
    (named && pen.world.glossary.table(pen.world.catalog, end).is_some()).then_some((start, steps, end))
}

/// What lies between the ends, so that the sentence says over which tables it goes.
fn via(pen: &Pen<'_, '_>, steps: &[Step]) -> Thing {
    let between = &steps[..steps.len() - 1];
    Thing::List(between.iter().map(|s| Thing::Table(s.to(pen))).collect())
}

/// The different rows at one end of a path that are tied to a named row at the other end.
pub fn chain(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (start, steps, end) = named_walk(pen, 2, 4)?;
    let name = pen.name(end)?;
    let value = pen.values(name, 1)?.pop()?;
    let last = format!("s{}", steps.len());
    let count = pen.dice.chance(0.3);
    let shown = pen.display(start, "s0");
    let shown = if count {
        format!("COUNT(DISTINCT {})", pen.col("s0", pen.id(start)))
    } else {
        format!("DISTINCT {}", shown.join(", "))
    };
    let sql = format!(
        "SELECT {shown} FROM {} WHERE {} = {}",
        from_of(pen, start, &steps),
        pen.col(&last, name),
        super::text::literal(&value),
    );
    Some(
        Draft::new("chain", if count { "count" } else { "frame" }, sql)
            .with("rows", Thing::Table(start))
            .with("end", Thing::Table(end))
            .with("via", via(pen, &steps))
            .with("name", Thing::Value(name, value)),
    )
}

/// For each row at one end, how many different rows there are at the other.
pub fn chain_count(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let (start, steps, end) = named_walk(pen, 2, 4)?;
    let last = format!("s{}", steps.len());
    let value = format!("COUNT(DISTINCT {})", pen.col(&last, pen.id(end)));
    let shown = pen.display(start, "s0").join(", ");
    let rows = pen.rows(start, 1);
    let filter = rows.filter(pen, "s0", &[]);
    let n = pen.few();
    let kind = pen.dice.weighted(&[0.45, 0.3, 0.25]);
    let from = from_of(pen, start, &steps);
    let (items, rest) = match kind {
        1 => (shown.clone(), format!(" HAVING {value} > {n}")),
        2 => (format!("{shown}, {value} AS n"), format!(" ORDER BY {value} DESC LIMIT {n}")),
        _ => (format!("{shown}, {value} AS n"), String::new()),
    };
    let sql = format!("SELECT {items} FROM {from}{filter} GROUP BY {shown}{rest}");
    let columns = pen.shown_things(start);
    Some(
        Draft::new("chain_count", ["frame", "more", "top"][kind], sql)
            .with("rows", Thing::Rows(rows))
            .with("ends", Thing::Table(end))
            .with("via", via(pen, &steps))
            .with("n", Thing::Number(n, None))
            .with("cols", Thing::List(columns)),
    )
}

/// Columns of three to five tables beside each other.
pub fn chain_list(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let start = pen.table(|p, t| p.world.parents(t).len() >= 2)?;
    let mut keys = pen.world.parents(start);
    pen.dice.shuffle(&mut keys);
    let rows = pen.rows(start, 1);
    if rows.filters.is_empty() && pen.dice.chance(0.7) {
        return None;
    }
    let first = *pen.shown(start).first()?;
    let (mut joins, mut items, mut said) = (String::new(), vec![pen.col("t", first)], vec![Thing::Owned(first)]);
    for (i, key) in keys.into_iter().take(3).enumerate() {
        let (alias, parent) = (format!("p{i}"), pen.world.catalog.foreign_key(key).to);
        let column = pen.column(parent, &[Role::Name])?;
        joins += &pen.join_up(key, "t", &alias);
        items.push(pen.col(&alias, column));
        said.push(Thing::Owned(column));
    }
    let amount = pen.number(start);
    if let Some(m) = amount {
        items.push(pen.col("t", m));
        said.push(Thing::Column(m));
    }
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!("SELECT {} FROM {}{joins}{filter}", items.join(", "), pen.from(start, "t"));
    Some(Draft::new("chain_list", "frame", sql).with("rows", Thing::Rows(rows)).with("cols", Thing::List(said)))
}
