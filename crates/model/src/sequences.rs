//! A training batch: sequences of different lengths packed end to end, without padding.

use std::ops::Range;
use std::sync::Arc;

use crate::config::Config;
use crate::error::{Error, Result, input};

/// Allowed tokens as a bitset: token t is allowed where bit `t % 64` of word `t / 64` is set.
pub type Mask = Arc<[u64]>;

/// Packed sequences. Attention is causal within each, positions restart at 0 in each. A sequence may go on from another
/// one, its prefix, as if that one's tokens stood before its own: they are computed once for all that go on from it.
#[derive(Clone, Debug, Default)]
pub struct Sequences {
    /// Input tokens of all sequences, end to end.
    pub tokens: Vec<u32>,
    /// `targets[i]` is the token to be predicted at position i (already shifted by the caller), or -1 for a position
    /// outside the loss.
    pub targets: Vec<i32>,
    /// Weight of each position in the loss; none means 1.
    pub weights: Option<Vec<f32>>,
    /// Allowed tokens at each position, over which the softmax is renormalised; none means all.
    pub masks: Option<Vec<Option<Mask>>>,
    /// Start of each sequence and, last, the end: `[0, 5, 12]` is two sequences of 5 and 7 tokens.
    pub offsets: Vec<usize>,
    /// For each sequence the one before it whose tokens it goes on from; may be shorter than the number of sequences, and
    /// the others go on from none.
    pub prefixes: Vec<Option<usize>>,
    /// The gradient is that of Σ weight · loss / divisor; none means the number of positions in the loss.
    pub divisor: Option<f32>,
}

impl Sequences {
    /// An empty batch.
    pub fn new() -> Sequences {
        Sequences { offsets: vec![0], ..Sequences::default() }
    }

    /// Appends one sequence of tokens with its targets (-1: not in the loss).
    pub fn push(&mut self, tokens: &[u32], targets: &[i32]) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.tokens.extend_from_slice(tokens);
        self.targets.extend_from_slice(targets);
        self.offsets.push(self.tokens.len());
    }

    /// Appends a sequence that goes on from the `prefix`-th, which goes on from none itself.
    pub fn push_after(&mut self, prefix: usize, tokens: &[u32], targets: &[i32]) {
        self.prefixes.resize(self.len(), None);
        self.prefixes.push(Some(prefix));
        self.push(tokens, targets);
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions of one sequence.
    pub(crate) fn range(&self, sequence: usize) -> Range<usize> {
        self.offsets[sequence]..self.offsets[sequence + 1]
    }

    /// The sequence that one goes on from.
    pub(crate) fn prefix(&self, sequence: usize) -> Option<usize> {
        self.prefixes.get(sequence).copied().flatten()
    }

    /// Tokens of a sequence with those of its prefix.
    pub(crate) fn whole_len(&self, sequence: usize) -> usize {
        self.range(sequence).len() + self.prefix(sequence).map_or(0, |prefix| self.range(prefix).len())
    }

    /// Sequences that must be computed together, a prefix first; those without tokens are left out.
    pub(crate) fn families(&self) -> Vec<Vec<usize>> {
        let mut families: Vec<Vec<usize>> = (0..self.len()).map(|_| vec![]).collect();
        for i in (0..self.len()).filter(|i| !self.range(*i).is_empty()) {
            families[self.prefix(i).unwrap_or(i)].push(i);
        }
        families.retain(|family| !family.is_empty());
        families
    }

    /// Tokens of a family, each counted once.
    pub(crate) fn family_len(&self, family: &[usize]) -> usize {
        family.iter().map(|i| self.range(*i).len()).sum()
    }

    /// Number of positions in the loss.
    pub fn loss_positions(&self) -> usize {
        self.targets.iter().filter(|t| **t >= 0).count()
    }

    /// Refuses a batch that does not fit the network.
    pub(crate) fn check(&self, config: &Config) -> Result<()> {
        let n = self.tokens.len();
        if self.targets.len() != n {
            return Err(input("targets", format!("{n}, one a token"), self.targets.len()));
        }
        let bad_offsets = self.offsets.first() != Some(&0) || self.offsets.last() != Some(&n);
        if bad_offsets || !self.offsets.is_sorted() {
            return Err(input("offsets", format!("ascending from 0 to {n}"), format!("{:?}", self.offsets)));
        }
        self.check_prefixes()?;
        if let Some(i) = (0..self.len()).find(|i| self.whole_len(*i) > config.max_position_embeddings) {
            let limit = format!("at most {} tokens", config.max_position_embeddings);
            return Err(input("sequence", limit, self.whole_len(i)));
        }
        if let Some(token) = self.tokens.iter().find(|t| **t as usize >= config.vocab_size) {
            return Err(input("token", format!("below {}", config.vocab_size), token));
        }
        if let Some(target) = self.targets.iter().find(|t| **t < -1 || **t >= config.vocab_size as i32) {
            return Err(input("target", format!("-1 or below {}", config.vocab_size), target));
        }
        self.check_options(config, n)
    }

    fn check_prefixes(&self) -> Result<()> {
        if self.prefixes.len() > self.len() {
            return Err(input("prefixes", format!("at most {}, one a sequence", self.len()), self.prefixes.len()));
        }
        for (i, prefix) in self.prefixes.iter().enumerate() {
            if let Some(prefix) = *prefix
                && (prefix >= i || self.prefix(prefix).is_some() || self.range(prefix).is_empty())
            {
                return Err(input("prefix", format!("a whole sequence before sequence {i}"), prefix));
            }
        }
        Ok(())
    }

    fn check_options(&self, config: &Config, n: usize) -> Result<()> {
        if let Some(weights) = &self.weights
            && (weights.len() != n || weights.iter().any(|w| !w.is_finite()))
        {
            return Err(input("weights", format!("{n} finite numbers"), weights.len()));
        }
        if let Some(divisor) = self.divisor
            && !(divisor.is_finite() && divisor > 0.0)
        {
            return Err(input("divisor", "above 0", divisor));
        }
        let Some(masks) = &self.masks else { return Ok(()) };
        if masks.len() != n {
            return Err(input("masks", format!("{n}, one a token"), masks.len()));
        }
        for (row, mask) in masks.iter().enumerate() {
            if let Some(mask) = mask
                && self.targets[row] >= 0
            {
                check_mask(mask, config.vocab_size, row)?;
                if !allowed(mask, self.targets[row] as u32) {
                    return Err(input("mask", format!("to allow the target {}", self.targets[row]), "it does not"));
                }
            }
        }
        Ok(())
    }

    /// Deals the families to `shards` groups of nearly equal token counts: longest first, each to the group with the
    /// fewest tokens so far. Depends on the lengths alone.
    pub(crate) fn shards(&self, shards: usize) -> Vec<Vec<Vec<usize>>> {
        let mut families = self.families();
        families.sort_by_key(|family| (std::cmp::Reverse(self.family_len(family)), family[0]));
        let mut groups = vec![(0usize, Vec::new()); shards.max(1)];
        for family in families {
            let fewest = (0..groups.len()).min_by_key(|g| groups[*g].0).unwrap_or(0);
            groups[fewest].0 += self.family_len(&family);
            groups[fewest].1.push(family);
        }
        let sorted = |(_, mut group): (usize, Vec<Vec<usize>>)| {
            group.sort_unstable();
            group
        };
        groups.into_iter().map(sorted).collect()
    }
}

