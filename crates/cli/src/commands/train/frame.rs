//! What `glrl train watch` shows at one look.

use train::curves::{Curve, curves};
use train::metrics::Metrics;
use train::plot::number;
use train::report::Miss;
use train::samples::Drawn;

use super::braille::{chart, sparkline};
use super::watch::View;
use crate::output::{self, Paint};

/// Rows of the large curve.
const ROWS: usize = 8;
/// Characters of the numbers beside it.
const SCALE: usize = 10;
/// Characters of the small curves, and of their titles.
const SMALL: usize = 20;
const TITLE: usize = 27;
/// Steps that tell how long the others take.
const RECENT: usize = 20;
/// Samples of each kind.
const SHOWN: usize = 3;

/// Everything, in lines that fit the width.
pub(super) fn frame(view: &View, width: usize, paint: Paint) -> String {
    let mut lines = vec![paint.bold(&fitted(&headline(view), width))];
    if let Some(error) = view.summary.as_ref().and_then(|summary| summary.error.as_ref()) {
        lines.push(paint.red(&output::plain(error)));
    }
    let curves = curves(&view.lines);
    let main = curves.iter().find(|curve| curve.name == "reward").or(curves.iter().find(|c| c.name == "loss"));
    lines.extend(main.map(|curve| large(curve, width)).unwrap_or_default());
    lines.push(String::new());
    lines.extend(curves.iter().map(|curve| fitted(&small(curve), width)));
    if let Some((step, drawn)) = &view.drawn {
        lines.extend(["".to_owned(), paint.bold(&format!("drawn in step {step}"))]);
        lines.extend(drawn.iter().take(SHOWN).flat_map(told).map(|line| fitted(&line, width)));
    }
    if let Some((step, misses)) = &view.misses {
        lines.extend(["".to_owned(), paint.bold(&format!("{} misses of step {step}", misses.len()))]);
        lines.extend(misses.iter().take(SHOWN).flat_map(missed).map(|line| fitted(&line, width)));
    }
    lines.join("\n")
}

/// How far the run is, and whether it goes on.
fn headline(view: &View) -> String {
    let step = view.step();
    let mut text = format!("{}: step {}", view.run.display(), output::separated(step.into()));
    if let Some(max) = view.max_steps {
        text += &format!(" of {}", output::separated(max.into()));
    }
    match (&view.summary, seconds_per_step(&view.lines), view.max_steps) {
        (Some(summary), ..) => text += &format!(", {}", summary.ending.word()),
        (None, Some(seconds), Some(max)) => {
            text += &format!(", {} of steps left", output::span(seconds * max.saturating_sub(step) as f64));
        }
        _ => {}
    }
    if let Some(best) = view.summary.as_ref().and_then(|summary| summary.best.as_ref()) {
        text += &format!(", best {:.1} % at step {}", 100.0 * best.accuracy, output::separated(best.step.into()));
    }
    match view.age.filter(|_| view.summary.is_none()) {
        Some(age) => text + &format!(", newest line {} ago", output::span(age as f64)),
        None => text,
    }
}

/// Seconds of a step, by the tokens of the newest ones and how fast they went.
fn seconds_per_step(lines: &[Metrics]) -> Option<f64> {
    let steps: Vec<(f64, f64)> =
        lines.iter().filter_map(|line| Some((line.num_tokens? as f64, line.tokens_per_second?))).collect();
    let recent = &steps[steps.len().saturating_sub(RECENT + 1)..];
    let seconds: Vec<f64> = recent.windows(2).map(|pair| (pair[1].0 - pair[0].0) / pair[1].1).collect();
    let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
    mean.is_finite().then_some(mean)
}

/// A curve over the whole width, with its scale.
fn large(curve: &Curve, width: usize) -> Vec<String> {
    let inner = width.saturating_sub(SCALE + 1).max(10);
    let (low, high) = curve.range().unwrap_or_default();
    let rows = chart(&curve.binned(2 * inner), inner, ROWS);
    let beside = |row: usize| match row {
        0 => number(high),
        row if row + 1 == ROWS => number(low),
        _ => String::new(),
    };
    let rows = rows.iter().enumerate().map(|(row, dots)| format!("{:>SCALE$} {dots}", beside(row)));
    std::iter::once(curve.title.to_owned()).chain(rows).collect()
}

