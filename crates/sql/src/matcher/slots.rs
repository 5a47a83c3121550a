//! The slots of one question as the matcher sees them: which there are, and beside what each may stand.

use schema::slot::{NormalizedQuestion, NumberUnit, Reading, Slot, SlotKind};
use schema::{ColumnId, Value};

use super::grammar::{ColumnFacts, Kinds, kind};
use crate::tree::{SlotPart, SlotUse};

/// Beside what a literal may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// Anything of these kinds.
    Kinds(Kinds),
    /// These columns only.
    Columns(Vec<ColumnId>),
}

impl Held {
    /// Whether the literal may stand beside a value of these kinds that comes from this column.
    pub(crate) fn fits(&self, kinds: Kinds, column: Option<ColumnId>) -> bool {
        match self {
            Held::Kinds(own) => own & kinds != 0,
            Held::Columns(columns) => column.is_some_and(|c| columns.contains(&c)),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SlotFacts {
    pub(crate) slot: Slot,
    pub(crate) held: Held,
    /// A whole number from 1: may stand after LIMIT.
    pub(crate) whole: bool,
    /// A percentage: may stand in arithmetic as a fraction.
    pub(crate) percent: bool,
}

/// The use of a slot as what an output calls something; only texts are.
pub(crate) fn label(slot: Slot) -> Option<SlotUse> {
    match slot.kind {
        SlotKind::Str => Some(SlotUse { slot, part: SlotPart::Whole }),
        SlotKind::Val => Some(SlotUse { slot, part: SlotPart::Said }),
        _ => None,
    }
}

/// The slots a question has, and for values the columns that hold them.
#[derive(Debug, Clone, Default)]
pub struct SlotTable {
    pub(crate) slots: Vec<SlotFacts>,
}

impl SlotTable {
    /// A question without slots.
    pub fn new() -> Self {
        SlotTable::default()
    }

    /// Whether the question has this slot.
    pub fn contains(&self, slot: Slot) -> bool {
        self.slots.iter().any(|known| known.slot == slot)
    }

    /// The slots of a normalised question, in all their readings.
    pub fn of(question: &NormalizedQuestion) -> Self {
        let mut table = SlotTable::new();
        for filled in &question.slots {
            let mut columns = Vec::new();
            let mut whole = filled.slot.kind == SlotKind::Num;
            let mut percent = false;
            for reading in &filled.readings {
                match reading {
                    Reading::Known(values) => columns.extend(values.iter().map(|v| v.column)),
                    Reading::Number { value, unit } => {
                        whole &= matches!(value, Value::Integer(n) if *n > 0);
                        percent |= *unit == NumberUnit::Percent;
                    }
                    _ => {}
                }
            }
            table.add(filled.slot, columns);
            let added = table.slots.iter_mut().filter(|s| s.slot == filled.slot);
            added.for_each(|s| (s.whole, s.percent) = (whole, percent));
        }
        table
    }

    /// Adds a slot; `columns` are those that hold it, for [`SlotKind::Val`]. A number counts as whole,
    /// and as a percentage.
    pub fn add(&mut self, slot: Slot, columns: Vec<ColumnId>) {
        let held = match slot.kind {
            SlotKind::Num => Held::Kinds(kind::NUMBER | kind::KEY),
            SlotKind::Date | SlotKind::Range => Held::Kinds(kind::TIME),
            SlotKind::Str => Held::Kinds(kind::TEXT),
            SlotKind::Val => Held::Columns(columns),
        };
        let number = slot.kind == SlotKind::Num;
        self.slots.push(SlotFacts { slot, held, whole: number, percent: number });
    }

    /// The slots that may stand as a whole beside a value of these kinds from this column.
    pub(crate) fn whole(&self, kinds: Kinds, column: Option<ColumnId>) -> impl Iterator<Item = SlotUse> + '_ {
        let fits = move |s: &&SlotFacts| s.slot.kind != SlotKind::Range && s.held.fits(kinds, column);
        self.slots.iter().filter(fits).map(|s| SlotUse { slot: s.slot, part: SlotPart::Whole })
    }

    /// The ranges, as one of their ends.
    pub(crate) fn range_ends(&self, part: SlotPart) -> impl Iterator<Item = SlotUse> + '_ {
        self.slots.iter().filter(|s| s.slot.kind == SlotKind::Range).map(move |s| SlotUse { slot: s.slot, part })
    }

    /// The days, as the day after: `>=` and `<` what "after" and "until" a day are where times have hours.
    pub(crate) fn days_after(&self) -> impl Iterator<Item = SlotUse> + '_ {
        let days = self.slots.iter().filter(|s| s.slot.kind == SlotKind::Date);
        days.map(|s| SlotUse { slot: s.slot, part: SlotPart::End })
    }

    /// The texts that may be looked for within a text column. What is stored elsewhere may be looked for here.
    pub(crate) fn patterns(&self, facts: ColumnFacts) -> impl Iterator<Item = SlotUse> + '_ {
        let parts = [SlotPart::Contains, SlotPart::Prefix, SlotPart::Suffix];
        let texts =
            move |s: &&SlotFacts| facts.kinds & kind::TEXT != 0 && matches!(s.slot.kind, SlotKind::Str | SlotKind::Val);
        self.slots.iter().filter(texts).flat_map(move |s| parts.map(|part| SlotUse { slot: s.slot, part }))
    }

    /// The texts that an output may call something: as the question says them, whatever is stored.
    pub(crate) fn labels(&self) -> impl Iterator<Item = SlotUse> + '_ {
        self.slots.iter().filter_map(|s| label(s.slot))
    }

    /// The numbers that may stand after LIMIT.
    pub(crate) fn limits(&self) -> impl Iterator<Item = SlotUse> + '_ {
        self.slots.iter().filter(|s| s.whole).map(|s| SlotUse { slot: s.slot, part: SlotPart::Whole })
    }

    /// The numbers that may stand in arithmetic, percentages as fractions too.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = SlotUse> + '_ {
        let numbers = self.slots.iter().filter(|s| s.slot.kind == SlotKind::Num);
        numbers.flat_map(|s| {
            let fraction = s.percent.then_some(SlotPart::Fraction);
            [Some(SlotPart::Whole), fraction].into_iter().flatten().map(|part| SlotUse { slot: s.slot, part })
        })
    }
}
