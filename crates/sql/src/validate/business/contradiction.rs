//! BUS310: conditions that no row meets together: `x = 1 AND x = 2`, `x IS NULL AND x > 1`, `x > 5 AND x < 5`.

use std::cmp::Ordering;

use super::compare::order;
use crate::diagnostic::Severity;
use crate::tree::{BinaryOp, Expr, ExprKind};
use crate::validate::columns::each_condition;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS310",
    severity: Severity::Warning,
    title: "conditions that no row meets together",
    page: include_str!("BUS310.md"),
    check: Check::Select(|select, subject, found| {
        each_condition(select, &mut |condition| check_chain(&condition.conjuncts(), subject, found));
    }),
};

/// The first condition of a chain of ANDs that each one excludes.
fn check_chain(parts: &[&Expr], subject: &Subject, found: &mut Found) {
    let demands: Vec<_> = parts.iter().map(|part| demand(part)).collect();
    for (n, later) in demands.iter().enumerate() {
        let Some((operand, later)) = later else { continue };
        let excluding = demands[..n].iter().position(|earlier| {
            earlier.as_ref().is_some_and(|(of, earlier)| {
                let excludes = |a, b| excludes(a, b, operand, subject);
                of == operand && (excludes(earlier, later) || excludes(later, earlier))
            })
        });
        if let Some(earlier) = excluding {
            let finding = RULE.at(parts[n].span, "No row meets this condition and the one before it.");
            found.push(finding.label(parts[earlier].span, "the one before it"));
        }
    }
}

/// What a condition asks of its operand.
enum Demand<'a> {
    Null,
    /// Some value, whichever.
    Value,
    /// One of these literals.
    Among(Vec<&'a Expr>),
    /// None of these literals.
    NotAmong(Vec<&'a Expr>),
    /// A value on this side of a bound, or at it where `true`.
    Bound(Ordering, bool, &'a Expr),
}

/// The operand of a condition, and what is asked of it.
fn demand(condition: &Expr) -> Option<(&Expr, Demand<'_>)> {
    use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match &condition.kind {
        ExprKind::IsNull { operand, negated } => (operand, if *negated { Demand::Value } else { Demand::Null }),
        ExprKind::InList { operand, list, negated } => {
            let list = list.iter().collect();
            (operand, if *negated { Demand::NotAmong(list) } else { Demand::Among(list) })
        }
        ExprKind::Like { operand, .. } | ExprKind::Between { operand, .. } => (operand, Demand::Value),
        ExprKind::Binary(a, op, b) => {
            let asked = match op {
                Eq => Demand::Among(vec![b]),
                NotEq => Demand::NotAmong(vec![b]),
                Lt => Demand::Bound(Ordering::Less, false, b),
                LtEq => Demand::Bound(Ordering::Less, true, b),
                Gt => Demand::Bound(Ordering::Greater, false, b),
                GtEq => Demand::Bound(Ordering::Greater, true, b),
                _ => return None,
            };
            (a, asked)
        }
        _ => return None,
    })
}

/// Whether no value that meets the first demand meets the second. Ranges that end before they start are BUS302's.
fn excludes(first: &Demand, second: &Demand, operand: &Expr, subject: &Subject) -> bool {
    let order = |a: &Expr, b: &Expr| order(a, b, operand, subject);
    match (first, second) {
        (Demand::Null, Demand::Null) => false,
        (Demand::Null, _) => true,
        (Demand::Among(some), Demand::Among(others)) => {
            some.iter().all(|a| others.iter().all(|b| order(a, b).is_some_and(Ordering::is_ne)))
        }
        (Demand::Among(some), Demand::NotAmong(others)) => {
            some.iter().all(|a| others.iter().any(|b| order(a, b).is_some_and(Ordering::is_eq)))
        }
        (Demand::Among(some), Demand::Bound(side, at, bound)) => {
            let outside = |order: Ordering| order != *side && !(*at && order.is_eq());
            some.iter().all(|a| order(a, bound).is_some_and(outside))
        }
        (Demand::Bound(Ordering::Less, at, high), Demand::Bound(Ordering::Greater, from, low)) => {
            !(*at && *from) && order(low, high).is_some_and(Ordering::is_eq)
        }
        _ => false,
    }
}
