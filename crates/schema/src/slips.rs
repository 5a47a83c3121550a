//! Slips: words of a question that nobody knows, and the known words they are probably meant to be.

use crate::atom::Atom;
use crate::normalize::{Asked, Claims};
use crate::words::{Nearest, WordList, allowed_slips, common_words, is_english_word, is_listed_english, is_swap};

/// Measuring distances takes time: beyond this many unknown words a question is noise.
const MAX_UNKNOWN: usize = 48;

/// What each atom was probably meant to be.
pub(crate) struct Slips {
    as_text: Vec<Option<String>>,
    as_value: Vec<Option<String>>,
}

impl Slips {
    /// Looks at every word that is not claimed.
    pub(crate) fn find(asked: &Asked<'_>, claims: &Claims) -> Self {
        let count = asked.atoms.len();
        let mut slips = Slips { as_text: vec![None; count], as_value: vec![None; count] };
        let is_slip = |at: usize| {
            is_unknown(asked, at) || usual_slip(&asked.atoms[at].fold).is_some() || doubled(asked, at).is_some()
        };
        let unknown = (0..count).filter(|at| claims.is_free(*at, at + 1) && is_slip(*at)).take(MAX_UNKNOWN);
        for at in unknown {
            let word = asked.atoms[at].fold.as_str();
            if let Some(value) = doubled(asked, at) {
                slips.as_value[at] = Some(value.to_owned());
                let is_known = |list: &&WordList| list.knows(value);
                let known = [Some(&asked.context.lexicon.words), asked.context.vocabulary, Some(common_words())];
                if known.iter().flatten().any(is_known) {
                    slips.as_text[at] = Some(value.to_owned());
                    continue;
                }
            }
            let text = usual_slip(word).map(|meant| (meant.to_owned(), 0)).or_else(|| nearest_word(asked, at));
            let value = asked.context.values.nearest(word);
            let value = value.filter(|v| text.as_ref().is_none_or(|(_, distance)| v.distance < *distance));
            slips.as_value[at] = slips.as_value[at].take().or_else(|| value.map(|v| v.word.to_owned()));
            slips.as_text[at] = text.map(|(word, _)| word);
        }
        slips
    }

    /// The known word that stands for this atom in the text.
    pub(crate) fn corrected(&self, at: usize) -> Option<&str> {
        self.as_text[at].as_deref()
    }

    /// The word of some value that this atom is meant to be.
    pub(crate) fn value_word(&self, at: usize) -> Option<&str> {
        self.as_value[at].as_deref()
    }

    /// Whether some of these atoms may be a misspelt word of a value.
    pub(crate) fn any_value(&self, from: usize, to: usize) -> bool {
        self.as_value[from..to].iter().any(Option::is_some)
    }

    /// Drops what was found for atoms that became a slot.
    pub(crate) fn forget(&mut self, from: usize, to: usize) {
        self.as_text[from..to].fill(None);
        self.as_value[from..to].fill(None);
    }
}

/// Slips in words too short to be guessed.
fn usual_slip(word: &str) -> Option<&'static str> {
    Some(match word {
        "teh" | "hte" => "the",
        "wich" | "whcih" => "which",
        "fo" => "of",
        "adn" | "nad" => "and",
        "taht" => "that",
        "wiht" | "whit" => "with",
        "waht" => "what",
        "hwo" => "how",
        "fro" => "for",
        _ => return None,
    })
}

/// The word of some value that differs in a doubled letter only, for a word that no list has as such: "planing" would be
/// a form of "plan".
fn doubled<'a>(asked: &Asked<'a>, at: usize) -> Option<&'a str> {
    let (context, atom) = (asked.context, &asked.atoms[at]);
    let word = atom.fold.as_str();
    let lists = [Some(&context.lexicon.words), context.vocabulary, Some(common_words())];
    let is_listed = lists.iter().flatten().any(|list| list.contains(word)) || is_listed_english(word);
    if !atom.is_word() || word.chars().count() < 6 || is_listed || context.values.has_word(word) {
        return None;
    }
    let nearest = context.values.nearest(word)?;
    (nearest.distance == 1 && singled(nearest.word) == singled(word)).then_some(nearest.word)
}

/// A word with each run of one letter as that letter once.
fn singled(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// A word of letters that no list has, in itself or as a regular form.
pub(crate) fn is_unknown(asked: &Asked<'_>, at: usize) -> bool {
    let context = asked.context;
    let atom = &asked.atoms[at];
    let alone = |neighbour: Option<&Atom<'_>>| !neighbour.is_some_and(|a| a.is_digits());
    let stands_alone = (!atom.glued || alone(at.checked_sub(1).and_then(|b| asked.atoms.get(b))))
        && alone(asked.atoms.get(at + 1).filter(|a| a.glued));
    let word = atom.fold.as_str();
    let is_known = |list: &WordList| list.knows(word);
    atom.is_word()
        && !atom.is_possessive()
        && stands_alone
        && (4..=24).contains(&word.chars().count())
        && !is_english_word(word)
        && !is_known(&context.lexicon.words)
        && !context.vocabulary.is_some_and(is_known)
        && !context.values.has_word(word)
}

/// The nearest word of the lexicon, the vocabulary and everyday English, and how far it is; nothing where two are.
fn nearest_word(asked: &Asked<'_>, at: usize) -> Option<(String, usize)> {
    let context = asked.context;
    let atom = &asked.atoms[at];
    let word = atom.fold.as_str();
    let letters = word.chars().count();
    let is_name = asked.is_name_like(at);
    if atom.is_all_capitals() && !asked.is_shouted {
        return None;
    }
    let limit = if letters == 4 || is_name { 1 } else { allowed_slips(letters) };
    let lists = [Some(&context.lexicon.words), context.vocabulary, Some(common_words())];
    let lists = if is_name { &lists[..1] } else { &lists[..] };
    let mut best: Option<Nearest<'_>> = None;
    let mut tied = false;
    for found in lists.iter().flatten().filter_map(|list| list.nearest(word, limit)) {
        match best {
            Some(b) if b.distance < found.distance || b.word == found.word => {}
            Some(b) if b.distance == found.distance => tied = true,
            _ => (best, tied) = (Some(found), false),
        }
    }
    let best = best.filter(|b| !tied && (letters > 4 || is_swap(word, b.word)) && (letters > 5 || !is_name))?;
    Some((best.word.to_owned(), best.distance))
}
