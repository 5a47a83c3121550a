//! A question on its way: what was found out so far, what the model is to write next, and which of what it wrote is the
//! answer.

use std::f64::consts::{GOLDEN_RATIO, SQRT_2};
use std::time::{Duration, Instant};

use model::sampling::{Sampling, Source};
use sql::verify::VerifiedQuery;

use crate::channel::{answerable_given, log_likelihoods};
use crate::engine::{Engine, LoadedModel};
use crate::intent::Intent;
use crate::orchestrator::{Options, Step, conclude, end, reply_to, unwritten};
use crate::plan::Plan;
use crate::prompt::said;
use crate::query_generator::{Candidate, Draw, Excluded, Request};
use crate::reply::{Alternative, Answer, Cause, Problem};
use crate::schema_analyzer::Analysis;
use crate::stage::stage;
use crate::validator::{Rejected, validate_candidate};
use crate::vote::{Weighed, agreements};

/// Temperature at which further candidates are drawn: so high that few of them are the same.
const TEMPERATURE: f32 = 1.3;

/// A query that the model finds at least this likely is not compared with others.
const SURE: f64 = 0.9;

/// How much less the log-likelihood of a candidate may be than that of the likeliest, for the two to be compared.
const MARGIN: f64 = 3.0;

/// A candidate that passed validation.
#[derive(Debug)]
struct Valid {
    query: VerifiedQuery,
    lexemes: Vec<u32>,
    log_likelihood: f64,
    /// What it is chosen by: its log-likelihood, and that of the question given it.
    score: f64,
    /// The probability of the question's tokens given it, by their geometric mean, where it was compared with others.
    explained: Option<f64>,
    confidence: f64,
    /// The plan the model said before it, and whether the query keeps to it.
    plan: Option<String>,
}

/// What a question needs once its candidates were taken.
enum Next {
    Write,
    Weigh,
    Answer,
}

/// A question that waits for candidates, or to have them weighed.
#[derive(Debug)]
pub struct Asking {
    answer: Answer,
    started: Instant,
    options: Options,
    analysis: Analysis,
    prompt: Vec<u32>,
    draws: Vec<Draw>,
    /// What they have to be as likely as.
    least_log_likelihood: f64,
    /// The last query of the conversation, where the model finds it the likeliest answer again.
    excluded: Option<Excluded>,
    /// Candidates drawn before these.
    drawn: usize,
    /// Those of them that passed validation, the one that answers first.
    valid: Vec<Valid>,
}

impl Asking {
    /// Before the first candidates.
    pub(crate) fn new(
        answer: Answer,
        started: Instant,
        options: Options,
        analysis: Analysis,
        prompt: Vec<u32>,
    ) -> Self {
        let draws = draws(options.seed, 0, options.candidates.max(1));
        let least_log_likelihood = f64::NEG_INFINITY;
        let (excluded, drawn, valid) = (None, 0, vec![]);
        Asking { answer, started, options, analysis, prompt, draws, least_log_likelihood, excluded, drawn, valid }
    }

