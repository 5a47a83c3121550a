//! The query tree as executable SQLite text, in the two forms a caller may want.
//!
//! [`readable`] is what a person sees: one clause a line, no qualifier with one table, short aliases with several,
//! computed outputs with a name. [`compact`] is one line with every column qualified by its table.
//!
//! Suggested reading order:
//! * `expression`: expressions, with the brackets SQLite's precedence asks for.
//! * `names`: aliases, qualifiers and the names of computed outputs.

mod expression;
mod names;

use std::collections::{HashMap, HashSet};

use schema::Catalog;

use crate::dialect::quote_name;
use crate::tree::{Body, Cte, Item, JoinKind, OrderItem, Query, Select, SetOp, Source, SourceId, SourceKind};
use crate::visit::each_query;

pub use expression::literal_text;
pub(crate) use names::sources_across_levels;

/// How text is laid out and named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Readable,
    Compact,
}

/// Which outputs of a SELECT get a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Outputs that a person sees.
    Shown,
    /// Outputs that an outer query refers to: each its own name.
    Inner,
    /// Only the names the tree gives: the columns of a subquery that nobody names.
    Given,
}

/// One use of a table as it is written.
struct WrittenSource {
    /// What qualifies its columns.
    name: String,
    /// Its columns' names.
    columns: Vec<String>,
}

/// A query level being printed.
struct Level {
    sources: Vec<SourceId>,
    qualified: bool,
    /// What an output is called in ORDER BY: its alias, where one is written.
    outputs: Vec<Option<String>>,
}

struct Printer<'a> {
    catalog: &'a Catalog,
    style: Style,
    out: String,
    indent: usize,
    written: HashMap<SourceId, WrittenSource>,
    levels: Vec<Level>,
    ctes: Vec<(String, Vec<String>)>,
    /// The names of all CTEs in lower case: a table of such a name is told apart by its schema.
    cte_names: HashSet<String>,
    /// Sources that must carry a qualifier because an inner query speaks of them or of others.
    across: HashSet<SourceId>,
}

/// The query for reading: one clause a line, names as the catalog spells them.
pub fn readable(query: &Query, catalog: &Catalog) -> String {
    print(query, catalog, Style::Readable)
}

/// The query on one line with every column qualified.
pub fn compact(query: &Query, catalog: &Catalog) -> String {
    print(query, catalog, Style::Compact)
}

fn cte_names(query: &Query) -> HashSet<String> {
    let mut names = HashSet::new();
    each_query(query, &mut |query| names.extend(query.with.iter().map(|cte| cte.name.to_ascii_lowercase())));
    names
}

