//! One element for another of its kind: a column, an aggregate, a comparison, a direction, a value.

use schema::slot::{FilledSlot, Slot, SlotKind, TextSpan};
use schema::{ColumnId, Role, Type, Value};
use sql::tree::{BinaryOp, Expr, ExprKind, Query};
use sql::visit::{each_expr_mut, each_expr_of_query, each_select};

use super::super::dice::Dice;
use super::super::world::World;
use super::mention::{Target, columns_used};
use super::reword::{is_clear, phrases};
use super::{Draft, Reading, occurrences, replaced};

/// Words for the aggregates that can stand for each other before a noun.
const AGGREGATES: [(&str, &[&str]); 4] = [
    ("SUM", &["total", "combined", "summed", "overall"]),
    ("AVG", &["average", "avg", "mean"]),
    ("MAX", &["maximum", "max"]),
    ("MIN", &["minimum", "min"]),
];
/// Words before a number.
const COMPARISONS: [(BinaryOp, &[&str]); 4] = [
    (BinaryOp::Gt, &["more than", "over", "above", "greater than", "exceeding", "higher than"]),
    (BinaryOp::GtEq, &["at least", "no less than", "a minimum of"]),
    (BinaryOp::Lt, &["less than", "under", "below", "lower than"]),
    (BinaryOp::LtEq, &["at most", "no more than", "up to", "a maximum of"]),
];
/// Superlatives and their opposites.
const SUPERLATIVES: [(&str, &str); 8] = [
    ("highest", "lowest"),
    ("largest", "smallest"),
    ("biggest", "smallest"),
    ("greatest", "smallest"),
    ("most expensive", "least expensive"),
    ("latest", "earliest"),
    ("newest", "oldest"),
    ("longest", "shortest"),
];

/// Words that speak of an order or an extreme beside the superlative: they would have to turn with it.
const OTHER_ENDS: &str = "first, top, bottom, max, maximum, min, minimum, running, last time, descending, ascending, \
    desc, asc";

/// A column that the question names, and another of the same role and unit in its place.
pub fn column(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let bound = bound_columns(world, reading);
    let mut named: Vec<ColumnId> = reading.mentions.iter().filter_map(|m| column_of(m.target)).collect();
    named.dedup();
    named.retain(|column| !bound.contains(column));
    let column = *dice.pick(&named)?;
    let other = *dice.pick(&like(world, reading, column))?;
    let mut edits = vec![];
    for mention in reading.mentions.iter().filter(|m| m.target == Target::Column(column)) {
        let names = phrases(world, Target::Column(other), mention.plural);
        let clear: Vec<&String> =
            names.iter().filter(|name| is_clear(world, reading, Target::Column(other), name)).collect();
        edits.push((mention.span, (*dice.early(&clear)?).clone()));
    }
    let mut query = reading.draft.query.clone();
    each_expr_mut(&mut query, &mut |expr| {
        if let ExprKind::Column { source, column: at } = &mut expr.kind
            && reading.sources.get(source) == Some(&column.table)
            && *at == column.column
        {
            *at = other.column;
        }
    });
    Some(reading.draft.to(replaced(&reading.draft.question, edits), query))
}

fn column_of(target: Target) -> Option<ColumnId> {
    if let Target::Column(column) = target { Some(column) } else { None }
}

/// Columns of the same table, role, type and unit that the query does not read.
fn like(world: &World<'_>, reading: &Reading<'_>, column: ColumnId) -> Vec<ColumnId> {
    let used = columns_used(&reading.draft.query, &reading.sources);
    let unit = |c: ColumnId| world.glossary.column(world.catalog, c).and_then(|terms| terms.unit.clone());
    let same = |c: &ColumnId| {
        !used.contains_key(c)
            && world.ty(*c) == world.ty(column)
            && unit(*c) == unit(column)
            && world.glossary.column(world.catalog, *c).is_some_and(|terms| !terms.terms.is_empty())
    };
    // What rows are told apart by is all one: a status, a department.
    let kind = |role: Role| if role == Role::Status { Role::Dimension } else { role };
    let role = kind(world.role(column));
    let swappable = !matches!(role, Role::Key | Role::Name | Role::Code | Role::Text | Role::Flag);
    let found = world.columns(column.table, |other| swappable && kind(other) == role);
    found.into_iter().filter(same).collect()
}

