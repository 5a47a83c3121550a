//! The crate as its callers see it, beside the engine it speaks to.

mod agreement;
mod round_trip;
mod spider;
mod support;
