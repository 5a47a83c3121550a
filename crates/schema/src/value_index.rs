//! The value index: which columns hold a text that a question mentions.
//!
//! Values are found by their words (case, accents and punctuation aside), by their singular, by the other words the
//! glossary has for them, in another word order, by initials, by a part of a name, and with a spelling slip. The
//! caller decides which columns to profile and how far; the index itself is plain data and can be cached.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::ColumnId;
use crate::atom::atoms;
use crate::catalog::Catalog;
use crate::glossary::Glossary;
use crate::lexicon::is_key_word;
use crate::slot::KnownValue;
use crate::words::{
    Nearest, WordList, allowed_slips, is_common_word, is_english_word, is_function_word, respellings, stem,
};

/// A word that more values than this contain tells none of them apart.
const MAX_HOLDERS: usize = 64;
/// Longer values are texts, not names: nobody quotes them whole.
const MAX_WORDS: usize = 12;

/// One value of one column, as the database crate profiled it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueEntry {
    /// The column that holds it.
    pub column: ColumnId,
    /// The stored spelling.
    pub stored: String,
    /// How many rows hold it.
    pub rows: u64,
    /// Another word for it, from the glossary.
    pub said: Option<String>,
}

/// The index. It is stored as its entries alone and rebuilt when read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<ValueEntry>", into = "Vec<ValueEntry>")]
pub struct ValueIndex {
    entries: Vec<ValueEntry>,
    phrases: Vec<Phrase>,
    by_stems: HashMap<String, Vec<u32>>,
    by_sorted_words: HashMap<String, Vec<u32>>,
    by_initials: HashMap<String, Vec<u32>>,
    /// Stem of a word -> the phrases of several words that contain it; at most one more than [`MAX_HOLDERS`].
    holders: HashMap<String, Vec<u32>>,
    words: WordList,
    /// Stems with which values begin.
    firsts: HashSet<String>,
    /// Other spellings of words with umlauts: "mueller" -> "muller".
    respelt: HashMap<String, String>,
    longest: usize,
}

/// One folded spelling and the entries that share it.
#[derive(Debug, Clone, Default)]
struct Phrase {
    /// Folded words joined by single spaces.
    folded: String,
    entries: Vec<u32>,
}

/// A spelling of the index that some words of a question stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    phrase: u32,
    /// 1 for the words as stored, less for looser matches.
    pub(crate) score: f32,
    /// Only the glossary calls the value so.
    pub(crate) is_said: bool,
}

impl From<Vec<ValueEntry>> for ValueIndex {
    fn from(entries: Vec<ValueEntry>) -> Self {
        let mut index = ValueIndex::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for (id, entry) in entries.iter().enumerate() {
            let said = entry.said.as_deref().unwrap_or(&entry.stored);
            let words = key_words(said);
            if !words.is_empty() && words.len() <= MAX_WORDS {
                index.add(&mut known, &words, id as u32);
                index.respelt.extend(atoms(said).iter().flat_map(|a| respellings(a.text, &a.fold)));
            }
        }
        index.entries = entries;
        index
    }
}

impl From<ValueIndex> for Vec<ValueEntry> {
    fn from(index: ValueIndex) -> Self {
        index.entries
    }
}

impl ValueIndex {
    /// An index over profiled values (column, stored text, rows that hold it) and the glossary's other words for values.
    pub fn new(
        profiled: impl IntoIterator<Item = (ColumnId, String, u64)>,
        catalog: &Catalog,
        glossary: &Glossary,
    ) -> Self {
        let mut entries: Vec<ValueEntry> = profiled
            .into_iter()
            .map(|(column, stored, rows)| ValueEntry { column, stored, rows, said: None })
            .collect();
        let rows: HashMap<(ColumnId, &str), u64> =
            entries.iter().map(|e| ((e.column, e.stored.as_str()), e.rows)).collect();
        let mut said = Vec::new();
        for (name, values) in &glossary.values {
            let Some(column) = catalog.find_qualified(name) else { continue };
            for (stored, words) in values {
                let rows = rows.get(&(column, stored.as_str())).copied().unwrap_or(0);
                said.extend(words.iter().map(|word| (column, stored.clone(), rows, word.clone())));
            }
        }
        entries.extend(said.into_iter().map(|(column, stored, rows, said)| ValueEntry {
            column,
            stored,
            rows,
            said: Some(said),
        }));
        ValueIndex::from(entries)
    }

