//! Limits of all instances together, and of each alone where Redis is away.

use serde_json::json;
use serve::settings::Settings;

use super::stores::{Proxy, Store, Way, free_port};
use super::{metric, shared, tell, with_settings};
use crate::tools::{Server, settings};

/// Six a minute, ten of them at once.
fn limited(port: u16) -> Server {
    with_settings(&shared(Some(port), None), Settings { rate: 6, burst: 10, ..settings() })
}

/// How many of so many requests pass.
fn passed(server: &Server, requests: usize) -> usize {
    (0..requests).filter(|_| server.get("/v1/schemas").status == 200).count()
}

#[test]
fn two_instances_share_one_limit_however_many_ask_at_once() {
    let redis = Store::redis(free_port());
    let instances = [limited(redis.port), limited(redis.port)];
    let passed: usize = std::thread::scope(|scope| {
        let ask = |n: usize| {
            scope.spawn({
                let server = &instances[n % 2];
                move || passed(server, 5)
            })
        };
        let asking: Vec<_> = (0..8).map(ask).collect();
        asking.into_iter().map(|one| one.join().unwrap()).sum()
    });
    // One more comes due every ten seconds, should this take so long.
    assert!((10..=12).contains(&passed), "{passed}");
    let refused = instances[0].get("/v1/schemas");
    refused.problem(429, "rate_limited");
    assert!((1..=10).contains(&refused.header("retry-after").unwrap().parse::<u64>().unwrap()));
    tell(&format!("Limits burst 10, passed {passed}"));
}

#[test]
fn what_a_batch_owes_is_owed_to_all() {
    let redis = Store::redis(free_port());
    let (first, second) = (limited(redis.port), limited(redis.port));
    let batch = json!({ "queries": vec!["drop everything"; 30] });
    assert_eq!(first.post("/generate/batch", &batch).status, 200);
    assert_eq!(second.get("/v1/schemas").status, 429);
}

#[test]
fn without_redis_each_counts_for_itself_from_where_it_was() {
    let redis = Store::redis(free_port());
    let proxy = Proxy::to(redis.port);
    let server = limited(proxy.port);
    assert_eq!(passed(&server, 4), 4);
    proxy.set(Way::Noise);
    let alone = passed(&server, 12);
    assert!((6..=7).contains(&alone), "{alone}: what was counted with others counts here too");
    assert!(
        metric(&server, "glrl_shared_limits_total{result=\"open\"}") > 0.0,
        "the breaker spares each request the wait"
    );
    proxy.set(Way::Open);
    // What stands there is no time: it counts as none.
    redis.cli(&[
        "EVAL",
        "for _, key in ipairs(redis.call('KEYS', 'glrl:rate:*')) do redis.call('SET', key, 'noise') end",
        "0",
    ]);
    super::until("Redis is asked again", || {
        passed(&server, 1);
        metric(&server, "glrl_shared_limits_total{result=\"ok\"}") > 4.0
    });
}
