//! Token masks against brute force, and whole queries token by token.

use schema::Catalog;

use super::super::tests::{PACK, SMALL, World, chooser, slots, sql_of, world};
use super::super::walk::walk;
use super::super::{Grammar, Limits, Matcher, SlotTable};
use super::{BadVocabulary, ByteGrammar, ByteMatcher, ByteVocabulary};
use crate::bitset::BitSet;
use crate::lexeme::{Lexeme, Lexicon, Word};

/// The text of each lexeme, by its id, read off the vocabulary's names.
fn texts(catalog: &Catalog, lexicon: &Lexicon) -> Vec<String> {
    let text = |lexeme: &Lexeme| match lexeme {
        Lexeme::Word(word) => word.text().to_owned(),
        Lexeme::Constant(i) => lexicon.constants[usize::from(*i)].sql.clone(),
        other => lexicon.name(catalog, *other),
    };
    lexicon.lexemes().iter().map(text).collect()
}

/// All bytes, parts of the texts cut anywhere, and parts of whole queries that span several lexemes; a token without
/// bytes, one that is there twice, and the end.
fn vocabulary(world: &World, slots: &SlotTable, count: usize) -> ByteVocabulary {
    let mut choose = chooser(99);
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    tokens.extend([vec![], b" ".to_vec(), b" SELECT ".to_vec(), b"SELECT".to_vec()]);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let texts = texts(&world.catalog, &world.lexicon);
    while tokens.len() < count {
        let walked = walk(&mut Matcher::new(&grammar, slots, 60), &mut choose);
        let query = joined(world, &texts, &walked);
        for _ in 0..40 {
            let start = choose(query.len() - 2);
            let most = if choose(4) == 0 { 40 } else { 8 };
            let length = 2 + choose(most);
            let token = query[start..query.len().min(start + length)].to_vec();
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
    }
    tokens.push(b"<end>".to_vec());
    let end = tokens.len() as u32 - 1;
    ByteVocabulary::new(tokens, end).expect("the end is there")
}

/// Lexemes as a byte-level model writes them.
fn joined(world: &World, texts: &[String], lexemes: &[Lexeme]) -> Vec<u8> {
    let written = lexemes.iter().filter(|l| **l != Lexeme::Word(Word::End));
    let id = |lexeme: &Lexeme| world.lexicon.id(*lexeme).expect("known") as usize;
    written.map(|lexeme| texts[id(lexeme)].as_str()).collect::<Vec<_>>().join(" ").into_bytes()
}

/// Whether some query begins with this text: tried lexeme by lexeme, with nothing but the lexeme matcher.
fn can_begin(matcher: &Matcher, texts: &[String], end: u32, text: &[u8]) -> bool {
    let mut mask = BitSet::default();
    matcher.mask(&mut mask);
    mask.iter().filter(|id| *id != end).any(|id| {
        let lexeme = texts[id as usize].as_bytes();
        if lexeme.starts_with(text) {
            return true;
        }
        let Some(rest) = text.strip_prefix(lexeme).and_then(|rest| rest.strip_prefix(b" ")) else { return false };
        let mut next = matcher.clone();
        next.advance_allowed(id);
        can_begin(&next, texts, end, rest)
    })
}

/// Whether this text is a whole query.
fn is_whole(matcher: &Matcher, texts: &[String], end: u32, text: &[u8]) -> bool {
    let mut mask = BitSet::default();
    matcher.mask(&mut mask);
    mask.iter().filter(|id| *id != end).any(|id| {
        let Some(rest) = text.strip_prefix(texts[id as usize].as_bytes()) else { return false };
        let mut next = matcher.clone();
        next.advance_allowed(id);
        match rest.strip_prefix(b" ") {
            Some(rest) => is_whole(&next, texts, end, rest),
            None => rest.is_empty() && next.is_accepting(),
        }
    })
}

#[test]
fn a_mask_holds_exactly_the_tokens_after_which_the_text_can_be_completed() {
    let world = world(SMALL);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let bytes = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary(&world, &slots, 500)).expect("fits");
    let texts = texts(&world.catalog, &world.lexicon);
    let (vocabulary, end) = (bytes.vocabulary(), grammar.word(Word::End));
    let mut choose = chooser(17);
    let (mut mask, mut asked, mut spanning) = (BitSet::default(), 0, 0);
    for budget in [6, 9, 14, 30] {
        let fresh = Matcher::new(&grammar, &slots, budget);
        let mut matcher = ByteMatcher::new(&bytes, fresh.clone());
        let mut text = vec![];
        while !matcher.is_finished() && text.len() < 160 {
            matcher.mask(&mut mask);
            let mut expected = vec![];
            for token in 0..vocabulary.len() as u32 {
                let longer = [&text[..], vocabulary.bytes(token)].concat();
                let fits = match token == vocabulary.end() {
                    true => is_whole(&fresh, &texts, end, &text),
                    false => longer.len() > text.len() && can_begin(&fresh, &texts, end, &longer),
                };
                assert_eq!(matcher.allows(token), fits, "{:?} then {token}", String::from_utf8_lossy(&text));
                expected.extend(fits.then_some(token));
            }
            assert_eq!(mask.iter().collect::<Vec<_>>(), expected, "{}", String::from_utf8_lossy(&text));
            asked += 1;
            // The longest of a few, so that tokens that span lexemes are taken too.
            let drawn = (0..3).map(|_| expected[choose(expected.len())]);
            let token = drawn.max_by_key(|token| vocabulary.bytes(*token).len()).expect("three");
            spanning += usize::from(vocabulary.bytes(token).contains(&b' '));
            text.extend(vocabulary.bytes(token));
            matcher.advance(token).expect("the mask holds it");
        }
    }
    assert!(asked > 40 && spanning > 10, "{asked} masks, {spanning} tokens with a space");
}

