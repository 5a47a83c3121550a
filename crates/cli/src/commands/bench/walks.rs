//! Random walks of the matcher: each must be a query that validation and SQLite accept, and that came to its end.

use std::collections::BTreeMap;

use answer::engine::grammar;
use answer::intent::Intent;
use answer::pack::Pack;
use answer::prompt::{ModelQuestion, prompt};
use answer::query_generator::{Draw, Generator, MAX_LEXEMES, Request, generate};
use answer::values::indexed_columns;
use answer::vocabulary::{Vocabulary, added_tokens};
use database::Database;
use jiff::civil::date;
use model::config::Config;
use model::inference::Model;
use model::parameters::Parameters;
use model::sampling::{Sampling, Source};
use model::tokenizer::train_bpe;
use schema::link::Links;
use schema::slot::{
    FilledSlot, KnownValue, NormalizedQuestion, NumberUnit, Piece, Reading, Slot, SlotKind, TextSpan,
};
use schema::{ColumnId, Value};
use sql::canonical::{fill_from, text};
use sql::lexeme::{Lexeme, Word};
use sql::matcher::bytes::written;
use sql::matcher::walk::{CONSTRUCTS, constructs, walk};
use sql::matcher::{Grammar, Matcher, SlotTable};

use super::{Args, Even, Figure, Measured};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Candidates that untrained weights write side by side.
const ROWS: usize = 50;

/// Unfinished walks that are shown.
const SHOWN: usize = 5;

/// What walks came to.
#[derive(Default)]
struct Count {
    walks: usize,
    unfinished: usize,
    invalid: usize,
    refused: usize,
    lexemes: usize,
    constructs: BTreeMap<&'static str, usize>,
    /// The first walks that did not end, as far as they came.
    ends: Vec<String>,
}

/// What walks are judged with.
pub(super) struct Ground<'a> {
    pub(super) pack: &'a Pack,
    pub(super) vocabulary: Vocabulary,
    pub(super) grammar: Grammar,
    pub(super) question: NormalizedQuestion,
    pub(super) slots: SlotTable,
}

impl<'a> Ground<'a> {
    /// A vocabulary of the pack's own words, and a question that has every kind of slot.
    pub(super) fn new(pack: &'a Pack) -> Result<Self, Failure> {
        let lexicon = pack.lexicon().map_err(Failure::data)?;
        let added = added_tokens(&pack.catalog, &lexicon);
        let words = pack.glossary.tables.values().flat_map(|terms| &terms.plural).flat_map(|term| term.split(' '));
        let defect = |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "internal", e);
        let tokenizer = train_bpe(words, added.len() + 256 + 100, &added).map_err(|e| defect(&e))?;
        let vocabulary = Vocabulary::new(tokenizer, &pack.catalog, lexicon).map_err(|e| defect(&e))?;
        let grammar = grammar(pack, &vocabulary);
        let question = question_with_all_slots(pack);
        let slots = SlotTable::of(&question);
        Ok(Ground { pack, vocabulary, grammar, question, slots })
    }
}

/// Walks evenly, or through untrained weights at temperature 2, and counts.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let ground = Ground::new(&pack)?;
    if !args.weights {
        let count = evenly(args, context, &ground)?;
        count.ends.iter().for_each(|walk| context.note(format!("a walk that did not end: {walk}")));
        return Ok(count.figures("walks"));
    }
    let (database, mut count) = (context.database(&pack)?, Count::default());
    through_weights(args, &ground, &mut |lexemes, finished| count.add(&ground, &database, lexemes, finished))?;
    Ok(count.figures("walks.weights"))
}

/// Even walks on all cores, each with a seed of its own: how many cores there are makes no difference to the count.
fn evenly(args: &Args, context: &Context, ground: &Ground<'_>) -> Result<Count, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let databases = (0..threads).map(|_| context.database(ground.pack)).collect::<Result<Vec<_>, _>>()?;
    let walks = args.count(2_000);
    let some = |first: usize, database: &Database| {
        let mut count = Count::default();
        for index in (first..walks).step_by(threads) {
            let mut even = Even::of(args.seed, index as u64);
            let mut matcher = Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES);
            let lexemes = walk(&mut matcher, &mut |n| even.below(n));
            count.add(ground, database, &lexemes, matcher.is_finished());
        }
        count
    };
    std::thread::scope(|scope| {
        let started = databases.into_iter().enumerate();
        let started: Vec<_> =
            started.map(|(first, database)| scope.spawn(move || some(first, &database))).collect();
        let mut total = Count::default();
        for thread in started {
            let count = thread.join().map_err(|_| Failure::new(Exit::Failed, "internal", "a walk broke off"))?;
            total.merge(count);
        }
        Ok(total)
    })
}

impl Count {
    fn merge(&mut self, other: Count) {
        self.walks += other.walks;
        self.unfinished += other.unfinished;
        self.invalid += other.invalid;
        self.refused += other.refused;
        self.lexemes += other.lexemes;
        self.ends.extend(other.ends);
        self.ends.truncate(SHOWN);
        for (construct, count) in other.constructs {
            *self.constructs.entry(construct).or_insert(0) += count;
        }
    }

