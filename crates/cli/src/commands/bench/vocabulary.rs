//! A byte-level vocabulary of the size that large models have, made on the spot: every byte, merges learned from canonical
//! SQL over the pack's schema, and the rest by seeded random merges of those. As in such models, a space stands only
//! where a token begins; `spanning` adds pieces that go across the spaces between lexemes all the same.

use std::collections::{BTreeMap, HashSet};

use sql::matcher::bytes::ByteVocabulary;

use super::Even;
use crate::exit::{Exit, Failure};

/// How many tokens there are: what current models have.
const TOKENS: usize = 150_000;
/// The longest merge, in bytes.
const LONGEST: usize = 24;
/// A pair must stand at least this often to be merged.
const MIN_PAIRS: usize = 2;

/// A vocabulary for texts like these, with so many spanning tokens; the same for the same texts and seed.
pub(super) fn vocabulary(texts: &[String], spanning: usize, seed: u64) -> Result<ByteVocabulary, Failure> {
    let mut tokens = Tokens::default();
    (0..=255u8).for_each(|byte| tokens.add(vec![byte]));
    merges(texts).into_iter().for_each(|merged| tokens.add(merged));
    let mut even = Even(seed ^ 0x766f_6361_6275_6c61);
    let spanning = tokens.all.len() + spanning;
    while tokens.all.len() < spanning {
        let text = texts[even.below(texts.len())].as_bytes();
        let start = even.below(text.len() - 1);
        let piece = &text[start..text.len().min(start + 2 + even.below(LONGEST))];
        if piece[1..].contains(&b' ') {
            tokens.add(piece.to_vec());
        }
    }
    while tokens.all.len() < TOKENS {
        let count = tokens.all.len();
        let merged = [&tokens.all[even.below(count)][..], &tokens.all[even.below(count)]].concat();
        if merged.len() <= LONGEST && !merged[1..].contains(&b' ') {
            tokens.add(merged);
        }
    }
    tokens.all.push(vec![]);
    ByteVocabulary::new(tokens.all, TOKENS as u32).map_err(|e| Failure::new(Exit::Failed, "internal", e))
}

/// Tokens, each once.
#[derive(Default)]
struct Tokens {
    all: Vec<Vec<u8>>,
    seen: HashSet<Vec<u8>>,
}

impl Tokens {
    fn add(&mut self, token: Vec<u8>) {
        if self.seen.insert(token.clone()) {
            self.all.push(token);
        }
    }
}

/// Every token that byte-pair encoding of the texts' pieces comes to: the most frequent pair becomes one, again and
/// again. A pass merges each piece's best pair, as the pieces are few.
fn merges(texts: &[String]) -> Vec<Vec<u8>> {
    let mut pieces: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for piece in texts.iter().flat_map(|text| pieces_of(text)) {
        *pieces.entry(piece.to_vec()).or_insert(0) += 1;
    }
    let mut words: Vec<(Vec<Vec<u8>>, usize)> =
        pieces.into_iter().map(|(piece, count)| (piece.into_iter().map(|byte| vec![byte]).collect(), count)).collect();
    let mut merged = vec![];
    while let Some(pair) = best_pair(&words) {
        words.iter_mut().for_each(|(word, _)| merge(word, &pair));
        merged.push(pair.concat());
    }
    merged
}

/// What merges stay within, as in current models' vocabularies: letters with one sign or space before them, a digit, or
/// a run of signs with a space before it.
fn pieces_of(text: &str) -> Vec<&[u8]> {
    let bytes = text.as_bytes();
    let (mut pieces, mut start) = (vec![], 0);
    while start < bytes.len() {
        let letters = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let signs = |from: usize| bytes[from..].iter().take_while(|b| !b.is_ascii_alphanumeric() && **b != b' ').count();
        let sign = usize::from(!bytes[start].is_ascii_alphanumeric());
        let space = usize::from(bytes[start] == b' ');
        let length = match (letters(start + sign), signs(start + space)) {
            (0, signs) => signs + space,
            (letters, _) => letters + sign,
        };
        let end = start + length.max(1);
        pieces.push(&bytes[start..end]);
        start = end;
    }
    pieces
}

/// The most frequent pair, the greatest of those that are as frequent.
fn best_pair(words: &[(Vec<Vec<u8>>, usize)]) -> Option<[Vec<u8>; 2]> {
    let mut counts: BTreeMap<&[Vec<u8>], usize> = BTreeMap::new();
    for (word, count) in words {
        word.windows(2).for_each(|pair| *counts.entry(pair).or_insert(0) += count);
    }
    let (pair, _) = counts.into_iter().filter(|(_, count)| *count >= MIN_PAIRS).max_by_key(|(_, count)| *count)?;
    Some([pair[0].clone(), pair[1].clone()])
}

fn merge(word: &mut Vec<Vec<u8>>, [left, right]: &[Vec<u8>; 2]) {
    let mut at = 0;
    while at + 1 < word.len() {
        if word[at] == *left && word[at + 1] == *right {
            let second = word.remove(at + 1);
            word[at].extend(second);
        }
        at += 1;
    }
}
