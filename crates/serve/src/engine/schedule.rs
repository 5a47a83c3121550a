//! The batch: who joins, who leaves, and one step after another in between.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use answer::engine::{Engine, LoadedModel};
use answer::orchestrator::{Asking, unwritten};
use answer::query_generator::{Batch, Candidate, Ticket};
use answer::reply::Problem;
use tokio::sync::oneshot;

use super::{Job, Load, Progress, Stopped, Written};
use crate::settings::DecoderSettings;

/// Prompts are read together up to so many tokens, so that those who are being written for do not wait long.
const PROMPT_TOKENS: usize = 512;

/// Draws of one question begin as one row and part later, some of them never: a place in the batch holds so many.
const DRAWS_OF_PLACE: usize = 4;

/// Writes until nobody can ask any more.
pub(super) fn run(engine: &Engine, jobs: &Receiver<Job>, settings: DecoderSettings, load: &Load) {
    let model = match &engine.model {
        Ok(model) => model,
        Err(problem) => return jobs.iter().for_each(|job| refuse(job, problem.clone())),
    };
    let mut desk = Desk::new(model, settings, load);
    while desk.admit(jobs) {
        desk.step();
    }
}

/// A model with the questions it writes for.
struct Desk<'a> {
    model: &'a LoadedModel,
    settings: DecoderSettings,
    load: &'a Load,
    batch: Batch<'a>,
    writing: Vec<Writing>,
    /// The next to join, for whom there was no room yet.
    next: Option<Job>,
}

/// A question in the batch.
struct Writing {
    ticket: Ticket,
    asking: Box<Asking>,
    deadline: Instant,
    progress: Option<Progress>,
    /// How many lexemes were told.
    told: usize,
    reply: oneshot::Sender<Result<Written, Stopped>>,
    waited: Duration,
    joined: Instant,
}

impl<'a> Desk<'a> {
    fn new(model: &'a LoadedModel, settings: DecoderSettings, load: &'a Load) -> Self {
        let batch = Batch::new(model.generator(settings.threads, settings.plan));
        Desk { model, settings, load, batch, writing: vec![], next: None }
    }

    /// Lets in whom there is room for; waits where nobody is being written for. False once nobody can come any more.
    fn admit(&mut self, jobs: &Receiver<Job>) -> bool {
        let mut joining = vec![];
        let places = |asking: &Asking| asking.request(0.0).draws.len().div_ceil(DRAWS_OF_PLACE);
        let (mut held, mut tokens): (usize, _) = (self.writing.iter().map(|one| places(&one.asking)).sum(), 0);
        loop {
            let idle = joining.is_empty() && self.writing.is_empty();
            let arrived = match self.next.take() {
                Some(job) => Ok(job),
                None if idle => jobs.recv().map_err(|_| TryRecvError::Disconnected),
                None => jobs.try_recv(),
            };
            let job = match arrived {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) if idle => return false,
                Err(_) => break,
            };
            let (more, more_tokens) = (places(&job.asking), job.asking.request(0.0).prompt.len());
            let fits = held + more <= self.settings.batch && tokens + more_tokens <= PROMPT_TOKENS;
            if !(fits || idle) {
                self.next = Some(job);
                break;
            }
            if let Some(job) = self.worth_writing(job) {
                (held, tokens) = (held + more, tokens + more_tokens);
                joining.push(job);
            }
        }
        self.join(joining);
        true
    }

    /// A question that somebody still waits for and that the model can read.
    fn worth_writing(&self, job: Job) -> Option<Job> {
        let generator = self.model.generator(self.settings.threads, self.settings.plan);
        let readable = generator.check(job.asking.request(self.model.least_answerable).prompt);
        if job.reply.is_closed() || job.deadline <= Instant::now() {
            let _ = job.reply.send(Err(Stopped::Deadline));
            return None;
        }
        match readable {
            Ok(()) => Some(job),
            Err(error) => {
                refuse(job, unwritten(&error));
                None
            }
        }
    }

    /// Reads the prompts.
    fn join(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let least = self.model.least_answerable;
        let joined = Instant::now();
        let requests: Vec<_> = jobs.iter().map(|job| job.asking.request(least)).collect();
        match self.batch.join(&requests) {
            Ok(tickets) => {
                let writing = jobs.into_iter().zip(tickets).map(|(job, ticket)| Writing::new(job, ticket, joined));
                self.writing.extend(writing);
            }
            Err(error) => jobs.into_iter().for_each(|job| refuse(job, unwritten(&error))),
        }
    }

    /// One token for everyone, after which some are done.
    fn step(&mut self) {
        if let Err(error) = self.batch.step() {
            let problem = unwritten(&error);
            self.batch = Batch::new(self.model.generator(self.settings.threads, self.settings.plan));
            self.writing.drain(..).for_each(|one| one.end(Err(problem.clone())));
        }
        let now = Instant::now();
        for at in (0..self.writing.len()).rev() {
            let one = &mut self.writing[at];
            one.tell(&self.batch);
            let given_up = one.reply.is_closed() || one.deadline <= now;
            if self.batch.is_done(one.ticket) {
                let one = self.writing.swap_remove(at);
                let candidates = self.batch.leave(one.ticket);
                one.end(Ok(candidates));
            } else if given_up {
                let one = self.writing.swap_remove(at);
                self.batch.leave(one.ticket);
                let _ = one.reply.send(Err(Stopped::Deadline));
            }
        }
        // Behind those who left: the thread may now wait for long.
        self.load.rows.store(self.batch.rows(), Ordering::Relaxed);
    }
}

impl Writing {
    fn new(job: Job, ticket: Ticket, joined: Instant) -> Self {
        // Its place in the queue is free from here on.
        let Job { asking, deadline, progress, reply, queued, _place: _ } = job;
        let waited = joined.saturating_duration_since(queued);
        Writing { ticket, asking, deadline, progress, told: 0, reply, waited, joined }
    }

    /// Tells of new lexemes, where somebody listens.
    fn tell(&mut self, batch: &Batch<'_>) {
        let Some(progress) = &self.progress else { return };
        let written = batch.written(self.ticket);
        if written.len() > self.told {
            self.told = written.len();
            // Whoever listened may have gone; the reply tells that too.
            let _ = progress.send(written.to_vec());
        }
    }

    fn end(self, candidates: Result<Vec<Candidate>, Problem>) {
        let tokens = |candidates: &Vec<Candidate>| candidates.iter().map(|c| c.chosen + c.forced).sum();
        let written = Written {
            read_tokens: self.asking.request(0.0).prompt.len(),
            written_tokens: candidates.as_ref().map_or(0, tokens),
            asking: self.asking,
            candidates,
            waited: self.waited,
            writing: self.joined.elapsed(),
        };
        let _ = self.reply.send(Ok(written));
    }
}

/// Tells a question that nothing can be written for it.
fn refuse(job: Job, problem: Problem) {
    let _ = job.reply.send(Ok(Written::without_model(job.asking, job.queued, Err(problem))));
}
