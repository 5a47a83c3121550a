//! A query with one mistake, as a careless person would make it: databases that give a mutant the reference's answer do
//! not tell right from wrong.

use std::collections::HashMap;
use std::fmt;

use schema::{Catalog, ColumnId, TableId, Value};
use sql::tree::{BinaryOp, Body, Call, Expr, ExprKind, JoinKind, Query, Select, SetOp, SourceId, UnaryOp};
use sql::visit::{each_expr_here, each_expr_mut, each_query_mut, each_select};

/// Other columns tried in the place of one.
const COLUMNS_TRIED: usize = 4;

/// A changed query.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// What was changed.
    pub edit: Edit,
    /// The query with the change.
    pub query: Query,
}

/// One change at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    at: Place,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The n-th expression, innermost first.
    Expr(usize),
    /// The n-th query, outermost first.
    Query(usize),
}

/// The ways to be wrong.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Operator(BinaryOp),
    KeepLeft,
    KeepRight,
    Negate,
    DropMember(usize),
    Literal(Value),
    Column(u16),
    Function(&'static str),
    ToggleDistinctArgument,
    CountRows,
    DropFilterOfCall,
    DropPartition,
    FlipWindowOrder,
    DropElse,
    DropBranch(usize),
    ToggleDistinct,
    DropWhere,
    DropHaving,
    DropGroup(usize),
    DropOutput(usize),
    Join(usize, JoinKind),
    FlipOrder(usize),
    Limit(i64),
    DropLimit,
    SetOperation(SetOp, bool),
    SwapArms,
}

/// Every query that differs from this one by one edit.
pub fn mutants<'a>(query: &'a Query, catalog: &Catalog) -> impl Iterator<Item = Mutant> + use<'a> {
    edits(query, catalog).into_iter().map(|edit| {
        let query = apply(query, &edit);
        Mutant { edit, query }
    })
}

/// One of those queries by its place among them.
pub fn mutant(query: &Query, catalog: &Catalog, number: usize) -> Option<Mutant> {
    let edit = edits(query, catalog).into_iter().nth(number)?;
    let query = apply(query, &edit);
    Some(Mutant { edit, query })
}

fn edits(query: &Query, catalog: &Catalog) -> Vec<Edit> {
    let tables = tables_of(query);
    let mut edits = Vec::new();
    let mut scratch = query.clone();
    let mut number = 0;
    each_expr_mut(&mut scratch, &mut |expr| {
        let changes = changes_of_expr(expr, &tables, catalog);
        edits.extend(changes.into_iter().map(|change| Edit { at: Place::Expr(number), change }));
        number += 1;
    });
    let mut number = 0;
    each_query_mut(&mut scratch, &mut |query| {
        let mut changes = changes_of_query(query);
        if number == 0 {
            changes.extend(droppable_outputs(query).map(Change::DropOutput));
        }
        edits.extend(changes.into_iter().map(|change| Edit { at: Place::Query(number), change }));
        number += 1;
    });
    edits
}

fn apply(query: &Query, edit: &Edit) -> Query {
    let mut changed = query.clone();
    let mut number = 0;
    match edit.at {
        Place::Expr(wanted) => each_expr_mut(&mut changed, &mut |expr| {
            if number == wanted {
                apply_to_expr(expr, &edit.change);
            }
            number += 1;
        }),
        Place::Query(wanted) => each_query_mut(&mut changed, &mut |query| {
            if number == wanted {
                apply_to_query(query, &edit.change);
            }
            number += 1;
        }),
    }
    changed
}

fn tables_of(query: &Query) -> HashMap<SourceId, TableId> {
    let mut tables = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    tables
}

