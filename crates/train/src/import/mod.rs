//! Questions of one's own taken into a folder: what passes becomes question lines, what does not is put aside with its
//! reasons, and what was imported before is kept, or corrected by what comes later.
//!
//! `questions.jsonl` is a question file like any other. `quarantine.jsonl` holds each line that was put aside, as it stood,
//! until a line with its name or its words passes.
//!
//! Suggested reading order:
//! * `intake`: where a question goes.

mod intake;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sql::features;
use sql::verify;

use crate::error::{Result, TrainError, io};
use crate::lint::codes::{ASKED_TWICE, CORRECTED};
use crate::lint::{Finding, Ground, Linted, Place, asked};
use crate::question::{Line, Question, read_lines};
use intake::{Intake, Spot};

/// The questions that passed.
pub const QUESTIONS: &str = "questions.jsonl";
/// The lines that did not.
pub const QUARANTINE: &str = "quarantine.jsonl";
/// Fields of a line that a question has under another name, or that have had their effect.
const TAKEN: [&str; 2] = ["query", "corrects"];

/// A line that was put aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aside {
    /// Where it stood.
    #[serde(flatten)]
    pub place: Place,
    /// Why, each reason with what to do about it.
    pub reasons: Vec<Reason>,
    /// The line as it stood.
    pub text: String,
}

/// Why a line was put aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A code, as `data lint` shows it.
    pub code: String,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// A question that took another's place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Correction {
    /// The question's name.
    pub id: String,
    /// The line that holds it now.
    #[serde(flatten)]
    pub place: Place,
}

/// What a folder of imported questions holds.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    /// The questions, each with its line.
    pub questions: Vec<Kept>,
    /// What was put aside.
    pub quarantine: Vec<Aside>,
}

/// An imported question.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The question.
    pub question: Question,
    /// Its line.
    pub text: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Imported {
    /// Questions in the folder afterwards.
    pub questions: usize,
    /// Questions that are new.
    pub added: usize,
    /// Questions that were there already, unchanged.
    pub known: usize,
    /// Questions that took another's place.
    pub corrected: Vec<Correction>,
    /// Lines put aside since their question stands already, with the same answer.
    pub repeated: usize,
    /// Lines put aside for an error.
    pub refused: usize,
    /// Lines in quarantine afterwards.
    pub quarantine: usize,
}

impl Collection {
    /// What a folder holds; nothing where there is none.
    ///
    /// # Errors
    /// When a file cannot be read, or was changed to what is none of ours.
    pub fn open(folder: &Path) -> Result<Self> {
        let (questions, quarantine) = (folder.join(QUESTIONS), folder.join(QUARANTINE));
        let mut collection = Collection::default();
        for line in if questions.exists() { read_lines(&questions, &[])? } else { vec![] } {
            let Line { path, number, text, question } = line;
            let question = question.map_err(|(_, reason)| TrainError::Line { path, line: number, reason })?;
            collection.questions.push(Kept { question, text });
        }
        if quarantine.exists() {
            let text = fs::read_to_string(&quarantine).map_err(io(&quarantine))?;
            for (i, line) in text.lines().enumerate() {
                let bad = |e: serde_json::Error| (e.to_string(), quarantine.clone());
                let aside = serde_json::from_str(line).map_err(bad);
                let aside = aside.map_err(|(reason, path)| TrainError::Line { path, line: i + 1, reason })?;
                collection.quarantine.push(aside);
            }
        }
        Ok(collection)
    }

    /// Writes a folder, which is made where it is missing. The quarantine comes first, so that a crash between the two
    /// loses nothing.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(io(folder))?;
        let quarantine = folder.join(QUARANTINE);
        let aside = self.quarantine.iter().map(serde_json::to_string).collect::<std::result::Result<Vec<_>, _>>();
        replace(&quarantine, &aside.map_err(|e| io(&quarantine)(e.into()))?)?;
        replace(&folder.join(QUESTIONS), &self.questions.iter().map(|kept| kept.text.clone()).collect::<Vec<_>>())
    }

    /// The questions alone.
    pub fn known(&self) -> Vec<Question> {
        self.questions.iter().map(|kept| kept.question.clone()).collect()
    }
}

/// Writes lines beside a file, and renames: a reader sees the old ones or the new ones.
fn replace(path: &Path, lines: &[String]) -> Result<()> {
    let new = path.with_extension("jsonl.new");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut file = fs::File::create(&new).map_err(io(&new))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io(&new))?;
    fs::rename(&new, path).map_err(io(path))
}

