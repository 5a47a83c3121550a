//! What hands do to a sentence: openings and endings, casing, punctuation, contractions, slips.

use super::dice::Dice;
use super::pattern::{Family, Patterns};

/// A sentence as somebody typed it.
pub fn typed(text: &str, patterns: &Patterns, dice: &mut Dice) -> String {
    // Openings and endings are no phrase family of their own.
    let mut family = Family::default();
    let mut text = text.replace("  ", " ").trim().to_owned();
    let is_question = ["how", "which", "what", "who", "where", "are ", "do ", "can ", "could ", "is ", "would "]
        .iter()
        .any(|w| text.to_lowercase().starts_with(w));
    let end = if is_question {
        *dice.pick(&["?", "?", "?", "", " ?"]).unwrap_or(&"?")
    } else {
        *dice.pick(&["", "", "", ".", "!", "?"]).unwrap_or(&"")
    };
    if dice.chance(0.08)
        && let Some(closer) = patterns.say(("closer", "after"), &[], dice, &mut family)
    {
        let joint = if closer.starts_with('.') { "" } else { " " };
        text = format!("{text}{joint}{closer}");
    }
    if !text.ends_with(['.', '!', '?']) {
        text += end;
    }
    if dice.chance(0.08)
        && let Some(opener) = patterns.say(("opener", "before"), &[], dice, &mut family)
    {
        text = format!("{opener} {text}");
    }
    if dice.chance(0.3) {
        for (long, short) in
            [("what is", "what's"), ("do not", "don't"), ("are not", "aren't"), ("who is", "who's"), ("I would", "I'd")]
        {
            text = text.replace(long, short);
        }
    }
    if dice.chance(0.06) {
        text = slipped(&text, dice);
    }
    cased(&text, dice)
}

fn cased(text: &str, dice: &mut Dice) -> String {
    match dice.weighted(&[0.5, 0.47, 0.03]) {
        0 => {
            let mut chars = text.chars();
            chars.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
        }
        1 => text.to_owned(),
        _ => text.to_lowercase(),
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
    match dice.below(3) {
        0 => letters.swap(i, i + 1),
        1 => {
            letters.remove(i);
        }
        _ => letters.insert(i, letters[i]),
    }
    let wrong: String = letters.into_iter().collect();
    words.iter().enumerate().map(|(n, w)| if n == at { wrong.as_str() } else { w }).collect::<Vec<_>>().join(" ")
}
