//! Synthesis over the pack of the product: checked, repeatable, and in the words that people use.

use std::convert::Infallible;
use std::hint::black_box;
use std::panic::catch_unwind;
use std::path::Path;

use answer::guard::is_write_request;
use answer::pack::{Pack, PackFiles};
use jiff::civil::date;
use schema::Role;
use train::example::{Example, Intent};
use train::synth::dice::Dice;
use train::synth::generate::{Amount, Generated, generate};
use train::synth::meaning::Filter;
use train::synth::sample;
use train::synth::sense::columns_of;
use train::synth::split::Split;
use train::synth::studio::{Workshop, databases};
use train::synth::world::World;

fn gl() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let files = PackFiles {
        name: "gl".into(),
        schema: read("schema.sql"),
        glossary: read("glossary.toml"),
        demo: read("demo.toml"),
        rules: read("rules.toml"),
        ..PackFiles::default()
    };
    Pack::new(files).unwrap()
}

fn made(workshop: &Workshop<'_>, amount: Amount, split: Split) -> (Vec<Example>, Generated) {
    let mut examples = vec![];
    let studios = workshop.studios(split);
    let generated = generate(&studios, split, amount, &mut |example| {
        examples.push(example);
        Ok::<(), Infallible>(())
    });
    let Ok(generated) = generated;
    (examples, generated)
}

