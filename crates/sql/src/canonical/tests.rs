//! Queries as people write them against their canonical form, which the matcher must admit and which must come back as it
//! is when it is read again.
#![expect(clippy::print_stderr, reason = "tests that print what they measured")]

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::slot::{FilledSlot, KnownValue, NormalizedQuestion, NumberUnit, Reading, Slot, SlotKind};
use schema::{Catalog, ColumnId, Type, Value};

use super::{CanonicalOptions, fill_from, lexemes, text};
use crate::coverage::{Coverage, Ground};
use crate::ddl::catalog_from_ddl;
use crate::dialect::Dialect;
use crate::lexeme::{Lexeme, Lexicon};
use crate::matcher::tests::{filled_database, is_left_to_chance, rows};
use crate::matcher::{Grammar, Limits, SlotTable, admits};
use crate::tree::{BinaryOp, Body, Expr, ExprKind, Literal, Query, SlotPart, SlotUse};
use crate::visit::{PartMut, each_expr_mut, parts_of_expr_mut, parts_of_query_mut};

pub(crate) const DDL: &str = "
CREATE TABLE P (code TEXT PRIMARY KEY, name TEXT NOT NULL, budget REAL, cost REAL, status TEXT, dept TEXT, start DATE, open BOOLEAN);
CREATE TABLE R (id INTEGER PRIMARY KEY, name TEXT, rate REAL, dept TEXT, boss_id INTEGER REFERENCES R (id));
CREATE TABLE S (id INTEGER PRIMARY KEY, code TEXT REFERENCES P (code), res_id INTEGER REFERENCES R (id), share REAL, role TEXT, since DATE);
CREATE TABLE L (a INTEGER, b INTEGER, amount REAL, seen TIMESTAMP, PRIMARY KEY (a, b));
CREATE TABLE M (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, note TEXT, FOREIGN KEY (a, b) REFERENCES L (a, b));
";

pub(crate) const TODAY: &str = "2026-11-20";

