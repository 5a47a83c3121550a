//! What the matcher knows of one catalog before any question: lexeme ids, kinds of columns, and which keys lead where.

use std::collections::{HashMap, HashSet};

use schema::{Catalog, ColumnId, Glossary, Role, Type, Value};

use super::connect::Answers;
use super::slots::Held;
use crate::date_part::{columns_and_parts, part_of};
use crate::lexeme::CTES;
use crate::lexeme::{ColumnRef, Edge, INSTANCES, Lexeme, Lexicon, OUTPUTS, Side, TableRef, Word, cte_table};

/// What may be compared with what: a set of [`kind`] bits.
pub(crate) type Kinds = u8;

/// The bits of [`Kinds`].
pub(crate) mod kind {
    use super::Kinds;

    /// Numbers one may calculate with.
    pub(crate) const NUMBER: Kinds = 1;
    /// Character data.
    pub(crate) const TEXT: Kinds = 2;
    /// Days and moments.
    pub(crate) const TIME: Kinds = 4;
    /// True and false.
    pub(crate) const FLAG: Kinds = 8;
    /// Whole numbers that only identify a row.
    pub(crate) const KEY: Kinds = 16;
    /// All of them.
    pub(crate) const ANY: Kinds = 31;
}

/// How large a query may be. The token budget is a limit of its own (see [`super::Matcher::new`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// FROM sources of the outermost query; at most 6.
    pub sources: u8,
    /// FROM sources of a subquery; at most 6.
    pub inner_sources: u8,
    /// Output columns, and GROUP BY keys; at most 16.
    pub items: u8,
    /// Conditions in one chain of ANDs.
    pub conditions: u8,
    /// Alternatives in one OR group.
    pub alternatives: u8,
    /// OR groups within each other.
    pub or_depth: u8,
    /// Members of an IN list; at most 8.
    pub list: u8,
    /// ORDER BY items; at most 4.
    pub order: u8,
    /// Operators in one arithmetic expression.
    pub operators: u8,
    /// Parentheses within each other in arithmetic.
    pub parentheses: u8,
    /// Subqueries within each other.
    pub subqueries: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            sources: 5,
            inner_sources: 3,
            items: 16,
            conditions: 8,
            alternatives: 4,
            or_depth: 2,
            list: 6,
            order: 3,
            operators: 4,
            parentheses: 2,
            subqueries: 2,
        }
    }
}

impl Limits {
    /// The limits within what the matcher's fixed arrays hold.
    fn clamped(mut self) -> Self {
        self.sources = self.sources.clamp(1, 6);
        self.inner_sources = self.inner_sources.clamp(1, 6);
        self.items = self.items.clamp(1, 16);
        self.list = self.list.clamp(2, 8);
        self.order = self.order.clamp(1, 4);
        self.alternatives = self.alternatives.max(2);
        self.conditions = self.conditions.max(2);
        self.operators = self.operators.clamp(3, 12);
        self
    }
}

/// One use of a table as a node of the join graph: `table * INSTANCES + instance - 1`.
pub(crate) type Node = u16;

/// An edge that leads from a table in scope to a new one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// The new use of a table.
    pub(crate) new: Node,
    /// The foreign key, and the use of its referring table: a second edge over the same pair finds the same row again.
    pub(crate) bound: (u16, Node),
    /// Whether the new table is the referred one.
    pub(crate) referred: bool,
    /// Id of the `JOIN`; `LEFT JOIN` and the correlation follow it.
    pub(crate) join: u32,
}

/// One column as the matcher sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ColumnFacts {
    pub(crate) kinds: Kinds,
    /// A part of a day: may be shown and grouped by, and nothing else.
    pub(crate) part: bool,
}

/// One constant as the matcher sees it.
#[derive(Debug, Clone)]
pub(crate) struct ConstantFacts {
    pub(crate) id: u32,
    pub(crate) held: Held,
    /// A closed number other than 0: may stand in arithmetic.
    pub(crate) arithmetic: bool,
    /// 0 or 1: may stand beside a flag.
    pub(crate) flag: bool,
    /// A whole number from 1: may stand after LIMIT.
    pub(crate) limit: bool,
    /// The number 1.
    pub(crate) one: bool,
    /// A text with a wildcard: stands after LIKE and nowhere else.
    pub(crate) pattern: bool,
}

