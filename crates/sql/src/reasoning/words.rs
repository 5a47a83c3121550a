//! Expressions in words.

use schema::{ColumnId, TableId, Value};

use super::{Teller, spaced};
use crate::dialect::quote_text;
use crate::print::literal_text;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, LikeOp, Select, SourceId, UnaryOp};

impl Teller<'_> {
    /// The words of several expressions.
    pub(crate) fn list(&self, list: &[Expr], select: Option<&Select>) -> String {
        list.iter().map(|expr| self.words(expr, select)).collect::<Vec<_>>().join(", ")
    }

    /// A condition: parts joined by "and" without brackets.
    pub(crate) fn condition(&self, expr: &Expr, select: &Select) -> String {
        let parts = expr.conjuncts();
        let told = parts.iter().map(|part| match part.kind {
            ExprKind::Binary(_, BinaryOp::Or, _) => format!("({})", self.words(part, Some(select))),
            _ => self.words(part, Some(select)),
        });
        told.collect::<Vec<_>>().join(" and ")
    }

    /// An expression within another: bracketed when it is made of parts.
    fn inner(&self, expr: &Expr, select: Option<&Select>) -> String {
        let simple = matches!(
            expr.kind,
            ExprKind::Column { .. } | ExprKind::Literal(_) | ExprKind::Call(_) | ExprKind::Row(_) | ExprKind::RowId(_)
        );
        if simple { self.words(expr, select) } else { format!("({})", self.words(expr, select)) }
    }

    pub(crate) fn words(&self, expr: &Expr, select: Option<&Select>) -> String {
        match &expr.kind {
            ExprKind::Column { source, column } => self.column(*source, *column),
            ExprKind::RowId(source) => format!("the row number of {}", self.source(*source)),
            ExprKind::Output(position) => {
                let item = select.and_then(|select| select.items.get(*position as usize));
                item.map_or_else(|| format!("output {}", position + 1), |item| self.words(&item.expr, select))
            }
            ExprKind::Literal(literal) => value_words(&literal.value),
            ExprKind::Unary(op, operand) => {
                let operand = self.inner(operand, select);
                match op {
                    UnaryOp::Not => format!("not {operand}"),
                    UnaryOp::Minus => format!("minus {operand}"),
                    UnaryOp::Plus => format!("plus {operand}"),
                    UnaryOp::BitNot => format!("the inverted bits of {operand}"),
                }
            }
            ExprKind::Binary(left, op, right) => {
                format!("{} {} {}", self.inner(left, select), operator_words(*op), self.inner(right, select))
            }
            ExprKind::Case { operand, branches, otherwise } => {
                let on = operand.as_ref().map_or_else(String::new, |x| format!("by {}: ", self.inner(x, select)));
                let branch = |(when, then): &(Expr, Expr)| {
                    format!("if {} then {}", self.words(when, select), self.inner(then, select))
                };
                let branches = branches.iter().map(branch).collect::<Vec<_>>().join(", ");
                let otherwise = otherwise.as_ref();
                let rest = otherwise.map_or_else(String::new, |x| format!(", otherwise {}", self.inner(x, select)));
                format!("{on}{branches}{rest}")
            }
            ExprKind::Cast { operand, to } => format!("{} as {to}", self.inner(operand, select)),
            ExprKind::Call(call) => self.call(call, select),
            ExprKind::Collate(operand, name) => format!("{} read as {name}", self.inner(operand, select)),
            ExprKind::Row(items) => format!("({})", self.list(items, select)),
            ExprKind::Parameter(name) => format!("the asker's {name}"),
            ExprKind::Unknown(name) => format!("something unknown ({name})"),
            _ => self.predicate(expr, select),
        }
    }

    fn predicate(&self, expr: &Expr, select: Option<&Select>) -> String {
        let not = |negated: bool| if negated { " not" } else { "" };
        match &expr.kind {
            ExprKind::IsNull { operand, negated } => {
                let what = if *negated { "is present" } else { "is missing" };
                format!("{} {what}", self.inner(operand, select))
            }
            ExprKind::IsTruth { operand, truth, negated } => {
                format!("{} is{} {truth}", self.inner(operand, select), not(*negated))
            }
            ExprKind::Between { operand, low, high, negated } => {
                let (low, high) = (self.inner(low, select), self.inner(high, select));
                format!("{} is{} between {low} and {high}", self.inner(operand, select), not(*negated))
            }
            ExprKind::Like { op, operand, pattern, escape, negated } => {
                let does = if *negated { "does not " } else { "" };
                let escaped =
                    escape.as_ref().map_or_else(String::new, |e| format!(" with escape {}", self.words(e, select)));
                let pattern = self.pattern(*op, pattern, escape.is_some(), *negated, select);
                format!("{} {does}{pattern}{escaped}", self.inner(operand, select))
            }
            ExprKind::InList { operand, list, negated } => {
                let among = if *negated { "is none of" } else { "is one of" };
                format!("{} {among} {}", self.inner(operand, select), self.list(list, select))
            }
            ExprKind::InQuery { operand, query, negated } => {
                format!("{} is{} among ({})", self.inner(operand, select), not(*negated), self.within(query))
            }
            ExprKind::Exists { query, negated } => {
                let some = if *negated { "there is no row of" } else { "there is a row of" };
                format!("{some} ({})", self.within(query))
            }
            ExprKind::Scalar(query) => format!("the value of ({})", self.within(query)),
            _ => String::new(),
        }
    }

    /// "contains 'x'" for a pattern that says only that, else the pattern itself.
    fn pattern(&self, op: LikeOp, pattern: &Expr, escaped: bool, negated: bool, select: Option<&Select>) -> String {
        let ending = if negated { "" } else { "s" };
        if let (LikeOp::Like, false, ExprKind::Literal(literal)) = (op, escaped, &pattern.kind)
            && let Value::Text(text) = &literal.value
        {
            let (open, shut) = (text.starts_with('%'), text.len() > 1 && text.ends_with('%'));
            let body = text.strip_prefix('%').unwrap_or(text);
            let body = if shut { body.strip_suffix('%').unwrap_or(body) } else { body };
            let verb = match (open, shut) {
                (true, true) => format!("contain{ending}"),
                (false, true) => format!("start{ending} with"),
                (true, false) => format!("end{ending} with"),
                (false, false) => format!("look{ending} like"),
            };
            if !body.contains(['%', '_']) {
                return format!("{verb} {}", quote_text(body));
            }
        }
        let kind = match op {
            LikeOp::Like => "pattern",
            LikeOp::ILike => "case-blind pattern",
            LikeOp::Glob => "file pattern",
            LikeOp::Regexp => "regular expression",
        };
        let fits = if negated { "fit" } else { "fits" };
        format!("{fits} the {kind} {}", self.inner(pattern, select))
    }

    pub(super) fn source(&self, source: SourceId) -> String {
        self.sources.get(&source).map_or_else(|| "an unknown table".to_owned(), |told| told.name.clone())
    }

    fn column(&self, source: SourceId, column: u16) -> String {
        let Some(told) = self.sources.get(&source) else { return format!("column {}", column + 1) };
        let name = match told.table {
            Some(table) => self.column_words(table, column),
            None => told.columns.get(column as usize).map_or_else(|| format!("column {}", column + 1), Clone::clone),
        };
        let second = told.name.ends_with(')');
        if told.shared || second { format!("{name} of {}", told.name) } else { name }
    }

    /// The column's first term, or its name's words; with the name beside it where the table has another so called.
    fn column_words(&self, table: TableId, column: u16) -> String {
        let term = |column: u16| {
            let id = ColumnId { table, column };
            let terms = self.glossary.column(self.catalog, id).and_then(|terms| terms.terms.first().cloned());
            let known = self.catalog.table(table).columns.get(column as usize);
            terms.or_else(|| known.map(|known| spaced(&known.name))).unwrap_or_default()
        };
        let (words, all) = (term(column), self.catalog.table(table).columns.len() as u16);
        let shared = (0..all).any(|other| other != column && term(other) == words);
        match self.catalog.table(table).columns.get(column as usize) {
            Some(known) if shared => format!("{words} ({})", known.name),
            _ => words,
        }
    }

    fn call(&self, call: &Call, select: Option<&Select>) -> String {
        let args = self.list(&call.args, select);
        let different = if call.distinct { "different " } else { "" };
        let single = call.args.len() == 1;
        let mut words = match call.function.as_str() {
            "COUNT" if call.args.is_empty() => "the number of rows".to_owned(),
            "COUNT" => format!("the number of {different}{args}"),
            "SUM" => format!("the total of {different}{args}"),
            "AVG" => format!("the average of {different}{args}"),
            "MIN" if single => format!("the lowest {different}{args}"),
            "MAX" if single => format!("the highest {different}{args}"),
            "GROUP_CONCAT" if single => format!("the list of {different}{args}"),
            "CURRENT_DATE" => "today".to_owned(),
            "CURRENT_TIME" | "CURRENT_TIMESTAMP" => call.function.to_lowercase().replace('_', " "),
            "ROW_NUMBER" => "the row's number".to_owned(),
            "RANK" => "the rank".to_owned(),
            "DENSE_RANK" => "the rank without gaps".to_owned(),
            "LAG" if single => format!("the {args} before"),
            "LEAD" if single => format!("the {args} after"),
            function => format!("{}({different}{args})", function.to_lowercase()),
        };
        if !call.order_by.is_empty() {
            words += &format!(" in the order of {}", self.order(&call.order_by, select));
        }
        if let Some(filter) = &call.filter {
            words += &format!(" counting only rows where {}", self.inner(filter, select));
        }
        if let Some(window) = &call.over {
            let mut over = Vec::new();
            if !window.partition_by.is_empty() {
                over.push(format!("within each {}", self.list(&window.partition_by, select)));
            }
            if !window.order_by.is_empty() {
                over.push(format!("going by {}", self.order(&window.order_by, select)));
            }
            over.extend(window.frame.as_ref().map(|frame| format!("over {}", frame.to_lowercase())));
            if over.is_empty() {
                over.push("over all rows".to_owned());
            }
            words += &format!(" ({})", over.join(", "));
        }
        words
    }
}

fn operator_words(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Eq => "is",
        BinaryOp::NotEq => "is not",
        BinaryOp::Lt => "is under",
        BinaryOp::LtEq => "is at most",
        BinaryOp::Gt => "is over",
        BinaryOp::GtEq => "is at least",
        BinaryOp::Is => "is the same as",
        BinaryOp::IsNot => "is not the same as",
        BinaryOp::BitAnd => "bit-and",
        BinaryOp::BitOr => "bit-or",
        BinaryOp::ShiftLeft => "shifted left by",
        BinaryOp::ShiftRight => "shifted right by",
        BinaryOp::Add => "plus",
        BinaryOp::Sub => "minus",
        BinaryOp::Mul => "times",
        BinaryOp::Div => "divided by",
        BinaryOp::Mod => "modulo",
        BinaryOp::Concat => "followed by",
        BinaryOp::Arrow => "at JSON path",
        BinaryOp::LongArrow => "at JSON path, as text,",
    }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(whole) => thousands(*whole),
        other => literal_text(other),
    }
}

/// 100000 as 100,000.
fn thousands(whole: i64) -> String {
    let digits = whole.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if whole < 0 { format!("-{grouped}") } else { grouped }
}
