//! Losses and gradients of the four objectives against PyTorch's autograd in f64 (`bench/reference_grpo.py`).

use std::io::Write;
use std::path::PathBuf;

use answer::replay::Step;
use model::config::Config;
use model::parameters::Parameters;
use model::training::{Options, Workspace, policy_gradients};
use safetensors::SafeTensors;
use serde_json::Value as Json;

use super::config::{GrpoConfig, RolloutConfig};
use super::objective::{Objective, Token};
use super::rollout::{Completion, Group};
use super::{Batch, Measured, measure};

const TEMPERATURE: f32 = 0.8;

struct Reference {
    bytes: Vec<u8>,
}

impl Reference {
    fn read() -> Reference {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/grpo.safetensors");
        Reference { bytes: std::fs::read(path).unwrap() }
    }

    fn text(&self, name: &str) -> String {
        let (_, header) = SafeTensors::read_metadata(&self.bytes).unwrap();
        header.metadata().as_ref().unwrap()[name].clone()
    }

    fn json(&self, name: &str) -> Json {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let words = file.tensor(name).unwrap().data().as_chunks::<4>().0.to_vec();
        words.into_iter().map(f32::from_le_bytes).collect()
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::zeros(&Config::from_json(&self.text("config")).unwrap()).unwrap();
        for tensor in parameters.layout.tensors.clone() {
            parameters.data[tensor.range].copy_from_slice(&self.floats(&format!("start/{}", tensor.name)));
        }
        parameters
    }

    /// The groups, and log p of the reference policy at each chosen token, in order.
    fn groups(&self, vocabulary: usize) -> (Vec<Group>, Vec<f32>) {
        let (groups, rewards) = (self.json("groups"), self.json("rewards"));
        let mut references = vec![];
        let mut one = |group: &Json, rewards: &Json| {
            let completions = list(&group["completions"]).iter().zip(list(rewards)).map(|(completion, reward)| {
                references.extend(floats(&completion["reference"]));
                let steps = list(&completion["tokens"]).iter().zip(list(&completion["among"]));
                let steps = steps.map(|(token, among)| Step { token: number(token), among: mask(among, vocabulary) });
                let (sampled, reward) = (floats(&completion["old"]), reward.as_f64().unwrap());
                Completion { steps: steps.collect(), sampled, reward }
            });
            let prompt = list(&group["prompt"]).iter().map(number).collect();
            Group { question: 0, prompt, completions: completions.collect() }
        };
        let groups = list(&groups).iter().zip(list(&rewards)).map(|(group, rewards)| one(group, rewards)).collect();
        (groups, references)
    }
}

fn list(json: &Json) -> &Vec<Json> {
    json.as_array().unwrap()
}

fn number(json: &Json) -> u32 {
    json.as_u64().unwrap() as u32
}

fn floats(json: &Json) -> Vec<f32> {
    list(json).iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn mask(among: &Json, vocabulary: usize) -> Option<Vec<u64>> {
    let mut mask = vec![0u64; vocabulary.div_ceil(64)];
    among.as_array()?.iter().map(number).for_each(|token| mask[token as usize / 64] |= 1 << (token % 64));
    Some(mask)
}

/// ‖a − b‖ / ‖b‖.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let apart: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    (apart / b.iter().map(|b| square(f64::from(*b))).sum::<f64>()).sqrt()
}

/// `cargo xtask figures` reads these lines.
fn say(what: &str) {
    writeln!(std::io::stdout(), "distance {what}").unwrap();
}

#[test]
fn losses_and_gradients_are_pytorchs() {
    let reference = Reference::read();
    let parameters = reference.parameters();
    let (groups, references) = reference.groups(parameters.config.vocab_size);
    for case in list(&reference.json("cases")) {
        let name = case["loss"].as_str().unwrap();
        let objective: Objective =
            serde_json::from_value(serde_json::json!({ "loss": name, "scale": case["scale"], "kl": case["kl"] }))
                .unwrap();
        let rollout = RolloutConfig { temperature: TEMPERATURE, ..RolloutConfig::default() };
        let config = GrpoConfig { objective, rollout, ..GrpoConfig::default() };
        let batch = Batch::new(&config, &groups);
        let mut known = references.iter();
        let mut tokens = batch.tokens.clone();
        tokens.iter_mut().flatten().for_each(|token: &mut Token| token.reference = known.next().copied());

        let options = Options { temperature: TEMPERATURE, ..Options::default() };
        let mut workspace = Workspace::new(&parameters, options).unwrap();
        let mut grads = vec![0.0; parameters.data.len()];
        let weight = |place: usize, now: f32| batch.weight(&objective, &tokens, place, now);
        policy_gradients(&parameters, &batch.sequences, &weight, &mut grads, &mut workspace).unwrap();
        let Measured { loss, clipped, .. } = measure(&objective, &tokens, &batch.shares, workspace.log_probs());
        let want = case["value"].as_f64().unwrap();
        // Gains and losses of a group nearly cancel, so what they come to is compared with what they are.
        let sizes = tokens.iter().zip(&batch.shares).zip(workspace.log_probs()).filter_map(|((token, share), now)| {
            token.map(|token| f64::from((share * objective.value(token, *now)).abs()))
        });
        let apart = (loss - want).abs() / sizes.sum::<f64>();
        say(&format!("{name} loss {apart:e}"));
        assert!(apart < 1e-5 && clipped > 0.0, "{name}: loss {loss} is not {want}; clipped {clipped}");
        for tensor in &parameters.layout.tensors {
            let apart = distance(&grads[tensor.range.clone()], &reference.floats(&format!("{name}/{}", tensor.name)));
            say(&format!("{name} {} {apart:e}", tensor.name));
            assert!(apart < 1e-5, "{name} {}: {apart:e} apart", tensor.name);
        }
    }
}
