//! Random queries that the matcher admits: for tests, measurement, and a first look at what a grammar can say.

use super::Matcher;
use super::grammar::kind;
use super::window::FRAMES;
use crate::bitset::BitSet;
use crate::calendar::Step;
use crate::lexeme::{ColumnRef, Lexeme, TableRef, Word};
use crate::tree::{SlotPart, SlotUse};

/// Walks the matcher to its end. `choose(n)` gives a number below `n`: first the sort of lexeme, then one of its sort,
/// so that hundreds of columns do not drown the keywords. Ties to an enclosing query and half-open ranges, which need
/// several lucky choices in a row, are helped along. Returns the lexemes after those the matcher had already taken.
pub fn walk(matcher: &mut Matcher, choose: &mut dyn FnMut(usize) -> usize) -> Vec<Lexeme> {
    let mut mask = BitSet::default();
    let (mut walked, mut planned): (Vec<Lexeme>, Vec<u32>) = (Vec::new(), Vec::new());
    while !matcher.is_finished() {
        matcher.mask(&mut mask);
        let planned_next = planned.pop().filter(|id| mask.contains(*id));
        if planned_next.is_none() {
            planned.clear();
        }
        let Some(id) = planned_next.or_else(|| pick(matcher, &mask, choose)) else { break };
        matcher.advance_allowed(id);
        walked.push(matcher.grammar.lexemes[id as usize]);
        if planned.is_empty() && choose(4) == 0 {
            planned = half_open_range(matcher, id);
        }
    }
    walked
}

/// The sort of the conditions that tie a subquery to the enclosing query.
const TIES: u16 = 104;
/// The sort of a join with a CTE of one row, which needs luck as well.
const CROSS: u16 = 113;
/// The sort of the words that open a CTE.
const WITH: u16 = 1008;
/// The sort of the words that open a calendar.
const CALENDAR: u16 = 1009;
/// The sort of the AND after a left join's key.
const NARROWING: u16 = 1010;
/// The sort of joins of two tables without a key.
const FREE_JOIN: u16 = 114;
/// The sort of the words that open a window.
const WINDOW: u16 = 1014;
/// The sort of functions of a number.
const FUNCTION: u16 = 1011;
/// The sort of functions of a text.
const TEXT: u16 = 1015;
/// The sort of a subquery as an operand.
const SCALAR: u16 = Word::Scalar as u16;
/// Sorts that come less often than others: once in so many times.
const RARE: [(u16, usize); 8] =
    [(WITH, 2), (CALENDAR, 8), (FREE_JOIN, 10), (NARROWING, 20), (WINDOW, 2), (FUNCTION, 6), (SCALAR, 4), (TEXT, 3)];

/// A lexeme of the mask: first its sort, then itself.
fn pick(matcher: &Matcher, mask: &BitSet, choose: &mut dyn FnMut(usize) -> usize) -> Option<u32> {
    let mut sorts: Vec<(u16, Vec<u32>)> = Vec::new();
    for id in mask.iter() {
        let lexeme = matcher.grammar.lexemes[id as usize];
        let narrows = lexeme == Lexeme::Word(Word::And) && matcher.level().narrows;
        let sort = if narrows { NARROWING } else { sort_of(lexeme, matcher.grammar.tables) };
        match sorts.iter_mut().find(|(s, _)| *s == sort) {
            Some((_, ids)) => ids.push(id),
            None => sorts.push((sort, vec![id])),
        }
    }
    if sorts.is_empty() {
        return None;
    }
    for (rare, one_in) in RARE {
        if sorts.len() > 1 && sorts.iter().any(|(sort, _)| *sort == rare) && choose(one_in) != 0 {
            sorts.retain(|(sort, _)| *sort != rare);
        }
    }
    let ties = sorts.iter().position(|(sort, _)| matches!(*sort, TIES | CROSS)).filter(|_| choose(3) > 0);
    let (_, ids) = &sorts[ties.unwrap_or_else(|| choose(sorts.len()))];
    Some(ids[choose(ids.len())])
}

