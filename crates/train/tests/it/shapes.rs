//! Shapes of questions over a schema that no shape was written for.

use std::collections::BTreeSet;

use answer::pack::{Pack, PackFiles};
use database::{Image, Limits};
use jiff::civil::date;
use rusqlite::Connection;
use sql::dialect::Dialect;
use sql::print;
use sql::resolve;
use sql::verify::verify;
use train::synth::dice::Dice;
use train::synth::say::Speaker;
use train::synth::shapes::pen::Pen;
use train::synth::shapes::{SHAPES, Shape, draw};
use train::synth::studio::{Studio, Workshop};

const SCHEMA: &str = "CREATE TABLE farms (farm_code TEXT PRIMARY KEY, farm_name TEXT NOT NULL, region TEXT, acreage INTEGER,
        planned_yield INTEGER, actual_yield INTEGER, mother_farm TEXT REFERENCES farms(farm_code), opened DATE, closed DATE);
    CREATE TABLE crates_sold (sale_id INTEGER PRIMARY KEY, farm_code TEXT REFERENCES farms(farm_code),
        buyer_id INTEGER REFERENCES buyers(buyer_id), fruit TEXT, grade TEXT, price INTEGER, weight INTEGER,
        ordered_on DATE, delivered_on DATE);
    CREATE TABLE buyers (buyer_id INTEGER PRIMARY KEY, buyer_name TEXT NOT NULL, region TEXT, limit_amount INTEGER);
    CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, farm_code TEXT REFERENCES farms(farm_code), purpose TEXT,
        fee INTEGER, visited DATE, region TEXT, surcharge INTEGER);";

const GLOSSARY: &str = r#"
    [tables.farms]
    singular = ["farm"]
    plural = ["farms"]
    display = ["farm_code", "farm_name"]
    core = true
    [tables.crates_sold]
    singular = ["sale"]
    plural = ["sales"]
    display = ["sale_id"]
    core = true
    [tables.buyers]
    singular = ["buyer"]
    plural = ["buyers"]
    display = ["buyer_name"]
    [tables.visits]
    singular = ["visit"]
    plural = ["visits"]
    display = ["visit_id"]
    [columns."farms.farm_code"]
    role = "code"
    [columns."farms.region"]
    role = "dimension"
    terms = ["region"]
    [columns."buyers.region"]
    role = "dimension"
    [columns."crates_sold.fruit"]
    role = "dimension"
    [columns."crates_sold.grade"]
    role = "status"
    [columns."visits.purpose"]
    role = "dimension"
    [columns."visits.region"]
    role = "dimension"
    [columns."visits.surcharge"]
    role = "percent"
"#;

fn rows() -> String {
    let mut sql = String::new();
    for i in 0..12 {
        let (up, region) =
            (if i < 3 { "NULL".into() } else { format!("'F{}'", i % 3) }, ["North", "South", "East"][i % 3]);
        sql += &format!(
            "INSERT INTO farms VALUES ('F{i}', 'Orchard {i}', '{region}', {}, {}, {}, {up}, '202{}-0{}-11', '202{}-05-01');",
            10 + i * 7,
            100 + i * 13,
            90 + i * 17,
            i % 4,
            1 + i % 9,
            4 + i % 3,
        );
        sql += &format!("INSERT INTO buyers VALUES ({i}, 'Grocer {i}', '{}', {});", ["North", "West"][i % 2], 50 * i);
    }
    for i in 0..60 {
        sql += &format!(
            "INSERT INTO crates_sold VALUES ({i}, 'F{}', {}, '{}', '{}', {}, {}, '202{}-{:02}-03', '202{}-{:02}-27');",
            i % 11,
            i % 10,
            ["apple", "pear", "plum"][i % 3],
            ["good", "fair"][i % 2],
            20 + i * 3,
            5 + i % 13,
            2 + i % 3,
            1 + i % 12,
            2 + i % 3 + i % 2,
            1 + i % 12,
        );
        sql += &format!(
            "INSERT INTO visits VALUES ({i}, 'F{}', '{}', {}, '202{}-{:02}-15', '{}', {});",
            i % 9,
            ["audit", "advice"][i % 2],
            10 + i,
            3 + i % 2,
            1 + i % 12,
            ["North", "South", "East"][i % 3],
            5 * (i % 7),
        );
    }
    sql
}

