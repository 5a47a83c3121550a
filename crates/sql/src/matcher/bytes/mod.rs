//! The matcher for models with a byte-level vocabulary: which tokens may come next in canonical SQL as text.
//!
//! A [`ByteMatcher`] follows the text with every way to read it as lexemes: a [`Matcher`] between two lexemes and a part
//! of the next one. A token may come when some reading takes all its bytes, through as many lexemes as it spans; since
//! the lexeme matcher never leads to a dead end, the text can then still be completed within the budget of lexemes.
//! Suggested reading order:
//! * [`vocabulary`](ByteVocabulary): tokens and their trie.
//! * [`grammar`](ByteGrammar): what is known before any query.
//! * `state`: readings of the text.

mod grammar;
mod state;
#[cfg(test)]
mod tests;
mod trie;
mod vocabulary;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Matcher, Refused};
use crate::bitset::BitSet;
pub use grammar::{ByteGrammar, written};
use grammar::{Listed, SPACE};
use state::{Reading, State};
use trie::ROOT;
pub use vocabulary::{BadVocabulary, ByteVocabulary};

/// Text that can only go on in one way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForcedText {
    /// The bytes that must come.
    pub bytes: Vec<u8>,
    /// Whether the query must end after them.
    pub ends: bool,
}

/// One query being written, token by token. A clone is a fork: it shares what was worked out so far.
#[derive(Debug, Clone)]
pub struct ByteMatcher<'g> {
    grammar: &'g ByteGrammar,
    readings: Vec<Reading<'g>>,
    /// The lexemes, once the end has come.
    ended: Option<Vec<u32>>,
    position: usize,
}

impl<'g> ByteMatcher<'g> {
    /// Before the first byte of what this matcher may write; it must follow the catalog that `grammar` was made for.
    pub fn new(grammar: &'g ByteGrammar, matcher: Matcher<'g>) -> Self {
        debug_assert_eq!(grammar.positions.len(), matcher.grammar.lexeme_count());
        let state = State::new(grammar, matcher);
        ByteMatcher { grammar, readings: vec![Reading { state, node: ROOT, taken: None }], ended: None, position: 0 }
    }

    /// Sets `mask` to the tokens that may come next; none once the query has ended.
    pub fn mask(&self, mask: &mut BitSet) {
        mask.reset(self.grammar.vocabulary.len());
        for reading in &self.readings {
            self.offer(&reading.state, reading.node, ROOT, mask);
        }
        if self.is_accepting() {
            mask.insert(self.grammar.vocabulary.end());
        }
    }

    /// Adds the tokens below a node of the vocabulary's trie that can be read from a node of the lexemes'.
    fn offer(&self, state: &Arc<State<'g>>, at: u32, token: u32, mask: &mut BitSet) {
        match self.grammar.listed.get(&(at, token)) {
            Some(listed) => self.offer_listed(state, listed, mask),
            None => self.offer_walked(state, at, token, mask),
        }
    }

    fn offer_listed(&self, state: &Arc<State<'g>>, listed: &Listed, mask: &mut BitSet) {
        let mut next = 0;
        while let Some(step) = listed.steps.get(next) {
            if state.allowed.any_within(step.low, step.high) {
                mask.insert(step.token);
                next += 1;
            } else {
                next = step.skip as usize;
            }
        }
        for cross in listed.crosses.iter().filter(|cross| state.allowed.contains(cross.lexeme)) {
            self.offer(&state.after(self.grammar, cross.lexeme), ROOT, cross.node, mask);
        }
    }

    fn offer_walked(&self, state: &Arc<State<'g>>, at: u32, token: u32, mask: &mut BitSet) {
        let (node, tokens) = (self.grammar.lexemes.node(at), &self.grammar.vocabulary.trie);
        if !state.allowed.any_within(node.low, node.high) {
            return;
        }
        tokens.ending(token).iter().for_each(|id| mask.insert(*id));
        if let Some(next) = self.grammar.after_lexeme(token) {
            for lexeme in self.grammar.complete(at).filter(|lexeme| state.allowed.contains(*lexeme)) {
                self.offer(&state.after(self.grammar, lexeme), ROOT, next, mask);
            }
        }
        for (at, token) in self.grammar.common_children(at, token) {
            self.offer_walked(state, at, token, mask);
        }
    }

