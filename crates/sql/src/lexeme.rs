//! The closed set of pieces that canonical SQL is made of, for one catalog.
//!
//! A compact model's output tokens are these lexemes: a keyword, a qualified column, a whole join with its key condition.
//! The text of a query is the text of its lexemes joined by single spaces (see [`crate::canonical`]).

use std::collections::HashMap;

use schema::slot::{Slot, SlotKind};
use schema::{Catalog, ColumnId, ForeignKeyId, TableId, Value};

use crate::date_part::{CTE_DAYS, DatePart, columns_and_parts, part_of};
use crate::tree::{SlotPart, SlotUse};

/// How many uses of one table a query may have. The second is written `Table AS Table_2`.
pub const INSTANCES: u8 = 2;
/// How many output columns may be computed: `c1` … `c8`.
pub const OUTPUTS: u8 = 8;
/// How many CTEs a query may have: `cte_1` … `cte_3`.
pub const CTES: u8 = 3;
/// Numbers that a query may use without the question saying them.
pub const CLOSED_CONSTANTS: [&str; 9] = ["0", "1", "2", "12", "100", "365", "1.0", "100.0", "0.5"];

/// One use of a table: `instance` 1 is `Table`, 2 is `Table AS Table_2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableRef {
    /// Which table.
    pub table: TableId,
    /// Which use of it, from 1.
    pub instance: u8,
}

/// A column of one use of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Which column.
    pub column: ColumnId,
    /// Which use of its table, from 1.
    pub instance: u8,
}

impl ColumnRef {
    /// The use of the table this column belongs to.
    pub fn table_ref(self) -> TableRef {
        TableRef { table: self.column.table, instance: self.instance }
    }
}

/// Whether the table that a key joins in is its referring (many) or its referred (one) side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The new table refers to one already there.
    Referring,
    /// The new table is referred to by one already there.
    Referred,
}

/// A relation over a foreign key between a new use of a table and one already in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Which foreign key.
    pub key: ForeignKeyId,
    /// Which of its sides is the new table.
    pub side: Side,
    /// Instance of the new table.
    pub new: u8,
    /// Instance of the table already in scope.
    pub known: u8,
}

impl Edge {
    /// The new use of a table.
    pub fn new_table(self, catalog: &Catalog) -> TableRef {
        let key = catalog.foreign_key(self.key);
        let table = if self.side == Side::Referring { key.from } else { key.to };
        TableRef { table, instance: self.new }
    }

    /// The use of a table that must be in scope already.
    pub fn known_table(self, catalog: &Catalog) -> TableRef {
        let key = catalog.foreign_key(self.key);
        let table = if self.side == Side::Referring { key.to } else { key.from };
        TableRef { table, instance: self.known }
    }

    /// The condition, new side first: `New.k = Known.k [AND …]`.
    pub fn condition(self, catalog: &Catalog) -> String {
        let pairs = catalog.key_pairs(self.key).map(|(from, to)| {
            let (new, known) = if self.side == Side::Referring { (from, to) } else { (to, from) };
            let new = column_text(catalog, ColumnRef { column: new, instance: self.new });
            let known = column_text(catalog, ColumnRef { column: known, instance: self.known });
            format!("{new} = {known}")
        });
        pairs.collect::<Vec<_>>().join(" AND ")
    }
}

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
    pub const ALL: [(Word, &'static str); 99] = [
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

    /// The word's text.
    pub fn text(self) -> &'static str {
        Word::ALL.iter().find(|(word, _)| *word == self).map_or("", |(_, text)| text)
    }
}

/// One piece of canonical SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lexeme {
    /// A keyword, operator or bracket.
    Word(Word),
    /// The first table of a FROM clause.
    Table(TableRef),
    /// A qualified column, or a part of a day ([`crate::date_part`]).
    Column(ColumnRef),
    /// `JOIN New ON New.k = Known.k`.
    Join(Edge),
    /// `LEFT JOIN New ON New.k = Known.k`.
    LeftJoin(Edge),
    /// `JOIN New ON`, before one equality of two columns, where no declared key says it.
    JoinOn(TableRef),
    /// `LEFT JOIN New ON`, before one equality of two columns.
    LeftJoinOn(TableRef),
    /// `CROSS JOIN cte_1`, a CTE of one row.
    Cross(TableRef),
    /// `New.k = Known.k`, which ties an EXISTS to the enclosing query (`new` is the inner table).
    Correlate(Edge),
    /// A value of the question.
    Slot(SlotUse),
    /// A constant of [`Lexicon::constants`].
    Constant(u8),
    /// `AS c1` after a computed output.
    Alias(u8),
    /// `c1` in ORDER BY.
    Output(u8),
}

