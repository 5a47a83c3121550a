//! The GL pack with a few values, a vocabulary and an untrained model.

use std::path::{Path, PathBuf};

use answer::pack::Pack;
use answer::vocabulary::{Vocabulary, added_tokens};
use jiff::civil::{Date, date};
use model::tokenizer::train_bpe;
use schema::slot::NormalizedQuestion;
use schema::{Context, Lexicon, ValueIndex, normalize};

pub(crate) const TODAY: Date = date(2026, 11, 20);

pub(crate) fn pack_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl")
}

pub(crate) fn pack() -> Pack {
    Pack::from_folder(&pack_folder()).unwrap()
}

/// A vocabulary with a few words.
pub(crate) fn vocabulary(pack: &Pack) -> Vocabulary {
    let lexicon = pack.lexicon().unwrap();
    let added = added_tokens(&pack.catalog, &lexicon);
    let words = ["show", "all", "active", "projects", "with", "budget", "over", "by", "department"];
    let tokenizer = train_bpe(words, added.len() + 256 + 80, &added).unwrap();
    Vocabulary::new(tokenizer, &pack.catalog, lexicon).unwrap()
}

/// A question read against the pack and a handful of stored values.
pub(crate) fn read(pack: &Pack, question: &str) -> NormalizedQuestion {
    let stored = [
        ("PAC_MNT_PROJECTS.Status", "Active"),
        ("SRM_COMPANIES.Status", "Active"),
        ("PAC_MNT_PROJECTS.Department", "IT"),
        ("PAC_MNT_PROJECTS.Department", "Finance"),
        ("SRM_COMPANIES.Company_Name", "Globex Corporation"),
        ("SRM_COMPANIES.Company_Name", "Blue Harbor Ltd"),
        ("BIZ_COM_SUP_PROPERTIES.Rating", "C"),
        ("BIZ_COM_SUP_PROPERTIES.Rating", "D"),
        ("PROJEVISION.Revision_Type", "Budget"),
    ];
    let entries = stored.map(|(column, value)| (pack.catalog.find_qualified(column).unwrap(), value.to_owned(), 3));
    let values = ValueIndex::new(entries, &pack.catalog, &pack.glossary);
    let lexicon = Lexicon::new(&pack.catalog, &pack.glossary);
    let context = Context {
        catalog: &pack.catalog,
        glossary: &pack.glossary,
        lexicon: &lexicon,
        values: &values,
        vocabulary: None,
        today: TODAY,
    };
    normalize(question, &context)
}
