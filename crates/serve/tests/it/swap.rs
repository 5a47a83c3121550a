//! Another model in the place of the one that serves: under load nothing fails and both are heard; what is no good changes
//! nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use answer::engine::Engine;
use model::model_folder::{Save, load, save};
use model::weights::Format;
use serde_json::{Value, json};
use serve::auth::KeyStore;
use serve::service::{Parts, Served};
use serve::settings::Settings;
use serve::swap::Models;
use sql::policy::{Access, Policy, PolicyFile, TablePolicy};

use crate::tools::{ENGINE, Reply, SHIPPED, Server, engine_of, exchange, folder, parts, settings};

/// The shipped network with another calibration: the same queries, less sure.
fn less_sure(to: &Path) {
    let loaded = load(&SHIPPED).unwrap();
    let mut metadata = loaded.metadata.clone();
    metadata.insert("calibration.offset".to_owned(), "-1".to_owned());
    let tokenizer = loaded.tokenizer.as_ref().unwrap();
    let (parameters, metadata) = (&loaded.parameters, &metadata);
    save(to, Save { parameters, tokenizer, format: Format::F32, metadata, channel: None, extra: &[] }).unwrap();
}

struct Swapping {
    server: Server,
    key: String,
    models: PathBuf,
}

fn swapping(name: &str, cache_bytes: u64) -> Swapping {
    opening(name, Settings { cache_bytes, ..settings() }, engine_of, |served| served)
}

/// A service whose engines are opened in a way of its own, with its schema as a test wants it.
fn opening(
    name: &str,
    settings: Settings,
    open: fn(&Path) -> Result<Engine, String>,
    prepared: impl Fn(Served) -> Served,
) -> Swapping {
    let folder = folder(name);
    let models = folder.join("models");
    fs::create_dir_all(&models).unwrap();
    less_sure(&models.join("other"));
    let keys = KeyStore::open(&folder.join("keys.json")).unwrap();
    let all = ["*", "admin"].map(|scope| scope.parse().unwrap()).to_vec();
    let (key, _) = keys.create("admin", all, None).unwrap();
    let settings = Settings { authentication: true, ..settings };
    let loader = Some(Models::new(Some(models.clone()), Arc::new(move |_: &str, model: &Path| open(model))));
    let Parts { schemas, .. } = parts(&settings);
    let schemas = schemas.into_iter().map(prepared).collect();
    let parts = Parts { models: loader, ..Parts::new(schemas, keys) };
    Swapping { server: Server::with(settings, parts), key, models }
}

impl Swapping {
    fn post(&self, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.key);
        exchange(self.server.users, "POST", path, &[("authorization", &bearer)], Some(&body.to_string()))
    }

    fn load(&self, model: &str) -> Reply {
        self.post("/v1/models/load", &json!({ "model": model }))
    }

    fn fingerprint(&self) -> String {
        self.server.service.named(None).unwrap().fingerprint.clone()
    }
}