    fn add(&mut self, ground: &Ground<'_>, database: &Database, lexemes: &[Lexeme], finished: bool) {
        self.walks += 1;
        self.lexemes += lexemes.len();
        if !finished {
            self.unfinished += 1;
            if self.ends.len() < SHOWN {
                self.ends.push(written(&ground.pack.catalog, &ground.vocabulary.lexicon, lexemes));
            }
            return;
        }
        for construct in constructs(lexemes) {
            *self.constructs.entry(construct).or_insert(0) += 1;
        }
        let (catalog, lexicon) = (&ground.pack.catalog, &ground.vocabulary.lexicon);
        let filled = text(lexemes, catalog, lexicon, &fill_from(&ground.question, &[]), "2026-11-20");
        let verified = filled.ok().and_then(|sql| sql::verify::verify(&sql, catalog, &ground.pack.validation()).ok());
        match verified {
            None => self.invalid += 1,
            Some(query) if database::engine_facts(database, &query).is_err() => self.refused += 1,
            Some(_) => {}
        }
    }

    fn figures(self, name: &str) -> Vec<Figure> {
        let share = |n: usize| 100.0 * n as f64 / self.walks.max(1) as f64;
        let accepted = self.walks - self.unfinished - self.invalid - self.refused;
        let seen = CONSTRUCTS.iter().map(|(construct, _)| (self.constructs.get(construct).copied().unwrap_or(0), *construct));
        let figure = |part: &str, value, unit| Figure::new(format!("{name}.{part}"), value, unit);
        let mut figures = vec![
            figure("count", self.walks as f64, ""),
            figure("accepted", share(accepted), "%"),
            figure("unfinished", self.unfinished as f64, ""),
            figure("refused by validation", self.invalid as f64, ""),
            figure("refused by SQLite", self.refused as f64, ""),
            figure("mean length", self.lexemes as f64 / self.walks.max(1) as f64, "lexemes"),
        ];
        if let Some((least, construct)) = seen.clone().min() {
            figures.push(figure(&format!("rarest construct ({construct})"), share(least), "%"));
        }
        let rare = seen.clone().filter(|(n, _)| share(*n) < 1.0).count();
        figures.push(figure("constructs below 1 %", rare as f64, ""));
        figures.extend(seen.map(|(count, construct)| figure(&format!("with {construct}"), share(count), "%")));
        figures
    }
}

fn through_weights(args: &Args, ground: &Ground<'_>, each: &mut dyn FnMut(&[Lexeme], bool)) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "internal", e);
    let config = Config::compact(ground.vocabulary.size());
    let parameters = Parameters::init(&config, args.seed).map_err(|e| failed(&e))?;
    let model = Model::new(parameters).map_err(|e| failed(&e))?;
    let (vocabulary, grammar) = (&ground.vocabulary, &ground.grammar);
    let generator = Generator { model: &model, vocabulary, grammar, plan: None, threads: usize::from(args.threads), constrained: true };
    let prompt = prompt(vocabulary, &ModelQuestion::new(&ground.question, &Links::default()));
    let seeds: Vec<u64> = (0..args.count(2_000) as u64).collect();
    for seeds in seeds.chunks(ROWS) {
        let sampling = Sampling::at_temperature(2.0);
        let draws: Vec<Draw> = seeds.iter().map(|seed| Draw { sampling, source: Source::seeded(seed ^ (args.seed << 32)) }).collect();
        let intent = Some(Intent::Answerable);
        let request = Request { intent, ..Request::new(&prompt, &ground.slots, &draws) };
        for candidate in generate(generator, &[request]).map_err(|e| failed(&e))?.into_iter().flatten() {
            let lexemes: Vec<Lexeme> =
                candidate.lexemes.iter().filter_map(|id| vocabulary.lexicon.lexeme(*id)).collect();
            each(&lexemes, lexemes.last() == Some(&Lexeme::Word(Word::End)));
        }
    }
    Ok(())
}

/// Two slots of each kind: values that a fifth of the columns hold, and texts that none does.
fn question_with_all_slots(pack: &Pack) -> NormalizedQuestion {
    let columns: Vec<ColumnId> = indexed_columns(pack);
    let held = |rest: usize| {
        let columns = columns.iter().enumerate().filter(|(i, _)| i % 5 == rest).map(|(_, column)| *column);
        columns.map(|column| KnownValue { column, stored: "Active".to_owned(), score: 1.0 }).collect()
    };
    let number = |n| Reading::Number { value: Value::Integer(n), unit: NumberUnit::None };
    let range = |year| Reading::Range { start: date(year, 1, 1), end: date(year + 1, 1, 1) };
    let readings = [
        (SlotKind::Num, [number(5), number(100_000)]),
        (SlotKind::Date, [Reading::Date(date(2025, 3, 1)), Reading::Date(date(2026, 3, 1))]),
        (SlotKind::Range, [range(2024), range(2025)]),
        (SlotKind::Val, [Reading::Known(held(0)), Reading::Known(held(1))]),
        (SlotKind::Str, [Reading::Text("cloud".to_owned()), Reading::Text("50%".to_owned())]),
    ];
    let slots: Vec<FilledSlot> = readings
        .into_iter()
        .flat_map(|(kind, readings)| {
            let numbered = (1..).zip(readings).map(move |(number, reading)| (Slot { kind, number }, reading));
            numbered.map(|(slot, reading)| FilledSlot { slot, span: TextSpan::default(), again: vec![], readings: vec![reading] })
        })
        .collect();
    let pieces = slots.iter().map(|filled| Piece::Slot(filled.slot)).collect();
    NormalizedQuestion { original: String::new(), today: date(2026, 11, 20), pieces, slots }
}
