//! The settings of supervised fine-tuning: `train sft --config FILE.toml`.
//!
//! Every field has a default, unknown keys are refused, and the settings that a run ended up with stand in its
//! `config.resolved.toml`, from which it can be repeated or resumed.

use std::collections::BTreeMap;

use answer::engine::Writes;
use model::config::Config;
use model::optim::{Rule, Schedule, Settings};
use model::training::Precision;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError};

/// All settings of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SftConfig {
    /// Seed of the initial weights, the order of the data and dropout.
    pub seed: u64,
    /// Threads to use; the weights do not depend on it.
    pub threads: usize,
    /// Parts of a batch, each with its own gradients; the weights depend on it.
    pub shards: usize,
    /// How products are computed, as far as the machine can: "bf16", "bf16x3" or "f32"; the weights depend on it.
    pub precision: Precision,
    /// Shape of the network.
    pub model: ShapeConfig,
    /// Batches and vocabulary.
    pub data: DataConfig,
    /// How gradients become steps.
    pub optimiser: OptimiserConfig,
    /// How long, and how the learning rate goes.
    pub schedule: ScheduleConfig,
    /// When and on what the model is judged.
    pub evaluation: EvaluationConfig,
    /// When the run is saved.
    pub checkpoint: CheckpointConfig,
}

/// Shape of the network, named as in Hugging Face `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShapeConfig {
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of query heads.
    pub num_attention_heads: usize,
    /// Number of key and value heads.
    pub num_key_value_heads: usize,
    /// Inner width of the SwiGLU layer.
    pub intermediate_size: usize,
    /// Longest sequence, prompt and completion together, in tokens.
    pub max_position_embeddings: usize,
    /// Share of elements dropped after the embedding and at the end of each branch.
    pub dropout: f32,
}

impl ShapeConfig {
    /// The shape of a network, with this dropout.
    pub fn of(config: &Config, dropout: f32) -> Self {
        ShapeConfig {
            hidden_size: config.hidden_size,
            num_hidden_layers: config.num_hidden_layers,
            num_attention_heads: config.num_attention_heads,
            num_key_value_heads: config.num_key_value_heads,
            intermediate_size: config.intermediate_size,
            max_position_embeddings: config.max_position_embeddings,
            dropout,
        }
    }
}

/// Batches and vocabulary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Pieces of words that the vocabulary learns from the questions, beside lexemes and slots.
    pub word_pieces: usize,
    /// Tokens in a batch.
    pub batch_tokens: usize,
    /// Whether tokens that the grammar forces are left out of the loss.
    pub skip_forced: bool,
    /// Share of the examples that are taught with a plan before their query, 0 to 1; above 0 the model can be asked to plan.
    pub plan: f32,
    /// Whether examples are taught the other way round, from query to question, those without a query left out: the network
    /// then tells how likely a candidate makes the question ([`answer::channel`]).
    pub reversed: bool,
    /// How often an example stands in one epoch, by its tag ("hand" = 20); 1 where no tag is named, else the largest.
    pub copies: BTreeMap<String, f32>,
    /// Takes at most so many examples; 0 takes all.
    pub limit: usize,
}

/// How gradients become steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimiserConfig {
    /// Rule for the matrices of the layers, `"muon"` or `"adamw"`; embeddings, norms and biases are AdamW's.
    pub rule: Rule,
    /// Peak learning rate; Muon's updates are scaled to it too.
    pub learning_rate: f32,
    /// Decay of AdamW's first moment.
    pub beta1: f32,
    /// Decay of AdamW's second moment.
    pub beta2: f32,
    /// Decay of Muon's momentum.
    pub momentum: f32,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f32,
    /// Gradients are scaled down to this norm; 0 turns clipping off.
    pub max_grad_norm: f32,
    /// Decay of the running average of the weights, which is what is evaluated and shipped; 0 turns it off.
    pub ema_decay: f32,
}

/// How long, and how the learning rate goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Steps; 0 derives them from `minutes`, else from `epochs`.
    pub max_steps: u64,
    /// Wall-clock minutes of training steps: twenty steps are timed and `max_steps` follows. 0 goes by `epochs`.
    pub minutes: f64,
    /// Passes over the data.
    pub epochs: f64,
    /// Share of the steps over which the learning rate rises to its peak.
    pub warmup_ratio: f64,
    /// Where the cosine ends, as a share of the peak.
    pub min_lr_ratio: f64,
}

/// When and on what the model is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationConfig {
    /// Steps between evaluations; 0 evaluates at the end only.
    pub every_steps: u64,
    /// Questions of the development set, spread evenly over it.
    pub questions: usize,
    /// Stops after so many evaluations in a row that are no better than the best before; 0 makes all steps. A resumed run
    /// may have another.
    pub patience: u64,
}

