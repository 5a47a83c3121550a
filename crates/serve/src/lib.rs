//! The service: questions over HTTP, answered side by side. It starts nothing by itself and reads no environment; the
//! command line gives it its settings and opened engines.
//!
//! Suggested reading order:
//! * [`server`]: listeners, connections, and how it all ends.
//! * [`tls`]: the certificate that users see.
//! * [`service`]: what every request is answered with; [`settings`]: how.
//! * [`routes`]: the table of routes, one file each.
//! * [`asking`]: the way of one question through cache, engine and database.
//! * [`engine`]: the thread that writes candidates of many questions at once.
//! * [`swap`]: another model in the place of the one that serves.
//! * [`layers`]: what every request passes before its route, outermost first.
//! * [`auth`]: who asks, and what they may do: keys, tokens, scopes, and how often.
//! * [`problem`]: what goes wrong, as RFC 9457 has it.
//! * [`events`], [`chart`]: an answer as a stream, and as a picture.
//! * [`seen`]: what of a schema a principal is shown.
//! * [`rewards`]: what completions are worth, for whoever trains elsewhere.
//! * [`shared`]: stores that several instances share, and that may be away.
//! * [`cache`], [`history`], [`feedback`]: what is kept, in memory unless said otherwise; [`kept`], [`idempotency`]: streams
//!   and replies, for whoever lost them on the way.
//! * [`audit`], [`metrics`], [`machine`]: what is written down, what is counted, and what the system says; [`traces`].

pub mod asking;
pub mod audit;
pub mod auth;
pub mod cache;
pub mod chart;
pub mod engine;
pub mod events;
pub mod feedback;
pub mod history;
pub mod idempotency;
pub mod kept;
pub mod layers;
pub mod machine;
pub mod metrics;
pub mod problem;
pub mod rewards;
pub mod routes;
pub mod seen;
pub mod server;
pub mod service;
pub mod settings;
pub mod shared;
pub mod swap;
pub mod tls;
pub mod traces;
