//! Groups: what rows are grouped by, and questions about them; and totals of all rows.

use schema::{ColumnId, ForeignKeyId, Role};

use super::super::shapes::draft::{Dim, Thing};
use super::super::shapes::pen::Pen;
use super::super::shapes::text::Unit;
use super::condition;
use super::frame::{Frame, all_of};
use super::order::{self, Order};
use super::part::{Cond, Lead, Nature, Near, Phrase, Scene, Told, Val};
use super::rows::{LISTED, named};
use super::total::{fixes, having, tests, totals};
use super::value;

/// What rows are grouped by.
#[derive(Debug, Clone)]
pub struct Key {
    /// The expressions grouped by.
    pub by: Vec<String>,
    /// What is shown of them.
    pub shown: Vec<Val>,
    /// What one is called.
    pub thing: Thing,
    /// What leaves out rows without it, where that goes without saying.
    pub known: Option<String>,
    /// What would leave them out, where that must be said.
    pub blank: Option<String>,
    /// What in the row itself stands for it.
    pub stands: Option<String>,
}

/// Draws what rows are grouped by; parts of days only where `periods`.
pub fn key(pen: &mut Pen<'_, '_>, frame: &mut Frame, periods: bool) -> Option<Key> {
    let parents = pen.world.parents(frame.table);
    let (up, time) = (if parents.is_empty() { 0.0 } else { 1.0 }, if periods { 1.0 } else { 0.0 });
    match pen.dice.weighted(&[0.45, 0.14 * up, 0.2 * up, 0.1 * up, 0.22 * time]) {
        0 => own_category(pen, frame),
        1 => parent_category(pen, frame),
        2 => parent_entity(pen, frame, &parents),
        3 => own_reference(pen, frame, &parents),
        _ => period(pen, frame),
    }
}

