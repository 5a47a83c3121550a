//! What completions are worth, for whoever trains elsewhere: the rows that they return on generated databases decide. The
//! databases are made at the first request; none of a user's is touched.

use std::fmt;
use std::sync::{Arc, OnceLock};

use answer::engine::Engine;
use answer::stop::Stop;
use database::{Image, Limits};
use judge::reward::{Asked, Bench, Profile, Settings, Worth};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::asking::{Leaving, computing};
use crate::auth::Action;
use crate::layers::Caller;
use crate::problem::{Code, Problem};
use crate::routes::permitted;
use crate::service::Service;

/// Requests that compute at once: questions are to be answered beside them.
const AT_ONCE: usize = 1;
/// The most completions of one request.
const MOST: usize = 1_000;

type Make = dyn Fn() -> Result<Vec<Image>, String> + Send + Sync;

/// The rewards of a schema.
pub struct Rewards {
    make: Box<Make>,
    limits: Limits,
    benches: OnceLock<Result<[Bench; 2], String>>,
    places: Semaphore,
}

impl fmt::Debug for Rewards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewards").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What decides: the rows, or the weighted sum of six components.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ByProfile {
    /// The rows.
    #[default]
    Execution,
    /// The weighted sum, as the first design had it.
    Seed,
}

/// A completion, and what is known of its question.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) asked: Asked,
    pub(crate) completion: String,
}

/// What came of a completion.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Rewarded {
    /// What it is worth; none where a reference cannot be used.
    pub(crate) reward: Option<f64>,
    /// The six components.
    #[schema(value_type = Option<Object>)]
    pub(crate) components: Option<Json>,
    /// Why, in words.
    pub(crate) feedback: Option<String>,
    /// Why there is none.
    pub(crate) error: Option<String>,
}

impl Rewards {
    /// By the rows of databases that are made at the first request, each query within limits.
    pub fn new(make: impl Fn() -> Result<Vec<Image>, String> + Send + Sync + 'static, limits: Limits) -> Self {
        Rewards { make: Box::new(make), limits, benches: OnceLock::new(), places: Semaphore::new(AT_ONCE) }
    }

    fn bench(&self, profile: ByProfile) -> Result<&Bench, String> {
        let both = self.benches.get_or_init(|| {
            let images: Arc<[Image]> = (self.make)()?.into();
            let bench = |profile| {
                Bench::new(Arc::clone(&images), self.limits.clone(), Settings { profile, ..Settings::default() })
            };
            Ok([bench(Profile::Execution), bench(Profile::Seed)])
        });
        let [execution, seed] = both.as_ref().map_err(String::clone)?;
        Ok(if profile == ByProfile::Seed { seed } else { execution })
    }

    /// What completions are worth, in their order, until nobody waits any more.
    fn of(&self, engine: &Engine, profile: ByProfile, items: &[Item], stop: &Stop) -> Result<Vec<Rewarded>, String> {
        let bench = self.bench(profile)?;
        let (catalog, validation) = (&engine.pack.catalog, engine.pack.validation());
        let waited_for = items.iter().take_while(|_| !stop.is_stopped());
        let worth = |item: &Item| bench.worth(catalog, &validation, &item.asked, &item.completion);
        Ok(waited_for.map(|item| Rewarded::from(worth(item))).collect())
    }
}

impl From<Result<Worth, String>> for Rewarded {
    fn from(worth: Result<Worth, String>) -> Self {
        match worth {
            Ok(Worth { reward, components, feedback }) => Rewarded {
                reward: Some(reward),
                components: Some(json!(components)),
                feedback: Some(feedback),
                error: None,
            },
            Err(error) => Rewarded { reward: None, components: None, feedback: None, error: Some(error) },
        }
    }
}

/// What completions are worth to a principal that may know.
///
/// # Errors
/// When it may not, there are none or too many, or there are no databases to run them on.
pub(crate) async fn rewarded(
    service: &Service,
    who: &Caller,
    schema: Option<&str>,
    profile: ByProfile,
    items: Vec<Item>,
) -> Result<Vec<Rewarded>, Problem> {
    let served = permitted(service, who, schema, Action::Reward)?;
    let count = items.len();
    if !(1..=MOST).contains(&count) {
        let message = format!("1 to {MOST} completions are rewarded at once; these are {count}");
        return Err(Problem::new(Code::InvalidRequest, message));
    }
    if served.engine.access().is_some() {
        // Feedback speaks of any column that a completion names.
        let problem = Problem::new(Code::Forbidden, "nothing is rewarded under a policy");
        return Err(problem.hint("use a key or token without one"));
    }
    let none = || Problem::new(Code::NotFound, format!("schema \"{}\" has no databases for rewards", served.name));
    let rewards = served.rewards.clone().ok_or_else(none)?;
    let _place = rewards.places.acquire().await;
    let (leaving, engine) = (Leaving::default(), Arc::clone(&served.engine));
    let (stop, own) = (leaving.0.clone(), Arc::clone(&rewards));
    let found = computing(move || own.of(&engine, profile, &items, &stop)).await?;
    let found = found.map_err(|error| {
        tracing::error!(error, "rewards");
        none()
    })?;
    Ok(found)
}

/// What one completion is worth by its rows.
///
/// # Errors
/// As [`rewarded`], and when its reference cannot be used.
pub(crate) async fn reward_of(
    service: &Service,
    who: &Caller,
    schema: Option<&str>,
    item: Item,
) -> Result<f64, Problem> {
    let one = rewarded(service, who, schema, ByProfile::Execution, vec![item]).await?.pop();
    let one = one.ok_or_else(|| Problem::new(Code::Internal, "there is no reward"))?;
    one.reward.ok_or_else(|| Problem::new(Code::InvalidRequest, one.error.unwrap_or_default()))
}
