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
    assert_eq!(printed["cache.redis_url"]["value"], "redis://user:***@redis.example:6379");
}

#[cfg(all(feature = "redis", feature = "object-store"))]
#[test]
fn doctor_says_whether_stores_answer() {
    use std::process::{Command, Stdio};

    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (port, away) = (free(), free());
    let folder = Folder::new();
    let mut redis = Command::new("redis-server");
    redis.args(["--port", &port.to_string(), "--save", "", "--dir"]).arg(&folder.0).stdout(Stdio::null());
    let mut redis = redis.spawn().expect("`cargo xtask test` installs redis-server");
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut command = glrl();
    command.env("REDIS_URL", format!("redis://127.0.0.1:{port}"));
    // Long enough for a machine that does other things too.
    command.env("GLRL_CACHE__REDIS_TIMEOUT_MS", "5000").env("GLRL_CACHE__S3_BUCKET", "answers");
    command.env("GLRL_CACHE__S3_ENDPOINT", format!("http://127.0.0.1:{away}"));
    command.env("AWS_ACCESS_KEY_ID", "hush").env("AWS_SECRET_ACCESS_KEY", "hush");
    let ran = Ran::of(command.args(["doctor", "--json"]));
    redis.kill().unwrap();
    redis.wait().unwrap();
    let reply = ran.json();
    let found =
        |name: &str| reply["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap().clone();
    assert!(found("redis")["found"].as_str().unwrap().starts_with("answers in"), "{reply}");
    assert_eq!((&found("s3")["ok"], ran.code), (&false.into(), 5), "{reply}");
    assert!(found("s3")["found"].as_str().unwrap().starts_with("does not answer"), "{reply}");
    assert!(found("s3")["hint"].as_str().unwrap().contains("[cache]"));
    assert!(!ran.stdout.contains("hush"), "{}", ran.stdout);
}