/// A curve in one line: its newest value and its range.
fn small(curve: &Curve) -> String {
    let (low, high) = curve.range().unwrap_or_default();
    let (last, low, high) = (number(curve.last().unwrap_or_default()), number(low), number(high));
    let dots = sparkline(&curve.binned(SMALL), SMALL);
    format!("{:TITLE$} {dots:SMALL$} {last:>9}  ({low} to {high})", curve.title)
}

/// A question of practice with the best and the worst that was drawn.
fn told(drawn: &Drawn) -> Vec<String> {
    let mut lines = vec![format!("  {}", drawn.question)];
    let (best, worst) = (drawn.completions.first(), drawn.completions.iter().skip(1).last());
    for one in best.into_iter().chain(worst) {
        lines.push(format!("    {:.2} ×{} {}", one.reward, one.count, one.text));
    }
    lines
}

fn missed(miss: &Miss) -> Vec<String> {
    let got = miss.got.as_deref().or(miss.reason.as_deref()).unwrap_or("no query");
    vec![format!("  {}", miss.question), format!("    {:?}: {got}", miss.fault)]
}

/// Text in one line of so many characters.
fn fitted(text: &str, width: usize) -> String {
    output::plain(&text.replace(['\n', '\t'], " ")).chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use train::checkpoint::Best;
    use train::report::Tally;
    use train::samples::Completion;
    use train::summary::{Ending, Summary};

    use super::*;

    fn view() -> View {
        let line = |step: u64| Metrics {
            step,
            loss: Some(4.0 / step as f64),
            tokens_per_second: Some(100.0),
            num_tokens: Some(step * 1000),
            ..Metrics::default()
        };
        let completion = |text: &str, reward| Completion { text: text.to_owned(), count: 2, reward, advantage: 0.0 };
        let drawn = Drawn {
            question: "how many\n\u{1b}[2J projects?".to_owned(),
            expected: None,
            completions: vec![completion("SELECT a", 1.0), completion("SELECT b", 0.5), completion("SELECT c", 0.0)],
        };
        View {
            run: "runs/a".into(),
            max_steps: Some(1040),
            lines: (1..=40).map(line).collect(),
            age: Some(3),
            drawn: Some((40, vec![drawn])),
            ..View::default()
        }
    }

    #[test]
    fn one_look_tells_everything() {
        let text = frame(&view(), 80, Paint { on: false });
        // A step has 1,000 tokens at 100 a second: ten seconds; a thousand are left.
        assert!(text.starts_with("runs/a: step 40 of 1,040, 2 h 46 min of steps left, newest line 3 s ago\n"), "{text}");
        assert!(text.contains("Loss\n         4 "), "{text}");
        assert!(text.contains("0.1  (0.1 to 4)"), "{text}");
        assert!(text.contains("    1.00 ×2 SELECT a") && text.contains("    0.00 ×2 SELECT c"), "{text}");
        assert!(!text.contains("SELECT b") && !text.contains('\u{1b}'), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn the_end_of_a_run_is_told() {
        let best = Best { step: 20, tally: Tally { right: 3, questions: 4 } };
        let (best, error) = (Some(best.into()), Some("step 41: the loss is NaN".to_owned()));
        let summary = Summary { ending: Ending::Failed, step: 40, best, checkpoint: None, error };
        let text = frame(&View { summary: Some(summary), ..view() }, 200, Paint { on: false });
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("runs/a: step 40 of 1,040, failed, best 75.0 % at step 20"));
        assert_eq!(lines.next(), Some("step 41: the loss is NaN"));
    }

    #[test]
    fn a_run_without_steps_is_waited_for() {
        let empty = View { run: "runs/a".into(), ..View::default() };
        assert_eq!(frame(&empty, 80, Paint { on: false }).trim_end(), "runs/a: step 0");
    }
}
