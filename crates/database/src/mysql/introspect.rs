//! A live MySQL database to a catalog.

use schema::{Catalog, Column, ColumnId, ForeignKey, Table, TableId};
use sql::ddl::type_of_declared;

use super::client::Client;
use super::literal;
use crate::error::OpenError;
use crate::introspect::Live;
use crate::server::ServerError;
use crate::server::session::{PATIENCE, Session, Texts};

/// Tables and views that may be read: name, kind, estimated rows, comment.
const TABLES: &str = "SELECT table_name, table_type, table_rows, table_comment FROM information_schema.tables \
    WHERE table_schema = {} ORDER BY create_time, table_name";
/// Columns that may be read: table, name, type, NULL, default, comment, and how it is generated.
const COLUMNS: &str = "SELECT table_name, column_name, column_type, is_nullable, column_default, column_comment, extra \
    FROM information_schema.columns WHERE table_schema = {} ORDER BY table_name, ordinal_position";
/// Indexes, primary keys among them, column by column: table, name, not unique, column.
const INDEXES: &str = "SELECT table_name, index_name, non_unique, column_name FROM information_schema.statistics \
    WHERE table_schema = {} ORDER BY table_name, index_name, seq_in_index";
/// Foreign keys column by column: name, table, column, referred table and column.
const KEYS: &str = "SELECT constraint_name, table_name, column_name, referenced_table_name, referenced_column_name \
    FROM information_schema.key_column_usage WHERE table_schema = {} AND referenced_table_schema = table_schema \
    ORDER BY table_name, constraint_name, ordinal_position";

/// Reads tables, views, columns, keys, indexes and comments.
pub(super) fn introspect(session: &Session<Client>) -> Result<Live, OpenError> {
    let server = &session.target().server;
    let known = "SELECT 1 FROM information_schema.schemata WHERE schema_name = {}";
    if read(session, known)?.is_empty() {
        return Err(OpenError::NoSchema { place: server.to_string(), schema: server.schema.clone() });
    }
    let mut live = Live::default();
    for row in read(session, TABLES)? {
        add_table(&mut live, row);
    }
    let mut live = live.fitting(server.to_string())?;
    for row in read(session, COLUMNS)? {
        add_column(&mut live, row);
    }
    let parts = read(session, INDEXES)?;
    for index in parts.chunk_by(|a, b| a.get(..2) == b.get(..2)) {
        add_index(&mut live.catalog, index);
    }
    let parts = read(session, KEYS)?;
    for key in parts.chunk_by(|a, b| a.get(..2) == b.get(..2)) {
        add_key(&mut live.catalog, key);
    }
    Ok(live)
}

fn read(session: &Session<Client>, sql: &str) -> Result<Texts, ServerError> {
    session.ask(PATIENCE, &sql.replace("{}", &literal(&session.target().server.schema)))
}

fn add_table(live: &mut Live, row: Vec<Option<String>>) {
    let Ok([Some(name), Some(kind), rows, comment]) = <[_; 4]>::try_from(row) else { return };
    let is_view = kind.contains("VIEW");
    // The comment of a view is "VIEW".
    let comment = comment.filter(|text| !text.is_empty() && !is_view);
    live.catalog.tables.push(Table { name, is_view, comment, ..Table::default() });
    live.rows.push(rows.and_then(|rows| rows.parse().ok()));
}

fn add_column(live: &mut Live, row: Vec<Option<String>>) {
    let Ok([Some(table), Some(name), Some(declared), Some(nullable), default, comment, extra]) =
        <[_; 7]>::try_from(row)
    else {
        return;
    };
    let Some(id) = exact(&live.catalog, &table) else { return };
    let table = &mut live.catalog.tables[usize::from(id.0)];
    if extra.is_some_and(|extra| extra.contains("GENERATED")) {
        live.generated.push(ColumnId { table: id, column: table.columns.len() as u16 });
    }
    // `TINYINT(1)` is how BOOLEAN is kept.
    let ty = if declared == "tinyint(1)" { schema::Type::Boolean } else { type_of_declared(&declared) };
    let (not_null, comment) = (nullable == "NO", comment.filter(|text| !text.is_empty()));
    table.columns.push(Column { name, declared, ty, not_null, default, comment });
}

fn add_index(catalog: &mut Catalog, parts: &[Vec<Option<String>>]) {
    let Some([Some(table), Some(name), not_unique, _]) = parts.first().map(Vec::as_slice) else { return };
    let Some(id) = exact(catalog, table) else { return };
    // An index over an expression has a part without a column.
    let Some(columns) = positions(catalog, id, parts, 3) else { return };
    let table = &mut catalog.tables[usize::from(id.0)];
    if name == "PRIMARY" {
        table.primary_key = columns;
        return;
    }
    if not_unique.as_deref() == Some("0") {
        table.unique.push(columns.clone());
    }
    table.index_names.push(name.clone());
    table.indexes.push(columns);
}

fn add_key(catalog: &mut Catalog, parts: &[Vec<Option<String>>]) {
    let Some([_, Some(from), _, Some(to), _]) = parts.first().map(Vec::as_slice) else { return };
    let (Some(from), Some(to)) = (exact(catalog, from), exact(catalog, to)) else { return };
    if let (Some(columns), Some(to_columns)) = (positions(catalog, from, parts, 2), positions(catalog, to, parts, 4)) {
        catalog.foreign_keys.push(ForeignKey { from, columns, to, to_columns, confidence: 1.0 });
    }
}

fn positions(catalog: &Catalog, table: TableId, parts: &[Vec<Option<String>>], at: usize) -> Option<Vec<u16>> {
    let place = |part: &Vec<Option<String>>| catalog.find_column(table, part.get(at)?.as_ref()?).map(|id| id.column);
    parts.iter().map(place).collect()
}

/// A table by its name to the letter: two may differ in letter case only.
fn exact(catalog: &Catalog, name: &str) -> Option<TableId> {
    catalog.tables.iter().position(|table| table.name == name).map(|at| TableId(at as u16))
}