/// The slot that a literal of the tests stands for: `v1` a value, `s1` a text, 71 a number, days of 2001 dates, of 2002
/// and 2003 the ends of ranges, of 2004 the last days of ranges; the second days of 2001 the days after dates; 0.71 a percentage.
pub(crate) fn slot_of(value: &Value) -> Option<SlotUse> {
    let of = |kind, number, part| Some(SlotUse { slot: Slot { kind, number }, part });
    match value {
        Value::Real(n) if [0.71, 0.72].contains(n) => {
            of(SlotKind::Num, (n * 100.0 - 70.0).round() as u8, SlotPart::Fraction)
        }
        Value::Integer(n @ 71..=72) => of(SlotKind::Num, (*n - 70) as u8, SlotPart::Whole),
        Value::Text(text) => {
            let part = match (text.starts_with('%'), text.ends_with('%')) {
                (true, true) => SlotPart::Contains,
                (true, false) => SlotPart::Suffix,
                (false, true) => SlotPart::Prefix,
                (false, false) => SlotPart::Whole,
            };
            let plain = text.trim_matches('%');
            let number = plain.as_bytes().get(if plain.len() == 2 { 1 } else { 6 })?.checked_sub(b'0')?;
            match plain {
                _ if plain.starts_with('v') => of(SlotKind::Val, number, part),
                _ if plain.starts_with('s') => of(SlotKind::Str, number, part),
                _ if plain.starts_with("2001-") && plain.ends_with("-02") => of(SlotKind::Date, number, SlotPart::End),
                _ if plain.starts_with("2001-") => of(SlotKind::Date, number, part),
                _ if plain.starts_with("2002-") => of(SlotKind::Range, number, SlotPart::Start),
                _ if plain.starts_with("2003-") => of(SlotKind::Range, number, SlotPart::End),
                _ if plain.starts_with("2004-") => of(SlotKind::Range, number, SlotPart::Last),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The other way round.
pub(crate) fn filled(use_of: SlotUse, _: Option<ColumnId>) -> Option<String> {
    let number = use_of.slot.number;
    let plain = match (use_of.slot.kind, use_of.part) {
        (SlotKind::Num, SlotPart::Fraction) => format!("0.7{number}"),
        (SlotKind::Num, _) => format!("7{number}"),
        (SlotKind::Val, _) => format!("v{number}"),
        (SlotKind::Str, _) => format!("s{number}"),
        (SlotKind::Date, SlotPart::End) => format!("2001-0{number}-02"),
        (SlotKind::Date, _) => format!("2001-0{number}-01"),
        (SlotKind::Range, SlotPart::Start) => format!("2002-0{number}-01"),
        (SlotKind::Range, _) => format!("2003-0{number}-01"),
    };
    Some(match use_of.part {
        SlotPart::Contains => format!("%{plain}%"),
        SlotPart::Prefix => format!("{plain}%"),
        SlotPart::Suffix => format!("%{plain}"),
        _ => plain,
    })
}

pub(crate) fn mark_slots(part: PartMut) {
    match part {
        PartMut::Expr(e) => mark_expr(e),
        PartMut::Query(query) => {
            parts_of_query_mut(query, &mut |part| mark_slots(part));
            query
                .select_mut()
                .into_iter()
                .flat_map(|select| &mut select.items)
                .for_each(|item| mark_label(&mut item.expr));
        }
    }
}

/// A value of `v1` as what something is called.
fn mark_label(e: &mut Expr) {
    if let ExprKind::Literal(Literal { slot: Some(said), .. }) = &mut e.kind
        && said.slot.kind == SlotKind::Val
    {
        said.part = SlotPart::Said;
    }
}

fn mark_expr(e: &mut Expr) {
    if let ExprKind::Literal(literal) = &mut e.kind {
        literal.slot = slot_of(&literal.value);
    }
    parts_of_expr_mut(e, &mut |part| mark_slots(part));
    match &mut e.kind {
        ExprKind::Case { branches, otherwise, .. } => {
            branches.iter_mut().map(|(_, then)| then).chain(otherwise.as_deref_mut()).for_each(mark_label);
        }
        ExprKind::Call(call) if call.function == "COALESCE" => call.args.iter_mut().skip(1).for_each(mark_label),
        ExprKind::Binary(a, BinaryOp::Concat, b) => [a, b].into_iter().for_each(|e| mark_label(e)),
        _ => {}
    }
}

/// A tree of a text, its literals marked as slots.
pub(crate) fn marked(sql: &str, catalog: &Catalog) -> Query {
    let parsed = crate::parse(sql, catalog, Dialect::Sqlite);
    let diagnostics = format!("{:?}", parsed.diagnostics);
    let mut query = parsed.ok().unwrap_or_else(|| panic!("{sql}\n{diagnostics}"));
    mark_slots(PartMut::Query(&mut query));
    assert!(matches!(query.body, Body::Select(_) | Body::Set { .. } | Body::Values(_)));
    query
}

/// Every slot of the tests; values held by every text column.
pub(crate) fn slots(catalog: &Catalog) -> SlotTable {
    let texts: Vec<ColumnId> = catalog
        .table_ids()
        .flat_map(|t| catalog.columns_of(t))
        .filter(|c| catalog.column(*c).ty == Type::Text)
        .collect();
    let mut table = SlotTable::new();
    for kind in SlotKind::ALL {
        (1..=2).for_each(|number| {
            table.add(Slot { kind, number }, if kind == SlotKind::Val { texts.clone() } else { vec![] })
        });
    }
    table
}

fn canonical(sql: &str, catalog: &Catalog, lexicon: &Lexicon) -> Result<Vec<Lexeme>, String> {
    let options = CanonicalOptions { today: Some(TODAY) };
    lexemes(&marked(sql, catalog), catalog, lexicon, options).map_err(|no| no.feature)
}

/// `given => canonical`, or `given => ! feature`; checks that the matcher admits it, that it is its own canonical form, and
/// that it has the rows of what was given, save where LIMIT or the like leaves them to chance.
fn check(cases: &str) {
    let catalog = catalog_from_ddl(DDL).expect("the schema is well formed");
    let lexicon = Lexicon::new(&catalog, vec![]);
    let grammar = Grammar::new(&catalog, &lexicon, None, Limits::default());
    let slots = slots(&catalog);
    let database = (filled_database(), Arc::default());
    let mut wrong = Vec::new();
    for case in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (given, expected) = case.split_once(" => ").expect("a case has two sides");
        let written = match canonical(given, &catalog, &lexicon) {
            Ok(lexemes) => {
                let sql = text(&lexemes, &catalog, &lexicon, &filled, TODAY).expect("every slot is filled");
                assert_eq!(admits(&grammar, &lexicon, &slots, &lexemes), Ok(()), "{given}\n{sql}\n{lexemes:?}");
                if !is_left_to_chance(&lexemes) {
                    // What 2004 says of a range is the day before what 2003 says.
                    let given = given.replace("'2004-01-01'", "'2002-12-31'");
                    if rows(&database, &sql) != rows(&database, &given) {
                        wrong.push(format!("other rows\n{given}\n{sql}"));
                    }
                }
                assert_eq!(canonical(&sql, &catalog, &lexicon), Ok(lexemes), "{given}\n{sql}");
                sql
            }
            Err(feature) => format!("! {feature}"),
        };
        if written != expected {
            wrong.push(format!("{given}\n=> {written}\nnot {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn outputs() {
    check(
        "SELECT name FROM P => SELECT P.name FROM P
         SELECT DISTINCT dept FROM P => SELECT DISTINCT P.dept FROM P
         SELECT dept FROM P GROUP BY dept => SELECT DISTINCT P.dept FROM P
         SELECT budget - cost AS margin, name FROM P => SELECT P.budget - P.cost AS c1 , P.name FROM P
         SELECT COUNT(1) AS n FROM P => SELECT COUNT(*) AS c1 FROM P
         SELECT count(distinct dept), max(start) FROM P => SELECT COUNT(DISTINCT P.dept ) AS c1 , MAX( P.start ) AS c2 FROM P
         SELECT SUM(cost) * 100.0 / SUM(budget) FROM P => SELECT 100.0 * SUM( P.cost ) / SUM( P.budget ) AS c1 FROM P
         SELECT CAST(cost AS REAL) / budget FROM P => SELECT 1.0 * P.cost / P.budget AS c1 FROM P
         SELECT (budget - cost) / budget FROM P => SELECT ( P.budget - P.cost ) / P.budget AS c1 FROM P
         SELECT budget - (cost - 1) + 2 FROM P => SELECT P.budget - ( P.cost - 1 ) + 2 AS c1 FROM P
         SELECT budget + (cost - 1) FROM P => SELECT P.budget + P.cost - 1 AS c1 FROM P
         SELECT cost / budget * 100 FROM P => SELECT 100 * ( P.cost / P.budget ) AS c1 FROM P
         SELECT AVG(budget - cost) FROM P => SELECT AVG( P.budget - P.cost ) AS c1 FROM P
         SELECT DISTINCT COUNT(*) FROM P => SELECT COUNT(*) AS c1 FROM P
         SELECT name, name FROM P => ! repeated output
         SELECT 1 FROM P => ! constant output
         SELECT TRIM(name) FROM P => ! function TRIM
         SELECT 's1' AS kind, name FROM P => SELECT 's1' AS c1 , P.name FROM P
         SELECT SUM(DISTINCT cost) FROM P => ! distinct sum or average
         SELECT COUNT(*) FILTER (WHERE cost > 1) FROM P => SELECT COUNT( CASE WHEN P.cost > 1 THEN 1 END ) AS c1 FROM P",
    );
}

#[test]
fn cases_as_outputs() {
    check(
        "SELECT CASE WHEN cost > 1 THEN 1 ELSE 0 END FROM P => SELECT CASE WHEN P.cost > 1 THEN 1 ELSE 0 END AS c1 FROM P
         SELECT name, CASE WHEN cost < 71 THEN 's1' WHEN cost < 72 THEN 's2' ELSE 'v1' END AS size FROM P ORDER BY size => SELECT P.name , CASE WHEN P.cost < 71 THEN 's1' WHEN P.cost < 72 THEN 's2' ELSE 'v1' END AS c1 FROM P ORDER BY c1
         SELECT CASE status WHEN 'v1' THEN 's1' END FROM P => SELECT CASE WHEN P.status = 'v1' THEN 's1' END AS c1 FROM P
         SELECT CASE WHEN cost > budget THEN cost ELSE budget - 1 END FROM P => SELECT CASE WHEN P.cost > P.budget THEN P.cost ELSE P.budget - 1 END AS c1 FROM P
         SELECT CASE WHEN P.start IS NULL THEN since ELSE P.start END FROM P JOIN S ON S.code = P.code => SELECT CASE WHEN P.start IS NULL THEN S.since ELSE P.start END AS c1 FROM S JOIN P ON P.code = S.code
         SELECT DISTINCT CASE WHEN dept IS NULL THEN 's1' ELSE dept END FROM P => SELECT DISTINCT CASE WHEN P.dept IS NULL THEN 's1' ELSE P.dept END AS c1 FROM P
         SELECT AVG(CASE WHEN cost > 1 THEN cost ELSE budget END) FROM P => SELECT AVG( CASE WHEN P.cost > 1 THEN P.cost ELSE P.budget END ) AS c1 FROM P
         SELECT 's1' AS kind, COUNT(*) FROM P UNION ALL SELECT 'v1', COUNT(*) FROM R => SELECT 's1' AS c1 , COUNT(*) AS c2 FROM P UNION ALL SELECT 'v1' AS c1 , COUNT(*) AS c2 FROM R
         SELECT CASE WHEN cost > 1 THEN 's1' END || name FROM P => ! concatenation
         SELECT SUM(cost) + CASE WHEN COUNT(*) > 1 THEN 1 END FROM P => ! case
         SELECT SUM(CASE WHEN cost > 1 THEN 1 ELSE 0.0 END) / COUNT(*) FROM P => ! literal 0.0",
    );
}

#[test]
fn groups_by_a_case() {
    check(
        "SELECT CASE WHEN cost < 71 THEN 's1' ELSE 's2' END AS size, COUNT(*), SUM(budget) FROM P WHERE cost IS NOT NULL GROUP BY size ORDER BY COUNT(*) DESC => WITH cte_1 AS ( SELECT CASE WHEN P.cost < 71 THEN 's1' ELSE 's2' END AS c1 , P.budget AS c2 FROM P WHERE P.cost IS NOT NULL ) SELECT cte_1.c1 , COUNT(*) AS c1 , SUM( cte_1.c2 ) AS c2 FROM cte_1 GROUP BY cte_1.c1 ORDER BY c1 DESC
         SELECT dept, CASE WHEN cost < 71 THEN 's1' ELSE 's2' END, COUNT(*) FROM P GROUP BY dept, CASE WHEN cost < 71 THEN 's1' ELSE 's2' END HAVING AVG(budget) > 71 => WITH cte_1 AS ( SELECT P.dept AS c1 , CASE WHEN P.cost < 71 THEN 's1' ELSE 's2' END AS c2 , P.budget AS c3 FROM P ) SELECT cte_1.c1 , cte_1.c2 , COUNT(*) AS c1 FROM cte_1 GROUP BY cte_1.c1 , cte_1.c2 HAVING AVG( cte_1.c3 ) > 71
         SELECT STRFTIME('%Y', start), CASE WHEN open THEN 's1' ELSE 's2' END, COUNT(*) FROM P GROUP BY 1, 2 => WITH cte_1 AS ( SELECT STRFTIME('%Y', P.start) AS c1 , CASE WHEN P.open = 1 THEN 's1' ELSE 's2' END AS c2 FROM P ) SELECT cte_1.c1 , cte_1.c2 , COUNT(*) AS c1 FROM cte_1 GROUP BY cte_1.c1 , cte_1.c2
         SELECT dept, CASE WHEN SUM(cost) > SUM(budget) THEN 's1' ELSE 's2' END FROM P GROUP BY dept => WITH cte_1 AS ( SELECT P.dept AS c1 , SUM( P.cost ) AS c2 , SUM( P.budget ) AS c3 FROM P GROUP BY P.dept ) SELECT cte_1.c1 , CASE WHEN cte_1.c2 > cte_1.c3 THEN 's1' ELSE 's2' END AS c1 FROM cte_1
         SELECT dept, AVG(cost), CASE WHEN AVG(cost) >= 71 THEN 's1' ELSE 's2' END FROM P GROUP BY dept HAVING COUNT(*) > 1 ORDER BY AVG(cost) => WITH cte_1 AS ( SELECT P.dept AS c1 , AVG( P.cost ) AS c2 FROM P GROUP BY P.dept HAVING COUNT(*) > 1 ) SELECT cte_1.c1 , cte_1.c2 , CASE WHEN cte_1.c2 >= 71 THEN 's1' ELSE 's2' END AS c1 FROM cte_1 ORDER BY cte_1.c2
         SELECT COUNT(*) AS n, CASE WHEN cost < 71 THEN 's1' ELSE 's2' END AS k FROM P GROUP BY k ORDER BY CASE k WHEN 's1' THEN 1 ELSE 2 END => ! case",
    );
}

#[test]
fn subqueries_in_a_case() {
    check(
        "SELECT SUM(CASE WHEN cost > (SELECT AVG(cost) FROM P WHERE dept = 'v1') THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT AVG( P.cost ) AS c1 FROM P WHERE P.dept = 'v1' ) SELECT SUM( CASE WHEN P.cost > cte_1.c1 THEN 1 ELSE 0 END ) AS c1 FROM P CROSS JOIN cte_1
         SELECT dept, 100.0 * SUM(CASE WHEN EXISTS (SELECT 1 FROM S WHERE S.code = P.code AND S.role = 'v1') THEN 1 ELSE 0 END) / COUNT(*) FROM P GROUP BY dept => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S WHERE S.role = 'v1' ) SELECT P.dept , 100.0 * SUM( CASE WHEN cte_1.c1 IS NOT NULL THEN 1 ELSE 0 END ) / COUNT(*) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code GROUP BY P.dept
         SELECT name, CASE WHEN code IN (SELECT code FROM S) THEN 's1' ELSE 's2' END FROM P => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S ) SELECT P.name , CASE WHEN cte_1.c1 IS NOT NULL THEN 's1' ELSE 's2' END AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code
         SELECT SUM(CASE WHEN code NOT IN (SELECT code FROM S WHERE code IS NOT NULL) THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S WHERE S.code IS NOT NULL ) SELECT SUM( CASE WHEN cte_1.c1 IS NULL THEN 1 ELSE 0 END ) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code
         SELECT SUM(CASE WHEN code NOT IN (SELECT code FROM S) THEN 1 ELSE 0 END) FROM P => ! subquery in a case
         SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM S WHERE S.code = P.code) THEN 's1' ELSE 's2' END AS kind, COUNT(*) FROM P GROUP BY kind => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S ) , cte_2 AS ( SELECT CASE WHEN cte_1.c1 IS NULL THEN 's1' ELSE 's2' END AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code ) SELECT cte_2.c1 , COUNT(*) AS c1 FROM cte_2 GROUP BY cte_2.c1
         SELECT SUM(CASE WHEN dept NOT IN (SELECT dept FROM R WHERE dept IS NOT NULL) THEN 1 ELSE 0 END) FROM P => ! subquery in a case
         SELECT SUM(CASE WHEN P.code NOT IN (SELECT code FROM S WHERE code IS NOT NULL) THEN 1 ELSE 0 END) FROM R LEFT JOIN P ON P.dept = R.dept => ! subquery in a case
         SELECT SUM(CASE WHEN NOT (code IN (SELECT code FROM S)) THEN 1 ELSE 0 END) FROM P => ! subquery in a case
         SELECT SUM(CASE WHEN NOT (code IN (SELECT code FROM S WHERE code IS NOT NULL)) THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S WHERE S.code IS NOT NULL ) SELECT SUM( CASE WHEN cte_1.c1 IS NULL THEN 1 ELSE 0 END ) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code
         SELECT SUM(CASE WHEN NOT (cost > 1 AND dept IN (SELECT dept FROM R)) THEN 1 ELSE 0 END) FROM P => ! subquery in a case
         SELECT SUM(CASE WHEN cost > 1 AND dept IN (SELECT dept FROM R) THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT DISTINCT R.dept AS c1 FROM R ) SELECT SUM( CASE WHEN P.cost > 1 AND cte_1.c1 IS NOT NULL THEN 1 ELSE 0 END ) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.dept
         SELECT SUM(CASE WHEN dept IN (SELECT dept FROM R GROUP BY dept HAVING COUNT(*) > 1) THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT R.dept AS c1 FROM R GROUP BY R.dept HAVING COUNT(*) > 1 ) SELECT SUM( CASE WHEN cte_1.c1 IS NOT NULL THEN 1 ELSE 0 END ) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.dept
         SELECT SUM(CASE WHEN dept IN (SELECT dept FROM R GROUP BY dept, name) THEN 1 ELSE 0 END) FROM P => ! distinct groups
         SELECT SUM(CASE WHEN EXISTS (SELECT MAX(S.share) FROM S WHERE S.code = P.code AND S.share > 71) THEN 1 ELSE 0 END) FROM P => ! subquery in a case
         SELECT SUM(CASE WHEN cost > (SELECT AVG(CASE WHEN code IN (SELECT code FROM S) THEN cost END) FROM P) THEN 1 ELSE 0 END) FROM P => WITH cte_1 AS ( SELECT DISTINCT S.code AS c1 FROM S ) , cte_2 AS ( SELECT AVG( CASE WHEN cte_1.c1 IS NOT NULL THEN P.cost END ) AS c1 FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.code ) SELECT SUM( CASE WHEN P.cost > cte_2.c1 THEN 1 ELSE 0 END ) AS c1 FROM P CROSS JOIN cte_2",
    );
}

#[test]
fn days_between_rows() {
    check(
        "SELECT code, JULIANDAY(since) - JULIANDAY(LAG(since) OVER (PARTITION BY code ORDER BY since, id)) AS gap FROM S ORDER BY since => WITH cte_1 AS ( SELECT S.code AS c1 , S.since AS c2 , LAG( S.since ) OVER ( PARTITION BY S.code ORDER BY S.since , S.id ) AS c3 FROM S ) SELECT cte_1.c1 , ( JULIANDAY( cte_1.c2 ) - JULIANDAY( cte_1.c3 ) ) AS c1 FROM cte_1 ORDER BY cte_1.c2
         SELECT AVG(x.gap) FROM (SELECT JULIANDAY(since) - JULIANDAY(LAG(since) OVER (ORDER BY since)) AS gap FROM S) x => WITH cte_1 AS ( SELECT S.since AS c1 , LAG( S.since ) OVER ( ORDER BY S.since ) AS c2 FROM S ) , cte_2 AS ( SELECT ( JULIANDAY( cte_1.c1 ) - JULIANDAY( cte_1.c2 ) ) AS c1 FROM cte_1 ) SELECT AVG( cte_2.c1 ) AS c1 FROM cte_2",
    );
}

#[test]
fn comparisons_of_subqueries_and_texts() {
    check(
        "SELECT name FROM P WHERE (SELECT COUNT(*) FROM S WHERE S.code = P.code) >= 71 => SELECT P.name FROM P WHERE ( SELECT COUNT(*) FROM S WHERE S.code = P.code ) >= 71
         SELECT name FROM P WHERE 71 < (SELECT COUNT(*) FROM S WHERE S.code = P.code) => SELECT P.name FROM P WHERE ( SELECT COUNT(*) FROM S WHERE S.code = P.code ) > 71
         SELECT a.name, b.name FROM P a JOIN P b ON b.dept = a.dept AND b.name > a.name => SELECT P.name , P_2.name FROM P JOIN P AS P_2 ON P_2.dept = P.dept WHERE P_2.name > P.name
         SELECT name FROM P WHERE name > 's1' => ! order of texts
         SELECT code FROM S GROUP BY code HAVING AVG(JULIANDAY(since) - JULIANDAY('2001-01-01')) > 71 => SELECT S.code FROM S GROUP BY S.code HAVING AVG( ( JULIANDAY( S.since ) - JULIANDAY( '2001-01-01' ) ) ) > 71
         SELECT (CAST(STRFTIME('%m', start) AS INTEGER) + 2) / 3 AS q, COUNT(*) FROM P GROUP BY q ORDER BY q => SELECT (CAST(STRFTIME('%m', P.start) AS INTEGER) + 2) / 3 , COUNT(*) AS c1 FROM P GROUP BY (CAST(STRFTIME('%m', P.start) AS INTEGER) + 2) / 3 ORDER BY (CAST(STRFTIME('%m', P.start) AS INTEGER) + 2) / 3",
    );
}

#[test]
fn functions_of_a_text() {
    check(
        "SELECT UPPER(name), LENGTH(name) FROM P WHERE LENGTH(name) > 71 ORDER BY LENGTH(name) => SELECT UPPER( P.name ) AS c1 , LENGTH( P.name ) AS c2 FROM P WHERE LENGTH( P.name ) > 71 ORDER BY c2
         SELECT AVG(LENGTH(name)) FROM P => SELECT AVG( LENGTH( P.name ) ) AS c1 FROM P
         SELECT SUBSTR(name, 1, 1) AS letter, COUNT(*) FROM P GROUP BY letter => WITH cte_1 AS ( SELECT SUBSTR( P.name , 1 , 1 ) AS c1 FROM P ) SELECT cte_1.c1 , COUNT(*) AS c1 FROM cte_1 GROUP BY cte_1.c1
         SELECT code || ' - ' || name FROM P => ! concatenation
         SELECT code || 's1' || name FROM P => SELECT P.code || 's1' || P.name AS c1 FROM P
         SELECT name, COALESCE(dept, 's1'), COALESCE(cost, 0) FROM P => SELECT P.name , COALESCE( P.dept , 's1' ) AS c1 , COALESCE( P.cost , 0 ) AS c2 FROM P
         SELECT COALESCE(dept, name) FROM P => SELECT COALESCE( P.dept , P.name ) AS c1 FROM P
         SELECT SUM(CAST(note AS REAL)) FROM M WHERE CAST(note AS REAL) > 71 => SELECT SUM( CAST( M.note AS REAL ) ) AS c1 FROM M WHERE CAST( M.note AS REAL ) > 71
         SELECT budget / 71 AS band, COUNT(*) FROM P GROUP BY band => WITH cte_1 AS ( SELECT P.budget / 71 AS c1 FROM P ) SELECT cte_1.c1 , COUNT(*) AS c1 FROM cte_1 GROUP BY cte_1.c1",
    );
}

#[test]
fn functions_of_a_number() {
    check(
        "SELECT COALESCE(SUM(cost), 0) FROM P => SELECT COALESCE( SUM( P.cost ) , 0 ) AS c1 FROM P
         SELECT SUM(IFNULL(budget, 0.0) - COALESCE(cost, 0)) FROM P => SELECT SUM( COALESCE( P.budget , 0 ) - COALESCE( P.cost , 0 ) ) AS c1 FROM P
         SELECT dept, SUM(cost) / NULLIF(SUM(budget), 0) FROM P GROUP BY dept => SELECT P.dept , SUM( P.cost ) / NULLIF( SUM( P.budget ) , 0 ) AS c1 FROM P GROUP BY P.dept
         SELECT ROUND(AVG(cost)), ROUND(cost * 1.0 / budget, 2), ROUND(cost, 1) FROM P GROUP BY cost, budget => SELECT ROUND( AVG( P.cost ) , 0 ) AS c1 , ROUND( 1.0 * P.cost / P.budget , 2 ) AS c2 , ROUND( P.cost , 1 ) AS c3 FROM P GROUP BY P.cost , P.budget
         SELECT name FROM P WHERE ABS(cost - budget) > 71 ORDER BY ABS(cost - budget) DESC => SELECT P.name FROM P WHERE ABS( P.cost - P.budget ) > 71 ORDER BY ABS( P.cost - P.budget ) DESC
         SELECT dept FROM P GROUP BY dept HAVING COALESCE(SUM(cost), 0) = 0 => SELECT P.dept FROM P GROUP BY P.dept HAVING COALESCE( SUM( P.cost ) , 0 ) = 0
         SELECT dept, COALESCE(budget - SUM(cost), 0) FROM P GROUP BY dept, budget => SELECT P.dept , COALESCE( P.budget - SUM( P.cost ) , 0 ) AS c1 FROM P GROUP BY P.dept , P.budget
         SELECT SUM(CASE WHEN COALESCE(cost, 0) = 0 THEN 1 ELSE 0 END) FROM P => SELECT SUM( CASE WHEN COALESCE( P.cost , 0 ) = 0 THEN 1 ELSE 0 END ) AS c1 FROM P
         SELECT COALESCE(cost, 1) FROM P => ! function COALESCE
         SELECT COALESCE(name, 0) FROM P => ! function of what is no number
         SELECT NULLIF(cost, 0) FROM P => ! function NULLIF
         SELECT ROUND(cost, 3) FROM P => ! function ROUND",
    );
}

#[test]
fn days_of_groups() {
    check(
        "SELECT dept, julianday('2026-11-20') - julianday(MAX(start)) FROM P GROUP BY dept => SELECT P.dept , ( JULIANDAY( '2026-11-20' ) - JULIANDAY( MAX( P.start ) ) ) AS c1 FROM P GROUP BY P.dept
         SELECT dept FROM P GROUP BY dept HAVING julianday(MAX(start)) - julianday(MIN(start)) > 71 => SELECT P.dept FROM P GROUP BY P.dept HAVING ( JULIANDAY( MAX( P.start ) ) - JULIANDAY( MIN( P.start ) ) ) > 71
         SELECT P.code, julianday(MIN(S.since)) - julianday(P.start) FROM P JOIN S ON S.code = P.code GROUP BY P.code => SELECT P.code , ( JULIANDAY( MIN( S.since ) ) - JULIANDAY( P.start ) ) AS c1 FROM S JOIN P ON P.code = S.code GROUP BY P.code , P.start
         SELECT julianday(MIN(start)) - julianday(MIN(start)) FROM P => ! difference of days that says nothing",
    );
}

#[test]
fn subqueries_in_outputs() {
    check(
        "SELECT dept, SUM(cost) * 100.0 / (SELECT SUM(cost) FROM P) FROM P GROUP BY dept => SELECT P.dept , 100.0 * SUM( P.cost ) / ( SELECT SUM( P.cost ) FROM P ) AS c1 FROM P GROUP BY P.dept
         SELECT name, cost - (SELECT AVG(q.cost) FROM P q WHERE q.open = 1) AS d FROM P WHERE cost > 71 ORDER BY d => SELECT P.name , P.cost - ( SELECT AVG( P.cost ) FROM P WHERE P.open = 1 ) AS c1 FROM P WHERE P.cost > 71 ORDER BY c1
         SELECT dept, (SELECT COUNT(*) FROM R) FROM P GROUP BY dept => SELECT DISTINCT P.dept , ( SELECT COUNT(*) FROM R ) AS c1 FROM P
         SELECT name, (SELECT COUNT(*) FROM S WHERE S.code = P.code AND share > 2) FROM P => SELECT P.name , ( SELECT COUNT(*) FROM S WHERE S.code = P.code AND S.share > 2 ) AS c1 FROM P
         SELECT (SELECT SUM(share) FROM S WHERE S.code = P.code), (SELECT COUNT(*) FROM S WHERE S.code = P.code) FROM P => SELECT ( SELECT SUM( S.share ) FROM S WHERE S.code = P.code ) AS c1 , ( SELECT COUNT(*) FROM S WHERE S.code = P.code ) AS c2 FROM P
         WITH t AS (SELECT dept, SUM(cost) AS n FROM P GROUP BY dept) SELECT dept, n / (SELECT AVG(n) FROM t) FROM t => WITH cte_1 AS ( SELECT P.dept AS c1 , SUM( P.cost ) AS c2 FROM P GROUP BY P.dept ) SELECT cte_1.c1 , cte_1.c2 / ( SELECT AVG( cte_1.c2 ) FROM cte_1 ) AS c1 FROM cte_1
         WITH t AS (SELECT name, (SELECT COUNT(*) FROM S WHERE S.code = P.code) AS n FROM P) SELECT name FROM t WHERE n > 2 => WITH cte_1 AS ( SELECT P.name AS c1 , ( SELECT COUNT(*) FROM S WHERE S.code = P.code ) AS c2 FROM P ) SELECT cte_1.c1 FROM cte_1 WHERE cte_1.c2 > 2
         SELECT name, COALESCE((SELECT SUM(share) FROM S WHERE S.code = P.code), 0) FROM P => SELECT P.name , COALESCE( ( SELECT SUM( S.share ) FROM S WHERE S.code = P.code ) , 0 ) AS c1 FROM P
         SELECT dept FROM P GROUP BY dept HAVING 100.0 * SUM(cost) / (SELECT SUM(cost) FROM P) > 71 => SELECT P.dept FROM P GROUP BY P.dept HAVING 100.0 * SUM( P.cost ) / ( SELECT SUM( P_2.cost ) FROM P AS P_2 ) > 71
         SELECT name FROM P WHERE (SELECT AVG(rate) FROM R) < cost => SELECT P.name FROM P WHERE P.cost > ( SELECT AVG( R.rate ) FROM R )
         SELECT name FROM P WHERE cost - (SELECT AVG(rate) FROM R) > 71 => SELECT P.name FROM P WHERE P.cost - ( SELECT AVG( R.rate ) FROM R ) > 71
         SELECT name FROM P WHERE cost > 2 * ((SELECT AVG(rate) FROM R) - budget) => SELECT P.name FROM P WHERE P.cost > 2 * ( ( SELECT AVG( R.rate ) FROM R ) - P.budget )
         SELECT P.dept, COUNT(*), (SELECT COUNT(*) FROM S WHERE S.code = P.code) FROM P GROUP BY P.dept, P.code => ! outer column
         SELECT name, (SELECT COUNT(*) FROM P AS q WHERE q.dept = P.dept) FROM P => ! outer column
         SELECT (SELECT COUNT(*) FROM P), 100.0 * (SELECT SUM(cost) FROM P) / (SELECT SUM(rate) FROM R) => WITH cte_1 AS ( SELECT COUNT(*) AS c1 FROM P ) , cte_2 AS ( SELECT SUM( P.cost ) AS c1 FROM P ) , cte_3 AS ( SELECT SUM( R.rate ) AS c1 FROM R ) SELECT cte_1.c1 , 100.0 * cte_2.c1 / cte_3.c1 AS c1 FROM cte_1 CROSS JOIN cte_2 CROSS JOIN cte_3
         SELECT name, (SELECT rate FROM R) FROM P => ! subquery value out of many rows",
    );
}

#[test]
fn set_operations() {
    check(
        "SELECT name FROM P UNION SELECT name FROM R => SELECT P.name FROM P UNION SELECT R.name FROM R
         SELECT DISTINCT name FROM P UNION SELECT dept FROM R GROUP BY dept => SELECT P.name FROM P UNION SELECT R.dept FROM R
         SELECT DISTINCT name FROM P UNION ALL SELECT name FROM R => SELECT DISTINCT P.name FROM P UNION ALL SELECT R.name FROM R
         SELECT name, SUM(cost) AS n FROM P GROUP BY name EXCEPT SELECT name, rate FROM R ORDER BY n DESC, name LIMIT 2 => SELECT P.name , SUM( P.cost ) AS c1 FROM P GROUP BY P.name EXCEPT SELECT R.name , R.rate FROM R ORDER BY c1 DESC , P.name LIMIT 2
         SELECT name FROM P UNION SELECT name FROM R UNION SELECT dept FROM P ORDER BY 1 => SELECT P.name FROM P UNION SELECT R.name FROM R UNION SELECT P.dept FROM P ORDER BY P.name
         SELECT id FROM R INTERSECT SELECT res_id FROM S WHERE share > 2 => SELECT R.id FROM R INTERSECT SELECT S.res_id FROM S WHERE S.share > 2
         SELECT name FROM P UNION SELECT name FROM R EXCEPT SELECT dept FROM R => ! different set operations
         SELECT 'a' FROM P UNION SELECT name FROM R => ! constant output
         SELECT name FROM P WHERE name IN (SELECT name FROM R UNION SELECT dept FROM R) => WITH cte_1 AS ( SELECT R.name AS c1 FROM R UNION SELECT R.dept AS c1 FROM R ) SELECT P.name FROM P WHERE P.name IN ( SELECT cte_1.c1 FROM cte_1 )
         SELECT name FROM P WHERE dept NOT IN (SELECT dept FROM R EXCEPT SELECT role FROM S) AND cost > 71 => WITH cte_1 AS ( SELECT R.dept AS c1 FROM R EXCEPT SELECT S.role AS c1 FROM S ) SELECT P.name FROM P WHERE P.cost > 71 AND P.dept NOT IN ( SELECT cte_1.c1 FROM cte_1 )",
    );
}

#[test]
fn ctes() {
    check(
        "WITH t AS (SELECT name FROM P) SELECT name FROM t => WITH cte_1 AS ( SELECT P.name AS c1 FROM P ) SELECT cte_1.c1 FROM cte_1
         SELECT x.n FROM (SELECT name AS n, cost FROM P) AS x WHERE x.cost > 2 => WITH cte_1 AS ( SELECT P.name AS c1 , P.cost AS c2 FROM P ) SELECT cte_1.c1 FROM cte_1 WHERE cte_1.c2 > 2
         SELECT AVG(n) FROM (SELECT COUNT(*) AS n FROM P GROUP BY dept) => WITH cte_1 AS ( SELECT COUNT(*) AS c1 FROM P GROUP BY P.dept ) SELECT AVG( cte_1.c1 ) AS c1 FROM cte_1
         WITH a AS (SELECT dept, SUM(cost) AS n FROM P GROUP BY dept), b AS (SELECT AVG(n) AS m FROM a) SELECT a.dept FROM a, b WHERE a.n > b.m => WITH cte_1 AS ( SELECT P.dept AS c1 , SUM( P.cost ) AS c2 FROM P GROUP BY P.dept ) , cte_2 AS ( SELECT AVG( cte_1.c2 ) AS c1 FROM cte_1 ) SELECT cte_1.c1 FROM cte_1 CROSS JOIN cte_2 WHERE cte_1.c2 > cte_2.c1
         WITH a AS (SELECT res_id, COUNT(*) AS n FROM S GROUP BY res_id) SELECT R.name, a.n FROM a JOIN R ON R.id = a.res_id => WITH cte_1 AS ( SELECT S.res_id AS c1 , COUNT(*) AS c2 FROM S GROUP BY S.res_id ) SELECT R.name , cte_1.c2 FROM R JOIN cte_1 ON cte_1.c1 = R.id
         WITH a AS (SELECT res_id, COUNT(*) AS n FROM S GROUP BY res_id) SELECT R.name, a.n FROM R LEFT JOIN a ON R.id = a.res_id => WITH cte_1 AS ( SELECT S.res_id AS c1 , COUNT(*) AS c2 FROM S GROUP BY S.res_id ) SELECT R.name , cte_1.c2 FROM R LEFT JOIN cte_1 ON cte_1.c1 = R.id
         SELECT name FROM P WHERE name IN (WITH t AS (SELECT name FROM R) SELECT name FROM t) => WITH cte_1 AS ( SELECT R.name AS c1 FROM R ) SELECT P.name FROM P WHERE P.name IN ( SELECT cte_1.c1 FROM cte_1 )
         SELECT COUNT(*) FROM (SELECT name FROM P UNION SELECT name FROM R) => WITH cte_1 AS ( SELECT P.name AS c1 FROM P UNION SELECT R.name AS c1 FROM R ) SELECT COUNT(*) AS c1 FROM cte_1
         WITH t AS (SELECT name, cost FROM P ORDER BY cost DESC LIMIT 2) SELECT SUM(cost) FROM t => WITH cte_1 AS ( SELECT P.name AS c1 , P.cost AS c2 FROM P ORDER BY c2 DESC LIMIT 2 ) SELECT SUM( cte_1.c2 ) AS c1 FROM cte_1
         WITH t AS (SELECT status FROM P), u AS (SELECT name FROM P) SELECT status FROM t WHERE status = 'v2' => WITH cte_1 AS ( SELECT P.status AS c1 FROM P ) SELECT cte_1.c1 FROM cte_1 WHERE cte_1.c1 = 'v2'
         SELECT P.name FROM P JOIN R ON R.dept = P.dept => SELECT P.name FROM P JOIN R ON R.dept = P.dept
         SELECT P.name FROM P, R => ! join without a key",
    );
}

#[test]
fn calendars() {
    let months = |rest: &str| {
        format!(
            "WITH RECURSIVE m AS (SELECT '2002-01-01' AS d UNION ALL SELECT DATE(d, '+1 month') FROM m WHERE DATE(d, '+1 month') < '2003-01-01') {rest}"
        )
    };
    let canonical = |rest: &str| {
        format!(
            "WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+1 month' ) FROM ( SELECT '2002-01-01' AS d ) UNION ALL SELECT c2 , DATE( c2 , '+1 month' ) FROM cte_1 WHERE c2 < '2003-01-01' ) {rest}"
        )
    };
    let cases = [
        ("SELECT d FROM m", "SELECT cte_1.c1 FROM cte_1"),
        (
            "SELECT STRFTIME('%Y-%m', d), COUNT(P.code) FROM m LEFT JOIN P ON P.start >= d AND P.start < DATE(d, '+1 month') GROUP BY d ORDER BY 1",
            "SELECT STRFTIME('%Y-%m', cte_1.c1) , COUNT( P.code ) AS c1 FROM cte_1 LEFT JOIN P ON P.start < cte_1.c2 AND P.start >= cte_1.c1 GROUP BY cte_1.c1 , STRFTIME('%Y-%m', cte_1.c1) ORDER BY STRFTIME('%Y-%m', cte_1.c1)",
        ),
        (
            "SELECT d, COUNT(*) FROM m, S WHERE S.since <= m.d AND S.share > 1 GROUP BY d",
            "SELECT cte_1.c1 , COUNT(*) AS c1 FROM S JOIN cte_1 ON cte_1.c1 >= S.since WHERE S.share > 1 GROUP BY cte_1.c1",
        ),
        (
            ", x AS (SELECT m.d AS d, COUNT(P.code) AS n FROM m LEFT JOIN P ON P.start = m.d GROUP BY m.d) SELECT MAX(n) FROM x",
            ", cte_2 AS ( SELECT cte_1.c1 AS c1 , COUNT( P.code ) AS c2 FROM cte_1 LEFT JOIN P ON P.start = cte_1.c1 GROUP BY cte_1.c1 ) SELECT MAX( cte_2.c2 ) AS c1 FROM cte_2",
        ),
    ];
    for (given, expected) in cases {
        check(&format!("{} => {}", months(given), canonical(expected)));
    }
    check(
        "WITH RECURSIVE m AS (SELECT '2001-01-01' AS d UNION ALL SELECT DATE(d, '+7 days') FROM m WHERE DATE(d, '+7 days') < '2026-11-20') SELECT d FROM m => WITH RECURSIVE cte_1 ( c1 , c2 ) AS ( SELECT d , DATE( d , '+7 days' ) FROM ( SELECT '2001-01-01' AS d ) UNION ALL SELECT c2 , DATE( c2 , '+7 days' ) FROM cte_1 WHERE c2 < '2026-11-20' ) SELECT cte_1.c1 FROM cte_1
         WITH RECURSIVE m AS (SELECT 1 AS d UNION ALL SELECT d + 1 FROM m WHERE d < 12) SELECT d FROM m => ! recursive cte",
    );
}

#[test]
fn subqueries_that_need_a_join() {
    check(
        "SELECT p.name FROM P p WHERE p.cost > 2 * (SELECT AVG(q.cost) FROM P q WHERE q.dept = p.dept AND q.open = 1) AND p.status = 'v1' => WITH cte_1 AS ( SELECT P.dept AS c1 , AVG( P.cost ) AS c2 FROM P WHERE P.open = 1 GROUP BY P.dept ) SELECT P.name FROM P JOIN cte_1 ON cte_1.c1 = P.dept WHERE P.cost > 2 * cte_1.c2 AND P.status = 'v1'
         SELECT p.name FROM P p WHERE p.cost > (SELECT COUNT(*) FROM P q WHERE q.dept = p.dept) => ! outer column
         SELECT p.name FROM P p WHERE p.cost > COALESCE((SELECT AVG(q.cost) FROM P q WHERE q.dept = p.dept), 0) => ! outer column
         SELECT p.name FROM P p WHERE EXISTS (SELECT MAX(q.cost) FROM P q WHERE q.dept = p.dept) => ! exists over groups
         SELECT P.name FROM P WHERE P.cost > (SELECT AVG(R.rate) FROM R WHERE R.rate > (SELECT MAX(S.share) FROM S WHERE S.role = R.dept)) => WITH cte_1 AS ( SELECT S.role AS c1 , MAX( S.share ) AS c2 FROM S GROUP BY S.role ) SELECT P.name FROM P WHERE P.cost > ( SELECT AVG( R.rate ) FROM R JOIN cte_1 ON cte_1.c1 = R.dept WHERE R.rate > cte_1.c2 )
         SELECT p.name FROM P p WHERE EXISTS (SELECT 1 FROM R q WHERE q.dept = p.dept AND q.rate > 2) => SELECT P.name FROM P WHERE P.dept IN ( SELECT R.dept FROM R WHERE R.rate > 2 )
         SELECT p.name FROM P p WHERE NOT EXISTS (SELECT 1 FROM R q WHERE q.dept = p.dept AND q.rate > 2) => WITH cte_1 AS ( SELECT DISTINCT R.dept AS c1 FROM R WHERE R.rate > 2 ) SELECT P.name FROM P LEFT JOIN cte_1 ON cte_1.c1 = P.dept WHERE cte_1.c1 IS NULL
         SELECT P.name FROM P WHERE NOT EXISTS (SELECT 1 FROM S WHERE S.code = P.code AND S.share > 2) => SELECT P.name FROM P WHERE NOT EXISTS ( SELECT 1 FROM S WHERE S.code = P.code AND S.share > 2 )",
    );
}

#[test]
fn windows() {
    check(
        "SELECT name, ROW_NUMBER() OVER (ORDER BY cost DESC, name) AS n FROM P => SELECT P.name , ROW_NUMBER() OVER ( ORDER BY P.cost DESC , P.name ) AS c1 FROM P
         SELECT name, cost, RANK() OVER (PARTITION BY dept, status ORDER BY budget - cost) FROM P ORDER BY 3 LIMIT 2 => SELECT P.name , P.cost , RANK() OVER ( PARTITION BY P.dept , P.status ORDER BY P.budget - P.cost ) AS c1 FROM P ORDER BY c1 LIMIT 2
         SELECT name, RANK() OVER (ORDER BY 100.0 * (budget - cost) / budget DESC) FROM P => SELECT P.name , RANK() OVER ( ORDER BY 100.0 * ( P.budget - P.cost ) / P.budget DESC ) AS c1 FROM P
         SELECT name, cost * 100.0 / SUM(cost) OVER () FROM P => SELECT P.name , 100.0 * P.cost / SUM( P.cost ) OVER ( ) AS c1 FROM P
         SELECT start, SUM(cost) OVER (ORDER BY start RANGE UNBOUNDED PRECEDING), AVG(cost) OVER (ORDER BY start ROWS 4 PRECEDING) FROM P => ! window frame
         SELECT start, SUM(cost) OVER (ORDER BY start ROWS UNBOUNDED PRECEDING), COUNT(*) OVER (PARTITION BY dept) FROM P => SELECT P.start , SUM( P.cost ) OVER ( ORDER BY P.start ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW ) AS c1 , COUNT(*) OVER ( PARTITION BY P.dept ) AS c2 FROM P
         SELECT start, cost - LAG(cost, 1) OVER (ORDER BY start), LEAD(name) OVER (ORDER BY start) FROM P => SELECT P.start , P.cost - LAG( P.cost ) OVER ( ORDER BY P.start ) AS c1 , LEAD( P.name ) OVER ( ORDER BY P.start ) AS c2 FROM P
         SELECT dept, SUM(cost) AS n, RANK() OVER (ORDER BY SUM(cost) DESC) FROM P GROUP BY dept ORDER BY n => WITH cte_1 AS ( SELECT P.dept AS c1 , SUM( P.cost ) AS c2 FROM P GROUP BY P.dept ) SELECT cte_1.c1 , cte_1.c2 , RANK() OVER ( ORDER BY cte_1.c2 DESC ) AS c1 FROM cte_1 ORDER BY cte_1.c2
         SELECT dept, SUM(cost) * 100.0 / SUM(SUM(cost)) OVER () FROM P WHERE open = 1 GROUP BY 1 HAVING SUM(cost) > 71 => WITH cte_1 AS ( SELECT P.dept AS c1 , SUM( P.cost ) AS c2 FROM P WHERE P.open = 1 GROUP BY P.dept HAVING SUM( P.cost ) > 71 ) SELECT cte_1.c1 , 100.0 * cte_1.c2 / SUM( cte_1.c2 ) OVER ( ) AS c1 FROM cte_1
         SELECT t.name FROM (SELECT name, RANK() OVER (PARTITION BY dept ORDER BY cost DESC) AS n FROM P) AS t WHERE t.n <= 71 => WITH cte_1 AS ( SELECT P.name AS c1 , RANK() OVER ( PARTITION BY P.dept ORDER BY P.cost DESC ) AS c2 FROM P ) SELECT cte_1.c1 FROM cte_1 WHERE cte_1.c2 <= 71
         SELECT STRFTIME('%Y', start) AS y, SUM(cost), SUM(SUM(cost)) OVER (ORDER BY STRFTIME('%Y', start)) FROM P GROUP BY y => WITH cte_1 AS ( SELECT STRFTIME('%Y', P.start) AS c1 , SUM( P.cost ) AS c2 FROM P GROUP BY STRFTIME('%Y', P.start) ) SELECT cte_1.c1 , cte_1.c2 , SUM( cte_1.c2 ) OVER ( ORDER BY cte_1.c1 ) AS c1 FROM cte_1
         SELECT DISTINCT RANK() OVER (ORDER BY cost) FROM P => ! window here
         SELECT RANK() OVER () FROM P => ! window without an order
         SELECT SUM(cost) FILTER (WHERE open = 1) OVER () FROM P => ! window of this shape
         SELECT dept, RANK() OVER (ORDER BY SUM(cost)) AS r FROM P GROUP BY dept ORDER BY ABS(r) => ! order by function ABS",
    );
}

#[test]
fn a_value_is_called_what_the_question_says() {
    let catalog = catalog_from_ddl(DDL).expect("the schema is well formed");
    let lexicon = Lexicon::new(&catalog, vec![]);
    for sql in ["SELECT CASE WHEN cost > 1 THEN 'v1' END FROM P", "SELECT code || 'v1' FROM P"] {
        let mut query = marked(sql, &catalog);
        let mut read = |part| {
            each_expr_mut(&mut query, &mut |e| {
                if let ExprKind::Literal(Literal { slot: Some(said), .. }) = &mut e.kind {
                    said.part = part;
                }
            });
            lexemes(&query, &catalog, &lexicon, CanonicalOptions::default()).is_ok()
        };
        assert!(read(SlotPart::Said) && !read(SlotPart::Whole), "{sql}");
    }
}

#[test]
fn calendars_say_where_their_last_period_ends() {
    let catalog = catalog_from_ddl(DDL).expect("the schema is well formed");
    let bound = |first: &str, step: &str, condition: &str| {
        let sql = format!(
            "WITH RECURSIVE m AS (SELECT '{first}' AS d UNION ALL SELECT DATE(d, '{step}') FROM m WHERE {condition}) SELECT d FROM m"
        );
        let mut query = crate::parse(&sql, &catalog, Dialect::Sqlite).ok().expect("it parses");
        crate::calendar::normalise(&mut query);
        match crate::calendar::calendar_of(&query.with[0]).map(|calendar| calendar.end.kind) {
            Some(ExprKind::Literal(literal)) => Some(literal.value),
            _ => None,
        }
    };
    let day = |text: &str| Some(Value::Text(text.to_owned()));
    assert_eq!(bound("2026-01-01", "+1 month", "d < '2026-12-01'"), day("2027-01-01"));
    assert_eq!(bound("2026-01-01", "+1 month", "DATE(d, '+1 month') <= '2026-12-31'"), day("2027-01-01"));
    assert_eq!(bound("2026-11-16", "+1 day", "d < '2026-11-22'"), day("2026-11-23"));
    assert_eq!(bound("2024-01-01", "+3 months", "d <= '2025-07-01'"), day("2026-01-01"));
    assert_eq!(bound("2022-12-31", "+1 year", "d < '2025-12-31'"), day("2026-12-31"));
    assert_eq!(bound("2026-01-31", "+1 month", "d < '2026-12-31'"), None);
    assert_eq!(bound("2026-01-01", "+1 month", "d > '2026-12-31'"), None);
}

#[test]
fn joins() {
    check(
        "SELECT p.name FROM S s JOIN P p ON p.code = s.code => SELECT P.name FROM S JOIN P ON P.code = S.code
         SELECT p.name FROM S s, P p WHERE s.code = p.code AND s.share > 71 => SELECT P.name FROM S JOIN P ON P.code = S.code WHERE S.share > 71
         SELECT p.name FROM S s CROSS JOIN P p WHERE p.code = s.code => SELECT P.name FROM S JOIN P ON P.code = S.code
         SELECT p.name FROM P p JOIN S s ON s.code = p.code AND s.share > 71 WHERE p.cost > 1 => SELECT P.name FROM S JOIN P ON P.code = S.code WHERE P.cost > 1 AND S.share > 71
         SELECT p.name FROM P p LEFT JOIN S s ON s.code = p.code WHERE s.id IS NULL => SELECT P.name FROM P LEFT JOIN S ON S.code = P.code WHERE S.id IS NULL
         SELECT p.name FROM S s RIGHT JOIN P p ON s.code = p.code => SELECT P.name FROM P LEFT JOIN S ON S.code = P.code
         SELECT a.name, b.name FROM R a JOIN R b ON a.boss_id = b.id => SELECT R.name , R_2.name FROM R JOIN R AS R_2 ON R_2.id = R.boss_id
         SELECT p.name, r.name FROM P p, R r, S s WHERE s.res_id = r.id AND s.code = p.code => SELECT P.name , R.name FROM S JOIN P ON P.code = S.code JOIN R ON R.id = S.res_id
         SELECT M.note FROM M JOIN L ON L.a = M.a AND M.b = L.b => SELECT M.note FROM M JOIN L ON L.a = M.a AND L.b = M.b
         SELECT M.note FROM M JOIN L ON L.a = M.a => SELECT M.note FROM M JOIN L ON L.a = M.a
         SELECT x.share FROM S x, P, S y WHERE x.code = y.code AND y.code = P.code => SELECT S.share FROM S JOIN P ON P.code = S.code JOIN S AS S_2 ON S_2.code = P.code
         SELECT p.name FROM P p LEFT JOIN S s ON s.code = p.code AND s.share > 1 => SELECT P.name FROM P LEFT JOIN S ON S.code = P.code AND S.share > 1
         SELECT p.name, COUNT(s.id) FROM P p LEFT JOIN S s ON (s.role = 'v1' OR s.role IS NULL) AND p.code = s.code AND s.share > 1 WHERE p.cost > 2 GROUP BY p.name => SELECT P.name , COUNT( S.id ) AS c1 FROM P LEFT JOIN S ON S.code = P.code AND S.share > 1 AND ( S.role = 'v1' OR S.role IS NULL ) WHERE P.cost > 2 GROUP BY P.name
         SELECT p.name FROM P p LEFT JOIN R ON p.dept = R.dept AND R.rate > p.cost => SELECT P.name FROM P LEFT JOIN R ON R.dept = P.dept AND R.rate > P.cost
         SELECT p.name FROM P p LEFT JOIN S s ON s.code = p.code AND s.share > (SELECT AVG(cost) FROM P) => ! subquery in a join
         SELECT p.name FROM P p JOIN R ON R.dept = p.dept => SELECT P.name FROM P JOIN R ON R.dept = P.dept
         SELECT p.name FROM S s FULL JOIN P p ON s.code = p.code => ! full join",
    );
}

#[test]
fn conditions() {
    check(
        "SELECT name FROM P WHERE NOT (cost > 1 OR status = 'v1') => SELECT P.name FROM P WHERE P.cost <= 1 AND P.status <> 'v1'
         SELECT name FROM P WHERE NOT (cost > 1 AND status = 'v1') => SELECT P.name FROM P WHERE ( P.cost <= 1 OR P.status <> 'v1' )
         SELECT name FROM P WHERE (cost > 1 AND (status = 'v1')) AND dept = 'v2' => SELECT P.name FROM P WHERE P.cost > 1 AND P.status = 'v1' AND P.dept = 'v2'
         SELECT name FROM P WHERE status = 'v1' OR status = 'v2' OR (dept = 's1' AND cost > 71) => SELECT P.name FROM P WHERE ( P.status = 'v1' OR P.status = 'v2' OR P.dept = 's1' AND P.cost > 71 )
         SELECT name FROM P WHERE open = TRUE AND 1 = cost => SELECT P.name FROM P WHERE P.cost = 1 AND P.open = 1
         SELECT name FROM P WHERE open AND NOT open => SELECT P.name FROM P WHERE P.open = 1 AND P.open = 0
         SELECT name FROM P WHERE open <> 0 => SELECT P.name FROM P WHERE P.open = 1
         SELECT name FROM P WHERE status IN ('v1', 'v2') => SELECT P.name FROM P WHERE P.status IN ( 'v1' , 'v2' )
         SELECT name FROM P WHERE status NOT IN ('v1') => SELECT P.name FROM P WHERE P.status <> 'v1'
         SELECT name FROM P WHERE NOT status IN ('v1', 'v2', 'v1') => SELECT P.name FROM P WHERE P.status NOT IN ( 'v1' , 'v2' )
         SELECT name FROM P WHERE name LIKE '%s1%' AND dept NOT LIKE 'v1%' => SELECT P.name FROM P WHERE P.name LIKE '%s1%' AND P.dept NOT LIKE 'v1%'
         SELECT name FROM P WHERE cost BETWEEN 71 AND 72 => SELECT P.name FROM P WHERE P.cost BETWEEN 71 AND 72
         SELECT name FROM P WHERE NOT cost BETWEEN 71 AND 72 => SELECT P.name FROM P WHERE ( P.cost < 71 OR P.cost > 72 )
         SELECT name FROM P WHERE start BETWEEN '2002-01-01' AND '2003-01-01' => SELECT P.name FROM P WHERE P.start >= '2002-01-01' AND P.start < '2003-01-01'
         SELECT name FROM P WHERE start BETWEEN '2002-01-01' AND '2004-01-01' => SELECT P.name FROM P WHERE P.start >= '2002-01-01' AND P.start < '2003-01-01'
         SELECT name FROM P WHERE start > '2004-01-01' => SELECT P.name FROM P WHERE P.start >= '2003-01-01'
         SELECT name FROM P WHERE start <= '2004-01-01' => SELECT P.name FROM P WHERE P.start < '2003-01-01'
         SELECT name FROM P WHERE start < '2004-01-01' => ! literal <range1>
         SELECT name FROM P WHERE start < '2001-01-02' => SELECT P.name FROM P WHERE P.start <= '2001-01-01'
         SELECT name FROM P WHERE start >= '2001-01-02' => SELECT P.name FROM P WHERE P.start > '2001-01-01'
         SELECT a FROM L WHERE seen < '2001-01-02' AND seen >= '2001-02-02' => SELECT L.a FROM L WHERE L.seen < '2001-01-02' AND L.seen >= '2001-02-02'
         SELECT name FROM P WHERE cost > 0.71 * budget => SELECT P.name FROM P WHERE P.cost > 0.71 * P.budget
         SELECT name FROM P WHERE start >= '2002-01-01' AND start < '2003-01-01' => SELECT P.name FROM P WHERE P.start >= '2002-01-01' AND P.start < '2003-01-01'
         SELECT name FROM P WHERE start BETWEEN '2001-01-01' AND '2001-02-01' => SELECT P.name FROM P WHERE P.start BETWEEN '2001-01-01' AND '2001-02-01'
         SELECT name FROM P WHERE start <= '2026-11-20' => SELECT P.name FROM P WHERE P.start <= '2026-11-20'
         SELECT name FROM P WHERE cost > budget => SELECT P.name FROM P WHERE P.cost > P.budget
         SELECT name FROM P WHERE (budget - cost) / budget < 71 / 100.0 => SELECT P.name FROM P WHERE ( P.budget - P.cost ) / P.budget < 71 / 100.0
         SELECT name FROM P WHERE cost > budget * (1 + 71 / 100.0) => SELECT P.name FROM P WHERE P.cost > P.budget * ( 1 + 71 / 100.0 )
         SELECT name FROM P WHERE NOT dept IS NULL => SELECT P.name FROM P WHERE P.dept IS NOT NULL
         SELECT name FROM P WHERE 1 = 1 AND cost > 0 => ! comparison of constants
         SELECT name FROM P WHERE cost > 17 => ! literal 17
         SELECT name FROM P WHERE name > 's1' => ! order of texts
         SELECT name FROM P WHERE UPPER(name) = 's1' => ! comparison of a computed text",
    );
}

#[test]
fn subqueries() {
    check(
        "SELECT name FROM P WHERE cost > (SELECT AVG(cost) FROM P) => SELECT P.name FROM P WHERE P.cost > ( SELECT AVG( P_2.cost ) FROM P AS P_2 )
         SELECT name FROM P WHERE cost = (SELECT MAX(cost) FROM P) => SELECT P.name FROM P WHERE P.cost = ( SELECT MAX( P_2.cost ) FROM P AS P_2 )
         SELECT name FROM P WHERE cost = (SELECT cost FROM P ORDER BY cost DESC LIMIT 1) => SELECT P.name FROM P WHERE P.cost = ( SELECT P_2.cost FROM P AS P_2 ORDER BY P_2.cost DESC LIMIT 1 )
         SELECT name FROM P WHERE dept = (SELECT x.dept FROM P x WHERE x.name = 's1') => SELECT P.name FROM P WHERE P.dept = ( SELECT P_2.dept FROM P AS P_2 WHERE P_2.name = 's1' )
         SELECT name FROM P WHERE code IN (SELECT code FROM S WHERE share > 71) => SELECT P.name FROM P WHERE P.code IN ( SELECT S.code FROM S WHERE S.share > 71 )
         SELECT name FROM P WHERE code NOT IN (SELECT DISTINCT code FROM S WHERE code IS NOT NULL) => SELECT P.name FROM P WHERE P.code NOT IN ( SELECT S.code FROM S WHERE S.code IS NOT NULL )
         SELECT name FROM P WHERE code IN (SELECT code FROM S GROUP BY code HAVING COUNT(*) > 2) => SELECT P.name FROM P WHERE P.code IN ( SELECT S.code FROM S GROUP BY S.code HAVING COUNT(*) > 2 )
         SELECT name FROM P WHERE EXISTS (SELECT * FROM S WHERE S.share > 71 AND S.code = P.code) => SELECT P.name FROM P WHERE EXISTS ( SELECT 1 FROM S WHERE S.code = P.code AND S.share > 71 )
         SELECT name FROM P WHERE NOT EXISTS (SELECT 1 FROM S JOIN R ON R.id = S.res_id WHERE P.code = S.code AND R.dept = 'v1') => SELECT P.name FROM P WHERE NOT EXISTS ( SELECT 1 FROM S JOIN R ON R.id = S.res_id WHERE S.code = P.code AND R.dept = 'v1' )
         SELECT name FROM P WHERE NOT EXISTS (SELECT 1 FROM S, R WHERE P.code = S.code AND R.id = S.res_id) => SELECT P.name FROM P WHERE NOT EXISTS ( SELECT 1 FROM S JOIN R ON R.id = S.res_id WHERE S.code = P.code )
         SELECT name FROM P WHERE cost > (SELECT SUM(s.share) FROM S s WHERE s.code = P.code) => SELECT P.name FROM P WHERE P.cost > ( SELECT SUM( S.share ) FROM S WHERE S.code = P.code )
         SELECT x.name FROM R x WHERE x.rate > (SELECT AVG(y.rate) FROM R y WHERE y.boss_id = x.id) => SELECT R.name FROM R WHERE R.rate > ( SELECT AVG( R_2.rate ) FROM R AS R_2 WHERE R_2.boss_id = R.id )
         SELECT name FROM P WHERE cost > 2 * (SELECT AVG(cost) FROM P) => SELECT P.name FROM P WHERE P.cost > 2 * ( SELECT AVG( P_2.cost ) FROM P AS P_2 )
         SELECT name FROM P WHERE (SELECT COUNT(*) FROM S WHERE S.code = P.code) >= 2 => SELECT P.name FROM P WHERE ( SELECT COUNT(*) FROM S WHERE S.code = P.code ) >= 2
         SELECT name FROM P WHERE EXISTS (SELECT 1 FROM S) => ! exists without a key to the enclosing query
         SELECT name FROM P WHERE EXISTS (SELECT 1 FROM S WHERE S.code = P.code AND S.share > P.cost) => ! outer column
         SELECT name, (SELECT COUNT(*) FROM S) FROM P => SELECT P.name , ( SELECT COUNT(*) FROM S ) AS c1 FROM P",
    );
}

#[test]
fn groups_and_order() {
    check(
        "SELECT dept, COUNT(*) FROM P GROUP BY dept => SELECT P.dept , COUNT(*) AS c1 FROM P GROUP BY P.dept
         SELECT dept, COUNT(*) AS n FROM P GROUP BY 1 HAVING n > 2 ORDER BY n DESC, dept LIMIT 71 => SELECT P.dept , COUNT(*) AS c1 FROM P GROUP BY P.dept HAVING COUNT(*) > 2 ORDER BY c1 DESC , P.dept LIMIT 71
         SELECT dept AS d FROM P GROUP BY d HAVING SUM(cost) > AVG(budget) AND d = 'v1' => SELECT P.dept FROM P WHERE P.dept = 'v1' GROUP BY P.dept HAVING SUM( P.cost ) > AVG( P.budget )
         SELECT P.name, COUNT(S.id) FROM P LEFT JOIN S ON S.code = P.code GROUP BY P.code => SELECT P.name , COUNT( S.id ) AS c1 FROM P LEFT JOIN S ON S.code = P.code GROUP BY P.code , P.name
         SELECT P.name, SUM(S.share) FROM S JOIN P ON S.code = P.code GROUP BY S.code => SELECT P.name , SUM( S.share ) AS c1 FROM S JOIN P ON P.code = S.code GROUP BY S.code , P.name
         SELECT dept FROM P GROUP BY dept ORDER BY COUNT(*) DESC LIMIT 1 => SELECT P.dept FROM P GROUP BY P.dept ORDER BY COUNT(*) DESC LIMIT 1
         SELECT dept FROM P GROUP BY dept HAVING COUNT(*) = (SELECT COUNT(*) FROM R) => SELECT P.dept FROM P GROUP BY P.dept HAVING COUNT(*) = ( SELECT COUNT(*) FROM R )
         SELECT dept FROM P GROUP BY dept HAVING COUNT(*) BETWEEN 1 AND 2 => SELECT P.dept FROM P GROUP BY P.dept HAVING COUNT(*) BETWEEN 1 AND 2
         SELECT dept FROM P GROUP BY dept HAVING NOT (COUNT(*) < 2 OR SUM(cost) > 100) => SELECT P.dept FROM P GROUP BY P.dept HAVING COUNT(*) >= 2 AND SUM( P.cost ) <= 100
         SELECT dept FROM P GROUP BY dept HAVING COUNT(*) IN (1, 2) => SELECT P.dept FROM P GROUP BY P.dept HAVING ( COUNT(*) = 1 OR COUNT(*) = 2 )
         SELECT name FROM P ORDER BY cost DESC, name LIMIT 1 => SELECT P.name FROM P ORDER BY P.cost DESC , P.name LIMIT 1
         SELECT name FROM P ORDER BY budget - cost => SELECT P.name FROM P ORDER BY P.budget - P.cost
         SELECT name, budget - cost FROM P ORDER BY 2 DESC => SELECT P.name , P.budget - P.cost AS c1 FROM P ORDER BY c1 DESC
         SELECT name, budget - cost AS m FROM P WHERE m > 0 => SELECT P.name , P.budget - P.cost AS c1 FROM P WHERE P.budget - P.cost > 0
         SELECT COUNT(*) FROM P ORDER BY 1 LIMIT 1 => SELECT COUNT(*) AS c1 FROM P
         SELECT name, MAX(cost) FROM P => ! column beside aggregates
         SELECT name, COUNT(*) FROM P GROUP BY dept => ! column beside aggregates
         SELECT name FROM P ORDER BY cost NULLS LAST => ! nulls first or last
         SELECT name FROM P LIMIT 1 OFFSET 2 => ! offset
         SELECT DISTINCT dept FROM P ORDER BY cost => ! order of distinct rows by what is not shown
         SELECT COUNT(*) AS n, dept FROM P GROUP BY dept HAVING COUNT(*) < (SELECT SUM(rate) FROM R GROUP BY dept ORDER BY 1 DESC LIMIT 1) => SELECT COUNT(*) AS c1 , P.dept FROM P GROUP BY P.dept HAVING COUNT(*) < ( SELECT SUM( R.rate ) FROM R GROUP BY R.dept ORDER BY SUM( R.rate ) DESC LIMIT 1 )",
    );
}

#[test]
fn slots_are_filled_as_the_column_stores_them() {
    let catalog = catalog_from_ddl(DDL).expect("the schema is well formed");
    let column = |name| catalog.find_qualified(name).expect("the column exists");
    let known = |name, stored: &str| KnownValue { column: column(name), stored: stored.to_owned(), score: 1.0 };
    let slot = |kind, readings| FilledSlot {
        slot: Slot { kind, number: 1 },
        span: Default::default(),
        again: vec![],
        readings,
    };
    let values = vec![known("P.dept", "R&D"), known("P.name", "O'Neil 50%")];
    let number = Reading::Number { value: Value::Real(0.5), unit: NumberUnit::None };
    let day = |d: u8| format!("2024-03-{d:02}").parse().expect("a day");
    let question = NormalizedQuestion {
        original: String::new(),
        today: day(1),
        pieces: vec![],
        slots: vec![
            slot(SlotKind::Val, vec![Reading::Known(values)]),
            slot(SlotKind::Num, vec![number]),
            slot(SlotKind::Range, vec![Reading::Range { start: day(1), end: day(31) }, Reading::Date(day(5))]),
        ],
    };
    let fill = |kind, part, name: &str, choice: &[usize]| {
        fill_from(&question, choice)(SlotUse { slot: Slot { kind, number: 1 }, part }, catalog.find_qualified(name))
    };
    assert_eq!(fill(SlotKind::Val, SlotPart::Whole, "P.dept", &[]).as_deref(), Some("R&D"));
    assert_eq!(fill(SlotKind::Val, SlotPart::Whole, "P.status", &[]), None);
    assert_eq!(fill(SlotKind::Val, SlotPart::Said, "P.status", &[]).as_deref(), Some("R&D"));
    assert_eq!(fill(SlotKind::Val, SlotPart::Contains, "P.name", &[]).as_deref(), Some(r"%O'Neil 50\%%"));
    assert_eq!(fill(SlotKind::Num, SlotPart::Whole, "P.cost", &[]).as_deref(), Some("0.5"));
    assert_eq!(fill(SlotKind::Num, SlotPart::Fraction, "P.cost", &[]).as_deref(), Some("0.005"));
    assert_eq!(fill(SlotKind::Range, SlotPart::End, "P.start", &[]).as_deref(), Some("2024-03-31"));
    assert_eq!(fill(SlotKind::Range, SlotPart::Last, "P.start", &[]).as_deref(), Some("2024-03-30"));
    assert_eq!(fill(SlotKind::Range, SlotPart::End, "P.start", &[0, 0, 1]).as_deref(), Some("2024-03-06"));
    assert_eq!(fill(SlotKind::Str, SlotPart::Whole, "P.name", &[]), None);
    let lexicon = Lexicon::new(&catalog, vec![]);
    let query = marked("SELECT code FROM P WHERE name LIKE '%v1%' AND cost > 71", &catalog);
    let lexemes = lexemes(&query, &catalog, &lexicon, CanonicalOptions::default()).expect("canonical");
    let sql = text(&lexemes, &catalog, &lexicon, &fill_from(&question, &[]), TODAY);
    assert_eq!(
        sql.as_deref(),
        Ok(r"SELECT P.code FROM P WHERE P.name LIKE '%O''Neil 50\%%' ESCAPE '\' AND P.cost > 0.5")
    );
}

#[test]
fn the_matcher_refuses_what_makes_no_sense() {
    let catalog = catalog_from_ddl(DDL).expect("the schema is well formed");
    let lexicon = Lexicon::new(&catalog, vec![]);
    let limits = Limits { sources: 2, items: 3, ..Limits::default() };
    let grammar = Grammar::new(&catalog, &lexicon, None, limits);
    let mut slots = SlotTable::new();
    slots.add(
        Slot { kind: SlotKind::Val, number: 1 },
        vec![catalog.find_qualified("P.dept").expect("the column exists")],
    );
    for kind in [SlotKind::Num, SlotKind::Date, SlotKind::Str] {
        slots.add(Slot { kind, number: 1 }, vec![]);
    }
    let refused = [
        "SELECT SUM(name) FROM P",
        "SELECT AVG(id) FROM R",
        "SELECT cost + start FROM P",
        "SELECT name FROM P WHERE cost = start",
        "SELECT name FROM P WHERE cost = dept",
        "SELECT name FROM P WHERE cost = 's1'",
        "SELECT name FROM P WHERE name = 71",
        "SELECT name FROM P WHERE start > 71",
        "SELECT name FROM P WHERE status = 'v1'",
        "SELECT name FROM P WHERE status = 'v2'",
        "SELECT name FROM P WHERE cost LIKE '%s1%'",
        "SELECT name FROM P WHERE cost IN (SELECT name FROM R)",
        "SELECT name, budget, cost, dept FROM P",
        "SELECT P.name FROM P JOIN S ON S.code = P.code JOIN R ON R.id = S.res_id",
    ];
    for sql in refused {
        let lexemes = canonical(sql, &catalog, &lexicon).expect("canonical");
        assert!(admits(&grammar, &lexicon, &slots, &lexemes).is_err(), "{sql}");
    }
    for sql in ["SELECT name FROM P WHERE dept = 'v1'", "SELECT name FROM P WHERE status LIKE '%v1%'"] {
        let lexemes = canonical(sql, &catalog, &lexicon).expect("canonical");
        assert_eq!(admits(&grammar, &lexicon, &slots, &lexemes), Ok(()), "{sql}");
    }
}

/// What became of some queries.
#[derive(Default)]
struct Counted {
    /// How many the matcher admits.
    said: usize,
    /// How often canonical SQL lacks something.
    missing: BTreeMap<String, usize>,
    /// Canonical texts that the matcher refuses.
    refused: Vec<String>,
}

impl Counted {
    fn add(&mut self, sql: &str, ground: &Ground<'_>) {
        match ground.cover(sql) {
            Coverage::Admitted => self.said += 1,
            Coverage::Unread => panic!("{sql}"),
            Coverage::Missing(feature) => *self.missing.entry(feature).or_default() += 1,
            Coverage::Refused(text) => self.refused.push(text),
        }
    }
}

fn field(line: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    value[name].as_str().unwrap_or_default().to_owned()
}

fn report(name: &str, coverage: &Counted) {
    let missing: usize = coverage.missing.values().sum();
    let all = coverage.said + missing + coverage.refused.len();
    eprintln!("{name}: {} of {all}; missing {:?}; refused {:#?}", coverage.said, coverage.missing, coverage.refused);
}

#[test]
fn the_packs_queries_are_admitted() {
    let catalog = catalog_from_ddl(include_str!("../../../../packs/gl/schema.sql")).expect("the schema is well formed");
    let ground = Ground::new(&catalog);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/gl/questions");
    let mut coverage = Counted::default();
    for file in ["examples", "corpus-a", "corpus-b", "corpus-c"] {
        let lines = std::fs::read_to_string(format!("{folder}/{file}.jsonl")).expect("the pack has the file");
        let queries = lines.lines().map(|line| field(line, "sql")).filter(|sql| !sql.is_empty());
        queries.for_each(|sql| coverage.add(&sql, &ground));
    }
    report("the pack", &coverage);
    assert!(coverage.refused.is_empty() && coverage.said > 1300);
}

#[test]
fn most_human_queries_over_other_schemas_are_admitted() {
    let Some(suites) = std::env::var_os("GLRL_SUITES") else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let folder = std::path::PathBuf::from(suites).join("spider");
    let lines = std::fs::read_to_string(folder.join("queries.jsonl")).expect("the suite has queries");
    let mut coverage = Counted::default();
    for line in lines.lines() {
        let ddl = std::fs::read_to_string(folder.join(format!("{}.sql", field(line, "db_id")))).expect("a schema");
        let catalog = catalog_from_ddl(&ddl).expect("the schema is well formed");
        coverage.add(&field(line, "sql"), &Ground::new(&catalog));
    }
    report("Spider", &coverage);
    assert!(coverage.refused.len() < 5 && coverage.said > 230);
}
