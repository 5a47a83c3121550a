//! WITH, set operations, groups, order and limits.

use schema::{Type, Value};

use super::value::is_count_of_days;
use super::{Construct, Level, Lowered, Lowering, Texts, piece};
use crate::calendar::calendar_of;
use crate::dialect::Dialect;
use crate::print::Naming;
use crate::resolve::holds_aggregate;
use crate::tree::{
    Body, Cte, Expr, ExprKind, Item, JoinKind, OrderItem, Query, Select, SetOp, Source, SourceId, SourceKind, Span,
};
use crate::visit::{Part, each_expr_here, parts_of_expr, rewrite_expr};

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The outermost.
    Top,
    /// A CTE or a derived table.
    Table,
    /// One value.
    Scalar,
    /// `IN (…)`.
    Member,
    /// `EXISTS (…)`, or an arm of a set operation after the first.
    Other,
}

impl Place {
    fn naming(self) -> Naming {
        match self {
            Place::Top => Naming::Shown,
            Place::Table => Naming::Inner,
            _ => Naming::Given,
        }
    }
}

impl Lowering<'_> {
    pub(super) fn query(&mut self, query: &Query, place: Place) -> Lowered<Query> {
        let (known, plain) = (self.naming.ctes.len(), self.plain_months.len());
        let with = self.with(&query.with)?;
        let (limit, offset) = self.limits(query)?;
        let mut lowered = match &query.body {
            Body::Select(select) => self.select(select, &query.order_by, place)?,
            Body::Set { op, all, left, right } => {
                if *all && *op != SetOp::Union {
                    return self.refuse(Construct::SetAll, Span::default());
                }
                let body = self.set((*op, *all), left, right, place)?;
                self.ordered_set(query, body)?
            }
            Body::Values(rows) => bare(self.values(rows)?),
        };
        (lowered.with, lowered.limit, lowered.offset) = (with, limit, offset);
        if place == Place::Scalar && lowered.limit.is_none() && !self.is_single_row(query) {
            // A subquery of several rows is its first one.
            lowered.limit = Some(Expr::value(Value::Integer(1)));
        }
        let is_limited = lowered.limit.is_some() || lowered.offset.is_some();
        if place != Place::Top && !is_limited && !self.traits.orders_inside {
            lowered.order_by.clear();
        }
        self.naming.ctes.truncate(known);
        self.plain_months.truncate(plain);
        if place == Place::Member && is_limited && self.traits.no_limit_in_in {
            return Ok(wrapped(lowered));
        }
        Ok(lowered)
    }

    fn with(&mut self, ctes: &[Cte]) -> Lowered<Vec<Cte>> {
        let mut lowered = Vec::with_capacity(ctes.len());
        for cte in ctes {
            let columns = self.naming.cte_columns(cte);
            self.naming.ctes.push((cte.name.clone(), columns.clone()));
            if calendar_of(cte).or_else(|| calendar_of_one_column(cte)).is_some_and(|start| is_plain_day(&start.start))
            {
                self.plain_months.push(cte.name.to_lowercase());
            }
            if cte.recursive {
                self.check_recursion(cte)?;
            }
            let mut query = self.query(&cte.query, Place::Table)?;
            if cte.recursive {
                self.lengthen(&mut query, cte);
                if !self.traits.says_recursive {
                    keep_doubles(&mut query);
                }
            }
            // Oracle wants the columns of a recursive CTE listed, and no engine minds.
            let columns_listed = cte.columns_listed || cte.recursive;
            lowered.push(Cte { columns, columns_listed, query: Box::new(query), ..cte.clone() });
        }
        Ok(lowered)
    }

    /// Texts that grow from step to step, as long as they may become: elsewhere the start says how long they are.
    fn lengthen(&self, query: &mut Query, cte: &Cte) {
        let types = self.types.of_outputs(&cte.query);
        let Body::Set { left, right, .. } = &mut query.body else { return };
        let (Some(start), Some(step)) = (left.select_mut(), right.select_mut()) else { return };
        for ((first, next), ty) in start.items.iter_mut().zip(&mut step.items).zip(types) {
            if ty == Type::Text && !matches!(next.expr.kind, ExprKind::Column { .. }) {
                let name = self.column_name(&first.expr);
                first.alias = first.alias.take().or(name);
                first.from_star = false;
                first.expr = piece("@long_text", vec![first.expr.clone()]);
                next.expr = piece("@long_text", vec![next.expr.clone()]);
            }
        }
    }

    /// Elsewhere a recursive query is UNION of one start and one step, without order or limit.
    fn check_recursion(&self, cte: &Cte) -> Lowered<()> {
        let span = Span::default();
        let Body::Set { op: SetOp::Union, all, left, right } = &cte.query.body else {
            return self.refuse(Construct::Recursion, span);
        };
        let tailed = |q: &Query| !q.order_by.is_empty() || q.limit.is_some() || q.offset.is_some();
        // Without RECURSIVE there is UNION ALL only; a calendar has no doubles to leave out.
        let is_calendar = calendar_of(cte).or_else(|| calendar_of_one_column(cte)).is_some();
        let is_known = *all || self.traits.says_recursive || is_calendar;
        if tailed(&cte.query) || tailed(left) || tailed(right) || right.select().is_none() || !is_known {
            return self.refuse(Construct::Recursion, span);
        }
        Ok(())
    }

    fn limits(&mut self, query: &Query) -> Lowered<(Option<Expr>, Option<Expr>)> {
        let whole = |e: &Expr| match &e.kind {
            ExprKind::Literal(literal) => match literal.value {
                Value::Integer(whole) => Some(whole),
                _ => None,
            },
            _ => None,
        };
        let mut bounds = [None, None];
        for (bound, (given, least)) in bounds.iter_mut().zip([(&query.limit, 0), (&query.offset, 1)]) {
            let Some(given) = given else { continue };
            let Some(number) = whole(given) else { return self.refuse(Construct::ComputedLimit, given.span) };
            // Less than nothing is no limit in SQLite.
            *bound = (number >= least).then(|| given.clone());
        }
        let [limit, offset] = bounds;
        Ok((limit, offset))
    }

    fn set(&mut self, how: (SetOp, bool), left: &Query, right: &Query, place: Place) -> Lowered<Body> {
        let (op, all) = how;
        let types: Vec<Type> = {
            let both = Body::Set { op, all, left: Box::new(left.clone()), right: Box::new(right.clone()) };
            self.types.of_outputs(&bare(both))
        };
        let mut arms = [self.query(left, place)?, self.query(right, Place::Other)?];
        for (arm, original) in arms.iter_mut().zip([left, right]) {
            self.fit(arm, original, &types)?;
        }
        if !all && self.traits.loose_texts && self.target.texts == Texts::ByCode {
            self.by_code(&mut arms[0], &types);
        }
        let [left, right] = arms.map(Box::new);
        Ok(Body::Set { op, all, left, right })
    }

    /// Gives the outputs of an arm the types that the whole has.
    fn fit(&mut self, arm: &mut Query, original: &Query, types: &[Type]) -> Lowered<()> {
        let (Some(select), Some(given)) = (arm.select_mut(), original.select()) else { return Ok(()) };
        for ((item, given), ty) in select.items.iter_mut().zip(&given.items).zip(types) {
            let own = self.types.of_expr(&given.expr);
            if own != *ty && own != Type::Unknown {
                item.expr = self.as_type(&given.expr, *ty)?;
            }
        }
        Ok(())
    }

    /// Lets the texts that a query shows count by their codes.
    fn by_code(&self, query: &mut Query, types: &[Type]) {
        let Some(select) = first_select(query) else { return };
        for (item, ty) in select.items.iter_mut().zip(types) {
            if *ty == Type::Text {
                item.expr = coded(item.expr.clone());
            }
        }
    }

    fn ordered_set(&mut self, query: &Query, body: Body) -> Lowered<Query> {
        let types = self.types.of_outputs(query);
        let mut lowered = bare(body);
        for item in &query.order_by {
            let ExprKind::Output(position) = item.expr.kind else {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            };
            let ty = types.get(usize::from(position)).copied().unwrap_or_default();
            if ty == Type::Text && self.target.texts == Texts::ByCode {
                let only: Vec<Type> =
                    (0..types.len()).map(|i| if i == usize::from(position) { ty } else { Type::Unknown }).collect();
                self.by_code(&mut lowered, &only);
            }
            let nulls_first = self.said_nulls(item, false);
            if self.nulls_differ(item) && !self.traits.says_nulls {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            }
            lowered.order_by.push(OrderItem { nulls_first, ..item.clone() });
        }
        Ok(lowered)
    }

    /// Rows of values as SELECTs, which every engine reads.
    fn values(&mut self, rows: &[Vec<Expr>]) -> Lowered<Body> {
        let mut body: Option<Body> = None;
        for row in rows {
            let mut items = Vec::with_capacity(row.len());
            for (i, value) in row.iter().enumerate() {
                let alias = body.is_none().then(|| format!("column{}", i + 1));
                items.push(Item { expr: self.value(value)?, alias, from_star: false });
            }
            let arm = Body::Select(Box::new(Select { items, ..Select::default() }));
            body = Some(match body {
                None => arm,
                Some(before) => {
                    Body::Set { op: SetOp::Union, all: true, left: Box::new(bare(before)), right: Box::new(bare(arm)) }
                }
            });
        }
        Ok(body.unwrap_or(Body::Values(vec![])))
    }

    fn select(&mut self, select: &Select, order_by: &[OrderItem], place: Place) -> Lowered<Query> {
        self.naming.enter(select, place.naming());
        let names = self.naming.levels.pop().map_or_else(Vec::new, |level| level.outputs);
        let grouped: Vec<Expr> = select.group_by.iter().map(|term| written_out(term, select)).collect();
        self.check_bare_columns(select, order_by, &grouped)?;
        let mut from = Vec::with_capacity(select.from.len());
        for source in &select.from {
            from.push(self.source(source)?);
        }
        self.levels.push(Level { grouped: vec![] });
        for (source, lowered) in select.from.iter().zip(&mut from) {
            lowered.on = source.on.as_ref().map(|on| self.condition(on)).transpose()?;
        }
        let filter = select.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        if let Some(level) = self.levels.last_mut() {
            level.grouped.clone_from(&grouped);
        }
        let group_by = self.groups(&grouped)?;
        let items = self.items(select, names, place)?;
        let having = select.having.as_ref().map(|having| self.condition(&written_out(having, select))).transpose()?;
        let mut query = Query::from_select(Select {
            distinct: select.distinct,
            items,
            from,
            filter,
            group_by,
            having,
            windows: vec![],
        });
        self.order(&mut query, select, order_by)?;
        self.levels.pop();
        Ok(query)
    }

    fn source(&mut self, source: &Source) -> Lowered<Source> {
        if source.join == JoinKind::Full && !self.traits.has_full_join {
            return self.refuse(Construct::FullJoin, source.span);
        }
        let kind = match &source.kind {
            SourceKind::Derived { query, columns } => {
                let levels = std::mem::take(&mut self.levels);
                let query = Box::new(self.query(query, Place::Table)?);
                self.levels = levels;
                SourceKind::Derived { query, columns: columns.clone() }
            }
            kind => kind.clone(),
        };
        // A join without a condition is a cross join, and only SQLite reads it otherwise.
        let join = match (source.join, &source.on) {
            (JoinKind::Inner, None) => JoinKind::Cross,
            (JoinKind::Cross, Some(_)) => JoinKind::Inner,
            (join, _) => join,
        };
        let on = match (join, &source.on) {
            (JoinKind::Left | JoinKind::Right | JoinKind::Full, None) => Some(piece("@always", vec![])),
            _ => None,
        };
        Ok(Source { kind, join, on, ..source.clone() })
    }

    fn groups(&mut self, grouped: &[Expr]) -> Lowered<Vec<Expr>> {
        let mut terms = Vec::with_capacity(grouped.len());
        for term in grouped {
            let mut reads = false;
            each_expr_here(term, &mut |e| {
                reads |= matches!(e.kind, ExprKind::Column { .. } | ExprKind::RowId(_)) || e.kind.subquery().is_some();
            });
            if !reads {
                return self.refuse(Construct::ConstantGroup, term.span);
            }
            let term = self.value(term)?;
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        Ok(terms)
    }

    fn items(&mut self, select: &Select, names: Vec<Option<String>>, place: Place) -> Lowered<Vec<Item>> {
        let mut items = Vec::with_capacity(select.items.len());
        for (item, alias) in select.items.iter().zip(names) {
            let mut expr = self.value(strip_collation(&item.expr))?;
            let is_text = self.types.of_expr(&item.expr) == Type::Text;
            if select.distinct && is_text && self.traits.loose_texts && self.target.texts == Texts::ByCode {
                expr = coded(expr);
            }
            if place != Place::Top && is_count_of_days(&expr) {
                // Seen from outside, nothing tells that it divides as a decimal.
                expr = piece("@double", vec![expr]);
            }
            let plain = matches!(expr.kind, ExprKind::Column { .. });
            let named = alias.or_else(|| (!plain).then(|| self.column_name(&item.expr)).flatten());
            items.push(Item { expr, alias: named, from_star: item.from_star && plain });
        }
        Ok(items)
    }

    /// The name of a column that is no longer written as one.
    fn column_name(&self, expr: &Expr) -> Option<String> {
        let ExprKind::Column { source, column } = expr.kind else { return None };
        self.naming.written.get(&source)?.columns.get(usize::from(column)).cloned()
    }

    fn order(&mut self, query: &mut Query, select: &Select, order_by: &[OrderItem]) -> Lowered<()> {
        for item in order_by {
            let position = match item.expr.kind {
                ExprKind::Output(position) => Some(usize::from(position)),
                _ => select.items.iter().position(|shown| shown.expr == item.expr).filter(|_| select.distinct),
            };
            let written = written_out(&item.expr, select);
            if !select.distinct && is_constant(&written) {
                continue;
            }
            let is_text = self.types.of_expr(&written) == Type::Text && self.target.texts == Texts::ByCode;
            let expr = match position {
                Some(at) if !is_text => ExprKind::Output(at as u16).into(),
                Some(at) if select.distinct => {
                    self.code_item(query, at);
                    ExprKind::Output(at as u16).into()
                }
                None if select.distinct => return self.refuse(Construct::HiddenOrder, item.expr.span),
                _ => self.key(&written)?,
            };
            self.push_key(&mut query.order_by, OrderItem { expr, ..item.clone() }, &written)?;
        }
        Ok(())
    }

    fn code_item(&self, query: &mut Query, at: usize) {
        let Some(item) = query.select_mut().and_then(|select| select.items.get_mut(at)) else { return };
        if !matches!(&item.expr.kind, ExprKind::Call(call) if call.function == "@by_code") {
            let name = self.column_name(&item.expr);
            item.alias = item.alias.take().or(name);
            item.from_star = false;
            item.expr = coded(item.expr.clone());
        }
    }

    /// What rows are ordered by: texts by their codes.
    pub(super) fn key(&mut self, expr: &Expr) -> Lowered<Expr> {
        let lowered = self.value(expr)?;
        let coded_already = matches!(&lowered.kind, ExprKind::Call(call) if call.function == "@by_code");
        let is_text = self.types.of_expr(expr) == Type::Text && !is_constant(expr);
        let wanted = is_text && self.target.texts == Texts::ByCode && !coded_already;
        Ok(if wanted { coded(lowered) } else { lowered })
    }

    /// Adds a key with the place of NULLs said where the engine has another, and where there may be some.
    pub(super) fn push_key(&mut self, keys: &mut Vec<OrderItem>, item: OrderItem, original: &Expr) -> Lowered<()> {
        let nullable = self.is_nullable(original);
        if self.nulls_differ(&item) && nullable && !self.traits.says_nulls {
            if matches!(item.expr.kind, ExprKind::Output(_)) && matches!(self.target.dialect, Dialect::SqlServer) {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            }
            let operand = Box::new(item.expr.clone());
            let is_null = Expr::from(ExprKind::IsNull { operand, negated: false });
            let expr = self.condition_as_value(is_null, false);
            let descending = item.nulls_first == Some(true);
            keys.push(OrderItem { expr, descending, nulls_first: None });
        }
        keys.push(OrderItem { nulls_first: self.said_nulls(&item, !nullable), ..item });
        Ok(())
    }

    /// Whether NULLs are to stand where the engine does not put them by itself.
    fn nulls_differ(&self, item: &OrderItem) -> bool {
        let wanted = item.nulls_first.unwrap_or(!item.descending);
        wanted != (self.traits.nulls_last == item.descending)
    }

    fn said_nulls(&self, item: &OrderItem, never_null: bool) -> Option<bool> {
        let needed = self.traits.says_nulls && !never_null && self.nulls_differ(item);
        needed.then(|| item.nulls_first.unwrap_or(!item.descending))
    }

    /// Whether an expression may be NULL: not where it counts, or is a column that no outer join can empty.
    fn is_nullable(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(literal) => literal.value == Value::Null,
            ExprKind::Call(call) => !matches!(
                call.function.as_str(),
                "COUNT" | "TOTAL" | "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" | "PERCENT_RANK" | "CUME_DIST"
            ),
            _ => true,
        }
    }

    /// Whether a query gives one row at most.
    fn is_single_row(&self, query: &Query) -> bool {
        let Some(select) = query.select() else { return false };
        let aggregated = select.items.iter().any(|item| holds_aggregate(&item.expr)) || select.having.is_some();
        if select.group_by.is_empty() && (aggregated || select.from.is_empty()) {
            return true;
        }
        let [Source { id, kind: SourceKind::Table(table), .. }] = select.from.as_slice() else { return false };
        let conjuncts = select.filter.iter().flat_map(Expr::conjuncts);
        let fixed: Vec<u16> = conjuncts.filter_map(|part| fixed_column(part, *id)).collect();
        self.catalog.is_unique(*table, &fixed)
    }

    /// Elsewhere every column beside an aggregate is grouped by, or belongs to a table whose key is.
    fn check_bare_columns(&self, select: &Select, order_by: &[OrderItem], grouped: &[Expr]) -> Lowered<()> {
        let aggregates = select.items.iter().any(|item| holds_aggregate(&item.expr)) || select.having.is_some();
        if grouped.is_empty() && !aggregates {
            return Ok(());
        }
        let order = order_by.iter().map(|item| &item.expr);
        let all = select.items.iter().map(|item| &item.expr).chain(&select.having).chain(order);
        for expr in all {
            if let Some(bare) = self.bare_column(expr, select, grouped) {
                let name = self.column_name(bare).unwrap_or_default();
                return self.refuse(Construct::BareColumn(name), bare.span);
            }
        }
        Ok(())
    }

    /// A column that stands outside aggregates and outside what is grouped by.
    fn bare_column<'e>(&self, expr: &'e Expr, select: &Select, grouped: &[Expr]) -> Option<&'e Expr> {
        if grouped.contains(expr) {
            return None;
        }
        match &expr.kind {
            ExprKind::Call(call) if crate::resolve::is_aggregate(call) => None,
            ExprKind::Column { source, .. } => {
                let own = select.from.iter().find(|s| s.id == *source)?;
                (!self.is_keyed(own, grouped)).then_some(expr)
            }
            _ => {
                let mut found = None;
                parts_of_expr(expr, &mut |part| {
                    if let Part::Expr(inner) = part {
                        found = found.or_else(|| self.bare_column(inner, select, grouped));
                    }
                });
                found
            }
        }
    }

    /// Whether the engine knows that a table's columns are settled by its primary key, which is grouped by.
    fn is_keyed(&self, source: &Source, grouped: &[Expr]) -> bool {
        let Some(table) = source.table_id().filter(|_| self.traits.knows_keys) else { return false };
        let key = &self.catalog.table(table).primary_key;
        let by = |column: &u16| grouped.contains(&ExprKind::Column { source: source.id, column: *column }.into());
        !key.is_empty() && key.iter().all(by)
    }
}

