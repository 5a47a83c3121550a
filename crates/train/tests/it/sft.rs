//! Training on a tiny network: learning, exact resume, crashes.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::inference::{Logits, Model, Options, decode_step, prefill};
use model::optim::Rule;
use model::parameters::Parameters;
use model::tokenizer::{Tokenizer, train_bpe};
use model::weights::Metadata;
use train::checkpoint;
use train::config::{
    CheckpointConfig, DataConfig, EvaluationConfig, OptimiserConfig, ScheduleConfig, SftConfig, ShapeConfig,
};
use train::dataset::{Dataset, Encoded};
use train::error::{Result, TrainError};
use train::export::mean_of;
use train::metrics;
use train::report::{Report, Tally};
use train::run::{Event, Origin, Outcome, weights_sha256};
use train::sft::{Job, sft};
use train::summary::{self, Ending};

use crate::folder::Folder;

/// Evaluations of a run, one after another.
type Scores<'a> = std::slice::Iter<'a, usize>;

const END: u32 = 1;

fn tokenizer() -> Tokenizer {
    let added = ["<sep>", "<end>"].map(str::to_owned);
    train_bpe(["abcdefghijklmnopqrstuvwxyz"], 300, &added).unwrap()
}

/// Pairs of a prompt of five tokens and an answer of up to six that only the whole prompt tells.
fn pairs(count: u32) -> Vec<Encoded> {
    let token = |seed: u32| {
        let x = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        258 + ((x ^ x >> 15).wrapping_mul(2_246_822_519) >> 16) % 20
    };
    (0..count)
        .map(|i| {
            let prompt = (0..4).map(|j| token(i * 31 + j)).chain([0]).collect();
            let completion = (0..3 + i % 3).map(|j| token(i * 57 + 1000 + j)).chain([END]).collect();
            Encoded { prompt, completion, forced: vec![] }
        })
        .collect()
}

fn dataset(pairs: &[Encoded]) -> Dataset {
    let mut data = Dataset::default();
    pairs.iter().for_each(|pair| data.push(pair, 1.0, false).unwrap());
    data
}

fn config(max_steps: u64) -> SftConfig {
    SftConfig {
        seed: 3,
        threads: 1,
        model: ShapeConfig {
            hidden_size: 32,
            num_hidden_layers: 2,
            num_attention_heads: 2,
            num_key_value_heads: 1,
            intermediate_size: 48,
            max_position_embeddings: 32,
            dropout: 0.05,
        },
        data: DataConfig { batch_tokens: 64, ..DataConfig::default() },
        optimiser: OptimiserConfig { learning_rate: 1e-2, ema_decay: 0.9, ..OptimiserConfig::default() },
        schedule: ScheduleConfig { max_steps, ..ScheduleConfig::default() },
        evaluation: EvaluationConfig { every_steps: 5, questions: 0, patience: 0 },
        checkpoint: CheckpointConfig { every_steps: 10, keep: 2 },
        ..SftConfig::default()
    }
}

/// What a test changes of a plain run.
struct Plan<'a> {
    config: SftConfig,
    start: Option<&'a Parameters>,
    data: &'a Dataset,
    resume: bool,
    /// The evaluation after which the power fails, from 1.
    dies_at_evaluation: usize,
}

fn half_right() -> Report {
    Report { answerable: Tally { right: 1, questions: 2 }, ..Report::default() }
}

fn run(folder: &Path, plan: Plan<'_>) -> (Result<Outcome>, Vec<String>) {
    let (tokenizer, metadata, origin) = (tokenizer(), Metadata::new(), Origin::default());
    let job = Job {
        config: &plan.config,
        start: plan.start,
        data: plan.data,
        tokenizer: &tokenizer,
        metadata: &metadata,
        origin: &origin,
        run: folder,
    };
    let (mut evaluations, mut events) = (0, vec![]);
    let mut evaluate = |_: &Parameters| {
        evaluations += 1;
        if evaluations == plan.dies_at_evaluation {
            return Err(TrainError::Evaluation("the power failed".to_owned()));
        }
        Ok(half_right())
    };
    let mut watch = |event: &Event<'_>| {
        if let Event::PassedOver(problem) = event {
            events.push((*problem).to_owned());
        }
        ControlFlow::Continue(())
    };
    let outcome = sft(&job, plan.resume, &mut evaluate, &mut watch);
    (outcome, events)
}

fn plan(data: &Dataset) -> Plan<'_> {
    Plan { config: config(20), start: None, data, resume: false, dies_at_evaluation: 0 }
}

