//! Other columns shown: a list of columns in the question and the outputs it names, changed together.

use schema::slot::TextSpan;
use schema::{ColumnId, Role};
use sql::tree::{Expr, ExprKind, Item, SourceId};

use super::super::dice::Dice;
use super::super::world::World;
use super::columns::joined;
use super::entries::{Entries, entries};
use super::mention::{Target, columns_used};
use super::reword::{is_clear, phrases};
use super::{Draft, Reading, replaced};

/// What may stand between two columns of a list.
const JOINTS: [&str; 8] = [", ", " and ", ", and ", " & ", " + ", " / ", "/", " plus "];

/// A list of columns in the text, and the run of outputs that it names.
struct Listed {
    span: TextSpan,
    columns: Vec<(SourceId, ColumnId)>,
    plural: bool,
    first_item: usize,
}

/// The draft with its list of columns in another order, with some left out, or with others added.
pub fn columns(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let query = &reading.draft.query;
    let select = query.select()?;
    let refers_to_outputs = query.order_by.iter().any(|item| matches!(item.expr.kind, ExprKind::Output(_)));
    if !select.group_by.is_empty() || refers_to_outputs {
        return None;
    }
    let listed = listed(reading, &select.items)?;
    // Where the outputs are spelled out elsewhere, this run is no list of them.
    let within = |all: &Entries| all.span.start <= listed.span.start && listed.span.end <= all.span.end;
    let one_flag = listed.columns.len() == 1 && world.role(listed.columns[0].1) == Role::Flag;
    if one_flag || entries(reading).is_some_and(|all| !within(&all)) {
        return None;
    }
    let columns = changed(world, reading, &listed, dice)?;
    let names: Option<Vec<String>> = columns
        .iter()
        .map(|&(_, column)| {
            let target = Target::Column(column);
            let names = phrases(world, target, listed.plural);
            let clear: Vec<&String> = names.iter().filter(|name| is_clear(world, reading, target, name)).collect();
            dice.early(&clear).map(|name| (*name).clone())
        })
        .collect();
    let question = replaced(&reading.draft.question, vec![(listed.span, joined(&names?, dice))]);
    let mut query = query.clone();
    let items = columns.iter().map(|&(source, column)| Item::new(Expr::column(source, column)));
    let run = listed.first_item..listed.first_item + listed.columns.len();
    query.select_mut()?.items.splice(run, items);
    Some(reading.draft.to(question, query))
}

/// The longest run of mentions with joints between them that names a run of outputs in order. A single mention counts
/// where the query reads its column nowhere else.
fn listed(reading: &Reading<'_>, items: &[Item]) -> Option<Listed> {
    let text = reading.lower();
    let used = columns_used(&reading.draft.query, &reading.sources);
    let mut best: Option<Listed> = None;
    for first in 0..reading.mentions.len() {
        let mut run: Vec<ColumnId> = vec![];
        for at in first..reading.mentions.len() {
            let mention = &reading.mentions[at];
            let Target::Column(column) = mention.target else { break };
            if at > first && !JOINTS.contains(&&text[reading.mentions[at - 1].span.end..mention.span.start]) {
                break;
            }
            run.push(column);
        }
        let alone = run.len() == 1 && (used.get(&run[0]) != Some(&1) || said_again(reading, first));
        if run.is_empty() || alone || best.as_ref().is_some_and(|known| known.columns.len() >= run.len()) {
            continue;
        }
        if let Some((first_item, columns)) = outputs(reading, items, &run) {
            let (from, to) = (&reading.mentions[first], &reading.mentions[first + run.len() - 1]);
            let span = TextSpan { start: from.span.start, end: to.span.end };
            best = Some(Listed { span, columns, plural: from.plural, first_item });
        }
    }
    best
}

fn said_again(reading: &Reading<'_>, at: usize) -> bool {
    let target = reading.mentions[at].target;
    reading.mentions.iter().filter(|mention| mention.target == target).count() > 1
}

/// The outputs that a run of columns names: where they begin, and the sources they come from.
fn outputs(reading: &Reading<'_>, items: &[Item], run: &[ColumnId]) -> Option<(usize, Vec<(SourceId, ColumnId)>)> {
    let of_item = |item: &Item| match item.expr.kind {
        ExprKind::Column { source, column } => {
            let table = *reading.sources.get(&source)?;
            Some((source, ColumnId { table, column }))
        }
        _ => None,
    };
    let outputs: Vec<Option<(SourceId, ColumnId)>> = items.iter().map(of_item).collect();
    let names = |window: &[Option<(SourceId, ColumnId)>]| {
        window.iter().zip(run).all(|(output, column)| output.is_some_and(|(_, c)| c == *column))
    };
    let first = outputs.windows(run.len()).position(names)?;
    let columns = outputs[first..first + run.len()].iter().flatten().copied().collect();
    Some((first, columns))
}

/// The columns of a list after a change; none where there is nothing to change.
fn changed(
    world: &World<'_>,
    reading: &Reading<'_>,
    listed: &Listed,
    dice: &mut Dice,
) -> Option<Vec<(SourceId, ColumnId)>> {
    let mut columns = listed.columns.clone();
    if columns.len() > 1 && dice.chance(0.4) {
        columns.remove(dice.below(columns.len()));
    }
    if columns.len() < 5 && dice.chance(0.7) {
        let (source, column) = *dice.pick(&columns)?;
        let new = other_columns(world, reading, column);
        let added = *dice.pick(&new)?;
        columns.insert(dice.below(columns.len() + 1), (source, added));
    }
    if dice.chance(0.4) {
        dice.shuffle(&mut columns);
    }
    (columns != listed.columns).then_some(columns)
}

/// Columns of the same table that the query does not read and that a person would ask to see.
fn other_columns(world: &World<'_>, reading: &Reading<'_>, column: ColumnId) -> Vec<ColumnId> {
    let used = columns_used(&reading.draft.query, &reading.sources);
    let is_shown = |role: Role| !matches!(role, Role::Key | Role::Text);
    world.columns(column.table, is_shown).into_iter().filter(|other| !used.contains_key(other)).collect()
}
