//! The right-hand side in panels: for each group of columns, its k rows one after the other, zero-padded to the width.
//!
//! A panel is read from start to end by the microkernel. Weights are packed once for inference and once a step for
//! training; keys and values are packed per sequence, and in the cache they live in panels from the start.

use super::microkernel::tile_columns;
use super::tiles::{self, Parts};
use crate::aligned::Aligned;
use crate::cpu::Cpu;

/// Columns of one panel on a path.
pub(crate) const fn panel_width(cpu: Cpu) -> usize {
    tile_columns(cpu)
}

/// A matrix B (k, n) in panels.
#[derive(Clone)]
pub(crate) struct Packed {
    cpu: Cpu,
    /// How numbers are split, for panels of tiles.
    parts: Option<Parts>,
    k: usize,
    n: usize,
    data: Aligned,
}

/// Panels to multiply by: rows 0..k of each, columns 0..n in all.
#[derive(Clone, Copy)]
pub(crate) struct PanelView<'a> {
    pub(crate) cpu: Cpu,
    pub(crate) parts: Option<Parts>,
    pub(crate) data: &'a [f32],
    /// Floats from one panel to the next.
    pub(crate) panel_stride: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
}

impl Packed {
    /// Nothing yet; to be filled by [`Packed::pack_rows`] or [`Packed::pack_columns`].
    pub(crate) fn empty(cpu: Cpu) -> Packed {
        Packed { cpu, parts: None, k: 0, n: 0, data: Aligned::default() }
    }

    /// As [`Packed::empty`], for products through tiles, which the machine must support.
    pub(crate) fn tiles(parts: Parts) -> Packed {
        Packed { parts: Some(parts), ..Packed::empty(Cpu::Avx512) }
    }

    /// Packs B given by rows: element (p, j) is `b[p * stride + j]`.
    #[cfg(test)]
    pub(crate) fn from_rows(cpu: Cpu, k: usize, n: usize, b: &[f32], stride: usize) -> Packed {
        let mut packed = Packed::empty(cpu);
        packed.pack_rows(k, n, b, stride);
        packed
    }

    /// Packs B given by columns, as a weight (out, in) is: element (p, j) is `b[j * stride + p]`.
    #[cfg(test)]
    pub(crate) fn from_columns(cpu: Cpu, k: usize, n: usize, b: &[f32], stride: usize) -> Packed {
        let mut packed = Packed::empty(cpu);
        packed.pack_columns(k, n, b, stride);
        packed
    }

    fn reset(&mut self, k: usize, n: usize) {
        self.k = k;
        self.n = n;
        self.data.resize(match self.parts {
            Some(parts) => tiles::packed_len(k, n, parts),
            None => n.next_multiple_of(panel_width(self.cpu)) * k,
        });
    }

    /// As [`Packed::from_rows`], into the same memory.
    pub(crate) fn pack_rows(&mut self, k: usize, n: usize, b: &[f32], stride: usize) {
        self.reset(k, n);
        if let Some(parts) = self.parts {
            return tiles::pack_rows(parts, (k, n), b, stride, &mut self.data);
        }
        let width = panel_width(self.cpu);
        for (panel, columns) in self.data.chunks_exact_mut((k * width).max(1)).zip((0..n).step_by(width)) {
            let count = width.min(n - columns);
            for (p, row) in panel.chunks_exact_mut(width).enumerate() {
                row[..count].copy_from_slice(&b[p * stride + columns..][..count]);
                row[count..].fill(0.0);
            }
        }
    }

    /// As [`Packed::from_columns`], into the same memory.
    pub(crate) fn pack_columns(&mut self, k: usize, n: usize, b: &[f32], stride: usize) {
        self.reset(k, n);
        if let Some(parts) = self.parts {
            return tiles::pack_columns(parts, (k, n), b, stride, &mut self.data);
        }
        let width = panel_width(self.cpu);
        for (panel, columns) in self.data.chunks_exact_mut((k * width).max(1)).zip((0..n).step_by(width)) {
            let count = width.min(n - columns);
            if count < width {
                panel.fill(0.0);
            }
            // Blocks of 16 along k: whole cache lines are read, and the written lines stay close.
            for start in (0..k).step_by(16) {
                let depth = 16.min(k - start);
                for j in 0..count {
                    let column = &b[(columns + j) * stride + start..][..depth];
                    let to = &mut panel[start * width + j..];
                    for (p, x) in column.iter().enumerate() {
                        to[p * width] = *x;
                    }
                }
            }
        }
    }

    /// All of it.
    pub(crate) fn view(&self) -> PanelView<'_> {
        self.part(self.k, self.n)
    }

    /// The given rows of B, all columns.
    pub(crate) fn row_range(&self, rows: std::ops::Range<usize>) -> PanelView<'_> {
        assert!(rows.end <= self.k && self.parts.is_none(), "a range of rows is not whole tiles");
        let width = panel_width(self.cpu);
        let data = &self.data[rows.start * width..];
        PanelView { cpu: self.cpu, parts: None, data, panel_stride: self.k * width, k: rows.len(), n: self.n }
    }

    /// The first `k` rows and `n` columns.
    pub(crate) fn part(&self, k: usize, n: usize) -> PanelView<'_> {
        let whole = (k, n) == (self.k, self.n);
        assert!(k <= self.k && n <= self.n && (whole || self.parts.is_none()), "a part is not whole tiles");
        let panel_stride = self.k * panel_width(self.cpu);
        PanelView { cpu: self.cpu, parts: self.parts, data: &self.data, panel_stride, k, n }
    }
}
