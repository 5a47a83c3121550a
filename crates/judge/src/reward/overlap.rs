//! How near one result is to another: rows as multisets, columns matched in any order, what is too much counting as what
//! lacks.

use std::hash::{DefaultHasher, Hash, Hasher};

use schema::Value;

/// Significant digits in which numbers are compared.
const DIGITS: i32 = 6;
/// What is nearer to 0 is 0.
const NOISE: f64 = 1e-9;

/// A result column by column, each cell as a number that equal cells share.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells {
    rows: usize,
    /// In the order of the rows.
    columns: Vec<Vec<u64>>,
    /// Each column sorted.
    sorted: Vec<Vec<u64>>,
}

impl Cells {
    /// The cells of rows that are `width` long.
    pub fn of(rows: &[Vec<Value>], width: usize) -> Self {
        let column = |at: usize| rows.iter().map(|row| row.get(at).map_or(0, key)).collect::<Vec<u64>>();
        let columns: Vec<Vec<u64>> = (0..width).map(column).collect();
        let sorted = columns.iter().map(|column| ordered(column.clone())).collect();
        Cells { rows: rows.len(), columns, sorted }
    }

    fn is_empty(&self) -> bool {
        self.rows == 0 || self.columns.is_empty()
    }
}

/// The mean of two shares, 0 to 1. With m and n rows of w and v columns, of which k are paired:
/// columns, 2 Σ shared cells / (max(m, n) · (w + v)); rows, 2 k · shared rows / (max(m, n) · (w + v)).
pub fn overlap(expected: &Cells, given: &Cells) -> f64 {
    if expected.is_empty() || given.is_empty() {
        return 0.0;
    }
    let pairs = pairs(expected, given);
    let most = expected.rows.max(given.rows) as f64 * (expected.columns.len() + given.columns.len()) as f64;
    let cells: usize = pairs.iter().map(|pair| pair.shared).sum();
    let of_rows = |side: &Cells, columns: &[usize]| {
        let row = |at: usize| hash(&columns.iter().map(|column| side.columns[*column][at]).collect::<Vec<u64>>());
        ordered((0..side.rows).map(row).collect())
    };
    let ours: Vec<usize> = pairs.iter().map(|pair| pair.expected).collect();
    let theirs: Vec<usize> = pairs.iter().map(|pair| pair.given).collect();
    let rows = if pairs.is_empty() { 0 } else { shared(&of_rows(expected, &ours), &of_rows(given, &theirs)) };
    (cells + rows * pairs.len()) as f64 / most
}

/// Two columns that stand for each other.
struct Pair {
    expected: usize,
    given: usize,
    /// Cells that both have.
    shared: usize,
}

/// Columns paired one to one, those that share most first.
fn pairs(expected: &Cells, given: &Cells) -> Vec<Pair> {
    let mut all: Vec<Pair> = vec![];
    for (e, ours) in expected.sorted.iter().enumerate() {
        let sharing = given.sorted.iter().enumerate().map(|(g, theirs)| (g, shared(ours, theirs)));
        all.extend(sharing.filter(|(_, n)| *n > 0).map(|(g, shared)| Pair { expected: e, given: g, shared }));
    }
    // Equals by place, so that columns in order stay in order.
    all.sort_by_key(|pair| (std::cmp::Reverse(pair.shared), pair.expected.abs_diff(pair.given), pair.expected));
    let mut chosen: Vec<Pair> = vec![];
    for pair in all {
        if chosen.iter().all(|other| other.expected != pair.expected && other.given != pair.given) {
            chosen.push(pair);
        }
    }
    chosen
}

/// How many elements two sorted multisets share.
fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j, count) = (i + 1, j + 1, count + 1);
            }
        }
    }
    count
}

fn ordered(mut keys: Vec<u64>) -> Vec<u64> {
    keys.sort_unstable();
    keys
}

fn key(value: &Value) -> u64 {
    match value {
        Value::Null => 0,
        Value::Integer(whole) => hash(&rounded(*whole as f64).to_bits()),
        Value::Real(number) => hash(&rounded(*number).to_bits()),
        Value::Text(text) => hash(text),
        Value::Blob(bytes) => hash(bytes),
    }
}

