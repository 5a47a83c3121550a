//! Completions and what they are worth, on two databases whose rows stand below.

use database::fill::Recipe;
use database::{DemoSpec, Image, Limits, fill};
use judge::Difference;
use judge::reward::{
    Case, Components, Court, Outcome, Profile, RIGHT_FROM, Settings, Trial, WRONG_BELOW, Weights, Wrong, feedback,
    is_right, ready, reward,
};
use sql::{Options, VerifiedQuery, verify};

const DDL: &str = "CREATE TABLE t (name TEXT, n INTEGER, kind TEXT); CREATE TABLE u (x TEXT, y INTEGER)";
const ROWS: [&str; 2] = [
    "INSERT INTO t VALUES ('a', 1, 'p'), ('b', 2, 'p'), ('c', 3, 'q'), ('d', NULL, 'q');
     INSERT INTO u VALUES ('b', 2), ('c', 3)",
    "INSERT INTO t VALUES ('a', 1, 'p'), ('b', 5, 'q'), ('e', 2, 'q'); INSERT INTO u VALUES ('b', 2), ('c', 3)",
];
/// b and c on the first database, b and e on the second.
const REFERENCE: &str = "SELECT name FROM t WHERE n >= 2";

fn databases() -> Vec<Image> {
    ROWS.iter().map(|rows| image(DDL, &format!("DELETE FROM t; DELETE FROM u; {rows}"))).collect()
}

/// A database of these tables, filled and then changed by a script.
fn image(ddl: &str, script: &str) -> Image {
    let catalog = sql::ddl::catalog_from_ddl(ddl).expect("a script");
    let recipe = Recipe { catalog: &catalog, ddl, spec: &DemoSpec::default(), seed: 1 };
    let filled = Image::of(&mut fill(&recipe).expect("a filled database"), &catalog).expect("an image");
    filled.changed(script, &catalog).expect("rows")
}

fn verified(images: &[Image], sql: &str) -> VerifiedQuery {
    verify(sql, images[0].catalog(), &Options::default()).expect(sql)
}

/// Tries a completion of a question with these references.
fn tried(references: &[&str], in_order: bool, completion: &str) -> Trial {
    let images = databases();
    let queries: Vec<VerifiedQuery> = references.iter().map(|sql| verified(&images, sql)).collect();
    let case = Case::open(&images, &queries, in_order, &Limits::default()).expect("the references run");
    court(&images).text(&case, completion, &Options::default())
}

fn court(images: &[Image]) -> Court<'_> {
    Court { images, limits: Limits::default(), witnesses: 0, in_words: true }
}

fn worth(completion: &str) -> f64 {
    reward(&tried(&[REFERENCE], false, completion), &Settings::default())
}

#[track_caller]
fn close(given: f64, want: f64) {
    assert!((given - want).abs() < 1e-12, "{given} where {want} is right");
}

#[test]
fn right_rows_are_right_however_they_are_asked_for() {
    let right = [
        REFERENCE,
        "SELECT name FROM t WHERE n > 1",
        "SELECT name AS who FROM t WHERE NOT n < 2 ORDER BY name DESC",
        "SELECT t.name FROM t JOIN t AS other ON other.name = t.name WHERE t.n >= 2",
        "```sql\nSELECT name FROM t WHERE n >= 2;\n```",
    ];
    for sql in right {
        let worth = worth(sql);
        assert!((RIGHT_FROM..=1.0).contains(&worth) && is_right(worth), "{worth}: {sql}");
    }
}

#[test]
fn nearly_right_rows_are_worth_their_overlap() {
    // Rows: c of b and c, so 1 of 2 cells and 1 of 2 rows: 0.5. Tree: t, t.name and t.n of those and a condition each: 6/8.
    let trial = tried(&[REFERENCE], false, "SELECT name FROM t WHERE n >= 3");
    let Outcome::Wrong(wrong) = &trial.outcome else { panic!("{trial:?}") };
    assert_eq!((wrong.database, wrong.difference), (0, Difference::RowCount { expected: 2, given: 1 }));
    close(wrong.rows, 0.5);
    close(wrong.tree, 0.75);
    close(reward(&trial, &Settings::default()), 0.6 * (0.6 * 0.5 + 0.4 * 0.75));
    close(reward(&trial, &Settings { dense: false, ..Settings::default() }), 0.0);
    assert_eq!(trial.components.accuracy, Some(0.5));
}

