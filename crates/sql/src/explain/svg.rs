//! Operators as a picture: boxes in layers, the rows that are shown on top.

use std::fmt::Write;

use super::Operator;

/// Letters of a line within a box.
const LETTERS: usize = 34;
/// Pixels of a letter, as wide as sans-serif text of 12 px is at most on average.
const LETTER: f64 = 6.8;
const LINE: f64 = 16.0;
const PADDING: f64 = 10.0;
const GAP: f64 = 24.0;
/// Between a box and those below it.
const RISE: f64 = 36.0;

/// A box with its place.
struct Placed<'a> {
    operator: &'a Operator,
    lines: Vec<String>,
    inputs: Vec<Placed<'a>>,
    /// Left edge and middle of the box.
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// What the box and those below it take up.
    span: f64,
}

impl Operator {
    /// A whole SVG file.
    pub fn svg(&self) -> String {
        let mut root = placed(self);
        root.put(GAP, GAP);
        let (width, height) = (root.span + 2.0 * GAP, root.bottom() + GAP);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>Query plan</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        root.draw(&mut out);
        out + "</svg>\n"
    }
}

fn placed(operator: &Operator) -> Placed<'_> {
    let lines = wrapped(&operator.detail);
    let longest = lines.iter().chain([&operator.name]).map(|line| line.chars().count()).max().unwrap_or(0);
    let width = longest as f64 * LETTER + 2.0 * PADDING;
    let height = (lines.len() + 1) as f64 * LINE + PADDING;
    let inputs: Vec<Placed<'_>> = operator.inputs.iter().map(placed).collect();
    let below: f64 = inputs.iter().map(|input| input.span).sum::<f64>() + GAP * inputs.len().saturating_sub(1) as f64;
    Placed { operator, lines, inputs, x: 0.0, y: 0.0, width, height, span: width.max(below) }
}

impl Placed<'_> {
    /// Puts this box in the middle of its span, which begins at `left`, and those it takes rows from below it.
    fn put(&mut self, left: f64, top: f64) {
        (self.x, self.y) = (left + (self.span - self.width) / 2.0, top);
        let below: f64 = self.inputs.iter().map(|input| input.span + GAP).sum::<f64>() - GAP;
        let mut left = left + (self.span - below).max(0.0) / 2.0;
        for input in &mut self.inputs {
            input.put(left, top + self.height + RISE);
            left += input.span + GAP;
        }
    }

    fn bottom(&self) -> f64 {
        self.inputs.iter().map(Placed::bottom).fold(self.y + self.height, f64::max)
    }

    fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }

    fn draw(&self, out: &mut String) {
        for input in &self.inputs {
            let (from, to) = ((input.middle(), input.y), (self.middle(), self.y + self.height));
            let bend = f64::midpoint(from.1, to.1);
            // Writing into a String cannot fail.
            let _ = writeln!(
                out,
                "<path d=\"M{:.1} {:.1} C{:.1} {bend:.1} {:.1} {bend:.1} {:.1} {:.1}\" fill=\"none\" stroke=\"#6b7280\"/>",
                from.0, from.1, from.0, to.0, to.0, to.1
            );
        }
        let Placed { x, y, width, height, .. } = self;
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"5\" fill=\"#f3f4f6\" stroke=\"#374151\"/>"
        );
        let mut line = |row: usize, weight: &str, text: &str| {
            let (x, y) = (self.x + PADDING, self.y + PADDING / 2.0 + LINE * (row as f64 + 0.8));
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\"{weight} fill=\"#111827\">{}</text>", escaped(text));
        };
        line(0, " font-weight=\"bold\"", &self.operator.name);
        self.lines.iter().enumerate().for_each(|(row, text)| line(row + 1, "", text));
        self.inputs.iter().for_each(|input| input.draw(out));
    }
}

/// Lines of whole words; a word that is longer than a line is cut.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if let Some(line) = lines.last_mut()
            && line.chars().count() + 1 + rest.len() <= LETTERS
        {
            line.push(' ');
            line.extend(rest);
            continue;
        }
        while rest.len() > LETTERS {
            lines.push(rest.drain(..LETTERS).collect());
        }
        lines.push(rest.into_iter().collect());
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
