//! What is to be said of a query: values, not failures.

use serde::{Deserialize, Serialize};

use crate::syntax::token::line_of;
use crate::tree::Span;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The query is not valid.
    Error,
    /// The query runs, but may not mean what was meant or may run long.
    Warning,
    /// Something was done or noticed that a reader may want to know.
    Info,
}

impl Severity {
    /// The severity's name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// The layers of validation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Whether the text is one query.
    Syntax,
    /// Names, scopes, types and joins.
    Schema,
    /// The trade's rules.
    Business,
    /// What may run long.
    Performance,
    /// What must not be run.
    Security,
    /// Statements that define things, which no query holds.
    Ddl,
}

impl Layer {
    /// The layers of a query, in order.
    pub const ALL: [Layer; 5] = [Layer::Syntax, Layer::Schema, Layer::Business, Layer::Performance, Layer::Security];

    /// The layer's name.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Syntax => "syntax",
            Layer::Schema => "schema",
            Layer::Business => "business",
            Layer::Performance => "performance",
            Layer::Security => "security",
            Layer::Ddl => "ddl",
        }
    }

    /// The layer with this name.
    pub fn from_name(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.name().eq_ignore_ascii_case(name))
    }

    /// The layer that a code such as `SCH202` belongs to.
    pub fn of_code(code: &str) -> Layer {
        match code.get(..3) {
            Some("SCH") => Layer::Schema,
            Some("BUS") => Layer::Business,
            Some("PRF") => Layer::Performance,
            Some("SEC") => Layer::Security,
            Some("DDL") => Layer::Ddl,
            _ => Layer::Syntax,
        }
    }
}

/// A replacement of a byte range of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// First byte and one past the last.
    pub span: [usize; 2],
    /// What stands there instead.
    pub text: String,
}

/// A way to mend what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// The edits, none overlapping another.
    pub edits: Vec<Edit>,
    /// Whether the query means the same afterwards.
    pub safe: bool,
}

/// Another place that a finding speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// First byte and one past the last.
    pub span: [usize; 2],
    /// What is there, in a few words.
    pub text: String,
}

/// One finding about a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable code: `SYN1xx`, `SCH2xx`, `BUS3xx`, `PRF4xx`, `SEC5xx`, `DDL6xx`.
    pub code: &'static str,
    /// The layer that found it.
    pub layer: Layer,
    /// How bad it is.
    pub severity: Severity,
    /// Where: first byte and one past the last.
    pub span: [usize; 2],
    /// What is the matter, in one sentence.
    pub message: String,
    /// Other places it speaks of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Facts beside the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::new(code, Severity::Error, span, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::new(code, Severity::Warning, span, message)
    }

    fn new(code: &'static str, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        let (span, layer, message) = (bytes(span), Layer::of_code(code), message.into());
        Diagnostic { code, layer, severity, span, message, labels: vec![], notes: vec![], help: None, fixes: vec![] }
    }

    /// The same with another place that it speaks of.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span: bytes(span), text: text.into() });
        self
    }

    /// The same with a fact beside the message.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a fix of one edit.
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>, safe: bool) -> Self {
        let edit = Edit { span: bytes(span), text: text.into() };
        self.fixes.push(Fix { title: title.into(), edits: vec![edit], safe });
        self
    }

    /// The same with a fix of several edits, after which the query may mean something else.
    pub fn fix_all(mut self, title: impl Into<String>, edits: &[(Span, &str)]) -> Self {
        let edit = |(span, text): &(Span, &str)| Edit { span: bytes(*span), text: (*text).to_owned() };
        let edits = edits.iter().map(edit).collect();
        self.fixes.push(Fix { title: title.into(), edits, safe: false });
        self
    }
}

fn bytes(span: Span) -> [usize; 2] {
    [span.start as usize, span.end as usize]
}

/// A finding as a person reads it: the message, the lines it concerns with carets under the place and dashes under other
/// places it speaks of, notes and the help.
pub fn caret(text: &str, diagnostic: &Diagnostic) -> String {
    let mut places = vec![Place::of(text, diagnostic.span, '^', "")];
    places.extend(diagnostic.labels.iter().map(|label| Place::of(text, label.span, '-', &label.text)));
    places[1..].sort_by_key(|place| place.line_start);
    let widest = places.iter().map(|place| place.number.len()).max().unwrap_or(1);
    let margin = " ".repeat(widest);
    let mut out = format!("{}[{}]: {}\n", diagnostic.severity.name(), diagnostic.code, diagnostic.message);
    out += &format!("{margin} |\n");
    let mut shown = None;
    for place in &places {
        if shown != Some(place.line_start) {
            out += &format!("{:>widest$} | {}\n", place.number, place.line);
        }
        shown = Some(place.line_start);
        out += format!("{margin} | {} {}", place.marks, place.text).trim_end();
        out.push('\n');
    }
    for note in &diagnostic.notes {
        out += &format!("{margin} = note: {note}\n");
    }
    if let Some(help) = &diagnostic.help {
        out += &format!("{margin} = help: {help}\n");
    }
    out
}

/// A place in a text as it is shown: its line, and marks under it.
struct Place<'t> {
    line_start: usize,
    number: String,
    line: String,
    marks: String,
    text: &'t str,
}

impl<'t> Place<'t> {
    fn of(text: &str, span: [usize; 2], mark: char, label: &'t str) -> Self {
        let start = floor(text, span[0]);
        let end = floor(text, span[1]).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end)].chars().count().max(1);
        Place {
            line_start,
            number: line_of(text, start).to_string(),
            line: text[line_start..line_end].trim_end_matches('\r').replace('\t', " "),
            marks: " ".repeat(before) + &mark.to_string().repeat(marked),
            text: label,
        }
    }
}

/// The byte itself, or the start of the character it is in.
fn floor(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|b| text.is_char_boundary(*b)).unwrap_or(0)
}
