//! Weights, model folders and checkpoints: what is written is read again, and damage is named.

use std::fs;
use std::path::{Path, PathBuf};

use model::config::Config;
use model::folder;
use model::model_folder::{self, Channel, ModelFiles, Save};
use model::optim::State;
use model::parameters::Parameters;
use model::tokenizer::{Tokenizer, train_bpe};
use model::weights::{self, Format, Metadata, Source};

/// A folder that is removed again.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Temporary {
        let path = std::env::temp_dir().join(format!("model-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tokenizer() -> Tokenizer {
    train_bpe(["show all projects", "show budget"], 300, &["<bos>".to_owned()]).unwrap()
}

fn parameters() -> Parameters {
    let config = Config { hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, ..Config::compact(300) };
    Parameters::init(&config, 1).unwrap()
}

fn metadata() -> Metadata {
    Metadata::from([("catalog".to_owned(), "abc".to_owned()), ("prompt".to_owned(), "1".to_owned())])
}

fn save_to(directory: &Path, format: Format) -> model::Result<()> {
    let save = Save {
        parameters: &parameters(),
        tokenizer: &tokenizer(),
        format,
        metadata: &metadata(),
        channel: None,
        extra: &[("README.md", b"# card")],
    };
    model_folder::save(directory, save)
}

fn source(bytes: &[u8]) -> Source<'_> {
    Source { path: Path::new("w.safetensors"), bytes }
}

#[test]
fn a_model_folder_comes_back() {
    let temporary = Temporary::new("folder");
    let directory = temporary.0.join("m");
    for (format, tolerance) in [(Format::F32, 0.0), (Format::Bf16, 0.005), (Format::Int8, 0.01)] {
        save_to(&directory, format).unwrap();
        let loaded = model_folder::load(&directory).unwrap();
        assert_eq!(loaded.tokenizer, Some(tokenizer()));
        assert_eq!(loaded.metadata["catalog"], "abc");
        for (x, y) in loaded.parameters.data.iter().zip(&parameters().data) {
            assert!((x - y).abs() <= tolerance * y.abs().max(0.05), "{format:?}: {x} is not {y}");
        }
        // Storing what was loaded in the same format loses nothing more.
        let again = weights::to_bytes(&loaded.parameters, format, &metadata());
        assert_eq!(
            weights::from_bytes(&loaded.parameters.config, &[source(&again)]).unwrap().data,
            loaded.parameters.data
        );
    }
    assert!(directory.join("README.md").exists());
    assert_eq!(fs::read_dir(&temporary.0).unwrap().count(), 1, "temporary folders are left behind");
}

#[test]
fn a_model_loads_from_memory_and_equal_content_is_equal_bytes() {
    let p = parameters();
    let bytes = weights::to_bytes(&p, Format::F32, &metadata());
    assert_eq!(bytes, weights::to_bytes(&p, Format::F32, &metadata()));
    let (config, tokenizer) = (p.config.to_json(), tokenizer().to_json());
    let files = ModelFiles { config: &config, weights: &bytes, tokenizer: &tokenizer, channel: None };
    assert_eq!(model_folder::load_embedded(files).unwrap().parameters.data, p.data);
    let cut = ModelFiles { weights: &bytes[..bytes.len() - 1], ..files };
    let message = model_folder::load_embedded(cut).err().unwrap().to_string();
    assert!(message.contains("(embedded) model.safetensors"), "{message}");
}

