//! From a pack to a trained model: data, supervised fine-tuning, run folders, and accuracy by execution. It has never
//! heard of HTTP.
//!
//! Suggested reading order:
//! * [`example`], [`question`]: the lines of data sets and of question files.
//! * [`lint`]: question files looked over before anything is learnt from them; [`import`]: what passes, taken into a folder.
//! * [`encode`], [`dataset`]: examples to tokens, and the order in which training sees them.
//! * [`config`], [`sft`]: the settings of supervised fine-tuning, and its loop; [`run`]: what every kind of run shares.
//! * [`grpo`](mod@grpo): learning from the rows that the model's own answers return.
//! * [`metrics`], [`tensorboard`], [`checkpoint`], [`samples`], [`summary`], [`export`]: what a run leaves behind, and what is shipped
//!   of it; [`curves`], [`plot`], [`run_report`]: the same to be looked at.
//! * [`evaluate`], [`report`]: answers judged by their rows, and what was found; [`reliability`]: what confidence is worth;
//!   [`elements`]: what wrong
//!   queries lack; [`compare`]: two evaluations of the same questions; [`promote`]: whether one model may take another's
//!   place; [`consistency`]: one thing asked in several ways.
//! * [`canonical`], [`oracle`]: references in the form a model learns, and the evaluation that needs no model.
//! * [`synth`]: query trees sampled over a pack, each asked in several voices.

pub mod bench;
pub mod canonical;
pub mod checkpoint;
pub mod compare;
pub mod config;
pub mod consistency;
pub mod curves;
pub mod dataset;
pub mod elements;
pub mod encode;
pub mod error;
pub mod evaluate;
pub mod example;
pub mod export;
mod files;
pub mod grpo;
pub mod import;
pub mod lint;
pub mod metrics;
pub mod oracle;
mod page;
pub mod plot;
pub mod promote;
pub mod question;
pub mod reliability;
pub mod report;
pub mod run;
pub mod run_report;
pub mod samples;
pub mod sft;
pub mod summary;
pub mod synth;
pub mod tensorboard;
