//! Inputs to start from: statements, schema scripts and questions that the project has anyway.

use std::fs;

use serde_json::Value;

use crate::figures::EXAMPLES;
use crate::tools::root;

/// How many of the hand-written questions are taken, spread over all of them.
const QUESTIONS: usize = 200;

/// Statements at the edges of the grammar over the small schema, and the pack's hand-written queries over the pack's:
/// what an input begins with chooses the schema.
pub fn queries() -> Result<Vec<Vec<u8>>, String> {
    let edges = text("crates/sql/tests/it/edges.sql")?;
    let edges = edges.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("--"));
    let edges = edges.map(|line| format!("1{line}"));
    let examples = examples("sql")?.into_iter().map(|sql| format!("0{sql}"));
    Ok(edges.chain(examples).map(String::into_bytes).collect())
}

/// The hand-written questions.
pub fn questions() -> Result<Vec<Vec<u8>>, String> {
    Ok(examples("question")?.into_iter().map(String::into_bytes).collect())
}

/// Schema scripts, whole and statement by statement.
pub fn scripts() -> Result<Vec<Vec<u8>>, String> {
    let mut scripts = Vec::new();
    for path in ["packs/gl/schema.sql", "fuzz/schemas/company.sql", "fuzz/schemas/odd.sql", "fuzz/schemas/short.sql"] {
        let script = text(path)?;
        scripts.extend(script.split_inclusive(";\n").map(|statement| statement.as_bytes().to_vec()));
        scripts.push(script.into_bytes());
    }
    Ok(scripts)
}

/// Bytes that look like chance, the same each time.
pub fn noise() -> Result<Vec<Vec<u8>>, String> {
    let mut state = 1u64;
    let mut byte = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    Ok((0..64).map(|length| (0..4 + 8 * length).map(|_| byte()).collect()).collect())
}

fn text(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}"))
}

/// One field of the hand-written examples.
fn examples(field: &str) -> Result<Vec<String>, String> {
    let text = text(EXAMPLES)?;
    let lines: Vec<&str> = text.lines().collect();
    let every = lines.len().div_ceil(QUESTIONS).max(1);
    let read = |line: &&str| serde_json::from_str::<Value>(line).ok()?[field].as_str().map(str::to_owned);
    Ok(lines.iter().step_by(every).filter_map(read).collect())
}