fn print(query: &Query, catalog: &Catalog, style: Style) -> String {
    let mut query = query.clone();
    names::settle_outputs(&mut query);
    let across = names::sources_across_levels(&query);
    let mut printer = Printer {
        catalog,
        style,
        out: String::new(),
        indent: 0,
        written: HashMap::new(),
        levels: vec![],
        ctes: vec![],
        cte_names: cte_names(&query),
        across,
    };
    printer.query(&query, Naming::Shown);
    printer.out
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn push_name(&mut self, name: &str) {
        let quoted = quote_name(name);
        self.push(&quoted);
    }

    /// A new line at the present indent, or a space on one line.
    fn line(&mut self) {
        if self.style == Style::Readable {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', self.indent));
        } else {
            self.out.push(' ');
        }
    }

    fn comma_separated<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            print(self, item);
        }
    }

    /// A query in brackets, indented.
    fn bracketed(&mut self, query: &Query, naming: Naming) {
        self.push("(");
        self.indent += 4;
        if self.style == Style::Readable {
            self.line();
        }
        self.query(query, naming);
        self.indent -= 4;
        if self.style == Style::Readable {
            self.line();
        }
        self.push(")");
    }

    fn query(&mut self, query: &Query, naming: Naming) {
        let outer = self.ctes.len();
        self.with(&query.with);
        match &query.body {
            Body::Select(select) => {
                self.enter(select, naming);
                self.select(select);
                self.tail(query);
                self.levels.pop();
            }
            Body::Set { op, all, left, right } => {
                self.arms(*op, *all, left, right, naming);
                let outputs = self.outputs_of_set(left, naming);
                self.levels.push(Level { sources: vec![], qualified: false, outputs });
                self.tail(query);
                self.levels.pop();
            }
            Body::Values(rows) => {
                self.values(rows);
                self.levels.push(Level { sources: vec![], qualified: false, outputs: vec![] });
                self.tail(query);
                self.levels.pop();
            }
        }
        self.ctes.truncate(outer);
    }

    fn values(&mut self, rows: &[Vec<crate::tree::Expr>]) {
        self.push("VALUES ");
        self.comma_separated(rows, |p, row| {
            p.push("(");
            p.comma_separated(row, Self::expr);
            p.push(")");
        });
    }

    fn with(&mut self, ctes: &[Cte]) {
        for (i, cte) in ctes.iter().enumerate() {
            self.push(match i {
                0 if ctes.iter().any(|c| c.recursive) => "WITH RECURSIVE ",
                0 => "WITH ",
                _ => ", ",
            });
            let columns = self.cte_columns(cte);
            self.push_name(&cte.name);
            if cte.columns_listed {
                self.push(" (");
                self.comma_separated(&columns, |p, name| p.push_name(name));
                self.push(")");
            }
            self.push(" AS ");
            self.ctes.push((cte.name.clone(), columns));
            self.bracketed(&cte.query, Naming::Inner);
        }
        if !ctes.is_empty() {
            self.line();
        }
    }

    fn arms(&mut self, op: SetOp, all: bool, left: &Query, right: &Query, naming: Naming) {
        let in_place = !has_tail(left);
        self.arm(left, in_place, naming);
        self.line();
        self.push(match op {
            SetOp::Union => "UNION",
            SetOp::Intersect => "INTERSECT",
            SetOp::Except => "EXCEPT",
        });
        if all {
            self.push(" ALL");
        }
        self.line();
        let in_place = !has_tail(right) && !matches!(right.body, Body::Set { .. });
        self.arm(right, in_place, Naming::Given);
    }

    /// An arm of a set operation. SQLite knows no brackets around an arm, so one with its own order or limit, or a
    /// set operation on the right, goes into a derived table.
    fn arm(&mut self, query: &Query, in_place: bool, naming: Naming) {
        if in_place {
            return self.query(query, naming);
        }
        self.push("SELECT *");
        self.line();
        self.push("FROM ");
        self.bracketed(query, Naming::Inner);
    }

    fn select(&mut self, select: &Select) {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        if self.is_whole_star(select) {
            self.push("*");
        } else {
            let outputs = self.levels.last().map_or_else(Vec::new, |level| level.outputs.clone());
            let items: Vec<(&Item, Option<String>)> = select.items.iter().zip(outputs).collect();
            self.comma_separated(&items, |p, (item, alias)| {
                p.expr(&item.expr);
                if let Some(alias) = alias {
                    p.push(" AS ");
                    p.push_name(alias);
                }
            });
        }
        for (i, source) in select.from.iter().enumerate() {
            self.source(source, i == 0);
        }
        if let Some(filter) = &select.filter {
            self.line();
            self.push("WHERE ");
            self.condition(filter);
        }
        if !select.group_by.is_empty() {
            self.line();
            self.push("GROUP BY ");
            self.comma_separated(&select.group_by, |p, term| p.term(term, true));
        }
        if let Some(having) = &select.having {
            self.line();
            self.push("HAVING ");
            self.condition(having);
        }
    }

    fn source(&mut self, source: &Source, first: bool) {
        if first {
            self.line();
            self.push("FROM ");
        } else {
            self.line();
            self.push(match source.join {
                JoinKind::Cross => "CROSS JOIN ",
                JoinKind::Inner => "JOIN ",
                JoinKind::Left => "LEFT JOIN ",
                JoinKind::Right => "RIGHT JOIN ",
                JoinKind::Full => "FULL JOIN ",
            });
        }
        let written = self.written.get(&source.id).map_or_else(String::new, |w| w.name.clone());
        let plain = match &source.kind {
            SourceKind::Table(table) => self.catalog.table(*table).name.clone(),
            SourceKind::Cte { name, .. } => name.clone(),
            SourceKind::Derived { query, .. } => {
                // A derived table sees the levels around its query, not its neighbours.
                let level = self.levels.pop();
                self.bracketed(query, Naming::Inner);
                self.levels.extend(level);
                String::new()
            }
        };
        if !plain.is_empty() {
            let is_table = matches!(source.kind, SourceKind::Table(_));
            if is_table && self.cte_names.contains(&plain.to_ascii_lowercase()) {
                self.push("main.");
            }
            self.push_name(&plain);
        }
        if written != plain {
            self.push(" AS ");
            self.push_name(&written);
        }
        if let Some(on) = &source.on {
            self.push(" ON ");
            self.expr(on);
        }
    }

    fn tail(&mut self, query: &Query) {
        if !query.order_by.is_empty() {
            self.line();
            self.push("ORDER BY ");
            self.comma_separated(&query.order_by, |p, item| p.order_item(item, true));
        }
        if let Some(limit) = &query.limit {
            self.line();
            self.push("LIMIT ");
            self.expr(limit);
        } else if query.offset.is_some() {
            self.line();
            self.push("LIMIT -1");
        }
        if let Some(offset) = &query.offset {
            self.push(" OFFSET ");
            self.expr(offset);
        }
    }

    fn order_item(&mut self, item: &OrderItem, of_query: bool) {
        if of_query {
            self.term(&item.expr, false);
        } else {
            self.expr(&item.expr);
        }
        if item.descending {
            self.push(" DESC");
        }
        match item.nulls_first {
            Some(true) => self.push(" NULLS FIRST"),
            Some(false) => self.push(" NULLS LAST"),
            None => {}
        }
    }
}

/// Whether an arm carries what SQLite allows at the end of the whole only.
fn has_tail(query: &Query) -> bool {
    !query.with.is_empty() || !query.order_by.is_empty() || query.limit.is_some() || query.offset.is_some()
}
