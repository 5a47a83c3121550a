//! The types of expressions, as far as they can be told: what a column declares, what a function gives.

use std::collections::HashMap;

use schema::{Catalog, Type, Value};

use crate::ddl::type_of_declared;
use crate::tree::{BinaryOp, Body, Call, Expr, ExprKind, Query, Select, SourceId, SourceKind, UnaryOp};
use crate::visit::{Part, parts_of_expr, parts_of_query};

/// The types of the columns of every source of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    sources: HashMap<SourceId, Vec<Type>>,
}

impl Types {
    /// The types in a query.
    pub fn of(query: &Query, catalog: &Catalog) -> Self {
        let mut types = Types::default();
        types.learn(query, catalog, &mut Vec::new());
        types
    }

    /// The types of a query's outputs.
    pub fn of_outputs(&self, query: &Query) -> Vec<Type> {
        match &query.body {
            Body::Select(select) => select.items.iter().map(|item| self.of_expr(&item.expr)).collect(),
            Body::Set { left, right, .. } => {
                let pairs = self.of_outputs(left).into_iter().zip(self.of_outputs(right)).enumerate();
                pairs.map(|(at, (a, b))| self.of_both(a, b, shown(left, at), shown(right, at))).collect()
            }
            Body::Values(rows) => {
                rows.first().map_or_else(Vec::new, |row| row.iter().map(|e| self.of_expr(e)).collect())
            }
        }
    }

    /// The type of two arms' columns, where those are one expression each by these.
    fn of_both(&self, a: Type, b: Type, left: Option<&Expr>, right: Option<&Expr>) -> Type {
        match (left, right) {
            (Some(left), Some(right)) => self.joint([left, right].into_iter()),
            _ => common(a, b),
        }
    }

    /// The type of an expression; [`Type::Unknown`] where it cannot be told.
    pub fn of_expr(&self, expr: &Expr) -> Type {
        match &expr.kind {
            ExprKind::Column { source, column } => {
                let known = self.sources.get(source).and_then(|columns| columns.get(*column as usize));
                known.copied().unwrap_or_default()
            }
            ExprKind::RowId(_) => Type::Integer,
            ExprKind::Literal(literal) => of_value(&literal.value),
            ExprKind::Unary(UnaryOp::Not, _)
            | ExprKind::IsNull { .. }
            | ExprKind::IsTruth { .. }
            | ExprKind::Between { .. }
            | ExprKind::Like { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::Exists { .. } => Type::Boolean,
            ExprKind::Unary(_, operand) | ExprKind::Collate(operand, _) => self.of_expr(operand),
            ExprKind::Binary(left, op, right) => self.of_binary(left, *op, right),
            ExprKind::Scalar(query) => self.of_outputs(query).first().copied().unwrap_or_default(),
            ExprKind::Case { branches, otherwise, .. } => {
                self.joint(branches.iter().map(|(_, then)| then).chain(otherwise.as_deref()))
            }
            ExprKind::Cast { to, .. } => type_of_declared(to),
            ExprKind::Call(call) => self.of_call(call),
            ExprKind::Output(_) | ExprKind::Row(_) | ExprKind::Parameter(_) | ExprKind::Unknown(_) => Type::Unknown,
        }
    }

    /// The type of a column in which these values stand. A text that is a day is one beside days.
    pub fn joint<'a>(&self, values: impl Iterator<Item = &'a Expr>) -> Type {
        let (texts, others): (Vec<&Expr>, Vec<&Expr>) = values.partition(|value| value.text().is_some());
        let of_others = others.iter().map(|value| self.of_expr(value)).reduce(common);
        let shape = |is: fn(&str) -> bool| texts.iter().all(|value| value.text().is_some_and(is));
        match of_others {
            Some(Type::Date) if shape(is_day) => Type::Date,
            Some(Type::Timestamp) if shape(|text| is_day(text) || is_moment(text)) => Type::Timestamp,
            of_others => texts.iter().map(|_| Type::Text).chain(of_others).reduce(common).unwrap_or_default(),
        }
    }

