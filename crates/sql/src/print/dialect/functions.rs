//! What each engine calls things: one line a piece of meaning, one column an engine.
//!
//! A piece is a call in the lowered tree whose name begins with `@`, which no text can name, or an aggregate that keeps its
//! own. `{0}` is its first argument, `<0>` the same in brackets where it is no single operand, `{*}` all of them, `{distinct}`
//! and `{order}` what stands within the brackets of an aggregate, `{within}` the order behind them. Each spelling holds
//! together as one operand. An empty one says that the engine has no such thing.

use crate::dialect::Dialect;

/// One piece of meaning in the words of each engine.
struct Piece {
    name: &'static str,
    postgres: &'static str,
    mysql: &'static str,
    sqlserver: &'static str,
    oracle: &'static str,
}

const fn piece(
    name: &'static str,
    postgres: &'static str,
    mysql: &'static str,
    sqlserver: &'static str,
    oracle: &'static str,
) -> Piece {
    Piece { name, postgres, mysql, sqlserver, oracle }
}

/// The same words in every engine.
const fn common(name: &'static str, all: &'static str) -> Piece {
    piece(name, all, all, all, all)
}

/// How PostgreSQL finds what SQLite reads as a number at the start of a text.
const POSTGRES_NUMBER: &str = r"COALESCE(CAST(SUBSTRING({0} FROM '^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)') AS DOUBLE PRECISION), CASE WHEN {0} IS NOT NULL THEN 0 END)";
/// A text beside a number: SQLite reads it as one where it is one, and has it come after all numbers where it is none, as
/// NaN does in PostgreSQL.
const POSTGRES_NUMBER_IF_ONE: &str = r"CASE WHEN <0> ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST({0} AS NUMERIC) WHEN {0} IS NOT NULL THEN 'NaN' END";
/// The same as the first by Oracle's regular expressions.
const ORACLE_NUMBER: &str = r"COALESCE(TO_NUMBER(REGEXP_SUBSTR({0}, '^[[:space:]]*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)', 1, 1, NULL, 1)), CASE WHEN {0} IS NOT NULL THEN 0 END)";

