//! FROM: which source stands where, and the key that joins it.

use schema::{ColumnId, ForeignKeyId, Type};

use super::condition::{Cond, comparison_word, flip};
use super::{Kind, Place, Result, Writer, not_canonical};
use crate::lexeme::{Edge, INSTANCES, Lexeme, Side, TableRef, Word};
use crate::tree::{BinaryOp, Expr, ExprKind, JoinKind, Select, Source, SourceId};
use crate::visit::each_expr_here;

/// A column of a source.
type Member = (SourceId, u16);

/// A FROM clause in canonical order, and the conditions that are no joins.
pub(super) struct From {
    pub(super) first: TableRef,
    /// The joins, left joins with what they ask besides their key.
    pub(super) joins: Vec<Lexeme>,
    /// The edge to an enclosing query.
    pub(super) correlation: Option<Edge>,
    /// What WHERE and the ON conditions of inner joins say besides.
    pub(super) conditions: Vec<Expr>,
}

/// Columns known to be equal, in classes.
#[derive(Default)]
struct Classes(Vec<Vec<Member>>);

/// What inner joins and WHERE say, and what they make equal: as it is said, and what follows from it.
struct Equal {
    conditions: Vec<Expr>,
    stated: Vec<(Member, Member)>,
    classes: Classes,
}

impl Equal {
    fn new(conditions: Vec<Expr>) -> Self {
        let stated: Vec<(Member, Member)> = conditions.iter().filter_map(equality).collect();
        let mut classes = Classes::default();
        stated.iter().for_each(|(a, b)| classes.join(*a, *b));
        Equal { conditions, stated, classes }
    }

    fn is_stated(&self, a: Member, b: Member) -> bool {
        self.stated.contains(&(a, b)) || self.stated.contains(&(b, a))
    }
}

