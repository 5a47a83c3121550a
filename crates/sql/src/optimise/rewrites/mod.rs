//! The table of rewrites: one line here, one file beside this one.

mod constant_condition;
mod count_to_exists;
mod duplicate_join;
mod exists_to_in;
mod having_to_where;
mod in_to_exists;
mod needless_distinct;
mod needless_join;
mod needless_order;
mod or_to_in;
mod outer_join;
mod push_down;
mod sargable_date;
mod select_star;
mod union_all;

use super::Rewrite;

/// All rewrites, in the order in which they are tried: what leaves something out comes before what moves it.
pub const REWRITES: &[Rewrite] = &[
    constant_condition::REWRITE,
    select_star::REWRITE,
    outer_join::REWRITE,
    duplicate_join::REWRITE,
    needless_join::REWRITE,
    needless_distinct::REWRITE,
    needless_order::REWRITE,
    union_all::REWRITE,
    having_to_where::REWRITE,
    count_to_exists::REWRITE,
    or_to_in::REWRITE,
    exists_to_in::REWRITE,
    in_to_exists::REWRITE,
    sargable_date::REWRITE,
    push_down::REWRITE,
];
