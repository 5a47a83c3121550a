//! Policies of keys and tokens: two keys ask the same and each gets its own rows, by whatever route.

use std::path::Path;
use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use serve::auth::{KeyStore, TokenSettings, Tokens, View};
use serve::service::{Parts, Served};
use serve::settings::Settings;
use sql::policy::{Policy, PolicyFile, TablePolicy};

use crate::tools::{ENGINE, Reply, Server, exchange, folder, parts, settings};

const SECRET: &str = "a secret of at least thirty-two bytes";
const PROJECTS: &str = "SELECT Project_Name, Department FROM PAC_MNT_PROJECTS";

/// Projects of the user's own department, without what they earned.
fn policy() -> Policy {
    let table = TablePolicy {
        name: "PAC_MNT_PROJECTS".to_owned(),
        rows: Some("Department = :department".to_owned()),
        hide: vec!["Revenue".to_owned()],
    };
    let attributes = [("department".to_owned(), sql::policy::AttributeType::Text)].into_iter().collect();
    Policy::new(&PolicyFile { attributes, table: vec![table] }, &ENGINE.pack.catalog).unwrap()
}

fn view(policy: Option<&str>, department: Option<&str>) -> View {
    let user = department.map(|text| ("department".to_owned(), text.to_owned()));
    View { policy: policy.map(str::to_owned), user: user.into_iter().collect() }
}

/// A service with the policy, and keys of several views of it.
struct Guarded {
    server: Server,
    keys: Vec<String>,
}

impl Guarded {
    fn start(name: &str, views: &[View]) -> Self {
        let file = folder(&format!("views-{name}")).join("keys.json");
        let store = KeyStore::open(&file).unwrap();
        let make = |view: &View| store.create_for("k", vec!["*".parse().unwrap()], None, view.clone()).unwrap().0;
        let keys = views.iter().map(make).collect();
        Guarded { server: guarded(&file), keys }
    }

    fn send(&self, key: usize, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let bearer = format!("Bearer {}", self.keys[key]);
        let headers = [headers, &[("authorization", &bearer)]].concat();
        exchange(self.server.users, method, path, &headers, body.map(Value::to_string).as_deref())
    }

    fn post(&self, key: usize, path: &str, body: Value) -> Reply {
        self.send(key, "POST", path, &[], Some(&body))
    }

    /// Name and department of every project that a key sees.
    fn projects(&self, key: usize) -> Vec<(String, String)> {
        let reply = self.post(key, "/v1/sql/execute", json!({ "sql": PROJECTS })).json();
        let text = |cell: &Value| cell.as_str().unwrap_or_default().to_owned();
        reply["rows"].as_array().unwrap().iter().map(|row| (text(&row[0]), text(&row[1]))).collect()
    }
}

fn guarded(keys: &Path) -> Server {
    let settings = Settings { authentication: true, cache_bytes: 10_000_000, ..settings() };
    let parts = parts(&settings);
    let with_policy = |served: Served| served.with_policy("department", policy()).unwrap();
    let schemas = parts.schemas.into_iter().map(with_policy).collect();
    let tokens = Tokens::new(TokenSettings {
        algorithm: "HS256".to_owned(),
        key: SECRET.to_owned(),
        issuer: None,
        audience: None,
        leeway: 0,
    });
    let keys = KeyStore::open(keys).unwrap();
    Server::with(settings, Parts { tokens: Some(tokens.unwrap()), ..Parts::new(schemas, keys) })
}

/// Two departments with projects of which the other has none of the same name.
static DEPARTMENTS: LazyLock<[String; 2]> = LazyLock::new(|| {
    let guarded = Guarded::start("departments", &[View::default()]);
    let all = guarded.projects(0);
    let mut names: Vec<String> =
        all.iter().map(|(_, department)| department.clone()).filter(|d| !d.is_empty()).collect();
    names.sort();
    names.dedup();
    assert!(names.len() >= 2, "{names:?}");
    [names[0].clone(), names[1].clone()]
});

