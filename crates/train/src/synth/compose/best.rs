//! The best rows: of all, and of each group, ties kept.

use schema::Role;

use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;
use super::condition;
use super::frame::{Frame, all_of};
use super::group::{self, Key, narrowed, told_already};
use super::part::{Cond, Lead, Nature, Near, Phrase, Scene, Val};
use super::rows::{LISTED, fixed, named, names, shown, spoken_of, told, values};
use super::total::tests;
use super::value;

/// What ranks rows: a column of one of the roles, or something computed.
fn ranking(pen: &mut Pen<'_, '_>, frame: &mut Frame, roles: &[Role]) -> Option<Val> {
    if pen.dice.chance(0.4) {
        return value::computed(pen, frame);
    }
    let column = pen.column(frame.table, roles)?;
    Some(value::column(pen, &frame.root, column, true))
}

/// The rows with the highest or lowest value, ties included.
pub fn of_all(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let roles = [Role::Measure, Role::Percent, Role::Date];
    let table = pen.table(|p, t| !p.columns(t, &roles).is_empty())?;
    let mut frame = Frame::new(table);
    let n = pen.dice.weighted(&[0.2, 0.5, 0.25, 0.05]);
    let conds = condition::some(pen, &mut frame, n, 0.2);
    let by = ranking(pen, &mut frame, &roles)?;
    let listed = pen.dice.chance(LISTED);
    let fixed = fixed(&conds);
    let vals = if listed { values(pen, &mut frame, &fixed)? } else { shown(pen, &mut frame.clone(), &fixed).0 };
    if !frame.with.is_empty() || vals.iter().any(|v| v.window) {
        return None;
    }
    let high = pen.dice.chance(0.75);
    let sql = extreme(pen, &frame, &conds, (&vals, &by, high));
    let mut scene = told(table, "best_rows", sql, (&conds, &vals, &[]), listed, None);
    let position = match (by.nature, high) {
        (Nature::Date, true) => "best_latest",
        (Nature::Date, false) => "best_earliest",
        (_, true) => "best",
        (_, false) => "best_low",
    };
    scene.lead = Lead { position, things: vec![("v", by.thing)] };
    scene.notes.push(Phrase::new("ties"));
    Some(scene)
}

/// `SELECT … WHERE … AND value = (SELECT MAX(value) FROM the same)`
fn extreme(pen: &Pen<'_, '_>, frame: &Frame, conds: &[Cond], (vals, by, high): (&[Val], &Val, bool)) -> String {
    let (mut tests, source) = (tests(conds), frame.source(pen));
    let function = if high { "MAX" } else { "MIN" };
    tests.push(format!("{} = (SELECT {function}({}) FROM {source}{})", by.sql, by.sql, all_of(&tests)));
    let items: Vec<String> = vals.iter().enumerate().map(|(i, v)| named(v, i)).collect();
    format!("SELECT {} FROM {source}{}", items.join(", "), all_of(&tests))
}

/// The first few rows of each group.
struct Firsts {
    frame: Frame,
    conds: Vec<Cond>,
    key: Key,
    by: Val,
    vals: Vec<Val>,
    high: bool,
    n: i64,
}

/// The first few rows of each group by a value, ties kept.
pub fn of_each(pen: &mut Pen<'_, '_>) -> Option<Scene> {
    let roles = [Role::Measure, Role::Percent];
    let table = pen.table(|p, t| !p.columns(t, &roles).is_empty())?;
    let mut frame = Frame::new(table);
    let n = pen.dice.weighted(&[0.35, 0.45, 0.2]);
    let mut conds = condition::some(pen, &mut frame, n, 0.2);
    let key = group::key(pen, &mut frame, false)?;
    let notes = narrowed(pen, std::slice::from_ref(&key), &mut conds);
    if told_already(std::slice::from_ref(&key), &conds) {
        return None;
    }
    let by = ranking(pen, &mut frame, &roles)?;
    let known: Vec<Cond> = by.known().into_iter().filter(|n| !spoken_of(&conds, n)).collect();
    conds.extend(known);
    let vals = beside(pen, &mut frame, &key, &by)?;
    let (high, n) = (pen.dice.chance(0.82), *pen.dice.pick(&[1, 1, 2, 3, 3, 3, 5])?);
    let place = pen.dice.chance(0.2);
    let firsts = Firsts { frame, conds, key, by, vals, high, n };
    Some(firsts.scene(pen, place, notes))
}

/// The key, what tells rows apart, what ranks them, and now and then something else; all different.
fn beside(pen: &mut Pen<'_, '_>, frame: &mut Frame, key: &Key, by: &Val) -> Option<Vec<Val>> {
    let mut vals: Vec<Val> = key.shown.clone();
    vals.extend(names(pen, frame));
    vals.push(by.clone());
    if pen.dice.chance(0.3) {
        vals.extend(value::own(pen, frame));
    }
    let again = (1..vals.len()).any(|i| vals[..i].iter().any(|v| v.sql == vals[i].sql));
    (!again).then_some(vals)
}

impl Firsts {
    fn scene(mut self, pen: &Pen<'_, '_>, place: bool, notes: Vec<Phrase>) -> Scene {
        let sql = self.sql(pen, place);
        if place {
            self.vals.push(Val::new("r".into(), Phrase::new("place").thing(), (Nature::Rank, Near::Nothing)));
        }
        let mut scene = told(self.frame.table, "best_of_each", sql, (&self.conds, &self.vals, &[]), true, None);
        let position = match (self.n, self.high) {
            (1, true) => "each_best",
            (1, false) => "each_worst",
            (_, true) => "each_top",
            (_, false) => "each_bottom",
        };
        let things = vec![("v", self.by.thing), ("n", Thing::Number(self.n, None)), ("key", self.key.thing)];
        scene.lead = Lead { position, things };
        scene.notes.extend(notes);
        scene.notes.push(Phrase::new("ties"));
        scene
    }

    fn sql(&self, pen: &Pen<'_, '_>, place: bool) -> String {
        let items: Vec<String> =
            self.vals.iter().enumerate().map(|(i, v)| format!("{} AS s{}", v.sql, i + 1)).collect();
        let outer: Vec<String> = (1..=items.len()).map(|i| format!("a.s{i}")).collect();
        let part = format!(
            "a AS (SELECT {}, RANK() OVER (PARTITION BY {} ORDER BY {}{}) AS r FROM {}{})",
            items.join(", "),
            self.key.by.join(", "),
            self.by.sql,
            if self.high { " DESC" } else { "" },
            self.frame.source(pen),
            all_of(&tests(&self.conds)),
        );
        let place = if place { ", a.r" } else { "" };
        format!("{}SELECT {}{place} FROM a WHERE a.r {}", self.frame.before(&[part]), outer.join(", "), up_to(self.n))
    }
}

/// `= 1`, `<= 3`
pub fn up_to(n: i64) -> String {
    if n == 1 { "= 1".to_owned() } else { format!("<= {n}") }
}