/// A constant that a query may use without the question saying it.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// The value.
    pub value: Value,
    /// The text that stands in the query.
    pub sql: String,
    /// The columns it may stand beside; empty for any column of its type.
    pub columns: Vec<ColumnId>,
}

/// Every lexeme of one catalog, in a stable order.
#[derive(Debug, Clone)]
pub struct Lexicon {
    /// The closed constants, then those of the pack's named conditions.
    pub constants: Vec<Constant>,
    lexemes: Vec<Lexeme>,
    ids: HashMap<Lexeme, u32>,
}

impl Lexicon {
    /// All lexemes over a catalog; `named` are the constants of the pack's named conditions and thresholds.
    pub fn new(catalog: &Catalog, named: Vec<Constant>) -> Self {
        let mut constants: Vec<Constant> = CLOSED_CONSTANTS.iter().map(|text| closed_constant(text)).collect();
        constants.extend(named);
        let mut lexemes: Vec<Lexeme> = Word::ALL.iter().map(|(word, _)| Lexeme::Word(*word)).collect();
        lexemes.extend((0..constants.len() as u8).map(Lexeme::Constant));
        lexemes.extend((1..=OUTPUTS).map(Lexeme::Alias));
        lexemes.extend((1..=OUTPUTS).map(Lexeme::Output));
        lexemes.extend(slot_uses().map(Lexeme::Slot));
        lexemes.extend(sources(catalog).map(Lexeme::Table));
        for instance in 1..=INSTANCES {
            let columns = catalog.table_ids().flat_map(|table| columns_and_parts(catalog, table));
            lexemes.extend(columns.map(|column| Lexeme::Column(ColumnRef { column, instance })));
        }
        for instance in 1..=INSTANCES {
            let columns = (1..=CTES).flat_map(|n| cte_columns(cte_table(catalog, n), n));
            lexemes.extend(columns.map(|column| Lexeme::Column(ColumnRef { column, instance })));
        }
        lexemes.extend(sources(catalog).flat_map(|table| [Lexeme::JoinOn(table), Lexeme::LeftJoinOn(table)]));
        lexemes.extend(sources(catalog).filter(|t| cte_number(catalog, t.table).is_some()).map(Lexeme::Cross));
        for edge in edges(catalog) {
            lexemes.extend([Lexeme::Join(edge), Lexeme::LeftJoin(edge), Lexeme::Correlate(edge)]);
        }
        let ids = lexemes.iter().enumerate().map(|(i, lexeme)| (*lexeme, i as u32)).collect();
        Lexicon { constants, lexemes, ids }
    }

    /// How many lexemes there are.
    pub fn len(&self) -> usize {
        self.lexemes.len()
    }

    /// Whether there is none; never true.
    pub fn is_empty(&self) -> bool {
        self.lexemes.is_empty()
    }

    /// The lexeme with this id.
    pub fn lexeme(&self, id: u32) -> Option<Lexeme> {
        self.lexemes.get(id as usize).copied()
    }

    /// The id of a lexeme, if this catalog has it.
    pub fn id(&self, lexeme: Lexeme) -> Option<u32> {
        self.ids.get(&lexeme).copied()
    }

    /// All lexemes in order of their ids.
    pub fn lexemes(&self) -> &[Lexeme] {
        &self.lexemes
    }

