//! The schema analyzer: a question to its words and values, and to the tables it needs, by name and reason.

use jiff::civil::Date;
use schema::link::{Links, link};
use schema::slot::NormalizedQuestion;
use schema::{Catalog, normalize};
use sql::lexeme::{Lexeme, Lexicon};
use sql::matcher::SlotTable;
use sql::tree::Query;

use crate::conversation::continued;
use crate::engine::Engine;
use crate::prompt::ModelQuestion;
use crate::stage::stage;

/// What was found in a question.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Its words, with slots where values stand.
    pub question: NormalizedQuestion,
    /// The tables, columns, measures and conditions it speaks of, and why.
    pub links: Links,
    /// Its values as the matcher takes them.
    pub slots: SlotTable,
    /// The query that it may go on from; empty at the start of a conversation.
    pub previous: Vec<Lexeme>,
}

impl Analysis {
    /// The question as the one after a query; as it was, where the query cannot be kept.
    pub fn after(mut self, previous: &Query, catalog: &Catalog, lexicon: &Lexicon) -> Self {
        self.previous = continued(previous, &mut self.question, catalog, lexicon).unwrap_or_default();
        self.slots = SlotTable::of(&self.question);
        self
    }

    /// The question as a model reads it.
    pub fn for_model(&self) -> ModelQuestion {
        ModelQuestion::new(&self.question, &self.links).after(self.previous.clone())
    }
}

/// Reads a question that was asked on `today`.
pub fn analyze(engine: &Engine, question: &str, today: Date) -> Analysis {
    let context = engine.context(today);
    let question = stage!("normalise", normalize(question, &context));
    let links = stage!("link", link(&question, &context));
    let slots = SlotTable::of(&question);
    Analysis { question, links, slots, previous: vec![] }
}
