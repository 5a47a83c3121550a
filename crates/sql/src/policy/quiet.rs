//! Whether a query can tell something of rows that are filtered away.
//!
//! SQLite may evaluate a query's own condition before the policy's. Where that condition can fail (`abs` of the smallest
//! number, malformed JSON, a pattern, limit or frame that is none, a text grown too long) the failure would tell of a row that the user may not see. Such queries
//! read restricted tables behind a barrier: a LIMIT without a limit, into which SQLite moves no condition.

use schema::Value;

use crate::tree::{BinaryOp, Call, Expr, ExprKind, LikeOp, Query, Select, UnaryOp};
use crate::visit::{Part, each_expr_here, each_expr_of_query, each_query, parts_of_select};

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

/// The longest text that a query may hold without being loud: longer ones make patterns too complex and rows too long.
const LONGEST_TEXT: usize = 250;
/// The longest whole number that fits one of SQLite's, whatever its digits.
const MOST_DIGITS: usize = 18;
/// The words of a window's frame; what is neither one of them nor a whole number may fail.
const FRAME_WORDS: [&str; 15] = [
    "ROWS",
    "RANGE",
    "GROUPS",
    "BETWEEN",
    "AND",
    "UNBOUNDED",
    "PRECEDING",
    "FOLLOWING",
    "CURRENT",
    "ROW",
    "EXCLUDE",
    "NO",
    "OTHERS",
    "TIES",
    "GROUP",
];

/// Whether nothing in a query can fail on a row. What is not known to be harmless is taken for loud.
pub(super) fn is_quiet(query: &Query) -> bool {
    let (mut quiet, mut sums, mut subqueries) = (true, false, false);
    each_query(query, &mut |query| quiet &= [&query.limit, &query.offset].into_iter().flatten().all(is_count));
    each_expr_of_query(query, &mut |expr| {
        quiet &= is_quiet_here(expr);
        sums |= matches!(&expr.kind, ExprKind::Call(call) if call.function == "SUM");
        subqueries |= inner_query(expr).is_some();
    });
    // A sum overflows, and in a subquery it may be taken of each row.
    quiet && !(sums && subqueries)
}

/// Whether an output, condition or term of a SELECT itself asks another query, which may run out of time or memory.
pub(super) fn asks_within(select: &Select) -> bool {
    let mut asks = false;
    parts_of_select(select, &mut |part| {
        if let Part::Expr(expr) = part {
            each_expr_here(expr, &mut |expr| asks |= inner_query(expr).is_some());
        }
    });
    asks
}

fn inner_query(expr: &Expr) -> Option<&Query> {
    match &expr.kind {
        ExprKind::Scalar(query) | ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } => Some(query),
        _ => None,
    }
}

pub(crate) fn is_quiet_here(expr: &Expr) -> bool {
    use BinaryOp::{Arrow, Concat, LongArrow};
    match &expr.kind {
        ExprKind::Column { .. }
        | ExprKind::RowId(_)
        | ExprKind::Output(_)
        | ExprKind::Unary(..)
        | ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. }
        | ExprKind::Between { .. }
        | ExprKind::InList { .. }
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Collate(..)
        | ExprKind::Row(_) => true,
        ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => ends(query),
        ExprKind::Literal(literal) => match &literal.value {
            Value::Text(text) => text.len() <= LONGEST_TEXT,
            Value::Blob(bytes) => bytes.len() <= LONGEST_TEXT,
            _ => true,
        },
        ExprKind::Call(call) => is_quiet_call(call),
        ExprKind::Binary(_, op, _) => !matches!(op, Concat | Arrow | LongArrow),
        ExprKind::Like { op, pattern, escape, .. } => {
            let pattern = pattern.text().is_some_and(|pattern| pattern.len() <= LONGEST_TEXT);
            let escape = escape.as_deref().is_none_or(|escape| escape.text().is_some_and(is_one_character));
            matches!(op, LikeOp::Like | LikeOp::Glob) && pattern && escape
        }
        ExprKind::Parameter(_) | ExprKind::Unknown(_) => false,
    }
}

fn is_quiet_call(call: &Call) -> bool {
    // A format may make of few letters many.
    let makes_more = call.function == "STRFTIME" && call.args.first().and_then(Expr::text).is_none();
    let frame = call.over.as_ref().and_then(|window| window.frame.as_ref());
    QUIET.contains(&call.function.as_str()) && !makes_more && frame.is_none_or(|frame| is_quiet_frame(frame))
}

fn is_quiet_frame(frame: &str) -> bool {
    let is_whole = |word: &str| word.len() <= MOST_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
    frame.split(' ').all(|word| is_whole(word) || FRAME_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// Whether a query cannot run for ever.
fn ends(query: &Query) -> bool {
    let mut recursive = false;
    each_query(query, &mut |query| recursive |= query.with.iter().any(|cte| cte.recursive));
    !recursive
}

/// A LIMIT or OFFSET that SQLite takes whatever the row.
fn is_count(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(literal) => matches!(literal.value, Value::Integer(_)),
        ExprKind::Unary(UnaryOp::Minus, operand) => is_count(operand),
        _ => false,
    }
}

fn is_one_character(text: &str) -> bool {
    text != "\0" && text.chars().count() == 1
}
