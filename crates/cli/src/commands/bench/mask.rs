//! How long one mask of the matcher takes, over walks: with our own vocabulary, and with a byte-level one of the size that
//! large models have.

use std::time::Instant;

use answer::query_generator::MAX_LEXEMES;
use sql::bitset::BitSet;
use sql::matcher::Matcher;
use sql::matcher::bytes::{ByteGrammar, ByteMatcher, written};
use sql::matcher::walk::walk;

use super::vocabulary::vocabulary;
use super::walks::Ground;
use super::{Args, Even, Figure, Measured, times};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Walks whose text the byte-level vocabulary is learned from.
const LEARNED: usize = 400;
/// How often each text is written anew; the least time of each mask counts.
const RUNS: usize = 3;
/// Tokens across the spaces between lexemes, in the vocabulary that has such.
const SPANNING: usize = 4_000;

/// Times each mask along even walks, and counts the forward passes that forced tokens save.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let ground = Ground::new(&pack)?;
    let walked = |matcher: &mut Matcher, even: &mut Even| {
        let lexemes = walk(matcher, &mut |n| even.below(n));
        lexemes.into_iter().filter_map(|lexeme| ground.vocabulary.lexicon.id(lexeme)).collect()
    };
    let mut figures = own(args, &ground, &walked, "mask");
    figures.extend(own(args, &ground, &drawn, "mask.even"));
    figures.extend(bytes(args, &ground, 0, "mask.bytes")?);
    figures.extend(bytes(args, &ground, SPANNING, "mask.spanning bytes")?);
    Ok(figures)
}

/// Every allowed lexeme equally often: queries grow up to their budget, where a mask is dearest.
fn drawn(matcher: &mut Matcher, even: &mut Even) -> Vec<u32> {
    let (mut mask, mut taken) = (BitSet::default(), vec![]);
    while !matcher.is_finished() {
        matcher.mask(&mut mask);
        let allowed: Vec<u32> = mask.iter().collect();
        let Some(id) = allowed.get(even.below(allowed.len())) else { break };
        matcher.advance_allowed(*id);
        taken.push(*id);
    }
    taken
}

/// Masks of our own vocabulary along the queries that `draw` gives.
fn own(
    args: &Args,
    ground: &Ground<'_>,
    draw: &dyn Fn(&mut Matcher, &mut Even) -> Vec<u32>,
    name: &str,
) -> Vec<Figure> {
    let mut even = Even(args.seed);
    let mut steps = Steps::default();
    let matcher = || Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES);
    for _ in 0..args.count(500) {
        let ids = draw(&mut matcher(), &mut even);
        let runs = (0..RUNS).map(|_| Steps::of_lexemes(matcher(), &ids));
        steps.extend(runs.reduce(Steps::least).unwrap_or_default());
    }
    steps.figures(name)
}

/// The text of an even walk, as a byte-level model writes it.
fn walked_text(ground: &Ground<'_>, even: &mut Even) -> String {
    let mut matcher = Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES);
    let walked = walk(&mut matcher, &mut |n| even.below(n));
    written(&ground.pack.catalog, &ground.vocabulary.lexicon, &walked)
}

/// The same along the tokens of walks' texts, the longest token each time. A token is forced when its bytes must come.
fn bytes(args: &Args, ground: &Ground<'_>, spanning: usize, name: &str) -> Measured {
    let mut even = Even(args.seed);
    let learned: Vec<String> = (0..LEARNED).map(|_| walked_text(ground, &mut even)).collect();
    let vocabulary = vocabulary(&learned, spanning, args.seed)?;
    let started = Instant::now();
    let grammar = ByteGrammar::new(&ground.pack.catalog, &ground.vocabulary.lexicon, vocabulary).map_err(defect)?;
    let prepared = started.elapsed().as_secs_f64() * 1000.0;
    let mut steps = Steps::default();
    for _ in 0..args.count(500) {
        let text = walked_text(ground, &mut even);
        let matcher = || ByteMatcher::new(&grammar, Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES));
        let runs = (0..RUNS).map(|_| Steps::of(&grammar, matcher(), text.as_bytes()));
        steps.extend(runs.collect::<Result<Vec<_>, _>>()?.into_iter().reduce(Steps::least).unwrap_or_default());
    }
    let mut figures = vec![
        Figure::new(format!("{name}.vocabulary"), grammar.vocabulary().len() as f64, "tokens"),
        Figure::new(format!("{name}.prepare"), prepared, "ms"),
    ];
    figures.extend(steps.figures(name));
    Ok(figures)
}

