//! A completion as text: `<think>…</think>`, then SQL, or a decline.

use std::collections::BTreeSet;

use schema::Catalog;
use sql::functions::named;
use sql::tree::{ExprKind, Query};
use sql::visit::each_expr_of_query;
use sql::{Diagnostic, Options, Report, features, validate};

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It says that there is no answer.
    Declined,
    /// It thinks and never comes to an answer.
    Unfinished,
    /// SQL, or what should be SQL.
    Sql(&'a str),
}

/// A completion taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion<'a> {
    /// What stands between `<think>` and `</think>`.
    pub said: Option<&'a str>,
    /// What stands behind it.
    pub answer: Answer<'a>,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// The mark of a question that has an answer, as models put it before the query.
const ANSWERABLE: &str = "<answerable>";

/// Takes a completion apart. No text, or one word in angle brackets such as `<unanswerable>`, is a decline.
pub fn completion(text: &str) -> Completion<'_> {
    let text = text.trim();
    let text = text.strip_prefix(ANSWERABLE).map_or(text, str::trim_start);
    let (said, rest) = match text.strip_prefix(OPEN) {
        None => (None, text),
        Some(thought) => match thought.split_once(CLOSE) {
            Some((said, rest)) => (Some(said.trim()), rest.trim()),
            None => return Completion { said: Some(thought.trim()), answer: Answer::Unfinished },
        },
    };
    let rest = rest.strip_prefix(ANSWERABLE).map_or(rest, str::trim_start);
    Completion { said, answer: if is_decline(rest) { Answer::Declined } else { Answer::Sql(rest) } }
}

fn is_decline(text: &str) -> bool {
    let word = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    text.is_empty() || word.is_some_and(|word| word.chars().all(|c| c.is_ascii_alphabetic() || c == '_'))
}

/// Clauses that a plan names beside tables and functions, with the features that show them in a query.
const CLAUSES: [(&str, &str); 8] = [
    ("GROUP BY", "group_by"),
    ("ORDER BY", "order_by"),
    ("HAVING", "having"),
    ("LIMIT", "limit"),
    ("DISTINCT", "distinct"),
    ("CASE", "case"),
    ("OVER", "window"),
    ("LEFT JOIN", "left_join"),
];

/// What a plan in words names: tables of the catalog, functions that are called, clauses. Everything else it says, and
/// however often it says it, counts nothing.
pub fn said_parts(said: &str, catalog: &Catalog) -> BTreeSet<String> {
    let upper = said.to_uppercase();
    let words: Vec<&str> =
        upper.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let line = format!(" {} ", words.join(" "));
    let tables = catalog.tables.iter().map(|table| table.name.to_uppercase());
    let mut parts: BTreeSet<String> = tables.filter(|name| words.contains(&name.as_str())).collect();
    let functions = words.iter().filter(|word| named(word).next().is_some() && !is_clause_word(word));
    parts.extend(functions.map(|word| (*word).to_owned()));
    parts.extend(
        CLAUSES.iter().filter(|(name, _)| line.contains(&format!(" {name} "))).map(|(name, _)| (*name).to_owned()),
    );
    parts
}

/// Words that name a clause wherever they name a function as well.
fn is_clause_word(word: &str) -> bool {
    CLAUSES.iter().any(|(clause, _)| clause.split(' ').any(|part| part == word))
}

/// The same parts of a query: what a plan of it would name.
pub fn used_parts(query: &Query, catalog: &Catalog) -> BTreeSet<String> {
    let tables = features::tables(query).into_iter().map(|table| catalog.table(table).name.to_uppercase());
    let mut parts: BTreeSet<String> = tables.collect();
    each_expr_of_query(query, &mut |e| {
        if let ExprKind::Call(call) = &e.kind {
            parts.insert(call.function.clone());
        }
    });
    let tags = features::tags(query);
    parts.extend(CLAUSES.iter().filter(|(_, tag)| tags.contains(tag)).map(|(name, _)| (*name).to_owned()));
    parts
}

/// Codes of statements that write rows or change the schema.
const WRITES: [&str; 2] = ["SEC501", "SEC502"];
/// The code of a text with more than one statement.
const SECOND: &str = "SYN102";

/// Statements of one text that are looked at.
const STATEMENTS: usize = 16;

/// Whether a text would write if it were let: its statement does, or one that stands behind it.
pub fn writes(text: &str, report: &Report, catalog: &Catalog) -> bool {
    let is_one = |found: &Diagnostic| WRITES.contains(&found.code);
    let second = |found: &[Diagnostic]| found.iter().find(|found| found.code == SECOND).map(|found| found.span[0]);
    let (mut text, mut found) = (text, report.diagnostics.clone());
    for _ in 0..STATEMENTS {
        if found.iter().any(is_one) {
            return true;
        }
        let rest = second(&found).and_then(|at| text.get(at..)).filter(|rest| rest.len() < text.len());
        let Some(rest) = rest else { return false };
        (text, found) = (rest, validate(rest, catalog, &Options::default()).diagnostics);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_are_taken_apart() {
        let check = |text: &str, said: Option<&str>, answer: Answer<'_>| {
            assert_eq!(completion(text), Completion { said, answer }, "{text:?}");
        };
        check("SELECT 1", None, Answer::Sql("SELECT 1"));
        check("<answerable> <think> a b </think>\nSELECT 1", Some("a b"), Answer::Sql("SELECT 1"));
        check("<think>x</think><answerable>SELECT 1", Some("x"), Answer::Sql("SELECT 1"));
        for text in ["", "  \n", "<unanswerable>", "<chat>", " <follow_up> "] {
            check(text, None, Answer::Declined);
        }
        check("<think>why</think>", Some("why"), Answer::Declined);
        check("<think>and so on", Some("and so on"), Answer::Unfinished);
        check("I do not know", None, Answer::Sql("I do not know"));
        check("<not one word>", None, Answer::Sql("<not one word>"));
    }

    #[test]
    fn plans_in_words_are_sets_of_parts() {
        let catalog = sql::ddl::catalog_from_ddl("CREATE TABLE t (a INTEGER); CREATE TABLE u (b INTEGER)").unwrap();
        let said = said_parts("tables t; with COUNT, group by; t t t, COUNT and more COUNT", &catalog);
        let query = sql::parse("SELECT a, COUNT(*) FROM t GROUP BY a", &catalog, sql::Dialect::Sqlite).query.unwrap();
        assert_eq!(said, used_parts(&query, &catalog));
        assert_eq!(said, BTreeSet::from(["COUNT", "GROUP BY", "T"].map(str::to_owned)));
    }

    #[test]
    fn a_write_is_seen_behind_a_query() {
        let catalog = sql::ddl::catalog_from_ddl("CREATE TABLE t (a INTEGER)").unwrap();
        let check = |text: &str| writes(text, &validate(text, &catalog, &Options::default()), &catalog);
        assert!(check("DELETE FROM t") && check("DROP TABLE t") && check("SELECT a FROM t; DELETE FROM t"));
        assert!(check("SELECT 1; SELECT 2; UPDATE t SET a = 1"));
        assert!(!check("SELECT a FROM t") && !check("SELECT 'DELETE FROM t' FROM t") && !check("SELECT 1; SELECT 2"));
        assert!(!check("PRAGMA table_info(t)") && !check("nonsense"));
    }
}
