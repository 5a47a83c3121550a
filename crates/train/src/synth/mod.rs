//! Synthesis: query trees sampled from a typed grammar over a pack, each asked in several voices.

pub mod build;
pub mod decline;
pub mod generate;
pub mod split;
pub mod dice;
pub mod meaning;
pub mod noise;
pub mod pair;
pub mod pattern;
pub mod sample;
pub mod say;
pub mod surface;
pub mod world;