#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
#[test]
fn a_model_is_changed_under_load_without_a_failed_request() {
    let swapping = swapping("swap", 0);
    let question = json!({ "query": "Show all active projects", "confidence_threshold": 0.0 });
    let ended = AtomicBool::new(false);
    let before = swapping.fingerprint();
    let (replies, loaded) = std::thread::scope(|scope| {
        let client = || {
            let mut seen = vec![];
            while !ended.load(Ordering::Relaxed) {
                seen.push(swapping.post("/generate", &question));
            }
            seen.push(swapping.post("/generate", &question));
            seen
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        std::thread::sleep(Duration::from_millis(300));
        let loaded = swapping.load("other");
        ended.store(true, Ordering::Relaxed);
        let replies: Vec<Reply> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        (replies, loaded)
    });
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let (loaded, after) = (loaded.json(), swapping.fingerprint());
    assert_eq!(loaded["previous_fingerprint"], before);
    assert_eq!(loaded["fingerprint"], after);
    assert_ne!(before, after);
    let failed: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(failed.is_empty(), "{} of {} failed: {:?}", failed.len(), replies.len(), failed[0]);
    let sure: BTreeSet<String> = replies.iter().map(|reply| reply.json()["confidence_score"].to_string()).collect();
    let said: BTreeSet<String> = replies.iter().map(|reply| reply.json()["sql"].to_string()).collect();
    assert_eq!((sure.len(), said.len()), (2, 1), "answers of both models: {sure:?} {said:?}");
    println!("servers: swap requests {}, failed {}, models heard {}", replies.len(), failed.len(), sure.len());
    let metrics = exchange(swapping.server.operators, "GET", "/metrics", &[], None).body;
    assert!(metrics.contains("glrl_model_loads_total{schema=\"gl\",result=\"ok\"} 1"));
    assert!(metrics.contains(&format!("glrl_model_info{{schema=\"gl\",fingerprint=\"{after}\"}} 1")));
    assert!(!metrics.contains(&before));
}

#[test]
fn an_answer_that_was_kept_belongs_to_its_model() {
    let swapping = swapping("swap-cache", 1_000_000);
    let ask = || {
        let reply = swapping.post("/generate", &json!({ "query": "Show all active projects" })).json();
        (reply["cache_hit"].as_bool().unwrap(), reply["confidence_score"].as_f64().unwrap())
    };
    let (first, kept) = (ask(), ask());
    assert_eq!((first.0, kept.0, first.1), (false, true, kept.1));
    assert_eq!(swapping.load("other").status, 200);
    let other = ask();
    assert!(!other.0 && other.1 < kept.1, "{other:?} after {kept:?}");
    assert_eq!(ask(), (true, other.1));
}

#[test]
fn a_load_that_nobody_waits_for_goes_on_and_is_the_only_one() {
    let slow = |model: &Path| {
        std::thread::sleep(Duration::from_secs(1));
        engine_of(model)
    };
    let settings = Settings { deadline: Duration::from_millis(200), ..settings() };
    let swapping = opening("swap-slow", settings, slow, |served| served);
    let before = swapping.fingerprint();
    swapping.load("other").problem(504, "deadline");
    swapping.load("other").problem(409, "conflict");
    let until = Instant::now() + Duration::from_secs(60);
    while swapping.fingerprint() == before {
        assert!(Instant::now() < until, "the model is thrown away");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn another_model_is_under_the_policy_of_the_one_before() {
    let table = TablePolicy {
        name: "PAC_MNT_PROJECTS".to_owned(),
        rows: Some("Budget > 100000".to_owned()),
        hide: vec!["Revenue".to_owned()],
    };
    let policy =
        Policy::new(&PolicyFile { table: vec![table], ..PolicyFile::default() }, &ENGINE.pack.catalog).unwrap();
    let restricted = |served: Served| {
        let engine = (*served.engine).clone().restricted(Some(Access::new(policy.clone(), []).unwrap()));
        Served::start(Arc::new(engine), settings().decoder).unwrap()
    };
    let swapping = opening("swap-policy", settings(), engine_of, restricted);
    let count = || {
        let count = json!({ "sql": "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS WHERE Budget <= 100000" });
        swapping.post("/v1/sql/execute", &count).json()["rows"].clone()
    };
    assert_eq!(count(), json!([[0]]));
    assert_eq!(swapping.load("other").status, 200);
    assert_eq!(count(), json!([[0]]));
    swapping
        .post("/v1/sql/execute", &json!({ "sql": "SELECT Revenue FROM PAC_MNT_PROJECTS" }))
        .problem(422, "unsafe_sql");
}

#[test]
fn what_is_no_good_or_lies_elsewhere_is_refused_and_the_old_one_serves_on() {
    let swapping = swapping("swap-refused", 0);
    let models = &swapping.models;
    let before = swapping.fingerprint();
    less_sure(&models.join("../outside"));
    std::os::unix::fs::symlink(models.join("../outside"), models.join("link")).unwrap();
    fs::create_dir(models.join("empty")).unwrap();
    less_sure(&models.join("torn"));
    let weights = models.join("torn/model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    for outside in ["../outside", "/etc", "other/../../outside", "", ".", "..", "a\\b", "other/"] {
        swapping.load(outside).problem(400, "invalid_request");
    }
    for unknown in ["link", "nowhere"] {
        let problem = swapping.load(unknown).problem(404, "not_found");
        assert_eq!(problem["hint"], "known: empty, link, other, torn");
    }
    for damaged in ["empty", "torn"] {
        swapping.load(damaged).problem(422, "model_refused");
    }
    assert_eq!(swapping.fingerprint(), before);
    let question = json!({ "query": "Show all active projects" });
    assert_eq!(swapping.post("/generate", &question).status, 200);
    swapping.post("/v1/models/load", &json!({ "model": "other", "schema": "hr" })).problem(404, "not_found");
    // Where nobody is asked for a key, nobody is an administrator.
    let open = Server::start();
    open.post("/v1/models/load", &json!({ "model": "other" })).problem(403, "forbidden");
}