    /// How the question is to be answered.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What was found in the question.
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// What is to be written, by a model for which questions are answerable from this probability on.
    pub fn request(&self, least_answerable: f64) -> Request<'_> {
        Request {
            prompt: &self.prompt,
            slots: &self.analysis.slots,
            draws: &self.draws,
            intent: None,
            least_answerable,
            least_log_likelihood: self.least_log_likelihood,
            excluded: self.excluded.as_ref(),
        }
    }

    /// Leaves a query no more time than this, where it would have more.
    pub fn hurry(&mut self, left: Duration) {
        let deadline = &mut self.options.limits.deadline;
        *deadline = left.min(*deadline);
    }

    /// Takes what was written (or why nothing was) and validates it; asks for more, or for candidates to be weighed, where that
    /// is not enough, and answers where it is.
    pub fn go_on(mut self, engine: &Engine, written: Result<Vec<Candidate>, Problem>) -> Step {
        match self.take(engine, written) {
            Ok(Next::Write) => Step::Write(Box::new(self)),
            Ok(Next::Weigh) => Step::Weigh(Box::new(self)),
            Ok(Next::Answer) => Step::Done(Box::new(self.answer(engine, Ok(())))),
            Err(problem) => Step::Done(Box::new(self.answer(engine, Err(problem)))),
        }
    }

    /// Puts first what is likely itself and makes the question likely.
    ///
    /// # Errors
    /// When the model cannot tell.
    pub fn weigh(&mut self, engine: &Engine) -> Result<(), Problem> {
        let model = engine.model.as_ref().map_err(Problem::clone)?;
        let Some(channel) = &model.channel else { return Ok(()) };
        self.valid.sort_by(|a, b| b.log_likelihood.total_cmp(&a.log_likelihood));
        let least = least_log_likelihood(&self.valid);
        let likely = self.valid.iter().take_while(|one| one.log_likelihood >= least);
        let queries: Vec<&[u32]> = likely.map(|one| &one.lexemes[..]).collect();
        let question = self.analysis.for_model();
        let found = stage!("weigh", log_likelihoods(&channel.network, &model.vocabulary, &question, &queries));
        let found = found.map_err(|e| unwritten(&e))?;
        // Those that are not likely enough stay behind all others.
        let worst = found.iter().copied().fold(0.0, f64::min);
        let tokens = said(&model.vocabulary, &question).len() as f64;
        for (one, log_likelihood) in self.valid.iter_mut().zip(found.into_iter().chain(std::iter::repeat(worst))) {
            one.score += channel.weight * log_likelihood;
            one.explained = Some((log_likelihood / tokens).exp());
        }
        self.valid.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(())
    }

    /// Answers with the first of the candidates, unless there was a problem with them.
    pub fn answer(mut self, engine: &Engine, weighed: Result<(), Problem>) -> Answer {
        let answered = weighed.and_then(|()| self.answer_with_best(engine));
        let answer = match answered {
            Ok(()) => self.answer,
            Err(problem) => self.answer.declined(problem),
        };
        end(engine, answer, self.started)
    }

    /// Whether there is a candidate to answer with, should no other be written.
    pub fn has_candidate(&self) -> bool {
        !self.valid.is_empty()
    }

    /// Takes what was written; what is to be done next.
    fn take(&mut self, engine: &Engine, written: Result<Vec<Candidate>, Problem>) -> Result<Next, Problem> {
        let model = engine.model.as_ref().map_err(Problem::clone)?;
        let written = written?;
        let is_first = self.drawn == 0;
        if is_first {
            self.tell_intent(&written)?;
            self.excluded = self.unchanged(model, &written);
        }
        let excluded = self.excluded.as_ref().map(|excluded| &excluded.lexemes[..]);
        let written = written.into_iter().filter(|one| Some(&one.lexemes[..]) != excluded).collect();
        let mut passed = passed(engine, model, &self.analysis, written, &mut self.answer);
        passed.sort_by(|a, b| b.log_likelihood.total_cmp(&a.log_likelihood));
        add_new(&mut self.valid, passed);
        let is_settled = self.is_settled(model);
        let further = if is_first { self.further(is_settled) } else { 0 };
        if further > 0 {
            self.drawn = self.draws.len();
            // Without the excluded query another is the likeliest.
            let from = if self.excluded.is_some() { 0 } else { self.drawn };
            self.draws = draws(self.options.seed, from, further);
            // What is only listed need not be likely.
            if self.options.alternatives == 0 {
                self.least_log_likelihood = least_log_likelihood(&self.valid);
            }
            return Ok(Next::Write);
        }
        Ok(if is_settled || self.valid.len() < 2 { Next::Answer } else { Next::Weigh })
    }

    /// The most likely candidate decides what the question is.
    fn tell_intent(&mut self, written: &[Candidate]) -> Result<(), Problem> {
        let first = written.first();
        let intent = first.map_or(Intent::Ambiguous, |candidate| candidate.intent);
        self.answer.intent = Some(intent);
        self.answer.answerable = first.map(|candidate| candidate.answerable);
        if intent == Intent::FollowUp && self.options.previous.is_some() {
            let problem =
                Problem::new(Cause::FollowUp, "this leans on an earlier question, but not on the last one answered");
            return Err(problem.hint("ask it as a whole sentence"));
        }
        if intent == Intent::Answerable { Ok(()) } else { Err(reply_to(intent)) }
    }

    /// The last query of the conversation, if it is the likeliest: whoever goes on from it wants another.
    fn unchanged(&self, model: &LoadedModel, written: &[Candidate]) -> Option<Excluded> {
        let likeliest = written.first()?;
        let last = self.analysis.previous.iter().map(|lexeme| model.vocabulary.lexicon.id(*lexeme));
        let is_last = likeliest.finished && likeliest.lexemes.iter().copied().map(Some).eq(last);
        let Candidate { lexemes, log_likelihood, .. } = likeliest;
        is_last.then(|| Excluded { lexemes: lexemes.as_slice().into(), log_likelihood: *log_likelihood })
    }

    /// How many more candidates to draw: as many as are compared, where the first were refused or are not sure, and some more
    /// where others are to be listed.
    fn further(&self, is_settled: bool) -> usize {
        let Options { samples, alternatives, .. } = self.options;
        let compared = if is_settled { 0 } else { (samples + 1).saturating_sub(self.draws.len()) };
        let compared = compared.max(usize::from(self.excluded.is_some()));
        let listed = if self.valid.len() > alternatives { 0 } else { 2 * alternatives };
        compared.max(listed)
    }

    /// Whether the likeliest query is not to be compared with others by the question: it is sure, or the model cannot.
    fn is_settled(&self, model: &LoadedModel) -> bool {
        let compares = model.channel.as_ref().is_some_and(|channel| channel.weight > 0.0);
        self.valid.first().is_some_and(|likeliest| !compares || likeliest.log_likelihood >= SURE.ln())
    }

    fn answer_with_best(&mut self, engine: &Engine) -> Result<(), Problem> {
        let model = engine.model.as_ref().map_err(Problem::clone)?;
        let mut valid = std::mem::take(&mut self.valid);
        if valid.is_empty() && self.excluded.is_some() {
            let problem =
                Problem::new(Cause::NoCandidate, "as far as this was understood, it asks for the last query again");
            return Err(problem.hint("say what is to be another way, or ask it as a whole sentence"));
        }
        if self.options.candidates > 1 {
            valid = voted(engine, model, valid, &self.options);
        }
        let best = decide(model, valid, &self.options, &mut self.answer)?;
        self.answer.confidence_score = Some(best.confidence);
        conclude(engine, &best.query, &self.options, &mut self.answer)?;
        if let (Some(plan), Some(steps)) = (best.plan, &mut self.answer.reasoning) {
            *steps = format!("{plan}\n{steps}");
        }
        Ok(())
    }
}

