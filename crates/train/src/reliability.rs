//! Whether confidence can be relied on: how often answers are right beside how sure they were (Guo et al. 2017, "On
//! Calibration of Modern Neural Networks").

use serde::{Deserialize, Serialize};

/// Bins of equal width.
pub const BINS: usize = 10;

/// Answers of about one confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Answers.
    pub answers: usize,
    /// Right ones.
    pub right: usize,
    /// Sum of their confidences.
    pub confidence: f64,
}

/// Answers by confidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// From 0 to 1, [`BINS`] of them.
    pub bins: Vec<Bin>,
    /// Expected calibration error: the mean distance between confidence and accuracy, weighted by answers.
    pub ece: f64,
    /// The largest share of answers, the surest first, of which 99 % are right.
    pub coverage_at_99: f64,
}

impl Reliability {
    /// From answers, each with its confidence and whether it was right.
    pub fn of(answers: &[(f64, bool)]) -> Self {
        let mut bins = vec![Bin::default(); BINS];
        for (confidence, right) in answers {
            let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
            bin.answers += 1;
            bin.right += usize::from(*right);
            bin.confidence += confidence;
        }
        let distance = |bin: &Bin| (bin.confidence - bin.right as f64).abs();
        let ece = bins.iter().map(distance).sum::<f64>() / answers.len().max(1) as f64;
        Reliability { bins, ece, coverage_at_99: coverage(answers, 99) }
    }

    /// Accuracy over confidence, as a drawing of 200 by 200 with the diagonal of perfect calibration.
    pub fn svg(&self) -> String {
        let mut text = String::from(
            "<svg viewBox=\"-30 -10 250 240\" width=\"320\" role=\"img\" aria-label=\"accuracy over confidence\">\
             <path d=\"M0 0V200H200\" fill=\"none\" stroke=\"#5b6675\"/><path d=\"M0 200L200 0\" stroke=\"#cfd6df\"/>",
        );
        let most = self.bins.iter().map(|bin| bin.answers).max().unwrap_or(0).max(1) as f64;
        for bin in self.bins.iter().filter(|bin| bin.answers > 0) {
            let n = bin.answers as f64;
            let (x, y) = (200.0 * bin.confidence / n, 200.0 - 200.0 * bin.right as f64 / n);
            let radius = 3.0 + 7.0 * (n / most).sqrt();
            let title = format!("{} of {} right at {:.0} %", bin.right, bin.answers, 100.0 * bin.confidence / n);
            text += &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"#2b6cb0\" fill-opacity=\".7\"><title>{title}</title></circle>"
            );
        }
        text + "<text x=\"60\" y=\"222\" font-size=\"12\">confidence</text>\
                <text x=\"-150\" y=\"-10\" font-size=\"12\" transform=\"rotate(-90)\">right</text></svg>"
    }
}

/// The largest share of the surest answers of which so many percent are right. Answers that are equally sure stand or fall
/// together.
fn coverage(answers: &[(f64, bool)], percent: usize) -> f64 {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut kept) = (0, 0);
    for (i, (confidence, is_right)) in sorted.iter().enumerate() {
        right += usize::from(*is_right);
        let ends = sorted.get(i + 1).is_none_or(|next| next.0 < *confidence);
        if ends && 100 * right >= percent * (i + 1) {
            kept = i + 1;
        }
    }
    kept as f64 / answers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_calibration_has_no_error() {
        let answers: Vec<(f64, bool)> = (0..100).map(|i| (0.75, i % 4 != 0)).collect();
        let found = Reliability::of(&answers);
        assert!(found.ece < 1e-12 && found.bins[7] == Bin { answers: 100, right: 75, confidence: 75.0 });
    }

    #[test]
    fn the_error_is_the_distance_to_accuracy() {
        let answers = [(0.9, true), (0.9, false), (0.2, false), (1.0, true)];
        // 0.9 twice and 1.0 share the last bin: 2.8 sure, 2 right; 0.2 is alone in its bin.
        assert!((Reliability::of(&answers).ece - (0.8 + 0.2) / 4.0).abs() < 1e-12);
        assert_eq!(Reliability::of(&[]).ece, 0.0);
    }

    #[test]
    fn coverage_takes_the_surest_answers() {
        let sure = (0..99).map(|_| (0.99, true));
        let answers: Vec<(f64, bool)> = sure.chain([(0.9, false), (0.8, false)]).collect();
        assert!((coverage(&answers, 99) - 100.0 / 101.0).abs() < 1e-12);
        assert_eq!(coverage(&[(0.5, true), (0.5, false)], 99), 0.0, "equals are not told apart");
        assert_eq!(coverage(&[], 99), 0.0);
    }
}
