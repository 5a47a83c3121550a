//! SCH217: a join whose condition follows no key of the catalog.

use schema::{Catalog, ColumnId};

use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{Expr, JoinKind, Select, Source, SourceId};
use crate::validate::columns::{Place, equal_columns};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SCH217",
    severity: Severity::Warning,
    title: "a join that follows no key",
    page: include_str!("SCH217.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    for (position, source) in select.from.iter().enumerate().filter(|(_, source)| source.join != JoinKind::Cross) {
        found.extend(source.on.as_ref().and_then(|on| check_join(select, position, on, subject.catalog)));
    }
}

fn check_join(select: &Select, position: usize, on: &Expr, catalog: &Catalog) -> Option<Diagnostic> {
    let source = &select.from[position];
    // A join on derived tables or CTEs cannot be told.
    let table = source.table_id()?;
    let mut pairs = equal_columns(on);
    pairs.extend(select.filter.iter().flat_map(equal_columns));
    let known = |id: SourceId| select.from[..position].iter().find(|s| s.id == id);
    let mut others: Vec<&Source> = Vec::new();
    for [a, b] in &pairs {
        let (mine, other) = if a.0 == source.id { (a, b) } else { (b, a) };
        if mine.0 != source.id {
            continue;
        }
        let other = known(other.0)?;
        other.table_id()?;
        if !others.iter().any(|o| o.id == other.id) {
            others.push(other);
        }
    }
    if others.iter().any(|other| follows_key(&pairs, source, other, catalog)) {
        return None;
    }
    let name = &catalog.table(table).name;
    let message = format!("This join of {name} follows no key of the catalog.");
    let offered = select.from[..position].iter().find_map(|other| key_text(catalog, source, other));
    let diagnostic = RULE.at(on.span, message);
    Some(match offered {
        Some(text) => diagnostic.help(format!("The key is {text}.")),
        None => diagnostic.help("Check that both columns hold the same things."),
    })
}

/// Whether the equal columns hold a key's every pair, or a key's columns refer to the same third column.
fn follows_key(pairs: &[[Place; 2]], a: &Source, b: &Source, catalog: &Catalog) -> bool {
    let (Some(ta), Some(tb)) = (a.table_id(), b.table_id()) else { return true };
    let joined = |x: ColumnId, y: ColumnId| {
        pairs.iter().any(|[p, q]| {
            let straight = *p == (a.id, x.column) && *q == (b.id, y.column);
            straight || *q == (a.id, x.column) && *p == (b.id, y.column)
        })
    };
    let direct = catalog.foreign_key_ids().any(|id| {
        let key = catalog.foreign_key(id);
        let forward = (key.from, key.to) == (ta, tb) && catalog.key_pairs(id).all(|(x, y)| joined(x, y));
        forward || (key.to, key.from) == (ta, tb) && catalog.key_pairs(id).all(|(x, y)| joined(y, x))
    });
    direct || shares_parent(pairs, (a, ta), (b, tb), catalog)
}

/// Two tables that both refer to a third may be joined over it.
fn shares_parent(
    pairs: &[[Place; 2]],
    (a, ta): (&Source, schema::TableId),
    (b, tb): (&Source, schema::TableId),
    catalog: &Catalog,
) -> bool {
    let refers = |table: schema::TableId, column: u16| {
        let key = catalog.foreign_keys.iter().find(|k| k.from == table && k.columns == [column])?;
        Some((key.to, key.to_columns.clone()))
    };
    pairs.iter().any(|[p, q]| {
        let (mine, other) = if p.0 == a.id { (p, q) } else { (q, p) };
        let both = mine.0 == a.id && other.0 == b.id;
        let parent = refers(ta, mine.1);
        both && parent.is_some() && parent == refers(tb, other.1)
    })
}

fn key_text(catalog: &Catalog, a: &Source, b: &Source) -> Option<String> {
    let (ta, tb) = (a.table_id()?, b.table_id()?);
    let key = catalog.foreign_key_ids().find(|id| {
        let key = catalog.foreign_key(*id);
        (key.from, key.to) == (ta, tb) || (key.to, key.from) == (ta, tb)
    })?;
    let pairs = catalog.key_pairs(key).map(|(x, y)| format!("{} = {}", catalog.qualified(x), catalog.qualified(y)));
    Some(pairs.collect::<Vec<_>>().join(" AND "))
}
