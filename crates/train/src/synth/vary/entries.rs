//! Lists of what is wanted, entry by entry: "code, name and total budget", in line with the outputs of the query.

use schema::ColumnId;
use schema::slot::TextSpan;
use sql::tree::{Expr, ExprKind, Item};
use sql::visit::each_expr;

use super::Reading;
use super::mention::Target;
use super::text::{sentences, trimmed, words};

/// What may stand between two entries.
const JOINTS: [&str; 11] = [", and ", ", ", "; ", " and ", " & ", " + ", " / ", "/", " plus ", " n ", " | "];
/// What may stand before the first entry of a list.
const LEAD_INS: &str = "a all also and at can columns could do fields for give given her here i id'd i'd in include including \
    is just kindly let like list me my need of on only our output please pls return see show showing tell that the their \
    them then to us want wanted was we what which with would you your be so as along together put state nothing but";
/// What may stand behind the last entry of a list.
const ENDINGS: [&str; 14] = [
    " please",
    " pls",
    " only",
    " for each",
    " each",
    " too",
    " as well",
    " thanks",
    " thank you",
    " per row",
    " suffice",
    " will do",
    " is enough",
    " are enough",
];
/// Words that lean on what stands before them, or that no name of an output holds.
const LEANING: [&str; 34] = [
    "sorted",
    "sort",
    "ordered",
    "order",
    "only",
    "ones",
    "where",
    "excluding",
    "ignoring",
    "without",
    "blanks",
    "once",
    "ties",
    "each",
    "every",
    "named",
    "known",
    "all",
    "its",
    "it",
    "that",
    "those",
    "these",
    "both",
    "respective",
    "same",
    "their",
    "this",
    "them",
    "which",
    "whose",
    "former",
    "latter",
    "how",
];

/// A list in the question, in line with the outputs.
#[derive(Debug, Clone)]
pub struct Entries {
    /// Where it stands, from the first entry to the last.
    pub span: TextSpan,
    /// Where each entry stands.
    pub entries: Vec<TextSpan>,
    /// Whether nothing follows it in its sentence.
    pub at_end: bool,
    /// Whether nothing stands before it in its sentence but a colon's or full stop's clause.
    pub alone: bool,
}

/// The list of the question whose entries name the outputs in their order.
pub fn entries(reading: &Reading<'_>) -> Option<Entries> {
    let items = &reading.draft.query.select()?.items;
    let text = &reading.draft.question;
    let fits = |list: &Entries| list.entries.len() == items.len() && is_in_line(reading, &list.entries, items);
    let found = sentences(text, &reading.values()).into_iter().flat_map(|s| candidates(text, s, items.len()));
    let found: Vec<Entries> = found.filter(fits).collect();
    let mut alone = found.iter().filter(|list| list.alone && list.at_end);
    // Outputs that are spelled out twice would no longer agree.
    match (alone.next(), alone.next()) {
        (Some(one), None) => Some(one.clone()),
        (None, _) if found.len() == 1 => found.into_iter().next(),
        _ => None,
    }
}

/// Runs of `n` parts at the end or the beginning of a sentence.
fn candidates(text: &str, sentence: TextSpan, n: usize) -> Vec<Entries> {
    let parts = divided(text, sentence);
    if parts.len() < n || n == 0 {
        return vec![];
    }
    let mut found = vec![];
    let mut last = parts[parts.len() - n..].to_vec();
    let is_whole = parts.len() == n;
    let alone = is_whole && lead_in(text, &mut last[0]);
    if !is_whole {
        // "For all shops, show name, city": the entry is "name".
        lead_in(text, &mut last[0]);
    }
    let behind = !is_whole || after_with(text, &mut last[0]);
    if alone || behind {
        let end = last.len() - 1;
        ended(text, &mut last[end]);
        found.push(listed(last, true, alone));
    }
    let mut first = parts[..n].to_vec();
    let opened = lead_in(text, &mut first[0]);
    if opened && cut_before_of(text, &mut first[n - 1]) {
        found.push(listed(first, false, false));
    }
    found
}

fn listed(entries: Vec<TextSpan>, at_end: bool, alone: bool) -> Entries {
    let span = TextSpan { start: entries[0].start, end: entries[entries.len() - 1].end };
    Entries { span, entries, at_end, alone }
}

/// The parts of a sentence between joints.
fn divided(text: &str, sentence: TextSpan) -> Vec<TextSpan> {
    let mut parts = vec![];
    let (mut start, mut at) = (sentence.start, sentence.start);
    while at < sentence.end {
        if !text.is_char_boundary(at) {
            at += 1;
            continue;
        }
        match JOINTS.iter().find(|joint| text[at..sentence.end].starts_with(**joint)) {
            Some(joint) => {
                parts.push(trimmed(text, TextSpan { start, end: at }));
                at += joint.len();
                start = at;
            }
            None => at += 1,
        }
    }
    parts.push(trimmed(text, TextSpan { start, end: sentence.end }));
    parts.retain(|part| part.start < part.end);
    parts
}

/// Cuts words like "show me the" off the first entry; false where other words may belong to no entry.
pub(super) fn lead_in(text: &str, entry: &mut TextSpan) -> bool {
    let lower = text[entry.start..entry.end].to_ascii_lowercase();
    for word in words(&lower) {
        if !LEAD_INS.split_whitespace().any(|known| known == &lower[word.start..word.end]) {
            entry.start += word.start;
            return true;
        }
    }
    false
}

