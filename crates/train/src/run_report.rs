//! A run as one page with its plots: `report/index.html`, and each plot as a file beside it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::checkpoint::SETTINGS;
use crate::curves::curves;
use crate::error::{Result, io};
use crate::files;
use crate::metrics::{self, Metrics};
use crate::page::{self, escape};
use crate::plot;
use crate::report::miss_html;
use crate::samples::{self, Drawn};
use crate::summary::{self, Summary};

/// Misses and questions of practice that the page shows.
const SHOWN: usize = 12;

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// The plots.
    pub plots: Vec<PathBuf>,
}

/// Writes the page of a run and its plots into a folder, which is made where it is missing. The page needs no other file.
///
/// # Errors
/// When the run has no `metrics.jsonl`, or a file cannot be read or written.
pub fn write(run: &Path, folder: &Path) -> Result<Written> {
    let lines = metrics::read(run)?;
    let summary = summary::read(run)?;
    let best = summary.as_ref().and_then(|summary| summary.best.as_ref()).map(|best| best.step);
    let best = best.or_else(|| best_step(&lines));
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let (mut plots, mut drawings) = (vec![], String::new());
    for curve in curves(&lines) {
        let drawing = plot::svg(&curve, best.filter(|_| curve.name == "eval_accuracy"));
        let path = folder.join(format!("{}.svg", curve.name.replace('/', "_")));
        files::replace(&path, &drawing)?;
        plots.push(path);
        drawings += &drawing;
    }
    let mut page = page::head(&format!("Run {}", name_of(run)));
    page += &told(summary.as_ref(), &lines);
    page += &format!("<h2>Curves</h2><div class=plots>{drawings}</div>");
    page += &evaluations(&lines, best);
    page += &practised(run)?;
    page += &missed(run, folder)?;
    page += &ground(run);
    let path = folder.join("index.html");
    files::replace(&path, page + page::END)?;
    Ok(Written { page: path, plots })
}

/// The folder's own name, also where it was given as `.` or with a slash at its end.
fn name_of(run: &Path) -> String {
    let path = run.canonicalize().unwrap_or_else(|_| run.to_owned());
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The step of the best evaluation, the last of equal ones.
fn best_step(lines: &[Metrics]) -> Option<u64> {
    let judged = lines.iter().filter_map(|line| Some((line.eval_accuracy?, line.step)));
    judged.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, step)| step)
}

/// How far the run got, in a paragraph.
fn told(summary: Option<&Summary>, lines: &[Metrics]) -> String {
    let step = lines.last().map_or(0, |line| line.step);
    let Some(summary) = summary else {
        return format!("<p>{step} steps so far; the run has not ended, or was killed.</p>");
    };
    let mut text = format!("<p>{} steps, {}.", summary.step, summary.ending.word());
    if let Some(best) = &summary.best {
        let (percent, name) = (100.0 * best.accuracy, escape(&best.checkpoint));
        text += &format!(" Best: {percent:.1} % of the development questions, <code>{name}</code>.");
    }
    if let Some(error) = &summary.error {
        text += &format!(" <b>{}</b>", escape(error));
    }
    text + "</p>"
}

