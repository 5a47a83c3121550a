//! A training run as its user meets it: what is said on the way, the live view, the page, and a disk without room.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::tools::{Folder, Ran, glrl, run};
use crate::training::RECIPE;

/// Data and a recipe for a run of six steps, judged and saved after the third.
fn prepared(folder: &Folder) -> Vec<String> {
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let data = path("data");
    let written = run(["data", "synth", "--count", "60", "--dev", "8", "--test", "8", "--seed", "3", "--out", &data]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    folder.write("recipe.toml", RECIPE);
    ["train", "sft", "--data", &data, "--run", &path("run"), "--recipe", &path("recipe.toml")]
        .map(str::to_owned)
        .to_vec()
}

fn with(train: &[String], more: &[&str]) -> Ran {
    run(train.iter().map(String::as_str).chain(more.iter().copied()))
}

#[test]
fn a_run_can_be_followed_and_becomes_a_page() {
    let folder = Folder::new();
    let train = prepared(&folder);
    let trained = with(&train, &["--json"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let best = &trained.json()["best"];
    assert_eq!(trained.json()["ending"], "done");
    assert!(fs::exists(folder.path("run").join(best["checkpoint"].as_str().unwrap())).unwrap(), "{best}");
    for want in ["step 1 of 6, ", "step 6 of 6, 0 s left: loss ", " tokens/s", "saved "] {
        assert!(trained.stderr.contains(want), "{want}: {}", trained.stderr);
    }
    assert!(!trained.stderr.contains('\u{1b}'), "no bar where there is no terminal");

    let path = folder.path("run");
    let path = path.to_str().unwrap();
    let watched = run(["train", "watch", path, "--once"]);
    assert_eq!(watched.code, 0, "{}", watched.stderr);
    assert!(watched.stdout.contains(": step 6 of 6, done, best "), "{}", watched.stdout);
    assert!(
        watched.stdout.contains("Learning rate") && watched.stdout.contains("misses of step 6"),
        "{}",
        watched.stdout
    );
    let figures = run(["train", "watch", path, "--json"]).json();
    assert!(figures["figures"]["loss"].as_f64().unwrap() > 0.0 && figures["max_steps"] == 6, "{figures}");
    assert_eq!(figures["summary"]["best"]["step"], best["step"]);

    let out = folder.path("page");
    let written = run(["train", "report", path, "--out", out.to_str().unwrap(), "--json"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let page = fs::read_to_string(written.json()["page"].as_str().unwrap()).unwrap();
    let plots = written.json()["plots"].as_array().unwrap().len();
    assert!(plots >= 6 && page.matches("<svg").count() == plots, "{plots}");
    assert!(page.contains("hidden_size = 32") && page.contains("Execution accuracy"), "settings and curves");

    let elsewhere = run(["train", "watch", folder.path("data").to_str().unwrap(), "--once"]);
    assert!(elsewhere.code == 7 && elsewhere.stderr.contains("--run"), "{}", elsewhere.stderr);
    assert_eq!(run(["train", "report", "/no/such/run"]).code, 7);
    let silent = with(&train, &["--resume", "--quiet"]);
    assert_eq!((silent.code, silent.stderr.as_str()), (0, ""));
}

#[test]
fn patience_is_a_flag_and_needs_evaluations() {
    let folder = Folder::new();
    let recipe = folder.write("r.toml", "[evaluation]\nevery_steps = 0\n");
    let recipe = recipe.to_str().unwrap();
    let ran = run(["train", "sft", "--data", "x", "--run", "y", "--recipe", recipe, "--patience", "2"]);
    assert!(ran.code == 4 && ran.stderr.contains("evaluation.patience"), "{}", ran.stderr);
}

/// Runs the binary with a limit on the size of each file it writes, in blocks of 512 bytes: writing fails as on a full disk.
#[cfg(unix)]
fn limited(blocks: u32, args: &[String]) -> Ran {
    let command = glrl();
    let program = command.get_program().to_owned();
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(program).args(args).args(["--resume"]);
    command.get_envs().for_each(|(name, value)| {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    });
    Ran::of(shell.current_dir(command.get_current_dir().unwrap()))
}

#[test]
#[cfg(unix)]
fn where_there_is_no_room_the_last_good_checkpoint_is_kept_and_named() {
    let folder = Folder::new();
    let train = prepared(&folder);
    assert_eq!(with(&train, &["--stop-at", "2"]).code, 0);
    let good = folder.path("run/checkpoint-000002");
    let (good, metrics) = (good.to_str().unwrap(), folder.path("run/metrics.jsonl"));

    // Lines fit, a checkpoint does not.
    let full = limited(128, &train);
    assert_eq!(full.code, 1, "{}", full.stderr);
    assert!(full.stderr.contains(&format!("the last good checkpoint is {good}")), "{}", full.stderr);
    assert!(full.stderr.contains("hint: make room on the disk") && full.stderr.contains("--resume"), "{}", full.stderr);
    let names: Vec<String> = fs::read_dir(folder.path("run"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!names.iter().any(|name| name.contains("tmp") || name == "checkpoint-000003"), "{names:?}");
    assert_eq!(run(["model", "info", "--model", good]).code, 0);
    let summary: Value = serde_json::from_slice(&fs::read(folder.path("run/summary.json")).unwrap()).unwrap();
    assert!(summary["ending"] == "failed" && summary["checkpoint"] == "checkpoint-000002", "{summary}");

    // Not even the lines fit.
    let long = fs::read_to_string(&metrics).unwrap().lines().next().unwrap().to_owned() + "\n";
    fs::write(&metrics, long.repeat(100_000 / long.len())).unwrap();
    let full = limited(128, &train);
    assert!(full.code == 1 && full.stderr.contains("metrics.jsonl: "), "{}", full.stderr);
    assert!(full.stderr.contains(good), "{}", full.stderr);
    assert!(fs::metadata(&metrics).unwrap().len() > 90_000, "the old lines are still there");

    let resumed = with(&train, &["--resume", "--json"]);
    assert_eq!((resumed.code, &resumed.json()["ending"]), (0, &Value::from("done")), "{}", resumed.stderr);
}
