//! What is known of a catalog's lexemes and a vocabulary's tokens before any query: two tries, and where both are wide,
//! which tokens lead where.
//!
//! Tokens that stay within a lexeme need not be looked for at decoding (Dong et al. 2024, XGrammar, arXiv 2411.15100):
//! for a position within the lexemes' trie they are listed once, in preorder, each with the range of lexemes it is a
//! way to. A mask then passes over the list and leaves out whole ranges that hold no allowed lexeme. Where one of the
//! tries is narrow, walking both is as quick and needs no memory.

use std::collections::HashMap;

use schema::Catalog;

use super::trie::{ROOT, Trie};
use super::vocabulary::{BadVocabulary, ByteVocabulary};
use crate::bitset::BitSet;
use crate::lexeme::{Lexeme, Lexicon};

/// Below so many lexemes, or so many tokens, both tries are walked.
const WIDE: u32 = 12;
/// What stands between two lexemes.
pub(super) const SPACE: u8 = b' ';

/// A token, and the lexemes of which some must be allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) token: u32,
    pub(super) low: u32,
    pub(super) high: u32,
    /// Where to go on when none of them is allowed.
    pub(super) skip: u32,
}

/// Tokens that go on after a lexeme and its space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cross {
    /// Position of the lexeme in the sorted order.
    pub(super) lexeme: u32,
    /// Where its space leads in the vocabulary's trie.
    pub(super) node: u32,
}

/// All tokens that begin at one place of both tries.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) steps: Vec<Step>,
    pub(super) crosses: Vec<Cross>,
}

/// The lexemes of a catalog beside the tokens of a vocabulary; shared by all matchers.
#[derive(Debug)]
pub struct ByteGrammar {
    pub(super) vocabulary: ByteVocabulary,
    pub(super) lexemes: Trie,
    /// Position of each lexeme in the sorted order; `u32::MAX` for the one without text, the end.
    pub(super) positions: Vec<u32>,
    /// By nodes of the two tries.
    pub(super) listed: HashMap<(u32, u32), Listed>,
    /// The nodes of the vocabulary's trie that a space leads to, and from which some lexeme's beginning goes on.
    leading: BitSet,
}

impl ByteGrammar {
    /// Prepares a catalog's lexemes for a vocabulary. Slots are written by their names, as the prompt shows them, and
    /// filled afterwards.
    ///
    /// # Errors
    /// When a byte that some lexeme holds is no token of its own.
    pub fn new(catalog: &Catalog, lexicon: &Lexicon, vocabulary: ByteVocabulary) -> Result<Self, BadVocabulary> {
        let texts: Vec<String> = lexicon.lexemes().iter().map(|lexeme| text_of(catalog, lexicon, *lexeme)).collect();
        has_every_byte(&texts, &vocabulary)?;
        let lexemes = Trie::new(&texts);
        let mut positions = vec![u32::MAX; texts.len()];
        for position in 0..lexemes.len() as u32 {
            positions[lexemes.string(position) as usize] = position;
        }
        let (listed, leading) = (HashMap::new(), BitSet::new(vocabulary.trie.nodes().len()));
        let mut grammar = ByteGrammar { vocabulary, lexemes, positions, listed, leading };
        let after_space = grammar.after_space();
        let leading = after_space.iter().filter(|node| grammar.leads(ROOT, **node));
        let leading: Vec<u32> = leading.copied().collect();
        leading.into_iter().for_each(|node| grammar.leading.insert(node));
        grammar.list_wide(&after_space);
        Ok(grammar)
    }

    /// The vocabulary it was made for.
    pub fn vocabulary(&self) -> &ByteVocabulary {
        &self.vocabulary
    }

    /// The lexemes whose text is complete at a node, by their positions.
    pub(super) fn complete(&self, node: u32) -> std::ops::Range<u32> {
        let node = self.lexemes.node(node);
        node.low..node.ends
    }

    /// The nodes of the vocabulary's trie that a space leads to.
    fn after_space(&self) -> Vec<u32> {
        let tokens = &self.vocabulary.trie;
        let edges = tokens.nodes().flat_map(|node| tokens.children(node));
        edges.filter(|(byte, _)| *byte == SPACE).map(|(_, node)| *node).collect()
    }

