//! Keys: who has none is turned away, who has one may do what its scopes say, and a key that was taken back is good for
//! nothing.

use std::path::Path;

use serde_json::{Value, json};
use serve::auth::{KeyStore, Scope};
use serve::service::Parts;
use serve::settings::Settings;

use crate::tools::{Reply, Server, exchange, folder, parts, settings};

fn guarded(file: &Path) -> Server {
    let settings = Settings { authentication: true, ..settings() };
    let keys = KeyStore::open(file).unwrap();
    let parts = Parts { keys, ..parts(&settings) };
    Server::with(settings, parts)
}

fn scopes(texts: &[&str]) -> Vec<Scope> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn send(server: &Server, method: &str, path: &str, key: &str, body: Option<&Value>) -> Reply {
    let bearer = format!("Bearer {key}");
    let body = body.map(Value::to_string);
    exchange(server.users, method, path, &[("authorization", &bearer)], body.as_deref())
}

#[test]
fn a_key_is_asked_for_and_its_scopes_hold() {
    let file = folder("keys").join("keys.json");
    let store = KeyStore::open(&file).unwrap();
    let (reader, record) = store.create("reader", scopes(&["schema:gl", "validate"]), None).unwrap();
    let (other, _) = store.create("other", scopes(&["*:hr"]), None).unwrap();
    let past = jiff::Timestamp::UNIX_EPOCH;
    let (expired, _) = store.create("expired", scopes(&["*"]), Some(past)).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&reader) && text.contains(&record.sha256));

    let server = guarded(&file);
    let refused = server.get("/v1/schemas");
    refused.problem(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    assert_eq!((server.get("/health").status, server.get("/ping").status), (200, 200));
    let get = |key: &str| send(&server, "GET", "/v1/schemas/gl", key, None);
    assert_eq!(get(&reader).status, 200);
    assert_eq!(exchange(server.users, "GET", "/v1/schemas/gl", &[("x-api-key", &reader)], None).status, 200);
    get(&other).problem(403, "forbidden");
    for bad in [expired.as_str(), "", "glrl_", "glrl_ü", &reader[..reader.len() - 1], &format!("{reader}0"), "a.b.c"] {
        get(bad).problem(401, "unauthenticated");
    }
    let run = json!({ "sql": "SELECT 1" });
    let forbidden = send(&server, "POST", "/v1/sql/execute", &reader, Some(&run)).problem(403, "forbidden");
    assert!(forbidden["detail"].as_str().unwrap().contains("execute:gl"));
    assert_eq!(send(&server, "POST", "/v1/sql/validate", &reader, Some(&run)).status, 200);
}

#[test]
fn who_may_only_ask_runs_no_sql_of_their_own() {
    let file = folder("asker").join("keys.json");
    let (asker, _) = KeyStore::open(&file).unwrap().create("asker", scopes(&["ask"]), None).unwrap();
    let server = guarded(&file);
    let sql = json!({ "question": "SELECT COUNT(*) FROM PAC_MNT_PROJECTS" });
    let refused = send(&server, "POST", "/v1/ask", &asker, Some(&sql)).problem(403, "forbidden");
    assert!(refused["detail"].as_str().unwrap().contains("execute:gl"));
    // Nor does it tell by the way it fails whether a condition holds.
    let probe = |condition: &str| {
        let text = format!(
            "SELECT ABS(CASE WHEN {condition} THEN -9223372036854775807 - 1 ELSE 1 END) AS x FROM PAC_MNT_PROJECTS"
        );
        send(&server, "POST", "/v1/ask", &asker, Some(&json!({ "question": text }))).problem(403, "forbidden")["detail"]
            .clone()
    };
    assert_eq!(probe("1 = 1"), probe("1 = 0"));
    let question = json!({ "question": "Show all active projects" });
    assert_eq!(send(&server, "POST", "/v1/ask", &asker, Some(&question)).status, 200);
}

#[test]
fn what_was_taken_back_does_not_come_back() {
    let file = folder("taken-back").join("keys.json");
    let (here, elsewhere) = (KeyStore::open(&file).unwrap(), KeyStore::open(&file).unwrap());
    let (_, record) = here.create("team", scopes(&["*"]), None).unwrap();
    let (_, old) = here.create("old", scopes(&["*"]), Some(jiff::Timestamp::UNIX_EPOCH)).unwrap();
    elsewhere.revoke(&record.prefix).unwrap();
    assert!(here.rotate(&record.prefix).is_err(), "it was taken back by another process");
    assert!(here.rotate(&old.prefix).is_err(), "it is over");
    assert!(!here.list().iter().any(|key| key.is_good(jiff::Timestamp::now())));
}

#[test]
fn administrators_make_replace_and_take_back_keys() {
    let file = folder("admin").join("keys.json");
    let (admin, _) = KeyStore::open(&file).unwrap().create("admin", scopes(&["admin"]), None).unwrap();
    let server = guarded(&file);
    let wanted = json!({ "name": "team", "scopes": ["ask:gl", "schema"] });
    let made = send(&server, "POST", "/v1/api-keys", &admin, Some(&wanted));
    assert_eq!(made.status, 201, "{made:?}");
    let (key, prefix) = (made.json()["key"].clone(), made.json()["prefix"].clone());
    let (key, prefix) = (key.as_str().unwrap(), prefix.as_str().unwrap());
    assert_eq!(key.len(), "glrl_".len() + 64);
    let works = |key: &str| send(&server, "GET", "/v1/schemas/gl", key, None).status;
    assert_eq!(works(key), 200);
    send(&server, "POST", "/v1/api-keys", key, Some(&wanted)).problem(403, "forbidden");

    let rotated = send(&server, "POST", &format!("/v1/api-keys/{prefix}/rotate"), &admin, None).json();
    let new = rotated["key"].as_str().unwrap();
    assert_eq!((works(key), works(new)), (401, 200));
    let new_prefix = rotated["prefix"].as_str().unwrap();
    let revoked = send(&server, "DELETE", &format!("/v1/api-keys/{new_prefix}"), &admin, None);
    assert!(revoked.json()["revoked"].is_string());
    assert_eq!(works(new), 401);
    let listed = send(&server, "GET", "/v1/api-keys", &admin, None);
    assert_eq!(listed.json().as_array().unwrap().len(), 3);
    assert!(!listed.body.contains("sha256"));
    send(&server, "DELETE", "/v1/api-keys/00000000", &admin, None).problem(404, "not_found");
    let odd = json!({ "name": "x", "scopes": ["everything"] });
    send(&server, "POST", "/v1/api-keys", &admin, Some(&odd)).problem(400, "invalid_request");
}

#[test]
fn keys_made_elsewhere_are_known_once_the_file_is_read_again() {
    let file = folder("reload").join("keys.json");
    let server = guarded(&file);
    let (key, _) = KeyStore::open(&file).unwrap().create("late", scopes(&["*"]), None).unwrap();
    assert_eq!(send(&server, "GET", "/v1/schemas", &key, None).status, 401);
    server.service.keys.reload().unwrap();
    assert_eq!(send(&server, "GET", "/v1/schemas", &key, None).status, 200);
    std::fs::write(&file, "not json").unwrap();
    assert!(server.service.keys.reload().is_err());
    assert_eq!(send(&server, "GET", "/v1/schemas", &key, None).status, 200, "the keys stay what they were");
}
