//! The plan a model may say before its query: which tables, which of the question's values, which clauses and functions.
//!
//! It is checkable: the same parts are read off the query, and the two must agree ([`Plan::of`]). In tokens it is
//! `<think>`, the parts in the fixed order of [`PlanOrder`], each once, and `</think>`.

use schema::Catalog;
use schema::slot::{Slot, SlotKind};
use sql::bitset::BitSet;
use sql::lexeme::{Lexeme, Lexicon, Word};
use sql::matcher::SlotTable;
use sql::tree::{SlotPart, SlotUse};

/// The most parts of a plan.
pub const MAX_PARTS: usize = 32;

/// Words that nearly every query has, or that say nothing without what stands beside them.
const UNSAID: [Word; 16] = [
    Word::Select,
    Word::Comma,
    Word::From,
    Word::Where,
    Word::And,
    Word::Open,
    Word::Close,
    Word::Plus,
    Word::Times,
    Word::Eq,
    Word::Lt,
    Word::LtEq,
    Word::Gt,
    Word::GtEq,
    Word::Or,
    Word::End,
];

/// Everything a plan can name, in the order in which it names them: tables, values, words.
#[derive(Debug, Clone)]
pub struct PlanOrder {
    /// Lexeme ids.
    parts: Vec<u32>,
    /// How many of them are tables.
    tables: usize,
}

impl PlanOrder {
    /// All parts of a lexicon.
    pub fn new(lexicon: &Lexicon) -> Self {
        let ids = |is_one: &dyn Fn(&Lexeme) -> bool| {
            let found = lexicon.lexemes().iter().enumerate().filter(|(_, lexeme)| is_one(lexeme));
            found.map(|(id, _)| id as u32).collect::<Vec<_>>()
        };
        let tables = ids(&|lexeme| matches!(lexeme, Lexeme::Table(_)));
        let values =
            ids(&|lexeme| matches!(lexeme, Lexeme::Slot(SlotUse { part: SlotPart::Whole | SlotPart::Start, .. })));
        let words = ids(&|lexeme| matches!(lexeme, Lexeme::Word(word) if !UNSAID.contains(word)));
        PlanOrder { tables: tables.len(), parts: [tables, values, words].concat() }
    }

    /// The place of a part in the order.
    fn place(&self, id: u32) -> Option<usize> {
        self.parts.iter().position(|part| *part == id)
    }
}

/// A plan as far as it is said: parts in the order of [`PlanOrder`], each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Lexeme ids.
    pub parts: Vec<u32>,
    /// The first place of the order that may come next.
    next: usize,
}

impl Plan {
    /// The plan of a query: what its lexemes use.
    pub fn of(order: &PlanOrder, catalog: &Catalog, lexicon: &Lexicon, lexemes: &[u32]) -> Plan {
        let used = lexemes.iter().filter_map(|id| lexicon.lexeme(*id)).filter_map(|lexeme| part(catalog, lexeme));
        let mut places: Vec<usize> = used.filter_map(|part| order.place(lexicon.id(part)?)).collect();
        places.sort_unstable();
        places.dedup();
        places.truncate(MAX_PARTS);
        Plan { next: places.last().map_or(0, |last| last + 1), parts: places.iter().map(|&p| order.parts[p]).collect() }
    }

    /// The parts that may be said next; whether the plan may end.
    pub fn allowed(&self, order: &PlanOrder, lexicon: &Lexicon, slots: &SlotTable, mask: &mut BitSet) -> bool {
        mask.reset(lexicon.len());
        let rest = if self.parts.is_empty() { &order.parts[..order.tables] } else { &order.parts[self.next..] };
        if self.parts.len() < MAX_PARTS {
            rest.iter().filter(|id| is_known(lexicon, slots, **id)).for_each(|id| mask.insert(*id));
        }
        !self.parts.is_empty()
    }

    /// Says a part that [`Self::allowed`] allows.
    pub fn say(&mut self, order: &PlanOrder, id: u32) {
        self.parts.push(id);
        self.next = order.place(id).map_or(self.next, |place| place + 1);
    }

    /// The plan for people: `tables A, B; values <val1>; words GROUP BY, SUM(`.
    pub fn shown(&self, catalog: &Catalog, lexicon: &Lexicon) -> String {
        let of_kind = |kind: &str, is_one: &dyn Fn(&Lexeme) -> bool| {
            let named = self.parts.iter().filter_map(|id| lexicon.lexeme(*id)).filter(|lexeme| is_one(lexeme));
            let names: Vec<String> = named.map(|lexeme| spoken(&lexicon.name(catalog, lexeme))).collect();
            (!names.is_empty()).then(|| format!("{kind} {}", names.join(", ")))
        };
        let tables = of_kind("tables", &|lexeme| matches!(lexeme, Lexeme::Table(_)));
        let values = of_kind("values", &|lexeme| matches!(lexeme, Lexeme::Slot(_)));
        let words = of_kind("with", &|lexeme| matches!(lexeme, Lexeme::Word(_)));
        [tables, values, words].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// A lexeme's name without its open brackets and role: `COUNT(` is `COUNT`, `IN ( <InQuery>` is `IN`.
fn spoken(name: &str) -> String {
    let name = if name.starts_with('<') { name } else { name.split(" <").next().unwrap_or(name) };
    name.trim_end_matches([' ', '(']).to_owned()
}

/// What a lexeme contributes to the plan.
fn part(catalog: &Catalog, lexeme: Lexeme) -> Option<Lexeme> {
    match lexeme {
        Lexeme::Table(_) | Lexeme::Word(_) => Some(lexeme),
        Lexeme::Join(edge) | Lexeme::LeftJoin(edge) => Some(Lexeme::Table(edge.new_table(catalog))),
        Lexeme::Slot(SlotUse { slot, .. }) => Some(Lexeme::Slot(SlotUse { slot, part: named_part(slot) })),
        _ => None,
    }
}

/// The part of a value that stands for it in a plan: a range is named by its start.
fn named_part(slot: Slot) -> SlotPart {
    if slot.kind == SlotKind::Range { SlotPart::Start } else { SlotPart::Whole }
}

/// Whether a part is a slot that the question has, or no slot.
fn is_known(lexicon: &Lexicon, slots: &SlotTable, id: u32) -> bool {
    match lexicon.lexeme(id) {
        Some(Lexeme::Slot(SlotUse { slot, .. })) => slots.contains(slot),
        _ => true,
    }
}
