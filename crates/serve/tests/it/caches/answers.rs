//! Shared answers: found by other instances, checked before they are used, and nothing in them that need not be.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use answer::engine::{Engine, LoadedModel};
use answer::known::{Known, Unusable};
use answer::orchestrator::Options;
use answer::pack::Pack;
use answer::reply::Alternative;
use database::fill::Recipe;
use database::{Database, DemoSpec, ProfileLimits, demo_database};
use model::inference::Weights;
use serde_json::Value;
use serve::cache::value::Seal;
use serve::service::{Parts, Served};
use serve::shared::{LARGEST, Shared, SharedSettings};
use sql::policy::{Access, Policy, PolicyFile, TablePolicy};

use super::stores::{Store, free_port};
use super::{ask, instance, looked_up, shared, tell, until, written};
use crate::tools::{ENGINE, SHIPPED, Server, TODAY, demo, folder, pack, parts, questions, settings};

#[test]
fn instances_find_what_others_made_and_each_tier_fills_the_one_before() {
    let (redis, s3) = (Store::redis(free_port()), Store::s3(free_port()));
    let stores = shared(Some(redis.port), Some(s3.port));
    let question = &questions(9)[2];
    let first = instance(&stores);
    let made = ask(&first, question).json();
    assert_eq!(made["cache_hit"], false);
    assert_eq!((looked_up(&first, "l2", "miss"), looked_up(&first, "l3", "miss")), (1.0, 1.0));
    until("a value in each", || written(&first, "l2") == 1.0 && written(&first, "l3") == 1.0);
    let key = redis.keys().remove(0);

    let second = instance(&stores);
    same(&made, &ask(&second, question).json());
    assert_eq!((looked_up(&second, "l2", "hit"), looked_up(&second, "l3", "hit")), (1.0, 0.0));
    // The same query, whether it is run or not, and however many blanks stand in the question.
    let generate = serde_json::json!({ "query": format!("  {question} ") });
    assert_eq!(second.post("/generate", &generate).json()["cache_hit"], true);

    // Candidates beside the answer are another question to the model, and are kept with it.
    let with_others = serde_json::json!({ "question": question, "alternatives": 2, "execute": false });
    let made_with_others = second.post("/v1/ask", &with_others).json();
    assert_eq!(made_with_others["cache_hit"], false);
    until("a second value", || written(&second, "l2") == 1.0);
    same(&made_with_others, &instance(&stores).post("/v1/ask", &with_others).json());

    // What the third tier knows for a minute has been known for a minute, wherever it is copied to.
    let long_ago = found(&redis, &key) - 60;
    let known = Known::of(&answer::orchestrator::ask(&ENGINE, question, &Options::on(TODAY))).unwrap();
    s3.put_object(&key, &String::from_utf8(Seal::new("").write(&key, &known, long_ago).unwrap()).unwrap());
    redis.cli(&["FLUSHALL"]);
    let third = instance(&stores);
    same(&made, &ask(&third, question).json());
    assert_eq!((looked_up(&third, "l2", "miss"), looked_up(&third, "l3", "hit")), (1.0, 1.0));
    until("the value in Redis again", || written(&third, "l2") == 1.0);
    assert_eq!(found(&redis, &key), long_ago);
    let fourth = instance(&stores);
    same(&made, &ask(&fourth, question).json());
    assert_eq!(looked_up(&fourth, "l2", "hit"), 1.0);
}

/// When what Redis holds under a key was found, as it says of itself.
fn found(redis: &Store, key: &str) -> u64 {
    let value = redis.cli(&["GET", key]);
    let kept: Value = serde_json::from_str(value.lines().nth(2).unwrap()).unwrap();
    kept["found"].as_u64().unwrap()
}

#[test]
fn what_memory_may_not_hold_is_missed_there() {
    let redis = Store::redis(free_port());
    let stores = shared(Some(redis.port), None);
    let question = &questions(9)[2];
    // Nobody can tell whether a database has changed whose file is gone, as nobody can of one on a server.
    let pack = pack();
    let (spec, cache) = (DemoSpec::from_toml(&pack.files.demo).unwrap(), folder("gone"));
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: 1 };
    let database = demo_database(Some(&cache), &recipe).unwrap();
    let server = over(engine(pack, database), &stores);
    std::fs::remove_dir_all(&cache).unwrap();
    ask(&server, question);
    until("the value", || written(&server, "l2") == 1.0);
    ask(&server, question);
    let counts = [("l1", "miss"), ("l1", "hit"), ("l2", "miss"), ("l2", "hit")];
    assert_eq!(counts.map(|(tier, result)| looked_up(&server, tier, result)), [2.0, 0.0, 1.0, 1.0]);
}

