//! Models of all kinds: untrained ones that answer nonsense in the right shape, and those that are refused.

use std::fs;
use std::path::PathBuf;

use answer::engine::{Writes, metadata};
use answer::pack::Pack;
use answer::vocabulary::{Vocabulary, added_tokens};
use model::config::Config;
use model::model_folder::{Save, save};
use model::parameters::Parameters;
use model::tokenizer::train_bpe;
use model::weights::{Format, Metadata};
use serde_json::{Value, json};

use crate::tools::{Folder, Ran, glrl, root};

const WEIGHTS: &str = "model.safetensors";

/// A small untrained model for the pack in a folder of this name, with metadata as `change` leaves it.
pub(crate) fn untrained(folder: &Folder, name: &str, seed: u64, change: fn(&mut Metadata)) -> PathBuf {
    let pack = Pack::from_folder(&root().join("packs/gl")).unwrap();
    let lexicon = pack.lexicon().unwrap();
    let added = added_tokens(&pack.catalog, &lexicon);
    let tokenizer = train_bpe(["projects", "budget"], added.len() + 256 + 40, &added).unwrap();
    let vocabulary = Vocabulary::new(tokenizer, &pack.catalog, lexicon).unwrap();
    let config =
        Config { hidden_size: 32, intermediate_size: 32, num_hidden_layers: 1, ..Config::compact(vocabulary.size()) };
    let parameters = Parameters::init(&config, seed).unwrap();
    let mut metadata = metadata(&pack, &vocabulary, Writes::Queries);
    change(&mut metadata);
    let path = folder.path(name);
    let (tokenizer, metadata) = (&vocabulary.tokenizer, &metadata);
    save(&path, Save { parameters: &parameters, tokenizer, format: Format::F32, metadata, channel: None, extra: &[] })
        .unwrap();
    path
}

fn ask(model: &PathBuf, question: &str, args: &[&str]) -> Ran {
    let mut command = glrl();
    Ran::of(command.args(["ask", "--json", "--today", "2026-11-20", question]).args(args).arg("--model").arg(model))
}

#[test]
fn replies_keep_their_promises_whatever_the_model_says() {
    let folder = Folder::new();
    let model = untrained(&folder, "model", 3, |_| {});
    let questions =
        (0..60).map(|i| json!({ "id": i, "question": format!("projects {i} over {i}000 in IT since 2024") }));
    let lines: Vec<String> = questions.map(|line| line.to_string()).collect();
    let batch = folder.write("questions.jsonl", lines.join("\n"));
    let run = |threshold: &str| {
        let mut command = glrl();
        command.args([
            "ask",
            "--json",
            "--rows",
            "--today",
            "2026-11-20",
            "--alternatives",
            "2",
            "--threshold",
            threshold,
        ]);
        Ran::of(command.arg("--model").arg(&model).arg("--batch").arg(&batch))
    };
    let ran = run("0");
    assert_eq!((ran.code, ran.stderr.as_str(), ran.lines().len()), (0, "", 60));
    for reply in ran.lines() {
        let answered = reply["status"] == "answered";
        assert_eq!(answered, reply["sql"].is_string(), "{reply}");
        assert_eq!(answered, reply["error"].is_null(), "{reply}");
        assert_eq!(answered, reply["rows"].is_array(), "{reply}");
        assert!(!answered || (0.0..=1.0).contains(&reply["confidence_score"].as_f64().unwrap()));
        assert!(reply["alternatives"].as_array().unwrap().len() <= 2, "{reply}");
    }
    // The same bytes again, times aside.
    let timeless = |ran: Ran| -> Vec<Value> {
        let without_time = |mut reply: Value| {
            reply["elapsed_ms"] = json!(0);
            reply
        };
        ran.lines().into_iter().map(without_time).collect()
    };
    assert_eq!(timeless(run("0")), timeless(ran));
    // An untrained model is sure of nothing: it declines, and shows its candidates.
    for reply in run("strict").lines() {
        assert_ne!(reply["status"], "answered");
        assert!(reply["status"] != "abstained" || !reply["alternatives"].as_array().unwrap().is_empty());
    }
}

#[test]
fn exit_codes_follow_the_reply() {
    let folder = Folder::new();
    let model = untrained(&folder, "model", 3, |_| {});
    for i in 0..10 {
        let ran = ask(&model, &format!("projects number {i}"), &["--threshold", "0", "--no-execute"]);
        let expected = if ran.json()["status"] == "answered" { 0 } else { 9 };
        let is_write = ran.json()["intent"] == "write";
        assert_eq!(ran.code, if is_write { 6 } else { expected }, "{}", ran.stdout);
    }
    let long = "project ".repeat(490);
    assert!(matches!(ask(&model, &long, &[]).code, 0 | 6 | 9));
}

