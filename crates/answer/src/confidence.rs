//! From likelihood, of one query or of all that return the same rows, to confidence: two numbers fitted on questions
//! whose answers are known, and two thresholds.

use model::weights::Metadata;

/// How sure an answer has to be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Threshold {
    /// Few questions are declined: those that the model itself finds unanswerable, what no candidate answers, and what the best
    /// one is hardly ever right about.
    #[default]
    Default,
    /// Only what is almost certain is answered.
    Strict,
    /// At least this probability.
    At(f64),
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
        Calibration { slope: 1.0, offset: 0.0, default_threshold: 0.0, strict_threshold: 0.98 }
    }
}

/// A query that is wrong in forty-nine cases of fifty is no answer.
const HOPELESS: f64 = 0.02;

/// The fields' names in the metadata of weights, after the name of what is calibrated.
const KEYS: [&str; 4] = ["slope", "offset", "default_threshold", "strict_threshold"];
/// In the metadata of weights: how sure a single query is.
pub const SINGLE: &str = "calibration";
/// In the metadata of weights: how sure a result is that several candidates were asked for.
pub const VOTED: &str = "voted_calibration";

/// In the metadata of weights: how likely to be answerable a question has to be.
pub const LEAST_ANSWERABLE: &str = "least_answerable";

/// How likely to be answerable a question has to be, so that no more than this share of the answerable ones is declined,
/// given the model's probabilities that answerable questions are. Questions that must not be answered are the rarer ones in
/// training, so that even odds decline too few of them.
pub fn least_answerable(mut of_answerable: Vec<f64>, declined: f64) -> f64 {
    of_answerable.sort_by(f64::total_cmp);
    let lost = (declined * of_answerable.len() as f64) as usize;
    of_answerable.get(lost).copied().unwrap_or(0.0)
}

/// The number from 0 to 1 that a model carries under a name; 0, which changes nothing, where it carries none.
pub fn read_number(metadata: &Metadata, name: &str) -> f64 {
    metadata.get(name).and_then(|text| text.parse().ok()).filter(|p| (0.0..=1.0).contains(p)).unwrap_or(0.0)
}

/// Writes it into a model's metadata.
pub fn write_number(metadata: &mut Metadata, name: &str, number: f64) {
    metadata.insert(name.to_owned(), number.to_string());
}

impl Calibration {
    /// Reads the numbers that a model carries under a name; what it does not carry stays at its default.
    pub fn from_metadata(metadata: &Metadata, name: &str) -> Self {
        let read = |key: &str, otherwise: f64| {
            metadata
                .get(&format!("{name}.{key}"))
                .and_then(|text| text.parse().ok())
                .filter(|x: &f64| x.is_finite())
                .unwrap_or(otherwise)
        };
        let plain = Calibration::default();
        Calibration {
            slope: read(KEYS[0], plain.slope),
            offset: read(KEYS[1], plain.offset),
            default_threshold: read(KEYS[2], plain.default_threshold),
            strict_threshold: read(KEYS[3], plain.strict_threshold),
        }
    }

    /// Writes the numbers into a model's metadata, under a name.
    pub fn to_metadata(self, metadata: &mut Metadata, name: &str) {
        let values = [self.slope, self.offset, self.default_threshold, self.strict_threshold];
        metadata.extend(KEYS.iter().zip(values).map(|(key, value)| (format!("{name}.{key}"), value.to_string())));
    }

    /// The confidence in a sequence of this log-likelihood.
    pub fn confidence(self, log_likelihood: f64) -> f64 {
        // ln p - ln(1 - p); the bounds keep certainty finite.
        let log_p = log_likelihood.clamp(-700.0, -1e-9);
        let log_odds = log_p - (-log_p.exp_m1()).ln();
        sigmoid(self.slope * log_odds + self.offset)
    }

    /// The log-odds of the sequence's own probability that a confidence came from.
    pub fn log_odds(self, confidence: f64) -> f64 {
        let p = confidence.clamp(1e-15, 1.0 - 1e-15);
        ((p / (1.0 - p)).ln() - self.offset) / self.slope
    }

