//! Whether an answer is right. No model in it, so trainer and server share it.
//!
//! Suggested reading order:
//! * [`same_answer`](mod@same_answer): two results are the same answer, or the same rows.
//! * `matching`: the search behind both: which given row and column stands for which expected one.
//! * [`expected`]: the result of a reference query, with its ties.
//! * [`tally`]: verdicts over several databases.
//! * [`evaluate`]: candidates run beside their reference.
//! * [`elements`](mod@elements): what a query is made of; [`apart`]: the rows in which two results differ.
//! * [`improve`](mod@improve): a query rewritten, each step run beside the one before.
//! * [`reward`](mod@reward): the Reward Evaluator: what a completion is worth.
//! * [`mutants`](mod@mutants): a query with one mistake, to see whether databases tell it apart.

pub mod apart;
pub mod elements;
pub mod evaluate;
pub mod expected;
pub mod improve;
mod matching;
pub mod mutants;
pub mod reward;
pub mod same_answer;
pub mod tally;

pub use apart::Apart;
pub use elements::{conditions, elements};
pub use evaluate::{expect, expect_on, judge, judge_on};
pub use expected::{Expected, order_keys};
pub use improve::{Improved, improve, stored_days};
pub use mutants::{Mutant, mutant, mutants};
pub use same_answer::{Difference, Verdict, same_answer, same_rows};
pub use tally::Tally;
