//! Conditions: NOT pushed down, chains of ANDs and groups of ORs flattened, comparisons the right way round.

use schema::slot::SlotKind;
use schema::{ColumnId, Type, Value};

use super::{Kind, Result, Writer, not_canonical};
use crate::lexeme::{Lexeme, Word};
use crate::tree::{BinaryOp, Expr, ExprKind, LikeOp, Literal, Query, SlotPart, Span, UnaryOp};

/// A condition in canonical shape.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "short-lived, a handful per query")]
pub(super) enum Cond {
    /// All of them.
    All(Vec<Cond>),
    /// Any of them.
    Any(Vec<Cond>),
    /// One test.
    Test(Test),
}

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Compare(Expr, BinaryOp, Expr),
    Null(Expr, bool),
    Between(Expr, Expr, Expr),
    Members(Expr, Vec<Expr>, bool),
    Query(Expr, Query, bool),
    Like(Expr, Expr, bool),
    Exists(Query, bool),
}

impl Cond {
    /// Conditions that all hold, flattened.
    pub(super) fn all(parts: Vec<Cond>) -> Cond {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Cond::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Cond::All(flat) }
    }

    fn any(parts: Vec<Cond>) -> Cond {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Cond::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Cond::Any(flat) }
    }

    /// Every test within.
    pub(super) fn tests(&self) -> Vec<&Test> {
        match self {
            Cond::All(parts) | Cond::Any(parts) => parts.iter().flat_map(Cond::tests).collect(),
            Cond::Test(test) => vec![test],
        }
    }

    /// Whether there is a query within.
    pub(super) fn has_query(&self) -> bool {
        self.tests().into_iter().any(|test| match test {
            Test::Query(..) | Test::Exists(..) => true,
            other => other.operands().into_iter().any(|e| matches!(e.kind, ExprKind::Scalar(_))),
        })
    }

    /// The conditions that must all hold.
    pub(super) fn into_conjuncts(self) -> Vec<Cond> {
        match self {
            Cond::All(parts) => parts,
            other => vec![other],
        }
    }
}

impl Test {
    /// The expressions it compares.
    pub(super) fn operands(&self) -> Vec<&Expr> {
        match self {
            Test::Compare(a, _, b) | Test::Like(a, b, _) => vec![a, b],
            Test::Between(a, b, c) => vec![a, b, c],
            Test::Null(a, _) | Test::Query(a, _, _) | Test::Members(a, _, _) => vec![a],
            Test::Exists(..) => vec![],
        }
    }
}

