//! All parameters in one flat buffer, with a view for each tensor under its Hugging Face name.
//!
//! Query, key and value weights of a layer lie one after the other, and so do gate and up: each group is one matrix to
//! the matrix product and several tensors to the file.

use std::ops::Range;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::config::Config;
use crate::error::{Result, input};

/// What a tensor is, which decides weight decay and which optimiser updates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Token embeddings or the output head (V, D).
    Embedding,
    /// Scale of an RMSNorm (D).
    Norm,
    /// Bias of a projection.
    Bias,
    /// Weight of a hidden layer (out, in).
    Matrix,
}

/// One named tensor in the flat buffer, row-major.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Hugging Face name, such as `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// Rows and columns, or one length.
    pub shape: Vec<usize>,
    /// Where its values lie.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// Where the parts of one decoder layer lie; fused groups as one range.
#[derive(Clone, Debug)]
pub(crate) struct LayerRanges {
    pub(crate) input_norm: Range<usize>,
    pub(crate) qkv_weight: Range<usize>,
    pub(crate) qkv_bias: Range<usize>,
    pub(crate) o_weight: Range<usize>,
    pub(crate) post_norm: Range<usize>,
    pub(crate) gate_up_weight: Range<usize>,
    pub(crate) down_weight: Range<usize>,
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Every tensor in buffer order.
    pub tensors: Vec<Tensor>,
    pub(crate) layers: Vec<LayerRanges>,
    pub(crate) embedding: Range<usize>,
    pub(crate) norm: Range<usize>,
    /// The output head; the embedding again where they are tied.
    pub(crate) head: Range<usize>,
}

/// Appends tensors one after the other.
#[derive(Default)]
struct Builder {
    tensors: Vec<Tensor>,
    end: usize,
}

impl Builder {
    fn push(&mut self, name: String, shape: &[usize], kind: Kind) -> Range<usize> {
        let range = self.end..self.end + shape.iter().product::<usize>();
        self.end = range.end;
        self.tensors.push(Tensor { name, shape: shape.to_vec(), range: range.clone(), kind });
        range
    }

    fn layer(&mut self, config: &Config, index: usize) -> LayerRanges {
        let (d, f, kv) = (config.hidden_size, config.intermediate_size, config.key_value_size());
        let name = |part: &str| format!("model.layers.{index}.{part}");
        let input_norm = self.push(name("input_layernorm.weight"), &[d], Kind::Norm);
        let q = self.push(name("self_attn.q_proj.weight"), &[d, d], Kind::Matrix);
        self.push(name("self_attn.k_proj.weight"), &[kv, d], Kind::Matrix);
        let v = self.push(name("self_attn.v_proj.weight"), &[kv, d], Kind::Matrix);
        let q_bias = self.push(name("self_attn.q_proj.bias"), &[d], Kind::Bias);
        self.push(name("self_attn.k_proj.bias"), &[kv], Kind::Bias);
        let v_bias = self.push(name("self_attn.v_proj.bias"), &[kv], Kind::Bias);
        let o_weight = self.push(name("self_attn.o_proj.weight"), &[d, d], Kind::Matrix);
        let post_norm = self.push(name("post_attention_layernorm.weight"), &[d], Kind::Norm);
        let gate = self.push(name("mlp.gate_proj.weight"), &[f, d], Kind::Matrix);
        let up = self.push(name("mlp.up_proj.weight"), &[f, d], Kind::Matrix);
        let down_weight = self.push(name("mlp.down_proj.weight"), &[d, f], Kind::Matrix);
        LayerRanges {
            input_norm,
            qkv_weight: q.start..v.end,
            qkv_bias: q_bias.start..v_bias.end,
            o_weight,
            post_norm,
            gate_up_weight: gate.start..up.end,
            down_weight,
        }
    }
}

