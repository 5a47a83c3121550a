//! Tokens, masks and prompts.

use answer::intent::{Intent, MODEL_INTENTS};
use answer::prompt::{ModelQuestion, completion, prompt, slot_named};
use answer::vocabulary::Vocabulary;
use schema::slot::{Slot, SlotKind};
use sql::bitset::BitSet;

use crate::tools::{pack, read, vocabulary};

#[test]
fn masks_are_sets_of_lexemes_shifted() {
    let vocabulary = vocabulary(&pack());
    for ids in [vec![0], vec![63, 64, 65], vec![1, 100, vocabulary.lexicon.len() as u32 - 1]] {
        let mut lexemes = BitSet::new(vocabulary.lexicon.len());
        ids.iter().for_each(|id| lexemes.insert(*id));
        let mask = vocabulary.mask(&lexemes);
        let tokens: Vec<u32> =
            (0..vocabulary.size() as u32).filter(|t| mask[*t as usize / 64] >> (t % 64) & 1 == 1).collect();
        assert_eq!(tokens, ids.iter().map(|id| vocabulary.token(*id)).collect::<Vec<_>>());
    }
    let ones: u32 = vocabulary.intent_mask().iter().map(|word| word.count_ones()).sum();
    assert_eq!(ones as usize, MODEL_INTENTS.len());
}

#[test]
fn tokens_go_both_ways() {
    let vocabulary = vocabulary(&pack());
    for (intent, _) in MODEL_INTENTS {
        assert_eq!(vocabulary.intent_of(vocabulary.intent(intent).unwrap()), Some(intent));
    }
    assert_eq!(vocabulary.intent(Intent::PastedSql), None);
    let last = vocabulary.lexicon.len() as u32 - 1;
    assert_eq!(vocabulary.lexeme_id(vocabulary.token(last)), Some(last));
    assert_eq!(vocabulary.lexeme_id(vocabulary.token(last) + 1), None);
    let back =
        Vocabulary::from_json(&vocabulary.tokenizer.to_json(), &pack().catalog, pack().lexicon().unwrap()).unwrap();
    assert_eq!(back.hash(), vocabulary.hash());
}

#[test]
fn a_vocabulary_for_another_lexicon_is_refused() {
    let vocabulary = vocabulary(&pack());
    let other = sql::ddl::catalog_from_ddl("CREATE TABLE T (A INTEGER)").unwrap();
    let lexicon = sql::lexeme::Lexicon::new(&other, vec![]);
    let message = Vocabulary::new(vocabulary.tokenizer, &other, lexicon).unwrap_err().to_string();
    assert!(message.contains("made for another pack"), "{message}");
}

#[test]
fn a_prompt_holds_words_slots_and_their_columns() {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let question = read(&pack, "active projects over 100k started in 2024");
    let lexicon = schema::Lexicon::new(&pack.catalog, &pack.glossary);
    let values = schema::ValueIndex::default();
    let context = schema::Context {
        catalog: &pack.catalog,
        glossary: &pack.glossary,
        lexicon: &lexicon,
        values: &values,
        vocabulary: None,
        today: crate::tools::TODAY,
    };
    let question = ModelQuestion::new(&question, &schema::link::link(&question, &context));
    assert!(question.links.len() <= answer::prompt::MAX_LINKS);
    let tokens = prompt(&vocabulary, &question);
    let text = vocabulary.tokenizer.decode(&tokens);
    assert!(text.starts_with("<bos>") && text.ends_with("<sep>"), "{text}");
    assert!(
        text.contains("2024 PAC_MNT_PROJECTS") || text.contains("<range1> PAC_MNT_PROJECTS"),
        "the table that is named: {text}"
    );
    for part in ["<val1>", "<num1>", "<range1>", "PAC_MNT_PROJECTS.Status", "SRM_COMPANIES.Status"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let unknown = ModelQuestion { text: "<num9> <foo1> <num>".to_owned(), values: vec![], ..ModelQuestion::default() };
    let tokens = prompt(&vocabulary, &unknown);
    assert!(tokens[1..tokens.len() - 1].iter().all(|t| !vocabulary.tokenizer.is_added(*t)), "they are only words");
}

#[test]
fn a_completion_ends() {
    let vocabulary = vocabulary(&pack());
    let tokens = completion(&vocabulary, Intent::Answerable, None, &[0]).unwrap();
    assert_eq!(tokens, [vocabulary.intent(Intent::Answerable).unwrap(), vocabulary.token(0), vocabulary.end()]);
    assert_eq!(completion(&vocabulary, Intent::Write, None, &[]).unwrap().len(), 1);
    assert_eq!(completion(&vocabulary, Intent::PastedSql, None, &[]), None);
}

#[test]
fn slots_have_names() {
    assert_eq!(slot_named("<num8>"), Some(Slot { kind: SlotKind::Num, number: 8 }));
    assert_eq!(slot_named("<range1>"), Some(Slot { kind: SlotKind::Range, number: 1 }));
    for word in ["<num>", "num1", "<num01>", "<x1>", "<>", "<num999>"] {
        assert_eq!(slot_named(word), None, "{word}");
    }
}
