//! The compact model's vocabulary: byte-pair encoding of lower-cased words, stored as a Hugging Face `tokenizer.json`.
//!
//! Text is lower-cased, spaces become `▁` and one is put in front; then it falls apart into words (`▁` and a run of
//! letters) and single other characters, and pairs are merged inside words only. A character without a token of its
//! own becomes its UTF-8 bytes, `<0x00>` to `<0xFF>`, so every text encodes. **Added tokens** (SQL lexemes, slots,
//! specials) are never the result of encoding text: they enter through [`Piece::Token`] alone, and no character or
//! merge of the vocabulary is spelled like one.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

pub use crate::bpe_training::train_bpe;

/// Stands for a space; U+2581, as in SentencePiece.
pub(crate) const MARKER: char = '▁';

/// A vocabulary with its merges.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokenizer {
    /// Token of each id.
    tokens: Vec<String>,
    /// Pairs to merge, most frequent first.
    merges: Vec<(u32, u32)>,
    /// Whether each id is an added token.
    added: Vec<bool>,
    ids: HashMap<String, u32>,
    /// Rank and result of each merge.
    ranks: HashMap<(u32, u32), (usize, u32)>,
    /// Token of each byte.
    bytes: Vec<u32>,
}

/// What a prompt is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text from anywhere, which can only become text tokens.
    Text(&'a str),
    /// A token by id.
    Token(u32),
}

/// The name of a byte's token.
pub(crate) fn byte_token(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// Cuts lower-cased, marked text into words and single characters. Training and encoding both use it.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut marked: String =
        text.chars().flat_map(char::to_lowercase).map(|c| if c == ' ' { MARKER } else { c }).collect();
    if !marked.is_empty() && !marked.starts_with(MARKER) {
        marked.insert(0, MARKER);
    }
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for c in marked.chars() {
        match pieces.last_mut() {
            Some(piece) if open && c.is_alphabetic() => piece.push(c),
            _ => pieces.push(c.into()),
        }
        open = c.is_alphabetic() || c == MARKER;
    }
    pieces
}

impl Tokenizer {
    /// Puts a vocabulary together: added tokens first, then the 256 bytes, the characters, and the merges' results.
    pub(crate) fn assemble(added: &[String], characters: &[char], merges: &[(String, String)]) -> Result<Tokenizer> {
        let mut tokens: Vec<String> = added.to_vec();
        tokens.extend((0..=255).map(byte_token));
        tokens.extend(characters.iter().map(char::to_string));
        tokens.extend(merges.iter().map(|(left, right)| format!("{left}{right}")));
        // Two merges may spell the same word; it is one token.
        let mut seen = std::collections::HashSet::new();
        let fixed = added.len() + 256 + characters.len();
        let mut index = 0;
        tokens.retain(|token| {
            index += 1;
            seen.insert(token.clone()) || index <= fixed
        });
        Tokenizer::from_parts(tokens, merges, added)
    }

