//! Expressions as text, with the brackets that SQLite's precedence asks for.

use schema::Value;

use super::{Naming, Printer, Style, dialect};
use crate::dialect::{Dialect, quote_text};
use crate::functions::CLOCK_WORDS;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, LikeOp, Literal, UnaryOp, Window};

/// How tightly an expression holds together, from SQLite's grammar.
mod tight {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const EQUAL: u8 = 4;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const BITS: u8 = 7;
    pub(super) const SUM: u8 = 8;
    pub(super) const PRODUCT: u8 = 9;
    pub(super) const CONCAT: u8 = 10;
    pub(super) const COLLATE: u8 = 11;
    pub(super) const UNARY: u8 = 12;
    pub(super) const PRIMARY: u8 = 13;
}

fn tightness(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary(_, op, _) => tightness_of(*op),
        ExprKind::Unary(UnaryOp::Not, _) => tight::NOT,
        ExprKind::Unary(..) => tight::UNARY,
        ExprKind::Literal(literal) if is_negative(literal) => tight::UNARY,
        ExprKind::IsNull { .. }
        | ExprKind::IsTruth { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. }
        | ExprKind::InList { .. }
        | ExprKind::InQuery { .. } => tight::EQUAL,
        ExprKind::Exists { negated: true, .. } => tight::NOT,
        ExprKind::Collate(..) => tight::COLLATE,
        _ => tight::PRIMARY,
    }
}

fn tightness_of(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => tight::OR,
        BinaryOp::And => tight::AND,
        BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Is | BinaryOp::IsNot => tight::EQUAL,
        BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq => tight::COMPARE,
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::ShiftLeft | BinaryOp::ShiftRight => tight::BITS,
        BinaryOp::Add | BinaryOp::Sub => tight::SUM,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => tight::PRODUCT,
        BinaryOp::Concat | BinaryOp::Arrow | BinaryOp::LongArrow => tight::CONCAT,
    }
}

fn is_negative(literal: &Literal) -> bool {
    match literal.value {
        Value::Integer(whole) => whole < 0,
        Value::Real(real) => real.is_sign_negative() && !real.is_nan(),
        _ => false,
    }
}

/// A binary operator as it is written.
pub(crate) fn operator_text(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "OR",
        BinaryOp::And => "AND",
        BinaryOp::Eq => "=",
        BinaryOp::NotEq => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::Is => "IS",
        BinaryOp::IsNot => "IS NOT",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Mod => "%",
        BinaryOp::Concat => "||",
        BinaryOp::Arrow => "->",
        BinaryOp::LongArrow => "->>",
    }
}

