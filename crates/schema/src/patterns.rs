//! Patterns: what names are said to begin with, end with or contain, as far as no other reader takes it.
//!
//! "starts with the letter A", "contains an ampersand", "no @ in it", "name like Ltd". Words after such a phrase are texts
//! even where they are everyday words; single letters and marks are texts there alone.

use crate::atom::{Atom, AtomKind, fold_at, fold_before};
use crate::lexicon::Target;
use crate::normalize::{Asked, Claim, Claims};
use crate::slips::Slips;
use crate::slot::{Reading, SlotKind};
use crate::words::is_function_word;

/// How far before the phrase the name of a text column may stand.
const MAX_DISTANCE: usize = 6;

/// Claims what stands behind "begins with" and the like, and marks that are spoken of.
pub(crate) fn sought(asked: &Asked<'_>, slips: &mut Slips, claims: &mut Claims) {
    let mut at = 0;
    while at < asked.atoms.len() {
        let found = mark_at(asked, at).or_else(|| word_at(asked, at)).filter(|f| claims.is_free(f.from, f.to));
        at = found.as_ref().map_or(at + 1, |f| f.to);
        if let Some(Sought { from, to, text }) = found {
            slips.forget(from, to);
            claims.add(Claim { from, to, kind: SlotKind::Str, readings: vec![Reading::Text(text)] });
        }
    }
}

struct Sought {
    from: usize,
    to: usize,
    text: String,
}

/// A mark that is spoken of: "an ampersand", "no @ in them", "containing &".
fn mark_at(asked: &Asked<'_>, at: usize) -> Option<Sought> {
    let before = fold_before(&asked.atoms, at);
    let contained = is_containing(before);
    let lacking = matches!(before, "no" | "an" | "any" | "without");
    if !contained && !lacking && !matches!(before, "a" | "the" | "with" | "has" | "have" | "having") {
        return None;
    }
    let atom = &asked.atoms[at];
    let (mark, len) = match (atom.fold.as_str(), fold_at(&asked.atoms, at + 1)) {
        (_, "separated" | "delimited") => return None,
        ("at", "sign" | "symbol") => ("@", 2),
        (word, "sign" | "symbol") => (named_mark(word)?, 2),
        ("percent" | "plus" | "hash" | "dash", _) => return None,
        (word, _) if atom.is_word() => (named_mark(word)?, 1),
        _ if is_lone_mark(asked, at) => (atom.text, 1),
        _ => return None,
    };
    let is_clear = atom.is_word() || contained || "@_".contains(mark) || (lacking && "&#".contains(mark));
    is_clear.then(|| Sought { from: at, to: at + len, text: mark.to_owned() })
}

fn named_mark(word: &str) -> Option<&'static str> {
    Some(match word {
        "ampersand" => "&",
        "hyphen" | "dash" => "-",
        "apostrophe" => "'",
        "comma" => ",",
        "underscore" => "_",
        "slash" => "/",
        "percent" => "%",
        "plus" => "+",
        "hash" => "#",
        _ => return None,
    })
}

/// A mark with space around it that ends no sentence.
fn is_lone_mark(asked: &Asked<'_>, at: usize) -> bool {
    let atom = &asked.atoms[at];
    let goes_on = asked.atoms.get(at + 1).is_some_and(|a| a.glued && a.kind != AtomKind::Mark);
    atom.kind == AtomKind::Mark && !atom.glued && !goes_on && "@&#%+_/".contains(atom.text)
}

/// The word or letter behind "begins with", "ends in", "contains" or "like".
fn word_at(asked: &Asked<'_>, at: usize) -> Option<Sought> {
    let behind = cue_before(asked, at)?;
    let atom = &asked.atoms[at];
    let is_letter = atom.is_word() && atom.text.chars().count() == 1;
    let is_meant = match behind {
        Cue::Letter => is_letter || atom.is_all_capitals() || atom.is_digits(),
        Cue::Phrase if is_letter => atom.is_capitalised() && says_text_before(asked, at),
        Cue::Phrase => {
            atom.is_word() && !is_function_word(&atom.fold) && !asked.is_noun_at(at) && says_text_before(asked, at)
        }
    };
    let text = if is_letter { atom.text.to_uppercase() } else { atom.text.to_owned() };
    is_meant.then_some(Sought { from: at, to: at + 1, text })
}

enum Cue {
    /// "the letter".
    Letter,
    /// "begins with".
    Phrase,
}

/// What ends right before this atom.
fn cue_before(asked: &Asked<'_>, at: usize) -> Option<Cue> {
    let word = |back: usize| at.checked_sub(back).map_or("", |before| fold_at(&asked.atoms, before));
    match word(1) {
        "letter" | "letters" | "initial" | "initials" | "digit" => Some(Cue::Letter),
        "with" if is_beginning(word(2)) || is_ending(word(2)) => Some(Cue::Phrase),
        "in" if is_ending(word(2)) => Some(Cue::Phrase),
        "word" | "text" | "string" | "prefix" | "suffix" => Some(Cue::Phrase),
        "like" => Some(Cue::Phrase),
        before if is_containing(before) => Some(Cue::Phrase),
        _ => None,
    }
}

fn is_beginning(word: &str) -> bool {
    matches!(word, "begin" | "begins" | "beginning" | "start" | "starts" | "starting")
}

fn is_ending(word: &str) -> bool {
    matches!(word, "end" | "ends" | "ending")
}

fn is_containing(word: &str) -> bool {
    matches!(word, "contain" | "contains" | "containing" | "include" | "includes" | "including")
}

/// Whether a column of texts is named shortly before.
fn says_text_before(asked: &Asked<'_>, at: usize) -> bool {
    let earliest = at.saturating_sub(MAX_DISTANCE);
    let named = asked.atoms[earliest..at].iter().any(|a: &Atom<'_>| matches!(a.fold.as_str(), "name" | "names"));
    let is_text = |target: Target| match target {
        Target::Column(column) => asked.context.catalog.column(column).ty == crate::Type::Text,
        _ => false,
    };
    let is_said = |hit: &crate::lexicon::Hit<'_>| {
        hit.from >= earliest && hit.to <= at && hit.terms.iter().any(|t| t.is_noun() && is_text(t.target))
    };
    named || asked.hits.iter().any(is_said)
}
