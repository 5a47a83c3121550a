//! Join paths: the fewest foreign keys that connect a set of tables.
//!
//! Two tables: a shortest path. More: a minimal Steiner tree, by the recurrence of Dreyfus and Wagner (1971), over the
//! tables that can lie on one. A declared key costs 1,000; a discovered one more, the less sure it is. Ties fall to
//! the table and key declared first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::catalog::{Catalog, ForeignKeyId, TableId};

/// Beyond this many tables to join the tree is grown table by table instead of being minimal,
const MAX_EXACT: usize = 6;
/// and in a large catalog, where time would not allow it, beyond this many.
const MAX_EXACT_OF_MANY: usize = 4;
/// A catalog with more tables is large.
const MANY: usize = 200;
const UNREACHED: u32 = u32::MAX / 4;

/// The tables of a catalog with the foreign keys between them.
#[derive(Debug, Clone, Default)]
pub struct JoinGraph {
    /// Per table: the neighbour, the key and its cost, in order of key.
    edges: Vec<Vec<Edge>>,
    /// Per key: its two tables.
    ends: Vec<(TableId, TableId)>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    to: TableId,
    key: ForeignKeyId,
    cost: u32,
}

/// Distances from one table, and the key by which each table was reached.
struct Reach {
    distance: Vec<u32>,
    by: Vec<Option<(ForeignKeyId, TableId)>>,
}

/// The foreign keys that connect these tables with the fewest joins, in an order in which each key touches a table
/// that is already joined, starting at `tables[0]`. `None` when they are not connected.
pub fn join_path(catalog: &Catalog, tables: &[TableId]) -> Option<Vec<ForeignKeyId>> {
    JoinGraph::new(catalog).connect(tables)
}

impl JoinGraph {
    /// The graph of a catalog's foreign keys; keys from a table to itself are left out.
    pub fn new(catalog: &Catalog) -> Self {
        let mut edges = vec![Vec::new(); catalog.tables.len()];
        let mut ends = Vec::with_capacity(catalog.foreign_keys.len());
        for id in catalog.foreign_key_ids() {
            let key = catalog.foreign_key(id);
            ends.push((key.from, key.to));
            if key.from == key.to {
                continue;
            }
            let doubt = 1.0 - key.confidence.clamp(0.0, 1.0);
            let cost = 1_000 + (1_000.0 * doubt) as u32;
            edges[key.from.0 as usize].push(Edge { to: key.to, key: id, cost });
            edges[key.to.0 as usize].push(Edge { to: key.from, key: id, cost });
        }
        JoinGraph { edges, ends }
    }

    /// As [`join_path`], over a graph made before.
    pub fn connect(&self, tables: &[TableId]) -> Option<Vec<ForeignKeyId>> {
        let mut terminals: Vec<TableId> = Vec::new();
        for &table in tables.iter().filter(|t| (t.0 as usize) < self.edges.len()) {
            if !terminals.contains(&table) {
                terminals.push(table);
            }
        }
        let &[start, ref others @ ..] = terminals.as_slice() else { return Some(Vec::new()) };
        let most = if self.edges.len() > MANY { MAX_EXACT_OF_MANY } else { MAX_EXACT };
        let keys = match others.len() {
            0 => Vec::new(),
            2.. if terminals.len() <= most => self.steiner(&terminals)?,
            _ => self.grow(&terminals)?,
        };
        Some(self.in_join_order(start, keys))
    }

    /// The tables that a key joins: the referring and the referred one.
    pub fn ends(&self, key: ForeignKeyId) -> (TableId, TableId) {
        self.ends[key.0 as usize]
    }

    /// Whether one foreign key joins two tables.
    pub fn are_neighbours(&self, a: TableId, b: TableId) -> bool {
        self.edges[a.0 as usize].iter().any(|edge| edge.to == b)
    }

    fn reach(&self, start: TableId, limit: u32) -> Reach {
        let mut distance = vec![UNREACHED; self.edges.len()];
        distance[start.0 as usize] = 0;
        self.relax(distance, |_| true, |so_far, _| so_far > limit)
    }

    /// Dijkstra's algorithm over some of the tables, from every table that has a distance already, until it may stop.
    fn relax(
        &self,
        mut distance: Vec<u32>,
        within: impl Fn(usize) -> bool,
        mut stops: impl FnMut(u32, usize) -> bool,
    ) -> Reach {
        let mut by = vec![None; distance.len()];
        let started = distance.iter().enumerate().filter(|(_, d)| **d < UNREACHED);
        let mut queue: BinaryHeap<_> = started.map(|(table, d)| Reverse((*d, table))).collect();
        while let Some(Reverse((so_far, table))) = queue.pop() {
            if so_far > distance[table] {
                continue;
            }
            if stops(so_far, table) {
                break;
            }
            for edge in &self.edges[table] {
                let next = edge.to.0 as usize;
                if so_far + edge.cost < distance[next] && within(next) {
                    distance[next] = so_far + edge.cost;
                    by[next] = Some((edge.key, TableId(table as u16)));
                    queue.push(Reverse((distance[next], next)));
                }
            }
        }
        Reach { distance, by }
    }

