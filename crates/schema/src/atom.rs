//! Atoms: the smallest pieces of a question that the readers of numbers, dates and values look at.
//!
//! A run of letters, a run of digits, or one punctuation mark. "PRJ-001" is three atoms, "100k" two, "O'Brien" one, and
//! "Northwind's" two, so that the name can be a value and the "'s" stays a word.

use crate::slot::TextSpan;
use crate::words::{fold, is_apostrophe};

/// What an atom consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtomKind {
    /// Letters, with apostrophes inside.
    Word,
    /// ASCII digits.
    Digits,
    /// One character that is neither letter, digit nor space.
    Mark,
}

/// A piece of the question.
#[derive(Debug, Clone)]
pub(crate) struct Atom<'q> {
    pub(crate) kind: AtomKind,
    /// As it stands in the question.
    pub(crate) text: &'q str,
    /// Lower case without accents and apostrophes.
    pub(crate) fold: String,
    pub(crate) span: TextSpan,
    /// No space before it.
    pub(crate) glued: bool,
}

impl Atom<'_> {
    pub(crate) fn is_word(&self) -> bool {
        self.kind == AtomKind::Word
    }

    pub(crate) fn is_digits(&self) -> bool {
        self.kind == AtomKind::Digits
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == AtomKind::Mark && self.text.starts_with(mark)
    }

    /// Begins with a capital letter.
    pub(crate) fn is_capitalised(&self) -> bool {
        self.is_word() && self.text.starts_with(char::is_uppercase)
    }

    /// Has letters, all of them capitals.
    pub(crate) fn is_all_capitals(&self) -> bool {
        self.is_word() && self.text.chars().all(|c| c.is_uppercase() || is_apostrophe(c))
    }

    /// The "'s" of a possessive.
    pub(crate) fn is_possessive(&self) -> bool {
        self.is_word() && self.text.starts_with(is_apostrophe)
    }
}