pub(crate) fn with_gl(check: impl FnOnce(&Workshop<'_>)) {
    let pack = gl();
    let images = databases(&pack, 1).unwrap();
    check(&Workshop::new(&pack, images, date(2026, 11, 20)).unwrap());
}

const AMOUNT: Amount = Amount { questions: 500, voices: 4, seed: 7, threads: 2 };

#[test]
fn sums_that_overflow_are_caught_in_this_crate() {
    assert!(catch_unwind(|| black_box(u8::MAX) + black_box(1)).is_err(), "tests must run with overflow checks");
}

#[test]
fn threads_change_nothing_and_any_seed_works() {
    with_gl(|workshop| {
        for seed in [7, u64::MAX] {
            let amount = Amount { seed, ..AMOUNT };
            let (one, first) = made(workshop, Amount { threads: 1, ..amount }, Split::Train);
            let (three, second) = made(workshop, Amount { threads: 3, ..amount }, Split::Train);
            assert_eq!(one.len(), amount.questions);
            assert_eq!(one, three, "seed {seed}");
            assert_eq!(first.drops, second.drops, "seed {seed}");
        }
    });
}

#[test]
fn asking_stops_when_the_taker_does() {
    with_gl(|workshop| {
        let studios = workshop.studios(Split::Train);
        let mut taken = 0;
        let stopped = generate(&studios, Split::Train, AMOUNT, &mut |_| {
            taken += 1;
            if taken == 10 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((stopped.err(), taken), (Some("enough"), 10));
    });
}

#[test]
fn questions_are_worded_as_people_word_them() {
    with_gl(|workshop| {
        let (examples, _) = made(workshop, Amount { questions: 3000, ..AMOUNT }, Split::Train);
        let answered: Vec<&Example> = examples.iter().filter(|e| e.intent == Intent::Answerable).collect();
        let share = |of: &dyn Fn(&str) -> bool| {
            answered.iter().filter(|e| of(&e.question)).count() as f64 / answered.len() as f64
        };
        // What 4,000 hand-written questions show, within a wide margin.
        assert!((0.15..0.6).contains(&share(&|q| q.contains(". ") || q.contains("? "))), "two sentences");
        assert!((0.3..0.8).contains(&share(&|q| q.contains(','))), "lists");
        assert!((0.1..0.45).contains(&share(&|q| q.trim_end().ends_with('?'))), "question marks");
        let words: usize = answered.iter().map(|e| e.question.split_whitespace().count()).sum();
        assert!((12..24).contains(&(words / answered.len())), "length");
        for example in &answered {
            // Only of periods it is plain what the order is of.
            let periods = example.sql.as_deref().is_some_and(|sql| sql.contains("STRFTIME("));
            let broken = ["{", "}", "..  ", "?.", ". .", ",,", " ,", "chronological order."];
            let found = broken.iter().find(|b| example.question.contains(**b) && !(periods && b.starts_with('c')));
            assert_eq!(found, None, "{}", example.question);
        }
    });
}

#[test]
fn no_answerable_question_reads_as_an_order_to_change_data() {
    with_gl(|workshop| {
        let (examples, _) = made(workshop, Amount { questions: 6000, seed: 5, ..AMOUNT }, Split::Test);
        let answerable = examples.iter().filter(|e| e.intent == Intent::Answerable);
        let refused: Vec<&str> = answerable
            .filter(|e| is_write_request(&e.question, !e.previous.is_empty()))
            .map(|e| e.question.as_str())
            .collect();
        assert!(refused.is_empty(), "{refused:#?}");
    });
}

#[test]
fn rows_of_a_list_can_be_told_apart() {
    with_gl(|workshop| {
        let (examples, _) = made(workshop, Amount { questions: 3000, seed: 11, ..AMOUNT }, Split::Train);
        let plain = |sql: &&str| {
            let aggregates = ["GROUP BY", "COUNT(", "SUM(", "AVG(", "MIN(", "MAX(", "DISTINCT"];
            // A set operation shows values, not rows.
            let sets = [" UNION ", " EXCEPT ", " INTERSECT "];
            !aggregates.iter().chain(&sets).any(|w| sql.contains(w))
        };
        let queries: Vec<&str> = examples.iter().filter_map(|e| e.sql.as_deref()).filter(plain).collect();
        let shows_identity = |sql: &&&str| {
            let shown = sql.split(" FROM ").next().unwrap_or_default();
            ["Code", "Name", "Number", "_ID", "ClntClass"].iter().any(|w| shown.contains(w))
        };
        let one_row = |sql: &&&str| ["_Code = '", "_Name = '", "_Number = '", "_ID = "].iter().any(|w| sql.contains(w));
        let lost: Vec<_> = queries.iter().filter(|q| !shows_identity(q) && !one_row(q)).collect();
        assert!(queries.len() > 500 && lost.is_empty(), "{lost:#?}");
    });
}

#[test]
fn what_is_declined_varies() {
    with_gl(|workshop| {
        let (examples, _) = made(workshop, Amount { questions: 3000, ..AMOUNT }, Split::Train);
        let of = |intent: Intent| examples.iter().filter(|e| e.intent == intent).collect::<Vec<_>>();
        for intent in [Intent::Unanswerable, Intent::Write, Intent::Ambiguous, Intent::Chat] {
            let texts: std::collections::BTreeSet<_> = of(intent).iter().map(|e| &e.normalized).collect();
            assert!(texts.len() > 8, "{intent:?}: {texts:?}");
        }
        let declined = examples.len() - of(Intent::Answerable).len();
        assert!((0.1..0.2).contains(&(declined as f64 / examples.len() as f64)), "{declined} declined");
        // Rows in declined questions are worded freely, not the same way each time.
        let near = of(Intent::Unanswerable).iter().filter(|e| e.question.contains("salary")).count();
        let of_all = of(Intent::Unanswerable).len();
        assert!(near * 4 < of_all, "{near} of {of_all} ask for a salary");
    });
}

/// Filters on the rows of one question, for many questions.
fn filters_asked(world: &World<'_>) -> Vec<Vec<Filter>> {
    (0..6000).filter_map(|seed| sample::ask(world, &mut Dice::new(seed, 1))).map(|ask| ask.filters).collect()
}

#[test]
fn no_two_conditions_test_one_column() {
    with_gl(|workshop| {
        let studio = &workshop.studios(Split::Train)[0];
        let mut with_named = 0;
        for filters in filters_asked(&studio.world) {
            let columns: Vec<_> = filters.iter().map(|f| columns_of(&studio.world, f)).collect();
            for (at, of_one) in columns.iter().enumerate() {
                let again = columns[..at].iter().flatten().any(|c| of_one.contains(c));
                assert!(!again, "{filters:?}");
            }
            with_named += usize::from(filters.len() > 1 && filters.iter().any(|f| matches!(f, Filter::Named(_))));
        }
        assert!(with_named > 50, "{with_named}");
    });
}

#[test]
fn rows_are_compared_with_one_that_its_name_or_key_tells() {
    with_gl(|workshop| {
        let world = &workshop.studios(Split::Train)[0].world;
        let mut compared = 0;
        for filter in filters_asked(world).iter().flatten() {
            let Filter::ThanNamed { column, .. } = filter else { continue };
            assert!(world.role(*column) == Role::Name || world.is_key(*column), "{column:?}");
            compared += 1;
        }
        assert!(compared > 10, "{compared}");
    });
}
