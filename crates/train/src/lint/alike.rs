//! What is wrong between questions: names that stand twice, questions asked twice, questions that judge.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::codes::{ANSWERED_TWICE, ASKED_TWICE, JUDGES, NAME_TWICE};
use super::{Ground, Linted, Note};
use crate::error::Result;
use crate::evaluate::Exam;
use crate::question::{Line, Question};

/// Questions that a file that judges asks too.
pub(super) fn leaks(lines: &[Line], found: &mut Linted, against: &[Line], judging: &[Vec<String>]) {
    let mut judged: HashMap<&str, &Line> = HashMap::new();
    for (line, asked) in against.iter().zip(judging) {
        for key in asked {
            judged.entry(key).or_insert(line);
        }
    }
    for at in 0..lines.len() {
        let leak = found.asked[at].iter().find_map(|key| judged.get(key.as_str()));
        let Some(other) = leak else { continue };
        let message = format!("it is asked in {} too, on line {}", other.path.display(), other.number);
        found.add(lines, at, Note::new(&JUDGES, message).about(other));
    }
}

/// Names that two different questions have. The same question under one name is asked twice, which is another matter.
pub(super) fn names(lines: &[Line], found: &mut Linted) {
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let Ok(question) = &line.question else { continue };
        let first = *named.entry(&question.id).or_insert(at);
        if first != at && !corrects_itself(question) && found.asked[first].first() != found.asked[at].first() {
            let message =
                format!("\"{}\" is the name of the question on {} too", question.id, place(line, &lines[first]));
            found.add(lines, at, Note::new(&NAME_TWICE, message).about(&lines[first]));
        }
    }
}

/// Questions that are asked twice: with the same answer by its rows, or with another. What a later line corrects is not
/// compared.
///
/// # Errors
/// When a reference that has run does not run again.
pub(super) fn answers(lines: &[Line], found: &mut Linted, ground: &Ground<'_>) -> Result<()> {
    let groups = groups(lines, found);
    let members: BTreeSet<usize> = groups.iter().flatten().copied().collect();
    let questions: Vec<Question> = members.iter().filter_map(|at| lines[*at].question.clone().ok()).collect();
    let exam = Exam::new(&questions, ground.databases, ground.threads)?;
    let place_of: HashMap<usize, usize> = members.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let same = |a: usize, b: usize| is_same(&exam, place_of[&a], place_of[&b]);
    for group in groups {
        let (first, others) = (group[0], &group[1..]);
        let (alike, apart): (Vec<usize>, Vec<usize>) = others.iter().copied().partition(|other| same(first, *other));
        for at in alike {
            let message = format!("it stands on {} too, with the same answer", place(&lines[at], &lines[first]));
            found.add(lines, at, Note::new(&ASKED_TWICE, message).about(&lines[first]));
        }
        let quarrels = apart.first().map(|one| (first, *one)).into_iter().chain(apart.iter().map(|at| (*at, first)));
        for (at, other) in quarrels {
            let message = format!("{} answers it with other rows", place(&lines[at], &lines[other]));
            found.add(lines, at, Note::new(&ANSWERED_TWICE, message).about(&lines[other]));
        }
    }
    Ok(())
}

/// The lines that ask the same and have no error so far, where there is more than one.
fn groups(lines: &[Line], found: &Linted) -> Vec<Vec<usize>> {
    let refused = found.refused();
    let questions = lines.iter().filter_map(|line| line.question.as_ref().ok());
    let corrected: BTreeSet<&str> = questions.filter_map(|question| question.corrects.as_deref()).collect();
    let mut asking: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, asked) in found.asked.iter().enumerate().filter(|(at, _)| !refused.contains(at)) {
        let is_corrected = |question: &Question| corrected.contains(question.id.as_str()) && !corrects_itself(question);
        for key in asked.iter().filter(|_| !lines[at].question.as_ref().is_ok_and(is_corrected)) {
            asking.entry(key).or_default().insert(at);
        }
    }
    let several = asking.into_values().filter(|group| group.len() > 1).map(|group| group.into_iter().collect());
    several.collect::<BTreeSet<Vec<usize>>>().into_iter().collect()
}

/// Whether a question takes the place of an earlier one of its own name.
fn corrects_itself(question: &Question) -> bool {
    question.corrects.as_ref() == Some(&question.id)
}

/// Whether two questions have the same answer: the same rows on every database, or none at all.
pub(super) fn is_same(exam: &Exam<'_>, a: usize, b: usize) -> bool {
    let (one, other) = (&exam.questions()[a], &exam.questions()[b]);
    match (&one.sql, &other.sql) {
        _ if one.is_answerable() != other.is_answerable() => false,
        (Some(_), Some(sql)) => exam.judge(a, sql).is_ok(),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Another line as one line speaks of it: its file is named where it is another.
fn place(line: &Line, other: &Line) -> String {
    match line.path == other.path {
        true => format!("line {}", other.number),
        false => format!("line {} of {}", other.number, other.path.display()),
    }
}