#[test]
fn rows_of_one_database_learnt_by_heart_are_wrong() {
    let trial = tried(&[REFERENCE], false, "SELECT name FROM t WHERE name IN ('b', 'c')");
    let Outcome::Wrong(wrong) = &trial.outcome else { panic!("{trial:?}") };
    assert_eq!(wrong.database, 1);
    close(wrong.rows, 0.5);
}

#[test]
fn degenerate_answers_are_worth_nothing() {
    let degenerate = [
        "SELECT name FROM t WHERE n >= 2 LIMIT 0",
        "SELECT name FROM t WHERE n >= 2 AND 1 = 0",
        "SELECT name FROM t WHERE n >= 2 LIMIT 5 OFFSET 100",
        "SELECT 'b'",
        "SELECT 'b' FROM t",
        "SELECT c FROM (SELECT 'b' AS c FROM t)",
        "VALUES ('b'), ('c')",
        "SELECT x FROM u",
        "SELECT x, y FROM u",
        "SELECT 'b' /* SELECT name FROM t WHERE n >= 2 */ FROM t WHERE n >= 2",
        "SELECT nme FROM t",
        "SELECT name FROM",
        "I think it is b and c",
        "<think>SELECT name FROM t WHERE n >= 2",
    ];
    for sql in degenerate {
        close(worth(sql), 0.0);
    }
}

#[test]
fn constants_that_happen_to_be_right_are_worth_nothing() {
    let images = databases();
    let rows = "SELECT COUNT(*) FROM u";
    let case = Case::open(&images, &[verified(&images, rows)], false, &Limits::default()).expect("it runs");
    let of = |sql: &str| court(&images).text(&case, sql, &Options::default());
    for sql in ["SELECT 2", "VALUES (2)", "SELECT 2 FROM u LIMIT 1", "SELECT MAX(2) FROM u"] {
        assert_eq!(of(sql).outcome, Outcome::Constant, "{sql}");
        close(reward(&of(sql), &Settings::default()), 0.0);
    }
    assert_eq!(of("SELECT COUNT(x) FROM u").outcome, Outcome::Right(2));
    assert_eq!(tried(&["SELECT 2"], false, "SELECT 1 + 1").outcome, Outcome::Right(2));
}

#[test]
fn wrong_answers_stay_far_below_right_ones() {
    let wrong = [
        "SELECT name, n FROM t WHERE n >= 2",
        "SELECT name FROM t",
        "SELECT * FROM t WHERE n >= 2",
        "SELECT name FROM t WHERE n >= 2 UNION ALL SELECT name FROM t WHERE n >= 2",
        "SELECT DISTINCT t.name FROM t, u",
        "SELECT n FROM t WHERE n >= 2",
    ];
    for sql in wrong {
        let worth = worth(sql);
        assert!(worth > 0.0 && worth < WRONG_BELOW && !is_right(worth), "{worth}: {sql}");
    }
    let stuffed = worth("SELECT name, n, kind, name, n, kind, n FROM t WHERE n >= 2");
    assert!(stuffed < worth("SELECT name, n FROM t WHERE n >= 2"), "what is too much counts against it");
}

#[test]
fn declining_and_writing() {
    close(worth(""), 0.0);
    close(worth("<unanswerable>"), 0.0);
    for sql in ["DELETE FROM t", "DROP TABLE t", "SELECT name FROM t WHERE n >= 2; DELETE FROM t"] {
        close(worth(sql), -1.0);
    }
    let images = databases();
    let of = |text: &str| court(&images).text(&Case::to_be_declined(), text, &Options::default());
    for profile in [Profile::Execution, Profile::Seed] {
        let settings = Settings { profile, ..Settings::default() };
        close(reward(&of("<unanswerable>"), &settings), 1.0);
        close(reward(&of(REFERENCE), &settings), -1.0);
        close(reward(&of("SELECT nothing FROM nowhere"), &settings), -1.0);
        close(reward(&of("<think>so"), &settings), -1.0);
        close(reward(&of("UPDATE t SET n = 1"), &settings), -1.0);
    }
}

