//! `glrl validate`: diagnostics as data, in batches, over any schema.

use std::fs;

use serde_json::{Value, json};

use crate::tools::{Folder, Ran, glrl, run};

fn diagnostics(ran: &Ran) -> Vec<Value> {
    ran.json()["diagnostics"].as_array().unwrap().clone()
}

#[test]
fn a_valid_query_ends_with_0() {
    let ran = run(["validate", "--json", "SELECT Project_Code FROM PAC_MNT_PROJECTS WHERE Budget > 1"]);
    assert_eq!(
        (ran.code, ran.json()["valid"].clone(), ran.json()["id"].clone()),
        (0, json!(true), Value::Null),
        "{}",
        ran.stdout
    );
}

#[test]
fn findings_have_code_layer_place_and_fixes() {
    let sql = "SELECT Budgt FROM PAC_MNT_PROJECTS";
    let ran = run(["validate", "--json", sql]);
    assert_eq!((ran.code, ran.json()["valid"].clone()), (3, json!(false)));
    let found = diagnostics(&ran);
    let fields: Vec<&String> = found[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["code", "layer", "severity", "span", "message", "help", "fixes"]);
    assert_eq!((&found[0]["layer"], &found[0]["severity"]), (&json!("schema"), &json!("error")));
    let span = [&found[0]["span"][0], &found[0]["span"][1]].map(|n| n.as_u64().unwrap() as usize);
    assert_eq!(&sql[span[0]..span[1]], "Budgt");
    let text = run(["validate", sql]);
    assert!(text.code == 3 && text.stdout.contains("^^^^^"), "{}", text.stdout);
}

#[test]
fn what_must_not_run_ends_with_6() {
    let ran = run(["validate", "--json", "DELETE FROM PAC_MNT_PROJECTS"]);
    assert!(matches!(ran.code, 3 | 6), "{}", ran.stdout);
    assert_eq!(ran.json()["valid"], false);
    assert_eq!(run(["validate", "--json", "SELECT load_extension('x') FROM PAC_MNT_PROJECTS"]).code, 6);
}

#[test]
fn layers_can_be_chosen() {
    let sql = "SELECT load_extension('x') FROM PAC_MNT_PROJECTS";
    let ran = run(["validate", "--json", "--layers", "syntax", sql]);
    assert_eq!((ran.code, diagnostics(&ran)), (0, vec![]));
    assert_eq!(run(["validate", "--layers", "taste", sql]).code, 2);
    assert_eq!(run(["validate", "--dialect", "db2", sql]).code, 2);
}

#[test]
fn any_schema_will_do() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", "CREATE TABLE singer (name TEXT, age INTEGER)");
    let ddl = ddl.to_str().unwrap();
    assert_eq!(run(["validate", "--ddl", ddl, "--layers", "syntax,schema", "SELECT name FROM singer"]).code, 0);
    assert_eq!(run(["validate", "--ddl", ddl, "--layers", "syntax,schema", "SELECT nme FROM singer"]).code, 3);
    let broken = folder.write("b.sql", "CREATE TABLE");
    assert_eq!(run(["validate", "--ddl", broken.to_str().unwrap(), "SELECT 1"]).code, 7);
}

#[test]
fn batches_reply_line_by_line() {
    let folder = Folder::new();
    let lines = "{\"id\":1,\"sql\":\"SELECT Budget FROM PAC_MNT_PROJECTS\"}\n{\"id\":2,\"sql\":\"SELEC\"}\nx\n";
    let path = folder.write("a.jsonl", lines);
    let ran = run(["validate", "--json", "--batch", path.to_str().unwrap()]);
    let shown: Vec<(Value, Value)> = ran.lines().into_iter().map(|r| (r["id"].clone(), r["valid"].clone())).collect();
    assert_eq!(ran.code, 0);
    assert_eq!(shown, [(json!(1), json!(true)), (json!(2), json!(false)), (json!(null), json!(false))]);
    assert_eq!(run(["validate", "--json", "--batch", "/no/such/file"]).code, 7);
}

#[test]
fn nothing_makes_the_validator_panic() {
    for sql in
        ["", " ", ";", "\u{0}", "SELECT", "((((", "SELECT 'a", "é", &"(".repeat(5000), &"SELECT 1 UNION ".repeat(500)]
    {
        let sql = sql.replace('\0', " ");
        let ran = Ran::of(glrl().args(["validate", "--json", "--"]).arg(&sql));
        assert!(matches!(ran.code, 0 | 2 | 3 | 6), "{sql:?}: {} {}", ran.code, ran.stderr);
    }
}