#[test]
fn every_walk_is_accepted_token_by_token_however_it_is_cut() {
    let world = world(PACK);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let bytes = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary(&world, &slots, 3000)).expect("fits");
    let (texts, vocabulary) = (texts(&world.catalog, &world.lexicon), bytes.vocabulary());
    let (mut choose, mut mask) = (chooser(5), BitSet::default());
    for i in 0..400 {
        let walked = walk(&mut Matcher::new(&grammar, &slots, 120), &mut choose);
        let text = joined(&world, &texts, &walked);
        let mut matcher = ByteMatcher::new(&bytes, Matcher::new(&grammar, &slots, 120));
        let mut rest = &text[..];
        while !rest.is_empty() {
            let most = if i % 2 == 0 { rest.len() } else { (1 + choose(6)).min(rest.len()) };
            let token = vocabulary.longest(&rest[..most]).expect("every byte is a token");
            matcher.mask(&mut mask);
            assert!(mask.contains(token), "{:?}", String::from_utf8_lossy(rest));
            matcher.advance(token).expect("the mask holds it");
            rest = &rest[vocabulary.bytes(token).len()..];
        }
        assert!(matcher.is_accepting());
        matcher.advance(vocabulary.end()).expect("the query may end");
        let read: Vec<Lexeme> =
            matcher.lexemes().expect("ended").into_iter().filter_map(|id| world.lexicon.lexeme(id)).collect();
        assert_eq!(joined(&world, &texts, &read), text);
        matcher.mask(&mut mask);
        assert!(matcher.is_finished() && mask.is_empty() && matcher.advance(0).is_err());
    }
}