impl Writer<'_> {
    /// The canonical shape of a condition, or of its negation.
    pub(super) fn condition(&self, e: &Expr, negate: bool) -> Result<Cond> {
        let both = |a: &Expr, b: &Expr, all: bool| -> Result<Cond> {
            let parts = vec![self.condition(a, negate)?, self.condition(b, negate)?];
            Ok(if all { Cond::all(parts) } else { Cond::any(parts) })
        };
        match &e.kind {
            ExprKind::Unary(UnaryOp::Not, inner) => self.condition(inner, !negate),
            ExprKind::Binary(a, BinaryOp::And, b) => both(a, b, !negate),
            ExprKind::Binary(a, BinaryOp::Or, b) => both(a, b, negate),
            ExprKind::Binary(a, op, b) => self.comparison(a, *op, b, negate, e.span),
            ExprKind::IsNull { operand, negated } => Ok(Cond::Test(Test::Null(*operand.clone(), *negated != negate))),
            ExprKind::IsTruth { operand, truth, negated } if *negated == negate => self.condition(operand, !truth),
            ExprKind::IsTruth { .. } => not_canonical("is not true", e.span),
            ExprKind::Between { operand, low, high, negated } => Ok(between(operand, low, high, *negated != negate)),
            ExprKind::Like { op: LikeOp::Like | LikeOp::ILike, operand, pattern, negated, .. } => {
                Ok(Cond::Test(Test::Like(*operand.clone(), *pattern.clone(), *negated != negate)))
            }
            ExprKind::Like { .. } => not_canonical("glob or regular expression", e.span),
            ExprKind::InList { operand, list, negated } => Ok(self.members(operand, list, *negated != negate)),
            ExprKind::InQuery { operand, query, negated } => {
                Ok(Cond::Test(Test::Query(*operand.clone(), *query.clone(), *negated != negate)))
            }
            ExprKind::Exists { query, negated } => Ok(Cond::Test(Test::Exists(*query.clone(), *negated != negate))),
            ExprKind::Literal(Literal { value: Value::Integer(n), slot: None }) if (*n != 0) != negate => {
                Ok(Cond::All(vec![]))
            }
            ExprKind::Literal(_) => not_canonical("constant condition", e.span),
            ExprKind::Output(n) => self.condition(&self.output(*n, e.span)?, negate),
            ExprKind::Column { .. } => Ok(self.flag(e, !negate)),
            _ => not_canonical(feature(e), e.span),
        }
    }

    /// A bare column as a condition.
    fn flag(&self, e: &Expr, holds: bool) -> Cond {
        let is_flag = self.column_of(e).is_some_and(|c| self.catalog.column(c).ty == Type::Boolean);
        let (op, value) = match (is_flag, holds) {
            (true, _) => (BinaryOp::Eq, i64::from(holds)),
            (false, true) => (BinaryOp::NotEq, 0),
            (false, false) => (BinaryOp::Eq, 0),
        };
        Cond::Test(Test::Compare(e.clone(), op, Expr::value(Value::Integer(value))))
    }

    fn comparison(&self, a: &Expr, op: BinaryOp, b: &Expr, negate: bool, span: Span) -> Result<Cond> {
        let null = |e: &Expr| matches!(&e.kind, ExprKind::Literal(Literal { value: Value::Null, .. }));
        let op = match op {
            BinaryOp::Is | BinaryOp::IsNot if null(b) => {
                return Ok(Cond::Test(Test::Null(a.clone(), (op == BinaryOp::IsNot) != negate)));
            }
            BinaryOp::Is if !negate && matches!(b.kind, ExprKind::Literal(_)) => BinaryOp::Eq,
            _ if negate => opposite(op),
            _ => op,
        };
        if flip(op).is_none() {
            return not_canonical(
                if matches!(op, BinaryOp::Is | BinaryOp::IsNot) { "is comparison" } else { "operator" },
                span,
            );
        }
        if null(a) || null(b) {
            return not_canonical("comparison with null", span);
        }
        Ok(self.plain_flag(a, op, b).unwrap_or_else(|| Cond::Test(Test::Compare(a.clone(), op, b.clone()))))
    }

    /// `flag <> 0` and the like as `flag = 1`; a condition compared with true or false as itself.
    fn plain_flag(&self, a: &Expr, op: BinaryOp, b: &Expr) -> Option<Cond> {
        // "One contact marked primary" says no number beside a flag.
        let ExprKind::Literal(Literal { value: Value::Integer(n @ (0 | 1)), .. }) = b.kind else { return None };
        let holds = match op {
            BinaryOp::Eq => n == 1,
            BinaryOp::NotEq => n == 0,
            _ => return None,
        };
        match &a.kind {
            ExprKind::Column { .. } if self.catalog.column(self.column_of(a)?).ty == Type::Boolean => {
                Some(self.flag(a, holds))
            }
            ExprKind::Exists { .. } | ExprKind::InQuery { .. } | ExprKind::InList { .. } => {
                self.condition(a, !holds).ok()
            }
            _ => None,
        }
    }

    /// A list beside a column; beside anything else, and with one member, comparisons.
    fn members(&self, operand: &Expr, list: &[Expr], negated: bool) -> Cond {
        let mut distinct: Vec<Expr> = Vec::new();
        for member in list {
            if !distinct.contains(member) {
                distinct.push(member.clone());
            }
        }
        let literals = distinct.iter().all(|e| matches!(e.kind, ExprKind::Literal(_)));
        let is_flag = self.column_of(operand).is_some_and(|c| self.catalog.column(c).ty == Type::Boolean);
        if distinct.len() > 1 && literals && !is_flag && matches!(operand.kind, ExprKind::Column { .. }) {
            return Cond::Test(Test::Members(operand.clone(), distinct, negated));
        }
        let op = if negated { BinaryOp::NotEq } else { BinaryOp::Eq };
        let tests = distinct.into_iter().map(|member| Cond::Test(Test::Compare(operand.clone(), op, member))).collect();
        if negated { Cond::all(tests) } else { Cond::any(tests) }
    }

    /// Writes conditions joined by AND.
    pub(super) fn write_conditions(&mut self, conditions: &[Cond], having: bool) -> Result<()> {
        for (i, condition) in conditions.iter().enumerate() {
            if i > 0 {
                self.word(Word::And);
            }
            match condition {
                Cond::All(parts) if !parts.is_empty() => self.write_conditions(parts, having)?,
                Cond::All(_) => return not_canonical("constant condition", Span::default()),
                Cond::Any(parts) => self.write_alternatives(parts, having)?,
                Cond::Test(test) => self.write_test(test, having)?,
            }
        }
        Ok(())
    }

    fn write_alternatives(&mut self, parts: &[Cond], having: bool) -> Result<()> {
        self.word(Word::OrOpen);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.word(Word::Or);
            }
            self.write_conditions(std::slice::from_ref(part), having)?;
        }
        self.word(Word::Close);
        Ok(())
    }

    fn write_test(&mut self, test: &Test, having: bool) -> Result<()> {
        match test {
            Test::Compare(a, op, b) => self.write_comparison(a, *op, b, having),
            Test::Null(a, negated) => {
                self.write_plain_column(a, "null test of an expression")?;
                self.word(if *negated { Word::IsNotNull } else { Word::IsNull });
                Ok(())
            }
            Test::Between(a, low, high) => self.write_between(a, low, high, having),
            Test::Members(a, list, negated) => {
                let column = self.write_plain_column(a, "list of an expression")?;
                self.word(if *negated { Word::NotInList } else { Word::InList });
                for (i, member) in list.iter().enumerate() {
                    if i > 0 {
                        self.word(Word::Comma);
                    }
                    self.write_literal(member, column, false)?;
                }
                self.word(Word::Close);
                Ok(())
            }
            Test::Query(a, query, negated) => {
                self.write_plain_column(a, "in subquery of an expression")?;
                self.word(if *negated { Word::NotInQuery } else { Word::InQuery });
                self.query(query, Kind::Member)
            }
            Test::Like(a, pattern, negated) => self.write_like(a, pattern, *negated),
            Test::Exists(query, negated) => {
                self.word(if *negated { Word::NotExists } else { Word::Exists });
                self.query(query, Kind::Exists)
            }
        }
    }

    fn write_plain_column(&mut self, e: &Expr, otherwise: &str) -> Result<Option<ColumnId>> {
        match &e.kind {
            ExprKind::Column { .. } => self.write_expression(e, None).map(|()| self.column_of(e)),
            _ => not_canonical(otherwise, e.span),
        }
    }

    fn write_comparison(&mut self, a: &Expr, op: BinaryOp, b: &Expr, having: bool) -> Result<()> {
        let of_row = |e: &Expr| self.has_column(e) || self.has_scalar(e);
        let may_lead = |e: &Expr| if having { self.has_aggregate(e) } else { of_row(e) };
        let leads = |e: &Expr| may_lead(e) && !self.has_scalar(e);
        let (left, op, right) = match (leads(a), leads(b), flip(op)) {
            (true, _, _) => (a, op, b),
            (false, true, Some(flipped)) => (b, flipped, a),
            _ if may_lead(a) => (a, op, b),
            (_, _, Some(flipped)) if may_lead(b) => (b, flipped, a),
            _ => {
                return not_canonical(
                    if having { "having without an aggregate" } else { "comparison of constants" },
                    a.span,
                );
            }
        };
        if [left, right].into_iter().any(|e| self.is_made_text(e)) {
            return not_canonical("comparison of a computed text", a.span);
        }
        if left == right && matches!(left.kind, ExprKind::Column { .. }) {
            return not_canonical("comparison of a column with itself", a.span);
        }
        let column = self.column_of(left);
        let (op, right) = &half_open(op, right, column.is_some_and(|c| self.catalog.column(c).ty == Type::Date));
        let op = *op;
        let ordered = !matches!(op, BinaryOp::Eq | BinaryOp::NotEq);
        let columns = [left, right].into_iter().all(|e| matches!(e.kind, ExprKind::Column { .. }));
        let text = column.map(|c| self.catalog.column(c).ty).filter(|ty| matches!(ty, Type::Text | Type::Boolean));
        if ordered && text.is_some_and(|ty| !columns || ty == Type::Boolean) {
            return not_canonical("order of texts", a.span);
        }
        if is_bound(right) && !matches!(op, BinaryOp::GtEq | BinaryOp::Lt) {
            return not_canonical("range bound that is not half-open", right.span);
        }
        let scalars = Some(Kind::Scalar { in_where: !having });
        self.write_expression(left, scalars)?;
        self.word(comparison_word(op));
        match right.kind {
            ExprKind::Literal(_) => self.write_literal(right, column, false),
            _ => self.write_expression(right, scalars),
        }
    }

    fn write_between(&mut self, a: &Expr, low: &Expr, high: &Expr, having: bool) -> Result<()> {
        let column = self.column_of(a);
        let ok = if having { self.has_aggregate(a) } else { self.has_column(a) || self.has_scalar(a) };
        let text = column.is_some_and(|c| matches!(self.catalog.column(c).ty, Type::Text | Type::Boolean));
        if !ok || text {
            return not_canonical(if text { "order of texts" } else { "comparison of constants" }, a.span);
        }
        self.write_expression(a, Some(Kind::Scalar { in_where: !having }))?;
        let mark = self.out.len();
        self.word(Word::Between);
        self.write_literal(low, column, false)?;
        self.word(Word::And);
        self.write_literal(high, column, false)?;
        if self.out[mark + 1] == self.out[mark + 3] {
            self.out[mark] = Lexeme::Word(Word::Eq);
            self.out.truncate(mark + 2);
        }
        Ok(())
    }

    fn write_like(&mut self, a: &Expr, pattern: &Expr, negated: bool) -> Result<()> {
        let column = self.write_plain_column(a, "like of an expression")?;
        self.word(if negated { Word::NotLike } else { Word::Like });
        if let ExprKind::Literal(Literal { slot: Some(slot), .. }) = &pattern.kind
            && slot.part == SlotPart::Whole
        {
            return not_canonical("pattern of a whole value", pattern.span);
        }
        self.write_literal(pattern, column, false)
    }
}

