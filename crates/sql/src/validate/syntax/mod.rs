//! SYN1xx: whether the text is one query. The parser finds all but the fence.

mod fence;

use super::rule::Rule;
use crate::diagnostic::Severity::Error;

pub(super) use fence::without_fence;

/// The codes of this layer, in order.
pub(super) const RULES: &[Rule] = &[
    Rule::reading("SYN101", Error, "there is no statement", include_str!("SYN101.md")),
    Rule::reading("SYN102", Error, "more than one statement", include_str!("SYN102.md")),
    Rule::reading("SYN103", Error, "the query ends too early", include_str!("SYN103.md")),
    Rule::reading("SYN104", Error, "something else should stand here", include_str!("SYN104.md")),
    Rule::reading("SYN105", Error, "a quote is never closed", include_str!("SYN105.md")),
    Rule::reading("SYN106", Error, "a character means nothing", include_str!("SYN106.md")),
    Rule::reading("SYN107", Error, "the query nests too deeply", include_str!("SYN107.md")),
    Rule::reading("SYN108", Error, "too many tables in one FROM", include_str!("SYN108.md")),
    Rule::reading("SYN109", Error, "an impossible window frame", include_str!("SYN109.md")),
    fence::RULE,
];
