//! Generated databases: the same seed gives the same bytes, constraints hold, and what people ask for is there.

use database::fill::Recipe;
use database::{DemoSpec, FillError, ValuesOverride, demo_database, fill, fill_file};
use expect_test::expect;
use rusqlite::Connection;

use crate::{Folder, gl, read};

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).expect(sql)
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect(sql);
    let rows = statement.query_map([], |row| row.get(0)).expect(sql);
    rows.collect::<Result<_, _>>().expect(sql)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (ddl, catalog, spec) = gl();
    let folder = Folder::new();
    let make = |name: &str, seed: u64| {
        let recipe = Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed };
        fill_file(&recipe, &folder.join(name), false).expect("a filled file");
        std::fs::read(folder.join(name)).expect("its bytes")
    };
    let (first, again, other) = (make("a.sqlite", 1), make("b.sqlite", 1), make("c.sqlite", 2));
    assert!(first == again);
    assert!(first != other);
}

#[test]
fn an_existing_file_is_replaced_only_by_force() {
    let (ddl, catalog, spec) = gl();
    let recipe = Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 };
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    std::fs::write(&path, "precious").expect("a file");
    assert!(matches!(fill_file(&recipe, &path, false), Err(FillError::Exists { .. })));
    assert_eq!(std::fs::read(&path).expect("the file"), b"precious");
    fill_file(&recipe, &path, true).expect("a filled file");
    assert!(std::fs::read(&path).expect("the file").starts_with(b"SQLite format 3"));
    let left: Vec<_> = std::fs::read_dir(&folder.0).expect("the folder").collect();
    assert_eq!(left.len(), 1, "no temporary file is left");
}