/// Columns that the question also speaks of in other ways than by name: as part of a condition, a rank or a verb, in a
/// sum of columns, or by a text value.
fn bound_columns(world: &World<'_>, reading: &Reading<'_>) -> Vec<ColumnId> {
    let lower = reading.lower();
    let said = |phrase: &String| !occurrences(&lower, phrase).is_empty();
    let used = columns_used(&reading.draft.query, &reading.sources);
    let is_implied = |column: &ColumnId| {
        let terms = world.glossary.column(world.catalog, *column);
        terms.is_some_and(|c| [&c.most, &c.least, &c.more, &c.less, &c.verb].into_iter().flatten().any(said))
    };
    let mut bound: Vec<ColumnId> = used.keys().copied().filter(is_implied).collect();
    let conditions = world.glossary.conditions.iter();
    let named = conditions.filter(|(_, c)| [&c.adjectives, &c.phrases, &c.nouns].into_iter().flatten().any(said));
    let conditions = named.filter_map(|(key, _)| world.conditions.iter().find(|known| known.key == *key));
    let measures = world.glossary.measures.iter().filter(|(_, measure)| measure.terms.iter().any(said));
    let measures = measures.filter_map(|(key, _)| world.measures.iter().find(|known| known.key == *key));
    for named in conditions.chain(measures) {
        sql::visit::each_expr(&named.expr, &mut |part| {
            if let ExprKind::Column { column, .. } = part.kind {
                bound.push(ColumnId { table: named.table, column });
            }
        });
    }
    bound.extend(entangled(reading));
    bound.extend(texts_ranked(world, reading));
    bound.extend(said_less_than_used(reading));
    bound
}

/// Columns that are shown or grouped by and also tested, but named only once: one of the two is said in other words.
fn said_less_than_used(reading: &Reading<'_>) -> Vec<ColumnId> {
    let (mut shown, mut tested) = (vec![], vec![]);
    each_select(&reading.draft.query, &mut |select| {
        let outputs = select.items.iter().map(|item| &item.expr).chain(&select.group_by);
        shown.extend(outputs.flat_map(|expr| reading.columns_in(expr)));
        let conditions = select.filter.iter().chain(&select.having).flat_map(Expr::conjuncts);
        let of_key = |part: &&Expr| !matches!(part.kind, ExprKind::IsNull { negated: true, .. });
        tested.extend(conditions.filter(of_key).flat_map(|expr| reading.columns_in(expr)));
    });
    let times = |column: &ColumnId| reading.mentions.iter().filter(|m| m.target == Target::Column(*column)).count();
    shown.retain(|column| tested.contains(column) && times(column) < 2);
    shown
}

/// Texts of which the first or last is looked for: what comes first among cities says nothing of another column.
fn texts_ranked(world: &World<'_>, reading: &Reading<'_>) -> Vec<ColumnId> {
    let mut found = vec![];
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        if let ExprKind::Call(call) = &expr.kind
            && matches!(call.function.as_str(), "MIN" | "MAX")
        {
            found.extend(call.args.iter().flat_map(|arg| reading.columns_in(arg)));
        }
    });
    found.retain(|column| world.ty(*column) == Type::Text);
    found
}

