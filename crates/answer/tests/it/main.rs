//! From questions to candidates over a real pack, without trained weights.

mod conversation;
mod ddl;
mod doubt;
mod generate;
mod guard;
mod pack;
mod pages;
mod rules;
mod slots;
mod tools;
mod vocabulary;
mod vote;