/// Cuts off all up to "with", "showing" or "their" where it stands in the first entry.
fn after_with(text: &str, entry: &mut TextSpan) -> bool {
    let lower = text[entry.start..entry.end].to_ascii_lowercase();
    let markers = [" with their ", " with the ", " with ", " showing ", " incl. ", " including ", " and their "];
    let Some(at) = markers.iter().filter_map(|m| Some(lower.rfind(m)? + m.len())).max() else { return false };
    entry.start += at;
    true
}

fn ended(text: &str, entry: &mut TextSpan) {
    let lower = text[entry.start..entry.end].to_ascii_lowercase();
    if let Some(ending) = ENDINGS.iter().find(|ending| lower.ends_with(**ending)) {
        entry.end -= ending.len();
    }
}

/// Cuts "of all projects …" off the last entry of a list that stands first.
fn cut_before_of(text: &str, entry: &mut TextSpan) -> bool {
    let lower = text[entry.start..entry.end].to_ascii_lowercase();
    let cut = [" of ", " for ", " from ", " per "].iter().filter_map(|w| lower.find(w)).min();
    if let Some(at) = cut {
        entry.end = entry.start + at;
    }
    cut.is_some()
}

/// Whether most of the entries name their outputs, none another's, and none leans on what stands before it.
fn is_in_line(reading: &Reading<'_>, entries: &[TextSpan], items: &[Item]) -> bool {
    let lower = reading.lower();
    let leans = |e: &TextSpan| {
        words(&lower[e.start..e.end]).iter().any(|w| LEANING.contains(&&lower[e.start + w.start..e.start + w.end]))
    };
    let too_long = |e: &TextSpan| words(&lower[e.start..e.end]).len() > 7;
    if entries.iter().any(|e| leans(e) || too_long(e)) {
        return false;
    }
    let named: Vec<bool> = entries.iter().zip(items).map(|(entry, item)| names(reading, *entry, item)).collect();
    let others =
        |at: usize| items.iter().enumerate().any(|(i, item)| i != at && names_exactly(reading, entries[at], item));
    let known = named.iter().filter(|n| **n).count();
    // Of two entries both must be known, of more two thirds.
    let enough = match entries.len() {
        1 => names_exactly(reading, entries[0], &items[0]),
        2 => known == 2,
        n => 3 * known >= 2 * n,
    };
    enough && (0..entries.len()).all(|at| named[at] || !others(at))
}

fn mentioned(reading: &Reading<'_>, entry: TextSpan) -> Vec<(TextSpan, ColumnId)> {
    let inside = |m: &&super::mention::Mention| entry.start <= m.span.start && m.span.end <= entry.end;
    let column = |m: &super::mention::Mention| match m.target {
        Target::Column(column) => Some((m.span, column)),
        Target::Table(_) => None,
    };
    reading.mentions.iter().filter(inside).filter_map(column).collect()
}

/// Whether an entry is the name of an output's column and nothing more.
fn names_exactly(reading: &Reading<'_>, entry: TextSpan, item: &Item) -> bool {
    let column = plain_column(reading, &item.expr);
    mentioned(reading, entry).iter().any(|(span, c)| Some(*c) == column && *span == entry)
}

/// The column of an output that is one.
pub fn plain_column(reading: &Reading<'_>, expr: &Expr) -> Option<ColumnId> {
    match expr.kind {
        ExprKind::Column { source, column } => Some(ColumnId { table: *reading.sources.get(&source)?, column }),
        _ => None,
    }
}

/// Whether an entry names an output: by its column, by the word for its total, or by its alias.
fn names(reading: &Reading<'_>, entry: TextSpan, item: &Item) -> bool {
    let said = mentioned(reading, entry);
    if let Some(column) = plain_column(reading, &item.expr) {
        return said.iter().any(|(_, c)| *c == column) || by_alias(reading, entry, item);
    }
    let mut read = vec![];
    each_expr(&item.expr, &mut |part| read.extend(plain_column(reading, part)));
    let measured = said.iter().any(|(_, column)| read.contains(column));
    by_function(reading, entry, &item.expr, measured) || by_alias(reading, entry, item)
}

fn by_function(reading: &Reading<'_>, entry: TextSpan, expr: &Expr, measured: bool) -> bool {
    let ExprKind::Call(call) = &expr.kind else { return false };
    let lower = reading.at(entry).to_ascii_lowercase();
    let has = |list: &[&str]| words(&lower).iter().any(|w| list.contains(&&lower[w.start..w.end]));
    match call.function.as_str() {
        "COUNT" => has(&["number", "count", "how", "many", "no", "#", "cnt", "nr", "num"]),
        "SUM" => measured || has(&["total", "sum"]),
        "AVG" => has(&["average", "avg", "mean"]),
        "MIN" => has(&["lowest", "minimum", "min", "smallest", "earliest", "first", "oldest"]),
        "MAX" => has(&["highest", "maximum", "max", "largest", "latest", "last", "newest", "biggest"]),
        _ => false,
    }
}

/// Whether a word of the alias begins a word of the entry.
fn by_alias(reading: &Reading<'_>, entry: TextSpan, item: &Item) -> bool {
    let Some(alias) = &item.alias else { return false };
    let lower = reading.at(entry).to_ascii_lowercase();
    let parts = alias.to_ascii_lowercase();
    let stems = parts.split('_').filter(|part| part.len() > 2).map(|part| &part[..part.len().min(5)]);
    let said = words(&lower);
    let begins = |stem: &str| said.iter().any(|w| lower[w.start..w.end].starts_with(stem));
    stems.into_iter().any(begins) || (parts.contains("pct") && (lower.contains("percent") || lower.contains('%')))
}
