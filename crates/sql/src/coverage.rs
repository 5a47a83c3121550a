//! Whether queries as people write them could be written by a model: each has a canonical form, and the matcher admits it.
//!
//! No question is asked: every literal that is no closed constant counts as a value that the question said.

use schema::slot::{Slot, SlotKind};
use schema::{Catalog, Value};

use crate::affinity::coerce_literals;
use crate::canonical::{CanonicalOptions, lexemes};
use crate::dialect::Dialect;
use crate::lexeme::{CLOSED_CONSTANTS, Lexicon};
use crate::matcher::bytes::written;
use crate::matcher::{Grammar, Limits, SlotTable, admits};
use crate::tree::{ExprKind, SlotPart, SlotUse};
use crate::visit::{PartMut, parts_of_expr_mut, parts_of_query_mut};

/// How many slots of a kind the questions are taken to have.
const SLOTS: u8 = 4;

/// What becomes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// It can be written.
    Admitted,
    /// The text is no query over the schema.
    Unread,
    /// Canonical SQL lacks this.
    Missing(String),
    /// It has this canonical form, which the matcher refuses.
    Refused(String),
}

/// The schema that queries are asked of, with everything that a matcher needs.
#[derive(Debug)]
pub struct Ground<'c> {
    catalog: &'c Catalog,
    lexicon: Lexicon,
    grammar: Grammar,
    slots: SlotTable,
}

impl<'c> Ground<'c> {
    /// A schema without a glossary, rules or known values.
    pub fn new(catalog: &'c Catalog) -> Self {
        let lexicon = Lexicon::new(catalog, vec![]);
        let grammar = Grammar::new(catalog, &lexicon, None, Limits::default());
        let mut slots = SlotTable::new();
        for kind in [SlotKind::Num, SlotKind::Date, SlotKind::Str] {
            (1..=SLOTS).for_each(|number| slots.add(Slot { kind, number }, vec![]));
        }
        Ground { catalog, lexicon, grammar, slots }
    }

    /// What becomes of one query.
    pub fn cover(&self, sql: &str) -> Coverage {
        let Some(mut query) = crate::parse(sql, self.catalog, Dialect::Sqlite).ok() else { return Coverage::Unread };
        coerce_literals(&mut query, self.catalog);
        mark(PartMut::Query(&mut query), &mut 0);
        match lexemes(&query, self.catalog, &self.lexicon, CanonicalOptions::default()) {
            Err(no) => Coverage::Missing(no.feature),
            Ok(lexemes) if admits(&self.grammar, &self.lexicon, &self.slots, &lexemes).is_ok() => Coverage::Admitted,
            Ok(lexemes) => Coverage::Refused(written(self.catalog, &self.lexicon, &lexemes)),
        }
    }
}

/// Marks every literal that is no closed constant as a value that the question said.
fn mark(part: PartMut, next: &mut u8) {
    let e = match part {
        PartMut::Query(query) => return parts_of_query_mut(query, &mut |part| mark(part, next)),
        PartMut::Expr(e) => e,
    };
    if let ExprKind::Literal(literal) = &mut e.kind {
        *next = *next % SLOTS + 1;
        let of = |(kind, part)| SlotUse { slot: Slot { kind, number: *next }, part };
        literal.slot = said(&literal.value).map(of);
    }
    parts_of_expr_mut(e, &mut |part| mark(part, next));
}

/// The kind of slot that a question would say a value in, and the part of it.
fn said(value: &Value) -> Option<(SlotKind, SlotPart)> {
    let is_closed = |text: String| CLOSED_CONSTANTS.contains(&text.as_str());
    match value {
        Value::Integer(n) if is_closed(n.to_string()) => None,
        Value::Real(x) if is_closed(format!("{x:?}")) => None,
        Value::Integer(_) | Value::Real(_) => Some((SlotKind::Num, SlotPart::Whole)),
        Value::Text(text) => Some(match (text.strip_prefix('%'), text.strip_suffix('%')) {
            (Some(_), Some(_)) => (SlotKind::Str, SlotPart::Contains),
            (Some(_), None) => (SlotKind::Str, SlotPart::Suffix),
            (None, Some(_)) => (SlotKind::Str, SlotPart::Prefix),
            (None, None) if is_day(text) => (SlotKind::Date, SlotPart::Whole),
            (None, None) => (SlotKind::Str, SlotPart::Whole),
        }),
        _ => None,
    }
}

/// `2026-11-20`, and whatever follows a day.
fn is_day(text: &str) -> bool {
    let digit_at = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let dash_at = |at: usize| text.as_bytes().get(at) == Some(&b'-');
    [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit_at) && dash_at(4) && dash_at(7)
}
