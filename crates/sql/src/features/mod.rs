//! What kind of query it is: difficulty, tags, template.
//!
//! Suggested reading order:
//! * `template`: the hash of a query without its literals.

mod template;

use std::collections::BTreeSet;
use std::fmt;

use schema::{TableId, Value};

use crate::functions;
use crate::tree::{BinaryOp, Body, Expr, ExprKind, JoinKind, LikeOp, Query, Select, SourceKind};
use crate::validate::is_correlated;
use crate::visit::{each_expr_here, each_expr_of_query, each_query, each_select};

pub use template::template_hash;

/// How hard a query is, by what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difficulty {
    /// One table, no grouping, at most two conditions.
    Easy,
    /// One join, grouping, HAVING or one of the hard features.
    Medium,
    /// Two of the hard features.
    Hard,
    /// Four of them, or a correlated or recursive query beside another.
    VeryHard,
}

impl Difficulty {
    /// The name in question files.
    pub fn name(self) -> &'static str {
        match self {
            Difficulty::Easy => "easy",
            Difficulty::Medium => "medium",
            Difficulty::Hard => "hard",
            Difficulty::VeryHard => "very hard",
        }
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The features that make a query hard.
const HARD: [&str; 9] =
    ["two_joins", "subquery", "case", "window", "cte", "set_operation", "anti_join", "date_arithmetic", "ratio"];

/// How hard a query is.
pub fn difficulty(query: &Query) -> Difficulty {
    let tags = tags(query);
    let has = |tag: &str| tags.contains(&tag);
    let hard: Vec<&str> = HARD.into_iter().filter(|tag| has(tag)).collect();
    let beside = |own: &[&str]| hard.iter().any(|tag| !own.contains(tag));
    let correlated = has("correlated") && beside(&["subquery", "anti_join"]);
    let recursive = has("recursive") && beside(&["cte", "set_operation"]);
    if hard.len() >= 4 || correlated || recursive {
        Difficulty::VeryHard
    } else if hard.len() >= 2 || has("correlated") || has("recursive") {
        Difficulty::Hard
    } else if !hard.is_empty() || has("join") || has("group_by") || has("having") || conditions(query) > 2 {
        Difficulty::Medium
    } else {
        Difficulty::Easy
    }
}

/// The features of a query, in alphabetical order.
pub fn tags(query: &Query) -> Vec<&'static str> {
    let mut tags = BTreeSet::new();
    each_query(query, &mut |q| tags_of_query(q, &mut tags));
    each_select(query, &mut |select| tags_of_select(select, &mut tags));
    each_expr_of_query(query, &mut |expr| tags_of_expr(expr, &mut tags));
    if !query.order_by.is_empty() {
        tags.insert("order_by");
    }
    tags.into_iter().collect()
}

/// The catalog's tables that a query reads, in order.
pub fn tables(query: &Query) -> Vec<TableId> {
    let mut tables = BTreeSet::new();
    each_select(query, &mut |select| tables.extend(select.from.iter().filter_map(|source| source.table_id())));
    tables.into_iter().collect()
}

/// Whether the order of the rows is part of the answer: the outermost query orders them.
pub fn requires_order(query: &Query) -> bool {
    !query.order_by.is_empty()
}

/// How many conditions WHERE holds, over all levels.
fn conditions(query: &Query) -> usize {
    fn leaves(expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Binary(a, BinaryOp::And | BinaryOp::Or, b) => leaves(a) + leaves(b),
            _ => 1,
        }
    }
    let mut count = 0;
    each_select(query, &mut |select| count += select.filter.as_ref().map_or(0, leaves));
    count
}

fn tags_of_query(query: &Query, tags: &mut BTreeSet<&'static str>) {
    if !query.with.is_empty() {
        tags.insert("cte");
    }
    if query.with.iter().any(|cte| cte.recursive) {
        tags.insert("recursive");
    }
    if matches!(query.body, Body::Set { .. }) {
        tags.insert("set_operation");
    }
    if query.limit.is_some() {
        tags.insert("limit");
    }
}

