//! From what is asked to the query tree.

use schema::{ColumnId, ForeignKeyId, TableId, Value};
use sql::tree::{BinaryOp, Call, Expr, ExprKind, Item, JoinKind, OrderItem, Query, Select, SlotPart, Source, SourceId};

use super::meaning::{Aggregate, Ask, Filter, Function, Group, Having, Key, Measure, Output, Shape, When};
use super::world::{Path, World};

/// One SELECT under construction.
struct Scope<'w> {
    world: &'w World<'w>,
    root: TableId,
    select: Select,
    places: Vec<(Path, SourceId)>,
    next: u16,
}

/// The query of a question.
pub fn query(world: &World<'_>, ask: &Ask) -> Query {
    let mut scope = match &ask.shape {
        Shape::Group(group) if group.keep_empty => Scope::keeping_empty(world, ask.root, group),
        _ => Scope::new(world, ask.root, 0),
    };
    scope.narrow(&ask.filters);
    let (order_by, limit) = scope.shape(ask);
    let mut query = Query::from_select(scope.select);
    query.order_by = order_by;
    query.limit = limit;
    query
}

/// A condition on the rows of one source of another query.
pub fn condition(world: &World<'_>, (table, source): (TableId, SourceId), filter: &Filter) -> Expr {
    Scope::new(world, table, source.0).filter(&[], filter)
}

impl<'w> Scope<'w> {
    fn new(world: &'w World<'w>, root: TableId, first: u16) -> Self {
        let id = SourceId(first);
        let select = Select { from: vec![Source::table(id, root)], ..Select::default() };
        Scope { world, root, select, places: vec![(vec![], id)], next: first + 1 }
    }

    /// The key's table first, the root joined to it with LEFT JOIN.
    fn keeping_empty(world: &'w World<'w>, root: TableId, group: &Group) -> Self {
        let Some(Key::Entity(path)) = group.keys.first() else { return Scope::new(world, root, 0) };
        let Some(&key) = path.first() else { return Scope::new(world, root, 0) };
        let parent = world.catalog.foreign_key(key).to;
        let (parent_id, root_id) = (SourceId(0), SourceId(1));
        let on = key_condition(world, key, root_id, parent_id);
        let joined = Source::table(root_id, root).joined(JoinKind::Left, on);
        let select = Select { from: vec![Source::table(parent_id, parent), joined], ..Select::default() };
        Scope { world, root, select, places: vec![(vec![], root_id), (path.clone(), parent_id)], next: 2 }
    }

    /// The source at the end of a path, joined in where it is not yet.
    fn source(&mut self, path: &[ForeignKeyId]) -> SourceId {
        if let Some((_, id)) = self.places.iter().find(|(p, _)| p == path) {
            return *id;
        }
        let Some((&key, before)) = path.split_last() else { return self.places[0].1 };
        let known = self.source(before);
        let id = SourceId(self.next);
        self.next += 1;
        let on = key_condition(self.world, key, known, id);
        let table = self.world.catalog.foreign_key(key).to;
        self.select.from.push(Source::table(id, table).joined(JoinKind::Inner, on));
        self.places.push((path.to_vec(), id));
        id
    }

    fn measure(&self, source: SourceId, measure: Measure) -> Expr {
        match measure {
            Measure::Column(column) => Expr::column(source, column),
            Measure::Named(index) => moved(&self.world.measures[index].expr, source),
        }
    }

    fn output(&mut self, output: &Output) -> Expr {
        let source = self.source(&output.path);
        self.measure(source, output.measure)
    }

    fn narrow(&mut self, filters: &[Filter]) {
        for filter in filters {
            let condition = self.filter(&[], filter);
            add(&mut self.select.filter, condition);
        }
    }

