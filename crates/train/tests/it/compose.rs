//! Scenes over a schema that no phrase was written for.

use std::collections::{BTreeMap, BTreeSet};

use database::Limits;
use schema::TableId;
use sql::dialect::Dialect;
use sql::features::difficulty;
use sql::print;
use sql::resolve;
use sql::verify::verify;
use train::example::Example;
use train::synth::compose::part::{Lead, Phrase, Scene, Told};
use train::synth::compose::{KINDS, Kind, LEVELS, ask};
use train::synth::dice::Dice;
use train::synth::meaning::Filter;
use train::synth::say::Speaker;
use train::synth::shapes::count::Counts;
use train::synth::shapes::draft::Thing;
use train::synth::shapes::pen::Pen;
use train::synth::split::Split;
use train::synth::studio::Studio;

use crate::shapes::with_studio;

fn drawn(studio: &Studio<'_>, kind: &Kind, seed: u64) -> Option<Scene> {
    let mut dice = Dice::new(seed, 7);
    (kind.draw)(&mut Pen { world: &studio.world, dice: &mut dice })
}

/// Every kind of phrase that a scene is told with.
fn kinds_of(scene: &Scene, found: &mut BTreeSet<&'static str>) {
    let conds = scene.conds.iter().filter_map(|c| if let Told::Phrase(p) = c { Some(p) } else { None });
    conds.chain(&scene.notes).for_each(|p| kinds_within(p, found));
    let things = scene.lead.things.iter().map(|(_, t)| t).chain(scene.cols.iter().flatten());
    things.for_each(|t| kinds_in(t, found));
}

fn kinds_within(phrase: &Phrase, found: &mut BTreeSet<&'static str>) {
    found.insert(phrase.kind);
    phrase.things.iter().for_each(|(_, t)| kinds_in(t, found));
}

fn kinds_in(thing: &Thing, found: &mut BTreeSet<&'static str>) {
    match thing {
        Thing::Phrase(phrase) => kinds_within(phrase, found),
        Thing::List(things) => things.iter().for_each(|t| kinds_in(t, found)),
        _ => {}
    }
}

#[test]
fn every_kind_draws_queries_that_run_and_can_be_said() {
    with_studio(|studio| {
        let catalog = studio.world.catalog;
        for kind in KINDS {
            let mut told = 0;
            for scene in (0..80).filter_map(|seed| drawn(studio, kind, seed)) {
                assert_eq!(scene.kind, kind.name);
                let query = resolve::parse(&scene.sql, catalog, Dialect::Sqlite).query;
                let query = query.unwrap_or_else(|| panic!("does not resolve: {}", scene.sql));
                let text = print::compact(&query, catalog);
                let verified = verify(&text, catalog, &Default::default()).unwrap_or_else(|r| panic!("{text}: {r:?}"));
                let run = studio.images[0].with(|db| database::run(db, &verified, &Limits::default()));
                let result = run.unwrap().unwrap_or_else(|e| panic!("{text}: {e}"));
                let said = Speaker::new(&studio.world, Dice::new(told, 1)).scene(&scene);
                if let (Some(said), false) = (said, result.rows.is_empty()) {
                    assert!(!said.contains(['{', '}', '[', ']', '|']), "{}: {said}", kind.name);
                    told += 1;
                }
            }
            assert!(told >= 5, "{} is told {told} times", kind.name);
        }
    });
}

