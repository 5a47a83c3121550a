//! A model as a folder laid out as on Hugging Face, or as bytes embedded in a program.
//!
//! `config.json`, `generation_config.json`, `model.safetensors` (or shards with `model.safetensors.index.json`),
//! `tokenizer.json`, `channel.safetensors` where a second network stands beside the first, and whatever else the caller adds
//! (a model card, `tokenizer_config.json`).

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::folder;
use crate::parameters::Parameters;
use crate::tokenizer::Tokenizer;
use crate::weights::{self, Format, Metadata, Source};

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const CHANNEL: &str = "channel.safetensors";

/// A loaded model.
pub struct Loaded {
    /// Shape and values.
    pub parameters: Parameters,
    /// The vocabulary; none where the folder has a `tokenizer.json` of another kind, such as Qwen's own, or none.
    pub tokenizer: Option<Tokenizer>,
    /// Metadata of the weights file.
    pub metadata: Metadata,
    /// The network that reads the other way round, where the model has one.
    pub channel: Option<Channel>,
}

/// A second network of the same shape and vocabulary: `channel.safetensors`.
#[derive(Clone)]
pub struct Channel {
    /// Shape and values.
    pub parameters: Parameters,
    /// Metadata of its file.
    pub metadata: Metadata,
}

/// The files of a model in memory, as when embedded in a program.
#[derive(Clone, Copy)]
pub struct ModelFiles<'a> {
    /// `config.json`.
    pub config: &'a str,
    /// `model.safetensors`.
    pub weights: &'a [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'a str,
    /// `channel.safetensors`.
    pub channel: Option<&'a [u8]>,
}

/// What to write.
pub struct Save<'a> {
    /// Shape and values.
    pub parameters: &'a Parameters,
    /// The vocabulary.
    pub tokenizer: &'a Tokenizer,
    /// How numbers are stored.
    pub format: Format,
    /// Metadata of the weights file.
    pub metadata: &'a Metadata,
    /// The network that reads the other way round.
    pub channel: Option<&'a Channel>,
    /// More files by name: `README.md`, `optimizer.safetensors`, …
    pub extra: &'a [(&'a str, &'a [u8])],
}

/// Loads a model from memory.
pub fn load_embedded(files: ModelFiles<'_>) -> Result<Loaded> {
    let config = Config::from_json(files.config)?;
    let source = Source { path: Path::new("(embedded) model.safetensors"), bytes: files.weights };
    let second = files.channel.map(|bytes| Source { path: Path::new("(embedded) channel.safetensors"), bytes });
    let tokenizer = Tokenizer::from_json(files.tokenizer)?;
    check_vocabulary(&config, &tokenizer)?;
    Ok(Loaded {
        parameters: weights::from_bytes(&config, &[source])?,
        tokenizer: Some(tokenizer),
        metadata: weights::metadata(source)?,
        channel: second.map(|source| channel(&config, source)).transpose()?,
    })
}

fn channel(config: &Config, source: Source<'_>) -> Result<Channel> {
    Ok(Channel { parameters: weights::from_bytes(config, &[source])?, metadata: weights::metadata(source)? })
}

/// Loads a model folder; files named in its manifest are verified.
pub fn load(directory: &Path) -> Result<Loaded> {
    let path = directory.join("config.json");
    let config = Config::from_json(&read_text(directory, "config.json")?).map_err(|e| match e {
        Error::Config { field, value, reason } => Error::File { path, reason: format!("{field} = {value}: {reason}") },
        other => other,
    })?;
    let files = weight_files(directory)?;
    let mut held = Vec::with_capacity(files.len());
    for name in &files {
        held.push((directory.join(name), folder::read(directory, name)?));
    }
    let sources: Vec<Source<'_>> = held.iter().map(|(path, bytes)| Source { path, bytes }).collect();
    let parameters = weights::from_bytes(&config, &sources)?;
    let metadata = weights::metadata(sources[0])?;
    let tokenizer = load_tokenizer(directory)?;
    if let Some(tokenizer) = &tokenizer {
        check_vocabulary(&config, tokenizer)?;
    }
    let channel = load_channel(directory, &config)?;
    Ok(Loaded { parameters, tokenizer, metadata, channel })
}

