//! From a pack to a trained model through the commands alone: data, training, evaluation, shipping.

use std::fs;

use serde_json::Value;

use crate::tools::{Folder, Ran, glrl, root, run};

pub(crate) const RECIPE: &str = "
    [model]
    hidden_size = 32
    num_hidden_layers = 1
    num_attention_heads = 2
    num_key_value_heads = 1
    intermediate_size = 48
    [data]
    word_pieces = 300
    batch_tokens = 1024
    [schedule]
    max_steps = 6
    [evaluation]
    every_steps = 3
    questions = 4
    [checkpoint]
    every_steps = 3
";

#[test]
fn a_model_is_made_judged_and_shipped() {
    let folder = Folder::new();
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let (data, run_folder, shipped) = (path("data"), path("run"), path("model"));

    let synth =
        ["data", "synth", "--count", "60", "--dev", "12", "--test", "10", "--seed", "3", "--out", &data, "--json"];
    let written = run(synth);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(written.json()["splits"]["train"]["questions"], 60);
    let first = fs::read(folder.path("data/train.jsonl")).unwrap();
    assert_eq!(run(synth).code, 2, "files are not replaced unasked");
    assert_eq!(run(synth.iter().chain(&["--force", "--threads", "1"])).code, 0);
    assert_eq!(fs::read(folder.path("data/train.jsonl")).unwrap(), first, "the same seed gives the same bytes");

    let recipe = folder.write("recipe.toml", RECIPE);
    let train = ["train", "sft", "--data", &data, "--run", &run_folder, "--recipe", recipe.to_str().unwrap(), "--json"];
    let trained = run(train);
    assert_eq!((trained.code, trained.json()["steps"].clone()), (0, Value::from(6)), "{}", trained.stderr);
    assert_eq!(run(train).code, 1, "a run is not overwritten");
    assert_eq!(run(train.iter().chain(&["--resume"])).code, 0, "a finished run has nothing left to do");

    let dev = format!("{data}/dev.jsonl");
    let export = run(["model", "export", "--from", &run_folder, "--out", &shipped, "--format", "int8", "--test", &dev]);
    assert_eq!(export.code, 0, "{}", export.stderr);
    let calibrate = run(["model", "calibrate", "--model", &shipped, "--questions", &dev, "--json"]);
    assert_eq!(calibrate.code, 0, "{}", calibrate.stderr);
    let info = run(["model", "info", "--model", &shipped, "--json"]).json();
    assert!(info["metadata"]["calibration.slope"].is_string(), "{info}");
    let card = fs::read_to_string(folder.path("model/README.md")).unwrap();
    assert!(card.contains("\n* `dev.jsonl`: SHA-256 `") && !card.contains(&data), "{card}");

    let reversed = folder.write("reversed.toml", RECIPE.replace("[data]", "[data]\n    reversed = true"));
    let (first, second, compares) = (format!("{run_folder}/checkpoint-000006"), path("second"), path("compares"));
    let reversed = ["train", "sft", "--data", &data, "--run", &second, "--recipe", reversed.to_str().unwrap()];
    let alone = run(reversed);
    assert_eq!(alone.code, 2, "a network that writes questions stands beside another");
    assert!(alone.stderr.contains("--model"), "{}", alone.stderr);
    let trained = run(reversed.iter().chain(&["--model", &first]));
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let export = |model: &str, channel: &str| {
        run(["model", "export", "--from", model, "--channel", channel, "--out", &compares])
    };
    assert_eq!(export(&second, &run_folder).code, 1, "they write the other way round");
    assert!(export(&run_folder, &run_folder).stderr.contains("writes queries, not questions"));
    assert_eq!(export(&run_folder, &second).code, 0);
    let next = export(&first, &compares);
    assert_eq!(next.code, 0, "another model takes the network over: {}", next.stderr);
    let calibrate = run(["model", "calibrate", "--model", &compares, "--questions", &dev, "--json"]);
    assert!(calibrate.json()["channel_weight"].is_number(), "{} {}", calibrate.stdout, calibrate.stderr);
    let info = run(["model", "info", "--model", &compares, "--json"]).json();
    assert_eq!(info["channel_weight"], calibrate.json()["channel_weight"], "{info}");
    assert_eq!(run(["eval", "--questions", &dev, "--model", &compares]).code, 0);

    let report = path("report");
    let eval = run(["eval", "--questions", &dev, "--model", &shipped, "--report", &report, "--json"]);
    assert_eq!(eval.code, 0, "{}", eval.stderr);
    assert_eq!(eval.json()["databases"], 3);
    assert!(fs::exists(folder.path("report/index.html")).unwrap());
    let gate = run(["eval", "--questions", &dev, "--model", &shipped, "--at-least", "101"]);
    assert_eq!((gate.code, gate.stderr.as_str()), (3, ""));
    assert!(gate.stdout.contains("easy and medium together"));
}

