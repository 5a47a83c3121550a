//! A vocabulary of byte strings, as models with byte-level byte-pair encoding have.

use thiserror::Error;

use super::trie::{ROOT, Trie};

/// Why a vocabulary cannot write the queries of a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadVocabulary {
    /// The end token is none of its tokens.
    #[error("the end of a query is token {end}, but the vocabulary has {tokens} tokens")]
    NoEnd {
        /// The id asked for.
        end: u32,
        /// How many tokens there are.
        tokens: usize,
    },
    /// A byte that queries hold is no token of its own, so that some text could be begun and not be finished.
    #[error("the byte {byte:#04x} of the catalog's queries is no token of its own")]
    NoByte {
        /// The byte.
        byte: u8,
    },
}

/// Tokens by id, and a trie over their bytes. A token without bytes (a special one) never stands in a query.
#[derive(Debug)]
pub struct ByteVocabulary {
    tokens: Vec<Vec<u8>>,
    end: u32,
    pub(super) trie: Trie,
}

impl ByteVocabulary {
    /// A vocabulary of these tokens; the one with the id `end` ends a query, whatever its bytes.
    ///
    /// # Errors
    /// When there is no token with that id.
    pub fn new(mut tokens: Vec<Vec<u8>>, end: u32) -> Result<Self, BadVocabulary> {
        let count = tokens.len();
        tokens.get_mut(end as usize).ok_or(BadVocabulary::NoEnd { end, tokens: count })?.clear();
        let trie = Trie::new(&tokens);
        Ok(ByteVocabulary { tokens, end, trie })
    }

    /// How many tokens there are: the capacity of a mask.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none; never true.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The bytes of a token; none for the end and for ids that are none.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.tokens.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// The token that ends a query.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// The longest token that the text begins with.
    pub fn longest(&self, text: &[u8]) -> Option<u32> {
        let (mut node, mut found) = (ROOT, None);
        for byte in text {
            let Some(child) = self.trie.child(node, *byte) else { break };
            node = child;
            found = self.trie.ending(node).first().copied().or(found);
        }
        found
    }

    /// A text as tokens, the longest first wherever there is a choice; nothing where some byte has no token.
    pub fn tokens(&self, text: &[u8]) -> Option<Vec<u32>> {
        let (mut tokens, mut rest) = (vec![], text);
        while !rest.is_empty() {
            let token = self.longest(rest)?;
            rest = &rest[self.bytes(token).len()..];
            tokens.push(token);
        }
        Some(tokens)
    }
}
