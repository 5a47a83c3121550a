//! From likelihood to confidence: two numbers fitted on questions whose answers are known, and two thresholds.

use model::weights::Metadata;

/// How sure an answer has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Threshold {
    /// Few questions are declined.
    #[default]
    Default,
    /// Only what is almost certain is answered.
    Strict,
    /// At least this probability.
    Probability(f64),
}

/// Platt scaling of a sequence's probability, and the thresholds that were found with it (Platt 1999):
/// `confidence = 1 / (1 + exp(-(slope · logit(p) + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Factor of the log-odds.
    pub slope: f64,
    /// Added to them.
    pub offset: f64,
    /// Below it [`Threshold::Default`] declines.
    pub default_threshold: f64,
    /// Below it [`Threshold::Strict`] declines.
    pub strict_threshold: f64,
}

impl Default for Calibration {
    /// The probability itself; nobody has fitted anything.
    fn default() -> Self {
        Calibration { slope: 1.0, offset: 0.0, default_threshold: 0.02, strict_threshold: 0.98 }
    }
}

/// The fields' names in the metadata of weights.
const KEYS: [&str; 4] =
    ["calibration.slope", "calibration.offset", "calibration.default_threshold", "calibration.strict_threshold"];

impl Calibration {
    /// Reads the numbers that a model carries; what it does not carry stays at its default.
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let read = |key: &str, otherwise: f64| {
            metadata.get(key).and_then(|text| text.parse().ok()).filter(|x: &f64| x.is_finite()).unwrap_or(otherwise)
        };
        let plain = Calibration::default();
        Calibration {
            slope: read(KEYS[0], plain.slope),
            offset: read(KEYS[1], plain.offset),
            default_threshold: read(KEYS[2], plain.default_threshold),
            strict_threshold: read(KEYS[3], plain.strict_threshold),
        }
    }

    /// Writes the numbers into a model's metadata.
    pub fn to_metadata(self, metadata: &mut Metadata) {
        let values = [self.slope, self.offset, self.default_threshold, self.strict_threshold];
        metadata.extend(KEYS.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value.to_string())));
    }

    /// The confidence in a sequence of this log-likelihood.
    pub fn confidence(self, log_likelihood: f64) -> f64 {
        // ln p - ln(1 - p); the bounds keep certainty finite.
        let log_p = log_likelihood.clamp(-700.0, -1e-9);
        let log_odds = log_p - (-log_p.exp_m1()).ln();
        1.0 / (1.0 + (-(self.slope * log_odds + self.offset)).exp())
    }

    /// The confidence that a threshold asks for.
    pub fn threshold(self, threshold: Threshold) -> f64 {
        match threshold {
            Threshold::Default => self.default_threshold,
            Threshold::Strict => self.strict_threshold,
            Threshold::Probability(p) => p,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncalibrated_confidence_is_the_probability() {
        for p in [0.001f64, 0.3, 0.5, 0.97] {
            assert!((Calibration::default().confidence(p.ln()) - p).abs() < 1e-9, "{p}");
        }
        assert!(Calibration::default().confidence(0.0) <= 1.0);
        assert!(Calibration::default().confidence(-1e9) >= 0.0);
    }

    #[test]
    fn numbers_travel_in_metadata() {
        let fitted = Calibration { slope: 0.7, offset: -0.2, default_threshold: 0.1, strict_threshold: 0.9 };
        let mut metadata = Metadata::new();
        fitted.to_metadata(&mut metadata);
        assert_eq!(Calibration::from_metadata(&metadata), fitted);
    }
}
