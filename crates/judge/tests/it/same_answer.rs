//! Results that are and are not the same answer.

use database::Rows;
use judge::expected::OrderKeys;
use judge::{Difference, Expected, Tally, Verdict, same_answer, same_rows};
use schema::Value;

use crate::{rows, table};

/// `expected`, `given`, and whether they are the same answer and the same rows in any order.
const UNORDERED: &[(&str, &str, bool, bool)] = &[
    // Rows are a multiset.
    ("a|1\nb|2", "b|2\na|1", true, true),
    ("a|1\na|1\nb|2", "a|1\nb|2\nb|2", false, false),
    ("a|1\na|1\nb|2", "a|1\nb|2\na|1", true, true),
    // Columns in any order are the same answer, not the same rows.
    ("a|1\nb|2", "2|b\n1|a", true, false),
    ("1|2\n2|1", "2|1\n1|2", true, true),
    ("1|2\n1|2\n2|1", "2|1\n2|1\n1|2", true, false),
    ("a|x|1\nb|y|1", "y|b|1\nx|a|1", true, false),
    // One assignment of columns must serve every row.
    ("1|2\n3|4", "1|2\n4|3", false, false),
    ("1|1|2\n1|2|1\n2|1|1", "1|2|2\n2|1|2\n2|2|1", false, false),
    ("0|0|1\n0|1|0\n1|1|1", "1|0|0\n0|0|1\n1|1|1", true, false),
    // Numbers: whole = floating, within a tolerance.
    ("1", "1.0", true, true),
    ("0.333333333", "0.3333333333333", true, true),
    ("100", "100.00001", true, false),
    ("100", "100.001", false, false),
    ("0", "0.0000000000001", true, true),
    ("0", "0.001", false, false),
    ("-5", "5", false, false),
    ("10000000000", "10000000001", true, false),
    // Text is exact and never a number.
    ("a", "A", false, false),
    ("a", "a b", false, false),
    ("1", "one", false, false),
    // NULL is NULL and nothing else.
    ("NULL", "NULL", true, true),
    ("NULL", "0", false, false),
    ("NULL|1\n1|NULL", "1|NULL\nNULL|1", true, true),
    // Numbers that chain within the tolerance are paired, not sorted.
    ("1.0|5\n1.0000009|3", "1.0000009|5\n1.0|3", true, false),
    ("1.0|a\n1.0000009|b\n1.0000018|c", "1.0000018|a\n1.0000009|b\n1.0|c", false, false),
];

#[test]
fn rows_in_any_order() {
    for (expected, given, answer, same) in UNORDERED {
        let expected = Expected::unordered(rows(expected));
        let given = rows(given);
        assert_eq!(same_answer(&expected, &given).is_same(), *answer, "answer: {expected:?} {given:?}");
        assert_eq!(same_rows(&expected, &given).is_same(), *same, "rows: {expected:?} {given:?}");
    }
}

#[test]
fn sizes_and_emptiness_are_told_apart() {
    let expected = |text: &str| Expected::unordered(rows(text));
    let different = |difference| Verdict::Different(difference);
    let empty = |width| table(width, vec![]);
    assert_eq!(same_answer(&Expected::unordered(empty(2)), &empty(2)), Verdict::SameEmpty);
    assert_eq!(
        same_answer(&Expected::unordered(empty(2)), &empty(1)),
        different(Difference::ColumnCount { expected: 2, given: 1 })
    );
    assert_eq!(same_answer(&expected("a|1"), &empty(2)), different(Difference::RowCount { expected: 1, given: 0 }));
    assert_eq!(same_answer(&expected("a"), &rows("b")), different(Difference::Rows));
    let cut = Rows { truncated: true, ..rows("a") };
    assert_eq!(same_answer(&expected("a"), &cut), different(Difference::Truncated));
    assert_eq!(same_answer(&Expected::unordered(cut), &rows("a")), different(Difference::Truncated));
    let tally = Tally::of([Some(Verdict::Same), Some(Verdict::SameEmpty)]);
    assert!(tally.is_right() && !tally.is_right_by_emptiness());
    assert!(Tally::of([Some(Verdict::SameEmpty)]).is_right_by_emptiness());
    assert!(!Tally::of([Some(Verdict::Same), None]).is_right() && !Tally::default().is_right());
}

/// Name, key; ordered by the key. The second column is the key.
fn ordered(text: &str, limit: Option<usize>, in_order: bool) -> Expected {
    Expected::with_keys(rows(text), &OrderKeys { width: 2, positions: vec![1], limit }, in_order)
}

#[test]
fn order_counts_where_it_is_asked_for_and_ties_are_free() {
    let expected = ordered("a|3\nb|2\nc|2\nd|1", None, true);
    let order = Verdict::Different(Difference::Order);
    for (given, verdict) in [
        ("a|3\nb|2\nc|2\nd|1", Verdict::Same),
        ("a|3\nc|2\nb|2\nd|1", Verdict::Same),
        ("3|a\n2|c\n2|b\n1|d", Verdict::Same),
        ("b|2\na|3\nc|2\nd|1", order),
        ("d|1\nc|2\nb|2\na|3", order),
        ("a|3\nb|2\nb|2\nd|1", Verdict::Different(Difference::Rows)),
    ] {
        assert_eq!(same_answer(&expected, &rows(given)), verdict, "{given}");
    }
    assert_eq!(same_rows(&expected, &rows("a|3\nc|2\nb|2\nd|1")), Verdict::Same);
    assert_eq!(same_rows(&expected, &rows("3|a\n2|c\n2|b\n1|d")), Verdict::Different(Difference::Rows));
    let strict = Expected::ordered(rows("a|3\nb|2\nc|2"));
    assert_eq!(same_answer(&strict, &rows("a|3\nc|2\nb|2")), order);
    let free = ordered("a|3\nb|2", None, false);
    assert_eq!(same_answer(&free, &rows("b|2\na|3")), Verdict::Same);
}

