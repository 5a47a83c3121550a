//! All rules that change words and query together, and how often each is tried.

use super::super::dice::Dice;
use super::super::studio::Studio;
use super::{Draft, Reading, columns, list, narrow, order, parallel, several, swap, value, widen};

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
    /// [`columns::changed`].
    Columns,
    /// [`columns::restyled`].
    Style,
    /// [`order::changed`].
    Order,
    /// [`value::changed`].
    Other,
    /// [`parallel::table`].
    Parallel,
    /// [`several::changed`].
    Several,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 14] = [
        Rule::Column,
        Rule::List,
        Rule::Aggregate,
        Rule::Comparison,
        Rule::Direction,
        Rule::Value,
        Rule::Narrow,
        Rule::Widen,
        Rule::Columns,
        Rule::Style,
        Rule::Order,
        Rule::Other,
        Rule::Parallel,
        Rule::Several,
    ];

    /// Its name in tags.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// How often it is tried first.
    fn weight(self) -> f64 {
        match self {
            Rule::Columns => 3.0,
            Rule::List | Rule::Column | Rule::Narrow | Rule::Order => 2.0,
            Rule::Widen => 1.5,
            Rule::Other => 0.2,
            Rule::Parallel | Rule::Several => 2.0,
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
            Rule::Columns => columns::changed(world, reading, dice),
            Rule::Style => columns::restyled(world, reading, dice),
            Rule::Order => order::changed(world, reading, dice),
            Rule::Other => value::changed(world, reading, dice),
            Rule::Parallel => parallel::table(world, reading, dice),
            Rule::Several => several::changed(world, reading, dice),
        }
    }
}

/// The draft after the first rule, in an order drawn by their weights, that applies to it. Of those applied before, none
/// but rules that find something else each time.
pub fn changed(studio: &Studio<'_>, draft: &Draft, before: &[Rule], dice: &mut Dice) -> Option<(Rule, Draft)> {
    let reading = Reading::new(studio, draft);
    let again = |rule: &Rule| {
        let times = before.iter().filter(|other| *other == rule).count();
        let varied = matches!(rule, Rule::Column | Rule::Widen | Rule::Value | Rule::Other);
        // What was just added is not taken off again.
        let undoes = *rule == Rule::Widen && before.contains(&Rule::Narrow);
        times < if varied { 2 } else { 1 } && !undoes
    };
    let mut rules: Vec<Rule> = Rule::ALL.into_iter().filter(again).collect();
    while !rules.is_empty() {
        let weights: Vec<f64> = rules.iter().map(|rule| rule.weight()).collect();
        let rule = rules.swap_remove(dice.weighted(&weights));
        if let Some(changed) = rule.apply(studio, &reading, dice) {
            return Some((rule, changed));
        }
    }
    None
}
