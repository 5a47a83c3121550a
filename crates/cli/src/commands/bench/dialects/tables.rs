//! Tables as other engines create them, with their rows.

use database::{Database, Limits, run};
use schema::{Catalog, Table, Type};
use serde_json::{Value as Json, json};
use sql::dialect::{Dialect, quote_name};
use sql::print::{Target, name};
use sql::{Options, verify};

use crate::exit::{Exit, Failure};

/// The engines that rows are compared with.
pub(super) const SERVERS: [Dialect; 2] = [Dialect::Postgres, Dialect::MySql];

/// Rows of one table, at most.
const MOST_ROWS: usize = 1_000_000;

/// One line for a schema: how each server creates its tables, and what stands in them.
pub(super) fn line(db: &str, catalog: &Catalog, database: Option<&Database>) -> Result<Json, Failure> {
    let mut tables = vec![];
    for table in catalog.tables.iter().filter(|table| !table.is_view) {
        let rows = database.map_or_else(|| Ok(json!([])), |database| rows(table, database))?;
        let of = |text: fn(&Table, Dialect) -> String| {
            Json::Object(SERVERS.iter().map(|d| (d.name().to_owned(), Json::from(text(table, *d)))).collect())
        };
        let kinds: Vec<Type> = table.columns.iter().map(|column| column.ty).collect();
        tables.push(json!({
            "name": of(|table, dialect| name(&table.name, Target::from(dialect))),
            "create": of(create), "kinds": kinds, "rows": rows,
        }));
    }
    Ok(json!({ "db": db, "tables": tables }))
}

fn rows(table: &Table, database: &Database) -> Result<Json, Failure> {
    let failed =
        |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "internal", format_args!("{}: {e}", table.name));
    let text = format!("SELECT * FROM {}", quote_name(&table.name));
    let query = verify(&text, database.catalog(), &Options::default()).map_err(|_| failed(&"cannot be read"))?;
    let limits = Limits { max_rows: MOST_ROWS, max_bytes: usize::MAX, ..Limits::default() };
    let rows = run(database, &query, &limits).map_err(|e| failed(&e))?;
    serde_json::to_value(rows.rows).map_err(|e| failed(&e))
}

fn create(table: &Table, dialect: Dialect) -> String {
    let target = Target::from(dialect);
    let columns = table.columns.iter().map(|column| {
        let not_null = if column.not_null { " NOT NULL" } else { "" };
        format!("{} {}{not_null}", name(&column.name, target), column_type(&column.declared, column.ty, dialect))
    });
    let key: Vec<String> =
        table.primary_key.iter().map(|column| name(&table.columns[usize::from(*column)].name, target)).collect();
    let key = (!key.is_empty()).then(|| format!("PRIMARY KEY ({})", key.join(", ")));
    let parts: Vec<String> = columns.chain(key).collect();
    format!("CREATE TABLE {} ({})", name(&table.name, target), parts.join(", "))
}

fn column_type(declared: &str, ty: Type, dialect: Dialect) -> String {
    let is_mysql = dialect == Dialect::MySql;
    let upper = declared.to_ascii_uppercase();
    match ty {
        Type::Integer => "BIGINT".to_owned(),
        Type::Real if ["REAL", "FLOA", "DOUB"].iter().any(|part| upper.contains(part)) => {
            if is_mysql { "DOUBLE" } else { "DOUBLE PRECISION" }.to_owned()
        }
        Type::Real if upper.contains('(') => upper,
        Type::Real => if is_mysql { "DECIMAL(30, 6)" } else { "NUMERIC" }.to_owned(),
        Type::Text if upper.starts_with("VARCHAR") => upper,
        Type::Date => "DATE".to_owned(),
        Type::Timestamp => if is_mysql { "DATETIME" } else { "TIMESTAMP" }.to_owned(),
        Type::Boolean => "BOOLEAN".to_owned(),
        Type::Blob => if is_mysql { "BLOB" } else { "BYTEA" }.to_owned(),
        Type::Text | Type::Unknown => if is_mysql { "VARCHAR(255)" } else { "TEXT" }.to_owned(),
    }
}