/// Hashes of trained and shipped weights of a run's newest checkpoint.
fn weights(folder: &Path) -> (String, String) {
    let newest = checkpoint::newest(folder).unwrap().0.unwrap();
    let (state, _) = checkpoint::load(&newest).unwrap();
    (weights_sha256(&state.parameters), weights_sha256(state.shipped()))
}

#[test]
fn twenty_pairs_are_learnt_by_heart() {
    let folder = Folder::new("overfit");
    let pairs = pairs(20);
    let data = dataset(&pairs);
    let mut config = config(200);
    config.model.dropout = 0.0;
    config.data.batch_tokens = 4096;
    for rule in [Rule::Muon, Rule::AdamW] {
        config.optimiser.rule = rule;
        let path = folder.0.join(format!("{rule:?}"));
        run(&path, Plan { config: config.clone(), ..plan(&data) }).0.unwrap();
        let newest = checkpoint::newest(&path).unwrap().0.unwrap();
        let model = Model::new(model::model_folder::load(&newest).unwrap().parameters).unwrap();
        let right = pairs.iter().filter(|pair| greedy(&model, &pair.prompt) == pair.completion).count();
        assert_eq!(right, 20, "{rule:?}");
    }
}

/// The likeliest tokens after a prompt, up to the end.
fn greedy(model: &Model, prompt: &[u32]) -> Vec<u32> {
    let (options, mut logits) = (Options::default(), Logits::default());
    let mut cache = prefill(model, &[prompt], options, &mut logits).unwrap();
    let mut written = vec![];
    while written.len() < 10 && written.last() != Some(&END) {
        let row = logits.last(0);
        let best = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        written.push(best as u32);
        decode_step(model, &mut cache, &[best as u32], options, &mut logits).unwrap();
    }
    written
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let data = dataset(&pairs(40));
    let (whole, killed) = (Folder::new("whole"), Folder::new("killed"));
    run(&whole.0, plan(&data)).0.unwrap();

    // Evaluations come every 5 steps: the power fails at step 15, after the checkpoint of step 10.
    let died = run(&killed.0, Plan { dies_at_evaluation: 3, ..plan(&data) }).0;
    assert!(matches!(died, Err(TrainError::Evaluation(_))));
    let mut threaded = config(20);
    threaded.threads = 2;
    let outcome = run(&killed.0, Plan { config: threaded, resume: true, ..plan(&data) }).0.unwrap();
    assert_eq!((outcome.steps, outcome.stopped), (20, false));
    assert_eq!(weights(&whole.0), weights(&killed.0));
    let losses = |folder: &Folder| -> Vec<(u64, Option<f64>, Option<f64>)> {
        metrics::read(&folder.0).unwrap().iter().map(|m| (m.step, m.loss, m.eval_accuracy)).collect()
    };
    assert_eq!(losses(&whole), losses(&killed));
    assert_eq!(losses(&whole).len(), 24);
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let data = dataset(&pairs(40));
    let folder = Folder::new("damaged");
    run(&folder.0, plan(&data)).0.unwrap();
    let good = weights(&folder.0);
    let newest = folder.0.join("checkpoint-000020");
    let file = std::fs::File::options().write(true).open(newest.join("optimizer.safetensors")).unwrap();
    file.set_len(1000).unwrap();
    let (outcome, passed_over) = run(&folder.0, Plan { resume: true, ..plan(&data) });
    assert_eq!(outcome.unwrap().steps, 20);
    assert!(passed_over[0].contains("1000 bytes"), "{passed_over:?}");
    assert_eq!(weights(&folder.0), good);

    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let manifest = entry.unwrap().path().join("MANIFEST.json");
        let _ = std::fs::write(manifest, "{");
    }
    let message = run(&folder.0, Plan { resume: true, ..plan(&data) }).0.unwrap_err().to_string();
    assert!(message.contains("no checkpoint is whole"), "{message}");
}