/// Takes lines that were looked over into a collection. With `strict`, warnings keep a line out too.
///
/// # Errors
/// When a database fails.
pub fn import(
    lines: &[Line],
    found: &mut Linted,
    collection: &mut Collection,
    ground: &Ground<'_>,
    strict: bool,
) -> Result<Imported> {
    let out = out(found, strict);
    let mut intake = Intake::new(lines, collection, ground);
    for (at, line) in lines.iter().enumerate() {
        let Ok(question) = &line.question else { continue };
        let spot = if out.contains(&at) { None } else { Some(intake.spot(question, &line.text)?) };
        match spot {
            Some(Spot::Nowhere(note)) => {
                intake.lose(question);
                found.add(lines, at, note);
            }
            Some(spot) => intake.take(at, question, spot),
            None => intake.lose(question),
        }
    }
    let Intake { mut report, corrections, taken, changed, .. } = intake;
    release(collection, &changed, ground);
    corrections.into_iter().for_each(|aside| put_aside(&mut collection.quarantine, aside));
    found.findings.sort_by_key(|finding| (finding.at, finding.severity, finding.code));
    let refused = found.refused();
    for at in (0..lines.len()).filter(|at| !taken.contains(at)) {
        let is_repeated = !refused.contains(&at) && found.of(at).any(|one| one.code == ASKED_TWICE.code);
        *(if is_repeated { &mut report.repeated } else { &mut report.refused }) += 1;
        put_aside(&mut collection.quarantine, aside(&lines[at], found, at));
    }
    let texts: HashSet<&str> = collection.questions.iter().map(|kept| kept.text.as_str()).collect();
    collection.quarantine.retain(|aside| !texts.contains(aside.text.as_str()));
    Ok(Imported { questions: collection.questions.len(), quarantine: collection.quarantine.len(), ..report })
}

/// The lines that are put aside for what was found in them.
fn out(found: &Linted, strict: bool) -> BTreeSet<usize> {
    let refused = found.refused();
    let more = found.findings.iter().filter(|one| strict || one.code == ASKED_TWICE.code).map(|one| one.at);
    more.chain(refused).collect()
}

/// A question as its line is kept: fields in one order, the query's difficulty where none is given, and what else its
/// writer put there.
fn kept(mut question: Question, text: &str, ground: &Ground<'_>) -> Kept {
    if let Some(sql) = &question.sql
        && let Ok(query) = verify(sql, ground.reader.context.catalog, &Default::default())
    {
        if question.difficulty.is_empty() {
            question.difficulty = features::difficulty(query.query()).to_string();
        }
        question.sql = Some(query.sql().trim_end_matches([';', ' ', '\n', '\r', '\t']).to_owned());
    }
    let mut fields = match serde_json::to_value(&question) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let rest: BTreeMap<String, Value> = serde_json::from_str(text).unwrap_or_default();
    for (name, value) in rest.into_iter().filter(|(name, _)| !TAKEN.contains(&name.as_str())) {
        fields.entry(name).or_insert(value);
    }
    Kept { question, text: Value::Object(fields).to_string() }
}

fn aside(line: &Line, found: &Linted, at: usize) -> Aside {
    let reason = |one: &Finding| {
        let (code, message, help) = (one.code.to_owned(), one.message.clone(), one.help.clone());
        Reason { code, message, help }
    };
    Aside { place: Place::from(line), reasons: found.of(at).map(reason).collect(), text: line.text.clone() }
}

fn corrected(place: Place, text: String, by: &Place) -> Aside {
    let message = format!("corrected by line {} of {}", by.line, by.file.display());
    let reason = Reason { code: CORRECTED.code.to_owned(), message, help: CORRECTED.help.to_owned() };
    Aside { place, reasons: vec![reason], text }
}

/// Adds a line, once: for new reasons where it stood there.
fn put_aside(quarantine: &mut Vec<Aside>, aside: Aside) {
    match quarantine.iter_mut().find(|known| known.text == aside.text) {
        Some(known) => *known = aside,
        None => quarantine.push(aside),
    }
}

/// Lets go of lines that stand among the questions now, mended: by their name or by their words.
fn release(collection: &mut Collection, changed: &HashSet<usize>, ground: &Ground<'_>) {
    let questions = || changed.iter().map(|place| &collection.questions[*place].question);
    let names: HashSet<&str> = questions().map(|question| question.id.as_str()).collect();
    let words: HashSet<String> = questions().flat_map(|question| asked(question, ground)).collect();
    let is_history = |reason: &Reason| [ASKED_TWICE.code, CORRECTED.code].contains(&reason.code.as_str());
    let is_mended = |aside: &Aside| {
        let question: Option<Question> = serde_json::from_str(&aside.text).ok();
        question.is_some_and(|question| {
            let same = asked(&question, ground).iter().any(|key| words.contains(key));
            names.contains(question.id.as_str()) || same
        })
    };
    collection.quarantine.retain(|aside| aside.reasons.iter().any(is_history) || !is_mended(aside));
}
