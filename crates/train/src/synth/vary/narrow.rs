//! A condition more: in a sentence of its own, in brackets, before the question, or before the noun.

use std::collections::BTreeSet;

use schema::{ColumnId, Role, TableId};
use sql::tree::{BinaryOp, Cte, Expr, ExprKind, JoinKind, Query, Select, Source, SourceId, SourceKind};
use sql::visit::{each_expr_of_query, each_query_mut, each_select};

use super::super::dice::Dice;
use super::super::meaning::{Filter, Measure};
use super::super::pattern::Family;
use super::super::say::{Speaker, capitalised};
use super::super::world::World;
use super::super::{build, sample};
use super::mention::{Target, columns_used};
use super::text::with_sentence;
use super::{Draft, Reading, replaced};

/// How often a condition is drawn for a spot before it is given up.
const DRAWS: usize = 6;

/// A source of the rows spoken of.
#[derive(Debug, Clone, Copy)]
struct Spot {
    table: TableId,
    source: SourceId,
    /// Whether the rows come from it alone.
    alone: bool,
}

/// The draft with one more condition on rows of one of its tables.
pub fn condition(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let spot = *dice.pick(&spots(world, reading))?;
    let drawn = (0..DRAWS).filter_map(|_| sample::one_filter(world, spot.table, dice)).collect::<Vec<_>>();
    let fitting = |filter: &&Filter| fits(world, reading, spot, filter);
    let filter = drawn.iter().find(fitting)?;
    let (question, filter) = said(world, reading, spot, filter, dice)?;
    let query =
        narrowed(&reading.draft.query, spot.source, build::condition(world, (spot.table, spot.source), &filter));
    Some(reading.draft.to(question, query))
}

/// The tables whose rows a condition may narrow: those that the rows come from, each used but once in the whole query, so
/// that nobody wonders where the condition holds.
fn spots(world: &World<'_>, reading: &Reading<'_>) -> Vec<Spot> {
    let query = &reading.draft.query;
    let Some(select) = rows_of(query, &query.with).filter(|_| !has_window(query) && !sets_against_all(reading)) else {
        return vec![];
    };
    let uses = |table: TableId| reading.sources.values().filter(|t| **t == table).count();
    let spot = |source: &Source| {
        let table = source.table_id()?;
        let outer = matches!(source.join, JoinKind::Left | JoinKind::Right | JoinKind::Full);
        let known = world.glossary.table(world.catalog, table).is_some();
        let one_row = names_one_row(world, reading, table);
        (!outer && known && !one_row && uses(table) == 1).then_some(Spot {
            table,
            source: source.id,
            alone: select.from.len() == 1,
        })
    };
    select.from.iter().filter_map(spot).collect()
}

/// Whether the query asks of rows known by their names or codes: which others there are is no matter then.
pub fn names_one_row(world: &World<'_>, reading: &Reading<'_>, table: TableId) -> bool {
    let of_row = |expr: &Expr| match expr.kind {
        ExprKind::Column { source, column } => {
            reading.sources.get(&source) == Some(&table)
                && matches!(world.role(ColumnId { table, column }), Role::Name | Role::Code | Role::Key)
        }
        _ => false,
    };
    let mut found = false;
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        found |= match &expr.kind {
            ExprKind::Binary(a, BinaryOp::Eq, b) => of_row(a) && matches!(b.kind, ExprKind::Literal(_)),
            ExprKind::InList { operand, negated: false, .. } => of_row(operand),
            _ => false,
        };
    });
    found
}

/// The SELECT that the rows come from: the outermost, or the one behind its only source.
fn rows_of<'q>(query: &'q Query, with: &'q [Cte]) -> Option<&'q Select> {
    let select = query.select().filter(|_| query.limit.is_none())?;
    let [source] = &select.from[..] else { return Some(select) };
    match &source.kind {
        SourceKind::Table(_) => Some(select),
        SourceKind::Derived { query, .. } => rows_of(query, with),
        SourceKind::Cte { name, .. } => {
            let at = with.iter().position(|cte| cte.name.eq_ignore_ascii_case(name))?;
            // Only an earlier CTE can be meant within a CTE; one that refers to itself has no one place for a condition.
            if with[at].recursive { None } else { rows_of(&with[at].query, &with[..at]) }
        }
    }
}