#[test]
fn order_counts_where_it_is_asked_for_and_ties_are_free() {
    let by_n = "SELECT name FROM t WHERE n IS NOT NULL ORDER BY n DESC";
    let of = |reference: &str, in_order, sql: &str| tried(&[reference], in_order, sql);
    let ascending = of(by_n, true, "SELECT name FROM t WHERE n IS NOT NULL ORDER BY n");
    let Outcome::Wrong(wrong) = &ascending.outcome else { panic!("{ascending:?}") };
    assert_eq!(wrong.difference, Difference::Order);
    close(wrong.rows, 1.0);
    assert!(reward(&ascending, &Settings::default()) < WRONG_BELOW);
    assert_eq!(of(by_n, false, "SELECT name FROM t WHERE n IS NOT NULL").outcome, Outcome::Right(2));
    let by_kind = "SELECT name, kind FROM t ORDER BY kind";
    assert_eq!(of(by_kind, true, "SELECT name, kind FROM t ORDER BY kind, name DESC").outcome, Outcome::Right(2));
    assert_ne!(of(by_kind, true, "SELECT name, kind FROM t ORDER BY kind DESC").outcome, Outcome::Right(2));
}

#[test]
fn nulls_are_values_of_their_own() {
    let of = |sql: &str| tried(&["SELECT n FROM t"], false, sql).outcome;
    assert_eq!(of("SELECT n FROM t ORDER BY n DESC"), Outcome::Right(2));
    assert!(matches!(of("SELECT COALESCE(n, 0) FROM t"), Outcome::Wrong(Wrong { database: 0, .. })));
    assert!(matches!(of("SELECT n FROM t WHERE n IS NOT NULL"), Outcome::Wrong(Wrong { database: 0, .. })));
}

#[test]
fn one_alternative_must_be_right_on_every_database() {
    let references = [REFERENCE, "SELECT name, n FROM t WHERE n >= 2"];
    assert_eq!(tried(&references, false, "SELECT n, name FROM t WHERE n > 1").outcome, Outcome::Right(2));
    // Right by the first on the first database, and by the second on the second alone.
    let by_kind = ["SELECT name FROM t WHERE kind = 'p'", "SELECT name FROM t WHERE n = 1"];
    assert_eq!(tried(&by_kind, false, "SELECT name FROM t WHERE n = 1").outcome, Outcome::Right(2));
    let mixed = ["SELECT name FROM t WHERE name IN ('b', 'c')", "SELECT name FROM t WHERE name IN ('b', 'e')"];
    assert!(matches!(tried(&mixed, false, REFERENCE).outcome, Outcome::Wrong(Wrong { database: 1, .. })));
}

#[test]
fn witnesses_show_mistakes_that_lie_at_the_edge() {
    // No row of either database has n = 4, so that > and >= return the same.
    let (reference, other) = ("SELECT name FROM t WHERE n > 4", "SELECT name FROM t WHERE n >= 4");
    assert_eq!(tried(&[reference], false, other).outcome, Outcome::Right(2));
    let images = databases();
    let queries = [verified(&images, reference)];
    let case = Case::open(&images, &queries, false, &Limits::default()).expect("it runs");
    let court = Court { witnesses: 16, ..court(&images) };
    let of = |sql: &str| court.text(&case, sql, &Options::default());
    let found = of(other);
    assert!(matches!(&found.outcome, Outcome::Wrong(wrong) if wrong.is_witness), "{found:?}");
    assert!(feedback(&found, &Settings::default()).starts_with("Wrong on a database made for this question"));
    assert_eq!(of("SELECT name FROM t WHERE NOT n <= 4").outcome, Outcome::Right(18));
}

#[test]
fn what_is_wrong_without_witnesses_is_worth_the_same_with_them() {
    let images = databases();
    let queries = [verified(&images, REFERENCE)];
    let case = Case::open(&images, &queries, false, &Limits::default()).expect("it runs");
    let with = |witnesses, sql: &str| Court { witnesses, ..court(&images) }.text(&case, sql, &Options::default());
    for sql in
        ["SELECT name FROM t WHERE n >= 3", "SELECT x FROM u", "SELECT 'b'", "SELECT nme FROM t", "DELETE FROM t"]
    {
        assert_eq!(with(0, sql), with(6, sql), "{sql}");
    }
    assert_eq!((with(0, REFERENCE).outcome, with(6, REFERENCE).outcome), (Outcome::Right(2), Outcome::Right(8)));
}

