//! All rules that change words and query together, and how often each is tried.

use super::super::dice::Dice;
use super::super::studio::Studio;
use super::{Draft, Reading, list, narrow, swap, widen};

/// A rule that changes words and query together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// [`swap::column`].
    Column,
    /// [`list::columns`].
    List,
    /// [`swap::aggregate`].
    Aggregate,
    /// [`swap::comparison`].
    Comparison,
    /// [`swap::direction`].
    Direction,
    /// [`swap::value`].
    Value,
    /// [`narrow::condition`].
    Narrow,
    /// [`widen::condition`].
    Widen,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 8] = [
        Rule::Column,
        Rule::List,
        Rule::Aggregate,
        Rule::Comparison,
        Rule::Direction,
        Rule::Value,
        Rule::Narrow,
        Rule::Widen,
    ];

    /// Its name in tags.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// How often it is tried first.
    fn weight(self) -> f64 {
        match self {
            Rule::Narrow => 3.0,
            Rule::List | Rule::Column => 2.0,
            Rule::Widen => 1.5,
            _ => 1.0,
        }
    }

    /// The draft after this rule, if it applies.
    pub fn apply(self, studio: &Studio<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
        let world = &studio.world;
        match self {
            Rule::Column => swap::column(world, reading, dice),
            Rule::List => list::columns(world, reading, dice),
            Rule::Aggregate => swap::aggregate(reading, dice),
            Rule::Comparison => swap::comparison(reading, dice),
            Rule::Direction => swap::direction(world, reading),
            Rule::Value => swap::value(world, reading, dice),
            Rule::Narrow => narrow::condition(world, reading, dice),
            Rule::Widen => widen::condition(world, reading, dice),
        }
    }
}

/// The draft after the first rule, in an order drawn by their weights, that applies to it.
pub fn changed(studio: &Studio<'_>, draft: &Draft, dice: &mut Dice) -> Option<(Rule, Draft)> {
    let reading = Reading::new(studio, draft);
    let mut rules = Rule::ALL.to_vec();
    while !rules.is_empty() {
        let weights: Vec<f64> = rules.iter().map(|rule| rule.weight()).collect();
        let rule = rules.swap_remove(dice.weighted(&weights));
        if let Some(changed) = rule.apply(studio, &reading, dice) {
            return Some((rule, changed));
        }
    }
    None
}
