//! `GET /v1/schemas`, `/v1/schemas/{name}` and `/v1/schemas/{name}/erd`: what can be asked, its tables, and their picture.

use std::fmt::Write;

use ::schema::{Catalog, TableId};
use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Path, Who};
use crate::auth::Action;
use crate::problem::{Problem, ProblemBody};
use crate::service::Served;

/// The schemas that the caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemaList {
    /// In the order in which they are served; the first is asked where a request names none.
    schemas: Vec<SchemaEntry>,
}

/// A schema in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemaEntry {
    /// Its name in requests.
    name: String,
    /// How many tables it has.
    tables: usize,
}

/// A schema.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemaBody {
    /// Its name in requests.
    name: String,
    /// Its tables.
    tables: Vec<TableBody>,
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TableBody {
    /// Its name.
    name: String,
    /// What it is, where the schema says so.
    comment: Option<String>,
    /// Whether it is a view.
    view: bool,
    /// Its columns.
    columns: Vec<ColumnBody>,
    /// Names of the columns of its key.
    primary_key: Vec<String>,
    /// Where its columns point.
    foreign_keys: Vec<KeyBody>,
}

/// A column.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnBody {
    /// Its name.
    name: String,
    /// Its type as declared.
    #[serde(rename = "type")]
    declared: String,
    /// Whether it always has a value.
    not_null: bool,
    /// What it is, where the schema says so.
    comment: Option<String>,
}

/// A foreign key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// The columns.
    columns: Vec<String>,
    /// The table that they point to.
    table: String,
    /// The columns there.
    to: Vec<String>,
}

/// What the caller may see of the tables.
fn visible(served: &Served) -> &Catalog {
    served.engine.access().map_or(&served.engine.pack.catalog, |access| access.policy().visible())
}

/// The tables of a schema.
pub(super) fn tables_of(served: &Served) -> Vec<TableBody> {
    let catalog = visible(served);
    catalog.table_ids().map(|id| table_of(catalog, id)).collect()
}

fn table_of(catalog: &Catalog, id: TableId) -> TableBody {
    let table = catalog.table(id);
    let column = |column: &::schema::Column| ColumnBody {
        name: column.name.clone(),
        declared: column.declared.clone(),
        not_null: column.not_null,
        comment: column.comment.clone(),
    };
    let own_keys = catalog.foreign_key_ids().filter(|key| catalog.foreign_key(*key).from == id);
    let key = |key| {
        let (own, other): (Vec<_>, Vec<_>) = catalog.key_pairs(key).unzip();
        let names =
            |columns: Vec<::schema::ColumnId>| columns.iter().map(|c| catalog.column(*c).name.clone()).collect();
        let table = catalog.table(catalog.foreign_key(key).to).name.clone();
        KeyBody { columns: names(own), table, to: names(other) }
    };
    TableBody {
        name: table.name.clone(),
        comment: table.comment.clone(),
        view: table.is_view,
        columns: table.columns.iter().map(column).collect(),
        primary_key: table.primary_key.iter().map(|c| table.columns[usize::from(*c)].name.clone()).collect(),
        foreign_keys: own_keys.map(key).collect(),
    }
}

/// The schemas that the caller may see.
#[utoipa::path(get, path = "/v1/schemas", tag = "schemas",
    responses((status = 200, body = SchemaList), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn schemas(service: App, who: Who) -> Result<Json<SchemaList>, Problem> {
    let schemas = service.schemas();
    let named = schemas.iter().filter(|served| who.principal.may(Action::Schema, Some(&served.name)));
    // A schema that the caller's policy says nothing of is none of theirs.
    let seen = named.filter_map(|served| served.seen_by(&who.principal).ok());
    let entry = |served: Served| SchemaEntry { tables: visible(&served).tables.len(), name: served.name };
    Ok(Json(SchemaList { schemas: seen.map(entry).collect() }))
}

/// The tables of a schema.
#[utoipa::path(get, path = "/v1/schemas/{name}", tag = "schemas", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = SchemaBody), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn schema(service: App, who: Who, Path(name): Path<String>) -> Result<Json<SchemaBody>, Problem> {
    who.principal.permit(Action::Schema, Some(&name))?;
    let served = service.schema(Some(&name), &who.principal)?;
    Ok(Json(SchemaBody { name, tables: tables_of(&served) }))
}

/// The tables of a schema and how they hang together, as a Mermaid diagram.
#[utoipa::path(get, path = "/v1/schemas/{name}/erd", tag = "schemas", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn erd(service: App, who: Who, Path(name): Path<String>) -> Result<Response, Problem> {
    who.principal.permit(Action::Schema, Some(&name))?;
    let diagram = diagram(&tables_of(&service.schema(Some(&name), &who.principal)?));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], diagram).into_response())
}

/// Mermaid's `erDiagram`; words of it are letters, digits and `_`.
fn diagram(tables: &[TableBody]) -> String {
    let word = |text: &str| -> String {
        let word: String = text.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
        if word.is_empty() { "_".to_owned() } else { word }
    };
    let mut text = String::from("erDiagram\n");
    for table in tables {
        let _ = writeln!(text, "  {} {{", word(&table.name));
        for column in &table.columns {
            let is_key = table.primary_key.contains(&column.name);
            let points = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let mark = match (is_key, points) {
                (true, true) => " PK, FK",
                (true, false) => " PK",
                (false, true) => " FK",
                (false, false) => "",
            };
            let _ = writeln!(text, "    {} {}{mark}", word(&column.declared), word(&column.name));
        }
        text.push_str("  }\n");
    }
    for table in tables {
        for key in &table.foreign_keys {
            let by = key.columns.join(", ").replace('"', "'");
            let _ = writeln!(text, "  {} }}o--|| {} : \"{by}\"", word(&table.name), word(&key.table));
        }
    }
    text
}