fn evaluations(lines: &[Metrics], best: Option<u64>) -> String {
    let judged = lines.iter().filter_map(|line| Some((line, line.eval_accuracy?)));
    let rows: Vec<Vec<String>> = judged
        .map(|(line, accuracy)| {
            let mark = if Some(line.step) == best { "best" } else { "" };
            let count = |count: Option<usize>| count.map_or_else(String::new, |n| n.to_string());
            let (right, of) = (count(line.eval_right), count(line.eval_questions));
            vec![line.step.to_string(), format!("{:.1} %", 100.0 * accuracy), right, of, mark.to_owned()]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    "<h2>Evaluations</h2>".to_owned() + &page::table(&["step", "accuracy", "right", "questions", ""], rows.into_iter())
}

/// The newest completions that were drawn in practice.
fn practised(run: &Path) -> Result<String> {
    let Some((step, drawn)) = samples::newest_drawn(run)? else { return Ok(String::new()) };
    let sections: String = drawn.iter().take(SHOWN).map(drawn_html).collect();
    Ok(format!("<h2>Drawn in practice, step {step}</h2>{sections}"))
}

fn drawn_html(drawn: &Drawn) -> String {
    let mut text = format!("<section><b>{}</b>", escape(&drawn.question));
    if let Some(sql) = &drawn.expected {
        text += &format!("<small>expected</small><pre>{}</pre>", escape(sql));
    }
    let rows = drawn.completions.iter().map(|one| {
        vec![format!("{:.3}", one.reward), format!("{:+.3}", one.advantage), one.count.to_string(), one.text.clone()]
    });
    text + &page::table(&["reward", "advantage", "drawn", "completion"], rows) + "</section>"
}

/// The newest evaluation's misses, the first of them.
fn missed(run: &Path, folder: &Path) -> Result<String> {
    let Some((step, misses)) = samples::newest_misses(run)? else { return Ok(String::new()) };
    let shown = misses.len().min(SHOWN);
    let mut text = format!("<h2>Misses of step {step}</h2><p>{shown} of {}.", misses.len());
    if folder.join("evaluation/index.html").exists() {
        text += " <a href=\"evaluation/index.html\">The whole evaluation</a>.";
    }
    text += "</p>";
    misses.iter().take(SHOWN).for_each(|miss| text += &miss_html(miss));
    Ok(text)
}

/// Environment and settings.
fn ground(run: &Path) -> String {
    let read = |name: &str| std::fs::read_to_string(run.join(name)).unwrap_or_default();
    let environment: Value = serde_json::from_str(&read("environment.json")).unwrap_or_default();
    let of = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = environment.as_object().into_iter().flatten().map(|(name, value)| vec![name.clone(), of(value)]);
    let table = page::table(&["", ""], rows);
    format!("<h2>Environment</h2>{table}<h2>Settings</h2><pre>{}</pre>", escape(&read(SETTINGS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::TrainError;
    use crate::metrics::MetricsFile;

    #[test]
    fn a_run_becomes_one_page() {
        let run = std::env::temp_dir().join(format!("run-report-{}", std::process::id()));
        std::fs::create_dir_all(&run).unwrap();
        assert!(matches!(write(&run, &run.join("report")), Err(TrainError::Io { .. })), "no run stands here");
        let mut file = MetricsFile::open(&run, 0).unwrap();
        for step in 1..=30 {
            let loss = Some(1.0 / step as f64);
            file.write(&Metrics { step, loss, mean_length: Some(9.0), ..Metrics::default() }).unwrap();
        }
        for (step, eval_accuracy) in [(10, Some(0.5)), (20, Some(0.75)), (30, Some(0.25))] {
            file.write(&Metrics { step, eval_accuracy, eval_right: Some(3), ..Metrics::default() }).unwrap();
        }
        std::fs::write(run.join(SETTINGS), "a = \"<b>\"\n").unwrap();
        std::fs::write(run.join("environment.json"), "{\"cpu\":\"avx2\",\"seed\":7}").unwrap();
        let written = write(&run, &run.join("out")).unwrap();
        let names: Vec<String> =
            written.plots.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["eval_accuracy.svg", "loss.svg", "completions_mean_length.svg"]);
        let page = std::fs::read_to_string(&written.page).unwrap();
        for want in ["avx2", "a = &quot;&lt;b&gt;&quot;", "75.0 %", "best: step 20", "30 steps so far"] {
            assert!(page.contains(want), "{want}: {page}");
        }
        assert_eq!(page.matches("<svg").count(), 3);
        assert!(!page.contains("<script") && !page.contains("src="), "the page needs no other file");
        std::fs::remove_dir_all(&run).unwrap();
    }
}
