//! A condition less: a clause, an adjective or a phrase that says one condition goes with it.

use std::collections::BTreeSet;

use schema::slot::{FilledSlot, Slot, TextSpan};
use schema::{ColumnId, TableId};
use sql::tree::{BinaryOp, Expr, ExprKind, Query, UnaryOp};
use sql::visit::{each_expr, each_expr_of_query, each_query, each_query_mut, each_select};

use super::super::dice::Dice;
use super::super::world::World;
use super::mention::{Target, table_phrases};
use super::text::{capitalised, clauses, without, words};
use super::{Draft, Reading, occurrences};

/// Words that a clause about one condition may hold beside its values and the names of its column and table.
const OF_CONDITIONS: &str = "a all an and any are at be been but by consider considering count currently do don does \
    exclude excluded excluding empty except filled filter filtered for from given has have having i ignore in include \
    into is it just keep known leave left limit limited look looking matter mean missing must need no not now null of \
    off omit on one ones only or out over please present recorded restrict restricted rows set should skip status still \
    take than that the their them there these they this those to under unknown up value want whose where which who \
    whole with without year more less least most above below between exceeding greater higher lower larger smaller \
    fewer during since until before after later earlier on count counts blank blanks currently today s t";
/// Words before a value that belong to its condition.
const BEFORE_VALUES: &str = "a above after an are at before below between by currently during equal exactly exceeding from \
    greater has have having higher in is larger least less lower more most not of on other outside over since smaller \
    than that the their to under until up whose where which who with without and";
/// Words that a condition behind a noun begins with.
const OPENERS: [&str; 14] = [
    "with", "whose", "where", "in", "from", "during", "since", "that", "which", "who", "having", "without", "after",
    "before",
];

/// Words that speak of what another part of the question said.
const LEANING: [&str; 5] = ["it", "them", "they", "those", "these"];

/// A condition of the query that may go: what of it stands in which SELECT, and what it reads.
struct Loose {
    /// The sources of the SELECT it belongs to, as the mark of that SELECT.
    select: usize,
    /// Positions among the conjuncts.
    conjuncts: Vec<usize>,
    slots: BTreeSet<Slot>,
    columns: BTreeSet<ColumnId>,
    /// Whether it says which values rows must not have.
    negated: bool,
}

/// The draft without one of its conditions.
pub fn condition(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let mut candidates = loose(reading);
    dice.shuffle(&mut candidates);
    let (question, gone) = candidates.iter().find_map(|one| Some((unsaid(world, reading, one)?, one)))?;
    let names_rows = reading.mentions.iter().any(|m| matches!(m.target, Target::Table(_)));
    let left_over = question.trim_end_matches(['.', '?', '!', ' ']).ends_with([':', ',', ';', '(']);
    if words(&question).len() < 2 || !names_rows || left_over {
        return None;
    }
    let mut query = reading.draft.query.clone();
    let mut at = 0;
    each_query_mut(&mut query, &mut |q| {
        if at == gone.select
            && let Some(select) = q.select_mut()
        {
            select.filter = select.filter.take().and_then(|filter| rest(&filter, &gone.conjuncts));
        }
        at += 1;
    });
    let is_dead = |column: &ColumnId| is_dead(world, reading, (&question, &query), column.table);
    (!gone.columns.iter().any(is_dead)).then(|| reading.draft.to(question, query))
}

/// Whether a table is left in a query for nothing: read in one condition of a join alone, and not named.
fn is_dead(world: &World<'_>, reading: &Reading<'_>, (question, query): (&str, &Query), table: TableId) -> bool {
    let reads = |expr: &Expr| reading.columns_in(expr).iter().filter(|column| column.table == table).count();
    let (mut all, mut joins) = (0, vec![]);
    each_expr_of_query(query, &mut |expr| {
        all += usize::from(matches!(expr.kind, ExprKind::Column { .. }) && reads(expr) > 0);
    });
    each_select(query, &mut |select| {
        let conditions = select.from.iter().filter_map(|source| source.on.as_ref()).map(reads);
        joins.extend(conditions.filter(|n| *n > 0));
    });
    let is_named = table_phrases(world, table).iter().any(|(phrase, _)| !occurrences(question, phrase).is_empty());
    joins.len() == 1 && joins[0] == all && !is_named
}

fn rest(filter: &Expr, gone: &[usize]) -> Option<Expr> {
    let parts = filter.conjuncts();
    let kept = parts.into_iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, part)| part.clone());
    kept.reduce(Expr::and)
}

