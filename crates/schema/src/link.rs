//! Linking: which tables, columns, measures and conditions a question speaks of, and why.
//!
//! The longest phrases of the lexicon win; words inside a linked phrase link nothing else. Columns that several tables
//! have in common are kept for the tables that the question speaks of. Known values link their columns. Last, the tables
//! are closed under join paths, so that they can be joined.

use std::collections::HashSet;

use crate::atom::{AtomKind, atoms};
use crate::catalog::{ColumnId, ForeignKeyId, TableId};
use crate::lexicon::{Cell, Hit, Named, Target, Term, TermKind};
use crate::normalize::Context;
use crate::slot::{NormalizedQuestion, Piece, Reading, Slot, TextSpan};
use crate::words::{is_function_word, stem};

/// A phrase that means more columns than this says too little to link a table.
const MAX_MEANINGS: usize = 12;
/// More tables than this are not joined.
const MAX_TABLES: usize = 6;

/// What a question speaks of. Lists are in order of score, best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// Tables, those on the way between others included.
    pub tables: Vec<TableLink>,
    /// Columns.
    pub columns: Vec<ColumnLink>,
    /// Measures, by position in [`crate::Lexicon::measures`].
    pub measures: Vec<NamedLink>,
    /// Conditions, by position in [`crate::Lexicon::conditions`].
    pub conditions: Vec<NamedLink>,
    /// Foreign keys that join the tables, in join order.
    pub joins: Vec<ForeignKeyId>,
}

/// A table and why it is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct TableLink {
    /// The table.
    pub table: TableId,
    /// 0 to 1.
    pub score: f32,
    /// A sentence fragment for people: `"jobs" names projects`.
    pub reason: String,
    /// Where the words stand; empty for a table on the way between others.
    pub span: TextSpan,
}

/// A column, the words that name it, or the slot whose value it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnLink {
    /// The column.
    pub column: ColumnId,
    /// 0 to 1.
    pub score: f32,
    /// The words of the question, slips corrected.
    pub words: String,
    /// Where they stand.
    pub span: TextSpan,
    /// The slot whose value the column holds.
    pub slot: Option<Slot>,
}

/// A measure or condition and the words that name it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLink {
    /// Position in the lexicon's list.
    pub index: u16,
    /// 0 to 1.
    pub score: f32,
    /// The words of the question.
    pub words: String,
    /// Where they stand.
    pub span: TextSpan,
}

/// Links a question to the catalog.
pub fn link(question: &NormalizedQuestion, context: &Context<'_>) -> Links {
    let words = words_of(question);
    let cells: Vec<Cell<'_>> = words.iter().map(|w| w.fold.as_deref().map_or(Cell::Break, Cell::Word)).collect();
    let hits = longest(context.lexicon.hits(&cells));
    let mut links = Links::default();
    for hit in &hits {
        link_tables(&mut links, context, &words, hit);
    }
    for hit in &hits {
        link_named(&mut links, context, &words, hit);
    }
    for hit in &hits {
        link_columns(&mut links, context, &words, hit);
    }
    link_values(&mut links, question, context);
    link_rest(&mut links, context, &words, &hits);
    close(&mut links, context);
    sort(&mut links);
    links
}

/// A word of the question with its place; without a folded form where no phrase goes across.
struct Word {
    text: String,
    fold: Option<String>,
    span: TextSpan,
}

fn words_of(question: &NormalizedQuestion) -> Vec<Word> {
    let mut words = Vec::new();
    for piece in &question.pieces {
        match piece {
            Piece::Slot(_) => words.push(Word { text: String::new(), fold: None, span: TextSpan::default() }),
            Piece::Text { text, span } if text == "'s" => {
                words.push(Word { text: text.clone(), fold: None, span: *span });
            }
            Piece::Text { text, span } => words.extend(atoms(text).into_iter().map(|atom| {
                let breaks = atom.kind == AtomKind::Mark && !matches!(atom.text, "&" | "+" | "#");
                Word { text: atom.text.to_owned(), fold: (!breaks).then_some(atom.fold), span: *span }
            })),
        }
    }
    words
}

/// Hits that lie inside no longer one; of two that overlap the longer, then the earlier.
fn longest(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|h| (std::cmp::Reverse(h.to - h.from), h.from));
    let mut kept: Vec<Hit<'_>> = Vec::new();
    for hit in hits {
        if kept.iter().all(|k| hit.to <= k.from || k.to <= hit.from) {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|h| h.from);
    kept
}

