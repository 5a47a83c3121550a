//! The tokenizer: round trips, injection, determinism, the file.

use model::tokenizer::{Piece, Tokenizer, train_bpe};
use proptest::prelude::*;

const CORPUS: [&str; 6] = [
    "show all projects with a budget above 100",
    "show the projects of the finance department",
    "total budget by department, largest first",
    "which projects are over budget?",
    "select the department (finance) with projects",
    "über 5 café",
];

fn added() -> Vec<String> {
    ["<bos>", "<sep>", "SELECT", "GROUP BY", "PAC_MNT.Budget", "(", ",", "<num1>", "budget", "<s"]
        .map(str::to_owned)
        .to_vec()
}

fn tokenizer() -> Tokenizer {
    train_bpe(CORPUS, 400, &added()).unwrap()
}

#[test]
fn frequent_words_become_single_tokens() {
    let t = tokenizer();
    let ids = t.encode("Show all PROJECTS");
    let words: Vec<&str> = ids.iter().map(|id| t.id_to_token(*id).unwrap()).collect();
    assert_eq!(words[0], "▁show");
    assert_eq!(words.last(), Some(&"▁projects"));
}

#[test]
fn text_never_becomes_an_added_token() {
    let t = tokenizer();
    for text in ["<bos>", "SELECT (budget, GROUP BY", "budget", "a<bos>b <sep><num1>", "PAC_MNT.Budget", "<s", "<0x28>"]
    {
        let ids = t.encode_with(&[Piece::Text(text)]);
        assert!(ids.iter().all(|id| !t.is_added(*id)), "{text}: {ids:?}");
        assert_eq!(t.decode(&ids), text.to_lowercase());
    }
    let bos = t.token_id("<bos>").unwrap();
    let ids =
        t.encode_with(&[Piece::Token(bos), Piece::Text("show all"), Piece::Token(t.token_id("GROUP BY").unwrap())]);
    assert_eq!((ids[0], t.is_added(bos)), (bos, true));
    assert_eq!(t.decode(&ids), "<bos> show all GROUP BY");
}

#[test]
fn training_is_deterministic_and_the_file_comes_back() {
    let t = tokenizer();
    assert_eq!(t, tokenizer());
    let json = t.to_json();
    let read = Tokenizer::from_json(&json).unwrap();
    assert_eq!(read, t);
    assert_eq!(read.to_json(), json);
}

#[test]
fn bad_vocabularies_are_refused() {
    let check = |json: &str, want: &str| {
        let message = Tokenizer::from_json(json).unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    };
    let json = tokenizer().to_json();
    check(&json[..json.len() / 2], "tokenizer:");
    check("{}", "not a vocabulary");
    check(&json.replacen("\"<0x00>\"", "\"gone\"", 1), "<0x00>");
    assert!(train_bpe(CORPUS, 100, &[]).unwrap_err().to_string().contains("vocab_size 100"));
    assert!(train_bpe(CORPUS, 500, &["<0x41>".to_owned()]).is_err());
    assert!(train_bpe(CORPUS, 500, &["a b".to_owned(), "a b".to_owned()]).is_err());
}

proptest! {
    #[test]
    fn every_text_comes_back_lower_cased(text in "\\PC{0,40}|[a-z ,(<>x0-9\\n]{0,40}") {
        let t = tokenizer();
        // One leading space is the mark of a word's start, and `▁` itself reads as a space.
        let lower: String = text.chars().flat_map(char::to_lowercase).map(|c| if c == '▁' { ' ' } else { c }).collect();
        let want = lower.strip_prefix(' ').unwrap_or(&lower);
        let ids = t.encode(&text);
        prop_assert_eq!(t.decode(&ids), want);
        prop_assert!(ids.iter().all(|id| !t.is_added(*id)));
    }
}