pub(crate) fn with_studio(check: impl FnOnce(&Studio<'_>)) {
    let files =
        PackFiles { name: "farms".into(), schema: SCHEMA.into(), glossary: GLOSSARY.into(), ..PackFiles::default() };
    let pack = Pack::new(files).unwrap();
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("{SCHEMA}{}", rows())).unwrap();
    let image = Image::of(&mut connection, &pack.catalog).unwrap();
    let workshop = Workshop::new(&pack, vec![image], date(2026, 1, 15)).unwrap();
    check(&workshop.studio(0, None));
}

/// Draws of one shape: their queries as printed, after running each.
fn drawn(studio: &Studio<'_>, shape: &Shape) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for seed in 0..60 {
        let mut dice = Dice::new(seed, 0);
        let Some(draft) = (shape.draw)(&mut Pen { world: &studio.world, dice: &mut dice }) else { continue };
        assert_eq!(draft.shape, shape.name);
        let catalog = studio.world.catalog;
        let query = resolve::parse(&draft.sql, catalog, Dialect::Sqlite).query;
        let query = query.unwrap_or_else(|| panic!("does not resolve: {}", draft.sql));
        let text = print::compact(&query, catalog);
        let verified = verify(&text, catalog, &Default::default()).unwrap_or_else(|r| panic!("{text}: {r:?}"));
        let run = studio.images[0].with(|db| database::run(db, &verified, &Limits::default()));
        let result = run.unwrap().unwrap_or_else(|e| panic!("{text}: {e}"));
        if let Some(said) = Speaker::new(&studio.world, Dice::new(seed, 1)).drawn(&draft) {
            assert!(!said.contains(['{', '}', '[', ']', '|']), "{}: {said}", shape.name);
        }
        if !result.rows.is_empty() {
            found.insert(text);
        }
    }
    found
}

#[test]
fn every_shape_draws_queries_that_run_on_a_schema_of_its_own() {
    with_studio(|studio| {
        for shape in SHAPES {
            let found = drawn(studio, shape);
            assert!(!found.is_empty(), "{} draws nothing that returns rows", shape.name);
        }
    });
}

#[test]
fn one_query_is_asked_in_many_ways() {
    with_studio(|studio| {
        for shape in SHAPES {
            let mut pen_dice = Dice::new(3, 0);
            let mut pen = Pen { world: &studio.world, dice: &mut pen_dice };
            let Some(draft) = (0..50).find_map(|_| (shape.draw)(&mut pen)) else { panic!("{}", shape.name) };
            let said: BTreeSet<String> =
                (0..40).filter_map(|n| Speaker::new(&studio.world, Dice::new(n, 2)).drawn(&draft)).collect();
            assert!(said.len() >= 4, "{}: {said:?}", shape.name);
        }
    });
}

#[test]
fn names_of_shapes_are_their_own() {
    let names: BTreeSet<&str> = SHAPES.iter().map(|s| s.name).collect();
    assert_eq!(names.len(), SHAPES.len());
}

#[test]
fn what_has_no_weight_is_not_drawn() {
    with_studio(|studio| {
        let idle: Vec<&str> = SHAPES.iter().filter(|s| s.weight == 0.0).map(|s| s.name).collect();
        assert!(!idle.is_empty() && SHAPES.iter().all(|s| s.weight >= 0.0));
        for seed in 0..2000 {
            let (name, _) = draw(&studio.world, &mut Dice::new(seed, 6));
            assert!(!idle.contains(&name), "{name}");
        }
    });
}
