//! What we say that a query reads is what SQLite's authorizer says, but for the columns that USING joins by.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use schema::Catalog;
use sql::{Dialect, Layer, lineage, parse};

use crate::agreement::{mutants, mutants_each};
use crate::round_trip::QUERIES;
use crate::support::{DDL, catalog, database, suites};

type Names = BTreeSet<String>;

/// The columns that SQLite asks leave to read, those within views left out.
fn announced(connection: &mut Connection, sql: &str, catalog: &Catalog) -> Option<Names> {
    let seen: Arc<Mutex<Names>> = Arc::default();
    let views: Vec<String> = catalog.tables.iter().filter(|t| t.is_view).map(|t| t.name.clone()).collect();
    let (recorder, tables) = (Arc::clone(&seen), catalog.clone());
    let record = move |context: AuthContext<'_>| {
        let within_view = context.accessor.is_some_and(|accessor| views.iter().any(|view| view == accessor));
        if let AuthAction::Read { table_name, column_name } = context.action
            && !within_view
            && !column_name.is_empty()
            && let Some(table) = tables.find_table(table_name)
        {
            let name = format!("{}.{column_name}", tables.table(table).name).to_lowercase();
            recorder.lock().expect("nothing panics here").insert(name);
        }
        Authorization::Allow
    };
    connection.authorizer(Some(record)).expect("an authorizer can be set");
    let prepared = connection.prepare(sql).is_ok();
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>).expect("and be taken away");
    let seen = seen.lock().expect("nothing panics here").clone();
    prepared.then_some(seen)
}

/// What we say is read, or the layer that refuses it: a query refused for safety's sake has nothing to compare.
fn ours(sql: &str, catalog: &Catalog) -> Result<Names, Option<Layer>> {
    let parsed = parse(sql, catalog, Dialect::Sqlite);
    let Some(query) = parsed.query else { return Err(parsed.diagnostics.first().map(|found| found.layer)) };
    Ok(lineage(&query, catalog).reads.iter().map(|read| read.name(catalog).to_lowercase()).collect())
}

/// Whether the only differences are the columns that USING or NATURAL joins by, and what SQLite notes of sources within
/// brackets: a row id in place of what is not looked at, and all of a join that stands after another source.
fn is_known(sql: &str, ours: &Names, theirs: &Names) -> bool {
    let upper = sql.to_uppercase();
    let says = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
    let by_names = says(&["USING", "NATURAL"]);
    let bracketed = says(&["FROM (PROJECT", "JOIN (PROJECT", ", (PROJECT"]);
    let joined_after = says(&[", (PROJECT Y, ", ", (PROJECT Y JOIN"]);
    let is_row_id = |name: &String| name.ends_with(".rowid");
    (by_names || ours.is_subset(theirs))
        && (joined_after || theirs.difference(ours).all(|name| bracketed && is_row_id(name)))
}

fn differences<'t>(texts: impl Iterator<Item = &'t str>, catalog: &Catalog, ddl: &str) -> Vec<String> {
    let mut connection = database(ddl);
    let mut found = vec![];
    for sql in texts {
        let Some(theirs) = announced(&mut connection, sql, catalog) else { continue };
        match ours(sql, catalog) {
            Err(Some(Layer::Security)) => {}
            Err(_) => found.push(format!("we refuse\n    {sql}")),
            Ok(ours) if is_known(sql, &ours, &theirs) => {}
            Ok(ours) => {
                let (more, less) = (ours.difference(&theirs), theirs.difference(&ours));
                found.push(format!("only we: {:?}, only SQLite: {:?}\n    {sql}", names(more), names(less)));
            }
        }
    }
    found
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    names.map(String::as_str).collect()
}

#[test]
fn of_our_queries() {
    let edges = include_str!("edges.sql").lines().filter(|line| !line.starts_with("--"));
    let found = differences(QUERIES.iter().copied().chain(edges), &catalog(), DDL);
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}

#[test]
fn of_mutants_of_our_queries() {
    let originals: Vec<String> = QUERIES.iter().map(|text| (*text).to_owned()).collect();
    let mutants = mutants(&originals, mutants_each(), 5);
    let found = differences(mutants.iter().map(String::as_str), &catalog(), DDL);
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn of_spider() {
    let Some(folder) = suites().map(|folder| folder.join("spider")) else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let mut found = Vec::new();
    for (schema, questions) in crate::spider::questions(&folder) {
        let ddl = std::fs::read_to_string(folder.join(format!("{schema}.sql"))).expect("each schema has its script");
        let catalog = sql::ddl::catalog_from_ddl(&ddl).expect("the schema is readable");
        found.extend(differences(questions.iter().map(|question| question.sql.as_str()), &catalog, &ddl));
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