/// BETWEEN as itself where both ends are literals; the two ends of one range are half-open; else two comparisons.
fn between(operand: &Expr, low: &Expr, high: &Expr, negated: bool) -> Cond {
    let test = |op: BinaryOp, end: &Expr| Cond::Test(Test::Compare(operand.clone(), op, end.clone()));
    let range = match (range_part(low), range_part(high)) {
        (Some((a, SlotPart::Start)), Some((b, SlotPart::End | SlotPart::Last))) => a == b,
        _ => false,
    };
    let literal = |e: &Expr| matches!(e.kind, ExprKind::Literal(_)) && !is_bound(e);
    match (negated, range) {
        (false, true) => {
            Cond::all(vec![test(BinaryOp::GtEq, low), test(BinaryOp::Lt, &with_part(high, SlotPart::End))])
        }
        (true, true) => Cond::any(vec![test(BinaryOp::Lt, low), test(BinaryOp::GtEq, &with_part(high, SlotPart::End))]),
        (true, false) => Cond::any(vec![test(BinaryOp::Lt, low), test(BinaryOp::Gt, high)]),
        (false, false) if literal(low) && literal(high) => {
            Cond::Test(Test::Between(operand.clone(), low.clone(), high.clone()))
        }
        (false, false) => Cond::all(vec![test(BinaryOp::GtEq, low), test(BinaryOp::LtEq, high)]),
    }
}

