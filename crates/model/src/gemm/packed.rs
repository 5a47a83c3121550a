//! The right-hand side in panels: for each group of columns, its k rows one after the other, zero-padded to the width.
//!
//! A panel is read from start to end by the microkernel. Weights are packed once for inference and once a step for
//! training; keys and values are packed per sequence, and in the cache they live in panels from the start.

use super::int8;
use super::microkernel::tile_columns;
use super::tiles::{self, Parts};
use crate::aligned::Aligned;
use crate::cpu::Cpu;

/// Columns of one panel on a path.
pub(crate) const fn panel_width(cpu: Cpu) -> usize {
    tile_columns(cpu)
}

/// What panels hold.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Numbers as they are.
    Floats,
    /// Tiles of bf16, that many for a number.
    Tiles(Parts),
    /// Whole numbers of a byte with a factor for each column.
    Bytes,
}

/// A matrix B (k, n) in panels.
#[derive(Clone)]
pub(crate) struct Packed {
    cpu: Cpu,
    kind: Kind,
    k: usize,
    n: usize,
    data: Aligned,
}

/// Panels to multiply by: rows 0..k of each, columns 0..n in all.
#[derive(Clone, Copy)]
pub(crate) struct PanelView<'a> {
    pub(crate) cpu: Cpu,
    pub(crate) kind: Kind,
    pub(crate) data: &'a [f32],
    /// Floats from one panel to the next.
    pub(crate) panel_stride: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
}

impl Packed {
    /// Nothing yet; to be filled by [`Packed::pack_rows`] or [`Packed::pack_columns`].
    pub(crate) fn empty(cpu: Cpu) -> Packed {
        Packed { cpu, kind: Kind::Floats, k: 0, n: 0, data: Aligned::default() }
    }

    /// As [`Packed::empty`], for products through tiles, which the machine must support.
    pub(crate) fn tiles(parts: Parts) -> Packed {
        Packed { kind: Kind::Tiles(parts), ..Packed::empty(Cpu::Avx512) }
    }

    /// As [`Packed::empty`], for products of bytes.
    pub(crate) fn bytes(cpu: Cpu) -> Packed {
        Packed { kind: Kind::Bytes, ..Packed::empty(cpu) }
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
        self.data.resize(match self.kind {
            Kind::Floats => n.next_multiple_of(panel_width(self.cpu)) * k,
            Kind::Tiles(parts) => tiles::packed_len(k, n, parts),
            Kind::Bytes => int8::packed_len(k, n),
        });
    }

    /// As [`Packed::from_rows`], into the same memory.
    pub(crate) fn pack_rows(&mut self, k: usize, n: usize, b: &[f32], stride: usize) {
        self.reset(k, n);
        match self.kind {
            Kind::Floats => {}
            Kind::Tiles(parts) => return tiles::pack_rows(parts, (k, n), b, stride, &mut self.data),
            Kind::Bytes => return int8::pack((k, n), b, (stride, 1), &mut self.data),
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
        match self.kind {
            Kind::Floats => {}
            Kind::Tiles(parts) => return tiles::pack_columns(parts, (k, n), b, stride, &mut self.data),
            Kind::Bytes => return int8::pack((k, n), b, (1, stride), &mut self.data),
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

    /// Columns and floats of one panel.
    fn panel_shape(&self) -> (usize, usize) {
        match self.kind {
            Kind::Floats => (panel_width(self.cpu), panel_width(self.cpu) * self.k),
            Kind::Tiles(parts) => (tiles::WIDTH, tiles::panel_len(self.k, parts)),
            Kind::Bytes => (int8::WIDTH, int8::panel_len(self.k)),
        }
    }

    /// All rows and some columns, from the first one of a panel on.
    pub(crate) fn columns(&self, columns: std::ops::Range<usize>) -> PanelView<'_> {
        let (width, panel_stride) = self.panel_shape();
        assert!(columns.end <= self.n && columns.start.is_multiple_of(width), "columns {columns:?} are no panels");
        let data = &self.data[columns.start / width * panel_stride..];
        PanelView { cpu: self.cpu, kind: self.kind, data, panel_stride, k: self.k, n: columns.len() }
    }

    /// The given rows of B, all columns.
    pub(crate) fn row_range(&self, rows: std::ops::Range<usize>) -> PanelView<'_> {
        assert!(rows.end <= self.k && self.kind == Kind::Floats, "a range of rows is not whole tiles");
        let width = panel_width(self.cpu);
        let data = &self.data[rows.start * width..];
        PanelView { cpu: self.cpu, kind: self.kind, data, panel_stride: self.k * width, k: rows.len(), n: self.n }
    }

    /// The first `k` rows and `n` columns.
    pub(crate) fn part(&self, k: usize, n: usize) -> PanelView<'_> {
        let whole = (k, n) == (self.k, self.n);
        assert!(k <= self.k && n <= self.n && (whole || self.kind == Kind::Floats), "a part is not whole tiles");
        let panel_stride = self.panel_shape().1;
        PanelView { cpu: self.cpu, kind: self.kind, data: &self.data, panel_stride, k, n }
    }
}
