//! Learning rate over the steps: linear warm-up, then half a cosine down to a floor.

use serde::{Deserialize, Serialize};

/// lr(t) = peak · (t+1)/warmup while warming up, then floor + (peak − floor) · (1 + cos π·progress) / 2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Highest learning rate.
    pub peak: f32,
    /// Learning rate at the end, and ever after.
    pub floor: f32,
    /// Steps of warm-up; 0 for none.
    pub warmup_steps: u64,
    /// Steps in all.
    pub total_steps: u64,
}

impl Schedule {
    /// The learning rate of a step, counted from 0.
    pub fn learning_rate(&self, step: u64) -> f32 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f32 / self.warmup_steps as f32;
        }
        let length = self.total_steps.saturating_sub(self.warmup_steps).max(1);
        let progress = ((step - self.warmup_steps) as f64 / length as f64).min(1.0);
        let cosine = (1.0 + (std::f64::consts::PI * progress).cos()) / 2.0;
        self.floor + (self.peak - self.floor) * cosine as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_to_the_floor() {
        let schedule = Schedule { peak: 1.0, floor: 0.1, warmup_steps: 4, total_steps: 104 };
        let at = |step| schedule.learning_rate(step);
        assert_eq!((at(0), at(3), at(4)), (0.25, 1.0, 1.0));
        assert!((at(54) - 0.55).abs() < 1e-6 && (at(104) - 0.1).abs() < 1e-6);
        assert_eq!(at(1_000_000), at(104));
    }
}
