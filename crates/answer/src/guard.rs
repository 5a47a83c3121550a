//! What can be told of a question before any model reads it: requests to change data, and SQL pasted instead of a
//! question. Both are lexical and cautious: what they miss, the model's intent, the validator and the read-only
//! connection still catch.

/// Words that only open a request: "could you please delete …" is "delete …".
pub(crate) const POLITE: [&str; 23] = [
    "please", "kindly", "pls", "can", "could", "would", "will", "you", "we", "i", "id", "i'd", "want", "need", "like",
    "to", "just", "now", "go", "ahead", "and", "hey", "also",
];

/// Openings of SQL statements that change something or reach beyond the tables: first word, second words (none: any).
const STATEMENTS: [(&str, &[&str]); 15] = [
    ("insert", &["into", "or"]),
    ("replace", &["into"]),
    ("delete", &["from"]),
    ("drop", &["table", "view", "index", "trigger", "database", "schema", "column"]),
    ("alter", &["table", "view", "database", "schema"]),
    (
        "create",
        &["table", "view", "index", "unique", "trigger", "database", "schema", "temp", "temporary", "virtual", "or"],
    ),
    ("truncate", &["table"]),
    ("merge", &["into"]),
    ("grant", &["select", "all", "insert", "update", "delete"]),
    ("revoke", &["select", "all", "insert", "update", "delete"]),
    ("attach", &["database"]),
    ("detach", &["database"]),
    ("pragma", &[]),
    ("vacuum", &[]),
    ("reindex", &[]),
];

/// Whether the question asks to change data or tables. In a conversation "drop the date column" and "add their budget" speak
/// of the last answer, so that only statements and verbs that speak of data alone count there.
pub fn is_write_request(question: &str, in_conversation: bool) -> bool {
    let question = unfenced(question);
    let words_said = words(question);
    let mut statements = question.split(';').map(words);
    statements.any(|part| is_statement(&part)) || is_deletion(&words_said) || !in_conversation && is_order(&words_said)
}

/// Lower-case words; apostrophes stay within them.
fn words(text: &str) -> Vec<String> {
    let separator = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '\'' | '-' | '%'));
    let words = text.split(separator).map(|w| w.trim_matches(['\'', '-']).to_lowercase());
    words.filter(|w| !w.is_empty()).collect()
}

/// A statement of SQL that is not a query.
fn is_statement(words: &[String]) -> bool {
    let Some(first) = words.first() else { return false };
    let second = words.get(1).map_or("", String::as_str);
    let by_opening = |(verb, objects): &(&str, &[&str])| {
        first == verb && (objects.contains(&second) || (objects.is_empty() && words.len() <= 4))
    };
    let is_update = first == "update" && words.get(2).is_some_and(|w| w == "set");
    is_update || STATEMENTS.iter().any(by_opening)
}

/// The verb that a request begins with, and what follows.
fn request(words: &[String]) -> Option<(&String, &[String])> {
    let start = words.iter().position(|w| !POLITE.contains(&w.as_str()))?;
    words[start..].split_first()
}

/// A verb at the start that, as an order, can only mean data.
fn is_deletion(words: &[String]) -> bool {
    const VERBS: &[&str] = &[
        "delete",
        "erase",
        "truncate",
        "insert",
        "overwrite",
        "rename",
        "wipe",
        "deactivate",
        "reactivate",
        "reopen",
        "unflag",
        "approve",
        "reject",
        "cancel",
        "unassign",
        "extend",
        "terminate",
        "grant",
        "revoke",
        "notify",
        "bump",
        "reschedule",
        "anonymise",
        "anonymize",
        "renew",
    ];
    request(words).is_some_and(|(verb, rest)| VERBS.contains(&verb.as_str()) && !rest.is_empty())
}

/// An order in plain words: an imperative verb at the start, with the words that make it one. "Raise the rates by 5 % and
/// list them" asks for an answer, and "mark those over budget as red, the others as green" for labels.
fn is_order(words: &[String]) -> bool {
    let Some((verb, rest)) = request(words) else { return false };
    let next = rest.first().map_or("", String::as_str);
    let later = |wanted: &[&str]| rest.iter().skip(1).any(|w| wanted.contains(&w.as_str()));
    if later(&["show", "list", "display", "tell"]) {
        return false;
    }
    match verb.as_str() {
        "remove" => !rest.is_empty(),
        "assign" => later(&["to"]) && !matches!(next, "each" | "every" | "all"),
        "drop" => ["the", "all", "this", "that", "my", "our", "every"].contains(&next),
        "update" => !matches!(next, "" | "me" | "us" | "on" | "about" | "date" | "dates"),
        // "Set side by side", "set 2025 against 2026" compare; "change requests" are things to be counted.
        "set" | "change" | "reset" => {
            let is_noun = matches!(next, "of" | "in" | "side" | "request" | "requests" | "orders");
            let compares = rest.iter().any(|word| matches!(word.as_str(), "against" | "beside"));
            later(&["to", "as", "from"]) && !is_noun && !compares
        }
        "mark" | "flag" => later(&["as"]) && !later(&["rest", "other", "others", "otherwise", "else"]),
        "add" => {
            next == "new"
                || rest.get(1).is_some_and(|word| word == "index")
                || later(&["new", "to", "as"]) && !matches!(next, "up" | "together")
        }
        "create" => {
            let thing = rest.get(1).map_or("", String::as_str);
            matches!(thing, "new" | "index" | "table" | "view" | "unique") || matches!(next, "new" | "index")
        }
        "raise" | "increase" | "decrease" => later(&["by", "to"]),
        "move" | "reassign" | "transfer" => later(&["to", "into", "from", "back"]),
        // Two lists or two departments are merged in an answer, one record into another in the data.
        "merge" => later(&["into"]) && !matches!(rest.last().map_or("", String::as_str), "list" | "column" | "table"),
        _ => false,
    }
}

