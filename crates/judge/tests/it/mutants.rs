//! Queries with one mistake.

use expect_test::expect;
use judge::{mutant, mutants, order_keys};
use schema::{Catalog, Value};
use sql::tree::{BinaryOp, Expr, Item, JoinKind, OrderItem, Query, Select, Source, SourceId};

fn catalog() -> Catalog {
    sql::ddl::catalog_from_ddl(
        "CREATE TABLE p (code TEXT PRIMARY KEY, name TEXT, budget REAL, cost REAL);
         CREATE TABLE s (id INTEGER PRIMARY KEY, code TEXT REFERENCES p (code), share REAL);",
    )
    .expect("a script")
}

/// SELECT p.name, SUM(s.share) FROM p JOIN s ON s.code = p.code WHERE p.budget > 100 AND p.cost IS … GROUP BY p.name
/// ORDER BY SUM(s.share) DESC LIMIT 5
fn query(catalog: &Catalog) -> Query {
    let (p, s) = (SourceId(0), SourceId(1));
    let column = |source, name: &str| Expr::column(source, catalog.find_qualified(name).expect(name));
    let on = column(s, "s.code").binary(BinaryOp::Eq, column(p, "p.code"));
    let sum = Expr::call("SUM", vec![column(s, "s.share")]);
    let dear = column(p, "p.budget").binary(BinaryOp::Gt, Expr::value(Value::Integer(100)));
    let over = column(p, "p.cost").binary(BinaryOp::GtEq, column(p, "p.budget"));
    let table = |name: &str| catalog.find_table(name).expect(name);
    let select = Select {
        items: vec![Item::new(column(p, "p.name")), Item::new(sum.clone())],
        from: vec![Source::table(p, table("p")), Source::table(s, table("s")).joined(JoinKind::Inner, on)],
        filter: Some(dear.and(over)),
        group_by: vec![column(p, "p.name")],
        ..Select::default()
    };
    let order_by = vec![OrderItem { expr: sum, descending: true, nulls_first: None }];
    let limit = Some(Expr::value(Value::Integer(5)));
    Query { order_by, limit, ..Query::from_select(select) }
}

#[test]
fn every_mutant_differs_by_one_named_edit() {
    let catalog = catalog();
    let query = query(&catalog);
    let all: Vec<_> = mutants(&query, &catalog).collect();
    assert!(all.iter().all(|mutant| mutant.query != query));
    let mut names: Vec<String> = all.iter().map(|mutant| mutant.edit.to_string()).collect();
    names.sort();
    names.dedup();
    expect![[r#"
        DISTINCT argument toggled
        DISTINCT toggled
        WHERE dropped
        another column
        function to AVG
        function to MAX
        grouping dropped
        join to Left
        limit dropped
        limit to 4
        limit to 6
        literal to Integer(10)
        literal to Integer(110)
        literal to Integer(200)
        literal to Integer(6)
        one side dropped
        operator to Gt
        operator to GtEq
        operator to Lt
        operator to LtEq
        operator to NotEq
        operator to Or
        order flipped
        output dropped"#]]
    .assert_eq(&names.join("\n"));
}

#[test]
fn a_reference_shows_its_keys_and_some_rows_past_its_limit() {
    let catalog = catalog();
    let mut query = query(&catalog);
    let (shown, keys) = order_keys(&query).expect("keys");
    assert_eq!((keys.width, keys.positions, keys.limit), (2, vec![1], Some(5)));
    assert_eq!(shown.limit, Some(Expr::value(Value::Integer(205))));
    query.select_mut().expect("a SELECT").items.pop();
    let (shown, keys) = order_keys(&query).expect("keys");
    assert_eq!((keys.width, keys.positions), (1, vec![1]));
    assert_eq!(sql::visit::arity(&shown), 2);
    query.select_mut().expect("a SELECT").distinct = true;
    assert!(order_keys(&query).is_none());
}

#[test]
fn a_mutant_is_found_by_its_place() {
    let catalog = catalog();
    let query = query(&catalog);
    let all: Vec<_> = mutants(&query, &catalog).collect();
    assert!(all.len() > 10);
    for (number, one) in all.iter().enumerate() {
        assert_eq!(mutant(&query, &catalog, number).as_ref(), Some(one));
    }
    assert_eq!(mutant(&query, &catalog, all.len()), None);
}
