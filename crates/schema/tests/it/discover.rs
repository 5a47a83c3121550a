//! Relationships nobody declared.

use schema::discover::{Overlap, discover};

use crate::fixture::{catalog_of, find};

const TABLES: &str = "
    clients: client_code text!, name text, status text
    invoices: id int!, client_code text, status text, total real
    product_lines: id int!, title text
    sales: id int!, product_line_id int, clients text, name text
    extras: client_code text!, note text";

fn found(overlaps: &[(&str, &str, f32)]) -> Vec<String> {
    let catalog = catalog_of(TABLES, "");
    let overlaps: Vec<Overlap> = overlaps
        .iter()
        .map(|(from, to, share)| Overlap { from: find(&catalog, from), to: find(&catalog, to), share: *share })
        .collect();
    let keys = discover(&catalog, &overlaps);
    let line = |k: &schema::ForeignKey| {
        let from = schema::ColumnId { table: k.from, column: k.columns[0] };
        let to = schema::ColumnId { table: k.to, column: k.to_columns[0] };
        format!("{} -> {} {:.2}", catalog.qualified(from), catalog.qualified(to), k.confidence)
    };
    keys.iter().map(line).collect()
}

#[test]
fn by_names_and_types() {
    let expected = [
        "clients.client_code -> extras.client_code 0.50",
        "invoices.client_code -> clients.client_code 0.80",
        "sales.product_line_id -> product_lines.id 0.70",
        "sales.clients -> clients.client_code 0.70",
        "extras.client_code -> clients.client_code 0.50",
    ];
    assert_eq!(found(&[]), expected);
}

#[test]
fn values_raise_or_refute() {
    let found =
        found(&[("invoices.client_code", "clients.client_code", 1.0), ("sales.clients", "clients.client_code", 0.1)]);
    assert!(found.contains(&"invoices.client_code -> clients.client_code 0.92".to_owned()), "{found:?}");
    assert!(!found.iter().any(|f| f.starts_with("sales.clients")), "{found:?}");
}
