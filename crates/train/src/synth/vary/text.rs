//! Cutting and joining the text of a question.

use std::collections::HashMap;

use schema::slot::TextSpan;

use super::super::say::is_question;

pub(crate) use super::super::say::capitalised;

/// A text with some of its spans replaced; an article before a replaced word is made to fit.
pub fn replaced(text: &str, mut edits: Vec<(TextSpan, String)>) -> String {
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    for (span, new) in edits {
        let capital = text[span.start..].starts_with(char::is_uppercase) && span.start == 0;
        let new = if capital { capitalised(&new) } else { new };
        out.replace_range(span.start..span.end, &new);
        out = with_article(out, span.start);
    }
    out
}

/// "a engagement" as "an engagement", where the word stands at `at`.
fn with_article(text: String, at: usize) -> String {
    let (before, after) = text.split_at(at);
    let vowel = after.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    let (wrong, right) = if vowel { (" a ", " an ") } else { (" an ", " a ") };
    match before.strip_suffix(wrong) {
        Some(rest) => format!("{rest}{right}{after}"),
        None => text,
    }
}

/// Where a phrase stands as whole words in a text, in whatever case.
pub fn occurrences(text: &str, phrase: &str) -> Vec<TextSpan> {
    let (bytes, wanted) = (text.as_bytes(), phrase.as_bytes());
    let Some(first) = wanted.first().map(u8::to_ascii_lowercase) else { return vec![] };
    let (starts_word, ends_word) = (phrase.starts_with(is_inner), phrase.ends_with(is_inner));
    let whole = |start: usize, end: usize| {
        !((starts_word && text[..start].ends_with(is_inner)) || (ends_word && text[end..].starts_with(is_inner)))
    };
    // A byte that begins a character begins none in the middle of another, so that both ends lie between characters.
    let starts =
        (0..(bytes.len() + 1).saturating_sub(wanted.len())).filter(|&at| bytes[at].to_ascii_lowercase() == first);
    let found = starts.filter(|&at| bytes[at..at + wanted.len()].eq_ignore_ascii_case(wanted));
    let spans = found.map(|start| TextSpan { start, end: start + wanted.len() });
    spans.filter(|span| whole(span.start, span.end)).collect()
}

/// The words of a text by what they are, for looking up many phrases in it.
pub struct Words<'a> {
    text: &'a str,
    starts: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Words<'a> {
    /// Of a text in small letters.
    pub fn of(text: &'a str) -> Self {
        let mut starts: HashMap<&str, Vec<usize>> = HashMap::new();
        for word in text.split(|c| !is_inner(c)).filter(|word| !word.is_empty()) {
            starts.entry(word).or_default().push(word.as_ptr() as usize - text.as_ptr() as usize);
        }
        Words { text, starts }
    }

    /// As [`occurrences`]: a phrase can only stand where its first word does.
    pub fn occurrences(&self, phrase: &str) -> Vec<TextSpan> {
        let first = phrase.split(|c| !is_inner(c)).next().unwrap_or_default();
        if first.is_empty() {
            return occurrences(self.text, phrase);
        }
        let known = self.starts.get(first).or_else(|| self.starts.get(first.to_ascii_lowercase().as_str()));
        let spans = known.into_iter().flatten().map(|&start| TextSpan { start, end: start + phrase.len() });
        spans.filter(|span| is_at(self.text, phrase, *span)).collect()
    }
}

fn is_at(text: &str, phrase: &str, span: TextSpan) -> bool {
    let stands = text.get(span.start..span.end).is_some_and(|words| words.eq_ignore_ascii_case(phrase));
    stands && !(phrase.ends_with(is_inner) && text[span.end..].starts_with(is_inner))
}

fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The parts of a text between full stops, commas, colons, brackets and lone dashes, without the blanks around them.
/// Marks within a value ("March 5, 2026") divide nothing.
pub fn clauses(text: &str, values: &[TextSpan]) -> Vec<TextSpan> {
    divided(text, values, &[',', '.', '?', '!', ';', ':', '(', ')'])
}

/// The parts of a text between full stops, question marks, colons and brackets.
pub fn sentences(text: &str, values: &[TextSpan]) -> Vec<TextSpan> {
    divided(text, values, &['.', '?', '!', ':', '(', ')'])
}

