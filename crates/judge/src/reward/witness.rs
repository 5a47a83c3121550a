//! Databases made for one question: where those that stand ready hardly ever show a mistake, these do.
//!
//! A mistake at the edge shows only in rows that lie there: `<=` for `<` where a value equals the literal, a DISTINCT too
//! many where two names are one, COUNT of a column where it is NULL. So a part of the rows that the reference reads is
//! moved to such places (after Zhong et al. 2020, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites"). Only
//! values come that columns may hold anyway, keys stay as they are, and nothing is NULL that never is. Few rows are enough
//! for that, and few are quickly made and quickly read.

use std::collections::{BTreeMap, BTreeSet};

use database::Image;
use schema::{Catalog, ColumnId, TableId, Type, Value};
use sql::lexeme::identifier;
use sql::print::literal_text;
use sql::tree::{BinaryOp, Expr, ExprKind, Query};
use sql::visit::{each_expr, each_expr_of_query, each_query};

use super::small::{cut, is_cut, orphans};
use crate::elements::tables_of;
use crate::expected::order_keys;

/// Literals of one column that rows are moved to, at most.
const LITERALS: usize = 6;
/// One row in so many is moved in all its columns, so that conditions hold together that hardly ever do; of the others
/// half are moved, each column by itself. One in so many meets all conditions but at most one, which then decides alone; in
/// what no condition asks for, such rows are copies of a few, so that duplicates show.
const HOT: usize = 3;
/// How many rows those are copies of.
const ORIGINALS: usize = 3;
/// One row in so many is kept, of each witness in turn: few rows make small groups and parents without children.
const THIN: [usize; 3] = [1, 3, 8];
/// The first rows of a table stay, so that none is empty.
const KEPT: usize = 4;

/// One row in so many is left out of the others, so that numbers of rows are even here and odd there.
const FEW: usize = 31;

/// A copy of a database in which some rows lie where mistakes in this query show; another one for each number. None where
/// nothing can be moved.
pub fn witness(image: &Image, query: &Query, number: u64) -> Option<Image> {
    let catalog = image.catalog();
    let script = script(query, catalog, number);
    let whole = || format!("BEGIN; {} {script} COMMIT;", cut(catalog));
    (!script.is_empty()).then(|| image.changed(&whole(), catalog).ok()).flatten()
}

/// The statements that leave out rows and move others.
fn script(query: &Query, catalog: &Catalog, number: u64) -> String {
    let facts = Facts::of(query);
    let tables: Vec<TableId> = facts.tables.iter().copied().filter(|table| is_cut(*table, catalog)).collect();
    let mut script = thinned(&tables, catalog, number);
    for table in tables {
        let columns = catalog.columns_of(table).filter(|column| may_move(*column, catalog));
        let moved = columns.map(|column| (column, places(column, &facts, catalog)));
        let moved: Vec<(ColumnId, Vec<String>)> = moved.filter(|(_, places)| !places.is_empty()).collect();
        for (turn, (column, places)) in moved.iter().enumerate() {
            let is_turn = format!("{} = {turn}", part(number * 13, moved.len() + 1));
            let met = met(*column, &facts, catalog);
            script += &update(*column, places, &format!("NOT {is_turn} THEN {met}"), number, catalog);
        }
    }
    script
}

/// Leaves out rows, and then those that refer to what is no longer there. Where most go, they go with what they refer to.
fn thinned(tables: &[TableId], catalog: &Catalog, number: u64) -> String {
    let kept = THIN[number as usize % THIN.len()];
    let refers = |table: &TableId| {
        catalog.foreign_keys.iter().any(|key| key.from == *table && key.to != *table && tables.contains(&key.to))
    };
    let leave_out = |table: &TableId| {
        let name = identifier(&catalog.table(*table).name);
        let left_out = match kept {
            1 => format!("{} = 0", part(number, FEW)),
            kept => format!("{} <> 0", part(number, kept)),
        };
        format!("DELETE FROM {name} WHERE {left_out} AND rowid NOT IN (SELECT rowid FROM {name} LIMIT {KEPT});\n")
    };
    let alone = tables.iter().filter(|table| kept == 1 || !refers(table));
    let script: String = alone.map(leave_out).collect();
    script + &orphans(catalog, |table| tables.contains(&table))
}

