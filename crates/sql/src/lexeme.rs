//! The closed set of pieces that canonical SQL is made of, for one catalog.
//!
//! A compact model's output tokens are these lexemes: a keyword, a qualified column, a whole join with its key condition.
//! The text of a query is the text of its lexemes joined by single spaces (see [`crate::canonical`]).

mod name;
mod word;

use std::collections::HashMap;

use schema::slot::{Slot, SlotKind};
use schema::{Catalog, ColumnId, ForeignKeyId, TableId, Value};

use crate::date_part::{CTE_DAYS, DatePart, columns_and_parts};
use crate::tree::{SlotPart, SlotUse};
pub use name::{column_text, identifier, source_text, table_text};
use name::{join_text, slot_text};
pub use word::Word;

/// How many uses of one table a query may have. The second is written `Table AS Table_2`.
pub const INSTANCES: u8 = 2;
/// How many output columns may be computed: `c1` … `c8`.
pub const OUTPUTS: u8 = 8;
/// How many CTEs a query may have: `cte_1` … `cte_3`.
pub const CTES: u8 = 3;
/// Numbers that a query may use without the question saying them.
pub const CLOSED_CONSTANTS: [&str; 9] = ["0", "1", "2", "12", "100", "365", "1.0", "100.0", "0.5"];

/// One use of a table: `instance` 1 is `Table`, 2 is `Table AS Table_2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableRef {
    /// Which table.
    pub table: TableId,
    /// Which use of it, from 1.
    pub instance: u8,
}

/// A column of one use of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Which column.
    pub column: ColumnId,
    /// Which use of its table, from 1.
    pub instance: u8,
}

impl ColumnRef {
    /// The use of the table this column belongs to.
    pub fn table_ref(self) -> TableRef {
        TableRef { table: self.column.table, instance: self.instance }
    }
}

/// Whether the table that a key joins in is its referring (many) or its referred (one) side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The new table refers to one already there.
    Referring,
    /// The new table is referred to by one already there.
    Referred,
}

/// A relation over a foreign key between a new use of a table and one already in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Which foreign key.
    pub key: ForeignKeyId,
    /// Which of its sides is the new table.
    pub side: Side,
    /// Instance of the new table.
    pub new: u8,
    /// Instance of the table already in scope.
    pub known: u8,
}

impl Edge {
    /// The new use of a table.
    pub fn new_table(self, catalog: &Catalog) -> TableRef {
        let key = catalog.foreign_key(self.key);
        let table = if self.side == Side::Referring { key.from } else { key.to };
        TableRef { table, instance: self.new }
    }

    /// The use of a table that must be in scope already.
    pub fn known_table(self, catalog: &Catalog) -> TableRef {
        let key = catalog.foreign_key(self.key);
        let table = if self.side == Side::Referring { key.to } else { key.from };
        TableRef { table, instance: self.known }
    }

    /// The condition, new side first: `New.k = Known.k [AND …]`.
    pub fn condition(self, catalog: &Catalog) -> String {
        let pairs = catalog.key_pairs(self.key).map(|(from, to)| {
            let (new, known) = if self.side == Side::Referring { (from, to) } else { (to, from) };
            let new = column_text(catalog, ColumnRef { column: new, instance: self.new });
            let known = column_text(catalog, ColumnRef { column: known, instance: self.known });
            format!("{new} = {known}")
        });
        pairs.collect::<Vec<_>>().join(" AND ")
    }
}

/// One piece of canonical SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lexeme {
    /// A keyword, operator or bracket.
    Word(Word),
    /// The first table of a FROM clause.
    Table(TableRef),
    /// A qualified column, or a part of a day ([`crate::date_part`]).
    Column(ColumnRef),
    /// `JOIN New ON New.k = Known.k`.
    Join(Edge),
    /// `LEFT JOIN New ON New.k = Known.k`.
    LeftJoin(Edge),
    /// `JOIN New ON`, before one equality of two columns, where no declared key says it.
    JoinOn(TableRef),
    /// `LEFT JOIN New ON`, before one equality of two columns.
    LeftJoinOn(TableRef),
    /// `CROSS JOIN cte_1`, a CTE of one row.
    Cross(TableRef),
    /// `New.k = Known.k`, which ties an EXISTS to the enclosing query (`new` is the inner table).
    Correlate(Edge),
    /// A value of the question.
    Slot(SlotUse),
    /// A constant of [`Lexicon::constants`].
    Constant(u8),
    /// `AS c1` after a computed output.
    Alias(u8),
    /// `c1` in ORDER BY.
    Output(u8),
}