/// Columns computed or compared with other columns, or compared with text.
fn entangled(reading: &Reading<'_>) -> Vec<ColumnId> {
    let mut found = vec![];
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        let parts: Vec<&Expr> = match &expr.kind {
            ExprKind::Binary(_, BinaryOp::And | BinaryOp::Or, _) => return,
            ExprKind::Binary(a, _, b) => vec![a, b],
            ExprKind::InList { operand, list, .. } => list.iter().chain([&**operand]).collect(),
            ExprKind::Like { operand, pattern, .. } => vec![operand, pattern],
            ExprKind::InQuery { operand, .. } => vec![operand, operand],
            _ => return,
        };
        let columns: Vec<ColumnId> = parts.iter().flat_map(|part| reading.columns_in(part)).collect();
        let text = |part: &&&Expr| matches!(&part.kind, ExprKind::Literal(l) if matches!(l.value, Value::Text(_)));
        if columns.len() > 1 || parts.iter().any(|part| text(&part)) {
            found.extend(columns);
        }
    });
    found
}

/// The one span of the question where any of these phrases stands, with the phrase; none where several do.
fn only<'p>(reading: &Reading<'_>, phrases: impl Iterator<Item = &'p str>) -> Option<(TextSpan, &'p str)> {
    let found = said(reading, phrases);
    if let [one] = found[..] { Some(one) } else { None }
}

/// Where any of these phrases stands; of those that overlap the first and longest.
fn said<'p>(reading: &Reading<'_>, phrases: impl Iterator<Item = &'p str>) -> Vec<(TextSpan, &'p str)> {
    let lower = reading.lower();
    let mut found: Vec<(TextSpan, &str)> =
        phrases.flat_map(|phrase| occurrences(&lower, phrase).into_iter().map(move |span| (span, phrase))).collect();
    found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    found.dedup_by(|inner, outer| inner.0.start < outer.0.end);
    found
}

/// Another aggregate, where the query has one and the question one word for it.
pub fn aggregate(reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let is_one = |name: &str| AGGREGATES.iter().any(|(function, _)| *function == name);
    let mut calls = vec![];
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        if let ExprKind::Call(call) = &expr.kind
            && is_one(&call.function)
        {
            calls.push(call.function.clone());
        }
    });
    let [function] = &calls[..] else { return None };
    let (span, word) = only(reading, AGGREGATES.iter().flat_map(|(_, words)| words.iter().copied()))?;
    let (_, words) = AGGREGATES.iter().find(|(name, _)| name == function)?;
    let lower = reading.lower();
    let said_twice =
        ["sum", "highest", "lowest", "largest", "smallest"].iter().any(|w| !occurrences(&lower, w).is_empty());
    if said_twice || !words.contains(&word) || lower[..span.start].trim_end().ends_with(" in") {
        return None;
    }
    let others: Vec<_> = AGGREGATES.iter().filter(|(name, _)| name != function).collect();
    let (new, words) = dice.pick(&others)?;
    let mut query = reading.draft.query.clone();
    each_expr_mut(&mut query, &mut |expr| {
        if let ExprKind::Call(call) = &mut expr.kind
            && call.function == *function
        {
            call.function = (*new).to_owned();
        }
    });
    let word = (*dice.pick(words)?).to_owned();
    Some(reading.draft.to(replaced(&reading.draft.question, vec![(span, word)]), query))
}

