//! `glrl train sft`: supervised fine-tuning from data files to a run folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use answer::channel::USUAL_WEIGHT;
use answer::engine::{LoadedModel, metadata};
use answer::orchestrator::Options;
use answer::pack::Pack;
use answer::vocabulary::Vocabulary;
use model::model_folder::{self, Loaded};
use model::parameters::Parameters;
use train::config::{SftConfig, ShapeConfig};
use train::dataset::Dataset;
use train::encode::{load_dataset, vocabulary_of};
use train::evaluate::{Exam, grade_weights};
use train::metrics::Metrics;
use train::question::{Question, read_questions};
use train::run::{Evaluate, Event, Origin, Outcome as Trained};
use train::sft::{Job, sft};

use super::progress::Progress;
use super::{command_line, exact, tell};
use crate::commands::eval::{FILL_SEED, TODAY, databases, engine_over, failed, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder that `glrl data synth` wrote.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The run's folder, `runs/NAME`.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The model folder or checkpoint to begin with, its shape and vocabulary too; without it, random weights.
    #[arg(long, value_name = "DIR")]
    pub(super) model: Option<String>,
    /// Settings of the training, as TOML; a run's config.resolved.toml is one.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Go on from the run's newest whole checkpoint.
    #[arg(long)]
    resume: bool,
    /// Seed of weights, order and dropout.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop after so many minutes of steps.
    #[arg(long, value_name = "N")]
    minutes: Option<f64>,
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
    /// The day that relative dates in the development questions are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
}

/// Trains.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let mut config = recipe(args)?;
    let today = fixed_day(&args.today)?;
    let pack = context.pack()?;
    let files = [args.data.join("train.jsonl")];
    context.note("reading the data");
    let start = match &args.model {
        Some(_) => Some(exact(context.model(&pack)?, &pack)?),
        None => None,
    };
    if let Some(start) = &start {
        config.model = ShapeConfig::of(&start.model.parameters().config, config.model.dropout);
    }
    let vocabulary = match &start {
        Some(start) => start.vocabulary.clone(),
        None => vocabulary_of(&pack, &files, &config).map_err(|e| failed(&e))?,
    };
    let judged = judged(&pack, &vocabulary, start.as_ref(), &config)?;
    let data = load_dataset(&files, &pack, &vocabulary, &config).map_err(|e| failed(&e))?;
    let questions = development(&args.data, &config)?;
    let images = databases(&pack, FILL_SEED)?;
    let exam = Exam::new(&questions, &images, config.threads).map_err(|e| failed(&e))?;
    let mut engine = engine_over(pack.clone(), &images[0], Ok(judged))?;
    let start = start.as_ref().map(|start| start.model.parameters());
    let options = Options::on(today);
    let writes = config.writes();
    let mut evaluate = |parameters: &Parameters| grade_weights(&exam, &mut engine, (parameters, writes), &options);
    let trained = train(args, &config, &Ground { pack: &pack, start, vocabulary: &vocabulary, data: &data }, context, &mut evaluate);
    tell(&args.run, &trained?, context)
}

struct Ground<'a> {
    pack: &'a Pack,
    start: Option<&'a Parameters>,
    vocabulary: &'a Vocabulary,
    data: &'a Dataset,
}

fn train(
    args: &Args,
    config: &SftConfig,
    ground: &Ground<'_>,
    context: &Context,
    evaluate: &mut Evaluate<'_>,
) -> Result<Trained, Failure> {
    let metadata = metadata(ground.pack, ground.vocabulary, config.writes());
    let origin = Origin { command: command_line(), commit: None };
    let tokenizer = &ground.vocabulary.tokenizer;
    let Ground { start, data, .. } = *ground;
    let job = Job { config, start, data, tokenizer, metadata: &metadata, origin: &origin, run: &args.run };
    let mut progress = Progress::new(context);
    let trained = sft(&job, args.resume, evaluate, &mut |event| {
        progress.show(event);
        let is_last = |line: &Metrics| args.stop_at.is_some_and(|last| line.step >= last);
        match event {
            Event::Step(line) if is_last(line) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    progress.finish();
    trained.map_err(|e| failed(&e))
}

/// The recipe's settings, with the flags over them.
fn recipe(args: &Args) -> Result<SftConfig, Failure> {
    let mut config = match &args.recipe {
        None => SftConfig::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?;
            SftConfig::from_toml(&text).map_err(|e| failed(&e))?
        }
    };
    config.seed = args.seed.unwrap_or(config.seed);
    config.threads = args.threads.unwrap_or(config.threads);
    if let Some(minutes) = args.minutes {
        (config.schedule.minutes, config.schedule.max_steps) = (minutes, 0);
    }
    config.schedule.max_steps = args.steps.unwrap_or(config.schedule.max_steps);
    config.evaluation.patience = args.patience.unwrap_or(config.evaluation.patience);
    config.check().map_err(|e| failed(&e))?;
    Ok(config)
}

/// As many development questions as the recipe asks for, spread over the file.
fn development(data: &Path, config: &SftConfig) -> Result<Vec<Question>, Failure> {
    let questions = read_questions(&data.join("dev.jsonl")).map_err(|e| failed(&e))?;
    let wanted = config.evaluation.questions.min(questions.len());
    let step = questions.len().checked_div(wanted).unwrap_or(1).max(1);
    Ok(questions.into_iter().step_by(step).take(wanted).collect())
}

/// A model of the right shape for the engine to hold, which training gives its own weights; a network that writes questions
/// stands in it beside the one that it began with.
fn judged(
    pack: &Pack,
    vocabulary: &Vocabulary,
    start: Option<&LoadedModel>,
    config: &SftConfig,
) -> Result<LoadedModel, Failure> {
    let parameters = Parameters::init(&config.shape(vocabulary.size()), config.seed);
    let parameters = parameters.map_err(|e| Failure::new(Exit::Settings, "settings", e))?;
    let tokenizer = Some(vocabulary.tokenizer.clone());
    let metadata = metadata(pack, vocabulary, config.writes());
    let loaded = match (config.data.reversed, start) {
        (false, _) => Loaded { parameters, tokenizer, metadata, channel: None },
        (true, Some(start)) => Loaded {
            parameters: start.model.parameters().clone(),
            tokenizer,
            metadata: start.metadata.clone(),
            channel: Some(model_folder::Channel { parameters, metadata }),
        },
        (true, None) => {
            let failure = Failure::usage("a network that writes questions (data.reversed) begins with one that writes queries");
            return Err(failure.hint("name its model folder with --model"));
        }
    };
    let mut model = LoadedModel::new(loaded, pack).map_err(|e| Failure::new(Exit::Failed, "internal", e))?;
    model.channel.iter_mut().for_each(|channel| channel.weight = USUAL_WEIGHT);
    Ok(model)
}
