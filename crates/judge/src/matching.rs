//! Which given row and column stands for which expected one.
//!
//! Rows are partitioned column by column: two rows stay together while their values may be equal. A part in which the
//! counts do not fit ends the attempt, so most wrong results, and most wrong assignments of columns, fail on the first
//! column. Numbers are equal within a tolerance, which is not transitive: what is left in a part is matched as a
//! bipartite graph where it has to be.

use std::cell::Cell;
use std::cmp::Ordering;

use schema::Value;

/// When two numbers are equal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerance {
    /// Largest difference, relative to the larger of the two.
    pub(crate) relative: f64,
    /// Whether two whole numbers are equal only if they are the same.
    pub(crate) exact_whole: bool,
}

/// Differences below this are noise whatever the numbers: sums that cancel leave such remainders beside zero.
const NOISE: f64 = 1e-9;

/// How many rows the search for columns may look at before it gives up and calls the results different. Ordinary results
/// take a few for each row; only columns that look alike in most combinations need more.
const PATIENCE: usize = 100_000_000;

/// A question for the search.
pub(crate) struct Problem<'a> {
    /// Rows that must be given.
    pub(crate) fixed: Vec<&'a [Value]>,
    /// Rows that may be given, to fill up the number.
    pub(crate) optional: Vec<&'a [Value]>,
    /// The rows given.
    pub(crate) given: &'a [Vec<Value>],
    /// A number that expected (fixed, then optional) and given rows must share, for each row; empty where order is free.
    pub(crate) expected_groups: Vec<u32>,
    pub(crate) given_groups: Vec<u32>,
    pub(crate) tolerance: Tolerance,
    /// How many columns both sides have.
    pub(crate) width: usize,
}

/// Rows that may still be equal stand together: a permutation of all rows and where its parts end.
#[derive(Clone)]
struct Partition {
    rows: Vec<u32>,
    ends: Vec<u32>,
}

/// What a row is for: expected rows come first in the numbering, then given ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fixed,
    Optional,
    Given,
}

