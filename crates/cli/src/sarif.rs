//! Findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for tools that show them beside code.

use serde_json::{Value as Json, json};
use sql::diagnostic::{Diagnostic, Fix, Severity};
use sql::validate::{Rule, rules};

/// Where the format is defined.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A text that was checked, and what was found in it.
pub(crate) struct Checked {
    /// What it is called, as a relative URI.
    pub(crate) uri: String,
    /// The text.
    pub(crate) text: String,
    /// What was found.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// One log with one run: the rules, the texts, and what was found in them.
pub(crate) fn log(checked: &[Checked]) -> Json {
    let results = checked.iter().enumerate().flat_map(|(index, checked)| {
        checked.diagnostics.iter().map(move |diagnostic| result(diagnostic, &Artifact { index, checked }))
    });
    let artifacts = checked.iter().map(|checked| {
        json!({
            "location": { "uri": checked.uri }, "contents": { "text": checked.text }, "sourceLanguage": "sql",
            "length": checked.text.len(),
        })
    });
    let driver = json!({
        "name": "glrl", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules().map(descriptor).collect::<Vec<_>>(),
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts.collect::<Vec<_>>(),
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// A text among those of a run.
struct Artifact<'a> {
    index: usize,
    checked: &'a Checked,
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Json {
    json!({
        "id": rule.code,
        "shortDescription": { "text": sentence(rule.title) },
        "fullDescription": { "text": rule.section("What it does").replace('\n', " ") },
        "help": { "text": rule.section("Why").replace('\n', " "), "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [rule.layer().name()] },
    })
}

fn sentence(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).chain(['.']).collect())
}

fn result(diagnostic: &Diagnostic, artifact: &Artifact) -> Json {
    let parts = std::iter::once(&diagnostic.message).chain(&diagnostic.notes).chain(&diagnostic.help);
    let message = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": rules().position(|rule| rule.code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": message },
        "locations": [location(artifact, diagnostic.span)],
    });
    if !diagnostic.labels.is_empty() {
        let related = diagnostic.labels.iter().map(|label| {
            let mut place = location(artifact, label.span);
            place["message"] = json!({ "text": label.text });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if !diagnostic.fixes.is_empty() {
        result["fixes"] = diagnostic.fixes.iter().map(|fix| fix_of(fix, artifact)).collect();
    }
    result
}

fn fix_of(fix: &Fix, artifact: &Artifact) -> Json {
    let replacements = fix.edits.iter().map(|edit| {
        json!({ "deletedRegion": region(&artifact.checked.text, edit.span), "insertedContent": { "text": edit.text } })
    });
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": artifact_location(artifact),
            "replacements": replacements.collect::<Vec<_>>(),
        }],
        "properties": { "safe": fix.safe },
    })
}

fn location(artifact: &Artifact, span: [usize; 2]) -> Json {
    let region = region(&artifact.checked.text, span);
    json!({ "physicalLocation": { "artifactLocation": artifact_location(artifact), "region": region } })
}

fn artifact_location(artifact: &Artifact) -> Json {
    json!({ "uri": artifact.checked.uri, "index": artifact.index })
}

/// A span as lines and columns in characters, both from 1, and as bytes from 0.
fn region(text: &str, [start, end]: [usize; 2]) -> Json {
    let ((start_line, start_column), (end_line, end_column)) = (place(text, start), place(text, end));
    json!({
        "startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column,
        "byteOffset": start, "byteLength": end - start,
    })
}

fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
