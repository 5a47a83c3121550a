//! Some of what was drawn for a step, as text to be looked at.

use model::tokenizer::Tokenizer;

use super::objective::{Scale, advantages};
use super::rollout::Group;
use crate::question::Question;
use crate::samples::{Completion, Drawn};

/// Questions of a step that are shown.
const SHOWN: usize = 4;

/// The first groups of a step with their completions.
pub(super) fn drawn(groups: &[Group], questions: &[Question], scale: Scale, tokenizer: &Tokenizer) -> Vec<Drawn> {
    let rewards: Vec<Vec<f64>> = groups.iter().map(Group::rewards).collect();
    let shown = groups.iter().zip(advantages(&rewards, scale)).take(SHOWN).map(|(group, advantages)| {
        let Question { question, sql, .. } = &questions[group.question];
        let completions = completions(group, &advantages, tokenizer);
        Drawn { question: question.clone(), expected: sql.clone(), completions }
    });
    shown.collect()
}

/// The completions of a group, equal ones together, the best first.
fn completions(group: &Group, advantages: &[f64], tokenizer: &Tokenizer) -> Vec<Completion> {
    let mut found: Vec<Completion> = vec![];
    for (one, advantage) in group.completions.iter().zip(advantages) {
        let tokens: Vec<u32> = one.steps.iter().map(|step| step.token).collect();
        let text = tokenizer.decode(&tokens);
        match found.iter_mut().find(|known| known.text == text) {
            Some(known) => known.count += 1,
            None => found.push(Completion { text, count: 1, reward: one.reward, advantage: *advantage }),
        }
    }
    found.sort_by(|a, b| b.reward.total_cmp(&a.reward));
    found
}
