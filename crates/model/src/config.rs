//! The shape of the network, as `config.json` of a Hugging Face Qwen2 model gives it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Shape and constants of a Qwen2 network; fields are named as in Hugging Face `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Model classes; `["Qwen2ForCausalLM"]`.
    #[serde(default = "architectures")]
    pub architectures: Vec<String>,
    /// Always `"qwen2"`.
    #[serde(default = "model_type")]
    pub model_type: String,
    /// D, the width of the residual stream.
    pub hidden_size: usize,
    /// F, the inner width of the SwiGLU layer.
    pub intermediate_size: usize,
    /// Number of decoder layers.
    pub num_hidden_layers: usize,
    /// H, the number of query heads.
    pub num_attention_heads: usize,
    /// Number of key and value heads; divides `num_attention_heads` (grouped-query attention).
    pub num_key_value_heads: usize,
    /// V, the number of tokens.
    pub vocab_size: usize,
    /// Longest sequence.
    #[serde(default = "max_position_embeddings")]
    pub max_position_embeddings: usize,
    /// ε inside the root of RMSNorm.
    #[serde(default = "rms_norm_eps")]
    pub rms_norm_eps: f64,
    /// Base of the rotary wavelengths.
    #[serde(default = "rope_theta")]
    pub rope_theta: f64,
    /// Whether the output head is the embedding matrix.
    #[serde(default)]
    pub tie_word_embeddings: bool,
    /// Activation of the SwiGLU gate; always `"silu"`.
    #[serde(default = "hidden_act")]
    pub hidden_act: String,
    /// Sliding-window attention; must be off.
    #[serde(default)]
    pub use_sliding_window: bool,
}

fn architectures() -> Vec<String> {
    vec!["Qwen2ForCausalLM".to_owned()]
}
fn model_type() -> String {
    "qwen2".to_owned()
}
fn hidden_act() -> String {
    "silu".to_owned()
}
fn max_position_embeddings() -> usize {
    32_768
}
fn rms_norm_eps() -> f64 {
    1e-6
}
fn rope_theta() -> f64 {
    10_000.0
}

impl Config {
    /// A small network with tied embeddings: the compact model's default shape for `vocab_size` tokens (hidden 256,
    /// 6 layers, 4 heads, 2 key-value heads, inner 704).
    pub fn compact(vocab_size: usize) -> Config {
        Config {
            architectures: architectures(),
            model_type: model_type(),
            hidden_size: 256,
            intermediate_size: 704,
            num_hidden_layers: 6,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            vocab_size,
            max_position_embeddings: 1024,
            rms_norm_eps: rms_norm_eps(),
            rope_theta: rope_theta(),
            tie_word_embeddings: true,
            hidden_act: hidden_act(),
            use_sliding_window: false,
        }
    }

    /// Reads and validates the text of a `config.json`. Newer files keep the rotary base in `rope_parameters`.
    pub fn from_json(text: &str) -> Result<Config> {
        let invalid = |e: serde_json::Error| Error::Config {
            field: "(whole file)",
            value: format!("{} bytes", text.len()),
            reason: e.to_string(),
        };
        let mut value: serde_json::Value = serde_json::from_str(text).map_err(invalid)?;
        for field in ["rope_scaling", "rope_parameters"] {
            let kind = value[field]["rope_type"].as_str().or(value[field]["type"].as_str());
            if let Some(kind) = kind.filter(|kind| *kind != "default") {
                return Err(bad("rope_scaling", kind, "only unscaled rotary embeddings are implemented"));
            }
        }
        if let Some(theta) = value["rope_parameters"]["rope_theta"].as_f64() {
            value["rope_theta"] = theta.into();
        }
        let config: Config = serde_json::from_value(value).map_err(invalid)?;
        config.validate()?;
        Ok(config)
    }

