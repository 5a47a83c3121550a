//! Some of what was drawn for a step, as text to be looked at.

use model::tokenizer::Tokenizer;

use super::Job;
use super::objective::advantages;
use super::rollout::Group;
use crate::error::Result;
use crate::question::Question;
use crate::samples::{self, Completion, Drawn};

/// Questions of a step that are shown.
const SHOWN: usize = 4;

/// Writes the first groups of a step with their completions.
pub(super) fn write_drawn(job: &Job<'_>, step: u64, groups: &[Group]) -> Result<()> {
    let rewards: Vec<Vec<f64>> = groups.iter().map(Group::rewards).collect();
    let advantages = advantages(&rewards, job.config.objective.scale);
    let shown = groups.iter().zip(&advantages).take(SHOWN).map(|(group, advantages)| {
        let Question { question, sql, .. } = &job.questions[group.question];
        let completions = completions(group, advantages, job.tokenizer);
        Drawn { question: question.clone(), expected: sql.clone(), completions }
    });
    samples::write_drawn(job.run, step, &shown.collect::<Vec<_>>())
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
