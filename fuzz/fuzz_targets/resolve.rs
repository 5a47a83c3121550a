//! SQL against a catalog: names and scopes resolve or are said to be wrong, and of what resolves everything can be said:
//! its lineage, features and plan, its canonical form, and whether the matcher can write that.
#![no_main]

use std::cell::OnceCell;

use glrl_fuzz::checks;
use glrl_fuzz::mutate::{self, Words};
use glrl_fuzz::worlds::{self, Choice};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};
use sql::coverage::Ground;
use sql::{Dialect, Severity, parse};

thread_local! {
    static GROUNDS: [OnceCell<Ground<'static>>; 4] = const { [const { OnceCell::new() }; 4] };
}

fn cover(choice: Choice, text: &str) {
    GROUNDS.with(|grounds| {
        grounds[choice.world].get_or_init(|| Ground::new(&choice.world().catalog)).cover(text);
    });
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((choice, text)) = worlds::chosen(data) else { return Corpus::Reject };
    let catalog = &choice.world().catalog;
    let parsed = parse(text, catalog, choice.dialect);
    checks::places(text, &parsed.diagnostics);
    let wrong = parsed.diagnostics.iter().any(|found| found.severity == Severity::Error);
    if let Some(query) = &parsed.query {
        // Names that mean nothing stand in the tree too, and all that looks at trees passes over them.
        checks::described(query, catalog);
        if !wrong && choice.dialect == Dialect::Sqlite {
            checks::printed(query, catalog);
            cover(choice, text);
        }
    }
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::text(data, size, max_size, seed, Words::Query)
});
