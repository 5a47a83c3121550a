//! Answers kept in memory. The key is everything that decides an answer, so that nothing has to be thrown away: what has
//! changed has another key. Requests for the same key at the same time wait for one of them.

use std::sync::Arc;
use std::time::Duration;

use answer::orchestrator::Options;
use answer::reply::{Answer, Status};
use moka::future::Cache;
use sha2::{Digest, Sha256};

use crate::asking::Asked;
use crate::problem::Problem;
use crate::service::Served;

/// What an answer takes beside its texts and rows, in bytes.
const LEAST: usize = 1_000;
/// What a cell takes at least.
const CELL: usize = 32;

/// The answers.
#[derive(Debug)]
pub struct AnswerCache {
    answers: Cache<[u8; 32], Arc<Asked>>,
    is_on: bool,
}

impl AnswerCache {
    /// Keeps answers of so many bytes together, each for a time; without bytes it keeps none.
    pub fn new(bytes: u64, time: Duration) -> Self {
        let answers = Cache::builder().max_capacity(bytes).weigher(|_, asked| weight(asked)).time_to_live(time).build();
        AnswerCache { answers, is_on: bytes > 0 }
    }

    /// The key of a question; none where nothing is kept, or it cannot be told whether the database has changed.
    pub fn key(&self, served: &Served, question: &str, options: &Options) -> Option<[u8; 32]> {
        // A query of the conversation before is not part of the key.
        if !self.is_on || options.previous.is_some() {
            return None;
        }
        let mut hash = Sha256::new();
        let mut take = |part: &str| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        take(&served.name);
        take(&served.fingerprint);
        take(&served.database_state()?);
        take(question.trim());
        // Every field of them decides: the day, limits, candidates, seed, threshold.
        take(&format!("{options:?}"));
        Some(hash.finalize().into())
    }

    /// The answer of a key, found or made; whether it was found.
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
