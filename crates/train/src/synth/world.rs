//! What synthesis samples from: a pack's words, and values that a filled database holds.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schema::{Catalog, ColumnId, ForeignKeyId, Glossary, Role, TableId, Type, Value};
use sql::tree::Expr;

use super::pattern::Patterns;

/// Everything a sample is drawn from.
pub struct World<'a> {
    /// The structure.
    pub catalog: &'a Catalog,
    /// The words.
    pub glossary: &'a Glossary,
    /// Values of each column, sorted: what filters compare with.
    pub samples: BTreeMap<ColumnId, Vec<Value>>,
    /// The day questions are asked on.
    pub today: Date,
    /// How questions are worded.
    pub patterns: Patterns,
    /// Named measures, with their expressions over source 0.
    pub measures: Vec<Named>,
    /// Named conditions, with their expressions over source 0.
    pub conditions: Vec<Named>,
    term_uses: BTreeMap<String, usize>,
}

/// A named measure or condition of the glossary.
#[derive(Debug, Clone)]
pub struct Named {
    /// The table it speaks of.
    pub table: TableId,
    /// Its key in the glossary.
    pub key: String,
    /// The expression; every column is of source 0.
    pub expr: Expr,
}

/// One step from a referring table to the table it refers to.
pub type Path = Vec<ForeignKeyId>;

impl<'a> World<'a> {
    /// A world over a pack. `named` parses an expression over one table's qualified columns.
    pub fn new(
        catalog: &'a Catalog,
        glossary: &'a Glossary,
        samples: BTreeMap<ColumnId, Vec<Value>>,
        today: Date,
        named: &dyn Fn(&str) -> Option<(TableId, Expr)>,
    ) -> Self {
        let resolve = |(key, sql): (&String, &String)| {
            let (table, expr) = named(&sql.replace(":today", &format!("'{today}'")))?;
            Some(Named { table, key: key.clone(), expr })
        };
        let measures = glossary.measures.iter().map(|(k, m)| (k, &m.sql)).filter_map(resolve).collect();
        let conditions = glossary.conditions.iter().map(|(k, c)| (k, &c.sql)).filter_map(resolve).collect();
        let mut term_uses = BTreeMap::new();
        for term in glossary.columns.values().flat_map(|c| &c.terms) {
            *term_uses.entry(term.clone()).or_insert(0) += 1;
        }
        World { catalog, glossary, samples, today, patterns: Patterns::builtin(), measures, conditions, term_uses }
    }

    /// What a column is for.
    pub fn role(&self, column: ColumnId) -> Role {
        self.glossary.role(self.catalog, column)
    }

    /// The type of a column.
    pub fn ty(&self, column: ColumnId) -> Type {
        self.catalog.column(column).ty
    }

    /// Columns of a table whose role passes.
    pub fn columns(&self, table: TableId, role: impl Fn(Role) -> bool) -> Vec<ColumnId> {
        self.catalog.columns_of(table).filter(|&c| role(self.role(c))).collect()
    }

    /// Whether a column alone tells the rows of its table apart.
    pub fn is_key(&self, column: ColumnId) -> bool {
        self.catalog.table(column.table).primary_key == [column.column]
    }

    /// Keys by which a table refers to others.
    pub fn parents(&self, table: TableId) -> Vec<ForeignKeyId> {
        self.catalog
            .foreign_key_ids()
            .filter(|&k| {
                let key = self.catalog.foreign_key(k);
                key.from == table && key.to != table
            })
            .collect()
    }

    /// Keys by which others refer to a table.
    pub fn children(&self, table: TableId) -> Vec<ForeignKeyId> {
        self.catalog
            .foreign_key_ids()
            .filter(|&k| {
                let key = self.catalog.foreign_key(k);
                key.to == table && key.from != table
            })
            .collect()
    }

    /// Whether the glossary calls this a table most questions are about.
    pub fn is_core(&self, table: TableId) -> bool {
        self.glossary.table(self.catalog, table).is_some_and(|t| t.core)
    }

    /// Whether a term names a column of one table only.
    pub fn is_unambiguous(&self, term: &str) -> bool {
        self.term_uses.get(term).is_none_or(|&n| n <= 1)
    }

    /// The table at the end of a path.
    pub fn end_of(&self, root: TableId, path: &Path) -> TableId {
        path.last().map_or(root, |&key| self.catalog.foreign_key(key).to)
    }
}
