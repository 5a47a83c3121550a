//! The tokens of one model: pieces of words for questions, and for everything a model writes one token each.
//!
//! The tokenizer's added tokens are, in this order: five marks, the intents, the range slots of questions, then every
//! lexeme of the pack's lexicon. Lexemes are contiguous, so a set of lexemes becomes a set of tokens by a shift.

use model::tokenizer::Tokenizer;
use schema::Catalog;
use schema::slot::{Slot, SlotKind};
use sql::bitset::BitSet;
use sql::lexeme::{Lexeme, Lexicon, Word};
use sql::tree::{SlotPart, SlotUse};

use crate::intent::{Intent, MODEL_INTENTS};
use crate::pack::sha256;

const MARKS: [&str; 5] = ["<pad>", "<bos>", "<sep>", "<think>", "</think>"];

/// Why a tokenizer does not serve a lexicon.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    /// The tokenizer lacks a token.
    #[error("the vocabulary has no token \"{name}\" where this pack needs it; it was made for another pack or version")]
    Missing {
        /// The token's name.
        name: String,
    },
    /// The tokenizer cannot be used at all.
    #[error(transparent)]
    Tokenizer(#[from] model::error::Error),
}

/// A tokenizer together with the lexicon whose lexemes it holds.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// The tokenizer.
    pub tokenizer: Tokenizer,
    /// The lexicon.
    pub lexicon: Lexicon,
    /// Id of `<pad>`; the other added tokens follow.
    first: u32,
}

/// The names of all added tokens, in order: what a tokenizer for this lexicon is made with.
pub fn added_tokens(catalog: &Catalog, lexicon: &Lexicon) -> Vec<String> {
    let marks = MARKS.iter().map(|name| (*name).to_owned());
    let intents = MODEL_INTENTS.iter().map(|(_, name)| (*name).to_owned());
    let ranges = (1..=SlotKind::Range.limit()).map(|number| Slot { kind: SlotKind::Range, number }.to_string());
    let lexemes = lexicon.lexemes().iter().map(|lexeme| lexicon.name(catalog, *lexeme));
    marks.chain(intents).chain(ranges).chain(lexemes).collect()
}

impl Vocabulary {
    /// A tokenizer that holds exactly the tokens this catalog and lexicon need.
    ///
    /// # Errors
    /// When a token is missing or stands in another place.
    pub fn new(tokenizer: Tokenizer, catalog: &Catalog, lexicon: Lexicon) -> Result<Self, VocabularyError> {
        let names = added_tokens(catalog, &lexicon);
        let first = tokenizer.token_id(&names[0]).ok_or_else(|| VocabularyError::Missing { name: names[0].clone() })?;
        for (id, name) in (first..).zip(&names) {
            if tokenizer.token_id(name) != Some(id) {
                return Err(VocabularyError::Missing { name: name.clone() });
            }
        }
        Ok(Vocabulary { tokenizer, lexicon, first })
    }

    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// When it is no tokenizer, or not one for this catalog and lexicon.
    pub fn from_json(json: &str, catalog: &Catalog, lexicon: Lexicon) -> Result<Self, VocabularyError> {
        Vocabulary::new(Tokenizer::from_json(json)?, catalog, lexicon)
    }

    /// How many tokens there are: the width of a model's output.
    pub fn size(&self) -> usize {
        self.tokenizer.len()
    }

    /// SHA-256 over all tokens in order.
    pub fn hash(&self) -> String {
        sha256(self.tokenizer.to_json().as_bytes())
    }

    /// `<pad>`.
    pub fn pad(&self) -> u32 {
        self.first
    }

    /// `<bos>`, which opens a prompt.
    pub fn bos(&self) -> u32 {
        self.first + 1
    }

    /// `<sep>`, which closes it.
    pub fn sep(&self) -> u32 {
        self.first + 2
    }

    /// `<think>`, which opens a plan.
    pub fn think(&self) -> u32 {
        self.first + 3
    }

