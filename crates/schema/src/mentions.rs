//! Mentions: where a question speaks of a value that the database holds, and where it only seems to.
//!
//! "Active" is a status, "it" is hardly ever the department IT, "sales" may be a column or a department. Words that mean
//! something else in the lexicon, or nothing at all, need a sign that a value is meant: capitals, quotes, or the column's
//! own name beside them.

mod lists;
mod readings;

pub(crate) use self::lists::listed_beside;
pub(crate) use self::readings::known_readings;

use self::readings::readings_of;
use crate::atom::{fold_at, fold_before};
use crate::glossary::Role;
use crate::lexicon::{Hit, Target, TermKind, is_amount, is_key_word};
use crate::normalize::{Asked, Claim, Claims, date_claim, number_claim};
use crate::slips::Slips;
use crate::slot::SlotKind;
use crate::value_index::{Match, is_telling, key_word};
use crate::words::{identifier_words, is_common_word, is_english_word, is_function_word, is_same_verb};
use crate::{ColumnId, TableId};

/// Some words of a question that may be a value: atoms `from..to` and their key words.
struct Mention {
    from: usize,
    to: usize,
    words: Vec<String>,
}

/// The longest known value whose words begin at this atom.
pub(crate) fn exact_at(asked: &Asked<'_>, at: usize, claims: &Claims) -> Option<Claim> {
    let values = asked.context.values;
    if !values.has_first_word(&asked.atoms[at].fold) {
        return None;
    }
    let mentions = mentions_at(asked, at, values.longest(), None);
    mentions.into_iter().rev().filter(|m| claims.is_free(m.from, m.to)).find_map(|m| {
        let found = values.exact(&m.words);
        if found.is_empty() || !is_meant(asked, &m, &found) { None } else { Some(claim(asked, &m, &found)) }
    })
}

/// Looser matches in what is not claimed yet: with slips corrected, in another order, by initials, by a part.
pub(crate) fn loose(asked: &Asked<'_>, slips: &mut Slips, claims: &mut Claims) {
    let mut at = 0;
    while at < asked.atoms.len() {
        let found = loose_at(asked, slips, at, claims);
        at = found.as_ref().map_or(at + 1, |c| c.to);
        if let Some(claim) = found {
            slips.forget(claim.from, claim.to);
            claims.add(claim);
        }
    }
}

