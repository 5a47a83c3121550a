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
use crate::problem::{Code, Problem};
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
    pub async fn get<F: Future<Output = Result<Asked, Problem>>>(
        &self,
        key: [u8; 32],
        make: impl Fn() -> F,
    ) -> Result<(Arc<Asked>, bool), Problem> {
        if let Some(asked) = self.answers.get(&key).await {
            return Ok((asked, true));
        }
        let mut made = false;
        let making = async {
            made = true;
            make().await.map(Arc::new)
        };
        let asked = match self.answers.try_get_with(key, making).await {
            Ok(asked) => asked,
            // The time of the request that all waited for is over, and not that of this one.
            Err(problem) if !made && problem.code == Code::Deadline => {
                return make().await.map(|asked| (Arc::new(asked), false));
            }
            Err(problem) => return Err(Problem::clone(&problem)),
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asking::Cost;
    use crate::metrics::Metrics;
    use crate::shared::Shared;

    #[test]
    fn the_end_of_another_request_s_time_is_not_one_s_own() {
        let further = Further::new(Shared::default(), Arc::new(Metrics::default()));
        let cache = AnswerCache::new(1_000_000, Duration::from_secs(60), further);
        let late = || async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(Problem::new(Code::Deadline, "late"))
        };
        let made = || async { Ok(Asked { answer: Answer::to("all"), cost: Cost::default(), is_kept: false }) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (first, second) =
            runtime.block_on(async { tokio::join!(cache.get([0; 32], late), cache.get([0; 32], made)) });
        assert_eq!(first.unwrap_err().code, Code::Deadline);
        assert!(!second.unwrap().1);
    }
}
