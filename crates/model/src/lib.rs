//! The Qwen2 network by hand for the CPU: tokens to logits to tokens, and gradients. It has never heard of SQL or HTTP.
//!
//! Suggested reading order:
//!
//! 1. [`config`], [`parameters`]: the shape of the network, and all values in one flat buffer with named views.
//! 2. [`sequences`], [`training`]: packed sequences in, loss and gradients out ([`training::loss_and_gradients`],
//!    [`training::policy_gradients`], [`training::score`]).
//! 3. `network`: the forward and backward pass in one file, over the layers `embedding`, `rms_norm`, `linear`, `rope`,
//!    `attention`, `softmax`, `swiglu`, `dropout`, `head`, `loss`.
//! 4. `gemm`, `simd`, [`cpu`]: the kernels below, and the contract that makes every row the same bytes.
//! 5. [`optim`]: clipping, AdamW, Muon, the learning-rate schedule.
//! 6. [`inference`], [`kv_cache`], [`sampling`]: prompts, decoding, forced tokens, and choosing a token under a mask.
//! 7. [`tokenizer`]: text to tokens and back.
//! 8. [`weights`], [`model_folder`], [`folder`]: safetensors, Hugging Face folders, and folders written whole or not.
//! 9. [`mod@bench`]: speed as figures.

pub mod config;
pub mod parameters;
pub mod sequences;
pub mod training;

mod network;

mod attention;
mod dropout;
mod embedding;
mod head;
mod linear;
mod loss;
mod rms_norm;
mod rope;
mod softmax;
mod swiglu;

mod aligned;
pub mod cpu;
mod gemm;
mod packed_weights;
mod simd;

pub mod optim;

pub mod inference;
pub mod kv_cache;
pub mod sampling;

mod bpe_training;
pub mod tokenizer;

pub mod folder;
pub mod model_folder;
pub mod weights;

pub mod bench;
pub mod error;

pub use error::{Error, Result};