/// Words of one use are one sort, other words are each their own; other lexemes go by what they are, slots by kind and
/// part. A constant where arithmetic may begin is of the sort of its bracket.
fn sort_of(lexeme: Lexeme, tables: usize) -> u16 {
    let is_cte = |table: TableRef| usize::from(table.table.0) >= tables;
    match lexeme {
        Lexeme::Word(word) => match word {
            Word::CountStar | Word::Count | Word::CountDistinct | Word::Sum | Word::Avg | Word::Min | Word::Max => 1000,
            Word::Plus | Word::Minus | Word::Times | Word::Divide => 1001,
            Word::Eq | Word::NotEq | Word::Lt | Word::LtEq | Word::Gt | Word::GtEq => 1002,
            Word::IsNull | Word::IsNotNull => 1003,
            Word::Like | Word::NotLike => 1004,
            Word::Exists | Word::NotExists => 1005,
            Word::Open | Word::Days => 1006,
            Word::With | Word::WithSecond | Word::WithThird => WITH,
            Word::Coalesce | Word::NullIf | Word::Abs | Word::Round => FUNCTION,
            Word::Upper | Word::Lower | Word::Length | Word::Beginning | Word::OrElse | Word::ToNumber => TEXT,
            Word::OrZero | Word::ToTenths | Word::ToHundredths => 1012,
            Word::EachDay | Word::EachWeek | Word::EachMonth | Word::EachQuarter | Word::EachYear => CALENDAR,
            Word::Union | Word::UnionAll | Word::Intersect | Word::Except => 1007,
            word if word.opens_window() => WINDOW,
            word if FRAMES.contains(&word) => 1013,
            other => other as u16,
        },
        Lexeme::Table(table) if is_cte(table) => 110,
        Lexeme::Column(column) if is_cte(column.table_ref()) => 111,
        Lexeme::JoinOn(table) | Lexeme::LeftJoinOn(table) if is_cte(table) => 112,
        Lexeme::Cross(_) => CROSS,
        Lexeme::JoinOn(_) | Lexeme::LeftJoinOn(_) => FREE_JOIN,
        Lexeme::Table(_) => 100,
        Lexeme::Column(_) => 101,
        Lexeme::Join(_) | Lexeme::LeftJoin(_) => 102,
        Lexeme::Correlate(_) => TIES,
        Lexeme::Constant(_) => 1006,
        Lexeme::Alias(_) => 106,
        Lexeme::Output(_) => 107,
        Lexeme::Slot(slot) => 200 + 10 * slot.slot.kind as u16 + slot.part as u16,
    }
}

/// `>= start AND x < end` after a day's column, last lexeme first; nothing where there is no range.
fn half_open_range(matcher: &Matcher, column: u32) -> Vec<u32> {
    let is_time =
        matcher.source_column(column).is_some_and(|c| matcher.level().facts(matcher.grammar, c).kinds == kind::TIME);
    let (Some(start), true) = (matcher.slots.range_ends(SlotPart::Start).next(), is_time) else { return Vec::new() };
    let end = SlotUse { part: SlotPart::End, ..start };
    let word = |word| matcher.grammar.word(word);
    vec![matcher.slot_id(end), word(Word::Lt), column, word(Word::And), matcher.slot_id(start), word(Word::GtEq)]
}

/// The constructs of a query, each once, in the order of [`CONSTRUCTS`].
pub fn constructs(lexemes: &[Lexeme]) -> Vec<&'static str> {
    CONSTRUCTS.iter().filter(|(_, has)| has(lexemes)).map(|(name, _)| *name).collect()
}

type Has = fn(&[Lexeme]) -> bool;