/// A query that is a body and nothing more.
fn bare(body: Body) -> Query {
    Query { with: vec![], body, order_by: vec![], limit: None, offset: None }
}

/// A text that counts by the codes of its characters.
pub(super) fn coded(expr: Expr) -> Expr {
    if matches!(&expr.kind, ExprKind::Call(call) if call.function == "@by_code") {
        return expr;
    }
    piece("@by_code", vec![expr])
}

/// A term with every reference to an output replaced by what that computes.
fn written_out(term: &Expr, select: &Select) -> Expr {
    let mut term = term.clone();
    rewrite_expr(&mut term, &mut |e| {
        if let ExprKind::Output(position) = e.kind
            && let Some(item) = select.items.get(usize::from(position))
        {
            *e = item.expr.clone();
        }
    });
    term
}

/// What an output shows: a collation changes how it compares, not what it is.
fn strip_collation(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Collate(inner, _) => strip_collation(inner),
        _ => expr,
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}

/// The column of a source that a condition fixes to one value.
fn fixed_column(condition: &Expr, source: SourceId) -> Option<u16> {
    let ExprKind::Binary(a, crate::tree::BinaryOp::Eq, b) = &condition.kind else { return None };
    let own = |e: &Expr| match e.kind {
        ExprKind::Column { source: id, column } if id == source => Some(column),
        _ => None,
    };
    let reads_own = |e: &Expr| {
        let mut found = false;
        each_expr_here(e, &mut |e| found |= own(e).is_some() || e.kind.subquery().is_some());
        found
    };
    match (own(a), own(b)) {
        (Some(column), None) if !reads_own(b) => Some(column),
        (None, Some(column)) if !reads_own(a) => Some(column),
        _ => None,
    }
}

