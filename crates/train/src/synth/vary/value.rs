//! Another value of the same kind: a name, a status, a number, a day, a year, each in another way to write it.

use answer::literals::for_each_literal;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use schema::slot::{FilledSlot, Reading as Meaning, SlotKind, TextSpan};
use schema::{ColumnId, Role, Value};
use sql::tree::SlotPart;

use super::super::dice::Dice;
use super::super::surface;
use super::super::world::World;
use super::{Draft, Reading, replaced};

/// A literal of the query that comes from a slot.
#[derive(Debug, Clone)]
struct Use {
    part: SlotPart,
    column: Option<ColumnId>,
    value: Value,
}

/// Other words for a slot, and the literal for each part of it.
struct Other {
    said: String,
    literal: Box<dyn Fn(SlotPart) -> Option<Value>>,
}

/// The draft with one of its values exchanged for another of its kind.
pub fn changed(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let (filled, other) = drawn(world, reading, dice)?;
    let mut query = reading.aligned.clone();
    let mut lost = false;
    for_each_literal(&mut query, &mut |literal, _| {
        if let Some(slot) = literal.slot.take()
            && slot.slot == filled.slot
        {
            match (other.literal)(slot.part) {
                Some(value) => literal.value = value,
                None => lost = true,
            }
        }
    });
    (!lost).then(|| reading.draft.to(replaced(&reading.draft.question, vec![(filled.span, other.said)]), query))
}

/// Where a value of the question stands, and another of its kind as it would be said there.
pub fn instead(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<(TextSpan, String)> {
    drawn(world, reading, dice).map(|(filled, other)| (filled.span, other.said))
}

/// One of the values that have another.
fn drawn<'r>(world: &World<'_>, reading: &'r Reading<'_>, dice: &mut Dice) -> Option<(&'r FilledSlot, Other)> {
    let mut slots: Vec<&FilledSlot> = reading.normalized.slots.iter().collect();
    dice.shuffle(&mut slots);
    slots.into_iter().find_map(|filled| Some((filled, other(world, reading, filled, dice)?)))
}

fn other(world: &World<'_>, reading: &Reading<'_>, filled: &FilledSlot, dice: &mut Dice) -> Option<Other> {
    let lower = reading.lower();
    let said = lower.get(filled.span.start..filled.span.end)?;
    let uses = uses(reading, filled);
    if uses.is_empty() || !filled.again.is_empty() || lower.matches(said).count() != 1 {
        return None;
    }
    match (filled.slot.kind, filled.readings.first()?) {
        (SlotKind::Val, _) => text(world, reading, filled, &uses, dice),
        (SlotKind::Num, Meaning::Number { value: Value::Integer(n), .. }) => number(reading, filled, (*n, &uses), dice),
        (SlotKind::Date, Meaning::Date(day)) => a_day(world, reading, filled, *day, dice),
        (SlotKind::Range, Meaning::Range { start, end }) => stretch(world, reading, filled, (*start, *end), dice),
        _ => None,
    }
}

fn uses(reading: &Reading<'_>, filled: &FilledSlot) -> Vec<Use> {
    let mut found = vec![];
    for_each_literal(&mut reading.aligned.clone(), &mut |literal, place| {
        if let Some(slot) = literal.slot.filter(|slot| slot.slot == filled.slot) {
            found.push(Use { part: slot.part, column: place.column, value: literal.value.clone() });
        }
    });
    found
}