    /// A name for a lexeme that no other lexeme of the lexicon has: what a vocabulary file holds.
    pub fn name(&self, catalog: &Catalog, lexeme: Lexeme) -> String {
        match lexeme {
            Lexeme::Word(Word::End) => "<end>".to_owned(),
            Lexeme::Word(word) => match word {
                Word::OrOpen
                | Word::Scalar
                | Word::InQuery
                | Word::NotInQuery
                | Word::SumOver
                | Word::AvgOver
                | Word::MinOver
                | Word::MaxOver => format!("{} <{word:?}>", word.text()),
                _ => word.text().to_owned(),
            },
            Lexeme::Table(table) => source_text(catalog, table),
            Lexeme::Column(column) => column_text(catalog, column),
            Lexeme::Join(edge) => join_text(catalog, "JOIN", edge),
            Lexeme::LeftJoin(edge) => join_text(catalog, "LEFT JOIN", edge),
            Lexeme::JoinOn(table) => format!("JOIN {} ON", source_text(catalog, table)),
            Lexeme::LeftJoinOn(table) => format!("LEFT JOIN {} ON", source_text(catalog, table)),
            Lexeme::Cross(table) => format!("CROSS JOIN {}", source_text(catalog, table)),
            Lexeme::Correlate(edge) => edge.condition(catalog),
            Lexeme::Slot(SlotUse { slot, part }) => slot_text(slot, part),
            Lexeme::Constant(i) => format!("={}", self.constants[i as usize].sql),
            Lexeme::Alias(n) => format!("AS c{n}"),
            Lexeme::Output(n) => format!("c{n}"),
        }
    }
}

