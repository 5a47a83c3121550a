//! From questions to candidates over a real pack, without trained weights.

mod generate;
mod pack;
mod slots;
mod tools;
mod vocabulary;
