//! Training and decoding: agreement with PyTorch, and speed beside peers that are measured in the same run.

use super::Target::{AtLeast, Shown, Under};
use super::{Figure, quick, slow};
use crate::tools::{cargo, output};

pub const FIGURES: &[Figure] = &[
    quick("gradients and ten AdamW steps, largest distance from PyTorch", Under(1e-4), "", |_| {
        distance("distance f32 ")
    }),
    quick("gradients in f32 as three of bf16, largest distance from PyTorch", Under(1e-4), "", |_| {
        distance("distance bf16x3 gradient ")
    }),
    quick("training, 5.5 M parameters, 32 x 128, one f32 chain", Shown, "tokens/s", |r| {
        r.bench(&["train"], "train.f32")
    }),
    quick("training in f32 as three of bf16", Shown, "tokens/s", |r| r.bench(&["train"], "train.bf16x3")),
    quick("training in bf16", Shown, "tokens/s", |r| r.bench(&["train"], "train.bf16")),
    slow("training in one f32 chain over PyTorch eager f32", Shown, "times", |r| r.over_torch("train.f32", "f32")),
    slow("training in f32 as three of bf16 over PyTorch eager f32", AtLeast(1.5), "times", |r| {
        r.over_torch("train.bf16x3", "f32")
    }),
    slow("training in bf16 over PyTorch eager f32", AtLeast(2.5), "times", |r| r.over_torch("train.bf16", "f32")),
    slow("training in bf16 over PyTorch bf16 autocast", AtLeast(1.0), "times", |r| r.over_torch("train.bf16", "bf16")),
    quick("decoding, batch 1, one thread", AtLeast(3000.0), "tokens/s", |r| {
        r.bench(&["decode"], "decode.int8.batch 1")
    }),
    quick("decoding, batch 32, two threads", AtLeast(12_000.0), "tokens/s", |r| {
        r.bench(&["decode"], "decode.int8.batch 32")
    }),
    slow("decoding, batch 1, over llama.cpp q8_0", Shown, "times", |r| r.over_llama("decode.int8.batch 1")),
];

/// The largest ‖ours − PyTorch's‖ / ‖PyTorch's‖ of any tensor, of the lines that the test prints with this beginning.
fn distance(of: &str) -> Result<f64, String> {
    let test = ["test", "--release", "--quiet", "-p", "model", "--test", "it", "reference", "--", "--nocapture"];
    let printed = output(cargo(&test))?;
    let distances = printed.lines().filter(|line| line.starts_with(of)).filter_map(|line| line.rsplit(' ').next());
    let largest = distances.filter_map(|text| text.parse().ok()).reduce(f64::max);
    largest.ok_or_else(|| "the test prints no distance".to_owned())
}