    /// How many values and other words for values there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, as they were handed in.
    pub fn entries(&self) -> &[ValueEntry] {
        &self.entries
    }

    /// What a text may stand for among the known values, best first: the whole text is one value.
    pub fn lookup(&self, text: &str) -> Vec<KnownValue> {
        let words = key_words(text);
        let mut found = self.exact(&words);
        if found.is_empty() {
            found = self.reordered(&words);
        }
        if found.is_empty() {
            found = self.partial(&words);
        }
        if found.is_empty() {
            let corrected: Vec<String> =
                words.iter().map(|w| self.nearest(w).map_or_else(|| w.clone(), |n| n.word.to_owned())).collect();
            found = self.exact(&corrected);
            found.iter_mut().for_each(|m| m.score *= 0.85);
        }
        self.readings(&found).into_iter().flatten().collect()
    }

    /// Values whose words are these, their singular, or their other words.
    pub(crate) fn exact<W: AsRef<str>>(&self, words: &[W]) -> Vec<Match> {
        if words.is_empty() || words.len() > self.longest {
            return Vec::new();
        }
        let Some(found) = self.by_stems.get(&stem_key(words)) else { return Vec::new() };
        let folded = join(words);
        let matched = |&phrase: &u32| {
            let is_said = self.values_of(phrase).all(|e| e.said.is_some());
            let score = match (self.phrases[phrase as usize].folded == folded, is_said) {
                (true, false) => 1.0,
                (true, true) => 0.98,
                (false, false) => 0.94,
                (false, true) => 0.92,
            };
            Match { phrase, score, is_said }
        };
        found.iter().map(matched).collect()
    }

    /// "Johnson Alice" for "Alice Johnson".
    pub(crate) fn reordered<W: AsRef<str>>(&self, words: &[W]) -> Vec<Match> {
        if !(2..=3).contains(&words.len()) {
            return Vec::new();
        }
        let found = self.by_sorted_words.get(&sorted_key(words)).into_iter().flatten();
        found.map(|&phrase| Match { phrase, score: 0.88, is_said: false }).collect()
    }

    /// "NWT" for "Northwind World Traders"; the word is folded and has three letters or more.
    pub(crate) fn initials(&self, word: &str) -> Vec<Match> {
        let found = self.by_initials.get(word).filter(|found| found.len() <= 4);
        found.into_iter().flatten().map(|&phrase| Match { phrase, score: 0.7, is_said: false }).collect()
    }

    /// Values that contain these words in this order and others beside them; none when too many do.
    pub(crate) fn partial<W: AsRef<str>>(&self, words: &[W]) -> Vec<Match> {
        let mut lists = Vec::with_capacity(words.len());
        for word in words {
            match self.holders.get(stem(word.as_ref()).as_ref()) {
                Some(list) => lists.push(list),
                None => return Vec::new(),
            }
        }
        let Some(shortest) = lists.iter().min_by_key(|l| l.len()).filter(|l| l.len() <= MAX_HOLDERS) else {
            return Vec::new();
        };
        let sought = format!(" {} ", stem_key(words));
        let holds = |phrase: &u32| {
            let stems: Vec<_> = self.phrases[*phrase as usize].folded.split(' ').collect();
            stems.len() > words.len() && format!(" {} ", stem_key(&stems)).contains(&sought)
        };
        let found: Vec<u32> = shortest.iter().copied().filter(holds).collect();
        if found.len() > 4 {
            return Vec::new();
        }
        let base = if found.len() == 1 { 0.66 } else { 0.56 };
        let score = base + 0.04 * (words.len() - 1).min(3) as f32;
        found.into_iter().map(|phrase| Match { phrase, score, is_said: false }).collect()
    }

