//! The Qwen2 network by hand.
mod aligned;
pub mod cpu;
pub mod error;
mod gemm;
mod simd;