#[test]
fn the_run_folder_holds_what_it_should() {
    let data = dataset(&pairs(40));
    let folder = Folder::new("layout");
    let outcome = run(&folder.0, Plan { config: config(40), ..plan(&data) }).0.unwrap();
    let mut names: Vec<String> =
        std::fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let events = names.iter().position(|name| name.starts_with("events.out.tfevents.")).unwrap();
    names.remove(events);
    let expected = [
        "best",
        "checkpoint-000035",
        "checkpoint-000040",
        "completions",
        "config.resolved.toml",
        "environment.json",
        "latest",
        "metrics.jsonl",
        "report",
        "summary.json",
    ];
    assert_eq!(names, expected);
    for name in
        ["report/index.html", "report/loss.svg", "report/evaluation/index.html", "completions/step_000040.jsonl"]
    {
        assert!(folder.0.join(name).exists(), "{name}");
    }
    let summary = summary::read(&folder.0).unwrap().unwrap();
    assert_eq!((summary.ending, summary.checkpoint.as_deref()), (Ending::Done, Some("checkpoint-000040")));
    assert_eq!(outcome.best.unwrap().step, 40);
    assert_eq!(std::fs::read_link(folder.0.join("best")).unwrap(), Path::new("checkpoint-000040"));
    assert_eq!(checkpoint::resolve(&folder.0), folder.0.join("best"));
    let resolved = std::fs::read_to_string(folder.0.join("config.resolved.toml")).unwrap();
    assert_eq!(SftConfig::from_toml(&resolved).unwrap(), config(40));
    let lines = metrics::read(&folder.0).unwrap();
    let steps: Vec<_> = lines.iter().filter(|m| m.loss.is_some()).collect();
    assert!(steps.iter().all(|m| m.tokens_per_second.unwrap() > 0.0 && m.grad_norm.unwrap() > 0.0));
    assert!(steps[39].loss < steps[0].loss && steps[39].learning_rate < steps[10].learning_rate);
}

#[test]
fn what_does_not_fit_the_run_is_refused() {
    let data = dataset(&pairs(40));
    let folder = Folder::new("misfit");
    run(&folder.0, plan(&data)).0.unwrap();
    let check = |plan: Plan<'_>, want: &str| {
        let message = run(&folder.0, plan).0.unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    };
    check(plan(&data), "holds a run already");
    check(Plan { config: config(30), resume: true, ..plan(&data) }, "other settings");
    check(Plan { resume: true, ..plan(&dataset(&pairs(41))) }, "other training data");
    let mut short = config(20);
    short.model.max_position_embeddings = 8;
    let elsewhere = Folder::new("misfit-2");
    let message = run(&elsewhere.0, Plan { config: short, ..plan(&data) }).0.unwrap_err().to_string();
    assert!(message.contains("max_position_embeddings"), "{message}");
}

#[test]
fn epochs_and_minutes_become_steps() {
    let data = dataset(&pairs(40));
    let folder = Folder::new("derived");
    let mut by_epochs = config(0);
    by_epochs.schedule.epochs = 3.0;
    let steps = run(&folder.0.join("epochs"), Plan { config: by_epochs, ..plan(&data) }).0.unwrap().steps;
    assert_eq!(steps, (3.0 * data.epoch_tokens() / 64.0).round() as u64);

    let mut by_minutes = config(0);
    by_minutes.schedule.minutes = 0.001;
    by_minutes.evaluation.every_steps = 0;
    let path = folder.0.join("minutes");
    let steps = run(&path, Plan { config: by_minutes.clone(), ..plan(&data) }).0.unwrap().steps;
    let resolved = SftConfig::from_toml(&std::fs::read_to_string(path.join("config.resolved.toml")).unwrap()).unwrap();
    assert_eq!(resolved.schedule.max_steps, steps);
    let again = run(&path, Plan { config: by_minutes, resume: true, ..plan(&data) }).0.unwrap();
    assert_eq!((again.steps, again.stopped), (steps, false));
    assert!(again.checkpoint.unwrap().ends_with(format!("checkpoint-{steps:06}")));
}

#[test]
fn a_run_begins_with_the_weights_it_is_given() {
    let data = dataset(&pairs(40));
    let (first, second, plain) = (Folder::new("first"), Folder::new("second"), Folder::new("plain"));
    run(&first.0, plan(&data)).0.unwrap();
    let newest = checkpoint::newest(&first.0).unwrap().0.unwrap();
    let start = checkpoint::load(&newest).unwrap().0.shipped().clone();
    let still = OptimiserConfig { learning_rate: 0.0, ema_decay: 0.0, ..OptimiserConfig::default() };
    let config = SftConfig { optimiser: still, ..config(3) };
    let from = |start| Plan { config: config.clone(), start, ..plan(&data) };
    run(&second.0, from(Some(&start))).0.unwrap();
    assert_eq!(weights(&second.0).0, weights_sha256(&start));
    run(&plain.0, from(None)).0.unwrap();
    assert_ne!(weights(&plain.0).0, weights_sha256(&start));
    let mut other = start.clone();
    other.data[0] += 1.0;
    let resumed = run(&second.0, Plan { resume: true, ..from(Some(&other)) }).0.unwrap_err();
    assert!(resumed.to_string().contains("first weights"), "{resumed}");
    let mut wider = from(Some(&start));
    wider.config.model.intermediate_size = 64;
    let refused = run(&Folder::new("wider").0, wider).0.unwrap_err();
    assert!(refused.to_string().contains("another shape"), "{refused}");
}

