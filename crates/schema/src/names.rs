//! Names: quoted texts, codes, and capitalised words that no column is known to hold.

use crate::atom::{Atom, AtomKind};
use crate::mentions::known_readings;
use crate::normalize::{Asked, Claim, Claims, date_claim, number_claim};
use crate::slips::{Slips, is_unknown};
use crate::slot::{Reading, SlotKind};
use crate::value_index::key_words;
use crate::words::{is_common_word, is_function_word};

/// A quotation is at most this many atoms long.
const MAX_QUOTED: usize = 60;

/// Claims every quoted text: a known value, a date, else a text, also where it is a number.
pub(crate) fn quoted(asked: &Asked<'_>, claims: &mut Claims) {
    let mut at = 0;
    while at < asked.atoms.len() {
        let Some(close) = closing_quote(&asked.atoms, at).filter(|close| !is_remark(asked, at + 1, *close)) else {
            at += 1;
            continue;
        };
        let inside = (at + 1, close);
        let (kind, readings) = quoted_reading(asked, inside);
        claims.add(Claim { from: at, to: close + 1, kind, readings });
        at = close + 1;
    }
}

/// A quotation of several words that speaks of a code: what somebody said, not the name of something.
fn is_remark(asked: &Asked<'_>, from: usize, to: usize) -> bool {
    let words = asked.atoms[from..to].iter().filter(|a| a.is_word()).count();
    let holds_code = || (from..to).any(|at| code_end(asked, at).is_some_and(|end| end < to && end > at + 1));
    words > 3 && asked.context.values.exact(&key_words(asked.text(from, to))).is_empty() && holds_code()
}

fn quoted_reading(asked: &Asked<'_>, (from, to): (usize, usize)) -> (SlotKind, Vec<Reading>) {
    let text = asked.text(from, to);
    let exact = asked.context.values.exact(&key_words(text));
    if !exact.is_empty() {
        return (SlotKind::Val, known_readings(asked, &exact, text));
    }
    if let Some(date) = date_claim(asked, from).filter(|c| c.to == to) {
        return (date.kind, date.readings);
    }
    if number_claim(asked, from).is_some_and(|c| c.to == to) {
        return (SlotKind::Str, vec![Reading::Text(text.to_owned())]);
    }
    let near = asked.context.values.lookup(text);
    if near.first().is_some_and(|v| v.score >= 0.75) {
        return (SlotKind::Val, vec![Reading::Known(near), Reading::Text(text.to_owned())]);
    }
    (SlotKind::Str, vec![Reading::Text(text.to_owned())])
}

