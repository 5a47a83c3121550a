//! How rewards are made up.

use serde::{Deserialize, Serialize};

use super::components::Components;

/// A wrong answer is never worth so much, whatever the settings.
pub const WRONG_BELOW: f64 = 0.8;
/// A right answer is never worth less, whatever the settings.
pub const RIGHT_FROM: f64 = 0.98;

/// What decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The rows: 1 where they are right on every database, else far below.
    #[default]
    Execution,
    /// The weighted sum of the six components, as the first design had it.
    Seed,
}

/// What each component counts in the weighted sum; only their ratios matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Whether it is one query.
    pub syntax: f64,
    /// Whether its names are those of the schema, and may be read.
    pub schema: f64,
    /// The trade's rules.
    pub business: f64,
    /// What it costs.
    pub performance: f64,
    /// Whether the plan that was said agrees with it.
    pub reasoning: f64,
    /// Whether its rows are the reference's.
    pub accuracy: f64,
}

/// How rewards are made up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What decides: "execution" or "seed".
    pub profile: Profile,
    /// Under "execution", whether a wrong answer that runs is worth something by how near its rows and its tree are.
    pub dense: bool,
    /// What such an answer is worth at most.
    pub ceiling: f64,
    /// Which part of that its rows decide; its tree decides the rest.
    pub rows_share: f64,
    /// Databases made for each question, on which answers are run that are right on all others.
    pub witnesses: usize,
    /// What the components take off a right answer at most.
    pub tie_break: f64,
    /// What each component counts.
    pub weights: Weights,
}

impl Default for Weights {
    fn default() -> Self {
        Weights { syntax: 0.20, schema: 0.25, business: 0.20, performance: 0.15, reasoning: 0.10, accuracy: 0.10 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            profile: Profile::default(),
            dense: true,
            ceiling: 0.6,
            rows_share: 0.6,
            witnesses: 32,
            tie_break: 0.01,
            weights: Weights::default(),
        }
    }
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// Its name, `weights.syntax`.
    pub setting: &'static str,
    /// Why it cannot be.
    pub reason: String,
}

impl std::fmt::Display for BadSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.setting, self.reason)
    }
}

impl std::error::Error for BadSetting {}

impl Settings {
    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// Names the first such setting.
    pub fn check(&self) -> Result<(), BadSetting> {
        let weights = self.weights.named();
        for (setting, weight) in weights {
            within(setting, weight, 0.0, 1000.0)?;
        }
        if weights.iter().all(|(_, weight)| *weight == 0.0) {
            return Err(BadSetting { setting: "weights", reason: "must not all be 0".to_owned() });
        }
        within("ceiling", self.ceiling, 0.0, WRONG_BELOW - 0.01)?;
        within("rows_share", self.rows_share, 0.0, 1.0)?;
        within("witnesses", self.witnesses as f64, 0.0, 32.0)?;
        within("tie_break", self.tie_break, 0.0, 1.0 - RIGHT_FROM)
    }
}

impl Weights {
    fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("weights.syntax", self.syntax),
            ("weights.schema", self.schema),
            ("weights.business", self.business),
            ("weights.performance", self.performance),
            ("weights.reasoning", self.reasoning),
            ("weights.accuracy", self.accuracy),
        ]
    }

    /// The weighted mean of what is known of the components.
    pub fn mean(&self, components: &Components) -> f64 {
        let known = self.named().map(|(_, weight)| weight).into_iter().zip(components.in_order());
        let known = known.filter_map(|(weight, value)| Some((weight, value?)));
        let (sum, all) = known.fold((0.0, 0.0), |(sum, all), (weight, value)| (sum + weight * value, all + weight));
        if all > 0.0 { sum / all } else { 0.0 }
    }
}

fn within(setting: &'static str, given: f64, low: f64, high: f64) -> Result<(), BadSetting> {
    match (low..=high).contains(&given) {
        true => Ok(()),
        false => Err(BadSetting { setting, reason: format!("must be between {low} and {high:.2}, got {given}") }),
    }
}