/// A constant that a query may use without the question saying it.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// The value.
    pub value: Value,
    /// The text that stands in the query.
    pub sql: String,
    /// The columns it may stand beside; empty for any column of its type.
    pub columns: Vec<ColumnId>,
}

/// Every lexeme of one catalog, in a stable order.
#[derive(Debug, Clone)]
pub struct Lexicon {
    /// The closed constants, then those of the pack's named conditions.
    pub constants: Vec<Constant>,
    lexemes: Vec<Lexeme>,
    ids: HashMap<Lexeme, u32>,
}

impl Lexicon {
    /// All lexemes over a catalog; `named` are the constants of the pack's named conditions and thresholds.
    pub fn new(catalog: &Catalog, named: Vec<Constant>) -> Self {
        let mut constants: Vec<Constant> = CLOSED_CONSTANTS.iter().map(|text| closed_constant(text)).collect();
        constants.extend(named);
        let mut lexemes: Vec<Lexeme> = Word::ALL.iter().map(|(word, _)| Lexeme::Word(*word)).collect();
        lexemes.extend((0..constants.len() as u8).map(Lexeme::Constant));
        lexemes.extend((1..=OUTPUTS).map(Lexeme::Alias));
        lexemes.extend((1..=OUTPUTS).map(Lexeme::Output));
        lexemes.extend(slot_uses().map(Lexeme::Slot));
        lexemes.extend(sources(catalog).map(Lexeme::Table));
        for instance in 1..=INSTANCES {
            let columns = catalog.table_ids().flat_map(|table| columns_and_parts(catalog, table));
            lexemes.extend(columns.map(|column| Lexeme::Column(ColumnRef { column, instance })));
        }
        for instance in 1..=INSTANCES {
            let columns = (1..=CTES).flat_map(|n| cte_columns(cte_table(catalog, n), n));
            lexemes.extend(columns.map(|column| Lexeme::Column(ColumnRef { column, instance })));
        }
        lexemes.extend(sources(catalog).flat_map(|table| [Lexeme::JoinOn(table), Lexeme::LeftJoinOn(table)]));
        lexemes.extend(sources(catalog).filter(|t| cte_number(catalog, t.table).is_some()).map(Lexeme::Cross));
        for edge in edges(catalog) {
            lexemes.extend([Lexeme::Join(edge), Lexeme::LeftJoin(edge), Lexeme::Correlate(edge)]);
        }
        let ids = lexemes.iter().enumerate().map(|(i, lexeme)| (*lexeme, i as u32)).collect();
        Lexicon { constants, lexemes, ids }
    }

    /// How many lexemes there are.
    pub fn len(&self) -> usize {
        self.lexemes.len()
    }

    /// Whether there is none; never true.
    pub fn is_empty(&self) -> bool {
        self.lexemes.is_empty()
    }

    /// The lexeme with this id.
    pub fn lexeme(&self, id: u32) -> Option<Lexeme> {
        self.lexemes.get(id as usize).copied()
    }

    /// The id of a lexeme, if this catalog has it.
    pub fn id(&self, lexeme: Lexeme) -> Option<u32> {
        self.ids.get(&lexeme).copied()
    }

    /// All lexemes in order of their ids.
    pub fn lexemes(&self) -> &[Lexeme] {
        &self.lexemes
    }

