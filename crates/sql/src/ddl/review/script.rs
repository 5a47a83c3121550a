//! The reviewed script as text. It is for reading: its first line says that nothing was run.

use super::{Review, Step};
use crate::diagnostic::Severity;
use crate::dialect::Dialect;

impl Review {
    /// The script: each statement with what depends on it, what was found and how it is undone. Statements that the engine
    /// would refuse stand in comments. Empty where there is no statement.
    pub fn script(&self) -> String {
        if self.statements.is_empty() {
            return String::new();
        }
        let mut out =
            String::from("-- Reviewed, not run: this program only reads. Whoever may change the database runs it.\n");
        if self.reordered {
            out += "-- The statements stand in the order in which they can be run, not in the one given.\n";
        }
        let runs = self.statements.iter().filter(|step| !step.refused).count();
        let together = runs > 1 && self.dialect != Dialect::MySql && !out_of_transaction(&self.statements);
        if together {
            out += "\nBEGIN;\n";
        }
        for (i, step) in self.statements.iter().enumerate() {
            out += &group(i + 1, step);
        }
        if together {
            out += "\nCOMMIT;\n";
        }
        out
    }
}

/// PostgreSQL's CONCURRENTLY stands in no transaction.
fn out_of_transaction(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.sql.contains(" CONCURRENTLY "))
}

fn group(number: usize, step: &Step) -> String {
    let mut out = format!("\n-- {number}.{}\n", if step.refused { " Refused as it stands:" } else { "" });
    for line in &step.depends {
        out += &comment("depends", line);
    }
    for finding in &step.findings {
        out += &comment(finding.severity.name(), &format!("{}: {}", finding.code, finding.message));
        if let Some(help) = finding.help.as_ref().filter(|_| finding.severity != Severity::Info) {
            out += &comment("  help", help);
        }
    }
    let statement = format!("{};\n", step.sql);
    out += &if step.refused { commented(&statement) } else { statement };
    if !step.instead.is_empty() {
        out += "-- instead:\n";
        step.instead.iter().for_each(|sql| out += &commented(&format!("{sql};\n")));
    }
    for (i, sql) in step.undo.iter().enumerate() {
        let label = if i == 0 { "undo: " } else { "      " };
        out += &commented(&format!("{label}{sql};\n"));
    }
    if let Some(lost) = &step.not_undone {
        out += &comment("not undone", lost);
    }
    out
}

/// One line of comment; what breaks lines is taken out, so that nothing of a name can stand outside of it.
fn comment(label: &str, text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("-- {label}: {line}\n")
}

/// A text of several lines, each a comment.
fn commented(text: &str) -> String {
    text.replace('\r', " ").lines().map(|line| format!("-- {line}\n")).collect()
}
