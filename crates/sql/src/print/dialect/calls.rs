//! Functions, aggregates and windows.

use schema::{Type, Value};

use super::query::coded;
use super::{Construct, Lowered, Lowering, Texts, piece, spelling};
use crate::dialect::Dialect;
use crate::functions::{self, FunctionKind};
use crate::resolve::is_aggregate;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, OrderItem, Window};

/// SQLite's functions of days and moments.
const DATES: [&str; 8] =
    ["CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME", "DATE", "DATETIME", "JULIANDAY", "STRFTIME", "UNIXEPOCH"];

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let kind = functions::find(&call.function, call.args.len()).map(|function| function.kind);
        if is_aggregate(call) || call.over.is_some() || kind == Some(FunctionKind::Window) {
            return self.computed_over_rows(call, expr);
        }
        if DATES.contains(&call.function.as_str()) {
            return self.date_call(call, expr);
        }
        self.scalar_call(call, expr)
    }

    fn scalar_call(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let (args, span) = (&call.args[..], expr.span);
        let refuse = |p: &Self| p.refuse(Construct::Function(call.function.clone()), span);
        match (call.function.as_str(), args) {
            ("COALESCE" | "IFNULL", _) => {
                let args = self.alike(args, self.kind(expr))?;
                Ok(piece("COALESCE", args))
            }
            ("NULLIF", [a, b]) => {
                let test = self.condition(&a.clone().binary(BinaryOp::Eq, b.clone()))?;
                let by_code = self.kind(a) == Type::Text && self.traits.loose_texts;
                if by_code || self.kind(a) != self.kind(b) && !(self.kind(a).is_numeric() && self.kind(b).is_numeric())
                {
                    let branches = vec![(test, Expr::value(Value::Null))];
                    let otherwise = Some(Box::new(self.value(a)?));
                    return Ok(ExprKind::Case { operand: None, branches, otherwise }.into());
                }
                Ok(piece("NULLIF", vec![self.value(a)?, self.value(b)?]))
            }
            ("IIF" | "IF", [condition, results @ ..]) if matches!(results.len(), 1 | 2) => {
                let test = self.condition(condition)?;
                let mut results = self.alike(results, self.kind(expr))?.into_iter();
                let branches = results.next().map(|then| (test, then)).into_iter().collect();
                Ok(ExprKind::Case { operand: None, branches, otherwise: results.next().map(Box::new) }.into())
            }
            ("LIKELY" | "UNLIKELY" | "LIKELIHOOD", [first, ..]) => self.value(first),
            ("MIN" | "MAX", _) => self.extreme(call, expr),
            ("ROUND", [x]) => self.rounded(x, Expr::value(Value::Integer(0)), expr),
            ("ROUND", [x, digits]) if whole(digits).is_some_and(|n| (0..=15).contains(&n)) => {
                self.rounded(x, digits.clone(), expr)
            }
            ("ABS" | "SIGN", [x]) => {
                let args = vec![self.number(x)?];
                Ok(Expr::call(&call.function, args))
            }
            ("UPPER" | "LOWER" | "LENGTH", [x]) => {
                let text = self.text(x)?;
                self.spelled(call, vec![text], expr)
            }
            ("CONCAT" | "CONCAT_WS" | "REPLACE" | "INSTR", _) => {
                let texts = self.texts_of(args, matches!(call.function.as_str(), "REPLACE" | "INSTR"))?;
                self.spelled(call, texts, expr)
            }
            ("TRIM" | "LTRIM" | "RTRIM", [x, of @ ..]) if of.len() <= 1 => self.trimmed(call, x, of.first(), expr),
            ("SUBSTR" | "SUBSTRING", _) => self.part_of_text(call, expr),
            _ => refuse(self),
        }
    }

    /// Blanks, or the signs of a text, cut off at one end or both.
    fn trimmed(&mut self, call: &Call, x: &Expr, of: Option<&Expr>, expr: &Expr) -> Lowered<Expr> {
        let name = match (call.function.as_str(), of.is_some()) {
            ("TRIM", false) => "@trim",
            ("LTRIM", false) => "@ltrim",
            (_, false) => "@rtrim",
            ("TRIM", true) => "@trim_of",
            ("LTRIM", true) => "@ltrim_of",
            (_, true) => "@rtrim_of",
        };
        let mut texts = vec![self.text(x)?];
        if let Some(of) = of {
            texts.push(self.text(of)?);
        }
        self.piece(name, texts, expr.span)
    }

    /// A function that keeps its name, where the engine has it.
    fn spelled(&self, call: &Call, args: Vec<Expr>, expr: &Expr) -> Lowered<Expr> {
        match spelling(&call.function, self.target.dialect) {
            Some(_) => Ok(Expr::call(&call.function, args)),
            None => self.refuse(Construct::Function(call.function.clone()), expr.span),
        }
    }

    fn texts_of(&mut self, args: &[Expr], compares: bool) -> Lowered<Vec<Expr>> {
        let mut texts = args.iter().map(|arg| self.text(arg)).collect::<Lowered<Vec<_>>>()?;
        if compares && self.traits.loose_texts && self.target.texts == Texts::ByCode {
            texts[0] = coded(texts[0].clone());
        }
        Ok(texts)
    }

    /// The least or greatest of several values: NULL where one of them is.
    fn extreme(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let mut values = self.alike(&call.args, self.kind(expr))?;
        if self.kind(expr) == Type::Text && self.target.texts == Texts::ByCode {
            values = values.into_iter().map(coded).collect();
        }
        let known: Vec<Expr> = values
            .iter()
            .filter(|value| !matches!(value.kind, ExprKind::Literal(_)))
            .map(|value| ExprKind::IsNull { operand: Box::new(value.clone()), negated: true }.into())
            .collect();
        let extreme = piece(if call.function == "MIN" { "@least" } else { "@greatest" }, values);
        match known.into_iter().reduce(Expr::and) {
            Some(known) if self.traits.least_skips_nulls => {
                Ok(ExprKind::Case { operand: None, branches: vec![(known, extreme)], otherwise: None }.into())
            }
            _ => Ok(extreme),
        }
    }

    fn rounded(&mut self, x: &Expr, digits: Expr, expr: &Expr) -> Lowered<Expr> {
        let number = self.number(x)?;
        self.piece("@round", vec![number, digits], expr.span)
    }

    /// SUBSTR, whose start counts from the end where it is negative.
    fn part_of_text(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let refuse = |p: &Self| p.refuse(Construct::Function(call.function.clone()), expr.span);
        let text = self.text(&call.args[0])?;
        match (whole(&call.args[1]), call.args.get(2)) {
            (Some(start), None) if start >= 1 => self.piece("@part_from", vec![text, call.args[1].clone()], expr.span),
            (Some(start), None) if start < 0 && start != i64::MIN => {
                self.piece("@last", vec![text, Expr::value(Value::Integer(-start))], expr.span)
            }
            (Some(start), Some(length)) if start >= 1 && whole(length).is_some_and(|n| n >= 0) => {
                self.piece("@part", vec![text, call.args[1].clone(), length.clone()], expr.span)
            }
            (None, length) if is_positive(&call.args[1]) => {
                let start = self.number(&call.args[1])?;
                match length {
                    None => self.piece("@part_from", vec![text, start], expr.span),
                    Some(length) if whole(length).is_some_and(|n| n >= 0) => {
                        self.piece("@part", vec![text, start, length.clone()], expr.span)
                    }
                    Some(_) => refuse(self),
                }
            }
            _ => refuse(self),
        }
    }

    /// An aggregate or a window function.
    fn computed_over_rows(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let over = call.over.as_ref().map(|window| self.window(call, window)).transpose()?;
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose()?.map(Box::new);
        let mut lowered = Call { over, filter, args: vec![], order_by: vec![], ..call.clone() };
        match call.function.as_str() {
            "GROUP_CONCAT" | "STRING_AGG" => self.list(call, &mut lowered, expr)?,
            "TOTAL" => {
                lowered.function = "SUM".to_owned();
                lowered.args = vec![self.number(&call.args[0])?];
            }
            "SUM" => lowered.args = vec![self.number(&call.args[0])?],
            "AVG" => lowered.args = vec![self.averaged(&call.args[0])?],
            "MIN" | "MAX" => lowered.args = vec![self.ordered_argument(&call.args[0])?],
            "COUNT" if call.distinct => lowered.args = vec![self.told_apart(&call.args[0])?],
            "LAG" | "LEAD" if call.args.len() == 3 => {
                if !self.traits.lag_defaults {
                    return self.refuse(Construct::Function(format!("{} with a default", call.function)), expr.span);
                }
                let both = [call.args[0].clone(), call.args[2].clone()];
                let mut alike = self.alike(&both, self.types.joint(both.iter()))?;
                lowered.args = vec![alike.remove(0), self.number(&call.args[1])?, alike.remove(0)];
            }
            _ => lowered.args = call.args.iter().map(|arg| self.value(arg)).collect::<Lowered<_>>()?,
        }
        if spelling(&lowered.function, self.target.dialect).is_none() {
            return self.refuse(Construct::Function(call.function.clone()), expr.span);
        }
        if !self.traits.has_filter {
            filter_into_argument(&mut lowered);
        }
        let lowered = ExprKind::Call(lowered).into();
        Ok(match call.function.as_str() {
            "TOTAL" => piece("COALESCE", vec![lowered, Expr::value(Value::Real(0.0))]),
            _ => lowered,
        })
    }

    fn averaged(&mut self, arg: &Expr) -> Lowered<Expr> {
        let number = self.number(arg)?;
        let wide = self.traits.short_decimals || self.traits.whole_averages;
        Ok(if wide { piece("@double", vec![number]) } else { number })
    }

    /// What MIN and MAX look for: texts by their codes, truth as numbers.
    fn ordered_argument(&mut self, arg: &Expr) -> Lowered<Expr> {
        match self.kind(arg) {
            Type::Boolean => self.number(arg),
            Type::Text if self.target.texts == Texts::ByCode => Ok(coded(self.value(arg)?)),
            _ => self.value(arg),
        }
    }

    /// What is counted once however often it stands there.
    fn told_apart(&mut self, arg: &Expr) -> Lowered<Expr> {
        let value = self.value(arg)?;
        let by_code = self.traits.loose_texts && self.target.texts == Texts::ByCode;
        Ok(if by_code && self.kind(arg) == Type::Text { coded(value) } else { value })
    }

    /// GROUP_CONCAT: texts in a row.
    fn list(&mut self, call: &Call, lowered: &mut Call, expr: &Expr) -> Lowered<()> {
        if call.distinct && !self.traits.distinct_lists || call.over.is_some() {
            return self.refuse(Construct::Function(call.function.clone()), expr.span);
        }
        let between = match call.args.get(1) {
            Some(between) => self.value(between)?,
            None => Expr::value(Value::Text(",".to_owned())),
        };
        let text = self.text(&call.args[0])?;
        lowered.function = "@list".to_owned();
        lowered.args = vec![if call.distinct { self.told_apart(&call.args[0])? } else { text }, between];
        for item in &call.order_by {
            let key = OrderItem { expr: self.key(&item.expr)?, ..item.clone() };
            self.push_key(&mut lowered.order_by, key, &item.expr)?;
        }
        if lowered.order_by.is_empty() && self.target.dialect == Dialect::Oracle {
            let expr = Expr::value(Value::Null);
            lowered.order_by.push(OrderItem { expr, descending: false, nulls_first: None });
        }
        Ok(())
    }

    fn window(&mut self, call: &Call, window: &Window) -> Lowered<Window> {
        if let Some(frame) = &window.frame {
            self.check_frame(frame, call)?;
        }
        let mut lowered = Window { frame: window.frame.clone(), ..Window::default() };
        for term in &window.partition_by {
            lowered.partition_by.push(self.told_apart(term)?);
        }
        for item in &window.order_by {
            let key = OrderItem { expr: self.key(&item.expr)?, ..item.clone() };
            self.push_key(&mut lowered.order_by, key, &item.expr)?;
        }
        let kind = functions::find(&call.function, call.args.len()).map(|function| function.kind);
        if lowered.order_by.is_empty() && self.traits.windows_need_order && kind == Some(FunctionKind::Window) {
            let expr = match self.target.dialect {
                // A constant is no order there, but a subquery is.
                Dialect::SqlServer => {
                    let item = crate::tree::Item::new(Expr::value(Value::Null));
                    let select = crate::tree::Select { items: vec![item], ..Default::default() };
                    ExprKind::Scalar(Box::new(crate::tree::Query::from_select(select))).into()
                }
                _ => Expr::value(Value::Null),
            };
            lowered.order_by.push(OrderItem { expr, descending: false, nulls_first: None });
        }
        Ok(lowered)
    }

    fn check_frame(&self, frame: &str, call: &Call) -> Lowered<()> {
        let is_distance =
            frame.starts_with("RANGE") && frame.split_whitespace().any(|word| word.parse::<f64>().is_ok());
        let rare = frame.starts_with("GROUPS") || frame.contains("EXCLUDE") || is_distance;
        if rare && !self.traits.has_all_frames {
            let span = call.args.first().map_or_else(Default::default, |arg| arg.span);
            return self.refuse(Construct::Frame(frame.to_owned()), span);
        }
        Ok(())
    }
}

/// `SUM(x) FILTER (WHERE c)` as `SUM(CASE WHEN c THEN x END)`.
fn filter_into_argument(call: &mut Call) {
    let Some(filter) = call.filter.take() else { return };
    if call.star {
        call.star = false;
        call.args = vec![Expr::value(Value::Integer(1))];
    }
    if let Some(first) = call.args.first_mut() {
        let branches = vec![(*filter, first.clone())];
        *first = ExprKind::Case { operand: None, branches, otherwise: None }.into();
    }
}

fn whole(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(literal) => match literal.value {
            Value::Integer(whole) => Some(whole),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is one or more, as far as can be seen: a place in a text, or what comes after it.
fn is_positive(expr: &Expr) -> bool {
    let counts =
        |e: &Expr| matches!(&e.kind, ExprKind::Call(call) if matches!(call.function.as_str(), "INSTR" | "LENGTH"));
    match &expr.kind {
        ExprKind::Binary(a, BinaryOp::Add, b) => counts(a) && whole(b).is_some_and(|n| n >= 1),
        _ => false,
    }
}