    /// Fits slope and offset to answers (log-odds of the sequence's or the result's probability, whether the answer was right) by the
    /// logarithm of their likelihood, and finds the strict threshold: the lowest above which 99 % are right. The default
    /// one is a number of its own: what users ask is harder than what one calibrates on, so a share of these answers says
    /// nothing of the share of theirs that it would decline.
    pub fn fit(answers: &[(f64, bool)]) -> Self {
        let (slope, offset) = platt(answers);
        let mut scored: Vec<(f64, bool)> =
            answers.iter().map(|(log_odds, right)| (sigmoid(slope * log_odds + offset), *right)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut right, mut strict_threshold) = (0usize, 1.0);
        for (i, (confidence, is_right)) in scored.iter().enumerate() {
            right += usize::from(*is_right);
            if 100 * right >= 99 * (i + 1) {
                strict_threshold = *confidence;
            }
        }
        Calibration { slope, offset, default_threshold: HOPELESS, strict_threshold }
    }

    /// The confidence that a threshold asks for.
    pub fn threshold(self, threshold: Threshold) -> f64 {
        match threshold {
            Threshold::Default => self.default_threshold,
            Threshold::Strict => self.strict_threshold,
            Threshold::At(p) => p,
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Logistic regression on one number by Newton's method, with a little weight on the identity so that few or
/// separable answers give finite numbers.
fn platt(answers: &[(f64, bool)]) -> (f64, f64) {
    const PRIOR: f64 = 1e-2;
    let (mut slope, mut offset) = (1.0, 0.0);
    for _ in 0..50 {
        let (mut g, mut h) = ([PRIOR * (slope - 1.0), PRIOR * offset], [PRIOR, 0.0, PRIOR]);
        for (x, right) in answers {
            let p = sigmoid(slope * x + offset);
            let (error, weight) = (p - f64::from(u8::from(*right)), p * (1.0 - p));
            g = [g[0] + error * x, g[1] + error];
            h = [h[0] + weight * x * x, h[1] + weight * x, h[2] + weight];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        // A long step overshoots where the curve is flat.
        let shorten = 1.0 / (step[0].abs() + step[1].abs()).max(1.0);
        (slope, offset) = (slope - step[0] * shorten, offset - step[1] * shorten);
        if step[0].abs() + step[1].abs() < 1e-9 {
            break;
        }
    }
    (slope.max(1e-3), offset)
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
    fn a_fit_finds_the_odds_that_answers_were_drawn_with() {
        // At log-odds x an answer is right with probability sigmoid(0.5 x - 1).
        let answers: Vec<(f64, bool)> = (0..20_000)
            .map(|i| {
                let x = f64::from(i % 200) / 20.0 - 4.0;
                let drawn = f64::from(i * 7919 % 10_007) / 10_007.0;
                (x, drawn < sigmoid(0.5 * x - 1.0))
            })
            .collect();
        let fitted = Calibration::fit(&answers);
        assert!((fitted.slope - 0.5).abs() < 0.05 && (fitted.offset + 1.0).abs() < 0.1, "{fitted:?}");
        assert!(fitted.default_threshold < fitted.strict_threshold);
        let confidence = fitted.confidence(-0.5);
        let log_odds = fitted.log_odds(confidence);
        assert!((sigmoid(log_odds) - (-0.5f64).exp()).abs() < 1e-9);
    }

    #[test]
    fn a_fit_of_few_answers_stays_finite() {
        for answers in [&[][..], &[(3.0, true)], &[(3.0, true), (-3.0, false)]] {
            let fitted = Calibration::fit(answers);
            assert!(fitted.slope.is_finite() && fitted.offset.is_finite() && fitted.slope > 0.0, "{fitted:?}");
        }
    }

    #[test]
    fn hardly_an_answerable_question_is_less_likely_than_it_has_to_be() {
        let found: Vec<f64> = (0..200).map(|i| 1.0 - f64::from(i) / 1000.0).collect();
        let least = least_answerable(found.clone(), 0.015);
        assert_eq!(found.iter().filter(|p| **p < least).count(), 3);
        assert_eq!(least_answerable(vec![], 0.015), 0.0);
        let mut metadata = Metadata::new();
        assert_eq!(read_number(&metadata, LEAST_ANSWERABLE), 0.0);
        write_number(&mut metadata, LEAST_ANSWERABLE, least);
        assert_eq!(read_number(&metadata, LEAST_ANSWERABLE), least);
    }

    #[test]
    fn numbers_travel_in_metadata() {
        let fitted = Calibration { slope: 0.7, offset: -0.2, default_threshold: 0.1, strict_threshold: 0.9 };
        let mut metadata = Metadata::new();
        fitted.to_metadata(&mut metadata, SINGLE);
        assert_eq!(Calibration::from_metadata(&metadata, SINGLE), fitted);
        assert_eq!(Calibration::from_metadata(&metadata, VOTED), Calibration::default());
    }
}
