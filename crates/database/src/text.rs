//! The text by which a server is asked for what a checked query means.

use std::collections::HashMap;

use schema::{Catalog, Value};
use sql::print::{Names, Target, Texts, emit};
use sql::tree::{Expr, ExprKind, Literal, Query};
use sql::visit::each_expr_mut;
use sql::{Dialect, VerifiedQuery};

use crate::error::RunError;

/// A checked query in an engine's own SQL, over tables and columns as the server spells them. What runs is written from
/// the tree: nothing of the asker's own text reaches a server.
///
/// # Errors
/// When the engine cannot say what the query means.
pub(crate) fn text_for(query: &VerifiedQuery, spelled: &Catalog, dialect: Dialect) -> Result<String, RunError> {
    let target = Target { dialect, names: Names::Exact, texts: Texts::ByCode };
    let said = emit(&with_values(query), spelled, target);
    said.map_err(|unsayable| RunError::Unsayable { reason: unsayable.to_string() })
}

/// The tree with the values of its parameters in their places, as literals.
fn with_values(query: &VerifiedQuery) -> Query {
    let values: HashMap<&str, &Value> = query.parameters().iter().map(|(name, value)| (name.as_str(), value)).collect();
    let mut tree = query.query().clone();
    if !values.is_empty() {
        each_expr_mut(&mut tree, &mut |expr: &mut Expr| {
            if let ExprKind::Parameter(name) = &expr.kind
                && let Some(value) = values.get(name.as_str())
            {
                expr.kind = ExprKind::Literal(Literal { value: (*value).clone(), slot: None });
            }
        });
    }
    tree
}
