//! What an evaluation found: accuracy with counts, by difficulty, tag and number of tables, and every miss with the
//! rows that differ; as JSON and as one HTML page.

use std::collections::BTreeMap;
use std::path::Path;

pub use judge::Apart as Difference;
use serde::{Deserialize, Serialize};

use crate::elements::{Confusion, most};
use crate::error::{Result, io};
use crate::files;
use crate::page::{self, escape};
use crate::question::{Question, Status};
use crate::reliability::Reliability;

/// Lines of each list of what was confused.
const LISTED: usize = 25;

/// Right answers out of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Right ones.
    pub right: usize,
    /// All of them.
    pub questions: usize,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.questions += 1;
    }

    /// Share of right ones, 0 to 1; 0 of none.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.questions.max(1) as f64
    }
}

/// Why an answer is not right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Its rows are not those of the reference or of an alternative.
    Rows,
    /// It cannot be run.
    Fails,
    /// There is none, though the question can be answered.
    Declined,
    /// There is one, though the question must not be answered.
    Answered,
    /// Something broke on the way.
    Error,
}

/// A question that was not answered right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// The question's name.
    pub id: String,
    /// What was asked.
    pub question: String,
    /// Its difficulty.
    pub difficulty: String,
    /// What it exercises.
    pub tags: Vec<String>,
    /// The reference.
    pub expected: Option<String>,
    /// The answer's query.
    pub got: Option<String>,
    /// What the asker was told.
    pub status: Status,
    /// Confidence in the answer, 0 to 1.
    pub confidence: Option<f64>,
    /// Why it is not right.
    pub fault: Fault,
    /// The engine's or the pipeline's words, where something failed.
    pub reason: Option<String>,
    /// The rows that differ, on the first database where some do.
    pub difference: Option<Difference>,
}

/// How one question went.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// None when it was answered right.
    pub miss: Option<Miss>,
    /// Tables in the reference; 0 where there is none.
    pub tables: usize,
    /// Whether it was right with no rows on any database.
    pub both_empty: bool,
    /// Whether rows were given.
    pub answered: bool,
    /// Confidence in the answer, 0 to 1.
    pub confidence: Option<f64>,
}

/// One question of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// The question's name.
    pub id: String,
    /// Whether it was answered right, or declined where it must be.
    pub right: bool,
    /// Confidence in the answer, where there was one.
    pub confidence: Option<f64>,
}

/// Accuracy of a model on a question file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// SHA-256 of the question file; empty where there was none.
    #[serde(default)]
    pub questions_sha256: String,
    /// Databases that each answer was compared on.
    pub databases: usize,
    /// Questions that can be answered; a declined one counts as wrong.
    pub answerable: Tally,
    /// Questions that must not be answered.
    pub must_decline: Tally,
    /// Answerable questions that were declined.
    pub declined: usize,
    /// Right answers without rows on any database, counted in `answerable` too.
    pub both_empty: usize,
    /// Answerable questions by difficulty.
    pub by_difficulty: BTreeMap<String, Tally>,
    /// Answerable questions by tag.
    pub by_tag: BTreeMap<String, Tally>,
    /// Answerable questions by the number of tables in the reference.
    pub by_tables: BTreeMap<usize, Tally>,
    /// Answerable questions by who asks them, where the file says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_persona: BTreeMap<String, Tally>,
    /// Every question, in order.
    #[serde(default)]
    pub graded: Vec<Graded>,
    /// What wrong queries lack, have too much, and have in whose place.
    #[serde(default)]
    pub confusion: Confusion,
    /// Wrong answers by reason.
    pub by_fault: BTreeMap<Fault, usize>,
    /// Wall-clock seconds of the whole evaluation.
    pub seconds: f64,
    /// Every question that went wrong, in order.
    pub misses: Vec<Miss>,
}

