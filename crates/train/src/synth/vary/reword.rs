//! Other words for the same query: synonyms of what is named, other openings.

use schema::{Role, TableId};

use super::super::dice::Dice;
use super::super::world::World;
use super::mention::{Mention, Target, column_phrases, table_phrases};
use super::{Reading, replaced};

/// Openings of a command; one stands for another.
const OPENINGS: [&str; 26] = [
    "show me",
    "list",
    "give me",
    "display",
    "get me",
    "i need",
    "i want",
    "i'd like to see",
    "i would like to see",
    "pull",
    "pull up",
    "find",
    "please show",
    "please list",
    "can you show me",
    "could you show me",
    "can i see",
    "let me see",
    "can i get",
    "could i have",
    "i'm after",
    "looking for",
    "need",
    "print",
    "report",
    "show",
];
/// Words after an opening that do not stand behind every other.
const CLAUSES: [&str; 11] = ["how", "which", "what", "who", "where", "when", "whether", "if", "me", "us", "to"];

/// The question with some of its mentions by another name, and perhaps another opening.
pub fn reworded(world: &World<'_>, reading: &Reading<'_>, dice: &mut Dice) -> String {
    let mut edits = vec![];
    for mention in &reading.mentions {
        if dice.chance(0.4)
            && let Some(phrase) = synonym(world, reading, mention, dice)
        {
            edits.push((mention.span, phrase));
        }
    }
    let text = replaced(&reading.draft.question, edits);
    if dice.chance(0.5) { opened(&text, dice).unwrap_or(text) } else { text }
}

/// Another name of what is named, in the same number, that names nothing else of the query's tables.
fn synonym(world: &World<'_>, reading: &Reading<'_>, mention: &Mention, dice: &mut Dice) -> Option<String> {
    if does_or_is(world, reading, mention) {
        return None;
    }
    let names = phrases(world, mention.target, mention.plural);
    let fitting: Vec<&String> = names.iter().filter(|name| is_clear(world, reading, mention.target, name)).collect();
    dice.early(&fitting).map(|name| (*name).clone())
}

/// Whether a name may stand for what rows do ("when does it end") or are ("is it billable"), where no noun fits.
fn does_or_is(world: &World<'_>, reading: &Reading<'_>, mention: &Mention) -> bool {
    let said = reading.at(mention.span);
    let mut verbs = world.glossary.columns.values().flat_map(|terms| &terms.verb);
    let is_flag = matches!(mention.target, Target::Column(column) if world.role(column) == Role::Flag);
    is_flag || verbs.any(|verb| verb.eq_ignore_ascii_case(said))
}

/// The names of a target in one number.
pub fn phrases(world: &World<'_>, target: Target, plural: bool) -> Vec<String> {
    let found: Vec<(String, bool)> = match target {
        Target::Table(table) => {
            table_phrases(world, table).into_iter().map(|(phrase, plural)| (phrase.to_owned(), plural)).collect()
        }
        Target::Column(column) => {
            column_phrases(world, column).into_iter().map(|(phrase, plural)| (phrase.into_owned(), plural)).collect()
        }
    };
    found.into_iter().filter(|(_, is_plural)| *is_plural == plural).map(|(phrase, _)| phrase).collect()
}

/// Whether a phrase names only the target among the tables of the query.
pub fn is_clear(world: &World<'_>, reading: &Reading<'_>, target: Target, phrase: &str) -> bool {
    let tables = || reading.sources.values().copied();
    let names_table = |table: TableId| table_phrases(world, table).iter().any(|(p, _)| *p == phrase);
    let other_table = tables().any(|table| Target::Table(table) != target && names_table(table));
    let mut columns = tables().flat_map(|table| world.catalog.columns_of(table));
    !other_table
        && !columns.any(|column| {
            Target::Column(column) != target && column_phrases(world, column).iter().any(|(p, _)| p == phrase)
        })
}

/// A command with another opening.
fn opened(text: &str, dice: &mut Dice) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let fits = |opening: &&&str| lower.strip_prefix(**opening).is_some_and(|rest| rest.starts_with(' '));
    let opening = OPENINGS.iter().filter(fits).max_by_key(|opening| opening.len())?;
    let rest = text[opening.len()..].trim_start();
    let first = rest.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    if CLAUSES.contains(&first.as_str()) {
        return None;
    }
    let other = dice.pick(&OPENINGS)?;
    Some(format!("{other} {rest}"))
}
