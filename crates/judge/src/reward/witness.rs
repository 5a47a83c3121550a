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
//! * `alike`: rows that repeat each other.

mod alike;
mod counts;
mod facts;
mod places;
mod planted;

use database::Image;
use schema::{Catalog, ColumnId, TableId};
use sql::lexeme::identifier;
use sql::tree::Query;

use self::alike::alike;
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
/// In one witness of so many, rows repeat each other, in turn with each part of them that is left out; and in half of those
/// of groups of a size.
const ALIKE: u64 = 5;
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
        let alike = if number % 4 < 2 { alike(&facts, &tables, catalog, number) } else { String::new() };
        return named + &alike + &counted;
    }
    let mut script = thinned(&tables, catalog, number) + &named;
    for table in &tables {
        let columns = catalog.columns_of(*table).filter(|column| may_move(*column, catalog));
        let moved = columns.map(|column| (column, places(column, &facts, catalog)));
        let moved: Vec<(ColumnId, Vec<String>)> = moved.filter(|(_, places)| !places.is_empty()).collect();
        for (turn, (column, places)) in moved.iter().enumerate() {
            let is_turn = format!("{} = {turn}", part(number * 13, moved.len() + 1));
            let met = met(*column, &facts, catalog);
            script += &update(*column, places, &format!("NOT {is_turn} THEN {met}"), number, catalog);
        }
    }
    if number % ALIKE == 1 {
        script += &alike(&facts, &tables, catalog, number);
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
    let (chosen, hot, count) = (part(salt(column, number), 2 * places.len()), part(number * 7, HOT), places.len());
    let moved = format!("CASE {chosen} % {count}{branches} ELSE {name} END");
    format!(
        "UPDATE OR IGNORE {table} SET {name} = CASE WHEN {hot} = 1 AND {met} ELSE {moved} END WHERE {hot} < 2 OR {chosen} < {count};\n"
    )
}

/// A row's part of so many, by its number times an odd one of this salt (Dietzfelbinger et al. 1997, "A Reliable Randomized
/// Algorithm for the Closest-Pair Problem", multiply-shift hashing): other salts, other parts, one independent of the other.
fn part(salt: u64, parts: usize) -> String {
    part_of("rowid", salt, parts)
}

/// The same of the row of a number that is named.
fn part_of(rowid: &str, salt: u64, parts: usize) -> String {
    let (times, plus) = (mixed(2 * salt) | 1, mixed(2 * salt + 1));
    format!("(((({rowid} * {times} + {plus}) & {}) >> 16) % {parts})", u32::MAX)
}

/// What sets a column's parts in one witness apart from others.
fn salt(column: ColumnId, number: u64) -> u64 {
    number * 101 + u64::from(column.table.0) * 31 + u64::from(column.column)
}

/// 32 bits that are others for each number (Steele et al. 2014, "Fast Splittable Pseudorandom Number Generators", SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) >> 32
}

#[cfg(test)]
mod tests;