impl Report {
    /// Counts one question.
    pub fn add(&mut self, question: &Question, verdict: Verdict) {
        let right = verdict.miss.is_none();
        let confidence = verdict.confidence.filter(|_| verdict.answered);
        self.graded.push(Graded { id: question.id.clone(), right, confidence });
        if question.is_answerable() {
            self.answerable.add(right);
            self.by_difficulty.entry(question.difficulty.clone()).or_default().add(right);
            self.by_tables.entry(verdict.tables).or_default().add(right);
            for tag in &question.tags {
                self.by_tag.entry(tag.clone()).or_default().add(right);
            }
            if let Some(persona) = &question.persona {
                self.by_persona.entry(persona.clone()).or_default().add(right);
            }
            self.declined += usize::from(!verdict.answered);
            self.both_empty += usize::from(verdict.both_empty);
        } else {
            self.must_decline.add(right);
        }
        if let Some(miss) = verdict.miss {
            *self.by_fault.entry(miss.fault).or_default() += 1;
            self.misses.push(miss);
        }
    }

    /// Accuracy on the answerable questions of some difficulties together.
    pub fn of_difficulties(&self, names: &[&str]) -> Tally {
        let chosen = names.iter().filter_map(|name| self.by_difficulty.get(*name));
        chosen.fold(Tally::default(), |sum, t| Tally {
            right: sum.right + t.right,
            questions: sum.questions + t.questions,
        })
    }

    /// How far the confidence of answers can be relied on; an answer to what must be declined is wrong.
    pub fn reliability(&self) -> Reliability {
        let answers = self.graded.iter().filter_map(|graded| Some((graded.confidence?, graded.right)));
        Reliability::of(&answers.collect::<Vec<_>>())
    }

    /// All questions, those that must be declined included.
    pub fn all(&self) -> Tally {
        let (a, d) = (self.answerable, self.must_decline);
        Tally { right: a.right + d.right, questions: a.questions + d.questions }
    }

    /// Writes `report.json` and `index.html` into a folder, which is made where it is missing.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
        let json = folder.join("report.json");
        let text = serde_json::to_string_pretty(self).map_err(|e| io(&json)(e.into()))?;
        files::replace(&json, text + "\n")?;
        files::replace(&folder.join("index.html"), self.html())
    }

    /// The report as one HTML page without scripts.
    pub fn html(&self) -> String {
        let mut page = page::head("Evaluation");
        let databases = self.databases;
        page += &format!("<p>Compared by rows on {databases} databases, in {:.1} s.</p>", self.seconds);
        let by_tables = self.by_tables.iter().map(|(n, tally)| (n.to_string(), *tally));
        let totals = [
            ("answerable".to_owned(), self.answerable),
            ("must be declined".to_owned(), self.must_decline),
            ("all".to_owned(), self.all()),
        ];
        page += &table("Accuracy", totals.into_iter());
        page += &table("By difficulty", self.by_difficulty.iter().map(|(n, t)| (n.clone(), *t)));
        page += &table("By number of tables", by_tables);
        page += &table("By persona", self.by_persona.iter().map(|(n, t)| (n.clone(), *t)));
        page += &table("By tag", self.by_tag.iter().map(|(n, t)| (n.clone(), *t)));
        let (declined, empty) = (self.declined, self.both_empty);
        page += &format!("<p>Answerable and declined: {declined}. Right with no rows: {empty}.</p>");
        let reliability = self.reliability();
        let (ece, coverage) = (reliability.ece, 100.0 * reliability.coverage_at_99);
        page += &format!(
            "<h2>Confidence</h2><p>Expected calibration error {ece:.3}; {coverage:.1} % of answers can be given at 99 % right.</p>{}",
            reliability.svg()
        );
        let lists = [
            ("One thing for another", &self.confusion.swapped),
            ("What wrong queries lack", &self.confusion.lacking),
            ("What wrong queries have too much", &self.confusion.superfluous),
        ];
        lists.into_iter().for_each(|(title, counts)| page += &counted(title, counts));
        page += &format!("<h2>{} misses</h2>", self.misses.len());
        self.misses.iter().for_each(|miss| page += &miss_html(miss));
        page + page::END
    }
}

fn table(title: &str, rows: impl Iterator<Item = (String, Tally)>) -> String {
    let mut text =
        format!("<h2>{title}</h2><table><tr><th></th><th>accuracy</th><th>right</th><th>questions</th></tr>");
    for (name, tally) in rows {
        let percent = 100.0 * tally.accuracy();
        let (right, questions) = (tally.right, tally.questions);
        text += &format!(
            "<tr><td>{}</td><td class=n>{percent:.1} %</td><td class=n>{right}</td><td class=n>{questions}</td></tr>",
            escape(&name)
        );
    }
    text + "</table>"
}