fn own_category(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<Key> {
    let column = pen.category(frame.table)?;
    Some(of_column(pen, &frame.root, column, true))
}

fn of_column(pen: &Pen<'_, '_>, alias: &str, column: ColumnId, own: bool) -> Key {
    let val = value::column(pen, alias, column, own);
    let blank = val.nullable.then(|| format!("{} IS NOT NULL", val.sql));
    Key { by: vec![val.sql.clone()], thing: val.thing.clone(), shown: vec![val], known: None, blank, stands: None }
}

fn parent_category(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Key> {
    let path = value::path_up(pen, frame.table)?;
    let column = pen.category(pen.world.catalog.foreign_key(*path.last()?).to)?;
    let alias = frame.reach(pen, &path);
    Some(of_column(pen, &alias, column, false))
}

fn parent_entity(pen: &mut Pen<'_, '_>, frame: &mut Frame, parents: &[ForeignKeyId]) -> Option<Key> {
    let key = *pen.dice.pick(parents)?;
    let table = pen.world.catalog.foreign_key(key).to;
    let alias = frame.reach(pen, &[key]);
    let columns = pen.shown(table);
    let mut shown: Vec<Val> = columns.iter().map(|&c| value::column(pen, &alias, c, false)).collect();
    let mut by: Vec<String> = shown.iter().map(|v| v.sql.clone()).collect();
    // Names alone would put two rows of one name together.
    let names = |c: &ColumnId| pen.world.role(*c) == Role::Name;
    if shown.len() > 1 && columns.iter().any(names) && pen.dice.chance(0.35) {
        let at = columns.iter().position(names)?;
        shown = vec![shown[at].clone()];
    }
    by.dedup();
    let stands = pen.key(key).map(|(from, _)| pen.col(&frame.root, from));
    Some(Key { by, shown, thing: Thing::Dim(Dim::Parent(key)), known: None, blank: None, stands })
}

/// The code of another row that stands in the row itself.
fn own_reference(pen: &mut Pen<'_, '_>, frame: &Frame, parents: &[ForeignKeyId]) -> Option<Key> {
    let key = *pen.dice.pick(parents)?;
    let (column, _) = pen.key(key)?;
    if pen.world.role(column) != Role::Code {
        return None;
    }
    let key = of_column(pen, &frame.root, column, true);
    Some(Key { known: key.blank.clone(), blank: None, ..key })
}

fn period(pen: &mut Pen<'_, '_>, frame: &Frame) -> Option<Key> {
    let date = pen.date(frame.table)?;
    let (unit, kind) =
        *pen.dice.pick(&[(Unit::Year, "key_year"), (Unit::Month, "key_month"), (Unit::Quarter, "key_quarter")])?;
    let day = pen.col(&frame.root, date);
    let phrase = Phrase::new(kind).with("d", Thing::Column(date));
    let val = Val::new(unit.of(&day), phrase.thing(), (Nature::Date, Near::Nothing));
    let known = Some(format!("{day} IS NOT NULL"));
    let (by, thing) = (vec![val.sql.clone()], val.thing.clone());
    Some(Key { by, thing, shown: vec![val], known, blank: None, stands: Some(day) })
}

/// One or two keys.
pub fn keys(pen: &mut Pen<'_, '_>, frame: &mut Frame) -> Option<Vec<Key>> {
    let mut keys = vec![key(pen, frame, true)?];
    let mut tried = frame.clone();
    if pen.dice.chance(0.16)
        && let Some(second) = key(pen, &mut tried, true)
        && second.by.iter().all(|b| !keys[0].by.contains(b))
        && second.by.len() == 1
        && !second.by.iter().any(|b| keys[0].stands.as_ref() == Some(b))
        && !second.stands.iter().any(|s| keys[0].by.contains(s))
    {
        *frame = tried;
        keys.push(second);
    }
    Some(keys)
}

/// Conditions of groups, with those that leave out rows without a key, and what is said of these.
pub fn narrowed(pen: &mut Pen<'_, '_>, keys: &[Key], conds: &mut Vec<Cond>) -> Vec<Phrase> {
    let mut notes = vec![];
    for key in keys {
        let said = |sql: &String, conds: &[Cond]| {
            conds.iter().any(|c| c.sql.starts_with(sql.trim_end_matches(" IS NOT NULL")))
        };
        let known = key.known.iter().filter(|sql| !conds.iter().any(|c| c.sql == **sql)).cloned().collect::<Vec<_>>();
        conds.extend(known.into_iter().map(|sql| Cond::new(sql, Phrase::new("silent"))));
        let Some(blank) = key.blank.as_ref().filter(|b| !said(b, conds)) else { continue };
        match pen.dice.weighted(&[0.5, 0.4, 0.1]) {
            1 => {
                conds.push(Cond::new(blank.clone(), Phrase::new("silent")));
                let words = if keys.len() > 1 { "no_blanks_in" } else { "no_blanks" };
                notes.push(Phrase::new(words).with("key", key.thing.clone()));
            }
            2 => notes.push(Phrase::new("blanks_kept").with("key", key.thing.clone())),
            _ => {}
        }
    }
    notes
}

/// Whether a condition gives each group away, so that nobody would group.
pub fn told_already(keys: &[Key], conds: &[Cond]) -> bool {
    let fixed: Vec<String> = conds.iter().filter_map(fixes).collect();
    // A stretch of time gives the year away.
    let year = |k: &Key| k.by[0].starts_with("STRFTIME('%Y', ") && k.by[0].ends_with(')') && !k.by[0].contains("||");
    let timed = |k: &Key| {
        k.stands.as_ref().is_some_and(|day| {
            conds.iter().any(|c| c.sql.starts_with(&format!("{day} >= ")) && c.sql.contains(" AND "))
        })
    };
    keys.iter().any(|k| k.by.iter().any(|by| fixed.contains(by)) || (year(k) && timed(k)))
}

/// Whether totals say more than keys and conditions do: none is of a column that these fix.
pub fn tell(totals: &[Val], keys: &[Key], conds: &[Cond]) -> bool {
    totals.iter().all(|t| says(&t.sql, keys, conds))
}

/// Whether an expression over groups speaks of no column that keys or conditions fix.
fn says(sql: &str, keys: &[Key], conds: &[Cond]) -> bool {
    // What is compared with stands under the same conditions, which say nothing of the group itself.
    let own = sql.split("(SELECT ").next().unwrap_or(sql);
    let of_keys = keys.iter().flat_map(|k| k.by.iter().chain(&k.stands)).filter(|by| !by.contains('(')).cloned();
    let known: Vec<String> = conds.iter().filter_map(fixes).chain(of_keys).collect();
    !known.iter().any(|k| condition::speaks_of(own, k))
}

/// Totals per group.
pub fn grouped(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let table = pen.table(|_, _| true)?;
    let mut frame = Frame::new(table);
    let n = pen.dice.weighted(&[0.36, 0.42, 0.18, 0.04]);
    let mut conds = condition::some(pen, &mut frame, n, 0.25);
    frame.mark();
    let keys = keys(pen, &mut frame)?;
    let mut notes = narrowed(pen, &keys, &mut conds);
    if told_already(&keys, &conds) {
        return None;
    }
    let totals = totals(pen, &mut frame, &conds)?;
    if !tell(&totals, &keys, &conds) {
        return None;
    }
    let kept = if pen.dice.chance(0.3) { Some(having(pen, &mut frame, (&conds, &totals))?) } else { None };
    if kept.as_ref().is_some_and(|(sql, _)| !says(sql, &keys, &conds)) {
        return None;
    }
    let shown: Vec<Val> = keys.iter().flat_map(|k| k.shown.clone()).collect();
    let mut order = if pen.dice.chance(0.45) { order::groups(pen, &shown, &totals) } else { None };
    if shown.iter().any(|v| v.nature == Nature::Date) && order.is_none() && pen.dice.chance(0.5) {
        order = order::groups(pen, &shown, &[]);
    }
    if !frame.with.is_empty() {
        return None;
    }
    let by: Vec<String> = keys.iter().flat_map(|k| k.by.clone()).collect();
    let items: Vec<String> = shown.iter().chain(&totals).enumerate().map(|(i, v)| named(v, i)).collect();
    let sql = format!(
        "SELECT {} FROM {}{} GROUP BY {}{}{}",
        items.join(", "),
        frame.source(pen),
        all_of(&tests(&conds)),
        by.join(", "),
        kept.as_ref().map_or(String::new(), |(sql, _)| format!(" HAVING {sql}")),
        order.as_ref().map_or(String::new(), Order::sql),
    );
    notes.extend(kept.map(|(_, phrase)| phrase));
    Some(told(pen, (table, "groups", sql), (&conds, &keys, &totals), notes, order))
}

/// A scene of groups in words.
pub fn told(
    pen: &mut Pen<'_, '_>,
    (table, kind, sql): (schema::TableId, &'static str, String),
    (conds, keys, totals): (&[Cond], &[Key], &[Val]),
    mut notes: Vec<Phrase>,
    order: Option<Order>,
) -> Scene {
    let things = |vals: &[Val]| vals.iter().map(|v| v.thing.clone()).collect::<Vec<Thing>>();
    let mut lead = Lead { position: "groups", things: vec![] };
    lead.things.push(("keys", Thing::List(keys.iter().map(|k| k.thing.clone()).collect())));
    lead.things.push(("aggs", Thing::List(things(totals))));
    let ordered = order.as_ref().is_some_and(Order::is_asked);
    if let Some(order) = order {
        order.tell(&mut lead, &mut notes);
    }
    // Part of a key's columns, or groups picked by something, leave open what is shown.
    let partly = keys.iter().any(|k| k.shown.len() < k.by.len()) || lead.position != "groups";
    let listed = partly || pen.dice.chance(LISTED * 0.8);
    let cols = listed
        .then(|| things(&keys.iter().flat_map(|k| k.shown.clone()).chain(totals.iter().cloned()).collect::<Vec<_>>()));
    let conds: Vec<Told> = conds.iter().map(|c| c.told.clone()).collect();
    Scene { kind, sql, ordered, table, conds, lead, cols, notes }
}

/// Totals of all rows in one line.
pub fn all(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let table = pen.table(|_, _| true)?;
    let mut frame = Frame::new(table);
    let n = pen.dice.weighted(&[0.12, 0.45, 0.33, 0.1]);
    let conds = condition::some(pen, &mut frame, n, 0.35);
    let mut totals = totals(pen, &mut frame, &conds)?;
    // What compares with all is nothing over all.
    totals.retain(|v| !v.sql.contains("(SELECT"));
    let bare_count = conds.is_empty() && totals.iter().all(|v| v.sql == "COUNT(*)");
    if totals.is_empty() || !frame.with.is_empty() || bare_count || !tell(&totals, &[], &conds) {
        return None;
    }
    let items: Vec<String> = totals.iter().enumerate().map(|(i, v)| named(v, i)).collect();
    let sql = format!("SELECT {} FROM {}{}", items.join(", "), frame.source(pen), all_of(&tests(&conds)));
    let aggs = Thing::List(totals.iter().map(|v| v.thing.clone()).collect());
    let one_count = totals.len() == 1 && totals[0].sql == "COUNT(*)";
    let position = if one_count { "count" } else { "totals" };
    let lead = Lead { position, things: vec![("aggs", aggs)] };
    let conds: Vec<Told> = conds.into_iter().map(|c| c.told).collect();
    Some(Scene { kind: "totals", sql, ordered: false, table, conds, lead, cols: None, notes: vec![] })
}