#[test]
fn several_models_make_their_mean() {
    let data = dataset(&pairs(40));
    let folders = [Folder::new("mean-first"), Folder::new("mean-second"), Folder::new("mean-wider")];
    let [first, second, wider] = [0, 1, 2].map(|i| folders[i].0.clone());
    run(&first, plan(&data)).0.unwrap();
    run(&second, Plan { config: SftConfig { seed: 4, ..config(20) }, ..plan(&data) }).0.unwrap();
    let mut other = config(20);
    other.model.intermediate_size = 64;
    run(&wider, Plan { config: other, ..plan(&data) }).0.unwrap();
    let data = |folders: &[PathBuf]| mean_of(folders).unwrap().parameters.data;
    let (one, two) = (data(std::slice::from_ref(&first)), data(std::slice::from_ref(&second)));
    let mean: Vec<f32> = one.iter().zip(&two).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(one != two && data(&[first.clone(), second]) == mean);
    let refused = mean_of(&[first, wider]).err().expect("they have different shapes");
    assert!(refused.to_string().contains("another shape"), "{refused}");
}

#[test]
fn a_watcher_can_stop_a_run_that_then_resumes() {
    let data = dataset(&pairs(40));
    let (folder, whole) = (Folder::new("stopped"), Folder::new("unstopped"));
    let (tokenizer, metadata, origin, config) = (tokenizer(), Metadata::new(), Origin::default(), config(20));
    let job = Job {
        config: &config,
        start: None,
        data: &data,
        tokenizer: &tokenizer,
        metadata: &metadata,
        origin: &origin,
        run: &folder.0,
    };
    let mut evaluate = |_: &Parameters| Ok(half_right());
    let mut watch = |event: &Event<'_>| match event {
        Event::Step(line) if line.step == 7 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let outcome = sft(&job, false, &mut evaluate, &mut watch).unwrap();
    assert_eq!((outcome.steps, outcome.stopped), (7, true));
    assert!(outcome.checkpoint.unwrap().ends_with("checkpoint-000007"));
    sft(&job, true, &mut evaluate, &mut watch).unwrap();
    run(&whole.0, plan(&data)).0.unwrap();
    assert_eq!(weights(&folder.0), weights(&whole.0));
}

/// Trains with evaluations that find so many of ten right, one after another; stops after a step where one is given.
fn judged(folder: &Path, config: &SftConfig, scores: &mut Scores<'_>, (resume, stop_at): (bool, u64)) -> Outcome {
    let (tokenizer, metadata, origin, data) = (tokenizer(), Metadata::new(), Origin::default(), dataset(&pairs(40)));
    let job = Job {
        config,
        start: None,
        data: &data,
        tokenizer: &tokenizer,
        metadata: &metadata,
        origin: &origin,
        run: folder,
    };
    let mut evaluate = |_: &Parameters| {
        let answerable = Tally { right: *scores.next().unwrap(), questions: 10 };
        Ok(Report { answerable, ..Report::default() })
    };
    let mut watch = |event: &Event<'_>| match event {
        Event::Step(line) if line.step == stop_at => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    sft(&job, resume, &mut evaluate, &mut watch).unwrap()
}

fn patient(patience: u64) -> SftConfig {
    let mut config = config(45);
    config.evaluation.patience = patience;
    config.checkpoint = CheckpointConfig { every_steps: 5, keep: 1 };
    config
}

fn checkpoints(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let mut found: Vec<String> = names.filter(|name| name.starts_with("checkpoint-")).collect();
    found.sort();
    found
}

