//! Other outputs in a list that the question spells out: another order, one less, one more, another way to write it.

use schema::{ColumnId, Role, TableId};
use sql::tree::{Expr, ExprKind, Item, Query, Select, SourceId};
use sql::visit::{each_expr, rewrite_expr};

use super::super::dice::Dice;
use super::super::pattern::Family;
use super::super::say::{Speaker, capitalised};
use super::super::world::World;
use super::entries::{Entries, entries, plain_column};
use super::mention::{Target, columns_used};
use super::reword::{is_clear, phrases};
use super::text::lowered;
use super::{Draft, Reading, replaced};

/// The draft with its list in another order, with an entry less or one more.
pub fn changed(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let list = entries(reading)?;
    let select = reading.draft.query.select()?;
    let mut rows: Vec<Row> = list
        .entries
        .iter()
        .zip(&select.items)
        .enumerate()
        .map(|(at, (span, item))| Row { said: reading.at(*span).to_owned(), item: item.clone(), was: Some(at) })
        .collect();
    let before: Vec<Option<usize>> = rows.iter().map(|row| row.was).collect();
    if rows.len() > 1 && dice.chance(0.4) {
        drop_one(reading, &list, &mut rows, dice);
    }
    if rows.len() < 6 && dice.chance(0.55) {
        let added = another(world, reading, select, dice);
        let at = dice.below(rows.len() + 1);
        rows.splice(at..at, added);
    }
    if rows.len() > 1 && dice.chance(0.45) {
        dice.shuffle(&mut rows);
    }
    if rows.iter().map(|row| row.was).eq(before) {
        return None;
    }
    let said: Vec<String> = rows.iter().map(|row| row.said.clone()).collect();
    let query = with_rows(&reading.draft.query, &rows)?;
    Some(reading.draft.to(written(reading, &list, &said, dice), query))
}

/// The draft with its list written in another way.
pub fn restyled(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let list = entries(reading)?;
    let said: Vec<String> = list.entries.iter().map(|span| reading.at(*span).to_owned()).collect();
    let moved = match dice.weighted(&[0.3, 0.35, 0.35]) {
        0 => fronted(world, reading, &list, &said, dice),
        1 => rejoined(world, reading, &list, &said, dice),
        _ => None,
    };
    let question = match moved {
        Some(question) => question,
        None if said.len() < 2 => return None,
        None => written(reading, &list, &said, dice),
    };
    (question != reading.draft.question).then(|| reading.draft.to(question, reading.draft.query.clone()))
}

/// An entry with its output, and which output it was.
struct Row {
    said: String,
    item: Item,
    was: Option<usize>,
}

/// Leaves out an output that nothing else refers to: what is computed only where the list is all that asks for it.
fn drop_one(reading: &Reading<'_>, list: &Entries, rows: &mut Vec<Row>, dice: &mut Dice) {
    let order = &reading.draft.query.order_by;
    let named = |at: usize| {
        let by_number = |expr: &Expr| {
            let mut found = false;
            each_expr(expr, &mut |part| found |= matches!(part.kind, ExprKind::Output(n) if usize::from(n) == at));
            found
        };
        let grouped = reading.draft.query.select().into_iter().flat_map(|s| s.group_by.iter().chain(&s.having));
        order.iter().map(|item| &item.expr).chain(grouped).any(by_number)
    };
    let plain = |row: &Row| plain_column(reading, &row.item.expr).is_some();
    let only_plain = rows.iter().filter(|row| plain(row)).count() == 1;
    let asked =
        reading.lower()[..list.span.start].split(|c: char| !c.is_alphabetic()).any(|w| w == "how" || w == "number");
    let may_go = |row: &Row| if plain(row) { !only_plain } else { list.alone && !asked };
    let free: Vec<usize> = (0..rows.len()).filter(|&at| !named(at) && may_go(&rows[at])).collect();
    if let Some(&at) = dice.pick(&free) {
        rows.remove(at);
    }
}

/// One more output with its words: a column of a table that is shown, or one more total of the same rows.
fn another(world: &World<'_>, reading: &Reading<'_>, select: &Select, dice: &mut Dice) -> Option<Row> {
    let totals = select.items.iter().any(|item| is_total(&item.expr));
    let (said, expr) = match totals || !select.group_by.is_empty() {
        true => another_total(world, reading, select, dice)?,
        false => another_column(world, reading, select, dice)?,
    };
    Some(Row { said, item: Item::new(expr), was: None })
}

/// Whether an expression holds a total over rows.
pub fn is_total(expr: &Expr) -> bool {
    const TOTALS: [&str; 5] = ["COUNT", "SUM", "AVG", "MIN", "MAX"];
    let mut found = false;
    each_expr(expr, &mut |part| {
        found |= matches!(&part.kind, ExprKind::Call(c) if c.over.is_none() && TOTALS.contains(&c.function.as_str()));
    });
    found
}

