//! Learning the merges: the most frequent neighbouring pair becomes one token, again and again (Sennrich et al. 2016).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::{Error, Result};
use crate::tokenizer::{Tokenizer, byte_token, pieces};

/// A pair must stand at least this often to be merged.
const MIN_PAIRS: i64 = 2;

/// Learns a vocabulary of at most `vocab_size` tokens from a corpus of texts: the added tokens, 256 bytes, every
/// character of the corpus that is not spelled like an added token, then merges. Ties go to the lexicographically
/// smallest pair, so the same corpus gives the same vocabulary.
pub fn train_bpe<'a>(
    corpus: impl IntoIterator<Item = &'a str>,
    vocab_size: usize,
    added: &[String],
) -> Result<Tokenizer> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for text in corpus {
        for piece in pieces(text) {
            *counts.entry(piece).or_insert(0) += 1;
        }
    }
    let reserved: BTreeSet<&str> = added.iter().map(String::as_str).collect();
    if let Some(byte) = (0..=255).map(byte_token).find(|b| reserved.contains(b.as_str())) {
        return Err(Error::Tokenizer(format!("added token {byte:?} is the name of a byte")));
    }
    let characters: BTreeSet<char> = counts.keys().flat_map(|word| word.chars()).collect();
    let characters: Vec<char> = characters.into_iter().filter(|c| !reserved.contains(c.to_string().as_str())).collect();
    let fixed = added.len() + 256 + characters.len();
    if vocab_size < fixed {
        let reason = format!("{} added tokens, 256 bytes and {} characters", added.len(), characters.len());
        return Err(Error::Tokenizer(format!("vocab_size {vocab_size} is below {fixed}: {reason}")));
    }
    let mut words = Words::new(&counts, &characters);
    let mut merges = Vec::new();
    let mut distinct = BTreeSet::new();
    while fixed + distinct.len() < vocab_size {
        let Some(pair) = words.best(&reserved) else { break };
        distinct.insert(words.spell(pair));
        merges.push((words.tokens[pair.0 as usize].clone(), words.tokens[pair.1 as usize].clone()));
        words.merge(pair);
    }
    Tokenizer::assemble(added, &characters, &merges)
}

type Pair = (u32, u32);

/// The corpus as words of symbols, with the pairs in them.
struct Words {
    /// Spelling of each symbol.
    tokens: Vec<String>,
    by_spelling: HashMap<String, u32>,
    /// Symbols and frequency of each word.
    words: Vec<(Vec<u32>, i64)>,
    /// How often each pair stands.
    pairs: HashMap<Pair, i64>,
    /// Words each pair has stood in.
    places: HashMap<Pair, BTreeSet<usize>>,
}

impl Words {
    fn new(counts: &BTreeMap<String, i64>, characters: &[char]) -> Words {
        let tokens: Vec<String> = characters.iter().map(char::to_string).collect();
        let by_spelling = tokens.iter().enumerate().map(|(i, t)| (t.clone(), i as u32)).collect();
        let mut words = Words { tokens, by_spelling, words: Vec::new(), pairs: HashMap::new(), places: HashMap::new() };
        for (word, count) in counts {
            let symbol = |c: char| words.by_spelling.get(c.to_string().as_str()).copied();
            // A word with a reserved character is a single one: it has no pairs.
            let Some(symbols) = word.chars().map(symbol).collect::<Option<Vec<u32>>>() else { continue };
            words.words.push((symbols, *count));
            words.count(words.words.len() - 1, 1);
        }
        words
    }

    /// Adds (or with -1 takes away) the pairs of one word.
    fn count(&mut self, word: usize, sign: i64) {
        let (symbols, count) = &self.words[word];
        for pair in symbols.windows(2).map(|w| (w[0], w[1])) {
            *self.pairs.entry(pair).or_insert(0) += sign * count;
            if sign > 0 {
                self.places.entry(pair).or_default().insert(word);
            }
        }
    }

    fn spell(&self, pair: Pair) -> String {
        format!("{}{}", self.tokens[pair.0 as usize], self.tokens[pair.1 as usize])
    }

    /// The most frequent pair that does not spell an added token.
    fn best(&self, reserved: &BTreeSet<&str>) -> Option<Pair> {
        let spelling = |pair: &Pair| (&self.tokens[pair.0 as usize], &self.tokens[pair.1 as usize]);
        let usable = self.pairs.iter().filter(|(pair, count)| {
            **count >= MIN_PAIRS && (reserved.is_empty() || !reserved.contains(self.spell(**pair).as_str()))
        });
        let best = usable.max_by(|a, b| a.1.cmp(b.1).then_with(|| spelling(b.0).cmp(&spelling(a.0))));
        best.map(|(pair, _)| *pair)
    }

    fn merge(&mut self, pair: Pair) {
        let spelling = self.spell(pair);
        let next = self.tokens.len() as u32;
        let merged = *self.by_spelling.entry(spelling.clone()).or_insert(next);
        if merged == next {
            self.tokens.push(spelling);
        }
        for word in self.places.remove(&pair).unwrap_or_default() {
            self.count(word, -1);
            let symbols = &mut self.words[word].0;
            let mut i = 0;
            while i + 1 < symbols.len() {
                if (symbols[i], symbols[i + 1]) == pair {
                    symbols.splice(i..i + 2, [merged]);
                }
                i += 1;
            }
            self.count(word, 1);
        }
        self.pairs.remove(&pair);
    }
}
