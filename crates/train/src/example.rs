//! A line of a data set, as `data synth` writes it: text only, so that the vocabulary may change without new data.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError, io};

/// What the asker wants; the first token a model writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Rows that the schema holds.
    #[default]
    Answerable,
    /// Something that the schema does not hold.
    Unanswerable,
    /// Something that could mean several things.
    Ambiguous,
    /// A change of data or schema.
    Write,
    /// No question about the data.
    Chat,
    /// One that leans on an earlier question, where there is none.
    FollowUp,
}

/// A value of the question as the model sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleSlot {
    /// `<val1>`, as it stands in `normalized`.
    pub slot: String,
    /// The columns that hold the value, best first, as `Table.Column`.
    pub columns: Vec<String>,
    /// "money" or "percent", for numbers whose unit was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// One question with what the model is to write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its name.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// A query that answers it and can be run; none where it must not be answered.
    pub sql: Option<String>,
    /// What the asker wants.
    pub intent: Intent,
    /// The question after normalisation: words, and slots where values stood.
    pub normalized: String,
    /// The slots of `normalized` that need columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<ExampleSlot>,
    /// The tables and columns that the question speaks of, as names of lexemes, surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// The query before it in a conversation, as names of lexemes, the end included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<String>,
    /// The same as SQL that can be run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_sql: Option<String>,
    /// The canonical query as names of lexemes, without the end; empty where it must not be answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lexemes: Vec<String>,
    /// Hash of the query with its literals removed and its columns kept.
    pub template: String,
    /// Hash of the phrases that worded the question.
    pub family: String,
    /// What it exercises, and where it came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// "easy", "medium", "hard" or "very hard".
    pub difficulty: String,
    /// Whether the question asks for an order.
    #[serde(default)]
    pub ordered: bool,
}

/// Writes examples, one a line.
pub struct ExampleWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl ExampleWriter {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(io(path))?;
        Ok(ExampleWriter { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, example: &Example) -> Result<()> {
        let line = serde_json::to_string(example).map_err(|e| io(&self.path)(e.into()))?;
        writeln!(self.file, "{line}").map_err(io(&self.path))
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.file.flush().map_err(io(&self.path))
    }
}

/// The examples of a file one by one, never more than one in memory.
///
/// # Errors
/// When the file cannot be opened; an item is an error when its line cannot be read.
pub fn read_examples(path: &Path) -> Result<impl Iterator<Item = Result<Example>> + use<>> {
    let file = File::open(path).map_err(io(path))?;
    let path = path.to_owned();
    Ok(BufReader::new(file).lines().enumerate().filter_map(move |(i, line)| match line {
        Err(source) => Some(Err(TrainError::Io { path: path.clone(), source })),
        Ok(line) if line.trim().is_empty() => None,
        Ok(line) => Some(serde_json::from_str(&line).map_err(|e| {
            let reason = e.to_string();
            TrainError::Line { path: path.clone(), line: i + 1, reason }
        })),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_back_what_was_written() {
        let path = std::env::temp_dir().join(format!("examples-{}.jsonl", std::process::id()));
        let one = Example {
            id: "a".into(),
            question: "Active\nprojects?".into(),
            sql: Some("SELECT 1".into()),
            normalized: "<val1> projects".into(),
            slots: vec![ExampleSlot { slot: "<val1>".into(), columns: vec!["P.Status".into()], unit: None }],
            links: vec!["P".into(), "P.Status".into()],
            lexemes: vec!["SELECT".into()],
            ..Example::default()
        };
        let two = Example { id: "b".into(), intent: Intent::Write, ..Example::default() };
        let mut writer = ExampleWriter::create(&path).unwrap();
        writer.write(&one).unwrap();
        writer.write(&two).unwrap();
        writer.finish().unwrap();
        let found: Vec<Example> = read_examples(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, [one, two]);
        std::fs::write(&path, "\n{\"id\":\"a\"}\n").unwrap();
        let message = read_examples(&path).unwrap().next().unwrap().unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
        std::fs::remove_file(&path).unwrap();
    }
}
