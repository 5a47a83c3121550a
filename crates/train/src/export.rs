//! A checkpoint as a model folder to ship: weights in a compact format, vocabulary, settings for generation, model card.

use std::path::{Path, PathBuf};

use answer::engine::{QUERIES, QUESTIONS, written_by};
use answer::vocabulary::Vocabulary;
use model::config::Config;
use model::model_folder::{self, Channel, Loaded, Save};
use model::tokenizer::Tokenizer;
use model::weights::{Format, Metadata};
use serde_json::{Value, json};

use crate::checkpoint::resolve;
use crate::error::{Result, TrainError};
use crate::report::Report;

/// What a model card states. Nothing in it is measured here: the caller hands in what commands printed.
#[derive(Debug, Clone, Default)]
pub struct ModelCard {
    /// The model's name.
    pub name: String,
    /// One paragraph: what it does and for which data.
    pub summary: String,
    /// The commands that made it, in order.
    pub commands: Vec<String>,
    /// Seed of data and training.
    pub seed: u64,
    /// Wall-clock minutes of the training.
    pub minutes: f64,
    /// Wall-clock minutes of the policy gradients (GRPO) that followed; 0 where there were none.
    pub grpo_minutes: f64,
    /// Examples and tokens it was trained on, as a sentence.
    pub data: String,
    /// Names and SHA-256 of the test files, which no training saw.
    pub test_files: Vec<(String, String)>,
    /// Accuracy by the name of the test, as `eval` printed it.
    pub accuracy: Vec<(String, Report)>,
    /// What it does not do, one sentence each.
    pub limits: Vec<String>,
    /// Steps and the SHA-256 of the weights after them, by which a second training can be told to be the same.
    pub weights: Vec<(u64, String)>,
}

/// How far a card's hashes of weights go.
const HASHED_STEPS: u64 = 500;

/// The first hashes in the journal of the run that a checkpoint stands in; none where there is no journal.
pub fn first_weights(checkpoint: &Path) -> Vec<(u64, String)> {
    let source = resolve(checkpoint);
    let journals = source.ancestors().take(2).map(|folder| folder.join("metrics.jsonl"));
    let Some(text) = journals.filter_map(|path| std::fs::read_to_string(path).ok()).next() else { return vec![] };
    let lines = text.lines().map_while(|line| serde_json::from_str::<Value>(line).ok());
    let early = lines.take_while(|line| line["step"].as_u64().is_some_and(|step| step <= HASHED_STEPS));
    early.filter_map(|line| Some((line["step"].as_u64()?, line["weights_sha256"].as_str()?.to_owned()))).collect()
}

/// The mean of the weights of several models: checkpoints, model folders, or runs (their best checkpoints). Models that were
/// trained from the same one answer better so than each by itself (Wortsman et al. 2022, "Model soups", section 2).
///
/// # Errors
/// When one is damaged, or they have not all the same shape, vocabulary and catalog.
pub fn mean_of(checkpoints: &[PathBuf]) -> Result<Loaded> {
    let mut sources = checkpoints.iter().map(|checkpoint| resolve(checkpoint));
    let first = sources.next().ok_or_else(|| TrainError::Data("there is no model to take".to_owned()))?;
    let mut mean = model_folder::load(&first)?;
    for source in sources {
        let other = model_folder::load(&source)?;
        let parts =
            |loaded: &Loaded| (loaded.tokenizer.clone(), made_for(&loaded.metadata), loaded.parameters.config.clone());
        if parts(&other) != parts(&mean) {
            let reason = format!("is of another shape, vocabulary or catalog than {}", first.display());
            return Err(TrainError::Run { path: source, reason });
        }
        mean.parameters.data.iter_mut().zip(&other.parameters.data).for_each(|(sum, x)| *sum += x);
    }
    if checkpoints.len() > 1 {
        let count = checkpoints.len() as f32;
        mean.parameters.data.iter_mut().for_each(|sum| *sum /= count);
        // A confidence that was fitted to one of them, and the network that compares its queries, are not those of the mean.
        mean.metadata = made_for(&mean.metadata);
        mean.channel = None;
    }
    Ok(mean)
}