/// Another value that every column compared with it holds.
fn text(world: &World<'_>, reading: &Reading<'_>, filled: &FilledSlot, uses: &[Use], dice: &mut Dice) -> Option<Other> {
    let columns: Vec<ColumnId> = uses.iter().map(|u| u.column).collect::<Option<_>>()?;
    let Value::Text(old) = &uses.first()?.value else { return None };
    if uses.iter().any(|u| u.part != SlotPart::Whole) {
        return None;
    }
    let held = |value: &&Value| columns.iter().all(|c| world.samples.get(c).is_some_and(|known| known.contains(value)));
    let known: Vec<&Value> = world.samples.get(columns.first()?)?.iter().filter(held).collect();
    let Value::Text(new) = *dice.pick(&known)? else { return None };
    let is_new = new != old && new.len() < 50 && !reading.lower().contains(&new.to_lowercase());
    if world.role(columns[0]) == Role::Status && is_done(reading, filled) {
        return None;
    }
    let said = said_as(world, columns[0], (old, new), reading.at(filled.span), dice).filter(|_| is_new)?;
    let value = Value::Text(new.clone());
    Some(Other { said, literal: Box::new(move |_| Some(value.clone())) })
}

/// Whether a status is said by a verb: "which we completed".
pub fn is_done(reading: &Reading<'_>, filled: &FilledSlot) -> bool {
    let lower = reading.lower();
    let before = lower[..filled.span.start].trim_end();
    let last = before.rsplit([' ', '(']).next().unwrap_or_default();
    let states =
        ["status", "state", "stage", "in", "is", "are", "still", "currently", "as", "of", "or", "and", "be", "="];
    let before_noun = reading.mentions.iter().any(|m| m.span.start == filled.span.end + 1);
    let alone = before.is_empty() || before.ends_with([',', '.', '(', ':']);
    !(before_noun || alone || states.contains(&last))
}

/// A stored value written as another one was: in small letters, in the plural, or by another word.
pub fn said_as(
    world: &World<'_>,
    column: ColumnId,
    (old, new): (&str, &str),
    said: &str,
    dice: &mut Dice,
) -> Option<String> {
    let small = said.chars().all(|c| !c.is_uppercase()) && new.len() > 3;
    let cased = |text: &str| if small { text.to_lowercase() } else { text.to_owned() };
    if said.eq_ignore_ascii_case(old) {
        return Some(cased(new));
    }
    if said.eq_ignore_ascii_case(&format!("{old}s")) && !new.ends_with('s') {
        return Some(cased(&format!("{new}s")));
    }
    let words = world.glossary.values.get(&world.catalog.qualified(column))?;
    let is_word = words.get(old)?.iter().any(|word| word.eq_ignore_ascii_case(said));
    dice.early(words.get(new)?).filter(|_| is_word).cloned()
}

/// Another round number, on the same side of every other number that is named.
fn number(reading: &Reading<'_>, filled: &FilledSlot, (n, uses): (i64, &[Use]), dice: &mut Dice) -> Option<Other> {
    let is_whole = uses.iter().all(|u| u.part == SlotPart::Whole && u.value == Value::Integer(n));
    let (before, core, after) = currency(reading.at(filled.span));
    if !is_whole || n < 2 || ["st", "nd", "rd", "th"].iter().any(|end| core.ends_with(end)) {
        return None;
    }
    let new = if n <= 20 { dice.between(2, 20) } else { round(n, dice) };
    let others = reading.normalized.slots.iter().filter(|other| other.slot != filled.slot);
    let keeps_side = |other: &FilledSlot| match other.readings.first() {
        Some(Meaning::Number { value: Value::Integer(m), .. }) => (n - m).signum() == (new - m).signum(),
        _ => true,
    };
    if new == n || !others.into_iter().all(keeps_side) || (after.contains(['%']) && new > 100 && n <= 100) {
        return None;
    }
    let said = format!("{before}{}{after}", surface::number(&Value::Integer(new), None, dice));
    Some(Other { said, literal: Box::new(move |_| Some(Value::Integer(new))) })
}

fn round(n: i64, dice: &mut Dice) -> i64 {
    let factor = *dice.pick(&[0.2, 0.25, 0.4, 0.5, 0.75, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0]).unwrap_or(&2.0);
    let Value::Integer(new) = surface::round_number(&Value::Integer(n), factor, dice) else { return n };
    new.max(2)
}