/// How likely a candidate has to be to be compared with these.
fn least_log_likelihood(valid: &[Valid]) -> f64 {
    let likeliest = valid.iter().map(|one| one.log_likelihood).fold(f64::NEG_INFINITY, f64::max);
    likeliest - MARGIN
}

/// So many draws from the n-th on.
fn draws(seed: u64, from: usize, count: usize) -> Vec<Draw> {
    (from..from + count).map(|n| nth_draw(seed, n)).collect()
}

/// The most likely query first, then draws by points that are spread evenly however many there are: multiples of the golden
/// ratio without their whole parts. Each seed begins elsewhere.
fn nth_draw(seed: u64, n: usize) -> Draw {
    if n == 0 {
        return Draw::GREEDY;
    }
    let point = (n as f64 * GOLDEN_RATIO.fract() + seed as f64 * SQRT_2.fract()).fract();
    Draw { sampling: Sampling::at_temperature(TEMPERATURE), source: Source::Point(point) }
}

/// Adds those whose query is not there yet.
fn add_new(valid: &mut Vec<Valid>, others: Vec<Valid>) {
    for other in others {
        if valid.iter().all(|known| known.query.sql() != other.query.sql()) {
            valid.push(other);
        }
    }
}

/// The likeliest query of each result, the result with the most probability first.
fn voted(engine: &Engine, model: &LoadedModel, valid: Vec<Valid>, options: &Options) -> Vec<Valid> {
    let weighed =
        valid.iter().map(|one| Weighed { query: &one.query, log_likelihood: one.log_likelihood, score: one.score });
    let candidates: Vec<_> = weighed.collect();
    let agreements = agreements(&engine.database(), &candidates, &options.limits, options.stop.as_ref());
    let mut valid: Vec<Option<Valid>> = valid.into_iter().map(Some).collect();
    let speakers = agreements.into_iter().filter_map(|agreement| {
        let likeliest = valid[*agreement.candidates.first()?].take()?;
        Some(Valid { confidence: model.voted_calibration.confidence(agreement.log_mass), ..likeliest })
    });
    speakers.collect()
}

