//! The other way round: how likely the question is, given a query that may answer it. A query that leaves out what the
//! question says, or says something else, makes those words unlikely, however likely the query itself is. Both together
//! choose among candidates:
//!
//! ```text
//! score(query) = log p(query | question) + λ · log p(question | query)
//! ```
//!
//! "The Neural Noisy Channel" (Yu et al. 2017, equation 8, with the model itself in place of a language model); "Reranking for
//! Neural Semantic Parsing" (Yin and Neubig 2019, the reconstruction feature). A network of its own reads the queries: one that
//! learns both ways writes worse queries.

use model::inference::{Logits, Model, Options, Want, advance, prefill};
use model::sampling::log_prob;

use crate::prompt::{ModelQuestion, reversed};
use crate::query_generator::GenerateError;
use crate::vocabulary::Vocabulary;

/// Queries that are read side by side: logits of every word over the whole vocabulary are kept for so many.
const TOGETHER: usize = 4;
/// In the metadata of weights: λ.
pub const CHANNEL_WEIGHT: &str = "channel_weight";

/// In the metadata of weights: [`Channel::usual`].
pub const CHANNEL_USUAL: &str = "channel_usual";

/// λ where none was fitted ([`Channel::weight`]).
pub const USUAL_WEIGHT: f64 = 0.6;

/// What tells how likely a candidate makes the question.
pub struct Channel {
    /// The network, which was taught to write questions for queries.
    pub network: Model,
    /// λ, from 0 to 1; with 0 nothing is compared.
    pub weight: f64,
    /// The probability of a question's token, by the geometric mean of a question, given the query that answers it: the median of
    /// questions that can be answered. With 0 it says nothing of whether one can.
    pub usual: f64,
}

/// What a token's probability counts in whether the question is answerable.
const DOUBT: i32 = 2;

/// How likely a question is to be answerable, given how likely the model found that before it wrote, and the probability of the
/// question's tokens given what it wrote (their geometric mean): `odds = p / (1 − p) · (q / usual)²`. A question that the
/// tables do not hold has words that no query explains.
pub fn answerable_given(before: f64, explained: f64, usual: f64) -> f64 {
    if usual <= 0.0 {
        return before;
    }
    let answerable = before * (explained / usual).powi(DOUBT);
    answerable / (answerable + (1.0 - before)).max(f64::MIN_POSITIVE)
}

/// log p(question | query), for each query (ids of lexemes).
///
/// # Errors
/// When one of them and the question are longer together than the network's longest sequence, or it is broken (NaN).
pub fn log_likelihoods(
    network: &Model,
    vocabulary: &Vocabulary,
    question: &ModelQuestion,
    queries: &[&[u32]],
) -> Result<Vec<f64>, GenerateError> {
    let mut logits = Logits::default();
    let mut found = Vec::with_capacity(queries.len());
    for queries in queries.chunks(TOGETHER) {
        let (given, said): (Vec<_>, Vec<_>) = queries.iter().map(|query| reversed(vocabulary, question, query)).unzip();
        let given: Vec<&[u32]> = given.iter().map(|tokens| &tokens[..]).collect();
        let mut cache = prefill(network, &given, Options::default(), &mut logits)?;
        let first = |row: usize| log_prob(logits.last(row), None, said[row][0]);
        let mut sums =
            (0..queries.len()).map(|row| Ok(f64::from(first(row)?))).collect::<Result<Vec<_>, GenerateError>>()?;
        let read: Vec<&[u32]> = said.iter().map(|tokens| &tokens[..tokens.len() - 1]).collect();
        advance(network, &mut cache, &read, Options { want: Want::All, ..Options::default() }, &mut logits)?;
        for (row, (sum, said)) in sums.iter_mut().zip(&said).enumerate() {
            for (i, token) in said[1..].iter().enumerate() {
                *sum += f64::from(log_prob(logits.at(row, i), None, *token)?);
            }
        }
        found.extend(sums);
    }
    Ok(found)
}
