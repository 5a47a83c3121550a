//! What fuzzing needs: a nightly toolchain, which a person installs, and `cargo-fuzz`, which is installed below `target`.

use std::path::PathBuf;
use std::process::Command;

use crate::tools::{cargo, root, run};

/// The version that the command lines here are written for.
const CARGO_FUZZ: &str = "0.13.2";

/// The folder of everything that fuzzing builds, finds and keeps.
pub fn folder() -> PathBuf {
    root().join("target/fuzz")
}

/// Builds all targets, with whatever that needs.
pub fn build() -> Result<(), String> {
    check_nightly()?;
    let tool = install()?;
    let mut build = Command::new(tool);
    build.args(["build", "--fuzz-dir", "fuzz", "--target-dir", "target/fuzz", "--codegen-units", "16"]);
    // The sanitizers' flags are nightly's; the variables that cargo set for this program name its own toolchain.
    build.current_dir(root()).env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC");
    run(build).map_err(|e| format!("{e}; a C compiler and the files of `fuzz/Cargo.lock` are needed"))
}

fn check_nightly() -> Result<(), String> {
    let version = Command::new("rustup").args(["run", "nightly", "rustc", "--version"]).output();
    match version {
        Ok(output) if output.status.success() => Ok(()),
        Ok(_) => {
            Err("fuzzing needs a nightly toolchain: rustup toolchain install nightly --profile minimal".to_owned())
        }
        Err(e) => Err(format!("fuzzing needs rustup and a nightly toolchain: {e}")),
    }
}

/// The path of `cargo-fuzz`, which is installed where it is missing.
fn install() -> Result<PathBuf, String> {
    let tools = root().join("target/tools");
    let tool = tools.join("bin").join(format!("cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    if !tool.is_file() {
        let mut install = cargo(&["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--root"]);
        install.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
        run(install).map_err(|e| format!("{e}; cargo-fuzz {CARGO_FUZZ} comes from crates.io"))?;
    }
    Ok(tool)
}
