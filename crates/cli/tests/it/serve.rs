//! `glrl serve`, `keys` and `audit` as processes: addresses, signals, exit codes, and what is refused at the start.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tools::{Folder, Ran, glrl, root, run};

/// A service of its own, with its files in a folder of its own.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) users: String,
    pub(crate) operators: String,
    pub(crate) folder: Folder,
}

impl Serving {
    pub(crate) fn start(args: &[&str]) -> Self {
        Serving::prepared(Folder::new(), |command| {
            command.args(args);
        })
    }

    /// One that logs into a file of its folder; what else it is given is added to its command.
    pub(crate) fn prepared(folder: Folder, add: impl FnOnce(&mut Command)) -> Self {
        let mut command = glrl();
        command.env("XDG_STATE_HOME", &folder.0).env("GLRL_SERVER__LOG", "error");
        command.args(["serve", "--port", "0", "--operators-port", "0"]);
        add(&mut command);
        let mut child = command.stderr(File::create(folder.path("log")).unwrap()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        let first = loop {
            let log = fs::read_to_string(folder.path("log")).unwrap();
            if let Some(line) = log.lines().find(|line| line.contains(" for operators")) {
                break line.to_owned();
            }
            assert!(child.try_wait().unwrap().is_none() && Instant::now() < until, "no address: {log}");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut addresses = first.split("://").skip(1).filter_map(|rest| rest.split(' ').next().map(str::to_owned));
        let (users, operators) = (addresses.next().unwrap(), addresses.next().unwrap());
        Serving { child, users, operators, folder }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path("log")).unwrap()
    }

    /// Status and body.
    pub(crate) fn send(&self, head: &str, key: &str, body: &str) -> (u16, Value) {
        let (status, reply) = self.exchange(head, &format!("authorization: Bearer {key}\r\n"), body);
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// Status and the whole reply.
    pub(crate) fn exchange(&self, head: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.users).unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        (reply.split(' ').nth(1).unwrap().parse().unwrap(), reply)
    }

    /// What operators read.
    pub(crate) fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.operators).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Waits until a line stands in the metrics.
    fn wait_for(&self, line: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.metrics().lines().any(|known| known == line) {
            assert!(Instant::now() < until, "no {line}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn keys(&self, args: &[&str]) -> Ran {
        Ran::of(glrl().env("XDG_STATE_HOME", &self.folder.0).arg("keys").args(args))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_answers_until_it_is_told_to_stop() {
    let mut serving = Serving::start(&["--today", "2026-11-20"]);
    assert_eq!(serving.send("GET /health", "", "").0, 200);
    let (status, reply) = serving.send("POST /generate", "", "{\"query\":\"Show all active projects\"}");
    assert_eq!(status, 200, "{reply}");
    let asked = run(["ask", "--json", "--no-execute", "--today", "2026-11-20", "Show all active projects"]).json();
    assert_eq!((&reply["sql"], &reply["confidence_score"]), (&asked["sql"], &asked["confidence_score"]));
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let log = serving.folder.path("glrl/audit.jsonl");
    let verified = Ran::of(glrl().args(["audit", "verify"]).arg(&log));
    assert!(verified.code == 0 && verified.stdout.starts_with("1 lines, whole"), "{}", verified.stdout);
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace("\"status\":200", "\"status\":500")).unwrap();
    let touched = Ran::of(glrl().args(["audit", "verify"]).arg(&log));
    assert_eq!(touched.code, 7, "{}", touched.stderr);
    assert!(touched.stderr.contains("line 1"));
}

#[test]
fn keys_are_made_and_taken_back_while_it_runs() {
    let folder = Folder::new();
    let file = folder.path("keys.json");
    let keys = |args: &[&str]| Ran::of(glrl().arg("keys").args(args).arg("--keys").arg(&file));
    let first = keys(&["create", "--name", "first", "--scopes", "schema:gl"]).stdout.trim().to_owned();
    assert!(first.starts_with("glrl_") && first.len() == 69, "{first}");
    let file_text = file.display().to_string();
    let config = folder.write("glrl.toml", format!("[server]\nauthentication = \"on\"\nkeys = \"{file_text}\"\n"));
    let serving = Serving::start(&["--config", config.to_str().unwrap()]);
    let status = |key: &str| serving.send("GET /v1/schemas/gl", key, "").0;
    assert_eq!((status(""), status(&first), status("glrl_00000000")), (401, 200, 401));

    let second = keys(&["create", "--name", "second"]).stdout.trim().to_owned();
    assert_eq!(keys(&["revoke", &first[5..13]]).code, 0);
    assert_eq!((status(&first), status(&second)), (200, 401), "not read yet");
    serving.signal("-HUP");
    while status(&second) != 200 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status(&first), 401);
    let listed = keys(&["list"]).stdout;
    assert!(listed.contains("first  schema:gl  revoked") && listed.contains("second  *  good"), "{listed}");
    assert!(!listed.contains(&second[..20]));
    assert_eq!(keys(&["revoke", "00000000"]).code, 7);
    assert_eq!(keys(&["create", "--name", "x", "--scopes", "everything"]).code, 2);
    assert_eq!(serving.keys(&["list"]).stdout, "");
}

#[test]
fn what_would_be_unsafe_or_cannot_be_is_refused_at_the_start() {
    let check = |args: &[&str], code: i32, said: &str| {
        let folder = Folder::new();
        let ran = Ran::of(glrl().env("XDG_STATE_HOME", &folder.0).arg("serve").args(args));
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    check(&["--host", "0.0.0.0", "--port", "0"], 4, "glrl keys create");
    check(&["--host", "here", "--port", "0"], 4, "server.host");
    check(&["--db", "/nonexistent.sqlite"], 7, "nonexistent");
    check(&["--pack", "gl", "--pack", "gl"], 4, "two schemas are called");
    check(&["--pack", "gl", "--pack", "gl", "--db", "x.sqlite"], 2, "[[server.schemas]]");
    let folder = Folder::new();
    let config = |text: &str| folder.write("glrl.toml", text).display().to_string();
    let unknown = config("[[server.policies]]\nname = \"p\"\nschema = \"hr\"\nfile = \"p.toml\"\n");
    check(&["--config", &unknown], 4, "no schema that is served");
    let twice = "[[server.policies]]\nname = \"p\"\nfile = \"p.toml\"\n[[server.policies]]\nname = \"p\"\nschema = \"gl\"\nfile = \"q.toml\"\n";
    check(&["--config", &config(twice)], 4, "policy \"p\" is named twice");
    let misspelt = config("[[server.schemas]]\npck = \"gl\"\n");
    check(&["--config", &misspelt], 4, "pck");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check(&["--port", &port, "--operators-port", "0"], 1, "cannot listen");
    let secured = |certificate: &str, code: i32, said: &str| {
        let mut command = glrl();
        command.env("GLRL_SERVER__TLS_CERT", certificate).args(["serve", "--port", "0", "--operators-port", "0"]);
        let without = Ran::of(&mut command);
        assert!(without.code == 4 && without.stderr.contains("server.tls_key"), "{}", without.stderr);
        let ran = Ran::of(command.env("GLRL_SERVER__TLS_KEY", self::certificate("first-key.pem")));
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    secured("/none.pem", 4, "/none.pem");
    let plain = config("[server]\noperators_tls = true\n");
    check(&["--config", &plain], 4, "server.operators_tls = true: expected false where there is no server.tls_cert");
    secured(&certificate("second.pem"), 4, "second.pem: ");
    secured(&certificate("expired.pem"), 4, "was good until");
}

/// A certificate of the service crate's tests.
fn certificate(name: &str) -> String {
    root().join("crates/serve/tests/certificates").join(name).display().to_string()
}

/// A line of the metrics.
fn reloads(what: &str, result: &str, count: usize) -> String {
    format!("glrl_reloads_total{{what=\"{what}\",result=\"{result}\"}} {count}")
}

/// Opens a pipe to be written once somebody reads it.
fn open_once_read(pipe: &Path) -> File {
    // O_NONBLOCK of Linux: without a reader it fails, where it would wait for ever.
    let mut options = fs::OpenOptions::new();
    options.write(true).custom_flags(0o4000);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        match options.open(pipe) {
            Ok(file) => return file,
            Err(e) => assert!(Instant::now() < until, "nobody reads {}: {e}", pipe.display()),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_model_that_was_not_tried_is_tried_at_the_next_signal() {
    let folder = Folder::new();
    let pipe = folder.path("models/slow/config.json");
    fs::create_dir_all(pipe.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = |name: &str| folder.path(name).display().to_string();
    let (keys, models, config) = (path("keys.json"), path("models"), path("glrl.toml"));
    let key = run(["keys", "create", "--name", "k", "--scopes", "*,admin", "--keys", &keys]).stdout.trim().to_owned();
    let server = format!("[server]\nauthentication = \"on\"\nkeys = \"{keys}\"\nmodels = \"{models}\"\n");
    fs::write(&config, &server).unwrap();
    let serving = Serving::start(&["--config", &config]);
    let read = |result: &str| serving.wait_for(&reloads("model", result, 1));
    // Whoever asked for it leaves, and it is being loaded all the same.
    let body = "{\"model\":\"slow\"}";
    let mut client = TcpStream::connect(&serving.users).unwrap();
    let head = format!("POST /v1/models/load HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n");
    let head = head + &format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    client.write_all((head + body).as_bytes()).unwrap();
    let slow = open_once_read(&pipe);
    drop(client);
    let shipped = root().join("models/gl-compact").display().to_string();
    fs::write(&config, format!("{server}[model]\npath = \"{shipped}\"\n")).unwrap();
    serving.signal("-HUP");
    read("error");
    drop(slow);
    serving.wait_for("glrl_model_loads_total{schema=\"gl\",result=\"error\"} 1");
    // A moment later nothing is being loaded any more.
    std::thread::sleep(Duration::from_millis(100));
    serving.signal("-HUP");
    read("ok");
}

#[test]
fn a_model_is_read_again_where_its_folder_has_changed() {
    let folder = Folder::new();
    let copy = folder.path("copy");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(root().join("models/gl-compact")).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    let config = folder.path("glrl.toml");
    let name = |model: &Path| fs::write(&config, format!("[model]\npath = \"{}\"\n", model.display())).unwrap();
    name(&copy);
    let moved = folder.path("moved");
    let serving = Serving::prepared(folder, |command| {
        command.arg("--config").arg(&config);
    });
    let read = |what: &str, result: &str, count: usize| serving.wait_for(&reloads(what, result, count));
    // No folder is the model inside the program, not the one at the start.
    fs::rename(&copy, &moved).unwrap();
    name(Path::new(""));
    serving.signal("-HUP");
    read("model", "ok", 1);
    name(&moved);
    serving.signal("-HUP");
    read("model", "ok", 2);
    name(&moved.join("nowhere"));
    serving.signal("-HUP");
    read("model", "error", 1);
    // Nothing has changed since then, so that nothing is loaded.
    serving.signal("-HUP");
    read("limits", "ok", 4);
    let metrics = serving.metrics();
    assert!(
        metrics.contains("what=\"model\",result=\"ok\"} 2\n")
            && metrics.contains("what=\"model\",result=\"error\"} 1\n")
    );
    let (status, reply) = serving.send("POST /generate", "", "{\"query\":\"Show all active projects\"}");
    assert_eq!(status, 200, "{reply}");
}

#[test]
fn a_certificate_is_read_again_and_a_bad_one_changes_nothing() {
    let folder = Folder::new();
    let (cert, key) = (folder.path("cert.pem"), folder.path("key.pem"));
    fs::copy(certificate("first.pem"), &cert).unwrap();
    fs::copy(certificate("first-key.pem"), &key).unwrap();
    let serving = Serving::prepared(folder, |command| {
        command.env("GLRL_SERVER__TLS_CERT", &cert).env("GLRL_SERVER__TLS_KEY", &key);
    });
    assert!(serving.log().starts_with("https://"), "{}", serving.log());
    serving.signal("-HUP");
    serving.wait_for("glrl_reloads_total{what=\"certificate\",result=\"ok\"} 1");
    fs::write(&cert, "torn").unwrap();
    serving.signal("-HUP");
    serving.wait_for("glrl_reloads_total{what=\"certificate\",result=\"error\"} 1");
    assert!(serving.metrics().contains("\nglrl_tls_certificate_expiry_seconds "));
}

#[test]
fn doctor_looks_at_what_the_service_needs() {
    let folder = Folder::new();
    let (broken, log) = (folder.write("keys.json", "no keys"), folder.write("audit.jsonl", "no line\n"));
    let path = |path: &Path| path.display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let check = |variables: &[(&str, &str)], name: &str, ok: bool, said: &str| {
        let mut command = glrl();
        command.env("XDG_STATE_HOME", folder.path("state")).envs(variables.iter().copied());
        let ran = Ran::of(command.args(["doctor", "--json"]));
        let found = ran.json()["checks"].as_array().unwrap().clone();
        let found = found
            .iter()
            .find(|check| check["check"] == name)
            .unwrap_or_else(|| panic!("no {name}: {}", ran.stdout))
            .clone();
        assert_eq!(found["ok"], ok, "{found}");
        assert_eq!(ran.code == 0, ok, "{}", ran.stdout);
        let text = format!("{} {} {}", found["found"], found["hint"], found["remedy"]);
        assert!(text.contains(said), "{said} in {text}");
    };
    let (first, key, over) = (certificate("first.pem"), certificate("first-key.pem"), certificate("expired.pem"));
    check(&[("PORT", &port)], "listen", true, "choose another --port");
    check(&[("PORT", "0")], "keys", true, "not asked for on this machine alone");
    check(&[("GLRL_SERVER__HOST", "0.0.0.0")], "keys", false, "glrl keys create");
    check(&[("GLRL_SERVER__KEYS", &path(&broken))], "keys", false, "keys.json");
    let readable = folder.write("key.pem", fs::read(&key).unwrap());
    fs::set_permissions(&readable, Permissions::from_mode(0o644)).unwrap();
    check(&[("GLRL_SERVER__TLS_CERT", &first), ("GLRL_SERVER__TLS_KEY", &key)], "tls", true, "good until 2126-10-29");
    let remedy = format!("others may read {0}\" null \"chmod 600 {0}\"", path(&readable));
    check(&[("GLRL_SERVER__TLS_CERT", &first), ("GLRL_SERVER__TLS_KEY", &path(&readable))], "tls", true, &remedy);
    check(
        &[("GLRL_SERVER__TLS_CERT", &over), ("GLRL_SERVER__TLS_KEY", &key)],
        "tls",
        false,
        "was good until 2026-11-21",
    );
    check(&[("GLRL_SERVER__TLS_CERT", &key), ("GLRL_SERVER__TLS_KEY", &key)], "tls", false, "holds no certificate");
    check(&[("GLRL_JWT__ALGORITHM", "RS256"), ("GLRL_JWT__KEY_FILE", "/none.pem")], "tokens", false, "/none.pem");
    check(&[("GLRL_SERVER__AUDIT", &path(&log))], "audit", false, "line 1 of the audit log");
    check(&[("GLRL_SERVER__FEEDBACK", "/proc/none")], "feedback", false, "/proc/none cannot be written");
    check(&[("GLRL_SERVER__MODELS", "/none")], "models", false, "make the folder");
    check(&[("GLRL_SERVER__MODELS", &path(&root().join("models")))], "models", true, "1 folders");
}

#[test]
fn doctor_looks_at_each_schema_and_policy_that_is_served() {
    let folder = Folder::new();
    let policy = folder
        .write("own.toml", "[[table]]\nname = \"PAC_MNT_PROJECTS\"\nhide = [\"Revenue\"]\n")
        .display()
        .to_string();
    let check = |settings: &str| {
        let config = folder.write("glrl.toml", settings);
        let ran = Ran::of(glrl().env("XDG_STATE_HOME", &folder.0).args(["doctor", "--json", "--config"]).arg(config));
        let json = ran.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = json["checks"].as_array().unwrap().iter();
        let looked = all.map(|one| (text(&one["schema"]), text(&one["check"]), one["ok"] == true));
        let of = ["pack", "database", "model", "policy", "schemas"];
        (ran.code, looked.filter(|(_, name, _)| of.contains(&name.as_str())).collect::<Vec<_>>())
    };
    let found = |schema: &str, name: &str, ok: bool| (schema.to_owned(), name.to_owned(), ok);
    let schemas = "[[server.schemas]]\npack = \"gl\"\n[[server.schemas]]\nname = \"second\"\npack = \"gl\"\n";
    let first = ["pack", "database", "model"].map(|name| found("gl", name, true));
    let broken = format!("{schemas}db = \"/none.sqlite\"\nmodel = \"/none\"\n");
    let second = [found("second", "pack", true), found("second", "database", false), found("second", "model", false)];
    assert_eq!(check(&broken), (7, [first.clone(), second].concat()));
    let policies = format!("{schemas}[[server.policies]]\nname = \"own\"\nschema = \"second\"\nfile = \"{policy}\"\n");
    let lost = policies.replace("own.toml", "lost.toml");
    assert_eq!(check(&policies).1.last(), Some(&found("second", "policy", true)));
    assert_eq!((check(&lost).0, check(&lost).1.pop()), (7, Some(found("second", "policy", false))));
    assert_eq!(
        check(&policies.replace("schema = \"second\"", "schema = \"third\"")).1.pop(),
        Some(found("", "policy", false))
    );
    let alike = schemas.replace("name = \"second\"\n", "");
    assert_eq!((check(&alike).0, check(&alike).1.pop()), (4, Some(found("", "schemas", false))));
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_program_that_cannot_send_traces_says_so() {
    let serving = Serving::prepared(Folder::new(), |command| {
        command.env("GLRL_SERVER__LOG", "info").env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    });
    assert!(serving.log().contains("without --features otlp"), "{}", serving.log());
    let ran = Ran::of(glrl().args(["serve", "--port", "0"]).env("GLRL_SERVER__TRACES", "on"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("--features otlp"), "{}", ran.stderr);
}

/// A database with other rows than the pack's demo database.
fn other_database(folder: &Folder) -> String {
    let path = folder.path("other.sqlite").display().to_string();
    let filled = run(["data", "fill", "--pack", "gl", "--seed", "7", "--out", &path]);
    assert_eq!(filled.code, 0, "{}", filled.stderr);
    path
}

#[test]
fn several_schemas_are_served_and_chosen_by_name() {
    let folder = Folder::new();
    let other = other_database(&folder);
    let text = format!(
        "[[server.schemas]]\npack = \"gl\"\n[[server.schemas]]\nname = \"second\"\npack = \"gl\"\ndb = \"{other}\"\n"
    );
    let config = folder.write("glrl.toml", &text);
    let serving = Serving::start(&["--config", config.to_str().unwrap(), "--today", "2026-11-20"]);
    let run = |schema: &str| {
        let sql = "SELECT SUM(Budget) AS total FROM PAC_MNT_PROJECTS";
        serving.send("POST /v1/sql/execute", "", &serde_json::json!({ "sql": sql, "schema": schema }).to_string())
    };
    let (first, second) = (run("gl"), run("second"));
    assert_eq!((first.0, second.0), (200, 200), "{} {}", first.1, second.1);
    assert_ne!(first.1["rows"], second.1["rows"]);
    let (status, problem) = run("third");
    assert_eq!((status, &problem["code"]), (404, &Value::from("not_found")));
    assert!(problem["hint"].as_str().unwrap().contains("gl, second"));
    let (_, asked) =
        serving.send("POST /v1/ask", "", "{\"question\":\"Show all active projects\",\"schema\":\"second\"}");
    assert_eq!((&asked["schema"], &asked["status"]), (&Value::from("second"), &Value::from("answered")), "{asked}");
    assert_eq!(serving.send("GET /schema/tables?schema=second", "", "").1["schema"], "second");
    let models = serving.send("GET /v1/models", "", "").1;
    assert_eq!(models["data"].as_array().unwrap().len(), 2);
    let reward = "{\"items\":[{\"completion\":\"SELECT COUNT(*) AS n FROM SRM_COMPANIES\",\"sql\":\"SELECT COUNT(Company_ID) AS n FROM SRM_COMPANIES\"}],\"schema\":\"second\"}";
    let (_, rewarded) = serving.send("POST /v1/reward/batch", "", reward);
    assert!(rewarded["rewards"][0]["reward"].as_f64().unwrap() > 0.97, "{rewarded}");
    // Each has its own model, and so has the one that is read again.
    let model = root().join("models/gl-compact").display().to_string();
    folder.write("glrl.toml", format!("{text}model = \"{model}\"\n"));
    serving.signal("-HUP");
    serving.wait_for("glrl_model_loads_total{schema=\"second\",result=\"ok\"} 1");
    assert!(!serving.metrics().contains("glrl_model_loads_total{schema=\"gl\""));
    folder.write("glrl.toml", text.replace("name = \"second\"", "name = \"third\""));
    serving.signal("-HUP");
    serving.wait_for(&reloads("model", "error", 1));
}

#[test]
fn a_key_is_made_for_a_policy_of_the_settings() {
    let folder = Folder::new();
    folder.write(
        "own.toml",
        "[attributes]\nstatus = \"text\"\n[[table]]\nname = \"PAC_MNT_PROJECTS\"\nrows = \"Status = :status\"\n",
    );
    let (keys, policy) =
        (folder.path("keys.json").display().to_string(), folder.path("own.toml").display().to_string());
    let text = format!(
        "[server]\nauthentication = \"on\"\nkeys = \"{keys}\"\n[[server.policies]]\nname = \"own\"\nfile = \"{policy}\"\n"
    );
    let config = folder.write("glrl.toml", text).display().to_string();
    let create = |args: &[&str]| {
        let base = ["keys", "create", "--name", "k", "--keys", &keys];
        run(base.iter().chain(args)).stdout.trim().to_owned()
    };
    let (bound, free) = (create(&["--policy", "own", "--user", "status=Completed"]), create(&[]));
    let serving = Serving::start(&["--config", &config]);
    let statuses = |key: &str| {
        let sql = "{\"sql\":\"SELECT DISTINCT Status FROM PAC_MNT_PROJECTS\"}";
        serving.send("POST /v1/sql/execute", key, sql).1["rows"].clone()
    };
    assert_eq!(statuses(&bound), serde_json::json!([["Completed"]]));
    assert!(statuses(&free).as_array().unwrap().len() > 1);
    assert!(run(["keys", "list", "--keys", &keys]).stdout.contains("policy own"));
}