#[test]
fn an_alternative_counts_on_witnesses_that_were_made_before_it() {
    let images = databases();
    let (reference, other) = ("SELECT name FROM t WHERE n > 4", "SELECT name FROM t WHERE n >= 4");
    let mut case = Case::open(&images, &[verified(&images, reference)], false, &Limits::default()).expect("it runs");
    let court = Court { witnesses: 6, ..court(&images) };
    assert!(matches!(court.text(&case, other, &Options::default()).outcome, Outcome::Wrong(_)));
    case.add(&images, &verified(&images, other), false, &Limits::default()).expect("it runs");
    assert_eq!(court.text(&case, other, &Options::default()).outcome, Outcome::Right(8));
    assert_eq!(court.text(&case, reference, &Options::default()).outcome, Outcome::Right(8));
}

/// Forty deals, ten of each of four people, and a hundred notes, at most three of a deal.
fn deals() -> Vec<Image> {
    const DEALS: &str = "CREATE TABLE deal (id INTEGER PRIMARY KEY, code TEXT UNIQUE, owner TEXT, opened DATE, closed DATE, won REAL, lost REAL);
        CREATE TABLE note (id INTEGER PRIMARY KEY, code TEXT, FOREIGN KEY (code) REFERENCES deal (code))";
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)";
    let script = format!(
        "DELETE FROM note; DELETE FROM deal;
         INSERT INTO deal {numbers} SELECT i, 'D-' || i, 'person ' || (i % 4), date('2025-01-01', (i * 40) || ' days'),
             date('2025-01-01', (i * 47) || ' days'), i * 1000, i * 900 FROM n WHERE i <= 40;
         INSERT INTO note {numbers} SELECT i, 'D-' || (1 + i % 40) FROM n;"
    );
    vec![image(DEALS, &script)]
}

#[test]
fn witnesses_hold_what_a_question_names_and_numbers_it_asks_for() {
    let images = deals();
    for (reference, other) in [
        // No deal has the code, so that every column but it gives the same rows too.
        ("SELECT won FROM deal WHERE code = 'X-9'", "SELECT won FROM deal WHERE owner = 'X-9'"),
        ("SELECT id FROM note WHERE code = 'X-9'", "SELECT id FROM note WHERE code = 'X-8'"),
        (
            "SELECT n.id FROM note n JOIN deal d ON d.code = n.code WHERE d.code = 'X-9'",
            "SELECT n.id FROM note n JOIN deal d ON d.code = n.code WHERE d.code = 'X-9' AND n.id < 0",
        ),
        // Nobody has as many deals as that, and no deal as many notes.
        (
            "SELECT owner FROM deal GROUP BY owner HAVING COUNT(*) < 7",
            "SELECT owner FROM deal GROUP BY owner HAVING COUNT(*) <= 7",
        ),
        (
            "SELECT d.code FROM deal d JOIN note n ON n.code = d.code GROUP BY d.code HAVING COUNT(*) >= 6",
            "SELECT d.code FROM deal d JOIN note n ON n.code = d.code GROUP BY d.code HAVING COUNT(*) > 6",
        ),
        (
            "SELECT CASE WHEN x.notes <= 6 THEN 'few' ELSE 'many' END FROM (SELECT d.id, COUNT(n.id) AS notes FROM deal d LEFT JOIN note n ON n.code = d.code GROUP BY d.id) x",
            "SELECT CASE WHEN x.notes <= 5 THEN 'few' ELSE 'many' END FROM (SELECT d.id, COUNT(n.id) AS notes FROM deal d LEFT JOIN note n ON n.code = d.code GROUP BY d.id) x",
        ),
        // No deal took as long, or brought as much more than it cost.
        (
            "SELECT code FROM deal WHERE julianday(closed) - julianday(opened) > 90",
            "SELECT code FROM deal WHERE julianday(closed) - julianday(opened) >= 90",
        ),
        (
            "SELECT code FROM deal WHERE julianday('2026-11-20') - julianday(opened) <= 33",
            "SELECT code FROM deal WHERE julianday('2026-11-20') - julianday(opened) <= 34",
        ),
        ("SELECT code FROM deal WHERE won - lost > 450", "SELECT code FROM deal WHERE won - lost >= 450"),
    ] {
        let queries = [verified(&images, reference)];
        let case = Case::open(&images, &queries, false, &Limits::default()).expect("it runs");
        let of = |witnesses, sql: &str| Court { witnesses, ..court(&images) }.text(&case, sql, &Options::default());
        assert_eq!(of(0, other).outcome, Outcome::Right(1), "{other}");
        assert!(matches!(of(6, other).outcome, Outcome::Wrong(_)), "{other}");
        assert_eq!(of(6, reference).outcome, Outcome::Right(7), "{reference}");
    }
}