/// A source of the SELECT of which a column is shown.
fn shown_source(reading: &Reading<'_>, select: &Select, dice: &mut Dice) -> Option<(SourceId, TableId)> {
    let shown: Vec<(SourceId, TableId)> = select
        .items
        .iter()
        .filter_map(|item| match item.expr.kind {
            ExprKind::Column { source, .. } => Some((source, *reading.sources.get(&source)?)),
            _ => None,
        })
        .collect();
    dice.pick(&shown).copied()
}

fn another_column(
    world: &World<'_>,
    reading: &Reading<'_>,
    select: &Select,
    dice: &mut Dice,
) -> Option<(String, Expr)> {
    let (source, table) = shown_source(reading, select, dice)?;
    let used = columns_used(&reading.draft.query, &reading.sources);
    let columns = world.columns(table, |role| !matches!(role, Role::Key | Role::Text));
    let new: Vec<ColumnId> = columns.into_iter().filter(|column| !used.contains_key(column)).collect();
    let column = *dice.pick(&new)?;
    let names = phrases(world, Target::Column(column), false);
    let clear: Vec<&String> =
        names.iter().filter(|name| is_clear(world, reading, Target::Column(column), name)).collect();
    Some(((*dice.early(&clear)?).clone(), Expr::column(source, column)))
}

/// A total of a measure of the only table, or of the table whose column is totalled already; a count of the only table's
/// rows.
fn another_total(world: &World<'_>, reading: &Reading<'_>, select: &Select, dice: &mut Dice) -> Option<(String, Expr)> {
    let single = match &select.from[..] {
        [one] => one.table_id().map(|table| (one.id, table)),
        _ => None,
    };
    let counts = select.items.iter().any(|i| matches!(&i.expr.kind, ExprKind::Call(c) if c.function == "COUNT"));
    if let Some((_, table)) = single.filter(|_| !counts && dice.chance(0.4)) {
        let nouns = Speaker::new(world, Dice::new(dice.seed(), 0)).some_rows(table, &[])?;
        return Some((said(world, "count", &[("nouns", &nouns)], dice)?, Expr::count_star()));
    }
    let (source, table) = single.or_else(|| totalled_source(reading, select, dice))?;
    let measures = world.columns(table, |role| matches!(role, Role::Measure | Role::Percent));
    let column = *dice.pick(&measures)?;
    let names = phrases(world, Target::Column(column), false);
    let clear: Vec<&String> =
        names.iter().filter(|name| is_clear(world, reading, Target::Column(column), name)).collect();
    let name = (*dice.early(&clear)?).clone();
    let summable =
        world.role(column) == Role::Measure && !world.catalog.column(column).name.to_lowercase().contains("rate");
    let functions: &[&str] =
        if summable { &["SUM", "SUM", "AVG", "AVG", "MIN", "MAX"] } else { &["AVG", "AVG", "MIN", "MAX"] };
    let function = *dice.pick(functions)?;
    let expr = Expr::call(function, vec![Expr::column(source, column)]);
    let is_known = select.items.iter().any(|item| item.expr == expr);
    (!is_known).then_some(())?;
    Some((said(world, &function.to_ascii_lowercase(), &[("measure", &name)], dice)?, expr))
}

fn totalled_source(reading: &Reading<'_>, select: &Select, dice: &mut Dice) -> Option<(SourceId, TableId)> {
    let argument = |item: &Item| match &item.expr.kind {
        ExprKind::Call(call) if is_total(&item.expr) => match call.args.first()?.kind {
            ExprKind::Column { source, .. } => Some((source, *reading.sources.get(&source)?)),
            _ => None,
        },
        _ => None,
    };
    let found: Vec<(SourceId, TableId)> = select.items.iter().filter_map(argument).collect();
    dice.pick(&found).copied()
}

fn said(world: &World<'_>, position: &str, names: &[(&str, &str)], dice: &mut Dice) -> Option<String> {
    world.patterns.say(("vary total", position), names, dice, &mut Family::default())
}

/// The query with these outputs; what names an output by its position names the same one still.
fn with_rows(query: &Query, rows: &[Row]) -> Option<Query> {
    let mut query = query.clone();
    let place = |old: u16| rows.iter().position(|row| row.was == Some(usize::from(old))).map(|new| new as u16);
    let mut lost = false;
    let mut renumber = |expr: &mut Expr| {
        rewrite_expr(expr, &mut |part| {
            if let ExprKind::Output(at) = &mut part.kind {
                match place(*at) {
                    Some(new) => *at = new,
                    None => lost = true,
                }
            }
        });
    };
    query.order_by.iter_mut().for_each(|item| renumber(&mut item.expr));
    let select = query.select_mut()?;
    select.group_by.iter_mut().chain(&mut select.having).for_each(&mut renumber);
    select.items = rows.iter().map(|row| row.item.clone()).collect();
    (!lost).then_some(query)
}