/// The atom that closes the quotation which opens at `at`; a word or number stands between, or one mark alone.
fn closing_quote(atoms: &[Atom<'_>], at: usize) -> Option<usize> {
    let close = match atoms[at].text {
        "\"" => "\"",
        "“" | "„" => "”",
        "«" => "»",
        "‘" => "’",
        "'" => "'",
        "`" => "`",
        _ => return None,
    };
    let is_single = matches!(close, "'" | "’");
    if is_single && atoms[at].glued && atoms[at - 1].kind != AtomKind::Mark {
        return None;
    }
    let inside = atoms.iter().enumerate().skip(at + 1).take(MAX_QUOTED);
    let mut candidates = inside.filter(|(n, a)| {
        let ends = !atoms.get(n + 1).is_some_and(|next| next.glued && next.kind != AtomKind::Mark);
        (a.text == close || (close == "”" && a.text == "“")) && (!is_single || (a.glued && ends))
    });
    let (end, _) = candidates.next()?;
    let inside = &atoms[at + 1..end];
    let one_mark = matches!(inside, [mark] if mark.glued && atoms[end].glued);
    (one_mark || inside.iter().any(|a| a.kind != AtomKind::Mark)).then_some(end)
}

/// Claims codes and capitalised names that are left.
pub(crate) fn capitalised(asked: &Asked<'_>, slips: &Slips, claims: &mut Claims) {
    let mut at = 0;
    while at < asked.atoms.len() {
        let end = code_end(asked, at).or_else(|| name_end(asked, slips, at, claims));
        let Some(end) = end.filter(|end| claims.is_free(at, *end)) else {
            at += 1;
            continue;
        };
        let text = asked.text(at, end).to_owned();
        claims.add(Claim { from: at, to: end, kind: SlotKind::Str, readings: vec![Reading::Text(text)] });
        at = end;
    }
}

/// "PRJ-999", "CN-2021-001", "a@b.com": glued letters and digits, as people write codes and addresses.
fn code_end(asked: &Asked<'_>, at: usize) -> Option<usize> {
    let atoms = &asked.atoms;
    let first = &atoms[at];
    let opens = |a: &Atom<'_>| a.text.starts_with(['(', '"', '“', '„', '«', '‘', '\'']);
    if first.kind == AtomKind::Mark || (first.glued && at > 0 && !opens(&atoms[at - 1])) {
        return None;
    }
    let inner = |a: &Atom<'_>| a.kind != AtomKind::Mark || matches!(a.text, "-" | "_" | "/" | "." | "@");
    let mut end = at + 1 + atoms[at + 1..].iter().take_while(|a| a.glued && inner(a)).count();
    while atoms[end - 1].kind == AtomKind::Mark || atoms[end - 1].is_possessive() {
        end -= 1;
    }
    let parts = &atoms[at..end];
    let has = |mark: char| parts.iter().any(|a| a.is_mark(mark));
    let is_address = has('@') && has('.');
    let digits = parts.iter().filter(|a| a.is_digits()).count();
    let is_code = has('-') && first.is_all_capitals() && digits > 0 && !has('@');
    let is_long_code = first.is_all_capitals() && parts.len() == 2 && parts[1].text.len() >= 3;
    (is_address || is_code || is_long_code).then_some(end)
}

/// A run of capitalised words that begins with one which is no word of ours.
fn name_end(asked: &Asked<'_>, slips: &Slips, at: usize, claims: &Claims) -> Option<usize> {
    if !is_name_start(asked, slips, at) {
        return None;
    }
    let mut end = at + 1;
    while let Some(next) = next_of_name(asked, end).filter(|next| claims.is_free(end, *next)) {
        end = next;
    }
    while end > at + 1 && (!asked.atoms[end - 1].is_word() || is_ours(asked, end - 1)) {
        end -= 1;
    }
    let words = (at..end).filter(|n| asked.atoms[*n].is_word());
    let everyday = words.clone().all(|n| is_everyday(asked, n));
    let short = |n: usize| asked.atoms[n].is_all_capitals() && asked.atoms[n].text.chars().count() <= 4;
    let is_short = words.clone().all(short);
    let is_single = words.count() == 1;
    let is_word = is_short || (is_single && everyday);
    (!is_word).then_some(end)
}

fn is_name_start(asked: &Asked<'_>, slips: &Slips, at: usize) -> bool {
    let atom = &asked.atoms[at];
    if !atom.is_capitalised() || asked.is_shouted || is_ours(asked, at) || slips.corrected(at).is_some() {
        return false;
    }
    if !asked.is_sentence_start(at) {
        return true;
    }
    let next = asked.atoms.get(at + 1);
    let owns = next.is_some_and(Atom::is_possessive);
    let goes_on = next.is_some_and(|a| a.is_capitalised()) && !is_ours(asked, at + 1) && is_unknown(asked, at + 1);
    is_unknown(asked, at) && (owns || goes_on)
}

/// Behind the next word of a name: a capitalised word, over "&", "-" and "." where they join.
fn next_of_name(asked: &Asked<'_>, end: usize) -> Option<usize> {
    let atoms = &asked.atoms;
    let atom = atoms.get(end)?;
    if atom.is_capitalised() && !is_function_word(&atom.fold) {
        return Some(end + 1);
    }
    let joins = atom.is_mark('&') || (atom.glued && matches!(atom.text, "-" | "." | "'" | "’"));
    let follows = atoms.get(end + 1).is_some_and(|a| a.is_capitalised() && (atom.is_mark('&') || a.glued));
    let number = atom.is_digits() && !atom.glued && atom.text.len() <= 3;
    if joins && follows { Some(end + 2) } else { number.then_some(end + 1) }
}

/// A word of grammar, of the glossary, or of the calendar.
fn is_ours(asked: &Asked<'_>, at: usize) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = asked.atoms[at].fold.as_str();
    let feast = matches!(word, "christmas" | "easter" | "thanksgiving" | "ramadan" | "diwali");
    let calendar = feast || DAYS.contains(&word) || MONTHS.contains(&word) || matches!(word, "q" | "fy" | "h" | "ytd");
    is_function_word(word) || calendar || is_in_phrase(asked, at)
}

/// Covered by any phrase of the lexicon.
fn is_in_phrase(asked: &Asked<'_>, at: usize) -> bool {
    asked.hits.iter().any(|h| h.from <= at && at < h.to)
}

fn is_everyday(asked: &Asked<'_>, at: usize) -> bool {
    let word = asked.atoms[at].fold.as_str();
    is_common_word(word) || asked.context.vocabulary.is_some_and(|v| v.knows(word))
}
