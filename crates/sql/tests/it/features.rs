//! Difficulty, tags and templates.

use expect_test::expect;
use sql::features::{difficulty, requires_order, tables, tags, template_hash};
use sql::{Dialect, parse};

use crate::round_trip::QUERIES;
use crate::support::catalog;

#[test]
fn difficulty_and_tags() {
    let catalog = catalog();
    let mut out = String::new();
    for text in QUERIES {
        let query = parse(text, &catalog, Dialect::Sqlite).ok().expect(text);
        let order = if requires_order(&query) { " ordered" } else { "" };
        out +=
            &format!("{}{order} {} tables {:?}\n    {text}\n", difficulty(&query), tables(&query).len(), tags(&query));
    }
    expect![[r#"
        easy 1 tables []
            SELECT * FROM project
        easy ordered 1 tables ["limit", "order_by"]
            SELECT name, budget FROM project WHERE status = 'Active' AND budget > 100000 ORDER BY budget DESC LIMIT 5
        medium ordered 2 tables ["aggregate", "group_by", "having", "join", "order_by"]
            SELECT p.name, SUM(s.hours * s.rate) FROM project p JOIN staff s ON s.project_code = p.project_code GROUP BY p.name HAVING SUM(s.hours) > 10 ORDER BY 2 DESC
        medium ordered 1 tables ["aggregate", "group_by", "order_by"]
            SELECT department, COUNT(*) AS n FROM project GROUP BY department ORDER BY n DESC, department
        easy 1 tables ["aggregate"]
            SELECT COUNT(DISTINCT status), MIN(budget), MAX(budget), AVG(budget - actual_cost) FROM project
        hard 2 tables ["anti_join", "null_test", "subquery"]
            SELECT name FROM project WHERE project_code NOT IN (SELECT project_code FROM staff WHERE project_code IS NOT NULL)
        hard 2 tables ["anti_join", "correlated", "subquery"]
            SELECT name FROM project p WHERE NOT EXISTS (SELECT 1 FROM staff s WHERE s.project_code = p.project_code AND s.hours > 1)
        hard 2 tables ["aggregate", "correlated", "subquery"]
            SELECT name, (SELECT COUNT(*) FROM staff WHERE staff.project_code = project.project_code) FROM project
        medium 1 tables ["anti_join", "join", "left_join", "null_test", "self_join"]
            SELECT a.name, b.name FROM company a LEFT JOIN company b ON a.parent_id = b.company_id WHERE b.name IS NULL
        medium ordered 2 tables ["aggregate", "cte", "group_by", "join", "order_by"]
            WITH t AS (SELECT project_code, SUM(amount) AS total FROM contract GROUP BY project_code) SELECT p.name, t.total FROM t JOIN project p USING (project_code) ORDER BY t.total
        hard 0 tables ["cte", "recursive", "set_operation"]
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
        hard 1 tables ["cte", "join", "null_test", "recursive", "set_operation"]
            WITH RECURSIVE up AS (SELECT company_id, parent_id, 0 AS depth FROM company WHERE parent_id IS NULL UNION ALL SELECT c.company_id, c.parent_id, up.depth + 1 FROM company c JOIN up ON c.parent_id = up.company_id) SELECT * FROM up
        medium ordered 2 tables ["limit", "order_by", "set_operation"]
            SELECT name FROM project UNION SELECT name FROM company ORDER BY name LIMIT 3 OFFSET 1
        medium 2 tables ["set_operation"]
            SELECT status FROM project INTERSECT SELECT status FROM contract EXCEPT SELECT 'x'
        medium 1 tables ["aggregate", "group_by", "subquery"]
            SELECT d.department, d.total FROM (SELECT department, SUM(budget) total FROM project GROUP BY department) d WHERE d.total > 10
        medium 1 tables ["aggregate", "group_by", "subquery"]
            SELECT department, "count(*)" FROM (SELECT department, count(*) FROM project GROUP BY 1)
        medium 1 tables ["case", "null_test"]
            SELECT CASE WHEN budget > 100 THEN 'big' WHEN budget IS NULL THEN NULL ELSE 'small' END, CASE status WHEN 'Active' THEN 1 END FROM project
        medium 1 tables ["rank_in_group", "window"]
            SELECT name, ROW_NUMBER() OVER (PARTITION BY department ORDER BY budget DESC) AS r, SUM(budget) OVER w, LAG(budget, 1) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM project WINDOW w AS (ORDER BY start_date)
        medium 1 tables ["aggregate", "ratio"]
            SELECT COUNT(*) FILTER (WHERE status = 'Active') * 100.0 / COUNT(*) FROM project
        easy 1 tables ["aggregate"]
            SELECT GROUP_CONCAT(name, ', ') FROM project
        easy 1 tables []
            SELECT CAST(budget AS INTEGER), -budget, - -5, +budget, ~1, NOT budget, - (-(3)) FROM project
        easy 0 tables []
            SELECT 1 + 2 * 3 - (4 - 5) - 6, (1 + 2) * 3, 7 / (2 * 3), 'a' || 'b' || 'it''s', 1 << 2 & 3, (1 = 2) = 3, 1 = (2 = 3), 1 < 2 = 3
        medium 1 tables ["between", "like", "or"]
            SELECT name FROM project WHERE (status = 'a' OR status = 'b') AND NOT (budget = 1 OR budget BETWEEN 2 AND 3) AND name LIKE '%x\_%' ESCAPE '\'
        medium 1 tables ["or"]
            SELECT name FROM project WHERE status = 'a' OR (status = 'b' AND budget > 1) OR NOT status = 'c'
        medium 1 tables ["in_list", "like"]
            SELECT name FROM project WHERE budget IS actual_cost AND (budget > 1) IS TRUE AND budget IS NOT FALSE AND name GLOB 'a*' AND status NOT IN ('x', 'y') AND name NOT LIKE 'z%'
        medium 2 tables ["subquery"]
            SELECT name FROM project WHERE (status, department) IN (SELECT status, 'x' FROM contract) AND (budget, actual_cost) = (1, 2)
        easy ordered 1 tables ["order_by"]
            SELECT name COLLATE NOCASE FROM project ORDER BY name COLLATE NOCASE DESC NULLS LAST, budget NULLS FIRST
        easy 1 tables []
            SELECT "line no", "größe", [select], "update" FROM "order line" WHERE "select" = "nothing"
        medium 1 tables []
            SELECT title FROM active_project WHERE budget > 1e6 AND title <> x'00ff' AND budget <> .5
        medium 2 tables ["distinct", "join"]
            SELECT DISTINCT p.status FROM project p, contract c WHERE p.project_code = c.project_code
        medium 2 tables ["join"]
            SELECT * FROM project NATURAL JOIN staff
        medium 2 tables ["join"]
            SELECT * FROM staff s RIGHT JOIN project USING (project_code)
        medium 2 tables ["join"]
            SELECT project_code FROM staff FULL JOIN contract USING (project_code)
        easy ordered 1 tables ["order_by"]
            SELECT budget * 2 AS budget FROM project ORDER BY budget, project.budget, -budget
        medium 1 tables ["group_by"]
            SELECT upper(status) AS status FROM project GROUP BY status
        medium ordered 1 tables ["aggregate", "group_by", "having", "order_by"]
            SELECT status, COUNT(*) c FROM project GROUP BY 1 HAVING c > 1 ORDER BY c
        easy 1 tables []
            SELECT budget - actual_cost AS margin FROM project WHERE margin > 5
        easy 1 tables []
            SELECT rowid, oid FROM staff
        easy 0 tables []
            VALUES (1, 'a'), (2, NULL)
        medium 0 tables ["subquery"]
            SELECT * FROM (VALUES (1, 2)) v WHERE v.column1 = 1
        medium 1 tables ["date_arithmetic"]
            SELECT julianday(end_date) - julianday(start_date), strftime('%Y', start_date), date('2024-01-01', '+1 month') FROM project
        medium 1 tables ["subquery"]
            SELECT EXISTS (SELECT * FROM staff) AS any_staff
        hard 1 tables ["aggregate", "correlated", "subquery"]
            SELECT p.name FROM project p WHERE p.budget > (SELECT AVG(p2.budget) FROM project p2 WHERE p2.department = p.department)
        medium 3 tables ["join", "left_join", "two_joins"]
            SELECT s.resource_name FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) JOIN staff s ON s.project_code = p.project_code
        medium 3 tables ["join", "left_join", "subquery"]
            SELECT p.name, c.amount FROM project p LEFT JOIN (contract c JOIN company k ON k.company_id = c.company_id) ON c.project_code = p.project_code
        easy 0 tables []
            SELECT NULL, TRUE, CURRENT_DATE, 9223372036854775807, -9223372036854775808, 1e400
        medium 1 tables ["join", "self_join"]
            SELECT a.status, b.status FROM project a JOIN project b ON a.department = b.department AND a.project_code < b.project_code
        medium 2 tables ["join", "subquery"]
            SELECT x.status FROM (SELECT status FROM project) x JOIN (SELECT status FROM contract) y ON x.status = y.status
        medium 2 tables ["aggregate", "join", "subquery"]
            SELECT COUNT(*) FROM (SELECT p.name, c.name FROM project p, company c)
        easy ordered 1 tables ["order_by"]
            SELECT name FROM project WHERE start_date >= '2024-01-01' AND start_date < '2025-01-01' ORDER BY end_date, 1
        hard 2 tables ["aggregate", "correlated", "subquery"]
            SELECT s1.hours FROM staff s1 WHERE s1.hours = (SELECT MAX(s2.hours) FROM staff s2 WHERE s2.project_code IN (SELECT p.project_code FROM project p WHERE p.status = s1.resource_name))
    "#]].assert_eq(&out);
}

fn hash(text: &str) -> u64 {
    template_hash(&parse(text, &catalog(), Dialect::Sqlite).ok().expect(text))
}

#[test]
fn a_template_has_no_names_and_no_literals() {
    let same = [
        "SELECT p.name FROM project p WHERE p.status = 'Active' AND p.budget > 5 ORDER BY p.budget LIMIT 3",
        "select q.name as n from project as q where q.status = 'Completed' and q.budget > 7.5 order by budget limit 99",
        "SELECT name FROM project WHERE project.status = \"x\" AND budget > 0 ORDER BY project.budget LIMIT 1",
    ];
    assert!(same.iter().all(|text| hash(text) == hash(same[0])));
    for other in [
        "SELECT p.name FROM project p WHERE p.status = 'Active' AND p.budget >= 5 ORDER BY p.budget LIMIT 3",
        "SELECT p.name FROM project p WHERE p.status = 'Active' AND p.actual_cost > 5 ORDER BY p.budget LIMIT 3",
        "SELECT p.name FROM project p WHERE p.status = 'Active' AND p.budget > 5 ORDER BY p.budget DESC LIMIT 3",
        "SELECT p.name FROM project p WHERE p.status = 'Active' AND p.budget > 5 ORDER BY p.budget",
        "SELECT DISTINCT p.name FROM project p WHERE p.status = 'Active' AND p.budget > 5 ORDER BY p.budget LIMIT 3",
    ] {
        assert_ne!(hash(other), hash(same[0]), "{other}");
    }
    assert_eq!(
        hash("SELECT name FROM project WHERE status IN ('a')"),
        hash("SELECT name FROM project WHERE status IN ('b', 'c')")
    );
    let all: std::collections::BTreeSet<u64> = QUERIES.iter().map(|text| hash(text)).collect();
    assert_eq!(all.len(), QUERIES.len(), "two of the queries share a template");
}

#[test]
fn different_queries_are_told_in_different_words() {
    let catalog = catalog();
    let glossary = schema::Glossary::default();
    let mut told = std::collections::BTreeMap::new();
    for text in QUERIES {
        let query = parse(text, &catalog, Dialect::Sqlite).ok().expect(text);
        let words = sql::reasoning::plan(&query, &catalog, &glossary).join("\n");
        assert!(!words.contains("  "), "{words}");
        if let Some(other) = told.insert(words, text) {
            panic!("{other}\n{text}\nare told alike");
        }
    }
}
