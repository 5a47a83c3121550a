//! Normalising: a question as asked -> its words, with typed slots where values stand.
//!
//! Read [`normalize`] first. Quoted texts are taken before all else. Then, from left to right, the longest of a date, a
//! number and a known value wins. What is left is compared more loosely with the known values (word order, initials, parts
//! of names, spelling slips), then capitalised names that no database column holds become texts, as does what names are said to begin with, end with or contain, and
//! last the remaining words lose their slips.

use jiff::civil::Date;

use crate::atom::{Atom, AtomKind, atoms};
use crate::calendar::{Calendar, When};
use crate::catalog::Catalog;
use crate::dates::date_at;
use crate::glossary::Glossary;
use crate::lexicon::{Cell, Hit, Lexicon};
use crate::mentions;
use crate::names;
use crate::numbers::number_at;
use crate::patterns;
use crate::slips::Slips;
use crate::slot::{FilledSlot, NormalizedQuestion, Piece, Reading, Slot, SlotKind, TextSpan};
use crate::value_index::ValueIndex;
use crate::words::{WordList, is_apostrophe};

/// What a question is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The tables and columns.
    pub catalog: &'a Catalog,
    /// The trade's words.
    pub glossary: &'a Glossary,
    /// The phrase index over both.
    pub lexicon: &'a Lexicon,
    /// The values that the database holds.
    pub values: &'a ValueIndex,
    /// Words that are no slips: those the model was trained on.
    pub vocabulary: Option<&'a WordList>,
    /// The day from which "last month" is counted.
    pub today: Date,
}

/// Turns numbers, dates, known values and quoted or capitalised names into slots; never fails.
pub fn normalize(question: &str, context: &Context<'_>) -> NormalizedQuestion {
    let asked = Asked::new(question, context);
    let mut claims = Claims::new(asked.atoms.len());
    names::quoted(&asked, &mut claims);
    literal_claims(&asked, &mut claims);
    let mut slips = Slips::find(&asked, &claims);
    mentions::loose(&asked, &mut slips, &mut claims);
    patterns::sought(&asked, &mut slips, &mut claims);
    names::capitalised(&asked, &slips, &mut claims);
    assemble(&asked, &slips, claims)
}

/// A question in the state in which the readers look at it.
pub(crate) struct Asked<'a> {
    pub(crate) question: &'a str,
    pub(crate) atoms: Vec<Atom<'a>>,
    pub(crate) context: &'a Context<'a>,
    pub(crate) calendar: Calendar,
    /// Phrases of the lexicon, by atom.
    pub(crate) hits: Vec<Hit<'a>>,
    /// Capitals mean nothing: the question is in title case or all in capitals.
    pub(crate) is_shouted: bool,
}

/// A stretch of atoms that becomes a slot.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: SlotKind,
    pub(crate) readings: Vec<Reading>,
}

/// The claims so far, and which atoms they cover.
pub(crate) struct Claims {
    pub(crate) list: Vec<Claim>,
    taken: Vec<bool>,
}

impl Claims {
    fn new(atoms: usize) -> Self {
        Claims { list: Vec::new(), taken: vec![false; atoms] }
    }

    pub(crate) fn add(&mut self, claim: Claim) {
        self.taken[claim.from..claim.to].fill(true);
        self.list.push(claim);
    }

    pub(crate) fn is_free(&self, from: usize, to: usize) -> bool {
        to <= self.taken.len() && !self.taken[from..to].contains(&true)
    }
}

impl<'a> Asked<'a> {
    fn new(question: &'a str, context: &'a Context<'a>) -> Self {
        let atoms = atoms(question);
        let cells: Vec<Cell<'_>> = (0..atoms.len()).map(|at| cell(&atoms, at)).collect();
        let hits = context.lexicon.hits(&cells);
        let words: Vec<&Atom<'_>> = atoms.iter().filter(|a| a.is_word() && !a.is_possessive()).collect();
        let capitals = words.iter().filter(|a| a.is_capitalised()).count();
        let is_shouted = words.len() >= 4 && capitals * 10 > words.len() * 7;
        let calendar = Calendar::new(context.today, context.glossary.fiscal_year_start.as_deref());
        Asked { question, atoms, context, calendar, hits, is_shouted }
    }

