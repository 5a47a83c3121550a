//! Changes to a text word by word: bytes changed at random seldom leave SQL that anyone would read to its end.

use std::sync::OnceLock;

use crate::worlds::Choice;

/// A small generator of numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn new(seed: u32) -> Self {
        Random(u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }
}

/// Which words may be put into a text.
#[derive(Clone, Copy)]
pub enum Words {
    /// Those of `dictionaries/sql.dict` and the names of the world that the first byte chooses.
    Query,
    /// Those of `dictionaries/ddl.dict`.
    Script,
}

/// Changes a text that follows a first byte: one in three changes is libFuzzer's own. Returns the new size.
pub fn text(data: &mut [u8], size: usize, max_size: usize, seed: u32, words: Words) -> usize {
    let mut random = Random::new(seed);
    let kept = usize::from(matches!(words, Words::Query));
    let changed = match std::str::from_utf8(data.get(kept..size).unwrap_or(&[])) {
        Ok(text) if random.below(3) > 0 => changed(text, &pool(words, data.first().copied()), &mut random),
        _ => return libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    };
    if size < kept || kept + changed.len() > max_size {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    data[kept..kept + changed.len()].copy_from_slice(changed.as_bytes());
    kept + changed.len()
}

fn pool(words: Words, first: Option<u8>) -> Vec<String> {
    static POOLS: OnceLock<[Vec<String>; 2]> = OnceLock::new();
    let [query, script] = POOLS.get_or_init(|| {
        [include_str!("../dictionaries/sql.dict"), include_str!("../dictionaries/ddl.dict")].map(dictionary)
    });
    match words {
        Words::Script => script.clone(),
        Words::Query => {
            let tables = &Choice::of(first.unwrap_or(0)).world().catalog.tables;
            let columns = tables.iter().flat_map(|table| &table.columns).map(|column| column.name.as_str());
            let names = tables.iter().map(|table| table.name.as_str()).chain(columns);
            query.iter().cloned().chain(names.map(sql::dialect::quote_name)).collect()
        }
    }
}

/// The words of a dictionary in libFuzzer's own form: `"word"` a line, in which `\"`, `\\` and `\xAB` are one byte each.
fn dictionary(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| unescaped(line.trim().strip_prefix('"')?.strip_suffix('"')?)).collect()
}

fn unescaped(word: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), word.as_bytes());
    while let [first, after @ ..] = rest {
        (rest, _) = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                (after, bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?))
            }
            (b'\\', [escaped, after @ ..]) => (after, bytes.push(*escaped)),
            _ => (after, bytes.push(*first)),
        };
    }
    String::from_utf8(bytes).ok()
}

/// A text with one to four small changes.
fn changed(text: &str, pool: &[String], random: &mut Random) -> String {
    let mut words: Vec<String> = pieces(text).into_iter().map(str::to_owned).collect();
    for _ in 0..=random.below(4) {
        let at = random.below(words.len());
        let new = pool[random.below(pool.len())].clone();
        match random.below(7) {
            _ if words.is_empty() => words.push(new),
            0 => drop(words.remove(at)),
            1 => {
                let other = random.below(words.len());
                words.swap(at, other);
            }
            2 | 3 => words.insert(at, new),
            4 => words[at] = words[random.below(words.len())].clone(),
            5 => repeated(&mut words, at, random),
            _ => words[at] = new,
        }
    }
    words.join(" ")
}

/// Puts a stretch of the words in once more, somewhere else.
fn repeated(words: &mut Vec<String>, from: usize, random: &mut Random) {
    let to = words.len().min(from + 1 + random.below(8));
    let stretch = words[from..to].to_vec();
    let at = random.below(words.len() + 1);
    words.splice(at..at, stretch);
}

/// A rough cut into words, numbers, quoted texts and marks.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' | '`' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        pieces.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    pieces
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}