/// Another comparison, where a phrase stands right before a number that the query compares with in that way, and with
/// nothing else.
pub fn comparison(reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let phrases = said(reading, COMPARISONS.iter().flat_map(|(_, words)| words.iter().copied()));
    let found: Vec<(TextSpan, Slot, (BinaryOp, bool))> = phrases
        .into_iter()
        .filter_map(|(span, word)| {
            let slot = number_after(reading, span)?;
            let (op, counts) = compared(reading, slot)?;
            let (_, words) = COMPARISONS.iter().find(|(known, _)| *known == op)?;
            words.contains(&word).then_some((span, slot, (op, counts)))
        })
        .collect();
    let &(span, slot, (op, counts)) = dice.pick(&found)?;
    // Rows of which there are none are not among those counted.
    let from_none = |new: BinaryOp| counts && matches!(new, BinaryOp::Lt | BinaryOp::LtEq);
    let others: Vec<_> = COMPARISONS.iter().filter(|(new, _)| *new != op && !from_none(*new)).collect();
    let (new, words) = dice.pick(&others)?;
    let word = (*dice.pick(words)?).to_owned();
    // "add up to more than" does not become "add up to up to".
    if word.starts_with("up") && reading.lower()[..span.start].ends_with(" to ") {
        return None;
    }
    let mut query = reading.aligned.clone();
    each_expr_mut(&mut query, &mut |expr| {
        if let ExprKind::Binary(_, op, right) = &mut expr.kind
            && slot_of(right) == Some(slot)
        {
            *op = *new;
        }
    });
    let draft = reading.draft.to(replaced(&reading.draft.question, vec![(span, word)]), query);
    Some(draft.without_slots())
}

/// How the query compares with the number of a slot, and whether rows of which there are none are missing from what it
/// compares: counts, and sums over a join. None where the number stands elsewhere too.
fn compared(reading: &Reading<'_>, slot: Slot) -> Option<(BinaryOp, bool)> {
    let (mut found, mut uses, mut joins) = (vec![], 0, false);
    each_select(&reading.aligned, &mut |select| joins |= select.from.len() > 1);
    let leaves_out = |function: &str| function == "COUNT" || (joins && function == "SUM");
    each_expr_of_query(&reading.aligned, &mut |expr| {
        uses += usize::from(slot_of(expr) == Some(slot));
        // What a CASE tells apart has names for both sides.
        if matches!(expr.kind, ExprKind::Case { .. }) {
            sql::visit::each_expr(expr, &mut |part| uses += usize::from(slot_of(part) == Some(slot)));
        }
        if let ExprKind::Binary(left, op, right) = &expr.kind
            && slot_of(right) == Some(slot)
        {
            let counts = matches!(&left.kind, ExprKind::Call(call) if leaves_out(&call.function));
            found.push((*op, counts));
        }
    });
    if let ([one], 1) = (&found[..], uses) { Some(*one) } else { None }
}

fn slot_of(expr: &Expr) -> Option<Slot> {
    if let ExprKind::Literal(literal) = &expr.kind { literal.slot.map(|used| used.slot) } else { None }
}

/// The number that follows a phrase.
fn number_after(reading: &Reading<'_>, span: TextSpan) -> Option<Slot> {
    let numbers = reading.normalized.slots.iter().filter(|filled| filled.slot.kind == SlotKind::Num);
    let mut behind = numbers.filter(|n| n.span.start >= span.end);
    let gap =
        |n: &&FilledSlot| reading.draft.question[span.end..n.span.start].trim_matches([' ', '$', '€', '£']).is_empty();
    let found = behind.find(gap)?;
    // Of a number that is said twice, the query may hold the other one.
    let same = |other: &&FilledSlot| reading.at(other.span).eq_ignore_ascii_case(reading.at(found.span));
    (found.again.is_empty() && reading.normalized.slots.iter().filter(same).count() == 1).then_some(found.slot)
}

/// The other end of a ranking, where the query orders by one thing that is never missing and the question has one
/// superlative and no other word of either end.
pub fn direction(world: &World<'_>, reading: &Reading<'_>) -> Option<Draft> {
    let words = SUPERLATIVES.iter().flat_map(|(most, least)| [*most, *least]);
    let (span, word) = only(reading, words)?;
    let lower = reading.lower();
    if OTHER_ENDS.split(", ").any(|other| !occurrences(&lower, other).is_empty()) {
        return None;
    }
    let pair = SUPERLATIVES.iter().find(|(most, least)| *most == word || *least == word)?;
    let opposite = if pair.0 == word { pair.1 } else { pair.0 };
    let mut query = reading.draft.query.clone();
    turn(world, reading, &mut query)?;
    Some(reading.draft.to(replaced(&reading.draft.question, vec![(span, opposite.to_owned())]), query))
}