    /// Whether a sentence begins at this atom.
    pub(crate) fn is_sentence_start(&self, at: usize) -> bool {
        at == 0 || matches!(self.atoms[at - 1].text, "." | "?" | "!" | ":" | ";" | "•" | "*" | "\"" | "“" | "(")
    }

    /// A capital that means something: not at the start of a sentence, not in a question where all have one.
    pub(crate) fn is_name_like(&self, at: usize) -> bool {
        !self.is_shouted && self.atoms[at].is_capitalised() && !self.is_sentence_start(at)
    }

    /// Whether a phrase that names a table, column or measure covers this atom.
    pub(crate) fn is_noun_at(&self, at: usize) -> bool {
        self.hits.iter().any(|h| h.from <= at && at < h.to && h.is_noun())
    }

    /// Whether a condition or relation of the glossary covers part of these atoms and is at least as long.
    pub(crate) fn is_locked(&self, from: usize, to: usize) -> bool {
        self.hits.iter().any(|h| h.is_lock() && h.from < to && from < h.to && h.to - h.from >= to - from)
    }

    /// The question's own text over some atoms.
    pub(crate) fn text(&self, from: usize, to: usize) -> &'a str {
        let span = self.span(from, to);
        &self.question[span.start..span.end]
    }

    fn span(&self, from: usize, to: usize) -> TextSpan {
        TextSpan { start: self.atoms[from].span.start, end: self.atoms[to - 1].span.end }
    }
}