    fn of_binary(&self, left: &Expr, op: BinaryOp, right: &Expr) -> Type {
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                match (self.of_expr(left), self.of_expr(right)) {
                    (Type::Integer, Type::Integer) => Type::Integer,
                    _ => Type::Real,
                }
            }
            BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::ShiftLeft | BinaryOp::ShiftRight => Type::Integer,
            BinaryOp::Concat => Type::Text,
            BinaryOp::Arrow | BinaryOp::LongArrow => Type::Unknown,
            _ => Type::Boolean,
        }
    }

    fn of_call(&self, call: &Call) -> Type {
        let argument = |i: usize| call.args.get(i).map_or(Type::Unknown, |arg| self.of_expr(arg));
        match call.function.as_str() {
            "COUNT" | "LENGTH" | "INSTR" | "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" | "SIGN" | "UNICODE"
            | "UNIXEPOCH" => Type::Integer,
            "AVG" | "TOTAL" | "ROUND" | "JULIANDAY" | "PERCENT_RANK" | "CUME_DIST" => Type::Real,
            "MIN" | "MAX" if call.args.len() > 1 => self.joint(call.args.iter()),
            "SUM" | "MIN" | "MAX" | "ABS" | "LAG" | "LEAD" | "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE" | "NULLIF" => {
                argument(0)
            }
            "COALESCE" | "IFNULL" => self.joint(call.args.iter()),
            "IIF" | "IF" => self.joint(call.args.iter().skip(1)),
            "UPPER" | "LOWER" | "TRIM" | "LTRIM" | "RTRIM" | "SUBSTR" | "SUBSTRING" | "REPLACE" | "GROUP_CONCAT"
            | "STRING_AGG" | "PRINTF" | "FORMAT" | "HEX" | "QUOTE" | "CHAR" | "CONCAT" | "CONCAT_WS" | "TYPEOF"
            | "STRFTIME" | "TIME" => Type::Text,
            "DATE" | "CURRENT_DATE" => Type::Date,
            "DATETIME" | "CURRENT_TIMESTAMP" => Type::Timestamp,
            _ => Type::Unknown,
        }
    }

    fn learn(&mut self, query: &Query, catalog: &Catalog, ctes: &mut Vec<(String, Vec<Type>)>) {
        let outer = ctes.len();
        for cte in &query.with {
            if cte.recursive {
                ctes.push((cte.name.clone(), vec![Type::Unknown; cte.columns.len()]));
                self.learn(&cte.query, catalog, ctes);
                ctes.pop();
                // Its own columns are known once its first arm is.
                ctes.push((cte.name.clone(), self.of_outputs(&cte.query)));
                self.learn(&cte.query, catalog, ctes);
                ctes.pop();
            } else {
                self.learn(&cte.query, catalog, ctes);
            }
            ctes.push((cte.name.clone(), self.of_outputs(&cte.query)));
        }
        match &query.body {
            Body::Select(select) => self.learn_sources(select, catalog, ctes),
            Body::Set { left, right, .. } => {
                self.learn(left, catalog, ctes);
                self.learn(right, catalog, ctes);
            }
            Body::Values(_) => {}
        }
        parts_of_query(query, &mut |part| {
            if let Part::Expr(expr) = part {
                self.learn_within(expr, catalog, ctes);
            }
        });
        ctes.truncate(outer);
    }

    fn learn_within(&mut self, expr: &Expr, catalog: &Catalog, ctes: &mut Vec<(String, Vec<Type>)>) {
        parts_of_expr(expr, &mut |part| match part {
            Part::Expr(inner) => self.learn_within(inner, catalog, ctes),
            Part::Query(query) => self.learn(query, catalog, ctes),
        });
    }

    fn learn_sources(&mut self, select: &Select, catalog: &Catalog, ctes: &mut Vec<(String, Vec<Type>)>) {
        for source in &select.from {
            let columns = match &source.kind {
                SourceKind::Table(table) => catalog.table(*table).columns.iter().map(|column| column.ty).collect(),
                SourceKind::Cte { name, .. } => {
                    let known = ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(name));
                    known.map_or_else(Vec::new, |(_, types)| types.clone())
                }
                SourceKind::Derived { query, .. } => {
                    self.learn(query, catalog, ctes);
                    self.of_outputs(query)
                }
            };
            self.sources.insert(source.id, columns);
        }
    }
}

/// What a SELECT shows at a place.
fn shown(query: &Query, at: usize) -> Option<&Expr> {
    query.select().and_then(|select| select.items.get(at)).map(|item| &item.expr)
}

/// Whether a text is a day, `2026-11-20`, of the calendar.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether a text is a moment, `2026-11-20 08:30:00`.
pub(crate) fn is_moment(text: &str) -> bool {
    let date_and_time = text.split_once(' ');
    date_and_time.is_some_and(|(day, time)| is_day(day) && time.len() == 8 && time.parse::<jiff::civil::Time>().is_ok())
}

fn of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::Unknown,
        Value::Integer(_) => Type::Integer,
        Value::Real(_) => Type::Real,
        Value::Text(_) => Type::Text,
        Value::Blob(_) => Type::Blob,
    }
}

/// The type that holds both.
fn common(a: Type, b: Type) -> Type {
    match (a, b) {
        (a, b) if a == b => a,
        (Type::Unknown, known) | (known, Type::Unknown) => known,
        (Type::Integer, Type::Real) | (Type::Real, Type::Integer) => Type::Real,
        (Type::Boolean, Type::Integer | Type::Real) => b,
        (Type::Integer | Type::Real, Type::Boolean) => a,
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => Type::Timestamp,
        _ => Type::Unknown,
    }
}
