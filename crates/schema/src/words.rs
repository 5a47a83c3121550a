//! Words: folding, stems, spelling slips, and the everyday English that is never a slip.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Words with grammatical meaning only: never a value by themselves unless written in capitals.
const FUNCTION_WORDS: &str = include_str!("words/function.txt");
/// Everyday words of business questions: never a slip of something else.
const COMMON_WORDS: &str = include_str!("words/common.txt");

/// Further English words: never a slip, but nothing that questions turn on.
const ENGLISH_WORDS: &str = include_str!("words/english.txt");

static FUNCTION: LazyLock<HashSet<&'static str>> = LazyLock::new(|| FUNCTION_WORDS.split_whitespace().collect());
static COMMON: LazyLock<WordList> =
    LazyLock::new(|| WordList::new(COMMON_WORDS.split_whitespace().chain(FUNCTION_WORDS.split_whitespace())));

static ENGLISH: LazyLock<WordList> =
    LazyLock::new(|| WordList::new(ENGLISH_WORDS.split_whitespace().chain(COMMON_WORDS.split_whitespace())));

/// Lower case, accents off, apostrophes out: `O’Brien` and `obrien` are one word.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase).filter(|c| !is_apostrophe(*c)) {
        match unaccented(c) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(c),
        }
    }
    folded
}

/// How a word with umlauts is spelt without them, each with the word it stands for as folded: "Müller" is "mueller" too, and
/// "Mueller" is also found as "muller".
pub(crate) fn respellings(text: &str, folded: &str) -> Option<(String, String)> {
    const LETTERS: [(char, &str); 5] = [('ä', "ae"), ('ö', "oe"), ('ü', "ue"), ('å', "aa"), ('ø', "oe")];
    let lower = text.to_lowercase();
    let other = if lower.contains(LETTERS.map(|l| l.0)) {
        let expanded = LETTERS.iter().fold(lower, |word, (umlaut, pair)| word.replace(*umlaut, pair));
        fold(&expanded)
    } else if folded.len() >= 5 && folded.is_ascii() && !is_english_word(folded) {
        without_digraph(folded)?
    } else {
        return None;
    };
    Some((other, folded.to_owned()))
}

/// "mueller" as "muller"; the "ue" of "bauer" and "enrique" and the "ae" of "michael" are none of these.
fn without_digraph(word: &str) -> Option<String> {
    let at = (1..word.len() - 2).find(|&at| {
        let (before, pair, after) = (&word[at - 1..at], &word[at..at + 2], &word[at + 2..at + 3]);
        matches!(pair, "ae" | "oe" | "ue") && !"aeq".contains(before) && !(pair == "ae" && after == "l")
    })?;
    Some(format!("{}{}", &word[..=at], &word[at + 2..]))
}

/// The singular of a folded word, roughly: what matters is that both sides of a comparison are cut alike.
pub fn stem(word: &str) -> Cow<'_, str> {
    let n = word.len();
    if n < 4 || !word.ends_with('s') || !word.is_ascii() {
        return Cow::Borrowed(word);
    }
    if n > 4 && word.ends_with("ies") {
        return Cow::Owned(format!("{}y", &word[..n - 3]));
    }
    if ["sses", "shes", "ches", "xes", "zes", "uses"].iter().any(|end| n > 4 && word.ends_with(end)) {
        return Cow::Borrowed(&word[..n - 2]);
    }
    if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return Cow::Borrowed(word);
    }
    Cow::Borrowed(&word[..n - 1])
}

/// Whether a folded word only has a grammatical meaning ("it", "all", "which").
pub fn is_function_word(word: &str) -> bool {
    FUNCTION.contains(word)
}

/// Whether a folded word is everyday English in questions, function words included.
pub fn is_common_word(word: &str) -> bool {
    COMMON.knows(word)
}

/// Whether two folded words are forms of one: "rated" and "rating".
pub(crate) fn is_same_verb(a: &str, b: &str) -> bool {
    let forms = |word: &str| std::iter::once(word.to_owned()).chain(base_forms(word)).collect::<Vec<_>>();
    let of_b = forms(b);
    forms(a).iter().any(|form| of_b.contains(form))
}

/// Whether a folded word is some English word of the built-in lists, or a regular form of one.
pub fn is_english_word(word: &str) -> bool {
    COMMON.knows(word) || ENGLISH.knows(word)
}

/// Whether a folded word itself stands in the built-in lists.
pub(crate) fn is_listed_english(word: &str) -> bool {
    COMMON.contains(word) || ENGLISH.contains(word)
}

/// Everyday English as a list.
pub(crate) fn common_words() -> &'static WordList {
    &COMMON
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

/// Splits an identifier into folded words: `Project_Code` and `projectCode` are "project", "code".
pub fn identifier_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let starts = (c.is_uppercase() && before.is_lowercase()) || (c.is_ascii_digit() != before.is_ascii_digit());
        if !c.is_alphanumeric() || (starts && before != ' ') {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("never empty").push(c);
        }
        before = if c.is_alphanumeric() { c } else { ' ' };
    }
    words.retain(|w| !w.is_empty());
    words.iter().map(|w| fold(w)).collect()
}

/// How many slips a word of this many letters may have and still be recognised.
pub fn allowed_slips(letters: usize) -> usize {
    match letters {
        0..=4 => 0,
        5..=7 => 1,
        _ => 2,
    }
}