/// The joins of one FROM clause so far.
#[derive(Default)]
struct Joined {
    lexemes: Vec<Lexeme>,
    /// The columns that they make equal.
    keyed: Classes,
    /// The keys of which a referring table has found its row.
    bound: Vec<(ForeignKeyId, TableRef)>,
    /// The comparisons that they take from WHERE.
    taken: Vec<Expr>,
}

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
        let equal = Equal::new(conditions_of(select, &sources));
        let (first, mut joined) = self.joined(&sources, &equal)?;
        let correlation = self.correlation(kind, &equal.classes, &mut joined.keyed);
        let is_left = |e: &Expr| !joined.taken.contains(e) && equality(e).is_none_or(|(a, b)| !joined.keyed.same(a, b));
        let conditions = equal.conditions.into_iter().filter(is_left).collect();
        Ok(From { first, joins: joined.lexemes, correlation, conditions })
    }

    /// All sources joined, from the first of them that leads to all the others.
    fn joined(&mut self, sources: &[Source], equal: &Equal) -> Result<(TableRef, Joined)> {
        // Beside an outer join the order stays: what is joined first may be what a later join hangs on.
        let ordered = sources.iter().any(|s| s.join == JoinKind::Left);
        let placed = self.places.len();
        let mut failed = None;
        for start in 0..if ordered { sources.len().min(1) } else { sources.len() } {
            match self.joined_from(start, sources, equal, ordered) {
                Ok(found) => return Ok(found),
                Err(why) => failed = failed.or(Some(why)),
            }
            self.places.truncate(placed);
        }
        failed.map_or_else(|| not_canonical("query without tables", Default::default()), Err)
    }

    fn joined_from(
        &mut self,
        start: usize,
        sources: &[Source],
        equal: &Equal,
        ordered: bool,
    ) -> Result<(TableRef, Joined)> {
        let mut waiting: Vec<&Source> = sources.iter().collect();
        let first = self.settle(waiting.remove(start))?;
        let mut joined = Joined::default();
        while !waiting.is_empty() {
            match self.next_way(&waiting, equal, &joined, ordered) {
                Some((i, way)) => self.take_way(waiting.remove(i), way, &mut joined)?,
                None => self.join_freely(&mut waiting, equal, &mut joined)?,
            }
        }
        Ok((first, joined))
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

    /// The waiting source that a key joins next. Where sources keep their order, one that no key joins may come first.
    fn next_way(&self, waiting: &[&Source], equal: &Equal, joined: &Joined, ordered: bool) -> Option<(usize, Way)> {
        let ready = waiting.iter().enumerate().filter(|(_, s)| self.is_ready(s));
        let mut ways = ready.map(|(i, s)| (i, s, self.way_to(s, equal, joined)));
        let found = ways.find(|(_, s, way)| way.is_some() || (ordered && self.pair_of(s, equal).is_some()));
        found.and_then(|(i, _, way)| Some((i, way?)))
    }

    /// Whether what a left join asks speaks of sources that are placed, besides its own.
    fn is_ready(&self, source: &Source) -> bool {
        let mut ready = true;
        let on = source.on.as_ref().filter(|_| source.join == JoinKind::Left);
        on.into_iter().for_each(|on| {
            each_expr_here(on, &mut |e| {
                ready &= member_of(e).is_none_or(|(id, _)| id == source.id || self.place(id).is_some());
            });
        });
        ready
    }

    /// The key that joins a waiting source to one already placed here: one that the query states, else one that
    /// follows, unless the source's own condition says something else.
    fn way_to(&self, source: &Source, equal: &Equal, joined: &Joined) -> Option<Way> {
        if source.join == JoinKind::Left {
            let own = equalities(source);
            return self.ways_to(source).find(|way| self.pairs(way, source.id).iter().all(|(a, b)| own.same(*a, *b)));
        }
        let holds =
            |way: &Way, is: &dyn Fn(Member, Member) -> bool| self.pairs(way, source.id).iter().all(|(a, b)| is(*a, *b));
        let stated = self.ways_to(source).find(|way| holds(way, &|a, b| equal.is_stated(a, b)));
        let mut own = source.on.iter().flat_map(Expr::conjuncts).filter_map(|e| self.tie(source, e));
        if stated.is_some() || own.any(|tie| tie.op == BinaryOp::Eq) {
            return stated;
        }
        let again = |way: &Way| way.side == Side::Referred && joined.bound.contains(&(way.key, way.known.table));
        self.ways_to(source).find(|way| !again(way) && holds(way, &|a, b| equal.classes.same(a, b)))
    }

    /// The keys between a waiting source and those placed here.
    fn ways_to<'s>(&'s self, source: &Source) -> impl Iterator<Item = Way> + 's {
        let table = self.table_of(source);
        let placed = self.places.iter().filter(|p| p.depth == self.depth());
        placed.flat_map(move |known| {
            let keys = table.into_iter().flat_map(|table| self.keys_between(table, known.table.table));
            keys.map(|(key, side)| Way { key, side, known: *known })
        })
    }

    /// Joins the first source that a comparison ties to one already placed, else a CTE of one row.
    fn join_freely(&mut self, waiting: &mut Vec<&Source>, equal: &Equal, joined: &mut Joined) -> Result<()> {
        let mut ready = waiting.iter().enumerate().filter(|(_, s)| self.is_ready(s));
        let found = ready.find_map(|(i, source)| self.pair_of(source, equal).map(|tie| (i, tie)));
        if let Some((i, Tie { new, op, known, condition })) = found {
            let source = waiting.remove(i);
            let table = self.settle(source)?;
            let is_left = source.join == JoinKind::Left;
            joined.lexemes.push(if is_left { Lexeme::LeftJoinOn(table) } else { Lexeme::JoinOn(table) });
            joined.lexemes.extend([self.member(new)?, Lexeme::Word(comparison_word(op)), self.member(known)?]);
            if is_left {
                joined.lexemes.extend(self.narrowing(source, &|e| *e == condition)?);
            } else if op == BinaryOp::Eq {
                joined.keyed.join(new, known);
            } else {
                joined.taken.push(condition);
            }
            return Ok(());
        }
        let one = waiting.iter().position(|s| s.join != JoinKind::Left && self.has_one_row(s));
        let Some(i) = one else { return not_canonical("join without a key", waiting[0].span) };
        let table = self.settle(waiting.remove(i))?;
        joined.lexemes.push(Lexeme::Cross(table));
        Ok(())
    }

    /// The comparison that ties a waiting source to a placed one, its own column first: of days with a calendar's; else an
    /// equality, of keys and names rather than of anything else, and of the source's own condition rather than of others.
    fn pair_of(&self, source: &Source, equal: &Equal) -> Option<Tie> {
        let own: Vec<&Expr> = source.on.iter().flat_map(Expr::conjuncts).collect();
        let others = equal.conditions.iter().filter(|_| source.join != JoinKind::Left);
        let ties: Vec<Tie> = own.into_iter().chain(others).filter_map(|e| self.tie(source, e)).collect();
        let of_days =
            ties.iter().filter(|tie| self.compares_days(source, tie)).min_by_key(|tie| self.place_of_tie(tie));
        let equalities = ties.iter().filter(|tie| tie.op == BinaryOp::Eq);
        let named = |tie: &&Tie| !(self.names_a_row(tie.new) && self.names_a_row(tie.known));
        of_days.or_else(|| equalities.min_by_key(named)).cloned()
    }

    /// A comparison of a column of a waiting source with one of a placed source.
    fn tie(&self, source: &Source, e: &Expr) -> Option<Tie> {
        let ExprKind::Binary(a, op, b) = &e.kind else { return None };
        let (a, b) = (member_of(a)?, member_of(b)?);
        let is_known = |m: &Member| self.places.iter().any(|p| p.depth == self.depth() && p.source == m.0);
        let (new, op, known) = match (a.0 == source.id, b.0 == source.id) {
            (true, false) if is_known(&b) => (a, *op, b),
            (false, true) if is_known(&a) => (b, flip(*op)?, a),
            _ => return None,
        };
        Some(Tie { new, op, known, condition: e.clone() })
    }

    /// Whether a tie says which of two days comes first, one of them a calendar's.
    fn compares_days(&self, source: &Source, tie: &Tie) -> bool {
        let (Some(new), Some(known)) = (self.table_of(source), self.place(tie.known.0)) else { return false };
        let ordered = matches!(tie.op, BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq);
        let days =
            [(new, tie.new.1), (known.table.table, tie.known.1)].map(|(table, column)| ColumnId { table, column });
        let of_calendar = days.iter().any(|day| self.is_calendar(day.table));
        ordered && of_calendar && days.iter().all(|day| self.is_day(*day))
    }

    fn place_of_tie(&self, tie: &Tie) -> (u16, Word, Option<TableRef>, u16) {
        (tie.new.1, comparison_word(tie.op), self.place(tie.known.0).map(|p| p.table), tie.known.1)
    }

    /// What the condition of a left join says besides its key, after an AND.
    fn narrowing(&mut self, source: &Source, is_key: &dyn Fn(&Expr) -> bool) -> Result<Vec<Lexeme>> {
        let mut conditions: Vec<Cond> = Vec::new();
        for e in source.on.iter().flat_map(Expr::conjuncts).filter(|e| !is_key(e)) {
            conditions.extend(self.condition(e, false)?.into_conjuncts());
        }
        if conditions.iter().any(Cond::has_query) {
            return not_canonical("subquery in a join", source.span);
        }
        conditions.sort_by_key(|condition| self.place_of(condition));
        let start = self.out.len();
        if !conditions.is_empty() {
            self.word(Word::And);
            self.write_conditions(&conditions, false)?;
        }
        Ok(self.out.split_off(start))
    }

    /// Whether a column may hold keys or names, as far as its type tells. That of a waiting source is of its own table.
    fn names_a_row(&self, (source, column): Member) -> bool {
        let table = self.place(source).map(|place| place.table.table);
        let known = table.and_then(|table| self.origin(ColumnId { table, column }));
        known.is_none_or(|c| matches!(self.catalog.column(c).ty, Type::Text | Type::Integer | Type::Unknown))
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

    fn take_way(&mut self, source: &Source, way: Way, joined: &mut Joined) -> Result<()> {
        let new = self.settle(source)?;
        let edge = Edge { key: way.key, side: way.side, new: new.instance, known: way.known.table.instance };
        joined.bound.push((way.key, if way.side == Side::Referred { way.known.table } else { new }));
        let pairs = self.pairs(&way, source.id);
        if source.join == JoinKind::Left {
            let is_key =
                |e: &Expr| equality(e).is_some_and(|(a, b)| pairs.contains(&(a, b)) || pairs.contains(&(b, a)));
            let narrowing = self.narrowing(source, &is_key)?;
            joined.lexemes.push(Lexeme::LeftJoin(edge));
            joined.lexemes.extend(narrowing);
            return Ok(());
        }
        pairs.into_iter().for_each(|(a, b)| joined.keyed.join(a, b));
        joined.lexemes.push(Lexeme::Join(edge));
        Ok(())
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

/// What WHERE and the conditions of inner joins say, each by itself.
fn conditions_of(select: &Select, sources: &[Source]) -> Vec<Expr> {
    let inner = sources.iter().filter(|s| matches!(s.join, JoinKind::Inner | JoinKind::Cross));
    let all = select.filter.iter().chain(inner.flat_map(|source| &source.on));
    all.flat_map(|e| e.conjuncts().into_iter().cloned()).collect()
}

/// A key from a placed source to a new one.
struct Way {
    key: ForeignKeyId,
    side: Side,
    known: Place,
}

/// A comparison that ties a source to one placed before it.
#[derive(Clone)]
struct Tie {
    new: Member,
    op: BinaryOp,
    known: Member,
    /// Where it was said.
    condition: Expr,
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

/// The pairs that a LEFT JOIN's condition makes equal, one class each.
fn equalities(source: &Source) -> Classes {
    let pairs = source.on.iter().flat_map(Expr::conjuncts).filter_map(equality);
    Classes(pairs.map(|(a, b)| vec![a, b]).collect())
}

/// `a = b` between columns of two sources.
fn equality(e: &Expr) -> Option<(Member, Member)> {
    let ExprKind::Binary(a, BinaryOp::Eq, b) = &e.kind else { return None };
    let (a, b) = (member_of(a)?, member_of(b)?);
    (a.0 != b.0).then_some((a, b))
}

fn member_of(e: &Expr) -> Option<Member> {
    match e.kind {
        ExprKind::Column { source, column } => Some((source, column)),
        _ => None,
    }
}
