//! What is defined at one point of a script: tables, indexes, views and triggers, with everything that their definitions say.

use schema::{Catalog, Column, Table};

use super::print;
use crate::ddl::{DdlError, catalog_from_ddl};
use crate::dialect::Dialect;
use crate::resolve::parse;
use crate::syntax::ast::Name;
use crate::syntax::ddl::ast::{
    ColumnConstraint, ColumnDefinition, ColumnRule, CreateIndex, CreateTable, CreateTrigger, CreateView, ObjectKind,
    Piece, Reference, TableConstraint, TableRule,
};
use crate::syntax::ddl::{NO_DEFINITION, parse_script};
use crate::tree::Span;

/// The definitions of a database.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    pub(super) dialect: Dialect,
    pub(super) tables: Vec<CreateTable>,
    pub(super) indexes: Vec<CreateIndex>,
    pub(super) views: Vec<CreateView>,
    pub(super) triggers: Vec<CreateTrigger>,
    /// The names of tables, views and columns that are gone.
    pub(super) gone: Vec<String>,
    /// The same as tables and columns alone.
    pub(super) catalog: Catalog,
}

/// A list of columns by which rows are found: a key, a UNIQUE constraint or an index.
pub(super) struct KeyList {
    /// "the primary key", "index i".
    pub(super) label: String,
    /// The columns, in order.
    pub(super) columns: Vec<String>,
    /// Whether no two rows share their values.
    pub(super) unique: bool,
}

impl Definitions {
    /// The definitions that a script makes. Statements that define nothing are passed over.
    ///
    /// # Errors
    /// When the script is no schema script.
    pub fn read(script: &str, dialect: Dialect) -> Result<Self, DdlError> {
        let whole = catalog_from_ddl(script)?;
        let mut definitions = Definitions { dialect, ..Definitions::default() };
        let mut missed = false;
        for statement in parse_script(script, dialect) {
            match statement {
                Ok(statement) => definitions.apply(&statement.kind),
                Err(problem) => missed |= problem.code != NO_DEFINITION,
            }
        }
        if missed {
            definitions.add_missing(&whole);
        }
        Ok(definitions)
    }

    /// The tables and columns alone.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// All of it as a script.
    pub fn script(&self) -> String {
        let tables = self.tables.iter().map(|table| print::create_table(table, self.dialect));
        let views = self.views.iter().map(|view| print::create_view(view, self.dialect));
        let indexes = self.indexes.iter().map(|index| print::create_index(index, self.dialect));
        let triggers = self.triggers.iter().map(|trigger| trigger.text.clone());
        tables.chain(views).chain(indexes).chain(triggers).map(|text| text + ";\n").collect()
    }

    /// Reads the catalog anew from what is defined.
    pub(super) fn refresh(&mut self) {
        if let Ok(catalog) = catalog_from_ddl(&self.script()) {
            self.catalog = catalog;
        }
    }

    /// Tables whose definition could not be read in full, by what is known of their columns and keys.
    fn add_missing(&mut self, whole: &Catalog) {
        for (id, table) in whole.table_ids().zip(&whole.tables) {
            if self.kind_of(&table.name).is_none() && !table.is_view {
                let mut known = table_of(table);
                known.constraints.extend(whole.foreign_key_ids().filter(|key| whole.foreign_key(*key).from == id).map(
                    |key| {
                        let (own, other): (Vec<_>, Vec<_>) = whole.key_pairs(key).unzip();
                        let names = |columns: Vec<schema::ColumnId>| {
                            columns.iter().map(|c| plain(&whole.column(*c).name)).collect()
                        };
                        let table = plain(&whole.table(whole.foreign_key(key).to).name);
                        let reference = Reference { table, columns: names(other), actions: String::new() };
                        rule_of(TableRule::ForeignKey(names(own), reference))
                    },
                ));
                self.tables.push(known);
            }
        }
        self.refresh();
    }

