//! Rewards: how many a second, and whether a wrong query earns what a right one does.
//!
//! * [`speed`]: right and wrong completions of the pack's questions, with and without databases made for each question.
//! * [`adversaries`]: queries made to be wrong.
//! * [`fooled`]: how many of them earn as much as the reference.

mod adversaries;
mod fooled;
mod speed;

use answer::pack::Pack;
use database::Image;
use judge::reward::{Case, Court};
use sql::print::readable;
use sql::{VerifiedQuery, verify};
use train::evaluate::{in_parallel, limits};
use train::question::{Question, read_questions};

use super::{Args, Measured};
use crate::commands::eval::{failed, reward_databases};
use crate::context::Context;
use crate::exit::Failure;

/// Speed always; deceptions where `--adversarial` asks for them.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let images = reward_databases(&pack)?;
    let asked = asked(args, &pack)?;
    let opened = in_parallel(asked.len(), usize::from(args.threads), &|i| Docket::open(&asked[i], &images));
    let dockets: Vec<Docket> = opened.into_iter().flatten().collect();
    let ground = Ground { pack: &pack, images: &images, dockets: &dockets };
    match args.adversarial {
        None => Ok(speed::measure(&ground, args)),
        Some(count) => fooled::measure(&ground, count as usize, args, context),
    }
}

/// What is rewarded, and where.
struct Ground<'a> {
    pack: &'a Pack,
    images: &'a [Image],
    dockets: &'a [Docket],
}

/// A question with its reference and what that returns.
struct Docket {
    question: Question,
    reference: VerifiedQuery,
    /// The reference as a person reads it.
    text: String,
    /// The reference and what answers the question as well.
    right: Vec<VerifiedQuery>,
    case: Case,
}

impl Ground<'_> {
    /// A court that asks so many databases made for a question.
    fn court(&self, witnesses: u16) -> Court<'_> {
        Court { images: self.images, limits: limits(), witnesses: usize::from(witnesses), in_words: false }
    }
}

impl Docket {
    /// None where the reference cannot be used.
    fn open(question: &Question, images: &[Image]) -> Option<Self> {
        let catalog = images.first()?.catalog();
        let reference = verify(question.sql.as_ref()?, catalog, &Default::default()).ok()?;
        let alternatives = question.alternatives.iter();
        let others = alternatives.filter_map(|sql| verify(sql, catalog, &Default::default()).ok());
        let right: Vec<VerifiedQuery> = std::iter::once(reference.clone()).chain(others).collect();
        let case = Case::open(images, &right, question.ordered, &limits()).ok()?;
        let text = readable(reference.query(), catalog);
        Some(Docket { question: question.clone(), reference, text, right, case })
    }
}

/// Questions of the files that are named, else the pack's examples; those that can be answered.
fn asked(args: &Args, pack: &Pack) -> Result<Vec<Question>, Failure> {
    let mut questions: Vec<Question> = vec![];
    for path in &args.questions {
        questions.extend(read_questions(path).map_err(|e| failed(&e))?);
    }
    if args.questions.is_empty() {
        let lines = pack.files.examples.lines().filter(|line| !line.trim().is_empty());
        let read = lines.map(serde_json::from_str::<Question>).collect::<Result<Vec<_>, _>>();
        questions = read.map_err(|e| Failure::data(format_args!("the pack's examples: {e}")))?;
    }
    questions.retain(|question| question.is_answerable() && question.sql.is_some());
    match questions.is_empty() {
        true => Err(Failure::data("there are no questions with references to reward answers to")),
        false => Ok(questions),
    }
}