#[test]
fn a_second_network_stands_beside_the_first() {
    let temporary = Temporary::new("second");
    let directory = temporary.0.join("model");
    let (parameters, tokenizer, metadata) = (parameters(), tokenizer(), metadata());
    let other = Parameters::init(&parameters.config, 9).unwrap();
    let channel = Channel { parameters: other, metadata: Metadata::from([("writes".to_owned(), "back".to_owned())]) };
    let (format, channel) = (Format::F32, Some(&channel));
    let save =
        Save { parameters: &parameters, tokenizer: &tokenizer, format, metadata: &metadata, channel, extra: &[] };
    model_folder::save(&directory, save).unwrap();
    let read = model_folder::load(&directory).unwrap();
    assert!(read.parameters.data == parameters.data, "other numbers");
    let found = read.channel.unwrap();
    assert!(found.parameters.data == channel.unwrap().parameters.data, "other numbers");
    assert_eq!(found.metadata["writes"], "back");

    let text = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    let bytes = |name: &str| fs::read(directory.join(name)).unwrap();
    let (config, tokenizer) = (text("config.json"), text("tokenizer.json"));
    let (weights, second) = (bytes("model.safetensors"), bytes("channel.safetensors"));
    let files = ModelFiles { config: &config, weights: &weights, tokenizer: &tokenizer, channel: Some(&second) };
    let embedded = model_folder::load_embedded(files).unwrap().channel.unwrap();
    assert!(embedded.parameters.data == found.parameters.data, "other numbers");

    let file = directory.join("channel.safetensors");
    fs::write(&file, &second[..second.len() - 1]).unwrap();
    assert!(model_folder::load(&directory).err().unwrap().to_string().contains("channel.safetensors"));
    fs::remove_file(&file).unwrap();
    let missing = model_folder::load(&directory).err().unwrap().to_string();
    assert!(missing.contains("channel.safetensors"), "the manifest names it: {missing}");
}

#[test]
fn damaged_weights_name_file_and_tensor() {
    let mut p = parameters();
    let check = |p: &Parameters, bytes: &[u8], want: &[&str]| {
        let message = weights::from_bytes(&p.config, &[source(bytes)]).unwrap_err().to_string();
        assert!(want.iter().all(|w| message.contains(w)), "{message}");
    };
    let bytes = weights::to_bytes(&p, Format::F32, &metadata());
    for cut in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        check(&p, &bytes[..cut], &["w.safetensors", "not a whole safetensors file"]);
    }
    let mut other = p.clone();
    other.config.num_hidden_layers = 2;
    check(&other, &bytes, &["w.safetensors", "model.layers.1.input_layernorm.weight", "missing"]);
    other.config = Config { intermediate_size: 32, ..p.config.clone() };
    check(&other, &bytes, &["model.layers.0.mlp.gate_proj.weight", "[24, 16]", "[32, 16]"]);
    p.get_mut("model.layers.0.self_attn.q_proj.bias").unwrap()[3] = f32::NAN;
    check(&p, &weights::to_bytes(&p, Format::F32, &metadata()), &["q_proj.bias", "value 3 is NaN"]);
}

#[test]
fn a_shape_that_the_file_cannot_fill_gets_no_room() {
    let bytes = weights::to_bytes(&parameters(), Format::F32, &metadata());
    let huge = 1 << 24;
    let shape = parameters().config;
    for config in [
        Config { vocab_size: huge, hidden_size: huge, ..shape.clone() },
        Config { num_hidden_layers: huge, ..shape.clone() },
        Config { num_hidden_layers: huge, hidden_size: huge, intermediate_size: huge, ..shape.clone() },
    ] {
        let message = weights::from_bytes(&config, &[source(&bytes)]).unwrap_err().to_string();
        assert!(message.contains("w.safetensors") && message.contains("cannot hold"), "{message}");
    }
    let none = Config { num_attention_heads: 0, ..shape };
    assert!(weights::from_bytes(&none, &[source(&bytes)]).unwrap_err().to_string().contains("num_attention_heads"));
}

