//! Keys and values of sequences in progress, owned by the caller, in pages that forks share.
//!
//! A page holds 32 positions of every layer in the panels the matrix product reads, so nothing is packed again
//! while decoding. Forking a row copies page pointers; a shared page is copied only when a fork writes into it, which
//! is at most the last page of the prompt.

use std::sync::Arc;

use crate::aligned::Aligned;
use crate::attention::Heads;
use crate::config::Config;
use crate::cpu::{self, Cpu};
use crate::error::{Result, input};
use crate::gemm::{Kind, PanelView, panel_width};
use crate::inference::Scratch;

/// Positions in one page; a multiple of every panel width.
pub(crate) const PAGE: usize = 32;

/// Sizes and places inside a page.
#[derive(Clone, Copy)]
pub(crate) struct PageShape {
    cpu: Cpu,
    pub(crate) heads: Heads,
    layers: usize,
}

impl PageShape {
    /// The path the panels are laid out for.
    pub(crate) fn cpu(self) -> Cpu {
        self.cpu
    }

    /// Whether pages of this shape hold the layers and heads of the network.
    pub(crate) fn fits(self, config: &Config) -> bool {
        let heads = Heads::new(config);
        let same = (heads.queries, heads.keys, heads.width) == (self.heads.queries, self.heads.keys, self.heads.width);
        same && self.layers == config.num_hidden_layers
    }

    fn width(self) -> usize {
        panel_width(self.cpu)
    }

    /// Floats of the keys of one head.
    fn keys(self) -> usize {
        self.heads.width * PAGE
    }

    /// Floats of the values of one head, columns padded to whole panels.
    fn values(self) -> usize {
        self.heads.width.next_multiple_of(self.width()) * PAGE
    }

    fn head(self) -> usize {
        self.keys() + self.values()
    }

    /// Where the keys of a head of a layer start; its values follow.
    fn start(self, layer: usize, head: usize) -> usize {
        (layer * self.heads.keys + head) * self.head()
    }

    /// Keys of all positions of a page as B (d, PAGE).
    pub(crate) fn key_panels(self, page: &[f32], layer: usize, head: usize) -> PanelView<'_> {
        let data = &page[self.start(layer, head)..][..self.keys()];
        let d = self.heads.width;
        PanelView { cpu: self.cpu, kind: Kind::Floats, data, panel_stride: d * self.width(), k: d, n: PAGE }
    }

    /// Values of the first `positions` of a page as B (positions, d).
    pub(crate) fn value_panels(self, page: &[f32], layer: usize, head: usize, positions: usize) -> PanelView<'_> {
        let data = &page[self.start(layer, head) + self.keys()..][..self.values()];
        PanelView {
            cpu: self.cpu,
            kind: Kind::Floats,
            data,
            panel_stride: PAGE * self.width(),
            k: positions,
            n: self.heads.width,
        }
    }

    /// Writes one head's key and value of one position into the panels.
    fn write(self, page: &mut [f32], (layer, head, slot): (usize, usize, usize), key: &[f32], value: &[f32]) {
        let width = self.width();
        let (keys, values) = page[self.start(layer, head)..][..self.head()].split_at_mut(self.keys());
        let column = &mut keys[slot / width * self.heads.width * width + slot % width..];
        for (x, to) in key.iter().zip(column.iter_mut().step_by(width)) {
            *to = *x;
        }
        for (panel, part) in value.chunks(width).enumerate() {
            values[(panel * PAGE + slot) * width..][..part.len()].copy_from_slice(part);
        }
    }
}

/// One sequence in progress.
#[derive(Clone, Default)]
pub(crate) struct Row {
    pub(crate) pages: Vec<Arc<Aligned>>,
    pub(crate) len: usize,
}

impl Row {
    /// Writes the fused row `qkv` of one layer at a position, adding a page where needed.
    pub(crate) fn write(&mut self, shape: PageShape, layer: usize, position: usize, qkv: &[f32]) {
        if position / PAGE >= self.pages.len() {
            let floats = shape.layers * shape.heads.keys * shape.head();
            self.pages.push(Arc::new(Aligned::zeros(floats)));
        }
        let page = Arc::make_mut(&mut self.pages[position / PAGE]);
        let heads = shape.heads;
        for g in 0..heads.keys {
            let (key, value) = (&qkv[heads.key(g)..][..heads.width], &qkv[heads.value(g)..][..heads.width]);
            shape.write(page, (layer, g, position % PAGE), key, value);
        }
    }
}

/// The cache of a batch of sequences. Rows are independent and may differ in length.
pub struct KvCache {
    pub(crate) shape: PageShape,
    pub(crate) rows: Vec<Row>,
    /// Working memory of each thread.
    pub(crate) scratch: Vec<Scratch>,
}

impl KvCache {
    /// `rows` empty sequences.
    pub fn new(config: &Config, rows: usize) -> KvCache {
        let shape = PageShape { cpu: cpu::current(), heads: Heads::new(config), layers: config.num_hidden_layers };
        KvCache { shape, rows: vec![Row::default(); rows], scratch: Vec::new() }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Number of positions of a row so far.
    pub fn len(&self, row: usize) -> usize {
        self.rows[row].len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A new cache whose row i is a copy of row `rows[i]` of this one; a row may be taken several times, as for the
    /// candidates of one prompt.
    pub fn fork(&self, rows: &[usize]) -> Result<KvCache> {
        self.check(rows)?;
        let rows = rows.iter().map(|r| self.rows[*r].clone()).collect();
        Ok(KvCache { shape: self.shape, rows, scratch: Vec::new() })
    }

    /// Keeps the given rows, in the given order; a row may be taken several times.
    pub fn keep(&mut self, rows: &[usize]) -> Result<()> {
        self.check(rows)?;
        self.rows = rows.iter().map(|r| self.rows[*r].clone()).collect();
        Ok(())
    }

    /// Appends copies of another cache's rows.
    pub fn append(&mut self, other: &KvCache) {
        self.rows.extend(other.rows.iter().cloned());
    }

    /// Forgets the positions of a row from `len` on, as when a forced token is taken back.
    pub fn truncate(&mut self, row: usize, len: usize) -> Result<()> {
        self.check(&[row])?;
        let row = &mut self.rows[row];
        if len > row.len {
            return Err(input("length to truncate to", format!("at most {}", row.len), len));
        }
        row.len = len;
        row.pages.truncate(len.div_ceil(PAGE));
        Ok(())
    }

    fn check(&self, rows: &[usize]) -> Result<()> {
        match rows.iter().find(|r| **r >= self.rows.len()) {
            Some(row) => Err(input("cache row", format!("below {}", self.rows.len()), row)),
            None => Ok(()),
        }
    }
}
