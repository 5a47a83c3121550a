//! How often each kind of question is drawn, so that the questions handed on have the shares wanted.
//!
//! Kinds differ in what becomes of a tree: some lose trees that say nothing, or that a model could not write yet. After
//! every block of trees the odds are set anew by what the blocks before yielded; as blocks follow each other in one order,
//! threads change nothing.

use crate::example::{Example, Intent};

use super::shapes::ask::TAG;

/// Kinds of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Questions that must not be answered.
    Declined,
    /// Questions of the shapes.
    Shape,
    /// Rows, columns, totals and groups.
    Simple,
}

impl Kind {
    /// All kinds, in the order of odds and shares.
    pub const ALL: [Kind; 3] = [Kind::Declined, Kind::Shape, Kind::Simple];

    /// The kind of an example.
    pub fn of(example: &Example) -> Kind {
        if example.intent != Intent::Answerable {
            Kind::Declined
        } else if example.tags.iter().any(|tag| tag.starts_with(TAG)) {
            Kind::Shape
        } else {
            Kind::Simple
        }
    }
}

/// Shares wanted of the questions, in the order of [`Kind::ALL`].
const WANTED: [f64; 3] = [0.1, 0.4, 0.5];
/// Questions that a tree of each kind yields, before anything is known: only their proportions matter.
const YIELD: [f64; 3] = [1.7, 2.4, 1.5];
/// Trees that this first guess counts for.
const GUESSED: f64 = 100.0;
/// The least odds of a kind, so that its yield stays known.
const LEAST: f64 = 0.03;

/// Odds of the kinds, and what they yielded so far.
#[derive(Debug, Clone)]
pub struct Mix {
    odds: [f64; 3],
    trees: [f64; 3],
    questions: [f64; 3],
}

impl Default for Mix {
    fn default() -> Self {
        let mut mix = Mix { odds: [0.0; 3], trees: [GUESSED; 3], questions: YIELD.map(|y| y * GUESSED) };
        mix.set_odds();
        mix
    }
}

impl Mix {
    /// The odds of each kind, in the order of [`Kind::ALL`].
    pub fn odds(&self) -> [f64; 3] {
        self.odds
    }

    /// Learns what a block of trees yielded, and sets the odds of the next.
    pub fn learn<'e>(&mut self, trees: u64, examples: impl Iterator<Item = &'e Example>) {
        for (seen, odds) in self.trees.iter_mut().zip(self.odds) {
            *seen += odds * trees as f64;
        }
        for example in examples {
            let kind = Kind::ALL.iter().position(|k| *k == Kind::of(example));
            self.questions[kind.unwrap_or_default()] += 1.0;
        }
        self.set_odds();
    }

    fn set_odds(&mut self) {
        let need = |i: usize| WANTED[i] * self.trees[i] / self.questions[i];
        let needs = [need(0), need(1), need(2)];
        let all: f64 = needs.iter().sum();
        self.odds = needs.map(|n| (n / all).max(LEAST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(kind: Kind) -> Example {
        match kind {
            Kind::Declined => Example { intent: Intent::Write, ..Example::default() },
            Kind::Shape => Example { tags: vec![format!("{TAG}share")], ..Example::default() },
            Kind::Simple => Example::default(),
        }
    }

    #[test]
    fn odds_follow_what_trees_yield() {
        // A tree of a shape yields four questions here, a simple tree one.
        let mut mix = Mix::default();
        let mut made = [0.0; 3];
        for _ in 0..20 {
            let all: f64 = mix.odds().iter().sum();
            let trees = mix.odds().map(|odds| odds / all * 2000.0);
            let yielded = [2.0 * trees[0], 4.0 * trees[1], trees[2]];
            let examples: Vec<Example> = (0..3)
                .flat_map(|i| std::iter::repeat_with(move || example(Kind::ALL[i])).take(yielded[i] as usize))
                .collect();
            made = yielded;
            mix.learn(2000, examples.iter());
        }
        let all: f64 = made.iter().sum();
        for (made, wanted) in made.iter().zip(WANTED) {
            assert!((made / all - wanted).abs() < 0.03, "{made} of {all}, wanted {wanted}");
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(Kind::ALL.iter().all(|kind| Kind::of(&example(*kind)) == *kind));
    }
}