/// Those that pass validation. What is wrong with the first that does not is kept, in case none does.
fn passed(
    engine: &Engine,
    model: &LoadedModel,
    analysis: &Analysis,
    written: Vec<Candidate>,
    answer: &mut Answer,
) -> Vec<Valid> {
    let is_query = |candidate: &Candidate| candidate.intent == Intent::Answerable && candidate.finished;
    let answerable = written.into_iter().filter(is_query);
    let mut valid = vec![];
    for candidate in answerable {
        let checked = stage!("validate", validate_candidate(engine, model, &candidate.lexemes, &analysis.question));
        match checked {
            Ok(query) => {
                let log_likelihood = candidate.log_likelihood;
                let confidence = model.calibration.confidence(log_likelihood);
                let plan = said_plan(engine, model, &candidate);
                let (lexemes, score, explained) = (candidate.lexemes, log_likelihood, None);
                valid.push(Valid { query, lexemes, log_likelihood, score, explained, confidence, plan })
            }
            Err(Rejected::Invalid(found)) if answer.validation.is_empty() => answer.validation = found,
            Err(_) => {}
        }
    }
    valid
}

/// The generated plan, checked against what the query uses.
fn said_plan(engine: &Engine, model: &LoadedModel, candidate: &Candidate) -> Option<String> {
    let (order, said) = (model.plan.as_ref()?, candidate.plan.as_ref()?);
    let (catalog, lexicon) = (&engine.pack.catalog, &model.vocabulary.lexicon);
    let used = Plan::of(order, catalog, lexicon, &candidate.lexemes);
    let verdict = if used.parts == said.parts { "the query agrees" } else { "the query uses other parts" };
    Some(format!("<think> {} </think> ({verdict})", said.shown(catalog, lexicon)))
}

/// The best candidate, if there is one and it is as sure as it has to be; the others become alternatives.
fn decide(model: &LoadedModel, found: Vec<Valid>, options: &Options, answer: &mut Answer) -> Result<Valid, Problem> {
    let wanted = model.calibration_for(options.candidates).threshold(options.threshold);
    let mut found = found.into_iter();
    let Some(best) = found.next() else {
        let problem = Problem::new(Cause::NoCandidate, "no candidate query passed validation, so there is no answer");
        return Err(problem.hint("ask in other words"));
    };
    answer.validation.clear();
    answer.alternatives = found.take(options.alternatives).map(|other| alternative(&other)).collect();
    answer.explained = best.explained;
    let is_answerable = is_answerable(model, answer);
    if is_answerable && best.confidence >= wanted {
        return Ok(best);
    }
    answer.confidence_score = Some(best.confidence);
    answer.alternatives.insert(0, alternative(&best));
    let (is, least) = (100.0 * best.confidence, 100.0 * wanted);
    let message = match is_answerable {
        true => format!("not sure enough: the best candidate is {is:.1} % sure, {least:.1} % are asked for"),
        false => "not sure that the tables hold all that is asked for: the best candidate leaves words unexplained"
            .to_owned(),
    };
    Err(Problem::new(Cause::LowConfidence, message).hint("look at the candidates, or ask in other words"))
}

/// Whether a question is likely enough to be answerable, now that its query is known.
fn is_answerable(model: &LoadedModel, answer: &Answer) -> bool {
    let (Some(channel), Some(before), Some(explained)) = (&model.channel, answer.answerable, answer.explained) else {
        return true;
    };
    answerable_given(before, explained, channel.usual) >= model.least_answerable
}

fn alternative(candidate: &Valid) -> Alternative {
    Alternative { sql: candidate.query.sql().to_owned(), confidence_score: candidate.confidence }
}
