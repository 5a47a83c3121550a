//! Where the rows of a column are moved.

use schema::{Catalog, ColumnId, Type, Value};
use sql::lexeme::identifier;
use sql::print::literal_text;
use sql::tree::BinaryOp;

use super::facts::{Base, Compared, Facts};

/// How many times as often values are missing where a query asks whether they are.
const ASKED: usize = 3;
/// Whole numbers of which none divides the other: such a quotient shows whether its fraction is cut off.
const UNEVEN: [&str; 2] = ["7", "3"];
/// How many rows those are copies of that meet conditions in what no condition asks for.
const ORIGINALS: usize = 3;

/// Whether a column's values may be others: what rows are found by stays.
pub(super) fn may_move(column: ColumnId, catalog: &Catalog) -> bool {
    let table = catalog.table(column.table);
    let is_key = table.primary_key.contains(&column.column);
    let is_target =
        catalog.foreign_keys.iter().any(|key| key.to == column.table && key.to_columns.contains(&column.column));
    !is_key && !is_target && !catalog.is_unique(column.table, &[column.column])
}

/// Where rows are moved, as SQL over the row: what the column, or one like it of the table, is compared with and what
/// lies beside that; the value of another row; NULL where some row has it.
pub(super) fn places(column: ColumnId, facts: &Facts, catalog: &Catalog) -> Vec<String> {
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
            places.extend(beside(compared, column, catalog));
        }
        places.extend(facts.literals.get(&column).and_then(|all| unlike(all, column, catalog)));
        let others = facts.pairs.iter().filter(|(one, _)| *one == column);
        places.extend(others.flat_map(|(_, other)| related(column, *other, catalog)));
    }
    if facts.divided.contains(&column) && catalog.column(column).ty.is_numeric() {
        places.extend(UNEVEN.map(str::to_owned));
    }
    if facts.used.contains(&column) {
        let table = identifier(&catalog.table(column.table).name);
        let other = format!("1 + ({table}.rowid * 31) % (SELECT MAX(rowid) FROM {table})");
        places.push(format!("COALESCE((SELECT o.{name} FROM {table} AS o WHERE o.rowid >= {other} LIMIT 1), {name})"));
        // A reference that may lead nowhere does in some database, and what is asked to be missing is, even where none is in
        // this one.
        let may_lack = is_key || facts.missing.contains_key(&column);
        let is_null = match may_lack && !catalog.column(column).not_null {
            true => "1".to_owned(),
            false => format!("EXISTS (SELECT 1 FROM {table} AS o WHERE o.{name} IS NULL)"),
        };
        let missing = format!("CASE WHEN {is_null} THEN NULL ELSE {name} END");
        let times = if facts.missing.contains_key(&column) { ASKED } else { 1 };
        places.extend(std::iter::repeat_n(missing, times));
    }
    places
}

/// What a key, or the column that it leads to, is compared with, where a row has that.
pub(super) fn found(column: ColumnId, facts: &Facts, catalog: &Catalog) -> Vec<String> {
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
pub(super) fn met(column: ColumnId, facts: &Facts, catalog: &Catalog) -> String {
    let (name, ty) = (identifier(&catalog.column(column).name), catalog.column(column).ty);
    if let Some(found) = found(column, facts, catalog).into_iter().next() {
        return found;
    }
    if let Some((op, compared)) = facts.first.get(&column)
        && let Some(value) = beside(compared, column, catalog).into_iter().nth(side(*op, ty))
    {
        return value;
    }
    if facts.missing.get(&column) == Some(&true) {
        return "NULL".to_owned();
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

/// What a column is compared with and its neighbours, as values of the column.
fn beside(compared: &Compared, column: ColumnId, catalog: &Catalog) -> Vec<String> {
    let (ty, name) = (catalog.column(column).ty, identifier(&catalog.column(column).name));
    let day = |text: &str| literal_text(&Value::Text(text.to_owned()));
    match (compared, ty) {
        (Compared::Like(text), Type::Text) => {
            let text = literal_text(&Value::Text(text.clone()));
            vec![format!("{text} || ' ' || {name}"), format!("{name} || ' ' || {text}")]
        }
        (Compared::With(value @ (Value::Integer(_) | Value::Real(_))), Type::Integer | Type::Real) => {
            numbers(&literal_text(value))
        }
        (Compared::With(value @ Value::Integer(0 | 1)), Type::Boolean) => vec![literal_text(value)],
        (Compared::With(Value::Text(text)), Type::Date | Type::Timestamp) if is_day(text) => {
            days(&day(text), 0.0, ty, &name)
        }
        (Compared::With(value @ Value::Text(_)), Type::Text) => vec![literal_text(value)],
        (Compared::Apart { from, by, in_days }, _) => {
            let base = match from {
                Base::Literal(value) => literal_text(value),
                Base::Column(other) if other.table == column.table => identifier(&catalog.column(*other).name),
                Base::Column(_) => return vec![],
            };
            match ty {
                Type::Date | Type::Timestamp if *in_days => days(&base, *by, ty, &name),
                Type::Integer | Type::Real if !in_days => numbers(&format!("{base} + {by}")),
                _ => vec![],
            }
        }
        _ => vec![],
    }
}

/// The value of some row that is none of the texts a column is compared with, since nearly all rows may have those.
fn unlike(compared: &[Compared], column: ColumnId, catalog: &Catalog) -> Option<String> {
    let texts = compared.iter().filter_map(|one| match one {
        Compared::With(value @ Value::Text(_)) => Some(literal_text(value)),
        _ => None,
    });
    let (texts, ty) = (texts.collect::<Vec<_>>().join(", "), catalog.column(column).ty);
    let [table, name] = [&catalog.table(column.table).name, &catalog.column(column).name].map(|name| identifier(name));
    let row = format!("SELECT o.{name} FROM {table} AS o WHERE o.{name} NOT IN ({texts}) LIMIT 1");
    (ty == Type::Text && !texts.is_empty()).then(|| format!("COALESCE(({row}), {name})"))
}

/// A number, the next one and the one before.
fn numbers(value: &str) -> Vec<String> {
    vec![value.to_owned(), format!("{value} + 1"), format!("{value} - 1")]
}

/// So many days after a day, the day before that and the next. A moment keeps its hour.
fn days(day: &str, after: f64, ty: Type, name: &str) -> Vec<String> {
    let moved = |by: f64| if by == 0.0 { day.to_owned() } else { format!("date({day}, '{by:+} day')") };
    let days = [after, after - 1.0, after + 1.0].map(moved);
    days.map(|day| if ty == Type::Date { day } else { format!("{day} || substr({name}, 11)") }).to_vec()
}

fn is_day(text: &str) -> bool {
    let is_digit = |i: usize, b: u8| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(i, b)| is_digit(i, b))
}