fn loose_at(asked: &Asked<'_>, slips: &Slips, at: usize, claims: &Claims) -> Option<Claim> {
    if !asked.atoms[at].is_word() || !claims.is_free(at, at + 1) {
        return None;
    }
    let longest = asked.context.values.longest();
    let as_written = mentions_at(asked, at, longest.min(4), None);
    let may_be_misspelt = slips.any_value(at, asked.atoms.len().min(at + longest));
    let corrected = if may_be_misspelt { mentions_at(asked, at, longest, Some(slips)) } else { Vec::new() };
    let readers: [fn(&Asked<'_>, &Mention) -> Vec<Match>; 3] = [reordered, initials, part];
    let slipped = corrected.iter().rev().filter(|m| slips.any_value(m.from, m.to)).map(|m| (m, misspelt(asked, m)));
    let looser = as_written.iter().rev().flat_map(|m| readers.iter().map(move |read| (m, read(asked, m))));
    let mut found = slipped.chain(looser).filter(|(m, matches)| !matches.is_empty() && claims.is_free(m.from, m.to));
    found.next().map(|(mention, matches)| claim(asked, mention, &matches))
}

/// The stretches of up to `longest` words from an atom on, shortest first, with slips corrected where they are given.
fn mentions_at(asked: &Asked<'_>, at: usize, longest: usize, slips: Option<&Slips>) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for (n, atom) in asked.atoms[at..].iter().enumerate() {
        if !is_key_word(&atom.fold) {
            let goes_on =
                n > 0 && matches!(atom.text, "-" | "." | "," | "/" | "_" | "(" | ")" | ":" | "–" | "'" | "’" | "@");
            if goes_on { continue } else { break }
        }
        if words.len() == longest {
            break;
        }
        let corrected = slips.and_then(|s| s.value_word(at + n));
        let spelt = corrected.or_else(|| asked.context.values.spelling(&atom.fold));
        words.push(spelt.map_or_else(|| key_word(atom.fold.clone()), str::to_owned));
        mentions.push(Mention { from: at, to: at + n + 1, words: words.clone() });
    }
    mentions
}

fn claim(asked: &Asked<'_>, mention: &Mention, found: &[Match]) -> Claim {
    let readings = readings_of(asked, mention, found);
    Claim { from: mention.from, to: mention.to, kind: SlotKind::Val, readings }
}

/// Whether words that spell a value stand for it here.
fn is_meant(asked: &Asked<'_>, mention: &Mention, found: &[Match]) -> bool {
    let (from, to) = (mention.from, mention.to);
    let columns = columns_of(asked, found);
    let is_number = mention.words.iter().all(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    if asked.is_locked(from, to) {
        return is_said_of_holder(asked, from, to, &columns);
    }
    if has_cue(asked, from, to, &columns) && !is_date(asked, from, to) {
        return !is_negated(asked, mention, found);
    }
    if is_number || is_inside_phrase(asked, from, to) || is_counted(asked, mention) {
        return false;
    }
    if let Some(hit) = asked.hits.iter().find(|h| (h.from, h.to) == (from, to) && h.is_noun()) {
        return is_meant_despite(asked, hit, &columns);
    }
    let is_said = found.iter().all(|m| m.is_said);
    if is_said && mention.words.iter().all(|w| is_function_word(w)) && mention.words.len() > 1 {
        return is_before_holder(asked, to, &columns);
    }
    if mention.words.len() > 1 {
        return true;
    }
    if is_said && is_elsewhere(asked, mention, &columns) {
        return false;
    }
    let word = mention.words[0].as_str();
    if is_function_word(word) || word.chars().count() == 1 {
        return word.len() > 1 && asked.atoms[from].is_all_capitals() && !asked.is_shouted;
    }
    let is_name = columns.iter().all(|c| matches!(role(asked, *c), Role::Name | Role::Code));
    if is_name && is_english_word(word) && !asked.is_name_like(from) {
        return false;
    }
    !is_verb_here(asked, mention, &columns) && !is_degree_here(asked, word, to)
}

/// "status is not active", where the glossary calls another value so: the status is denied, not named.
fn is_negated(asked: &Asked<'_>, mention: &Mention, found: &[Match]) -> bool {
    let denied = mention.words.len() > 1 && mention.words[0] == "not" && found.iter().all(|m| m.is_said);
    denied && matches!(fold_before(&asked.atoms, mention.from), "is" | "are" | "was" | "were")
}

/// "would-be clients": the table that holds the value is named right behind.
fn is_before_holder(asked: &Asked<'_>, to: usize, columns: &[ColumnId]) -> bool {
    tables_named(asked).iter().any(|(at, table)| *at == to && columns.iter().any(|c| c.table == *table))
}

/// "60 days": an amount, unless capitals make it a name ("24 Hour Fitness").
fn is_counted(asked: &Asked<'_>, mention: &Mention) -> bool {
    let atoms = &asked.atoms[mention.from..mention.to];
    atoms[0].is_digits() && number_claim(asked, mention.from).is_some() && !atoms.iter().any(|a| a.is_capitalised())
}

/// In lower case, and only in tables that neither are spoken of nor join one that is.
fn is_elsewhere(asked: &Asked<'_>, mention: &Mention, columns: &[ColumnId]) -> bool {
    let named = tables_named(asked).into_iter().filter(|(at, _)| *at != mention.from);
    let spoken: Vec<TableId> = named.map(|(_, table)| table).collect();
    let near = |column: &ColumnId| {
        spoken.iter().any(|t| *t == column.table || asked.context.lexicon.joins.are_neighbours(*t, column.table))
    };
    let lower = !asked.atoms[mention.from..mention.to].iter().any(|a| a.is_capitalised());
    lower && !spoken.is_empty() && !columns.iter().any(near)
}

/// A word that is a condition of one table and a value of another, "open": a value if the noun it goes with is a table that
/// holds the value, and no condition is said of that table.
fn is_said_of_holder(asked: &Asked<'_>, from: usize, to: usize, columns: &[ColumnId]) -> bool {
    let locks: Vec<&Hit<'_>> = asked.hits.iter().filter(|h| h.from < to && from < h.to && h.is_lock()).collect();
    if locks.iter().any(|h| (h.from, h.to) != (from, to)) {
        return false;
    }
    let Some(table) = nearest_table(asked, from, to) else { return false };
    let conditions = &asked.context.lexicon.conditions;
    let said_of = |h: &&Hit<'_>| {
        h.terms.iter().any(|t| match t.target {
            Target::Condition(index) => conditions[index as usize].columns.iter().any(|c| c.table == table),
            _ => true,
        })
    };
    columns.iter().any(|c| c.table == table) && !locks.iter().any(said_of)
}

/// The table named right behind some atoms, else the last one named before them, else the first one at all.
fn nearest_table(asked: &Asked<'_>, from: usize, to: usize) -> Option<TableId> {
    let named = tables_named(asked);
    let behind = named.iter().find(|(at, _)| (to..to + 3).contains(at));
    let before = named.iter().rev().find(|(at, _)| *at < from);
    behind.or(before).or(named.first()).map(|(_, table)| *table)
}

/// Every table that the question names, with the place; a condition's noun ("employees") names its table too.
fn tables_named(asked: &Asked<'_>) -> Vec<(usize, TableId)> {
    let conditions = &asked.context.lexicon.conditions;
    let table_of = |h: &Hit<'_>| {
        h.terms.iter().find_map(|t| match t.target {
            Target::Table(table) => Some((h.from, table)),
            Target::Condition(index) => conditions[index as usize].columns.first().map(|c| (h.from, c.table)),
            _ => None,
        })
    };
    asked.hits.iter().filter_map(table_of).collect()
}