#[test]
fn synthetic_questions_say_nothing_of_how_sure_an_answer_is() {
    let folder = Folder::new();
    let root = root();
    let examples = fs::read_to_string(root.join("packs/gl/questions/examples.jsonl")).unwrap();
    let lines: Vec<&str> = examples.lines().collect();
    let [asked, synthetic] = [(&lines[..12], "asked.jsonl"), (&lines[90..110], "synthetic.jsonl")]
        .map(|(lines, name)| folder.write(name, lines.join("\n")).to_str().unwrap().to_owned());
    let fitted = |more: &[&str]| {
        let model = folder.path("model");
        fs::create_dir_all(&model).unwrap();
        for file in fs::read_dir(root.join("models/gl-compact")).unwrap().flatten() {
            fs::copy(file.path(), model.join(file.file_name())).unwrap();
        }
        let model = model.to_str().unwrap();
        let calibrated =
            run(["model", "calibrate", "--model", model, "--questions", &asked, "--json"].iter().chain(more));
        assert_eq!(calibrated.code, 0, "{}", calibrated.stderr);
        calibrated.json()
    };
    let (alone, beside, among) =
        (fitted(&[]), fitted(&["--synthetic", &synthetic]), fitted(&["--questions", &synthetic]));
    assert_eq!(beside["calibration"], alone["calibration"]);
    assert_ne!(among["calibration"], alone["calibration"]);
    assert_eq!(beside["least_answerable"], among["least_answerable"], "they count in what is declined");
}

#[test]
fn references_answer_their_own_questions() {
    for file in ["examples.jsonl", "test.jsonl"] {
        let path = root().join("packs/gl/questions").join(file);
        let ran = Ran::of(glrl().args(["eval", "--oracle", "--json", "--questions"]).arg(path));
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        let answers = &ran.json()["answers"];
        assert_eq!(answers["answerable"]["right"], answers["answerable"]["questions"], "{answers}");
    }
}

#[test]
fn bad_files_are_named() {
    let folder = Folder::new();
    let file = folder.write("a.jsonl", "{\"id\":\"a\",\"question\":\"all?\"}\n");
    let ran = Ran::of(glrl().args(["eval", "--oracle", "--questions"]).arg(file));
    assert!(ran.code == 7 && ran.stderr.contains("line 1"), "{}", ran.stderr);
    let ran = run(["eval", "--questions", "/no/such/file"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let ran = run(["train", "sft", "--data", "/no/such/folder", "--run", folder.path("run").to_str().unwrap()]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let recipe = folder.write("r.toml", "[optimiser]\nlearning_rat = 1");
    let recipe = recipe.to_str().unwrap();
    let ran = run(["train", "sft", "--data", "x", "--run", "y", "--recipe", recipe]);
    assert!(ran.code == 4 && ran.stderr.contains("learning_rat"), "{}", ran.stderr);
}
