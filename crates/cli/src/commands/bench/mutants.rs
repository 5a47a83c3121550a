//! Queries with a mistake in a name: names swapped, and names misspelt by one or two letters.

use std::collections::BTreeSet;
use std::ops::Range;

use schema::Catalog;

use super::Even;

/// A query with a mistake.
pub(super) struct Mutant {
    pub(super) text: String,
    /// Where the text was changed.
    pub(super) places: Vec<Range<usize>>,
}

/// The names that a text speaks of, and those of the schema that it might.
pub(super) struct Names {
    /// Every table, column, alias and CTE of the text, but for the places that give aliases and CTEs their names.
    spoken: Vec<Range<usize>>,
    pool: Vec<String>,
}

/// Shortest names that are misspelt by one letter, and by two: shorter ones could be anything.
const SHORTEST: [usize; 2] = [3, 6];

impl Names {
    pub(super) fn of(text: &str, catalog: &Catalog) -> Self {
        let tables = catalog.tables.iter().map(|table| &table.name);
        let columns = catalog.tables.iter().flat_map(|table| table.columns.iter().map(|column| &column.name));
        let pool: BTreeSet<&String> = tables.chain(columns).collect();
        let lower: BTreeSet<String> = pool.iter().map(|name| name.to_lowercase()).collect();
        let words = words(text);
        let word = |word: &Range<usize>| text[word.clone()].to_lowercase();
        let is_as = |word: &Range<usize>| text[word.clone()].eq_ignore_ascii_case("as");
        let beside_as = |at: usize| {
            let follows = |before: &Range<usize>| is_as(before) && text[before.end..words[at].start].trim().is_empty();
            let after = at > 0 && follows(&words[at - 1]);
            after || words.get(at + 1).is_some_and(|next| is_as(next) && text[next.end..].trim_start().starts_with('('))
        };
        let given: BTreeSet<String> = (0..words.len()).filter(|at| beside_as(*at)).map(|at| word(&words[at])).collect();
        let is_name = |at: &usize| {
            let (place, name) = (&words[*at], word(&words[*at]));
            let called = text[place.end..].trim_start().starts_with('(');
            let qualifies = text[place.end..].starts_with('.');
            !called && !beside_as(*at) && (qualifies || lower.contains(&name) || given.contains(&name))
        };
        let spoken = (0..words.len()).filter(is_name).map(|at| words[at].clone()).collect();
        Names { spoken, pool: pool.into_iter().cloned().collect() }
    }

    /// Two names of the text swapped, or one replaced by another of the text or of the schema.
    pub(super) fn swapped(&self, text: &str, even: &mut Even) -> Option<Mutant> {
        let place = self.spoken.get(even.below(self.spoken.len()))?.clone();
        let other = self.spoken.get(even.below(self.spoken.len()))?.clone();
        let (first, second) = if place.start <= other.start { (place, other) } else { (other, place) };
        let (a, b) = (&text[first.clone()], &text[second.clone()]);
        match even.below(3) {
            _ if a.eq_ignore_ascii_case(b) => self.replaced(text, first, even),
            0 => Some(changed(text, &[(first.clone(), b), (second.clone(), a)])),
            1 => Some(changed(text, &[(first.clone(), b)])),
            _ => self.replaced(text, second, even),
        }
    }

    fn replaced(&self, text: &str, place: Range<usize>, even: &mut Even) -> Option<Mutant> {
        let name = self.pool.get(even.below(self.pool.len()))?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (plain && !name.eq_ignore_ascii_case(&text[place.clone()])).then(|| changed(text, &[(place, name)]))
    }

    /// One name with one letter, or two, wrong.
    pub(super) fn misspelt(&self, text: &str, even: &mut Even) -> Option<Mutant> {
        let place = self.spoken.get(even.below(self.spoken.len()))?.clone();
        let name = &text[place.clone()];
        let letters = 1 + even.below(2);
        let mut wrong: Vec<char> = name.chars().collect();
        if wrong.len() < SHORTEST[letters - 1] {
            return None;
        }
        (0..letters).for_each(|_| slip(&mut wrong, even));
        let wrong: String = wrong.into_iter().collect();
        let is_name = !wrong.starts_with(|c: char| c.is_ascii_digit()) && !wrong.eq_ignore_ascii_case(name);
        is_name.then(|| changed(text, &[(place, &wrong)]))
    }
}

/// One slip of a finger: a letter more, less, another, or two the wrong way round.
fn slip(word: &mut Vec<char>, even: &mut Even) {
    let at = even.below(word.len());
    let letter = char::from(b'a' + even.below(26) as u8);
    match even.below(4) {
        0 => word.insert(at, letter),
        1 if word.len() > 2 => {
            word.remove(at);
        }
        2 if at + 1 < word.len() => word.swap(at, at + 1),
        _ => word[at] = letter,
    }
}

/// A text with some of its places, in their order, replaced.
fn changed(text: &str, edits: &[(Range<usize>, &str)]) -> Mutant {
    let (mut mutant, mut places, mut copied) = (String::new(), vec![], 0);
    for (place, with) in edits {
        mutant += &text[copied..place.start];
        places.push(mutant.len()..mutant.len() + with.len());
        mutant += with;
        copied = place.end;
    }
    mutant += &text[copied..];
    Mutant { text: mutant, places }
}

/// Words outside of quotes.
fn words(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let (mut words, mut at) = (vec![], 0);
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            quote @ (b'\'' | b'"' | b'`') => {
                at += bytes[at..].iter().position(|b| *b == quote).map_or(bytes.len(), |end| end + 1);
            }
            first if is_word(first) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                words.extend((!first.is_ascii_digit()).then_some(start..at));
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use sql::ddl::catalog_from_ddl;

    use super::*;

    const TEXT: &str = "SELECT p.name, 'name' FROM project AS p WHERE count(code) > 1";

    fn catalog() -> Catalog {
        let ddl = "CREATE TABLE project (name TEXT, code TEXT, count INTEGER)";
        catalog_from_ddl(ddl).expect("the schema is readable")
    }

    fn names() -> Names {
        Names::of(TEXT, &catalog())
    }

    #[test]
    fn names_are_what_is_spoken_of_but_not_named_there() {
        let text = |places: &[Range<usize>]| places.iter().map(|p| &TEXT[p.clone()]).collect::<Vec<_>>().join(" ");
        assert_eq!(text(&names().spoken), "p name project code");
        let ctes = "WITH big AS (SELECT code AS c FROM project) SELECT c FROM big";
        let found = Names::of(ctes, &catalog()).spoken;
        assert_eq!(found.iter().map(|p| &ctes[p.clone()]).collect::<Vec<_>>(), ["code", "project", "c", "big"]);
    }

    #[test]
    fn a_mutant_says_where_it_was_changed() {
        let mut even = Even(3);
        for _ in 0..200 {
            let both = [names().swapped(TEXT, &mut even), names().misspelt(TEXT, &mut even)];
            for mutant in both.into_iter().flatten() {
                let outside = |text: &str, places: &[Range<usize>]| {
                    text.len() - places.iter().map(|place| place.len()).sum::<usize>()
                };
                assert_ne!(mutant.text, TEXT);
                assert!(outside(&mutant.text, &mutant.places) < TEXT.len());
                assert!(mutant.places.iter().all(|place| mutant.text.get(place.clone()).is_some()));
            }
        }
    }
}
