//! Statements as they are shown: keywords in capitals, names quoted where they have to be, a column a line.

use super::definitions::{piece, plain};
use crate::dialect::{Dialect, needs_quotes};
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    AlterTable, Change, ColumnConstraint, ColumnDefinition, ColumnRule, CreateIndex, CreateTable, CreateView, Drop,
    Reference, StatementKind, TableConstraint, TableRule, Term,
};

/// A statement without its semicolon.
pub(super) fn statement(kind: &StatementKind, dialect: Dialect) -> String {
    match kind {
        StatementKind::CreateTable(table) => create_table(table, dialect),
        StatementKind::CreateIndex(index) => create_index(index, dialect),
        StatementKind::CreateView(view) => create_view(view, dialect),
        StatementKind::CreateTrigger(trigger) => trigger.text.clone(),
        StatementKind::AlterTable(alter) => alter_table(alter, dialect),
        StatementKind::Drop(drop) => drop_text(drop, dialect),
    }
}

/// A name, quoted where it has to be. PostgreSQL lowers the letters of bare names, so that quotes there stay.
pub(super) fn name(name: &Name, dialect: Dialect) -> String {
    let text = &name.text;
    let kept = dialect == Dialect::Postgres && name.quote.is_some() && text.chars().any(char::is_uppercase);
    match dialect {
        _ if !kept && !needs_quotes(text) => text.clone(),
        Dialect::MySql => format!("`{}`", text.replace('`', "``")),
        _ => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// A column as a term of an index.
pub(super) fn term(column: &str) -> Term {
    let expr = piece(&name(&plain(column), Dialect::Sqlite));
    Term { expr, column: Some(plain(column)), rest: String::new() }
}

/// Words with spaces between, empty ones left out.
fn words(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn when(condition: bool, word: &'static str) -> &'static str {
    if condition { word } else { "" }
}

fn names(list: &[Name], dialect: Dialect) -> String {
    list.iter().map(|one| name(one, dialect)).collect::<Vec<_>>().join(", ")
}

fn terms(list: &[Term], dialect: Dialect) -> String {
    let text = |term: &Term| {
        let bare = term.column.as_ref().filter(|column| column.text == term.expr.text);
        words(&[&bare.map_or_else(|| term.expr.text.clone(), |column| name(column, dialect)), &term.rest])
    };
    list.iter().map(text).collect::<Vec<_>>().join(", ")
}

pub(super) fn create_table(table: &CreateTable, dialect: Dialect) -> String {
    let create = words(&[
        "CREATE",
        when(table.temporary, "TEMPORARY"),
        "TABLE",
        when(table.if_not_exists, "IF NOT EXISTS"),
        &name(&table.name, dialect),
    ]);
    if let Some(query) = &table.query {
        return format!("{create} AS\n{}", query.text);
    }
    let columns = table.columns.iter().map(|column| self::column(column, dialect));
    let constraints = table.constraints.iter().map(|constraint| table_constraint(constraint, dialect));
    let lines: Vec<String> = columns.chain(constraints).map(|line| format!("    {line}")).collect();
    words(&[&format!("{create} (\n{}\n)", lines.join(",\n")), &table.options])
}

pub(super) fn column(column: &ColumnDefinition, dialect: Dialect) -> String {
    let rules = column.constraints.iter().map(|constraint| column_constraint(constraint, dialect));
    words(&[&name(&column.name, dialect), column.declared(), &rules.collect::<Vec<_>>().join(" ")])
}

fn called(constraint: Option<&Name>, dialect: Dialect) -> String {
    constraint.map_or_else(String::new, |own| format!("CONSTRAINT {}", name(own, dialect)))
}

fn column_constraint(constraint: &ColumnConstraint, dialect: Dialect) -> String {
    let rule = match &constraint.kind {
        ColumnRule::PrimaryKey { autoincrement, rest } => {
            words(&["PRIMARY KEY", rest, when(*autoincrement, "AUTOINCREMENT")])
        }
        ColumnRule::NotNull(rest) => words(&["NOT NULL", rest]),
        ColumnRule::Null => "NULL".to_owned(),
        ColumnRule::Unique(rest) => words(&["UNIQUE", rest]),
        ColumnRule::Check(check) => format!("CHECK ({})", check.text),
        ColumnRule::Default(value) => format!("DEFAULT {}", value.text),
        ColumnRule::Collate(collation) => format!("COLLATE {}", name(collation, dialect)),
        ColumnRule::References(reference) => references(reference, dialect),
        ColumnRule::Generated { value, stored } => {
            words(&[&format!("GENERATED ALWAYS AS ({})", value.text), when(*stored, "STORED")])
        }
        ColumnRule::Other(text) => text.clone(),
    };
    words(&[&called(constraint.name.as_ref(), dialect), &rule])
}

fn references(reference: &Reference, dialect: Dialect) -> String {
    let columns = match reference.columns.as_slice() {
        [] => String::new(),
        columns => format!("({})", names(columns, dialect)),
    };
    words(&["REFERENCES", &name(&reference.table, dialect), &columns, &reference.actions])
}

pub(super) fn table_constraint(constraint: &TableConstraint, dialect: Dialect) -> String {
    let rule = match &constraint.kind {
        TableRule::PrimaryKey(list, rest) => words(&[&format!("PRIMARY KEY ({})", terms(list, dialect)), rest]),
        TableRule::Unique(list, rest) => words(&[&format!("UNIQUE ({})", terms(list, dialect)), rest]),
        TableRule::Check(check) => format!("CHECK ({})", check.text),
        TableRule::ForeignKey(columns, reference) => {
            format!("FOREIGN KEY ({}) {}", names(columns, dialect), references(reference, dialect))
        }
        TableRule::Index(own, list) => {
            let own = own.as_ref().map_or_else(String::new, |own| name(own, dialect));
            words(&["KEY", &own, &format!("({})", terms(list, dialect))])
        }
    };
    words(&[&called(constraint.name.as_ref(), dialect), &rule])
}

pub(super) fn create_index(index: &CreateIndex, dialect: Dialect) -> String {
    let own = index.name.as_ref().map_or_else(String::new, |own| name(own, dialect));
    let method = index.method.as_ref().map_or_else(String::new, |method| format!("USING {}", method.text));
    let filter = index.filter.as_ref().map_or_else(String::new, |filter| format!("WHERE {}", filter.text));
    words(&[
        when(index.unique, "CREATE UNIQUE INDEX"),
        when(!index.unique, "CREATE INDEX"),
        when(index.concurrently, "CONCURRENTLY"),
        when(index.if_not_exists, "IF NOT EXISTS"),
        &own,
        "ON",
        &name(&index.table, dialect),
        &method,
        &format!("({})", terms(&index.terms, dialect)),
        &filter,
    ])
}

pub(super) fn create_view(view: &CreateView, dialect: Dialect) -> String {
    let columns = match view.columns.as_slice() {
        [] => String::new(),
        columns => format!("({})", names(columns, dialect)),
    };
    let create = words(&[
        "CREATE",
        when(view.replace, "OR REPLACE"),
        when(view.temporary, "TEMPORARY"),
        when(view.materialized, "MATERIALIZED"),
        "VIEW",
        when(view.if_not_exists, "IF NOT EXISTS"),
        &name(&view.name, dialect),
        &columns,
        "AS",
    ]);
    format!("{create}\n{}", view.query.text)
}

fn alter_table(alter: &AlterTable, dialect: Dialect) -> String {
    let changes = alter.changes.iter().map(|change| self::change(change, dialect)).collect::<Vec<_>>().join(",\n    ");
    words(&["ALTER TABLE", when(alter.if_exists, "IF EXISTS"), &name(&alter.table, dialect), &changes])
}

fn change(change: &Change, dialect: Dialect) -> String {
    let named = |text: &str, own: &Name| format!("{text} {}", name(own, dialect));
    match change {
        Change::AddColumn { column, if_not_exists } => {
            words(&["ADD COLUMN", when(*if_not_exists, "IF NOT EXISTS"), &self::column(column, dialect)])
        }
        Change::AddConstraint(constraint) => words(&["ADD", &table_constraint(constraint, dialect)]),
        Change::DropColumn { column, if_exists, cascade } => {
            words(&["DROP COLUMN", when(*if_exists, "IF EXISTS"), &name(column, dialect), when(*cascade, "CASCADE")])
        }
        Change::DropConstraint { name, cascade } => {
            words(&[&named("DROP CONSTRAINT", name), when(*cascade, "CASCADE")])
        }
        Change::RenameTo(to) => named("RENAME TO", to),
        Change::RenameColumn { from, to } => words(&[&named("RENAME COLUMN", from), &named("TO", to)]),
        Change::SetType { column, ty, rest } => words(&[&named("ALTER COLUMN", column), "TYPE", &ty.text, rest]),
        Change::SetNotNull(column) => words(&[&named("ALTER COLUMN", column), "SET NOT NULL"]),
        Change::DropNotNull(column) => words(&[&named("ALTER COLUMN", column), "DROP NOT NULL"]),
        Change::SetDefault(column, value) => words(&[&named("ALTER COLUMN", column), "SET DEFAULT", &value.text]),
        Change::DropDefault(column) => words(&[&named("ALTER COLUMN", column), "DROP DEFAULT"]),
        Change::Redefine(column) => words(&["MODIFY COLUMN", &self::column(column, dialect)]),
    }
}

fn drop_text(drop: &Drop, dialect: Dialect) -> String {
    let on = drop.on.as_ref().map_or_else(String::new, |table| format!("ON {}", name(table, dialect)));
    words(&[
        "DROP",
        when(drop.materialized, "MATERIALIZED"),
        drop.object.word(),
        when(drop.concurrently, "CONCURRENTLY"),
        when(drop.if_exists, "IF EXISTS"),
        &names(&drop.names, dialect),
        &on,
        when(drop.cascade, "CASCADE"),
    ])
}
