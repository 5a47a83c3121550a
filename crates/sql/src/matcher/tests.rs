//! Walks against SQLite's own word: every query the matcher admits is accepted, within its budget, without a dead end.
#![expect(clippy::print_stderr, reason = "tests that print what they measured")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rusqlite::Connection;
use schema::slot::{Slot, SlotKind};
use schema::{Catalog, ColumnId, Type, Value};

use super::walk::{CONSTRUCTS, constructs, walk};
use super::{Grammar, Limits, Matcher, SlotTable, admits};
use crate::bitset::BitSet;
use crate::calendar::Step;
use crate::canonical::{CanonicalOptions, lexemes, tests as canonical_tests, text};
use crate::ddl::catalog_from_ddl;
use crate::lexeme::{Constant, Lexeme, Lexicon, Word};
use crate::tree::SlotPart;

pub(super) const PACK: &str = include_str!("../../../../packs/gl/schema.sql");

/// A key within a table, a key of two columns, names that need quotes, a table that looks like a second use.
pub(super) const SMALL: &str = r#"
CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, salary REAL, hired DATE, active BOOLEAN,
    boss_id INTEGER REFERENCES employee (id), dept TEXT, "from" TEXT, photo BLOB);
CREATE TABLE "order" ("order id" INTEGER, line INTEGER, "unit price" DECIMAL(10,2), seller INTEGER REFERENCES employee (id),
    helper INTEGER REFERENCES employee (id), placed TIMESTAMP, PRIMARY KEY ("order id", line));
CREATE TABLE "Größe" (code TEXT PRIMARY KEY, "select" INTEGER, "order id" INTEGER, line INTEGER, anything,
    FOREIGN KEY ("order id", line) REFERENCES "order" ("order id", line));
CREATE TABLE "Größe_2" (code TEXT, word TEXT, FOREIGN KEY (code) REFERENCES "Größe" (code));
CREATE TABLE alone (only_text TEXT);
"#;

/// The same numbers for the same seed.
pub(super) fn chooser(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |n| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) % n as u64) as usize
    }
}

pub(super) struct World {
    pub(super) catalog: Catalog,
    pub(super) lexicon: Lexicon,
    pub(super) connection: Connection,
}

pub(super) fn world(ddl: &str) -> World {
    let catalog = catalog_from_ddl(ddl).expect("the schema is well formed");
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch(ddl).expect("SQLite accepts the schema");
    let text_column =
        catalog.table_ids().flat_map(|t| catalog.columns_of(t)).find(|c| catalog.column(*c).ty == Type::Text);
    let column = text_column.expect("some text column");
    let named = [("'Active'", "Active"), ("'A%'", "A%")];
    let named = named.map(|(sql, v)| Constant { value: Value::Text(v.into()), sql: sql.into(), columns: vec![column] });
    let lexicon = Lexicon::new(&catalog, named.to_vec());
    World { catalog, lexicon, connection }
}

/// Some slots of each kind; values held by every `step`-th text column.
pub(super) fn slots(catalog: &Catalog, step: usize) -> SlotTable {
    let mut table = SlotTable::new();
    let texts: Vec<ColumnId> = catalog
        .table_ids()
        .flat_map(|t| catalog.columns_of(t))
        .filter(|c| catalog.column(*c).ty == Type::Text)
        .step_by(step)
        .collect();
    for kind in SlotKind::ALL {
        for number in 1..=2 {
            let columns = if kind == SlotKind::Val { texts.clone() } else { vec![] };
            table.add(Slot { kind, number }, columns);
        }
    }
    table
}

