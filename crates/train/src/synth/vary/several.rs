//! Lists of values: one value or several become other ones, more or fewer, in the way the question lists them.

use schema::slot::{FilledSlot, Slot, SlotKind, TextSpan};
use schema::{ColumnId, Role, Value};
use sql::tree::{BinaryOp, Expr, ExprKind, Literal, SlotPart};
use sql::visit::{each_expr_mut, each_expr_of_query};

use super::super::dice::Dice;
use super::super::world::World;
use super::value::is_done;
use super::{Draft, Reading, replaced};

/// The most values of a list.
const MOST: i64 = 6;
/// How often one value becomes several, where it may.
const GROWN: f64 = 0.4;
/// What stands between the values of a list.
const SEPARATORS: [&str; 12] = ["", ",", ", and", ", or", "and", "or", "nor", ", nor", "/", ";", "&", "+"];

/// A condition that a column has one of some values, all of them said as they are stored.
struct Listed {
    column: ColumnId,
    values: Vec<Said>,
    /// Where the values stand, in the order of the text.
    spans: Vec<TextSpan>,
}

/// The draft with other values in one of its lists.
pub fn changed(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let found = lists(world, reading);
    let listed = dice.pick(&found)?;
    if listed.values.len() == 1 && !dice.chance(GROWN) {
        return None;
    }
    let (first, last) = (listed.spans.first()?, listed.spans.last()?);
    let (start, end) = (first.start, last.end);
    let values = drawn(world, reading, listed, dice)?;
    let small = (listed.spans.iter()).all(|span| !reading.at(*span).contains(char::is_uppercase));
    let said: Vec<String> = values.iter().map(|v| if small { v.to_lowercase() } else { v.clone() }).collect();
    let (between, before_last) = separators(reading, listed, dice);
    let said = match &said[..] {
        [most @ .., last] if !most.is_empty() => format!("{}{before_last}{last}", most.join(&between)),
        all => all.concat(),
    };
    let question = replaced(&reading.draft.question, vec![(TextSpan { start, end }, said)]);
    let mut query = reading.aligned.clone();
    each_expr_mut(&mut query, &mut |expr| {
        if let Some((operand, slots, negated)) = compared(expr)
            && slots.iter().map(|(slot, _)| *slot).eq(listed.values.iter().map(|(slot, _)| *slot))
        {
            let list = values.iter().map(|value| Expr::value(Value::Text(value.clone()))).collect();
            expr.kind = ExprKind::InList { operand: Box::new(operand.clone()), list, negated };
        }
    });
    Some(reading.draft.to(question, query).without_slots())
}

/// Other values of the column that nothing else of the question names, two at least.
fn drawn(world: &World<'_>, reading: &Reading<'_>, listed: &Listed, dice: &mut Dice) -> Option<Vec<String>> {
    let lower = reading.lower();
    let fits = |value: &Value| match value {
        Value::Text(text) if text.len() < 40 && !lower.contains(&text.to_lowercase()) => Some(text.clone()),
        _ => None,
    };
    let mut known: Vec<String> = world.samples.get(&listed.column)?.iter().filter_map(fits).collect();
    dice.shuffle(&mut known);
    // Some of those that were there stay.
    let kept = listed.values.iter().map(|(_, value)| value.clone()).filter(|_| dice.chance(0.3));
    let mut values: Vec<String> = kept.collect();
    let wanted = dice.between(2, MOST) as usize;
    values.extend(known.into_iter().take(wanted.saturating_sub(values.len())));
    (values.len() >= 2).then_some(values)
}

/// What stands between the values, and before the last of them.
fn separators(reading: &Reading<'_>, listed: &Listed, dice: &mut Dice) -> (String, String) {
    let gaps: Vec<String> = listed.spans.windows(2).map(|two| gap(reading, two[0], two[1]).to_owned()).collect();
    let usual =
        |last: &String| if last.trim().chars().any(char::is_alphabetic) { ", ".to_owned() } else { last.clone() };
    match &gaps[..] {
        [] => {
            let last = dice.pick(&[" or ", " and ", ", ", " or ", "/"]).unwrap_or(&" or ");
            (if *last == "/" { "/".to_owned() } else { ", ".to_owned() }, (*last).to_owned())
        }
        [only] => (usual(only), only.clone()),
        [first, .., last] => (usual(first), last.clone()),
    }
}

