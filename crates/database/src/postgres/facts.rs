//! What PostgreSQL's planner says of a query.

use serde_json::Value as Json;
use sql::VerifiedQuery;

use super::Postgres;
use super::client::Statement;
use crate::engine_facts::{Access, AccessPath, EngineFacts, Estimate};
use crate::error::RunError;
use crate::run::Limits;
use crate::server::ServerError;

/// Where names are looked for, until the transaction ends.
const PATH: &str = "SELECT pg_catalog.set_config('search_path', $1, true)";

impl Postgres {
    /// Asks how a query would be run; it is not run.
    pub(crate) fn facts(&self, query: &VerifiedQuery, limits: &Limits) -> Result<EngineFacts, RunError> {
        let explain = format!("EXPLAIN (FORMAT JSON) {}", self.text_of(query)?);
        let rows = self.with(limits, |client| {
            let path = client.path.clone();
            client.texts_after(&[Statement::with(PATH, &[&path])], &explain, &[])
        })?;
        let text = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default();
        read_plan(&text).ok_or_else(|| {
            let (place, what) = (self.server().to_string(), "a plan that is no JSON".to_owned());
            RunError::Server(ServerError::Protocol { place, what })
        })
    }
}

/// A plan as EXPLAIN writes it (PostgreSQL 15, "EXPLAIN", FORMAT JSON).
fn read_plan(text: &str) -> Option<EngineFacts> {
    let plans: Json = serde_json::from_str(text).ok()?;
    let plan = plans.get(0)?.get("Plan")?;
    let number = |name: &str| plan.get(name).and_then(Json::as_f64);
    let estimate = Some(Estimate { cost: number("Total Cost"), rows: number("Plan Rows")? });
    let mut facts = EngineFacts { estimate, ..EngineFacts::default() };
    read_node(plan, 0, &mut facts);
    Some(facts)
}

fn read_node(node: &Json, depth: usize, facts: &mut EngineFacts) {
    let text = |name: &str| node.get(name).and_then(Json::as_str);
    let kind = text("Node Type").unwrap_or("a step");
    let (relation, index) = (text("Alias").or(text("Relation Name")), text("Index Name"));
    let over = relation.map(|name| format!(" on {name}")).unwrap_or_default();
    let by = index.map(|name| format!(" using {name}")).unwrap_or_default();
    let rows = node.get("Plan Rows").and_then(Json::as_f64).map(|rows| format!(" ({rows} rows)")).unwrap_or_default();
    facts.lines.push(format!("{}{kind}{by}{over}{rows}", "  ".repeat(depth)));
    facts.correlated += usize::from(text("Parent Relationship") == Some("SubPlan"));
    match kind {
        "Sort" | "Incremental Sort" => facts.sorts.push("ORDER BY".to_owned()),
        "HashAggregate" => facts.sorts.push("GROUP BY".to_owned()),
        _ => {}
    }
    let nested = node.get("Plans").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    // A bitmap of an index stands below the table it is for.
    let below = nested.first().and_then(|child| child.get("Index Name")).and_then(Json::as_str);
    let searches = node.get("Index Cond").is_some();
    let path = match (kind, index) {
        ("Seq Scan", _) => Some(AccessPath::Scan),
        ("Index Scan" | "Index Only Scan", Some(index)) if searches => Some(AccessPath::Index(index.to_owned())),
        ("Index Scan" | "Index Only Scan", Some(index)) => Some(AccessPath::IndexScan(index.to_owned())),
        ("Bitmap Heap Scan", _) => Some(AccessPath::Index(below.unwrap_or("several").to_owned())),
        ("Tid Scan", _) => Some(AccessPath::RowId),
        _ => None,
    };
    if let (Some(by), Some(name)) = (path, relation) {
        facts.accesses.push(Access { name: name.to_owned(), by, covering: kind == "Index Only Scan" });
    }
    nested.iter().for_each(|child| read_node(child, depth + 1, facts));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read() {
        let text = r#"[{"Plan": {"Node Type": "Sort", "Total Cost": 12.5, "Plan Rows": 3, "Plans": [
            {"Node Type": "Nested Loop", "Plan Rows": 3, "Plans": [
                {"Node Type": "Bitmap Heap Scan", "Relation Name": "t", "Alias": "a", "Plans": [
                    {"Node Type": "Bitmap Index Scan", "Index Name": "t_name"}]},
                {"Node Type": "Index Only Scan", "Relation Name": "u", "Alias": "b", "Index Name": "u_key", "Index Cond": "x"},
                {"Node Type": "Seq Scan", "Relation Name": "v", "Parent Relationship": "SubPlan"}]}]}}]"#;
        let facts = read_plan(text).expect("a plan");
        let named = |name: &str, by, covering| Access { name: name.to_owned(), by, covering };
        let accesses = [
            named("a", AccessPath::Index("t_name".to_owned()), false),
            named("b", AccessPath::Index("u_key".to_owned()), true),
            named("v", AccessPath::Scan, false),
        ];
        assert_eq!(facts.accesses, accesses);
        assert_eq!((facts.correlated, facts.sorts.as_slice()), (1, &["ORDER BY".to_owned()][..]));
        assert_eq!(facts.estimate, Some(Estimate { cost: Some(12.5), rows: 3.0 }));
        assert_eq!(facts.lines[2], "    Bitmap Heap Scan on a");
        assert!(read_plan("[]").is_none() && read_plan("x").is_none());
    }
}