    /// Whether one value or two begin with this word, and few others have it.
    pub(crate) fn is_telling_first_word(&self, word: &str) -> bool {
        let Some(found) = self.holders.get(stem(word).as_ref()).filter(|l| l.len() <= 4) else { return false };
        let first = |phrase: &&u32| self.phrases[**phrase as usize].folded.split(' ').next();
        let begin = found.iter().filter(|phrase| first(phrase) == Some(word)).count();
        (1..=2).contains(&begin)
    }

    /// The word of some value that a folded word is a slip of.
    pub(crate) fn nearest(&self, word: &str) -> Option<Nearest<'_>> {
        let limit = allowed_slips(word.chars().count());
        if limit == 0 || self.words.contains(word) || self.words.contains(&stem(word)) {
            return None;
        }
        self.words.nearest(word, limit)
    }

    /// Whether some value begins with this folded word, its singular or another spelling of it.
    pub(crate) fn has_first_word(&self, word: &str) -> bool {
        let has = |word: &str| self.firsts.contains(stem(word).as_ref());
        has(word) || self.spelling(word).is_some_and(has)
    }

    /// The word of a value that is this one with its umlauts written otherwise.
    pub(crate) fn spelling(&self, word: &str) -> Option<&str> {
        let found = self.respelt.get(word).filter(|_| !self.words.contains(word))?;
        Some(found)
    }

    /// Whether some value contains this folded word.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// The most words that a value has.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Those matches of which some value is stored as such in a column that passes.
    pub(crate) fn stored_in(&self, matches: Vec<Match>, passes: impl Fn(ColumnId) -> bool) -> Vec<Match> {
        let fits = |m: &Match| self.values_of(m.phrase).any(|e| e.said.is_none() && passes(e.column));
        matches.into_iter().filter(fits).collect()
    }

    /// The values behind matches, one list for each spelling, best first: by score, then by rows.
    pub(crate) fn readings(&self, matches: &[Match]) -> Vec<Vec<KnownValue>> {
        let mut ranked: Vec<&Match> = matches.iter().collect();
        let rows = |m: &Match| self.values_of(m.phrase).map(|e| e.rows).sum::<u64>();
        ranked.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| rows(b).cmp(&rows(a))).then(a.phrase.cmp(&b.phrase))
        });
        let mut readings: Vec<Vec<KnownValue>> = Vec::new();
        for found in ranked {
            let is_new =
                |v: &KnownValue| !readings.iter().flatten().any(|k| k.column == v.column && k.stored == v.stored);
            let values: Vec<KnownValue> = self.known_values(found).into_iter().filter(is_new).collect();
            if !values.is_empty() {
                readings.push(values);
            }
        }
        readings
    }

    fn known_values(&self, found: &Match) -> Vec<KnownValue> {
        let mut entries: Vec<&ValueEntry> = self.values_of(found.phrase).collect();
        entries.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.column.cmp(&b.column)).then(a.stored.cmp(&b.stored)));
        let mut known: Vec<KnownValue> = Vec::with_capacity(entries.len());
        for entry in entries {
            if !known.iter().any(|k| k.column == entry.column && k.stored == entry.stored) {
                known.push(KnownValue { column: entry.column, stored: entry.stored.clone(), score: found.score });
            }
        }
        known
    }

    fn values_of(&self, phrase: u32) -> impl Iterator<Item = &ValueEntry> {
        self.phrases[phrase as usize].entries.iter().map(|e| &self.entries[*e as usize])
    }

    fn add(&mut self, known: &mut HashMap<String, u32>, words: &[String], entry: u32) {
        let folded = join(words);
        if let Some(&phrase) = known.get(&folded) {
            self.phrases[phrase as usize].entries.push(entry);
            return;
        }
        let id = self.phrases.len() as u32;
        known.insert(folded.clone(), id);
        self.phrases.push(Phrase { folded, entries: vec![entry] });
        self.longest = self.longest.max(words.len());
        self.firsts.insert(stem(&words[0]).into_owned());
        self.by_stems.entry(stem_key(words)).or_default().push(id);
        if let Some(joined) = without_possessive(words) {
            self.firsts.insert(stem(&joined[0]).into_owned());
            self.by_stems.entry(stem_key(&joined)).or_default().push(id);
        }
        if let Some(joined) = written_as_one(words) {
            self.firsts.insert(joined.clone());
            self.by_stems.entry(joined).or_default().push(id);
        }
        for word in words.iter().filter(|w| !w.starts_with(|c: char| c.is_ascii_digit())) {
            self.words.insert(word.clone());
        }
        if words.len() >= 2 {
            self.add_loose(words, id);
        }
    }

    /// Word order, initials and parts, for a value of several words.
    fn add_loose(&mut self, words: &[String], id: u32) {
        let plain = |w: &String| w.chars().all(char::is_alphabetic) && !is_function_word(w);
        if words.len() <= 3 && words.iter().all(plain) {
            self.by_sorted_words.entry(sorted_key(words)).or_default().push(id);
        }
        let initials: String = words.iter().filter(|w| plain(w)).filter_map(|w| w.chars().next()).collect();
        if initials.chars().count() >= 3 {
            self.by_initials.entry(initials).or_default().push(id);
        }
        for word in words {
            let list = self.holders.entry(stem(word).into_owned()).or_default();
            if list.len() <= MAX_HOLDERS && list.last() != Some(&id) {
                list.push(id);
            }
        }
    }
}

