//! Parameters as safetensors in Hugging Face's layout, in f32, bf16 or int8, always f32 in memory.
//!
//! int8: each row of a matrix is stored as whole numbers in -127..=127 with one factor, value = number · factor; the
//! factors of tensor `NAME` are the f32 tensor `NAME.scale`, one a row. Norms and biases stay f32. Metadata is a map
//! from string to string under `__metadata__`; files with equal content are equal byte by byte.

use std::collections::BTreeMap;
use std::path::Path;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::gemm::{weight, weight_scale};
use crate::optim::State;
use crate::parameters::{Parameters, Tensor};

/// Metadata of a weights file: hashes of catalog, vocabulary, prompt format, and so on.
pub type Metadata = BTreeMap<String, String>;

/// How numbers are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// 4 bytes a number, exact.
    #[default]
    F32,
    /// 2 bytes a number, 8 significant bits.
    Bf16,
    /// 1 byte a number and a factor for each row.
    Int8,
}

/// A tensor ready to be written.
struct Stored {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The bytes of a safetensors file.
pub fn to_bytes(parameters: &Parameters, format: Format, metadata: &Metadata) -> Vec<u8> {
    let mut stored = Vec::new();
    for tensor in &parameters.layout.tensors {
        store(tensor, &parameters.data[tensor.range.clone()], format, &mut stored);
    }
    let mut metadata = metadata.clone();
    metadata.insert("format".to_owned(), "pt".to_owned());
    assemble(&stored, &metadata)
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn store(tensor: &Tensor, values: &[f32], format: Format, out: &mut Vec<Stored>) {
    let mut push = |suffix: &str, dtype, shape: &[usize], bytes| {
        out.push(Stored { name: format!("{}{suffix}", tensor.name), dtype, shape: shape.to_vec(), bytes });
    };
    match format {
        Format::Int8 if tensor.shape.len() == 2 => {
            let (scales, numbers) = quantise(values, tensor.shape[1]);
            push("", "I8", &tensor.shape, numbers.iter().map(|q| *q as u8).collect());
            push(".scale", "F32", &tensor.shape[..1], f32_bytes(&scales));
        }
        Format::Bf16 => {
            let bytes = values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect();
            push("", "BF16", &tensor.shape, bytes);
        }
        _ => push("", "F32", &tensor.shape, f32_bytes(values)),
    }
}

/// One factor a row, the largest magnitude / 127, and the rounded numbers.
fn quantise(values: &[f32], columns: usize) -> (Vec<f32>, Vec<i8>) {
    let mut numbers = Vec::with_capacity(values.len());
    let scales = values.chunks_exact(columns).map(|row| {
        let scale = weight_scale(row.iter().copied());
        numbers.extend(row.iter().map(|x| weight(*x, scale)));
        scale
    });
    (scales.collect(), numbers)
}

/// Header length, header, data: <https://huggingface.co/docs/safetensors>. Written here because the library's own
/// writer keeps metadata in a hash map, whose order changes from run to run.
fn assemble(tensors: &[Stored], metadata: &Metadata) -> Vec<u8> {
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(metadata));
    // Wider types first keeps every tensor aligned to its type.
    let width = |t: &Stored| match t.dtype {
        "F32" => 4,
        "BF16" => 2,
        _ => 1,
    };
    let mut order: Vec<&Stored> = tensors.iter().collect();
    order.sort_by_key(|t| std::cmp::Reverse(width(t)));
    let mut end = 0;
    for t in &order {
        let offsets = [end, end + t.bytes.len()];
        end = offsets[1];
        header.insert(t.name.clone(), json!({"dtype": t.dtype, "shape": t.shape, "data_offsets": offsets}));
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + text.len() + end);
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text);
    order.iter().for_each(|t| bytes.extend(&t.bytes));
    bytes
}

/// A weights file as it lies in memory, with the path that errors name.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Where it came from.
    pub path: &'a Path,
    /// Its content.
    pub bytes: &'a [u8],
}

fn parse<'a>(source: &Source<'a>) -> Result<SafeTensors<'a>> {
    SafeTensors::deserialize(source.bytes).map_err(|e| Error::File {
        path: source.path.to_owned(),
        reason: format!("not a whole safetensors file ({} bytes): {e}", source.bytes.len()),
    })
}

/// Metadata of a weights file.
pub fn metadata(source: Source<'_>) -> Result<Metadata> {
    parse(&source)?;
    let (_, header) = SafeTensors::read_metadata(source.bytes)
        .map_err(|e| Error::File { path: source.path.to_owned(), reason: e.to_string() })?;
    Ok(header.metadata().clone().unwrap_or_default().into_iter().collect())
}

