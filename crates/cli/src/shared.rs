//! From settings and environment to the stores that several instances of the service share.

use std::time::Duration;

use serve::shared::breaker::BreakerSettings;
use serve::shared::{ObjectSettings, Shared, SharedError, SharedSettings};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// How long a store that keeps failing is left alone at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Variables of the AWS tools that may come as `NAME_FILE` too.
const SECRETS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Opens the stores that settings name; none of them is asked yet.
///
/// # Errors
/// When a setting cannot be used, or needs what this program was built without: exit 4.
pub(crate) fn open(context: &Context) -> Result<Shared, Failure> {
    let shared = Shared::open(&settings(context)?);
    shared.map_err(|error| {
        let failure = Failure::new(Exit::Settings, "settings", &error);
        match error {
            SharedError::NotBuilt { setting, feature } => failure.hint(format_args!(
                "build with `cargo build --release --features {feature}`, or leave {setting} empty"
            )),
            SharedError::RedisUrl { .. } => failure.hint("it is written redis://USER:PASSWORD@HOST:PORT/DATABASE"),
            SharedError::Objects { .. } => failure.hint("see cache.s3_endpoint and the AWS_… variables"),
        }
    })
}

fn settings(context: &Context) -> Result<SharedSettings, Failure> {
    let cache = &context.settings().cache;
    let milliseconds = Duration::from_millis;
    let objects = || -> Result<ObjectSettings, Failure> {
        Ok(ObjectSettings {
            bucket: cache.s3_bucket.clone(),
            prefix: cache.s3_prefix.clone(),
            endpoint: Some(cache.s3_endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
            variables: aws(context)?,
            timeout: milliseconds(cache.s3_timeout_ms),
        })
    };
    let has_redis = !cache.redis_url.is_empty();
    let has_objects = !cache.s3_bucket.is_empty();
    Ok(SharedSettings {
        redis: has_redis.then(|| (cache.redis_url.clone(), milliseconds(cache.redis_timeout_ms))),
        objects: has_objects.then(objects).transpose()?,
        time: Duration::from_secs(cache.seconds),
        secret: cache.secret.clone(),
        breaker: BreakerSettings {
            failures: cache.breaker_failures,
            pause: milliseconds(cache.breaker_ms),
            longest: LONGEST_PAUSE,
        },
        limits: cache.shared_limits,
    })
}

/// The variables of the AWS tools.
fn aws(context: &Context) -> Result<Vec<(String, String)>, Failure> {
    let all =
        context.environment.variables.iter().filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty());
    let mut variables: Vec<(String, String)> = all.cloned().collect();
    for name in SECRETS {
        if let Some(told) = context.environment.secret(name)? {
            variables.retain(|(known, _)| *known != told.variable && known != name);
            variables.push((name.to_owned(), told.text));
        }
    }
    Ok(variables)
}
