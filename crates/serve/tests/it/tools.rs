//! A service on a free port, and a client of thirty lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::Duration;

use answer::engine::{Engine, LoadedModel};
use answer::orchestrator::Options;
use answer::pack::Pack;
use answer::reply::Cause;
use database::fill::Recipe;
use database::{Database, DemoSpec, ProfileLimits, demo_database};
use jiff::civil::{Date, date};
use model::inference::Weights;
use serde_json::Value;
use serve::auth::KeyStore;
use serve::server::Listening;
use serve::service::{Parts, Served, Service};
use serve::settings::{DecoderSettings, Settings, Today};
use tokio::sync::oneshot;

/// The day that questions are asked on.
pub(crate) const TODAY: Date = date(2026, 11, 20);

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The GL pack with its demo database and the shipped weights, opened once for all tests.
pub(crate) static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(engine_of(&SHIPPED).unwrap()));

/// The folder of the shipped weights.
pub(crate) static SHIPPED: LazyLock<PathBuf> = LazyLock::new(|| root().join("models/gl-compact"));

/// The GL pack with its demo database and the model of a folder.
pub(crate) fn engine_of(folder: &Path) -> Result<Engine, String> {
    let pack = Pack::from_folder(&root().join("packs/gl")).unwrap();
    let spec = DemoSpec::from_toml(&pack.files.demo).unwrap();
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: 1 };
    let database = demo_database(None, &recipe).unwrap();
    let loaded = model::model_folder::load(folder).map_err(|e| e.to_string())?;
    let model = LoadedModel::with_weights(loaded, &pack, Weights::Int8).map_err(|e| e.to_string())?;
    Ok(Engine::new(pack, database, Ok(model), None, &ProfileLimits::default()))
}

pub(crate) fn pack() -> Pack {
    Pack::from_folder(&root().join("packs/gl")).unwrap()
}

/// The pack's demo database.
pub(crate) fn demo(pack: &Pack) -> Database {
    let spec = DemoSpec::from_toml(&pack.files.demo).unwrap();
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: 1 };
    demo_database(None, &recipe).unwrap()
}

/// A query that would take hours: every row beside every row, five times over.
pub(crate) const ENDLESS: &str = "SELECT COUNT(*) FROM PAC_MNT_RESOURCES AS a, PAC_MNT_RESOURCES AS b, \
    PAC_MNT_RESOURCES AS c, PROJSTAFF AS d, PROJSTAFF AS e";

/// A service without a model, with one connection to a database that no other test asks.
pub(crate) fn alone(settings: Settings) -> Server {
    let pack = pack();
    let database = demo(&pack);
    let missing = answer::reply::Problem::new(Cause::ModelMissing, "there is none");
    let engine = Engine::new(pack, database, Err(missing), None, &ProfileLimits::default());
    let served = Served::start(Arc::new(engine), settings.decoder).unwrap();
    let parts = Parts { schemas: vec![served], ..parts(&settings) };
    Server::with(settings, parts)
}

/// Questions of the pack's examples, spread over all of them.
pub(crate) fn questions(count: usize) -> Vec<String> {
    let text = &ENGINE.pack.files.examples;
    let all: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["question"].as_str().map(str::to_owned))
        .collect();
    all.iter().step_by(all.len() / count).take(count).cloned().collect()
}

/// A folder that is empty when it is made.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The settings of tests: nothing is kept in memory or on disk, and nobody is asked for a key.
pub(crate) fn settings() -> Settings {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Settings {
        listen: free,
        operators: free,
        operators_tls: false,
        authentication: false,
        ask: Options::on(TODAY),
        today: Today::Fixed(TODAY),
        decoder: DecoderSettings { batch: 32, queue: 256, threads: 1, plan: false },
        deadline: Duration::from_secs(60),
        max_requests: 256,
        max_body: 100_000,
        rate: 1_000_000,
        burst: 100_000,
        origins: vec![],
        cache_bytes: 0,
        cache_time: Duration::from_secs(60),
        history: 100,
        feedback: None,
        drain: Duration::from_secs(10),
    }
}

/// What is opened beside the settings: no key, no token, no log.
pub(crate) fn parts(settings: &Settings) -> Parts {
    let served = Served::start(Arc::clone(&ENGINE), settings.decoder).unwrap();
    let keys = KeyStore::open(Path::new("/nonexistent/keys.json")).unwrap();
    Parts::new(vec![served], keys)
}

/// A service that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) users: SocketAddr,
    pub(crate) operators: SocketAddr,
    pub(crate) service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let settings = settings();
        let parts = parts(&settings);
        Server::with(settings, parts)
    }

    pub(crate) fn with(settings: Settings, parts: Parts) -> Self {
        let service = Service::new(settings, parts);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let own = Arc::clone(&service);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listening = Listening::on(&own).await.unwrap();
                tell.send((listening.users().unwrap(), listening.operators().unwrap())).unwrap();
                listening.serve(own, async { drop(stopped.await) }).await;
            });
        });
        let (users, operators) = told.recv().unwrap();
        Server { users, operators, service, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells it to stop, without waiting.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        exchange(self.users, "GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, &[], body)
    }

    pub(crate) fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        exchange(self.users, "POST", path, headers, Some(&body.to_string()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A problem of this code, with everything that one has.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/problems/{code}"));
        for field in ["title", "detail", "instance", "request_id"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {body}");
        }
        assert!(body["retryable"].is_boolean() && body.get("hint").is_some());
        assert_eq!(self.header("x-request-id"), body["request_id"].as_str());
        body
    }

    /// The events of a stream: name, id and data.
    pub(crate) fn events(&self) -> Vec<(String, String, Value)> {
        let field = |event: &str, name: &str| {
            event
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                .unwrap_or_default()
        };
        let events = self.body.split("\n\n").filter(|event| event.contains("event: "));
        events
            .map(|event| {
                let data = serde_json::from_str(&field(event, "data")).unwrap();
                (field(event, "event"), field(event, "id"), data)
            })
            .collect()
    }
}

/// One request on a connection of its own.
pub(crate) fn exchange(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Reply {
    send(to, &request(method, path, headers, body))
}

/// The reply to the text of a request.
pub(crate) fn send(to: SocketAddr, text: &str) -> Reply {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).unwrap();
    read(&bytes)
}

/// The text of a request after which the connection closes.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    if let Some(body) = body {
        if headers.iter().all(|(name, _)| *name != "content-type") {
            text.push_str("content-type: application/json\r\n");
        }
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text + body.unwrap_or("")
}

fn read(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no reply: {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Reply { status, headers, body }
}

fn unchunked(mut text: &str) -> String {
    let mut body = vec![];
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest.as_bytes()[..size]);
        text = &rest[size + 2..];
    }
    String::from_utf8(body).unwrap()
}

/// A limiter is of the service; tests of others change its numbers.
pub(crate) fn slow_down(server: &Server, per_minute: u32, burst: u32) {
    server.service.rate.change(per_minute, burst);
}