fn cell<'q>(atoms: &'q [Atom<'_>], at: usize) -> Cell<'q> {
    let atom = &atoms[at];
    match atom.kind {
        AtomKind::Mark if is_inner_joint(atoms, at) => Cell::Joint,
        AtomKind::Mark if !matches!(atom.text, "&" | "+" | "#") => Cell::Break,
        _ if atom.is_possessive() => Cell::Joint,
        _ => Cell::Word(&atom.fold),
    }
}

/// A hyphen or underscore inside a word: "over-budget", "Project_Code".
fn is_inner_joint(atoms: &[Atom<'_>], at: usize) -> bool {
    let atom = &atoms[at];
    let next_is_glued = atoms.get(at + 1).is_some_and(|next| next.glued && next.kind != AtomKind::Mark);
    let is_range = || atoms[at - 1].is_digits() && atoms[at + 1].is_digits();
    matches!(atom.text, "-" | "_" | "‐" | "‑")
        && atom.glued
        && next_is_glued
        && atoms[at - 1].kind != AtomKind::Mark
        && !is_range()
}

/// From left to right the longest of date, number and known value.
fn literal_claims(asked: &Asked<'_>, claims: &mut Claims) {
    let mut at = 0;
    while at < asked.atoms.len() {
        let fits = |c: &Claim| claims.is_free(c.from, c.to);
        let value = mentions::exact_at(asked, at, claims).filter(fits);
        let date = date_claim(asked, at).filter(fits);
        let number = number_claim(asked, at).filter(fits);
        let mut best: Option<Claim> = None;
        for claim in [value, date, number].into_iter().flatten() {
            if best.as_ref().is_none_or(|b| claim.to > b.to) {
                best = Some(claim);
            }
        }
        at = best.as_ref().map_or(at + 1, |b| b.to);
        if let Some(claim) = best {
            let is_value = claim.kind == SlotKind::Val;
            claims.add(claim);
            if is_value {
                at = mentions::listed_beside(asked, claims);
            }
        }
    }
}

pub(crate) fn date_claim(asked: &Asked<'_>, at: usize) -> Option<Claim> {
    let found = date_at(&asked.atoms, at, &asked.calendar)?;
    let kind = match found.readings.first()? {
        When::Day(_) => SlotKind::Date,
        When::Span(..) => SlotKind::Range,
    };
    let reading = |when: &When| match *when {
        When::Day(day) => (kind == SlotKind::Date).then_some(Reading::Date(day)),
        When::Span(start, end) => (kind == SlotKind::Range).then_some(Reading::Range { start, end }),
    };
    let mut readings: Vec<Reading> = found.readings.iter().filter_map(reading).collect();
    readings.dedup();
    Some(Claim { from: at, to: at + found.len, kind, readings })
}

pub(crate) fn number_claim(asked: &Asked<'_>, at: usize) -> Option<Claim> {
    let found = number_at(&asked.atoms, at)?;
    let readings = vec![Reading::Number { value: found.value, unit: found.unit }];
    Some(Claim { from: at, to: at + found.len, kind: SlotKind::Num, readings })
}

/// Numbers the slots and puts them and the remaining words in order.
fn assemble(asked: &Asked<'_>, slips: &Slips, mut claims: Claims) -> NormalizedQuestion {
    claims.list.sort_by_key(|c| c.from);
    let mut pieces = Vec::new();
    let mut slots: Vec<FilledSlot> = Vec::new();
    let mut at = 0;
    for claim in claims.list {
        let span = asked.span(claim.from, claim.to);
        let number = 1 + slots.iter().filter(|s| s.slot.kind == claim.kind).count() as u8;
        let known = slots.iter_mut().find(|known| says_the_same(asked, known, &claim));
        let slot = match known {
            Some(known) => {
                known.again.push(span);
                known.slot
            }
            None if number > claim.kind.limit() => continue,
            None => {
                let slot = Slot { kind: claim.kind, number };
                slots.push(FilledSlot { slot, span, again: vec![], readings: claim.readings });
                slot
            }
        };
        words(asked, slips, at..claim.from, &mut pieces);
        pieces.push(Piece::Slot(slot));
        at = claim.to;
    }
    words(asked, slips, at..asked.atoms.len(), &mut pieces);
    slots.sort_by_key(|s| s.slot);
    NormalizedQuestion { original: asked.question.to_owned(), today: asked.context.today, pieces, slots }
}

/// Whether a claim says what a slot does. Values have to be said in the same words, since a query may show these: 'won'
/// beside the status Won.
fn says_the_same(asked: &Asked<'_>, known: &FilledSlot, claim: &Claim) -> bool {
    known.slot.kind == claim.kind
        && known.readings == claim.readings
        && (claim.kind != SlotKind::Val
            || asked.question[known.span.start..known.span.end] == *asked.text(claim.from, claim.to))
}

/// Atoms as text pieces: one a word, one a mark; "v2" is one word, hyphens inside words are left out.
fn words(asked: &Asked<'_>, slips: &Slips, range: std::ops::Range<usize>, pieces: &mut Vec<Piece>) {
    let first = range.start;
    for at in range {
        let atom = &asked.atoms[at];
        if atom.kind == AtomKind::Mark {
            if !is_inner_joint(&asked.atoms, at) && !is_trailing_apostrophe(&asked.atoms, at) {
                pieces.push(Piece::Text { text: plain_mark(atom.text).to_owned(), span: atom.span });
            }
            continue;
        }
        let word = slips.corrected(at).map_or_else(|| plain_word(atom), str::to_owned);
        let joins = atom.glued && at > first && asked.atoms[at - 1].kind != AtomKind::Mark && !atom.is_possessive();
        match pieces.last_mut() {
            Some(Piece::Text { text, span }) if joins => {
                text.push_str(&word);
                span.end = atom.span.end;
            }
            _ => pieces.push(Piece::Text { text: word, span: atom.span }),
        }
    }
}

/// Lower case, with straight apostrophes; short forms spelled out.
fn plain_word(atom: &Atom<'_>) -> String {
    if atom.text.contains(['/', '-']) {
        return atom.fold.clone();
    }
    atom.text.chars().flat_map(char::to_lowercase).map(|c| if is_apostrophe(c) { '\'' } else { c }).collect()
}

fn plain_mark(mark: &str) -> &str {
    match mark {
        "“" | "”" | "„" | "«" | "»" => "\"",
        "‘" | "’" | "`" | "´" => "'",
        "–" | "—" | "−" | "‐" | "‑" => "-",
        "…" => ".",
        other => other,
    }
}

/// The apostrophe of "companies'".
fn is_trailing_apostrophe(atoms: &[Atom<'_>], at: usize) -> bool {
    let atom = &atoms[at];
    atom.text.starts_with(is_apostrophe) && atom.glued && atoms[at - 1].is_word()
}
