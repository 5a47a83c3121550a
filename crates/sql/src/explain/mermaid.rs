//! Operators as a Mermaid flowchart (mermaid.js.org), which Markdown viewers draw.

use std::fmt::Write;

use super::Operator;

impl Operator {
    /// A flowchart from the tables up to the rows that are shown.
    pub fn mermaid(&self) -> String {
        let mut out = "flowchart BT\n".to_owned();
        self.nodes(&mut 0, &mut out);
        out
    }

    /// Writes this node and those below it; its number.
    fn nodes(&self, next: &mut usize, out: &mut String) -> usize {
        let own = *next;
        *next += 1;
        // Writing into a String cannot fail.
        let _ = writeln!(out, "    n{own}[\"<b>{}</b><br/>{}\"]", escaped(&self.name), escaped(&self.detail));
        for input in &self.inputs {
            let below = input.nodes(next, out);
            let _ = writeln!(out, "    n{below} --> n{own}");
        }
        own
    }
}

/// Mermaid reads entities by their number behind `#`; letters and digits stay, and so do marks that mean nothing to it.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '.' | '\'' | '_' | '-' | ':');
    text.chars().map(|c| if plain(c) { c.to_string() } else { format!("#{};", c as u32) }).collect()
}
