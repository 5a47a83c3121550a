//! The SQL functions a query may call: pure ones, that read nothing but their arguments (and the clock).
//!
//! Absent on purpose: `load_extension`, `readfile`, `writefile`, `fts3_tokenizer`, `randomblob`, `random`, `zeroblob`,
//! `sqlite_*`, `changes`, `last_insert_rowid`, `eval`, `edit` and whatever an extension may bring; `json_patch`, whose
//! time grows with the product of its arguments.

/// Allowed functions in lower case, sorted.
pub const PURE_FUNCTIONS: &[&str] = &[
    "->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg", "ceil", "ceiling", "char",
    "coalesce", "concat", "concat_ws", "cos", "cosh", "count", "cume_dist", "current_date", "current_time",
    "current_timestamp", "date", "datetime", "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob",
    "group_concat", "hex", "if", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_extract",
    "json_group_array", "json_group_object", "json_insert", "json_object", "json_pretty", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid", "julianday", "lag", "last_value", "lead",
    "length", "like", "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "median", "min",
    "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "percentile", "percentile_cont",
    "percentile_disc", "pi", "pow", "power", "printf", "quote", "radians", "rank", "replace", "round", "row_number",
    "rtrim", "sign", "sin", "sinh", "soundex", "sqrt", "strftime", "string_agg", "substr", "substring", "sum", "tan",
    "tanh", "time", "timediff", "total", "trim", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely",
    "upper",
];

/// Whether a query may call a function, letter case ignored.
pub fn is_pure(name: &str) -> bool {
    PURE_FUNCTIONS.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_read_without_letter_case() {
        assert!(PURE_FUNCTIONS.is_sorted());
        assert!(is_pure("Group_Concat"));
        assert!(!is_pure("load_extension"));
    }
}
