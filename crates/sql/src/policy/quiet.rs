//! Whether a query can tell something of rows that are filtered away.
//!
//! SQLite may evaluate a query's own condition before the policy's. Where that condition can fail (`abs` of the smallest
//! number, malformed JSON, a text grown too long) the failure would tell of a row that the user may not see. Such queries
//! read restricted tables behind a barrier: a LIMIT without a limit, into which SQLite moves no condition.

use schema::Value;

use crate::tree::{BinaryOp, Expr, ExprKind, LikeOp, Query};
use crate::visit::each_expr_of_query;

/// Functions that fail for no argument.
const QUIET: [&str; 45] = [
    "AVG",
    "COALESCE",
    "COUNT",
    "CUME_DIST",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DATE",
    "DATETIME",
    "DENSE_RANK",
    "FIRST_VALUE",
    "IF",
    "IFNULL",
    "IIF",
    "INSTR",
    "JULIANDAY",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LENGTH",
    "LIKELY",
    "LOWER",
    "LTRIM",
    "MAX",
    "MIN",
    "NULLIF",
    "OCTET_LENGTH",
    "PERCENT_RANK",
    "RANK",
    "ROUND",
    "ROW_NUMBER",
    "RTRIM",
    "SIGN",
    "STRFTIME",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "TIME",
    "TOTAL",
    "TRIM",
    "TYPEOF",
    "UNICODE",
    "UNIXEPOCH",
    "UNLIKELY",
    "UPPER",
];

/// Whether nothing in a query can fail on a row.
pub(super) fn is_quiet(query: &Query) -> bool {
    let (mut quiet, mut sums, mut subqueries) = (true, false, false);
    each_expr_of_query(query, &mut |expr| {
        quiet &= is_quiet_here(expr);
        sums |= matches!(&expr.kind, ExprKind::Call(call) if call.function == "SUM");
        subqueries |= matches!(expr.kind, ExprKind::Scalar(_) | ExprKind::InQuery { .. } | ExprKind::Exists { .. });
    });
    // A sum overflows, and in a subquery it may be taken of each row.
    quiet && !(sums && subqueries)
}

fn is_quiet_here(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => QUIET.contains(&call.function.as_str()),
        ExprKind::Binary(_, BinaryOp::Concat | BinaryOp::Arrow | BinaryOp::LongArrow, _) => false,
        ExprKind::Like { op, pattern, escape, .. } => {
            matches!(op, LikeOp::Like | LikeOp::Glob) && is_text(pattern) && escape.as_deref().is_none_or(is_text)
        }
        _ => true,
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(literal) if matches!(literal.value, Value::Text(_)))
}