pub(super) fn sql_of(world: &World, lexemes: &[Lexeme]) -> String {
    let fill = |use_of: crate::tree::SlotUse, _: Option<ColumnId>| {
        Some(match (use_of.slot.kind, use_of.part) {
            (SlotKind::Num, SlotPart::Fraction) => format!("0.{}", use_of.slot.number),
            (SlotKind::Num, _) => format!("{}", 10 * i64::from(use_of.slot.number)),
            (SlotKind::Date | SlotKind::Range, _) => "2024-01-01".to_owned(),
            (_, SlotPart::Whole) => "O'Neil".to_owned(),
            _ => r"%50\%%".to_owned(),
        })
    };
    text(lexemes, &world.catalog, &world.lexicon, &fill, "2026-11-20").expect("every slot is filled")
}

/// Walks and asks SQLite; returns how often each construct came.
fn walk_all(
    world: &World,
    slots: &SlotTable,
    count: usize,
    budget: impl Fn(usize) -> usize,
) -> BTreeMap<&'static str, usize> {
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let mut choose = chooser(7);
    let mut counts = BTreeMap::new();
    for i in 0..count {
        let mut matcher = Matcher::new(&grammar, slots, budget(i));
        let allowed = matcher.remaining();
        let lexemes = walk(&mut matcher, &mut choose);
        let sql = sql_of(world, &lexemes);
        assert!(matcher.is_finished(), "dead end after: {sql}");
        assert!(lexemes.len() <= allowed, "{} lexemes for a budget of {allowed}: {sql}", lexemes.len());
        if let Err(error) = world.connection.prepare(&sql) {
            panic!("walk {i}: {error}\n{sql}");
        }
        constructs(&lexemes).into_iter().for_each(|name| *counts.entry(name).or_insert(0) += 1);
    }
    counts
}

#[test]
fn words_stand_in_the_order_of_their_table() {
    assert!(Word::ALL.iter().enumerate().all(|(i, (word, _))| *word as usize == i));
}

#[test]
fn sqlite_accepts_every_walk_over_a_small_catalog() {
    let world = world(SMALL);
    walk_all(&world, &slots(&world.catalog, 2), 5000, |_| 120);
}

#[test]
fn sqlite_accepts_every_walk_over_the_pack() {
    let world = world(PACK);
    let counts = walk_all(&world, &slots(&world.catalog, 2), 5000, |_| 160);
    for (name, _) in CONSTRUCTS {
        let count = counts.get(name).copied().unwrap_or(0);
        eprintln!("{name:24} {:5.1} %", count as f64 / 50.0);
    }
    for (name, _) in CONSTRUCTS {
        assert!(counts.get(name).copied().unwrap_or(0) >= 50, "{name} is in fewer than 1 % of walks");
    }
}

#[test]
fn a_small_budget_ends_no_walk_in_the_middle() {
    let world = world(SMALL);
    walk_all(&world, &slots(&world.catalog, 3), 5000, |i| 4 + i % 40);
    walk_all(&world, &SlotTable::new(), 3000, |i| 4 + i % 60);
}

#[test]
#[ignore = "minutes: cargo test -p sql --release --lib many_walks -- --ignored"]
fn many_walks() {
    for ddl in [SMALL, PACK, canonical_tests::DDL] {
        let world = world(ddl);
        walk_all(&world, &slots(&world.catalog, 2), 60_000, |i| 4 + i % 150);
        walk_all(&world, &slots(&world.catalog, 5), 20_000, |_| 300);
        walk_all(&world, &SlotTable::new(), 20_000, |i| 4 + i % 60);
    }
}

#[test]
fn asking_for_one_lexeme_is_asking_the_mask() {
    let world = world(SMALL);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let mut choose = chooser(3);
    let mut mask = BitSet::default();
    for budget in 10..60 {
        let mut matcher = Matcher::new(&grammar, &slots, budget);
        while !matcher.is_finished() {
            matcher.mask(&mut mask);
            let said: Vec<u32> = (0..grammar.lexeme_count() as u32).filter(|&id| matcher.allows(id)).collect();
            assert_eq!(mask.iter().collect::<Vec<_>>(), said);
            assert_eq!(matcher.forced(), (said.len() == 1).then(|| said[0]));
            matcher.advance(said[choose(said.len())]).expect("the mask holds it");
        }
    }
}