impl Problem<'_> {
    /// Whether the rows fit with each column in its place.
    pub(crate) fn fits_in_place(&self) -> bool {
        let Some(mut partition) = self.start() else { return false };
        for column in 0..self.width {
            match self.refined(&partition, column, column) {
                Some(finer) => partition = finer,
                None => return false,
            }
        }
        let places: Vec<usize> = (0..self.width).collect();
        self.is_matched(&partition, &places)
    }

    /// Whether the rows fit with the given columns in any order; which given column stands for each expected one.
    pub(crate) fn fits_in_any_order(&self) -> Option<Vec<usize>> {
        let start = self.start()?;
        let mut candidates: Vec<(usize, Vec<usize>)> = Vec::with_capacity(self.width);
        for expected in 0..self.width {
            let mut fitting: Vec<usize> =
                (0..self.width).filter(|given| self.refined(&start, expected, *given).is_some()).collect();
            // The same place first: most results have their columns in order.
            fitting.sort_by_key(|given| *given != expected);
            if fitting.is_empty() {
                return None;
            }
            candidates.push((expected, fitting));
        }
        candidates.sort_by_key(|(_, fitting)| fitting.len());
        let mut places = vec![usize::MAX; self.width];
        self.assign(&candidates, &start, &mut places, &Cell::new(PATIENCE / start.rows.len().max(1))).then_some(places)
    }

    /// Assigns the remaining columns, those with the fewest candidates first.
    fn assign(
        &self,
        left: &[(usize, Vec<usize>)],
        partition: &Partition,
        places: &mut [usize],
        patience: &Cell<usize>,
    ) -> bool {
        let Some(((expected, fitting), rest)) = left.split_first() else { return self.is_matched(partition, places) };
        let mut tried: Vec<usize> = Vec::new();
        for given in fitting {
            let is_taken = places.contains(given);
            // A column that equals one that failed would fail the same way.
            if is_taken || tried.iter().any(|other| self.are_same_column(*given, *other)) {
                continue;
            }
            let Some(left) = patience.get().checked_sub(1) else { return false };
            patience.set(left);
            if let Some(finer) = self.refined(partition, *expected, *given) {
                places[*expected] = *given;
                if self.assign(rest, &finer, places, patience) {
                    return true;
                }
                places[*expected] = usize::MAX;
            }
            tried.push(*given);
        }
        false
    }

    fn are_same_column(&self, a: usize, b: usize) -> bool {
        self.given.iter().all(|row| row[a] == row[b])
    }

    fn expected_count(&self) -> usize {
        self.fixed.len() + self.optional.len()
    }

    fn kind(&self, row: u32) -> Kind {
        let row = row as usize;
        if row < self.fixed.len() {
            Kind::Fixed
        } else if row < self.expected_count() {
            Kind::Optional
        } else {
            Kind::Given
        }
    }

    /// A row's value, by the column's place on its own side.
    fn value(&self, row: u32, expected: usize, given: usize) -> &Value {
        let row_number = row as usize;
        match self.kind(row) {
            Kind::Fixed => &self.fixed[row_number][expected],
            Kind::Optional => &self.optional[row_number - self.fixed.len()][expected],
            Kind::Given => &self.given[row_number - self.expected_count()][given],
        }
    }

    fn group(&self, row: u32) -> u32 {
        let row = row as usize;
        let groups = if row < self.expected_count() { &self.expected_groups } else { &self.given_groups };
        let row = if row < self.expected_count() { row } else { row - self.expected_count() };
        groups.get(row).copied().unwrap_or(0)
    }

    /// Rows parted by the groups that order puts them in.
    fn start(&self) -> Option<Partition> {
        let count = (self.expected_count() + self.given.len()) as u32;
        let whole = Partition { rows: (0..count).collect(), ends: vec![count] };
        self.split(&whole, |a, b| self.group(a).cmp(&self.group(b)), |a, b| self.group(a) == self.group(b))
    }

    /// The partition split by one column, or `None` where the counts cannot fit any more.
    fn refined(&self, partition: &Partition, expected: usize, given: usize) -> Option<Partition> {
        let value = |row: u32| self.value(row, expected, given);
        let order = |a: u32, b: u32| compared(value(a), value(b));
        let may_be_equal = |a: u32, b: u32| are_equal(value(a), value(b), self.tolerance.relative);
        self.split(partition, order, may_be_equal)
    }

    fn split(
        &self,
        partition: &Partition,
        order: impl Fn(u32, u32) -> Ordering,
        may_be_equal: impl Fn(u32, u32) -> bool,
    ) -> Option<Partition> {
        let mut finer = Partition { rows: partition.rows.clone(), ends: Vec::with_capacity(partition.ends.len()) };
        let mut start = 0;
        for end in &partition.ends {
            let part = &mut finer.rows[start..*end as usize];
            part.sort_unstable_by(|a, b| order(*a, *b));
            let mut first = 0;
            for i in 1..=part.len() {
                if i < part.len() && may_be_equal(part[i - 1], part[i]) {
                    continue;
                }
                if !self.counts_fit(&part[first..i]) {
                    return None;
                }
                finer.ends.push((start + i) as u32);
                first = i;
            }
            start = *end as usize;
        }
        Some(finer)
    }

    fn counts_fit(&self, part: &[u32]) -> bool {
        let count = |kind: Kind| part.iter().filter(|row| self.kind(**row) == kind).count();
        let (fixed, optional, given) = (count(Kind::Fixed), count(Kind::Optional), count(Kind::Given));
        fixed <= given && given <= fixed + optional
    }

    /// Whether the rows of each part can be paired.
    fn is_matched(&self, partition: &Partition, places: &[usize]) -> bool {
        let mut start = 0;
        partition.ends.iter().all(|end| {
            let part = &partition.rows[start..*end as usize];
            start = *end as usize;
            self.is_uniform(part, places) || self.can_pair(part, places)
        })
    }

    /// Whether any two rows of a part are equal, so that counting them was enough.
    fn is_uniform(&self, part: &[u32], places: &[usize]) -> bool {
        (0..self.width).all(|column| {
            let value = |row: u32| self.value(row, column, places[column]);
            let numbers = || part.iter().filter_map(|row| number(value(*row)));
            let (low, high) = numbers().fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)));
            if low >= high {
                return true;
            }
            let has_whole = part.iter().any(|row| matches!(value(*row), Value::Integer(_)));
            are_close(low, high, self.tolerance.relative) && !(self.tolerance.exact_whole && has_whole)
        })
    }

    /// Whether each given row can be paired with an expected one of its own, and each fixed row with a given one. Both
    /// hold at once where each holds alone (Mendelsohn and Dulmage, 1958).
    fn can_pair(&self, part: &[u32], places: &[usize]) -> bool {
        let of = |kinds: &[Kind]| -> Vec<u32> {
            part.iter().copied().filter(|row| kinds.contains(&self.kind(*row))).collect()
        };
        let (fixed, given) = (of(&[Kind::Fixed]), of(&[Kind::Given]));
        let expected = of(&[Kind::Fixed, Kind::Optional]);
        let equal = |a: u32, b: u32| (0..self.width).all(|column| self.cells_equal(a, b, column, places[column]));
        saturates(&given, &expected, &equal) && saturates(&fixed, &given, &equal)
    }

    fn cells_equal(&self, a: u32, b: u32, expected: usize, given: usize) -> bool {
        let (a, b) = (self.value(a, expected, given), self.value(b, expected, given));
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) if self.tolerance.exact_whole => a == b,
            _ => are_equal(a, b, self.tolerance.relative),
        }
    }
}

/// Whether each of `from` can be paired with one of `to` of its own (Kuhn's augmenting paths).
fn saturates(from: &[u32], to: &[u32], equal: &dyn Fn(u32, u32) -> bool) -> bool {
    let mut partner: Vec<Option<usize>> = vec![None; to.len()];
    (0..from.len()).all(|i| augment(i, from, to, equal, &mut partner, &mut vec![false; to.len()]))
}

fn augment(
    i: usize,
    from: &[u32],
    to: &[u32],
    equal: &dyn Fn(u32, u32) -> bool,
    partner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for j in 0..to.len() {
        if seen[j] || !equal(from[i], to[j]) {
            continue;
        }
        seen[j] = true;
        if partner[j].is_none_or(|other| augment(other, from, to, equal, partner, seen)) {
            partner[j] = Some(i);
            return true;
        }
    }
    false
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(whole) => Some(*whole as f64),
        Value::Real(number) => Some(*number),
        _ => None,
    }
}

/// Values in one order, in which those that may be equal are neighbours.
fn compared(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

/// Whether two values are equal: NULL is NULL, a whole number is the floating one, text is exact.
pub(crate) fn are_equal(a: &Value, b: &Value, relative: f64) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Blob(a), Value::Blob(b)) => a == b,
        _ => matches!((number(a), number(b)), (Some(a), Some(b)) if are_close(a, b, relative)),
    }
}

fn are_close(a: f64, b: f64, relative: f64) -> bool {
    a == b || (a - b).abs() <= (relative * a.abs().max(b.abs())).max(NOISE)
}
