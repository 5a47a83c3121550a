//! A lexeme matcher between two lexemes, with what may come next in the order of the lexemes' texts.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::Matcher;
use super::grammar::{ByteGrammar, SPACE};
use super::trie::ROOT;
use crate::bitset::BitSet;

/// A place between two lexemes. Readings that have begun different lexemes here share it.
#[derive(Debug)]
pub(super) struct State<'g> {
    pub(super) matcher: Matcher<'g>,
    /// The lexemes with a text that may come next, by their positions in the sorted order.
    pub(super) allowed: BitSet,
    /// Whether the query may end here.
    pub(super) may_end: bool,
    /// Places after one of those lexemes, as far as they were asked for.
    after: Mutex<Vec<(u32, Arc<State<'g>>)>>,
}

impl<'g> State<'g> {
    pub(super) fn new(grammar: &ByteGrammar, matcher: Matcher<'g>) -> Arc<Self> {
        let mut mask = BitSet::default();
        matcher.mask(&mut mask);
        let mut allowed = BitSet::new(grammar.lexemes.len());
        let mut may_end = false;
        for id in mask.iter() {
            match grammar.positions[id as usize] {
                u32::MAX => may_end = true,
                position => allowed.insert(position),
            }
        }
        Arc::new(State { matcher, allowed, may_end, after: Mutex::default() })
    }

    /// The place after an allowed lexeme, by its position.
    pub(super) fn after(&self, grammar: &ByteGrammar, lexeme: u32) -> Arc<Self> {
        let mut known = self.after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, state)) = known.iter().find(|(l, _)| *l == lexeme) {
            return state.clone();
        }
        let mut matcher = self.matcher.clone();
        matcher.advance_allowed(grammar.lexemes.string(lexeme));
        let state = State::new(grammar, matcher);
        known.push((lexeme, state.clone()));
        state
    }
}

/// One way to read the text so far: lexemes, and a part of the next one.
#[derive(Debug, Clone)]
pub(super) struct Reading<'g> {
    /// Before the lexeme that is being read.
    pub(super) state: Arc<State<'g>>,
    /// How far that lexeme has come: a node of the lexemes' trie.
    pub(super) node: u32,
    /// The lexemes before it, last first.
    pub(super) taken: Option<Arc<Taken>>,
}

/// A lexeme that was read, and those before it.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) lexeme: u32,
    pub(super) before: Option<Arc<Taken>>,
}

impl<'g> Reading<'g> {
    /// The readings after one more byte.
    pub(super) fn step(&self, grammar: &ByteGrammar, byte: u8, out: &mut Vec<Reading<'g>>) {
        if let Some(node) = grammar.lexemes.child(self.node, byte).filter(|node| self.reaches(grammar, *node)) {
            out.push(Reading { node, ..self.clone() });
        }
        if byte == SPACE {
            self.complete(grammar).for_each(|lexeme| self.cross(grammar, lexeme, out));
        }
    }

    /// The reading that goes on after a lexeme and its space, unless only the end may follow or it is there already.
    fn cross(&self, grammar: &ByteGrammar, lexeme: u32, out: &mut Vec<Reading<'g>>) {
        let state = self.state.after(grammar, lexeme);
        if state.allowed.is_empty() {
            return;
        }
        let same = |r: &Reading| r.node == ROOT && r.state.matcher.is_like(&state.matcher);
        let known = out.iter().position(same);
        let taken = Taken { lexeme: grammar.lexemes.string(lexeme), before: self.taken.clone() };
        let reading = Reading { state, node: ROOT, taken: Some(Arc::new(taken)) };
        match known {
            Some(at) if out[at].state.matcher.remaining >= reading.state.matcher.remaining => {}
            Some(at) => out[at] = reading,
            None => out.push(reading),
        }
    }

    /// Whether some allowed lexeme lies below a node.
    pub(super) fn reaches(&self, grammar: &ByteGrammar, node: u32) -> bool {
        let node = grammar.lexemes.node(node);
        self.state.allowed.any_within(node.low, node.high)
    }

    /// The allowed lexemes that are complete, by their positions.
    pub(super) fn complete<'a>(&'a self, grammar: &'a ByteGrammar) -> impl Iterator<Item = u32> + 'a {
        grammar.complete(self.node).filter(|lexeme| self.state.allowed.contains(*lexeme))
    }

    /// The lexemes read, where the last one is complete and the query may end after it; the end is not among them.
    pub(super) fn ended(&self, grammar: &ByteGrammar) -> Option<Vec<u32>> {
        let last = self.complete(grammar).find(|lexeme| self.state.after(grammar, *lexeme).may_end)?;
        let mut lexemes = vec![grammar.lexemes.string(last)];
        let mut taken = self.taken.as_ref();
        while let Some(Taken { lexeme, before }) = taken.map(Arc::as_ref) {
            lexemes.push(*lexeme);
            taken = before.as_ref();
        }
        lexemes.reverse();
        Some(lexemes)
    }
}