/// What of the metadata says which tables, words and prompts a model is for.
fn made_for(metadata: &Metadata) -> Metadata {
    metadata
        .iter()
        .filter(|(key, _)| key.starts_with("glrl."))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The checkpoints that a model is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Of the network that writes queries.
    pub model: &'a [PathBuf],
    /// Of the one that writes questions, or a model folder that has one; without any, the model has the second network of the
    /// first folder, where that has one.
    pub channel: &'a [PathBuf],
}

/// Writes `folder` from checkpoints, model folders, or runs (their best checkpoints); from several, the mean of their weights.
///
/// # Errors
/// As [`mean_of`], and when there is no vocabulary for this pack, or the folder cannot be written.
pub fn export(
    sources: Sources<'_>,
    folder: &Path,
    format: Format,
    vocabulary: &Vocabulary,
    card: &ModelCard,
) -> Result<()> {
    let checkpoints = sources.model;
    let Loaded { parameters, tokenizer, metadata, mut channel } = mean_of(checkpoints)?;
    writes(&metadata, QUERIES, &checkpoints[0])?;
    if let Some(path) = sources.channel.first() {
        let (second, its_tokenizer) = channel_of(sources.channel)?;
        writes(&second.metadata, QUESTIONS, path)?;
        if (&its_tokenizer, &second.parameters.config) != (&tokenizer, &parameters.config) {
            let reason = format!("is of another shape or vocabulary than {}", checkpoints[0].display());
            return Err(TrainError::Run { path: path.clone(), reason });
        }
        channel = Some(second);
    }
    let broken = |reason: &str| TrainError::Run { path: checkpoints[0].clone(), reason: reason.to_owned() };
    let tokenizer = tokenizer.ok_or_else(|| broken("holds no tokenizer.json of this program's kind"))?;
    if tokenizer != vocabulary.tokenizer {
        return Err(broken("its vocabulary is not the one given"));
    }
    let generation = generation_config(vocabulary, &parameters.config);
    let settings = tokenizer_config(vocabulary, &parameters.config);
    let readme = readme(card, &parameters.config, format, &metadata);
    let extra: [(&str, &[u8]); 3] = [
        ("generation_config.json", generation.as_bytes()),
        ("tokenizer_config.json", settings.as_bytes()),
        ("README.md", readme.as_bytes()),
    ];
    let (channel, extra) = (channel.as_ref(), &extra[..]);
    let save = Save { parameters: &parameters, tokenizer: &tokenizer, format, metadata: &metadata, channel, extra };
    Ok(model_folder::save(folder, save)?)
}

/// The second network of a model folder that has one, else the mean of what was trained to be one; and its vocabulary.
fn channel_of(paths: &[PathBuf]) -> Result<(Channel, Option<Tokenizer>)> {
    let Loaded { parameters, tokenizer, metadata, channel } = mean_of(paths)?;
    Ok((channel.unwrap_or(Channel { parameters, metadata }), tokenizer))
}

/// Whether the network of a folder writes what its place in a model asks for.
fn writes(metadata: &Metadata, wanted: &str, path: &Path) -> Result<()> {
    let given = written_by(metadata);
    if given == wanted {
        return Ok(());
    }
    Err(TrainError::Run { path: path.to_owned(), reason: format!("holds a network that writes {given}, not {wanted}") })
}

fn generation_config(vocabulary: &Vocabulary, config: &Config) -> String {
    let value = json!({
        "do_sample": false,
        "bos_token_id": vocabulary.bos(),
        "eos_token_id": vocabulary.end(),
        "pad_token_id": vocabulary.pad(),
        "max_length": config.max_position_embeddings,
    });
    format!("{value:#}\n")
}

fn tokenizer_config(vocabulary: &Vocabulary, config: &Config) -> String {
    let name = |id: u32| vocabulary.tokenizer.id_to_token(id);
    let value = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": name(vocabulary.bos()),
        "eos_token": name(vocabulary.end()),
        "pad_token": name(vocabulary.pad()),
        "model_max_length": config.max_position_embeddings,
        "clean_up_tokenization_spaces": false,
    });
    format!("{value:#}\n")
}

