//! What can be known of the project by reading its files: the invariants of `ARCHITECTURE.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::{glrl, root};

/// The crates, lowest first: an arrow only ever points to one before.
const ORDER: [&str; 10] = ["schema", "sql", "database", "judge", "model", "answer", "train", "serve", "cli", "xtask"];
/// The language side and the number side meet in `answer`, and not before.
const APART: [(&str, &[&str]); 2] = [("model", &["schema", "sql", "database", "judge"]), ("judge", &["model"])];

/// Every Rust file of the project, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for folder in ["crates", "xtask"] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 50, "only {} Rust files found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Whether a file is a test, or stands in a folder of tests.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "benches" | "tests.rs")))
}

/// The part of a file that is not a test module.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn each_file_says_what_it_is() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no //! at the top of {silent:?}");
}

#[test]
fn no_table_name_stands_in_code() {
    let mut names = vec![];
    for pack in fs::read_dir(root().join("packs")).unwrap() {
        let ddl = fs::read_to_string(pack.unwrap().path().join("schema.sql")).unwrap();
        let catalog = sql::ddl::catalog_from_ddl(&ddl).unwrap();
        names.extend(catalog.tables.into_iter().map(|table| table.name));
    }
    assert!(names.len() >= 14);
    let mut found = vec![];
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let code = without_tests(&text).lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            found.extend(
                names.iter().filter(|name| line.contains(name.as_str())).map(|name| format!("{name} in {path:?}")),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn crates_point_downwards_only() {
    for (place, name) in ORDER.iter().enumerate() {
        let folder = if *name == "xtask" { root().join("xtask") } else { root().join("crates").join(name) };
        let manifest: toml::Table = toml::from_str(&fs::read_to_string(folder.join("Cargo.toml")).unwrap()).unwrap();
        let apart = APART.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, others)| others);
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for dependency in dependencies.keys().filter(|d| ORDER.contains(&d.as_str())) {
            let lower = ORDER[..place].contains(&dependency.as_str());
            assert!(lower && !apart.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
    let folders = fs::read_dir(root().join("crates")).unwrap().count();
    assert_eq!(folders + 1, ORDER.len(), "a crate is missing from the order");
}

#[test]
fn unsafe_stands_in_model_alone() {
    for (path, text) in sources() {
        let has_unsafe = text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or("");
            let opens = ["unsafe {", "unsafe fn", "unsafe impl"];
            let word = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            opens.iter().any(|open| code.match_indices(open).any(|(at, _)| word(at))) || code.contains("allow(unsafe")
        });
        let in_model = path.starts_with(root().join("crates/model"));
        let is_this_file = path.ends_with("tests/it/tidy.rs");
        assert!(!has_unsafe || in_model || is_this_file, "unsafe in {path:?}");
    }
    let opted_out = ORDER.iter().filter(|name| **name != "model" && **name != "xtask").filter(|name| {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        !manifest.contains("[lints]\nworkspace = true")
    });
    assert_eq!(opted_out.count(), 0, "every crate but model takes the workspace's lints");
}

#[test]
fn only_the_command_line_reads_the_environment() {
    for (path, text) in sources() {
        let reads = ["env::var", "env::vars", "env::args"].iter().any(|call| without_tests(&text).contains(call));
        let may = path.starts_with(root().join("crates/cli")) || path.starts_with(root().join("xtask"));
        let is_example = path.components().any(|part| part.as_os_str() == "examples");
        assert!(!reads || may || is_test(&path) || is_example, "{path:?} reads the environment");
    }
}

/// The commands that a document shows: lines and code spans that begin with `glrl` or run the binary.
fn commands_in(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("glrl "));
    let runs = text.lines().filter_map(|line| line.trim().strip_prefix("cargo run --release -- "));
    spans.map(|span| span["glrl ".len()..].to_owned()).chain(runs.map(str::to_owned)).collect()
}

#[test]
fn commands_in_documents_exist() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/status.md",
        "docs/exit-codes.md",
        "docs/monitoring.md",
    ] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for command in commands_in(&text) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let path: Vec<&str> =
                words.iter().take_while(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '-')).copied().collect();
            let path: Vec<&str> = path.into_iter().filter(|w| !w.starts_with('-')).collect();
            if path.is_empty() {
                continue;
            }
            // A word after the command may be an argument: the longest path that is a command counts.
            let known = (1..=path.len()).rev().any(|n| {
                let output = glrl().args(&path[..n]).arg("--help").output().unwrap();
                output.status.success()
            });
            assert!(known, "{document} shows `glrl {command}`, which does not exist");
            let flags = words.iter().filter(|w| w.starts_with("--")).map(|w| w.trim_end_matches([',', '.', ';']));
            let n = (1..=path.len())
                .rev()
                .find(|n| glrl().args(&path[..*n]).arg("--help").output().unwrap().status.success())
                .unwrap();
            let help = glrl().args(&path[..n]).arg("--help").output().unwrap();
            let help = String::from_utf8_lossy(&help.stdout).into_owned();
            for flag in flags.filter(|f| **f != *"--help") {
                assert!(help.contains(flag), "{document} shows `glrl {command}`, which has no {flag}");
            }
        }
    }
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let commands: Vec<&str> = readme.lines().filter(|line| line.starts_with("    ")).map(str::trim).take(2).collect();
    assert_eq!(
        commands,
        ["cargo run --release -- ask \"Show all active projects with budget over 100000\"", "cargo xtask test"]
    );
}

#[test]
fn the_lock_file_stays_small() {
    let lock: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.lock")).unwrap()).unwrap();
    let packages = lock["package"].as_array().unwrap().len();
    // A third of them are those of the features `redis`, `object-store` and `otlp`, which no build has by default: an S3 client
    // with its URLs and dates, traces, and what these need on other systems. TLS (rustls with ring) brought fifteen.
    assert!(packages < 375, "{packages} packages");
}
