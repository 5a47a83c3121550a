//! The same question of another table, where every word of it is understood and every column has a counterpart there.

use std::collections::BTreeMap;

use schema::slot::{SlotKind, TextSpan};
use schema::{ColumnId, Role, TableId, Value};
use sql::tree::{Expr, ExprKind, Query, SourceKind};
use sql::visit::{each_expr_mut, each_expr_of_query, each_query, each_query_mut};

use super::super::dice::Dice;
use super::super::world::World;
use super::mention::{Target, columns_used};
use super::reword::phrases;
use super::text::words;
use super::value::said_as;
use super::{Draft, Reading, replaced};

/// Words that say the same of any table.
const NEUTRAL: &str = "a above all also an and any are as ascending at average avg be been before below between biggest but by \
    can could count descending different distinct do does each every exactly fewer fewest find first for from get give had \
    has have having highest how i in is it largest last latest least less like list lowest many maximum me mean minimum more \
    most much my need newest no not number of oldest on one once only or order ordered our over per please pls report see \
    show since smallest sort sorted sum than that the their them there these they this those to top total under until up us \
    want was we were what when where which whose with without would you your after during earliest";

/// The draft moved to another table.
pub fn table(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let from = only_table(reading)?;
    if !is_understood(reading) {
        return None;
    }
    let tables: Vec<TableId> = world.catalog.table_ids().filter(|t| *t != from && is_known(world, *t)).collect();
    let to = *dice.pick(&tables)?;
    let columns = counterparts(world, reading, (from, to), dice)?;
    let mut edits = vec![];
    for mention in &reading.mentions {
        let target = match mention.target {
            Target::Table(_) => Target::Table(to),
            Target::Column(column) => Target::Column(*columns.get(&column)?),
        };
        edits.push((mention.span, dice.early(&phrases(world, target, mention.plural))?.clone()));
    }
    let mut query = moved(&reading.aligned, to, &columns);
    edits.extend(values(world, reading, &mut query, &columns, dice)?);
    Some(reading.draft.to(replaced(&reading.draft.question, edits), query).without_slots())
}

fn is_known(world: &World<'_>, table: TableId) -> bool {
    world.glossary.table(world.catalog, table).is_some_and(|terms| !terms.singular.is_empty())
}

/// The only table, where it is used once.
fn only_table(reading: &Reading<'_>) -> Option<TableId> {
    let mut queries = 0;
    each_query(&reading.draft.query, &mut |_| queries += 1);
    let mut tables = reading.sources.values();
    let table = *tables.next()?;
    let named = reading.mentions.iter().any(|m| m.target == Target::Table(table));
    (queries == 1 && tables.next().is_none() && named).then_some(table)
}

/// Whether every word is a name, a value, or says the same of any table.
fn is_understood(reading: &Reading<'_>) -> bool {
    let lower = reading.lower();
    let spans: Vec<TextSpan> = reading.mentions.iter().map(|m| m.span).chain(reading.values()).collect();
    words(&lower).into_iter().all(|word| {
        spans.iter().any(|span| span.start <= word.start && word.end <= span.end)
            || NEUTRAL.split_whitespace().any(|known| known == &lower[word.start..word.end])
    })
}

