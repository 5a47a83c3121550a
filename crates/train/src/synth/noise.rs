//! What hands do to a sentence: what stands around it, casing, punctuation, hurried notes, contractions, slips.

use super::dice::Dice;
use super::pattern::{Family, Patterns};
use super::say::{capitalised, is_question};

/// Words that contract.
const CONTRACTED: [(&str, &str); 9] = [
    ("what is", "what's"),
    ("do not", "don't"),
    ("are not", "aren't"),
    ("who is", "who's"),
    ("I would", "I'd"),
    ("does not", "doesn't"),
    ("who are", "who're"),
    ("what are", "what're"),
    ("I want to", "I wanna"),
];

/// A sentence as somebody typed it.
pub fn typed(text: &str, patterns: &Patterns, dice: &mut Dice) -> String {
    let mut text = text.replace("  ", " ").trim().to_owned();
    if dice.chance(0.3) {
        for (long, short) in CONTRACTED.iter().take(if dice.chance(0.1) { CONTRACTED.len() } else { 6 }) {
            text = text.replace(long, short);
        }
    }
    if dice.chance(0.1) {
        text = hurried(&text, patterns, dice);
    }
    text = ended(&text, patterns, dice);
    text = cased(&text, dice);
    text = introduced(&text, patterns, dice);
    if dice.chance(0.07) { slipped(&text, dice) } else { text }
}

/// With its end: a question mark, a full stop, a word of thanks, or nothing.
fn ended(text: &str, patterns: &Patterns, dice: &mut Dice) -> String {
    // What stands around a question is no phrase family of its own.
    let mut family = Family::default();
    let end = match is_question(text) && !text.contains(['?', '.']) {
        true => *dice.pick(&["?", "?", "?", "?", "", " ?"]).unwrap_or(&"?"),
        false => *dice.pick(&["", "", "", "", ".", ".", ".", "!", "?"]).unwrap_or(&""),
    };
    let closer = if dice.chance(0.09) { patterns.say(("closer", "after"), &[], dice, &mut family) } else { None };
    match closer {
        Some(closer) if closer.starts_with('.') => {
            let before = with_end(text, if end.trim().is_empty() { "." } else { end });
            format!("{before} {}", closer.trim_start_matches(['.', ' ']))
        }
        Some(closer) => {
            let joint = if closer.starts_with(',') { "" } else { " " };
            with_end(&format!("{}{joint}{closer}", text.trim_end_matches(['.', '?'])), end)
        }
        None => with_end(text, end),
    }
}

fn with_end(text: &str, end: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}{end}") }
}

/// With a greeting before it, or a sentence on why it is asked.
fn introduced(text: &str, patterns: &Patterns, dice: &mut Dice) -> String {
    let mut family = Family::default();
    let position = match dice.weighted(&[0.83, 0.09, 0.08]) {
        0 => return text.to_owned(),
        1 => "before",
        _ => "sentence",
    };
    let Some(opener) = patterns.say(("opener", position), &[], dice, &mut family) else { return text.to_owned() };
    let starts_anew = opener.ends_with(['.', '!', '?']) && dice.chance(0.85);
    format!("{opener} {}", if starts_anew { capitalised(text) } else { text.to_owned() })
}

/// A note in a hurry: some small words left out, some others shortened.
fn hurried(text: &str, patterns: &Patterns, dice: &mut Dice) -> String {
    let dropped = patterns.list("terse", "dropped");
    let mut said: Vec<String> = vec![];
    for word in text.split(' ') {
        if !dropped.iter().any(|d| d == word) || dice.chance(0.25) {
            said.push(word.to_owned());
        }
    }
    let mut text = format!(" {} ", said.join(" "));
    for rule in patterns.list("terse", "shorter") {
        let Some((long, short)) = rule.split_once('=').filter(|_| dice.chance(0.5)) else { continue };
        let choices: Vec<&str> = short.split('|').collect();
        if let Some(short) = dice.pick(&choices) {
            text = text.replace(&format!(" {long} "), &format!(" {short} "));
        }
    }
    text.trim().to_owned()
}

fn cased(text: &str, dice: &mut Dice) -> String {
    match dice.weighted(&[0.62, 0.33, 0.04, 0.01]) {
        0 => capitalised(text),
        1 => text.to_owned(),
        2 => text.to_lowercase(),
        _ => text.to_uppercase(),
    }
}

/// One slip of the fingers in a longer word in lower case: two letters swapped, one dropped, doubled or missed.
fn slipped(text: &str, dice: &mut Dice) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let candidates: Vec<usize> =
        (0..words.len()).filter(|&i| words[i].len() > 4 && words[i].chars().all(|c| c.is_ascii_lowercase())).collect();
    let Some(&at) = dice.pick(&candidates) else { return text.to_owned() };
    let mut letters: Vec<char> = words[at].chars().collect();
    let i = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters.swap(i, i + 1),
        1 => {
            letters.remove(i);
        }
        2 => letters[i] = char::from(b'a' + dice.below(26) as u8),
        _ => letters.insert(i, letters[i]),
    }
    let wrong: String = letters.into_iter().collect();
    words.iter().enumerate().map(|(n, w)| if n == at { wrong.as_str() } else { w }).collect::<Vec<_>>().join(" ")
}
