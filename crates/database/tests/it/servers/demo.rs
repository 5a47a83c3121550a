//! The GL pack's demo rows in SQLite and in both servers.

use std::fmt::Write;
use std::path::Path;
use std::sync::OnceLock;

use database::fill::Recipe;
use database::{Database, DemoSpec, Image, open_at};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use schema::{Catalog, Type};

use super::harness::Engine;

/// The name of the database with the demo rows.
pub(crate) const NAME: &str = "gl";
/// Rows in one INSERT.
const BATCH: usize = 200;

/// The rows in memory, and what they are of.
pub(crate) struct Demo {
    pub(crate) catalog: Catalog,
    pub(crate) image: Image,
    ddl: String,
    /// `INSERT` statements without names quoted.
    inserts: String,
}

pub(crate) fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let (ddl, catalog, spec) = gl();
        let recipe = Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 };
        let mut connection = database::fill(&recipe).expect("demo rows");
        let inserts = inserts(&connection, &catalog);
        let image = Image::of(&mut connection, &catalog).expect("an image");
        Demo { catalog, image, ddl, inserts }
    })
}

/// A role's database of the demo rows; they are loaded on first use.
pub(crate) fn open(engine: Engine, role: &str) -> Database {
    load(engine);
    open_at(&engine.server().place(role, NAME), &demo().catalog).expect("a database")
}

/// Loads the rows into a server, once.
pub(crate) fn load(engine: Engine) {
    static LOADED: [OnceLock<()>; 2] = [OnceLock::new(), OnceLock::new()];
    LOADED[engine as usize].get_or_init(|| {
        let server = engine.server();
        server.create(NAME);
        // MySQL's TIMESTAMP is of a time zone and ends in 2038.
        let ddl = match engine {
            Engine::Postgres => demo().ddl.clone(),
            Engine::MariaDb => demo().ddl.replace(" TIMESTAMP ", " DATETIME "),
        };
        server.script(NAME, &format!("{ddl}\n{}", demo().inserts));
        let analyse = if engine == Engine::Postgres { "ANALYZE;" } else { "SELECT 1;" };
        server.script(NAME, analyse);
        server.grant(NAME);
    });
}

fn gl() -> (String, Catalog, DemoSpec) {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl").join(name);
        std::fs::read_to_string(path).expect(name)
    };
    let ddl = read("schema.sql");
    let catalog = sql::ddl::catalog_from_ddl(&ddl).expect("the pack's script");
    (ddl, catalog, DemoSpec::from_toml(&read("demo.toml")).expect("the pack's demo.toml"))
}

fn inserts(connection: &Connection, catalog: &Catalog) -> String {
    let mut script = String::new();
    for table in order(catalog) {
        let table = &catalog.tables[table];
        let mut statement = connection.prepare(&format!("SELECT * FROM {}", table.name)).expect("a table");
        let mut rows = statement.query([]).expect("rows");
        let mut count = 0;
        while let Some(row) = rows.next().expect("a row") {
            let start =
                if count % BATCH == 0 { format!("INSERT INTO {} VALUES\n(", table.name) } else { ",\n(".to_owned() };
            if count % BATCH == 0 && count > 0 {
                script.push_str(";\n");
            }
            script.push_str(&start);
            for (i, column) in table.columns.iter().enumerate() {
                let comma = if i == 0 { "" } else { ", " };
                let cell = literal(row.get_ref(i).expect("a cell"), column.ty);
                write!(script, "{comma}{cell}").expect("memory");
            }
            script.push(')');
            count += 1;
        }
        if count > 0 {
            script.push_str(";\n");
        }
    }
    script
}

/// Tables after those that they refer to.
fn order(catalog: &Catalog) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < catalog.tables.len() {
        let before = order.len();
        for id in catalog.table_ids().filter(|id| !catalog.table(*id).is_view) {
            let at = usize::from(id.0);
            let ready = catalog
                .foreign_keys
                .iter()
                .filter(|key| key.from == id && key.to != id)
                .all(|key| order.contains(&usize::from(key.to.0)));
            if ready && !order.contains(&at) {
                order.push(at);
            }
        }
        if order.len() == before {
            break;
        }
    }
    order
}

fn literal(cell: ValueRef<'_>, ty: Type) -> String {
    match cell {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(whole) if ty == Type::Boolean => if whole == 0 { "FALSE" } else { "TRUE" }.to_owned(),
        ValueRef::Integer(whole) => whole.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(_) => panic!("the demo has no bytes"),
    }
}
