//! Group-relative policy optimisation in numbers: advantages of a group, and what each token weighs in the gradient.
//!
//! Letters: R reward, A advantage, r = p(token) / p_old(token), G completions of a group, |o| chosen tokens of one.

use serde::{Deserialize, Serialize};

/// By what a group's centred rewards are divided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Nothing: A = R − mean(R), as Dr. GRPO (Liu et al. 2025, "Understanding R1-Zero-Like Training", eq. 3).
    #[default]
    None,
    /// The group's own deviation: A = (R − mean(R)) / std(R), as GRPO (Shao et al. 2024, "DeepSeekMath", section 4.1.2).
    Group,
    /// The deviation of all rewards of the batch (Liu et al. 2025, "Tricks or Traps? A Deep Dive into RL for LLM
    /// Reasoning", section 4.1).
    Batch,
}

/// How the tokens of a batch are put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// The mean over completions of the mean over their tokens (Shao et al. 2024, eq. 3).
    Grpo,
    /// The mean over all tokens (Yu et al. 2025, "DAPO", eq. 8).
    #[default]
    Dapo,
    /// The sum over tokens by a constant, so that long completions weigh no less a token (Liu et al. 2025, eq. 4).
    DrGrpo,
    /// The mean over all tokens of sg(min(r, 1 + high)) · A · log p: no token loses its gradient (MiniMax 2025,
    /// "MiniMax-M1", eq. 4).
    Cispo,
}

/// The objective of a token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Objective {
    /// How tokens are put together, and clipped.
    pub loss: Loss,
    /// By what advantages are divided.
    pub scale: Scale,
    /// r is clipped below 1 − this.
    pub clip_low: f32,
    /// r is clipped above 1 + this (DAPO's clip-higher).
    pub clip_high: f32,
    /// Weight of the divergence from the reference.
    pub kl: f32,
}

impl Default for Objective {
    fn default() -> Self {
        Objective { loss: Loss::default(), scale: Scale::default(), clip_low: 0.2, clip_high: 0.28, kl: 0.0 }
    }
}

/// Keeps a division by a deviation of nothing finite.
const EPSILON: f64 = 1e-4;

/// The advantages of all groups: for each group of rewards, R less their mean, scaled.
pub fn advantages(groups: &[Vec<f64>], scale: Scale) -> Vec<Vec<f64>> {
    let all: Vec<f64> = groups.concat();
    let batch = deviation(&all);
    let of_group = |rewards: &Vec<f64>| {
        let centre = mean(rewards);
        let by = match scale {
            Scale::None => 1.0,
            Scale::Group => deviation(rewards) + EPSILON,
            Scale::Batch => batch + EPSILON,
        };
        rewards.iter().map(|reward| (reward - centre) / by).collect()
    };
    groups.iter().map(of_group).collect()
}

/// The mean of some numbers; 0 of none.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

/// The standard deviation of a sample (n − 1), as TRL's and PyTorch's; 0 of fewer than two.
pub fn deviation(x: &[f64]) -> f64 {
    let centre = mean(x);
    let squares: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
    (squares / (x.len().max(2) - 1) as f64).sqrt()
}

/// What one token was, when it was drawn and now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token {
    /// The advantage of its completion.
    pub advantage: f32,
    /// log p of the policy that drew it.
    pub old: f32,
    /// log p of the reference; none without divergence.
    pub reference: Option<f32>,
}

impl Objective {
    /// The share of each token in the loss, by the numbers of chosen tokens of all completions; `longest` is the constant
    /// of Dr. GRPO.
    pub fn shares(&self, lengths: &[usize], longest: usize) -> Vec<f32> {
        let (completions, tokens) = (lengths.len() as f32, lengths.iter().sum::<usize>().max(1) as f32);
        let share = |length: &usize| match self.loss {
            Loss::Grpo => 1.0 / (completions * (*length).max(1) as f32),
            Loss::Dapo | Loss::Cispo => 1.0 / tokens,
            Loss::DrGrpo => 1.0 / (completions * longest as f32),
        };
        lengths.iter().map(share).collect()
    }

    /// Whether the clip takes the gradient away (CISPO's only bounds it).
    pub fn is_clipped(&self, token: Token, log_prob: f32) -> bool {
        let ratio = (log_prob - token.old).exp();
        match self.loss {
            Loss::Cispo => ratio > 1.0 + self.clip_high,
            _ if token.advantage > 0.0 => ratio > 1.0 + self.clip_high,
            _ => ratio < 1.0 - self.clip_low,
        }
    }

