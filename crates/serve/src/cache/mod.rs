//! Answers kept: in memory with their rows, and beyond it their queries, in stores that several instances share. The key is
//! everything that decides an answer, so that nothing has to be thrown away: what has changed has another key. Requests for
//! the same key at the same time wait for one of them, which alone looks further.
//!
//! * [`key`]: what decides an answer; [`value`]: what is kept of it beyond memory.
//! * [`further`]: the tiers beyond memory.

pub mod further;
pub mod key;
pub mod value;

use std::sync::Arc;
use std::time::Duration;

use answer::orchestrator::Options;
use answer::reply::{Answer, Status};
use moka::future::Cache;

use crate::asking::Asked;
use crate::problem::Problem;
use crate::service::Served;
use further::Further;
use key::Keys;

/// What an answer takes beside its texts and rows, in bytes.
const LEAST: usize = 1_000;
/// What a cell takes at least.
const CELL: usize = 32;

/// The answers.
#[derive(Debug)]
pub struct AnswerCache {
    answers: Cache<[u8; 32], Arc<Asked>>,
    is_on: bool,
    /// The tiers beyond memory.
    pub further: Further,
}

impl AnswerCache {
    /// Keeps answers of so many bytes together in memory, each for a time; without bytes it keeps none there.
    pub fn new(bytes: u64, time: Duration, further: Further) -> Self {
        let answers = Cache::builder().max_capacity(bytes).weigher(|_, asked| weight(asked)).time_to_live(time).build();
        let is_on = bytes > 0 || !further.tiers().is_empty();
        AnswerCache { answers, is_on, further }
    }

    /// The keys of a question; none where nothing is kept.
    pub fn keys(&self, served: &Served, question: &str, options: &Options) -> Keys {
        if !self.is_on {
            return Keys::default();
        }
        Keys::of(served, question, options, !self.further.tiers().is_empty())
    }

    /// The answer of a key in memory, found or made; whether it was found.
    ///
    /// # Errors
    /// As `make`; failures are not kept.
    pub async fn get(
        &self,
        key: [u8; 32],
        make: impl Future<Output = Result<Asked, Problem>>,
    ) -> Result<(Arc<Asked>, bool), Problem> {
        if let Some(asked) = self.answers.get(&key).await {
            return Ok((asked, true));
        }
        let mut made = false;
        let making = async {
            made = true;
            make.await.map(Arc::new)
        };
        let asked = self.answers.try_get_with(key, making).await.map_err(|problem| Problem::clone(&problem))?;
        if asked.answer.status == Status::Error {
            self.answers.invalidate(&key).await;
        }
        Ok((asked, !made))
    }
}

/// About how many bytes an answer takes.
fn weight(asked: &Arc<Asked>) -> u32 {
    let Answer { rows, columns, .. } = &asked.answer;
    let text = |value: &schema::Value| if let schema::Value::Text(text) = value { text.len() } else { 0 };
    let cells = rows.iter().flatten().flatten().map(|value| CELL + text(value)).sum::<usize>();
    u32::try_from(LEAST + columns.len() * CELL + cells).unwrap_or(u32::MAX)
}
