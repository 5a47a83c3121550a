//! Where a question goes: behind all others, to the place of one that it corrects, or nowhere.

use std::collections::{HashMap, HashSet};

use super::{Aside, Collection, Correction, Imported, Kept, QUESTIONS, corrected, kept};
use crate::error::Result;
use crate::lint::codes::{ANSWERED_TWICE, ASKED_TWICE, CORRECTS_NOTHING, FOLLOWS_NOTHING};
use crate::lint::{Ground, Note, Place, asked, has_same_answer};
use crate::question::{Line, Question};

/// An import on its way.
pub(super) struct Intake<'a, 'g> {
    lines: &'a [Line],
    collection: &'a mut Collection,
    ground: &'a Ground<'g>,
    /// Where the question of a name stands.
    named: HashMap<String, usize>,
    /// Where the question that asks this stands, by any of its wordings.
    asking: HashMap<String, usize>,
    /// Names that lines of this import had and that are not in the collection.
    lost: HashSet<String>,
    /// The names under which lines of this import are kept, where those are others.
    renamed: HashMap<String, String>,
    /// Lines of this import in the collection, by their place there.
    from: HashMap<usize, Place>,
    /// Lines that were taken.
    pub(super) taken: HashSet<usize>,
    /// Where the collection is not what it was.
    pub(super) changed: HashSet<usize>,
    /// Lines that were replaced.
    pub(super) corrections: Vec<Aside>,
    /// What was done.
    pub(super) report: Imported,
}

/// Where a question goes.
pub(super) enum Spot {
    /// Behind all others.
    New,
    /// To the place of another.
    Of(usize),
    /// Aside, for this reason.
    Nowhere(Note),
}

impl<'a, 'g> Intake<'a, 'g> {
    /// Nothing taken yet.
    pub(super) fn new(lines: &'a [Line], collection: &'a mut Collection, ground: &'a Ground<'g>) -> Self {
        let mut intake = Intake {
            lines,
            collection,
            ground,
            named: HashMap::new(),
            asking: HashMap::new(),
            lost: HashSet::new(),
            renamed: HashMap::new(),
            from: HashMap::new(),
            taken: HashSet::new(),
            changed: HashSet::new(),
            corrections: vec![],
            report: Imported::default(),
        };
        (0..intake.collection.questions.len()).for_each(|place| intake.note(place));
        intake
    }

    /// Remembers what stands at a place.
    fn note(&mut self, place: usize) {
        let question = &self.collection.questions[place].question;
        self.named.insert(question.id.clone(), place);
        for key in asked(question, self.ground) {
            self.asking.insert(key, place);
        }
    }

    /// Where a question goes. Its name decides before its words.
    ///
    /// # Errors
    /// When a database fails.
    pub(super) fn spot(&self, question: &Question, text: &str) -> Result<Spot> {
        let named = match &question.corrects {
            None => self.named.get(&question.id).copied(),
            Some(id) => match self.named.get(id) {
                Some(place) => Some(*place),
                None => {
                    return Ok(Spot::Nowhere(Note::new(&CORRECTS_NOTHING, format!("there is no question \"{id}\""))));
                }
            },
        };
        if let Some(note) = self.breaks(question, named) {
            return Ok(Spot::Nowhere(note));
        }
        let keys = asked(question, self.ground);
        let other = keys.iter().filter_map(|key| self.asking.get(key)).find(|place| Some(**place) != named);
        match (named, other) {
            (None, None) => Ok(Spot::New),
            (Some(place), None) => Ok(Spot::Of(place)),
            (named, Some(other)) => self.asked_before(question, text, *other, named.is_some()),
        }
    }

    /// Why a question would break a conversation: it follows one that is not there, or stands behind its place.
    fn breaks(&self, question: &Question, place: Option<usize>) -> Option<Note> {
        let broken = |message: String| Some(Note::new(&FOLLOWS_NOTHING, message));
        if let Some(before) = &question.after {
            let stands = self.named.get(self.renamed.get(before).unwrap_or(before));
            if self.lost.contains(before) || stands.is_none_or(|stands| place.is_some_and(|place| *stands >= place)) {
                return broken(format!("it follows \"{before}\", which was put aside or stands behind it"));
            }
        }
        let id = &self.collection.questions[place?].question.id;
        let mut others = self.collection.questions.iter().map(|kept| &kept.question);
        let follower = others.find(|other| question.sql.is_none() && other.after.as_ref() == Some(id))?;
        broken(format!("\"{}\" follows it, so that it needs a query", follower.id))
    }

    /// A question that another name asks already: its correction, unless its answer is the same. One that takes the place of
    /// a third question can take no second one.
    fn asked_before(&self, question: &Question, text: &str, other: usize, is_placed: bool) -> Result<Spot> {
        let Kept { question: known, text: stands } = &self.collection.questions[other];
        let id = &known.id;
        if !is_placed && self.kept_as(question, id, text).text == *stands {
            return Ok(Spot::Of(other));
        }
        if has_same_answer(known, question, self.ground)? {
            return Ok(Spot::Nowhere(Note::new(
                &ASKED_TWICE,
                format!("\"{id}\" asks it already, with the same answer"),
            )));
        }
        // Lines of one import are of one day: which of them is right, only their writer knows.
        if is_placed || self.from.contains_key(&other) {
            return Ok(Spot::Nowhere(Note::new(&ANSWERED_TWICE, format!("\"{id}\" asks it already, with other rows"))));
        }
        Ok(Spot::Of(other))
    }

    /// Remembers that what follows this question follows nothing.
    pub(super) fn lose(&mut self, question: &Question) {
        if !self.named.contains_key(&question.id) {
            self.lost.insert(question.id.clone());
        }
    }

    /// The question as it is kept under a name.
    fn kept_as(&self, question: &Question, id: &str, text: &str) -> Kept {
        let after = question.after.as_ref().map(|after| self.renamed.get(after).unwrap_or(after).clone());
        kept(Question { id: id.to_owned(), after, corrects: None, ..question.clone() }, text, self.ground)
    }

    /// Takes a line to its place.
    pub(super) fn take(&mut self, at: usize, question: &Question, spot: Spot) {
        let line = &self.lines[at];
        let place = match spot {
            Spot::Of(place) => place,
            _ => self.collection.questions.len(),
        };
        let stands = self.collection.questions.get(place);
        let id = stands.map_or(&question.id, |stands| &stands.question.id).clone();
        let kept = self.kept_as(question, &id, &line.text);
        match stands.map(|stands| stands.text == kept.text) {
            None => {
                self.collection.questions.push(kept);
                self.changed.insert(place);
                self.report.added += 1;
            }
            Some(true) => self.report.known += 1,
            Some(false) => self.correct(place, kept, Place::from(line)),
        }
        if id != question.id {
            self.renamed.insert(question.id.clone(), id);
        }
        self.taken.insert(at);
        self.from.insert(place, Place::from(line));
        self.note(place);
    }

    /// Puts a question to another's place, whose line is put aside.
    fn correct(&mut self, place: usize, kept: Kept, by: Place) {
        let old = std::mem::replace(&mut self.collection.questions[place], kept);
        self.asking.retain(|_, at| *at != place);
        self.changed.insert(place);
        let stood = self.from.get(&place).cloned();
        let stood = stood.unwrap_or(Place { file: QUESTIONS.into(), line: place + 1 });
        self.corrections.push(corrected(stood, old.text, &by));
        self.report.corrected.retain(|earlier| earlier.id != old.question.id);
        self.report.corrected.push(Correction { id: old.question.id, place: by });
    }
}
