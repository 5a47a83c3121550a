//! Packs: what is read from their files, and what is wrong with broken ones.

use answer::pack::{Pack, PackFiles};
use schema::Value;

use crate::tools::pack;

#[test]
fn named_conditions_bring_their_constants_once() {
    let pack = pack();
    let lexicon = pack.lexicon().unwrap();
    let found = |sql: &str| lexicon.constants.iter().filter(|c| c.sql == sql).collect::<Vec<_>>();
    assert_eq!(found("500000").len(), 1);
    assert!(found("500000")[0].columns.is_empty());
    let active = found("'Active'");
    assert_eq!((active.len(), &active[0].value), (1, &Value::Text("Active".to_owned())));
    let columns: Vec<String> = active[0].columns.iter().map(|c| pack.catalog.qualified(*c)).collect();
    assert!(columns.contains(&"PAC_MNT_PROJECTS.Status".to_owned()), "{columns:?}");
    assert_eq!(found("100.0").len(), 1, "a closed constant is not there twice");
    assert!(found("'0001-01-01'").is_empty());
}

#[test]
fn hashes_follow_names_types_and_keys_alone() {
    let files = |schema: &str| PackFiles { name: "t".to_owned(), schema: schema.to_owned(), ..PackFiles::default() };
    let hash = |schema: &str| Pack::new(files(schema)).unwrap().catalog_hash();
    let plain = hash("CREATE TABLE T (A INTEGER PRIMARY KEY, B TEXT)");
    assert_eq!(plain, hash("-- words\nCREATE TABLE T (A INTEGER PRIMARY KEY, B TEXT DEFAULT 'x')"));
    assert_ne!(plain, hash("CREATE TABLE T (A INTEGER PRIMARY KEY, B INTEGER)"));
    assert_ne!(plain, hash("CREATE TABLE T (A INTEGER, B TEXT)"));
}

#[test]
fn broken_files_are_named() {
    let schema = "CREATE TABLE T (A INTEGER PRIMARY KEY, B TEXT)";
    let check = |change: fn(&mut PackFiles), want: &str| {
        let mut files = PackFiles { name: "t".to_owned(), schema: schema.to_owned(), ..PackFiles::default() };
        change(&mut files);
        let message = Pack::new(files).and_then(|pack| pack.lexicon()).unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    };
    check(|f| f.schema = "CREATE TABLE (".to_owned(), "schema.sql of pack \"t\"");
    check(|f| f.glossary = "[tables.U]".to_owned(), "the catalog has no such table");
    check(|f| f.glossary = "[conditions.x]\nsql = \"T.A >\"".to_owned(), "\"x\"");
    check(|f| f.glossary = "[conditions.x]\nsql = \"1 > 0\"".to_owned(), "names no column");
    check(|f| f.rules = "[[data]]\nid = 1".to_owned(), "rules.toml");
    let rule = "id = 'r'\nkind = 'value_in_list'\nseverity = 'error'\nmessage = 'm'";
    let unknown = format!("[[query]]\n{rule}\ncolumns = ['T.C']\nvalues = ['x']");
    let mut files = PackFiles { name: "t".to_owned(), schema: schema.to_owned(), ..PackFiles::default() };
    files.rules = unknown;
    assert!(Pack::new(files).unwrap_err().to_string().contains("no column T.C"));
}