fn range_part(e: &Expr) -> Option<(u8, SlotPart)> {
    match &e.kind {
        ExprKind::Literal(Literal { slot: Some(s), .. }) if s.slot.kind == SlotKind::Range => {
            Some((s.slot.number, s.part))
        }
        _ => None,
    }
}

/// A comparison with the last day of a range as one with the day after it; beside a column of whole days the day after a
/// day as that day.
fn half_open(op: BinaryOp, right: &Expr, whole_days: bool) -> (BinaryOp, Expr) {
    let slot = match &right.kind {
        ExprKind::Literal(Literal { slot: Some(slot), .. }) => (slot.slot.kind, slot.part),
        _ => return (op, right.clone()),
    };
    match (slot, op) {
        ((SlotKind::Range, SlotPart::Last), BinaryOp::LtEq) => (BinaryOp::Lt, with_part(right, SlotPart::End)),
        ((SlotKind::Range, SlotPart::Last), BinaryOp::Gt) => (BinaryOp::GtEq, with_part(right, SlotPart::End)),
        ((SlotKind::Date, SlotPart::End), BinaryOp::Lt) if whole_days => {
            (BinaryOp::LtEq, with_part(right, SlotPart::Whole))
        }
        ((SlotKind::Date, SlotPart::End), BinaryOp::GtEq) if whole_days => {
            (BinaryOp::Gt, with_part(right, SlotPart::Whole))
        }
        _ => (op, right.clone()),
    }
}

