//! The service as a client meets it: a real listener, real connections, the shipped weights.

mod answers;
mod audit;
mod keys;
mod life;
mod openai;
mod problems;
mod routes;
mod streams;
mod swap;
mod tls;
mod tokens;
mod tools;