/// Parents and children, more than small copies keep; every seventh child refers to nobody, every eleventh to no parent.
fn large() -> Image {
    const LARGE: &str = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER, FOREIGN KEY (p_id) REFERENCES p (id))";
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
    let script = format!(
        "DELETE FROM c; DELETE FROM p; INSERT INTO p {numbers} SELECT i, 'p' || i FROM n WHERE i <= 400;
         INSERT INTO c {numbers} SELECT i, CASE WHEN i % 7 = 0 THEN NULL WHEN i % 11 = 0 THEN 9000 ELSE 1 + i % 400 END FROM n;"
    );
    image(LARGE, &script)
}

#[test]
fn all_databases_but_the_last_are_small_and_keep_their_references() {
    let images = ready(vec![large(), large()]);
    let count = |image: &Image, sql: &str| {
        let query = verify(sql, image.catalog(), &Options::default()).expect(sql);
        let rows = image.with(|database| database::run(database, &query, &Limits::default())).expect("memory");
        match rows.expect("it runs").rows[0][0] {
            schema::Value::Integer(count) => count,
            ref other => panic!("{other:?}"),
        }
    };
    let counts = |image: &Image| {
        let lost = "SELECT COUNT(*) FROM c WHERE p_id NOT IN (SELECT id FROM p)";
        ["SELECT COUNT(*) FROM p", "SELECT COUNT(*) FROM c", lost].map(|sql| count(image, sql))
    };
    assert!(count(&images[0], "SELECT COUNT(*) FROM c WHERE p_id IS NULL") > 0);
    assert_eq!(counts(&images[0]), [120, 240, 0]);
    assert_eq!(counts(&images[1]), counts(&large()), "the last one stays whole");
    assert!(images[0].size() < images[1].size() / 2);
    assert_eq!(ready(vec![large()])[0].size(), large().size(), "one alone stays whole");
    assert!(ready(vec![]).is_empty());
}

