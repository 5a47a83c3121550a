//! Whether one thing asked in several ways is given one answer, right or wrong.

use std::collections::BTreeMap;

use database::Rows;
use judge::{Expected, same_answer};
use serde::{Deserialize, Serialize};

use crate::evaluate::{Exam, Reply, in_parallel};
use crate::question::Question;

/// Pairs of questions with one reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// References that were asked for in more than one way.
    pub references: usize,
    /// Pairs of such ways.
    pub pairs: usize,
    /// Pairs whose answers return the same rows on every database; a question without rows agrees with none.
    pub same: usize,
}

impl Consistency {
    /// Share of pairs with the same rows, 0 to 1.
    pub fn share(&self) -> f64 {
        self.same as f64 / self.pairs.max(1) as f64
    }
}

/// Asks the answerable questions, and compares the answers to those with the same reference.
pub fn consistency(exam: &Exam<'_>, ask: &(dyn Fn(&Question, Option<&str>) -> Reply + Sync)) -> Consistency {
    let questions = exam.questions();
    let mut groups: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (i, question) in questions.iter().enumerate().filter(|(_, question)| question.is_answerable()) {
        if let Some(sql) = &question.sql {
            groups.entry((sql, question.previous.as_deref())).or_default().push(i);
        }
    }
    let groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    let found = in_parallel(groups.len(), exam.threads(), &|at| {
        let results: Vec<Option<Vec<Rows>>> = groups[at].iter().map(|i| exam.rows(*i, ask)).collect();
        let pairs = (0..results.len()).flat_map(|a| (a + 1..results.len()).map(move |b| (a, b)));
        let agree = pairs.map(|(a, b)| are_same(results[a].as_deref(), results[b].as_deref()));
        agree.fold((0, 0), |(pairs, same), agrees| (pairs + 1, same + usize::from(agrees)))
    });
    let sum = Consistency { references: groups.len(), ..Consistency::default() };
    found.into_iter().fold(sum, |sum, (pairs, same)| Consistency {
        pairs: sum.pairs + pairs,
        same: sum.same + same,
        ..sum
    })
}

fn are_same(a: Option<&[Rows]>, b: Option<&[Rows]>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    a.iter().zip(b).all(|(a, b)| same_answer(&Expected::unordered(a.clone()), b).is_same())
}
