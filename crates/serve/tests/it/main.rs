//! The service as a client meets it: a real listener, real connections, the shipped weights.

mod answers;
mod audit;
#[cfg(all(feature = "redis", feature = "object-store"))]
mod caches;
mod idempotency;
mod keys;
mod leaving;
mod life;
mod openai;
mod problems;
mod rewards;
mod routes;
mod streams;
mod swap;
mod tls;
mod tokens;
mod tools;
mod views;