/// Writes a model folder, whole or not at all.
pub fn save(directory: &Path, save: Save<'_>) -> Result<()> {
    check_vocabulary(&save.parameters.config, save.tokenizer)?;
    save.parameters.check_finite()?;
    save.channel.map_or(Ok(()), |channel| channel.parameters.check_finite())?;
    let config = save.parameters.config.to_json();
    let weights = weights::to_bytes(save.parameters, save.format, save.metadata);
    let tokenizer = save.tokenizer.to_json();
    let generation = "{\n  \"do_sample\": false\n}\n";
    let mut files: Vec<(&str, &[u8])> = vec![
        ("config.json", config.as_bytes()),
        ("generation_config.json", generation.as_bytes()),
        (WEIGHTS, &weights),
        ("tokenizer.json", tokenizer.as_bytes()),
    ];
    let second = save.channel.map(|channel| weights::to_bytes(&channel.parameters, save.format, &channel.metadata));
    files.extend(second.iter().map(|bytes| (CHANNEL, &bytes[..])));
    files.extend(save.extra);
    folder::write(directory, &files).map(|_| ())
}

fn check_vocabulary(config: &Config, tokenizer: &Tokenizer) -> Result<()> {
    if tokenizer.len() > config.vocab_size {
        let reason = format!("the tokenizer has {} tokens", tokenizer.len());
        return Err(Error::Config { field: "vocab_size", value: config.vocab_size.to_string(), reason });
    }
    Ok(())
}

fn read_text(directory: &Path, name: &str) -> Result<String> {
    let not_text = |e: std::string::FromUtf8Error| Error::File { path: directory.join(name), reason: e.to_string() };
    String::from_utf8(folder::read(directory, name)?).map_err(not_text)
}

/// The weights' file names: one, or the shards the index names, in order.
fn weight_files(directory: &Path) -> Result<Vec<String>> {
    let index: PathBuf = directory.join(INDEX);
    if directory.join(WEIGHTS).exists() || !index.exists() {
        return Ok(vec![WEIGHTS.to_owned()]);
    }
    let bad = |reason: String| Error::File { path: index.clone(), reason };
    let value: Value = serde_json::from_str(&read_text(directory, INDEX)?).map_err(|e| bad(e.to_string()))?;
    let map = value["weight_map"].as_object().ok_or_else(|| bad("no \"weight_map\"".to_owned()))?;
    let mut names: Vec<String> = map.values().filter_map(Value::as_str).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    // A name with a path in it could read any file of the machine.
    match names.iter().find(|name| name.contains(['/', '\\'])) {
        Some(name) => Err(bad(format!("shard \"{name}\" is not a file of this folder"))),
        None if names.is_empty() => Err(bad("names no shard".to_owned())),
        None => Ok(names),
    }
}

/// The second network, where the folder has one. One that its manifest names and that is not there is missed: the model
/// would answer worse without it, and say nothing.
fn load_channel(directory: &Path, config: &Config) -> Result<Option<Channel>> {
    let path = directory.join(CHANNEL);
    let is_named = folder::manifest(directory)?.is_some_and(|manifest| manifest.files.contains_key(CHANNEL));
    if !path.exists() && !is_named {
        return Ok(None);
    }
    let bytes = folder::read(directory, CHANNEL)?;
    channel(config, Source { path: &path, bytes: &bytes }).map(Some)
}

/// The vocabulary, where the folder has one of this crate's kind.
fn load_tokenizer(directory: &Path) -> Result<Option<Tokenizer>> {
    let path = directory.join("tokenizer.json");
    if !path.exists() {
        return Ok(None);
    }
    let text = read_text(directory, "tokenizer.json")?;
    if !Tokenizer::is_ours(&text) {
        return Ok(None);
    }
    Tokenizer::from_json(&text).map(Some).map_err(|e| Error::File { path, reason: e.to_string() })
}
