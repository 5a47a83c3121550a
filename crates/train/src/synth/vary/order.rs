//! An order where there is none, and none where a sentence or clause of its own asks for one.

use schema::slot::TextSpan;
use schema::{Role, Type};
use sql::tree::{ExprKind, Item, OrderItem, Select, Source};

use super::super::dice::Dice;
use super::super::pattern::Family;
use super::super::world::World;
use super::columns::is_total;
use super::entries::{entries, lead_in, plain_column};
use super::mention::Target;
use super::narrow::names_one_row;
use super::text::{clauses, with_sentence, without, words};
use super::{Draft, Reading};

/// Words that ask for an order.
const MARKERS: [&str; 24] = [
    "sort",
    "sorted",
    "sorting",
    "order",
    "ordered",
    "ordering",
    "rank",
    "ranked",
    "ranking",
    "first",
    "descending",
    "ascending",
    "desc",
    "asc",
    "alphabetical",
    "alphabetically",
    "chronological",
    "chronologically",
    "top",
    "bottom",
    "last",
    "begin",
    "starting",
    "down",
];
/// Words of rank: they may be part of an order, or of a condition.
const RANKS: [&str; 20] = [
    "highest",
    "lowest",
    "largest",
    "smallest",
    "biggest",
    "newest",
    "oldest",
    "latest",
    "earliest",
    "most",
    "least",
    "strongest",
    "weakest",
    "greatest",
    "fewest",
    "worst",
    "best",
    "longest",
    "shortest",
    "soonest",
];
/// Other words of a clause that asks for an order.
const OF_ORDERS: &str = "a an and at be by expensive from in it list of on please pls put recent show start the them then \
    to with up a-z z high low value amount number count by it's is should code name date sum total average";

/// The draft ordered by one of its outputs, or no longer ordered.
pub fn changed(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let query = &reading.draft.query;
    match (query.order_by.is_empty(), query.limit.is_some()) {
        (true, false) => added(world, reading, dice),
        (false, false) => dropped(reading),
        _ => None,
    }
}

fn said_words(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    words(&lower).into_iter().map(|w| lower[w.start..w.end].to_owned()).collect()
}

fn added(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let query = &reading.draft.query;
    let select = query.select()?;
    let said = said_words(&reading.draft.question);
    let single_row = select.group_by.is_empty() && select.items.iter().any(|item| is_total(&item.expr));
    if single_row || said.iter().any(|w| MARKERS[..18].contains(&w.as_str())) || names_one(world, reading, select) {
        return None;
    }
    let mut known = keys(reading);
    known.retain(|(at, _)| !is_shared(world, reading, select, *at));
    let (at, term) = dice.pick(&known)?.clone();
    let expr = &select.items[at].expr;
    let is_flag = plain_column(reading, expr).is_some_and(|column| world.role(column) == Role::Flag);
    (!is_flag).then_some(())?;
    let ty = plain_column(reading, expr).map(|column| world.ty(column));
    let falling = dice.chance(0.65);
    let (position, descending) = match ty {
        Some(Type::Text) => ("alphabetical", false),
        Some(ty) if ty.is_temporal() && falling => ("newest", true),
        Some(ty) if ty.is_temporal() => ("oldest", false),
        _ if falling => ("desc", true),
        _ => ("asc", false),
    };
    let (highest, lowest) = *dice.pick(&[("highest", "lowest"), ("largest", "smallest"), ("biggest", "smallest")])?;
    let names = [("term", term.as_str()), ("highest", highest), ("lowest", lowest)];
    let sentence = world.patterns.say(("vary order", position), &names, dice, &mut Family::default())?;
    let question = placed(reading, &sentence, dice);
    let mut ordered = query.clone();
    let key = if ty.is_some() { expr.clone() } else { ExprKind::Output(at as u16).into() };
    ordered.order_by = vec![OrderItem { expr: key, descending, nulls_first: None }];
    Some(Draft { ordered: true, ..reading.draft.to(question, ordered) })
}

fn placed(reading: &Reading<'_>, sentence: &str, dice: &mut Dice) -> String {
    let question = reading.draft.question.trim_end();
    if question.ends_with(['.', '?', '!', ')']) || dice.chance(0.5) {
        return with_sentence(question, sentence);
    }
    let clause = sentence.trim_end_matches('.');
    let mut chars = clause.chars();
    let small: String = chars.next().map(|c| c.to_lowercase().collect::<String>()).unwrap_or_default() + chars.as_str();
    format!("{question}, {small}")
}

/// Outputs that the question names, each with its name: by its list, or by a mention of the column.
fn keys(reading: &Reading<'_>) -> Vec<(usize, String)> {
    let Some(select) = reading.draft.query.select() else { return vec![] };
    if let Some(list) = entries(reading) {
        let entry = |(at, span): (usize, &TextSpan)| {
            let mut named = *span;
            let said = lead_in(&reading.draft.question, &mut named).then(|| reading.at(named))?;
            Some((at, said.trim_start_matches(['(', '1', '2', '3']).to_owned()))
        };
        let all = list.entries.iter().enumerate().filter_map(entry);
        return all.filter(|(_, said)| !said.contains([')', '(', '"'])).collect();
    }
    let named = |(at, item): (usize, &Item)| {
        let column = plain_column(reading, &item.expr)?;
        let mention = reading.mentions.iter().find(|m| m.target == Target::Column(column) && !m.plural)?;
        Some((at, reading.at(mention.span).to_owned()))
    };
    select.items.iter().enumerate().filter_map(named).collect()
}

/// Whether the rows are but one, known by a name or code.
fn names_one(world: &World<'_>, reading: &Reading<'_>, select: &Select) -> bool {
    select.from.iter().filter_map(Source::table_id).any(|table| names_one_row(world, reading, table))
}

/// Whether a word for this output could mean another one.
fn is_shared(world: &World<'_>, reading: &Reading<'_>, select: &Select, at: usize) -> bool {
    let name = |item: &Item| Some(&world.catalog.column(plain_column(reading, &item.expr)?).name);
    let own = name(&select.items[at]);
    own.is_some() && select.items.iter().filter(|item| name(item) == own).count() > 1
}

/// The draft without the clause that asks for its order.
fn dropped(reading: &Reading<'_>) -> Option<Draft> {
    let text = &reading.draft.question;
    let span = clauses(text, &reading.values()).into_iter().find(|clause| asks_order(reading, *clause))?;
    let question = without(text, span);
    let left = said_words(&question);
    if left.iter().any(|w| MARKERS.contains(&w.as_str()) || RANKS.contains(&w.as_str())) || left.len() < 2 {
        return None;
    }
    let mut query = reading.draft.query.clone();
    query.order_by.clear();
    Some(Draft { ordered: false, ..reading.draft.to(question, query) })
}

/// Whether a clause is made of words of order and names alone.
fn asks_order(reading: &Reading<'_>, clause: TextSpan) -> bool {
    let lower = reading.at(clause).to_ascii_lowercase();
    let named: Vec<TextSpan> = reading.mentions.iter().map(|m| m.span).collect();
    let mut marked = false;
    let values = reading.values();
    let known = words(&lower).into_iter().all(|word| {
        let said = &lower[word.start..word.end];
        let at = TextSpan { start: word.start + clause.start, end: word.end + clause.start };
        marked |= MARKERS.contains(&said);
        MARKERS.contains(&said)
            || RANKS.contains(&said)
            || OF_ORDERS.split_whitespace().any(|w| w == said)
            || named.iter().any(|span| span.start <= at.start && at.end <= span.end)
    });
    known && marked && !values.iter().any(|v| clause.start <= v.start && v.end <= clause.end)
}