#[test]
fn safe_fixes_are_applied() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", "CREATE TABLE singer (name TEXT, age INTEGER)");
    let ddl = ddl.to_str().unwrap();
    let sql = "SELECT * FROM singer WHERE name = \"Ann\"";
    let wanted = "SELECT name, age FROM singer WHERE name = 'Ann'";
    let ran = run(["validate", "--fix", "--ddl", ddl, sql]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, format!("{wanted}\n").as_str(), ""));
    let ran = run(["validate", "--fix", "--json", "--ddl", ddl, sql]);
    assert_eq!((ran.json()["sql"].clone(), diagnostics(&ran)), (json!(wanted), vec![]));
    // What would change the meaning is left to a person.
    let ran = run(["validate", "--fix", "--ddl", ddl, "SELECT nme FROM singer"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, "SELECT nme FROM singer\n"));
    assert!(ran.stderr.contains("SCH202"), "{}", ran.stderr);
}

#[test]
fn rules_of_the_pack_look_at_the_question() {
    let sql = "SELECT COUNT(*) FROM PROJCNTRTS";
    let codes = |ran: &Ran| diagnostics(ran).iter().map(|d| d["code"].clone()).collect::<Vec<_>>();
    assert_eq!(codes(&run(["validate", "--json", sql])), Vec::<Value>::new());
    let ran = run(["validate", "--json", "--question", "How many contracts are in force?", sql]);
    assert_eq!((ran.code, codes(&ran)), (0, vec![json!("BUS308")]));
    let sum = "SELECT SUM(Cost_Rate) FROM PAC_MNT_RESOURCES";
    assert_eq!(codes(&run(["validate", "--json", sum])), [json!("BUS307")]);
    assert_eq!(codes(&run(["validate", "--json", &format!("{sum} WHERE Currency = 'EUR'")])), Vec::<Value>::new());
    let email = "WITH c AS (SELECT Email AS e, Company_ID FROM SRM_CONTACTS) SELECT e FROM c";
    assert_eq!(codes(&run(["validate", "--json", email])), [json!("SEC511")]);
}

/// The text of a region by its lines and columns, as another tool would find it.
fn region_of(text: &str, region: &Value) -> String {
    let number = |name: &str| region[name].as_u64().unwrap() as usize;
    assert_eq!(number("startLine"), number("endLine"));
    let line = text.lines().nth(number("startLine") - 1).unwrap();
    line.chars().skip(number("startColumn") - 1).take(number("endColumn") - number("startColumn")).collect()
}