#[rustfmt::skip]
const PIECES: &[Piece] = &[
    // Days and moments. Rows that SQLite keeps as texts are of types of their own elsewhere.
    piece("@day", "DATE {0}", "DATE {0}", "CAST({0} AS DATE)", "DATE {0}"),
    piece("@moment", "TIMESTAMP {0}", "TIMESTAMP {0}", "CAST({0} AS DATETIME2)", "TIMESTAMP {0}"),
    piece("@day_of", "CAST({0} AS DATE)", "DATE({0})", "CAST({0} AS DATE)", "TRUNC({0})"),
    piece("@moment_of", "CAST({0} AS TIMESTAMP)", "CAST({0} AS DATETIME)", "CAST({0} AS DATETIME2)", "CAST({0} AS TIMESTAMP)"),
    piece("@today", "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS DATE)", "UTC_DATE()", "CAST(GETUTCDATE() AS DATE)", "TRUNC(SYS_EXTRACT_UTC(SYSTIMESTAMP))"),
    piece("@now", "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')", "UTC_TIMESTAMP()", "GETUTCDATE()", "SYS_EXTRACT_UTC(SYSTIMESTAMP)"),
    piece("@days", "(<0> - <1>)", "DATEDIFF({0}, {1})", "DATEDIFF(DAY, {1}, {0})", "(<0> - <1>)"),
    piece("@days_of_moments", "(EXTRACT(EPOCH FROM <0> - <1>) / 86400)", "(TIMESTAMPDIFF(SECOND, {1}, {0}) / 86400e0)", "(DATEDIFF_BIG(SECOND, {1}, {0}) / 86400E0)", "(CAST({0} AS DATE) - CAST({1} AS DATE))"),
    piece("@add_days", "(<0> + <1>)", "DATE_ADD({0}, INTERVAL {1} DAY)", "DATEADD(DAY, {1}, {0})", "(<0> + <1>)"),
    piece("@add_days_to_moment", "(<0> + <1> * INTERVAL '1 day')", "DATE_ADD({0}, INTERVAL {1} DAY)", "DATEADD(DAY, {1}, {0})", "(<0> + NUMTODSINTERVAL({1}, 'DAY'))"),
    piece("@add_months", "CAST({0} + INTERVAL '{1} months' AS DATE)", "DATE_ADD({0}, INTERVAL {1} MONTH)", "DATEADD(MONTH, {1}, {0})", "(<0> + NUMTOYMINTERVAL({1}, 'MONTH'))"),
    piece("@add_months_to_moment", "(<0> + INTERVAL '{1} months')", "DATE_ADD({0}, INTERVAL {1} MONTH)", "DATEADD(MONTH, {1}, {0})", "(<0> + NUMTOYMINTERVAL({1}, 'MONTH'))"),
    piece("@month_start", "CAST(DATE_TRUNC('month', {0}) AS DATE)", "CAST(DATE_FORMAT({0}, '%Y-%m-01') AS DATE)", "DATEFROMPARTS(YEAR({0}), MONTH({0}), 1)", "TRUNC({0}, 'MM')"),
    piece("@year_start", "CAST(DATE_TRUNC('year', {0}) AS DATE)", "MAKEDATE(YEAR({0}), 1)", "DATEFROMPARTS(YEAR({0}), 1, 1)", "TRUNC({0}, 'YYYY')"),
    piece("@year", "CAST(EXTRACT(YEAR FROM {0}) AS INTEGER)", "YEAR({0})", "YEAR({0})", "EXTRACT(YEAR FROM {0})"),
    piece("@month", "CAST(EXTRACT(MONTH FROM {0}) AS INTEGER)", "MONTH({0})", "MONTH({0})", "EXTRACT(MONTH FROM {0})"),
    piece("@day_of_month", "CAST(EXTRACT(DAY FROM {0}) AS INTEGER)", "DAYOFMONTH({0})", "DAY({0})", "EXTRACT(DAY FROM {0})"),
    piece("@day_of_year", "CAST(EXTRACT(DOY FROM {0}) AS INTEGER)", "DAYOFYEAR({0})", "DATEPART(DAYOFYEAR, {0})", "TO_NUMBER(TO_CHAR({0}, 'DDD'))"),
    // Sunday is 0.
    piece("@weekday", "CAST(EXTRACT(DOW FROM {0}) AS INTEGER)", "(DAYOFWEEK({0}) - 1)", "((DATEPART(WEEKDAY, {0}) + @@DATEFIRST - 1) % 7)", "MOD(TRUNC({0}) - DATE '1899-12-31', 7)"),
    piece("@hour", "CAST(EXTRACT(HOUR FROM {0}) AS INTEGER)", "HOUR({0})", "DATEPART(HOUR, {0})", "EXTRACT(HOUR FROM CAST({0} AS TIMESTAMP))"),
    piece("@minute", "CAST(EXTRACT(MINUTE FROM {0}) AS INTEGER)", "MINUTE({0})", "DATEPART(MINUTE, {0})", "EXTRACT(MINUTE FROM CAST({0} AS TIMESTAMP))"),
    piece("@second", "CAST(TRUNC(EXTRACT(SECOND FROM {0})) AS INTEGER)", "SECOND({0})", "DATEPART(SECOND, {0})", "TRUNC(EXTRACT(SECOND FROM CAST({0} AS TIMESTAMP)))"),
    piece("@epoch", "CAST(TRUNC(EXTRACT(EPOCH FROM {0})) AS BIGINT)", "TIMESTAMPDIFF(SECOND, '1970-01-01', {0})", "DATEDIFF_BIG(SECOND, '1970-01-01', {0})", "ROUND((CAST({0} AS DATE) - DATE '1970-01-01') * 86400)"),
    piece("@format", "TO_CHAR({0}, {1})", "DATE_FORMAT({0}, {1})", "FORMAT({0}, {1}, 'en-US')", "TO_CHAR({0}, {1})"),

    // Numbers.
    piece("@double", "CAST({0} AS DOUBLE PRECISION)", "CAST({0} AS DOUBLE)", "CAST({0} AS FLOAT)", "CAST({0} AS BINARY_DOUBLE)"),
    piece("@whole", "CAST(TRUNC({0}) AS BIGINT)", "CAST(TRUNCATE({0}, 0) AS SIGNED)", "CAST({0} AS BIGINT)", "TRUNC({0})"),
    piece("@whole_of_bool", "CAST({0} AS INTEGER)", "{0}", "CAST({0} AS INTEGER)", "{0}"),
    piece("@number_of_text", POSTGRES_NUMBER, "(<0> + 0e0)", "", ORACLE_NUMBER),
    piece("@divide_whole", "(<0> / <1>)", "(<0> DIV <1>)", "(<0> / <1>)", "TRUNC(<0> / <1>)"),
    // PostgreSQL sums BIGINTs up to NUMERICs, which divide to decimals.
    piece("@divide_sums", "CAST(DIV({0}, {1}) AS BIGINT)", "(<0> DIV <1>)", "(<0> / <1>)", "TRUNC(<0> / <1>)"),
    piece("@remainder", "(<0> % <1>)", "(<0> % <1>)", "(<0> % <1>)", "MOD({0}, {1})"),
    piece("@round", "ROUND(CAST({0} AS NUMERIC), {1})", "ROUND(CAST({0} AS DECIMAL(65, 15)), {1})", "ROUND({0}, {1})", "ROUND({0}, {1})"),
    common("ABS", "ABS({0})"),
    common("SIGN", "SIGN({0})"),
    piece("@least", "LEAST({*})", "LEAST({*})", "LEAST({*})", "LEAST({*})"),
    piece("@greatest", "GREATEST({*})", "GREATEST({*})", "GREATEST({*})", "GREATEST({*})"),
    piece("@bit_and", "(<0> & <1>)", "(<0> & <1>)", "(<0> & <1>)", "BITAND({0}, {1})"),
    piece("@bit_or", "(<0> | <1>)", "(<0> | <1>)", "(<0> | <1>)", ""),
    piece("@true", "TRUE", "TRUE", "1", "1"),
    piece("@false", "FALSE", "FALSE", "0", "0"),
    piece("@always", "TRUE", "TRUE", "1 = 1", "1 = 1"),
    piece("@never", "FALSE", "FALSE", "1 = 0", "1 = 0"),

    // Texts.
    piece("@text", "CAST({0} AS TEXT)", "CAST({0} AS CHAR)", "CAST({0} AS VARCHAR(30))", "TO_CHAR({0})"),
    piece("@long_text", "CAST({0} AS TEXT)", "CAST({0} AS CHAR(4000))", "CAST({0} AS VARCHAR(4000))", "CAST({0} AS VARCHAR2(4000))"),
    piece("@whole_of_digits", "CAST({0} AS INTEGER)", "CAST({0} AS SIGNED)", "CAST({0} AS INTEGER)", "TO_NUMBER({0})"),
    piece("@concat", "(<0> || <1>)", "CONCAT({0}, {1})", "(<0> + <1>)", "(<0> || <1>)"),
    piece("CONCAT", "CONCAT({*})", "CONCAT_WS('', {*})", "CONCAT({*})", ""),
    piece("CONCAT_WS", "CONCAT_WS({*})", "CONCAT_WS({*})", "CONCAT_WS({*})", ""),
    piece("LENGTH", "LENGTH({0})", "CHAR_LENGTH({0})", "(LEN(<0> + 'x') - 1)", "LENGTH({0})"),
    common("UPPER", "UPPER({0})"),
    common("LOWER", "LOWER({0})"),
    piece("@trim", "TRIM({0})", "TRIM({0})", "TRIM({0})", "TRIM({0})"),
    piece("@ltrim", "LTRIM({0})", "LTRIM({0})", "LTRIM({0})", "LTRIM({0})"),
    piece("@rtrim", "RTRIM({0})", "RTRIM({0})", "RTRIM({0})", "RTRIM({0})"),
    piece("@trim_of", "BTRIM({0}, {1})", "", "TRIM({1} FROM {0})", "LTRIM(RTRIM({0}, {1}), {1})"),
    piece("@ltrim_of", "LTRIM({0}, {1})", "", "", "LTRIM({0}, {1})"),
    piece("@rtrim_of", "RTRIM({0}, {1})", "", "", "RTRIM({0}, {1})"),
    common("REPLACE", "REPLACE({0}, {1}, {2})"),
    piece("INSTR", "STRPOS({0}, {1})", "INSTR({0}, {1})", "CHARINDEX({1}, {0})", "INSTR({0}, {1})"),
    piece("@part", "SUBSTR({0}, {1}, {2})", "SUBSTR({0}, {1}, {2})", "SUBSTRING({0}, {1}, {2})", "SUBSTR({0}, {1}, {2})"),
    piece("@part_from", "SUBSTR({0}, {1})", "SUBSTR({0}, {1})", "SUBSTRING({0}, {1}, LEN({0} + 'x'))", "SUBSTR({0}, {1})"),
    piece("@last", "RIGHT({0}, {1})", "RIGHT({0}, {1})", "RIGHT({0}, {1})", "SUBSTR({0}, -{1})"),
    // Texts compared and ordered by their characters' codes, whatever the collation of the column.
    piece("@by_code", "<0> COLLATE \"C\"", "<0> COLLATE utf8mb4_bin", "<0> COLLATE Latin1_General_100_BIN2", "<0>"),

    // Conditions.
    piece("@same", "(<0> IS NOT DISTINCT FROM <1>)", "(<0> <=> <1>)", "(<0> IS NOT DISTINCT FROM <1>)", "(DECODE({0}, {1}, 1, 0) = 1)"),
    piece("@differs", "(<0> IS DISTINCT FROM <1>)", "(NOT <0> <=> <1>)", "(<0> IS DISTINCT FROM <1>)", "(DECODE({0}, {1}, 1, 0) = 0)"),
    piece("@like_any_case", "(<0> ILIKE <1>)", "(LOWER({0}) LIKE <1>)", "(LOWER({0}) LIKE <1>)", "(LOWER({0}) LIKE <1>)"),
    piece("@like_any_case_escaped", "(<0> ILIKE <1> ESCAPE <2>)", "(LOWER({0}) LIKE <1> ESCAPE <2>)", "(LOWER({0}) LIKE <1> ESCAPE <2>)", "(LOWER({0}) LIKE <1> ESCAPE <2>)"),
    piece("@like", "(<0> LIKE <1>)", "(<0> LIKE BINARY <1>)", "(<0> COLLATE Latin1_General_100_BIN2 LIKE <1>)", "(<0> LIKE <1>)"),
    piece("@like_escaped", "(<0> LIKE <1> ESCAPE <2>)", "(<0> LIKE BINARY <1> ESCAPE <2>)", "(<0> COLLATE Latin1_General_100_BIN2 LIKE <1> ESCAPE <2>)", "(<0> LIKE <1> ESCAPE <2>)"),
    piece("@number_if_one", POSTGRES_NUMBER_IF_ONE, "", "", ""),

    // Aggregates.
    piece("@list", "STRING_AGG({distinct}{0}, {1}{order})", "GROUP_CONCAT({distinct}{0}{order} SEPARATOR {1})", "STRING_AGG({0}, {1}){within}", "LISTAGG({distinct}{0}, {1}){within}"),
    common("COUNT", "COUNT({distinct}{*})"),
    common("SUM", "SUM({distinct}{*})"),
    common("AVG", "AVG({distinct}{*})"),
    common("MIN", "MIN({distinct}{*})"),
    common("MAX", "MAX({distinct}{*})"),

    // Windows.
    common("ROW_NUMBER", "ROW_NUMBER()"),
    common("RANK", "RANK()"),
    common("DENSE_RANK", "DENSE_RANK()"),
    common("PERCENT_RANK", "PERCENT_RANK()"),
    common("CUME_DIST", "CUME_DIST()"),
    common("NTILE", "NTILE({0})"),
    common("LAG", "LAG({*})"),
    common("LEAD", "LEAD({*})"),
    common("FIRST_VALUE", "FIRST_VALUE({0})"),
    common("LAST_VALUE", "LAST_VALUE({0})"),
    piece("NTH_VALUE", "NTH_VALUE({0}, {1})", "NTH_VALUE({0}, {1})", "", "NTH_VALUE({0}, {1})"),

    common("COALESCE", "COALESCE({*})"),
    common("NULLIF", "NULLIF({0}, {1})"),
];

/// How an engine spells a piece; none where it has no such thing.
pub(in crate::print) fn spelling(name: &str, dialect: Dialect) -> Option<&'static str> {
    let piece = PIECES.iter().find(|piece| piece.name == name)?;
    let text = match dialect {
        Dialect::Sqlite => return None,
        Dialect::Postgres => piece.postgres,
        Dialect::MySql => piece.mysql,
        Dialect::SqlServer => piece.sqlserver,
        Dialect::Oracle => piece.oracle,
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_stands_twice_and_each_is_one_operand() {
        for (i, piece) in PIECES.iter().enumerate() {
            assert!(PIECES[i + 1..].iter().all(|other| other.name != piece.name), "{}", piece.name);
            for text in [piece.postgres, piece.mysql, piece.sqlserver, piece.oracle] {
                let open = text.matches('(').count() - text.matches(r"\(").count();
                assert_eq!(open, text.matches(')').count(), "{text}");
            }
        }
    }
}