    /// Whether some token below a node of the vocabulary's trie is read from a node of the lexemes', whatever is allowed.
    fn leads(&self, at: u32, token: u32) -> bool {
        let tokens = &self.vocabulary.trie;
        let crosses =
            || !self.complete(at).is_empty() && tokens.child(token, SPACE).is_some_and(|v| self.leads(ROOT, v));
        let goes_on = || self.common_children(at, token).any(|(at, token)| self.leads(at, token));
        !tokens.ending(token).is_empty() || crosses() || goes_on()
    }

    /// Where tokens that have come to a node go on after a lexeme and its space, if some can.
    pub(super) fn after_lexeme(&self, token: u32) -> Option<u32> {
        self.vocabulary.trie.child(token, SPACE).filter(|node| self.leading.contains(*node))
    }

    /// Lists what begins within each wide part of the lexemes, and what begins after a space that wide parts of the
    /// vocabulary hold.
    fn list_wide(&mut self, after_space: &[u32]) {
        let tokens = &self.vocabulary.trie;
        let wide = |trie: &Trie, node: &u32| trie.node(*node).width() >= WIDE;
        let within = self.lexemes.nodes().filter(|node| wide(&self.lexemes, node)).map(|node| (node, ROOT));
        let after = after_space.iter().filter(|node| wide(tokens, node)).map(|node| (ROOT, *node));
        let places: Vec<(u32, u32)> = within.chain(after).collect();
        for place in places {
            let mut listed = Listed::default();
            self.list(place.0, place.1, &mut listed);
            self.listed.insert(place, listed);
        }
    }

    fn list(&self, at: u32, token: u32, out: &mut Listed) {
        let (node, tokens) = (self.lexemes.node(at), &self.vocabulary.trie);
        let first = out.steps.len();
        let own = tokens.ending(token);
        out.steps.extend(own.iter().map(|token| Step { token: *token, low: node.low, high: node.high, skip: 0 }));
        if let Some(next) = self.after_lexeme(token) {
            out.crosses.extend(self.complete(at).map(|lexeme| Cross { lexeme, node: next }));
        }
        for (at, token) in self.common_children(at, token) {
            self.list(at, token, out);
        }
        let after = out.steps.len() as u32;
        out.steps[first..first + own.len()].iter_mut().for_each(|step| step.skip = after);
    }

    /// The children that a node of each trie has in common.
    pub(super) fn common_children(&self, at: u32, token: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (lexemes, tokens) = (self.lexemes.children(at), self.vocabulary.trie.children(token));
        let swapped = lexemes.len() > tokens.len();
        let (few, many) = if swapped { (tokens, lexemes) } else { (lexemes, tokens) };
        few.iter().filter_map(move |(byte, one)| {
            let other = many.binary_search_by_key(byte, |(b, _)| *b).ok().map(|found| many[found].1)?;
            Some(if swapped { (other, *one) } else { (*one, other) })
        })
    }
}

/// A lexeme as it stands in a byte-level query.
fn text_of(catalog: &Catalog, lexicon: &Lexicon, lexeme: Lexeme) -> String {
    match lexeme {
        Lexeme::Word(word) => word.text().to_owned(),
        Lexeme::Constant(i) => lexicon.constants.get(usize::from(i)).map(|c| c.sql.clone()).unwrap_or_default(),
        other => lexicon.name(catalog, other),
    }
}

/// Lexemes as a byte-level model writes them, one space between two: slots by their names, and no text for the end.
pub fn written(catalog: &Catalog, lexicon: &Lexicon, lexemes: &[Lexeme]) -> String {
    let texts = lexemes.iter().map(|lexeme| text_of(catalog, lexicon, *lexeme));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

fn has_every_byte(texts: &[String], vocabulary: &ByteVocabulary) -> Result<(), BadVocabulary> {
    let alone = |byte: u8| vocabulary.trie.child(ROOT, byte).is_some_and(|n| !vocabulary.trie.ending(n).is_empty());
    let mut bytes = texts.iter().flat_map(|text| text.bytes()).chain([SPACE]);
    bytes.find(|byte| !alone(*byte)).map_or(Ok(()), |byte| Err(BadVocabulary::NoByte { byte }))
}
