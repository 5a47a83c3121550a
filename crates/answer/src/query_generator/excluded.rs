//! Queries by the model's probability, but for one: `p(query | query ≠ excluded)`.
//!
//! As long as a query may still become the excluded one, the token that leads there is as likely as what else it may lead to:
//! with `R` the probability that the rest becomes the excluded query from here, and `R'` from the next token on, that token's
//! probability is multiplied by `1 − R'`, and all are divided by `1 − R`.

use std::sync::Arc;

use model::sampling::log_prob;

use super::GenerateError;

/// What is left of a probability that is all excluded: nothing that a candidate could be drawn by, and no zero.
const NOTHING: f64 = 1e-12;

/// A query that is not wanted, and how likely it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    /// Ids of its lexemes, the end included.
    pub lexemes: Arc<[u32]>,
    /// Σ log p over those of its tokens that are still to be chosen, the intent first.
    pub log_likelihood: f64,
}

impl Excluded {
    /// The same once tokens of this log p were chosen.
    pub(super) fn after(&self, log_prob: f64) -> Self {
        Excluded { lexemes: self.lexemes.clone(), log_likelihood: (self.log_likelihood - log_prob).min(0.0) }
    }

    /// The lexeme by which what is written becomes the excluded query, as far as it is that.
    pub(super) fn next(&self, written: &[u32]) -> Option<u32> {
        self.lexemes.strip_prefix(written).and_then(|rest| rest.first().copied())
    }

    /// The logits with that token (not the lexeme) as likely as what else it leads to. Call it once for each choice.
    pub(super) fn without(&mut self, logits: &[f32], mask: &[u64], token: u32) -> Result<Vec<f32>, GenerateError> {
        *self = self.after(f64::from(log_prob(logits, Some(mask), token)?));
        let mut logits = logits.to_vec();
        let others = (-self.log_likelihood.exp_m1()).max(NOTHING);
        if let Some(logit) = logits.get_mut(token as usize) {
            *logit += others.ln() as f32;
        }
        Ok(logits)
    }
}
