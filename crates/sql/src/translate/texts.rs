//! Functions of texts whose names or ends differ between engines.

use schema::Value;

use super::meaning::{Reading, whole_of};
use crate::dialect::Dialect;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Span, UnaryOp};

/// A function of texts, where the call is one that SQLite says otherwise.
pub(super) fn call(reading: &mut Reading, call: &Call, span: Span) -> Option<Expr> {
    let whole = |n| Expr::value(Value::Integer(n));
    match (call.function.as_str(), call.args.as_slice()) {
        // Less than nothing is counted from the other end by some, and by SUBSTR.
        ("LEFT", [text, count]) if whole_of(count).is_some_and(|count| count >= 0) => {
            Some(Expr::call("SUBSTR", vec![text.clone(), whole(1), count.clone()]))
        }
        ("RIGHT", [text, count]) if whole_of(count).is_some_and(|count| count > 0) => {
            let count = ExprKind::Unary(UnaryOp::Minus, Box::new(count.clone())).into();
            Some(Expr::call("SUBSTR", vec![text.clone(), count]))
        }
        ("LEFT" | "RIGHT", [_, _]) => {
            reading.refuse(format!("{} with this count", call.function), span);
            None
        }
        ("SUBSTR" | "SUBSTRING", [_, start, length @ ..]) if !cuts_alike(start, length.first()) => {
            reading.refuse(format!("{} with this start or length", call.function), span);
            None
        }
        ("CHARINDEX", [part, text]) => Some(Expr::call("INSTR", vec![text.clone(), part.clone()])),
        ("LEN", [text]) => Some(Expr::call("LENGTH", vec![Expr::call("RTRIM", vec![text.clone()])])),
        ("CONCAT", args) if reading.from == Dialect::MySql => {
            args.iter().cloned().reduce(|a, b| a.binary(BinaryOp::Concat, b))
        }
        _ => None,
    }
}

/// Whether SUBSTR cuts the same part out of a text as in SQLite. Before a text's first letter engines differ, and where a length
/// is less than nothing: but before the first letter there is none to be cut out.
fn cuts_alike(start: &Expr, length: Option<&Expr>) -> bool {
    let is_count = |length| whole_of(length).is_some_and(|length| length >= 0);
    starts_within(start) && (length.is_none_or(is_count) || whole_of(start) == Some(1))
}

fn starts_within(start: &Expr) -> bool {
    let finds = |expr: &Expr| matches!(&expr.kind, ExprKind::Call(call) if call.function == "INSTR" || call.function == "LENGTH");
    match (&start.kind, whole_of(start)) {
        (_, Some(start)) => start > 0,
        (ExprKind::Binary(a, BinaryOp::Add, b), _) => {
            finds(a) && whole_of(b).is_some_and(|n| n > 0) || finds(b) && whole_of(a).is_some_and(|n| n > 0)
        }
        _ => false,
    }
}
