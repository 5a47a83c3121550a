//! Any question of up to 4,000 characters: its words and values stand in order, on whole characters, within it, and
//! linking it to tables answers too. Time in proportion is libFuzzer's to watch, by its limit of seconds an input.
#![no_main]

use std::sync::OnceLock;

use answer::values::value_index;
use database::fill::Recipe;
use database::{DemoSpec, ProfileLimits, demo_database};
use glrl_fuzz::worlds::pack;
use jiff::civil::date;
use libfuzzer_sys::{Corpus, fuzz_target};
use schema::link::link;
use schema::slot::Piece;
use schema::{Context, Lexicon, ValueIndex, normalize};

/// The most characters that a question may have.
const MOST: usize = 4_000;

fn known() -> &'static (Lexicon, ValueIndex) {
    static KNOWN: OnceLock<(Lexicon, ValueIndex)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let pack = pack();
        let spec = DemoSpec::from_toml(&pack.files.demo).expect("the demo's specification");
        let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: 1 };
        let database = demo_database(None, &recipe).expect("the demo's rows");
        let values = value_index(pack, &database, None, &ProfileLimits::default());
        (Lexicon::new(&pack.catalog, &pack.glossary), values)
    })
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(question) = std::str::from_utf8(data) else { return Corpus::Reject };
    if question.chars().count() > MOST {
        return Corpus::Reject;
    }
    let (lexicon, values) = known();
    let context = Context {
        catalog: &pack().catalog,
        glossary: &pack().glossary,
        lexicon,
        values,
        vocabulary: None,
        today: date(2026, 11, 21),
    };
    let normalized = normalize(question, &context);
    link(&normalized, &context);
    let mut end = 0;
    for piece in &normalized.pieces {
        let span = match piece {
            Piece::Text { span, .. } => *span,
            Piece::Slot(slot) => normalized.slot(*slot).expect("every slot is filled").span,
        };
        assert!(end <= span.start && span.start < span.end, "{span:?} after {end}: {question:?}");
        assert!(question.get(span.start..span.end).is_some(), "{span:?} of {question:?}");
        end = span.end;
    }
    assert!(normalized.slots.iter().all(|slot| !slot.readings.is_empty()), "a slot without a reading: {question:?}");
    Corpus::Keep
});
