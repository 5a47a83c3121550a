//! Settings: where they come from, and what is wrong with bad ones.

use std::fs;

use serde_json::Value;

use crate::tools::{Folder, Ran, glrl, run};

#[test]
fn each_value_says_where_it_came_from() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("glrl")).unwrap();
    folder.write("glrl/config.toml", "[limits]\nmax_rows = 10\ndeadline_ms = 100\nmax_bytes = 5\n");
    folder.write("glrl.toml", "\u{feff}[limits]\nmax_rows = 20\ndeadline_ms = 200\n");
    let mut command = glrl();
    command.args(["config", "print", "--json"]).current_dir(&folder.0);
    command.env("XDG_CONFIG_HOME", &folder.0).env("GLRL_LIMITS__MAX_ROWS", "30");
    let printed = Ran::of(&mut command).json();
    let shown = |key: &str| (printed[key]["value"].clone(), printed[key]["origin"].as_str().unwrap().to_owned());
    assert_eq!(shown("limits.max_rows"), (Value::from(30), "$GLRL_LIMITS__MAX_ROWS".to_owned()));
    assert_eq!(shown("limits.deadline_ms"), (Value::from(200), "glrl.toml".to_owned()));
    assert!(shown("limits.max_bytes").1.ends_with("config.toml"));
    assert_eq!(shown("pack").1, "default");
}

#[test]
fn no_password_is_printed_and_what_is_none_is() {
    let folder = Folder::new();
    let config = "[server]
cors_origins = \"https://bi.example.com\"
[[server.schemas]]
pack = \"gl\"
db = \"postgres://ann:hush@h/d\"
[cache]
redis_url = \"redis://:hush@h\"
s3_endpoint = \"http://objects.example:9000\"
secret = \"hush-hush\"
";
    let path = folder.write("own.toml", config);
    for form in [&["config", "print"][..], &["config", "print", "--json"]] {
        let ran = Ran::of(glrl().args(form).arg("--config").arg(&path));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!ran.stdout.contains("hush"), "{}", ran.stdout);
        for shown in ["https://bi.example.com", "http://objects.example:9000", "postgres://ann:***@h/d"] {
            assert!(ran.stdout.contains(shown), "no {shown} in {}", ran.stdout);
        }
    }
}

#[test]
fn no_password_is_repeated_in_what_is_wrong_with_a_file() {
    let folder = Folder::new();
    let check = |file: &str, message: &str| {
        let path = folder.write("bad.toml", file);
        let ran = Ran::of(glrl().args(["config", "print", "--config"]).arg(path));
        assert_eq!(ran.code, 4, "{file}");
        assert!(ran.stderr.contains(message) && !ran.stderr.contains("hush"), "{}", ran.stderr);
    };
    check("[cache]\nredis_url = \"redis://:hush@h", "bad.toml, line 2: ");
    check("[server]\nschemas = \"postgres://ann:hush@h/d\"", "server.schemas = \"postgres://ann:***@h/d\"");
    check("[server]\nschemas = [\"postgres://ann:hush@h/d\"]", "a text, expected");
    check("[cache]\ns3_endpoint = \"redis://:hush@h\"", "cache.s3_endpoint = \"redis:***\"");
}

#[test]
fn bad_settings_end_with_4() {
    let folder = Folder::new();
    let check = |file: &str, message: &str| {
        let path = folder.write("bad.toml", file);
        let ran = Ran::of(glrl().args(["config", "print", "--config"]).arg(path));
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{file}");
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    };
    check("[limits]\nmax_row = 1", "did you mean \"limits.max_rows\"");
    check("[limits]\nmax_rows = \"many\"", "expected a whole number");
    check("[limits\n", "bad.toml");
    check("limits = 3", "limits");
    check("[server]\ncors_origins = \"*\"", "server.cors_origins");
    check("[server]\ncache_seconds = 99999999999", "server.cache_seconds");
    check("[server]\nqueue = 1", "server.queue");
    assert_eq!(run(["config", "print", "--config", "/no/such/file.toml"]).code, 4);
    let ran = Ran::of(glrl().args(["ask", "a", "--json"]).env("GLRL_NO_SUCH", "1"));
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (4, Some("settings")));
    let ran = run(["ask", "all projects", "--json", "--threshold", "sure"]);
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (4, Some("settings")));
}

#[test]
fn the_defaults_are_printed_with_their_comments() {
    let ran = run(["config", "print", "--default"]);
    assert!(ran.code == 0 && ran.stdout.starts_with('#') && ran.stdout.contains("[limits]"));
    let folder = Folder::new();
    let path = folder.write("own.toml", &ran.stdout);
    assert_eq!(Ran::of(glrl().args(["config", "print", "--config"]).arg(path)).code, 0);
}
