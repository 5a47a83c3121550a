//! A small whole model, to be damaged.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use model::config::Config;
use model::optim::State;
use model::parameters::Parameters;
use model::tokenizer::{Tokenizer, train_bpe};
use model::weights::{self, Format, Metadata};

/// The files of a model that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `config.json`
    Config,
    /// `tokenizer.json`
    Tokenizer,
    /// `model.safetensors`
    Weights,
    /// `optimizer.safetensors`
    Optimizer,
    /// `model.safetensors.index.json`
    Index,
    /// `MANIFEST.json`
    Manifest,
}

impl File {
    /// All of them.
    pub const ALL: [File; 6] =
        [File::Config, File::Tokenizer, File::Weights, File::Optimizer, File::Index, File::Manifest];

    /// The file that an input's first byte names.
    pub fn of(byte: u8) -> File {
        File::ALL[usize::from(byte) % File::ALL.len()]
    }
}

/// A whole model in files.
pub struct Whole {
    /// `config.json`
    pub config: String,
    /// `tokenizer.json`
    pub tokenizer: String,
    /// `model.safetensors`
    pub weights: Vec<u8>,
    /// `optimizer.safetensors`
    pub optimizer: Vec<u8>,
}

/// The model that inputs damage.
pub fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let tokenizer: Tokenizer =
            train_bpe(["show all projects", "show budget"], 300, &["<bos>".to_owned()]).expect("a vocabulary");
        let config = Config {
            hidden_size: 4,
            intermediate_size: 4,
            num_hidden_layers: 1,
            num_attention_heads: 2,
            num_key_value_heads: 1,
            max_position_embeddings: 16,
            ..Config::compact(tokenizer.len())
        };
        let parameters = Parameters::init(&config, 1).expect("a shape that can be");
        let metadata = Metadata::from([("catalog".to_owned(), "none".to_owned())]);
        Whole {
            config: config.to_json(),
            tokenizer: tokenizer.to_json(),
            weights: weights::to_bytes(&parameters, Format::Int8, &metadata),
            optimizer: weights::optimizer_to_bytes(&State::restore(3, vec![0.5; 4], vec![0.25; 4])),
        }
    })
}

/// The whole content of a file.
pub fn content(file: File) -> Vec<u8> {
    let whole = whole();
    match file {
        File::Config => whole.config.clone().into_bytes(),
        File::Tokenizer => whole.tokenizer.clone().into_bytes(),
        File::Weights => whole.weights.clone(),
        File::Optimizer => whole.optimizer.clone(),
        File::Index => br#"{"weight_map":{"a":"part-1.safetensors","b":"part-2.safetensors"}}"#.to_vec(),
        File::Manifest => {
            let entry = model::folder::Entry {
                size: whole.config.len() as u64,
                sha256: model::folder::sha256(whole.config.as_bytes()),
            };
            format!(r#"{{"files":{{"config.json":{{"size":{},"sha256":"{}"}}}}}}"#, entry.size, entry.sha256)
                .into_bytes()
        }
    }
}

/// A folder of the whole model with one more file; written anew for each input.
pub fn folder(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("glrl-fuzz-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for temporary files");
    let whole = whole();
    let shard = if name == "MANIFEST.json" { "model.safetensors" } else { "part-1.safetensors" };
    let files = [("config.json", whole.config.as_bytes()), (shard, &whole.weights), (name, bytes)];
    for (name, bytes) in files {
        fs::write(path.join(name), bytes).expect("a file is written");
    }
    path
}

/// Changes a file: one that is too short to be anything becomes a whole one first. In safetensors files the header is
/// changed in half of the cases, with its length put right, so that damage lies beyond the first eight bytes.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if size < 16 {
        let file = File::of((seed % 251) as u8);
        let bytes = content(file);
        if bytes.len() < max_size {
            data[0] = File::ALL.iter().position(|f| *f == file).unwrap_or(0) as u8;
            data[1..=bytes.len()].copy_from_slice(&bytes);
            return bytes.len() + 1;
        }
    }
    let is_tensors = matches!(File::of(data[0]), File::Weights | File::Optimizer);
    match seed.is_multiple_of(2) && is_tensors {
        true => {
            header(data, size, max_size, seed).unwrap_or_else(|| libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        }
        false => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}

/// Changes the JSON header of a safetensors file that follows a first byte.
fn header(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> Option<usize> {
    let length = usize::try_from(u64::from_le_bytes(data.get(1..9)?.try_into().ok()?)).ok()?;
    let header = data.get(9..size)?.get(..length)?.to_vec();
    let rest = data[9 + length..size].to_vec();
    let room = max_size.checked_sub(9 + rest.len())?;
    let mut changed = header.clone();
    changed.resize(header.len().max(room.min(header.len() + 64)), 0);
    let most = changed.len().min(room);
    let new = match seed % 4 {
        0 => numbers(&header, seed),
        _ => {
            let new = libfuzzer_sys::fuzzer_mutate(&mut changed, header.len(), most);
            changed[..new].to_vec()
        }
    };
    let end = 9 + new.len();
    data.get_mut(..end + rest.len())?[9..end].copy_from_slice(&new);
    data[1..9].copy_from_slice(&(new.len() as u64).to_le_bytes());
    data[end..end + rest.len()].copy_from_slice(&rest);
    Some(end + rest.len())
}

/// A header with one of its numbers made another.
fn numbers(header: &[u8], seed: u32) -> Vec<u8> {
    let starts: Vec<usize> =
        (1..header.len()).filter(|at| header[*at].is_ascii_digit() && !header[at - 1].is_ascii_digit()).collect();
    let Some(at) = starts.get(seed as usize / 4 % starts.len().max(1)).copied() else { return header.to_vec() };
    let digits = header[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let others: [&[u8]; 7] = [b"0", b"1", b"-1", b"4", b"4294967296", b"18446744073709551615", b"1e9"];
    let other = others[seed as usize / 4096 % others.len()];
    [&header[..at], other, &header[at + digits..]].concat()
}
