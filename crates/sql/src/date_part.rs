//! Parts of days that rows are grouped and shown by: each part of each date column is a column of its own to the lexicon
//! and the matcher, numbered after the table's real ones.
//!
//! | part | SQL | example |
//! |---|---|---|
//! | year | `STRFTIME('%Y', d)` | 2026 |
//! | month | `STRFTIME('%Y-%m', d)` | 2026-11 |
//! | month of the year | `STRFTIME('%m', d)` | 11 |
//! | quarter of the year | `(CAST(STRFTIME('%m', d) AS INTEGER) + 2) / 3` | 4 |
//! | quarter | `STRFTIME('%Y', d) \|\| '-Q' \|\| ((CAST(STRFTIME('%m', d) AS INTEGER) + 2) / 3)` | 2026-Q4 |

use schema::{Catalog, ColumnId, TableId, Value};

use crate::lexeme::{OUTPUTS, cte_number};
use crate::tree::{BinaryOp, Expr, ExprKind};

/// How many columns of the first CTE may be days with parts: those of a calendar.
pub const CTE_DAYS: u16 = 2;

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// `2026`
    Year,
    /// `2026-11`
    Month,
    /// `11`
    MonthOfYear,
    /// `2026-Q4`
    Quarter,
    /// `4`
    QuarterOfYear,
}

impl DatePart {
    /// All parts, in the order of their columns.
    pub const ALL: [DatePart; 5] =
        [DatePart::Year, DatePart::Month, DatePart::MonthOfYear, DatePart::Quarter, DatePart::QuarterOfYear];

    /// The part of a day as SQL.
    pub fn sql(self, day: &str) -> String {
        match self {
            DatePart::Year => format!("STRFTIME('%Y', {day})"),
            DatePart::Month => format!("STRFTIME('%Y-%m', {day})"),
            DatePart::MonthOfYear => format!("STRFTIME('%m', {day})"),
            DatePart::Quarter => {
                format!("STRFTIME('%Y', {day}) || '-Q' || ((CAST(STRFTIME('%m', {day}) AS INTEGER) + 2) / 3)")
            }
            DatePart::QuarterOfYear => format!("(CAST(STRFTIME('%m', {day}) AS INTEGER) + 2) / 3"),
        }
    }

    /// The part of a day as an expression.
    pub fn expr(self, day: Expr) -> Expr {
        let format =
            |format: &str, day: Expr| Expr::call("STRFTIME", vec![Expr::value(Value::Text(format.into())), day]);
        let number = |n| Expr::value(Value::Integer(n));
        match self {
            DatePart::Year => format("%Y", day),
            DatePart::Month => format("%Y-%m", day),
            DatePart::MonthOfYear => format("%m", day),
            DatePart::Quarter => {
                let dash = Expr::value(Value::Text("-Q".into()));
                let quarter = DatePart::QuarterOfYear.expr(day.clone());
                format("%Y", day).binary(BinaryOp::Concat, dash).binary(BinaryOp::Concat, quarter)
            }
            DatePart::QuarterOfYear => {
                let month = Box::new(format("%m", day));
                let month = Expr::from(ExprKind::Cast { operand: month, to: "INTEGER".into() });
                month.binary(BinaryOp::Add, number(2)).binary(BinaryOp::Div, number(3))
            }
        }
    }

    /// The part that an expression is, and of what.
    pub fn of(e: &Expr) -> Option<(DatePart, &Expr)> {
        let day = first_day(e)?;
        let part = DatePart::ALL.into_iter().find(|part| part.expr(day.clone()) == *e)?;
        Some((part, day))
    }
}

/// The operand of the first call of STRFTIME.
fn first_day(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Call(call) if call.function == "STRFTIME" => call.args.get(1),
        ExprKind::Binary(a, BinaryOp::Concat | BinaryOp::Add | BinaryOp::Div, _) => first_day(a),
        ExprKind::Cast { operand, .. } => first_day(operand),
        _ => None,
    }
}

/// The columns of a table that hold days or moments.
fn days(catalog: &Catalog, table: TableId) -> impl Iterator<Item = ColumnId> + '_ {
    catalog.columns_of(table).filter(|c| catalog.column(*c).ty.is_temporal())
}

/// A table's real columns, then the parts of its days.
pub fn columns_and_parts(catalog: &Catalog, table: TableId) -> impl Iterator<Item = ColumnId> + use<> {
    let real = catalog.table(table).columns.len();
    let all = real + days(catalog, table).count() * DatePart::ALL.len();
    (0..all as u16).map(move |column| ColumnId { table, column })
}

/// The day and the part that a column stands for, unless it is a real one.
pub fn part_of(catalog: &Catalog, column: ColumnId) -> Option<(ColumnId, DatePart)> {
    if let Some(number) = cte_number(catalog, column.table) {
        let at = usize::from(column.column.checked_sub(u16::from(OUTPUTS)).filter(|_| number == 1)?);
        let day = ColumnId { column: (at / DatePart::ALL.len()) as u16, ..column };
        return Some((day, DatePart::ALL[at % DatePart::ALL.len()]));
    }
    let at = usize::from(column.column).checked_sub(catalog.table(column.table).columns.len())?;
    let day = days(catalog, column.table).nth(at / DatePart::ALL.len())?;
    Some((day, DatePart::ALL[at % DatePart::ALL.len()]))
}

/// The column that stands for a part of a day: of the catalog's own days, and of the days that the first CTE begins with.
pub fn part_column(catalog: &Catalog, day: ColumnId, part: DatePart) -> Option<ColumnId> {
    let (real, at) = match cte_number(catalog, day.table) {
        Some(1) if day.column < CTE_DAYS => (usize::from(OUTPUTS), usize::from(day.column)),
        Some(_) => return None,
        None => (catalog.table(day.table).columns.len(), days(catalog, day.table).position(|c| c == day)?),
    };
    let offset = DatePart::ALL.iter().position(|p| *p == part)?;
    let column = real + at * DatePart::ALL.len() + offset;
    Some(ColumnId { table: day.table, column: column as u16 })
}