    pub(super) fn table(&self, name: &str) -> Option<&CreateTable> {
        self.tables.iter().find(|table| same(&table.name.text, name))
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut CreateTable> {
        self.tables.iter_mut().find(|table| same(&table.name.text, name))
    }

    pub(super) fn view(&self, name: &str) -> Option<&CreateView> {
        self.views.iter().find(|view| same(&view.name.text, name))
    }

    pub(super) fn index(&self, name: &str) -> Option<&CreateIndex> {
        self.indexes.iter().find(|index| index.name.as_ref().is_some_and(|own| same(&own.text, name)))
    }

    pub(super) fn trigger(&self, name: &str) -> Option<&CreateTrigger> {
        self.triggers.iter().find(|trigger| same(&trigger.name.text, name))
    }

    /// What has this name, triggers apart, whose names are their own.
    pub(super) fn kind_of(&self, name: &str) -> Option<ObjectKind> {
        match () {
            () if self.table(name).is_some() => Some(ObjectKind::Table),
            () if self.view(name).is_some() => Some(ObjectKind::View),
            () if self.index(name).is_some() => Some(ObjectKind::Index),
            () => None,
        }
    }

    /// The names of all things of a kind.
    pub(super) fn names(&self, kind: ObjectKind) -> Vec<&str> {
        match kind {
            ObjectKind::Table => self.tables.iter().map(|table| table.name.text.as_str()).collect(),
            ObjectKind::View => self.views.iter().map(|view| view.name.text.as_str()).collect(),
            ObjectKind::Index => self.indexes.iter().filter_map(|i| i.name.as_ref()).map(|n| n.text.as_str()).collect(),
            ObjectKind::Trigger => self.triggers.iter().map(|trigger| trigger.name.text.as_str()).collect(),
        }
    }

    pub(super) fn indexes_on<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a CreateIndex> {
        self.indexes.iter().filter(move |index| same(&index.table.text, table))
    }

    pub(super) fn triggers_on<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a CreateTrigger> {
        self.triggers.iter().filter(move |trigger| same(&trigger.table.text, table))
    }

    /// The triggers that speak of what is gone.
    pub(super) fn broken_triggers(&self) -> impl Iterator<Item = &CreateTrigger> {
        let gone = |name: &&String| self.kind_of(name).is_none();
        let speaks = move |trigger: &&CreateTrigger| {
            self.gone.iter().filter(gone).any(|name| super::apply::speaks_of(&trigger.text, name))
        };
        self.triggers.iter().filter(speaks)
    }

    /// The views whose query does not resolve.
    pub(super) fn broken_views(&self) -> impl Iterator<Item = &CreateView> {
        self.views.iter().filter(|view| parse(&view.query.text, &self.catalog, self.dialect).ok().is_none())
    }

    /// Every key, UNIQUE constraint and whole index of a table.
    pub(super) fn key_lists(&self, table: &CreateTable) -> Vec<KeyList> {
        let mut lists = vec![];
        let mut add = |label: &str, columns: Vec<String>, unique| {
            if !columns.is_empty() {
                lists.push(KeyList { label: label.to_owned(), columns, unique });
            }
        };
        add("the primary key", primary_key(table), true);
        for column in &table.columns {
            if column.constraints.iter().any(|c| matches!(c.kind, ColumnRule::Unique(_))) {
                add("its UNIQUE constraint", vec![column.name.text.clone()], true);
            }
        }
        for constraint in &table.constraints {
            match &constraint.kind {
                TableRule::Unique(terms, _) => add("a UNIQUE constraint", columns_of(terms), true),
                TableRule::Index(_, terms) => add("a key", columns_of(terms), false),
                _ => {}
            }
        }
        for index in self.indexes_on(&table.name.text).filter(|index| index.filter.is_none()) {
            let name = index.name.as_ref().map_or("", |name| &name.text);
            let whole = index.terms.iter().all(|term| term.column.is_some());
            if whole {
                add(&format!("index {name}"), columns_of(&index.terms), index.unique);
            }
        }
        lists
    }
}

/// The names of the primary key's columns.
pub(super) fn primary_key(table: &CreateTable) -> Vec<String> {
    let of_column = table.columns.iter().filter(|column| is_primary(column)).map(|column| column.name.text.clone());
    let of_table = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        TableRule::PrimaryKey(terms, _) => Some(columns_of(terms)),
        _ => None,
    });
    of_column.chain(of_table.flatten()).collect()
}

pub(super) fn is_primary(column: &ColumnDefinition) -> bool {
    column.constraints.iter().any(|c| matches!(c.kind, ColumnRule::PrimaryKey { .. }))
}

pub(super) fn is_computed(column: &ColumnDefinition) -> bool {
    column.constraints.iter().any(|c| matches!(c.kind, ColumnRule::Generated { .. }))
}

/// The columns of those terms that are columns.
pub(super) fn columns_of(terms: &[crate::syntax::ddl::ast::Term]) -> Vec<String> {
    terms.iter().filter_map(|term| term.column.as_ref()).map(|name| name.text.clone()).collect()
}

/// Every foreign key of a table: its columns, and what they refer to.
pub(super) fn references(table: &CreateTable) -> Vec<(Vec<&Name>, &Reference)> {
    let of_columns = table.columns.iter().flat_map(|column| {
        column.constraints.iter().filter_map(move |constraint| match &constraint.kind {
            ColumnRule::References(reference) => Some((vec![&column.name], reference)),
            _ => None,
        })
    });
    let of_table = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        TableRule::ForeignKey(columns, reference) => Some((columns.iter().collect(), reference)),
        _ => None,
    });
    of_columns.chain(of_table).collect()
}

/// Whether two names are one, letter case ignored.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// A name that stands in no text.
pub(super) fn plain(text: &str) -> Name {
    Name { text: text.to_owned(), quote: None, span: Span::default() }
}

pub(super) fn piece(text: &str) -> Piece {
    Piece { text: text.to_owned(), span: Span::default() }
}

fn rule_of(kind: TableRule) -> TableConstraint {
    TableConstraint { name: None, kind, span: Span::default() }
}

/// A column of a catalog as a definition.
pub(super) fn column_of(column: &Column) -> ColumnDefinition {
    let constraint = |kind| ColumnConstraint { name: None, kind, span: Span::default() };
    let not_null = column.not_null.then(|| constraint(ColumnRule::NotNull(String::new())));
    let default = column.default.as_ref().map(|value| constraint(ColumnRule::Default(piece(value))));
    ColumnDefinition {
        name: plain(&column.name),
        ty: (!column.declared.is_empty()).then(|| piece(&column.declared)),
        constraints: not_null.into_iter().chain(default).collect(),
        span: Span::default(),
    }
}

fn table_of(table: &Table) -> CreateTable {
    let terms = |columns: &[u16]| {
        let name = |column: &u16| &table.columns[usize::from(*column)].name;
        columns.iter().map(|column| print::term(name(column))).collect()
    };
    let mut constraints: Vec<TableConstraint> = vec![];
    if !table.primary_key.is_empty() {
        constraints.push(rule_of(TableRule::PrimaryKey(terms(&table.primary_key), String::new())));
    }
    constraints.extend(table.unique.iter().map(|key| rule_of(TableRule::Unique(terms(key), String::new()))));
    CreateTable {
        temporary: false,
        if_not_exists: false,
        name: plain(&table.name),
        columns: table.columns.iter().map(column_of).collect(),
        constraints,
        options: String::new(),
        query: None,
    }
}