/// When the run is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckpointConfig {
    /// Steps between checkpoints; 0 saves at the end only.
    pub every_steps: u64,
    /// How many of the last are kept beside the best.
    pub keep: usize,
}

impl Default for SftConfig {
    fn default() -> Self {
        SftConfig {
            seed: 1,
            threads: 2,
            shards: 2,
            precision: Precision::Bf16,
            model: ShapeConfig::default(),
            data: DataConfig::default(),
            optimiser: OptimiserConfig::default(),
            schedule: ScheduleConfig::default(),
            evaluation: EvaluationConfig::default(),
            checkpoint: CheckpointConfig::default(),
        }
    }
}

impl Default for ShapeConfig {
    fn default() -> Self {
        ShapeConfig {
            hidden_size: 256,
            num_hidden_layers: 6,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            intermediate_size: 704,
            max_position_embeddings: 1024,
            dropout: 0.0,
        }
    }
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig {
            word_pieces: 2048,
            batch_tokens: 4096,
            skip_forced: false,
            plan: 0.0,
            reversed: false,
            copies: BTreeMap::new(),
            limit: 0,
        }
    }
}

impl Default for OptimiserConfig {
    fn default() -> Self {
        OptimiserConfig {
            rule: Rule::Muon,
            learning_rate: 3e-3,
            beta1: 0.9,
            beta2: 0.95,
            momentum: 0.95,
            weight_decay: 0.01,
            max_grad_norm: 1.0,
            ema_decay: 0.999,
        }
    }
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        ScheduleConfig { max_steps: 0, minutes: 0.0, epochs: 2.0, warmup_ratio: 0.03, min_lr_ratio: 0.02 }
    }
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        EvaluationConfig { every_steps: 500, questions: 300, patience: 0 }
    }
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        CheckpointConfig { every_steps: 500, keep: 2 }
    }
}

impl EvaluationConfig {
    /// Refuses patience without evaluations.
    pub(crate) fn check(&self) -> Result<()> {
        if self.patience == 0 || self.every_steps > 0 {
            return Ok(());
        }
        let reason = format!("{} without evaluations: evaluation.every_steps is 0", self.patience);
        Err(TrainError::Setting { setting: "evaluation.patience".to_owned(), reason })
    }
}

impl OptimiserConfig {
    /// Refuses values that cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        let o = self;
        within("optimiser.learning_rate", f64::from(o.learning_rate), 0.0, 10.0)?;
        within("optimiser.beta1", f64::from(o.beta1), 0.0, 0.999_999)?;
        within("optimiser.beta2", f64::from(o.beta2), 0.0, 0.999_999)?;
        within("optimiser.momentum", f64::from(o.momentum), 0.0, 0.999_999)?;
        within("optimiser.weight_decay", f64::from(o.weight_decay), 0.0, 10.0)?;
        within("optimiser.max_grad_norm", f64::from(o.max_grad_norm), 0.0, 1e9)?;
        within("optimiser.ema_decay", f64::from(o.ema_decay), 0.0, 0.999_999)
    }

    /// Warm-up and half a cosine over so many steps.
    pub(crate) fn learning_rates(&self, max_steps: u64, warmup_ratio: f64, min_lr_ratio: f64) -> Schedule {
        Schedule {
            peak: self.learning_rate,
            floor: self.learning_rate * min_lr_ratio as f32,
            warmup_steps: (max_steps as f64 * warmup_ratio).round() as u64,
            total_steps: max_steps,
        }
    }

    /// The same with how products are computed.
    pub(crate) fn settings(&self, precision: Precision) -> Settings {
        Settings {
            rule: self.rule,
            beta1: self.beta1,
            beta2: self.beta2,
            weight_decay: self.weight_decay,
            clip_norm: self.max_grad_norm,
            momentum: self.momentum,
            precision,
            ..Settings::default()
        }
    }
}

impl SftConfig {
    /// Reads and checks the text of a settings file.
    ///
    /// # Errors
    /// When it is not TOML, names an unknown setting, or a value cannot be.
    pub fn from_toml(text: &str) -> Result<Self> {
        let config: SftConfig = read(text)?;
        config.check()?;
        Ok(config)
    }

