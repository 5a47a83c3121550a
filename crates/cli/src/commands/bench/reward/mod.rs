//! Rewards: how many a second, and whether a wrong query earns what a right one does.
//!
//! * [`speed`]: right and wrong completions of the pack's questions, each run on the reward's databases.
//! * [`adversaries`]: queries made to be wrong.
//! * [`fooled`]: how many of them earn as much as the reference.

mod adversaries;
mod fooled;
mod speed;

use answer::pack::Pack;
use database::Image;
use judge::reward::Case;
use sql::print::readable;
use sql::{VerifiedQuery, verify};
use train::evaluate::{in_parallel, limits};
use train::question::{Question, read_questions};

use super::{Args, Measured};
use crate::commands::eval::{REWARD_SEED, databases, failed};
use crate::context::Context;
use crate::exit::Failure;

/// Speed always; deceptions where `--adversarial` asks for them.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let images = databases(&pack, REWARD_SEED)?;
    let asked = asked(args, &pack)?;
    let (threads, witnesses) = (usize::from(args.threads), usize::from(args.witnesses));
    let opened = in_parallel(asked.len(), threads, &|i| Docket::open(&asked[i], &images, witnesses));
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

impl Docket {
    /// None where the reference cannot be used.
    fn open(question: &Question, images: &[Image], witnesses: usize) -> Option<Self> {
        let catalog = images.first()?.catalog();
        let reference = verify(question.sql.as_ref()?, catalog, &Default::default()).ok()?;
        let alternatives = question.alternatives.iter();
        let others = alternatives.filter_map(|sql| verify(sql, catalog, &Default::default()).ok());
        let right: Vec<VerifiedQuery> = std::iter::once(reference.clone()).chain(others).collect();
        let case = Case::open(images, &right, question.ordered, &limits()).ok()?;
        let case = case.with_witnesses(images, &right, question.ordered, &limits(), witnesses);
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
