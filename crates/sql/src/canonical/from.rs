//! FROM: which source stands where, and the key that joins it.

use schema::ForeignKeyId;

use super::{Kind, Place, Result, Writer, not_canonical};
use crate::lexeme::{Edge, INSTANCES, Lexeme, Side, TableRef, Word};
use crate::tree::{BinaryOp, Expr, ExprKind, JoinKind, Select, Source, SourceId};

/// A column of a source.
type Member = (SourceId, u16);

/// A FROM clause in canonical order, and the conditions that are no joins.
pub(super) struct From {
    pub(super) first: TableRef,
    /// `Join` and `LeftJoin` lexemes.
    pub(super) joins: Vec<Lexeme>,
    /// The edge to an enclosing query.
    pub(super) correlation: Option<Edge>,
    /// What WHERE and the ON conditions of inner joins say besides.
    pub(super) conditions: Vec<Expr>,
}

/// Columns known to be equal, in classes.
#[derive(Default)]
struct Classes(Vec<Vec<Member>>);

impl Classes {
    fn join(&mut self, a: Member, b: Member) {
        let (with, without): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|class| class.contains(&a) || class.contains(&b));
        let mut merged: Vec<Member> = with.into_iter().flatten().collect();
        merged.extend([a, b]);
        self.0 = without;
        self.0.push(merged);
    }

    fn same(&self, a: Member, b: Member) -> bool {
        self.0.iter().any(|class| class.contains(&a) && class.contains(&b))
    }
}

