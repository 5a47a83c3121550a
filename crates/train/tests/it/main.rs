//! Tests of the crate through its public functions.

//mod evaluate;
mod sft;