/// For every column of the query one of the other table: of the same name, or of the same role, type and unit. Columns
/// that the question does not name must be those that identify a row.
fn counterparts(
    world: &World<'_>,
    reading: &Reading<'_>,
    (from, to): (TableId, TableId),
    dice: &mut Dice,
) -> Option<BTreeMap<ColumnId, ColumnId>> {
    let unit = |c: ColumnId| world.glossary.column(world.catalog, c).and_then(|terms| terms.unit.clone());
    let role = |c: ColumnId| if world.role(c) == Role::Dimension { Role::Status } else { world.role(c) };
    let display = (world.glossary.display(world.catalog, from), world.glossary.display(world.catalog, to));
    let mut found: BTreeMap<ColumnId, ColumnId> = BTreeMap::new();
    for column in columns_used(&reading.draft.query, &reading.sources).into_keys() {
        let named = reading.mentions.iter().any(|m| m.target == Target::Column(column));
        let compared = reading.normalized.slots.iter().any(|slot| slot.slot.kind == SlotKind::Val);
        let taken = |c: &ColumnId| found.values().any(|known| known == c);
        let like =
            |c: &ColumnId| role(*c) == role(column) && unit(*c) == unit(column) && world.ty(*c) == world.ty(column);
        let same: Vec<ColumnId> = world.catalog.columns_of(to).filter(|c| like(c) && !taken(c)).collect();
        let name = &world.catalog.column(column).name;
        let namesake = same.iter().find(|c| world.catalog.column(**c).name == *name);
        let by_display = display.0.iter().position(|c| *c == column).and_then(|at| display.1.get(at));
        let other = match named || compared {
            true => namesake.or_else(|| dice.pick(&same)),
            false => by_display.filter(|c| !taken(c)),
        };
        found.insert(column, *other?);
    }
    let shown = reading.draft.query.select()?.items.len();
    let all_shown = found.keys().all(|c| reading.mentions.iter().any(|m| m.target == Target::Column(*c)));
    (all_shown || display.0.len() == display.1.len() || shown < display.0.len()).then_some(found)
}

fn moved(query: &Query, to: TableId, columns: &BTreeMap<ColumnId, ColumnId>) -> Query {
    let mut query = query.clone();
    let from = columns.keys().next().map(|c| c.table);
    each_query_mut(&mut query, &mut |q| {
        for source in q.select_mut().into_iter().flat_map(|select| &mut select.from) {
            if source.table_id() == from {
                source.kind = SourceKind::Table(to);
            }
        }
    });
    each_expr_mut(&mut query, &mut |expr| {
        if let (ExprKind::Column { column, .. }, Some(table)) = (&mut expr.kind, from)
            && let Some(new) = columns.get(&ColumnId { table, column: *column })
        {
            *column = new.column;
        }
    });
    query
}

/// Values that the other column does not hold give way to ones that it does.
fn values(
    world: &World<'_>,
    reading: &Reading<'_>,
    query: &mut Query,
    columns: &BTreeMap<ColumnId, ColumnId>,
    dice: &mut Dice,
) -> Option<Vec<(TextSpan, String)>> {
    let mut edits = vec![];
    let mut failed = false;
    let to: Vec<ColumnId> = columns.values().copied().collect();
    each_expr_of_query(query, &mut |expr| {
        failed |= matches!(expr.kind, ExprKind::InList { .. } | ExprKind::Like { .. } | ExprKind::Case { .. });
    });
    each_expr_mut(query, &mut |expr: &mut Expr| {
        let ExprKind::Binary(left, _, right) = &mut expr.kind else { return };
        let (ExprKind::Column { column, .. }, ExprKind::Literal(literal)) = (&left.kind, &mut right.kind) else {
            return;
        };
        let (Some(new), Value::Text(old)) = (to.iter().find(|c| c.column == *column), literal.value.clone()) else {
            return;
        };
        let Some(slot) = literal.slot.filter(|slot| slot.slot.kind == SlotKind::Val) else { return };
        let known = world.samples.get(new).map_or(&[][..], Vec::as_slice);
        let span = reading.normalized.slot(slot.slot).map(|filled| filled.span);
        match (dice.pick(known), span) {
            _ if known.contains(&literal.value) => {}
            (Some(Value::Text(other)), Some(span)) => {
                match said_as(world, *new, (&old, other), reading.at(span), dice) {
                    Some(said) => edits.push((span, said)),
                    None => failed = true,
                }
                literal.value = Value::Text(other.clone());
            }
            _ => failed = true,
        }
    });
    (!failed).then_some(edits)
}
