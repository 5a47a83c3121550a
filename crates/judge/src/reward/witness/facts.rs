//! What a query compares, and with what.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schema::{ColumnId, TableId, Value};
use sql::tree::{BinaryOp, Expr, ExprKind, Query, Select, SourceId, SourceKind};
use sql::visit::{each_expr, each_expr_of_query, each_query, each_select, first_select};

use crate::elements::tables_of;
use crate::expected::order_keys;

/// Literals of one column that rows are moved to, at most.
const LITERALS: usize = 6;
/// Groups of more rows than this are not made.
const LARGEST: i64 = 40;

/// What adds up values or picks one of them: where such a total is compared, groups of few rows lie at the edge.
const PICKS: [&str; 9] = ["SUM", "AVG", "MIN", "MAX", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "COALESCE"];

/// What is read of a query.
pub(super) struct Facts {
    pub(super) tables: BTreeSet<TableId>,
    pub(super) used: BTreeSet<ColumnId>,
    /// Columns that rows are ordered by where equal ones come in any order.
    pub(super) orders: BTreeSet<ColumnId>,
    pub(super) literals: BTreeMap<ColumnId, Vec<Compared>>,
    /// The first condition on each column.
    pub(super) first: BTreeMap<ColumnId, (BinaryOp, Compared)>,
    /// Columns that are asked to be missing, or not to be.
    pub(super) missing: BTreeMap<ColumnId, bool>,
    /// Columns that are divided, or divide.
    pub(super) divided: BTreeSet<ColumnId>,
    /// Columns that are compared with each other.
    pub(super) pairs: BTreeSet<(ColumnId, ColumnId)>,
    /// What numbers of rows are compared with.
    pub(super) sizes: BTreeSet<i64>,
}

/// What a distance is counted from.
#[derive(Clone, PartialEq)]
pub(super) enum Base {
    Literal(Value),
    Column(ColumnId),
}

/// What a column is compared with.
#[derive(Clone, PartialEq)]
pub(super) enum Compared {
    With(Value),
    /// So much more than something, or so many days later.
    Apart {
        from: Base,
        by: f64,
        in_days: bool,
    },
    /// The text of a pattern without its wildcards.
    Like(String),
}

/// Whence the columns of a query's sources come.
struct Origins<'q> {
    tables: HashMap<SourceId, TableId>,
    /// What CTEs and subqueries show.
    shown: HashMap<SourceId, &'q Select>,
}

impl<'q> Origins<'q> {
    fn of(query: &'q Query) -> Self {
        let mut ctes = HashMap::new();
        each_query(query, &mut |inner| ctes.extend(inner.with.iter().map(|cte| (&cte.name, &*cte.query))));
        let mut shown = HashMap::new();
        each_select(query, &mut |select| {
            shown.extend(select.from.iter().filter_map(|source| {
                let inner = match &source.kind {
                    SourceKind::Table(_) => None,
                    SourceKind::Cte { name, .. } => ctes.get(name).copied(),
                    SourceKind::Derived { query, .. } => Some(&**query),
                };
                Some((source.id, first_select(inner?)?))
            }));
        });
        Origins { tables: tables_of(query), shown }
    }

    /// What an expression stands for: a column of a CTE or subquery for what is shown there.
    fn traced<'a>(&'a self, expr: &'a Expr) -> &'a Expr {
        let shown = match expr.kind {
            ExprKind::Column { source, column } => {
                self.shown.get(&source).and_then(|select| select.items.get(usize::from(column)))
            }
            _ => None,
        };
        shown.map_or(expr, |item| self.traced(&item.expr))
    }

    /// The column of a table that an expression is.
    fn own(&self, expr: &Expr) -> Option<ColumnId> {
        match expr.kind {
            ExprKind::Column { source, column } => Some(ColumnId { table: *self.tables.get(&source)?, column }),
            _ => None,
        }
    }

    /// The column of a table that an expression is, or is added up or picked from.
    fn column(&self, expr: &Expr) -> Option<ColumnId> {
        let expr = self.traced(expr);
        match &expr.kind {
            ExprKind::Call(call) if PICKS.contains(&call.function.as_str()) => self.column(call.args.first()?),
            ExprKind::Case { branches, .. } => self.column(&branches.first()?.1),
            _ => self.own(expr),
        }
    }
}

impl Facts {
    pub(super) fn of(query: &Query) -> Self {
        let origins = Origins::of(query);
        let mut facts = Facts {
            tables: origins.tables.values().copied().collect(),
            used: BTreeSet::new(),
            orders: BTreeSet::new(),
            literals: BTreeMap::new(),
            first: BTreeMap::new(),
            missing: BTreeMap::new(),
            divided: BTreeSet::new(),
            pairs: BTreeSet::new(),
            sizes: BTreeSet::new(),
        };
        each_expr_of_query(query, &mut |expr| {
            facts.used.extend(origins.own(expr));
            if let ExprKind::Binary(a, op, b) = &expr.kind
                && is_comparison(*op)
                && let (Some(a), Some(b)) = (origins.column(a), origins.column(b))
            {
                facts.pairs.extend([(a, b), (b, a)]);
            }
            if let ExprKind::Binary(a, BinaryOp::Div, b) = &expr.kind {
                [a, b]
                    .into_iter()
                    .for_each(|side| each_expr(side, &mut |part| facts.divided.extend(origins.own(part))));
            }
            if let ExprKind::IsNull { operand, negated } = &expr.kind
                && let Some(column) = origins.column(operand)
            {
                facts.missing.entry(column).or_insert(!negated);
            }
            for (operand, op, compared) in comparisons(expr) {
                let operand = origins.traced(operand);
                if let Some(column) = origins.column(operand) {
                    facts.compare(column, op, compared);
                } else if let Compared::With(value) = &compared {
                    let apart = differences(operand, op, value, &origins);
                    apart.into_iter().for_each(|(column, op, compared)| facts.compare(column, op, compared));
                    facts.sizes.extend(size(operand, value));
                }
            }
        });
        let mut free = vec![];
        each_open_order(query, &mut |expr| free.push(expr));
        free.into_iter().for_each(|expr| each_expr(expr, &mut |part| facts.orders.extend(origins.own(part))));
        facts
    }

