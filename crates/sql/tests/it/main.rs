//! The crate as its callers see it, beside the engine it speaks to.

mod agreement;
mod depth;
mod features;
mod hostile;
mod keywords;
mod lineage;
mod optimise;
mod round_trip;
mod rules;
mod spider;
mod support;
mod validation;