/// What is counted in walks: a name, and whether a query has it.
pub const CONSTRUCTS: [(&str, Has); 71] = [
    ("inner join", |q| q.iter().any(|l| matches!(l, Lexeme::Join(_)))),
    ("left join", |q| q.iter().any(|l| matches!(l, Lexeme::LeftJoin(_)))),
    ("three tables", |q| joins(q) >= 2),
    ("four tables", |q| joins(q) >= 3),
    ("table twice", |q| q.iter().any(|l| matches!(l, Lexeme::Join(e) | Lexeme::LeftJoin(e) if e.new == 2))),
    ("distinct", |q| has(q, Word::Distinct)),
    ("count rows", |q| has(q, Word::CountStar)),
    ("count column", |q| has(q, Word::Count)),
    ("count distinct", |q| has(q, Word::CountDistinct)),
    ("sum", |q| has(q, Word::Sum)),
    ("avg", |q| has(q, Word::Avg)),
    ("min", |q| has(q, Word::Min)),
    ("max", |q| has(q, Word::Max)),
    ("arithmetic", |q| has(q, Word::Plus) || has(q, Word::Minus) || has(q, Word::Times)),
    ("parentheses", |q| has(q, Word::Open)),
    ("ratio", |q| has(q, Word::Divide)),
    ("case", |q| has(q, Word::CaseWhen)),
    ("case as an output", |q| q.windows(2).any(|w| opens_output(w[0]) && w[1] == Lexeme::Word(Word::CaseWhen))),
    ("else", |q| has(q, Word::Else)),
    ("text as an output", |q| q.windows(2).any(|w| matches!(w, [Lexeme::Slot(_), Lexeme::Alias(_)]))),
    ("days between", |q| has(q, Word::Days)),
    ("days of a group", |q| q.windows(2).any(|w| is_day_of_group(w[0], w[1]))),
    ("group by", |q| has(q, Word::GroupBy)),
    ("having", |q| has(q, Word::Having)),
    ("order by", |q| has(q, Word::OrderBy)),
    ("order by output", |q| q.iter().any(|l| matches!(l, Lexeme::Output(_)))),
    ("descending", |q| has(q, Word::Desc)),
    ("limit", |q| has(q, Word::Limit)),
    ("in list", |q| has(q, Word::InList)),
    ("not in list", |q| has(q, Word::NotInList)),
    ("in subquery", |q| has(q, Word::InQuery)),
    ("not in subquery", |q| has(q, Word::NotInQuery)),
    ("exists", |q| has(q, Word::Exists)),
    ("not exists", |q| has(q, Word::NotExists)),
    ("scalar subquery", |q| has(q, Word::Scalar)),
    ("correlated scalar", correlated_scalar),
    ("subquery in an output", |q| outputs_with(q, |l| matches!(l, Lexeme::Word(Word::Scalar)))),
    ("tied subquery in an output", |q| outputs_with(q, |l| matches!(l, Lexeme::Correlate(_)))),
    ("coalesce", |q| has(q, Word::Coalesce)),
    ("nullif", |q| has(q, Word::NullIf)),
    ("abs", |q| has(q, Word::Abs)),
    ("function of a text", |q| TEXT_CALLS.into_iter().any(|word| has(q, word))),
    ("joined texts", |q| has(q, Word::Concat)),
    ("round", |q| has(q, Word::Round)),
    ("null test", |q| has(q, Word::IsNull) || has(q, Word::IsNotNull)),
    ("like", |q| has(q, Word::Like) || has(q, Word::NotLike)),
    ("between", |q| has(q, Word::Between)),
    ("half-open range", half_open),
    ("or group", |q| has(q, Word::OrOpen)),
    ("and within or", and_within_or),
    ("columns compared", columns_compared),
    ("union", |q| has(q, Word::Union)),
    ("union all", |q| has(q, Word::UnionAll)),
    ("intersect", |q| has(q, Word::Intersect)),
    ("except", |q| has(q, Word::Except)),
    ("cte", |q| has(q, Word::With)),
    ("second cte", |q| has(q, Word::WithSecond)),
    ("row number", |q| has(q, Word::RowNumber)),
    ("rank", |q| has(q, Word::Rank) || has(q, Word::DenseRank)),
    ("ntile", |q| has(q, Word::Quartile) || has(q, Word::Decile)),
    ("lag or lead", |q| has(q, Word::Lag) || has(q, Word::Lead)),
    ("total over a window", |q| [Word::CountOver, Word::SumOver, Word::AvgOver].into_iter().any(|w| has(q, w))),
    ("least or greatest of a window", |q| has(q, Word::MinOver) || has(q, Word::MaxOver)),
    ("partition by", |q| has(q, Word::PartitionBy)),
    ("frame", |q| FRAMES.into_iter().any(|word| has(q, word))),
    ("calendar", |q| Step::ALL.iter().any(|(_, word, _)| has(q, *word))),
    ("join by order of days", join_by_order),
    ("condition in a left join", condition_in_left_join),
    ("join without a key", |q| q.iter().any(|l| matches!(l, Lexeme::JoinOn(_)))),
    ("left join without a key", |q| q.iter().any(|l| matches!(l, Lexeme::LeftJoinOn(_)))),
    ("cross join of one row", |q| q.iter().any(|l| matches!(l, Lexeme::Cross(_)))),
];

fn has(query: &[Lexeme], word: Word) -> bool {
    query.contains(&Lexeme::Word(word))
}

const TEXT_CALLS: [Word; 6] = [Word::Upper, Word::Lower, Word::Length, Word::Beginning, Word::OrElse, Word::ToNumber];

fn opens_output(lexeme: Lexeme) -> bool {
    matches!(lexeme, Lexeme::Word(Word::Select | Word::Distinct | Word::Comma))
}