/// The question with other entries in its list, written in some way.
fn written(reading: &Reading<'_>, list: &Entries, said: &[String], dice: &mut Dice) -> String {
    let question = &reading.draft.question;
    let style = if list.at_end { dice.weighted(&[0.5, 0.14, 0.12, 0.1, 0.14]) } else { 0 };
    let text = match style {
        0 => joined(said, dice),
        1 if said.len() > 1 && !holds_small_numbers(&reading.draft.query) => numbered(said, dice),
        2 => said.join("; "),
        3 => said.join(" / "),
        _ => said.join(", "),
    };
    let starts = list.span.start == 0 || question[..list.span.start].trim_end().ends_with(['.', '?', '!']);
    let text = if starts { capitalised(&text) } else { text };
    replaced(question, vec![(list.span, text)])
}

/// Numbers of a list would be taken for those that the query compares with.
fn holds_small_numbers(query: &Query) -> bool {
    let mut found = false;
    sql::visit::each_expr_of_query(query, &mut |expr| {
        found |= matches!(&expr.kind, ExprKind::Literal(l) if matches!(l.value, schema::Value::Integer(0..=9)));
    });
    found || query.limit.is_some()
}

fn numbered(said: &[String], dice: &mut Dice) -> String {
    let form = dice.below(3);
    let one = |(at, entry): (usize, &String)| match form {
        0 => format!("{}) {entry}", at + 1),
        1 => format!("({}) {entry}", at + 1),
        _ => format!("{}. {entry}", at + 1),
    };
    let joint = if form == 1 { ", " } else { " " };
    said.iter().enumerate().map(one).collect::<Vec<_>>().join(joint)
}

/// "a, b and c", in one of the ways to say it.
pub fn joined(names: &[String], dice: &mut Dice) -> String {
    let Some((last, before)) = names.split_last() else { return String::new() };
    if before.is_empty() {
        return last.clone();
    }
    let end = *dice.pick(&[" and ", " and ", " and ", ", and ", ", ", ", ", " & ", " + "]).unwrap_or(&" and ");
    format!("{}{end}{last}", before.join(", "))
}

/// A list behind its sentence tied to it in another way: "…: code, name", "…. Columns: code, name", "… (code, name)".
fn rejoined(
    world: &World<'_>,
    reading: &Reading<'_>,
    list: &Entries,
    said: &[String],
    dice: &mut Dice,
) -> Option<String> {
    let question = &reading.draft.question;
    let (before, after) = (question[..list.span.start].trim_end(), question[list.span.end..].trim());
    let ends = list.at_end && list.alone && after.trim_matches(['.', '?', '!']).is_empty();
    let sentence = before.strip_suffix([':', '.']).filter(|rest| ends && rest.len() > 12)?;
    // "Columns:" alone is no sentence of its own.
    let last = sentence.rsplit(['.', '?', '!', ':']).next().unwrap_or_default();
    if last.split_whitespace().count() < 3 {
        return None;
    }
    let cols = joined(said, dice);
    let names = [("cols", cols.as_str()), ("Cols", &capitalised(&cols))];
    let tail = world.patterns.say(("vary list", "behind"), &names, dice, &mut Family::default())?;
    let joint = if tail.starts_with(['.', ':', ',', ';']) { "" } else { " " };
    Some(format!("{sentence}{joint}{tail}"))
}

/// "Code and name of …" for "…: code, name", where what stands before the list begins with the rows.
fn fronted(
    world: &World<'_>,
    reading: &Reading<'_>,
    list: &Entries,
    said: &[String],
    dice: &mut Dice,
) -> Option<String> {
    let question = &reading.draft.question;
    let (before, after) = (question[..list.span.start].trim_end(), question[list.span.end..].trim());
    let plain = list.at_end && list.alone && after.trim_matches(['.', '?', '!']).is_empty();
    let rows = before.strip_suffix(':').or_else(|| before.strip_suffix('.'))?;
    let starts_with_rows = reading.mentions.iter().any(|m| {
        matches!(m.target, Target::Table(_))
            && m.plural
            && m.span.start < 20
            && question[..m.span.start].split(' ').count() <= 3
    });
    let asks = [
        "how", "which", "what", "who", "where", "are", "is", "do", "does", "for", "show", "list", "give", "please",
        "i", "can", "could", "find", "get", "we", "per", "by", "in",
    ];
    let first = rows.split([' ', ',']).next().unwrap_or_default().to_ascii_lowercase();
    if !plain || !starts_with_rows || asks.contains(&first.as_str()) || rows.contains([':', '?', '.']) {
        return None;
    }
    let rows = if plain_column(reading, &reading.draft.query.select()?.items[0].expr).is_some() {
        lowered(rows)
    } else {
        return None;
    };
    let list = joined(said, dice);
    world.patterns.say(("vary list", "front"), &[("cols", &list), ("rows", &rows)], dice, &mut Family::default())
}
