//! From questions to candidates over a real pack, without trained weights.

mod channel;
mod choice;
mod conversation;
mod ddl;
mod generate;
mod guard;
mod pack;
mod pages;
mod rules;
mod slots;
mod tools;
mod vocabulary;
mod vote;