/// A name as it stands in SQL: quoted where it is no plain identifier or is a keyword.
pub fn identifier(name: &str) -> String {
    let plain =
        name.bytes().enumerate().all(|(i, b)| b == b'_' || b.is_ascii_alphabetic() || (i > 0 && b.is_ascii_digit()));
    if plain && !name.is_empty() && !is_keyword(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn is_keyword(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    KEYWORDS.split_ascii_whitespace().any(|keyword| keyword == upper)
}

/// Words that SQLite, PostgreSQL or MySQL reads as something else than a name, and the output names `c1` … `c8`.
const KEYWORDS: &str = "
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC ATTACH AUTOINCREMENT BEFORE
    BEGIN BETWEEN BINARY BOTH BY CASCADE CASE CAST CHANGE CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS
    CURRENT CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DATABASES DEFAULT DEFERRABLE
    DEFERRED DELETE DESC DESCRIBE DETACH DISTINCT DIV DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS
    EXPLAIN FAIL FALSE FETCH FILTER FIRST FOLLOWING FOR FORCE FOREIGN FREEZE FROM FULL GENERATED GLOB GRANT GROUP GROUPS
    HAVING IF IGNORE ILIKE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTERVAL INTO IS ISNULL
    JOIN KEY KEYS KILL LAST LATERAL LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LOCK LOOP MATCH MATERIALIZED MOD
    NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON ONLY OR ORDER OTHERS OUTER OVER OVERLAPS PARTITION PLACING
    PLAN PRAGMA PRECEDING PRIMARY PROCEDURE QUERY RAISE RANGE RANK READ RECURSIVE REFERENCES REGEXP REINDEX RELEASE
    RENAME REPEAT REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SCHEMA SELECT SESSION_USER SET SIMILAR
    SOME SYMMETRIC SYSTEM TABLE TABLES TABLESAMPLE TEMP TEMPORARY THEN TIES TO TRAILING TRANSACTION TRIGGER TRUE
    UNBOUNDED UNION UNIQUE UPDATE USE USER USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHIN WITHOUT WRITE
    C1 C2 C3 C4 C5 C6 C7 C8";

/// The number that stands for a CTE among the tables: CTEs come after those of the catalog.
pub fn cte_table(catalog: &Catalog, number: u8) -> TableId {
    TableId(catalog.tables.len() as u16 + u16::from(number) - 1)
}

/// Which CTE a table's number stands for, from 1; none for a table of the catalog.
pub fn cte_number(catalog: &Catalog, table: TableId) -> Option<u8> {
    usize::from(table.0).checked_sub(catalog.tables.len()).map(|at| at as u8 + 1)
}

/// The columns of a CTE, then the parts of the days that the first one may begin with.
fn cte_columns(table: TableId, number: u8) -> impl Iterator<Item = ColumnId> {
    let parts = if number == 1 { CTE_DAYS as usize * DatePart::ALL.len() } else { 0 };
    (0..u16::from(OUTPUTS) + parts as u16).map(move |column| ColumnId { table, column })
}

/// Every use of every table, then of every CTE.
fn sources(catalog: &Catalog) -> impl Iterator<Item = TableRef> + '_ {
    let tables = catalog.table_ids().chain((1..=CTES).map(|n| cte_table(catalog, n)));
    tables.flat_map(|table| (1..=INSTANCES).map(move |instance| TableRef { table, instance }))
}

/// The name of a table or CTE.
fn plain_name(catalog: &Catalog, table: TableId) -> String {
    match cte_number(catalog, table) {
        Some(number) => format!("cte_{number}"),
        None => catalog.table(table).name.clone(),
    }
}

/// What a use of a table is called within a query, as it stands in SQL: `Table`, or `Table_2` for the second.
pub fn table_text(catalog: &Catalog, table: TableRef) -> String {
    identifier(&table_name(catalog, table))
}

/// `Table`, or `Table_2`; further underscores where the catalog has a table of that name.
fn table_name(catalog: &Catalog, table: TableRef) -> String {
    let mut name = plain_name(catalog, table.table);
    if table.instance > 1 {
        name.push_str(&format!("_{}", table.instance));
        while catalog.find_table(&name).is_some() {
            name.push('_');
        }
    }
    name
}

/// `Table.Column` or `Table_2.Column`; a part of a day as what computes it.
pub fn column_text(catalog: &Catalog, column: ColumnRef) -> String {
    if let Some((day, part)) = part_of(catalog, column.column) {
        return part.sql(&column_text(catalog, ColumnRef { column: day, ..column }));
    }
    if cte_number(catalog, column.column.table).is_some() {
        return format!("{}.c{}", table_text(catalog, column.table_ref()), column.column.column + 1);
    }
    format!("{}.{}", table_text(catalog, column.table_ref()), identifier(&catalog.column(column.column).name))
}

/// `Table` or `Table AS Table_2`, as it stands in a FROM clause.
pub fn source_text(catalog: &Catalog, table: TableRef) -> String {
    let name = identifier(&plain_name(catalog, table.table));
    if table.instance == 1 { name } else { format!("{name} AS {}", table_text(catalog, table)) }
}

fn join_text(catalog: &Catalog, kind: &str, edge: Edge) -> String {
    format!("{kind} {} ON {}", source_text(catalog, edge.new_table(catalog)), edge.condition(catalog))
}

/// `<num1>`, `<range1.start>`, `<str1.contains>`.
fn slot_text(slot: Slot, part: SlotPart) -> String {
    let name = slot.to_string();
    let name = name.trim_end_matches('>');
    match part {
        SlotPart::Whole => format!("{name}>"),
        SlotPart::Start => format!("{name}.start>"),
        SlotPart::End => format!("{name}.end>"),
        SlotPart::Last => format!("{name}.last>"),
        SlotPart::Fraction => format!("{name}.fraction>"),
        SlotPart::Contains => format!("{name}.contains>"),
        SlotPart::Prefix => format!("{name}.prefix>"),
        SlotPart::Suffix => format!("{name}.suffix>"),
    }
}

fn slot_uses() -> impl Iterator<Item = SlotUse> {
    use SlotPart::{Contains, End, Fraction, Prefix, Start, Suffix, Whole};
    SlotKind::ALL.into_iter().flat_map(|kind| {
        let parts: &[SlotPart] = match kind {
            SlotKind::Range => &[Start, End],
            SlotKind::Str | SlotKind::Val => &[Whole, Contains, Prefix, Suffix],
            SlotKind::Num => &[Whole, Fraction],
            SlotKind::Date => &[Whole, End],
        };
        (1..=kind.limit())
            .flat_map(move |number| parts.iter().map(move |&part| SlotUse { slot: Slot { kind, number }, part }))
    })
}

/// Every edge: each key, each side new, each pair of instances; a key within one table always joins two uses of it.
fn edges(catalog: &Catalog) -> impl Iterator<Item = Edge> + '_ {
    catalog.foreign_key_ids().flat_map(move |key| {
        let within = catalog.foreign_key(key).from == catalog.foreign_key(key).to;
        [Side::Referring, Side::Referred].into_iter().flat_map(move |side| {
            let pairs = (1..=INSTANCES).flat_map(move |new| (1..=INSTANCES).map(move |known| (new, known)));
            pairs.filter(move |(new, known)| !within || new != known).map(move |(new, known)| Edge {
                key,
                side,
                new,
                known,
            })
        })
    })
}

fn closed_constant(text: &str) -> Constant {
    let value = match text.parse::<i64>() {
        Ok(whole) => Value::Integer(whole),
        Err(_) => Value::Real(text.parse().unwrap_or(0.0)),
    };
    Constant { value, sql: text.to_owned(), columns: vec![] }
}