/// Conditions whose values stand for nothing else in the query, or that test one column for NULL once.
fn loose(reading: &Reading<'_>) -> Vec<Loose> {
    let mut found: Vec<Loose> = vec![];
    let mut select = 0;
    each_query(&reading.aligned, &mut |query| {
        let filter = query.select().and_then(|s| s.filter.as_ref());
        let parts = filter.map(Expr::conjuncts).unwrap_or_default();
        for (at, part) in parts.into_iter().enumerate() {
            let Some(slots) = slots_of(part) else { continue };
            let columns: BTreeSet<ColumnId> = reading.columns_in(part).into_iter().collect();
            match found.iter_mut().find(|l| l.select == select && !slots.is_empty() && l.slots == slots) {
                Some(same) => {
                    same.conjuncts.push(at);
                    same.columns.extend(columns);
                }
                None => found.push(Loose { select, conjuncts: vec![at], slots, columns, negated: is_negated(part) }),
            }
        }
        select += 1;
    });
    found.retain(|one| one.columns.len() == 1 && is_only_use(reading, one) && is_said_once(reading, one));
    found
}

fn is_negated(part: &Expr) -> bool {
    let mut found = false;
    each_expr(part, &mut |expr| {
        found |= matches!(
            expr.kind,
            ExprKind::Binary(_, BinaryOp::NotEq, _)
                | ExprKind::Unary(UnaryOp::Not, _)
                | ExprKind::InList { negated: true, .. }
                | ExprKind::Like { negated: true, .. }
        );
    });
    found
}

/// Whether the table is used once, its column tested once, and each value said once.
fn is_said_once(reading: &Reading<'_>, one: &Loose) -> bool {
    let Some(column) = one.columns.first() else { return false };
    let uses = reading.sources.values().filter(|table| **table == column.table).count();
    let mut tests = 0;
    each_query(&reading.aligned, &mut |query| {
        let parts = query.select().and_then(|s| s.filter.as_ref()).map(Expr::conjuncts).unwrap_or_default();
        tests += parts.into_iter().filter(|part| reading.columns_in(part).contains(column)).count();
    });
    let lower = reading.lower();
    let once = |span: TextSpan| lower.matches(&lower[span.start..span.end]).count() == 1;
    uses == 1 && tests == one.conjuncts.len() && spans_of(reading, one).into_iter().all(once)
}

/// The slots of a condition; none where it holds a value of no slot, a subquery, or another column beside them.
fn slots_of(part: &Expr) -> Option<BTreeSet<Slot>> {
    let mut slots = BTreeSet::new();
    let mut is_simple = true;
    each_expr(part, &mut |expr| match &expr.kind {
        ExprKind::Literal(literal) => match literal.slot {
            Some(slot) => {
                slots.insert(slot.slot);
            }
            None => is_simple = false,
        },
        ExprKind::Exists { .. } | ExprKind::InQuery { .. } | ExprKind::Scalar(_) | ExprKind::Call(_) => {
            is_simple = false
        }
        _ => {}
    });
    let tests_null = matches!(part.kind, ExprKind::IsNull { .. });
    (is_simple && (tests_null || !slots.is_empty())).then_some(slots)
}

fn is_only_use(reading: &Reading<'_>, one: &Loose) -> bool {
    let (mut inside, mut all, mut nulls) = (0, 0, 0);
    let mut at = 0;
    let of_slots = |query: &Query, n: &mut usize| {
        each_expr_of_query(query, &mut |expr| {
            *n += usize::from(
                matches!(&expr.kind, ExprKind::Literal(l) if l.slot.is_some_and(|s| one.slots.contains(&s.slot))),
            );
        });
    };
    of_slots(&reading.aligned, &mut all);
    each_query(&reading.aligned, &mut |query| {
        if at == one.select {
            let parts = query.select().and_then(|s| s.filter.as_ref()).map(Expr::conjuncts).unwrap_or_default();
            for &gone in &one.conjuncts {
                each_expr(parts[gone], &mut |expr| {
                    inside += usize::from(matches!(&expr.kind, ExprKind::Literal(l) if l.slot.is_some()));
                });
            }
        }
        at += 1;
    });
    each_expr_of_query(&reading.aligned, &mut |expr| {
        if let ExprKind::IsNull { operand, .. } = &expr.kind {
            nulls += usize::from(reading.columns_in(operand).into_iter().collect::<BTreeSet<_>>() == one.columns);
        }
    });
    inside == all && (!one.slots.is_empty() || nulls == 1)
}