/// The word also names a table, column or measure: capitals, or "in sales" for a department.
fn is_meant_despite(asked: &Asked<'_>, hit: &Hit<'_>, columns: &[ColumnId]) -> bool {
    if asked.is_name_like(hit.from) {
        return true;
    }
    let is_head = hit.terms.iter().any(|t| t.is_noun() && t.kind != TermKind::Noun);
    if is_kind_of_row(asked, hit, columns) {
        return true;
    }
    let grouped = columns.iter().any(|c| role(asked, *c) == Role::Dimension);
    grouped && !is_head && matches!(fold_before(&asked.atoms, hit.from), "in" | "from" | "within")
}

/// "budget revisions", "billing or access tickets": right behind stands the table that holds the value as a sort or status
/// of its rows, and the word names nothing of that table.
fn is_kind_of_row(asked: &Asked<'_>, hit: &Hit<'_>, columns: &[ColumnId]) -> bool {
    let sorts = |table: TableId| {
        let is_sort = |c: &ColumnId| c.table == table && matches!(role(asked, *c), Role::Dimension | Role::Status);
        columns.iter().any(is_sort)
    };
    let names = |table: TableId| {
        hit.terms.iter().any(|t| match t.target {
            Target::Column(column) => column.table == table,
            Target::Table(named) => named == table,
            _ => false,
        })
    };
    tables_named(asked).into_iter().any(|(at, table)| at == hit.to && sorts(table) && !names(table))
}

/// Part of a longer phrase that names a table, column or measure.
fn is_inside_phrase(asked: &Asked<'_>, from: usize, to: usize) -> bool {
    asked.hits.iter().any(|h| h.is_noun() && h.from <= from && to <= h.to && h.to - h.from > to - from)
}