/// The same answer, without the model.
fn same(made: &Value, found: &Value) {
    for field in ["sql", "confidence_score", "rows", "columns", "reasoning", "validation", "intent", "alternatives"] {
        assert_eq!(made[field], found[field], "{field}");
    }
    assert_eq!((&found["cache_hit"], &found["usage"]["total_tokens"]), (&true.into(), &0.into()));
}

#[test]
fn neither_question_nor_row_nor_name_is_kept_and_what_is_kept_ends() {
    let redis = Store::redis(free_port());
    let server = instance(&shared(Some(redis.port), None));
    let questions = questions(12);
    let replies: Vec<Value> = questions.iter().map(|question| ask(&server, question).json()).collect();
    let answered = replies.iter().filter(|reply| reply["status"] == "answered").count();
    assert!(answered >= 8, "{answered}");
    until("all values", || redis.keys().len() == answered);
    for key in redis.keys() {
        let digits = key.strip_prefix("glrl:v1:").unwrap();
        assert!(digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
        let time: u64 = redis.cli(&["TTL", &key]).parse().unwrap();
        assert!((500..=600).contains(&time), "{time}");
        let value = redis.cli(&["GET", &key]);
        let kept: Value = serde_json::from_str(value.lines().nth(2).unwrap()).unwrap();
        let fields: Vec<&String> =
            kept.as_object().unwrap().keys().chain(kept["known"].as_object().unwrap().keys()).collect();
        assert_eq!(fields, ["found", "known", "sql", "confidence_score", "alternatives"]);
        assert!(questions.iter().all(|question| !value.contains(question)), "{value}");
    }
    assert!(!redis.cli(&["KEYS", "*"]).contains("anonymous"), "principals are hashed");
}

/// A service over one Redis with one value, and that value's key.
fn with_one_value(redis: &Store, stores: &SharedSettings, question: &str) -> (String, Known) {
    let server = instance(stores);
    let made = ask(&server, question).json();
    until("the value", || redis.keys().len() == 1);
    let known = Known {
        sql: made["sql"].as_str().unwrap().to_owned(),
        confidence_score: made["confidence_score"].as_f64().unwrap(),
        alternatives: vec![],
    };
    (redis.keys().remove(0), known)
}

#[test]
fn what_no_instance_would_have_written_is_a_miss_and_is_written_over() {
    let redis = Store::redis(free_port());
    let stores = shared(Some(redis.port), None);
    let question = &questions(9)[2];
    let (key, good) = with_one_value(&redis, &stores, question);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signed = |known: Known| String::from_utf8(Seal::new("").write(&key, &known, now).unwrap()).unwrap();
    let other = |sql: &str| signed(Known { sql: sql.to_owned(), ..good.clone() });
    let sure = |confidence_score| signed(Known { confidence_score, ..good.clone() });
    let tables = ENGINE.pack.catalog.tables.first().map(|table| table.name.clone()).unwrap();
    let unwanted = vec![Alternative { sql: good.sql.clone(), confidence_score: 0.1 }];
    let value = redis.cli(&["GET", &key]);
    let bad = [
        "~".to_owned(),
        "v1\n\n{}".to_owned(),
        value.replacen("v1", "v0", 1),
        value.replacen("SELECT", "SELECt", 1),
        "x".repeat(LARGEST * 4),
        String::from_utf8(Seal::new("").write("glrl:v1:another", &good, now).unwrap()).unwrap(),
        String::from_utf8(Seal::new("").write(&key, &good, now - 601).unwrap()).unwrap(),
        String::from_utf8(Seal::new("a guess").write(&key, &good, now).unwrap()).unwrap(),
        // From here on signed as well as anybody can where there is no secret.
        other(&format!("DELETE FROM {tables}")),
        other("SELECT name FROM sqlite_master"),
        other("SELECT load_extension('x')"),
        other("SELECT Nothing FROM Nowhere"),
        other(&format!("{} -- and a remark", good.sql)),
        other(&format!("{}; DELETE FROM {tables}", good.sql)),
        sure(1.5),
        sure(-0.5),
        signed(Known { alternatives: unwanted, ..good.clone() }),
    ];
    for (at, value) in bad.iter().enumerate() {
        redis.set(&key, value);
        refused(&redis, &stores, question, &key, &good, &format!("value {at}"));
    }
    redis.cli(&["DEL", &key]);
    redis.cli(&["LPUSH", &key, "x"]);
    refused(&redis, &stores, question, &key, &good, "a list");
    tell(&format!("Poisoned values {}, used 0", bad.len() + 1));
}

#[test]
fn what_is_known_answers_its_own_kind_of_question_only() {
    let question = questions(9).swap_remove(2);
    let options = Options::on(TODAY);
    let known = Known::of(&answer::orchestrator::ask(&ENGINE, &question, &options)).unwrap();
    let used = |question: &str, options: &Options| known.clone().answer(&ENGINE, question, options);
    assert_eq!(used(&question, &options).unwrap().sql.as_ref(), Some(&known.sql));
    let surer = Options { threshold: answer::Threshold::At(1.0), ..options.clone() };
    assert_eq!(used(&question, &surer), Err(Unusable::Options));
    for other in ["", "Delete all projects", known.sql.as_str()] {
        assert_eq!(used(other, &options), Err(Unusable::Question), "{other}");
    }
}

/// A fresh instance makes the answer itself, counts garbage, and leaves a good value behind.
fn refused(redis: &Store, stores: &SharedSettings, question: &str, key: &str, good: &Known, what: &str) {
    let server = instance(stores);
    let reply = ask(&server, question).json();
    assert_eq!((&reply["sql"], &reply["cache_hit"]), (&good.sql.as_str().into(), &false.into()), "{what}");
    assert_eq!(looked_up(&server, "l2", "garbage"), 1.0, "{what}");
    until("a good value", || written(&server, "l2") == 1.0);
    assert!(redis.cli(&["GET", key]).contains(&good.sql[..6]), "{what}");
    assert_eq!(ask(&instance(stores), question).json()["cache_hit"], true, "{what}");
}

#[test]
fn with_a_secret_not_even_a_good_query_can_be_left_there() {
    let redis = Store::redis(free_port());
    let question = &questions(9)[2];
    let open = shared(Some(redis.port), None);
    let (key, good) = with_one_value(&redis, &open, question);
    // A query that passes validation, but does not answer the question.
    let first = ENGINE.pack.catalog.tables.first().unwrap();
    let text = format!("SELECT {} FROM {} LIMIT 1", first.columns[0].name, first.name);
    let sql = answer::validator::validate_text(&ENGINE, &text, None).unwrap();
    let planted = Known { sql: sql::print::readable(sql.query(), &ENGINE.pack.catalog), ..good.clone() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let plant = || {
        let value = Seal::new("").write(&key, &planted, now).unwrap();
        redis.set(&key, &String::from_utf8(value).unwrap());
    };
    plant();
    assert_eq!(ask(&instance(&open), question).json()["sql"], planted.sql.as_str(), "without a secret it can");
    let closed = SharedSettings { secret: "known to instances only".to_owned(), ..open };
    plant();
    refused(&redis, &closed, question, &key, &good, "unsigned");
}

#[test]
fn under_a_policy_the_query_before_it_is_kept_and_applied_anew() {
    let redis = Store::redis(free_port());
    let stores = shared(Some(redis.port), None);
    let question = "Show all active projects";
    let whole = instance(&stores);
    let all = ask(&whole, question).json();
    until("the value", || written(&whole, "l2") == 1.0);

    let restricted = under_policy(&stores);
    let some = ask(&restricted, question).json();
    assert_eq!(
        (&some["cache_hit"], looked_up(&restricted, "l2", "hit")),
        (&false.into(), 0.0),
        "another policy, another key"
    );
    assert!(some["row_count"].as_u64() < all["row_count"].as_u64(), "{some}");
    until("the value", || redis.keys().len() == 2);
    let again = under_policy(&stores);
    let kept = ask(&again, question).json();
    assert_eq!((&kept["cache_hit"], &kept["rows"], &kept["sql"]), (&true.into(), &some["rows"], &some["sql"]));
}

/// An instance whose asker sees only some projects.
fn under_policy(stores: &SharedSettings) -> Server {
    let pack = pack();
    let rows = Some("Budget > 100000".to_owned());
    let table = TablePolicy { name: "PAC_MNT_PROJECTS".to_owned(), rows, hide: vec![] };
    let policy = Policy::new(&PolicyFile { table: vec![table], ..PolicyFile::default() }, &pack.catalog).unwrap();
    let database = demo(&pack);
    over(engine(pack, database).restricted(Some(Access::new(policy, []).unwrap())), stores)
}

/// A database with the shipped weights.
fn engine(pack: Pack, database: Database) -> Engine {
    let loaded = model::model_folder::load(&SHIPPED).unwrap();
    let model = LoadedModel::with_weights(loaded, &pack, Weights::Int8).unwrap();
    Engine::new(pack, database, Ok(model), None, &ProfileLimits::default())
}

/// An instance by an engine of its own.
fn over(engine: Engine, stores: &SharedSettings) -> Server {
    let settings = settings();
    let served = Served::start(Arc::new(engine), settings.decoder).unwrap();
    let parts = Parts { schemas: vec![served], shared: Shared::open(stores).unwrap(), ..parts(&settings) };
    Server::with(settings, parts)
}