/// A literal as another part of its slot.
fn with_part(e: &Expr, part: SlotPart) -> Expr {
    let mut changed = e.clone();
    if let ExprKind::Literal(Literal { slot: Some(slot), .. }) = &mut changed.kind {
        slot.part = part;
    }
    changed
}

/// An end of a range, or the day after a day.
fn is_bound(e: &Expr) -> bool {
    let day_after =
        |e: &Expr| matches!(&e.kind, ExprKind::Literal(Literal { slot: Some(s), .. }) if s.part == SlotPart::End);
    range_part(e).is_some() || day_after(e)
}

fn opposite(op: BinaryOp) -> BinaryOp {
    use BinaryOp::{Eq, Gt, GtEq, Is, IsNot, Lt, LtEq, NotEq};
    let pairs = [(Eq, NotEq), (Lt, GtEq), (Gt, LtEq), (Is, IsNot)];
    pairs.iter().find_map(|&(a, b)| if op == a { Some(b) } else { (op == b).then_some(a) }).unwrap_or(op)
}

/// The comparison with its sides swapped; none for what is no comparison.
pub(super) fn flip(op: BinaryOp) -> Option<BinaryOp> {
    use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let pairs = [(Eq, Eq), (NotEq, NotEq), (Lt, Gt), (Gt, Lt), (LtEq, GtEq), (GtEq, LtEq)];
    pairs.iter().find(|(a, _)| *a == op).map(|(_, b)| *b)
}

pub(super) fn comparison_word(op: BinaryOp) -> Word {
    match op {
        BinaryOp::NotEq => Word::NotEq,
        BinaryOp::Lt => Word::Lt,
        BinaryOp::LtEq => Word::LtEq,
        BinaryOp::Gt => Word::Gt,
        BinaryOp::GtEq => Word::GtEq,
        _ => Word::Eq,
    }
}

/// What an expression is, in words for a table of what canonical SQL cannot say.
pub(super) fn feature(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Case { .. } => "case".to_owned(),
        ExprKind::Cast { .. } => "cast".to_owned(),
        ExprKind::Call(call) if call.over.is_some() => "window".to_owned(),
        ExprKind::Call(call) if call.filter.is_some() => "filter clause".to_owned(),
        ExprKind::Call(call) => format!("function {}", call.function),
        ExprKind::Collate(..) => "collation".to_owned(),
        ExprKind::Row(_) => "row value".to_owned(),
        ExprKind::RowId(_) => "row id".to_owned(),
        ExprKind::Scalar(_) => "subquery as a value here".to_owned(),
        ExprKind::Unknown(_) => "unknown name".to_owned(),
        ExprKind::Unary(..) => "sign".to_owned(),
        ExprKind::Literal(_) => "literal here".to_owned(),
        ExprKind::Binary(_, BinaryOp::Concat, _) => "concatenation".to_owned(),
        _ => "condition as a value".to_owned(),
    }
}