/// A set of folded words that answers "is this one of them?" and "which one was meant?".
#[derive(Debug, Clone, Default)]
pub struct WordList {
    words: HashSet<String>,
    /// Words of which some word of the list may be a regular form: "raise" where "raised" is listed.
    bases: HashSet<String>,
    /// By first letter and length: each word with the set of its letters.
    buckets: HashMap<(char, usize), Vec<(u32, String)>>,
}

/// The word that was probably meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// A word of the list.
    pub word: &'a str,
    /// Insertions, deletions, substitutions and swaps between the two.
    pub distance: usize,
}

impl WordList {
    /// A list of these words, each folded first.
    pub fn new<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let mut list = WordList::default();
        for word in words {
            list.insert(fold(word.as_ref()));
        }
        list
    }

    /// Adds a word that is folded already.
    pub(crate) fn insert(&mut self, word: String) {
        if word.is_empty() || self.words.contains(&word) {
            return;
        }
        if let Some(first) = word.chars().next().filter(|_| allowed_slips(word.len()) > 0 || word.len() == 4) {
            let letters = word.chars().count();
            self.buckets.entry((first, letters)).or_default().push((letter_set(&word), word.clone()));
        }
        self.bases.extend(base_forms(&word));
        self.words.insert(word);
    }

    /// Whether the list has this folded word.
    pub fn contains(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether the list has this word, the word it is a regular form of, or another form of that: "listing" is known
    /// where "list" or "listed" is.
    pub fn knows(&self, word: &str) -> bool {
        let has = |word: &str| self.words.contains(word) || self.bases.contains(word);
        has(word) || base_forms(word).any(|base| has(&base))
    }

    /// The one word nearest to a folded word, with the same first letter and at most `limit` slips away; of two equally
    /// near the one of the same letters, else `None`.
    pub fn nearest(&self, word: &str, limit: usize) -> Option<Nearest<'_>> {
        let first = word.chars().next()?;
        let letters = word.chars().count();
        let set = letter_set(word);
        let mut best: Option<(Nearest<'_>, bool)> = None;
        let mut tied = false;
        for length in letters.saturating_sub(limit)..=letters + limit {
            for (other_set, other) in self.buckets.get(&(first, length)).into_iter().flatten() {
                if (set ^ other_set).count_ones() as usize > 2 * limit {
                    continue;
                }
                let distance = strsim::osa_distance(word, other);
                if distance > limit {
                    continue;
                }
                let rank = (distance, !is_swap(word, other));
                match best.map(|(b, swapped)| (b.distance, !swapped)) {
                    Some(known) if known < rank => {}
                    Some(known) if known == rank => tied = true,
                    _ => (best, tied) = (Some((Nearest { word: other, distance }, !rank.1)), false),
                }
            }
        }
        best.filter(|_| !tied).map(|(nearest, _)| nearest)
    }
}

/// The same letters in another order.
pub(crate) fn is_swap(a: &str, b: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

/// The words that a word may be a regular form of.
fn base_forms(word: &str) -> impl Iterator<Item = String> + '_ {
    const ENDINGS: [(&str, &str); 14] = [
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ied", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("ly", ""),
        ("er", ""),
        ("er", "e"),
        ("ers", ""),
        ("ers", "e"),
        ("ings", ""),
    ];
    ENDINGS.iter().filter_map(move |(ending, instead)| {
        let base = word.strip_suffix(ending).filter(|b| b.len() >= 3)?;
        let mut base = base.to_owned();
        if instead.is_empty() && ending.len() >= 2 && is_doubled(&base) {
            base.pop();
        }
        Some(base + instead)
    })
}

/// "plann", "stopp": a doubled consonant at the end, other than "ll" and "ss".
fn is_doubled(word: &str) -> bool {
    let mut end = word.chars().rev();
    match (end.next(), end.next()) {
        (Some(a), Some(b)) => a == b && !"aeiouls".contains(a),
        _ => false,
    }
}

/// One bit a letter, so that words with other letters are passed over without measuring a distance.
fn letter_set(word: &str) -> u32 {
    word.chars().fold(0, |set, c| set | 1 << (c as u32 % 31))
}

fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ł' | 'ļ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' | 'ţ' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_cut_alike() {
        let cases = [
            ("projects", "project"),
            ("companies", "company"),
            ("status", "status"),
            ("statuses", "status"),
            ("businesses", "business"),
            ("taxes", "tax"),
            ("expenses", "expense"),
            ("analysis", "analysis"),
            ("bus", "bus"),
            ("été", "été"),
        ];
        for (word, expected) in cases {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn identifiers_split() {
        let cases = [
            ("HR_EMPLOYEE_LIST", "hr employee list"),
            ("contractValue", "contract value"),
            ("Line2Text", "line 2 text"),
            ("__x", "x"),
            ("größe in m", "grosse in m"),
        ];
        for (name, expected) in cases {
            assert_eq!(identifier_words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn nearest_is_unique_or_nothing() {
        let list = WordList::new(["project", "projects", "budget", "budged", "resource"]);
        let near = |word: &str| list.nearest(word, allowed_slips(word.len())).map(|n| n.word);
        assert_eq!(near("proejct"), Some("project"));
        assert_eq!(near("resorces"), Some("resource"));
        assert_eq!(near("budgex"), None, "two words are one slip away");
        assert_eq!(near("zebra"), None);
        assert!(list.knows("budgeting") && list.knows("budgets") && !list.knows("bud"));
    }
}