fn divided(text: &str, values: &[TextSpan], marks: &[char]) -> Vec<TextSpan> {
    let mut parts = vec![];
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let is_inner = values.iter().any(|span| span.start < at && at + 1 < span.end);
        let next = text[at + c.len_utf8()..].chars().next();
        let ends = next.is_none_or(|n| n.is_whitespace() || ".?!)\"'".contains(n)) || matches!(c, '(' | ')' | ';');
        let is_dash = matches!(c, '-' | '–' | '—') && text[..at].ends_with(' ') && next == Some(' ');
        if !is_inner && (is_dash || (marks.contains(&c) && ends)) {
            parts.push(trimmed(text, TextSpan { start, end: at }));
            start = at + c.len_utf8();
        }
    }
    parts.push(trimmed(text, TextSpan { start, end: text.len() }));
    parts.retain(|span| span.start < span.end);
    parts
}

/// A span without blanks at its ends.
pub fn trimmed(text: &str, span: TextSpan) -> TextSpan {
    let inner = &text[span.start..span.end];
    let start = span.start + (inner.len() - inner.trim_start().len());
    TextSpan { start, end: (start + inner.trim().len()).max(start) }
}

/// The words of a text with their places: letters, digits and what holds them together.
pub fn words(text: &str) -> Vec<TextSpan> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '_' | '%' | '#' | '&');
    let mut found: Vec<TextSpan> = vec![];
    for (at, c) in text.char_indices().filter(|(_, c)| is_word(*c)) {
        match found.last_mut() {
            Some(last) if last.end == at => last.end = at + c.len_utf8(),
            _ => found.push(TextSpan { start: at, end: at + c.len_utf8() }),
        }
    }
    found
}

/// With a small letter at its start, where its first word is no abbreviation.
pub fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + &text[first.len_utf8()..]
        }
        _ => text.to_owned(),
    }
}

/// A text with a sentence behind it.
pub fn with_sentence(text: &str, sentence: &str) -> String {
    let text = text.trim_end();
    let end = match text.chars().next_back() {
        Some('.' | '?' | '!') => "",
        _ if is_question(text) && !text.contains(['.', '?', ':']) => "?",
        _ => ".",
    };
    let text = text.trim_end_matches([',', ';', ':', '-', ' ']);
    format!("{text}{end} {}", capitalised(sentence))
}

/// A text without one of its parts, and without the mark that divided the part from what stands before it.
pub fn without(text: &str, span: TextSpan) -> String {
    let before = text[..span.start].trim_end();
    let after = text[span.end..].trim_start();
    let bracketed = before.ends_with('(') && after.starts_with(')');
    let (before, after) = if bracketed { (&before[..before.len() - 1], &after[1..]) } else { (before, after) };
    let before = before.trim_end();
    let starts = before.is_empty() || before.ends_with(['.', '?', '!']);
    let after = if starts { after.trim_start_matches([',', '.', '?', '!', ';', ':', ' ', '-']) } else { after };
    let before =
        if starts { before.to_owned() } else { before.trim_end_matches([',', ';', '-', ' ', '–']).to_owned() };
    let joint = if after.starts_with(['.', ',', '?', '!', ';', ':', ')']) || before.is_empty() { "" } else { " " };
    let after = if starts { capitalised(after) } else { after.trim_start().to_owned() };
    format!("{before}{joint}{after}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        clauses(text, &[]).into_iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn words_find_what_a_scan_finds() {
        let text = "cost per project, cost_center and total cost (cost) - # of costs, \u{fc}ber cost";
        let words = Words::of(text);
        for phrase in ["cost", "Total Cost", "# of", "cost per project", "costs", "ost", "cost center", "\u{fc}ber", ""]
        {
            assert_eq!(words.occurrences(phrase), occurrences(text, phrase), "{phrase}");
        }
    }

    #[test]
    fn clauses_end_at_marks_outside_words() {
        assert_eq!(
            parts("Projects over 1,000 (IT only). Code, v1.5 - name"),
            ["Projects over 1,000", "IT only", "Code", "v1.5", "name"]
        );
        let (text, day) = ("due March 5, 2026, code", TextSpan { start: 4, end: 17 });
        let found: Vec<&str> = clauses(text, &[day]).into_iter().map(|s| &text[s.start..s.end]).collect();
        assert_eq!(found, ["due March 5, 2026", "code"]);
    }

    #[test]
    fn a_part_goes_with_its_mark() {
        let cut = |text: &str, part: &str| {
            let start = text.find(part).unwrap();
            without(text, TextSpan { start, end: start + part.len() })
        };
        assert_eq!(cut("Projects, active only, code.", "active only"), "Projects, code.");
        assert_eq!(cut("Projects (active only), code", "active only"), "Projects, code");
        assert_eq!(cut("Projects. Only active ones. Code.", "Only active ones"), "Projects. Code.");
        assert_eq!(cut("active projects", "active"), "projects".to_owned().replace('p', "P"));
    }
}
