//! What is wrong with the words of a question: whether they reach the model, say what the query needs, and tell of it.

use answer::guard::is_write_request;
use judge::reward::completion::{said_parts, used_parts};
use sql::tree::Query;
use sql::verify;

use super::codes::{NEVER_ASKED, NO_INTENT, NOT_LEARNT, OTHER_REASONING};
use super::{Ground, Note};
use crate::canonical::{Obstacle, Stage, read};
use crate::question::Question;

/// Looks at the wordings and the reasoning.
pub(super) fn look(question: &Question, ground: &Ground<'_>) -> Vec<Note> {
    let Some(sql) = &question.sql else {
        let why = "it must not be answered, and training leaves out what does not say why";
        return question.declined_intent().is_none().then(|| Note::new(&NO_INTENT, why)).into_iter().collect();
    };
    let mut notes = never_asked(question);
    if let Ok(query) = verify(sql, ground.reader.context.catalog, &Default::default()) {
        notes.extend(question.reasoning.as_deref().and_then(|said| other_reasoning(said, query.query(), ground)));
        notes.extend(not_learnt(question, sql, ground));
    }
    notes
}

fn never_asked(question: &Question) -> Vec<Note> {
    let is_lost = |wording: &&str| is_write_request(wording, question.previous.is_some());
    let note = |wording: &str| Note::new(&NEVER_ASKED, format!("\"{wording}\" reads as a request to change data"));
    question.asked().filter(is_lost).map(note).collect()
}

/// Tables and clauses that the reasoning names and the query does not have, or has and the reasoning, which names others,
/// does not. Functions are left out: "count" and "date" are words too.
fn other_reasoning(said: &str, query: &Query, ground: &Ground<'_>) -> Option<Note> {
    let catalog = ground.reader.context.catalog;
    let is_table = |part: &String| catalog.tables.iter().any(|table| table.name.eq_ignore_ascii_case(part));
    let (said, used) = (said_parts(said, catalog), used_parts(query, catalog));
    let invented = said.difference(&used).filter(|part| is_table(part) || part.contains(' '));
    let unsaid = used.difference(&said).filter(|part| is_table(part) && said.iter().any(is_table));
    let list = |parts: Vec<&str>| parts.join(", ");
    let invented = list(invented.map(String::as_str).collect());
    let unsaid = list(unsaid.map(String::as_str).collect());
    let message = match (invented.is_empty(), unsaid.is_empty()) {
        (true, true) => return None,
        (false, _) => format!("the reasoning names {invented}, which the query does not have"),
        (true, false) => format!("the query reads {unsaid}, of which the reasoning says nothing"),
    };
    Some(Note::new(&OTHER_REASONING, message))
}

/// The wordings from which the model cannot write the query. Where the query is to blame, once.
fn not_learnt(question: &Question, sql: &str, ground: &Ground<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = vec![];
    for wording in question.asked() {
        let Err(obstacle) = read(&ground.reader, wording, question.previous.as_deref(), sql) else { continue };
        let Obstacle { stage, reason } = &obstacle;
        let message = match stage {
            Stage::Literals => format!("\"{wording}\": {reason}"),
            _ => format!("the model has no words for this query: {}", obstacle.brief()),
        };
        if notes.iter().all(|note| note.message != message) {
            notes.push(Note::new(&NOT_LEARNT, message));
        }
    }
    notes
}
