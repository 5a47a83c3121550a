//! A question to an answer: link, prompt, decode, parse, validate, execute. Blocking; knows nothing of HTTP.
//!
//! Suggested reading order:
//! * [`orchestrator`]: the whole way of a question, [`orchestrator::ask`] first; `asking`: a question between two steps.
//! * [`schema_analyzer`]: the question's words and values, and the tables it needs.
//! * [`query_generator`]: candidates under the matcher; [`plan`]: what a model may say before its query; [`replay`]: a
//!   candidate taken apart into its choices.
//! * [`validator`]: five layers between a candidate and the database.
//! * [`channel`], [`vote`]: which of several candidates answers.
//! * [`reply`], [`intent`], [`confidence`]: what an answer is made of; [`known`]: one that was found before.
//! * [`ddl`]: requests to change definitions, reviewed and never run.
//! * [`guard`]: what is told apart before any model reads the question.
//! * [`engine`]: everything that is opened once and asked many times.
//! * [`pack`], [`rules`], [`values`]: what is known of a domain and of its database.
//! * [`prompt`], [`vocabulary`]: the one prompt function, and the tokens of a model.
//! * [`stop`]: how a question is told that nobody waits any more.
//! * [`slots`], [`literals`]: which literal of a query came from which part of the question; `stage`: what is traced.

mod asking;
pub mod channel;
pub mod confidence;
pub mod conversation;
pub mod ddl;
pub mod engine;
pub mod guard;
pub mod intent;
pub mod known;
pub mod literals;
pub mod orchestrator;
pub mod pack;
pub mod plan;
pub mod prompt;
pub mod query_generator;
pub mod replay;
pub mod reply;
pub mod rules;
pub mod schema_analyzer;
pub mod slots;
mod stage;
pub mod stop;
pub mod validator;
pub mod values;
pub mod vocabulary;
pub mod vote;

pub use confidence::Threshold;
