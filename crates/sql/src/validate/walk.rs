//! The one walk in which every rule sees what it looks at.

use super::rule::{Check, Found, Rule, Subject};
use crate::diagnostic::Layer;
use crate::tree::{Expr, Query, Select};
use crate::visit::{Part, each_expr_here, each_query, parts_of_query};

/// The checks of the chosen rules, by what they look at.
#[derive(Default)]
struct Checks {
    queries: Vec<fn(&Query, &Subject, &mut Found)>,
    selects: Vec<fn(&Select, &Subject, &mut Found)>,
    exprs: Vec<fn(&Expr, &Subject, &mut Found)>,
}

/// Shows the query to the rules of the chosen layers. Where names were not found, only the rules of security look: the
/// others follow columns to their tables.
pub(super) fn look(subject: &Subject, rules: impl Iterator<Item = &'static Rule>, whole: bool) -> Found {
    let mut found = Vec::new();
    let mut checks = Checks::default();
    let chosen = |rule: &&Rule| {
        let layer = rule.layer();
        subject.options.layers.contains(&layer) && (whole || layer == Layer::Security)
    };
    for rule in rules.filter(chosen) {
        match rule.check {
            Check::Reading => {}
            Check::Whole(check) => check(subject, &mut found),
            Check::Query(check) => checks.queries.push(check),
            Check::Select(check) => checks.selects.push(check),
            Check::Expr(check) => checks.exprs.push(check),
        }
    }
    each_query(subject.query, &mut |query| look_at(query, subject, &checks, &mut found));
    found
}

fn look_at(query: &Query, subject: &Subject, checks: &Checks, found: &mut Found) {
    for check in &checks.queries {
        check(query, subject, found);
    }
    if let Some(select) = query.select() {
        for check in &checks.selects {
            check(select, subject, found);
        }
    }
    parts_of_query(query, &mut |part| {
        let Part::Expr(expr) = part else { return };
        each_expr_here(expr, &mut |expr| {
            for check in &checks.exprs {
                check(expr, subject, found);
            }
        });
    });
}
