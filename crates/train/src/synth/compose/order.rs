//! The order of lines, and how many of them.

use schema::Role;

use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;
use super::frame::Frame;
use super::part::{Cond, Lead, Nature, Phrase, Val};
use super::value;

/// What lines are ordered by, and how many are wanted.
#[derive(Debug, Clone)]
pub struct Order {
    /// By what.
    by: Val,
    /// Highest, latest or last first.
    descending: bool,
    /// A second one, which puts ties in order.
    then: Option<Val>,
    /// Only so many.
    first: Option<i64>,
    /// Whether groups are ordered.
    groups: bool,
    /// Whether nothing else that is shown could be meant, so that it need not be named.
    plain: bool,
}

impl Order {
    /// ` ORDER BY … LIMIT …`
    pub fn sql(&self) -> String {
        let then = self.then.as_ref().map_or(String::new(), |v| format!(", {}", v.sql));
        let limit = self.first.map_or(String::new(), |n| format!(" LIMIT {n}"));
        format!(" ORDER BY {}{}{then}{limit}", self.by.sql, if self.descending { " DESC" } else { "" })
    }

    /// Whether an order is asked for: the first few by something are so in any order.
    pub fn is_asked(&self) -> bool {
        self.first.is_none()
    }

    /// The lowest few are so by a value that they have.
    pub fn needed(&self) -> Vec<Cond> {
        let needed = self.by.nullable && !self.descending && self.first.is_some() && !self.groups;
        if needed && !self.by.window { self.by.known() } else { vec![] }
    }

    /// Puts it into words: at the head of the question, or behind.
    pub fn tell(self, lead: &mut Lead, notes: &mut Vec<Phrase>) {
        let v = self.by.thing.clone();
        let dated = self.by.nature == Nature::Date;
        let kind = match (self.by.nature, self.descending) {
            (Nature::Date, true) => "order_new",
            (Nature::Date, false) => "order_old",
            (Nature::Text, true) => "order_text_down",
            (Nature::Text, false) => "order_text",
            (Nature::Rank, _) => "order_rank",
            (_, true) => "order_high",
            (_, false) => "order_low",
        };
        let then = self.then.map(|t| Phrase::new("then").with("t", t.thing));
        match self.first {
            Some(n) => {
                let position = match (self.groups, dated, self.descending) {
                    (true, _, true) => "groups_top",
                    (true, _, false) => "groups_bottom",
                    (false, true, true) => "rows_latest",
                    (false, true, false) => "rows_earliest",
                    (false, false, true) => "rows_top",
                    (false, false, false) => "rows_bottom",
                };
                lead.position = position;
                lead.things.extend([("v", v), ("n", Thing::Number(n, None))]);
            }
            None if self.plain && plainly(kind) != kind => notes.push(Phrase::new(plainly(kind))),
            None => notes.push(Phrase::new(kind).with("v", v)),
        }
        notes.extend(then);
    }
}

/// The order without the name of what it is by.
fn plainly(kind: &'static str) -> &'static str {
    match kind {
        "order_high" => "plain_high",
        "order_low" => "plain_low",
        "order_new" => "plain_new",
        "order_old" => "plain_old",
        other => other,
    }
}

/// Whether a value is the only one of its sort that is shown, so that "highest first" is plain.
fn is_plain(pen: &mut Pen<'_, '_>, by: &Val, shown: &[Val]) -> bool {
    let sort = |v: &Val| (v.nature == Nature::Date, v.is_number());
    let alike: Vec<&Val> = shown.iter().filter(|v| sort(v) == sort(by)).collect();
    alike.len() == 1 && alike[0].sql == by.sql && pen.dice.chance(0.6)
}

/// An order of rows: mostly by something that is shown.
pub fn rows(pen: &mut Pen<'_, '_>, frame: &mut Frame, shown: &[Val]) -> Option<Order> {
    let orderable: Vec<&Val> = shown.iter().filter(|v| v.nature != Nature::Text || pen_name(pen, v)).collect();
    let by = match pen.dice.pick(&orderable) {
        Some(val) if pen.dice.chance(0.8) => (*val).clone(),
        _ if pen.dice.chance(0.75) => {
            let column = pen.column(frame.table, &[Role::Measure, Role::Percent, Role::Date])?;
            value::column(pen, &frame.root, column, true)
        }
        _ => value::computed(pen, frame)?,
    };
    let telling =
        |v: &&Val| matches!(&v.thing, Thing::Column(c) if matches!(pen.world.role(*c), Role::Code | Role::Name));
    let ties = shown.iter().filter(telling).find(|v| v.sql != by.sql).cloned();
    let countable = by.nature != Nature::Text && by.nature != Nature::Rank;
    let first = if countable && pen.dice.chance(0.42) { Some(some_n(pen)) } else { None };
    let then = ties.filter(|_| pen.dice.chance(0.12) && by.nature != Nature::Rank);
    let plain = is_plain(pen, &by, shown);
    Some(Order { descending: down(pen, &by), by, then, first, groups: false, plain })
}

/// An order of values that are listed alone, by the first of them.
pub fn listed(pen: &mut Pen<'_, '_>, shown: &[Val]) -> Option<Order> {
    let by = shown.first()?.clone();
    Some(Order { descending: down(pen, &by), by, then: None, first: None, groups: false, plain: false })
}

fn pen_name(pen: &Pen<'_, '_>, val: &Val) -> bool {
    matches!(&val.thing, Thing::Column(c) | Thing::Owned(c) if matches!(pen.world.role(*c), Role::Name | Role::Code))
}

fn some_n(pen: &mut Pen<'_, '_>) -> i64 {
    *pen.dice.pick(&[2, 3, 3, 4, 5, 5, 5, 6, 7, 8, 10, 10, 10, 12, 15, 20]).unwrap_or(&5)
}

fn down(pen: &mut Pen<'_, '_>, by: &Val) -> bool {
    match by.nature {
        Nature::Text => pen.dice.chance(0.08),
        Nature::Rank => false,
        Nature::Date => pen.dice.chance(0.45),
        _ => pen.dice.chance(0.75),
    }
}

/// An order of groups, by a total or by their key.
pub fn groups(pen: &mut Pen<'_, '_>, keys: &[Val], totals: &[Val]) -> Option<Order> {
    let by_key = pen.dice.chance(if keys.iter().any(|k| k.nature == Nature::Date) { 0.7 } else { 0.15 });
    let by = if by_key { keys.first()? } else { pen.dice.pick(totals)? }.clone();
    let first = if !by_key && pen.dice.chance(0.4) { Some(some_n(pen)) } else { None };
    let descending = if by_key && by.nature == Nature::Date { pen.dice.chance(0.15) } else { down(pen, &by) };
    let then = keys.first().filter(|_| !by_key && pen.dice.chance(0.1)).cloned();
    let shown: Vec<Val> = keys.iter().chain(totals).cloned().collect();
    let plain = is_plain(pen, &by, &shown);
    Some(Order { descending, by, then, first, groups: true, plain })
}
