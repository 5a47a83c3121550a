//! BUS308: a question for what is current, answered with all there ever was.

use super::RuleKind;
use crate::diagnostic::Severity;
use crate::tree::{Expr, ExprKind};
use crate::validate::columns::each_condition;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{each_expr, each_expr_of_query, each_select};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS308",
    severity: Severity::Warning,
    title: "\"current\" without a condition",
    page: include_str!("BUS308.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let Some(question) = subject.options.question.map(str::to_lowercase) else { return };
    for rule in subject.options.rules {
        let RuleKind::CurrentNeedsFilter { table, columns, words } = &rule.kind else { continue };
        let Some(word) = words.iter().find(|word| says(&question, &word.to_lowercase())) else { continue };
        let mut read = None;
        each_select(subject.query, &mut |select| {
            read = read.or_else(|| select.from.iter().find(|source| source.table_id() == Some(*table)));
        });
        let filtered = || any_condition(subject, &|expr| subject.column(expr).is_some_and(|c| columns.contains(&c)));
        if let Some(source) = read.filter(|_| !filtered()) {
            let named: Vec<String> = columns.iter().map(|column| subject.catalog.qualified(*column)).collect();
            let message = format!("The question says \"{word}\", and no condition speaks of {}.", named.join(" or "));
            found.push(rule.told(RULE.at(source.span, message)));
        }
    }
}

/// Whether a text holds the words as words.
fn says(text: &str, words: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words)
        .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + words.len()..].chars().next()))
}

/// Whether something stands in a condition: ON, WHERE, HAVING, CASE or FILTER.
fn any_condition(subject: &Subject, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    let mut any = false;
    let mut look = |condition: &Expr| each_expr(condition, &mut |expr| any |= wanted(expr));
    each_select(subject.query, &mut |select| each_condition(select, &mut |condition| look(condition)));
    each_expr_of_query(subject.query, &mut |expr| match &expr.kind {
        ExprKind::Case { operand, branches, .. } => {
            operand.iter().for_each(|operand| look(operand));
            branches.iter().for_each(|(when, _)| look(when));
        }
        ExprKind::Call(call) => call.filter.iter().for_each(|filter| look(filter)),
        _ => {}
    });
    any
}
