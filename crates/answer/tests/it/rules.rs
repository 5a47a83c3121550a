//! `rules.toml`: what is refused when a pack is read, and what its rules come to.

use answer::rules::Rules;
use schema::Catalog;
use sql::ddl::catalog_from_ddl;
use sql::{Options, Severity, validate};

fn catalog() -> Catalog {
    catalog_from_ddl("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, currency TEXT)")
        .expect("the schema is readable")
}

fn rule(kind: &str, keys: &str) -> String {
    format!("[[query]]\nid = \"r\"\nkind = \"{kind}\"\nseverity = \"error\"\nmessage = \"No.\"\n{keys}\n")
}

fn problems(text: &str) -> Vec<String> {
    Rules::from_toml(text).expect("it is TOML").check(&catalog())
}

#[test]
fn a_key_that_a_kind_needs_is_asked_for() {
    for (kind, keys, wanted) in [
        ("value_in_list", "columns = [\"item.name\"]", "values"),
        ("value_in_list", "values = [\"a\"]", "columns"),
        ("same_currency", "columns = [\"item.price\"]", "currency"),
        ("current_needs_filter", "columns = [\"item.name\"]\nwords = [\"now\"]", "table"),
        ("current_needs_filter", "columns = [\"item.name\"]\ntable = \"item\"", "words"),
        ("unit", "columns = [\"item.price\"]", "unit"),
        ("large_table", "", "table"),
        ("deprecated", "", "table"),
        ("required_filter", "", "columns"),
    ] {
        assert_eq!(problems(&rule(kind, keys)), [format!("rule \"r\": `{wanted}` is needed")], "{kind}");
    }
    assert_eq!(problems(&rule("large_table", "table = \"item\"")), Vec::<String>::new());
}

#[test]
fn names_that_do_not_exist_are_told() {
    for text in [
        rule("required_filter", "columns = [\"item.nme\"]"),
        rule("large_table", "table = \"itm\""),
        rule("deprecated", "table = \"item\"\ninstead = \"itm\""),
        rule("deprecated", "columns = [\"item.name\"]\ninstead = \"item\""),
        "[access]\ntables = [\"itm\"]".to_owned(),
        "[access]\nsecret = [\"item.nme\"]".to_owned(),
        "[access]\npersonal = [\"name\"]".to_owned(),
        "[access]\nfunctions = [\"load_extension\"]".to_owned(),
    ] {
        assert_eq!(problems(&text).len(), 1, "{text}: {:?}", problems(&text));
    }
    assert!(Rules::from_toml("[access]\nsecrets = []").is_err());
    assert!(Rules::from_toml(&rule("taste", "")).is_err());
}

#[test]
fn the_severity_is_the_packs() {
    let keys = "columns = [\"item.price\"]\ncurrency = \"item.currency\"";
    let sum = "SELECT SUM(price) FROM item";
    for (severity, valid) in [("error", false), ("warning", true)] {
        let text = rule("same_currency", keys).replace("\"error\"", &format!("\"{severity}\""));
        let catalog = catalog();
        let rules = Rules::from_toml(&text).expect("it is TOML").checked(&catalog);
        let report = validate(sum, &catalog, &Options { rules: &rules, ..Options::default() });
        let [found] = report.diagnostics.as_slice() else { panic!("{:?}", report.diagnostics) };
        assert_eq!((report.valid, found.code, found.message.as_str()), (valid, "BUS307", "No."));
        assert_eq!(found.severity == Severity::Error, !valid);
    }
}
