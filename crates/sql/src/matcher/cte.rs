//! CTEs: what each shows, and how it may be joined.
//!
//! To the join graph a CTE is a table more, numbered after those of the catalog, whose columns are what its query shows.
//! It is next to every table and CTE that has a column it can be compared with, so [`super::connect`] sees it as it sees
//! the rest. What a level knows of the CTEs before it is a [`Ctes`].

use std::sync::Arc;

use schema::ColumnId;

use super::Matcher;
use super::calendar::{is_hidden, with_parts};
use super::few::Few;
use super::grammar::{ColumnFacts, Grammar, Kinds, Node, kind, kinds_of, table_of};
use super::offer::Offers;
use super::state::{Frame, Level, LevelKind, NONE};
use crate::lexeme::{CTES, INSTANCES, Lexeme, Word};

/// Kinds that a CTE may be joined on.
const LINKS: Kinds = kind::NUMBER | kind::TEXT | kind::TIME | kind::KEY;
/// The words that open a CTE.
const OPENINGS: [Word; CTES as usize] = [Word::With, Word::WithSecond, Word::WithThird];
/// How days may stand to a calendar's.
const ORDERS: [Word; 4] = [Word::Lt, Word::LtEq, Word::Gt, Word::GtEq];
/// How many lexemes a join without a declared key has.
const JOIN_COST: usize = 4;

/// The CTEs written so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Ctes(Vec<Cte>);

/// One CTE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Cte {
    columns: Vec<ColumnFacts>,
    /// All kinds that they have.
    kinds: Kinds,
    /// The column of the catalog whose values each column has.
    origins: Vec<Option<ColumnId>>,
    /// Whether it has one row whatever the data.
    one_row: bool,
    /// Whether it is a calendar.
    calendar: bool,
}

/// A comparison after `JOIN X ON`: an equality, or one of days with a calendar's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    /// What is joined.
    node: Node,
    /// Its column, once read.
    left: u32,
    /// The comparison, once read.
    comparison: Option<Word>,
}

impl Pair {
    /// How many lexemes it still needs.
    pub(crate) fn cost(&self) -> usize {
        3 - usize::from(self.left != NONE) - usize::from(self.comparison.is_some())
    }
}

impl Ctes {
    /// A calendar alone.
    pub(crate) fn of_calendar(columns: Vec<ColumnFacts>) -> Self {
        let kinds = kinds_of(&columns);
        Ctes(vec![Cte { columns, kinds, origins: vec![], one_row: false, calendar: true }])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_calendar(&self, grammar: &Grammar, node: Node) -> bool {
        self.of_table(grammar, table_of(node)).is_some_and(|cte| cte.calendar)
    }

    fn of_table(&self, grammar: &Grammar, table: usize) -> Option<&Cte> {
        self.0.get(table.checked_sub(grammar.tables)?)
    }

    /// The columns of a table or CTE; none for a CTE that is not written.
    pub(crate) fn columns<'a>(&'a self, grammar: &'a Grammar, table: usize) -> &'a [ColumnFacts] {
        match grammar.columns.get(table) {
            Some(columns) => columns,
            None => self.of_table(grammar, table).map_or(&[], |cte| &cte.columns),
        }
    }

    /// The kinds of columns that each CTE has: all that joins depend on.
    pub(crate) fn link_kinds(&self) -> Few<Kinds, 4> {
        let mut all = Few::default();
        self.0.iter().for_each(|cte| _ = all.push(cte.kinds));
        all
    }

    /// All kinds that the columns of a node have.
    pub(crate) fn kinds(&self, grammar: &Grammar, node: Node) -> Kinds {
        match grammar.table_kinds.get(table_of(node)) {
            Some(kinds) => *kinds,
            None => self.of_table(grammar, table_of(node)).map_or(0, |cte| cte.kinds),
        }
    }

    /// The nodes next to a node.
    pub(crate) fn neighbours<'a>(&'a self, grammar: &'a Grammar, node: Node) -> impl Iterator<Item = Node> + 'a {
        let first = (grammar.tables * usize::from(INSTANCES)) as Node;
        let written = first + (self.0.len() * usize::from(INSTANCES)) as Node;
        let others = if node < first { first..written } else { 0..written };
        // A CTE's columns are never those of a declared key: what can be compared is enough.
        let own = self.kinds(grammar, node) & LINKS;
        let links = others.filter(move |other| *other != node && self.kinds(grammar, *other) & own != 0);
        grammar.neighbours[node as usize].iter().copied().chain(links)
    }

    /// Whether a second use of a table can hang on the first.
    pub(crate) fn joins_itself(&self, grammar: &Grammar, table: usize) -> bool {
        match grammar.self_keys.get(table) {
            Some(joins) => *joins,
            None => self.of_table(grammar, table).is_some_and(|cte| cte.kinds & LINKS != 0),
        }
    }
}

impl Level {
    /// Whether it is a query as a whole: the outermost, or a CTE's.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kind, LevelKind::Top | LevelKind::Cte)
    }

