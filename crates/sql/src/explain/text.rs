//! Operators as indented text.

use super::Operator;

impl Operator {
    /// One line an operator, its inputs indented below it.
    pub fn text(&self) -> String {
        let mut lines = vec![];
        self.lines("", "", &mut lines);
        lines.join("\n") + "\n"
    }

    fn lines(&self, before: &str, below: &str, lines: &mut Vec<String>) {
        lines.push(format!("{before}{}: {}", self.name, self.detail));
        for (i, input) in self.inputs.iter().enumerate() {
            let (branch, rest) = if i + 1 == self.inputs.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            input.lines(&format!("{below}{branch}"), &format!("{below}{rest}"), lines);
        }
    }
}
