//! Losses, gradients and ten AdamW steps against Hugging Face's Qwen2 in f64 (`bench/reference_model.py`).

use std::collections::HashMap;
use std::path::PathBuf;

use model::config::Config;
use model::optim::{self, Settings, State};
use model::parameters::Parameters;
use model::sequences::Sequences;
use model::training::{self, Options, Precision, Workspace, loss_and_gradients};
use safetensors::SafeTensors;

struct Reference {
    bytes: Vec<u8>,
    metadata: HashMap<String, String>,
}

impl Reference {
    fn read(name: &str) -> Reference {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name);
        let bytes = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap();
        Reference { bytes, metadata }
    }

    fn words(&self, name: &str) -> Vec<[u8; 4]> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        file.tensor(name).unwrap().data().as_chunks::<4>().0.to_vec()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name).into_iter().map(f32::from_le_bytes).collect()
    }

    fn integers(&self, name: &str) -> Vec<i32> {
        self.words(name).into_iter().map(i32::from_le_bytes).collect()
    }

    fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.metadata[name]).unwrap()
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::zeros(&Config::from_json(&self.metadata["config"]).unwrap()).unwrap();
        for tensor in parameters.layout.tensors.clone() {
            let values = self.floats(&format!("start/{}", tensor.name));
            parameters.data[tensor.range].copy_from_slice(&values);
        }
        parameters
    }

    fn sequences(&self) -> Sequences {
        let (tokens, targets) = (self.integers("tokens"), self.integers("targets"));
        let tokens: Vec<u32> = tokens.into_iter().map(|t| t as u32).collect();
        let mut sequences = Sequences::new();
        let mut start = 0;
        for length in self.integers("lengths") {
            let end = start + length as usize;
            sequences.push(&tokens[start..end], &targets[start..end]);
            start = end;
        }
        sequences
    }
}

/// ‖a − b‖ / ‖b‖.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |x: f64| x * x;
    let apart: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    let size: f64 = b.iter().map(|b| square(f64::from(*b))).sum();
    (apart / size).sqrt()
}

/// Compares every tensor of `values`; `limit` bounds the distance.
fn check_tensors(
    parameters: &Parameters,
    values: &[f32],
    reference: &Reference,
    (prefix, limit): (&str, f64),
    precision: Precision,
) {
    for tensor in &parameters.layout.tensors {
        let want = reference.floats(&format!("{prefix}/{}", tensor.name));
        let apart = distance(&values[tensor.range.clone()], &want);
        // `cargo xtask figures` reads these lines.
        println!("distance {precision} {prefix} {} {apart:e}", tensor.name);
        assert!(apart < limit, "{precision} {prefix} {}: {apart:e} apart", tensor.name);
    }
}

/// In f32, and with its accuracy through three of bf16. AdamW's first step divides each gradient by its own size, which
/// brings the last bits of the smallest ones to light: after steps, products through tiles are held to a wider limit.
fn check_against(name: &str) {
    check_precision(name, Precision::F32, 1e-4);
    // Without tiles it would be f32 once more, printed under another name.
    if Precision::Bf16x3.available() == Precision::Bf16x3 {
        check_precision(name, Precision::Bf16x3, 5e-4);
    }
}

fn check_precision(name: &str, precision: Precision, after_steps: f64) {
    let reference = Reference::read(name);
    let (mut parameters, sequences) = (reference.parameters(), reference.sequences());
    let mut workspace = Workspace::new(&parameters, Options { precision, ..Options::default() }).unwrap();
    let logits = training::logits(&parameters, &sequences, &mut workspace).unwrap();
    assert!(distance(&logits, &reference.floats("logits")) < 1e-5);

    let (losses, norms) = (reference.json("losses"), reference.json("norms"));
    let mut grads = vec![0.0; parameters.data.len()];
    let mut state = State::new(grads.len());
    for i in 0..10 {
        let loss = loss_and_gradients(&parameters, &sequences, &mut grads, &mut workspace).unwrap();
        let want = losses[i].as_f64().unwrap();
        assert!((loss.mean() - want).abs() < 1e-4 * want, "step {i}: loss {} is not {want}", loss.mean());
        if i == 0 {
            check_tensors(&parameters, &grads, &reference, ("gradient", 1e-4), precision);
        }
        optim::step(&mut parameters, &grads, &mut state, &Settings::default(), (1e-2, 2)).unwrap();
        for tensor in &parameters.layout.tensors {
            let values = &parameters.data[tensor.range.clone()];
            let norm = values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let want = norms[&tensor.name][i].as_f64().unwrap();
            assert!((norm - want).abs() < 1e-4 * want, "step {i} {}: norm {norm} is not {want}", tensor.name);
        }
        if i == 0 || i == 9 {
            check_tensors(
                &parameters,
                &parameters.data,
                &reference,
                (&format!("step{}", i + 1), after_steps),
                precision,
            );
        }
    }
}

#[test]
fn untied_network_is_hugging_faces_qwen2() {
    check_against("untied.safetensors");
}

#[test]
fn tied_network_is_hugging_faces_qwen2() {
    check_against("tied.safetensors");
}
