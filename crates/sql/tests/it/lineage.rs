//! What we say that a query reads is what SQLite's authorizer says, but for the columns that USING joins by.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use schema::Catalog;
use sql::{Dialect, lineage, parse};

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

fn ours(sql: &str, catalog: &Catalog) -> Option<Names> {
    let query = parse(sql, catalog, Dialect::Sqlite).query?;
    Some(lineage(&query, catalog).reads.iter().map(|read| read.name(catalog).to_lowercase()).collect())
}

/// Whether the only difference is what USING or NATURAL joins by, or what SQLite notes of sources within brackets: a row
/// id in place of what is not looked at.
fn is_known(sql: &str, ours: &Names, theirs: &Names) -> bool {
    let upper = sql.to_uppercase();
    let by_names = upper.contains("USING") || upper.contains("NATURAL");
    let bracketed = upper.contains("FROM (PROJECT") || upper.contains("JOIN (PROJECT");
    let is_row_id = |name: &String| name.ends_with(".rowid");
    by_names && theirs.is_subset(ours) || bracketed && theirs.difference(ours).all(is_row_id)
}

fn differences<'t>(texts: impl Iterator<Item = &'t str>, catalog: &Catalog, ddl: &str) -> Vec<String> {
    let mut connection = database(ddl);
    let mut found = vec![];
    for sql in texts {
        let Some(theirs) = announced(&mut connection, sql, catalog) else { continue };
        match ours(sql, catalog) {
            None => found.push(format!("we refuse\n    {sql}")),
            Some(ours) if ours == theirs || is_known(sql, &ours, &theirs) => {}
            Some(ours) => {
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
