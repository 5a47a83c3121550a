//! PRF405: an indexed column within a call or a CAST, which its index cannot serve.

use schema::ColumnId;

use crate::diagnostic::Severity;
use crate::tree::{BinaryOp, Expr, ExprKind, Select};
use crate::validate::columns::row_conditions;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF405",
    severity: Severity::Warning,
    title: "an indexed column within a function",
    page: include_str!("PRF405.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    for operand in row_conditions(select).into_iter().flat_map(searched) {
        let inner = match &operand.kind {
            ExprKind::Call(call) => call.args.iter().find_map(|argument| subject.column(argument)),
            ExprKind::Cast { operand, .. } => subject.column(operand),
            _ => None,
        };
        if inner.is_some_and(|column| is_indexed(column, subject)) {
            found.push(RULE.at(operand.span, "A column within a function can use no index."));
        }
    }
}

/// The operands of a condition that an index could look up: the sides of a comparison, what IN and BETWEEN look at.
pub(super) fn searched(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq, b) => {
            vec![&**a, &**b]
        }
        ExprKind::Between { operand, .. } | ExprKind::InList { operand, .. } | ExprKind::InQuery { operand, .. } => {
            vec![&**operand]
        }
        _ => vec![],
    }
}

/// Whether an index, a key or a unique constraint starts with the column.
pub(super) fn is_indexed(column: ColumnId, subject: &Subject) -> bool {
    let table = subject.catalog.table(column.table);
    let keys = table.indexes.iter().chain(&table.unique).chain(std::iter::once(&table.primary_key));
    keys.into_iter().any(|key| key.first() == Some(&column.column))
}
