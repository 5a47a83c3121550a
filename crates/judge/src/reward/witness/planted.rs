//! What a query names by its key, put where it may be missing: a database without that row tells no mistake from the truth.

use schema::{Catalog, ColumnId, Type, Value};
use sql::lexeme::identifier;
use sql::print::literal_text;

use super::facts::{Compared, Facts};
use super::places::may_move;
use super::{HOT, part};
use crate::reward::small::is_cut;

/// One witness in so many is left without.
const WITHOUT: u64 = 5;

/// Gives each key that the query names to one row, and to the rows that refer to it.
pub(super) fn planted(facts: &Facts, catalog: &Catalog, number: u64) -> String {
    if number % WITHOUT == WITHOUT - 1 {
        return String::new();
    }
    let named = facts.literals.iter().flat_map(|(column, all)| {
        homes(*column, catalog).into_iter().flat_map(move |home| all.iter().map(move |compared| (home, compared)))
    });
    let named = named.filter(|(home, _)| is_cut(home.table, catalog));
    named.enumerate().filter_map(|(turn, (home, compared))| plant(home, compared, turn, number, catalog)).collect()
}

/// The columns that hold what a column is compared with: the keys that it leads to, else itself where its values must differ.
fn homes(column: ColumnId, catalog: &Catalog) -> Vec<ColumnId> {
    let pairs = catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key));
    let keys: Vec<ColumnId> = pairs.filter(|(from, _)| *from == column).map(|(_, to)| to).collect();
    if keys.is_empty() && !may_move(column, catalog) { vec![column] } else { keys }
}

/// One of the rows that meet conditions gets the value, where none has it.
fn plant(home: ColumnId, compared: &Compared, turn: usize, number: u64, catalog: &Catalog) -> Option<String> {
    let (table, name) = (identifier(&catalog.table(home.table).name), identifier(&catalog.column(home).name));
    let value = match (compared, catalog.column(home).ty) {
        (Compared::With(value @ Value::Text(_)), Type::Text)
        | (Compared::With(value @ Value::Integer(_)), Type::Integer) => literal_text(value),
        _ => return None,
    };
    let is_new = format!("NOT EXISTS (SELECT 1 FROM {table} AS o WHERE o.{name} = {value})");
    let first = format!("({} = 1) DESC", part(number * 7, HOT));
    let chosen = format!("(SELECT rowid FROM {table} ORDER BY {first}, rowid LIMIT 1 OFFSET {turn})");
    let refer = catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key)).filter(|(_, to)| *to == home);
    let follow = refer.filter(|(from, _)| is_cut(from.table, catalog)).map(|(from, _)| {
        let (child, key) = (identifier(&catalog.table(from.table).name), identifier(&catalog.column(from).name));
        let old = format!("(SELECT o.{name} FROM {table} AS o WHERE o.rowid = {chosen})");
        format!("UPDATE OR IGNORE {child} SET {key} = {value} WHERE {key} = {old} AND {is_new};\n")
    });
    let follow: String = follow.collect();
    Some(follow + &format!("UPDATE OR IGNORE {table} SET {name} = {value} WHERE rowid = {chosen} AND {is_new};\n"))
}