#[test]
fn no_route_shows_one_key_the_rows_of_another() {
    let [one, two] = DEPARTMENTS.each_ref().map(String::as_str);
    let views = [view(Some("department"), Some(one)), view(Some("department"), Some(two)), View::default()];
    let guarded = Guarded::start("routes", &views);
    let (ours, theirs, all) = (guarded.projects(0), guarded.projects(1), guarded.projects(2));
    assert!(!ours.is_empty() && ours.iter().all(|(_, department)| *department == one));
    assert!(!theirs.is_empty() && theirs.iter().all(|(_, department)| *department == two));
    assert!(all.len() > ours.len() + theirs.len());
    let has = |list: &[(String, String)], name: &str| list.iter().any(|(known, _)| known == name);
    let secret: Vec<&String> = all.iter().map(|(name, _)| name).filter(|name| !has(&ours, name)).collect();
    let clean = |what: &str, reply: &Reply| {
        let found = secret.iter().find(|name| reply.body.contains(&format!("\"{name}\"")));
        assert!(found.is_none(), "{what} shows {found:?}: {}", reply.body);
    };

    // Theirs first, so that whatever is kept is theirs.
    let question = "Show the names of all projects";
    for path in ["/v1/ask", "/v1/sql/execute"] {
        let body = || match path {
            "/v1/ask" => json!({ "question": question }),
            _ => json!({ "sql": "SELECT Project_Name FROM PAC_MNT_PROJECTS" }),
        };
        let key = ("idempotency-key", "the same");
        let theirs_ = guarded.send(1, "POST", path, &[key], Some(&body()));
        assert_eq!(theirs_.json()["row_count"], theirs.len(), "{}", theirs_.body);
        for _ in 0..2 {
            let ours_ = guarded.send(0, "POST", path, &[key], Some(&body()));
            assert_eq!(ours_.json()["row_count"], ours.len(), "{}", ours_.body);
            clean(path, &ours_);
        }
    }
    let hit = guarded.post(0, "/v1/ask", json!({ "question": question })).json();
    assert_eq!((&hit["cache_hit"], &hit["row_count"]), (&json!(true), &json!(ours.len())));

    let made = guarded.post(1, "/generate", json!({ "query": question })).json();
    let run = guarded.post(0, "/v1/sql/execute", json!({ "sql": made["sql"] }));
    clean("generate and execute", &run);
    let batch = guarded.post(0, "/generate/batch", json!({ "queries": [question, "projects in " .to_owned() + two] }));
    clean("batch", &batch);
    let model = guarded.send(0, "GET", "/v1/models", &[], None).json()["data"][0]["id"].clone();
    let message = json!([{ "role": "user", "content": question }]);
    clean("chat", &guarded.post(0, "/v1/chat/completions", json!({ "model": model, "messages": message, "n": 3 })));
    clean("explain", &guarded.post(0, "/v1/sql/explain", json!({ "sql": PROJECTS })));
    clean("invocations", &guarded.post(0, "/invocations", json!({ "query": question })));
    // A name that is nearly one of theirs is not mended into it.
    let name = secret.iter().find(|name| name.chars().count() > 12).unwrap();
    let nearly: String = name.chars().take(name.chars().count() - 1).collect();
    for path in ["/v1/ask", "/generate"] {
        let field = if path == "/generate" { "query" } else { "question" };
        let reply = guarded.post(0, path, json!({ field: format!("Show the budget of project {nearly}") }));
        assert!(!reply.body.contains(name.as_str()), "{}", reply.body);
    }

    let stream = [("accept", "text/event-stream")];
    let told = guarded.send(1, "POST", "/v1/ask", &stream, Some(&json!({ "question": question })));
    let (_, id, _) = told.events()[0].clone();
    let again = [stream[0], ("last-event-id", &id)];
    let taken = guarded.send(0, "POST", "/v1/ask", &again, Some(&json!({ "question": question })));
    assert_eq!(taken.events().len(), 1);
    assert_eq!(taken.events()[0].2["code"], "stream_gone");
    clean("stream", &guarded.send(0, "POST", "/v1/ask", &stream, Some(&json!({ "question": question }))));

    let history = guarded.send(0, "GET", "/v1/history?limit=100", &[], None);
    clean("history", &history);
    let asked = made["request_id"].as_str().unwrap();
    assert!(!history.body.contains(asked));
    let thumb = json!({ "request_id": asked, "rating": "up" });
    guarded.post(0, "/v1/feedback", thumb).problem(404, "not_found");
}

#[test]
fn a_hidden_column_is_not_there() {
    let one = DEPARTMENTS[0].as_str();
    let guarded = Guarded::start("hidden", &[view(Some("department"), Some(one)), View::default()]);
    let sql = "SELECT Revenue FROM PAC_MNT_PROJECTS";
    guarded.post(0, "/v1/sql/execute", json!({ "sql": sql })).problem(422, "unsafe_sql");
    guarded.post(0, "/v1/sql/explain", json!({ "sql": sql })).problem(422, "invalid_sql");
    assert_eq!(guarded.post(0, "/v1/sql/validate", json!({ "sql": sql })).json()["valid"], false);
    assert_eq!(guarded.post(1, "/v1/sql/execute", json!({ "sql": sql })).status, 200);
    for path in ["/v1/schemas/gl", "/v1/schemas/gl/erd", "/schema/tables", "/examples"] {
        assert!(!guarded.send(0, "GET", path, &[], None).body.contains("Revenue"), "{path}");
        assert!(guarded.send(1, "GET", path, &[], None).body.contains("Revenue"), "{path}");
    }
    let item = json!({ "items": [{ "completion": sql }] });
    guarded.post(0, "/v1/reward/batch", item).problem(403, "forbidden");
}