    fn filter(&mut self, path: &[ForeignKeyId], filter: &Filter) -> Expr {
        let source = self.source(path);
        match filter {
            Filter::Value { column, values, negated } => {
                value_condition(Expr::column(source, *column), values, *negated)
            }
            Filter::Number { measure, op, value } => {
                self.measure(source, *measure).binary(*op, Expr::value(value.clone()))
            }
            Filter::Between { measure, low, high } => ExprKind::Between {
                operand: Box::new(self.measure(source, *measure)),
                low: Box::new(Expr::value(low.clone())),
                high: Box::new(Expr::value(high.clone())),
                negated: false,
            }
            .into(),
            Filter::When { column, how, start, end, .. } => {
                date_condition(Expr::column(source, *column), *how, start, end)
            }
            Filter::Missing { column, negated } => {
                ExprKind::IsNull { operand: Box::new(Expr::column(source, *column)), negated: *negated }.into()
            }
            Filter::Named(index) => moved(&self.world.conditions[*index].expr, source),
            Filter::Columns { left, right, above } => {
                Expr::column(source, *left).binary(above_or_below(*above), Expr::column(source, *right))
            }
            Filter::Average { measure, above } => {
                self.against((source, path), *measure, above_or_below(*above), Some("AVG"), None)
            }
            Filter::ThanNamed { measure, column, name, above } => {
                self.against((source, path), *measure, above_or_below(*above), None, Some((*column, name)))
            }
            Filter::Extreme { measure, greatest } => {
                let function = if *greatest { "MAX" } else { "MIN" };
                self.against((source, path), *measure, BinaryOp::Eq, Some(function), None)
            }
            Filter::Any(filters) => {
                let conditions = filters.iter().map(|f| self.filter(path, f)).collect::<Vec<_>>();
                conditions
                    .into_iter()
                    .reduce(|a, b| a.binary(BinaryOp::Or, b))
                    .unwrap_or_else(|| Expr::value(Value::Integer(1)))
            }
            Filter::Text { column, text, part } => like(Expr::column(source, *column), text, *part),
            Filter::Flag { column, yes } => {
                Expr::column(source, *column).binary(BinaryOp::Eq, Expr::value(Value::Integer(i64::from(*yes))))
            }
            Filter::Parent { key, filters } => {
                let mut path = path.to_vec();
                path.push(*key);
                let conditions: Vec<Expr> = filters.iter().map(|f| self.filter(&path, f)).collect();
                all_of(conditions)
            }
            Filter::Children { key, filters, negated } => self.children(source, *key, filters, *negated),
        }
    }

    /// A measure compared with one value of all rows of its table, or of those that `only` passes.
    fn against(
        &mut self,
        (source, path): (SourceId, &[ForeignKeyId]),
        measure: Measure,
        op: BinaryOp,
        function: Option<&str>,
        only: Option<(ColumnId, &str)>,
    ) -> Expr {
        let mut inner = Scope::new(self.world, self.world.end_of(self.root, &path.to_vec()), self.next);
        let own = inner.places[0].1;
        let value = inner.measure(own, measure);
        inner.item(match function {
            Some(name) => Expr::call(name, vec![value]),
            None => value,
        });
        if let Some((column, name)) = only {
            inner.select.filter = Some(value_condition(Expr::column(own, column), &[name.to_owned()], false));
        }
        self.next = inner.next;
        let scalar: Expr = ExprKind::Scalar(Box::new(Query::from_select(inner.select))).into();
        self.measure(source, measure).binary(op, scalar)
    }

    fn children(&mut self, source: SourceId, key: ForeignKeyId, filters: &[Filter], negated: bool) -> Expr {
        let mut inner = Scope::new(self.world, self.world.catalog.foreign_key(key).from, self.next);
        let own = inner.places[0].1;
        inner.select.items.push(Item::new(Expr::value(Value::Integer(1))));
        inner.select.filter = Some(key_condition(self.world, key, own, source));
        inner.narrow(filters);
        self.next = inner.next;
        ExprKind::Exists { query: Box::new(Query::from_select(inner.select)), negated }.into()
    }

