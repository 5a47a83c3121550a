//! Join paths: the fewest keys, in an order that joins.

use schema::join_path::join_path;
use schema::{Catalog, TableId};

use crate::fixture::{catalog_of, fixture, table};

fn path(catalog: &Catalog, tables: &str) -> String {
    let ids: Vec<TableId> = tables.split(' ').filter(|t| !t.is_empty()).map(|t| table(catalog, t)).collect();
    let Some(keys) = join_path(catalog, &ids) else { return "none".to_owned() };
    let names = keys.iter().map(|k| {
        let key = catalog.foreign_key(*k);
        format!("{}-{}", catalog.table(key.from).name, catalog.table(key.to).name)
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn between_the_tables_of_a_small_schema() {
    let catalog = fixture().catalog;
    let cases = [
        ("", ""),
        ("projects", ""),
        ("projects projects", ""),
        ("projects contracts", "contracts-projects"),
        ("projects companies", "contracts-projects contracts-companies"),
        (
            "people tickets",
            "assignments-people assignments-projects contracts-projects contracts-companies tickets-companies",
        ),
        ("companies people projects", "contracts-companies contracts-projects assignments-projects assignments-people"),
        ("tickets contracts companies", "tickets-companies contracts-companies"),
        ("projects archive_log", "none"),
    ];
    for (tables, expected) in cases {
        assert_eq!(path(&catalog, tables), expected, "{tables}");
    }
}

#[test]
fn the_tree_is_smaller_than_its_paths() {
    // Three tables around a hub: pairwise paths over the ring are as short, the tree over the hub has fewer keys.
    let catalog = catalog_of(
        "a: id int!, hub int, x int
         b: id int!, hub int, y int
         c: id int!, hub int, z int
         hub: id int!
         x: id int!, b int
         y: id int!, c int
         z: id int!, a int",
        "a.x -> x.id
         x.b -> b.id
         b.y -> y.id
         y.c -> c.id
         c.z -> z.id
         z.a -> a.id
         a.hub -> hub.id
         b.hub -> hub.id
         c.hub -> hub.id",
    );
    assert_eq!(path(&catalog, "a b c"), "a-hub b-hub c-hub");
}

#[test]
fn of_equally_short_paths_the_first_table_wins() {
    let catalog = catalog_of(
        "a: id int!
         p: id int!, a int, b int
         q: id int!, a int, b int
         b: id int!",
        "q.a -> a.id
         q.b -> b.id
         p.a -> a.id
         p.b -> b.id",
    );
    assert_eq!(path(&catalog, "a b"), "p-a p-b");
}

#[test]
fn declared_keys_are_preferred_and_parallel_keys_do_not_repeat() {
    let mut catalog = catalog_of(
        "orders: id int!, bill_to int, ship_to int, agent int
         customers: id int!
         agents: id int!, customer int",
        "orders.bill_to -> customers.id
         orders.ship_to -> customers.id
         orders.agent -> agents.id
         agents.customer -> customers.id",
    );
    assert_eq!(path(&catalog, "orders customers"), "orders-customers");
    assert_eq!(join_path(&catalog, &[TableId(0), TableId(1)]).map(|k| k[0].0), Some(0));
    catalog.foreign_keys[0].confidence = 0.6;
    assert_eq!(join_path(&catalog, &[TableId(0), TableId(1)]).map(|k| k[0].0), Some(1));
}

#[test]
fn many_tables_are_joined_table_by_table() {
    let tables: String = (0..12).map(|n| format!("t{n}: id int!, up int\n")).collect();
    let keys: String = (1..12).map(|n| format!("t{n}.up -> t{}.id\n", n - 1)).collect();
    let catalog = catalog_of(&tables, &keys);
    let all: Vec<TableId> = (0..12).step_by(1).map(TableId).collect();
    assert_eq!(join_path(&catalog, &all).map(|keys| keys.len()), Some(11));
}

/// The fewest keys that connect the tables, by trying every set of keys.
fn fewest(keys: &[(u16, u16)], tables: &[u16]) -> Option<u32> {
    let connects = |set: &u32| {
        let mut reached = 1_u32 << tables[0];
        for _ in 0..keys.len() {
            for (n, (a, b)) in keys.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1) {
                let ends = 1 << a | 1 << b;
                reached |= if reached & ends != 0 && set >> n & 1 == 1 { ends } else { 0 };
            }
        }
        tables.iter().all(|t| reached >> t & 1 == 1)
    };
    (0..1_u32 << keys.len()).filter(connects).map(u32::count_ones).min()
}

#[test]
fn no_set_of_keys_is_smaller() {
    let mut state = 7_u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % n) as u16
    };
    for round in 0..200 {
        let keys: Vec<(u16, u16)> = (0..9).map(|_| (below(7), below(7))).collect();
        let tables: String = (0..7).map(|n| format!("t{n}: id int!, k int\n")).collect();
        let lines: String = keys.iter().map(|(a, b)| format!("t{a}.k -> t{b}.id\n")).collect();
        let catalog = catalog_of(&tables, &lines);
        let wanted: Vec<u16> = (0..2 + round % 3).map(|_| below(7)).collect();
        let ids: Vec<TableId> = wanted.iter().map(|t| TableId(*t)).collect();
        let found = join_path(&catalog, &ids).map(|keys| keys.len() as u32);
        assert_eq!(found, fewest(&keys, &wanted), "{keys:?} {wanted:?}");
    }
}
