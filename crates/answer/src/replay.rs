//! A written candidate taken apart into the choices it was made of, for a network that is to learn from it.

use sql::bitset::BitSet;
use sql::matcher::{Matcher, SlotTable};

use crate::intent::Intent;
use crate::query_generator::{Candidate, Generator};

/// A token of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The token.
    pub token: u32,
    /// The tokens among which it was chosen (bit `t % 64` of word `t / 64`); none where the grammar forced it.
    pub among: Option<Vec<u64>>,
}

/// The tokens of a candidate that was written without a plan, its intent first, each with what could have stood there
/// instead. `prompt` and `slots` are those of its request, and the intent was the model's own.
///
/// # Panics
/// In debug builds, when the candidate was not written as the generator writes.
pub fn replay(generator: Generator<'_>, prompt: &[u32], slots: &SlotTable, candidate: &Candidate) -> Vec<Step> {
    let vocabulary = generator.vocabulary;
    let intent = vocabulary.intent(candidate.intent).unwrap_or_default();
    let mut steps = vec![Step { token: intent, among: Some(vocabulary.intent_mask()) }];
    if candidate.intent != Intent::Answerable {
        return steps;
    }
    let mut matcher = Matcher::new(generator.grammar, slots, generator.room(prompt));
    let mut allowed = BitSet::default();
    for lexeme in &candidate.lexemes {
        generator.allowed_next(&matcher, &mut allowed);
        let among = allowed.iter().nth(1).is_some().then(|| vocabulary.mask(&allowed));
        steps.push(Step { token: vocabulary.token(*lexeme), among });
        if generator.constrained {
            matcher.advance_allowed(*lexeme);
        }
    }
    steps
}