    fn shape(&mut self, ask: &Ask) -> (Vec<OrderItem>, Option<Expr>) {
        match &ask.shape {
            Shape::List { columns, order } => {
                self.show(columns);
                let order = order.iter().map(|(by, descending)| (self.output(by), *descending)).collect::<Vec<_>>();
                (order.into_iter().map(|(expr, descending)| ordered(expr, descending)).collect(), None)
            }
            Shape::Top { columns, by, descending, n } => {
                self.show(columns);
                let source = self.places[0].1;
                let by = self.measure(source, *by);
                if !descending {
                    let present = ExprKind::IsNull { operand: Box::new(by.clone()), negated: true };
                    add(&mut self.select.filter, present.into());
                }
                (vec![ordered(by, *descending)], Some(Expr::value(Value::Integer(n.unwrap_or(1)))))
            }
            Shape::Count => (self.item(Expr::count_star()), None),
            Shape::Distinct(output) => {
                let expr = self.output(output);
                self.select.distinct = true;
                (self.item(expr), None)
            }
            Shape::CountDistinct(output) => {
                let expr = self.aggregate(&Aggregate { function: Function::CountDistinct, of: Some(output.clone()) });
                (self.item(expr), None)
            }
            Shape::Totals(totals) => {
                for total in totals {
                    let expr = self.aggregate(total);
                    self.item(expr);
                }
                (vec![], None)
            }
            Shape::Group(group) => self.group(group),
        }
    }

    fn item(&mut self, expr: Expr) -> Vec<OrderItem> {
        self.select.items.push(Item::new(expr));
        vec![]
    }

