//! What a person may ask, before SQL and before words: the productions of the typed grammar.
//!
//! One *root* table gives the rows; everything else is reached from it over keys towards the referred side, so that no
//! join repeats a row by accident. Rows of referring tables come in through [`Filter::Children`].

use schema::{ColumnId, ForeignKeyId, TableId, Value};
use sql::tree::{BinaryOp, SlotPart};

use super::world::Path;

/// A question: rows of a table, narrowed, and what is wanted of them.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The table whose rows are spoken of.
    pub root: TableId,
    /// What narrows the rows.
    pub filters: Vec<Filter>,
    /// What is wanted.
    pub shape: Shape,
}

/// What is wanted of the rows.
#[derive(Debug, Clone)]
pub enum Shape {
    /// The rows themselves.
    List {
        /// Columns asked for; empty for the table's display columns.
        columns: Vec<Output>,
        /// The order asked for.
        order: Option<(Output, bool)>,
    },
    /// The rows that rank highest or lowest.
    Top {
        /// Columns asked for; empty for the display columns.
        columns: Vec<Output>,
        /// What ranks them.
        by: Measure,
        /// Highest first.
        descending: bool,
        /// How many; one for "the largest".
        n: Option<i64>,
    },
    /// How many rows.
    Count,
    /// The different values of a column.
    Distinct(Output),
    /// How many different values.
    CountDistinct(Output),
    /// Totals over all rows.
    Totals(Vec<Aggregate>),
    /// Totals per group.
    Group(Group),
}

/// Totals per group.
#[derive(Debug, Clone)]
pub struct Group {
    /// What rows are grouped by.
    pub keys: Vec<Key>,
    /// Columns shown of a key that is a row; none for its display columns.
    pub shown: Option<Vec<ColumnId>>,
    /// What is computed for each group; empty when only the keys are shown.
    pub totals: Vec<Aggregate>,
    /// A condition on the groups.
    pub having: Option<Having>,
    /// Order of the groups by the first total: descending or not.
    pub order: Option<bool>,
    /// Only so many groups, by this total.
    pub top: Option<(Aggregate, i64, bool)>,
    /// Rows of the key's table without any of the root's are kept.
    pub keep_empty: bool,
    /// Groups without a key are left out.
    pub skip_blank: bool,
}

/// What rows are grouped by.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// A column of the root or of a table it refers to.
    Column(Output),
    /// The rows of a table the root refers to.
    Entity(Path),
}

/// A column reached from the root.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The keys that lead to its table.
    pub path: Path,
    /// What is shown.
    pub measure: Measure,
}

/// Something with a value for each row of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// A column.
    Column(ColumnId),
    /// A named measure of the glossary, by its position in the world.
    Named(usize),
}

/// A total over rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which total.
    pub function: Function,
    /// What is summed up; none for a count of rows.
    pub of: Option<Output>,
}

/// Kinds of totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Number of rows.
    Count,
    /// Number of different values.
    CountDistinct,
    /// Sum.
    Sum,
    /// Average.
    Avg,
    /// Least.
    Min,
    /// Greatest.
    Max,
}

/// A condition on groups.
#[derive(Debug, Clone)]
pub struct Having {
    /// Which total.
    pub total: Aggregate,
    /// How it is compared.
    pub op: BinaryOp,
    /// With what.
    pub value: Value,
}

/// When something happened, relative to a range or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Within the range.
    In,
    /// After its last day.
    After,
    /// From its first day on.
    Since,
    /// Before its first day.
    Before,
    /// Up to its last day.
    Until,
    /// On the day.
    On,
}

/// What narrows the rows of one table.
#[derive(Debug, Clone)]
pub enum Filter {
    /// A column holds one of the values, or none of them.
    Value {
        /// Which column.
        column: ColumnId,
        /// As stored.
        values: Vec<String>,
        /// None of them.
        negated: bool,
    },
    /// A number compared.
    Number {
        /// What is compared.
        measure: Measure,
        /// How.
        op: BinaryOp,
        /// With what.
        value: Value,
    },
    /// A number between two, both included.
    Between {
        /// What is compared.
        measure: Measure,
        /// Lower end.
        low: Value,
        /// Upper end.
        high: Value,
    },
    /// A date.
    When {
        /// Which column.
        column: ColumnId,
        /// How it stands to the range.
        how: When,
        /// First day, `YYYY-MM-DD`.
        start: String,
        /// First day after; the same as `start` where a single day is meant.
        end: String,
        /// How the range is said.
        said: String,
    },
    /// No value, or some value.
    Missing {
        /// Which column.
        column: ColumnId,
        /// Some value.
        negated: bool,
    },
    /// A named condition of the glossary, by its position in the world.
    Named(usize),
    /// One column above another of the same table.
    Columns {
        /// The greater one (the lesser one if not `above`).
        left: ColumnId,
        /// The other.
        right: ColumnId,
        /// Which way round.
        above: bool,
    },
    /// Above or below the average of all rows.
    Average {
        /// What is compared.
        measure: Measure,
        /// Above.
        above: bool,
    },
    /// Above or below the row known by a name or code.
    ThanNamed {
        /// What is compared.
        measure: Measure,
        /// The column that names the other row.
        column: ColumnId,
        /// Its name or code.
        name: String,
        /// Above.
        above: bool,
    },
    /// The greatest or least of all, ties included.
    Extreme {
        /// What is compared.
        measure: Measure,
        /// The greatest.
        greatest: bool,
    },
    /// One of several.
    Any(Vec<Filter>),
    /// Text that contains, starts or ends with something.
    Text {
        /// Which column.
        column: ColumnId,
        /// What.
        text: String,
        /// Where.
        part: SlotPart,
    },
    /// True or false.
    Flag {
        /// Which column.
        column: ColumnId,
        /// True.
        yes: bool,
    },
    /// What the row refers to is narrowed.
    Parent {
        /// The key that refers to it.
        key: ForeignKeyId,
        /// What narrows it.
        filters: Vec<Filter>,
    },
    /// There is, or is not, a row that refers to this one.
    Children {
        /// The key by which it refers.
        key: ForeignKeyId,
        /// What narrows it.
        filters: Vec<Filter>,
        /// There is none.
        negated: bool,
    },
}