fn changes_of_expr(expr: &Expr, tables: &HashMap<SourceId, TableId>, catalog: &Catalog) -> Vec<Change> {
    match &expr.kind {
        ExprKind::Binary(_, op, _) => changes_of_operator(*op),
        ExprKind::Unary(UnaryOp::Not, _)
        | ExprKind::IsNull { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::Exists { .. }
        | ExprKind::Like { .. }
        | ExprKind::Between { .. } => vec![Change::Negate],
        ExprKind::InList { list, .. } => {
            let members = (0..list.len()).filter(|_| list.len() > 1).map(Change::DropMember);
            std::iter::once(Change::Negate).chain(members).collect()
        }
        ExprKind::Literal(literal) => other_values(&literal.value).into_iter().map(Change::Literal).collect(),
        ExprKind::Column { source, column } => {
            tables.get(source).map(|table| other_columns(*table, *column, catalog)).unwrap_or_default()
        }
        ExprKind::Call(call) => changes_of_call(call),
        ExprKind::Case { branches, otherwise, .. } => {
            let branches = (0..branches.len()).filter(|_| branches.len() > 1).map(Change::DropBranch);
            otherwise.iter().map(|_| Change::DropElse).chain(branches).collect()
        }
        _ => vec![],
    }
}

fn changes_of_operator(op: BinaryOp) -> Vec<Change> {
    use BinaryOp::*;
    let others: &[BinaryOp] = match op {
        Eq => &[NotEq],
        NotEq => &[Eq],
        Lt => &[LtEq, Gt],
        LtEq => &[Lt, GtEq],
        Gt => &[GtEq, Lt],
        GtEq => &[Gt, LtEq],
        Add => &[Sub],
        Sub => &[Add],
        Mul => &[Div],
        Div => &[Mul],
        And => &[Or],
        Or => &[And],
        _ => &[],
    };
    let mut changes: Vec<Change> = others.iter().map(|op| Change::Operator(*op)).collect();
    if matches!(op, And | Or | Add | Sub | Mul | Div) {
        changes.extend([Change::KeepLeft, Change::KeepRight]);
    }
    changes
}

fn changes_of_call(call: &Call) -> Vec<Change> {
    let others: &[&'static str] = match call.function.as_str() {
        "SUM" => &["AVG", "MAX"],
        "AVG" => &["SUM", "MAX"],
        "MIN" => &["MAX"],
        "MAX" => &["MIN", "SUM"],
        "ROW_NUMBER" => &["RANK"],
        "RANK" => &["DENSE_RANK", "ROW_NUMBER"],
        "DENSE_RANK" => &["RANK"],
        "LAG" => &["LEAD"],
        "LEAD" => &["LAG"],
        "UPPER" => &["LOWER"],
        "LOWER" => &["UPPER"],
        _ => &[],
    };
    let mut changes: Vec<Change> = others.iter().map(|name| Change::Function(name)).collect();
    let is_aggregate = matches!(call.function.as_str(), "COUNT" | "SUM" | "AVG");
    if is_aggregate && !call.star && call.over.is_none() {
        changes.push(Change::ToggleDistinctArgument);
    }
    if call.function == "COUNT" && !call.star {
        changes.push(Change::CountRows);
    }
    if call.filter.is_some() {
        changes.push(Change::DropFilterOfCall);
    }
    if let Some(window) = &call.over {
        changes.extend((!window.partition_by.is_empty()).then_some(Change::DropPartition));
        changes.extend((!window.order_by.is_empty()).then_some(Change::FlipWindowOrder));
    }
    changes
}

/// Columns of the same table and type, the nearest first.
fn other_columns(table: TableId, column: u16, catalog: &Catalog) -> Vec<Change> {
    let ty = catalog.column(ColumnId { table, column }).ty;
    let mut others: Vec<u16> = catalog
        .columns_of(table)
        .filter(|other| other.column != column && catalog.column(*other).ty == ty)
        .map(|other| other.column)
        .collect();
    others.sort_by_key(|other| other.abs_diff(column));
    others.into_iter().take(COLUMNS_TRIED).map(Change::Column).collect()
}

fn other_values(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Blob(_) => vec![],
        // The next number where numbers are counts, a tenth more where they are amounts.
        Value::Integer(whole) => {
            let more = whole.saturating_add((whole / 10).max(1));
            [more, whole.saturating_mul(2)].into_iter().filter(|n| n != whole).map(Value::Integer).collect()
        }
        Value::Real(number) => vec![Value::Real(number * 1.1)],
        Value::Text(text) => match next_year(text) {
            Some(later) => vec![Value::Text(later), Value::Text(text.replace("-01-01", "-01-02"))]
                .into_iter()
                .filter(|other| other != value)
                .collect(),
            None => vec![Value::Text(format!("{text}~"))],
        },
    }
}