fn tags_of_select(select: &Select, tags: &mut BTreeSet<&'static str>) {
    let joins = select.from.len().saturating_sub(1);
    let left = select.from.iter().any(|source| source.join == JoinKind::Left);
    let derived = select.from.iter().any(|source| matches!(source.kind, SourceKind::Derived { .. }));
    let found = [
        ("join", joins >= 1),
        ("two_joins", joins >= 2),
        ("five_tables", joins >= 4),
        ("left_join", left),
        ("self_join", joins_itself(select)),
        ("anti_join", left && keeps_the_unmatched(select)),
        ("subquery", derived),
        ("distinct", select.distinct),
        ("group_by", !select.group_by.is_empty()),
        ("having", select.having.is_some()),
    ];
    tags.extend(found.into_iter().filter(|(_, holds)| *holds).map(|(tag, _)| tag));
}

fn joins_itself(select: &Select) -> bool {
    let tables: Vec<TableId> = select.from.iter().filter_map(|source| source.table_id()).collect();
    tables.iter().enumerate().any(|(i, table)| tables[..i].contains(table))
}

/// `LEFT JOIN b … WHERE b.x IS NULL`.
fn keeps_the_unmatched(select: &Select) -> bool {
    let outer = |id| select.from.iter().any(|source| source.id == id && source.join == JoinKind::Left);
    let missing = |expr: &&Expr| match &expr.kind {
        ExprKind::IsNull { operand, negated: false } => {
            matches!(operand.kind, ExprKind::Column { source, .. } if outer(source))
        }
        _ => false,
    };
    select.filter.as_ref().is_some_and(|filter| filter.conjuncts().iter().any(missing))
}

fn tags_of_expr(expr: &Expr, tags: &mut BTreeSet<&'static str>) {
    match &expr.kind {
        ExprKind::InQuery { query, negated, .. } | ExprKind::Exists { query, negated } => {
            tags.insert("subquery");
            if *negated {
                tags.insert("anti_join");
            }
            if is_correlated(query) {
                tags.insert("correlated");
            }
        }
        ExprKind::Scalar(query) => {
            tags.insert("subquery");
            if is_correlated(query) {
                tags.insert("correlated");
            }
        }
        ExprKind::Case { .. } => _ = tags.insert("case"),
        ExprKind::Call(call) => {
            if let Some(window) = &call.over {
                tags.insert("window");
                let ranks = ["ROW_NUMBER", "RANK", "DENSE_RANK"].contains(&call.function.as_str());
                if ranks && !window.partition_by.is_empty() {
                    tags.insert("rank_in_group");
                }
            } else if functions::groups(&call.function, call.args.len()) {
                tags.insert("aggregate");
            }
            if matches!(call.function.as_str(), "IIF" | "IF") {
                tags.insert("case");
            }
            if computes_dates(&call.function, call.args.len()) {
                tags.insert("date_arithmetic");
            }
        }
        ExprKind::Binary(_, BinaryOp::Div, divisor) if !is_number(divisor) => _ = tags.insert("ratio"),
        ExprKind::Binary(_, BinaryOp::Or, _) => _ = tags.insert("or"),
        ExprKind::Like { op: LikeOp::Like | LikeOp::ILike, .. } => _ = tags.insert("like"),
        ExprKind::InList { .. } => _ = tags.insert("in_list"),
        ExprKind::Between { .. } => _ = tags.insert("between"),
        ExprKind::IsNull { .. } => _ = tags.insert("null_test"),
        _ => {}
    }
}

fn computes_dates(function: &str, args: usize) -> bool {
    match function {
        "JULIANDAY" | "UNIXEPOCH" | "STRFTIME" | "TIMEDIFF" | "EXTRACT" | "DATE_TRUNC" | "DATEDIFF" => true,
        "DATE" | "DATETIME" => args > 1,
        _ => false,
    }
}

fn is_number(expr: &Expr) -> bool {
    let mut plain = true;
    each_expr_here(expr, &mut |e| {
        plain &= match &e.kind {
            ExprKind::Literal(literal) => !matches!(literal.value, Value::Text(_)),
            ExprKind::Binary(..) | ExprKind::Unary(..) => true,
            _ => false,
        };
    });
    plain
}