fn has_window(query: &Query) -> bool {
    let mut found = false;
    each_expr_of_query(query, &mut |expr| {
        found |= matches!(&expr.kind, ExprKind::Call(call) if call.over.is_some());
    });
    found
}

/// Whether rows of a table are compared with a value computed from that table once more: nobody says of which of the two a
/// condition would hold.
fn sets_against_all(reading: &Reading<'_>) -> bool {
    let mut inner = BTreeSet::new();
    each_expr_of_query(&reading.draft.query, &mut |expr| {
        if let ExprKind::Scalar(query) = &expr.kind {
            each_select(query, &mut |select| inner.extend(select.from.iter().filter_map(Source::table_id)));
        }
    });
    inner.iter().any(|table| reading.sources.values().filter(|other| *other == table).count() > 1)
}

fn has_case(query: &Query) -> bool {
    let mut found = false;
    each_expr_of_query(query, &mut |expr| found |= matches!(expr.kind, ExprKind::Case { .. }));
    found
}

/// Whether a condition says something new about the rows, and the same whatever other conditions there are.
fn fits(world: &World<'_>, reading: &Reading<'_>, spot: Spot, filter: &Filter) -> bool {
    let (tested, used) = (tested(reading), columns_used(&reading.draft.query, &reading.sources));
    let of_row = |column: &ColumnId| matches!(world.role(*column), Role::Name | Role::Code | Role::Key);
    let is_new = |column: &ColumnId| !used.contains_key(column);
    let kind_fits = match filter {
        Filter::Value { column, .. } => is_new(column) && !of_row(column),
        Filter::Missing { column, negated } => (*negated || is_new(column)) && !of_row(column),
        Filter::Flag { column, .. } => is_new(column),
        Filter::Number { measure, .. } | Filter::Between { measure, .. } => matches!(measure, Measure::Column(_)),
        Filter::When { .. } | Filter::Named(_) => true,
        Filter::Columns { .. } | Filter::Text { .. } => true,
        _ => false,
    };
    kind_fits
        && reading
            .columns_in(&build::condition(world, (spot.table, spot.source), filter))
            .iter()
            .all(|c| !tested.contains(c))
}

/// Columns that conditions of the query read, and those that rows are grouped by.
fn tested(reading: &Reading<'_>) -> Vec<ColumnId> {
    let mut found = vec![];
    let mut add = |expr: &Expr| found.extend(reading.columns_in(expr));
    each_select(&reading.draft.query, &mut |select| {
        select.filter.iter().chain(&select.having).chain(&select.group_by).for_each(&mut add);
        select.items.iter().filter(|item| matches!(item.expr.kind, ExprKind::Case { .. })).for_each(|i| add(&i.expr));
    });
    found
}

fn narrowed(query: &Query, source: SourceId, condition: Expr) -> Query {
    let mut query = query.clone();
    each_query_mut(&mut query, &mut |q| {
        let Some(select) = q.select_mut() else { return };
        if select.from.iter().any(|s| s.id == source) {
            select.filter = Some(match select.filter.take() {
                Some(before) => before.and(condition.clone()),
                None => condition.clone(),
            });
        }
    });
    query
}