impl Writer<'_> {
    /// Places the sources of a SELECT and notes where they came to stand.
    pub(super) fn from(&mut self, select: &Select, kind: Kind) -> Result<From> {
        let mut sources = flipped(select)?;
        self.order_sources(&mut sources);
        let mut pool: Vec<Expr> = select.filter.iter().flat_map(|f| f.conjuncts().into_iter().cloned()).collect();
        for source in sources.iter().filter(|s| matches!(s.join, JoinKind::Inner | JoinKind::Cross)) {
            pool.extend(source.on.iter().flat_map(|on| on.conjuncts().into_iter().cloned()));
        }
        let mut equal = Classes::default();
        pool.iter().filter_map(equality).for_each(|(a, b)| equal.join(a, b));
        let Some(start) = sources.first() else { return not_canonical("query without tables", Default::default()) };
        let first = self.settle(start)?;
        let mut waiting: Vec<&Source> = sources.iter().skip(1).collect();
        let (mut joins, mut keyed) = (Vec::new(), Classes::default());
        // Beside an outer join the order stays: what is joined first may be what a later join hangs on.
        let ordered = sources.iter().any(|s| s.join == JoinKind::Left);
        while !waiting.is_empty() {
            let ready = |s: &&&Source| self.way_to(s, &equal).is_some() || self.pair_of(s, &pool).is_some();
            let last = if ordered { waiting.iter().position(|s| ready(&s)).map(|i| i + 1) } else { None };
            let within = &waiting[..last.unwrap_or(waiting.len())];
            let found = within.iter().enumerate().find_map(|(i, s)| self.way_to(s, &equal).map(|way| (i, way)));
            match found {
                Some((i, way)) => joins.push(self.take_way(waiting.remove(i), way, &mut keyed)?),
                None => self.join_freely(&mut waiting, &pool, &mut joins, &mut keyed)?,
            }
        }
        let correlation = self.correlation(kind, &equal, &mut keyed);
        pool.retain(|e| equality(e).is_none_or(|(a, b)| !keyed.same(a, b)));
        Ok(From { first, joins, correlation, conditions: pool })
    }

    /// Inner joins stand in any order: the table that refers to the others comes first, the rest as the catalog has them.
    fn order_sources(&self, sources: &mut [Source]) {
        if sources.iter().any(|s| s.join == JoinKind::Left) {
            return;
        }
        // CTEs come last, those of one row after the others.
        let tables: Vec<schema::TableId> = sources.iter().filter_map(Source::table_id).collect();
        let is_referred = |table: schema::TableId| {
            self.catalog.foreign_keys.iter().any(|k| k.to == table && k.from != table && tables.contains(&k.from))
        };
        sources.sort_by_key(|s| match s.table_id() {
            Some(table) => (is_referred(table), false, Some(table)),
            None => (true, self.has_one_row(s), self.table_of(s)),
        });
    }

    /// Gives a source the first free use of its table.
    fn settle(&mut self, source: &Source) -> Result<TableRef> {
        let Some(table) = self.table_of(source) else { return not_canonical("derived table", source.span) };
        let used =
            |instance: u8| self.places.iter().any(|p| p.depth >= self.base && p.table == TableRef { table, instance });
        let Some(instance) = (1..=INSTANCES).find(|&i| !used(i)) else {
            return not_canonical("table used a third time", source.span);
        };
        let table = TableRef { table, instance };
        self.places.push(Place { source: source.id, table, depth: self.depth() });
        Ok(table)
    }

    /// The key that joins a waiting source to one already placed here.
    fn way_to(&self, source: &Source, equal: &Classes) -> Option<Way> {
        let own;
        let classes = if source.join == JoinKind::Left {
            own = exact_key(source)?;
            &own
        } else {
            equal
        };
        let placed = self.places.iter().filter(|p| p.depth == self.depth());
        let table = self.table_of(source)?;
        let ways = placed
            .flat_map(|known| self.keys_between(table, known.table.table).map(move |(key, side)| (key, side, *known)));
        ways.map(|(key, side, known)| Way { key, side, known }).find(|way| {
            let pairs = self.pairs(way, source.id);
            let whole = source.join != JoinKind::Left || classes.0.len() == pairs.len();
            whole && pairs.iter().all(|(a, b)| classes.same(*a, *b))
        })
    }

    /// Joins the first source that an equality ties to one already placed, else a CTE of one row.
    fn join_freely(
        &mut self,
        waiting: &mut Vec<&Source>,
        pool: &[Expr],
        joins: &mut Vec<Lexeme>,
        keyed: &mut Classes,
    ) -> Result<()> {
        let found = waiting.iter().enumerate().find_map(|(i, source)| self.pair_of(source, pool).map(|pair| (i, pair)));
        if let Some((i, (new, known))) = found {
            let source = waiting.remove(i);
            let table = self.settle(source)?;
            let is_left = source.join == JoinKind::Left;
            joins.push(if is_left { Lexeme::LeftJoinOn(table) } else { Lexeme::JoinOn(table) });
            joins.extend([self.member(new)?, Lexeme::Word(Word::Eq), self.member(known)?]);
            if !is_left {
                keyed.join(new, known);
            }
            return Ok(());
        }
        let one = waiting.iter().position(|s| s.join != JoinKind::Left && self.has_one_row(s));
        let Some(i) = one else { return not_canonical("join without a key", waiting[0].span) };
        let table = self.settle(waiting.remove(i))?;
        joins.push(Lexeme::Cross(table));
        Ok(())
    }

    /// The equality that ties a waiting source to a placed one, its own column first.
    fn pair_of(&self, source: &Source, pool: &[Expr]) -> Option<(Member, Member)> {
        let is_known = |m: &Member| self.places.iter().any(|p| p.depth == self.depth() && p.source == m.0);
        let turned = |(a, b): (Member, Member)| match (a.0 == source.id, b.0 == source.id) {
            (true, false) if is_known(&b) => Some((a, b)),
            (false, true) if is_known(&a) => Some((b, a)),
            _ => None,
        };
        if source.join != JoinKind::Left {
            return pool.iter().filter_map(equality).find_map(turned);
        }
        equality(source.on.as_ref()?).and_then(turned)
    }

    fn member(&self, (source, column): Member) -> Result<Lexeme> {
        self.visible_column(&ExprKind::Column { source, column }.into()).map(Lexeme::Column)
    }

    /// Keys between a new table and a known one, with the side the new one is on.
    fn keys_between(&self, new: schema::TableId, known: schema::TableId) -> impl Iterator<Item = (ForeignKeyId, Side)> {
        let catalog = self.catalog;
        catalog.foreign_key_ids().flat_map(move |key| {
            let facts = catalog.foreign_key(key);
            let referring = (facts.from == new && facts.to == known).then_some((key, Side::Referring));
            let referred = (facts.to == new && facts.from == known).then_some((key, Side::Referred));
            referring.into_iter().chain(referred)
        })
    }

    /// The columns that a way makes equal, new side first.
    fn pairs(&self, way: &Way, new: SourceId) -> Vec<(Member, Member)> {
        let known = way.known.source;
        let pairs = self.catalog.key_pairs(way.key).map(|(from, to)| match way.side {
            Side::Referring => ((new, from.column), (known, to.column)),
            Side::Referred => ((new, to.column), (known, from.column)),
        });
        pairs.collect()
    }

    fn take_way(&mut self, source: &Source, way: Way, keyed: &mut Classes) -> Result<Lexeme> {
        let new = self.settle(source)?;
        let edge = Edge { key: way.key, side: way.side, new: new.instance, known: way.known.table.instance };
        if source.join == JoinKind::Left {
            return Ok(Lexeme::LeftJoin(edge));
        }
        self.pairs(&way, source.id).into_iter().for_each(|(a, b)| keyed.join(a, b));
        Ok(Lexeme::Join(edge))
    }

    /// The key that ties this subquery to an enclosing query.
    fn correlation(&self, kind: Kind, equal: &Classes, keyed: &mut Classes) -> Option<Edge> {
        let lowest = match kind {
            Kind::Exists | Kind::Scalar { in_where: true } => self.base,
            Kind::Shown { tied: true } => self.depth() - 1,
            _ => return None,
        };
        let inner = || self.places.iter().filter(|p| p.depth == self.depth());
        // What is shown names its tables afresh: another use of its own table would have the same name.
        let is_hidden = |p: &Place| p.depth < self.base && inner().any(|own| own.table.table == p.table.table);
        for new in inner() {
            let outer = self.places.iter().filter(|p| (lowest..self.depth()).contains(&p.depth));
            for known in outer.filter(|p| !is_hidden(p)) {
                for (key, side) in self.keys_between(new.table.table, known.table.table) {
                    let pairs = self.pairs(&Way { key, side, known: *known }, new.source);
                    if pairs.iter().all(|(a, b)| equal.same(*a, *b)) {
                        pairs.into_iter().for_each(|(a, b)| keyed.join(a, b));
                        return Some(Edge { key, side, new: new.table.instance, known: known.table.instance });
                    }
                }
            }
        }
        None
    }
}

