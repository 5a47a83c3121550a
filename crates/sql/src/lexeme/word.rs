//! The words of canonical SQL.

/// Keywords, operators and punctuation; each a token of its own. Some share their text but not their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// `SELECT`
    Select,
    /// `DISTINCT` after SELECT
    Distinct,
    /// `,`
    Comma,
    /// `FROM`
    From,
    /// `WHERE`
    Where,
    /// `AND` between conditions (and between the ends of BETWEEN)
    And,
    /// `OR` within an [`Word::OrOpen`] group
    Or,
    /// `(` that opens a group of alternatives in a condition
    OrOpen,
    /// `(` in arithmetic
    Open,
    /// `)` that closes a group, arithmetic, a call, a list or a subquery
    Close,
    /// `GROUP BY`
    GroupBy,
    /// `HAVING`
    Having,
    /// `ORDER BY`
    OrderBy,
    /// `DESC`; ascending is unwritten
    Desc,
    /// `LIMIT`
    Limit,
    /// `COUNT(*)`
    CountStar,
    /// `COUNT(`
    Count,
    /// `COUNT(DISTINCT`
    CountDistinct,
    /// `SUM(`
    Sum,
    /// `AVG(`
    Avg,
    /// `MIN(`
    Min,
    /// `MAX(`
    Max,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Divide,
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
    /// `IN (` before a list
    InList,
    /// `NOT IN (` before a list
    NotInList,
    /// `IN (` before a subquery
    InQuery,
    /// `NOT IN (` before a subquery
    NotInQuery,
    /// `(` before a subquery that is one value
    Scalar,
    /// `BETWEEN`
    Between,
    /// `LIKE`
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `EXISTS ( SELECT 1 FROM`
    Exists,
    /// `NOT EXISTS ( SELECT 1 FROM`
    NotExists,
    /// `UNION`
    Union,
    /// `UNION ALL`
    UnionAll,
    /// `INTERSECT`
    Intersect,
    /// `EXCEPT`
    Except,
    /// `WITH cte_1 AS (`
    With,
    /// `, cte_2 AS (`
    WithSecond,
    /// `, cte_3 AS (`
    WithThird,
    /// `CASE WHEN` before its first condition
    CaseWhen,
    /// `WHEN` before a further condition
    When,
    /// `THEN` before a value
    Then,
    /// `ELSE 0`
    ElseZero,
    /// `ELSE` before a value
    Else,
    /// `END` of a CASE
    CaseEnd,
    /// `( JULIANDAY(` before the later of two days
    Days,
    /// `) - JULIANDAY(` before the earlier
    DaysFrom,
    /// `) )` after it
    DaysEnd,
    /// `ROW_NUMBER() OVER (`
    RowNumber,
    /// `RANK() OVER (`
    Rank,
    /// `DENSE_RANK() OVER (`
    DenseRank,
    /// `NTILE(4) OVER (`
    Quartile,
    /// `NTILE(10) OVER (`
    Decile,
    /// `COUNT(*) OVER (`
    CountOver,
    /// `SUM(` of a window
    SumOver,
    /// `AVG(` of a window
    AvgOver,
    /// `MIN(` of a window
    MinOver,
    /// `MAX(` of a window
    MaxOver,
    /// `LAG(`
    Lag,
    /// `LEAD(`
    Lead,
    /// `) OVER (` after an argument
    Over,
    /// `PARTITION BY`
    PartitionBy,
    /// The rows before and this one
    RowsToHere,
    /// The rows before
    RowsBefore,
    /// Two rows up to this one
    RowsTwo,
    /// Three rows up to this one
    RowsThree,
    /// Four rows up to this one
    RowsFour,
    /// Six rows up to this one
    RowsSix,
    /// Twelve rows up to this one
    RowsTwelve,
    /// `COALESCE(`
    Coalesce,
    /// `NULLIF(` of a divisor
    NullIf,
    /// `ABS(`
    Abs,
    /// `ROUND(`
    Round,
    /// `UPPER(`
    Upper,
    /// `LOWER(`
    Lower,
    /// `LENGTH(`
    Length,
    /// `SUBSTR(` of the first letters
    Beginning,
    /// `, 1 ,` before how many letters
    FromFirst,
    /// `COALESCE(` of texts
    OrElse,
    /// `CAST(` of a text that is a number
    ToNumber,
    /// `AS REAL )` after it
    AsReal,
    /// `||` between texts
    Concat,
    /// `, 0 )` after what a function is of
    OrZero,
    /// `, 1 )` after what is rounded
    ToTenths,
    /// `, 2 )` after what is rounded
    ToHundredths,
    /// `WITH RECURSIVE cte_1 ( c1 , c2 ) AS (` … before the first day of a calendar in steps of a day
    EachDay,
    /// `WITH RECURSIVE cte_1 ( c1 , c2 ) AS (` … before the first day of a calendar in steps of a week
    EachWeek,
    /// `WITH RECURSIVE cte_1 ( c1 , c2 ) AS (` … before the first day of a calendar in steps of a month
    EachMonth,
    /// `WITH RECURSIVE cte_1 ( c1 , c2 ) AS (` … before the first day of a calendar in steps of a quarter
    EachQuarter,
    /// `WITH RECURSIVE cte_1 ( c1 , c2 ) AS (` … before the first day of a calendar in steps of a year
    EachYear,
    /// `AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 day' ) FROM cte_1 WHERE c2 <` before the day that ends it
    NextDay,
    /// `AS d ) UNION ALL SELECT c2 , DATE( c2 , '+7 days' ) FROM cte_1 WHERE c2 <` before the day that ends it
    NextWeek,
    /// `AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 month' ) FROM cte_1 WHERE c2 <` before the day that ends it
    NextMonth,
    /// `AS d ) UNION ALL SELECT c2 , DATE( c2 , '+3 months' ) FROM cte_1 WHERE c2 <` before the day that ends it
    NextQuarter,
    /// `AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 year' ) FROM cte_1 WHERE c2 <` before the day that ends it
    NextYear,
    /// The day asked on, as a literal
    Today,
    /// End of the query; no text
    End,
}

