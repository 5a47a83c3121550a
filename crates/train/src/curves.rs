//! What a run measured, as curves over its steps: the one list that plots, pages and the live view follow.

use crate::metrics::Metrics;

/// One measure over the steps of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name in `metrics.jsonl`.
    pub name: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// Steps and values, in order; finite ones only.
    pub points: Vec<(u64, f64)>,
}

type Measure = (&'static str, &'static str, fn(&Metrics) -> Option<f64>);

/// In the order in which people ask for them.
const MEASURES: [Measure; 13] = [
    ("eval_accuracy", "Execution accuracy", |m| m.eval_accuracy),
    ("reward", "Reward", |m| m.reward),
    ("loss", "Loss", |m| m.loss),
    ("kl", "KL to the reference", |m| m.kl),
    ("entropy", "Entropy", |m| m.entropy),
    ("grad_norm", "Norm of the gradients", |m| m.grad_norm),
    ("learning_rate", "Learning rate", |m| m.learning_rate),
    ("completions/mean_length", "Tokens of a completion", |m| m.mean_length),
    ("mean_token_accuracy", "Token accuracy", |m| m.mean_token_accuracy),
    ("reward_std", "Reward deviation in a group", |m| m.reward_std),
    ("frac_reward_zero_std", "Groups that teach nothing", |m| m.frac_reward_zero_std),
    ("clip_ratio", "Clipped tokens", |m| m.clip_ratio),
    ("tokens_per_second", "Tokens a second", |m| m.tokens_per_second),
];

/// The curves that the lines hold anything of.
pub fn curves(lines: &[Metrics]) -> Vec<Curve> {
    let of = |(name, title, get): &Measure| {
        let points = lines.iter().filter_map(|line| Some((line.step, get(line).filter(|value| value.is_finite())?)));
        Curve { name, title, points: points.collect() }
    };
    MEASURES.iter().map(of).filter(|curve| !curve.points.is_empty()).collect()
}

impl Curve {
    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|(_, value)| *value)
    }

    /// The lowest and the highest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        let first = self.points.first()?.1;
        Some(self.points.iter().fold((first, first), |(low, high), (_, value)| (low.min(*value), high.max(*value))))
    }

    /// The curve with at most so many points: the means of parts of equal width in steps. Parts without a point are left out.
    pub fn binned(&self, bins: usize) -> Vec<(f64, f64)> {
        let (Some((first, _)), Some((last, _))) = (self.points.first(), self.points.last()) else { return vec![] };
        let width = (last - first + 1) as f64 / bins.max(1) as f64;
        let mut found: Vec<(usize, f64, f64, f64)> = vec![];
        for (step, value) in &self.points {
            let bin = ((step - first) as f64 / width) as usize;
            match found.last_mut() {
                Some((place, steps, sum, count)) if *place == bin => {
                    (*steps, *sum, *count) = (*steps + *step as f64, *sum + value, *count + 1.0);
                }
                _ => found.push((bin, *step as f64, *value, 1.0)),
            }
        }
        found.into_iter().map(|(_, steps, sum, count)| (steps / count, sum / count)).collect()
    }
}

/// A running mean of values, so that a trend shows through noise: s ← d·s + (1 − d)·x, divided by 1 − dᵗ (as TensorBoard's).
pub fn smoothed(values: &[f64], decay: f64) -> Vec<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mean = values.iter().map(|value| {
        (sum, weight) = (decay * sum + (1.0 - decay) * value, decay * weight + (1.0 - decay));
        sum / weight
    });
    mean.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_a_curve() {
        let step = |step: u64, loss: f64| Metrics { step, loss: Some(loss), ..Metrics::default() };
        let judged = Metrics { step: 2, eval_accuracy: Some(0.5), ..Metrics::default() };
        let found = curves(&[step(1, 3.0), step(2, f64::NAN), judged, step(3, 1.0)]);
        let names: Vec<&str> = found.iter().map(|curve| curve.name).collect();
        assert_eq!(names, ["eval_accuracy", "loss"]);
        assert_eq!(found[1].points, [(1, 3.0), (3, 1.0)]);
        assert_eq!((found[1].last(), found[1].range()), (Some(1.0), Some((1.0, 3.0))));
        assert!(curves(&[]).is_empty());
    }

    #[test]
    fn bins_hold_means() {
        let points = (1..=10).map(|step| (step, step as f64)).collect();
        let curve = Curve { name: "loss", title: "Loss", points };
        assert_eq!(curve.binned(5), [(1.5, 1.5), (3.5, 3.5), (5.5, 5.5), (7.5, 7.5), (9.5, 9.5)]);
        assert_eq!(curve.binned(100).len(), 10, "what fits is left as it is");
        let gap = Curve { points: vec![(1, 1.0), (100, 2.0)], ..curve };
        assert_eq!(gap.binned(10), [(1.0, 1.0), (100.0, 2.0)]);
    }

    #[test]
    fn a_running_mean_of_one_value_is_that_value() {
        let found = smoothed(&[2.0, 2.0, 2.0], 0.9);
        assert!(found.iter().all(|value| (value - 2.0).abs() < 1e-12), "{found:?}");
        assert_eq!(smoothed(&[1.0, 3.0], 0.5), [1.0, (0.5 * 0.5 + 1.5) / 0.75]);
    }
}