/// A day a year later, where a text starts as a day does.
fn next_year(text: &str) -> Option<String> {
    let (year, rest) = text.split_at_checked(4)?;
    let year: u16 = year.parse().ok()?;
    rest.starts_with('-').then(|| format!("{:04}{rest}", year + 1))
}

fn changes_of_query(query: &Query) -> Vec<Change> {
    let mut changes: Vec<Change> = (0..query.order_by.len()).map(Change::FlipOrder).collect();
    if let Some(ExprKind::Literal(literal)) = query.limit.as_ref().map(|limit| &limit.kind)
        && let Value::Integer(limit) = literal.value
    {
        changes.extend([Change::Limit(limit + 1), Change::DropLimit]);
        changes.extend((limit > 1).then_some(Change::Limit(limit - 1)));
    }
    match &query.body {
        Body::Select(select) => changes.extend(changes_of_select(select)),
        Body::Set { op, all, .. } => {
            changes.push(Change::SetOperation(*op, !all));
            let others = [SetOp::Union, SetOp::Intersect, SetOp::Except].into_iter().filter(|other| other != op);
            changes.extend(others.map(|other| Change::SetOperation(other, false)));
            changes.extend((*op == SetOp::Except).then_some(Change::SwapArms));
        }
        Body::Values(_) => {}
    }
    changes
}

/// Outputs of the outermost SELECT that nothing refers to, by their own position or a later one's.
fn droppable_outputs(query: &Query) -> std::ops::Range<usize> {
    let Some(select) = query.select().filter(|select| select.items.len() > 1) else { return 0..0 };
    let mut first = 0;
    let clauses = query.order_by.iter().map(|item| &item.expr).chain(&select.group_by).chain(&select.having);
    for expr in clauses {
        each_expr_here(expr, &mut |e| {
            if let ExprKind::Output(position) = e.kind {
                first = first.max(usize::from(position) + 1);
            }
        });
    }
    first..select.items.len()
}

fn changes_of_select(select: &Select) -> Vec<Change> {
    let mut changes = vec![Change::ToggleDistinct];
    changes.extend(select.filter.is_some().then_some(Change::DropWhere));
    changes.extend(select.having.is_some().then_some(Change::DropHaving));
    changes.extend((0..select.group_by.len()).map(Change::DropGroup));
    for (i, source) in select.from.iter().enumerate().skip(1) {
        match source.join {
            JoinKind::Inner => changes.push(Change::Join(i, JoinKind::Left)),
            JoinKind::Left | JoinKind::Right | JoinKind::Full => changes.push(Change::Join(i, JoinKind::Inner)),
            JoinKind::Cross => {}
        }
    }
    changes
}

fn apply_to_expr(expr: &mut Expr, change: &Change) {
    match (&mut expr.kind, change) {
        (ExprKind::Binary(_, op, _), Change::Operator(other)) => *op = *other,
        (ExprKind::Binary(left, ..), Change::KeepLeft) => *expr = (**left).clone(),
        (ExprKind::Binary(.., right), Change::KeepRight) => *expr = (**right).clone(),
        (ExprKind::Unary(_, inner), Change::Negate) => *expr = (**inner).clone(),
        (
            ExprKind::IsNull { negated, .. }
            | ExprKind::InQuery { negated, .. }
            | ExprKind::InList { negated, .. }
            | ExprKind::Exists { negated, .. }
            | ExprKind::Like { negated, .. }
            | ExprKind::Between { negated, .. },
            Change::Negate,
        ) => *negated = !*negated,
        (ExprKind::InList { list, .. }, Change::DropMember(i)) => drop(list.remove(*i)),
        (ExprKind::Literal(literal), Change::Literal(value)) => {
            literal.value = value.clone();
            literal.slot = None;
        }
        (ExprKind::Column { column, .. }, Change::Column(other)) => *column = *other,
        (ExprKind::Call(call), change) => apply_to_call(call, change),
        (ExprKind::Case { otherwise, .. }, Change::DropElse) => *otherwise = None,
        (ExprKind::Case { branches, .. }, Change::DropBranch(i)) => drop(branches.remove(*i)),
        _ => {}
    }
}

