//! The Reward Evaluator: what a completion is worth, from the validator's report and the rows it returns.
//!
//! Under the profile `execution` only rows make an answer right, and a wrong one stays far below. Under `seed` six
//! components are weighed, as the first design had it; such a reward can be earned without the right rows.
//!
//! Suggested reading order:
//! * [`settings`]: profiles and weights.
//! * [`completion`](mod@completion): a text to a plan, a query or a decline.
//! * [`case`]: what counts as right, computed once a question.
//! * [`small`](mod@small): databases with few rows.
//! * [`witness`](mod@witness): databases made for one question, on which mistakes show.
//! * [`trial`]: a query run beside the reference.
//! * [`components`], [`overlap`](mod@overlap): the six components; how near wrong rows are.
//! * [`words`]: what is said of it; [`bench`]: completions of many questions.

pub mod bench;
pub mod case;
pub mod completion;
pub mod components;
pub mod overlap;
pub mod settings;
pub mod small;
pub mod trial;
pub mod witness;
pub mod words;

pub use bench::{Asked, Bench, Worth};
pub use case::Case;
pub use completion::{Answer, Completion, completion};
pub use components::Components;
pub use settings::{BadSetting, Profile, RIGHT_FROM, Settings, WRONG_BELOW, Weights};
pub use small::ready;
pub use trial::{Attempt, Court, Outcome, Trial, Wrong};
pub use words::feedback;

/// The reward of an attempt to write.
const WRITE: f64 = -1.0;
/// The reward of an answer to what must be declined.
const ANSWERED: f64 = -1.0;
/// What a query is worth at most that runs where nobody knows what is right.
const UNKNOWN: f64 = 0.5;

/// What a completion is worth. Declining is worth 1 where it is right and 0 where it is not, answering what must be
/// declined and attempts to write −1, under either profile.
pub fn reward(trial: &Trial, settings: &Settings) -> f64 {
    match (&trial.outcome, trial.must_decline) {
        (Outcome::Declined, must_decline) => f64::from(u8::from(must_decline)),
        (Outcome::Writes, _) => WRITE,
        (_, true) => ANSWERED,
        (Outcome::Unfinished, false) => 0.0,
        (outcome, false) => match settings.profile {
            Profile::Execution => executed(outcome, &trial.components, settings),
            Profile::Seed => settings.weights.mean(&trial.components),
        },
    }
}

/// Right rows first; the components decide among right answers alone.
fn executed(outcome: &Outcome, components: &Components, settings: &Settings) -> f64 {
    let quality = settings.weights.mean(components);
    match outcome {
        Outcome::Right(_) => 1.0 - settings.tie_break * (1.0 - quality),
        Outcome::Wrong(wrong) if settings.dense => {
            settings.ceiling * (settings.rows_share * wrong.rows + (1.0 - settings.rows_share) * wrong.tree)
        }
        Outcome::Runs => UNKNOWN * quality,
        _ => 0.0,
    }
}

/// Whether a reward under the profile `execution` is one of a right answer.
pub fn is_right(reward: f64) -> bool {
    reward > (WRONG_BELOW + RIGHT_FROM) / 2.0
}