/// "expired in March", "assigned to", "booked in October": a verb, not the status of that name.
fn is_verb_here(asked: &Asked<'_>, mention: &Mention, columns: &[ColumnId]) -> bool {
    let (from, to) = (mention.from, mention.to);
    let next = fold_at(&asked.atoms, to);
    let last = fold_at(&asked.atoms, to - 1);
    let is_participle = last.ends_with("ed") || last.ends_with("ing");
    let is_ruled = matches!(next, "in" | "on" | "at" | "for" | "against" | "from" | "with");
    let is_of_table = nearest_table(asked, from, to).is_some_and(|t| columns.iter().any(|c| c.table == t));
    if is_participle && (matches!(next, "to" | "by") || (is_ruled && !is_of_table)) && !asked.is_name_like(from) {
        return true;
    }
    let is_verb = |h: &Hit<'_>| (h.from, h.to) == (from, to) && h.terms.iter().any(|t| t.kind == TermKind::Verb);
    let joined =
        matches!(next, "in" | "on" | "before" | "after" | "since" | "by" | "between" | "from" | "during" | "within");
    let date_at = to + usize::from(joined);
    let date_at = date_at + usize::from(fold_at(&asked.atoms, date_at) == "the");
    asked.hits.iter().any(is_verb) && date_claim(asked, date_at).is_some()
}

/// "high budget": how much, not the priority of that name.
fn is_degree_here(asked: &Asked<'_>, word: &str, to: usize) -> bool {
    let degree =
        matches!(word, "high" | "low" | "medium" | "large" | "small" | "average" | "normal" | "critical" | "standard");
    let context = asked.context;
    let amount =
        |h: &Hit<'_>| h.terms.iter().any(|t| t.is_noun() && is_amount(context.catalog, context.glossary, t.target));
    degree && asked.hits.iter().any(|h| h.from == to && amount(h))
}

/// The name of a column that holds the value, or of the table it names a row of, beside it.
fn has_cue(asked: &Asked<'_>, from: usize, to: usize, columns: &[ColumnId]) -> bool {
    const LINKS: [&str; 11] = ["is", "are", "was", "=", ":", "of", "equals", "called", "named", "to", "the"];
    let mut before = from;
    while before > 0 && from - before < 2 && LINKS.contains(&asked.atoms[before - 1].text.to_lowercase().as_str()) {
        before -= 1;
    }
    let behind = after_link(asked, to);
    let is_cue = |h: &Hit<'_>| {
        let precedes = h.to == before || h.to == from;
        h.terms.iter().filter(|t| t.is_noun()).any(|term| match term.target {
            Target::Column(column) => (precedes || h.from == to || h.from == behind) && columns.contains(&column),
            Target::Table(table) => {
                let names = |c: &ColumnId| c.table == table && matches!(role(asked, *c), Role::Name | Role::Code);
                precedes && from > 0 && columns.iter().any(names)
            }
            _ => false,
        })
    };
    asked.hits.iter().any(is_cue) || is_rated(asked, from, columns)
}

/// Where the column's name would stand in "D as their rating" and "D-class".
fn after_link(asked: &Asked<'_>, to: usize) -> usize {
    if fold_at(&asked.atoms, to) == "-" {
        return to + 1;
    }
    let link = usize::from(fold_at(&asked.atoms, to) == "as");
    let article = matches!(fold_at(&asked.atoms, to + link), "the" | "a" | "their" | "its" | "his" | "her");
    to + link + usize::from(link == 1 && article)
}

/// "rated D": the word before is a form of the column's own name.
fn is_rated(asked: &Asked<'_>, from: usize, columns: &[ColumnId]) -> bool {
    let before = fold_before(&asked.atoms, from);
    let column_names = |c: &ColumnId| identifier_words(&asked.context.catalog.column(*c).name);
    let named = |c: &ColumnId| matches!(column_names(c).as_slice(), [word] if is_same_verb(word, before));
    before.len() > 3 && columns.iter().any(named)
}

fn is_date(asked: &Asked<'_>, from: usize, to: usize) -> bool {
    date_claim(asked, from).is_some_and(|c| c.to >= to)
}

fn role(asked: &Asked<'_>, column: ColumnId) -> Role {
    asked.context.glossary.role(asked.context.catalog, column)
}

