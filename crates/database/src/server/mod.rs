//! What PostgreSQL and MySQL have in common: an address with its secrets, bytes that arrive in time, and a plan of checks.
//!
//! Suggested reading order:
//! * [`url`]: `postgres://…` and `mysql://…` to a [`Server`].
//! * `wire`: a socket of which no read or write lasts longer than it may.
//! * [`error`]: what goes wrong between here and there.
//! * `session`: one connection kept from query to query, and opened anew when it is lost.
//! * `remote`: a database on a server, whichever protocol that speaks.
//! * [`advice`]: what a careful owner of a server would change.
//!
//! The clients of both protocols block and are written here. The protocols are small, and the usual drivers bring an
//! asynchronous runtime and a hundred packages; in return nothing exists here that reads a local file for a server, sends
//! two statements at once, or waits without an end.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use schema::Value;

pub mod advice;
pub mod error;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) mod remote;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) mod session;
pub mod url;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) mod wire;

pub use advice::Advice;
pub use error::ServerError;
pub use url::{Kind, Server, UrlError};

#[cfg(any(feature = "postgres", feature = "mysql"))]
/// A number as a server writes it. Those beyond 64 bits lose digits; what is none stays text.
pub(crate) fn number(text: &str) -> Value {
    match text {
        // As SQLite's infinities are shown.
        "Infinity" => return Value::Text("Inf".to_owned()),
        "-Infinity" => return Value::Text("-Inf".to_owned()),
        _ => {}
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Value::Integer(whole);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Real(number),
        _ => Value::Text(text.to_owned()),
    }
}