#[test]
fn models_for_something_else_are_refused() {
    for change in [
        (|m| drop(m.insert("glrl.catalog".to_owned(), "0".to_owned()))) as fn(&mut Metadata),
        |m| drop(m.insert("glrl.vocabulary".to_owned(), "0".to_owned())),
        |m| drop(m.remove("glrl.prompt_format")),
        |m| drop(m.insert("glrl.writes".to_owned(), "questions".to_owned())),
    ] {
        let folder = Folder::new();
        let ran = ask(&untrained(&folder, "model", 3, change), "all projects", &[]);
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (8, Some("model_for_another")), "{}", ran.stdout);
    }
}

#[test]
fn damaged_models_are_refused() {
    let check = |damage: &dyn Fn(&PathBuf)| {
        let folder = Folder::new();
        let model = untrained(&folder, "model", 3, |_| {});
        damage(&model);
        let ran = ask(&model, "all projects", &[]);
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (8, Some("model_damaged")), "{}", ran.stdout);
        let info = Ran::of(glrl().args(["model", "info", "--model"]).arg(&model));
        assert_eq!((info.code, info.stdout.as_str()), (8, ""));
    };
    check(&|model| {
        let bytes = fs::read(model.join(WEIGHTS)).unwrap();
        fs::write(model.join(WEIGHTS), &bytes[..bytes.len() / 2]).unwrap();
    });
    check(&|model| {
        let mut bytes = fs::read(model.join(WEIGHTS)).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 0x55;
        fs::write(model.join(WEIGHTS), bytes).unwrap();
    });
    check(&|model| fs::write(model.join("config.json"), "{").unwrap());
    check(&|model| fs::remove_file(model.join("tokenizer.json")).unwrap());
    check(&|model| fs::remove_file(model.join(WEIGHTS)).unwrap());
}

#[test]
fn the_shipped_model_is_what_its_manifest_says() {
    let files = model::folder::verify(&root().join("models/gl-compact")).unwrap().files;
    for name in [WEIGHTS, "channel.safetensors", "README.md"] {
        assert!(files.contains_key(name), "{name}: {files:?}");
    }
}

#[test]
fn model_info_shows_what_a_model_was_made_for() {
    let folder = Folder::new();
    let model = untrained(&folder, "model", 3, |_| {});
    let info = Ran::of(glrl().args(["model", "info", "--json", "--model"]).arg(&model)).json();
    assert!(info["parameters"].as_u64().is_some_and(|n| n > 10_000));
    assert_eq!(info["metadata"]["glrl.catalog"].as_str().unwrap().len(), 64);
    let text = Ran::of(glrl().args(["model", "info", "--model"]).arg(&model));
    assert!(text.code == 0 && text.stdout.contains("hidden_size"), "{}", text.stdout);
}

#[test]
fn a_conversation_is_kept_by_its_name() {
    let folder = Folder::new();
    let model = untrained(&folder, "model", 3, |_| {});
    let cache = folder.path("cache");
    let say = |question: &str, session: &str| {
        let mut command = glrl();
        command.env("GLRL_PATHS__CACHE", &cache).args(["ask", "--json", "--threshold", "0", "--session", session]);
        Ran::of(command.arg(question).arg("--model").arg(&model))
    };
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Status = 'Active'";
    assert_eq!(say(sql, "month-end").code, 0);
    let kept = cache.join("sessions/month-end.json");
    let read = || serde_json::from_str::<Value>(&fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(read()["question"], sql);
    assert!(!cache.join("sessions/other.json").exists());
    let ran = say("only those in IT", "month-end");
    if ran.json()["status"] == "answered" {
        assert_eq!(read()["question"], "only those in IT");
    } else {
        assert_eq!(read()["question"], sql, "what is not answered is not gone on from");
    }
    for broken in ["", "{", r#"{"question":"x","sql":"SELECT a FROM b"}"#] {
        fs::write(&kept, broken).unwrap();
        assert!(matches!(say("only those in IT", "month-end").code, 0 | 6 | 9), "a broken session begins anew");
    }
    for name in ["", "../up", "a b", &"x".repeat(65)] {
        assert_eq!(say(sql, name).code, 2, "{name}");
    }
}
