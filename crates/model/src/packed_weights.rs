//! A network's matrices in panels, for the forward or the backward direction.

use crate::cpu::{self, Cpu};
use crate::gemm::Packed;
use crate::parameters::Parameters;

/// Which way the weights multiply.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    /// y = x · Wᵀ.
    Forward,
    /// dx = dy · W.
    Backward,
}

/// Matrices of one decoder layer.
#[derive(Clone)]
pub(crate) struct LayerWeights {
    pub(crate) qkv: Packed,
    pub(crate) o: Packed,
    pub(crate) gate_up: Packed,
    pub(crate) down: Packed,
}

/// All matrices.
#[derive(Clone)]
pub(crate) struct PackedWeights {
    direction: Direction,
    pub(crate) cpu: Cpu,
    pub(crate) layers: Vec<LayerWeights>,
    pub(crate) head: Packed,
}

impl PackedWeights {
    /// Room for a network of that many layers, in panels of the kind of `panels`.
    pub(crate) fn empty(direction: Direction, layers: usize, panels: &Packed) -> PackedWeights {
        let cpu = cpu::current();
        let empty = || panels.clone();
        let layer = LayerWeights { qkv: empty(), o: empty(), gate_up: empty(), down: empty() };
        PackedWeights { direction, cpu, layers: vec![layer; layers], head: empty() }
    }

    /// Packs the matrices as they are now, into the same memory, with up to `threads` threads.
    pub(crate) fn pack(&mut self, parameters: &Parameters, threads: usize) {
        let (config, layout, direction) = (&parameters.config, &parameters.layout, self.direction);
        let (d, f) = (config.hidden_size, config.intermediate_size);
        let at = |range: &std::ops::Range<usize>| &parameters.data[range.clone()];
        let mut jobs: Vec<(&mut Packed, usize, usize, &[f32])> = Vec::with_capacity(4 * self.layers.len() + 1);
        for (layer, ranges) in self.layers.iter_mut().zip(&layout.layers) {
            jobs.push((&mut layer.qkv, config.qkv_size(), d, at(&ranges.qkv_weight)));
            jobs.push((&mut layer.o, d, d, at(&ranges.o_weight)));
            jobs.push((&mut layer.gate_up, 2 * f, d, at(&ranges.gate_up_weight)));
            jobs.push((&mut layer.down, d, f, at(&ranges.down_weight)));
        }
        jobs.push((&mut self.head, config.vocab_size, d, at(&layout.head)));
        let run = |jobs: &mut [(&mut Packed, usize, usize, &[f32])]| {
            for (packed, outputs, inputs, weight) in jobs {
                match direction {
                    Direction::Forward => packed.pack_columns(*inputs, *outputs, weight, *inputs),
                    Direction::Backward => packed.pack_rows(*outputs, *inputs, weight, *inputs),
                }
            }
        };
        let share = jobs.len().div_ceil(threads.max(1));
        std::thread::scope(|scope| {
            let mut shares = jobs.chunks_mut(share);
            let own = shares.next();
            for jobs in shares {
                scope.spawn(|| run(jobs));
            }
            own.map(run);
        });
    }
}