fn is_day_of_group(a: Lexeme, b: Lexeme) -> bool {
    matches!(a, Lexeme::Word(Word::Days | Word::DaysFrom)) && matches!(b, Lexeme::Word(Word::Min | Word::Max))
}

fn joins(query: &[Lexeme]) -> usize {
    query.iter().filter(|l| matches!(l, Lexeme::Join(_) | Lexeme::LeftJoin(_))).count()
}

/// A correlation of a subquery that is no EXISTS: its level was opened by a SELECT.
fn correlated_scalar(query: &[Lexeme]) -> bool {
    let mut opened = Vec::new();
    for lexeme in query {
        match lexeme {
            Lexeme::Word(Word::Select) => opened.push(true),
            Lexeme::Word(Word::Exists | Word::NotExists) => opened.push(false),
            Lexeme::Correlate(_) if opened.last() == Some(&true) => return true,
            _ => {}
        }
    }
    false
}

/// Whether such a lexeme stands in an output of a whole query: between SELECT and the FROM that belongs to it.
fn outputs_with(query: &[Lexeme], is: fn(&Lexeme) -> bool) -> bool {
    // For each open SELECT: whether its FROM has come.
    let mut levels: Vec<bool> = Vec::new();
    let mut last = None;
    for lexeme in query {
        if levels.first() == Some(&false) && is(lexeme) {
            return true;
        }
        match lexeme {
            Lexeme::Word(Word::Select) if last == Some(&Lexeme::Word(Word::Scalar)) => levels.push(false),
            Lexeme::Word(Word::Select) => levels = vec![false],
            Lexeme::Word(Word::From) => {
                if let Some(level) = levels.iter_mut().rev().find(|come| !**come) {
                    *level = true;
                }
            }
            _ => {}
        }
        last = Some(lexeme);
    }
    false
}

fn half_open(query: &[Lexeme]) -> bool {
    let ends = |window: &[Lexeme]| match window {
        [Lexeme::Column(a), _, Lexeme::Slot(start), _, Lexeme::Column(b), _, Lexeme::Slot(end)] => {
            a == b && start.slot == end.slot && start.part == SlotPart::Start && end.part == SlotPart::End
        }
        _ => false,
    };
    query.windows(7).any(ends)
}

/// AND between OR's alternatives, not within a subquery there; a walk's brackets tell.
fn and_within_or(query: &[Lexeme]) -> bool {
    let mut open: Vec<bool> = Vec::new();
    let mut between = false;
    for lexeme in query {
        let Lexeme::Word(word) = lexeme else { continue };
        match word {
            Word::OrOpen => open.push(true),
            Word::Between => between = true,
            Word::And if between => between = false,
            Word::And if open.last() == Some(&true) => return true,
            Word::Close => _ = open.pop(),
            Word::Open | Word::Scalar | Word::InList | Word::NotInList | Word::InQuery | Word::NotInQuery => {
                open.push(false)
            }
            Word::Exists | Word::NotExists | Word::Count | Word::CountDistinct => open.push(false),
            Word::Sum | Word::Avg | Word::Min | Word::Max | Word::Abs => open.push(false),
            _ => {}
        }
    }
    false
}

/// A join on two days of which one comes first.
fn join_by_order(query: &[Lexeme]) -> bool {
    let ordered = |window: &[Lexeme]| match window {
        [Lexeme::JoinOn(_) | Lexeme::LeftJoinOn(_), _, Lexeme::Word(word)] => *word != Word::Eq,
        _ => false,
    };
    query.windows(3).any(ordered)
}

fn condition_in_left_join(query: &[Lexeme]) -> bool {
    let and = Lexeme::Word(Word::And);
    let after_key = |w: &[Lexeme]| matches!(w, [Lexeme::LeftJoin(_), next] if *next == and);
    let after_pair = |w: &[Lexeme]| matches!(w, [Lexeme::LeftJoinOn(_), _, _, _, next] if *next == and);
    query.windows(2).any(after_key) || query.windows(5).any(after_pair)
}

fn columns_compared(query: &[Lexeme]) -> bool {
    let compared = |window: &[Lexeme]| match window {
        [Lexeme::JoinOn(_) | Lexeme::LeftJoinOn(_), ..] => false,
        [_, Lexeme::Column(ColumnRef { .. }), Lexeme::Word(word), Lexeme::Column(_)] => {
            matches!(word, Word::Eq | Word::NotEq | Word::Lt | Word::LtEq | Word::Gt | Word::GtEq)
        }
        _ => false,
    };
    query.windows(4).any(compared)
}