    /// The columns asked for, or the display columns.
    fn show(&mut self, columns: &[Output]) {
        if columns.is_empty() {
            let source = self.places[0].1;
            for column in self.world.glossary.display(self.world.catalog, self.root) {
                self.item(Expr::column(source, column));
            }
        }
        for column in columns {
            let expr = self.output(column);
            self.item(expr);
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Expr {
        let Some(of) = &aggregate.of else {
            return Expr::count_star();
        };
        let operand = self.output(of);
        let name = match aggregate.function {
            Function::Count | Function::CountDistinct => "COUNT",
            Function::Sum => "SUM",
            Function::Avg => "AVG",
            Function::Min => "MIN",
            Function::Max => "MAX",
        };
        let mut expr = Expr::call(name, vec![operand]);
        if let (ExprKind::Call(Call { distinct, .. }), Function::CountDistinct) = (&mut expr.kind, aggregate.function) {
            *distinct = true;
        }
        expr
    }

    /// A total of a group; a count of rows that may be missing counts their key.
    fn total(&mut self, total: &Aggregate, group: &Group) -> Expr {
        if group.keep_empty && total.function == Function::Count {
            let source = self.places[0].1;
            let key = self.world.catalog.table(self.root).primary_key.first().copied().unwrap_or(0);
            return Expr::call("COUNT", vec![Expr::column(source, ColumnId { table: self.root, column: key })]);
        }
        self.aggregate(total)
    }

    fn group(&mut self, group: &Group) -> (Vec<OrderItem>, Option<Expr>) {
        for key in &group.keys {
            let shown = group.shown.as_ref().filter(|_| matches!(key, Key::Entity(_)));
            for expr in self.key(key) {
                if group.skip_blank {
                    let present = ExprKind::IsNull { operand: Box::new(expr.clone()), negated: true };
                    add(&mut self.select.filter, present.into());
                }
                self.select.group_by.push(expr.clone());
                if shown.is_none() {
                    self.item(expr);
                }
            }
            for column in shown.into_iter().flatten() {
                let expr = self.shown(key, *column);
                self.item(expr);
            }
        }
        for total in &group.totals {
            let expr = self.total(total, group);
            self.item(expr);
        }
        if let Some(Having { total, op, value }) = &group.having {
            let left = self.total(total, group);
            self.select.having = Some(left.binary(*op, Expr::value(value.clone())));
        }
        match (&group.top, group.order, group.totals.first()) {
            (Some((total, n, descending)), _, _) => {
                let by = self.total(total, group);
                (vec![ordered(by, *descending)], Some(Expr::value(Value::Integer(*n))))
            }
            (None, Some(descending), Some(total)) => {
                let by = self.total(total, group);
                (vec![ordered(by, descending)], None)
            }
            _ => (vec![], None),
        }
    }

    fn shown(&mut self, key: &Key, column: ColumnId) -> Expr {
        let path = match key {
            Key::Entity(path) => path.clone(),
            Key::Column(output) => output.path.clone(),
        };
        Expr::column(self.source(&path), column)
    }

    fn key(&mut self, key: &Key) -> Vec<Expr> {
        match key {
            Key::Column(output) => vec![self.output(output)],
            Key::Entity(path) => {
                let source = self.source(path);
                let table = self.world.end_of(self.root, path);
                let display = self.world.glossary.display(self.world.catalog, table);
                display.into_iter().map(|column| Expr::column(source, column)).collect()
            }
        }
    }
}

fn key_condition(world: &World<'_>, key: ForeignKeyId, from: SourceId, to: SourceId) -> Expr {
    let pairs = world.catalog.key_pairs(key);
    all_of(pairs.map(|(a, b)| Expr::column(from, a).binary(BinaryOp::Eq, Expr::column(to, b))).collect())
}

fn all_of(conditions: Vec<Expr>) -> Expr {
    let mut whole = None;
    for condition in conditions {
        add(&mut whole, condition);
    }
    whole.unwrap_or_else(|| Expr::value(Value::Integer(1)))
}

fn add(whole: &mut Option<Expr>, condition: Expr) {
    *whole = Some(match whole.take() {
        Some(before) => before.and(condition),
        None => condition,
    });
}

fn above_or_below(above: bool) -> BinaryOp {
    if above { BinaryOp::Gt } else { BinaryOp::Lt }
}

fn ordered(expr: Expr, descending: bool) -> OrderItem {
    OrderItem { expr, descending, nulls_first: None }
}

fn value_condition(column: Expr, values: &[String], negated: bool) -> Expr {
    let text = |v: &String| Expr::value(Value::Text(v.clone()));
    match values {
        [one] => column.binary(if negated { BinaryOp::NotEq } else { BinaryOp::Eq }, text(one)),
        many => ExprKind::InList { operand: Box::new(column), list: many.iter().map(text).collect(), negated }.into(),
    }
}

fn date_condition(column: Expr, how: When, start: &str, end: &str) -> Expr {
    let day = |d: &str| Expr::value(Value::Text(d.to_owned()));
    let single = start == end;
    match how {
        When::In if !single => {
            column.clone().binary(BinaryOp::GtEq, day(start)).and(column.binary(BinaryOp::Lt, day(end)))
        }
        When::In | When::On => column.binary(BinaryOp::Eq, day(start)),
        When::After if single => column.binary(BinaryOp::Gt, day(start)),
        When::After => column.binary(BinaryOp::GtEq, day(end)),
        When::Since => column.binary(BinaryOp::GtEq, day(start)),
        When::Before => column.binary(BinaryOp::Lt, day(start)),
        When::Until if single => column.binary(BinaryOp::LtEq, day(start)),
        When::Until => column.binary(BinaryOp::Lt, day(end)),
    }
}

fn like(column: Expr, text: &str, part: SlotPart) -> Expr {
    let pattern = match part {
        SlotPart::Prefix => format!("{text}%"),
        SlotPart::Suffix => format!("%{text}"),
        _ => format!("%{text}%"),
    };
    ExprKind::Like {
        op: sql::tree::LikeOp::Like,
        operand: Box::new(column),
        pattern: Box::new(Expr::value(Value::Text(pattern))),
        escape: None,
        negated: false,
    }
    .into()
}

/// A named expression with its columns moved to another source.
fn moved(expr: &Expr, to: SourceId) -> Expr {
    let mut expr = expr.clone();
    sql::visit::rewrite_expr(&mut expr, &mut |e| {
        if let ExprKind::Column { source, .. } = &mut e.kind {
            *source = to;
        }
    });
    expr
}
