//! BUS311: an output, a condition or a listed value that stands there already.

use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{BinaryOp, Expr, ExprKind, Item, Select};
use crate::validate::columns::each_condition;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr_here;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS311",
    severity: Severity::Warning,
    title: "something that is said twice",
    page: include_str!("BUS311.md"),
    check: Check::Select(check),
};

fn check(select: &Select, _: &Subject, found: &mut Found) {
    let outputs: Vec<_> = select.items.iter().filter(|item| !item.from_star).collect();
    for (n, later) in outputs.iter().enumerate() {
        // Under another name it may be meant: a recursion begins with the row as its own root.
        let same = |earlier: &&&Item| earlier.expr == later.expr && earlier.alias == later.alias;
        if let Some(earlier) = outputs[..n].iter().find(same) {
            found.push(again(&earlier.expr, &later.expr, "output"));
        }
    }
    each_condition(select, &mut |condition| {
        each_again(&condition.conjuncts(), "condition", found);
        each_expr_here(condition, &mut |expr| match &expr.kind {
            ExprKind::InList { list, .. } => each_again(&list.iter().collect::<Vec<_>>(), "value", found),
            ExprKind::Binary(a, BinaryOp::Or, b) if a == b => found.push(again(a, b, "condition")),
            _ => {}
        });
    });
}

/// A finding for each expression that equals an earlier one.
fn each_again(all: &[&Expr], what: &str, found: &mut Found) {
    for (n, later) in all.iter().enumerate() {
        if let Some(earlier) = all[..n].iter().find(|earlier| earlier == &later) {
            found.push(again(earlier, later, what));
        }
    }
}

fn again(earlier: &Expr, later: &Expr, what: &str) -> Diagnostic {
    RULE.at(later.span, format!("This {what} is there already.")).label(earlier.span, "it stands here")
}
