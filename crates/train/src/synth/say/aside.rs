//! One condition said apart from the others: before the sentence, or behind it.

use schema::Role;

use super::{Speaker, capitalised, is_question};
use crate::synth::meaning::{Ask, Filter, Shape};

/// How often a condition that could be said apart is.
const OFTEN: f64 = 0.16;

impl Speaker<'_> {
    /// The question with one condition apart; none where there is none that could be.
    pub(super) fn with_aside(&mut self, ask: &Ask) -> Option<String> {
        if !self.dice.chance(OFTEN) || self.is_one_row(&ask.filters) || matches!(ask.shape, Shape::Top { .. }) {
            return None;
        }
        let at = self.dice.below(ask.filters.len().max(1));
        let mut rest = ask.clone();
        let apart = (at < rest.filters.len()).then(|| rest.filters.remove(at))?;
        if matches!(apart, Filter::Extreme { .. }) || self.is_one_row(&rest.filters) {
            return None;
        }
        let sentence = self.sentence(&rest)?;
        if self.dice.chance(0.4)
            && let Some(said) = self.fronted(&apart, &sentence)
        {
            return Some(said);
        }
        self.trailing(ask, &apart, sentence)
    }

    /// "In IT, which projects …", "Status Active: projects …".
    fn fronted(&mut self, filter: &Filter, sentence: &str) -> Option<String> {
        let Filter::Value { column, values, negated: false } = filter else { return None };
        if values.len() > 1 || !matches!(self.world.role(*column), Role::Dimension | Role::Status) {
            return None;
        }
        let (term, value) = (self.term(*column, false)?, self.value(*column, &values[0]));
        let position = if self.world.role(*column) == Role::Status { "status" } else { "place" };
        let front = self.say("aside", position, &[("term", &term), ("value", &value)])?;
        Some(format!("{front} {sentence}"))
    }

    /// "…, only projects with a budget over 100k"
    fn trailing(&mut self, ask: &Ask, filter: &Filter, sentence: String) -> Option<String> {
        let noun = self.noun(ask.root);
        let (position, said) = match self.condition(ask.root, filter, "after") {
            Some(after) if self.dice.chance(0.65) => ("after", after),
            _ => ("does", self.condition(ask.root, filter, "does")?),
        };
        let names = [("nouns", noun.many.as_str()), ("said", said.as_str())];
        let aside = self.say("aside", position, &names)?;
        let sentence = sentence.trim_end_matches(['.', '?', ' ']).to_owned();
        Some(match aside.strip_prefix('.') {
            Some(rest) if is_question(&sentence) => format!("{sentence}?{}", capitalised_after_blank(rest)),
            Some(rest) => format!("{sentence}.{}", capitalised_after_blank(rest)),
            None if aside.starts_with([',', ';']) => sentence + &aside,
            None => format!("{sentence} {aside}"),
        })
    }
}

fn capitalised_after_blank(text: &str) -> String {
    format!(" {}", capitalised(text.trim_start()))
}
