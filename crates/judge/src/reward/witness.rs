//! Databases made for one question: where those that stand ready hardly ever show a mistake, these do.
//!
//! A mistake at the edge shows only in rows that lie there: `<=` for `<` where a value equals the literal, a DISTINCT too
//! many where two names are one, COUNT of a column where it is NULL. So a part of the rows that the reference reads is
//! moved to such places (after Zhong et al. 2020, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites"). Only
//! values come that columns may hold anyway, keys stay as they are but for one that is named and missing, and nothing is
//! NULL that never is. Few rows are enough for that, and few are quickly made and quickly read.
//!
//! * `facts`: what the query compares.
//! * `places`: where rows are moved.
//! * `planted`: keys that are named.
//! * `counts`: groups of as many rows as are asked for.

mod counts;
mod facts;
mod places;
mod planted;

use database::Image;
use schema::{Catalog, ColumnId, TableId};
use sql::lexeme::identifier;
use sql::tree::Query;

use self::counts::counted;
use self::facts::Facts;
use self::places::{may_move, met, places};
use self::planted::planted;
use super::small::{cut, is_cut, orphans};

/// One row in so many is moved in all its columns, so that conditions hold together that hardly ever do; of the others
/// half are moved, each column by itself. One in so many meets all conditions but at most one, which then decides alone; in
/// what no condition asks for, such rows are copies of a few, so that duplicates show.
const HOT: usize = 3;
/// One row in so many is kept, of each witness in turn: few rows make small groups and parents without children, and
/// hardly any make values that stand alone.
const THIN: [usize; 4] = [1, 3, 8, 32];
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
    let named = planted(&facts, catalog, number);
    if let Some(counted) = counted(query, &facts, &tables, catalog, number) {
        return named + &counted;
    }
    let mut script = thinned(&tables, catalog, number) + &named;
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
