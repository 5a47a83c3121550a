//! Hostile statements: attack texts of a suite and named cases, each in many places of a query.

use std::path::Path;

use crate::exit::Failure;

/// The named cases.
const CASES: &str = include_str!("cases.txt");

/// Where an attack text is spliced in: literals, names, numbers, ends of clauses, whole statements.
const SPLICES: [&str; 14] = [
    "{}",
    "SELECT name FROM item WHERE name = '{}'",
    "SELECT name FROM item WHERE name LIKE '%{}%'",
    "SELECT name FROM item WHERE id = {}",
    "SELECT name FROM item WHERE id = 1{}",
    "SELECT name FROM item WHERE id IN (1, {})",
    "SELECT \"{}\" FROM item",
    "SELECT name AS [{}] FROM item",
    "SELECT name FROM item AS `{}`",
    "SELECT name FROM item ORDER BY {}",
    "SELECT name FROM item LIMIT {}",
    "SELECT name FROM item WHERE name = 'x' /* {} */",
    "SELECT name FROM (SELECT name FROM item WHERE kind = '{}') WHERE name > ''",
    "WITH w AS (SELECT name FROM item WHERE kind = '{}') SELECT name FROM w",
];

/// Where a statement is put beside or into a query.
const AROUND: [&str; 8] = [
    "{}",
    "{};",
    "SELECT 1; {}",
    "{}; SELECT 1",
    "/* SELECT */ {}",
    "-- SELECT\n{}",
    "WITH x AS ({}) SELECT * FROM x",
    "SELECT name FROM item WHERE name = ''; {} --'",
];

/// Where a table may stand.
const FROMS: [&str; 14] = [
    "SELECT * FROM {}",
    "SELECT COUNT(*) FROM {}",
    "SELECT 1 FROM {}",
    "SELECT * FROM item, {}",
    "SELECT item.name FROM item LEFT JOIN {} ON 1",
    "SELECT name FROM item WHERE EXISTS (SELECT 1 FROM {})",
    "SELECT name FROM item WHERE id IN (SELECT 1 FROM {})",
    "SELECT (SELECT COUNT(*) FROM {}) FROM item",
    "WITH w AS (SELECT * FROM {}) SELECT * FROM w",
    "SELECT name FROM item UNION SELECT 1 FROM {}",
    "SELECT * FROM (SELECT * FROM {}) AS item",
    "SELECT name FROM item ORDER BY (SELECT COUNT(*) FROM {})",
    "WITH item AS (SELECT * FROM {}) SELECT * FROM item",
    "WITH cheap AS (SELECT * FROM {}) SELECT COUNT(*) FROM cheap",
];

/// Where a value may stand.
const VALUES: [&str; 14] = [
    "SELECT {}",
    "SELECT {} FROM item",
    "SELECT name FROM item WHERE {}",
    "SELECT name FROM item WHERE id = {}",
    "SELECT name FROM item ORDER BY {}",
    "SELECT COUNT(*) FROM item GROUP BY {}",
    "SELECT COUNT(*) FROM item HAVING {}",
    "SELECT name FROM item LIMIT {}",
    "SELECT i.name FROM item i JOIN customer c ON {}",
    "SELECT CASE WHEN {} THEN 1 ELSE 2 END FROM item",
    "SELECT name FROM item UNION SELECT {}",
    "WITH w AS (SELECT {} AS a) SELECT a FROM w",
    "SELECT SUM(id) OVER (ORDER BY {}) FROM item",
    "VALUES ({})",
];

/// The lines of a section of the named cases.
pub(super) fn section(name: &str) -> impl Iterator<Item = &'static str> {
    let lines = CASES.lines().skip_while(move |line| line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) != Some(name));
    // A case may itself begin with a bracket, but is no line of letters within a pair of them.
    let is_heading = |line: &str| SECTIONS.iter().any(|section| line == format!("[{section}]"));
    lines.skip(1).take_while(move |line| !is_heading(line)).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

const SECTIONS: [&str; 8] =
    ["statements", "sources", "expressions", "bombs", "postgres", "mysql", "legal", "legal postgres"];

/// The attack texts of a suite: each line of each text file of the folder.
pub(super) fn payloads(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::unreadable(folder, &e))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut payloads = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|e| Failure::unreadable(&file, &e))?;
        payloads.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned));
    }
    if payloads.is_empty() {
        return Err(Failure::data(format_args!("{} holds no attack texts", folder.display())));
    }
    Ok(payloads)
}

/// Every hostile statement.
pub(super) fn statements(payloads: &[String]) -> Vec<String> {
    let own = |section_name, places: &'static [&'static str]| {
        section(section_name).flat_map(|case| places.iter().map(|place| place.replace("{}", case)))
    };
    let spliced = payloads.iter().flat_map(|payload| SPLICES.iter().map(|place| place.replace("{}", payload)));
    let named = own("statements", &AROUND).chain(own("sources", &FROMS)).chain(own("expressions", &VALUES));
    spliced.chain(named).chain(own("bombs", &["{}"])).collect()
}