    /// Whether a condition asks for something of a column alone.
    pub(super) fn asks(&self, column: ColumnId) -> bool {
        self.first.contains_key(&column) || self.missing.contains_key(&column)
    }

    fn compare(&mut self, column: ColumnId, op: BinaryOp, compared: Compared) {
        self.first.entry(column).or_insert_with(|| (op, compared.clone()));
        let known = self.literals.entry(column).or_default();
        if known.len() < LITERALS && !known.contains(&compared) {
            known.push(compared);
        }
    }
}

/// `a - b <= 30`, also of days: what that says of the column on either side.
fn differences(
    operand: &Expr,
    op: BinaryOp,
    value: &Value,
    origins: &Origins<'_>,
) -> Vec<(ColumnId, BinaryOp, Compared)> {
    let ExprKind::Binary(left, BinaryOp::Sub, right) = &operand.kind else { return vec![] };
    let by = match value {
        Value::Integer(by) => *by as f64,
        Value::Real(by) => *by,
        _ => return vec![],
    };
    let (left, right, in_days) = match (day_of(left), day_of(right)) {
        (Some(left), Some(right)) => (left, right, true),
        _ => (&**left, &**right, false),
    };
    let base = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(literal) => Some(Base::Literal(literal.value.clone())),
        _ => origins.column(expr).map(Base::Column),
    };
    let sides = [(left, right, op, by), (right, left, op.turned(), -by)];
    let found = sides.map(|(one, other, op, by)| {
        Some((origins.column(one)?, op, Compared::Apart { from: base(other)?, by, in_days }))
    });
    found.into_iter().flatten().collect()
}

/// The day whose number this is.
fn day_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) if call.function == "JULIANDAY" && call.args.len() == 1 => call.args.first(),
        _ => None,
    }
}

/// The number of rows that a number of rows is compared with.
fn size(operand: &Expr, value: &Value) -> Option<i64> {
    match value {
        Value::Integer(size) if counts(operand) && (1..=LARGEST).contains(size) => Some(*size),
        _ => None,
    }
}

/// Whether it is a number of rows: COUNT, or a sum of ones for the rows that meet a condition.
fn counts(expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else { return false };
    let adds_ones = |arg: &Expr| match &arg.kind {
        ExprKind::Case { branches, .. } => {
            branches.iter().any(|(_, result)| matches!(result.kind, ExprKind::Literal(_)))
        }
        _ => false,
    };
    call.function == "COUNT" || call.function == "SUM" && call.args.first().is_some_and(adds_ones)
}

/// Each order in which ties decide what is returned, though nothing decides the ties: of windows, and of limits whose
/// ties the comparison of results does not know.
fn each_open_order<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Expr)) {
    each_expr_of_query(query, &mut |expr| {
        if let ExprKind::Call(call) = &expr.kind
            && let Some(window) = &call.over
        {
            window.order_by.iter().for_each(|item| f(&item.expr));
        }
    });
    let mut is_outermost = true;
    each_query(query, &mut |inner| {
        let is_known = std::mem::take(&mut is_outermost) && order_keys(inner).is_some();
        if inner.limit.is_some() && !is_known {
            inner.order_by.iter().for_each(|item| f(&item.expr));
            let outputs = inner.select().into_iter().flat_map(|select| &select.items);
            outputs.for_each(|item| f(&item.expr));
        }
    });
}

/// The operands of a condition, with how each is compared with what.
fn comparisons(expr: &Expr) -> Vec<(&Expr, BinaryOp, Compared)> {
    let literal = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(literal) => Some(Compared::With(literal.value.clone())),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Binary(a, op, b) if is_comparison(*op) => {
            let right = literal(b).map(|value| (&**a, *op, value));
            let left = literal(a).map(|value| (&**b, op.turned(), value));
            right.into_iter().chain(left).collect()
        }
        ExprKind::Between { operand, low, high, negated: false } => {
            let ends = [(low, BinaryOp::GtEq), (high, BinaryOp::LtEq)];
            ends.into_iter().filter_map(|(end, op)| Some((&**operand, op, literal(end)?))).collect()
        }
        ExprKind::InList { operand, list, negated } => {
            let op = if *negated { BinaryOp::NotEq } else { BinaryOp::Eq };
            list.iter().filter_map(|one| Some((&**operand, op, literal(one)?))).collect()
        }
        ExprKind::Like { operand, pattern, negated: false, .. } => match literal(pattern) {
            Some(Compared::With(Value::Text(text))) => {
                vec![(&**operand, BinaryOp::Eq, Compared::Like(text.trim_matches('%').to_owned()))]
            }
            _ => vec![],
        },
        _ => vec![],
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | Is | IsNot)
}
