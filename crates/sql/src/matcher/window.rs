//! Windows: `RANK() OVER ( PARTITION BY a ORDER BY b DESC )`, `SUM( x ) OVER ( ORDER BY c ROWS … )`, `LAG( x ) OVER ( … )`.
//!
//! They stand in the outputs of a query or a CTE whose rows are plain: windows over groups read a CTE that has grouped. So
//! a level that has a window takes no aggregate, no DISTINCT and no GROUP BY, and the other way round.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Operand, Role, Wants};
use super::few::Few;
use super::grammar::{Kinds, kind};
use super::offer::Offers;
use super::scope::SORTABLE;
use super::state::{Frame, Level, Place};
use crate::lexeme::{Lexeme, Word};

/// Most columns of PARTITION BY.
const PARTITION: usize = 3;
/// Most items of ORDER BY in a window.
const ORDER: u8 = 2;
/// Windows over an order that have no argument.
const RANKS: [Word; 5] = [Word::RowNumber, Word::Rank, Word::DenseRank, Word::Quartile, Word::Decile];
/// Windows over numbers.
const TOTALS: [Word; 4] = [Word::SumOver, Word::AvgOver, Word::MinOver, Word::MaxOver];
/// What another row has.
const OTHERS: [Word; 2] = [Word::Lag, Word::Lead];
/// Frames.
pub(crate) const FRAMES: [Word; 7] = [
    Word::RowsToHere,
    Word::RowsBefore,
    Word::RowsTwo,
    Word::RowsThree,
    Word::RowsFour,
    Word::RowsSix,
    Word::RowsTwelve,
];

/// Whether a window makes no sense without an order.
pub(crate) fn needs_order(opening: Word) -> bool {
    RANKS.contains(&opening) || OTHERS.contains(&opening)
}

/// Whether a window may have a frame.
pub(crate) fn takes_frame(opening: Word) -> bool {
    TOTALS.contains(&opening) || opening == Word::CountOver
}

/// A window being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    /// Whether it makes no sense without an order.
    ordered: bool,
    /// Whether it may have a frame.
    framed: bool,
    /// What it is; 0 for what its argument is.
    kinds: Kinds,
    stage: Stage,
    partition: Few<u32, PARTITION>,
    /// ORDER BY items so far.
    order: u8,
}

/// How far a window has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// In or after the argument.
    Argument,
    /// After `OVER (`.
    Open,
    /// Before a column of PARTITION BY.
    Key,
    /// After one.
    KeyEnd,
    /// Before an ORDER BY item.
    Order,
    /// In or after one.
    OrderEnd,
    /// After DESC.
    Desc,
    /// After a frame.
    Framed,
}