fn columns_of(asked: &Asked<'_>, found: &[Match]) -> Vec<ColumnId> {
    let readings = asked.context.values.readings(found);
    readings.into_iter().flatten().map(|v| v.column).collect()
}

/// The value that the words are with their slips corrected, whole or a part of it.
fn misspelt(asked: &Asked<'_>, mention: &Mention) -> Vec<Match> {
    let values = asked.context.values;
    let mut found = values.exact(&mention.words);
    if found.is_empty() && is_likely_part(asked, mention) {
        found = names_only(asked, values.partial(&mention.words));
    }
    if asked.is_locked(mention.from, mention.to) {
        return Vec::new();
    }
    found.iter_mut().for_each(|m| m.score *= 0.86);
    found
}

/// Misspelt and a part only: the more must speak for it.
fn is_likely_part(asked: &Asked<'_>, mention: &Mention) -> bool {
    let rare = mention.words.iter().all(|w| !is_english_word(w) && w.chars().count() >= 6);
    let capitals = (mention.from..mention.to).all(|at| asked.is_name_like(at));
    let first = mention.words.len() == 1 && asked.context.values.is_telling_first_word(&mention.words[0]);
    rare && (capitals || first)
}

/// Parts are recognised of names only.
fn names_only(asked: &Asked<'_>, found: Vec<Match>) -> Vec<Match> {
    asked.context.values.stored_in(found, |column| role(asked, column) == Role::Name)
}

fn reordered(asked: &Asked<'_>, mention: &Mention) -> Vec<Match> {
    let capitals = (mention.from..mention.to).all(|at| !asked.atoms[at].is_word() || asked.atoms[at].is_capitalised());
    if is_telling(&mention.words) || capitals { asked.context.values.reordered(&mention.words) } else { Vec::new() }
}

/// Three capitals or more: "NWT".
fn initials(asked: &Asked<'_>, mention: &Mention) -> Vec<Match> {
    let atom = &asked.atoms[mention.from];
    let is_short = mention.words.len() == 1 && atom.is_all_capitals() && atom.text.chars().count() >= 3;
    if is_short && !asked.is_shouted && !asked.is_noun_at(mention.from) {
        asked.context.values.initials(&atom.fold)
    } else {
        Vec::new()
    }
}

/// Some words of a longer name: several that belong together, or one that stands for itself.
fn part(asked: &Asked<'_>, mention: &Mention) -> Vec<Match> {
    let last = &asked.atoms[mention.to - 1];
    if asked.is_locked(mention.from, mention.to) || last.is_possessive() {
        return Vec::new();
    }
    let likely =
        if mention.words.len() == 1 { is_telling_word(asked, mention) } else { is_telling_run(asked, mention) };
    if likely { names_only(asked, asked.context.values.partial(&mention.words)) } else { Vec::new() }
}

fn is_telling_run(asked: &Asked<'_>, mention: &Mention) -> bool {
    let capitals = (mention.from..mention.to).all(|at| !asked.atoms[at].is_word() || asked.is_name_like(at));
    let nouns = (mention.from..mention.to).filter(|at| asked.is_noun_at(*at)).count();
    let has_stop = mention.words.iter().any(|w| is_function_word(w));
    !has_stop && (capitals || (is_telling(&mention.words) && nouns == 0))
}

fn is_telling_word(asked: &Asked<'_>, mention: &Mention) -> bool {
    let context = asked.context;
    let word = mention.words[0].as_str();
    if word.chars().count() < 3 || asked.is_noun_at(mention.from) || is_common_word(word) {
        return false;
    }
    let next = asked.atoms.get(mention.to);
    let possessive = next.is_some_and(|a| a.is_possessive());
    if asked.is_name_like(mention.from) || (possessive && asked.atoms[mention.from].is_capitalised()) {
        return true;
    }
    let is_known = context.vocabulary.is_some_and(|v| v.knows(word)) || context.lexicon.words.knows(word);
    let is_glued = asked.atoms[mention.from].glued || next.is_some_and(|a| a.glued && a.is_mark('@'));
    !is_known && !is_glued && word.chars().count() >= 5 && context.values.is_telling_first_word(word)
}
