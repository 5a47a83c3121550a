//! A live SQLite database to a catalog.

use rusqlite::{Connection, Row};
use schema::{Catalog, Column, ColumnId, ForeignKey, Table, TableId};
use sql::ddl::type_of_declared;

use crate::introspect::{Live, SkipReason, Skipped};
use crate::sqlite::sandbox::quoted;

/// Reads tables, views, columns, keys and indexes.
///
/// # Errors
/// SQLite's own, when the file cannot be read.
pub fn introspect(connection: &Connection) -> rusqlite::Result<Live> {
    let mut live = Live { modules: collect(connection, "PRAGMA module_list", |row| row.get(0))?, ..Live::default() };
    let sql = "SELECT l.name, l.type, l.wr FROM pragma_table_list AS l JOIN sqlite_schema AS s ON s.name = l.name
               WHERE l.schema = 'main' AND s.type IN ('table', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               ORDER BY s.rowid";
    let objects: Vec<(String, String, bool)> =
        collect(connection, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (name, kind, without_rowid) in objects {
        match kind.as_str() {
            "virtual" => live.skipped.push(Skipped { name, reason: SkipReason::Virtual }),
            "shadow" => live.skipped.push(Skipped { name, reason: SkipReason::Shadow }),
            _ => add_table(
                connection,
                &mut live,
                Table { name, is_view: kind == "view", without_rowid, ..Table::default() },
            )?,
        }
    }
    live.script = script(connection)?;
    for id in live.catalog.table_ids() {
        let keys = foreign_keys(connection, &live.catalog, id)?;
        live.catalog.foreign_keys.extend(keys);
    }
    Ok(live)
}

/// The statements that SQLite keeps of everything but virtual tables.
fn script(connection: &Connection) -> rusqlite::Result<String> {
    let sql = "SELECT sql FROM sqlite_schema
               WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL %'
               ORDER BY instr('table view  index trigger', type), rowid";
    let statements: Vec<String> = collect(connection, sql, |row| row.get(0))?;
    Ok(statements.into_iter().map(|statement| statement + ";\n").collect())
}

fn add_table(connection: &Connection, live: &mut Live, mut table: Table) -> rusqlite::Result<()> {
    let all = format!("SELECT * FROM {}", quoted(&table.name));
    if table.is_view
        && let Err(error) = connection.prepare(&all)
    {
        live.skipped.push(Skipped { name: table.name, reason: SkipReason::BrokenView(error.to_string()) });
        return Ok(());
    }
    let table_id = TableId(live.catalog.tables.len() as u16);
    let mut key = Vec::new();
    for (column, key_position, is_generated) in columns(connection, &table.name)? {
        let position = table.columns.len() as u16;
        if key_position > 0 {
            key.push((key_position, position));
        }
        if is_generated {
            live.generated.push(ColumnId { table: table_id, column: position });
        }
        table.columns.push(column);
    }
    key.sort_unstable();
    table.primary_key = key.into_iter().map(|(_, position)| position).collect();
    add_indexes(connection, &mut table)?;
    live.catalog.tables.push(table);
    Ok(())
}

/// Each visible column with its place in the primary key (0: none) and whether it is generated.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(Column, i64, bool)>> {
    const GENERATED: [i64; 2] = [2, 3];
    const HIDDEN: i64 = 1;
    let rows = collect(connection, &format!("PRAGMA table_xinfo({})", quoted(table)), |row| {
        let declared: String = row.get::<_, Option<String>>("type")?.unwrap_or_default();
        let key: i64 = row.get("pk")?;
        let column = Column {
            name: row.get("name")?,
            ty: type_of_declared(&declared),
            declared,
            not_null: row.get::<_, bool>("notnull")? || key > 0,
            default: row.get("dflt_value")?,
            comment: None,
        };
        Ok((column, key, row.get::<_, i64>("hidden")?))
    })?;
    let visible = rows.into_iter().filter(|(.., hidden)| *hidden != HIDDEN);
    Ok(visible.map(|(column, key, hidden)| (column, key, GENERATED.contains(&hidden))).collect())
}

/// Adds unique constraints and created indexes; partial ones and those over expressions say nothing of columns.
fn add_indexes(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    let sql = format!("PRAGMA index_list({})", quoted(&table.name));
    let mut indexes: Vec<(String, bool, String, bool)> = collect(connection, &sql, |row| {
        Ok((row.get("name")?, row.get("unique")?, row.get("origin")?, row.get("partial")?))
    })?;
    indexes.reverse();
    for (name, is_unique, origin, is_partial) in indexes {
        if origin == "c" {
            table.index_names.push(name.clone());
        }
        let sql = format!("SELECT name, \"desc\" FROM pragma_index_xinfo({}) WHERE key = 1", quoted(&name));
        let keys: Vec<(Option<String>, bool)> = collect(connection, &sql, |row| Ok((row.get(0)?, row.get(1)?)))?;
        if origin == "pk" {
            table.key_descends = matches!(keys.as_slice(), [(_, true)]);
        }
        let names: Vec<Option<String>> = keys.into_iter().map(|(name, _)| name).collect();
        let position = |name: &Option<String>| {
            let name = name.as_ref()?;
            table.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)).map(|p| p as u16)
        };
        let Some(columns) = names.iter().map(position).collect::<Option<Vec<u16>>>() else { continue };
        if is_partial {
            continue;
        }
        if is_unique && origin != "pk" {
            table.unique.push(columns.clone());
        }
        if origin == "c" {
            table.indexes.push(columns);
        }
    }
    Ok(())
}

/// The declared foreign keys of a table, in the order they were declared; those to unknown tables or columns are left
/// out.
fn foreign_keys(connection: &Connection, catalog: &Catalog, from: TableId) -> rusqlite::Result<Vec<ForeignKey>> {
    let sql = format!("PRAGMA foreign_key_list({})", quoted(&catalog.table(from).name));
    let mut rows: Vec<(i64, i64, String, String, Option<String>)> = collect(connection, &sql, |row| {
        Ok((row.get("id")?, row.get("seq")?, row.get("table")?, row.get("from")?, row.get("to")?))
    })?;
    rows.sort_by_key(|(id, seq, ..)| (-id, *seq));
    let mut keys = Vec::new();
    for parts in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some(to) = catalog.find_table(&parts[0].2) else { continue };
        let columns = parts.iter().map(|part| Some(catalog.find_column(from, &part.3)?.column));
        let to_columns = parts.iter().enumerate().map(|(i, part)| match &part.4 {
            Some(name) => Some(catalog.find_column(to, name)?.column),
            None => catalog.table(to).primary_key.get(i).copied(),
        });
        let (Some(columns), Some(to_columns)) = (columns.collect(), to_columns.collect()) else { continue };
        keys.push(ForeignKey { from, columns, to, to_columns, confidence: 1.0 });
    }
    Ok(keys)
}

fn collect<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}