    /// −d loss / d log p of a token. The loss is −min(r·A, clip(r)·A) + kl · k3, whose derivative is −r·A inside the clip
    /// and 0 outside (Schulman et al. 2017, eq. 7); that of k3 = e^(ref − log p) − (ref − log p) − 1 (Schulman 2020,
    /// "Approximating KL divergence") is 1 − e^(ref − log p).
    pub fn weight(&self, token: Token, log_prob: f32) -> f32 {
        let ratio = (log_prob - token.old).exp();
        let gain = match (self.loss, self.is_clipped(token, log_prob)) {
            (Loss::Cispo, _) => ratio.min(1.0 + self.clip_high) * token.advantage,
            (_, true) => 0.0,
            (_, false) => ratio * token.advantage,
        };
        let divergence = token.reference.map_or(0.0, |reference| 1.0 - (reference - log_prob).exp());
        gain - self.kl * divergence
    }

    /// The loss of a token.
    pub fn value(&self, token: Token, log_prob: f32) -> f32 {
        let ratio = (log_prob - token.old).exp();
        let gain = match self.loss {
            Loss::Cispo => ratio.min(1.0 + self.clip_high) * token.advantage * log_prob,
            _ => {
                let clipped = ratio.clamp(1.0 - self.clip_low, 1.0 + self.clip_high);
                (ratio * token.advantage).min(clipped * token.advantage)
            }
        };
        self.kl * k3(token, log_prob) - gain
    }
}

/// The divergence from the reference at one token, never negative; 0 without a reference.
pub fn k3(token: Token, log_prob: f32) -> f32 {
    let less = token.reference.map_or(0.0, |reference| reference - log_prob);
    less.exp() - less - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1e-3), "{a} is not {b}");
    }

    /// A group of four, computed by hand: rewards 1, 0, 0, 1 and 0.5, 0.1, 0.3, 0.9.
    #[test]
    fn advantages_of_groups_of_four() {
        let groups = [vec![1.0, 0.0, 0.0, 1.0], vec![0.5, 0.1, 0.3, 0.9]];
        let plain = advantages(&groups, Scale::None);
        assert_eq!(plain[0], [0.5, -0.5, -0.5, 0.5]);
        near(plain[1][0], 0.05);
        near(plain[1][3], 0.45);
        // std of 1, 0, 0, 1 with n − 1 is √(1/3); of 0.5, 0.1, 0.3, 0.9 it is √(0.35/3).
        let by_group = advantages(&groups, Scale::Group);
        near(by_group[0][0], 0.5 / ((1.0f64 / 3.0).sqrt() + 1e-4));
        near(by_group[1][1], -0.35 / ((0.35f64 / 3.0).sqrt() + 1e-4));
        // All eight: mean 0.475, squares 1.355.
        let by_batch = advantages(&groups, Scale::Batch);
        near(by_batch[1][3], 0.45 / ((1.355f64 / 7.0).sqrt() + 1e-4));
    }

    #[test]
    fn shares_add_up_as_their_papers_say() {
        let of = |loss| Objective { loss, ..Objective::default() }.shares(&[2, 6], 10);
        assert_eq!(of(Loss::Grpo), [0.25, 1.0 / 12.0]);
        assert_eq!(of(Loss::Dapo), [0.125, 0.125]);
        assert_eq!(of(Loss::DrGrpo), [0.05, 0.05]);
        assert_eq!(of(Loss::Cispo), of(Loss::Dapo));
    }

    #[test]
    fn the_weight_is_the_slope_of_the_loss() {
        for loss in [Loss::Grpo, Loss::Dapo, Loss::DrGrpo, Loss::Cispo] {
            let objective = Objective { loss, kl: 0.05, ..Objective::default() };
            for advantage in [0.7f32, -0.7] {
                for log_prob in [-2.0f32, -1.05, -0.95, -0.2] {
                    let token = Token { advantage, old: -1.0, reference: Some(-1.3) };
                    let step = 1e-3;
                    let value = |at: f32| match loss {
                        // What CISPO multiplies log p with is held fixed.
                        Loss::Cispo => {
                            let ratio = (log_prob - token.old).exp().min(1.0 + objective.clip_high);
                            objective.kl * k3(token, at) - ratio * advantage * at
                        }
                        _ => objective.value(token, at),
                    };
                    let slope = (value(log_prob + step) - value(log_prob - step)) / (2.0 * step);
                    let weight = objective.weight(token, log_prob);
                    assert!((slope + weight).abs() < 2e-3, "{loss:?} {advantage} {log_prob}: {slope} {weight}");
                }
            }
        }
    }

    #[test]
    fn only_gains_are_clipped() {
        let objective = Objective::default();
        let token = |advantage| Token { advantage, old: -1.0, reference: None };
        assert_eq!(objective.weight(token(1.0), -0.7), 0.0, "a likelier token is not made likelier still");
        assert!(objective.weight(token(-1.0), -0.7) < 0.0, "but may be made less likely");
        assert_eq!(objective.weight(token(-1.0), -1.3), 0.0);
        assert!(objective.weight(token(1.0), -1.3) > 0.0);
    }
}