    /// The text of a `config.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Checks that every number fits the others.
    pub fn validate(&self) -> Result<()> {
        for (field, value) in [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
        ] {
            // The bound keeps products of two sizes inside usize on any machine.
            if value == 0 || value > 1 << 24 {
                return Err(bad(field, value, "must be between 1 and 16777216"));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let heads = self.num_attention_heads;
            return Err(bad("hidden_size", self.hidden_size, &format!("must be a multiple of the {heads} heads")));
        }
        if !self.head_dim().is_multiple_of(2) {
            return Err(bad("hidden_size", self.hidden_size, "a head must have an even width for rotary embeddings"));
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            let reason = format!("must divide num_attention_heads = {}", self.num_attention_heads);
            return Err(bad("num_key_value_heads", self.num_key_value_heads, &reason));
        }
        self.validate_kind()
    }

    fn validate_kind(&self) -> Result<()> {
        if self.model_type != "qwen2" {
            return Err(bad("model_type", &self.model_type, "only \"qwen2\" is implemented"));
        }
        if self.hidden_act != "silu" {
            return Err(bad("hidden_act", &self.hidden_act, "only \"silu\" is implemented"));
        }
        if self.use_sliding_window {
            return Err(bad("use_sliding_window", true, "sliding-window attention is not implemented"));
        }
        if !(self.rms_norm_eps > 0.0 && self.rms_norm_eps < 1.0) {
            return Err(bad("rms_norm_eps", self.rms_norm_eps, "must be between 0 and 1"));
        }
        if !(self.rope_theta >= 1.0 && self.rope_theta.is_finite()) {
            return Err(bad("rope_theta", self.rope_theta, "must be at least 1"));
        }
        Ok(())
    }

    /// Width of one head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Width of all keys (or values) of one token.
    pub fn key_value_size(&self) -> usize {
        self.num_key_value_heads * self.head_dim()
    }

    /// Width of queries, keys and values of one token together.
    pub(crate) fn qkv_size(&self) -> usize {
        self.hidden_size + 2 * self.key_value_size()
    }

    /// Exact number of parameters; the largest number there is for a shape that has more.
    pub fn parameter_count(&self) -> usize {
        let (d, f) = (self.hidden_size, self.intermediate_size);
        let layer = d + self.qkv_size() * (d + 1) + d * d + d + 3 * d * f;
        let embeddings = if self.tie_word_embeddings { 1 } else { 2 };
        (embeddings * self.vocab_size * d + d).saturating_add(self.num_hidden_layers.saturating_mul(layer))
    }
}

fn bad(field: &'static str, value: impl ToString, reason: &str) -> Error {
    Error::Config { field, value: value.to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_shapes_are_named() {
        let check = |change: fn(&mut Config), want: &str| {
            let mut config = Config::compact(100);
            change(&mut config);
            let message = config.validate().unwrap_err().to_string();
            assert!(message.contains(want), "{message}");
        };
        check(|c| c.hidden_size = 250, "hidden_size = 250: must be a multiple of the 4 heads");
        check(|c| c.num_key_value_heads = 3, "num_key_value_heads = 3: must divide num_attention_heads = 4");
        check(|c| c.vocab_size = 0, "vocab_size = 0");
        check(|c| c.use_sliding_window = true, "use_sliding_window = true");
        check(|c| c.model_type = "llama".into(), "model_type = llama");
    }

    #[test]
    fn parameter_count_of_the_known_models() {
        let qwen_0_5b = Config {
            hidden_size: 896,
            intermediate_size: 4864,
            num_hidden_layers: 24,
            num_attention_heads: 14,
            num_key_value_heads: 2,
            vocab_size: 151_936,
            ..Config::compact(1)
        };
        assert_eq!(qwen_0_5b.parameter_count(), 494_032_768);
    }

    #[test]
    fn both_ways_of_writing_the_rotary_base_are_read() {
        let shape = r#""hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,
            "num_key_value_heads":1,"vocab_size":9"#;
        let old = Config::from_json(&format!("{{{shape},\"rope_theta\":5000.0}}")).unwrap();
        let new = Config::from_json(&format!(
            "{{{shape},\"rope_parameters\":{{\"rope_theta\":5000.0,\"rope_type\":\"default\"}}}}"
        ));
        assert_eq!(old, new.unwrap());
        assert_eq!(old, Config::from_json(&old.to_json()).unwrap());
        assert!(Config::from_json("{").is_err() && Config::from_json("{}").is_err());
    }
}