/// Whether the mask allows the token.
pub fn allowed(mask: &[u64], token: u32) -> bool {
    mask.get(token as usize / 64).is_some_and(|word| word >> (token % 64) & 1 == 1)
}

/// Refuses a mask of the wrong length or without any allowed token.
pub(crate) fn check_mask(mask: &[u64], vocab_size: usize, row: usize) -> Result<()> {
    let words = vocab_size.div_ceil(64);
    if mask.len() != words {
        return Err(input("mask", format!("{words} words for {vocab_size} tokens"), mask.len()));
    }
    let last = if vocab_size.is_multiple_of(64) { u64::MAX } else { (1 << (vocab_size % 64)) - 1 };
    if mask[..words - 1].iter().all(|w| *w == 0) && mask[words - 1] & last == 0 {
        return Err(Error::EmptyMask { row });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_even_and_complete() {
        let mut s = Sequences::new();
        for len in [9, 3, 4, 4, 1, 7] {
            s.push(&vec![0; len], &vec![-1; len]);
        }
        let alone = |group: &[usize]| group.iter().map(|i| vec![*i]).collect::<Vec<_>>();
        assert_eq!(s.shards(2), [alone(&[0, 3, 4]), alone(&[1, 2, 5])]);
        assert_eq!(s.shards(1), [alone(&[0, 1, 2, 3, 4, 5])]);
    }

    #[test]
    fn families_stay_together() {
        let mut s = Sequences::new();
        s.push(&[0; 9], &[-1; 9]);
        s.push(&[0; 4], &[-1; 4]);
        s.push_after(1, &[0; 3], &[-1; 3]);
        s.push(&[], &[]);
        s.push_after(1, &[0; 4], &[-1; 4]);
        assert_eq!(s.shards(2), [vec![vec![1, 2, 4]], vec![vec![0]]]);
        assert_eq!((s.whole_len(4), s.whole_len(0)), (8, 9));
    }

    #[test]
    fn misfits_are_refused() {
        let config = Config::compact(70);
        let mut s = Sequences::new();
        s.push(&[1, 2, 69], &[2, 69, -1]);
        assert!(s.check(&config).is_ok());
        let check = |change: fn(&mut Sequences), want: &str| {
            let mut s = s.clone();
            change(&mut s);
            let message = s.check(&config).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        };
        check(|s| s.tokens[0] = 70, "token: expected below 70, got 70");
        check(|s| s.targets[0] = 70, "target");
        check(|s| s.offsets = vec![0, 2], "offsets");
        check(|s| s.prefixes = vec![Some(0)], "before sequence 0");
        check(|s| s.prefixes = vec![None, None], "prefixes");
        check(|s| s.weights = Some(vec![1.0]), "weights");
        check(|s| s.masks = Some(vec![Some([0, 0].into()), None, None]), "allows no token");
        check(|s| s.masks = Some(vec![Some([0, 1 << 63].into()), None, None]), "allows no token");
        check(|s| s.masks = Some(vec![Some([1, 0].into()), None, None]), "allow the target 2");
    }
}