impl Layout {
    /// The layout of a network of this shape.
    pub fn new(config: &Config) -> Layout {
        let mut b = Builder::default();
        let (v, d) = (config.vocab_size, config.hidden_size);
        let embedding = b.push("model.embed_tokens.weight".to_owned(), &[v, d], Kind::Embedding);
        let layers = (0..config.num_hidden_layers).map(|i| b.layer(config, i)).collect();
        let norm = b.push("model.norm.weight".to_owned(), &[d], Kind::Norm);
        let head = if config.tie_word_embeddings {
            embedding.clone()
        } else {
            b.push("lm_head.weight".to_owned(), &[v, d], Kind::Embedding)
        };
        Layout { tensors: b.tensors, layers, embedding, norm, head }
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.tensors.last().map_or(0, |t| t.range.end)
    }

    /// Whether there are none; never so for a valid shape.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensor of that name.
    pub fn find(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }
}

/// A network's parameters: shape, layout and values.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The network's shape.
    pub config: Config,
    /// Where each tensor lies in `data`.
    pub layout: Layout,
    /// All values.
    pub data: Vec<f32>,
}

impl Parameters {
    /// All zeros.
    pub fn zeros(config: &Config) -> Result<Parameters> {
        config.validate()?;
        let layout = Layout::new(config);
        let data = vec![0.0; layout.len()];
        Ok(Parameters { config: config.clone(), layout, data })
    }

    /// Fresh parameters from a seed: weights normal with deviation 0.02, projections back into the residual stream
    /// divided by √(2·layers) (GPT-2, Radford et al. 2019), norms one, biases zero.
    pub fn init(config: &Config, seed: u64) -> Result<Parameters> {
        let mut parameters = Parameters::zeros(config)?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let residual = 0.02 / (2.0 * config.num_hidden_layers as f64).sqrt();
        for tensor in &parameters.layout.tensors {
            let values = &mut parameters.data[tensor.range.clone()];
            let into_residual = tensor.name.ends_with("o_proj.weight") || tensor.name.ends_with("down_proj.weight");
            match tensor.kind {
                Kind::Norm => values.fill(1.0),
                Kind::Bias => values.fill(0.0),
                _ => fill_normal(values, if into_residual { residual } else { 0.02 }, &mut random),
            }
        }
        Ok(parameters)
    }

    /// The values of the tensor of that name.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.layout.find(name).map(|t| &self.data[t.range.clone()])
    }

    /// The values of the tensor of that name, to be written.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let range = self.layout.find(name)?.range.clone();
        Some(&mut self.data[range])
    }

    /// Refuses values that are infinite or not a number, naming the first tensor that holds one.
    pub fn check_finite(&self) -> Result<()> {
        match self.layout.tensors.iter().find(|t| self.data[t.range.clone()].iter().any(|x| !x.is_finite())) {
            None => Ok(()),
            Some(t) => Err(input("parameters", "finite values", format!("a NaN or infinity in {}", t.name))),
        }
    }
}

/// Normal numbers by the Box–Muller transform.
fn fill_normal(values: &mut [f32], deviation: f64, random: &mut ChaCha8Rng) {
    let mut uniform = || (random.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64);
    for pair in values.chunks_mut(2) {
        let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt() * deviation;
        let angle = std::f64::consts::TAU * uniform();
        let (sin, cos) = angle.sin_cos();
        pair[0] = (radius * cos) as f32;
        if let Some(second) = pair.get_mut(1) {
            *second = (radius * sin) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_counts_every_parameter_once() {
        for tied in [true, false] {
            let config = Config { tie_word_embeddings: tied, ..Config::compact(321) };
            assert_eq!(Layout::new(&config).len(), config.parameter_count());
        }
    }

    #[test]
    fn initial_weights_have_the_stated_spread() {
        let parameters = Parameters::init(&Config::compact(500), 7).unwrap();
        let spread = |name: &str| {
            let x = parameters.get(name).unwrap();
            (x.iter().map(|x| (*x as f64).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
        };
        assert!((spread("model.embed_tokens.weight") - 0.02).abs() < 2e-4);
        assert!((spread("model.layers.5.mlp.down_proj.weight") - 0.02 / 12f64.sqrt()).abs() < 1e-4);
        assert_eq!(parameters.data, Parameters::init(&Config::compact(500), 7).unwrap().data);
    }
}
