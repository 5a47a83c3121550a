//! Synthesis: query trees sampled from a typed grammar over a pack, each asked in several voices.
//!
//! Suggested reading order:
//! * [`meaning`]: what a person may ask, before SQL and before words.
//! * [`sample`]: sampling it; [`sense`]: what nobody asks; [`identity`]: how rows are told apart; [`dice`]: the choices.
//! * [`build`]: from what is asked to the query tree.
//! * [`say`], [`pattern`], [`surface`], [`noise`]: from what is asked to a question in words.
//! * [`shapes`]: questions that need the rest of the query language, each with its SQL and its sentences.
//! * [`compose`]: questions put together from parts, any with any.
//! * [`follow`]: questions that go on from another.
//! * [`decline`]: questions that must not be answered.
//! * [`pair`]: tree and question together: run, normalised, aligned, admitted.
//! * [`vary`]: many pairs like one written by hand.
//! * [`split`], [`generate`], [`sets`]: train, dev and test, many trees at once.
//! * [`world`], [`studio`]: the words and values that all of it is drawn from.

pub mod build;
pub mod compose;
pub mod decline;
pub mod dice;
pub mod follow;
pub mod generate;
pub mod identity;
pub mod meaning;
pub mod noise;
pub mod pair;
pub mod pattern;
pub mod sample;
pub mod say;
pub mod sense;
pub mod sets;
pub mod shapes;
pub mod split;
pub mod studio;
pub mod surface;
pub mod vary;
pub mod world;
