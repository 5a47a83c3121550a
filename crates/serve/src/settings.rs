//! How the service behaves, as plain data; `glrl serve` fills it from the settings.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use answer::orchestrator::Options;
use jiff::civil::Date;

/// The day that "last month" is counted from.
#[derive(Debug, Clone, Copy)]
pub enum Today {
    /// The machine's own day, whenever a question comes.
    Clock,
    /// Always this one.
    Fixed(Date),
}

impl Today {
    /// The day of a question that comes now.
    pub fn date(self) -> Date {
        match self {
            Today::Clock => jiff::Zoned::now().date(),
            Today::Fixed(date) => date,
        }
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where users connect.
    pub listen: SocketAddr,
    /// Where operators connect.
    pub operators: SocketAddr,
    /// Whether operators see the certificate too, where users do.
    pub operators_tls: bool,
    /// Whether a key or a token is asked for.
    pub authentication: bool,
    /// How questions are answered where a request does not say; its `today` is replaced by the day of the question.
    pub ask: Options,
    /// The day that questions are asked on.
    pub today: Today,
    /// The thread that writes.
    pub decoder: DecoderSettings,
    /// Time of a request from its first byte to its answer.
    pub deadline: Duration,
    /// Requests at once; more are turned away.
    pub max_requests: usize,
    /// The longest body, in bytes.
    pub max_body: usize,
    /// Requests a minute of one principal.
    pub rate: u32,
    /// How many of them may come at once.
    pub burst: u32,
    /// Origins whose pages may call the service from a browser.
    pub origins: Vec<String>,
    /// Bytes of answers kept in memory; 0 keeps none.
    pub cache_bytes: u64,
    /// How long an answer is kept.
    pub cache_time: Duration,
    /// Questions remembered for `/v1/history`.
    pub history: usize,
    /// The folder of feedback; none takes no feedback.
    pub feedback: Option<PathBuf>,
    /// Time for requests in progress once the service is told to stop.
    pub drain: Duration,
}

/// How far one batch goes.
#[derive(Debug, Clone, Copy)]
pub struct DecoderSettings {
    /// Candidates written side by side.
    pub batch: usize,
    /// Questions that wait for a place; more are turned away.
    pub queue: usize,
    /// Threads of the network.
    pub threads: usize,
    /// Whether the model says a plan before each query.
    pub plan: bool,
}
