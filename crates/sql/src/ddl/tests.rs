//! Schema scripts and the catalogs they give.

use expect_test::{Expect, expect};
use schema::Catalog;

use super::catalog_from_ddl;

/// A catalog in a few lines.
fn render(catalog: &Catalog) -> String {
    let mut out = String::new();
    for table in &catalog.tables {
        let columns = table.columns.iter().map(|c| {
            let not_null = if c.not_null { "!" } else { "" };
            let default = c.default.as_ref().map_or(String::new(), |d| format!("={d}"));
            format!("{}:{:?}{not_null}{default}", c.name, c.ty)
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        let view = if table.is_view { "view " } else { "" };
        out += &format!(
            "{view}{}({columns}) pk{:?} u{:?} i{:?}\n",
            table.name, table.primary_key, table.unique, table.indexes
        );
    }
    for key in catalog.foreign_key_ids() {
        let pairs =
            catalog.key_pairs(key).map(|(a, b)| format!("{} -> {}", catalog.qualified(a), catalog.qualified(b)));
        out += &pairs.collect::<Vec<_>>().join(", ");
        out.push('\n');
    }
    out
}

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(text: &str, expected: Expect) {
    let found = match catalog_from_ddl(text) {
        Ok(catalog) => render(&catalog),
        Err(error) => format!("error: {error}\n"),
    };
    expected.assert_eq(&found);
}

#[test]
fn columns_keys_and_defaults() {
    check(
        "CREATE TABLE IF NOT EXISTS main.a (id INTEGER PRIMARY KEY AUTOINCREMENT, n VARCHAR( 10 ) NOT NULL DEFAULT 'x',
          d DECIMAL(10, 2) DEFAULT -1.5, t TIMESTAMP DEFAULT CURRENT_TIMESTAMP, f BOOLEAN DEFAULT (1+1), untyped,
          UNIQUE (n, d), CHECK (d > 0)) WITHOUT ROWID;
         CREATE TABLE b (x int REFERENCES a ON DELETE SET NULL, y TEXT UNIQUE COLLATE NOCASE, day DATE,
          CONSTRAINT pk PRIMARY KEY (x, day), FOREIGN KEY (y) REFERENCES a(n));
         CREATE UNIQUE INDEX i1 ON b (day DESC, lower(y)); CREATE INDEX i2 ON a(n);",
        expect![[r#"
            a(id:Integer!, n:Text!='x', d:Real=-1.5, t:Timestamp=CURRENT_TIMESTAMP, f:Boolean=(1+1), untyped:Unknown) pk[0] u[[1, 2]] i[[1]]
            b(x:Integer!, y:Text, day:Date!) pk[0, 2] u[[1]] i[]
            b.x -> a.id
            b.y -> a.n
        "#]],
    );
}

#[test]
fn indexes_over_expressions_say_nothing_of_columns() {
    check(
        "CREATE TABLE t (a INT, b TEXT, UNIQUE KEY k (b(10), a), KEY ((lower(b))));
         CREATE UNIQUE INDEX i1 ON t (b || 'x'); CREATE UNIQUE INDEX i2 ON t (b COLLATE NOCASE || 'x'); CREATE INDEX i3 ON t (a IS NULL, b);
         CREATE INDEX i4 ON t (-a, b); CREATE UNIQUE INDEX i5 ON t (b COLLATE \"C\" text_pattern_ops DESC NULLS LAST, a ASC);",
        expect![[r#"
            t(a:Integer, b:Text) pk[] u[[1, 0], [1, 0]] i[[1, 0]]
        "#]],
    );
}

#[test]
fn quoted_spaced_and_foreign_names() {
    check(
        "\u{feff}CREATE TABLE \"my table\" ([first col] TEXT, `größe` REAL, 'it''s' INT, \"a\"\"b\" BLOB);\r\n-- a comment; here\n/* CREATE TABLE x(y) */",
        expect![[r#"
            my table(first col:Text, größe:Real, it's:Integer, a"b:Blob) pk[] u[] i[]
        "#]],
    );
}

#[test]
fn other_statements_are_passed_over() {
    check(
        "PRAGMA foreign_keys = ON; BEGIN; CREATE TABLE t (a INT, key VARCHAR(10), KEY k (a)) ENGINE=InnoDB; INSERT INTO t VALUES (1, ';');
         CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = CASE a WHEN 1 THEN 2 ELSE 3 END; DELETE FROM t; END;
         ALTER TABLE ONLY t ADD CONSTRAINT p PRIMARY KEY (a); ALTER TABLE t ADD COLUMN b DATE; ALTER TABLE t RENAME TO u;
         CREATE VIRTUAL TABLE f USING fts5(x); COMMIT",
        expect![[r#"
            t(a:Integer!, key:Text, b:Date) pk[0] u[] i[[0]]
        "#]],
    );
}

#[test]
fn views_have_the_columns_of_their_query() {
    check(
        "CREATE TABLE t (a INT, b TEXT, d DATE);
         CREATE VIEW v AS SELECT a, b AS label, COUNT(*) AS n, a / 2.0, date(d) FROM t GROUP BY a;
         CREATE VIEW w (x, y) AS SELECT v.n, v.label FROM v; CREATE VIEW broken AS SELECT nope FROM nowhere;
         CREATE TABLE copy AS SELECT * FROM t;",
        expect![[r#"
            t(a:Integer, b:Text, d:Date) pk[] u[] i[]
            view v(a:Integer, label:Text, n:Integer, a / 2.0:Real, date(d):Date) pk[] u[] i[]
            view w(x:Integer, y:Text) pk[] u[] i[]
            copy(a:Integer, b:Text, d:Date) pk[] u[] i[]
        "#]],
    );
}

#[test]
fn broken_scripts_name_their_line() {
    check(
        "CREATE TABLE t (\n a INT,\n b TEXT\n",
        expect![[r#"
        error: line 4: expected ")", found the end of the script
    "#]],
    );
    check(
        "CREATE TABLE t (a INT);\nCRATE TABLE u (a INT);",
        expect![[r#"
        error: line 2: "CRATE" starts no statement known here
    "#]],
    );
    check(
        "CREATE TABLE t (a INT, A TEXT)",
        expect![[r#"
        error: line 1: table t declares column A twice
    "#]],
    );
    check(
        "CREATE TABLE t (a INT);\n\nCREATE TABLE T (b INT)",
        expect![[r#"
        error: line 3: table T is declared twice
    "#]],
    );
    check(
        "CREATE TABLE t (a INT,\n PRIMARY KEY (z))",
        expect![[r#"
        error: line 2: table t has no column z
    "#]],
    );
    check(
        "CREATE TABLE t (a TEXT DEFAULT 'open)",
        expect![[r#"
        error: line 1: expected a readable token, found "'open)"
    "#]],
    );
    check(
        "CREATE TABLE t ()",
        expect![[r#"
        error: line 1: expected a column name, found ")"
    "#]],
    );
    check(
        "CREATE TABLE t (a INT)\nCREATE TABLE u (b INT)",
        expect![[r#"
        error: line 2: expected ";", found "CREATE"
    "#]],
    );
    check(
        "CREATE INDEX i ON nowhere (a)",
        expect![[r#"
        error: line 1: no table nowhere is declared above
    "#]],
    );
}
