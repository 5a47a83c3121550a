//! Policy gradients on a tiny network: what it answers gets better by its own answers alone, and a run can be resumed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use answer::engine::{Engine, LoadedModel, Writes, grammar, metadata};
use answer::vocabulary::Vocabulary;
use model::model_folder::Loaded;
use model::parameters::Parameters;
use model::weights::Metadata;
use train::config::{CheckpointConfig, EvaluationConfig, OptimiserConfig, ScheduleConfig, SftConfig};
use train::dataset::Dataset;
use train::encode::{Encoder, encode};
use train::error::{Result, TrainError};
use train::evaluate::Exam;
use train::grpo::config::{GrpoConfig, GrpoSchedule, RolloutConfig};
use train::grpo::{Job, grpo};
use train::metrics;
use train::question::Question;
use train::report::Report;
use train::run::{Event, Origin, Outcome, weights_sha256};
use train::samples;
use train::sft::{self, sft};

use crate::folder::Folder;
use crate::pack::{databases, pack, questions};
use crate::pipeline::{self, TODAY, examples, modelless, vocabulary};

/// A network that was taught for some steps and knows some of the answers.
struct Pupil {
    vocabulary: Vocabulary,
    metadata: Metadata,
    parameters: Parameters,
}

impl Pupil {
    fn taught(steps: u64, folder: &Path) -> Pupil {
        let pack = pack();
        let vocabulary = vocabulary(&pack);
        let grammar = grammar(&pack, &vocabulary);
        let engine = modelless(&pack);
        let encoder = Encoder { catalog: &pack.catalog, vocabulary: &vocabulary, grammar: Some(&grammar), plan: None };
        let mut data = Dataset::default();
        for example in examples(engine.context(TODAY), &vocabulary, &grammar) {
            data.push(&encode(encoder, &example).unwrap(), 1.0, true).unwrap();
        }
        let config = SftConfig {
            schedule: ScheduleConfig { max_steps: steps, ..ScheduleConfig::default() },
            ..pipeline::config()
        };
        let metadata = metadata(&pack, &vocabulary, Writes::Queries);
        let (mut parameters, run) = (None, folder.join("sft"));
        let job = sft::Job {
            config: &config,
            start: None,
            data: &data,
            tokenizer: &vocabulary.tokenizer,
            metadata: &metadata,
            origin: &Origin::default(),
            run: &run,
        };
        let mut keep = |weights: &Parameters| {
            parameters = Some(weights.clone());
            Ok(Report::default())
        };
        sft(&job, false, &mut keep, &mut |_| ControlFlow::Continue(())).unwrap();
        Pupil { vocabulary, metadata, parameters: parameters.unwrap() }
    }

    fn engine(&self) -> Engine {
        let pack = pack();
        let mut engine = modelless(&pack);
        let tokenizer = Some(self.vocabulary.tokenizer.clone());
        let loaded =
            Loaded { parameters: self.parameters.clone(), tokenizer, metadata: self.metadata.clone(), channel: None };
        engine.model = Ok(Arc::new(LoadedModel::new(loaded, &pack).unwrap()));
        engine
    }

    /// Practises; stops after a step as if interrupted, where one is given.
    fn practise(
        &self,
        config: &GrpoConfig,
        run: &Path,
        (resume, stop_at): (bool, Option<u64>),
    ) -> Result<(Outcome, Engine)> {
        self.practise_on(&questions(), config, run, (resume, stop_at))
    }

    fn practise_on(
        &self,
        questions: &[Question],
        config: &GrpoConfig,
        run: &Path,
        (resume, stop_at): (bool, Option<u64>),
    ) -> Result<(Outcome, Engine)> {
        let (databases, mut engine) = (databases(), self.engine());
        let held_out = crate::pack::questions();
        let exam = Exam::new(&held_out, &databases, 2)?;
        let job = Job {
            config,
            start: &self.parameters,
            questions,
            databases: &databases,
            exam: &exam,
            today: TODAY,
            tokenizer: &self.vocabulary.tokenizer,
            metadata: &self.metadata,
            origin: &Origin::default(),
            run,
        };
        let outcome = grpo(&job, resume, &mut engine, &mut |event| match event {
            Event::Step(line) if stop_at.is_some_and(|last| line.step >= last) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })?;
        Ok((outcome, engine))
    }
}

fn config(max_steps: u64) -> GrpoConfig {
    GrpoConfig {
        rollout: RolloutConfig {
            questions: 8,
            candidates: 8,
            rest_solved: 0,
            rest_unsolved: 0,
            ..RolloutConfig::default()
        },
        optimiser: OptimiserConfig { learning_rate: 2e-3, ..GrpoConfig::default().optimiser },
        schedule: GrpoSchedule { max_steps, ..GrpoSchedule::default() },
        evaluation: EvaluationConfig { every_steps: 0, questions: 0, patience: 0 },
        checkpoint: CheckpointConfig { every_steps: 2, keep: 9 },
        ..GrpoConfig::default()
    }
}

fn weights(engine: &Engine) -> String {
    weights_sha256(engine.model.as_ref().unwrap().model.parameters())
}

#[test]
fn practice_makes_better() {
    let folder = Folder::new("grpo-better");
    let pupil = Pupil::taught(45, &folder.0);
    let run = folder.0.join("run");
    pupil.practise(&config(40), &run, (false, None)).unwrap();
    let lines = metrics::read(&run).unwrap();
    let rewards: Vec<f64> = lines.iter().filter_map(|line| line.reward).collect();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&rewards[..5]), mean(&rewards[rewards.len() - 5..]));
    assert!(first < 0.85, "it was to begin with something to learn: {first}");
    assert!(last > first + 0.1, "{first} to {last}");
    // What drew a token and what learns from it are the same network in the same kernels.
    assert!(lines.iter().filter_map(|line| line.logp_difference_max).all(|difference| difference == 0.0));
    assert!(lines.iter().any(|line| line.weights_sha256.is_none() && line.clip_ratio == Some(0.0)));
}

