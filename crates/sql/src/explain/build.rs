//! A query to its operators.

use schema::{Catalog, Glossary};

use super::Operator;
use crate::reasoning::Teller;
use crate::resolve::holds_aggregate;
use crate::tree::{Body, Expr, JoinKind, Query, Select, SetOp, Source, SourceKind};
use crate::visit::each_expr_here;

/// Makes the operators; an expression's subqueries are numbered in the order in which they are met.
struct Builder<'a> {
    teller: Teller<'a>,
}

pub(super) fn build(query: &Query, catalog: &Catalog, glossary: &Glossary) -> Operator {
    Builder { teller: Teller::new(query, catalog, glossary).numbering(query) }.query(query)
}

impl<'a> Builder<'a> {
    fn query(&self, query: &'a Query) -> Operator {
        let mut top = match &query.body {
            Body::Select(select) => self.select(select),
            Body::Set { op, all, left, right } => {
                let (name, detail) = match (op, all) {
                    (SetOp::Union, true) => ("Union all", "all rows of both"),
                    (SetOp::Union, false) => ("Union", "the rows of both, without repeats"),
                    (SetOp::Intersect, true) => {
                        ("Intersect all", "the rows that both have, as often as both have them")
                    }
                    (SetOp::Intersect, false) => ("Intersect", "the rows that both have, without repeats"),
                    (SetOp::Except, true) => {
                        ("Except all", "the rows of the first less those of the second, each once for once")
                    }
                    (SetOp::Except, false) => {
                        ("Except", "the rows of the first that the second does not have, without repeats")
                    }
                };
                Operator::new(name, detail, vec![self.query(left), self.query(right)])
            }
            Body::Values(rows) => {
                let rows: Vec<String> = rows.iter().map(|row| format!("({})", self.teller.list(row, None))).collect();
                Operator::new("Values", rows.join(", "), vec![])
            }
        };
        let select = query.select();
        if !query.order_by.is_empty() {
            let exprs = query.order_by.iter().map(|item| &item.expr);
            let detail = self.teller.order(&query.order_by, select);
            top = self.over(top, "Sort", detail, exprs);
        }
        if query.limit.is_some() || query.offset.is_some() {
            let words = |expr: &'a Expr| self.teller.words(expr, select);
            let first = query.limit.as_ref().map(|limit| format!("the first {}", words(limit)));
            let after = query.offset.as_ref().map(|offset| format!("after skipping {}", words(offset)));
            let detail: Vec<String> = first.into_iter().chain(after).collect();
            top = self.over(top, "Limit", detail.join(" "), query.limit.iter().chain(&query.offset));
        }
        if query.with.is_empty() {
            return top;
        }
        let ctes = query.with.iter().map(|cte| {
            let how = if cte.recursive { ", again and again until nothing is added" } else { "" };
            let detail = format!("{} with {}{how}", cte.name, cte.columns.join(", "));
            Operator::new("CTE", detail, vec![self.query(&cte.query)])
        });
        let inputs: Vec<Operator> = std::iter::once(top).chain(ctes).collect();
        Operator::new("With", "the first input, by the help of the others", inputs)
    }

    fn select(&self, select: &'a Select) -> Operator {
        let mut rows: Option<Operator> = None;
        for source in &select.from {
            let input = self.source(source);
            rows = Some(match rows {
                None => input,
                Some(left) => self.join(left, source, input, select),
            });
        }
        let mut top = rows.unwrap_or_else(|| Operator::new("One row", "without columns", vec![]));
        if let Some(filter) = &select.filter {
            top = self.over(top, "Filter", self.teller.condition(filter, select), [filter]);
        }
        let is_grouped = !select.group_by.is_empty();
        if is_grouped || select.having.is_some() || select.items.iter().any(|item| holds_aggregate(&item.expr)) {
            let detail = match is_grouped {
                true => format!("for each {}", self.teller.list(&select.group_by, Some(select))),
                false => "all rows together".to_owned(),
            };
            top = self.over(top, "Group", detail, &select.group_by);
        }
        if let Some(having) = &select.having {
            top = self.over(top, "Filter groups", self.teller.condition(having, select), [having]);
        }
        let shown = self.teller.items(select);
        top = self.over(top, "Show", shown, select.items.iter().map(|item| &item.expr));
        if select.distinct {
            top = Operator::new("Distinct", "each different row once", vec![top]);
        }
        top
    }

    fn source(&self, source: &'a Source) -> Operator {
        let name = self.teller.named(source);
        match &source.kind {
            SourceKind::Table(_) => Operator::new("Scan", name, vec![]),
            SourceKind::Cte { .. } => Operator::new("Read CTE", name, vec![]),
            SourceKind::Derived { query, .. } => Operator::new("Derived table", name, vec![self.query(query)]),
        }
    }

    fn join(&self, left: Operator, source: &'a Source, right: Operator, select: &'a Select) -> Operator {
        let name = match source.join {
            JoinKind::Cross => "Cross join",
            JoinKind::Inner => "Join",
            JoinKind::Left => "Left join",
            JoinKind::Right => "Right join",
            JoinKind::Full => "Full join",
        };
        let mut detail = source.on.as_ref().map_or_else(
            || "every row with every row".to_owned(),
            |on| format!("where {}", self.teller.condition(on, select)),
        );
        detail += match source.join {
            JoinKind::Cross | JoinKind::Inner => "",
            JoinKind::Left => ", keeping rows of the first that have none",
            JoinKind::Right => ", keeping all of the second",
            JoinKind::Full => ", keeping all of both",
        };
        let mut join = self.over(left, name, detail, &source.on);
        join.inputs.insert(1, right);
        join
    }

    /// A step over another, with the subqueries of its expressions beside.
    fn over(&self, below: Operator, name: &str, detail: String, exprs: impl IntoIterator<Item = &'a Expr>) -> Operator {
        let mut inputs = vec![below];
        for expr in exprs {
            each_expr_here(expr, &mut |part| {
                if let Some(query) = part.kind.subquery()
                    && let Some(number) = self.teller.number(query)
                {
                    inputs.push(Operator::new("Subquery", number.to_string(), vec![self.query(query)]));
                }
            });
        }
        Operator::new(name, detail, inputs)
    }
}
