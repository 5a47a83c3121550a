//! Typed slots: spans of a question that stand for a value, and what each may mean.
//!
//! A slot `<num1>` in the question is the same slot in the generated SQL, where it is filled in again. So the model
//! never spells a value, and "100k", "100,000" and "a hundred thousand" are one and the same to it.

use std::fmt;

use jiff::civil::Date;

use crate::{ColumnId, Value};

/// What kind of value a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotKind {
    /// A number, an amount of money or a percent.
    Num,
    /// One day.
    Date,
    /// A half-open range of days.
    Range,
    /// A value that a column of the database holds.
    Val,
    /// A quoted or capitalised text that the database does not hold.
    Str,
}

impl SlotKind {
    /// All kinds, in the order slots stand in a vocabulary.
    pub const ALL: [SlotKind; 5] = [SlotKind::Num, SlotKind::Date, SlotKind::Range, SlotKind::Val, SlotKind::Str];

    /// How many slots of this kind a question may have; what goes beyond stays plain text.
    pub fn limit(self) -> u8 {
        match self {
            SlotKind::Num | SlotKind::Val => 8,
            SlotKind::Date | SlotKind::Range | SlotKind::Str => 4,
        }
    }
}

/// A slot: its kind and its number within the question, from 1, in the order of the question. What is said twice is one
/// slot, so that the model sees that it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// What kind of value it holds.
    pub kind: SlotKind,
    /// 1 for the first slot of its kind.
    pub number: u8,
}

impl fmt::Display for Slot {
    /// `<num1>`, `<date1>`, `<range1>`, `<val1>`, `<str1>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SlotKind::Num => "num",
            SlotKind::Date => "date",
            SlotKind::Range => "range",
            SlotKind::Val => "val",
            SlotKind::Str => "str",
        };
        write!(f, "<{kind}{}>", self.number)
    }
}

/// A byte range of the question as it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TextSpan {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The unit a number was spoken with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NumberUnit {
    /// A bare number.
    #[default]
    None,
    /// "$", "EUR", "dollars": an amount of money.
    Money,
    /// "%" or "percent": 20 % is 20, as it was spoken.
    Percent,
}

/// A cell value that a column holds, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownValue {
    /// The column that holds it.
    pub column: ColumnId,
    /// The stored spelling.
    pub stored: String,
    /// How well the question's words match it: 1 exact, less for stems, initials and slips.
    pub score: f32,
}

/// One way to read a slot.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A number as an SQL value (integer where it is whole).
    Number {
        /// The value.
        value: Value,
        /// The unit it was spoken with.
        unit: NumberUnit,
    },
    /// One day.
    Date(Date),
    /// From `start`, up to but not including `end`.
    Range {
        /// First day.
        start: Date,
        /// First day after.
        end: Date,
    },
    /// The columns that hold the value, best first.
    Known(Vec<KnownValue>),
    /// The text itself.
    Text(String),
}

/// A slot with its place in the question and its readings in order of likelihood (at least one).
#[derive(Debug, Clone, PartialEq)]
pub struct FilledSlot {
    /// Which slot.
    pub slot: Slot,
    /// Where it stands in the question first.
    pub span: TextSpan,
    /// Where the same is said again.
    pub again: Vec<TextSpan>,
    /// What it may mean, likeliest first.
    pub readings: Vec<Reading>,
}

impl FilledSlot {
    /// Everywhere it stands.
    pub fn spans(&self) -> impl Iterator<Item = TextSpan> {
        [self.span].into_iter().chain(self.again.iter().copied())
    }
}

/// A piece of the normalised question.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Words as they are (lower-cased, slips corrected), with their place.
    Text {
        /// The words.
        text: String,
        /// Where they stand in the question.
        span: TextSpan,
    },
    /// A slot.
    Slot(Slot),
}

/// A question after normalisation: its words, with slots where values stood.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalizedQuestion {
    /// The question as asked.
    pub original: String,
    /// The day relative dates were computed from.
    pub today: Date,
    /// The pieces in order.
    pub pieces: Vec<Piece>,
    /// Every slot that stands in `pieces`, in order of kind and number.
    pub slots: Vec<FilledSlot>,
}

impl NormalizedQuestion {
    /// The filled slot, if the question has it.
    pub fn slot(&self, slot: Slot) -> Option<&FilledSlot> {
        self.slots.iter().find(|s| s.slot == slot)
    }

    /// The question as one line: words, and slots as `<num1>`.
    pub fn text(&self) -> String {
        let pieces: Vec<String> = self
            .pieces
            .iter()
            .map(|p| match p {
                Piece::Text { text, .. } => text.clone(),
                Piece::Slot(slot) => slot.to_string(),
            })
            .collect();
        pieces.join(" ")
    }
}