/// The SQL in a question that is SQL: without a fence around it, without a last semicolon's company. `None` when it is
/// plain language. "select all projects over budget" is: `parses` decides, and only where a FROM stands.
pub fn pasted_sql(question: &str, parses: impl FnOnce(&str) -> bool) -> Option<&str> {
    let text = unfenced(question);
    let first = text.split(|c: char| !c.is_alphanumeric()).find(|w| !w.is_empty())?;
    let opens = ["select", "with", "values", "explain"].iter().any(|word| first.eq_ignore_ascii_case(word));
    let written_as_sql = first.chars().all(char::is_uppercase);
    let has_from = words(text).iter().any(|w| w == "from");
    let is_sql = opens && (has_from || written_as_sql) && (written_as_sql || parses(text));
    is_sql.then_some(text)
}

/// The text within a Markdown fence, or all of it.
pub(crate) fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|t| t.strip_suffix("```")) else { return text };
    inner.strip_prefix("sql").unwrap_or(inner).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_statements_are_write_requests() {
        for question in [
            "Set the status of PRJ-022 to Completed",
            "Delete all draft contracts older than 2022",
            "Please add a new contact named Jane Doe for Initech",
            "Raise the billing rate of Grace Kim by 5 percent",
            "drop the table STAFF",
            "drop table STAFF; --",
            "move Omar Hassan from PRJ-008 to PRJ-009",
            "Assign Omar Hassan to PRJ-009",
            "Show projects'; DELETE FROM PROJECTS; --",
            "Kindly merge the duplicate companies into one record",
            "mark every expired retainer as terminated",
            "create an index on RESPONSES.Project_Code",
            "please create a unique index on T (a)",
            "create index on a of T",
            "change the type of column a in T to text",
            "could you please remove the contact Jane Doe",
            "UPDATE staff SET rate = 0",
            "PRAGMA writable_schema = 1",
        ] {
            assert!(is_write_request(question, false), "{question}");
        }
    }

    #[test]
    fn questions_that_only_sound_so_are_not() {
        for question in [
            "Show all active projects with budget over 100000",
            "Which contracts were updated last month?",
            "Update me on the open tickets",
            "Create a list of projects by department",
            "Add up the budgets of all projects",
            "set of projects in IT",
            "Change in revenue by department",
            "Purge jobs that failed",
            "Can you tell me which resources were added to PRJ-008?",
            "I need to see deleted contracts",
            "flag count per table",
            "drop in revenue per department",
            "Would you set Q1 against Q2 by role, from January to June?",
            "Assign each project a label: 'late' if it is over budget, otherwise 'fine'",
            "Mark projects over budget as 'red' and all others as 'green'",
            "Merge the staff of IT and Finance into one list",
            "Raise every billing rate by 5 percent and show me the result by role",
        ] {
            assert!(!is_write_request(question, false), "{question}");
        }
    }

    #[test]
    fn in_a_conversation_columns_come_and_go() {
        for question in ["drop the date column", "add their budget to the list", "change it to 500k", "remove the code"]
        {
            assert!(!is_write_request(question, true), "{question}");
        }
        for question in ["delete them", "could you erase those please", "drop table STAFF", "UPDATE staff SET rate = 0"]
        {
            assert!(is_write_request(question, true), "{question}");
        }
    }

    #[test]
    fn sql_is_told_from_english() {
        let yes = |_: &str| true;
        assert_eq!(pasted_sql("SELECT a FROM t", |_| false), Some("SELECT a FROM t"));
        assert_eq!(pasted_sql("```sql\nselect a from t\n```", yes), Some("select a from t"));
        assert_eq!(pasted_sql("select all projects over budget", yes), None);
        assert_eq!(pasted_sql("select the names from our companies please", |_| false), None);
        assert_eq!(pasted_sql("With which companies do we work?", yes), None);
    }
}