#[test]
fn a_walk_is_admitted_and_a_broken_one_is_not() {
    let world = world(PACK);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let mut choose = chooser(11);
    for _ in 0..200 {
        let mut lexemes = walk(&mut Matcher::new(&grammar, &slots, 100), &mut choose);
        assert_eq!(admits(&grammar, &world.lexicon, &slots, &lexemes), Ok(()));
        lexemes.pop();
        assert!(admits(&grammar, &world.lexicon, &slots, &lexemes).is_err());
    }
}

#[test]
#[ignore = "a measurement: cargo test -p sql --release -- --ignored mask_time --nocapture"]
fn mask_time() {
    let world = world(PACK);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let mut choose = chooser(5);
    let mut mask = BitSet::default();
    let (mut masks, mut spent, mut allows, mut asked) = (Vec::new(), 0u128, 0u128, 0u32);
    let mut forced = 0;
    for _ in 0..3000 {
        let mut matcher = Matcher::new(&grammar, &slots, 100);
        for lexeme in walk(&mut matcher.clone(), &mut choose) {
            let id = world.lexicon.id(lexeme).expect("known");
            let start = Instant::now();
            matcher.mask(&mut mask);
            masks.push(start.elapsed().as_nanos());
            forced += u32::from(mask.len() == 1);
            let start = Instant::now();
            let ok = matcher.allows(id);
            allows += start.elapsed().as_nanos();
            asked += u32::from(ok);
            let start = Instant::now();
            matcher.advance_allowed(id);
            spent += start.elapsed().as_nanos();
        }
    }
    masks.sort_unstable();
    let count = masks.len() as u128;
    eprintln!("lexemes {} masks {count} forced {forced}", grammar.lexeme_count());
    eprintln!(
        "mask mean {} ns, median {} ns, p99 {} ns",
        masks.iter().sum::<u128>() / count,
        masks[masks.len() / 2],
        masks[masks.len() * 99 / 100]
    );
    eprintln!("allows mean {} ns; advance mean {} ns", allows / u128::from(asked), spent / count);
}

/// A database of the canonical tests' schema with a few rows, some values missing.
pub(crate) fn filled_database() -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch("PRAGMA foreign_keys = off").expect("a setting");
    connection.execute_batch(canonical_tests::DDL).expect("SQLite accepts the schema");
    let mut choose = chooser(41);
    let mut pick = |values: &[&str]| values[choose(values.len())].to_owned();
    let text = ["'v1'", "'v2'", "'s1'", "'s2 x'", "NULL"];
    let day = ["'2001-01-01'", "'2002-06-01'", "'2026-11-20'", "NULL"];
    let number = ["0", "1", "2.5", "71", "72", "150", "NULL"];
    for i in 0..9 {
        let row = |table: &str, values: Vec<String>| {
            let sql = format!("INSERT INTO {table} VALUES ({})", values.join(", "));
            connection.execute(&sql, []).expect("the row fits");
        };
        let code = ["'p0'", "'p1'", "'p2'", "'p3'", "NULL"];
        let id = ["0", "1", "2", "3", "NULL"];
        if i < 6 {
            let p = [&text[..4], &number, &number, &text, &text, &day, &["0", "1", "NULL"]].map(&mut pick);
            row("P", [vec![format!("'p{i}'")], p.to_vec()].concat());
            row(
                "R",
                vec![
                    i.to_string(),
                    pick(&text),
                    pick(&number),
                    pick(&text),
                    if i == 0 { "NULL".into() } else { pick(&id) },
                ],
            );
            row("L", vec![(i / 3).to_string(), (i % 3).to_string(), pick(&number), pick(&day)]);
        }
        row("S", vec![i.to_string(), pick(&code), pick(&id), pick(&number), pick(&text), pick(&day)]);
        row("M", vec![i.to_string(), pick(&["0", "1", "NULL"]), pick(&["0", "1", "2"]), pick(&text)]);
    }
    connection
}

