//! The value index by itself: what a text stands for, and how large an index stays quick.

use schema::{ColumnId, Context, TableId, ValueIndex, normalize};

use crate::fixture::fixture;

#[test]
fn a_text_is_looked_up_as_a_whole() {
    let fixture = fixture();
    let cases = [
        ("active", "Active 1.00"),
        ("Fixed price", "Fixed Price 1.00"),
        ("t & m", "Time & Material 0.98"),
        ("retainers", "Retainer 0.94"),
        ("Traders Northwind", "Northwind Traders 0.88"),
        ("northwind", "Northwind Traders 0.66"),
        ("helthcare", "Healthcare 0.85"),
        ("nothing like it", "-"),
        ("", "-"),
    ];
    for (text, expected) in cases {
        let found = fixture.values.lookup(text);
        let best = found.first().map_or_else(|| "-".to_owned(), |v| format!("{} {:.2}", v.stored, v.score));
        assert_eq!(best, expected, "{text}");
    }
}

#[test]
fn one_reading_holds_all_columns_most_rows_first() {
    let id = |column| ColumnId { table: TableId(0), column };
    let fixture = fixture();
    let profiled = [(id(1), "Active".to_owned(), 5), (id(4), "Active".to_owned(), 90), (id(5), "ACTIVE".to_owned(), 7)];
    let index = ValueIndex::new(profiled, &fixture.catalog, &Default::default());
    let found: Vec<(u16, String)> = index.lookup("active").into_iter().map(|v| (v.column.column, v.stored)).collect();
    assert_eq!(found, [(4, "Active".to_owned()), (5, "ACTIVE".to_owned()), (1, "Active".to_owned())]);
}

#[test]
fn it_is_rebuilt_from_its_entries() {
    let index = fixture().values;
    let entries: Vec<_> = index.clone().into();
    let rebuilt = ValueIndex::from(entries);
    assert_eq!(rebuilt.entries(), index.entries());
    assert_eq!(rebuilt.lookup("northwind"), index.lookup("northwind"));
}

#[test]
fn values_are_found_among_a_hundred_thousand() {
    let fixture = fixture();
    let syllables = ["ba", "do", "mi", "ter", "lon", "ga", "ri", "vas", "ne", "qui", "sol", "pra"];
    let word = |mut n: usize| {
        let mut word = String::new();
        for _ in 0..4 {
            word += syllables[n % syllables.len()];
            n /= syllables.len();
        }
        word
    };
    let id = ColumnId { table: TableId(1), column: 1 };
    let profiled = (0..100_000).map(|n| (id, format!("{} {}", word(n * 7 % 20_736), word(n)), 1));
    let values = ValueIndex::new(profiled, &fixture.catalog, &fixture.glossary);
    let context = Context { values: &values, ..fixture.context() };
    let question = format!("total budget of {} and {} in bamiterlom", word(77), word(4_000));
    let found: Vec<&str> =
        normalize(&question, &context).slots.iter().map(|slot| &question[slot.span.start..slot.span.end]).collect();
    assert_eq!(found, [word(77), word(4_000), "bamiterlom".to_owned()]);
}
