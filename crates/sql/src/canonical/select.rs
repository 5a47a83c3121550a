//! One query level, clause by clause.

use schema::Value;

use super::case::label;
use super::condition::{Cond, Test};
use super::expression::is_shown_column;
use super::from::From;
use super::value::is_value_function;
use super::{Kind, Result, Writer, not_canonical};
use crate::date_part::part_of;
use crate::lexeme::{ColumnRef, Edge, Lexeme, OUTPUTS, TableRef, Word};
use crate::tree::{Body, Expr, ExprKind, Literal, OrderItem, Query, Select};

/// How the outputs of a query were written.
pub(super) struct Outputs {
    /// What each computes.
    pub(super) exprs: Vec<Expr>,
    /// The number of its alias, where it is computed.
    pub(super) aliases: Vec<Option<u8>>,
}

impl Writer<'_> {
    /// Writes a query; a subquery up to its closing bracket.
    pub(super) fn query(&mut self, query: &Query, kind: Kind) -> Result<()> {
        if !query.with.is_empty() {
            return not_canonical("cte", Default::default());
        }
        let select = match &query.body {
            Body::Select(select) => select,
            Body::Set { .. } => {
                self.set(query, kind)?;
                if kind != Kind::Top {
                    self.word(Word::Close);
                }
                return Ok(());
            }
            Body::Values(_) => return not_canonical("values", Default::default()),
        };
        if let Some(offset) = &query.offset
            && !matches!(&offset.kind, ExprKind::Literal(Literal { value: Value::Integer(0), .. }))
        {
            return not_canonical("offset", offset.span);
        }
        let (placed, base) = (self.places.len(), self.base);
        self.scopes.push(select.items.iter().map(|item| item.expr.clone()).collect());
        if matches!(kind, Kind::Shown { .. }) {
            self.base = self.depth();
        }
        let written = self.select(query, select, kind);
        self.base = base;
        self.scopes.pop();
        self.places.truncate(placed);
        written?;
        if kind != Kind::Top {
            self.word(Word::Close);
        }
        Ok(())
    }

    fn select(&mut self, query: &Query, select: &Select, kind: Kind) -> Result<()> {
        let from = self.from(select, kind)?;
        let edges = edges_of(&from);
        let (where_, having) = self.split_conditions(select, &from)?;
        if kind == Kind::Exists {
            return self.write_exists(query, select, from, where_, &having);
        }
        let shape = self.shape(query, select, &having, &edges)?;
        let filtered = !where_.is_empty() || from.correlation.is_some();
        let outputs = self.write_clauses(&shape, from, &where_, &having, kind)?;
        self.write_order(query, &shape, &outputs, kind, filtered)
    }

    fn write_clauses(
        &mut self,
        shape: &Shape,
        from: From,
        where_: &[Cond],
        having: &[Cond],
        kind: Kind,
    ) -> Result<Outputs> {
        let outputs = self.write_items(shape, kind)?;
        self.word(Word::From);
        let correlation = from.correlation;
        self.write_from(from);
        self.write_where(correlation, where_)?;
        self.write_groups(shape, having)?;
        Ok(outputs)
    }

    /// Writes one arm of a set operation; where the operation removes duplicates (not `all`), its
    /// arms need not.
    pub(super) fn write_arm(
        &mut self,
        query: &Query,
        select: &Select,
        kind: Kind,
        (all, first): (bool, bool),
    ) -> Result<Outputs> {
        let from = self.from(select, kind)?;
        let edges = edges_of(&from);
        let (where_, having) = self.split_conditions(select, &from)?;
        let mut shape = self.shape(query, select, &having, &edges)?;
        (shape.distinct, shape.repeats, shape.is_arm) = (shape.distinct && all, !first, true);
        self.write_clauses(&shape, from, &where_, &having, kind)
    }

    /// The conditions on rows, in canonical order, and those on groups.
    fn split_conditions(&self, select: &Select, from: &From) -> Result<(Vec<Cond>, Vec<Cond>)> {
        let (mut where_, mut having) = (Vec::new(), Vec::new());
        for condition in &from.conditions {
            where_.extend(self.condition(condition, false)?.into_conjuncts());
        }
        if let Some(condition) = &select.having {
            let (plain, rest): (Vec<_>, Vec<_>) =
                self.condition(condition, false)?.into_conjuncts().into_iter().partition(|c| !self.is_of_group(c));
            where_.extend(plain);
            having = rest;
        }
        where_.sort_by_key(|condition| self.place_of(condition));
        Ok((where_, having))
    }

    /// Where a condition stands among others: simple ones first, by the column they test, then alternatives, then those
    /// with a query inside. The order that a question says them in means nothing.
    pub(super) fn place_of(&self, condition: &Cond) -> (u8, Option<(TableRef, u16)>) {
        let tests = condition.tests();
        let rank = match condition {
            _ if condition.has_query() => 2,
            Cond::Test(_) => 0,
            Cond::All(_) | Cond::Any(_) => 1,
        };
        let mut column = None;
        // A side with a query in it comes to stand on the right.
        let mut operands = tests.first().map(|test| test.operands()).unwrap_or_default();
        operands.sort_by_key(|e| self.has_scalar(e));
        for operand in operands {
            crate::visit::each_expr_here(operand, &mut |e| {
                if let (None, ExprKind::Column { source, column: at }) = (column, &e.kind) {
                    column = self.place(*source).map(|place| (place.table, *at));
                }
            });
        }
        (rank, column)
    }

    fn write_from(&mut self, from: From) {
        self.out.push(Lexeme::Table(from.first));
        self.out.extend(from.joins);
    }

    fn write_where(&mut self, correlation: Option<Edge>, conditions: &[Cond]) -> Result<()> {
        if correlation.is_none() && conditions.is_empty() {
            return Ok(());
        }
        self.word(Word::Where);
        if let Some(edge) = correlation {
            self.out.push(Lexeme::Correlate(edge));
            if conditions.is_empty() {
                return Ok(());
            }
            self.word(Word::And);
        }
        self.write_conditions(conditions, false)
    }

    fn write_exists(
        &mut self,
        query: &Query,
        select: &Select,
        from: From,
        where_: Vec<Cond>,
        having: &[Cond],
    ) -> Result<()> {
        let none = |e: &Expr| matches!(&e.kind, ExprKind::Literal(Literal { value: Value::Integer(..=0), .. }));
        let aggregate = select.items.iter().any(|item| self.has_aggregate(&item.expr));
        if !select.group_by.is_empty() || !having.is_empty() || aggregate || query.limit.as_ref().is_some_and(none) {
            return not_canonical("exists over groups", Default::default());
        }
        if from.correlation.is_none() {
            return not_canonical("exists without a key to the enclosing query", Default::default());
        }
        let correlation = from.correlation;
        self.write_from(from);
        self.write_where(correlation, &where_)
    }

    /// Whether a condition of HAVING is about groups, not rows.
    fn is_of_group(&self, condition: &Cond) -> bool {
        let operands = || condition.tests().into_iter().flat_map(Test::operands);
        operands().any(|e| self.has_aggregate(e))
    }

    /// Decides DISTINCT and the GROUP BY keys.
    fn shape(&self, query: &Query, select: &Select, having: &[Cond], edges: &[(Edge, bool)]) -> Result<Shape> {
        let items = self.scopes.last().cloned().unwrap_or_default();
        let order: Vec<Expr> = query.order_by.iter().filter_map(|o| self.resolved(&o.expr).ok()).collect();
        let mut keys = Vec::new();
        for key in &select.group_by {
            let key = self.visible_column(&self.resolved(key)?)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let aggregated = items.iter().any(|e| self.has_aggregate(e));
        let grouped = !keys.is_empty();
        if !having.is_empty() && !grouped {
            return not_canonical("having without group by", Default::default());
        }
        let mut shape = Shape {
            distinct: select.distinct,
            keys,
            grouped,
            one_row: aggregated && !grouped,
            items,
            repeats: false,
            is_arm: false,
        };
        let shown_order = order.iter().all(|e| shape.items.contains(e));
        // Where a subquery has a limit, groups say what DISTINCT cannot.
        let limited = self.scopes.len() > 1 && query.limit.is_some();
        if grouped && !limited && !aggregated && having.is_empty() && shown_order && self.keys_are_outputs(&shape) {
            (shape.distinct, shape.grouped) = (true, false);
            shape.keys.clear();
        } else if shape.distinct && (shape.one_row || (grouped && self.keys_are_outputs(&shape))) {
            shape.distinct = false;
        }
        if shape.distinct && shape.grouped {
            return not_canonical("distinct groups", Default::default());
        }
        if shape.grouped || shape.one_row {
            let tests = having.iter().flat_map(Cond::tests).flat_map(Test::operands).cloned();
            let seen: Vec<Expr> = shape.items.iter().cloned().chain(tests).chain(order).collect();
            self.add_determined_keys(&mut shape, &seen, edges)?;
        }
        Ok(shape)
    }

    /// Whether every key is shown and nothing else is: grouping then only removes duplicates.
    fn keys_are_outputs(&self, shape: &Shape) -> bool {
        let shown: Vec<ColumnRef> = shape.items.iter().filter_map(|e| self.visible_column(e).ok()).collect();
        let bare = shape.items.iter().flat_map(|e| self.bare_columns(e));
        shape.keys.iter().all(|key| shown.contains(key))
            && bare.filter_map(|e| self.visible_column(e).ok()).all(|c| shape.keys.contains(&c))
    }

    /// Columns beside aggregates become keys where the keys determine them; else the query has no defined meaning.
    fn add_determined_keys(&self, shape: &mut Shape, exprs: &[Expr], edges: &[(Edge, bool)]) -> Result<()> {
        let determined = self.determined(&shape.keys, edges);
        for e in exprs.iter().flat_map(|e| self.bare_columns(e)) {
            let column = self.visible_column(e)?;
            if shape.keys.contains(&column) {
                continue;
            }
            let day = part_of(self.catalog, column.column).map(|(day, _)| ColumnRef { column: day, ..column });
            let is_determined =
                determined.contains(&column.table_ref()) || day.is_some_and(|day| shape.keys.contains(&day));
            if !shape.grouped || !is_determined {
                return not_canonical("column beside aggregates", e.span);
            }
            shape.keys.push(column);
        }
        Ok(())
    }

    /// The tables of which one row belongs to each group.
    fn determined(&self, keys: &[ColumnRef], edges: &[(Edge, bool)]) -> Vec<TableRef> {
        let mut tables: Vec<TableRef> = Vec::new();
        let mut columns: Vec<ColumnRef> = keys.to_vec();
        loop {
            for (edge, left) in edges {
                self.carry_over(*edge, *left, &tables, &mut columns);
            }
            let here = self.places.iter().filter(|p| p.depth == self.depth()).map(|p| p.table);
            let unique = |t: &TableRef| {
                let own: Vec<u16> = columns.iter().filter(|c| c.table_ref() == *t).map(|c| c.column.column).collect();
                crate::lexeme::cte_number(self.catalog, t.table).is_none() && self.catalog.is_unique(t.table, &own)
            };
            let found: Vec<TableRef> = here.filter(|t| !tables.contains(t) && unique(t)).collect();
            if found.is_empty() {
                return tables;
            }
            tables.extend(found);
        }
    }

    /// Adds the columns that an edge makes equal to determined ones.
    fn carry_over(&self, edge: Edge, left: bool, tables: &[TableRef], columns: &mut Vec<ColumnRef>) {
        let (new, known) = (edge.new_table(self.catalog), edge.known_table(self.catalog));
        for (from, to) in self.catalog.key_pairs(edge.key) {
            let (a, b) = if edge.side == crate::lexeme::Side::Referring { (from, to) } else { (to, from) };
            let a = ColumnRef { column: a, instance: new.instance };
            let b = ColumnRef { column: b, instance: known.instance };
            let has = |c: &ColumnRef| columns.contains(c) || tables.contains(&c.table_ref());
            match (has(&a), has(&b)) {
                (false, true) => columns.push(a),
                (true, false) if !left => columns.push(b),
                _ => {}
            }
        }
    }

    /// An expression with a name of an output replaced by what it names.
    fn resolved(&self, e: &Expr) -> Result<Expr> {
        match e.kind {
            ExprKind::Output(n) => self.output(n, e.span),
            _ => Ok(e.clone()),
        }
    }

    fn write_items(&mut self, shape: &Shape, kind: Kind) -> Result<Outputs> {
        self.word(Word::Select);
        if kind.is_whole() && shape.distinct {
            self.word(Word::Distinct);
        }
        let mut outputs = Outputs { exprs: shape.items.clone(), aliases: Vec::new() };
        let mut written: Vec<Vec<Lexeme>> = Vec::new();
        let mut computed = 0;
        for (i, e) in shape.items.iter().enumerate() {
            if i > 0 {
                self.word(Word::Comma);
            }
            self.check_item(e, shape, kind)?;
            let lexemes = self.write_item(e, shape, kind)?;
            if written.contains(&lexemes) && !shape.repeats && !matches!(e.kind, ExprKind::Case { .. }) {
                return not_canonical("repeated output", e.span);
            }
            written.push(lexemes);
            let named = !is_shown_column(e) || kind == Kind::Cte;
            computed += u8::from(named);
            if computed > OUTPUTS {
                return not_canonical("ninth computed output", e.span);
            }
            outputs.aliases.push(named.then_some(computed));
            if kind.is_whole() && named {
                self.out.push(Lexeme::Alias(computed));
            }
        }
        if !kind.is_whole() && shape.items.len() != 1 {
            return not_canonical("subquery of several columns", Default::default());
        }
        Ok(outputs)
    }

    /// Whether such an output can be written here at all.
    fn check_item(&self, e: &Expr, shape: &Shape, kind: Kind) -> Result<()> {
        let has_form = matches!(e.kind, ExprKind::Case { .. })
            || kind.is_whole() && label(e).is_some()
            || self.is_of_text(e)
            || self.has_column(e)
            || self.has_aggregate(e)
            || self.has_scalar(e);
        if !has_form {
            let named = match e.kind {
                ExprKind::Literal(_) => "constant output".to_owned(),
                _ => super::condition::feature(e),
            };
            return not_canonical(named, e.span);
        }
        let is_call = matches!(&e.kind, ExprKind::Call(call) if !is_value_function(call) && !self.is_of_text(e));
        if kind == Kind::Member && !is_shown_column(e) && !is_call {
            return not_canonical("computed output of an in subquery", e.span);
        }
        let windows = kind.is_whole() && !(shape.distinct || shape.grouped || shape.one_row || shape.is_arm);
        if self.has_window(e) && !windows {
            return not_canonical("window here", e.span);
        }
        Ok(())
    }

    /// Writes one output; what was written.
    fn write_item(&mut self, e: &Expr, shape: &Shape, kind: Kind) -> Result<Vec<Lexeme>> {
        let start = self.out.len();
        let plain = !shape.grouped && !shape.one_row && !shape.repeats;
        match label(e).filter(|_| kind.is_whole()) {
            Some(label) => self.out.push(label),
            None if matches!(e.kind, ExprKind::Case { .. }) && plain && kind.is_whole() => self.write_case(e, true)?,
            None => self.write_expression(e, kind.is_whole().then_some(Kind::Shown { tied: plain }))?,
        }
        Ok(self.out[start..].to_vec())
    }

    fn write_groups(&mut self, shape: &Shape, having: &[Cond]) -> Result<()> {
        for (i, key) in shape.keys.iter().enumerate() {
            self.word(if i == 0 { Word::GroupBy } else { Word::Comma });
            self.out.push(Lexeme::Column(*key));
        }
        if !having.is_empty() {
            self.word(Word::Having);
            self.write_conditions(having, true)?;
        }
        Ok(())
    }

    fn write_order(
        &mut self,
        query: &Query,
        shape: &Shape,
        outputs: &Outputs,
        kind: Kind,
        filtered: bool,
    ) -> Result<()> {
        let limit = match &query.limit {
            Some(limit) => Some(self.limit(limit, kind)?),
            None => None,
        };
        if shape.one_row {
            return Ok(());
        }
        let inner = kind != Kind::Top;
        let scalar = kind.is_value();
        let ordered = query.order_by.iter().any(|item| !matches!(item.expr.kind, ExprKind::Literal(_)));
        if inner && limit.is_none() && !scalar {
            return Ok(());
        }
        if !kind.is_whole() && shape.distinct && limit.is_some() && !scalar {
            return not_canonical("distinct in a limited subquery", Default::default());
        }
        if inner && !ordered {
            let known = scalar && filtered && !shape.grouped;
            let why = if scalar { "subquery value out of many rows" } else { "limit without an order in a subquery" };
            return if known { Ok(()) } else { not_canonical(why, Default::default()) };
        }
        let mut written: Vec<Vec<Lexeme>> = Vec::new();
        for item in query.order_by.iter().filter(|item| !matches!(item.expr.kind, ExprKind::Literal(_))) {
            let lexemes = self.order_item(item, shape, outputs, kind)?;
            let bare: Vec<Lexeme> = lexemes.iter().copied().filter(|l| *l != Lexeme::Word(Word::Desc)).collect();
            if written.contains(&bare) {
                continue;
            }
            self.word(if written.is_empty() { Word::OrderBy } else { Word::Comma });
            self.out.extend(lexemes);
            written.push(bare);
        }
        let one = Lexeme::Constant(
            self.lexicon.constants.iter().position(|c| c.value == Value::Integer(1)).unwrap_or(0) as u8,
        );
        if let Some(limit) = limit.or(scalar.then_some(one)) {
            self.word(Word::Limit);
            self.out.push(limit);
        }
        Ok(())
    }

    fn order_item(&mut self, item: &OrderItem, shape: &Shape, outputs: &Outputs, kind: Kind) -> Result<Vec<Lexeme>> {
        if item.nulls_first.is_some_and(|first| first == item.descending) {
            return not_canonical("nulls first or last", item.expr.span);
        }
        let e = self.resolved(&item.expr)?;
        let output = outputs.exprs.iter().position(|o| *o == e);
        if shape.distinct && output.is_none() {
            return not_canonical("order of distinct rows by what is not shown", e.span);
        }
        let alias = output.and_then(|i| outputs.aliases[i]).filter(|_| kind.is_whole());
        let start = self.out.len();
        match alias {
            Some(number) => self.out.push(Lexeme::Output(number)),
            None if self.has_window(&e) || !self.has_column(&e) && !self.has_aggregate(&e) => {
                return not_canonical(format!("order by {}", super::condition::feature(&e)), e.span);
            }
            None if !shape.grouped && self.has_aggregate(&e) => {
                return not_canonical("aggregate without groups", e.span);
            }
            None => self.write_expression(&e, None)?,
        }
        if item.descending {
            self.word(Word::Desc);
        }
        Ok(self.out.split_off(start))
    }

    pub(super) fn limit(&mut self, limit: &Expr, kind: Kind) -> Result<Lexeme> {
        let whole = match &limit.kind {
            ExprKind::Literal(Literal { slot: Some(_), .. }) => true,
            ExprKind::Literal(Literal { value: Value::Integer(n), .. }) => *n > 0,
            _ => false,
        };
        if !whole {
            return not_canonical("limit that is no number", limit.span);
        }
        if kind.is_value() {
            // SQLite takes the first row whatever the limit.
            self.write_literal(&Expr::value(Value::Integer(1)), None, true)?;
        } else {
            self.write_literal(limit, None, true)?;
        }
        match self.out.pop() {
            Some(lexeme) => Ok(lexeme),
            None => not_canonical("limit that is no number", limit.span),
        }
    }
}

/// What a query shows and how it groups.
struct Shape {
    distinct: bool,
    items: Vec<Expr>,
    keys: Vec<ColumnRef>,
    grouped: bool,
    /// Aggregates without keys.
    one_row: bool,
    /// A later arm of a set operation: it may show one thing in two places.
    repeats: bool,
    /// An arm of a set operation.
    is_arm: bool,
}

/// The edges of a FROM clause, and whether each is a left join.
fn edges_of(from: &From) -> Vec<(Edge, bool)> {
    let edge = |l: &Lexeme| match l {
        Lexeme::Join(edge) => Some((*edge, false)),
        Lexeme::LeftJoin(edge) => Some((*edge, true)),
        _ => None,
    };
    from.joins.iter().filter_map(edge).collect()
}