#[test]
fn a_manifest_names_files_of_its_folder_alone() {
    let temporary = Temporary::new("manifest");
    for name in ["../config.json", "/dev/zero", "a\\\\b"] {
        let text = format!(r#"{{"files":{{"{name}":{{"size":1,"sha256":"00"}}}}}}"#);
        fs::write(temporary.0.join("MANIFEST.json"), text).unwrap();
        let message = folder::verify(&temporary.0).unwrap_err().to_string();
        assert!(message.contains("is not a file of this folder"), "{message}");
    }
}

#[test]
fn damaged_folders_are_found_by_their_manifest() {
    let temporary = Temporary::new("damage");
    for step in ["checkpoint-000100", "checkpoint-000200", "checkpoint-000300"] {
        save_to(&temporary.0.join(step), Format::F32).unwrap();
    }
    let weights = temporary.0.join("checkpoint-000300/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    let message = model_folder::load(&temporary.0.join("checkpoint-000300")).err().unwrap().to_string();
    assert!(message.contains("model.safetensors") && message.contains("SHA-256"), "{message}");
    fs::write(temporary.0.join("checkpoint-000200/config.json"), "{}").unwrap();
    fs::create_dir(temporary.0.join("checkpoint-000400.tmp-1-0")).unwrap();
    let folder::Newest { good, passed_over } = folder::newest_good(&temporary.0, "checkpoint-").unwrap();
    assert_eq!(good, Some(temporary.0.join("checkpoint-000100")));
    assert_eq!(passed_over.len(), 2);
    let message = model_folder::load(&temporary.0.join("nowhere")).err().unwrap().to_string();
    assert!(message.contains("nowhere/config.json"), "{message}");
}

#[test]
fn shards_with_an_index_are_read() {
    let temporary = Temporary::new("shards");
    let p = parameters();
    let bytes = weights::to_bytes(&p, Format::F32, &metadata());
    let write = |name: &str, bytes: &[u8]| fs::write(temporary.0.join(name), bytes).unwrap();
    write("config.json", p.config.to_json().as_bytes());
    write("model-00001-of-00001.safetensors", &bytes);
    write("model.safetensors.index.json", br#"{"weight_map":{"a":"model-00001-of-00001.safetensors"}}"#);
    assert_eq!(model_folder::load(&temporary.0).unwrap().parameters.data, p.data);
    write("model.safetensors.index.json", br#"{"weight_map":{"a":"../x.safetensors"}}"#);
    assert!(model_folder::load(&temporary.0).err().unwrap().to_string().contains("not a file of this folder"));
}

#[test]
fn the_optimisers_state_comes_back() {
    let state = State::restore(17, vec![1.0, -2.5], vec![0.0, 3e-9]);
    let bytes = weights::optimizer_to_bytes(&state);
    let read = weights::optimizer_from_bytes(source(&bytes)).unwrap();
    assert_eq!((read.step, read.exp_avg, read.exp_avg_sq), (17, state.exp_avg, state.exp_avg_sq));
    assert!(weights::optimizer_from_bytes(source(&bytes[..40])).is_err());
}

#[test]
fn a_folder_takes_anothers_place_and_the_old_one_stays() {
    let temporary = Temporary::new("supersede");
    let current = temporary.0.join("model");
    folder::write(&current, &[("a", b"old"), ("b", b"old too")]).unwrap();
    for (n, text) in ["new", "newer"].iter().enumerate() {
        let kept = folder::supersede(&current, &[("a", text.as_bytes())]).unwrap();
        assert_eq!(kept, temporary.0.join(format!("model.previous-{}", n + 1)));
        assert_eq!(fs::read_to_string(kept.join("a")).unwrap(), ["old", "new"][n]);
        assert_eq!(folder::read(&current, "a").unwrap(), text.as_bytes());
        assert!(!current.join("b").exists(), "files of the old folder are gone");
        folder::verify(&current).unwrap();
    }
    assert_eq!(fs::read_dir(&temporary.0).unwrap().count(), 3, "nothing else is left behind");
}

#[cfg(unix)]
#[test]
fn a_link_is_moved_at_once_and_stays_a_link() {
    let temporary = Temporary::new("supersede-link");
    let current = temporary.0.join("current");
    folder::write(&temporary.0.join("first"), &[("a", b"old")]).unwrap();
    std::os::unix::fs::symlink("first", &current).unwrap();
    let kept = folder::supersede(&current, &[("a", b"new")]).unwrap();
    assert_eq!(fs::read_link(&current).unwrap(), Path::new("current.promoted-1"));
    assert_eq!(folder::read(&current, "a").unwrap(), b"new");
    assert_eq!(fs::read_to_string(kept.join("a")).unwrap(), "old");
    assert_eq!(fs::read_to_string(temporary.0.join("first/a")).unwrap(), "old");
}

#[test]
fn what_cannot_take_the_place_changes_nothing() {
    let temporary = Temporary::new("supersede-fails");
    let current = temporary.0.join("model");
    folder::write(&current, &[("a", b"old")]).unwrap();
    // A name in a folder that is not there cannot be written.
    assert!(folder::supersede(&current, &[("a", b"new"), ("no/such", b"x")]).is_err());
    assert_eq!(folder::read(&current, "a").unwrap(), b"old");
    assert_eq!(fs::read_dir(&temporary.0).unwrap().count(), 1, "nothing half-written is left behind");
}