impl Word {
    /// All words with their text, in vocabulary order.
    pub const ALL: [(Word, &'static str); 109] = [
        (Word::Select, "SELECT"),
        (Word::Distinct, "DISTINCT"),
        (Word::Comma, ","),
        (Word::From, "FROM"),
        (Word::Where, "WHERE"),
        (Word::And, "AND"),
        (Word::Or, "OR"),
        (Word::OrOpen, "("),
        (Word::Open, "("),
        (Word::Close, ")"),
        (Word::GroupBy, "GROUP BY"),
        (Word::Having, "HAVING"),
        (Word::OrderBy, "ORDER BY"),
        (Word::Desc, "DESC"),
        (Word::Limit, "LIMIT"),
        (Word::CountStar, "COUNT(*)"),
        (Word::Count, "COUNT("),
        (Word::CountDistinct, "COUNT(DISTINCT"),
        (Word::Sum, "SUM("),
        (Word::Avg, "AVG("),
        (Word::Min, "MIN("),
        (Word::Max, "MAX("),
        (Word::Plus, "+"),
        (Word::Minus, "-"),
        (Word::Times, "*"),
        (Word::Divide, "/"),
        (Word::Eq, "="),
        (Word::NotEq, "<>"),
        (Word::Lt, "<"),
        (Word::LtEq, "<="),
        (Word::Gt, ">"),
        (Word::GtEq, ">="),
        (Word::IsNull, "IS NULL"),
        (Word::IsNotNull, "IS NOT NULL"),
        (Word::InList, "IN ("),
        (Word::NotInList, "NOT IN ("),
        (Word::InQuery, "IN ("),
        (Word::NotInQuery, "NOT IN ("),
        (Word::Scalar, "("),
        (Word::Between, "BETWEEN"),
        (Word::Like, "LIKE"),
        (Word::NotLike, "NOT LIKE"),
        (Word::Exists, "EXISTS ( SELECT 1 FROM"),
        (Word::NotExists, "NOT EXISTS ( SELECT 1 FROM"),
        (Word::Union, "UNION"),
        (Word::UnionAll, "UNION ALL"),
        (Word::Intersect, "INTERSECT"),
        (Word::Except, "EXCEPT"),
        (Word::With, "WITH cte_1 AS ("),
        (Word::WithSecond, ", cte_2 AS ("),
        (Word::WithThird, ", cte_3 AS ("),
        (Word::CaseWhen, "CASE WHEN"),
        (Word::When, "WHEN"),
        (Word::Then, "THEN"),
        (Word::ElseZero, "ELSE 0"),
        (Word::Else, "ELSE"),
        (Word::CaseEnd, "END"),
        (Word::Days, "( JULIANDAY("),
        (Word::DaysFrom, ") - JULIANDAY("),
        (Word::DaysEnd, ") )"),
        (Word::RowNumber, "ROW_NUMBER() OVER ("),
        (Word::Rank, "RANK() OVER ("),
        (Word::DenseRank, "DENSE_RANK() OVER ("),
        (Word::Quartile, "NTILE(4) OVER ("),
        (Word::Decile, "NTILE(10) OVER ("),
        (Word::CountOver, "COUNT(*) OVER ("),
        (Word::SumOver, "SUM("),
        (Word::AvgOver, "AVG("),
        (Word::MinOver, "MIN("),
        (Word::MaxOver, "MAX("),
        (Word::Lag, "LAG("),
        (Word::Lead, "LEAD("),
        (Word::Over, ") OVER ("),
        (Word::PartitionBy, "PARTITION BY"),
        (Word::RowsToHere, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
        (Word::RowsBefore, "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"),
        (Word::RowsTwo, "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW"),
        (Word::RowsThree, "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"),
        (Word::RowsFour, "ROWS BETWEEN 3 PRECEDING AND CURRENT ROW"),
        (Word::RowsSix, "ROWS BETWEEN 5 PRECEDING AND CURRENT ROW"),
        (Word::RowsTwelve, "ROWS BETWEEN 11 PRECEDING AND CURRENT ROW"),
        (Word::Coalesce, "COALESCE("),
        (Word::NullIf, "NULLIF("),
        (Word::Abs, "ABS("),
        (Word::Round, "ROUND("),
        (Word::Upper, "UPPER("),
        (Word::Lower, "LOWER("),
        (Word::Length, "LENGTH("),
        (Word::Beginning, "SUBSTR("),
        (Word::FromFirst, ", 1 ,"),
        (Word::OrElse, "COALESCE("),
        (Word::ToNumber, "CAST("),
        (Word::AsReal, "AS REAL )"),
        (Word::Concat, "||"),
        (Word::OrZero, ", 0 )"),
        (Word::ToTenths, ", 1 )"),
        (Word::ToHundredths, ", 2 )"),
        (Word::EachDay, "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+1 day' ) FROM ( SELECT"),
        (Word::EachWeek, "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+7 days' ) FROM ( SELECT"),
        (Word::EachMonth, "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+1 month' ) FROM ( SELECT"),
        (Word::EachQuarter, "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+3 months' ) FROM ( SELECT"),
        (Word::EachYear, "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+1 year' ) FROM ( SELECT"),
        (Word::NextDay, "AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 day' ) FROM cte_1 WHERE c2 <"),
        (Word::NextWeek, "AS d ) UNION ALL SELECT c2 , DATE( c2 , '+7 days' ) FROM cte_1 WHERE c2 <"),
        (Word::NextMonth, "AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 month' ) FROM cte_1 WHERE c2 <"),
        (Word::NextQuarter, "AS d ) UNION ALL SELECT c2 , DATE( c2 , '+3 months' ) FROM cte_1 WHERE c2 <"),
        (Word::NextYear, "AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 year' ) FROM cte_1 WHERE c2 <"),
        (Word::Today, "<today>"),
        (Word::End, ""),
    ];

    /// Whether it begins a window.
    pub fn opens_window(self) -> bool {
        (Word::RowNumber..=Word::Lead).contains(&self)
    }

    /// Whether it begins an operand that others stand within: an aggregate, a function, a bracket, CASE, a subquery, a window.
    pub fn opens_operand(self) -> bool {
        use Word::{
            Abs, Avg, Beginning, CaseWhen, Coalesce, Count, CountDistinct, Days, Length, Lower, Max, Min, NullIf, Open,
            OrElse, Round, Scalar, Sum, ToNumber, Upper,
        };
        let aggregate = matches!(self, Count | CountDistinct | Sum | Avg | Min | Max);
        let function = matches!(self, Coalesce | NullIf | Abs | Round | Days);
        let of_text = matches!(self, Upper | Lower | Length | Beginning | OrElse | ToNumber);
        aggregate || function || of_text || matches!(self, Open | CaseWhen | Scalar) || self.opens_window()
    }

    /// The word's text.
    pub fn text(self) -> &'static str {
        Word::ALL.iter().find(|(word, _)| *word == self).map_or("", |(_, text)| text)
    }
}