/// What is read of a query.
struct Facts {
    tables: BTreeSet<TableId>,
    used: BTreeSet<ColumnId>,
    /// Columns that rows are ordered by where equal ones come in any order.
    orders: BTreeSet<ColumnId>,
    literals: BTreeMap<ColumnId, Vec<Compared>>,
    /// The first condition on each column.
    first: BTreeMap<ColumnId, (BinaryOp, Compared)>,
    /// Columns that are compared with each other.
    pairs: BTreeSet<(ColumnId, ColumnId)>,
}

/// What a column is compared with.
#[derive(Clone, PartialEq)]
enum Compared {
    With(Value),
    /// The text of a pattern without its wildcards.
    Like(String),
}

impl Facts {
    fn of(query: &Query) -> Self {
        let sources = tables_of(query);
        let column = |expr: &Expr| match expr.kind {
            ExprKind::Column { source, column } => Some(ColumnId { table: *sources.get(&source)?, column }),
            _ => None,
        };
        let mut facts = Facts {
            tables: sources.values().copied().collect(),
            used: BTreeSet::new(),
            orders: BTreeSet::new(),
            literals: BTreeMap::new(),
            first: BTreeMap::new(),
            pairs: BTreeSet::new(),
        };
        each_expr_of_query(query, &mut |expr| {
            facts.used.extend(column(expr));
            if let ExprKind::Binary(a, op, b) = &expr.kind
                && is_comparison(*op)
                && let (Some(a), Some(b)) = (column(a), column(b))
            {
                facts.pairs.extend([(a, b), (b, a)]);
            }
            for (operand, op, compared) in comparisons(expr) {
                let Some(column) = column(summed(operand)) else { continue };
                facts.first.entry(column).or_insert_with(|| (op, compared.clone()));
                let known = facts.literals.entry(column).or_default();
                if known.len() < LITERALS && !known.contains(&compared) {
                    known.push(compared);
                }
            }
        });
        let mut free = vec![];
        each_open_order(query, &mut |expr| free.push(expr));
        free.into_iter().for_each(|expr| each_expr(expr, &mut |part| facts.orders.extend(column(part))));
        facts
    }
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

/// What is added up or picked out of rows, where a total is compared: groups of few rows then lie at the edge.
fn summed(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(call) if matches!(call.function.as_str(), "SUM" | "AVG" | "MIN" | "MAX") => {
            call.args.first().unwrap_or(expr)
        }
        _ => expr,
    }
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
            let left = literal(a).map(|value| (&**b, turned(*op), value));
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

/// A comparison seen from its other side.
fn turned(op: BinaryOp) -> BinaryOp {
    use BinaryOp::*;
    match op {
        Lt => Gt,
        LtEq => GtEq,
        Gt => Lt,
        GtEq => LtEq,
        other => other,
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | Is | IsNot)
}

/// Whether a column's values may be others: what rows are found by stays.
fn may_move(column: ColumnId, catalog: &Catalog) -> bool {
    let table = catalog.table(column.table);
    let is_key = table.primary_key.contains(&column.column);
    let is_target =
        catalog.foreign_keys.iter().any(|key| key.to == column.table && key.to_columns.contains(&column.column));
    !is_key && !is_target && !catalog.is_unique(column.table, &[column.column])
}

/// Where rows are moved, as SQL over the row: what the column, or one like it of the table, is compared with and what
/// lies beside that; the value of another row; NULL where some row has it.
fn places(column: ColumnId, facts: &Facts, catalog: &Catalog) -> Vec<String> {
    let name = identifier(&catalog.column(column).name);
    let is_key =
        catalog.foreign_keys.iter().any(|key| key.from == column.table && key.columns.contains(&column.column));
    let mut places = vec![];
    if facts.orders.contains(&column) {
        return places;
    }
    if is_key {
        places.extend(found(column, facts, catalog));
    } else {
        let of_table = facts.literals.iter().filter(|(other, _)| other.table == column.table);
        for compared in of_table.filter(|(other, _)| are_alike(**other, column, catalog)).flat_map(|(_, all)| all) {
            places.extend(beside(compared, catalog.column(column).ty, &name));
        }
        let others = facts.pairs.iter().filter(|(one, _)| *one == column);
        places.extend(others.flat_map(|(_, other)| related(column, *other, catalog)));
    }
    if facts.used.contains(&column) {
        let table = identifier(&catalog.table(column.table).name);
        let other = format!("1 + ({table}.rowid * 31) % (SELECT MAX(rowid) FROM {table})");
        places.push(format!("COALESCE((SELECT o.{name} FROM {table} AS o WHERE o.rowid >= {other} LIMIT 1), {name})"));
        // A reference that may lead nowhere does in some database, even where it does not in this one.
        let is_null = match is_key && !catalog.column(column).not_null {
            true => "1".to_owned(),
            false => format!("EXISTS (SELECT 1 FROM {table} AS o WHERE o.{name} IS NULL)"),
        };
        places.push(format!("CASE WHEN {is_null} THEN NULL ELSE {name} END"));
    }
    places
}

/// What a key, or the column that it leads to, is compared with, where a row has that.
fn found(column: ColumnId, facts: &Facts, catalog: &Catalog) -> Vec<String> {
    let own = identifier(&catalog.column(column).name);
    let pairs = catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key)).filter(|(from, _)| *from == column);
    let mut found = vec![];
    for (_, to) in pairs {
        let [table, name] = [&catalog.table(to.table).name, &catalog.column(to).name].map(|name| identifier(name));
        for compared in [column, to].iter().filter_map(|side| facts.literals.get(side)).flatten() {
            let Compared::With(value) = compared else { continue };
            let row = format!("SELECT o.{name} FROM {table} AS o WHERE o.{name} = {}", literal_text(value));
            found.push(format!("COALESCE(({row}), {own})"));
        }
    }
    found
}

