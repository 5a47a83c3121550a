//! What is so or not so of each engine.

use crate::dialect::Dialect;

/// How rows are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Limits {
    /// `LIMIT n OFFSET m`.
    Limit,
    /// `TOP (n)`, and `OFFSET m ROWS FETCH NEXT n ROWS ONLY` behind an ORDER BY.
    Top,
    /// `OFFSET m ROWS FETCH NEXT n ROWS ONLY`.
    Fetch,
}

/// Facts of one engine.
#[derive(Debug)]
pub(in crate::print) struct Traits {
    /// Whether NULLs come last where nothing is said.
    pub(super) nulls_last: bool,
    /// Whether `NULLS FIRST` can be said.
    pub(super) says_nulls: bool,
    /// Whether a condition is a value.
    pub(super) conditions_are_values: bool,
    /// Whether TRUE and 1 are of different types.
    pub(super) has_booleans: bool,
    /// Whether division by zero fails.
    pub(super) zero_fails: bool,
    /// Whether equality of texts may depend on letter case.
    pub(super) loose_texts: bool,
    /// Whether decimals lose digits where they are divided or averaged.
    pub(super) short_decimals: bool,
    /// Whether AVG of whole numbers is one.
    pub(super) whole_averages: bool,
    /// Whether LEAST and GREATEST pass over NULLs.
    pub(super) least_skips_nulls: bool,
    /// Whether `FILTER (WHERE …)` is known.
    pub(super) has_filter: bool,
    /// Whether the columns of a table may stand beside aggregates where its key is grouped by.
    pub(super) knows_keys: bool,
    /// Whether a row of values can be compared.
    pub(super) has_rows: bool,
    /// Whether there is FULL JOIN.
    pub(super) has_full_join: bool,
    /// Whether a backslash escapes in LIKE.
    pub(super) like_backslash: bool,
    /// Whether ranks and neighbours need an order.
    pub(super) windows_need_order: bool,
    /// Whether EXCLUDE and GROUPS are known in frames.
    pub(super) has_all_frames: bool,
    /// Whether a list of texts can leave out doubles.
    pub(super) distinct_lists: bool,
    /// Whether a subquery can keep an order that limits nothing.
    pub(super) orders_inside: bool,
    /// Whether LAG and LEAD take a value for rows that are not there.
    pub(super) lag_defaults: bool,
    /// Whether NULL is the empty text.
    pub(super) empty_is_null: bool,
    /// Whether `IN (SELECT … LIMIT n)` is refused.
    pub(super) no_limit_in_in: bool,
    /// `RECURSIVE` behind WITH.
    pub(in crate::print) says_recursive: bool,
    /// The EXCEPT of the engine.
    pub(in crate::print) except: &'static str,
    /// The table without columns that a SELECT needs.
    pub(in crate::print) dual: Option<&'static str>,
    /// Whether AS stands before the alias of a table.
    pub(in crate::print) table_as: bool,
    /// How rows are limited.
    pub(in crate::print) limits: Limits,
}

const POSTGRES: Traits = Traits {
    nulls_last: true,
    says_nulls: true,
    conditions_are_values: true,
    has_booleans: true,
    zero_fails: true,
    loose_texts: false,
    short_decimals: false,
    whole_averages: false,
    least_skips_nulls: true,
    has_filter: true,
    knows_keys: true,
    has_rows: true,
    has_full_join: true,
    like_backslash: true,
    windows_need_order: false,
    has_all_frames: true,
    distinct_lists: true,
    orders_inside: true,
    lag_defaults: true,
    empty_is_null: false,
    no_limit_in_in: false,
    says_recursive: true,
    except: "EXCEPT",
    dual: None,
    table_as: true,
    limits: Limits::Limit,
};

const MYSQL: Traits = Traits {
    nulls_last: false,
    says_nulls: false,
    has_booleans: false,
    zero_fails: false,
    loose_texts: true,
    short_decimals: true,
    least_skips_nulls: false,
    has_filter: false,
    has_full_join: false,
    has_all_frames: false,
    lag_defaults: false,
    no_limit_in_in: true,
    ..POSTGRES
};

const SQLSERVER: Traits = Traits {
    nulls_last: false,
    says_nulls: false,
    conditions_are_values: false,
    has_booleans: false,
    loose_texts: true,
    short_decimals: true,
    whole_averages: true,
    has_filter: false,
    knows_keys: false,
    has_rows: false,
    like_backslash: false,
    windows_need_order: true,
    has_all_frames: false,
    distinct_lists: false,
    orders_inside: false,
    says_recursive: false,
    limits: Limits::Top,
    ..POSTGRES
};

const ORACLE: Traits = Traits {
    conditions_are_values: false,
    has_booleans: false,
    least_skips_nulls: false,
    has_filter: false,
    knows_keys: false,
    has_rows: false,
    like_backslash: false,
    windows_need_order: true,
    has_all_frames: false,
    orders_inside: false,
    empty_is_null: true,
    says_recursive: false,
    except: "MINUS",
    dual: Some("DUAL"),
    table_as: false,
    limits: Limits::Fetch,
    ..POSTGRES
};

/// SQLite, for the printer alone: nothing is lowered for it.
const SQLITE: Traits = Traits { nulls_last: false, zero_fails: false, ..POSTGRES };

/// The facts of an engine.
pub(in crate::print) fn traits(dialect: Dialect) -> &'static Traits {
    match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
        Dialect::MySql => &MYSQL,
        Dialect::SqlServer => &SQLSERVER,
        Dialect::Oracle => &ORACLE,
    }
}
