//! PostgreSQL and MariaDB, each a real server: the same rows as SQLite, what they hold, what they refuse, and what happens
//! when they are slow, gone or cut off.

mod demo;
mod faults;
mod harness;
mod hostile;
mod introspection;
mod rows;