    /// Whether this token may come next: what [`Self::mask`] says, without the rest of the mask.
    pub fn allows(&self, token: u32) -> bool {
        let bytes = self.grammar.vocabulary.bytes(token);
        match token == self.grammar.vocabulary.end() {
            true => self.is_accepting(),
            false => !bytes.is_empty() && !self.read(bytes).is_empty(),
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// When it may not come next; the matcher is then as it was.
    pub fn advance(&mut self, token: u32) -> Result<(), Refused> {
        let refused = Refused { id: token, position: self.position };
        if token == self.grammar.vocabulary.end() {
            self.ended = Some(self.lexemes().ok_or(refused)?);
            self.readings.clear();
        } else {
            let bytes = self.grammar.vocabulary.bytes(token);
            let readings = if bytes.is_empty() { vec![] } else { self.read(bytes) };
            if readings.is_empty() {
                return Err(refused);
            }
            self.readings = readings;
        }
        self.position += 1;
        Ok(())
    }

    /// The readings after these bytes; none where they cannot come.
    fn read(&self, bytes: &[u8]) -> Vec<Reading<'g>> {
        let mut readings = self.readings.clone();
        for byte in bytes {
            let mut next = Vec::with_capacity(readings.len());
            readings.iter().for_each(|reading| reading.step(self.grammar, *byte, &mut next));
            readings = next;
        }
        readings
    }

    /// The text that must come next, up to the next choice: no forward pass is needed for it.
    pub fn forced(&self) -> ForcedText {
        let mut ahead = self.clone();
        let mut forced = ForcedText::default();
        loop {
            let next = ahead.next_bytes();
            let accepting = ahead.is_accepting();
            let ([byte], false) = (&next[..], accepting) else {
                return ForcedText { ends: accepting && next.is_empty(), ..forced };
            };
            forced.bytes.push(*byte);
            ahead.readings = ahead.read(&[*byte]);
        }
    }

    /// The bytes that may come next, at most two of them.
    fn next_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![];
        for reading in &self.readings {
            let children = self.grammar.lexemes.children(reading.node).iter();
            let begun = children.filter(|(_, node)| reading.reaches(self.grammar, *node)).map(|(byte, _)| *byte);
            let goes_on = |l: u32| !reading.state.after(self.grammar, l).allowed.is_empty();
            let space = reading.complete(self.grammar).any(goes_on).then_some(SPACE);
            for byte in begun.chain(space) {
                if !bytes.contains(&byte) {
                    bytes.push(byte);
                }
                if bytes.len() == 2 {
                    return bytes;
                }
            }
        }
        bytes
    }

    /// Whether the query may end here.
    pub fn is_accepting(&self) -> bool {
        let may_end = |r: &Reading<'g>| r.complete(self.grammar).any(|l| r.state.after(self.grammar, l).may_end);
        self.readings.iter().any(may_end)
    }

    /// Whether the end has come.
    pub fn is_finished(&self) -> bool {
        self.ended.is_some()
    }

    /// How many tokens have been taken.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The lexemes that the text means, without the end: where the query has ended or may end here.
    pub fn lexemes(&self) -> Option<Vec<u32>> {
        let read = || self.readings.iter().find_map(|reading| reading.ended(self.grammar));
        self.ended.clone().or_else(read)
    }

    /// Equal for two matchers of one grammar and one slot table that have the same mask now and after the same tokens, as
    /// long as neither is near its budget: rows of a batch may share a mask.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.is_finished().hash(&mut hasher);
        for reading in &self.readings {
            (reading.node, reading.state.matcher.state_hash()).hash(&mut hasher);
        }
        hasher.finish()
    }
}
