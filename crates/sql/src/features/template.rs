//! A query's template: the tree with literals removed and columns kept, whatever names its author chose.

use crate::tree::{Body, Call, Expr, ExprKind, OrderItem, Query, Select, Source, SourceKind};
use crate::visit::{Part, parts_of_expr, unnamed};

/// A hash of the template; the same on every machine and in every run for one catalog.
pub fn template_hash(query: &Query) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.query(&unnamed(query));
    hash.0
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Fnv {
    fn text(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn query(&mut self, query: &Query) {
        self.text("(query");
        for cte in &query.with {
            self.text(if cte.recursive { "recursive" } else { "cte" });
            self.query(&cte.query);
        }
        match &query.body {
            Body::Select(select) => self.select(select),
            Body::Set { op, all, left, right } => {
                self.text(&format!("{op:?} {all}"));
                self.query(left);
                self.query(right);
            }
            Body::Values(rows) => self.text(&format!("values {}", rows.first().map_or(0, Vec::len))),
        }
        self.order(&query.order_by);
        self.text(if query.limit.is_some() { "limit" } else { "" });
        self.text(if query.offset.is_some() { "offset" } else { "" });
        self.text(")");
    }

    fn select(&mut self, select: &Select) {
        self.text(if select.distinct { "distinct" } else { "select" });
        for item in &select.items {
            self.expr(&item.expr);
        }
        for source in &select.from {
            self.source(source);
        }
        self.text("where");
        if let Some(expr) = &select.filter {
            self.expr(expr);
        }
        self.text("group");
        for expr in &select.group_by {
            self.expr(expr);
        }
        self.text("having");
        if let Some(expr) = &select.having {
            self.expr(expr);
        }
    }

    fn source(&mut self, source: &Source) {
        self.text(&format!("{:?} {}", source.join, source.id.0));
        match &source.kind {
            SourceKind::Table(table) => self.text(&format!("table {}", table.0)),
            SourceKind::Cte { name, .. } => self.text(name),
            SourceKind::Derived { query, .. } => self.query(query),
        }
        if let Some(on) = &source.on {
            self.expr(on);
        }
    }

    fn order(&mut self, items: &[OrderItem]) {
        for item in items {
            self.text(&format!("order {} {:?}", item.descending, item.nulls_first));
            self.expr(&item.expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.text(&label(expr));
        // A list of literals is one literal, however many it holds.
        if let ExprKind::InList { operand, list, .. } = &expr.kind
            && list.iter().all(|member| matches!(member.kind, ExprKind::Literal(_)))
        {
            self.expr(operand);
        } else {
            if let ExprKind::Call(call) = &expr.kind {
                self.call(call);
            }
            parts_of_expr(expr, &mut |part| match part {
                Part::Expr(inner) => self.expr(inner),
                Part::Query(query) => self.query(query),
            });
        }
        self.text(")");
    }

    /// What of a call is neither its label nor one of its parts.
    fn call(&mut self, call: &Call) {
        let orders = call.order_by.iter().chain(call.over.iter().flat_map(|window| &window.order_by));
        for item in orders {
            self.text(&format!("order {} {:?}", item.descending, item.nulls_first));
        }
        if let Some(window) = &call.over {
            let (partition, order) = (window.partition_by.len(), window.order_by.len());
            self.text(&format!("over {partition} {order} {:?}", window.frame));
        }
    }
}

/// A node without its parts and without the values of literals.
fn label(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Column { source, column } => format!("(column {} {column}", source.0),
        ExprKind::RowId(source) => format!("(rowid {}", source.0),
        ExprKind::Output(position) => format!("(output {position}"),
        ExprKind::Literal(_) => "(?".to_owned(),
        ExprKind::Unary(op, _) => format!("({op:?}"),
        ExprKind::Binary(_, op, _) => format!("({op:?}"),
        ExprKind::IsNull { negated, .. } => format!("(null {negated}"),
        ExprKind::IsTruth { truth, negated, .. } => format!("(truth {truth} {negated}"),
        ExprKind::Between { negated, .. } => format!("(between {negated}"),
        ExprKind::Like { op, negated, escape, .. } => format!("({op:?} {negated} {}", escape.is_some()),
        ExprKind::InList { negated, .. } => format!("(list {negated}"),
        ExprKind::InQuery { negated, .. } => format!("(in {negated}"),
        ExprKind::Exists { negated, .. } => format!("(exists {negated}"),
        ExprKind::Scalar(_) => "(scalar".to_owned(),
        ExprKind::Case { operand, branches, otherwise } => {
            format!("(case {} {} {}", operand.is_some(), branches.len(), otherwise.is_some())
        }
        ExprKind::Cast { to, .. } => format!("(cast {}", to.to_ascii_uppercase()),
        ExprKind::Call(call) => {
            let Call { function, args, star, distinct, .. } = call;
            format!("({function} {} {star} {distinct} {}", args.len(), call.filter.is_some())
        }
        ExprKind::Collate(_, name) => format!("(collate {name}"),
        ExprKind::Row(items) => format!("(row {}", items.len()),
        ExprKind::Parameter(name) => format!("(parameter {name}"),
        ExprKind::Unknown(name) => format!("(unknown {name}"),
    }
}