    /// `</think>`, which closes it.
    pub fn end_think(&self) -> u32 {
        self.first + 4
    }

    /// `<end>`, which closes a query.
    pub fn end(&self) -> u32 {
        self.lexeme(Lexeme::Word(Word::End)).unwrap_or(self.base())
    }

    /// The token of an intent; `None` for those a model does not tell.
    pub fn intent(&self, intent: Intent) -> Option<u32> {
        let position = MODEL_INTENTS.iter().position(|(known, _)| *known == intent)?;
        Some(self.intents() + position as u32)
    }

    /// The intent that a token is.
    pub fn intent_of(&self, token: u32) -> Option<Intent> {
        let position = token.checked_sub(self.intents())? as usize;
        MODEL_INTENTS.get(position).map(|(intent, _)| *intent)
    }

    /// The token of a slot within a question: a range has its own, the others that of the whole slot in a query.
    pub fn slot(&self, slot: Slot) -> Option<u32> {
        match slot.kind {
            SlotKind::Range => {
                (1..=SlotKind::Range.limit()).contains(&slot.number).then(|| self.ranges() + u32::from(slot.number) - 1)
            }
            _ => self.lexeme(Lexeme::Slot(SlotUse { slot, part: SlotPart::Whole })),
        }
    }

    /// The token of a lexeme, if the lexicon has it.
    pub fn lexeme(&self, lexeme: Lexeme) -> Option<u32> {
        self.lexicon.id(lexeme).map(|id| self.token(id))
    }

    /// The token of a lexeme's id.
    pub fn token(&self, lexeme_id: u32) -> u32 {
        self.base() + lexeme_id
    }

    /// The lexeme's id that a token is.
    pub fn lexeme_id(&self, token: u32) -> Option<u32> {
        token.checked_sub(self.base()).filter(|id| (*id as usize) < self.lexicon.len())
    }

    /// A mask over tokens that allows these lexemes only: bit `t % 64` of word `t / 64`.
    pub fn mask(&self, lexemes: &BitSet) -> Vec<u64> {
        let mut mask = vec![0; self.size().div_ceil(64)];
        let (skip, shift) = (self.base() as usize / 64, self.base() % 64);
        for (i, word) in lexemes.words().iter().enumerate() {
            or_into(&mut mask, skip + i, word << shift);
            if shift > 0 {
                or_into(&mut mask, skip + i + 1, word >> (64 - shift));
            }
        }
        mask
    }

    /// Adds the end of a plan to a mask.
    pub fn allow_end_think(&self, mask: &mut [u64]) {
        let token = self.end_think();
        or_into(mask, token as usize / 64, 1 << (token % 64));
    }

    /// A mask over tokens that allows the intents only.
    pub fn intent_mask(&self) -> Vec<u64> {
        self.mask_of_intents(|_| true)
    }

    /// The same without the intent to answer.
    pub fn declining_mask(&self) -> Vec<u64> {
        self.mask_of_intents(|intent| intent != Intent::Answerable)
    }

    fn mask_of_intents(&self, allowed: impl Fn(Intent) -> bool) -> Vec<u64> {
        let mut mask = vec![0; self.size().div_ceil(64)];
        for (token, (intent, _)) in (self.intents()..).zip(MODEL_INTENTS) {
            if allowed(intent) {
                or_into(&mut mask, token as usize / 64, 1 << (token % 64));
            }
        }
        mask
    }

    fn intents(&self) -> u32 {
        self.first + MARKS.len() as u32
    }

    fn ranges(&self) -> u32 {
        self.intents() + MODEL_INTENTS.len() as u32
    }

    /// Token of the first lexeme.
    fn base(&self) -> u32 {
        self.ranges() + u32::from(SlotKind::Range.limit())
    }
}

/// Sets bits of a word that the mask has; beyond its end there is nothing to set.
fn or_into(mask: &mut [u64], word: usize, bits: u64) {
    if let Some(known) = mask.get_mut(word) {
        *known |= bits;
    }
}