/// Tables precomputed once for a catalog and its lexicon, shared by all matchers.
#[derive(Debug)]
pub struct Grammar {
    pub(crate) limits: Limits,
    pub(crate) lexemes: Vec<Lexeme>,
    words: Vec<u32>,
    pub(crate) alias_base: u32,
    pub(crate) output_base: u32,
    pub(crate) table_base: u32,
    /// How many tables the catalog has; CTEs come after them.
    pub(crate) tables: usize,
    /// Pairs of columns that a join without a declared key never compares: those of a key of one column, and a unique
    /// column with itself.
    pub(crate) keyed: HashSet<(ColumnId, ColumnId)>,
    /// Whether no table has the name of a CTE.
    pub(crate) may_name: bool,
    /// Id of the first node's `JOIN X ON`; that with LEFT follows, then those of the next node.
    pub(crate) join_on_base: u32,
    /// Id of the first CTE's `CROSS JOIN`.
    pub(crate) cross_base: u32,
    pub(crate) slots: HashMap<crate::tree::SlotUse, u32>,
    pub(crate) constants: Vec<ConstantFacts>,
    /// Columns of each table.
    pub(crate) columns: Vec<Vec<ColumnFacts>>,
    /// Id of each node's first column.
    column_bases: Vec<u32>,
    /// Edges out of each node.
    pub(crate) ways: Vec<Vec<Way>>,
    /// Nodes next to each node.
    pub(crate) neighbours: Vec<Vec<Node>>,
    /// Per table: all kinds its columns have.
    pub(crate) table_kinds: Vec<Kinds>,
    /// Per table: whether a key leads from it to itself.
    pub(crate) self_keys: Vec<bool>,
    /// What can be joined, as far as queries have asked.
    pub(crate) answers: Answers,
}

impl Grammar {
    /// Prepares a catalog. `glossary` says which whole numbers only identify a row; without it names and keys tell.
    pub fn new(catalog: &Catalog, lexicon: &Lexicon, glossary: Option<&Glossary>, limits: Limits) -> Self {
        let plain = Glossary::default();
        let roles = glossary.unwrap_or(&plain);
        let id = |lexeme: Lexeme| lexicon.id(lexeme).unwrap_or(u32::MAX);
        let columns = columns(catalog, roles);
        let nodes = || {
            all_tables(catalog)
                .into_iter()
                .flat_map(|table| (1..=INSTANCES).map(move |instance| TableRef { table, instance }))
        };
        let first_column =
            |t: TableRef| ColumnRef { column: ColumnId { table: t.table, column: 0 }, instance: t.instance };
        let ways = ways(catalog, lexicon);
        let neighbours = ways.iter().map(|from| distinct(from.iter().map(|way| way.new))).collect();
        Grammar {
            limits: limits.clamped(),
            lexemes: lexicon.lexemes().to_vec(),
            words: Word::ALL.iter().map(|(word, _)| id(Lexeme::Word(*word))).collect(),
            alias_base: id(Lexeme::Alias(1)),
            output_base: id(Lexeme::Output(1)),
            table_base: nodes().next().map_or(0, |t| id(Lexeme::Table(t))),
            tables: catalog.tables.len(),
            keyed: keyed(catalog),
            may_name: (1..=CTES).all(|n| catalog.find_table(&format!("cte_{n}")).is_none()),
            join_on_base: nodes().next().map_or(0, |t| id(Lexeme::JoinOn(t))),
            cross_base: id(Lexeme::Cross(TableRef { table: cte_table(catalog, 1), instance: 1 })),
            slots: lexicon.lexemes().iter().filter_map(|l| slot_use(*l).map(|s| (s, id(*l)))).collect(),
            constants: constants(lexicon),
            column_bases: nodes().map(|t| id(Lexeme::Column(first_column(t)))).collect(),
            neighbours,
            table_kinds: columns.iter().map(|all| kinds_of(all)).collect(),
            self_keys: catalog
                .table_ids()
                .map(|t| catalog.foreign_keys.iter().any(|k| k.from == t && k.to == t))
                .collect(),
            columns,
            ways,
            answers: Answers::default(),
        }
    }

    /// How many lexemes there are: the capacity of a mask.
    pub fn lexeme_count(&self) -> usize {
        self.lexemes.len()
    }

    /// The id of a word.
    pub(crate) fn word(&self, word: Word) -> u32 {
        self.words[word as usize]
    }

    /// How many nodes the join graph has.
    pub(crate) fn node_count(&self) -> usize {
        self.ways.len()
    }

    /// Id of the first column of a node.
    pub(crate) fn column_base(&self, node: Node) -> u32 {
        self.column_bases[node as usize]
    }

    /// The column with this id, if it is one.
    pub(crate) fn column(&self, id: u32) -> Option<ColumnRef> {
        match self.lexemes.get(id as usize) {
            Some(Lexeme::Column(column)) => Some(*column),
            _ => None,
        }
    }

    /// Most OUTPUTS computed columns have a name.
    pub(crate) fn alias(&self, number: u8) -> Option<u32> {
        (1..=OUTPUTS).contains(&number).then(|| self.alias_base + u32::from(number) - 1)
    }
}

fn keyed(catalog: &Catalog) -> HashSet<(ColumnId, ColumnId)> {
    let mut pairs = HashSet::new();
    for key in catalog.foreign_key_ids() {
        if let [(from, to)] = catalog.key_pairs(key).collect::<Vec<_>>()[..] {
            pairs.extend([(from, to), (to, from)]);
        }
    }
    let columns = catalog.table_ids().flat_map(|table| catalog.columns_of(table));
    pairs.extend(columns.filter(|c| catalog.is_unique(c.table, &[c.column])).map(|c| (c, c)));
    pairs
}