impl Matcher<'_> {
    /// Lexemes needed to end a window, those of the expression that is being read in it aside.
    pub(crate) fn window_cost(&self, w: &Window, level: &Level) -> usize {
        let column = 1 + self.detour(&self.window_order(), level);
        let order = if w.ordered && w.order == 0 { 1 + column } else { 0 };
        match w.stage {
            Stage::Argument => 1 + order + 1,
            Stage::Open | Stage::KeyEnd => order + 1,
            Stage::Key => 1 + self.partition_detour(w, level) + order + 1,
            Stage::Order => column + 1,
            Stage::OrderEnd | Stage::Desc | Stage::Framed => 1,
        }
    }

    /// What a column of PARTITION BY brings along where those of the tables mentioned are used up.
    fn partition_detour(&self, w: &Window, level: &Level) -> usize {
        let mut near = level.need.iter().flat_map(|&node| level.node_columns(self.grammar, node));
        let is_left = near.any(|(id, facts)| facts.kinds != 0 && !w.partition.contains(&id));
        if is_left || level.need.is_empty() { 0 } else { usize::from(level.sources(self.grammar)) * level.join_cost() }
    }

    /// Offers the words that open a window.
    pub(crate) fn offer_windows(&self, e: &Expression, kinds: Kinds, out: &mut Offers) {
        let level = self.level();
        let is_output = e.place == Place::Item && !e.inside && level.is_whole() && level.arm.number == 0;
        let plain = !level.aggregated && !level.distinct;
        let named = self.grammar.alias(level.computed + 1).is_some();
        if !is_output || !plain || !named || e.limit == 0 || e.debt == Wants::Aggregate {
            return;
        }
        let mut put_all = |words: &[Word]| words.iter().for_each(|word| out.put(self.grammar.word(*word)));
        let others = if kinds == kind::ANY { SORTABLE } else { kinds };
        if kinds & kind::NUMBER != 0 {
            put_all(&[Word::CountOver]);
            if self.sees(Place::Item, true, SORTABLE) {
                put_all(&RANKS);
            }
            if self.sees(Place::Item, true, kind::NUMBER) {
                put_all(&TOTALS);
            }
        }
        if self.sees(Place::Item, true, self.other_kinds(others)) {
            put_all(&OTHERS);
        }
    }

    /// What another row's value may be. One that is no number cannot be made another output by calculating with it, so a
    /// level has at most one.
    fn other_kinds(&self, kinds: Kinds) -> Kinds {
        if self.level().lagged { kinds & kind::NUMBER } else { kinds & SORTABLE }
    }

    /// Opens a window as an operand of this expression.
    pub(crate) fn open_window(&mut self, e: &Expression, word: Word) {
        let plain = e.is_first() && e.role != Role::Parenthesis;
        let operators = self.grammar.limits.operators.min(3);
        let argument = |kinds, limit| Some(Expression::new(Role::Argument, Place::Item, kinds, limit));
        let (kinds, argument) = match word {
            word if OTHERS.contains(&word) => {
                let kinds = self.other_kinds(if plain { e.kinds } else { kind::NUMBER });
                (0, argument(kinds, if kinds == kind::NUMBER { operators } else { 0 }))
            }
            word if TOTALS.contains(&word) => (kind::NUMBER, argument(kind::NUMBER, operators)),
            _ => (kind::NUMBER, None),
        };
        let window = Window {
            ordered: needs_order(word),
            framed: takes_frame(word),
            kinds,
            stage: if argument.is_some() { Stage::Argument } else { Stage::Open },
            partition: Few::default(),
            order: 0,
        };
        self.level_mut().windowed = true;
        self.frames.push(Frame::Window(window));
        self.frames.extend(argument.map(Frame::Expression));
    }

    pub(crate) fn offer_in_window(&self, w: &Window, out: &mut Offers) {
        let mut put = |word: Word| out.put(self.grammar.word(word));
        let done = !w.ordered || w.order > 0;
        match w.stage {
            Stage::Argument => put(Word::Over),
            Stage::Open => {
                put(Word::PartitionBy);
                put(Word::OrderBy);
            }
            Stage::Key => self.partition_columns(w, |id| out.put(id)),
            Stage::KeyEnd => {
                if w.partition.len() < PARTITION && Self::has_at_least(1, |visit| self.partition_columns(w, visit)) {
                    put(Word::Comma);
                }
                put(Word::OrderBy);
            }
            Stage::Order => self.offer_operands(&self.window_order(), out),
            Stage::OrderEnd | Stage::Desc => {
                if w.stage == Stage::OrderEnd {
                    put(Word::Desc);
                }
                if w.order < ORDER {
                    put(Word::Comma);
                }
                if w.framed {
                    FRAMES.iter().for_each(|word| put(*word));
                }
            }
            Stage::Framed => {}
        }
        if done && matches!(w.stage, Stage::Open | Stage::KeyEnd | Stage::OrderEnd | Stage::Desc | Stage::Framed) {
            out.put(self.grammar.word(Word::Close));
        }
    }

    /// What the rows of a window are ordered by.
    fn window_order(&self) -> Expression {
        Expression::new(Role::Argument, Place::Item, SORTABLE, self.grammar.limits.operators)
    }

    /// Visits the columns that the rows of a window may be divided by.
    fn partition_columns(&self, w: &Window, mut visit: impl FnMut(u32)) {
        self.any_column(Place::Item, false, |id, facts| {
            if facts.kinds != 0 && !w.partition.contains(&id) {
                visit(id);
            }
            false
        });
    }

    /// Takes a lexeme of a window; `argument` is the expression that ends with it.
    pub(crate) fn take_in_window(&mut self, w: Window, argument: Option<Expression>, id: u32, lexeme: Lexeme) -> bool {
        let next = match (w.stage, lexeme) {
            (Stage::Argument, _) => {
                let result = argument.map_or(0, |e| e.result);
                Window { stage: Stage::Open, kinds: if w.kinds == 0 { result } else { w.kinds }, ..w }
            }
            (Stage::Key, _) => {
                let mut partition = w.partition;
                partition.push(id);
                Window { stage: Stage::KeyEnd, partition, ..w }
            }
            (Stage::Order, _) => {
                self.replace_frame(Frame::Window(Window { stage: Stage::OrderEnd, order: w.order + 1, ..w }));
                return self.open_expression(self.window_order(), id, lexeme);
            }
            (_, Lexeme::Word(Word::Close)) => return self.close_window(&w, id),
            (_, Lexeme::Word(Word::PartitionBy)) => Window { stage: Stage::Key, ..w },
            (Stage::KeyEnd, Lexeme::Word(Word::Comma)) => Window { stage: Stage::Key, ..w },
            (_, Lexeme::Word(Word::OrderBy | Word::Comma)) => Window { stage: Stage::Order, ..w },
            (_, Lexeme::Word(Word::Desc)) => Window { stage: Stage::Desc, ..w },
            _ => Window { stage: Stage::Framed, ..w },
        };
        self.count_for_output(id);
        self.replace_frame(Frame::Window(next))
    }

    fn close_window(&mut self, w: &Window, id: u32) -> bool {
        self.frames.pop();
        self.count_for_output(id);
        self.level_mut().lagged |= w.kinds & kind::NUMBER == 0;
        self.take_operand(Operand { kinds: w.kinds, value: true, column: true, ..Operand::NOTHING });
        true
    }

    /// A lexeme counts for what the output being read is.
    fn count_for_output(&mut self, id: u32) {
        let level = self.level_mut();
        level.running = mix(level.running, id);
    }
}
