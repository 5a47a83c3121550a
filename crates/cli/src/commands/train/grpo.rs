//! `glrl train grpo`: policy gradients from question files to a run folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use answer::pack::Pack;
use train::evaluate::Exam;
use train::grpo::config::GrpoConfig;
use train::grpo::{Job, grpo};
use train::question::{Question, read_questions};
use train::run::{Event, Origin};
use train::synth::sets::is_learnt_from;

use super::progress::Progress;
use super::{command_line, exact, tell};
use crate::commands::eval::{FILL_SEED, TODAY, databases, engine_over, failed, fixed_day, reward_databases};
use crate::context::Context;
use crate::exit::{Failure, Outcome};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Question files, or data files of `glrl data synth`, to practise on; each wording is a question.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    questions: Vec<PathBuf>,
    /// Questions that the model is judged by as it goes, never practised on.
    #[arg(long, value_name = "FILE")]
    dev: PathBuf,
    /// The run's folder, `runs/NAME`.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The model folder or checkpoint to begin with; without it, the model inside the program.
    #[arg(long, value_name = "DIR")]
    pub(super) model: Option<String>,
    /// Settings of the training, as TOML; a run's config.resolved.toml is one.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Settings to begin with: "default", or "seed" for those of the first design (5 candidates, KL 0.1, rate 5e-6).
    #[arg(long, value_name = "NAME", default_value = "default", conflicts_with = "recipe")]
    profile: Profile,
    /// Go on from the run's newest whole checkpoint.
    #[arg(long)]
    resume: bool,
    /// Seed of the questions' order and of every draw.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop after so many steps.
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Stop after this step as if interrupted there, with a checkpoint that `--resume` goes on from.
    #[arg(long, value_name = "STEP")]
    stop_at: Option<u64>,
    /// Stop after so many evaluations in a row that are no better than the best before.
    #[arg(long, value_name = "N")]
    patience: Option<u64>,
    /// Threads; the weights do not depend on them.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Profile {
    Default,
    Seed,
}

/// Practises.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let config = recipe(args)?;
    let today = fixed_day(&args.today)?;
    let pack = context.pack()?;
    let mut questions = practice(&args.questions)?;
    let all = questions.len();
    questions.retain(|question| fits(question, &pack));
    if questions.len() < all {
        context.note(format_args!("left out {} questions whose queries do not fit the tables", all - questions.len()));
    }
    let held_out = read_questions(&args.dev).map_err(|e| failed(&e))?;
    let (judged_on, rewarded_on) = (databases(&pack, FILL_SEED)?, reward_databases(&pack)?);
    let exam = Exam::new(&held_out, &judged_on, config.threads).map_err(|e| failed(&e))?;
    let model = exact(context.model(&pack)?, &pack)?;
    let (start, tokenizer) = (model.model.parameters().clone(), model.vocabulary.tokenizer.clone());
    let metadata = model.metadata.clone();
    let mut engine = engine_over(pack, &judged_on[0], Ok(model))?;
    let job = Job {
        config: &config,
        start: &start,
        questions: &questions,
        databases: &rewarded_on,
        exam: &exam,
        today,
        tokenizer: &tokenizer,
        metadata: &metadata,
        origin: &Origin { command: command_line(), commit: None },
        run: &args.run,
    };
    context.note(format_args!("{} questions to practise on", questions.len()));
    let mut progress = Progress::new(context);
    let trained = grpo(&job, args.resume, &mut engine, &mut |event| {
        progress.show(event);
        match event {
            Event::Step(line) if args.stop_at.is_some_and(|last| line.step >= last) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    progress.finish();
    tell(&args.run, &trained.map_err(|e| failed(&e))?, context)
}

/// Whether the reference of a question, and the query that it goes on from, can be run.
fn fits(question: &Question, pack: &Pack) -> bool {
    let mut queries = question.sql.iter().chain(&question.previous);
    queries.all(|sql| sql::verify(sql, &pack.catalog, &Default::default()).is_ok())
}

/// The recipe's settings, with the flags over them.
fn recipe(args: &Args) -> Result<GrpoConfig, Failure> {
    let mut config = match (&args.recipe, args.profile) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?;
            GrpoConfig::from_toml(&text).map_err(|e| failed(&e))?
        }
        (None, Profile::Default) => GrpoConfig::default(),
        (None, Profile::Seed) => GrpoConfig::seed(),
    };
    config.seed = args.seed.unwrap_or(config.seed);
    config.threads = args.threads.unwrap_or(config.threads);
    config.schedule.max_steps = args.steps.unwrap_or(config.schedule.max_steps);
    config.evaluation.patience = args.patience.unwrap_or(config.evaluation.patience);
    config.check().map_err(|e| failed(&e))?;
    Ok(config)
}

/// All questions of the files in all their wordings. Files for tests and for choices are refused.
fn practice(files: &[PathBuf]) -> Result<Vec<Question>, Failure> {
    let mut found = vec![];
    for file in files {
        if !is_practised_on(file) {
            let message = format!("{}: files named test* and dev* are never learnt from", file.display());
            return Err(Failure::usage(message));
        }
        for question in read_questions(file).map_err(|e| failed(&e))? {
            let also = question.also.iter().map(|wording| Question {
                question: wording.clone(),
                also: vec![],
                ..question.clone()
            });
            found.extend(also.collect::<Vec<_>>());
            found.push(Question { also: vec![], ..question });
        }
    }
    Ok(found)
}

fn is_practised_on(file: &Path) -> bool {
    file.file_name().is_some_and(|name| is_learnt_from(&name.to_string_lossy()))
}
