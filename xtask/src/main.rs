//! Chores of the project: `cargo xtask test`, `cargo xtask figures [--slow | --only NAME]`, `cargo xtask fuzz`, `cargo xtask
//! bless`.

mod figures;
mod fuzz;
mod tools;

use std::process::ExitCode;

use figures::Wanted;
use tools::{FULL, cargo, root, run};

const USAGE: &str = "\
usage: cargo xtask <command>

  test              format, lints, and every test: what has to pass before a change is merged
  figures [--slow]  every acceptance figure with its target; --slow adds those that take minutes;
                    --only NAME measures those of one subject or with NAME in their text, however long they take
  fuzz              a minute of each fuzz target; --minutes N or --seconds N as long, --only TARGET that one alone;
                    needs a nightly toolchain
  bless             refresh the expected output that tests keep in files";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["test"] => test(),
        ["figures"] => figures::print(Wanted::Quick),
        ["figures", "--slow"] => figures::print(Wanted::All),
        ["figures", "--only", name] => figures::print(Wanted::Only(name)),
        ["fuzz", ref rest @ ..] => fuzz::fuzz(rest),
        ["bless"] => bless(),
        _ => {
            eprintln!("{USAGE}\n\nsubjects of figures:\n{}", figures::subjects());
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Checks and tests in the release profile, whose artifacts the product's own build uses too.
fn test() -> Result<(), String> {
    install_components()?;
    install_servers()?;
    install_object_store()?;
    run(cargo(&["fmt", "--all", "--check"]))?;
    run(cargo(&["clippy", "--workspace", FULL, "--all-targets", "--release", "--quiet", "--", "-D", "warnings"]))?;
    run(cargo(&["test", "--workspace", FULL, "--release", "--quiet"]))
}

/// rustfmt and clippy come with Rust's default profile; a minimal one lacks them.
fn install_components() -> Result<(), String> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let has = cargo(&[command, "--version"]).output().is_ok_and(|output| output.status.success());
        if !has {
            let mut rustup = std::process::Command::new("rustup");
            rustup.args(["component", "add", component]);
            run(rustup)?;
        }
    }
    Ok(())
}

/// PostgreSQL, MariaDB, Redis and Prometheus, which tests start for themselves.
fn install_servers() -> Result<(), String> {
    const WANTED: &[(&str, &str)] = &[
        ("initdb", "postgresql"),
        ("psql", "postgresql-client"),
        ("mariadbd", "mariadb-server"),
        ("mariadb", "mariadb-client"),
        ("redis-server", "redis-server"),
        ("redis-cli", "redis-tools"),
        ("openssl", "openssl"),
        ("prometheus", "prometheus"),
    ];
    let lacking: Vec<&str> =
        WANTED.iter().filter(|(name, _)| !has_program(name)).map(|(_, package)| *package).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let list = lacking.join(" ");
    println!("xtask: installing {list}");
    let mut install = std::process::Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(&lacking).env("DEBIAN_FRONTEND", "noninteractive");
    run(install).map_err(|e| format!("{e}; the tests need {list}: install them, as root: apt-get install {list}"))
}

/// moto, which stands in for S3, in an environment of its own under `target`.
fn install_object_store() -> Result<(), String> {
    let tools = root().join("target/tools");
    if has_program("moto_server") || tools.join("bin/moto_server").is_file() {
        return Ok(());
    }
    println!("xtask: installing moto");
    let mut environment = std::process::Command::new("python3");
    environment.args(["-m", "venv"]).arg(&tools);
    let mut install = std::process::Command::new(tools.join("bin/pip"));
    install.args(["install", "--quiet", "moto[server]==5.2.1"]);
    let hint = |e| format!("{e}; the tests need moto: pip install 'moto[server]'");
    run(environment).and_then(|()| run(install)).map_err(hint)
}

/// Whether a program is on the path, or where Debian puts servers.
fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let others = versions.map(|version| version.path().join("bin")).chain(["/usr/sbin".into()]);
    std::env::split_paths(&path).chain(others).any(|folder| folder.join(name).is_file())
}

fn bless() -> Result<(), String> {
    let mut tests = cargo(&["test", "--workspace", FULL, "--release", "--quiet"]);
    tests.env("UPDATE_EXPECT", "1");
    run(tests)
}