#[test]
fn a_scene_shows_the_columns_that_its_question_lists() {
    with_studio(|studio| {
        for kind in KINDS {
            for scene in (0..60).filter_map(|seed| drawn(studio, kind, seed)) {
                let query = resolve::parse(&scene.sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
                let shown = query.select().map_or(0, |s| s.items.len());
                if let Some(cols) = &scene.cols {
                    assert_eq!(cols.len(), shown, "{}: {}", kind.name, scene.sql);
                }
            }
        }
    });
}

#[test]
fn the_same_seed_draws_and_tells_the_same() {
    with_studio(|studio| {
        for kind in KINDS {
            for seed in 0..10 {
                let (one, two) = (drawn(studio, kind, seed), drawn(studio, kind, seed));
                let (Some(one), Some(two)) = (one, two) else { continue };
                assert_eq!(one.sql, two.sql);
                let say = |scene: &Scene| Speaker::new(&studio.world, Dice::new(seed, 3)).scene(scene);
                assert_eq!(say(&one), say(&two));
            }
        }
    });
}

fn examples(studio: &Studio<'_>, trees: u64) -> Vec<Example> {
    let mut counts = Counts::default();
    let of = |index| ask::examples(studio, Split::Train, (5, index), (2, &mut Dice::new(5, index)), &mut counts);
    (0..trees).flat_map(of).collect()
}

#[test]
fn every_pair_kept_runs_and_has_a_form() {
    with_studio(|studio| {
        let found = examples(studio, 150);
        assert!(found.len() > 100, "{}", found.len());
        let levels: BTreeSet<&str> = found.iter().map(|e| e.difficulty.as_str()).collect();
        assert_eq!(levels, LEVELS.iter().map(|(level, _)| *level).collect());
        for example in &found {
            assert!(!example.lexemes.is_empty() && !example.normalized.is_empty(), "{}", example.question);
            let sql = example.sql.as_deref().unwrap();
            let query = verify(sql, studio.world.catalog, &Default::default()).unwrap();
            let run = studio.images[0].with(|db| database::run(db, &query, &Limits::default()));
            assert!(run.unwrap().is_ok(), "{sql}");
            let tree = resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
            assert_eq!(difficulty(&tree).to_string(), example.difficulty);
        }
    });
}

/// The groups of words that are no part of a scene themselves: they stand around its parts.
const AROUND: [&str; 4] = ["part", "lead", "cols", "apart"];

#[test]
fn every_part_is_drawn() {
    type Groups = BTreeMap<String, BTreeMap<String, Vec<String>>>;
    let words: Groups = toml::from_str(include_str!("../../src/synth/compose/phrases.toml")).unwrap();
    let parts = words.keys().filter(|group| !AROUND.contains(&group.as_str()));
    let bare = |position: &str| position.trim_end_matches("_cols").trim_end_matches("_bare").to_owned();
    let wanted: BTreeSet<String> = parts.cloned().chain(words["lead"].keys().map(|p| bare(p))).collect();
    with_studio(|studio| {
        let (mut kinds, mut leads) = (BTreeSet::new(), BTreeSet::new());
        for scene in KINDS.iter().flat_map(|kind| (0..1500).filter_map(|seed| drawn(studio, kind, seed))) {
            kinds_of(&scene, &mut kinds);
            leads.insert(scene.lead.position);
        }
        let found: BTreeSet<&str> = kinds.union(&leads).copied().collect();
        let missing: Vec<&String> = wanted.iter().filter(|name| !found.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}");
    });
}

#[test]
fn conditions_apart_name_their_rows_where_groups_are_asked_for() {
    with_studio(|studio| {
        let kind = KINDS.iter().find(|kind| kind.name == "groups").unwrap();
        let mut apart = 0;
        for (n, scene) in (0..400).filter_map(|seed| drawn(studio, kind, seed)).enumerate() {
            let said = Speaker::new(&studio.world, Dice::new(n as u64, 5)).scene(&scene).unwrap_or_default();
            let lower = said.to_lowercase();
            let vague = [
                "only those that",
                "only the ones",
                "just the ones",
                "only if they",
                "provided they",
                "as long as they",
            ];
            assert!(!vague.iter().any(|words| lower.contains(words)), "{said}");
            apart += usize::from(["only visits ", "only sales ", "only farms "].iter().any(|w| lower.contains(w)));
        }
        assert!(apart > 5, "{apart}");
    });
}

#[test]
fn an_order_is_asked_for_where_lines_are_not_only_picked_by_it() {
    with_studio(|studio| {
        let mut seen = [false; 2];
        for kind in KINDS.iter().filter(|kind| ["rows", "groups"].contains(&kind.name)) {
            for scene in (0..200).filter_map(|seed| drawn(studio, kind, seed)) {
                let outer = scene.sql.rsplit(')').next().unwrap_or_default();
                let (ordered, limited) = (scene.notes.iter().any(is_order), outer.contains(" LIMIT "));
                assert_eq!(scene.ordered, ordered, "{}", scene.sql);
                seen[usize::from(limited)] |= ordered != limited;
            }
        }
        assert_eq!(seen, [true, true]);
    });
}

fn is_order(note: &Phrase) -> bool {
    note.kind.starts_with("order_") || note.kind.starts_with("plain_")
}

#[test]
fn what_is_counted_beside_all_is_not_what_narrows_them() {
    with_studio(|studio| {
        let mut cases = 0;
        for kind in KINDS.iter().filter(|kind| ["totals", "groups"].contains(&kind.name)) {
            for scene in (0..600).filter_map(|seed| drawn(studio, kind, seed)) {
                let Some((_, test)) = scene.sql.split_once("CASE WHEN ") else { continue };
                let (test, rest) = test.split_once(" THEN ").unwrap();
                let tested = test.trim_start_matches('(').split(' ').next().unwrap();
                let rest = rest.split_once(" FROM ").map_or("", |(_, rest)| rest);
                let rest = rest.split(" HAVING ").next().and_then(|r| r.split(" ORDER BY ").next()).unwrap();
                let narrowed = rest.find(" WHERE ").or(rest.find(" GROUP BY ")).map_or("", |at| &rest[at..]);
                assert!(!narrowed.contains(tested), "{tested} in {}", scene.sql);
                assert!(!rest.contains(&format!(" ON {tested} = ")), "{tested} joins in {}", scene.sql);
                cases += 1;
            }
        }
        assert!(cases > 50, "{cases}");
    });
}

#[test]
fn conditions_and_order_are_said_wherever_they_stand() {
    with_studio(|studio| {
        let catalog = studio.world.catalog;
        let table = catalog.table_ids().find(|&t| catalog.table(t).name == "farms").unwrap();
        let scene = northern_farms(studio, table);
        let said: BTreeSet<String> =
            (0..120).filter_map(|n| Speaker::new(&studio.world, Dice::new(n, 4)).scene(&scene)).collect();
        assert!(said.len() > 80, "{}", said.len());
        for text in &said {
            let text = text.to_lowercase();
            let all =
                ["farm", "north", "acreage", "first"].into_iter().filter(|w| !text.contains(w)).collect::<Vec<_>>();
            let down = ["desc", "high", "ranked", "larg", "big", "great"].iter().any(|w| text.contains(w));
            assert!(all.is_empty() || (all == ["first"] && down), "{text}: {all:?}");
            assert!(
                text.contains("2 * ")
                    || text.contains("twice")
                    || text.contains("double")
                    || text.contains("two times")
            );
        }
    });
}

/// `SELECT farm_name, acreage … WHERE region = 'North' AND actual_yield > 2 * planned_yield ORDER BY acreage DESC`
fn northern_farms(studio: &Studio<'_>, table: TableId) -> Scene {
    let column = |name: &str| studio.world.catalog.find_column(table, name).unwrap();
    let north = Filter::Value { column: column("region"), values: vec!["North".into()], negated: false };
    let twice = Phrase::new("twice")
        .with("a", Thing::Column(column("actual_yield")))
        .with("b", Thing::Column(column("planned_yield")));
    Scene {
        kind: "rows",
        sql: String::new(),
        ordered: true,
        table,
        conds: vec![Told::Filter(north), Told::Phrase(twice)],
        lead: Lead { position: "rows", things: vec![] },
        cols: Some(vec![Thing::Column(column("farm_name")), Thing::Column(column("acreage"))]),
        notes: vec![Phrase::new("order_high").with("v", Thing::Column(column("acreage")))],
    }
}

#[test]
fn every_join_is_for_something_that_is_said() {
    with_studio(|studio| {
        let alias = |sql: &str| sql.split(" AS ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        for kind in KINDS {
            for scene in (0..150).filter_map(|seed| drawn(studio, kind, seed)) {
                for join in scene.sql.split(" JOIN ").skip(1).filter(|join| join.starts_with('"')) {
                    let name = alias(join).unwrap();
                    let uses = scene.sql.matches(&format!("{name}.")).count();
                    let joins = scene.sql.matches(&format!(" AS {name} ON ")).count();
                    assert!(uses > joins, "{}: {name} in {}", kind.name, scene.sql);
                }
            }
        }
    });
}