/// Parameters from one file or from the shards of one model. Tensors the network does not have are passed over.
pub fn from_bytes(config: &Config, sources: &[Source<'_>]) -> Result<Parameters> {
    let files: Vec<SafeTensors<'_>> = sources.iter().map(parse).collect::<Result<_>>()?;
    check_room(config, sources)?;
    let mut parameters = Parameters::zeros(config)?;
    let tensors = parameters.layout.tensors.clone();
    for tensor in &tensors {
        let values = &mut parameters.data[tensor.range.clone()];
        let held = files.iter().zip(sources).find_map(|(f, s)| Some((f, s, f.tensor(&tensor.name).ok()?)));
        let fail = |path: &Path, reason: String| {
            Err(Error::Tensor { path: path.to_owned(), tensor: tensor.name.clone(), reason })
        };
        let Some((file, source, view)) = held else {
            return fail(sources.first().map_or(Path::new(""), |s| s.path), "missing".to_owned());
        };
        if view.shape() != tensor.shape {
            return fail(source.path, format!("shape {:?}, but config.json asks for {:?}", view.shape(), tensor.shape));
        }
        if let Err(reason) = read_values(file, &tensor.name, &view, values) {
            return fail(source.path, reason);
        }
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            return fail(source.path, format!("value {i} is {}", values[i]));
        }
    }
    Ok(parameters)
}

/// Refuses a shape that the files cannot fill, before room is made for it: in the smallest format a number is a byte.
fn check_room(config: &Config, sources: &[Source<'_>]) -> Result<()> {
    config.validate()?;
    let (asked, held) = (config.parameter_count(), sources.iter().map(|source| source.bytes.len()).sum::<usize>());
    if asked <= held {
        return Ok(());
    }
    let path = sources.first().map_or(Path::new(""), |source| source.path).to_owned();
    Err(Error::File { path, reason: format!("{held} bytes cannot hold the {asked} numbers that config.json asks for") })
}

/// Decodes a tensor into f32.
fn read_values(
    file: &SafeTensors<'_>,
    name: &str,
    view: &TensorView<'_>,
    values: &mut [f32],
) -> std::result::Result<(), String> {
    let data = view.data();
    let pairs = || data.as_chunks::<2>().0;
    match view.dtype() {
        Dtype::F32 => fill(values, data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b))),
        Dtype::BF16 => fill(values, pairs().iter().map(|b| bf16::from_le_bytes(*b).to_f32())),
        Dtype::F16 => fill(values, pairs().iter().map(|b| f16::from_le_bytes(*b).to_f32())),
        Dtype::I8 => {
            let scale = file.tensor(&format!("{name}.scale")).map_err(|_| format!("{name}.scale is missing"))?;
            let rows = view.shape().first().copied().unwrap_or(0);
            if scale.dtype() != Dtype::F32 || scale.shape() != [rows] {
                return Err(format!("{name}.scale must be {rows} numbers in F32"));
            }
            let scales = scale.data().as_chunks::<4>().0;
            let columns = (values.len() / rows.max(1)).max(1);
            for ((row, numbers), s) in values.chunks_mut(columns).zip(data.chunks(columns)).zip(scales) {
                let s = f32::from_le_bytes(*s);
                fill(row, numbers.iter().map(|q| f32::from(*q as i8) * s));
            }
        }
        other => return Err(format!("type {other:?}; F32, BF16, F16 and I8 are read")),
    }
    Ok(())
}

fn fill(values: &mut [f32], from: impl Iterator<Item = f32>) {
    values.iter_mut().zip(from).for_each(|(to, x)| *to = x);
}

/// The optimiser's state as safetensors: `exp_avg` and `exp_avg_sq` in f32, the step in the metadata.
pub fn optimizer_to_bytes(state: &State) -> Vec<u8> {
    let stored = |name: &str, values: &[f32]| Stored {
        name: name.to_owned(),
        dtype: "F32",
        shape: vec![values.len()],
        bytes: f32_bytes(values),
    };
    let tensors = [stored("exp_avg", &state.exp_avg), stored("exp_avg_sq", &state.exp_avg_sq)];
    assemble(&tensors, &Metadata::from([("step".to_owned(), state.step.to_string())]))
}

/// Reads what [`optimizer_to_bytes`] wrote.
pub fn optimizer_from_bytes(source: Source<'_>) -> Result<State> {
    let file = parse(&source)?;
    let read = |name: &str| -> Result<Vec<f32>> {
        let fail = |reason: String| Error::Tensor { path: source.path.to_owned(), tensor: name.to_owned(), reason };
        let view = file.tensor(name).map_err(|_| fail("missing".to_owned()))?;
        if view.dtype() != Dtype::F32 {
            return Err(fail(format!("type {:?}, not F32", view.dtype())));
        }
        Ok(view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    };
    let step = metadata(source)?.get("step").and_then(|s| s.parse().ok());
    let step = step
        .ok_or_else(|| Error::File { path: source.path.to_owned(), reason: "the metadata hold no step".to_owned() })?;
    Ok(State::restore(step, read("exp_avg")?, read("exp_avg_sq")?))
}