fn said(words: &[Word], from: usize, to: usize) -> (String, TextSpan) {
    let texts: Vec<&str> = words[from..to].iter().map(|w| w.text.as_str()).collect();
    (texts.join(" "), TextSpan { start: words[from].span.start, end: words[to - 1].span.end })
}

/// Measures and conditions: of several with the same words those of tables spoken of.
fn link_named(links: &mut Links, context: &Context<'_>, words: &[Word], hit: &Hit<'_>) {
    let spoken: HashSet<TableId> = links.tables.iter().map(|t| t.table).collect();
    let found: Vec<(&Term, &Named)> =
        hit.terms.iter().filter_map(|t| Some((t, context.lexicon.named(t.target)?))).collect();
    let is_spoken = |named: &Named| named.columns.first().is_some_and(|c| spoken.contains(&c.table));
    let any_spoken = found.iter().any(|(_, named)| is_spoken(named));
    let (said, span) = said(words, hit.from, hit.to);
    for (term, named) in found.into_iter().filter(|(_, named)| !any_spoken || is_spoken(named)) {
        let (list, index) = match term.target {
            Target::Measure(index) => (&mut links.measures, index),
            Target::Condition(index) => (&mut links.conditions, index),
            _ => continue,
        };
        if !list.iter().any(|l| l.index == index) {
            list.push(NamedLink { index, score: term.score, words: said.clone(), span });
        }
        for column in &named.columns {
            let score = 0.7 * term.score;
            add_column(links, ColumnLink { column: *column, score, words: said.clone(), span, slot: None });
        }
        // The first column's table is what it is said of; what it compares with may lie elsewhere.
        if let Some(first) = named.columns.first() {
            let reason = format!("\"{said}\" is said of {}", name(context, first.table));
            let score = if any_spoken || hit.terms.len() == 1 { 0.7 } else { 0.45 } * term.score;
            add_table(links, TableLink { table: first.table, score, reason, span });
        }
    }
}

fn link_tables(links: &mut Links, context: &Context<'_>, words: &[Word], hit: &Hit<'_>) {
    for term in hit.terms {
        let (said, span) = said(words, hit.from, hit.to);
        match term.target {
            Target::Table(table) => {
                let reason = format!("\"{said}\" names {}", name(context, table));
                add_table(links, TableLink { table, score: term.score, reason, span });
            }
            Target::Relation(key) if hit.to - hit.from > 1 || !is_function_word(&said) => {
                let table = context.catalog.foreign_key(key).from;
                let reason = format!("\"{said}\" is how {} is spoken of", name(context, table));
                add_table(links, TableLink { table, score: 0.4, reason, span });
            }
            _ => {}
        }
    }
}

/// The columns a phrase names: those of tables spoken of, else all if they are few; they bring their table along where
/// the phrase means one column only.
fn link_columns(links: &mut Links, context: &Context<'_>, words: &[Word], hit: &Hit<'_>) {
    let column_of = |term: &Term| match term.target {
        Target::Column(column) => Some((column, *term)),
        _ => None,
    };
    let all: Vec<(ColumnId, Term)> = hit.terms.iter().filter_map(column_of).collect();
    let spoken: HashSet<TableId> = links.tables.iter().filter(|t| t.score >= 0.5).map(|t| t.table).collect();
    let inside: Vec<_> = all.iter().filter(|(c, _)| spoken.contains(&c.table)).collect();
    let chosen = if inside.is_empty() { all.iter().collect() } else { inside };
    if chosen.is_empty() || chosen.len() > MAX_MEANINGS {
        return;
    }
    let (said, span) = said(words, hit.from, hit.to);
    let share = if chosen.len() > 1 { 0.8 } else { 1.0 };
    for (column, term) in &chosen {
        let link = ColumnLink { column: *column, score: share * term.score, words: said.clone(), span, slot: None };
        add_column(links, link);
    }
    let best = chosen.iter().max_by(|a, b| a.1.score.total_cmp(&b.1.score).then(b.0.cmp(&a.0)));
    if let Some((column, term)) =
        best.filter(|(c, t)| chosen.len() <= 2 && !spoken.contains(&c.table) && t.kind != TermKind::Rank)
    {
        let reason = format!("\"{said}\" is {}", context.catalog.qualified(*column));
        add_table(links, TableLink { table: column.table, score: 0.5 * term.score, reason, span });
    }
}