#[test]
fn feedback_says_what_differs() {
    let said = |sql: &str| feedback(&tried(&[REFERENCE], false, sql), &Settings::default());
    let check = |sql: &str, want: &str| assert!(said(sql).starts_with(want), "{}", said(sql));
    check(REFERENCE, "The rows are right on all 2 databases.");
    check("SELECT name FROM t WHERE n >= 3", r#"Wrong on database 1: 1 row instead of 2. Missing: ("b")."#);
    check(
        "SELECT name FROM t WHERE n <= 2",
        r#"Wrong on database 1: other rows than expected. Missing: ("c"). Not expected: ("a")."#,
    );
    check("SELECT name, n FROM t WHERE n = 2", "Wrong on database 1: 2 columns instead of 1.");
    check("SELECT nme FROM t", "It does not pass validation: SCH");
    check("DELETE FROM t", "It would change data or tables");
    check("", "Declined, though it can be answered.");
    check("<think>hm", "It never comes to an answer.");
    let thought = said("<think>tables u; with SUM</think>SELECT name FROM t WHERE n >= 2");
    assert!(thought.ends_with("The plan that was said agrees with the query in 0 %."), "{thought}");
}

#[test]
fn without_a_reference_only_running_is_known() {
    let images = databases();
    let of = |text: &str| court(&images).text(&Case::unknown(), text, &Options::default());
    let runs = of(REFERENCE);
    assert_eq!((&runs.outcome, runs.components.accuracy), (&Outcome::Runs, None));
    let worth = reward(&runs, &Settings::default());
    assert!(worth > 0.4 && worth <= 0.5, "{worth}");
    let fails = of("SELECT nme FROM t");
    assert_eq!((reward(&fails, &Settings::default()), fails.components.accuracy), (0.0, None));
}

#[test]
fn the_plan_that_is_said_is_compared_with_the_query() {
    let reasoning = |text: &str| tried(&[REFERENCE], false, text).components.reasoning;
    close(reasoning(REFERENCE), 1.0);
    close(reasoning("<think>tables t</think>SELECT name FROM t WHERE n >= 2"), 1.0);
    // Three parts are said, one is used.
    close(reasoning("<think>t, u and COUNT</think>SELECT name FROM t WHERE n >= 2"), 0.5);
    close(reasoning("<think></think>SELECT name FROM t WHERE n >= 2"), 0.0);
    let stuffed = "<think>t t t u COUNT SUM AVG GROUP BY ORDER BY</think>SELECT name FROM t WHERE n >= 2";
    assert!(reasoning(stuffed) < 0.3);
}

/// A trial by hand.
fn trial(outcome: Outcome, components: Components) -> Trial {
    Trial { outcome, must_decline: false, components, remarks: vec![] }
}

#[test]
fn rewards_by_hand() {
    let components =
        Components { syntax: 1.0, schema: 0.5, business: 0.8, performance: 0.6, reasoning: 0.5, accuracy: Some(0.25) };
    let (execution, seed) = (Settings::default(), Settings { profile: Profile::Seed, ..Settings::default() });
    // 0.20·1 + 0.25·0.5 + 0.20·0.8 + 0.15·0.6 + 0.10·0.5 + 0.10·0.25
    let weighed = 0.2 + 0.125 + 0.16 + 0.09 + 0.05 + 0.025;
    let right = trial(Outcome::Right(3), components);
    close(reward(&right, &seed), weighed);
    close(reward(&right, &execution), 1.0 - 0.01 * (1.0 - weighed));
    close(reward(&right, &Settings { tie_break: 0.0, ..execution }), 1.0);
    let wrong =
        Wrong { database: 0, difference: Difference::Rows, is_witness: false, rows: 1.0, tree: 1.0, apart: None };
    close(reward(&trial(Outcome::Wrong(wrong), components), &execution), 0.6);
    close(reward(&trial(Outcome::Fails("it".into()), components), &execution), 0.0);
    // Without a reference the other five count, by their own sum: 0.65 of 0.9.
    let unknown = Components { accuracy: None, ..components };
    close(reward(&trial(Outcome::Runs, unknown), &seed), (weighed - 0.025) / 0.9);
    close(reward(&trial(Outcome::Runs, unknown), &execution), 0.5 * (weighed - 0.025) / 0.9);
    let alone = Weights { syntax: 0.0, schema: 2.0, business: 0.0, performance: 0.0, reasoning: 0.0, accuracy: 0.0 };
    close(reward(&right, &Settings { weights: alone, ..seed }), 0.5);
}

#[test]
fn the_worst_right_answer_is_above_the_best_wrong_one() {
    let mut settings = Settings { tie_break: 0.02, ceiling: 0.79, ..Settings::default() };
    assert_eq!(settings.check(), Ok(()));
    let nothing = Components { accuracy: Some(0.0), ..Components::default() };
    let wrong =
        Wrong { database: 0, difference: Difference::Order, is_witness: false, rows: 1.0, tree: 1.0, apart: None };
    let worst = reward(&trial(Outcome::Right(1), nothing), &settings);
    let best = reward(&trial(Outcome::Wrong(wrong), nothing), &settings);
    assert!(worst >= RIGHT_FROM && best < WRONG_BELOW && is_right(worst) && !is_right(best));
    settings.ceiling = 0.8;
    assert_eq!(settings.check().unwrap_err().to_string(), "ceiling must be between 0 and 0.79, got 0.8");
}

#[test]
fn settings_that_cannot_be_are_named() {
    let check = |settings: Settings, want: &str| assert_eq!(settings.check().unwrap_err().setting, want);
    let weights = Weights::default();
    check(Settings { tie_break: 0.03, ..Settings::default() }, "tie_break");
    check(Settings { rows_share: f64::NAN, ..Settings::default() }, "rows_share");
    check(Settings { weights: Weights { reasoning: -0.1, ..weights }, ..Settings::default() }, "weights.reasoning");
    let none = Weights { syntax: 0.0, schema: 0.0, business: 0.0, performance: 0.0, reasoning: 0.0, accuracy: 0.0 };
    check(Settings { weights: none, ..Settings::default() }, "weights");
}
