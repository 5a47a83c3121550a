//! Bytes choose among what the matcher allows: every walk ends within its budget, and its SQL is accepted by validation
//! and by SQLite. Lexemes and tokens that bytes name blindly are taken or refused, and a refusal changes nothing.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Unstructured;
use glrl_fuzz::worlds::{Choice, pack};
use libfuzzer_sys::fuzz_target;
use schema::slot::{Slot, SlotKind};
use schema::{ColumnId, Type};
use sql::bitset::BitSet;
use sql::canonical::text;
use sql::lexeme::{Lexeme, Lexicon};
use sql::matcher::walk::walk;
use sql::matcher::{Grammar, Limits, Matcher, SlotTable};
use sql::tree::{SlotPart, SlotUse};
use sql::{Options, verify};

/// Everything that a matcher over a world needs.
struct Ground {
    choice: Choice,
    lexicon: Lexicon,
    grammar: Grammar,
    slots: [SlotTable; 3],
}

impl Ground {
    fn new(choice: Choice) -> Self {
        let catalog = &choice.world().catalog;
        let (lexicon, glossary) = match choice.world {
            0 => (pack().lexicon().expect("the pack's constants are SQL"), Some(&pack().glossary)),
            _ => (Lexicon::new(catalog, vec![]), None),
        };
        let grammar = Grammar::new(catalog, &lexicon, glossary, Limits::default());
        Ground { choice, lexicon, grammar, slots: [SlotTable::new(), slots(choice, 2), slots(choice, 5)] }
    }
}

fn grounds() -> &'static [Ground] {
    static GROUNDS: OnceLock<Vec<Ground>> = OnceLock::new();
    GROUNDS.get_or_init(|| (0..4).map(|byte| Ground::new(Choice::of(byte))).collect())
}

/// Two slots of each kind; values held by every `step`-th text column.
fn slots(choice: Choice, step: usize) -> SlotTable {
    let catalog = &choice.world().catalog;
    let columns = catalog.table_ids().flat_map(|table| catalog.columns_of(table));
    let texts: Vec<ColumnId> = columns.filter(|c| catalog.column(*c).ty == Type::Text).step_by(step).collect();
    let mut table = SlotTable::new();
    for kind in SlotKind::ALL {
        for number in 1..=2 {
            let columns = if kind == SlotKind::Val { texts.clone() } else { vec![] };
            table.add(Slot { kind, number }, columns);
        }
    }
    table
}

/// The text of a slot's value.
fn filled(used: SlotUse, _: Option<ColumnId>) -> Option<String> {
    Some(match (used.slot.kind, used.part) {
        (SlotKind::Num, SlotPart::Fraction) => format!("0.{}", used.slot.number),
        (SlotKind::Num, _) => format!("{}", 10 * i64::from(used.slot.number)),
        (SlotKind::Date | SlotKind::Range, _) => "2024-01-01".to_owned(),
        (_, SlotPart::Whole) => "O'Neil".to_owned(),
        _ => r"%50\%%".to_owned(),
    })
}

/// Numbers out of the input, then out of a generator that the input seeded.
struct Chooser<'a> {
    input: Unstructured<'a>,
    state: u64,
}

impl Chooser<'_> {
    fn below(&mut self, limit: usize) -> usize {
        if !self.input.is_empty() {
            return self.input.choose_index(limit.max(1)).unwrap_or(0);
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        ((self.state >> 11) % limit.max(1) as u64) as usize
    }
}

fuzz_target!(|data: &[u8]| {
    let state =
        data.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    let mut choose = Chooser { input: Unstructured::new(data), state: state | 1 };
    let ground = &grounds()[choose.below(grounds().len())];
    let slots = &ground.slots[choose.below(3)];
    let mut matcher = Matcher::new(&ground.grammar, slots, choose.below(200));
    let budget = matcher.remaining();
    let mut walked = blind(ground, &mut matcher, &mut choose);
    match choose.below(2) {
        0 => walked.extend(walk(&mut matcher, &mut |limit| choose.below(limit))),
        _ => walked.extend(even(ground, &mut matcher, &mut choose)),
    }
    accepted(ground, &matcher, &walked, budget);
});

/// Lexemes that bytes name, whether they may come or not.
fn blind(ground: &Ground, matcher: &mut Matcher, choose: &mut Chooser) -> Vec<Lexeme> {
    let mut taken = Vec::new();
    for _ in 0..choose.below(8) {
        let id = choose.below(ground.grammar.lexeme_count() + 2) as u32;
        let (allowed, before) = (matcher.allows(id), (matcher.state_hash(), matcher.position(), matcher.remaining()));
        match matcher.advance(id) {
            Ok(()) => taken.push(ground.lexicon.lexeme(id).expect("an allowed lexeme is one")),
            Err(_) => assert_eq!(before, (matcher.state_hash(), matcher.position(), matcher.remaining())),
        }
        assert_eq!(allowed, matcher.position() > before.1, "lexeme {id}");
    }
    taken
}

/// To the end, each allowed lexeme as likely as any other.
fn even(ground: &Ground, matcher: &mut Matcher, choose: &mut Chooser) -> Vec<Lexeme> {
    let (mut mask, mut walked) = (BitSet::default(), Vec::new());
    while !matcher.is_finished() {
        matcher.mask(&mut mask);
        let allowed: Vec<u32> = mask.iter().collect();
        assert!(!allowed.is_empty(), "a dead end after {} lexemes", walked.len());
        let id = allowed[choose.below(allowed.len())];
        matcher.advance(id).expect("what the mask holds may come");
        walked.push(ground.lexicon.lexeme(id).expect("an allowed lexeme is one"));
    }
    walked
}

/// A walk has ended, and what it wrote runs.
fn accepted(ground: &Ground, matcher: &Matcher, walked: &[Lexeme], budget: usize) {
    let catalog = &ground.choice.world().catalog;
    let sql = text(walked, catalog, &ground.lexicon, &filled, "2026-11-21").expect("every slot is filled");
    assert!(matcher.is_finished(), "a dead end after: {sql}");
    assert!(walked.len() <= budget, "{} lexemes for a budget of {budget}: {sql}", walked.len());
    if let Err(report) = verify(&sql, catalog, &Options::default()) {
        panic!("refused: {:?}\n{sql}", report.diagnostics);
    }
    if let Err(refusal) = ground.choice.prepared(&sql) {
        panic!("SQLite refuses: {refusal}\n{sql}");
    }
}