#[test]
fn sqlite_accepts_every_walk_of_tokens() {
    let world = world(SMALL);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let bytes = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary(&world, &slots, 1500)).expect("fits");
    let (mut choose, mut mask) = (chooser(29), BitSet::default());
    for i in 0..300 {
        let fresh = Matcher::new(&grammar, &slots, 5 + i % 60);
        let budget = fresh.remaining();
        let mut matcher = ByteMatcher::new(&bytes, fresh);
        while !matcher.is_finished() {
            matcher.mask(&mut mask);
            let allowed: Vec<u32> = mask.iter().collect();
            assert!(!allowed.is_empty(), "a dead end");
            matcher.advance(allowed[choose(allowed.len())]).expect("the mask holds it");
        }
        let ids = matcher.lexemes().expect("ended");
        assert!(ids.len() < budget, "{} lexemes and the end within {budget}", ids.len());
        let lexemes: Vec<Lexeme> = ids.into_iter().filter_map(|id| world.lexicon.lexeme(id)).collect();
        let sql = sql_of(&world, &lexemes);
        if let Err(error) = world.connection.prepare(&sql) {
            panic!("{error}\n{sql}");
        }
    }
}

#[test]
fn forced_text_is_what_no_token_can_leave() {
    let world = world(SMALL);
    let slots = slots(&world.catalog, 2);
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let bytes = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary(&world, &slots, 900)).expect("fits");
    let (mut choose, mut mask, mut runs, mut ends) = (chooser(31), BitSet::default(), 0, 0);
    for _ in 0..100 {
        let mut matcher = ByteMatcher::new(&bytes, Matcher::new(&grammar, &slots, 60));
        while !matcher.is_finished() {
            let forced = matcher.forced();
            matcher.mask(&mut mask);
            let allowed: Vec<u32> = mask.iter().collect();
            for token in allowed.iter().map(|token| bytes.vocabulary().bytes(*token)) {
                assert!(token.starts_with(&forced.bytes) || forced.bytes.starts_with(token));
            }
            runs += usize::from(!forced.bytes.is_empty());
            ends += usize::from(forced.ends);
            let firsts = allowed.iter().filter_map(|t| bytes.vocabulary().bytes(*t).first());
            let firsts: std::collections::BTreeSet<&u8> = firsts.collect();
            let choices = firsts.len() + usize::from(allowed.contains(&bytes.vocabulary().end()));
            assert_eq!(!forced.bytes.is_empty() || forced.ends, choices == 1);
            matcher.advance(allowed[choose(allowed.len())]).expect("the mask holds it");
        }
    }
    assert!(runs > 100, "{runs} runs, {ends} of them to the end");
}

#[test]
fn a_fork_goes_its_own_way() {
    let world = world(SMALL);
    let slots = SlotTable::new();
    let grammar = Grammar::new(&world.catalog, &world.lexicon, None, Limits::default());
    let bytes = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary(&world, &slots, 600)).expect("fits");
    let mut one = ByteMatcher::new(&bytes, Matcher::new(&grammar, &slots, 60));
    let token = |text: &str| bytes.vocabulary().longest(text.as_bytes()).expect("a token");
    one.advance(token("SELECT")).expect("a query begins so");
    let (before, mut two) = (one.state_hash(), one.clone());
    assert_eq!(two.state_hash(), before);
    two.advance(u32::from(b' ')).expect("more comes");
    assert_ne!(two.state_hash(), before);
    assert_eq!((one.state_hash(), one.position(), two.position()), (before, 1, 2));
    let refused = one.advance(u32::from(b'X')).expect_err("no lexeme goes on so");
    assert_eq!((refused.position, one.state_hash()), (1, before));
}

#[test]
fn a_vocabulary_that_cannot_write_every_query_is_refused() {
    let world = world(SMALL);
    let tokens: Vec<Vec<u8>> = (0..=255u8).filter(|byte| *byte != b'=').map(|byte| vec![byte]).collect();
    let vocabulary = ByteVocabulary::new(tokens.clone(), 0).expect("the end is there");
    let refused = ByteGrammar::new(&world.catalog, &world.lexicon, vocabulary).map(|_| ());
    assert_eq!(refused, Err(BadVocabulary::NoByte { byte: b'=' }));
    let refused = ByteVocabulary::new(tokens, 255).map(|_| ());
    assert_eq!(refused, Err(BadVocabulary::NoEnd { end: 255, tokens: 255 }));
}