/// Turns the order of the rows that are cut off, or the one extreme that is looked for where nothing is ordered.
fn turn(world: &World<'_>, reading: &Reading<'_>, query: &mut Query) -> Option<()> {
    if query.limit.is_some() && !query.order_by.is_empty() {
        let is_sure = |column: &ColumnId| world.catalog.column(*column).not_null;
        let columns = reading.columns_in(&query.order_by[0].expr);
        let first = query.order_by.first_mut()?;
        if matches!(first.expr.kind, ExprKind::Output(_)) || !columns.iter().all(is_sure) {
            return None;
        }
        first.descending = !first.descending;
        return Some(());
    }
    // The superlative may be the order's.
    if !query.order_by.is_empty() {
        return None;
    }
    let mut turned = 0;
    each_expr_mut(query, &mut |expr| {
        if let ExprKind::Call(call) = &mut expr.kind {
            let other = match call.function.as_str() {
                "MAX" => "MIN",
                "MIN" => "MAX",
                _ => return,
            };
            call.function = other.to_owned();
            turned += 1;
        }
    });
    (turned == 1).then_some(())
}

/// A value of another closed list of the same table, where a value stands right before the noun and its column is not
/// named.
pub fn value(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let named: Vec<ColumnId> = reading.mentions.iter().filter_map(|m| column_of(m.target)).collect();
    let mut found = vec![];
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        if let Some((column, text)) = text_filter(reading, expr)
            && !named.contains(&column)
            && is_closed(world, column)
        {
            found.push((column, text));
        }
    });
    let (column, text) = dice.pick(&found)?.clone();
    let spans = occurrences(&reading.lower(), &text);
    let [span] = spans[..] else { return None };
    let mut after = reading.mentions.iter().filter(|m| matches!(m.target, Target::Table(_)));
    if !after.any(|m| m.span.start == span.end + 1) {
        return None;
    }
    let used = columns_used(&reading.draft.query, &reading.sources);
    let others: Vec<ColumnId> = world.columns(column.table, |_| true);
    let others: Vec<ColumnId> =
        others.into_iter().filter(|c| *c != column && !used.contains_key(c) && is_closed(world, *c)).collect();
    let other = *dice.pick(&others)?;
    let Some(Value::Text(new)) = dice.pick(world.samples.get(&other)?) else { return None };
    let mut query = reading.draft.query.clone();
    each_expr_mut(&mut query, &mut |expr| {
        if text_filter(reading, expr).is_some_and(|known| known == (column, text.clone()))
            && let ExprKind::Binary(a, _, b) = &mut expr.kind
            && let ExprKind::Column { column: at, .. } = &mut a.kind
        {
            *at = other.column;
            **b = Expr::value(Value::Text(new.clone()));
        }
    });
    let said = if dice.chance(0.5) { new.to_lowercase() } else { new.clone() };
    Some(reading.draft.to(replaced(&reading.draft.question, vec![(span, said)]), query))
}

/// Short lists whose values read as adjectives.
fn is_closed(world: &World<'_>, column: ColumnId) -> bool {
    let few = world.samples.get(&column).is_some_and(|values| (2..=12).contains(&values.len()));
    few && matches!(world.role(column), Role::Dimension | Role::Status)
}

/// `column = 'text'`.
fn text_filter(reading: &Reading<'_>, expr: &Expr) -> Option<(ColumnId, String)> {
    let ExprKind::Binary(a, BinaryOp::Eq, b) = &expr.kind else { return None };
    let (ExprKind::Column { source, column }, ExprKind::Literal(literal)) = (&a.kind, &b.kind) else { return None };
    let Value::Text(text) = &literal.value else { return None };
    Some((ColumnId { table: *reading.sources.get(source)?, column: *column }, text.clone()))
}