/// The question without the words of a condition; none where they cannot be told from the rest.
fn unsaid(world: &World<'_>, reading: &Reading<'_>, one: &Loose) -> Option<String> {
    if let Some(span) = clause(reading, one) {
        return (!leans(reading, after_clause(reading, span))).then(|| without(&reading.draft.question, span));
    }
    let value = *spans_of(reading, one).first()?;
    let around = clauses(&reading.draft.question, &reading.values()).into_iter().find(|c| within(value, *c));
    if leans(reading, around) || leans(reading, after_clause(reading, around?)) {
        return None;
    }
    adjective(reading, one).or_else(|| phrase(world, reading, one))
}

fn after_clause(reading: &Reading<'_>, clause: TextSpan) -> Option<TextSpan> {
    clauses(&reading.draft.question, &reading.values()).into_iter().find(|other| other.start >= clause.end)
}

/// Whether a clause speaks of what was said before: of "Kiosks have no place in it" nothing may go.
fn leans(reading: &Reading<'_>, clause: Option<TextSpan>) -> bool {
    let text = clause.map(|clause| reading.at(clause).to_ascii_lowercase()).unwrap_or_default();
    words(&text).into_iter().any(|word| LEANING.contains(&&text[word.start..word.end]))
}

fn spans_of(reading: &Reading<'_>, one: &Loose) -> Vec<TextSpan> {
    reading.normalized.slots.iter().filter(|f| one.slots.contains(&f.slot)).flat_map(FilledSlot::spans).collect()
}

fn within(inner: TextSpan, outer: TextSpan) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// A clause of its own that says this condition and nothing else.
fn clause(reading: &Reading<'_>, one: &Loose) -> Option<TextSpan> {
    let values = spans_of(reading, one);
    let is_of_one = |target: Target| match target {
        Target::Column(column) => one.columns.contains(&column),
        Target::Table(_) => true,
    };
    let said = |clause: &TextSpan| {
        let inside: Vec<_> = reading.mentions.iter().filter(|m| within(m.span, *clause)).collect();
        let others = reading.values().into_iter().any(|v| within(v, *clause) && !values.contains(&v));
        let named = inside.iter().any(|m| matches!(m.target, Target::Column(c) if one.columns.contains(&c)));
        let explained = |word: TextSpan| {
            inside.iter().map(|m| m.span).chain(values.iter().copied()).any(|span| within(word, span))
                || is_in(OF_CONDITIONS, &reading.at(word).to_ascii_lowercase())
        };
        let offset = |w: TextSpan| TextSpan { start: w.start + clause.start, end: w.end + clause.start };
        !others
            && values.iter().all(|v| within(*v, *clause))
            && (named || !values.is_empty())
            && inside.iter().all(|m| is_of_one(m.target))
            && has_marker(reading, *clause, one)
            && words(reading.at(*clause)).into_iter().all(|word| explained(offset(word)))
    };
    let rows_named_elsewhere = |clause: &TextSpan| {
        reading.mentions.iter().any(|m| matches!(m.target, Target::Table(_)) && !within(m.span, *clause))
    };
    clauses(&reading.draft.question, &reading.values()).into_iter().find(|c| said(c) && rows_named_elsewhere(c))
}