#[test]
fn a_resumed_run_ends_with_the_same_weights() {
    let folder = Folder::new("grpo-resume");
    let pupil = Pupil::taught(20, &folder.0);
    let (whole, parts) = (folder.0.join("whole"), folder.0.join("parts"));
    let wanted = weights(&pupil.practise(&config(6), &whole, (false, None)).unwrap().1);
    let (outcome, _) = pupil.practise(&config(6), &parts, (false, Some(3))).unwrap();
    assert_eq!((outcome.steps, outcome.stopped), (3, true));
    let one_thread = GrpoConfig { threads: 1, ..config(6) };
    let (outcome, engine) = pupil.practise(&one_thread, &parts, (true, None)).unwrap();
    assert_eq!((outcome.steps, weights(&engine)), (6, wanted));

    let error =
        |config: &GrpoConfig, resume: bool| pupil.practise(config, &parts, (resume, None)).unwrap_err().to_string();
    assert!(error(&config(6), false).contains("holds a run already"));
    assert!(error(&GrpoConfig { seed: 5, ..config(6) }, true).contains("other settings"));
    let fewer = pupil.practise_on(&questions()[..3], &config(6), &parts, (true, None));
    assert!(fewer.unwrap_err().to_string().contains("other questions"));
}

#[test]
fn the_reference_holds_back() {
    let folder = Folder::new("grpo-kl");
    let pupil = Pupil::taught(20, &folder.0);
    let drift = |kl: f32, name: &str| {
        let mut config = config(12);
        config.objective.kl = kl;
        config.rollout.updates = 2;
        let run = folder.0.join(name);
        pupil.practise(&config, &run, (false, None)).unwrap();
        metrics::read(&run).unwrap().iter().rev().find_map(|line| line.kl).unwrap()
    };
    let (held, free) = (drift(5.0, "held"), drift(1e-6, "free"));
    assert!(held < free / 2.0, "{held} {free}");
}

#[test]
fn without_the_matcher_anything_may_be_written() {
    let folder = Folder::new("grpo-free");
    let pupil = Pupil::taught(45, &folder.0);
    let mut config = config(3);
    let reward = |config: &GrpoConfig, name: &str| {
        let run = folder.0.join(name);
        pupil.practise(config, &run, (false, None)).unwrap();
        let lines = metrics::read(&run).unwrap();
        assert!(lines.iter().filter_map(|line| line.logp_difference_max).all(|difference| difference == 0.0));
        lines.iter().find_map(|line| line.reward).unwrap()
    };
    let constrained = reward(&config, "constrained");
    config.rollout.matcher = false;
    let free = reward(&config, "free");
    assert!(free < constrained, "{free} {constrained}");
}

#[test]
fn practice_shows_what_it_draws_and_ends_with_its_patience() {
    let folder = Folder::new("grpo-patience");
    let pupil = Pupil::taught(45, &folder.0);
    let mut config = config(6);
    // What is not learnt from is judged alike each time.
    config.optimiser.learning_rate = 0.0;
    config.evaluation = EvaluationConfig { every_steps: 1, questions: 0, patience: 2 };
    let run = folder.0.join("run");
    let (outcome, _) = pupil.practise(&config, &run, (false, None)).unwrap();
    assert_eq!((outcome.steps, outcome.early, outcome.best.unwrap().step), (3, true, 3));
    let (step, drawn) = samples::newest_drawn(&run).unwrap().unwrap();
    assert!(step == 3 && !drawn.is_empty() && drawn.len() <= 4);
    for one in &drawn {
        let count: usize = one.completions.iter().map(|completion| completion.count).sum();
        assert_eq!(count, config.rollout.candidates);
        let (best, worst) = (&one.completions[0], one.completions.last().unwrap());
        assert!(best.reward > worst.reward && best.advantage > 0.0 && worst.advantage < 0.0, "{one:?}");
        assert!(questions().iter().any(|question| question.question == one.question));
    }
}

#[test]
fn weights_that_overflow_stop_practice() {
    let folder = Folder::new("grpo-nan");
    let mut pupil = Pupil::taught(1, &folder.0);
    let layout = pupil.parameters.layout.clone();
    for tensor in layout.tensors.iter().filter(|tensor| tensor.name.contains("norm")) {
        pupil.parameters.data[tensor.range.clone()].fill(3e38);
    }
    let error = pupil.practise(&config(2), &folder.0.join("run"), (false, None)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no checkpoint had been written yet"), "{error}");
    assert!(matches!(error.cause(), TrainError::Diverged { step: 1, .. }), "{error}");
}

#[test]
fn what_cannot_teach_is_said() {
    let folder = Folder::new("grpo-empty");
    let pupil = Pupil::taught(1, &folder.0);
    let found = pupil.practise_on(&[], &config(2), &folder.0.join("run"), (false, None));
    assert!(matches!(found, Err(TrainError::Data(reason)) if reason.contains("no questions")));
    let impossible = GrpoConfig { rollout: RolloutConfig { candidates: 1, ..RolloutConfig::default() }, ..config(2) };
    let found = pupil.practise(&impossible, &folder.0.join("run"), (false, None));
    assert!(matches!(found, Err(TrainError::Setting { setting, .. }) if setting == "rollout.candidates"));
}