    /// The columns of a node with their ids.
    pub(crate) fn node_columns<'a>(
        &'a self,
        grammar: &'a Grammar,
        node: Node,
    ) -> impl Iterator<Item = (u32, ColumnFacts)> + 'a {
        let base = grammar.column_base(node);
        let columns = self.ctes.columns(grammar, table_of(node)).iter().enumerate().filter(|(_, c)| !is_hidden(c));
        columns.map(move |(i, facts)| (base + i as u32, *facts))
    }

    /// The facts of a column.
    pub(crate) fn facts(&self, grammar: &Grammar, column: ColumnId) -> ColumnFacts {
        self.ctes.columns(grammar, usize::from(column.table.0))[usize::from(column.column)]
    }

    /// How many lexemes a join may need.
    pub(crate) fn join_cost(&self) -> usize {
        if self.ctes.is_empty() { 1 } else { JOIN_COST }
    }

    /// How many lexemes the joins still needed may have.
    pub(crate) fn missing_cost(&self) -> usize {
        // The first table is no join.
        let first = usize::from(self.have.is_empty());
        let missing = usize::from(self.reach.missing);
        (missing.saturating_sub(first)) * self.join_cost() + missing.min(first)
    }
}

impl Matcher<'_> {
    /// The column of the catalog that a column's values come from.
    pub(crate) fn source_column(&self, source: u32) -> Option<ColumnId> {
        let column = if source == NONE { None } else { self.grammar.column(source).map(|c| c.column) }?;
        match self.level().ctes.of_table(self.grammar, usize::from(column.table.0)) {
            Some(cte) => cte.origins.get(usize::from(column.column)).copied().flatten(),
            None => Some(column),
        }
    }

    /// The same, unless the column is a part of a day.
    fn real_column(&self, source: u32) -> Option<ColumnId> {
        self.source_column(source).filter(|c| !self.level().facts(self.grammar, *c).part)
    }

    /// Offers the CTE that may come before SELECT.
    pub(crate) fn offer_with(&self, out: &mut Offers) {
        let level = self.level();
        let fresh = level.kind == LevelKind::Top && level.arm.number == 0 && self.grammar.may_name;
        if let Some(word) = OPENINGS.get(level.ctes.0.len()).filter(|_| fresh) {
            out.put(self.grammar.word(*word));
        }
    }

    /// Opens a CTE.
    pub(crate) fn open_cte(&mut self) {
        let ctes = self.level().ctes.clone();
        let level = Level::new(self.grammar, LevelKind::Cte, kind::ANY, Default::default(), ctes);
        self.levels.push(level);
        self.frames.push(Frame::Query);
    }

    /// Notes what a CTE that has ended shows.
    pub(crate) fn close_cte(&mut self, level: &Level) {
        let grammar = self.grammar;
        let columns = level.arm.outputs().iter().map(|kinds| ColumnFacts { kinds: *kinds, part: false });
        let columns: Vec<ColumnFacts> = columns.collect();
        let cte = Cte {
            kinds: kinds_of(&columns),
            columns: if self.level().ctes.is_empty() { with_parts(columns) } else { columns },
            origins: level.arm.origins.iter().map(|source| self.real_column(*source)).collect(),
            one_row: level.is_one_row() && level.arm.number == 0,
            calendar: false,
        };
        let outer = self.level_mut();
        let mut ctes = outer.ctes.0.clone();
        ctes.push(cte);
        outer.ctes = Arc::new(Ctes(ctes));
        outer.update_reach(grammar);
    }

    /// Offers joins without a declared key, and CTEs of one row.
    pub(crate) fn offer_free_joins(&self, out: &mut Offers) {
        let level = self.level();
        let nodes = level.reach.nodes.iter().map(|node| node as Node);
        for node in nodes.filter(|node| level.is_next_use(*node)) {
            let id = self.grammar.join_on_base + 2 * u32::from(node);
            if self.lefts(node, |left| self.is_tied(node, left)).next().is_some() {
                out.put(id);
                out.put(id + 1);
            }
            if level.ctes.of_table(self.grammar, table_of(node)).is_some_and(|cte| cte.one_row) {
                let first = (self.grammar.tables * usize::from(INSTANCES)) as u32;
                out.put(self.grammar.cross_base + u32::from(node) - first);
            }
        }
    }

    /// The kinds in which two nodes may be compared: tables of the catalog by keys and names only.
    fn pair_kinds(&self, a: Node, b: Node) -> Kinds {
        let ctes = &self.level().ctes;
        let plain = [a, b].iter().all(|node| table_of(*node) < self.grammar.tables);
        let kinds = if plain { kind::KEY | kind::TEXT } else { LINKS };
        ctes.kinds(self.grammar, a) & ctes.kinds(self.grammar, b) & kinds
    }

    /// Joins a node on an equality that is still to be read.
    pub(crate) fn open_pair(&mut self, node: Node) {
        self.frames.push(Frame::Pair(Pair { node, left: NONE, comparison: None }));
    }

    pub(crate) fn offer_pair(&self, pair: &Pair, out: &mut Offers) {
        let Pair { node, left, comparison } = *pair;
        match comparison {
            _ if left == NONE => self.lefts(node, |left| self.is_tied(node, left)).for_each(|id| out.put(id)),
            None => {
                if self.rights(node, left).next().is_some() {
                    out.put(self.grammar.word(Word::Eq));
                }
                if self.days_beside(node, left).next().is_some() {
                    ORDERS.iter().for_each(|word| out.put(self.grammar.word(*word)));
                }
            }
            Some(Word::Eq) => self.rights(node, left).for_each(|id| out.put(id)),
            Some(_) => self.days_beside(node, left).for_each(|id| out.put(id)),
        }
    }

    /// The columns of a new node that are as asked.
    fn lefts<'a>(&'a self, node: Node, is_tied: impl Fn(u32) -> bool + 'a) -> impl Iterator<Item = u32> + 'a {
        let columns = self.level().node_columns(self.grammar, node).filter(|(_, facts)| !facts.part).map(|(id, _)| id);
        columns.filter(move |left| is_tied(*left))
    }

    /// Whether a column of a new node can be compared with one of the tables joined.
    fn is_tied(&self, node: Node, left: u32) -> bool {
        self.rights(node, left).next().is_some() || self.days_beside(node, left).next().is_some()
    }

    /// The days that may come before or after a day of a new node: one of both is a calendar's.
    fn days_beside(&self, new: Node, left: u32) -> impl Iterator<Item = u32> + '_ {
        let (level, grammar) = (self.level(), self.grammar);
        let is_day = |facts: ColumnFacts| facts.kinds == kind::TIME && !facts.part;
        let is_calendar = move |node: Node| level.ctes.is_calendar(grammar, node);
        let fits = grammar.column(left).is_some_and(|c| is_day(level.facts(grammar, c.column)));
        let known = level.have.iter().copied().filter(move |node| fits && *node != new);
        let beside = known.filter(move |node| is_calendar(new) || is_calendar(*node));
        let columns = beside.flat_map(move |node| level.node_columns(grammar, node));
        columns.filter(move |(_, facts)| is_day(*facts)).map(|(id, _)| id)
    }

    /// The columns that a column of a new node can be compared with; what a declared key says is left to it.
    fn rights(&self, new: Node, left: u32) -> impl Iterator<Item = u32> + '_ {
        let (level, grammar) = (self.level(), self.grammar);
        let column = grammar.column(left).map(|c| c.column);
        let kinds = column.map_or(0, |c| level.facts(grammar, c).kinds);
        let known = level.have.iter().copied().filter(move |node| *node != new);
        let columns = known.flat_map(move |node| {
            let shared = kinds & self.pair_kinds(new, node);
            level.node_columns(grammar, node).filter(move |(_, facts)| !facts.part && facts.kinds & shared != 0)
        });
        let is_keyed = move |id: u32| {
            let other = grammar.column(id).map(|c| c.column);
            column.zip(other).is_some_and(|pair| grammar.keyed.contains(&pair))
        };
        columns.map(|(id, _)| id).filter(move |id| !is_keyed(*id))
    }

    pub(crate) fn take_pair(&mut self, pair: Pair, id: u32, lexeme: Lexeme) -> bool {
        let next = match lexeme {
            Lexeme::Word(word) => Pair { comparison: Some(word), ..pair },
            _ if pair.left == NONE => Pair { left: id, ..pair },
            _ => return self.drop_frame(),
        };
        self.replace_frame(Frame::Pair(next))
    }

    /// Whether a CTE is being written.
    pub(crate) fn is_in_cte(&self) -> bool {
        self.levels.iter().any(|level| level.kind == LevelKind::Cte)
    }
}
