//! Tests of the crate through its public functions.

mod compose;
mod evaluate;
mod folder;
mod follow;
mod grpo;
mod import;
mod lint;
mod pack;
mod pipeline;
mod questions;
mod sft;
mod shapes;
mod synth;
mod vary;