/// A value with which a row meets the first condition on a column; where there is none, that of one of a few rows.
fn met(column: ColumnId, facts: &Facts, catalog: &Catalog) -> String {
    let (name, ty) = (identifier(&catalog.column(column).name), catalog.column(column).ty);
    if let Some(found) = found(column, facts, catalog).into_iter().next() {
        return found;
    }
    if let Some((op, compared)) = facts.first.get(&column)
        && let Some(value) = beside(compared, ty, &name).into_iter().nth(side(*op, ty))
    {
        return value;
    }
    let table = identifier(&catalog.table(column.table).name);
    format!("COALESCE((SELECT o.{name} FROM {table} AS o WHERE o.rowid > {table}.rowid % {ORIGINALS} LIMIT 1), {name})")
}

/// Which of the values beside a literal meets a comparison: beside a number come the next one and the one before, beside a
/// day the one before and the next. Beside a text there is none, so that another row's value is taken where it is not meant.
fn side(op: BinaryOp, ty: Type) -> usize {
    match (op, ty.is_temporal()) {
        (BinaryOp::Gt, false) | (BinaryOp::Lt, true) | (BinaryOp::NotEq | BinaryOp::IsNot, _) => 1,
        (BinaryOp::Lt, false) | (BinaryOp::Gt, true) => 2,
        _ => 0,
    }
}