    /// Adds the nearest missing table until all are in: the shortest path for two tables, a short tree for many.
    fn grow(&self, terminals: &[TableId]) -> Option<Vec<ForeignKeyId>> {
        let mut keys: Vec<ForeignKeyId> = Vec::new();
        let mut inside = vec![terminals[0]];
        let mut missing = terminals[1..].to_vec();
        while !missing.is_empty() {
            let mut distance = vec![UNREACHED; self.edges.len()];
            for table in &inside {
                distance[table.0 as usize] = 0;
            }
            let mut nearest = None;
            let reach = self.relax(
                distance,
                |_| true,
                |_, table| {
                    nearest = missing.iter().copied().find(|t| t.0 as usize == table);
                    nearest.is_some()
                },
            );
            let nearest = nearest?;
            for key in path_back(&reach, nearest)? {
                keys.push(key);
                inside.extend([self.ends(key).0, self.ends(key).1]);
            }
            missing.retain(|t| *t != nearest && !inside.contains(t));
        }
        Some(keys)
    }

    /// The minimal tree that spans the terminals.
    fn steiner(&self, terminals: &[TableId]) -> Option<Vec<ForeignKeyId>> {
        let bound = self.cost(&self.grow(terminals)?);
        let reaches: Vec<Reach> = terminals.iter().map(|t| self.reach(*t, bound)).collect();
        let within = self.within(&reaches, bound);
        let (root, leaves) = terminals.split_last()?;
        let full = (1_usize << leaves.len()) - 1;
        let mut trees: Vec<Tree> = (0..=full).map(|_| Tree::new(self.edges.len())).collect();
        for set in 1..=full {
            let mut tree = Tree::new(self.edges.len());
            if set.is_power_of_two() {
                let leaf = leaves[set.trailing_zeros() as usize];
                tree.cost[leaf.0 as usize] = 0;
            } else {
                merge(&mut tree, &trees, set, &within);
            }
            let reach = self.relax(tree.cost, |table| within[table], |so_far, _| so_far > bound);
            trees[set] = Tree { cost: reach.distance, split: tree.split, by: reach.by };
        }
        let mut keys = Vec::new();
        collect(&trees, full, *root, &mut keys);
        keys.sort();
        keys.dedup();
        Some(keys)
    }

    /// Tables that can lie on a tree of this cost: between some two terminals along paths that are short enough.
    fn within(&self, reaches: &[Reach], bound: u32) -> Vec<bool> {
        let near = |table: usize| {
            let mut distances: Vec<u32> = reaches.iter().map(|r| r.distance[table]).collect();
            distances.sort_unstable();
            distances[0].saturating_add(distances[1]) <= bound
        };
        (0..self.edges.len()).map(near).collect()
    }

    fn cost(&self, keys: &[ForeignKeyId]) -> u32 {
        let cost = |key: &ForeignKeyId| {
            let from = self.ends(*key).0.0 as usize;
            self.edges[from].iter().find(|e| e.key == *key).map_or(0, |e| e.cost)
        };
        keys.iter().map(cost).sum()
    }

    fn in_join_order(&self, start: TableId, mut keys: Vec<ForeignKeyId>) -> Vec<ForeignKeyId> {
        keys.sort();
        keys.dedup();
        let mut joined = vec![start];
        let mut ordered = Vec::with_capacity(keys.len());
        loop {
            let next = keys.iter().position(|k| {
                let (from, to) = self.ends(*k);
                joined.contains(&from) != joined.contains(&to)
            });
            let Some(next) = next else { return ordered };
            let key = keys.remove(next);
            let (from, to) = self.ends(key);
            joined.push(if joined.contains(&from) { to } else { from });
            ordered.push(key);
        }
    }
}

/// For one set of terminals and every table: the cheapest tree that holds both.
#[derive(Clone)]
struct Tree {
    cost: Vec<u32>,
    /// Where two smaller trees meet: one of the two sets.
    split: Vec<usize>,
    by: Vec<Option<(ForeignKeyId, TableId)>>,
}

impl Tree {
    fn new(tables: usize) -> Self {
        Tree { cost: vec![UNREACHED; tables], split: vec![0; tables], by: vec![None; tables] }
    }
}

/// Joins at each table the trees of two halves of the set.
fn merge(tree: &mut Tree, trees: &[Tree], set: usize, within: &[bool]) {
    let mut half = (set - 1) & set;
    while half > set / 2 {
        let rest = set ^ half;
        for table in (0..within.len()).filter(|t| within[*t]) {
            let cost = trees[half].cost[table].saturating_add(trees[rest].cost[table]);
            if cost < tree.cost[table] {
                tree.cost[table] = cost;
                tree.split[table] = half;
            }
        }
        half = (half - 1) & set;
    }
}

fn collect(trees: &[Tree], set: usize, table: TableId, keys: &mut Vec<ForeignKeyId>) {
    let tree = &trees[set];
    let mut at = table;
    while let Some((key, before)) = tree.by[at.0 as usize] {
        keys.push(key);
        at = before;
    }
    let half = tree.split[at.0 as usize];
    if half != 0 {
        collect(trees, half, at, keys);
        collect(trees, set ^ half, at, keys);
    }
}

fn path_back(reach: &Reach, end: TableId) -> Option<Vec<ForeignKeyId>> {
    if reach.distance[end.0 as usize] >= UNREACHED {
        return None;
    }
    let mut keys = Vec::new();
    let mut at = end;
    while let Some((key, before)) = reach.by[at.0 as usize] {
        keys.push(key);
        at = before;
    }
    Some(keys)
}
