//! Candidates of many requests, written side by side. Requests join between two steps and leave when they like.

use model::inference::{Logits, Options, Want, advance, prefill};
use model::kv_cache::KvCache;

use super::row::Row;
use super::{Candidate, GenerateError, Generator, Request};

/// A request that joined a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// Candidates in the making. Those that are done take no part in further steps.
pub struct Batch<'a> {
    generator: Generator<'a>,
    /// One for each row of the cache.
    rows: Vec<Member<'a>>,
    cache: KvCache,
    logits: Logits,
    done: Vec<(Place, Candidate)>,
    joined: u64,
}

/// Whose candidate it is, and which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    ticket: Ticket,
    draw: usize,
}

/// Candidates of a request that one row writes.
struct Member<'a> {
    ticket: Ticket,
    row: Row<'a>,
}

impl<'a> Batch<'a> {
    /// Without requests.
    pub fn new(generator: Generator<'a>) -> Self {
        let cache = KvCache::new(generator.model.config(), 0);
        Batch { generator, rows: vec![], cache, logits: Logits::default(), done: vec![], joined: 0 }
    }

    /// Rows being written; candidates that are alike so far share one.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether any candidate is being written.
    pub fn is_writing(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Reads the prompts, each once for all its candidates, and says what each question is.
    ///
    /// # Errors
    /// When a prompt is too long or the network is broken (NaN); none of the requests has joined then.
    pub fn join(&mut self, requests: &[Request<'_>]) -> Result<Vec<Ticket>, GenerateError> {
        let prompts: Vec<&[u32]> = requests.iter().map(|request| request.prompt).collect();
        for prompt in &prompts {
            self.generator.check(prompt)?;
        }
        let intents = self.generator.vocabulary.intent_mask();
        let masks = vec![&intents[..]; prompts.len()];
        let read = prefill(self.generator.model, &prompts, allowed(self.generator, &masks), &mut self.logits)?;
        let (mut origins, mut members) = (vec![], vec![]);
        for (i, request) in requests.iter().enumerate() {
            for row in Row::begin(self.generator, request, self.logits.last(i))? {
                members.push(Member { ticket: Ticket(self.joined + i as u64), row });
                origins.push(i);
            }
        }
        self.cache.append(&read.fork(&origins)?);
        self.rows.extend(members);
        let tickets = (self.joined..).map(Ticket).take(requests.len()).collect();
        self.joined += requests.len() as u64;
        self.let_go();
        Ok(tickets)
    }

    /// Chooses one token of every candidate being written.
    ///
    /// # Errors
    /// When the network is broken (NaN); nothing more can be written then.
    pub fn step(&mut self) -> Result<(), GenerateError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let tokens: Vec<&[u32]> = self.rows.iter().map(|member| &member.row.pending[..]).collect();
        let masks: Vec<&[u64]> = self.rows.iter().map(|member| &member.row.mask[..]).collect();
        let options = allowed(self.generator, &masks);
        advance(self.generator.model, &mut self.cache, &tokens, options, &mut self.logits)?;
        let (mut origins, mut parted): (Vec<usize>, _) = ((0..self.rows.len()).collect(), vec![]);
        for (i, member) in self.rows.iter_mut().enumerate() {
            for row in member.row.step(self.generator, self.logits.last(i))? {
                parted.push(Member { ticket: member.ticket, row });
                origins.push(i);
            }
        }
        if !parted.is_empty() {
            self.cache.keep(&origins)?;
            self.rows.extend(parted);
        }
        self.let_go();
        Ok(())
    }

    /// Whether all candidates of a request are done.
    pub fn is_done(&self, ticket: Ticket) -> bool {
        self.rows.iter().all(|member| member.ticket != ticket)
    }

    /// The lexemes so far of a request's first candidate.
    pub fn written(&self, ticket: Ticket) -> &[u32] {
        let mut own = self.rows.iter().filter(|member| member.ticket == ticket);
        let writing = own.find(|member| member.row.numbers().any(|number| number == 0)).map(|one| &one.row.candidate);
        let first = Place { ticket, draw: 0 };
        let done = || self.done.iter().find(|(place, _)| *place == first).map(|(_, candidate)| candidate);
        writing.or_else(done).map_or(&[], |candidate| &candidate.lexemes)
    }

    /// Takes a request out, with its candidates as far as they came, in the order of its draws.
    pub fn leave(&mut self, ticket: Ticket) -> Vec<Candidate> {
        self.keep(|member| member.ticket != ticket);
        let (mut own, others): (Vec<_>, Vec<_>) = self.done.drain(..).partition(|(place, _)| place.ticket == ticket);
        self.done = others;
        own.sort_by_key(|(place, _)| place.draw);
        own.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Finds what may come next, and takes those with nothing to come out of the cache.
    fn let_go(&mut self) {
        for member in &mut self.rows {
            member.row.next_mask(self.generator);
        }
        self.keep(|member| !member.row.pending.is_empty());
    }

    /// Keeps the rows that are wanted; the candidates of the others are done.
    fn keep(&mut self, wanted: impl Fn(&Member<'_>) -> bool) {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|i| wanted(&self.rows[*i])).collect();
        if kept.len() == self.rows.len() {
            return;
        }
        // Every row named exists.
        let _ = self.cache.keep(&kept);
        let (stay, go): (Vec<_>, Vec<_>) = self.rows.drain(..).partition(|member| wanted(member));
        self.rows = stay;
        for Member { ticket, row } in go {
            self.done.extend(row.numbers().map(|draw| (Place { ticket, draw }, row.candidate.clone())));
        }
    }
}

/// Only the logits that masks allow are asked for.
fn allowed<'a>(generator: Generator<'_>, masks: &'a [&'a [u64]]) -> Options<'a> {
    Options { threads: generator.threads, want: Want::Allowed(masks) }
}