/// The rows of a query as sorted text, numbers to seven digits; none where there are too many: calendars joined by order
/// grow beyond what a test can wait for.
pub(crate) fn rows((connection, steps): &(Connection, Arc<AtomicU32>), sql: &str) -> Option<Vec<String>> {
    steps.store(0, Ordering::Relaxed);
    let mut statement = connection.prepare(sql).expect("SQLite accepts it");
    let columns = statement.column_count();
    let shown = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Real(x) => format!("{:.6e}", x + 0.0),
        rusqlite::types::Value::Integer(n) => format!("{:.6e}", n as f64),
        other => format!("{other:?}"),
    };
    let row = |r: &rusqlite::Row| (0..columns).map(|i| r.get(i).map(shown)).collect::<Result<Vec<_>, _>>();
    let rows: rusqlite::Result<Vec<Vec<String>>> = statement.query_map([], row).expect("it runs").collect();
    match rows {
        Ok(rows) => {
            let mut rows: Vec<String> = rows.into_iter().map(|row| row.join("|")).collect();
            rows.sort();
            Some(rows)
        }
        Err(error) => {
            assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted), "{sql}");
            None
        }
    }
}

const AGGREGATES: [Lexeme; 7] = [
    Lexeme::Word(Word::CountStar),
    Lexeme::Word(Word::Count),
    Lexeme::Word(Word::CountDistinct),
    Lexeme::Word(Word::Sum),
    Lexeme::Word(Word::Avg),
    Lexeme::Word(Word::Min),
    Lexeme::Word(Word::Max),
];

/// Whether the rows depend on which of several equal ones come first.
pub(crate) fn is_left_to_chance(lexemes: &[Lexeme]) -> bool {
    let limit = lexemes.contains(&Lexeme::Word(Word::Limit));
    let from = |l: &Lexeme| *l == Lexeme::Word(Word::From);
    let first = |at: usize| {
        let item = lexemes[at..].iter().take_while(|l| !from(l));
        lexemes[at] == Lexeme::Word(Word::Scalar) && !item.into_iter().any(|l| AGGREGATES.contains(l))
    };
    limit || (0..lexemes.len()).any(first)
}

/// Whether a lexeme opens a CTE.
fn opens_cte(lexeme: &Lexeme) -> bool {
    let opens = |word: &Word| matches!(word, Word::With | Word::WithSecond | Word::WithThird);
    let calendar = |word: &Word| Step::ALL.iter().any(|(_, each, _)| each == word);
    matches!(lexeme, Lexeme::Word(word) if opens(word) || calendar(word))
}

/// Whether a query has so many rows that running it takes its time: it may join days with days.
fn has_many_rows(lexemes: &[Lexeme]) -> bool {
    [Word::EachDay, Word::EachWeek].iter().any(|word| lexemes.contains(&Lexeme::Word(*word)))
}

/// What became of a walk whose text was read again.
#[derive(Debug, PartialEq)]
enum Back {
    /// It was canonical already.
    Same,
    /// Another query that gave the same rows, so many.
    Compared(usize),
    /// Another query whose rows are left to chance, or too many.
    Other,
    /// Without a CTE that nothing reads, and the tables that it alone could have joined.
    Unread,
}

/// A catalog, its rows, and the questions' slots.
struct Return {
    catalog: Catalog,
    lexicon: Lexicon,
    slots: SlotTable,
    /// With a count of its steps.
    database: (Connection, Arc<AtomicU32>),
}