fn gap<'a>(reading: &'a Reading<'_>, one: TextSpan, next: TextSpan) -> &'a str {
    reading.at(TextSpan { start: one.end, end: next.start.max(one.end) })
}

/// Lists whose values stand together in the question and nowhere else in the query.
fn lists(world: &World<'_>, reading: &Reading<'_>) -> Vec<Listed> {
    let mut found = vec![];
    each_expr_of_query(&reading.aligned, &mut |expr| {
        if let Some((operand, values, negated)) = compared(expr)
            && let [column] = reading.columns_in(operand)[..]
            && let Some(spans) = together(world, reading, column, &values)
            && (values.len() > 1 || !negated)
        {
            found.push(Listed { column, values, spans });
        }
    });
    found.retain(|one| one.values.iter().all(|(slot, _)| uses(reading, *slot) == 1));
    found
}

/// A text of the query and the slot that says it.
type Said = (Slot, String);

/// The operand, the texts it is compared with and whether it must be none of them.
fn compared(expr: &Expr) -> Option<(&Expr, Vec<Said>, bool)> {
    let texts = |list: &[Expr]| list.iter().map(text_of).collect::<Option<Vec<_>>>();
    match &expr.kind {
        ExprKind::InList { operand, list, negated } => Some((operand, texts(list)?, *negated)),
        ExprKind::Binary(operand, BinaryOp::Eq, value) => Some((operand, vec![text_of(value)?], false)),
        _ => None,
    }
}

fn text_of(expr: &Expr) -> Option<Said> {
    match &expr.kind {
        ExprKind::Literal(Literal { value: Value::Text(text), slot: Some(used), .. })
            if used.part == SlotPart::Whole && used.slot.kind == SlotKind::Val =>
        {
            Some((used.slot, text.clone()))
        }
        _ => None,
    }
}

fn uses(reading: &Reading<'_>, slot: Slot) -> usize {
    let mut count = 0;
    each_expr_of_query(&reading.aligned, &mut |expr| {
        count +=
            usize::from(matches!(&expr.kind, ExprKind::Literal(l) if l.slot.is_some_and(|used| used.slot == slot)));
    });
    count
}

/// Where the values stand, if that is side by side and each said once, as it is stored.
fn together(world: &World<'_>, reading: &Reading<'_>, column: ColumnId, values: &[Said]) -> Option<Vec<TextSpan>> {
    let lower = reading.lower();
    let said = |(slot, text): &Said| -> Option<&FilledSlot> {
        let filled = reading.normalized.slots.iter().find(|filled| filled.slot == *slot)?;
        let is_plain =
            reading.at(filled.span).eq_ignore_ascii_case(text) && lower.matches(&text.to_lowercase()).count() == 1;
        (is_plain && filled.again.is_empty()).then_some(filled)
    };
    let filled: Vec<&FilledSlot> = values.iter().map(said).collect::<Option<_>>()?;
    let mut spans: Vec<TextSpan> = filled.iter().map(|filled| filled.span).collect();
    spans.sort_by_key(|span| span.start);
    let is_gap =
        |two: &[TextSpan]| SEPARATORS.contains(&gap(reading, two[0], two[1]).trim().to_ascii_lowercase().as_str());
    // One name or code stands behind a noun for one thing, and a status may be part of a verb.
    let may_grow = values.len() > 1
        || match world.role(column) {
            Role::Status => !is_done(reading, filled[0]),
            Role::Dimension => true,
            _ => false,
        };
    let is_part = lower[spans.last()?.end..].starts_with(['\'', '-']);
    (may_grow && !is_part && spans.windows(2).all(is_gap)).then_some(spans)
}