/// A number to [`DIGITS`] significant digits; whole and floating numbers that are equal stay so.
fn rounded(number: f64) -> f64 {
    if !number.is_finite() || number.abs() < NOISE {
        return if number.is_finite() { 0.0 } else { number };
    }
    let factor = 10f64.powi(DIGITS - 1 - number.abs().log10().floor() as i32);
    // Past the largest factor there is nothing to round.
    if factor.is_finite() { (number * factor).round() / factor } else { number }
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows on lines, cells between bars.
    fn cells(text: &str) -> Cells {
        let rows: Vec<Vec<Value>> = text.lines().map(|line| line.split('|').map(value).collect()).collect();
        Cells::of(&rows, rows.first().map_or(0, Vec::len))
    }

    fn value(text: &str) -> Value {
        match (text, text.parse::<i64>(), text.parse::<f64>()) {
            ("NULL", ..) => Value::Null,
            (_, Ok(whole), _) => Value::Integer(whole),
            (_, _, Ok(number)) => Value::Real(number),
            _ => Value::Text(text.to_owned()),
        }
    }

    #[track_caller]
    fn check(expected: &str, given: &str, want: f64) {
        let found = overlap(&cells(expected), &cells(given));
        assert!((found - want).abs() < 1e-12, "{found} where {want} is right: {expected:?} {given:?}");
    }

    #[test]
    fn overlaps_by_hand() {
        // Everything, whatever the order of rows and columns; whole as floating; NULL as NULL.
        check("a|1\nb|2", "2.0|b\n1.0|a", 1.0);
        check("NULL|1", "1|NULL", 1.0);
        check("0.3333333333|x", "0.33333333|x", 1.0);
        // One of two rows: 2 cells of 2 columns, 1 row of 2 columns, of 2 rows times 4 columns: (2 + 2) / 8.
        check("a|1\nb|2", "a|1\nc|3", 0.5);
        // All cells, but no row: 4 / 8.
        check("a|1\nb|2", "a|2\nb|1", 0.5);
        // A column lacks: 2 cells and 2 rows of 1 column, of 2 rows times 3 columns: 4 / 6.
        check("a|1\nb|2", "a\nb", 4.0 / 6.0);
        // A column too much: the same.
        check("a\nb", "a|1\nb|2", 4.0 / 6.0);
        // A row too many, of one column: (1 + 1) / 4; a row too few: the same.
        check("a", "a\nb", 0.5);
        check("a\nb", "a", 0.5);
        // A multiset: one of three equal rows is right.
        check("a", "a\na\na", 1.0 / 3.0);
    }

    #[test]
    fn nothing_in_common_is_worth_nothing() {
        check("a|1", "b|2", 0.0);
        check("a|1", "", 0.0);
        check("NULL", "0", 0.0);
        assert_eq!(overlap(&cells("a"), &Cells::of(&[], 1)), 0.0);
        assert_eq!(overlap(&Cells::of(&[], 2), &Cells::of(&[], 2)), 0.0);
    }

    #[test]
    fn stuffing_columns_never_helps() {
        let expected = cells("a|1\nb|2\nc|3");
        let mut last = overlap(&expected, &expected);
        for width in 1..6 {
            let stuffed: Vec<String> =
                (0..3).map(|i| format!("{}|{}{}", ["a", "b", "c"][i], i + 1, "|9".repeat(width))).collect();
            let now = overlap(&expected, &cells(&stuffed.join("\n")));
            assert!(now < last, "{width}: {now} {last}");
            last = now;
        }
    }

    #[test]
    fn rounding_keeps_extremes() {
        assert_eq!(rounded(f64::INFINITY), f64::INFINITY);
        assert_eq!(
            (rounded(-1e-12), rounded(1_234_567.0), rounded(-0.000_123_456_7)),
            (0.0, 1_234_570.0, -0.000_123_457)
        );
        assert!(rounded(f64::MIN_POSITIVE) == 0.0 && rounded(f64::MAX).is_finite());
    }
}