fn defect(problem: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "internal", problem)
}

/// What tokens cost and save, one by one.
#[derive(Default)]
struct Steps {
    masks: Vec<f64>,
    advances: Vec<f64>,
    allowed: usize,
    forced: usize,
}

impl Steps {
    /// Writes a query that is allowed.
    fn of_lexemes(mut matcher: Matcher, ids: &[u32]) -> Self {
        let (mut steps, mut mask) = (Steps::default(), BitSet::default());
        for id in ids {
            let started = Instant::now();
            matcher.mask(&mut mask);
            steps.masks.push(started.elapsed().as_secs_f64() * 1e6);
            steps.allowed += mask.len();
            steps.forced += usize::from(mask.len() == 1);
            let started = Instant::now();
            matcher.advance_allowed(*id);
            steps.advances.push(started.elapsed().as_secs_f64() * 1e6);
        }
        steps
    }

    /// Writes a text and its end; an error where the mask lacks one of its tokens.
    fn of(grammar: &ByteGrammar, mut matcher: ByteMatcher<'_>, text: &[u8]) -> Result<Self, Failure> {
        let (mut steps, vocabulary) = (Steps::default(), grammar.vocabulary());
        let mut mask = BitSet::default();
        for token in vocabulary.tokens(text).unwrap_or_default().into_iter().chain([vocabulary.end()]) {
            let started = Instant::now();
            matcher.mask(&mut mask);
            steps.masks.push(started.elapsed().as_secs_f64() * 1e6);
            steps.allowed += mask.len();
            let (forced, bytes) = (matcher.forced(), vocabulary.bytes(token));
            steps.forced += usize::from(if bytes.is_empty() { forced.ends } else { forced.bytes.starts_with(bytes) });
            let started = Instant::now();
            let taken = matcher.advance(token);
            steps.advances.push(started.elapsed().as_secs_f64() * 1e6);
            if taken.is_err() || !mask.contains(token) {
                return Err(defect(format_args!("the mask lacks a token of {:?}", String::from_utf8_lossy(text))));
            }
        }
        Ok(steps)
    }

    /// The least times of two runs of one text: what else the machine does is none of the matcher's time.
    fn least(self, other: Self) -> Self {
        let least = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(|(a, b)| a.min(b)).collect();
        Steps { masks: least(self.masks, other.masks), advances: least(self.advances, other.advances), ..self }
    }

    fn extend(&mut self, other: Self) {
        self.masks.extend(other.masks);
        self.advances.extend(other.advances);
        self.allowed += other.allowed;
        self.forced += other.forced;
    }

    fn figures(self, name: &str) -> Vec<Figure> {
        let count = self.masks.len().max(1) as f64;
        let most = self.masks.iter().copied().fold(0.0, f64::max);
        let mut figures = times(name, self.masks, "µs");
        figures.push(Figure::new(format!("{name}.max"), most, "µs"));
        figures.extend(times(&format!("{name}.advance"), self.advances, "µs"));
        figures.push(Figure::new(format!("{name}.allowed"), self.allowed as f64 / count, "tokens"));
        figures.push(Figure::new(format!("{name}.forced"), 100.0 * self.forced as f64 / count, "%"));
        figures
    }
}