/// The question with the condition, and the condition: where it is said by what is left out, the opposite.
fn said(
    world: &World<'_>,
    reading: &Reading<'_>,
    spot: Spot,
    filter: &Filter,
    dice: &mut Dice,
) -> Option<(String, Filter)> {
    let mut speaker = Speaker::new(world, Dice::new(dice.seed(), 0));
    if dice.chance(0.35)
        && let Some(question) = before_noun(reading, spot, filter, &mut speaker)
    {
        return Some((question, filter.clone()));
    }
    if dice.chance(0.3)
        && let Some(opposite) = opposite(filter)
    {
        let names = [("rows", speaker.some_rows(spot.table, std::slice::from_ref(filter))?)];
        return Some((phrased(world, reading, "leave_out", &names, dice)?, opposite));
    }
    let question = if dice.chance(0.25) {
        let nouns = speaker.some_rows(spot.table, &[])?;
        let names = [("nouns", nouns), ("said", speaker.what_rows_do(spot.table, filter)?)];
        phrased(world, reading, "does", &names, dice)?
    } else {
        let names = [("rows", speaker.some_rows(spot.table, std::slice::from_ref(filter))?)];
        let plain = !reading.draft.question.contains([',', ':', ';', '?', '.']);
        let position = match dice.weighted(&[0.5, if plain { 0.4 } else { 0.0 }, if spot.alone { 0.2 } else { 0.0 }]) {
            0 => "sentence",
            1 => "comma",
            _ => "front",
        };
        phrased(world, reading, position, &names, dice)?
    };
    Some((question, filter.clone()))
}

/// "active projects", where the rows are named but once.
fn before_noun(reading: &Reading<'_>, spot: Spot, filter: &Filter, speaker: &mut Speaker<'_>) -> Option<String> {
    let named: Vec<_> = reading.mentions.iter().filter(|m| m.target == Target::Table(spot.table)).collect();
    let [mention] = named[..] else { return None };
    let before = reading.draft.question[..mention.span.start].trim_end().to_ascii_lowercase();
    // A noun that a sentence follows may stand in one that asks nothing.
    let after = reading.draft.question[mention.span.end..].trim_end_matches(['.', '?', '!', ' ']);
    if [". ", "? ", "! "].iter().any(|end| after.contains(end)) {
        return None;
    }
    // Further on, or where a part of the rows is set against all, the noun may speak of some rows alone.
    if before.contains([',', ';', ':', '.', '?', '(']) || has_case(&reading.draft.query) {
        return None;
    }
    let last = before.rsplit([' ', '(']).next().unwrap_or_default();
    let stands_free = mention.plural || ["per", "each", "every", "which", "what", "by"].contains(&last);
    if !stands_free || last.ends_with('-') || ["no", "non", "not"].contains(&last) {
        return None;
    }
    let adjective = speaker.before_noun(spot.table, filter)?;
    let phrase = format!("{adjective} {}", reading.at(mention.span).to_ascii_lowercase());
    Some(replaced(&reading.draft.question, vec![(mention.span, phrase)]))
}

/// What remains when the rows of a condition are left out; rows whose value is not known go too, as everywhere.
fn opposite(filter: &Filter) -> Option<Filter> {
    match filter {
        Filter::Value { column, values, negated: false } => {
            Some(Filter::Value { column: *column, values: values.clone(), negated: true })
        }
        Filter::Missing { column, negated: false } => Some(Filter::Missing { column: *column, negated: true }),
        Filter::Flag { column, yes } => Some(Filter::Flag { column: *column, yes: !yes }),
        _ => None,
    }
}

fn phrased(
    world: &World<'_>,
    reading: &Reading<'_>,
    position: &str,
    names: &[(&str, String)],
    dice: &mut Dice,
) -> Option<String> {
    let names: Vec<(&str, &str)> = names.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut family = Family::default();
    let text = world.patterns.say(("vary narrow", position), &names, dice, &mut family)?;
    let question = &reading.draft.question;
    Some(match position {
        "comma" => {
            let joint = if text.starts_with([',', ';']) { "" } else { " " };
            format!("{}{joint}{}", question.trim_end(), text.trim_start())
        }
        "front" => format!("{} {question}", capitalised(text.trim_end())),
        _ => with_sentence(question, &text),
    })
}
