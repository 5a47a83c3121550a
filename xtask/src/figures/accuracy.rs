//! How many questions are answered rightly: execution accuracy on three databases, greedy, at the default threshold.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::{ASKED, DECLINED, EXAMPLES, FOLLOW_UPS, MADE, PERSONAS, Runs, SYNTH, TEST, WAYS, number};
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
    quick("test personas, questions", AtLeast(400.0), "", |r| {
        number(&r.json(&["eval", "--questions", PERSONAS])?["answerable"]["questions"])
    }),
    quick("test personas, greedy", AtLeast(85.0), "%", |r| personas(r, "answerable")),
    quick("test personas, easy", Shown, "%", |r| personas(r, "easy")),
    quick("test personas, medium", Shown, "%", |r| personas(r, "medium")),
    quick("test personas, hard", Shown, "%", |r| personas(r, "hard")),
    quick("test personas, very hard", Shown, "%", |r| personas(r, "very_hard")),
    quick("test personas, the persona with the fewest right answers", Shown, "%", |r| personas(r, "persona")),
    quick("test personas, answerable but declined", Under(3.0), "%", |r| personas(r, "declined")),
    quick("test personas, 8 candidates", AtLeast(90.0), "%", |r| share(&voted(r)?["answerable"])),
    quick("must be declined, questions", AtLeast(300.0), "", |r| {
        number(&r.json(&["eval", "--questions", DECLINED])?["must_decline"]["questions"])
    }),
    quick("must be declined", AtLeast(95.0), "%", |r| {
        share(&r.json(&["eval", "--questions", DECLINED])?["must_decline"])
    }),
    quick("confidence, test personas: expected calibration error", Under(0.03), "", |r| {
        number(&r.json(&["eval", "--questions", PERSONAS])?["reliability"]["ece"])
    }),
    quick("confidence, test personas: coverage at 99 % right", Shown, "%", |r| {
        Ok(100.0 * number(&r.json(&["eval", "--questions", PERSONAS])?["reliability"]["coverage_at_99"])?)
    }),
    quick("confidence, 8 candidates: expected calibration error", Shown, "", |r| {
        number(&voted(r)?["reliability"]["ece"])
    }),
    quick("follow-ups, conversations", AtLeast(100.0), "", |_| conversations()),
    quick("follow-ups, after the model's own answers", AtLeast(85.0), "%", |r| {
        share(&r.json(&["eval", "--questions", FOLLOW_UPS])?["by_tag"]["follow_up"])
    }),
    slow("synthetic test, questions", AtLeast(5000.0), "", |r| synthetic(r, "questions")),
    slow("synthetic test", AtLeast(97.0), "%", |r| synthetic(r, "accuracy")),
    slow("synthetic test, confidence: expected calibration error", Under(0.03), "", |r| synthetic(r, "ece")),
    slow("synthetic test, five tables joined", AtLeast(85.0), "%", |r| feature(r, "five_tables")),
    slow("synthetic test, windows", AtLeast(85.0), "%", |r| feature(r, "window")),
    slow("synthetic test, CTEs", AtLeast(85.0), "%", |r| feature(r, "cte")),
    slow("synthetic test, correlated subqueries", AtLeast(85.0), "%", |r| feature(r, "correlated")),
    slow("synthetic test, set operations", AtLeast(85.0), "%", |r| feature(r, "set_operation")),
    slow("synthetic test, CASE", AtLeast(85.0), "%", |r| feature(r, "case")),
    slow("synthetic test, anti-joins", AtLeast(85.0), "%", |r| feature(r, "anti_join")),
    slow("synthetic test, ranking within groups", AtLeast(85.0), "%", |r| feature(r, "rank_in_group")),
    slow("synthetic test, relative dates", AtLeast(85.0), "%", |r| feature(r, "relative_date")),
    slow("synthetic test, ratios", AtLeast(85.0), "%", |r| feature(r, "ratio")),
    slow("ten ways to ask: same rows", AtLeast(93.0), "%", |r| paraphrases(r, "share")),
    slow("ten ways to ask: questions", AtLeast(200.0), "", |r| paraphrases(r, "references")),
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

fn personas(runs: &mut Runs, part: &str) -> Result<f64, String> {
    let report = runs.json(&["eval", "--questions", PERSONAS])?;
    match part {
        "answerable" => share(&report["answerable"]),
        "declined" => Ok(100.0 * number(&report["declined"])? / number(&report["answerable"]["questions"])?),
        "persona" => {
            let shares = report["by_persona"].as_object().into_iter().flatten().map(|(_, tally)| share(tally));
            let shares: Vec<f64> = shares.collect::<Result<_, _>>()?;
            shares.into_iter().min_by(f64::total_cmp).ok_or_else(|| "no question names its persona".to_owned())
        }
        difficulty => share(&report["by_difficulty"][difficulty]),
    }
}

fn voted(runs: &mut Runs) -> Result<&Value, String> {
    runs.json(&["eval", "--questions", PERSONAS, "--candidates", "8"])
}

/// A feature of the synthetic test, of which at least 100 questions are wanted.
fn feature(runs: &mut Runs, tag: &str) -> Result<f64, String> {
    runs.json(&SYNTH)?;
    let tally = &runs.json(&["eval", "--questions", MADE])?["by_tag"][tag];
    match number(&tally["questions"]) {
        Ok(n) if n >= 100.0 => share(tally),
        Ok(n) => Err(format!("only {n} questions have it")),
        Err(_) => Err("no question has it".to_owned()),
    }
}

/// Questions of the test split, each asked in ten ways whose phrases were never learnt from.
fn paraphrases(runs: &mut Runs, part: &str) -> Result<f64, String> {
    runs.json(&WAYS)?;
    let found = &runs.json(&["eval", "--questions", ASKED, "--consistency"])?["consistency"];
    match part {
        "references" => number(&found["references"]),
        _ => Ok(100.0 * number(&found["same"])? / number(&found["pairs"])?.max(1.0)),
    }
}

fn conversations() -> Result<f64, String> {
    let text = std::fs::read_to_string(root().join(FOLLOW_UPS)).map_err(|e| e.to_string())?;
    Ok(text.lines().filter(|line| !line.trim().is_empty() && !line.contains("\"after\"")).count() as f64)
}

fn synthetic(runs: &mut Runs, part: &str) -> Result<f64, String> {
    runs.json(&SYNTH)?;
    let report = runs.json(&["eval", "--questions", MADE])?;
    match part {
        "ece" => number(&report["reliability"]["ece"]),
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
