//! SEC511: a column about people among the outputs, also through CTEs, derived tables and `*`.

use std::collections::HashSet;

use schema::ColumnId;

use crate::diagnostic::Severity;
use crate::resolve::is_aggregate;
use crate::tree::{Body, Expr, ExprKind, Query, Span};
use crate::validate::columns::{Behind, Place, queries_behind};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{Part, parts_of_expr};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC511",
    severity: Severity::Info,
    title: "a column about people is shown",
    page: include_str!("SEC511.md"),
    check: Check::Whole(check),
};

/// Aggregates that show none of the values they are made of.
const SUMMARIES: [&str; 4] = ["AVG", "COUNT", "SUM", "TOTAL"];

fn check(subject: &Subject, found: &mut Found) {
    let Some(access) = subject.options.access.filter(|access| !access.personal.is_empty()) else { return };
    let behind = queries_behind(subject.query);
    for (position, span) in places(subject.query).into_iter().enumerate() {
        let mut gathered = Shown { subject, behind: &behind, seen: HashSet::new(), columns: vec![] };
        gathered.output(subject.query, position);
        if let Some(column) = gathered.columns.iter().find(|column| access.personal.contains(column)) {
            let message = format!("{} is about people, and is shown.", subject.catalog.qualified(*column));
            found.push(RULE.at(span, message).help("Show it only where the question asks for it."));
        }
    }
}

/// Where each output of a query stands: among those of its first arm.
fn places(query: &Query) -> Vec<Span> {
    match &query.body {
        Body::Select(select) => select.items.iter().map(|item| item.expr.span).collect(),
        Body::Set { left, .. } => places(left),
        Body::Values(rows) => rows.iter().take(1).flatten().map(|value| value.span).collect(),
    }
}

/// Columns being gathered: each column of a CTE or derived table is followed once, so that a recursive one ends.
struct Shown<'s, 'a> {
    subject: &'s Subject<'a>,
    behind: &'s Behind<'a>,
    seen: HashSet<Place>,
    columns: Vec<ColumnId>,
}

impl Shown<'_, '_> {
    /// Adds the columns of the catalog that an output of a query shows, in any arm.
    fn output(&mut self, query: &Query, position: usize) {
        match &query.body {
            Body::Select(select) => {
                if let Some(item) = select.items.get(position) {
                    self.expr(&item.expr);
                }
            }
            Body::Set { left, right, .. } => {
                self.output(left, position);
                self.output(right, position);
            }
            Body::Values(rows) => rows.iter().filter_map(|row| row.get(position)).for_each(|value| self.expr(value)),
        }
    }

    /// Adds the columns that an expression shows. A count or a sum shows none; MIN, MAX and lists show values as they are.
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column { source, column } => match self.behind.get(source) {
                Some(query) if self.seen.insert((*source, *column)) => self.output(query, usize::from(*column)),
                _ => self.columns.extend(self.subject.column(expr)),
            },
            ExprKind::Call(call) if is_aggregate(call) && SUMMARIES.contains(&call.function.as_str()) => {}
            ExprKind::Exists { .. } | ExprKind::IsNull { .. } => {}
            ExprKind::RowId(_) => self.columns.extend(self.subject.column(expr)),
            _ => parts_of_expr(expr, &mut |part| match part {
                Part::Expr(inner) => self.expr(inner),
                Part::Query(query) => self.output(query, 0),
            }),
        }
    }
}
