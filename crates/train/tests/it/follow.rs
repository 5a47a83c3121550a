//! Questions that follow others, over a schema that no phrase was written for.

use std::collections::BTreeSet;

use database::Limits;
use schema::{Glossary, Role};
use sql::dialect::Dialect;
use sql::features;
use sql::resolve;
use sql::tree::Query;
use sql::verify::verify;
use train::example::{Example, Intent};
use train::synth::dice::Dice;
use train::synth::follow::{examples, turns};
use train::synth::meaning::{Ask, Filter, Shape};
use train::synth::pair::Drops;
use train::synth::sample;
use train::synth::say::Speaker;
use train::synth::split::Split;
use train::synth::studio::Studio;

use crate::shapes::with_studio;

fn found(studio: &Studio<'_>, split: Split, trees: u64) -> Vec<Example> {
    let mut drops = Drops::default();
    let of = |index| examples(studio, split, (3, index), (2, &mut Dice::new(3, index)), &mut drops);
    (0..trees).flat_map(of).collect()
}

fn parsed(studio: &Studio<'_>, sql: &str) -> Query {
    resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap_or_else(|| panic!("{sql}"))
}

#[test]
fn both_questions_run_and_are_of_the_split() {
    with_studio(|studio| {
        for (split, least) in [(Split::Train, 60), (Split::Dev, 1)] {
            let found = found(studio, split, 200);
            let answered: Vec<&Example> = found.iter().filter(|e| e.intent == Intent::Answerable).collect();
            assert!(answered.len() >= least, "{split:?}: {}", answered.len());
            for example in answered {
                let (sql, before) = (example.sql.as_deref().unwrap(), example.previous_sql.as_deref().unwrap());
                assert!(!example.previous.is_empty() && sql != before, "{}", example.question);
                for sql in [sql, before] {
                    let query = verify(sql, studio.world.catalog, &Default::default()).unwrap();
                    let run = studio.images[0].with(|db| database::run(db, &query, &Limits::default()));
                    assert!(run.unwrap().is_ok(), "{sql}");
                    assert_eq!(Split::of(features::template_hash(&parsed(studio, sql))), split, "{sql}");
                }
            }
        }
    });
}

#[test]
fn what_is_asked_alone_has_no_query() {
    with_studio(|studio| {
        let found = found(studio, Split::Train, 400);
        let alone: Vec<&Example> = found.iter().filter(|e| e.intent != Intent::Answerable).collect();
        assert!(alone.len() > 5, "{}", alone.len());
        for example in alone {
            assert_eq!(example.intent, Intent::FollowUp);
            assert!(example.sql.is_none() && example.previous.is_empty(), "{}", example.question);
        }
    });
}

/// Turns that only narrow what was asked, with the question before.
fn narrowings(studio: &Studio<'_>) -> impl Iterator<Item = (Ask, turns::Turn, Dice)> {
    (0..4000).filter_map(|seed| {
        let mut dice = Dice::new(seed, 9);
        let before = sample::ask(&studio.world, &mut dice)?;
        let turn = turns::draw(&studio.world, &before, &mut dice)?;
        (turn.ask.filters.len() > before.filters.len()).then_some((before, turn, dice))
    })
}

#[test]
fn rows_are_named_where_groups_are_narrowed() {
    with_studio(|studio| {
        let glossary: &Glossary = studio.world.glossary;
        let mut shapes = BTreeSet::new();
        for (before, turn, dice) in narrowings(studio) {
            let Some(said) = Speaker::new(&studio.world, dice).turn(&turn, false) else { continue };
            let nouns = &glossary.table(studio.world.catalog, before.root).unwrap().plural;
            match &before.shape {
                Shape::Top { .. } => panic!("of which rows is {said}?"),
                Shape::Group(group) => assert!(group.top.is_none() && !group.keep_empty, "{said}"),
                _ => {}
            }
            if matches!(before.shape, Shape::Group(_) | Shape::Distinct(_) | Shape::CountDistinct(_)) {
                assert!(nouns.iter().any(|noun| said.contains(noun)), "{said}");
                shapes.insert("groups");
            } else {
                shapes.insert("rows");
            }
        }
        assert_eq!(shapes.len(), 2);
    });
}

/// Whether a question is about the one row that a name leaves.
fn is_of_one(studio: &Studio<'_>, ask: &Ask) -> bool {
    let names = |filter: &Filter| match filter {
        Filter::Value { column, values, negated: false } => {
            values.len() == 1 && studio.world.role(*column) == Role::Name
        }
        _ => false,
    };
    ask.filters.iter().any(names)
}

#[test]
fn one_row_is_neither_counted_nor_put_in_order() {
    with_studio(|studio| {
        let mut seen = 0;
        for seed in 0..3000 {
            let mut dice = Dice::new(seed, 8);
            let Some(before) = sample::ask(&studio.world, &mut dice) else { continue };
            let next = turns::draw(&studio.world, &before, &mut dice).map(|turn| turn.ask);
            for ask in next.iter().chain([&before]).filter(|ask| is_of_one(studio, ask)) {
                seen += 1;
                let many = matches!(ask.shape, Shape::Count | Shape::Top { .. } | Shape::List { order: Some(_), .. });
                assert!(!many, "{:?}", ask.shape);
            }
        }
        assert!(seen > 50, "{seen}");
    });
}