#[test]
fn the_pack_has_its_sizes_and_its_names_in_order() {
    let (ddl, catalog, spec) = gl();
    let connection = fill(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 7 }).expect("a filled database");
    let sizes: Vec<String> = catalog
        .tables
        .iter()
        .map(|t| format!("{} {}", t.name, count(&connection, &format!("SELECT COUNT(*) FROM {}", t.name))))
        .collect();
    expect![[r#"
        PAC_MNT_PROJECTS 300
        SRM_COMPANIES 160
        PAC_MNT_RESOURCES 200
        SRM_CONTACTS 360
        PROJSTAFF 1200
        PROJCNTRTS 470
        SRM_PROJECTS 140
        CLNTCLASS 6
        CLNTSUPP 200
        CLNTRESPONS 160
        PROJEVISION 180
        BIZ_OPP_GEN_PROPERTIES 180
        BIZ_COM_SUP_PROPERTIES 90
        PAC_PURGE_FINANCIAL_LIST 60"#]]
    .assert_eq(&sizes.join("\n"));
    let names = [
        ("SELECT Company_Name FROM SRM_COMPANIES ORDER BY Company_Code", "company_names"),
        ("SELECT Project_Name FROM PAC_MNT_PROJECTS ORDER BY Project_Code", "project_names"),
        ("SELECT Resource_Name FROM PAC_MNT_RESOURCES ORDER BY Resource_Code", "resource_names"),
        ("SELECT Contact_Name FROM SRM_CONTACTS ORDER BY Contact_ID", "contact_names"),
    ];
    for (sql, list) in names {
        let wanted = &spec.lists[list];
        assert_eq!(&texts(&connection, sql)[..wanted.len()], &wanted[..]);
    }
    let codes = texts(&connection, "SELECT MIN(Project_Code) || ' ' || MAX(Project_Code) FROM PAC_MNT_PROJECTS");
    assert_eq!(codes, ["PRJ-001 PRJ-300"]);
}

/// What a question may ask for must exist, in every database that is filled with the pack's own values.
#[test]
fn what_people_ask_for_is_there_whatever_the_seed() {
    let (ddl, catalog, spec) = gl();
    let wanted = [
        ("over budget", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Actual_Cost > Budget", 10),
        ("budget met exactly", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Budget = 500000", 1),
        ("no budget", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Budget IS NULL", 3),
        ("ends before it starts", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE End_Date < Start_Date", 1),
        ("no department", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Department IS NULL", 3),
        ("open position", "SELECT COUNT(*) FROM PROJSTAFF WHERE Resource_Code IS NULL", 20),
        ("contract without project", "SELECT COUNT(*) FROM PROJCNTRTS WHERE Project_Code IS NULL", 3),
        ("contract of a million", "SELECT COUNT(*) FROM PROJCNTRTS WHERE Contract_Value >= 1000000", 10),
        (
            "unstaffed project",
            "SELECT COUNT(*) FROM PAC_MNT_PROJECTS AS p
             WHERE NOT EXISTS (SELECT 1 FROM PROJSTAFF AS s WHERE s.Project_Code = p.Project_Code)",
            10,
        ),
        (
            "overallocated",
            "SELECT COUNT(*) FROM (SELECT s.Resource_Code FROM PROJSTAFF AS s JOIN PAC_MNT_RESOURCES AS r USING (Resource_Code)
             GROUP BY s.Resource_Code, r.Capacity HAVING SUM(s.Allocation_Percent) > r.Capacity)",
            20,
        ),
        ("cost above billing", "SELECT COUNT(*) FROM PAC_MNT_RESOURCES WHERE Cost_Rate > Billing_Rate", 1),
        ("dear", "SELECT COUNT(*) FROM PAC_MNT_RESOURCES WHERE Cost_Rate > 150", 2),
        (
            "namesakes",
            "SELECT COUNT(*) FROM (SELECT Project_Name FROM PAC_MNT_PROJECTS GROUP BY Project_Name HAVING COUNT(*) > 1)",
            1,
        ),
        (
            "one primary contact each",
            "SELECT COUNT(*) FROM (SELECT Company_ID FROM SRM_CONTACTS WHERE Is_Primary = 1 GROUP BY Company_ID)",
            80,
        ),
        ("hierarchy", "SELECT COUNT(*) FROM SRM_PROJECTS WHERE Parent_ID IS NOT NULL", 40),
    ];
    for seed in 0..4 {
        let connection = fill(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed }).expect("a filled database");
        for (what, sql, least) in wanted {
            let found = count(&connection, sql);
            assert!(found >= least, "seed {seed}: {what}: {found} rows");
        }
        for (table, column, key) in [
            ("PROJSTAFF", "Project_Code", "PRJ-0"),
            ("PROJCNTRTS", "Company_Code", "COMP-0"),
            ("PROJSTAFF", "Resource_Code", "RES-0"),
        ] {
            let sql =
                format!("SELECT COUNT(DISTINCT {column}) FROM {table} WHERE {column} BETWEEN '{key}01' AND '{key}20'");
            assert_eq!(count(&connection, &sql), 20, "seed {seed}: each named row of {table}.{column} has rows");
        }
        assert_eq!(count(&connection, "SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
    }
}

#[test]
fn other_values_give_other_names_and_codes() {
    let (ddl, catalog, spec) = gl();
    for file in ["nordic", "apac"] {
        let values = ValuesOverride::from_toml(&read(&format!("packs/gl/values/{file}.toml"))).expect(file);
        let other = spec.with_values(&values).expect(file);
        let connection = fill(&Recipe { catalog: &catalog, ddl: &ddl, spec: &other, seed: 3 }).expect(file);
        let shared = texts(&connection, "SELECT Company_Name FROM SRM_COMPANIES");
        assert!(shared.iter().all(|name| !spec.lists["company_names"].contains(name)), "{file}");
        assert_eq!(count(&connection, "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Project_Code LIKE 'PRJ-%'"), 0);
        let rows = i64::try_from(values.rows["PROJSTAFF"]).expect("a size");
        assert_eq!(count(&connection, "SELECT COUNT(*) FROM PROJSTAFF"), rows);
    }
}

#[test]
fn mistakes_in_a_specification_are_named() {
    let ddl = "CREATE TABLE P (Code TEXT PRIMARY KEY, Budget REAL, Name TEXT NOT NULL);";
    let catalog = sql::ddl::catalog_from_ddl(ddl).expect("a script");
    let try_fill = |text: &str| -> String {
        let spec = DemoSpec::from_toml(text);
        let outcome = spec.and_then(|spec| fill(&Recipe { catalog: &catalog, ddl, spec: &spec, seed: 1 }));
        outcome.map_or_else(|error| error.to_string(), |_| "filled".to_owned())
    };
    let table = |columns: &str| format!("[[table]]\nname = \"P\"\nrows = 5\n[table.columns]\n{columns}");
    let check = |columns: &str, wanted: expect_test::Expect| {
        wanted.assert_eq(try_fill(&table(columns)).trim_end().lines().last().unwrap_or_default());
    };
    assert_eq!(try_fill("[[table]]\nname = \"Q\"\nrows = 5"), "no table \"Q\"; did you mean \"P\"?");
    check("Budgt = { kind = \"sequence\" }", expect![[r#"no column "Budgt"; did you mean "Budget"?"#]]);
    check("Name = { kind = \"choice\", list = \"x\" }", expect![[r#"no list "x""#]]);
    check("Name = { kind = \"text\", format = \"x {Cod}\" }", expect![[r#"no column "Cod"; did you mean "Code"?"#]]);
    check(
        "Name = { kind = \"text\", format = \"a b\", nulls = 0.5 }",
        expect![[r#"column P.Name: nulls in a column that may hold none"#]],
    );
    check(
        "Code = { kind = \"choice\", values = [\"a\", \"b\"] }",
        expect![[r#"column P.Code: no 5 different values can be made"#]],
    );
    check(
        "Budget = { kind = \"scaled\", of = \"Budget\", by = [1, 2] }",
        expect![[r#"columns depend on each other: P.Budget"#]],
    );
    check(
        "Budget = { kind = \"money\", median = 5 }",
        expect![[r#"in a generator of kind "money": missing field `sigma`"#]],
    );
    check(
        "Budget = { kind = \"sequence\", stat = 5 }",
        expect![[r#"in a generator of kind "sequence": unknown field `stat`, expected `start` or `step`"#]],
    );
    check(
        "Budget = { kind = \"reference\" }",
        expect![[r#"column P.Budget: no foreign key says what it refers to; give `to`"#]],
    );
}

#[test]
fn a_schema_without_a_specification_is_filled_by_types() {
    let ddl = "
        CREATE TABLE \"my accounts\" (id INTEGER PRIMARY KEY, \"größe\" REAL, label TEXT UNIQUE NOT NULL, opened DATE);
        CREATE TABLE entry (id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES \"my accounts\" (id),
                            amount DECIMAL(10,2), twice REAL GENERATED ALWAYS AS (amount * 2) VIRTUAL, posted TIMESTAMP);
        CREATE VIEW big AS SELECT * FROM entry WHERE amount > 1000;";
    let catalog = sql::ddl::catalog_from_ddl(ddl).expect("a script");
    let spec = DemoSpec::default();
    let connection = fill(&Recipe { catalog: &catalog, ddl, spec: &spec, seed: 1 }).expect("a filled database");
    assert_eq!(count(&connection, "SELECT COUNT(*) FROM entry"), 50);
    assert_eq!(count(&connection, "SELECT COUNT(*) FROM entry WHERE twice <> amount * 2"), 0);
    assert!(count(&connection, "SELECT COUNT(*) FROM big") > 30);
}

#[test]
fn a_hostile_script_stays_in_its_database() {
    let catalog = schema::Catalog::default();
    let spec = DemoSpec::default();
    let folder = Folder::new();
    let target = folder.join("evil.sqlite");
    let attach = format!("ATTACH '{}' AS evil; CREATE TABLE evil.t (a);", target.display());
    let bomb =
        "CREATE TABLE t AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT MAX(n) FROM r;";
    for ddl in [attach.as_str(), bomb, "CREATE VIRTUAL TABLE v USING fts5(a);", "CREATE TABL t (a);"] {
        let outcome = fill(&Recipe { catalog: &catalog, ddl, spec: &spec, seed: 1 });
        assert!(matches!(outcome, Err(FillError::Script(_))), "{ddl}");
    }
    assert!(!target.exists());
}

#[test]
fn the_demo_database_is_made_once_and_lives_without_a_cache() {
    let (ddl, catalog, spec) = gl();
    let recipe = Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 };
    let folder = Folder::new();
    let cache = folder.join("cache");
    let first = demo_database(Some(&cache), &recipe).expect("a database");
    let file = first.path().expect("a cached file").to_owned();
    let made = std::fs::metadata(&file).and_then(|facts| facts.modified()).expect("its time");
    let again = demo_database(Some(&cache), &recipe).expect("a database");
    assert_eq!(again.path(), Some(file.as_path()));
    assert_eq!(std::fs::metadata(&file).and_then(|facts| facts.modified()).expect("its time"), made);
    // A damaged file is made again; a folder that cannot be written costs nothing but time.
    std::fs::write(&file, "SQLite format 3\0 and then nonsense").expect("a damaged file");
    assert!(demo_database(Some(&cache), &recipe).expect("a database").path().is_some());
    let blocked = folder.join("blocked");
    std::fs::write(&blocked, "a file where the folder should be").expect("a file");
    assert!(demo_database(Some(&blocked), &recipe).expect("a database").path().is_none());
    assert!(demo_database(None, &recipe).expect("a database").path().is_none());
}
