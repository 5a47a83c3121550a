//! The settings of policy gradients: `train grpo --recipe FILE.toml`.

use judge::reward::Profile;
use model::optim::{Schedule, Settings};
use model::training::Precision;
use serde::{Deserialize, Serialize};

use super::objective::{Loss, Objective, Scale};
use crate::config::{CheckpointConfig, EvaluationConfig, OptimiserConfig, read, within, written};
use crate::error::{Result, TrainError};

/// All settings of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpoConfig {
    /// Seed of the questions' order and of every draw.
    pub seed: u64,
    /// Threads to use; the weights do not depend on it.
    pub threads: usize,
    /// Parts of a batch, each with its own gradients; the weights depend on it.
    pub shards: usize,
    /// How products of the update are computed, as far as the machine can. In "f32" a token has the same probability, byte
    /// for byte, when it is drawn and when it is learnt from.
    pub precision: Precision,
    /// What is asked and drawn.
    pub rollout: RolloutConfig,
    /// What a completion is worth.
    pub reward: judge::reward::Settings,
    /// What is learnt from it.
    pub objective: Objective,
    /// How gradients become steps.
    pub optimiser: OptimiserConfig,
    /// How long, and how the learning rate goes.
    pub schedule: GrpoSchedule,
    /// When the model is judged.
    pub evaluation: EvaluationConfig,
    /// When the run is saved.
    pub checkpoint: CheckpointConfig,
}

/// What is asked and drawn for each step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RolloutConfig {
    /// Questions of a step, each of which some completions answer rightly and some wrongly.
    pub questions: usize,
    /// Completions of each question.
    pub candidates: usize,
    /// Temperature of the draws.
    pub temperature: f32,
    /// Whether completions are written under the matcher, as answers are.
    pub matcher: bool,
    /// At most so many times `questions` are asked for a step; a step takes what they gave.
    pub tries: usize,
    /// Updates made from the same completions.
    pub updates: usize,
    /// Epochs for which a question rests that was always answered rightly.
    pub rest_solved: u32,
    /// Epochs for which a question rests that was never answered rightly.
    pub rest_unsolved: u32,
}

/// How long, and how the learning rate goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpoSchedule {
    /// Steps.
    pub max_steps: u64,
    /// Share of the steps over which the learning rate rises to its peak.
    pub warmup_ratio: f64,
    /// Where the cosine ends, as a share of the peak.
    pub min_lr_ratio: f64,
}

impl Default for GrpoConfig {
    fn default() -> Self {
        GrpoConfig {
            seed: 1,
            threads: 2,
            shards: 2,
            precision: Precision::F32,
            rollout: RolloutConfig::default(),
            reward: judge::reward::Settings::default(),
            objective: Objective::default(),
            optimiser: OptimiserConfig {
                learning_rate: 1e-4,
                weight_decay: 0.0,
                ema_decay: 0.0,
                ..OptimiserConfig::default()
            },
            schedule: GrpoSchedule::default(),
            evaluation: EvaluationConfig { every_steps: 50, questions: 0, patience: 0 },
            checkpoint: CheckpointConfig { every_steps: 50, keep: 2 },
        }
    }
}

impl Default for RolloutConfig {
    fn default() -> Self {
        RolloutConfig {
            questions: 16,
            candidates: 16,
            temperature: 1.0,
            matcher: true,
            tries: 4,
            updates: 1,
            rest_solved: 3,
            rest_unsolved: 1,
        }
    }
}

impl Default for GrpoSchedule {
    fn default() -> Self {
        GrpoSchedule { max_steps: 400, warmup_ratio: 0.03, min_lr_ratio: 0.1 }
    }
}