#[test]
fn rows_that_tie_at_the_limit_may_stand_for_each_other() {
    let expected = ordered("a|3\nb|2\nc|2\nd|2\ne|1", Some(3), false);
    let is_same = |given: &str| same_answer(&expected, &rows(given)).is_same();
    assert!(is_same("a|3\nb|2\nc|2") && is_same("a|3\nd|2\nc|2") && is_same("d|2\nb|2\na|3"));
    assert!(is_same("3|a\n2|d\n2|b"), "columns in any order");
    assert!(!is_same("d|2\nb|2\nc|2"), "a row that does not tie is missing");
    assert!(!is_same("a|3\nd|2\nd|2"), "a row stands once");
    assert!(!is_same("a|3\nb|2\ne|1"), "a row that does not tie is not spare");
    let in_order = ordered("a|3\nb|2\nc|2\nd|2\ne|1", Some(3), true);
    assert!(same_answer(&in_order, &rows("a|3\nd|2\nb|2")).is_same());
    assert!(!same_answer(&in_order, &rows("d|2\na|3\nb|2")).is_same());
    let cut = Rows { truncated: true, ..rows("a|3\nb|2\nc|2") };
    let keys = OrderKeys { width: 2, positions: vec![1], limit: Some(2) };
    assert!(same_answer(&Expected::with_keys(cut, &keys, false), &rows("c|2\na|3")).is_same());
    let hidden = OrderKeys { width: 1, positions: vec![1], limit: None };
    let expected = Expected::with_keys(rows("a|2\nb|2\nc|1"), &hidden, true);
    assert!(same_answer(&expected, &rows("b\na\nc")).is_same() && !same_answer(&expected, &rows("c\na\nb")).is_same());
}

/// A small generator of its own: results, their shuffles, and single changes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        (1..n).rev().for_each(|i| order.swap(i, self.below(i + 1)));
        order
    }

    fn value(&mut self) -> Value {
        match self.below(4) {
            0 => Value::Null,
            1 => Value::Integer(self.below(3) as i64),
            2 => Value::Real(self.below(3) as f64),
            _ => Value::Text(["x", "y"][self.below(2)].to_owned()),
        }
    }
}

/// Every permutation of columns tried in turn, rows sorted: what the search must agree with.
fn by_brute_force(a: &[Vec<Value>], b: &[Vec<Value>], width: usize) -> bool {
    let spelled = |rows: &[Vec<Value>], places: &[usize]| {
        let cell = |value: &Value| match value {
            Value::Integer(whole) => format!("{:?}", *whole as f64),
            Value::Real(number) => format!("{number:?}"),
            other => format!("{other:?}"),
        };
        let mut rows: Vec<Vec<String>> = rows.iter().map(|r| places.iter().map(|p| cell(&r[*p])).collect()).collect();
        rows.sort();
        rows
    };
    let mut places: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..width {
        let longer = |p: &Vec<usize>| {
            let left = (0..width).filter(|i| !p.contains(i)).collect::<Vec<_>>();
            left.into_iter().map(|i| [p.clone(), vec![i]].concat()).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(longer).collect();
    }
    let wanted = spelled(a, &(0..width).collect::<Vec<_>>());
    places.iter().any(|p| spelled(b, p) == wanted)
}

#[test]
fn the_search_agrees_with_trying_everything() {
    let mut dice = Dice(7);
    let mut same = 0;
    for _ in 0..4_000 {
        let (width, height) = (1 + dice.below(4), 1 + dice.below(5));
        let a: Vec<Vec<Value>> = (0..height).map(|_| (0..width).map(|_| dice.value()).collect()).collect();
        let (columns, order) = (dice.shuffled(width), dice.shuffled(height));
        let mut b: Vec<Vec<Value>> =
            order.iter().map(|row| columns.iter().map(|column| a[*row][*column].clone()).collect()).collect();
        if dice.below(2) == 0 {
            let (row, column) = (dice.below(height), dice.below(width));
            b[row][column] = dice.value();
        }
        let wanted = by_brute_force(&a, &b, width);
        let verdict = same_answer(&Expected::unordered(table(width, a.clone())), &table(width, b.clone()));
        assert_eq!(verdict.is_same(), wanted, "{a:?} {b:?}");
        same += usize::from(wanted);
    }
    assert!((1_500..3_500).contains(&same), "both outcomes occur: {same}");
}

/// Many columns that look alike alone must not make the search try every order of them.
#[test]
fn large_results_of_like_columns_are_compared() {
    let mut dice = Dice(11);
    let (width, height) = (12, 5_000);
    let a: Vec<Vec<Value>> =
        (0..height).map(|_| (0..width).map(|_| Value::Integer(dice.below(2) as i64)).collect()).collect();
    let (columns, order) = (dice.shuffled(width), dice.shuffled(height));
    let b: Vec<Vec<Value>> =
        order.iter().map(|row| columns.iter().map(|column| a[*row][*column].clone()).collect()).collect();
    assert!(same_answer(&Expected::unordered(table(width, a)), &table(width, b)).is_same());
}
