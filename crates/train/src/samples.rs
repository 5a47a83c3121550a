//! What a run writes down of its completions: the misses of each evaluation (`completions/step_N.jsonl`), and what was drawn in
//! practice (`completions/drawn_N.jsonl`).

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Result, io};
use crate::files;
use crate::report::Miss;

const FOLDER: &str = "completions";
const MISSES: &str = "step_";
const DRAWN: &str = "drawn_";

/// A question of practice with what was drawn for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// What was asked.
    pub question: String,
    /// The reference.
    pub expected: Option<String>,
    /// The completions, equal ones together, the best first.
    pub completions: Vec<Completion>,
}

/// A completion as the model wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// Its tokens as text; values of the question stand as slots.
    pub text: String,
    /// How often it was drawn.
    pub count: usize,
    /// What it was worth.
    pub reward: f64,
    /// What it is worth beside the others of its group, as it is learnt from.
    pub advantage: f64,
}

/// Writes what an evaluation got wrong.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_misses(run: &Path, step: u64, misses: &[Miss]) -> Result<()> {
    write(run, MISSES, step, misses)
}

/// Writes what was drawn for some questions.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_drawn(run: &Path, step: u64, drawn: &[Drawn]) -> Result<()> {
    write(run, DRAWN, step, drawn)
}

/// The newest evaluation's misses, with its step.
///
/// # Errors
/// When the folder or the file cannot be read.
pub fn newest_misses(run: &Path) -> Result<Option<(u64, Vec<Miss>)>> {
    newest(run, MISSES)
}

/// The newest completions that were drawn in practice, with their step.
///
/// # Errors
/// When the folder or the file cannot be read.
pub fn newest_drawn(run: &Path) -> Result<Option<(u64, Vec<Drawn>)>> {
    newest(run, DRAWN)
}

fn write<T: Serialize>(run: &Path, kind: &str, step: u64, items: &[T]) -> Result<()> {
    let folder = run.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(io(&folder))?;
    let path = folder.join(format!("{kind}{step:06}.jsonl"));
    let mut text = String::new();
    for item in items {
        text += &serde_json::to_string(item).map_err(|e| io(&path)(e.into()))?;
        text.push('\n');
    }
    files::replace(&path, text)
}

/// The items of the file with the highest step. Lines that are none are passed over, as are runs without such files.
fn newest<T: DeserializeOwned>(run: &Path, kind: &str) -> Result<Option<(u64, Vec<T>)>> {
    let Some((step, path)) = files_of(&run.join(FOLDER), kind)?.into_iter().max() else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(io(&path))?;
    Ok(Some((step, text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())))
}

fn files_of(folder: &Path, kind: &str) -> Result<Vec<(u64, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(vec![]);
    }
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let step = name.strip_prefix(kind).and_then(|rest| rest.strip_suffix(".jsonl")).and_then(|n| n.parse().ok());
        found.extend(step.map(|step: u64| (step, path)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_read_back() {
        let run = std::env::temp_dir().join(format!("samples-{}", std::process::id()));
        assert_eq!(newest_drawn(&run).unwrap(), None, "nothing was written yet");
        let drawn = |text: &str| {
            let completion = Completion { text: text.to_owned(), count: 3, reward: 1.0, advantage: 0.25 };
            [Drawn { question: "how many?".to_owned(), expected: None, completions: vec![completion] }]
        };
        write_drawn(&run, 999_999, &drawn("old")).unwrap();
        write_drawn(&run, 1_000_000, &drawn("new")).unwrap();
        write_misses(&run, 2_000_000, &[]).unwrap();
        assert_eq!(newest_drawn(&run).unwrap(), Some((1_000_000, drawn("new").to_vec())));
        assert_eq!(newest_misses(&run).unwrap(), Some((2_000_000, vec![])));
        std::fs::remove_dir_all(&run).unwrap();
    }
}