/// The first SELECT, to be changed.
fn first_select(query: &mut Query) -> Option<&mut Select> {
    match &mut query.body {
        Body::Select(select) => Some(select),
        Body::Set { left, .. } => first_select(left),
        Body::Values(_) => None,
    }
}

/// `SELECT * FROM (query)`.
fn wrapped(inner: Query) -> Query {
    // No source that was read has the last number.
    let id = SourceId(u16::MAX);
    let columns: Vec<String> = (1..=crate::visit::arity(&inner)).map(|i| format!("column{i}")).collect();
    let column = |i: usize| Expr::from(ExprKind::Column { source: id, column: i as u16 });
    let items = (0..columns.len()).map(|i| Item::new(column(i))).collect();
    let kind = SourceKind::Derived { query: Box::new(inner), columns };
    let source = Source { id, kind, alias: None, join: JoinKind::Cross, on: None, span: Span::default() };
    Query::from_select(Select { items, from: vec![source], ..Select::default() })
}

fn keep_doubles(query: &mut Query) {
    if let Body::Set { all, .. } = &mut query.body {
        *all = true;
    }
}

/// A calendar that is written with one column, and with its end compared as people do.
fn calendar_of_one_column(cte: &Cte) -> Option<crate::calendar::Calendar> {
    let mut query = bare(Body::Values(vec![]));
    query.with.push(cte.clone());
    crate::calendar::normalise(&mut query);
    calendar_of(&query.with[0])
}

/// Whether a day stands in every month.
fn is_plain_day(start: &Expr) -> bool {
    let ExprKind::Literal(literal) = &start.kind else { return false };
    let Value::Text(text) = &literal.value else { return false };
    text.parse::<jiff::civil::Date>().is_ok_and(|day| day.day() <= 28)
}