fn apply_to_call(call: &mut Call, change: &Change) {
    match change {
        Change::Function(name) => call.function = (*name).to_owned(),
        Change::ToggleDistinctArgument => call.distinct = !call.distinct,
        Change::CountRows => {
            call.args.clear();
            call.star = true;
            call.distinct = false;
        }
        Change::DropFilterOfCall => call.filter = None,
        Change::DropPartition => call.over.iter_mut().for_each(|window| window.partition_by.clear()),
        Change::FlipWindowOrder => {
            let items = call.over.iter_mut().flat_map(|window| &mut window.order_by);
            items.for_each(|item| item.descending = !item.descending);
        }
        _ => {}
    }
}

fn apply_to_query(query: &mut Query, change: &Change) {
    match (&mut query.body, change) {
        (_, Change::FlipOrder(i)) => query.order_by[*i].descending = !query.order_by[*i].descending,
        (_, Change::Limit(limit)) => query.limit = Some(Expr::value(Value::Integer(*limit))),
        (_, Change::DropLimit) => query.limit = None,
        (Body::Set { op, all, .. }, Change::SetOperation(other, keeps_all)) => (*op, *all) = (*other, *keeps_all),
        (Body::Set { left, right, .. }, Change::SwapArms) => std::mem::swap(left, right),
        (Body::Select(select), change) => apply_to_select(select, change),
        _ => {}
    }
}

fn apply_to_select(select: &mut Select, change: &Change) {
    match change {
        Change::ToggleDistinct => select.distinct = !select.distinct,
        Change::DropWhere => select.filter = None,
        Change::DropHaving => select.having = None,
        Change::DropGroup(i) => drop(select.group_by.remove(*i)),
        Change::DropOutput(i) => drop(select.items.remove(*i)),
        Change::Join(i, join) => select.from[*i].join = *join,
        _ => {}
    }
}

impl fmt::Display for Edit {
    /// What was changed, in words: "operator to GtEq", "condition dropped".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::Operator(op) => write!(f, "operator to {op:?}"),
            Change::KeepLeft | Change::KeepRight => write!(f, "one side dropped"),
            Change::Negate => write!(f, "negated"),
            Change::DropMember(_) => write!(f, "list member dropped"),
            Change::Literal(value) => write!(f, "literal to {value:?}"),
            Change::Column(_) => write!(f, "another column"),
            Change::Function(name) => write!(f, "function to {name}"),
            Change::ToggleDistinctArgument => write!(f, "DISTINCT argument toggled"),
            Change::CountRows => write!(f, "rows counted"),
            Change::DropFilterOfCall => write!(f, "FILTER dropped"),
            Change::DropPartition => write!(f, "partition dropped"),
            Change::FlipWindowOrder => write!(f, "window order flipped"),
            Change::DropElse => write!(f, "ELSE dropped"),
            Change::DropBranch(_) => write!(f, "CASE branch dropped"),
            Change::ToggleDistinct => write!(f, "DISTINCT toggled"),
            Change::DropWhere => write!(f, "WHERE dropped"),
            Change::DropHaving => write!(f, "HAVING dropped"),
            Change::DropGroup(_) => write!(f, "grouping dropped"),
            Change::DropOutput(_) => write!(f, "output dropped"),
            Change::Join(_, join) => write!(f, "join to {join:?}"),
            Change::FlipOrder(_) => write!(f, "order flipped"),
            Change::Limit(limit) => write!(f, "limit to {limit}"),
            Change::DropLimit => write!(f, "limit dropped"),
            Change::SetOperation(op, all) => write!(f, "set operation to {op:?}{}", if *all { " ALL" } else { "" }),
            Change::SwapArms => write!(f, "arms swapped"),
        }
    }
}