/// What stands before and behind the figures: "$", " percent".
fn currency(said: &str) -> (&str, &str, &str) {
    let lower = said.to_ascii_lowercase();
    let front = ["$", "€", "£", "usd ", "eur "].into_iter().find(|mark| lower.starts_with(mark)).map_or(0, str::len);
    let back = [" percent", " %", "%", " dollars", " euros", " usd", " eur"];
    let back = back.into_iter().find(|mark| lower.ends_with(mark)).map_or(0, str::len);
    let end = said.len() - back;
    (&said[..front], &said[front..end.max(front)], &said[end.max(front)..])
}

/// Another day, on the same side of today and of the other days that are named.
fn a_day(world: &World<'_>, reading: &Reading<'_>, filled: &FilledSlot, old: Date, dice: &mut Dice) -> Option<Other> {
    if !reading.at(filled.span).contains(|c: char| c.is_ascii_digit()) || has_other(reading, filled) {
        return None;
    }
    let new = old.checked_add(dice.between(-400, 400).days()).ok()?;
    let new = if dice.chance(0.5) { date(new.year(), new.month(), 1) } else { new };
    if new == old || (old < world.today) != (new < world.today) {
        return None;
    }
    let literal = move |part: SlotPart| match part {
        SlotPart::Whole => Some(Value::Text(new.to_string())),
        SlotPart::End => Some(Value::Text(new.tomorrow().ok()?.to_string())),
        _ => None,
    };
    Some(Other { said: surface::day_said(new, dice), literal: Box::new(literal) })
}

/// Whether another day or stretch of time is named, to which this one stands in some order.
fn has_other(reading: &Reading<'_>, filled: &FilledSlot) -> bool {
    let of_time = |other: &&FilledSlot| matches!(other.slot.kind, SlotKind::Date | SlotKind::Range);
    reading.normalized.slots.iter().filter(of_time).any(|other| other.slot != filled.slot)
}

/// Another year, quarter or month.
fn stretch(
    world: &World<'_>,
    reading: &Reading<'_>,
    filled: &FilledSlot,
    (start, end): (Date, Date),
    dice: &mut Dice,
) -> Option<Other> {
    let said = reading.at(filled.span);
    let names_year = said.contains(&start.year().to_string());
    let months = i32::from(end.year() - start.year()) * 12 + i32::from(end.month()) - i32::from(start.month());
    if !names_year || has_other(reading, filled) || start.day() != 1 || end.day() != 1 || ![1, 3, 12].contains(&months)
    {
        return None;
    }
    let steps = dice.between(-3, 3).checked_mul(12)? + if months < 12 { dice.between(0, 11) } else { 0 };
    let new = start.checked_add(steps.months()).ok()?;
    let months = if may_shrink(reading, filled) { *dice.pick(&[months as i16, 1, 3])? } else { months as i16 };
    let new = if months == 3 { date(new.year(), (new.month() - 1) / 3 * 3 + 1, 1) } else { new };
    let known = (2020..=2028).contains(&new.year());
    let period = surface::stretch(new, months, dice).filter(|p| known && p.start != start.to_string())?;
    if (start < world.today) != (new < world.today) {
        return None;
    }
    let said = period.said.clone();
    let literal = move |part: SlotPart| match part {
        SlotPart::Start => Some(Value::Text(period.start.clone())),
        SlotPart::End => Some(Value::Text(period.end.clone())),
        _ => None,
    };
    Some(Other { said, literal: Box::new(literal) })
}

/// Whether a quarter or month may stand where this year does: "in 2025", where nothing else speaks of years.
fn may_shrink(reading: &Reading<'_>, filled: &FilledSlot) -> bool {
    let lower = reading.lower();
    let before = lower[..filled.span.start].trim_end();
    let fits = [" in", " during", " for"].iter().any(|word| before.ends_with(word));
    let parts = ["year", "quarter", "month", "week", "annual", "day"];
    reading.at(filled.span).len() == 4 && fits && !parts.iter().any(|part| lower.contains(part))
}
