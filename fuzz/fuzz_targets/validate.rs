//! All five layers over any text: findings within the text, fixes that leave SQL, agreement with SQLite on what is an
//! error of syntax or schema, and nothing verified that SQLite does not prepare.
#![no_main]

use glrl_fuzz::checks;
use glrl_fuzz::mutate::{self, Words};
use glrl_fuzz::worlds::{self, Choice};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};
use sql::diagnostic::Fix;
use sql::{Diagnostic, Dialect, Report, validate};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((choice, text)) = worlds::chosen(data) else { return Corpus::Reject };
    let report = validate(text, &choice.world().catalog, &choice.options());
    checks::places(text, &report.diagnostics);
    fixes(choice, text, &report);
    if choice.dialect == Dialect::Sqlite {
        verified(choice, text);
        checks::agrees(choice, text);
    }
    Corpus::Keep
});

/// Whatever is fixed is still SQL where it was before, each fix by itself and the safe ones together.
fn fixes(choice: Choice, text: &str, report: &Report) {
    if report.query.is_none() {
        return;
    }
    let (catalog, options) = (&choice.world().catalog, choice.options());
    let is_query = |text: &str| validate(text, catalog, &options).query.is_some();
    for fix in report.diagnostics.iter().flat_map(|found| &found.fixes) {
        if let Some(fixed) = alone(text, report, fix) {
            assert!(is_query(&fixed), "\"{}\" leaves no SQL\n{text}\n{fixed}", fix.title);
        }
    }
    let (fixed, after) = sql::validate::fixed(text, catalog, &options);
    assert!(after.query.is_some(), "the safe fixes leave no SQL\n{text}\n{fixed}");
    checks::places(&fixed, &after.diagnostics);
}

/// The text with one fix applied.
fn alone(text: &str, report: &Report, fix: &Fix) -> Option<String> {
    let found = report.diagnostics.iter().find(|found| found.fixes.contains(fix))?;
    let only = Diagnostic { fixes: vec![Fix { safe: true, ..fix.clone() }], ..found.clone() };
    sql::validate::apply(text, &[only])
}

/// What passes is prepared by SQLite.
fn verified(choice: Choice, text: &str) {
    if let Ok(verified) = sql::verify(text, &choice.world().catalog, &choice.options()) {
        if let Err(refusal) = choice.prepared(verified.sql()) {
            panic!("verified, but SQLite says {refusal}\n{}", verified.sql());
        }
        checks::printed(verified.query(), &choice.world().catalog);
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::text(data, size, max_size, seed, Words::Query)
});
