//! One schema of a live PostgreSQL database to a catalog.

use std::collections::HashMap;

use schema::{Column, ColumnId, ForeignKey, Table, TableId};
use sql::ddl::type_of_declared;

use super::client::Client;
use crate::error::OpenError;
use crate::introspect::{Live, SkipReason, Skipped};
use crate::server::ServerError;
use crate::server::session::{PATIENCE, Session, Texts};

/// Tables, views, materialised views, partitioned and foreign tables: identifier, name, kind, estimated rows, comment, and
/// whether anything in it may be read.
const TABLES: &str = "SELECT c.oid, c.relname, c.relkind, c.reltuples::int8, obj_description(c.oid, 'pg_class'), \
    has_any_column_privilege(c.oid, 'SELECT') \
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition ORDER BY c.oid";
/// Columns that may be read: table, number, name, type, NOT NULL, default, comment, and whether it is generated.
const COLUMNS: &str = "SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
    pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum), a.attgenerated <> '' \
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped \
    AND has_column_privilege(a.attrelid, a.attnum, 'SELECT') ORDER BY a.attrelid, a.attnum";
/// Primary keys, UNIQUE and foreign keys: table, kind, columns, referred table and columns.
const CONSTRAINTS: &str = "SELECT k.conrelid, k.contype, array_to_string(k.conkey, ' '), k.confrelid, \
    array_to_string(k.confkey, ' ') FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace \
    WHERE n.nspname = $1 AND k.contype IN ('p', 'u', 'f') ORDER BY k.oid";
/// Indexes over whole columns and all rows that serve no constraint: table, name, columns, and whether it is unique.
const INDEXES: &str = "SELECT i.indrelid, x.relname, i.indkey, i.indisunique FROM pg_index AS i \
    JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = x.relnamespace \
    WHERE n.nspname = $1 AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid \
    AND NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid) ORDER BY i.indexrelid";

/// Where tables and columns of the server stand in the catalog, by its own numbers.
#[derive(Default)]
struct Places {
    tables: HashMap<String, TableId>,
    columns: HashMap<(String, String), ColumnId>,
}

/// Reads tables, views, columns, keys, indexes and comments.
pub(super) fn introspect(session: &Session<Client>) -> Result<Live, OpenError> {
    let server = &session.target().server;
    let known = read(session, "SELECT 1 FROM pg_namespace WHERE nspname = $1")?;
    if known.is_empty() {
        let (place, schema) = (server.to_string(), server.schema.clone());
        return Err(OpenError::NoSchema { place, schema });
    }
    let (mut live, mut places) = (Live::default(), Places::default());
    for row in read(session, TABLES)? {
        add_table(&mut live, &mut places, &row);
    }
    let mut live = live.fitting(server.to_string())?;
    for row in read(session, COLUMNS)? {
        add_column(&mut live, &mut places, &row);
    }
    for row in read(session, CONSTRAINTS)? {
        add_constraint(&mut live, &places, &row);
    }
    for row in read(session, INDEXES)? {
        add_index(&mut live, &places, &row);
    }
    Ok(live)
}

fn read(session: &Session<Client>, sql: &str) -> Result<Texts, ServerError> {
    let schema = &session.target().server.schema;
    session.with(PATIENCE, |client| client.texts_with(sql, &[schema]))
}

fn add_table(live: &mut Live, places: &mut Places, row: &[Option<String>]) {
    let [Some(oid), Some(name), Some(kind), rows, comment, Some(readable)] = row else { return };
    let name = name.clone();
    if readable != "t" {
        return live.skipped.push(Skipped { name, reason: SkipReason::Forbidden });
    }
    if kind == "f" {
        return live.skipped.push(Skipped { name, reason: SkipReason::Foreign });
    }
    places.tables.insert(oid.clone(), TableId(live.catalog.tables.len() as u16));
    let is_view = matches!(kind.as_str(), "v" | "m");
    live.catalog.tables.push(Table { name, is_view, comment: comment.clone(), ..Table::default() });
    // A table that was never analysed has -1.
    live.rows.push(rows.as_ref().and_then(|rows| rows.parse().ok()).filter(|_| kind != "v"));
}

fn add_column(live: &mut Live, places: &mut Places, row: &[Option<String>]) {
    let [Some(oid), Some(number), Some(name), Some(declared), Some(not_null), default, comment, Some(generated)] = row
    else {
        return;
    };
    let Some(&id) = places.tables.get(oid) else { return };
    let table = &mut live.catalog.tables[usize::from(id.0)];
    let column = ColumnId { table: id, column: table.columns.len() as u16 };
    places.columns.insert((oid.clone(), number.clone()), column);
    if generated == "t" {
        live.generated.push(column);
    }
    table.columns.push(Column {
        name: name.clone(),
        declared: declared.clone(),
        ty: type_of_declared(declared),
        not_null: not_null == "t",
        default: default.clone(),
        comment: comment.clone(),
    });
}

fn add_constraint(live: &mut Live, places: &Places, row: &[Option<String>]) {
    let [Some(oid), Some(kind), Some(numbers), other, other_numbers] = row else { return };
    let Some(&from) = places.tables.get(oid) else { return };
    let Some(columns) = places.positions(oid, numbers) else { return };
    let table = &mut live.catalog.tables[usize::from(from.0)];
    match kind.as_str() {
        "p" => table.primary_key = columns,
        "u" => table.unique.push(columns),
        _ => {
            let (Some(other), Some(other_numbers)) = (other, other_numbers) else { return };
            let (to, to_columns) = (places.tables.get(other), places.positions(other, other_numbers));
            if let (Some(&to), Some(to_columns)) = (to, to_columns) {
                live.catalog.foreign_keys.push(ForeignKey { from, columns, to, to_columns, confidence: 1.0 });
            }
        }
    }
}

fn add_index(live: &mut Live, places: &Places, row: &[Option<String>]) {
    let [Some(oid), Some(name), Some(numbers), Some(is_unique)] = row else { return };
    let (Some(id), Some(columns)) = (places.tables.get(oid), places.positions(oid, numbers)) else { return };
    let table = &mut live.catalog.tables[usize::from(id.0)];
    if is_unique == "t" {
        table.unique.push(columns.clone());
    }
    table.index_names.push(name.clone());
    table.indexes.push(columns);
}

impl Places {
    /// Positions of columns by their numbers, `"1 3"`; `None` where one is not in the catalog.
    fn positions(&self, table: &str, numbers: &str) -> Option<Vec<u16>> {
        let numbers = numbers.split(' ').filter(|number| !number.is_empty());
        let place = |number: &str| self.columns.get(&(table.to_owned(), number.to_owned())).map(|id| id.column);
        numbers.map(place).collect()
    }
}