/// The columns that hold the question's values; those of tables spoken of count more. A value that one table alone holds
/// brings it along.
fn link_values(links: &mut Links, question: &NormalizedQuestion, context: &Context<'_>) {
    for filled in &question.slots {
        let known = filled.readings.iter().find_map(|r| match r {
            Reading::Known(values) => Some(values),
            _ => None,
        });
        let Some(values) = known else { continue };
        let words = question.original.get(filled.span.start..filled.span.end).unwrap_or_default();
        let is_spoken = |links: &Links, table: TableId| links.tables.iter().any(|t| t.table == table);
        let any_spoken = values.iter().any(|v| is_spoken(links, v.column.table));
        for value in values.iter().take(MAX_MEANINGS) {
            let spoken = is_spoken(links, value.column.table);
            let score = value.score * if spoken { 1.0 } else { 0.5 };
            let link = ColumnLink {
                column: value.column,
                score,
                words: words.to_owned(),
                span: filled.span,
                slot: Some(filled.slot),
            };
            add_column(links, link);
        }
        if let Some(value) = values.first().filter(|_| !any_spoken) {
            let reason = format!("\"{words}\" is a value of {}", context.catalog.qualified(value.column));
            let score = if values.len() == 1 { 0.6 } else { 0.3 };
            add_table(links, TableLink { table: value.column.table, score, reason, span: filled.span });
        }
    }
}

/// Words that no phrase has: part of a column's name in a table spoken of ("value" for Contract_Value).
fn link_rest(links: &mut Links, context: &Context<'_>, words: &[Word], hits: &[Hit<'_>]) {
    let tables: Vec<TableId> =
        links.tables.iter().filter(|t| t.score >= 0.5).map(|t| t.table).take(MAX_TABLES).collect();
    let covered = |at: usize| hits.iter().any(|h| h.from <= at && at < h.to);
    for (at, word) in words.iter().enumerate() {
        let Some(fold) = word.fold.as_deref().filter(|f| !covered(at) && f.len() > 2 && !is_function_word(f)) else {
            continue;
        };
        let sought = stem(fold);
        for (column, stems) in tables.iter().filter_map(|t| context.lexicon.column_words.get(t)).flatten() {
            if stems.iter().any(|s| *s == sought) {
                let score = 0.4 / stems.len() as f32;
                let (words, span) = (word.text.clone(), word.span);
                add_column(links, ColumnLink { column: *column, score, words, span, slot: None });
            }
        }
    }
}

/// Adds the tables on the way between the tables spoken of, and the keys that join them.
fn close(links: &mut Links, context: &Context<'_>) {
    sort(links);
    let sure = links.tables.iter().filter(|t| t.score >= 0.5).count().max(1);
    let mut wanted: Vec<TableId> = links.tables.iter().take(sure.min(MAX_TABLES)).map(|t| t.table).collect();
    let joins = loop {
        match context.lexicon.joins.connect(&wanted) {
            Some(joins) => break joins,
            // The least sure table cannot be reached.
            None => wanted.truncate(wanted.len() - 1),
        }
    };
    for key in &joins {
        let (from, to) = context.lexicon.joins.ends(*key);
        for (table, other) in [(from, to), (to, from)] {
            let reason = format!("on the way from {}", name(context, other));
            if !links.tables.iter().any(|t| t.table == table) {
                links.tables.push(TableLink { table, score: 0.3, reason, span: TextSpan::default() });
            }
        }
    }
    links.joins = joins;
}

fn add_table(links: &mut Links, link: TableLink) {
    match links.tables.iter_mut().find(|t| t.table == link.table) {
        Some(known) if known.score >= link.score => {}
        Some(known) => *known = link,
        None => links.tables.push(link),
    }
}

fn add_column(links: &mut Links, link: ColumnLink) {
    match links.columns.iter_mut().find(|c| c.column == link.column && c.slot == link.slot) {
        Some(known) if known.score >= link.score => {}
        Some(known) => *known = link,
        None => links.columns.push(link),
    }
}

fn sort(links: &mut Links) {
    links
        .tables
        .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)).then(a.table.cmp(&b.table)));
    links.columns.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)).then(a.column.cmp(&b.column))
    });
    links.measures.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
    links.conditions.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
}

fn name<'a>(context: &Context<'a>, table: TableId) -> &'a str {
    &context.catalog.table(table).name
}