/// The value of a column that this one is compared with: of the same row, of a row that the same key leads to, and of the
/// row that a key of either table leads to.
fn related(column: ColumnId, other: ColumnId, catalog: &Catalog) -> Vec<String> {
    let [table, of] = [column.table, other.table].map(|id| identifier(&catalog.table(id).name));
    let [own, value] = [column, other].map(|id| identifier(&catalog.column(id).name));
    let named = |id: ColumnId| identifier(&catalog.column(id).name);
    let by = |theirs: &str, ours: &str| {
        let row = format!("SELECT o.{value} FROM {of} AS o WHERE o.{theirs} = {table}.{ours} LIMIT 1");
        format!("COALESCE(({row}), {own})")
    };
    let mut places = if column.table == other.table && column != other { vec![value.clone()] } else { vec![] };
    for key in catalog.foreign_key_ids() {
        for (from, to) in catalog.key_pairs(key) {
            let [from_name, to_name] = [named(from), named(to)];
            places.extend((from.table == column.table && to.table == other.table).then(|| by(&to_name, &from_name)));
            places.extend((to.table == column.table && from.table == other.table).then(|| by(&from_name, &to_name)));
            let are_siblings = from.table == column.table && column.table == other.table;
            places.extend(are_siblings.then(|| by(&from_name, &from_name)));
        }
    }
    places
}

/// Whether what one column is compared with may stand in another: the same column, or two amounts or days of one table.
fn are_alike(compared: ColumnId, column: ColumnId, catalog: &Catalog) -> bool {
    let [a, b] = [compared, column].map(|id| catalog.column(id).ty);
    compared == column || a.is_numeric() && b.is_numeric() || a.is_temporal() && b.is_temporal()
}

/// A literal and its neighbours, as values of a column.
fn beside(compared: &Compared, ty: Type, name: &str) -> Vec<String> {
    match (compared, ty) {
        (Compared::Like(text), Type::Text) => {
            let text = literal_text(&Value::Text(text.clone()));
            vec![format!("{text} || ' ' || {name}"), format!("{name} || ' ' || {text}")]
        }
        (Compared::With(value @ (Value::Integer(_) | Value::Real(_))), Type::Integer | Type::Real) => {
            let value = literal_text(value);
            vec![value.clone(), format!("{value} + 1"), format!("{value} - 1")]
        }
        (Compared::With(value @ Value::Integer(0 | 1)), Type::Boolean) => vec![literal_text(value)],
        (Compared::With(Value::Text(day)), Type::Date | Type::Timestamp) if is_day(day) => {
            let day = literal_text(&Value::Text(day.clone()));
            let days = [day.clone(), format!("date({day}, '-1 day')"), format!("date({day}, '+1 day')")];
            // A moment keeps its hour.
            days.map(|day| if ty == Type::Date { day } else { format!("{day} || substr({name}, 11)") }).to_vec()
        }
        (Compared::With(value @ Value::Text(_)), Type::Text) => vec![literal_text(value)],
        _ => vec![],
    }
}

fn is_day(text: &str) -> bool {
    let is_digit = |i: usize, b: u8| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(i, b)| is_digit(i, b))
}

/// Moves some of the rows: those that meet conditions, the hot ones always, half of the others. Which ones depends on their
/// number alone.
fn update(column: ColumnId, places: &[String], met: &str, number: u64, catalog: &Catalog) -> String {
    let (table, name) = (identifier(&catalog.table(column.table).name), identifier(&catalog.column(column).name));
    let branches: String = places.iter().enumerate().map(|(i, place)| format!(" WHEN {i} THEN {place}")).collect();
    let salt = number * 101 + u64::from(column.table.0) * 31 + u64::from(column.column);
    let (chosen, hot, count) = (part(salt, 2 * places.len()), part(number * 7, HOT), places.len());
    let moved = format!("CASE {chosen} % {count}{branches} ELSE {name} END");
    format!(
        "UPDATE OR IGNORE {table} SET {name} = CASE WHEN {hot} = 1 AND {met} ELSE {moved} END WHERE {hot} < 2 OR {chosen} < {count};\n"
    )
}

/// A row's part of so many: its number times the golden ratio of 2^32 (Knuth 1973, "Multiplicative hashing"), of which the
/// middle bits are taken.
fn part(salt: u64, parts: usize) -> String {
    format!("((((rowid + {salt}) * 2654435761) >> 12) % {parts})")
}

#[cfg(test)]
mod tests;