#[test]
fn sarif_names_rules_places_and_fixes() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", "CREATE TABLE singer (name TEXT, age INTEGER)");
    let sql = "SELECT 'é',\n  nme\nFROM singer WHERE age BETWEEN 9 AND 1";
    let ran = run(["validate", "--format", "sarif", "--ddl", ddl.to_str().unwrap(), sql]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let log = ran.json();
    assert_eq!(log["version"], "2.1.0");
    let run_log = &log["runs"][0];
    assert_eq!(run_log["artifacts"][0]["contents"]["text"], sql);
    let result = &run_log["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("SCH202"), &json!("error")));
    let rule = &run_log["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], "SCH202");
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# SCH202"), "{rule}");
    assert_eq!(region_of(sql, &result["locations"][0]["physicalLocation"]["region"]), "nme");
    let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(
        (region_of(sql, &change["deletedRegion"]), &change["insertedContent"]["text"]),
        ("nme".to_owned(), &json!("name"))
    );
    for result in run_log["results"].as_array().unwrap() {
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
    let batch = folder.write("a.jsonl", "{\"id\":1,\"sql\":\"SELECT 1\"}\n{\"id\":2,\"sql\":\"SELEC\"}\n");
    let ran = run(["validate", "--format", "sarif", "--batch", batch.to_str().unwrap()]);
    assert_eq!(ran.lines().len(), 1);
    let run_log = &ran.json()["runs"][0];
    assert_eq!(run_log["artifacts"].as_array().unwrap().len(), 2);
    assert_eq!(run_log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["index"], 1);
}

#[test]
fn each_code_is_explained() {
    let list = run(["explain", "--json"]);
    assert_eq!(list.code, 0);
    let codes: Vec<String> = list.lines().iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect();
    assert!(codes.len() >= 40, "{} codes", codes.len());
    for code in ["SYN101", "SCH202", "BUS301", "PRF403", "SEC501"] {
        assert!(codes.iter().any(|known| known == code), "{code} is not listed");
        let page = run(["explain", &code.to_lowercase()]);
        assert!(page.code == 0 && page.stdout.starts_with(&format!("# {code}: ")), "{}", page.stdout);
        assert!(page.stdout.contains("## Bad example") && page.stdout.contains("## Good example"), "{}", page.stdout);
    }
    assert!(run(["explain"]).stdout.contains("SCH202  error"), "{}", run(["explain"]).stdout);
    let unknown = run(["explain", "SCH20"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("\"SCH20\"") && unknown.stderr.contains("SCH201"), "{}", unknown.stderr);
    let by_title = run(["explain", "cartesian"]);
    assert!(by_title.code == 2 && by_title.stderr.contains("glrl explain"), "{}", by_title.stderr);
}

/// Human-written queries over ten schemas, where the folder of outside suites is at hand.
#[test]
#[expect(clippy::print_stderr, reason = "whoever runs the tests is told what was skipped")]
fn spider_is_accepted() {
    let Some(suites) = std::env::var_os("GLRL_SUITES").map(std::path::PathBuf::from) else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let spider = suites.join("spider");
    let queries = fs::read_to_string(spider.join("queries.jsonl")).unwrap();
    let mut by_schema: std::collections::BTreeMap<String, String> = Default::default();
    for line in queries.lines() {
        let query: Value = serde_json::from_str(line).unwrap();
        let schema = query["db"].as_str().or(query["db_id"].as_str()).or(query["schema"].as_str()).unwrap().to_owned();
        let sql = query["sql"].as_str().or(query["query"].as_str()).unwrap();
        *by_schema.entry(schema).or_default() += &format!("{}\n", json!({ "id": sql, "sql": sql }));
    }
    let folder = Folder::new();
    let mut refused = vec![];
    for (schema, lines) in by_schema {
        let batch = folder.write("a.jsonl", lines);
        let ddl = spider.join(format!("{schema}.sql"));
        let mut command = glrl();
        command.args(["validate", "--json", "--layers", "syntax,schema", "--batch"]).arg(batch).arg("--ddl").arg(ddl);
        refused.extend(Ran::of(&mut command).lines().into_iter().filter(|reply| reply["valid"] == false));
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

const POLICY: &str = "
    [attributes]
    user_department = 'text'
    [[table]]
    name = 'staff'
    rows = 'department = :user_department'
    hide = ['salary']
";

#[test]
fn a_policy_of_the_pack_counts_beside_another() {
    let folder = Folder::new();
    folder.write("schema.sql", "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, dept TEXT, salary REAL);");
    folder.write("policies.toml", "[[table]]\nname = 'staff'\nhide = ['salary']\n");
    let other = folder.write("other.toml", "[[table]]\nname = 'staff'\nhide = ['dept']\n");
    let empty = folder.write("empty.toml", "");
    let pack = folder.0.to_str().unwrap();
    let code = |column: &str, policy: &std::path::Path| {
        let sql = format!("SELECT {column} FROM staff");
        run(["validate", "--json", "--pack", pack, "--policy", policy.to_str().unwrap(), &sql]).code
    };
    for (column, policy, valid) in [
        ("salary", &empty, false),
        ("salary", &other, false),
        ("dept", &other, false),
        ("dept", &empty, true),
        ("name", &other, true),
    ] {
        assert_eq!(code(column, policy) == 0, valid, "{column} {policy:?}");
    }
}

#[test]
fn a_policy_refuses_what_its_user_may_not_see() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", "CREATE TABLE staff (name TEXT, department TEXT, salary REAL)");
    let policy = folder.write("policy.toml", POLICY);
    let (ddl, policy) = (ddl.to_str().unwrap(), policy.to_str().unwrap());
    let check =
        |sql: &str, user: &str| run(["validate", "--json", "--ddl", ddl, "--policy", policy, "--user", user, sql]);
    let fine = check("SELECT * FROM staff", "user_department=IT");
    assert_eq!((fine.code, fine.json()["valid"].clone()), (0, json!(true)), "{}", fine.stdout);
    let hidden = check("SELECT name FROM staff WHERE salary > 1", "user_department=IT");
    assert_eq!((hidden.code, &diagnostics(&hidden)[0]["code"]), (6, &json!("SEC515")), "{}", hidden.stdout);
    let missing = run(["validate", "--json", "--ddl", ddl, "--policy", policy, "SELECT name FROM staff"]);
    assert_eq!((missing.code, &diagnostics(&missing)[0]["code"]), (6, &json!("SEC517")), "{}", missing.stdout);
    assert_eq!(check("SELECT name FROM staff", "user_departmen=IT").code, 2);
    assert_eq!(run(["validate", "--ddl", ddl, "--user", "a=b", "SELECT name FROM staff"]).code, 2);
    let wrong = folder.write("wrong.toml", POLICY.replace("'salary'", "'salry'"));
    let ran = run(["validate", "--ddl", ddl, "--policy", wrong.to_str().unwrap(), "SELECT name FROM staff"]);
    assert!(ran.code == 7 && ran.stderr.contains("did you mean salary?"), "{} {}", ran.code, ran.stderr);
}
