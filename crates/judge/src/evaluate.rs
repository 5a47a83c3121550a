//! Candidates judged by running them beside their reference, on one database or several.

use database::{Database, Image, Limits, RunError, run};
use schema::Catalog;
use sql::print::compact;
use sql::{Options, VerifiedQuery, verify};

use crate::expected::{Expected, order_keys};
use crate::same_answer::{Verdict, same_answer};
use crate::tally::Tally;

/// What a reference query answers on a database, with its ties where they can be known. `in_order` says whether the
/// question asks for an order.
///
/// # Errors
/// When the reference does not run.
pub fn expect(
    database: &Database,
    reference: &VerifiedQuery,
    in_order: bool,
    limits: &Limits,
) -> Result<Expected, RunError> {
    let catalog = database.catalog();
    if let Some((query, keys)) = order_keys(reference.query())
        && let Some(shown) = verified(&compact(&query, catalog), catalog)
    {
        return Ok(Expected::with_keys(run(database, &shown, limits)?, &keys, in_order));
    }
    let rows = run(database, reference, limits)?;
    Ok(if in_order { Expected::ordered(rows) } else { Expected::unordered(rows) })
}

fn verified(text: &str, catalog: &Catalog) -> Option<VerifiedQuery> {
    verify(text, catalog, &Options::default()).ok()
}

/// What a reference query answers on each of several databases, in their order.
///
/// # Errors
/// When the reference does not run on one of them.
pub fn expect_on(
    images: &[Image],
    reference: &VerifiedQuery,
    in_order: bool,
    limits: &Limits,
) -> Result<Vec<Expected>, RunError> {
    let one = |image: &Image| {
        let expected = image.with(|database| expect(database, reference, in_order, limits));
        expected.unwrap_or_else(|error| Err(RunError::Vanished { reason: error.to_string() }))
    };
    images.iter().map(one).collect()
}

/// The verdict on a candidate for one database; `None` where it does not run.
pub fn judge(database: &Database, candidate: &VerifiedQuery, expected: &Expected, limits: &Limits) -> Option<Verdict> {
    run(database, candidate, limits).ok().map(|rows| same_answer(expected, &rows))
}

/// A candidate judged on several databases, each with what its reference answers there. Stops at the first database that
/// shows it wrong.
pub fn judge_on(images: &[Image], candidate: &VerifiedQuery, expected: &[Expected], limits: &Limits) -> Tally {
    let mut tally = Tally::default();
    for (image, expected) in images.iter().zip(expected) {
        let verdict = image.with(|database| judge(database, candidate, expected, limits)).ok().flatten();
        tally.add(verdict);
        if !verdict.is_some_and(Verdict::is_same) {
            break;
        }
    }
    tally
}