/// The text of the model card.
fn readme(card: &ModelCard, config: &Config, format: Format, metadata: &Metadata) -> String {
    let format = format!("{format:?}").to_lowercase();
    let mut text = format!(
        "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags: [text-to-sql, qwen2]\n---\n\n# {}\n\n{}\n",
        card.name, card.summary
    );
    text += &format!(
        "\n## Shape\n\nQwen2, {} parameters, {} layers, hidden {}, {} heads ({} for keys and values), inner {}, {} tokens, stored as {format}.\n",
        thousands(config.parameter_count()),
        config.num_hidden_layers,
        config.hidden_size,
        config.num_attention_heads,
        config.num_key_value_heads,
        config.intermediate_size,
        thousands(config.vocab_size),
    );
    text += "\n## How it was made\n\n";
    card.commands.iter().for_each(|command| text += &format!("    {command}\n"));
    let practised = match card.grpo_minutes {
        0.0 => String::new(),
        minutes => format!(", then {minutes:.0} minutes of GRPO"),
    };
    text += &format!("\nSeed {}; {:.0} minutes of training{practised}. {}\n", card.seed, card.minutes, card.data);
    card.weights.iter().for_each(|(step, hash)| text += &format!("\n* weights after {step} steps: SHA-256 `{hash}`"));
    text += if card.weights.is_empty() { "" } else { "\n" };
    text += "\n## Accuracy\n\nRight means: the same rows as the reference on every database compared. A declined question counts as wrong.\n";
    card.accuracy.iter().for_each(|(name, report)| text += &accuracy(name, report));
    if !card.test_files.is_empty() {
        text += "\nTest files, which no training saw:\n\n";
        card.test_files.iter().for_each(|(name, hash)| text += &format!("* `{name}`: SHA-256 `{hash}`\n"));
    }
    if !card.limits.is_empty() {
        text += "\n## What it does not do\n\n";
        card.limits.iter().for_each(|limit| text += &format!("* {limit}\n"));
    }
    if !metadata.is_empty() {
        text += "\n## What it fits\n\n";
        metadata.iter().for_each(|(key, value)| text += &format!("* {key}: `{value}`\n"));
    }
    text
}

fn accuracy(name: &str, report: &Report) -> String {
    let mut text = format!(
        "\n{name}, {} databases:\n\n| questions | right | of | accuracy |\n|---|---|---|---|\n",
        report.databases
    );
    let groups = report.by_difficulty.iter().map(|(name, tally)| (name.as_str(), *tally));
    let totals = [("all answerable", report.answerable), ("must be declined", report.must_decline)];
    for (name, tally) in groups.chain(totals).filter(|(_, tally)| tally.questions > 0) {
        text += &format!("| {name} | {} | {} | {:.1} % |\n", tally.right, tally.questions, 100.0 * tally.accuracy());
    }
    text
}

/// 5432100 as "5,432,100".
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Tally;

    #[test]
    fn a_card_states_what_it_was_told() {
        let tally = Tally { right: 80, questions: 100 };
        let report = Report {
            databases: 3,
            answerable: tally,
            by_difficulty: [("easy".to_owned(), tally)].into(),
            ..Report::default()
        };
        let card = ModelCard {
            name: "compact".into(),
            commands: vec!["glrl train sft --seed 1".into()],
            minutes: 80.0,
            grpo_minutes: 30.4,
            test_files: vec![("test.jsonl".into(), "abc".into())],
            accuracy: vec![("Hand-written test".into(), report)],
            weights: vec![(100, "def".into())],
            ..ModelCard::default()
        };
        let text = readme(&card, &Config::compact(4096), Format::Int8, &Metadata::new());
        for part in [
            "| easy | 80 | 100 | 80.0 % |",
            "    glrl train sft --seed 1",
            "80 minutes of training, then 30 minutes of GRPO. ",
            "`abc`",
            "weights after 100 steps: SHA-256 `def`",
            "4,096 tokens, stored as int8",
        ] {
            assert!(text.contains(part), "{part} is missing from\n{text}");
        }
        assert!(!text.contains("must be declined") && !text.contains("does not do"));
        let taught =
            readme(&ModelCard { grpo_minutes: 0.0, ..card }, &Config::compact(4096), Format::Int8, &Metadata::new());
        assert!(taught.contains("80 minutes of training. "), "{taught}");
    }

    #[test]
    fn numbers_have_separators() {
        assert_eq!([7, 123, 1234, 5432100].map(thousands), ["7", "123", "1,234", "5,432,100"]);
    }
}