/// Whether a clause restricts rows rather than asking for a column.
fn has_marker(reading: &Reading<'_>, clause: TextSpan, one: &Loose) -> bool {
    let markers =
        ["without", "missing", "empty", "blank", "no", "null", "known", "set", "filled", "recorded", "blanks"];
    let text = reading.at(clause).to_ascii_lowercase();
    !one.slots.is_empty() || words(&text).into_iter().any(|w| markers.contains(&&text[w.start..w.end]))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// "active projects": the value right before the noun.
fn adjective(reading: &Reading<'_>, one: &Loose) -> Option<String> {
    // "Leave out closed shops" is not "leave out shops".
    if one.negated {
        return None;
    }
    let [value] = spans_of(reading, one)[..] else { return None };
    let text = &reading.draft.question;
    let noun =
        reading.mentions.iter().find(|m| matches!(m.target, Target::Table(_)) && m.span.start == value.end + 1)?;
    let before = text[..value.start].trim_end().to_ascii_lowercase();
    let last = before.rsplit([' ', '(']).next().unwrap_or_default();
    if ["and", "or", "not", "non", "no", "but", "nor", "than"].contains(&last) || before.ends_with(['-', '/', ',']) {
        return None;
    }
    let column_named =
        reading.mentions.iter().any(|m| matches!(m.target, Target::Column(c) if one.columns.contains(&c)));
    if column_named {
        return None;
    }
    let noun_text = reading.at(noun.span);
    let noun_text = if value.start == 0 { capitalised(noun_text) } else { noun_text.to_owned() };
    let span = TextSpan { start: value.start, end: noun.span.end };
    Some(super::replaced(text, vec![(span, noun_text)]))
}

/// "… with status Active", "… that started in 2025": the words before the values up to one that begins a condition.
fn phrase(world: &World<'_>, reading: &Reading<'_>, one: &Loose) -> Option<String> {
    let text = &reading.draft.question;
    let lower = reading.lower();
    let values = spans_of(reading, one);
    let (first, last) = (values.iter().map(|v| v.start).min()?, values.iter().map(|v| v.end).max()?);
    let end = column_after(reading, one, last).unwrap_or(last);
    let rest = lower[end..].trim_start();
    let next = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let joined = ["and", "or", "to", "nor", "only", "ones", "as", "on", "onward", "onwards"].contains(&next)
        || rest.starts_with(['-', '/', '%', '\'', '+', '&', '(']);
    let between =
        words(&text[first..last]).into_iter().map(|w| TextSpan { start: w.start + first, end: w.end + first });
    let mut between = between.filter(|w| !values.iter().any(|v| within(*w, *v)));
    if joined || !between.all(|w| ["and", "or", "to", "nor"].contains(&&lower[w.start..w.end])) {
        return None;
    }
    let start = opened_at(world, reading, one, first)?;
    let before = lower[..start].trim_end();
    // What is left of "have an end date before May" still says that there is one.
    if own_phrases(world, reading, one).iter().any(|span| span.end == before.len()) {
        return None;
    }
    // Behind anything but a name or a value, something would hang in the air: "priced in EUR".
    let ends = |span: TextSpan| span.end == before.len();
    if !reading.mentions.iter().map(|m| m.span).chain(reading.values()).any(ends) {
        return None;
    }
    let previous = before.rsplit(' ').next().unwrap_or_default();
    let bad = ["and", "or", "not", "but", "except", "is", "are", "than", "no", "of", "be", "as"];
    if bad.contains(&previous) || before.is_empty() || before.ends_with(['-', '/', ',', '(', '.', '?', ':', ';']) {
        return None;
    }
    Some(format!("{}{}", text[..start].trim_end(), spaced(&text[end..])))
}

fn spaced(rest: &str) -> String {
    let rest = rest.trim_start();
    let joint = if rest.is_empty() || rest.starts_with(['.', ',', '?', '!', ';', ':', ')']) { "" } else { " " };
    format!("{joint}{rest}")
}

/// The end of the column's name right behind its value: "in the IT department".
fn column_after(reading: &Reading<'_>, one: &Loose, end: usize) -> Option<usize> {
    let is_own = |target: Target| matches!(target, Target::Column(c) if one.columns.contains(&c));
    reading.mentions.iter().find(|m| m.span.start == end + 1 && is_own(m.target)).map(|m| m.span.end)
}

/// Where the condition begins that ends before the values: back over its words to the first of them.
fn opened_at(world: &World<'_>, reading: &Reading<'_>, one: &Loose, first: usize) -> Option<usize> {
    let lower = reading.lower();
    let own = own_phrases(world, reading, one);
    let (mut at, mut opener) = (first, None);
    loop {
        let before = lower[..at].trim_end().len();
        if let Some(span) = own.iter().find(|span| span.end == before) {
            at = span.start;
            continue;
        }
        let word = words(&lower[..before]).into_iter().next_back().filter(|w| w.end == before);
        let Some(word) = word.filter(|w| is_in(BEFORE_VALUES, &lower[w.start..w.end])) else { return opener };
        if OPENERS.contains(&&lower[word.start..word.end]) {
            opener = Some(word.start);
        }
        at = word.start;
    }
}

/// Where the column of a condition is named, ranked or done: "budget", "costing more than", "started".
fn own_phrases(world: &World<'_>, reading: &Reading<'_>, one: &Loose) -> Vec<TextSpan> {
    let lower = reading.lower();
    let is_own = |target: Target| matches!(target, Target::Column(c) if one.columns.contains(&c));
    let mut found: Vec<TextSpan> = reading.mentions.iter().filter(|m| is_own(m.target)).map(|m| m.span).collect();
    for column in &one.columns {
        let Some(terms) = world.glossary.column(world.catalog, *column) else { continue };
        for phrase in [&terms.more, &terms.less, &terms.verb].into_iter().flatten() {
            found.extend(occurrences(&lower, phrase));
        }
    }
    found.sort_by_key(|span| span.start);
    found
}