/// The folded text at a position; empty beyond the end.
pub(crate) fn fold_at<'a>(atoms: &'a [Atom<'_>], at: usize) -> &'a str {
    atoms.get(at).map_or("", |a| a.fold.as_str())
}

/// The folded text before a position; empty at the start.
pub(crate) fn fold_before<'a>(atoms: &'a [Atom<'_>], at: usize) -> &'a str {
    at.checked_sub(1).map_or("", |before| fold_at(atoms, before))
}

/// The number that the digits at a position spell, if there are digits and they are few.
pub(crate) fn digits_at(atoms: &[Atom<'_>], at: usize) -> Option<u32> {
    let atom = atoms.get(at).filter(|a| a.is_digits() && a.text.len() <= 8)?;
    atom.text.parse().ok()
}

pub(crate) fn is_mark_at(atoms: &[Atom<'_>], at: usize, mark: char) -> bool {
    atoms.get(at).is_some_and(|a| a.is_mark(mark))
}

pub(crate) fn is_glued_at(atoms: &[Atom<'_>], at: usize) -> bool {
    atoms.get(at).is_some_and(|a| a.glued)
}

/// Splits a question into atoms; "w/o" and "e-mail" are one word each, folded to "without" and "email".
pub(crate) fn atoms(question: &str) -> Vec<Atom<'_>> {
    let mut atoms = split(question);
    for at in (1..atoms.len()).rev() {
        if at < atoms.len() && atoms[at].glued && matches!(atoms[at].text, "/" | "-") {
            join_short_form(question, &mut atoms, at);
        }
    }
    // "I'd" is no "ID".
    atoms.iter_mut().filter(|a| a.fold == "id" && a.text.chars().any(is_apostrophe)).for_each(|a| a.fold.truncate(1));
    atoms
}

/// Joins "w/", "w/o" and "e-mail" around the mark at this position.
fn join_short_form<'q>(question: &'q str, atoms: &mut Vec<Atom<'q>>, mark: usize) {
    let next = atoms.get(mark + 1).filter(|a| a.glued).map_or("", |a| a.fold.as_str());
    let (fold, last) = match (atoms[mark - 1].fold.as_str(), atoms[mark].text, next) {
        ("w", "/", "o") => ("without", mark + 1),
        ("w", "/", "") => ("with", mark),
        ("e", "-", "mail") => ("email", mark + 1),
        ("e", "-", "mails") => ("emails", mark + 1),
        _ => return,
    };
    let span = TextSpan { start: atoms[mark - 1].span.start, end: atoms[last].span.end };
    let glued = atoms[mark - 1].glued;
    let text = &question[span.start..span.end];
    atoms.splice(mark - 1..=last, [Atom { kind: AtomKind::Word, text, fold: fold.to_owned(), span, glued }]);
}

fn split(question: &str) -> Vec<Atom<'_>> {
    let mut atoms: Vec<Atom<'_>> = Vec::new();
    let mut at = 0;
    while let Some(c) = question[at..].chars().next() {
        let after = at + c.len_utf8();
        if c.is_whitespace() || c.is_control() || is_invisible(c) {
            at = after;
            continue;
        }
        let glued = at > 0 && atoms.last().is_some_and(|a| a.span.end == at);
        let possessive =
            glued && is_apostrophe(c) && is_possessive(&question[after..]) && atoms.last().is_some_and(Atom::is_word);
        let (kind, end) = if possessive {
            (AtomKind::Word, after + 1)
        } else if c.is_ascii_digit() {
            (AtomKind::Digits, end_of(question, at, |c| c.is_ascii_digit()))
        } else if is_letter(c) {
            (AtomKind::Word, end_of_word(question, at))
        } else {
            (AtomKind::Mark, after)
        };
        let text = &question[at..end];
        atoms.push(Atom { kind, text, fold: fold(text), span: TextSpan { start: at, end }, glued });
        at = end;
    }
    atoms
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !c.is_ascii_digit()
}

/// Byte-order marks and zero-width characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

fn end_of(text: &str, start: usize, holds: impl Fn(char) -> bool) -> usize {
    text[start..].find(|c| !holds(c)).map_or(text.len(), |n| start + n)
}

/// The end of a word: letters, and apostrophes between letters; a possessive "'s" is left for the next atom.
fn end_of_word(text: &str, start: usize) -> usize {
    let mut end = end_of(text, start, |c| is_letter(c) || is_combining(c));
    loop {
        let Some(mark) = text[end..].chars().next().filter(|c| is_apostrophe(*c) && *c != '`') else { return end };
        let after = end + mark.len_utf8();
        let letters_follow = text[after..].starts_with(is_letter);
        if !letters_follow || (is_possessive(&text[after..]) && !is_contraction(&text[start..end])) {
            return end;
        }
        end = end_of(text, after, |c| is_letter(c) || is_combining(c));
    }
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What follows the apostrophe is an "s" alone.
fn is_possessive(rest: &str) -> bool {
    let mut chars = rest.chars();
    matches!(chars.next(), Some('s' | 'S')) && !chars.next().is_some_and(char::is_alphanumeric)
}

/// "what's", "who's": "'s" stands for "is" and belongs to the word.
fn is_contraction(word: &str) -> bool {
    const WORDS: [&str; 9] = ["what", "who", "where", "how", "that", "there", "it", "let", "here"];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_no_other_words() {
        let folds = |text| atoms(text).into_iter().map(|a| a.fold).collect::<Vec<_>>();
        assert_eq!(folds("I'd like the ID"), ["i", "like", "the", "id"]);
    }

    #[test]
    fn splits_as_described() {
        let cases = [
            ("PRJ-001 100k", "PRJ|-|001|100|k"),
            ("what's O’Brien's cut?", "what's|O’Brien|'s|cut|?"),
            ("R&D, T&M", "R|&|D|,|T|&|M"),
            ("companies' names", "companies|'|names"),
            ("\u{feff}ca\u{301}fe\u{200b}x", "ca\u{301}fe|x"),
            ("", ""),
        ];
        for (question, expected) in cases {
            let texts: Vec<&str> = atoms(question).iter().map(|a| a.text).collect();
            assert_eq!(texts.join("|"), expected, "{question}");
        }
    }
}
