//! Lists of rows: any conditions, any columns, any order.

use schema::{ColumnId, Role, TableId};

use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;
use super::around::{CHILDREN, WINDOWS};
use super::condition;
use super::frame::{Frame, all_of};
use super::group;
use super::order::{self, Order};
use super::part::{Cond, Lead, Phrase, Scene, Val};
use super::total;
use super::value::{self, one_of};

/// How often the columns are listed one by one.
pub const LISTED: f64 = 0.7;

/// Conditions of a list, each with its weight by number.
const CONDITIONS: [f64; 5] = [0.08, 0.44, 0.33, 0.12, 0.03];

/// Values of a row as they stand beside each other in a list, by weight.
fn any_value(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Val> {
    match pen.dice.weighted(&[0.58, 0.12, 0.15, 0.08, 0.07]) {
        0 => value::own(pen, frame),
        1 => value::parents(pen, frame),
        2 => value::computed(pen, frame),
        3 => one_of(pen, frame, CHILDREN),
        _ => one_of(pen, frame, WINDOWS),
    }
}

/// One to six values, one of which tells the rows apart; computed ones stand behind.
pub(super) fn values(pen: &mut Pen<'_, '_>, frame: &mut Frame, fixed: &[String]) -> Option<Vec<Val>> {
    let n = 1 + pen.dice.weighted(&[0.13, 0.32, 0.31, 0.16, 0.06, 0.02]);
    let mut found = names(pen, frame);
    for _ in 0..n * 4 {
        if found.len() >= n {
            break;
        }
        let mut tried = frame.clone();
        let Some(val) = any_value(pen, &mut tried) else { continue };
        if found.iter().any(|v| v.sql == val.sql || same_kind(v, &val)) || fixed.iter().any(|f| val.sql.contains(f)) {
            continue;
        }
        *frame = tried;
        found.push(val);
    }
    if pen.dice.chance(0.7) {
        found.sort_by_key(|v| matches!(v.thing, Thing::Phrase(_)));
    } else {
        pen.dice.shuffle(&mut found);
    }
    (!found.is_empty()).then_some(found)
}

/// Two computed values of one kind side by side tire the reader.
fn same_kind(a: &Val, b: &Val) -> bool {
    match (&a.thing, &b.thing) {
        (Thing::Phrase(a), Thing::Phrase(b)) => a.kind == b.kind && !a.kind.starts_with("child"),
        _ => false,
    }
}

/// One or all of the columns that rows are known by.
pub(super) fn names(pen: &mut Pen<'_, '_>, frame: &Frame) -> Vec<Val> {
    let shown = pen.shown(frame.table);
    let refers =
        |c: ColumnId| pen.world.parents(frame.table).iter().any(|&k| pen.key(k).is_some_and(|(from, _)| from == c));
    let telling: Vec<ColumnId> = shown
        .iter()
        .copied()
        .filter(|&c| matches!(pen.world.role(c), Role::Code | Role::Name | Role::Key) && !refers(c))
        .collect();
    let chosen = match telling.as_slice() {
        [] => shown,
        _ if pen.dice.chance(0.45) => telling.iter().take(2).copied().collect(),
        _ => vec![telling[pen.dice.below(telling.len().min(2))]],
    };
    chosen.into_iter().map(|c| value::column(pen, &frame.root, c, true)).collect()
}

/// Columns that a condition fixes, so that they and what is computed of them say nothing.
pub(super) fn fixed(conds: &[Cond]) -> Vec<String> {
    conds.iter().filter_map(total::fixes).collect()
}

/// The display columns, and what else is asked for with them.
pub(super) fn shown(pen: &mut Pen<'_, '_>, frame: &mut Frame, fixed: &[String]) -> (Vec<Val>, Vec<Val>) {
    let display: Vec<Val> =
        pen.shown(frame.table).into_iter().map(|c| value::column(pen, &frame.root, c, true)).collect();
    let n = pen.dice.weighted(&[0.5, 0.4, 0.1]);
    let mut more: Vec<Val> = vec![];
    for _ in 0..n * 3 {
        let mut tried = frame.clone();
        let Some(val) = any_value(pen, &mut tried) else { continue };
        let all = || display.iter().chain(&more);
        let says = !fixed.iter().any(|f| val.sql.contains(f));
        if says && more.len() < n && all().all(|v| v.sql != val.sql && !same_kind(v, &val)) {
            *frame = tried;
            more.push(val);
        }
    }
    (display, more)
}

/// A list of rows.
pub fn list(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let table = pen.table(|_, _| true)?;
    let mut frame = Frame::new(table);
    let n = pen.dice.weighted(&CONDITIONS);
    let mut conds = condition::some(pen, &mut frame, n, 0.42);
    if conds.len() < n.min(1) {
        return None;
    }
    let listed = pen.dice.chance(LISTED);
    let (vals, more) = if listed {
        let fixed = fixed(&conds);
        (values(pen, &mut frame, &fixed)?, vec![])
    } else {
        shown(pen, &mut frame, &fixed(&conds))
    };
    let all: Vec<Val> = vals.iter().chain(&more).cloned().collect();
    if n == 0 && !all.iter().any(|v| matches!(v.thing, Thing::Phrase(_) | Thing::Owned(_))) {
        return None;
    }
    let order = if pen.dice.chance(0.42) { order::rows(pen, &mut frame, &all) } else { None };
    let needed: Vec<Cond> = order.iter().flat_map(Order::needed).filter(|n| !spoken_of(&conds, n)).collect();
    conds.extend(needed);
    let tests: Vec<String> = conds.iter().map(|c| c.sql.clone()).collect();
    let items: Vec<String> = all.iter().enumerate().map(|(i, v)| named(v, i)).collect();
    let sql = format!(
        "{}SELECT {} FROM {}{}{}",
        frame.before(&[]),
        items.join(", "),
        frame.source(pen),
        all_of(&tests),
        order.as_ref().map_or(String::new(), Order::sql),
    );
    Some(told(table, "rows", sql, (&conds, &vals, &more), listed, order))
}

/// Whether some condition fails anyway where a column is missing.
pub(super) fn spoken_of(conds: &[Cond], known: &Cond) -> bool {
    let column = known.sql.trim_end_matches("IS NOT NULL");
    conds.iter().any(|c| c.sql.starts_with(column))
}

/// A value as an item of a SELECT; what is computed has a name.
pub fn named(val: &Val, at: usize) -> String {
    if matches!(val.thing, Thing::Column(_) | Thing::Owned(_)) {
        val.sql.clone()
    } else {
        format!("{} AS v{}", val.sql, at + 1)
    }
}

pub(super) fn told(
    table: TableId,
    kind: &'static str,
    sql: String,
    (conds, vals, more): (&[Cond], &[Val], &[Val]),
    listed: bool,
    order: Option<Order>,
) -> Scene {
    let cols = if listed { vals } else { more };
    let cols: Vec<Thing> = cols.iter().map(|v| v.thing.clone()).collect();
    let (mut lead, mut notes) = (Lead { position: "rows", things: vec![] }, vec![]);
    let ordered = order.as_ref().is_some_and(Order::is_asked);
    if let Some(order) = order {
        order.tell(&mut lead, &mut notes);
    }
    if !listed {
        notes.insert(0, Phrase::new("with_more").with("cols", Thing::List(cols.clone())));
        if cols.is_empty() {
            notes.remove(0);
        }
    }
    let conds = conds.iter().map(|c| c.told.clone()).collect();
    Scene { kind, sql, ordered, table, conds, lead, cols: listed.then_some(cols), notes }
}

/// Different values, or combinations of values, of rows: each once.
pub fn distinct(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let table = pen.table(|_, _| true)?;
    let mut frame = Frame::new(table);
    let n = 1 + pen.dice.weighted(&[0.5, 0.4, 0.1]);
    let conds = condition::some(pen, &mut frame, n, 0.35);
    let wanted = 1 + pen.dice.weighted(&[0.4, 0.45, 0.15]);
    let mut vals: Vec<Val> = vec![];
    for _ in 0..wanted * 4 {
        let mut tried = frame.clone();
        let Some(key) = group::key(pen, &mut tried, false) else { continue };
        if vals.len() < wanted && key.shown.iter().all(|v| vals.iter().all(|known| known.sql != v.sql)) {
            frame = tried;
            vals.extend(key.shown);
        }
    }
    let fixed = fixed(&conds);
    if conds.is_empty() || vals.is_empty() || vals.len() > 4 || vals.iter().any(|v| fixed.contains(&v.sql)) {
        return None;
    }
    let order = if pen.dice.chance(0.3) { order::listed(pen, &vals) } else { None };
    let tests: Vec<String> = conds.iter().map(|c| c.sql.clone()).collect();
    let items: Vec<String> = vals.iter().map(|v| v.sql.clone()).collect();
    let order_sql = order.as_ref().map_or(String::new(), Order::sql);
    let sql = format!("SELECT DISTINCT {} FROM {}{}{order_sql}", items.join(", "), frame.source(pen), all_of(&tests));
    let mut scene = told(table, "distinct", sql, (&conds, &vals, &[]), true, order);
    scene.lead.position = "distinct";
    scene.notes.insert(0, Phrase::new("once"));
    Some(scene)
}
