//! `c = 1 OR c = 2` becomes `c IN (1, 2)`.
//!
//! `c IN (a, b)` is `c = a OR c = b` by definition, NULLs included, as long as the members are literals: they take the column's
//! affinity in both. Equations on other columns stay beside it.

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::terms::{each_expr_of_level, equation, literal, place};
use crate::tree::{BinaryOp, Expr, ExprKind, Query};

pub(super) const REWRITE: Rewrite = Rewrite { name: "or_to_in", title: "OR of equations becomes IN", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let mut column = None;
    each_expr_of_level(query, &mut |expr| {
        // The outermost OR of a chain comes last; what an inner one became is taken up by it.
        if let Some((merged, of)) = merged(expr) {
            *expr = merged;
            column = Some(of);
        }
    });
    let (source, column) = column?;
    Some(format!("{} is compared with each of a list.", facts.column_name(source, column)))
}

/// A chain of ORs with the equations on one column put together.
fn merged(expr: &Expr) -> Option<(Expr, (crate::tree::SourceId, u16))> {
    let terms = disjuncts(expr);
    let members: Vec<Option<(&Expr, Vec<Expr>)>> = terms.iter().map(|term| members(term)).collect();
    let column = members
        .iter()
        .flatten()
        .map(|(column, _)| *column)
        .find(|column| members.iter().flatten().filter(|(other, _)| other == column).count() > 1)?;
    let (mut list, mut others): (Vec<Expr>, Vec<(usize, Expr)>) = (vec![], vec![]);
    let mut first = None;
    for (at, (term, found)) in terms.iter().zip(&members).enumerate() {
        match found {
            Some((of, values)) if *of == column => {
                first.get_or_insert(at);
                list.extend(values.iter().cloned());
            }
            _ => others.push((at, (*term).clone())),
        }
    }
    let mut distinct: Vec<Expr> = vec![];
    list.into_iter().for_each(|value| {
        if !distinct.contains(&value) {
            distinct.push(value)
        }
    });
    let operand = Box::new(column.clone());
    others.push((first?, ExprKind::InList { operand, list: distinct, negated: false }.into()));
    others.sort_by_key(|(at, _)| *at);
    let merged = others.into_iter().map(|(_, term)| term).reduce(|a, b| a.binary(BinaryOp::Or, b))?;
    Some((merged, place(column)?))
}

fn disjuncts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Binary(a, BinaryOp::Or, b) => {
            let mut all = disjuncts(a);
            all.extend(disjuncts(b));
            all
        }
        _ => vec![expr],
    }
}

/// The column that a term compares with literals, and those.
fn members(term: &Expr) -> Option<(&Expr, Vec<Expr>)> {
    if let ExprKind::InList { operand, list, negated: false } = &term.kind {
        let plain = place(operand).is_some() && !list.is_empty() && list.iter().all(|one| literal(one).is_some());
        return plain.then(|| (&**operand, list.clone()));
    }
    let (a, b) = equation(term)?;
    match (place(a), literal(b), literal(a), place(b)) {
        (Some(_), Some(_), _, _) => Some((a, vec![b.clone()])),
        (_, _, Some(_), Some(_)) => Some((b, vec![a.clone()])),
        _ => None,
    }
}