/// A value as a literal.
pub fn literal_text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => whole.to_string(),
        Value::Real(real) if real.is_nan() => "NULL".to_owned(),
        Value::Real(real) if real.is_infinite() => if *real > 0.0 { "9e999" } else { "-9e999" }.to_owned(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) if text.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes())),
        Value::Text(text) => quote_text(text),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Printer<'_> {
    /// An expression in brackets unless it holds together at least this tightly.
    fn at_least(&mut self, expr: &Expr, least: u8) {
        // Elsewhere comparisons stand in no order of precedence.
        let is_sqlite = self.target.dialect == Dialect::Sqlite;
        let least = if !is_sqlite && (tight::EQUAL..=tight::COMPARE).contains(&least) { tight::BITS } else { least };
        if tightness(expr) < least {
            self.push("(");
            self.expr(expr);
            self.push(")");
        } else {
            self.expr(expr);
        }
    }

    /// A condition of WHERE or HAVING: each part of a chain of ANDs on its own line.
    pub(super) fn condition(&mut self, expr: &Expr) {
        if self.style == Style::Compact {
            return self.expr(expr);
        }
        let mut parts = Vec::new();
        let mut rest = expr;
        while let ExprKind::Binary(a, BinaryOp::And, b) = &rest.kind {
            parts.push(&**b);
            rest = a;
        }
        self.at_least(rest, tight::AND);
        self.indent += 2;
        for part in parts.into_iter().rev() {
            self.line();
            self.push("AND ");
            self.at_least(part, tight::NOT);
        }
        self.indent -= 2;
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column { source, column } => self.column(*source, *column),
            ExprKind::RowId(source) => self.row_id(*source),
            ExprKind::Output(position) => self.output(*position),
            ExprKind::Literal(literal) => {
                let text = dialect::literal(&literal.value, self.target.dialect);
                self.push(&text);
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(left, op, right) => self.binary(left, *op, right),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref())
            }
            ExprKind::Cast { operand, to } => {
                self.push("CAST(");
                self.expr(operand);
                self.push(" AS ");
                self.push(to);
                self.push(")");
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Collate(operand, name) => {
                self.at_least(operand, tight::COLLATE);
                self.push(" COLLATE ");
                self.push_name(name);
            }
            ExprKind::Row(items) => {
                self.push("(");
                self.comma_separated(items, Self::expr);
                self.push(")");
            }
            ExprKind::Parameter(name) => {
                self.push(":");
                self.push(name);
            }
            ExprKind::Unknown(name) => self.push(name),
            _ => self.predicate(expr),
        }
    }

    fn predicate(&mut self, expr: &Expr) {
        let not = |negated: &bool| if *negated { " NOT" } else { "" };
        match &expr.kind {
            ExprKind::IsNull { operand, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::IsTruth { operand, truth, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(&format!(" IS{} {}", not(negated), if *truth { "TRUE" } else { "FALSE" }));
            }
            ExprKind::Between { operand, low, high, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(&format!("{} BETWEEN ", not(negated)));
                self.at_least(low, tight::COMPARE);
                self.push(" AND ");
                self.at_least(high, tight::COMPARE);
            }
            ExprKind::Like { op, operand, pattern, escape, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(&format!("{} {} ", not(negated), like_text(*op)));
                self.at_least(pattern, tight::COMPARE);
                if let Some(escape) = escape {
                    self.push(" ESCAPE ");
                    self.at_least(escape, tight::BITS);
                }
            }
            ExprKind::InList { operand, list, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(&format!("{} IN (", not(negated)));
                self.comma_separated(list, Self::expr);
                self.push(")");
            }
            ExprKind::InQuery { operand, query, negated } => {
                self.at_least(operand, tight::EQUAL);
                self.push(&format!("{} IN ", not(negated)));
                self.bracketed(query, Naming::Given);
            }
            ExprKind::Exists { query, negated } => {
                self.push(if *negated { "NOT EXISTS " } else { "EXISTS " });
                self.bracketed(query, Naming::Given);
            }
            ExprKind::Scalar(query) => self.bracketed(query, Naming::Given),
            _ => {}
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        self.push(match op {
            UnaryOp::Not => "NOT ",
            UnaryOp::Minus => "-",
            UnaryOp::Plus => "+",
            UnaryOp::BitNot => "~",
        });
        if op != UnaryOp::Not
            && matches!(operand.kind, ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus | UnaryOp::BitNot, _))
        {
            // Two minus signs would start a comment, and brackets nest deeper than the text did.
            self.push(" ");
            return self.expr(operand);
        }
        // Brackets around a comparison under NOT are for the reader.
        self.at_least(operand, tight::PRIMARY);
    }

    fn binary(&mut self, left: &Expr, op: BinaryOp, right: &Expr) {
        let own = tightness_of(op);
        // AND within OR needs no brackets, but people read them better with.
        let left_least = if op == BinaryOp::Or && tightness(left) == tight::AND { tight::NOT } else { own };
        let right_least = if op == BinaryOp::Or { tight::NOT } else { own + 1 };
        self.at_least(left, left_least);
        self.push(&format!(" {} ", operator_text(op)));
        self.at_least(right, right_least);
    }

    fn case(&mut self, operand: Option<&Expr>, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) {
        self.push("CASE");
        if let Some(operand) = operand {
            self.push(" ");
            self.expr(operand);
        }
        for (when, then) in branches {
            self.push(" WHEN ");
            self.expr(when);
            self.push(" THEN ");
            self.expr(then);
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.expr(otherwise);
        }
        self.push(" END");
    }

    fn call(&mut self, call: &Call) {
        if let Some(spelling) = dialect::spelling(&call.function, self.target.dialect) {
            self.spelled(spelling, call);
            return self.call_tail(call);
        }
        self.push(&call.function);
        let bare = CLOCK_WORDS.contains(&call.function.as_str());
        if bare && call.args.is_empty() {
            return;
        }
        self.push("(");
        if call.distinct {
            self.push("DISTINCT ");
        }
        if call.star {
            self.push("*");
        }
        self.comma_separated(&call.args, Self::expr);
        if !call.order_by.is_empty() {
            self.push(" ORDER BY ");
            self.comma_separated(&call.order_by, |p, item| p.order_item(item, false));
        }
        self.push(")");
        self.call_tail(call);
    }

    fn call_tail(&mut self, call: &Call) {
        if let Some(filter) = &call.filter {
            self.push(" FILTER (WHERE ");
            self.expr(filter);
            self.push(")");
        }
        if let Some(window) = &call.over {
            self.push(" OVER (");
            self.window(window);
            self.push(")");
        }
    }

    /// A call in an engine's own words, with its arguments in their places.
    fn spelled(&mut self, spelling: &str, call: &Call) {
        let mut rest = spelling;
        while let Some(at) = rest.find(['{', '<']) {
            let (before, from) = rest.split_at(at);
            self.push(before);
            let close = if from.starts_with('{') { '}' } else { '>' };
            let end = from.find(close).filter(|end| is_place(&from[1..*end]));
            let Some(end) = end else {
                self.push(&from[..1]);
                rest = &from[1..];
                continue;
            };
            self.place(&from[1..end], close == '>', call);
            rest = &from[end + 1..];
        }
        self.push(rest);
    }

    /// What stands at one place of a spelling.
    fn place(&mut self, place: &str, as_operand: bool, call: &Call) {
        match place {
            "*" if call.star => self.push("*"),
            "*" => self.comma_separated(&call.args, Self::expr),
            "distinct" if call.distinct => self.push("DISTINCT "),
            "order" if !call.order_by.is_empty() => {
                self.push(" ORDER BY ");
                self.comma_separated(&call.order_by, |p, item| p.order_item(item, false));
            }
            "within" if !call.order_by.is_empty() => {
                self.push(" WITHIN GROUP (ORDER BY ");
                self.comma_separated(&call.order_by, |p, item| p.order_item(item, false));
                self.push(")");
            }
            number => {
                let argument = number.parse().ok().and_then(|at: usize| call.args.get(at));
                match argument {
                    Some(argument) if as_operand => self.at_least(argument, tight::PRIMARY),
                    Some(argument) => self.expr(argument),
                    None => {}
                }
            }
        }
    }

    fn window(&mut self, window: &Window) {
        let start = self.out.len();
        if !window.partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.comma_separated(&window.partition_by, Self::expr);
        }
        if !window.order_by.is_empty() {
            self.push(if self.out.len() > start { " ORDER BY " } else { "ORDER BY " });
            self.comma_separated(&window.order_by, |p, item| p.order_item(item, false));
        }
        if let Some(frame) = &window.frame {
            if self.out.len() > start {
                self.push(" ");
            }
            self.push(frame);
        }
    }
}

/// Whether the text between a spelling's brackets names a place.
fn is_place(text: &str) -> bool {
    matches!(text, "*" | "distinct" | "order" | "within") || (text.len() == 1 && text.as_bytes()[0].is_ascii_digit())
}

fn like_text(op: LikeOp) -> &'static str {
    match op {
        LikeOp::Like => "LIKE",
        LikeOp::ILike => "ILIKE",
        LikeOp::Glob => "GLOB",
        LikeOp::Regexp => "REGEXP",
    }
}