impl Return {
    fn new() -> Self {
        let catalog = catalog_from_ddl(canonical_tests::DDL).expect("the schema is well formed");
        let (lexicon, slots) = (Lexicon::new(&catalog, vec![]), canonical_tests::slots(&catalog));
        let (mut database, steps) = (filled_database(), Arc::new(AtomicU32::new(0)));
        let count = steps.clone();
        let is_enough = move || count.fetch_add(1, Ordering::Relaxed) > 3000;
        database.progress_handler(1000, Some(is_enough)).expect("a handler");
        Return { catalog, lexicon, slots, database: (database, steps) }
    }

    fn sql(&self, lexemes: &[Lexeme]) -> String {
        text(lexemes, &self.catalog, &self.lexicon, &canonical_tests::filled, canonical_tests::TODAY).expect("filled")
    }

    fn read(&self, text: &str) -> Result<Vec<Lexeme>, String> {
        let options = CanonicalOptions { today: Some(canonical_tests::TODAY) };
        let marked = canonical_tests::marked(text, &self.catalog);
        lexemes(&marked, &self.catalog, &self.lexicon, options).map_err(|no| format!("{no}\n{text}"))
    }

    /// A walk's text, read again, has a canonical form that means the same, is admitted and is its own canonical form.
    fn of(&self, grammar: &Grammar, walked: &[Lexeme]) -> Result<Back, String> {
        let first = self.sql(walked);
        let canonical = self.read(&first)?;
        let second = self.sql(&canonical);
        let opened = |l: &[Lexeme]| l.iter().filter(|l| opens_cte(l)).count();
        if opened(&canonical) < opened(walked) {
            return Ok(Back::Unread);
        }
        let both = |what: &str| format!("{what}\n{first}\n{second}");
        admits(grammar, &self.lexicon, &self.slots, &canonical).map_err(|no| both(&format!("refused: {no}")))?;
        let again = self.read(&second)?;
        if again != canonical {
            return Err(format!("{}\n{}", both("not its own canonical form"), self.sql(&again)));
        }
        if canonical == walked || is_left_to_chance(walked) || has_many_rows(walked) {
            return Ok(if canonical == walked { Back::Same } else { Back::Other });
        }
        match (rows(&self.database, &first), rows(&self.database, &second)) {
            (Some(expected), Some(found)) if found == expected => Ok(Back::Compared(found.len())),
            (Some(_), Some(_)) => Err(both("other rows")),
            _ => Ok(Back::Other),
        }
    }

    /// Walks with a seed: what became of each, and what went wrong.
    fn walks(&self, seed: u64, count: usize) -> (Vec<Back>, Vec<String>) {
        let grammar = Grammar::new(&self.catalog, &self.lexicon, None, Limits::default());
        let mut choose = chooser(seed);
        let (mut back, mut wrong) = (vec![], vec![]);
        for _ in 0..count {
            match self.of(&grammar, &walk(&mut Matcher::new(&grammar, &self.slots, 80), &mut choose)) {
                Ok(fate) => back.push(fate),
                Err(what) => wrong.push(what),
            }
        }
        (back, wrong)
    }
}

#[test]
fn a_walk_comes_back_from_its_text() {
    let (back, wrong) = Return::new().walks(23, 3000);
    let shown = || wrong.iter().map(String::as_str).take(9).collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of 3000, among them\n{}", wrong.len(), shown());
    let count = |is: fn(&Back) -> bool| back.iter().filter(|fate| is(fate)).count();
    let with_rows = count(|fate| matches!(fate, Back::Compared(2..)));
    eprintln!("{} of 3000 walks are canonical already", count(|fate| *fate == Back::Same));
    assert!(with_rows > 100 && count(|fate| *fate == Back::Unread) < 500);
}

#[test]
#[ignore = "minutes: cargo test -p sql --release --lib many_walks_come_back -- --ignored"]
fn many_walks_come_back() {
    let world = Return::new();
    let mut wrong: Vec<String> = (100..120).flat_map(|seed| world.walks(seed, 3000).1).collect();
    wrong.sort_by_key(String::len);
    let shown = wrong.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of 60000, among them\n\n{shown}", wrong.len());
}
