//! Which tables can still be connected over keys within the allowed number of sources.
//!
//! A dynamic programme over subsets of terminals (Dreyfus and Wagner, *The Steiner problem in graphs*, Networks 1,
//! 1971): `cost[S][v]` is the least number of new tables in a tree that holds table `v` and the terminals `S`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::cte::Ctes;
use super::few::Few;
use super::grammar::{Grammar, Kinds, Node, earlier_twin, table_of};
use crate::bitset::BitSet;

const FAR: u8 = 100;

/// What is asked of the join graph.
pub(crate) struct Connection<'a> {
    /// Tables already joined; they cost nothing.
    pub(crate) have: &'a [Node],
    /// Tables that must be joined.
    pub(crate) need: &'a [Node],
    /// Uses of tables that enclosing queries have taken.
    pub(crate) taken: &'a [Node],
    /// Whether some table must be next to one of `taken` (EXISTS).
    pub(crate) anchored: bool,
    /// At most so many sources in all.
    pub(crate) sources: u8,
    /// The CTEs there are.
    pub(crate) ctes: &'a Ctes,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Reach {
    /// Uses of tables that may be added.
    pub(crate) nodes: BitSet,
    /// For each use of a table, how many tables must be joined in all once it is mentioned.
    pub(crate) costs: Vec<u8>,
    /// The least number of tables still to be joined; [`u8::MAX`] when there is no way.
    pub(crate) missing: u8,
}

/// Answers to remember; beyond them all are forgotten.
const REMEMBERED: usize = 1 << 14;

/// All that an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) have: Few<Node, 8>,
    pub(crate) need: Few<Node, 8>,
    pub(crate) taken: Few<Node, 24>,
    pub(crate) anchored: bool,
    pub(crate) sources: u8,
    /// The kinds of columns that each CTE has.
    pub(crate) ctes: Few<Kinds, 4>,
}

/// Answers about one catalog: queries ask the same again and again.
#[derive(Debug, Default)]
pub(crate) struct Answers(RwLock<HashMap<Asked, Arc<Reach>>>);

impl Answers {
    /// The answer, worked out where it is not known yet.
    pub(crate) fn of(&self, asked: Asked, solve: impl FnOnce() -> Reach) -> Arc<Reach> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        known.unwrap_or_else(|| {
            let reach = Arc::new(solve());
            let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if answers.len() >= REMEMBERED {
                answers.clear();
            }
            answers.insert(asked, reach.clone());
            reach
        })
    }
}

/// Solves one connection.
pub(crate) fn connect(grammar: &Grammar, ask: &Connection) -> Reach {
    let room = ask.sources.saturating_sub(ask.have.len() as u8);
    let cost = tree_costs(grammar, ask, room);
    let mut nodes = BitSet::new(grammar.node_count());
    let mut costs = vec![FAR; grammar.node_count()];
    for node in 0..grammar.node_count() as Node {
        let free = !ask.have.contains(&node) && !ask.taken.contains(&node);
        costs[node as usize] = with_twin(grammar, ask, &cost, node);
        if free && costs[node as usize] <= room {
            nodes.insert(u32::from(node));
        }
    }
    let least = match ask.have.first() {
        Some(&node) => cost[node as usize],
        None => cost.iter().copied().min().unwrap_or(FAR),
    };
    Reach { nodes, costs, missing: if least > room { u8::MAX } else { least } }
}

/// The cost of adding a node, with the first use of its table where that is not there yet.
fn with_twin(grammar: &Grammar, ask: &Connection, cost: &[u8], node: Node) -> u8 {
    let Some(first) = earlier_twin(node).filter(|first| !ask.taken.contains(first)) else {
        return cost[node as usize];
    };
    if ask.have.contains(&first) || ask.need.contains(&first) {
        return cost[node as usize];
    }
    let table = table_of(node);
    if !ask.have.is_empty() {
        return FAR;
    }
    // The second use hangs on the same neighbour as the first, or on the first itself.
    let free = |n: &Node| !ask.taken.contains(n) && table_of(*n) != table;
    match cost[first as usize] {
        1 if ask.ctes.joins_itself(grammar, table) => 2,
        1 if ask.ctes.neighbours(grammar, node).any(|n| free(&n)) => 3,
        1 => FAR,
        other => other + 1,
    }
}

/// `cost[v]` for all terminals together.
fn tree_costs(grammar: &Grammar, ask: &Connection, room: u8) -> Vec<u8> {
    let count = grammar.node_count();
    let weight = |node: Node| if ask.have.contains(&node) { 0 } else { 1 };
    let mut starts: Vec<Vec<Node>> = ask.need.iter().filter(|n| !ask.have.contains(n)).map(|&n| vec![n]).collect();
    if !ask.have.is_empty() {
        starts.push(ask.have.to_vec());
    }
    if ask.anchored {
        starts.push(ask.taken.iter().flat_map(|&n| grammar.neighbours[n as usize].iter().copied()).collect());
    }
    let is_taken = |node: Node| ask.taken.contains(&node) || ask.ctes.columns(grammar, table_of(node)).is_empty();
    if starts.is_empty() {
        return (0..count as Node).map(|n| if is_taken(n) { FAR } else { 1 }).collect();
    }
    let full = (1usize << starts.len()) - 1;
    let near: Vec<Vec<Node>> = (0..count as Node).map(|node| ask.ctes.neighbours(grammar, node).collect()).collect();
    let mut rows: Vec<Vec<u8>> = Vec::with_capacity(full + 1);
    rows.push(vec![FAR; count]);
    for set in 1..=full {
        let mut row = vec![FAR; count];
        if set.is_power_of_two() {
            let start = &starts[set.trailing_zeros() as usize];
            start.iter().filter(|n| !is_taken(**n)).for_each(|&n| row[n as usize] = weight(n));
        } else {
            merge_subsets(&mut row, &rows, set, weight);
        }
        spread(&near, ask, &mut row, room, |node| if is_taken(node) { FAR } else { weight(node) });
        rows.push(row);
    }
    rows.swap_remove(full)
}

/// Trees that meet in a node: both parts hold it, so it is counted once.
fn merge_subsets(row: &mut [u8], rows: &[Vec<u8>], set: usize, weight: impl Fn(Node) -> u8) {
    let mut part = (set - 1) & set;
    while part > set ^ part {
        let other = set ^ part;
        for (node, best) in row.iter_mut().enumerate() {
            let (a, b) = (rows[part][node], rows[other][node]);
            if a < FAR && b < FAR {
                *best = (*best).min(a + b - weight(node as Node));
            }
        }
        part = (part - 1) & set;
    }
}

/// Shortest ways from every node that has a cost to its neighbours, up to `room`.
fn spread(near: &[Vec<Node>], ask: &Connection, row: &mut [u8], room: u8, weight: impl Fn(Node) -> u8) {
    for level in 0..=room {
        let mut pending: Vec<Node> = (0..row.len() as Node).filter(|&n| row[n as usize] == level).collect();
        while let Some(node) = pending.pop() {
            // Tables already joined are next to each other, whatever joined them.
            let joined = if ask.have.contains(&node) { ask.have } else { &[] };
            for &next in near[node as usize].iter().chain(joined) {
                let cost = level + weight(next);
                if cost < row[next as usize] {
                    row[next as usize] = cost;
                    if cost == level {
                        pending.push(next);
                    }
                }
            }
        }
    }
}
