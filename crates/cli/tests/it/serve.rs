//! `glrl serve`, `keys` and `audit` as processes: addresses, signals, exit codes, and what is refused at the start.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::tools::{Folder, Ran, glrl, run};

/// A service of its own, with its files in a folder of its own.
struct Serving {
    child: Child,
    /// Its log; kept, since a closed pipe would stop it.
    _log: BufReader<ChildStderr>,
    users: String,
    folder: Folder,
}

impl Serving {
    fn start(args: &[&str]) -> Self {
        let folder = Folder::new();
        let mut command = glrl();
        command.env("XDG_STATE_HOME", &folder.0).env("GLRL_SERVER__LOG", "error");
        command.args(["serve", "--port", "0", "--operators-port", "0"]).args(args);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let users = line.strip_prefix("http://").and_then(|rest| rest.split(' ').next());
        let users = users.unwrap_or_else(|| panic!("no address: {line}")).to_owned();
        Serving { child, _log: log, users, folder }
    }

    /// Status and body.
    fn send(&self, head: &str, key: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.users).unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn signal(&self, name: &str) {
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
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replace("\"status\":200", "\"status\":500")).unwrap();
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
        std::thread::sleep(std::time::Duration::from_millis(20));
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
    let misspelt = config("[[server.schemas]]\npck = \"gl\"\n");
    check(&["--config", &misspelt], 4, "pck");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check(&["--port", &port, "--operators-port", "0"], 1, "cannot listen");
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
    let config = folder.write("glrl.toml", text);
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