    /// A name for a lexeme that no other lexeme of the lexicon has: what a vocabulary file holds.
    pub fn name(&self, catalog: &Catalog, lexeme: Lexeme) -> String {
        match lexeme {
            Lexeme::Word(Word::End) => "<end>".to_owned(),
            Lexeme::Word(word) => match word {
                Word::OrOpen
                | Word::Scalar
                | Word::InQuery
                | Word::NotInQuery
                | Word::SumOver
                | Word::AvgOver
                | Word::MinOver
                | Word::MaxOver
                | Word::OrElse => format!("{} <{word:?}>", word.text()),
                _ => word.text().to_owned(),
            },
            Lexeme::Table(table) => source_text(catalog, table),
            Lexeme::Column(column) => column_text(catalog, column),
            Lexeme::Join(edge) => join_text(catalog, "JOIN", edge),
            Lexeme::LeftJoin(edge) => join_text(catalog, "LEFT JOIN", edge),
            Lexeme::JoinOn(table) => format!("JOIN {} ON", source_text(catalog, table)),
            Lexeme::LeftJoinOn(table) => format!("LEFT JOIN {} ON", source_text(catalog, table)),
            Lexeme::Cross(table) => format!("CROSS JOIN {}", source_text(catalog, table)),
            Lexeme::Correlate(edge) => edge.condition(catalog),
            Lexeme::Slot(SlotUse { slot, part }) => slot_text(slot, part),
            Lexeme::Constant(i) => format!("={}", self.constants[i as usize].sql),
            Lexeme::Alias(n) => format!("AS c{n}"),
            Lexeme::Output(n) => format!("c{n}"),
        }
    }
}

/// The number that stands for a CTE among the tables: CTEs come after those of the catalog.
pub fn cte_table(catalog: &Catalog, number: u8) -> TableId {
    TableId(catalog.tables.len() as u16 + u16::from(number) - 1)
}

/// Which CTE a table's number stands for, from 1; none for a table of the catalog.
pub fn cte_number(catalog: &Catalog, table: TableId) -> Option<u8> {
    usize::from(table.0).checked_sub(catalog.tables.len()).map(|at| at as u8 + 1)
}

/// The columns of a CTE, then the parts of the days that the first one may begin with.
fn cte_columns(table: TableId, number: u8) -> impl Iterator<Item = ColumnId> {
    let parts = if number == 1 { CTE_DAYS as usize * DatePart::ALL.len() } else { 0 };
    (0..u16::from(OUTPUTS) + parts as u16).map(move |column| ColumnId { table, column })
}

/// Every use of every table, then of every CTE.
fn sources(catalog: &Catalog) -> impl Iterator<Item = TableRef> + '_ {
    let tables = catalog.table_ids().chain((1..=CTES).map(|n| cte_table(catalog, n)));
    tables.flat_map(|table| (1..=INSTANCES).map(move |instance| TableRef { table, instance }))
}

fn slot_uses() -> impl Iterator<Item = SlotUse> {
    use SlotPart::{Contains, End, Fraction, Prefix, Said, Start, Suffix, Whole};
    SlotKind::ALL.into_iter().flat_map(|kind| {
        let parts: &[SlotPart] = match kind {
            SlotKind::Range => &[Start, End],
            SlotKind::Str => &[Whole, Contains, Prefix, Suffix],
            SlotKind::Val => &[Whole, Contains, Prefix, Suffix, Said],
            SlotKind::Num => &[Whole, Fraction],
            SlotKind::Date => &[Whole, End],
        };
        (1..=kind.limit())
            .flat_map(move |number| parts.iter().map(move |&part| SlotUse { slot: Slot { kind, number }, part }))
    })
}

/// Every edge: each key, each side new, each pair of instances; a key within one table always joins two uses of it.
fn edges(catalog: &Catalog) -> impl Iterator<Item = Edge> + '_ {
    catalog.foreign_key_ids().flat_map(move |key| {
        let within = catalog.foreign_key(key).from == catalog.foreign_key(key).to;
        [Side::Referring, Side::Referred].into_iter().flat_map(move |side| {
            let pairs = (1..=INSTANCES).flat_map(move |new| (1..=INSTANCES).map(move |known| (new, known)));
            pairs.filter(move |(new, known)| !within || new != known).map(move |(new, known)| Edge {
                key,
                side,
                new,
                known,
            })
        })
    })
}

fn closed_constant(text: &str) -> Constant {
    let value = match text.parse::<i64>() {
        Ok(whole) => Value::Integer(whole),
        Err(_) => Value::Real(text.parse().unwrap_or(0.0)),
    };
    Constant { value, sql: text.to_owned(), columns: vec![] }
}
