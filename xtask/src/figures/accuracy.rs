//! How many questions are answered rightly: execution accuracy on three databases, greedy, at the default threshold.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::{EXAMPLES, MADE, PERSONAS, Runs, SYNTH, TEST, number};
use super::{Figure, quick, slow};
use crate::tools::root;
use serde_json::Value;

pub const FIGURES: &[Figure] = &[
    quick("references that answer their own questions", Is(100.0), "%", references_right),
    quick("hand-written test, over all difficulties", AtLeast(55.0), "%", |r| hand_written(r, "all")),
    quick("hand-written test, easy and medium", AtLeast(65.0), "%", |r| hand_written(r, "easy and medium")),
    quick("hand-written test, easy", Shown, "%", |r| hand_written(r, "easy")),
    quick("hand-written test, medium", Shown, "%", |r| hand_written(r, "medium")),
    quick("hand-written test, hard", Shown, "%", |r| hand_written(r, "hard")),
    quick("hand-written test, very hard", Shown, "%", |r| hand_written(r, "very_hard")),
    quick("hand-written test, must be declined", Shown, "%", |r| hand_written(r, "must_decline")),
    quick("hand-written test, answerable but declined", Under(3.0), "%", |r| hand_written(r, "declined")),
    quick("test personas, over all difficulties", Shown, "%", |r| {
        share(&r.json(&["eval", "--questions", PERSONAS])?["answerable"])
    }),
    slow("synthetic test, questions", AtLeast(3000.0), "", |r| synthetic(r, "questions")),
    slow("synthetic test", AtLeast(92.0), "%", |r| synthetic(r, "accuracy")),
    quick("test questions committed", AtLeast(160.0), "", |_| test_questions()),
];

fn references_right(runs: &mut Runs) -> Result<f64, String> {
    let (mut right, mut all) = (0.0, 0.0);
    for questions in [TEST, EXAMPLES] {
        let answers = &runs.oracle(questions)?["answers"]["answerable"];
        right += number(&answers["right"])?;
        all += number(&answers["questions"])?;
    }
    Ok(100.0 * right / f64::max(all, 1.0))
}

fn hand_written(runs: &mut Runs, part: &str) -> Result<f64, String> {
    let report = runs.json(&["eval", "--questions", TEST])?;
    match part {
        "all" => share(&report["answerable"]),
        "easy and medium" => share(&report["easy_and_medium"]),
        "must_decline" => share(&report["must_decline"]),
        "declined" => Ok(100.0 * number(&report["declined"])? / number(&report["answerable"]["questions"])?),
        difficulty => share(&report["by_difficulty"][difficulty]),
    }
}

fn synthetic(runs: &mut Runs, part: &str) -> Result<f64, String> {
    runs.json(&SYNTH)?;
    let report = runs.json(&["eval", "--questions", MADE])?;
    match part {
        "questions" => Ok(number(&report["answerable"]["questions"])? + number(&report["must_decline"]["questions"])?),
        _ => share(&report["answerable"]),
    }
}

/// Right answers of all, in percent.
fn share(tally: &Value) -> Result<f64, String> {
    Ok(100.0 * number(&tally["right"])? / number(&tally["questions"])?.max(1.0))
}

fn test_questions() -> Result<f64, String> {
    let path = root().join(TEST);
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).count() as f64)
}