impl GrpoConfig {
    /// The settings that the first design documents name: 5 candidates, KL 0.1, learning rate 5e-6, 500 steps, advantages
    /// by the group's deviation, AdamW, and rewards that are weighted sums of six components.
    pub fn seed() -> Self {
        let default = GrpoConfig::default();
        GrpoConfig {
            reward: judge::reward::Settings { profile: Profile::Seed, ..default.reward },
            rollout: RolloutConfig { candidates: 5, ..default.rollout },
            objective: Objective {
                loss: Loss::Grpo,
                scale: Scale::Group,
                clip_high: default.objective.clip_low,
                kl: 0.1,
                ..default.objective
            },
            optimiser: OptimiserConfig {
                rule: model::optim::Rule::AdamW,
                learning_rate: 5e-6,
                beta2: 0.999,
                ..default.optimiser
            },
            schedule: GrpoSchedule { max_steps: 500, warmup_ratio: 0.1, ..default.schedule },
            ..default
        }
    }

    /// Reads and checks the text of a settings file.
    ///
    /// # Errors
    /// When it is not TOML, names an unknown setting, or a value cannot be.
    pub fn from_toml(text: &str) -> Result<Self> {
        let config: GrpoConfig = read(text)?;
        config.check()?;
        Ok(config)
    }

    /// The settings as a file that [`GrpoConfig::from_toml`] reads back.
    ///
    /// # Errors
    /// When a number cannot be written in TOML.
    pub fn to_toml(&self) -> Result<String> {
        written(self)
    }

    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// Names the first such setting.
    pub fn check(&self) -> Result<()> {
        let (r, o) = (&self.rollout, &self.objective);
        within("threads", self.threads as f64, 1.0, 1024.0)?;
        within("shards", self.shards as f64, 1.0, 1024.0)?;
        within("rollout.questions", r.questions as f64, 1.0, 4096.0)?;
        within("rollout.candidates", r.candidates as f64, 2.0, 1024.0)?;
        within("rollout.temperature", f64::from(r.temperature), 0.01, 10.0)?;
        within("rollout.tries", r.tries as f64, 1.0, 1024.0)?;
        within("rollout.updates", r.updates as f64, 1.0, 64.0)?;
        within("objective.clip_low", f64::from(o.clip_low), 0.0, 1.0)?;
        within("objective.clip_high", f64::from(o.clip_high), 0.0, 100.0)?;
        within("objective.kl", f64::from(o.kl), 0.0, 100.0)?;
        within("schedule.max_steps", self.schedule.max_steps as f64, 1.0, 1e9)?;
        within("schedule.warmup_ratio", self.schedule.warmup_ratio, 0.0, 1.0)?;
        within("schedule.min_lr_ratio", self.schedule.min_lr_ratio, 0.0, 1.0)?;
        self.reward
            .check()
            .map_err(|bad| TrainError::Setting { setting: format!("reward.{}", bad.setting), reason: bad.reason })?;
        self.evaluation.check()?;
        self.optimiser.check()
    }

    /// The optimiser's constants.
    pub fn settings(&self) -> Settings {
        self.optimiser.settings(self.precision)
    }

    /// Learning rate over the steps.
    pub fn learning_rates(&self) -> Schedule {
        let s = &self.schedule;
        self.optimiser.learning_rates(s.max_steps, s.warmup_ratio, s.min_lr_ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_file() {
        for config in [GrpoConfig::default(), GrpoConfig::seed()] {
            assert_eq!(config, GrpoConfig::from_toml(&config.to_toml().unwrap()).unwrap());
        }
        let some = GrpoConfig::from_toml("[objective]\nloss = \"cispo\"\n[rollout]\ncandidates = 32\n").unwrap();
        assert_eq!((some.objective.loss, some.rollout.candidates), (Loss::Cispo, 32));
    }

    #[test]
    fn impossible_settings_are_named() {
        let check = |text: &str, want: &str| {
            let message = GrpoConfig::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        };
        check("[rollout]\ncandidates = 1", "rollout.candidates");
        check("[objective]\nkl = -1.0", "objective.kl");
        check("[optimiser]\nbeta2 = 1.0", "optimiser.beta2");
        check("[rollout]\ncandidate = 4", "candidate");
        check("[reward]\nceiling = 0.9", "reward.ceiling");
        check("[reward.weights]\nsyntax = -1.0", "reward.weights.syntax");
        check("[reward]\nprofile = \"best\"", "best");
    }
}