/// The tables of a catalog, then the numbers that stand for CTEs.
fn all_tables(catalog: &Catalog) -> Vec<schema::TableId> {
    catalog.table_ids().chain((1..=CTES).map(|n| cte_table(catalog, n))).collect()
}

/// The kinds of a table's real columns.
pub(crate) fn kinds_of(columns: &[ColumnFacts]) -> Kinds {
    columns.iter().filter(|c| !c.part).fold(0, |kinds, c| kinds | c.kinds)
}

/// The node of one use of a table.
pub(crate) fn node_of(table: TableRef) -> Node {
    table.table.0 * u16::from(INSTANCES) + u16::from(table.instance) - 1
}

/// The position of a node's table.
pub(crate) fn table_of(node: Node) -> usize {
    (node / u16::from(INSTANCES)) as usize
}

/// The use of the same table before this one, if this is not the first.
pub(crate) fn earlier_twin(node: Node) -> Option<Node> {
    (!node.is_multiple_of(u16::from(INSTANCES))).then(|| node - 1)
}

/// The facts of every column. What a key says refers to each other can be compared, however it was declared.
fn columns(catalog: &Catalog, roles: &Glossary) -> Vec<Vec<ColumnFacts>> {
    let facts = |c: ColumnId| match part_of(catalog, c) {
        Some(_) => ColumnFacts { kinds: kind::TEXT, part: true },
        None => ColumnFacts { kinds: column_kinds(catalog, roles, c), part: false },
    };
    let mut columns: Vec<Vec<ColumnFacts>> =
        catalog.table_ids().map(|t| columns_and_parts(catalog, t).map(facts).collect()).collect();
    for (a, b) in catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key)) {
        let both = (facts(a).kinds | facts(b).kinds) & (kind::KEY | kind::TEXT);
        for c in [a, b] {
            columns[c.table.0 as usize][c.column as usize].kinds |= both;
        }
    }
    columns
}

fn column_kinds(catalog: &Catalog, roles: &Glossary, column: ColumnId) -> Kinds {
    match catalog.column(column).ty {
        Type::Integer | Type::Real if roles.role(catalog, column) == Role::Key => kind::KEY,
        Type::Integer | Type::Real => kind::NUMBER,
        Type::Text => kind::TEXT,
        Type::Date | Type::Timestamp => kind::TIME,
        Type::Boolean => kind::FLAG,
        Type::Unknown => kind::NUMBER | kind::TEXT | kind::TIME,
        Type::Blob => 0,
    }
}

fn slot_use(lexeme: Lexeme) -> Option<crate::tree::SlotUse> {
    match lexeme {
        Lexeme::Slot(slot) => Some(slot),
        _ => None,
    }
}

fn constants(lexicon: &Lexicon) -> Vec<ConstantFacts> {
    let facts = |(i, constant): (usize, &crate::lexeme::Constant)| {
        let number = match constant.value {
            Value::Integer(n) => Some(n as f64),
            Value::Real(n) => Some(n),
            _ => None,
        };
        let whole = matches!(constant.value, Value::Integer(_));
        let text = matches!(&constant.value, Value::Text(_));
        let anywhere = constant.columns.is_empty();
        let kinds = if number.is_some() { kind::NUMBER | kind::KEY } else { kind::TEXT | kind::TIME };
        Some(ConstantFacts {
            id: lexicon.id(Lexeme::Constant(i as u8))?,
            held: if anywhere { Held::Kinds(kinds) } else { Held::Columns(constant.columns.clone()) },
            arithmetic: anywhere && number.is_some_and(|n| n != 0.0),
            flag: anywhere && whole && number.is_some_and(|n| n == 0.0 || n == 1.0),
            limit: anywhere && whole && number.is_some_and(|n| n >= 1.0),
            one: anywhere && whole && number == Some(1.0),
            pattern: text && constant.sql.contains('%'),
        })
    };
    lexicon.constants.iter().enumerate().filter_map(facts).collect()
}

fn ways(catalog: &Catalog, lexicon: &Lexicon) -> Vec<Vec<Way>> {
    let mut ways = vec![Vec::new(); all_tables(catalog).len() * usize::from(INSTANCES)];
    for (id, lexeme) in lexicon.lexemes().iter().enumerate() {
        let Lexeme::Join(edge) = lexeme else { continue };
        ways[node_of(edge.known_table(catalog)) as usize].push(way(catalog, *edge, id as u32));
    }
    ways
}

fn way(catalog: &Catalog, edge: Edge, join: u32) -> Way {
    let (new, known) = (node_of(edge.new_table(catalog)), node_of(edge.known_table(catalog)));
    let referred = edge.side == Side::Referred;
    Way { new, bound: (edge.key.0, if referred { known } else { new }), referred, join }
}

fn distinct(nodes: impl Iterator<Item = Node>) -> Vec<Node> {
    let mut nodes: Vec<Node> = nodes.collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
