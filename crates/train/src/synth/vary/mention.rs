//! Where a question names the tables and columns of its query, by the glossary's phrases.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schema::slot::{NormalizedQuestion, TextSpan};
use schema::{ColumnId, TableId};
use sql::tree::{ExprKind, Query, SourceId};
use sql::visit::each_expr_of_query;

use super::super::world::World;
use super::text::Words;

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A table.
    Table(TableId),
    /// A column.
    Column(ColumnId),
}

/// A phrase that names a part of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Where it stands.
    pub span: TextSpan,
    /// What it names.
    pub target: Target,
    /// Whether the plural form stands there.
    pub plural: bool,
}

/// A phrase somewhere in the question, of whatever the glossary has.
struct Found {
    span: TextSpan,
    /// None where it says something else, or more than one thing.
    means: Option<(Target, bool)>,
}

/// The columns that a query reads from tables.
pub fn columns_used(query: &Query, sources: &BTreeMap<SourceId, TableId>) -> BTreeMap<ColumnId, usize> {
    let mut used = BTreeMap::new();
    each_expr_of_query(query, &mut |expr| {
        if let ExprKind::Column { source, column } = expr.kind
            && let Some(&table) = sources.get(&source)
        {
            *used.entry(ColumnId { table, column }).or_insert(0) += 1;
        }
    });
    used
}

/// The phrases of a question that name tables and columns of its query, in the order of the text. Longer phrases win; a
/// phrase that says something else besides (a condition, a rank, two columns of the query) is no mention.
pub fn mentions(
    world: &World<'_>,
    question: &NormalizedQuestion,
    query: &Query,
    sources: &BTreeMap<SourceId, TableId>,
) -> Vec<Mention> {
    let lower = question.original.to_ascii_lowercase();
    let words = Words::of(&lower);
    let tables: BTreeSet<TableId> = sources.values().copied().collect();
    let used = columns_used(query, sources);
    let mut found = vec![];
    for slot in &question.slots {
        found.extend(slot.spans().map(|span| Found { span, means: None }));
    }
    for &table in &tables {
        for (phrase, plural) in table_phrases(world, table) {
            add(&mut found, (&lower, &words), phrase, Some((Target::Table(table), plural)));
        }
        for column in world.catalog.columns_of(table) {
            let means = used.contains_key(&column).then_some(Target::Column(column));
            for (phrase, plural) in column_phrases(world, column) {
                add(&mut found, (&lower, &words), &phrase, means.map(|target| (target, plural)));
            }
        }
    }
    for phrase in other_phrases(world) {
        add(&mut found, (&lower, &words), phrase, None);
    }
    longest(found)
}

fn add(found: &mut Vec<Found>, (lower, words): (&str, &Words<'_>), phrase: &str, means: Option<(Target, bool)>) {
    let mut spans = words.occurrences(phrase);
    // "due to finish" names no column.
    spans.retain(|span| phrase.contains(' ') || !lower[..span.start].ends_with("due to "));
    found.extend(spans.into_iter().map(|span| Found { span, means }));
}

/// Of phrases that overlap the longest; of one span with several meanings none.
fn longest(mut found: Vec<Found>) -> Vec<Mention> {
    found.sort_by_key(|f| (std::cmp::Reverse(f.span.end - f.span.start), f.span.start));
    let mut kept: Vec<Found> = vec![];
    for one in found {
        match kept.iter_mut().find(|k| one.span.start < k.span.end && k.span.start < one.span.end) {
            Some(known) if known.span == one.span && disagree(known.means, one.means) => known.means = None,
            Some(_) => {}
            None => kept.push(one),
        }
    }
    let mention = |f: &Found| f.means.map(|(target, plural)| Mention { span: f.span, target, plural });
    let mut mentions: Vec<Mention> = kept.iter().filter_map(mention).collect();
    mentions.sort_by_key(|m| m.span.start);
    mentions
}

/// A column of the query and one that is not, by the same word, are no doubt: the query says which.
fn disagree(known: Option<(Target, bool)>, new: Option<(Target, bool)>) -> bool {
    matches!((known, new), (Some((a, _)), Some((b, _))) if a != b)
}

/// What the rows of a table are called, and whether several.
pub fn table_phrases<'a>(world: &World<'a>, table: TableId) -> Vec<(&'a str, bool)> {
    let Some(terms) = world.glossary.table(world.catalog, table) else { return vec![] };
    let of = |list: &'a [String], plural| list.iter().map(move |word| (word.as_str(), plural));
    of(&terms.singular, false).chain(of(&terms.plural, true)).collect()
}

/// What a column is called, and whether of several rows.
pub fn column_phrases<'a>(world: &World<'a>, column: ColumnId) -> Vec<(Cow<'a, str>, bool)> {
    let Some(terms) = world.glossary.column(world.catalog, column) else { return vec![] };
    let singular = terms.terms.iter().map(|term| (Cow::Borrowed(term.as_str()), false));
    let plural: Vec<(Cow<'a, str>, bool)> = match terms.plural.is_empty() {
        true => terms.terms.iter().map(|term| (Cow::Owned(format!("{term}s")), true)).collect(),
        false => terms.plural.iter().map(|term| (Cow::Borrowed(term.as_str()), true)).collect(),
    };
    singular.chain(plural).collect()
}

/// Phrases that say more than a name: ranks, comparisons, verbs, conditions, measures.
fn other_phrases<'a>(world: &World<'a>) -> impl Iterator<Item = &'a str> {
    let columns = world.glossary.columns.values();
    let of_columns = columns.flat_map(|c| [&c.most, &c.least, &c.more, &c.less, &c.verb]).flatten();
    let conditions = world.glossary.conditions.values();
    let of_conditions = conditions.flat_map(|c| [&c.adjectives, &c.phrases, &c.nouns]).flatten();
    let of_measures = world.glossary.measures.values().flat_map(|m| &m.terms);
    of_columns.chain(of_conditions).chain(of_measures).map(String::as_str)
}