#[test]
fn what_is_not_settled_is_not_shown() {
    let one = DEPARTMENTS[0].as_str();
    let other = View { policy: None, user: view(None, Some(one)).user };
    let mut more = view(Some("department"), Some(one));
    more.user.insert("country".to_owned(), "X".to_owned());
    let views = [view(Some("unknown"), Some(one)), other, more, view(Some("department"), None)];
    let guarded = Guarded::start("closed", &views);
    let (sql, question) = (json!({ "sql": PROJECTS }), json!({ "question": "Show all projects" }));
    for key in 0..3 {
        for (path, body) in [("/v1/sql/execute", &sql), ("/v1/ask", &question), ("/v1/sql/explain", &sql)] {
            guarded.post(key, path, body.clone()).problem(403, "forbidden");
        }
        assert_eq!(guarded.send(key, "GET", "/v1/schemas", &[], None).json()["schemas"], json!([]));
    }
    // The policy is known, and the user is not: a query that needs to know is refused.
    guarded.post(3, "/v1/sql/execute", sql).problem(422, "unsafe_sql");
    let companies = json!({ "sql": "SELECT COUNT(*) AS n FROM SRM_COMPANIES" });
    assert_eq!(guarded.post(3, "/v1/sql/execute", companies).status, 200);
}

/// What a token of Ann's says.
fn claims(policy: &str, user: Value) -> Value {
    json!({ "sub": "ann", "exp": 4_000_000_000u64, "scope": "*", "policy": policy, "user": user })
}

/// A request with a token.
fn by_token(server: &Server, claims: &Value, method: &str, path: &str, body: Option<Value>) -> Reply {
    let token = encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    let bearer = format!("Bearer {token}");
    let body = body.map(|body| body.to_string());
    exchange(server.users, method, path, &[("authorization", &bearer)], body.as_deref())
}

#[test]
fn what_was_asked_under_one_view_is_not_told_under_another() {
    let guarded = Guarded::start("subject", &[]);
    let (sales, staff) = (json!({ "department": "Sales" }), json!({ "department": "Staff" }));
    let send = |user: &Value, method: &str, path: &str, body: Option<Value>| {
        by_token(&guarded.server, &claims("department", user.clone()), method, path, body)
    };
    let query = json!({ "query": "Show the names of all projects" });
    let asked = send(&sales, "POST", "/generate", Some(query)).json()["request_id"].clone();
    let past = |user: &Value| send(user, "GET", "/v1/history", None).json()["items"].clone();
    assert_eq!((&past(&sales)[0]["request_id"], past(&staff)), (&asked, json!([])));
    let thumb = json!({ "request_id": asked, "rating": "up" });
    let problem = send(&staff, "POST", "/v1/feedback", Some(thumb)).problem(404, "not_found");
    assert!(problem["detail"].as_str().unwrap().starts_with("none of your questions"), "{problem}");
}

#[test]
fn a_token_names_its_policy_too() {
    let [one, two] = DEPARTMENTS.each_ref().map(String::as_str);
    let guarded = Guarded::start("tokens", &[view(Some("department"), Some(one))]);
    let run =
        |claims: Value| by_token(&guarded.server, &claims, "POST", "/v1/sql/execute", Some(json!({ "sql": PROJECTS })));
    let reply = run(claims("department", json!({ "department": two }))).json();
    let rows = reply["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row[1] == two), "{reply}");
    run(claims("other", json!({}))).problem(403, "forbidden");
    run(claims("department", json!({ "department": [two] }))).problem(401, "unauthenticated");
}

#[test]
fn a_key_keeps_its_policy_when_it_is_replaced() {
    let file = folder("views-rotate").join("keys.json");
    let store = KeyStore::open(&file).unwrap();
    let view = view(Some("department"), Some("x"));
    let (_, record) = store.create_for("k", vec!["*".parse().unwrap()], None, view.clone()).unwrap();
    let (key, _) = store.rotate(&record.prefix).unwrap();
    assert_eq!(store.principal(&key).unwrap().view, view);
}