    fn from_parts(tokens: Vec<String>, merges: &[(String, String)], added: &[String]) -> Result<Tokenizer> {
        let wrong = |reason: String| Error::Tokenizer(reason);
        let mut ids = HashMap::with_capacity(tokens.len());
        for (id, token) in tokens.iter().enumerate() {
            if token.is_empty() || ids.insert(token.clone(), id as u32).is_some() {
                return Err(wrong(format!("token {token:?} is empty or there twice")));
            }
        }
        let id = |token: &str| ids.get(token).copied().ok_or_else(|| wrong(format!("token {token:?} is missing")));
        let mut is_added = vec![false; tokens.len()];
        for token in added {
            is_added[id(token)? as usize] = true;
        }
        let bytes = (0..=255).map(|b| id(&byte_token(b))).collect::<Result<Vec<u32>>>()?;
        let mut ranks = HashMap::with_capacity(merges.len());
        let mut pairs = Vec::with_capacity(merges.len());
        for (rank, (left, right)) in merges.iter().enumerate() {
            let (pair, result) = ((id(left)?, id(right)?), id(&format!("{left}{right}"))?);
            if is_added[result as usize] {
                return Err(wrong(format!("the merge of {left:?} and {right:?} spells an added token")));
            }
            ranks.entry(pair).or_insert((rank, result));
            pairs.push(pair);
        }
        if !bytes.is_sorted_by(|a, b| a + 1 == *b) {
            return Err(wrong("the 256 bytes must have consecutive ids".to_owned()));
        }
        if let Some(byte) = bytes.iter().find(|b| is_added[**b as usize]) {
            return Err(wrong(format!("{:?} is a byte and an added token", tokens[*byte as usize])));
        }
        Ok(Tokenizer { tokens, merges: pairs, added: is_added, ids, ranks, bytes })
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The id of a token by its exact text.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// The text of a token.
    pub fn id_to_token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    /// Whether an id is an added token, which text never becomes.
    pub fn is_added(&self, id: u32) -> bool {
        self.added.get(id as usize).copied().unwrap_or(false)
    }

    /// Tokens of a text; never an added token.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for piece in pieces(text) {
            self.encode_piece(&piece, &mut ids);
        }
        ids
    }

    /// Tokens of text and given tokens in turn.
    pub fn encode_with(&self, pieces: &[Piece<'_>]) -> Vec<u32> {
        let mut ids = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => ids.extend(self.encode(text)),
                Piece::Token(id) => ids.push(*id),
            }
        }
        ids
    }

    /// Characters, then merges by rank, leftmost first.
    fn encode_piece(&self, piece: &str, ids: &mut Vec<u32>) {
        let mut symbols = Vec::with_capacity(piece.len());
        for c in piece.chars() {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            match self.token_id(text).filter(|id| !self.is_added(*id)) {
                Some(id) => symbols.push(id),
                None => symbols.extend(text.bytes().map(|b| self.bytes[b as usize])),
            }
        }
        loop {
            let ranked = symbols
                .windows(2)
                .enumerate()
                .filter_map(|(i, w)| self.ranks.get(&(w[0], w[1])).map(|(rank, result)| (*rank, i, *result)));
            let Some((_, at, result)) = ranked.min() else { break };
            symbols.splice(at..at + 2, [result]);
        }
        ids.extend(symbols);
    }

    /// The text of tokens: `▁` is a space again, bytes are joined to characters, and an added token stands as it is
    /// written, between spaces. Unknown ids and broken characters become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut bytes: Vec<u8> = Vec::new();
        // At the start and after an added token the next word needs no space of its own.
        let mut fresh = true;
        for (i, id) in ids.iter().enumerate() {
            if self.is_added(*id) {
                if !fresh {
                    bytes.push(b' ');
                }
                bytes.extend(self.tokens[*id as usize].bytes());
                if i + 1 < ids.len() {
                    bytes.push(b' ');
                }
            } else if let Some(byte) = self.byte_of(*id) {
                bytes.push(byte);
            } else {
                let text = self.id_to_token(*id).unwrap_or("\u{FFFD}").replace(MARKER, " ");
                bytes.extend(if fresh { text.strip_prefix(' ').unwrap_or(&text) } else { &text }.bytes());
            }
            fresh = self.is_added(*id);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The byte a token stands for; the bytes' ids are consecutive in every vocabulary this crate makes.
    fn byte_of(&self, id: u32) -> Option<u8> {
        let offset = id.checked_sub(self.bytes[0])?;
        (offset < 256).then_some(offset as u8)
    }

    /// Whether the text of a `tokenizer.json` is of this crate's kind.
    pub fn is_ours(json: &str) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(json) else { return true };
        value["model"]["type"] == "BPE"
            && value["model"]["byte_fallback"] == true
            && value["normalizer"] == normalizer()
    }

    /// The text of a `tokenizer.json`.
    pub fn to_json(&self) -> String {
        let added: Vec<Value> =
            (0..self.len()).filter(|i| self.added[*i]).map(|i| added_token(i, &self.tokens[i])).collect();
        let vocab: Map<String, Value> = self.tokens.iter().enumerate().map(|(i, t)| (t.clone(), json!(i))).collect();
        let token = |id: &u32| self.tokens[*id as usize].clone();
        let merges: Vec<[String; 2]> = self.merges.iter().map(|(l, r)| [token(l), token(r)]).collect();
        let value = json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": added,
            "normalizer": normalizer(),
            "pre_tokenizer": pre_tokenizer(),
            "post_processor": null,
            "decoder": decoder(),
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": true, "ignore_merges": false,
                "vocab": vocab, "merges": merges,
            },
        });
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }

    /// Reads what [`Tokenizer::to_json`] wrote.
    pub fn from_json(json: &str) -> Result<Tokenizer> {
        let wrong = |reason: &str| Error::Tokenizer(reason.to_owned());
        let value: Value = serde_json::from_str(json).map_err(|e| Error::Tokenizer(e.to_string()))?;
        if !Tokenizer::is_ours(json) || value["pre_tokenizer"] != pre_tokenizer() {
            return Err(wrong("not a vocabulary of the compact model (lower-cased BPE with byte fallback)"));
        }
        let vocab = value["model"]["vocab"].as_object().ok_or_else(|| wrong("no vocab"))?;
        let mut tokens = vec![String::new(); vocab.len()];
        for (token, id) in vocab {
            let place = id.as_u64().and_then(|id| tokens.get_mut(id as usize));
            *place.ok_or_else(|| Error::Tokenizer(format!("token {token:?} has id {id}")))? = token.clone();
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let pair = |value: &Value| Some((text(&value[0])?, text(&value[1])?));
        let merges = value["model"]["merges"].as_array().and_then(|m| m.iter().map(pair).collect::<Option<Vec<_>>>());
        let added = value["added_tokens"].as_array();
        let added = added.and_then(|a| a.iter().map(|t| text(&t["content"])).collect::<Option<Vec<_>>>());
        let merges = merges.ok_or_else(|| wrong("merges must be pairs of tokens"))?;
        Tokenizer::from_parts(tokens, &merges, &added.ok_or_else(|| wrong("added_tokens must have content"))?)
    }
}

fn added_token(id: usize, content: &str) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    })
}

fn normalizer() -> Value {
    json!({"type": "Lowercase"})
}

fn pre_tokenizer() -> Value {
    let metaspace = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false});
    let pattern = json!({"Regex": "▁?\\p{Alphabetic}+|[^\\p{Alphabetic}]"});
    let split = json!({"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false});
    json!({"type": "Sequence", "pretokenizers": [metaspace, split]})
}

fn decoder() -> Value {
    json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_into_words_and_single_characters() {
        let check = |text: &str, want: &[&str]| assert_eq!(pieces(text), want, "{text:?}");
        check("Show all", &["▁show", "▁all"]);
        check("top 10, Über?", &["▁top", "▁", "1", "0", ",", "▁über", "?"]);
        check("a  b\n", &["▁a", "▁", "▁b", "\n"]);
        check("x1y", &["▁x", "1", "y"]);
        check("", &[]);
    }
}