/// The most frequent of what was counted.
fn counted(title: &str, counts: &BTreeMap<String, usize>) -> String {
    let rows = most(counts, LISTED);
    let rows = rows.into_iter().map(|(name, n)| format!("<tr><td>{}</td><td class=n>{n}</td></tr>", escape(name)));
    format!("<h2>{title}</h2><table>{}</table>", rows.collect::<String>())
}

/// A miss as a section of a page.
pub(crate) fn miss_html(miss: &Miss) -> String {
    let tags = miss.tags.join(", ");
    let fault = format!("{:?}", miss.fault).to_lowercase();
    let mut text = format!(
        "<section><b>{}</b> <small>{} · {} · {} · {fault}</small>",
        escape(&miss.question),
        escape(&miss.id),
        escape(&miss.difficulty),
        escape(&tags)
    );
    for (name, sql) in [("expected", &miss.expected), ("got", &miss.got)] {
        if let Some(sql) = sql {
            text += &format!("<small>{name}</small><pre>{}</pre>", escape(sql));
        }
    }
    if let Some(reason) = &miss.reason {
        text += &format!("<p>{}</p>", escape(reason));
    }
    if let Some(difference) = &miss.difference {
        text += &difference_html(difference);
    }
    text + "</section>"
}

fn difference_html(difference: &Difference) -> String {
    let shape = |(rows, columns): (usize, usize)| format!("{rows} rows × {columns}");
    let (expected, got) = (shape(difference.expected_shape), shape(difference.got_shape));
    let mut text = format!("<small>database {}: expected {expected}, got {got}</small>", difference.database + 1);
    for (name, rows) in [("only expected", &difference.only_expected), ("only got", &difference.only_got)] {
        for row in rows {
            let row = serde_json::to_string(row).unwrap_or_default();
            text += &format!("<br><small>{name}</small> <code>{}</code>", escape(&row));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(difficulty: &str, tags: &[&str], status: Status) -> Question {
        let tags = tags.iter().map(|t| (*t).to_owned()).collect();
        Question { difficulty: difficulty.to_owned(), tags, status, ..Question::default() }
    }

    fn verdict(fault: Option<Fault>, tables: usize) -> Verdict {
        let miss = fault.map(|fault| Miss {
            id: "q".into(),
            question: "a < b & \"c\"?".into(),
            difficulty: "easy".into(),
            tags: vec![],
            expected: Some("SELECT 1".into()),
            got: None,
            status: Status::Abstained,
            confidence: None,
            fault,
            reason: None,
            difference: Some(Difference::default()),
        });
        let answered = fault != Some(Fault::Declined);
        Verdict { answered, miss, tables, both_empty: false, confidence: Some(0.5) }
    }

    #[test]
    fn counts_by_every_feature() {
        let mut report = Report { databases: 3, ..Report::default() };
        report.add(&question("easy", &["filter"], Status::Answered), verdict(None, 1));
        report.add(&question("medium", &["filter", "join"], Status::Answered), verdict(Some(Fault::Rows), 2));
        report.add(&question("hard", &["join"], Status::Answered), verdict(Some(Fault::Declined), 2));
        report.add(&question("easy", &["write"], Status::Refused), verdict(None, 0));
        let tally = |right, questions| Tally { right, questions };
        assert_eq!(report.answerable, tally(1, 3));
        assert_eq!(report.must_decline, tally(1, 1));
        assert_eq!(report.all(), tally(2, 4));
        assert_eq!(report.of_difficulties(&["easy", "medium"]), tally(1, 2));
        assert_eq!((report.by_tag["filter"], report.by_tag["join"]), (tally(1, 2), tally(0, 2)));
        assert!(!report.by_tag.contains_key("write"));
        assert_eq!((report.by_tables[&2], report.declined), (tally(0, 2), 1));
        assert_eq!((report.by_fault[&Fault::Rows], report.misses.len()), (1, 2));
        let page = report.html();
        // Two answers at 50 % and one of them right; what was declined has no confidence. The right refusal counts too.
        assert!(report.graded.len() == 4 && report.graded[2].confidence.is_none());
        assert!(page.contains("a &lt; b &amp; &quot;c&quot;?") && page.contains("33.3 %"), "{page}");
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(report, serde_json::from_str(&text).unwrap());
    }
}