    /// The settings as a file that [`SftConfig::from_toml`] reads back.
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
        let s = &self.schedule;
        within("threads", self.threads as f64, 1.0, 1024.0)?;
        within("shards", self.shards as f64, 1.0, 1024.0)?;
        within("model.dropout", f64::from(self.model.dropout), 0.0, 0.9)?;
        within("data.batch_tokens", self.data.batch_tokens as f64, 1.0, 1e7)?;
        within("data.word_pieces", self.data.word_pieces as f64, 0.0, 1e6)?;
        for (tag, copies) in &self.data.copies {
            within(&format!("data.copies.{tag}"), f64::from(*copies), 0.0, 1000.0)?;
        }
        if self.data.reversed && self.data.plan > 0.0 {
            let reason = "a network that writes questions says no plan: plan has to be 0".to_owned();
            return Err(TrainError::Setting { setting: "data.plan".to_owned(), reason });
        }
        self.optimiser.check()?;
        self.evaluation.check()?;
        within("schedule.minutes", s.minutes, 0.0, 1e6)?;
        within("schedule.epochs", s.epochs, 0.0, 1e6)?;
        within("schedule.warmup_ratio", s.warmup_ratio, 0.0, 1.0)?;
        within("schedule.min_lr_ratio", s.min_lr_ratio, 0.0, 1.0)?;
        within("checkpoint.keep", self.checkpoint.keep as f64, 1.0, 1e6)?;
        if s.max_steps == 0 && s.minutes == 0.0 && s.epochs == 0.0 {
            let reason = "one of max_steps, minutes and epochs must be above 0".to_owned();
            return Err(TrainError::Setting { setting: "schedule".to_owned(), reason });
        }
        self.shape(1).validate().map_err(TrainError::Model)
    }

    /// The network's configuration for a vocabulary of this size, embeddings tied.
    pub fn shape(&self, vocab_size: usize) -> Config {
        let shape = &self.model;
        Config {
            hidden_size: shape.hidden_size,
            num_hidden_layers: shape.num_hidden_layers,
            num_attention_heads: shape.num_attention_heads,
            num_key_value_heads: shape.num_key_value_heads,
            intermediate_size: shape.intermediate_size,
            max_position_embeddings: shape.max_position_embeddings,
            ..Config::compact(vocab_size)
        }
    }

    /// What the network is taught to write.
    pub fn writes(&self) -> Writes {
        match &self.data {
            data if data.reversed => Writes::Questions,
            data if data.plan > 0.0 => Writes::PlansAndQueries,
            _ => Writes::Queries,
        }
    }

    /// The optimiser's settings.
    pub fn settings(&self) -> Settings {
        self.optimiser.settings(self.precision)
    }

    /// The learning rate over `schedule.max_steps` steps.
    pub fn learning_rates(&self) -> Schedule {
        let s = &self.schedule;
        self.optimiser.learning_rates(s.max_steps, s.warmup_ratio, s.min_lr_ratio)
    }

    /// How often an example with these tags stands in one epoch.
    pub fn copies(&self, tags: &[String]) -> f32 {
        tags.iter().filter_map(|tag| self.data.copies.get(tag).copied()).reduce(f32::max).unwrap_or(1.0)
    }
}

/// The settings that a file holds.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|e| TrainError::Setting { setting: "file".to_owned(), reason: e.to_string() })
}

/// The settings as a file.
pub(crate) fn written<T: Serialize>(settings: &T) -> Result<String> {
    toml::to_string(settings).map_err(|e| TrainError::Setting { setting: "file".to_owned(), reason: e.to_string() })
}

/// Refuses numbers outside `low..=high`, and NaN.
pub(crate) fn within(setting: &str, given: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&given) {
        return Ok(());
    }
    let reason = format!("must be between {low} and {high}, got {given}");
    Err(TrainError::Setting { setting: setting.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_file() {
        let text = "seed = 9\n[optimiser]\nrule = \"adamw\"\nlearning_rate = 0.001\n[data.copies]\nhand = 20.0\n";
        let config = SftConfig::from_toml(text).unwrap();
        assert_eq!((config.seed, config.optimiser.rule, config.data.copies["hand"]), (9, Rule::AdamW, 20.0));
        assert_eq!(config, SftConfig::from_toml(&config.to_toml().unwrap()).unwrap());
        let tags = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(config.copies(&tags(&["join", "hand"])), 20.0);
        assert_eq!(config.copies(&tags(&["join"])), 1.0);
    }

    #[test]
    fn impossible_settings_are_named() {
        let check = |text: &str, want: &str| {
            let message = SftConfig::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        };
        check("[optimiser]\nlearning_rat = 1.0", "learning_rat");
        check("[optimiser]\nbeta2 = 1.0", "optimiser.beta2");
        check("[optimiser]\nlearning_rate = nan", "optimiser.learning_rate");
        check("[schedule]\nepochs = 0.0", "max_steps, minutes and epochs");
        check("[model]\nhidden_size = 250", "hidden_size = 250");
        check("threads = 0", "threads");
        check("[evaluation]\nevery_steps = 0\npatience = 3", "evaluation.patience");
        check("[data]\nreversed = true\nplan = 0.1", "data.plan");
    }
}
