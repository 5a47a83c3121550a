//! The schema analyzer: a question to its words and values, and to the tables it needs, by name and reason.

use jiff::civil::Date;
use schema::link::{Links, link};
use schema::normalize;
use schema::slot::NormalizedQuestion;
use sql::matcher::SlotTable;

use crate::engine::Engine;

/// What was found in a question.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Its words, with slots where values stand.
    pub question: NormalizedQuestion,
    /// The tables, columns, measures and conditions it speaks of, and why.
    pub links: Links,
    /// Its values as the matcher takes them.
    pub slots: SlotTable,
}

/// Reads a question that was asked on `today`.
pub fn analyze(engine: &Engine, question: &str, today: Date) -> Analysis {
    let context = engine.context(today);
    let question = normalize(question, &context);
    let links = link(&question, &context);
    let slots = SlotTable::of(&question);
    Analysis { question, links, slots }
}
