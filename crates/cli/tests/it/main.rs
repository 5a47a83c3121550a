//! The binary as a user meets it: shapes, exit codes, bad input, and what holds for the whole project.

mod ask;
mod batch;
mod bench;
mod commands;
mod databases;
mod ddl;
mod explain;
mod learning;
mod logs;
mod models;
mod monitoring;
mod optimise;
mod reward;
mod runs;
mod serve;
mod servers;
mod settings;
mod shared;
mod tidy;
mod tools;
#[cfg(feature = "otlp")]
mod traces;
mod training;
mod translate;
mod validate;
