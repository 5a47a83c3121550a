//! Stores that instances of the service share, as settings name them: what cannot be used is refused at the start, `doctor` looks
//! whether they answer, and secrets are not printed.

use crate::tools::{Folder, Ran, glrl};

#[test]
fn what_cannot_be_used_is_refused_at_the_start() {
    let check = |variable: (&str, &str), said: &[&str]| {
        let folder = Folder::new();
        let mut command = glrl();
        command.env("XDG_STATE_HOME", &folder.0).env(variable.0, variable.1);
        let ran = Ran::of(command.args(["serve", "--port", "0", "--operators-port", "0"]));
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        said.iter().for_each(|said| assert!(ran.stderr.contains(said), "{said} in {}", ran.stderr));
        assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    };
    check(("REDIS_URL_FILE", "/nonexistent"), &["REDIS_URL_FILE", "/nonexistent"]);
    #[cfg(feature = "redis")]
    check(("REDIS_URL", "http://user:hush@127.0.0.1"), &["cache.redis_url", "redis://"]);
    #[cfg(not(feature = "redis"))]
    check(("REDIS_URL", "redis://user:hush@127.0.0.1"), &["cache.redis_url", "--features redis"]);
    #[cfg(not(feature = "object-store"))]
    check(("GLRL_CACHE__S3_BUCKET", "answers"), &["cache.s3_bucket", "--features object-store"]);
}

#[test]
fn secrets_are_not_printed() {
    let folder = Folder::new();
    let file = folder.path("secret");
    std::fs::write(&file, "hush\n").unwrap();
    let mut command = glrl();
    command.env("GLRL_CACHE__SECRET_FILE", &file).env("REDIS_URL", "redis://user:hush@redis.example:6379");
    let printed = Ran::of(command.args(["config", "print", "--json"])).json();
    assert_eq!(printed["cache.secret"]["value"], "***");
    assert_eq!(printed["cache.secret"]["origin"], "$GLRL_CACHE__SECRET_FILE");
    assert_eq!(printed["cache.redis_url"]["value"], "redis:***");
}

#[cfg(all(feature = "redis", feature = "object-store"))]
mod stores {
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use serde_json::Value;

    use crate::tools::{Folder, Ran, glrl};

    fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    /// A Redis server in a folder of its own.
    struct Redis {
        process: Child,
        folder: Folder,
    }

    impl Redis {
        fn start(folder: Folder, port: u16, args: &[&str]) -> Self {
            let mut command = Command::new("redis-server");
            command.args(args).args(["--save", ""]).current_dir(&folder.0).stdout(Stdio::null());
            let process = command.spawn().expect("`cargo xtask test` installs redis-server");
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                std::thread::sleep(Duration::from_millis(20));
            }
            Redis { process, folder }
        }
    }

    impl Drop for Redis {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    /// `doctor` with a Redis at a URL; long enough for a machine that does other things too.
    fn doctor(url: &str) -> Command {
        let mut command = glrl();
        command.env("REDIS_URL", url).env("GLRL_CACHE__REDIS_TIMEOUT_MS", "5000").args(["doctor", "--json"]);
        command
    }

    fn found(ran: &Ran, name: &str) -> Value {
        let reply = ran.json();
        let mut checks = reply["checks"].as_array().unwrap().iter();
        checks.find(|check| check["check"] == name).unwrap_or_else(|| panic!("no {name} in {reply}")).clone()
    }

    #[track_caller]
    fn says(ran: &Ran, name: &str, is_ok: bool, said: &str) {
        let check = found(ran, name);
        assert_eq!(check["ok"], is_ok, "{check}");
        assert!(check["found"].as_str().unwrap().contains(said), "{check}");
        assert!(!ran.stdout.contains("hush"), "{}", ran.stdout);
    }

    #[test]
    fn doctor_says_whether_they_answer() {
        let (port, away) = (free_port(), free_port());
        let _redis = Redis::start(Folder::new(), port, &["--port", &port.to_string()]);
        let mut command = doctor(&format!("redis://127.0.0.1:{port}"));
        command.env("GLRL_CACHE__S3_BUCKET", "answers");
        command.env("GLRL_CACHE__S3_ENDPOINT", format!("http://127.0.0.1:{away}"));
        let ran = Ran::of(command.env("AWS_ACCESS_KEY_ID", "hush").env("AWS_SECRET_ACCESS_KEY", "hush"));
        says(&ran, "redis", true, "answers in");
        says(&ran, "s3", false, "does not answer");
        assert!(found(&ran, "s3")["hint"].as_str().unwrap().contains("[cache]"));
        assert_eq!(ran.code, 5);
    }

    #[test]
    fn with_tls_only_who_is_trusted_is_told_the_password() {
        let (port, folder) = (free_port(), Folder::new());
        let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes"];
        let files = ["req", "-x509", "-newkey", "rsa:2048", "-keyout", "key.pem", "-out", "own.pem"];
        let mut openssl = Command::new("openssl");
        openssl.args(files).args(subject).args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        assert!(openssl.current_dir(&folder.0).stderr(Stdio::null()).status().unwrap().success());
        let tls = ["--tls-cert-file", "own.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "own.pem"];
        let port_text = port.to_string();
        let listen = ["--port", "0", "--tls-port", &port_text, "--tls-auth-clients", "no", "--requirepass", "hush"];
        let redis = Redis::start(folder, port, &[&listen[..], &tls[..]].concat());
        let url = format!("rediss://:hush@localhost:{port}");
        let trusted = redis.folder.path("own.pem");
        says(&Ran::of(doctor(&url).env("SSL_CERT_FILE", trusted)), "redis", true, "answers in");
        let ran = Ran::of(&mut doctor(&url));
        says(&ran, "redis", false, "certificate");
        assert_eq!(ran.code, 5);
    }
}
