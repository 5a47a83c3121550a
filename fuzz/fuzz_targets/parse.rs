//! Any bytes as SQL of any dialect: no panic, findings within the text, and what parses prints and reads back the same.
#![no_main]

use glrl_fuzz::mutate::{self, Words};
use glrl_fuzz::{checks, worlds};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use sql::{Dialect, parse};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (choice, text) = (worlds::Choice::of(*first), String::from_utf8_lossy(rest));
    let catalog = &choice.world().catalog;
    let parsed = parse(&text, catalog, choice.dialect);
    checks::places(&text, &parsed.diagnostics);
    if let Some(query) = parsed.ok().filter(|_| choice.dialect == Dialect::Sqlite) {
        checks::printed(&query, catalog);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::text(data, size, max_size, seed, Words::Query)
});
