//! How a run shows itself while it trains: one line with a bar on a terminal, plain lines now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use train::metrics::Metrics;
use train::run::Event;

use crate::context::Context;
use crate::output;

/// Plain lines of a whole run, those of slow steps not counted.
const LINES: u64 = 20;
/// A plain line comes at least as often as this, where steps are that quick.
const AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// The bar or the lines of one run.
pub(super) struct Progress<'a> {
    context: &'a Context,
    bar: ProgressBar,
    pace: Pace,
    told: Instant,
}

/// How fast a run goes.
#[derive(Debug, Clone, Copy)]
struct Pace {
    began: Instant,
    first: u64,
    max_steps: u64,
}

impl Pace {
    /// Seconds until the last step, if the others take as long as those so far.
    fn left(&self, step: u64, elapsed: Duration) -> Option<f64> {
        let done = step.checked_sub(self.first).filter(|done| *done > 0)?;
        Some(elapsed.as_secs_f64() / done as f64 * self.max_steps.saturating_sub(step) as f64)
    }
}

impl<'a> Progress<'a> {
    /// Before the first event.
    pub(super) fn new(context: &'a Context) -> Self {
        let target = if context.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{bar:10} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        Progress { context, bar, pace: Pace { began: now, first: 0, max_steps: 0 }, told: now }
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::PassedOver(problem) => self.note(format!("passed over a damaged checkpoint: {problem}")),
            Event::Begins { step, max_steps, parameters, precision } => {
                self.pace = Pace { began: Instant::now(), first: *step, max_steps: *max_steps };
                self.bar.set_length(*max_steps);
                self.bar.set_position(*step);
                let parameters = output::separated(*parameters as i128);
                self.note(format!("{parameters} parameters, steps {step} to {max_steps}, {precision}"));
            }
            Event::Step(line) => self.step(line),
            Event::Evaluated(line) => {
                let accuracy = 100.0 * line.eval_accuracy.unwrap_or(0.0);
                let (right, of) = (line.eval_right.unwrap_or(0), line.eval_questions.unwrap_or(0));
                self.note(format!("step {}: {accuracy:.1} % right ({right} of {of})", line.step));
            }
            Event::NoBetter(count) => self.note(format!("stops early: {count} evaluations in a row were no better")),
            Event::Saved(folder) => self.note(format!("saved {}", folder.display())),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn step(&mut self, line: &Metrics) {
        let left = self.pace.left(line.step, self.pace.began.elapsed());
        let text = told(line, self.pace.max_steps, left);
        self.bar.set_position(line.step);
        if self.bar.is_hidden() && (is_told(line.step, self.pace.max_steps) || self.told.elapsed() >= AT_LEAST_EVERY) {
            self.told = Instant::now();
            self.note(text.clone());
        }
        self.bar.set_message(text);
    }

    fn note(&self, line: String) {
        self.bar.suspend(|| self.context.note(line));
    }
}

/// Whether a step is worth a plain line.
fn is_told(step: u64, max_steps: u64) -> bool {
    step.is_multiple_of(max_steps.div_ceil(LINES).max(1))
}

/// A step in a few words.
fn told(line: &Metrics, max_steps: u64, left: Option<f64>) -> String {
    let (step, of) = (output::separated(line.step.into()), output::separated(max_steps.into()));
    let goal = line.reward.map(|reward| format!("reward {reward:.3}"));
    let goal = goal.or_else(|| line.loss.map(|loss| format!("loss {loss:.3}")));
    let parts = [
        goal,
        line.kl.map(|kl| format!("KL {kl:.4}")),
        line.entropy.map(|entropy| format!("entropy {entropy:.3}")),
        line.tokens_per_second.map(|speed| format!("{} tokens/s", output::separated(speed as i128))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    // On a narrow terminal the end of the line is cut off.
    let left = left.map_or_else(String::new, |seconds| format!(", {} left", output::span(seconds)));
    format!("step {step} of {of}{left}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_one_line() {
        let base = Metrics { step: 1200, tokens_per_second: Some(12345.6), entropy: Some(0.25), ..Metrics::default() };
        let taught = Metrics { loss: Some(0.5), ..base.clone() };
        assert_eq!(
            told(&taught, 4000, Some(3725.0)),
            "step 1,200 of 4,000, 1 h 02 min left: loss 0.500, entropy 0.250, 12,345 tokens/s"
        );
        let practised = Metrics { reward: Some(0.75), loss: Some(-0.1), kl: Some(0.001), ..base };
        assert_eq!(
            told(&practised, 4000, None),
            "step 1,200 of 4,000: reward 0.750, KL 0.0010, entropy 0.250, 12,345 tokens/s"
        );
    }

    #[test]
    fn time_left_goes_by_the_steps_of_this_process() {
        let pace = Pace { began: Instant::now(), first: 100, max_steps: 400 };
        assert_eq!(pace.left(200, Duration::from_secs(50)), Some(100.0));
        assert_eq!(pace.left(100, Duration::from_secs(50)), None, "no step was made yet");
        assert_eq!(pace.left(400, Duration::from_secs(50)), Some(0.0));
    }

    #[test]
    fn plain_lines_are_few() {
        assert_eq!((1..=4000).filter(|step| is_told(*step, 4000)).count(), 20);
        assert_eq!((1..=6).filter(|step| is_told(*step, 6)).count(), 6);
        assert!(is_told(400, 400));
    }
}
