//! Names of tables, columns and slots as they stand in SQL.

use schema::slot::Slot;
use schema::{Catalog, TableId};

use super::{ColumnRef, Edge, TableRef, cte_number};
use crate::date_part::part_of;
use crate::tree::SlotPart;

/// A name as it stands in SQL: quoted where it is no plain identifier or is a keyword.
pub fn identifier(name: &str) -> String {
    let plain =
        name.bytes().enumerate().all(|(i, b)| b == b'_' || b.is_ascii_alphabetic() || (i > 0 && b.is_ascii_digit()));
    if plain && !name.is_empty() && !is_keyword(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn is_keyword(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    KEYWORDS.split_ascii_whitespace().any(|keyword| keyword == upper)
}

/// Words that SQLite, PostgreSQL or MySQL reads as something else than a name, and the output names `c1` … `c8`.
const KEYWORDS: &str = "
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC ATTACH AUTOINCREMENT BEFORE
    BEGIN BETWEEN BINARY BOTH BY CASCADE CASE CAST CHANGE CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS
    CURRENT CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DATABASES DEFAULT DEFERRABLE
    DEFERRED DELETE DESC DESCRIBE DETACH DISTINCT DIV DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS
    EXPLAIN FAIL FALSE FETCH FILTER FIRST FOLLOWING FOR FORCE FOREIGN FREEZE FROM FULL GENERATED GLOB GRANT GROUP GROUPS
    HAVING IF IGNORE ILIKE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTERVAL INTO IS ISNULL
    JOIN KEY KEYS KILL LAST LATERAL LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LOCK LOOP MATCH MATERIALIZED MOD
    NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON ONLY OR ORDER OTHERS OUTER OVER OVERLAPS PARTITION PLACING
    PLAN PRAGMA PRECEDING PRIMARY PROCEDURE QUERY RAISE RANGE RANK READ RECURSIVE REFERENCES REGEXP REINDEX RELEASE
    RENAME REPEAT REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SCHEMA SELECT SESSION_USER SET SIMILAR
    SOME SYMMETRIC SYSTEM TABLE TABLES TABLESAMPLE TEMP TEMPORARY THEN TIES TO TRAILING TRANSACTION TRIGGER TRUE
    UNBOUNDED UNION UNIQUE UPDATE USE USER USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHIN WITHOUT WRITE
    C1 C2 C3 C4 C5 C6 C7 C8";

/// The name of a table or CTE.
fn plain_name(catalog: &Catalog, table: TableId) -> String {
    match cte_number(catalog, table) {
        Some(number) => format!("cte_{number}"),
        None => catalog.table(table).name.clone(),
    }
}

/// What a use of a table is called within a query, as it stands in SQL: `Table`, or `Table_2` for the second.
pub fn table_text(catalog: &Catalog, table: TableRef) -> String {
    identifier(&table_name(catalog, table))
}

/// `Table`, or `Table_2`; further underscores where the catalog has a table of that name.
fn table_name(catalog: &Catalog, table: TableRef) -> String {
    let mut name = plain_name(catalog, table.table);
    if table.instance > 1 {
        name.push_str(&format!("_{}", table.instance));
        while catalog.find_table(&name).is_some() {
            name.push('_');
        }
    }
    name
}

/// `Table.Column` or `Table_2.Column`; a part of a day as what computes it.
pub fn column_text(catalog: &Catalog, column: ColumnRef) -> String {
    if let Some((day, part)) = part_of(catalog, column.column) {
        return part.sql(&column_text(catalog, ColumnRef { column: day, ..column }));
    }
    if cte_number(catalog, column.column.table).is_some() {
        return format!("{}.c{}", table_text(catalog, column.table_ref()), column.column.column + 1);
    }
    format!("{}.{}", table_text(catalog, column.table_ref()), identifier(&catalog.column(column.column).name))
}

/// `Table` or `Table AS Table_2`, as it stands in a FROM clause.
pub fn source_text(catalog: &Catalog, table: TableRef) -> String {
    let name = identifier(&plain_name(catalog, table.table));
    if table.instance == 1 { name } else { format!("{name} AS {}", table_text(catalog, table)) }
}

pub(super) fn join_text(catalog: &Catalog, kind: &str, edge: Edge) -> String {
    format!("{kind} {} ON {}", source_text(catalog, edge.new_table(catalog)), edge.condition(catalog))
}

/// `<num1>`, `<range1.start>`, `<str1.contains>`.
pub(super) fn slot_text(slot: Slot, part: SlotPart) -> String {
    let name = slot.to_string();
    let name = name.trim_end_matches('>');
    match part {
        SlotPart::Whole => format!("{name}>"),
        SlotPart::Start => format!("{name}.start>"),
        SlotPart::End => format!("{name}.end>"),
        SlotPart::Last => format!("{name}.last>"),
        SlotPart::Fraction => format!("{name}.fraction>"),
        SlotPart::Contains => format!("{name}.contains>"),
        SlotPart::Prefix => format!("{name}.prefix>"),
        SlotPart::Suffix => format!("{name}.suffix>"),
        SlotPart::Said => format!("{name}.said>"),
    }
}
