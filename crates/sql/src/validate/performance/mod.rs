//! PRF4xx: what may run long. All of it is warnings.

mod arithmetic_column;
mod cartesian_product;
mod correlated_subquery;
mod leading_wildcard;
mod no_limit;
mod select_star;
mod useless_distinct;
mod wrapped_column;

use super::rule::Rule;

pub(crate) use correlated_subquery::is_correlated;

/// The codes of this layer, in order.
pub(super) const RULES: &[Rule] = &[
    cartesian_product::RULE,
    leading_wildcard::RULE,
    select_star::RULE,
    correlated_subquery::RULE,
    wrapped_column::RULE,
    no_limit::RULE,
    arithmetic_column::RULE,
    useless_distinct::RULE,
];