/// A key from a placed source to a new one.
struct Way {
    key: ForeignKeyId,
    side: Side,
    known: Place,
}

/// The sources with a RIGHT JOIN of two turned round.
fn flipped(select: &Select) -> Result<Vec<Source>> {
    let mut sources = select.from.clone();
    if let [first, second] = sources.as_mut_slice()
        && second.join == JoinKind::Right
    {
        std::mem::swap(first, second);
        (second.on, second.join) = (first.on.take(), JoinKind::Left);
        first.join = JoinKind::Cross;
    }
    match sources.iter().find(|s| matches!(s.join, JoinKind::Right | JoinKind::Full)) {
        Some(s) => not_canonical(if s.join == JoinKind::Full { "full join" } else { "right join" }, s.span),
        None => Ok(sources),
    }
}

/// The pairs that a LEFT JOIN's condition makes equal, one class each; none where it says anything else.
fn exact_key(source: &Source) -> Option<Classes> {
    let pairs: Option<Vec<_>> = source.on.as_ref()?.conjuncts().into_iter().map(equality).collect();
    Some(Classes(pairs?.into_iter().map(|(a, b)| vec![a, b]).collect()))
}

/// `a = b` between columns of two sources.
fn equality(e: &Expr) -> Option<(Member, Member)> {
    let ExprKind::Binary(a, BinaryOp::Eq, b) = &e.kind else { return None };
    match (&a.kind, &b.kind) {
        (ExprKind::Column { source: a, column: x }, ExprKind::Column { source: b, column: y }) if a != b => {
            Some(((*a, *x), (*b, *y)))
        }
        _ => None,
    }
}
