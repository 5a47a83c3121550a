//! A set of byte strings as a trie in arrays: the strings below a node are one range of the sorted order.

use std::collections::VecDeque;

/// The node of the empty string.
pub(crate) const ROOT: u32 = 0;

/// One node: the strings that begin with what led here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Position in the sorted order of the first string below.
    pub(crate) low: u32,
    /// Position after the last string that ends right here.
    pub(crate) ends: u32,
    /// Position after the last string below.
    pub(crate) high: u32,
    edges: (u32, u32),
}

impl Node {
    /// How many strings are below.
    pub(crate) fn width(&self) -> u32 {
        self.high - self.low
    }
}

/// The trie; empty strings are left out of it.
#[derive(Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    edges: Vec<(u8, u32)>,
    /// Which string stands at each position of the sorted order.
    order: Vec<u32>,
}

impl Trie {
    /// The trie over these strings.
    pub(crate) fn new<T: AsRef<[u8]>>(strings: &[T]) -> Self {
        let text = |id: u32| strings[id as usize].as_ref();
        let mut order: Vec<u32> = (0..strings.len() as u32).filter(|id| !text(*id).is_empty()).collect();
        order.sort_by_key(|id| text(*id));
        let mut trie = Trie { nodes: vec![], edges: vec![], order };
        let all = trie.order.len() as u32;
        trie.nodes.push(Node { low: 0, ends: 0, high: all, edges: (0, 0) });
        let mut open = VecDeque::from([(ROOT, 0)]);
        while let Some((node, depth)) = open.pop_front() {
            trie.expand(node, |at| text(at).get(depth).copied());
            let (first, after) = trie.nodes[node as usize].edges;
            open.extend(trie.edges[first as usize..after as usize].iter().map(|(_, child)| (*child, depth + 1)));
        }
        trie
    }

    /// Gives a node its children; `byte` is the one that a string has next.
    fn expand(&mut self, node: u32, byte: impl Fn(u32) -> Option<u8>) {
        let Node { low, high, .. } = self.nodes[node as usize];
        let sorted = &self.order[low as usize..high as usize];
        let ends = low + sorted.partition_point(|id| byte(*id).is_none()) as u32;
        let first = self.edges.len() as u32;
        let mut start = ends;
        for run in self.order[ends as usize..high as usize].chunk_by(|a, b| byte(*a) == byte(*b)) {
            let after = start + run.len() as u32;
            self.edges.extend(byte(run[0]).map(|b| (b, self.nodes.len() as u32)));
            self.nodes.push(Node { low: start, ends: start, high: after, edges: (0, 0) });
            start = after;
        }
        self.nodes[node as usize] = Node { low, ends, high, edges: (first, self.edges.len() as u32) };
    }

    /// How many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The node with this number.
    pub(crate) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    /// All nodes' numbers.
    pub(crate) fn nodes(&self) -> std::ops::Range<u32> {
        0..self.nodes.len() as u32
    }

    /// The children of a node, by their bytes in ascending order.
    pub(crate) fn children(&self, node: u32) -> &[(u8, u32)] {
        let (first, after) = self.nodes[node as usize].edges;
        &self.edges[first as usize..after as usize]
    }

    /// The child of a node after this byte.
    pub(crate) fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let children = self.children(node);
        children.binary_search_by_key(&byte, |(b, _)| *b).ok().map(|at| children[at].1)
    }

    /// The string at a position of the sorted order.
    pub(crate) fn string(&self, position: u32) -> u32 {
        self.order[position as usize]
    }

    /// The strings that end at a node.
    pub(crate) fn ending(&self, node: u32) -> &[u32] {
        let node = self.node(node);
        &self.order[node.low as usize..node.ends as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_where_they_end() {
        let trie = Trie::new(&["(", "IN (", "", "INT", "(", "I"]);
        let find = |text: &str| text.bytes().try_fold(ROOT, |node, byte| trie.child(node, byte));
        assert_eq!(trie.len(), 5);
        assert_eq!(find("(").map(|node| trie.ending(node).to_vec()), Some(vec![0, 4]));
        let i = find("I").expect("I begins three strings");
        assert_eq!((trie.node(i).width(), trie.ending(i)), (3, &[5][..]));
        assert_eq!(find("IN").map(|node| (trie.ending(node).len(), trie.children(node).len())), Some((0, 2)));
        assert_eq!((find("IX"), trie.string(0)), (None, 0));
    }
}