#[test]
fn patience_ends_a_run_and_keeps_the_best_apart() {
    let folder = Folder::new("patience");
    // An evaluation as good as the best is kept in its place, but is none that patience waits for.
    let mut scores = [3, 5, 5, 4, 1, 1, 1, 2, 1].iter();
    let outcome = judged(&folder.0, &patient(2), &mut scores, (false, 0));
    assert_eq!((outcome.steps, outcome.early, outcome.ending()), (20, true, Ending::Early));
    assert_eq!((outcome.best.unwrap().step, checkpoints(&folder.0)), (15, names(&[15, 20])));
    assert!(summary::read(&folder.0).unwrap().unwrap().best.unwrap().checkpoint == "checkpoint-000015");

    let again = judged(&folder.0, &patient(2), &mut scores, (true, 0));
    assert_eq!((again.steps, again.early), (20, true), "its patience is still at an end");
    let on = judged(&folder.0, &patient(0), &mut scores, (true, 0));
    assert_eq!((on.steps, on.ending(), scores.len()), (45, Ending::Done, 0));
    assert_eq!((on.best.unwrap().step, checkpoints(&folder.0)), (15, names(&[15, 45])));
    assert_eq!(std::fs::read_link(folder.0.join("best")).unwrap(), Path::new("checkpoint-000015"));
}

fn names(steps: &[u64]) -> Vec<String> {
    steps.iter().map(|step| checkpoint::name_of(*step)).collect()
}

#[test]
fn a_resumed_run_is_as_patient_as_one_that_never_stopped() {
    let folder = Folder::new("patience-resumed");
    let mut scores = [5, 4, 3, 2].iter();
    let stopped = judged(&folder.0, &patient(3), &mut scores, (false, 10));
    assert_eq!((stopped.steps, stopped.ending()), (10, Ending::Stopped));
    let outcome = judged(&folder.0, &patient(3), &mut scores, (true, 0));
    assert_eq!((outcome.steps, outcome.early, outcome.best.unwrap().step), (20, true, 5));

    // Where the best is damaged it is no longer the best.
    std::fs::write(folder.0.join("checkpoint-000005/model.safetensors"), "x").unwrap();
    let outcome = judged(&folder.0, &patient(0), &mut [1, 1, 1, 1, 1].iter(), (true, 0));
    assert_eq!(outcome.best.unwrap().step, 45);
}

#[test]
fn gradients_that_are_no_numbers_stop_the_run_and_spare_its_checkpoints() {
    let data = dataset(&pairs(40));
    let folder = Folder::new("nan");
    run(&folder.0, Plan { config: config(10), ..plan(&data) }).0.unwrap();
    let newest = folder.0.join("checkpoint-000010");
    let (mut state, settings) = checkpoint::load(&newest).unwrap();
    let long = settings.replace("max_steps = 10", "max_steps = 20");
    // Norms of this size overflow every product behind them.
    for tensor in state.parameters.layout.tensors.iter().filter(|tensor| tensor.name.contains("norm")) {
        state.parameters.data[tensor.range.clone()].fill(3e38);
    }
    let (tokenizer, metadata) = (tokenizer(), Metadata::new());
    let companions =
        checkpoint::Companions { settings: &long, tokenizer: &tokenizer, metadata: &metadata, environment: "{}" };
    checkpoint::save(&folder.0, &state, &companions).unwrap();
    let before = std::fs::read(newest.join("MANIFEST.json")).unwrap();

    let error = run(&folder.0, Plan { resume: true, ..plan(&data) }).0.unwrap_err();
    assert!(matches!(error.cause(), TrainError::Diverged { step: 11, value, .. } if !value.is_finite()), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("step 11: the ") && message.ends_with("checkpoint-000010"), "{message}");
    assert!(error.advice().unwrap().contains("optimiser.learning_rate"));
    assert_eq!(
        (checkpoints(&folder.0), std::fs::read(newest.join("MANIFEST.json")).unwrap()),
        (names(&[5, 10]), before)
    );
    let summary = summary::read(&folder.0).unwrap().unwrap();
    assert_eq!((summary.ending, summary.step, summary.error), (Ending::Failed, 10, Some(message)));
}

#[test]
fn a_file_that_cannot_be_written_ends_the_run_with_the_last_good_checkpoint() {
    let folder = Folder::new("unwritable");
    judged(&folder.0, &patient(0), &mut [].iter(), (false, 3));
    std::fs::write(folder.0.join("completions"), "a file where a folder is to be").unwrap();
    let error = run(&folder.0, Plan { config: patient(0), resume: true, ..plan(&dataset(&pairs(40))) }).0.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error.cause(), TrainError::Io { path, .. } if path.ends_with("completions")), "{message}");
    assert!(message.ends_with("checkpoint-000003") && !error.is_disk_full(), "{message}");
    std::fs::remove_file(folder.0.join("completions")).unwrap();
    let outcome = judged(&folder.0, &patient(0), &mut [1; 9].iter(), (true, 0));
    assert_eq!(outcome.steps, 45);
}