/// The words of a value by which it is found: folded, "and" as "&", punctuation out.
pub(crate) fn key_words(text: &str) -> Vec<String> {
    atoms(text).into_iter().filter(|a| is_key_word(&a.fold)).map(|a| key_word(a.fold)).collect()
}

/// "and" and "&" are one word.
pub(crate) fn key_word(folded: String) -> String {
    if folded == "and" { "&".to_owned() } else { folded }
}

/// Whether these words alone may stand for a value that contains them: none is grammar, one at least is rare.
pub(crate) fn is_telling<W: AsRef<str>>(words: &[W]) -> bool {
    words.iter().all(|w| !is_function_word(w.as_ref())) && words.iter().any(|w| !is_common_word(w.as_ref()))
}

/// "macy", "s" -> "macys".
fn without_possessive(words: &[String]) -> Option<Vec<String>> {
    let at = words.iter().skip(1).position(|w| w == "s")?;
    let mut joined = words.to_vec();
    joined.remove(at + 1);
    joined[at].push('s');
    Some(joined)
}

/// "InProgress", "timeandmaterial": two or three words without the spaces, by stem; nothing that is a word of its own.
fn written_as_one(words: &[String]) -> Option<String> {
    let plain = |w: &String| w == "&" || w.chars().all(char::is_alphabetic);
    let joined: String = words.iter().map(|w| if w == "&" { "and" } else { w.as_str() }).collect();
    let fits = (2..=3).contains(&words.len()) && words.iter().all(plain) && joined.len() >= 6;
    (fits && !is_english_word(&joined)).then(|| stem(&joined).into_owned())
}

fn join<W: AsRef<str>>(words: &[W]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.join(" ")
}

fn stem_key<W: AsRef<str>>(words: &[W]) -> String {
    crate::lexicon::key_of(words)
}

fn sorted_key<W: AsRef<str>>(words: &[W]) -> String {
    let mut words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.sort_unstable();
    words.join(" ")
}
