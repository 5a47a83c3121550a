//! The query tree as executable text: of SQLite in the two forms a caller may want, and of other engines.
//!
//! [`readable`] is what a person sees: one clause a line, no qualifier with one table, short aliases with several,
//! computed outputs with a name. [`compact`] is one line with every column qualified by its table. [`emit`] writes for another
//! engine what means the same there.
//!
//! Suggested reading order:
//! * `expression`: expressions, with the brackets SQLite's precedence asks for.
//! * `names`: aliases, qualifiers and the names of computed outputs.
//! * `dialect`: the same meaning for other engines.

mod dialect;
mod expression;
mod names;

use std::collections::{HashMap, HashSet};

use schema::Catalog;

use crate::dialect::Dialect;
use crate::tree::{Body, Cte, Expr, Item, JoinKind, OrderItem, Query, Select, SetOp, Source, SourceId, SourceKind};
use crate::visit::each_query;

pub use dialect::{Construct, Names, Target, Texts, Unsayable, emit, name};
pub use expression::literal_text;
pub(crate) use names::sources_across_levels;

use dialect::{Limits, Traits};

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
    target: Target,
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
    print_for(query, catalog, style, Target::default())
}

fn print_for(query: &Query, catalog: &Catalog, style: Style, target: Target) -> String {
    let mut query = query.clone();
    names::settle_outputs(&mut query);
    let mut printer = Printer::new(catalog, style, target, &query);
    printer.query(&query, Naming::Shown);
    if target.dialect == Dialect::SqlServer && has_recursion(&query) {
        // It stops after a hundred steps otherwise.
        printer.line();
        printer.push("OPTION (MAXRECURSION 0)");
    }
    printer.out
}

fn has_recursion(query: &Query) -> bool {
    let mut found = false;
    each_query(query, &mut |query| found |= query.with.iter().any(|cte| cte.recursive));
    found
}

impl<'a> Printer<'a> {
    /// A printer of a query.
    fn new(catalog: &'a Catalog, style: Style, target: Target, query: &Query) -> Self {
        Printer {
            catalog,
            style,
            target,
            out: String::new(),
            indent: 0,
            written: HashMap::new(),
            levels: vec![],
            ctes: vec![],
            cte_names: cte_names(query),
            across: names::sources_across_levels(query),
        }
    }
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn push_name(&mut self, name: &str) {
        let quoted = dialect::name(name, self.target);
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
                self.select(select, query.limit.as_ref().filter(|_| self.limits_first(query)));
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
                0 if ctes.iter().any(|c| c.recursive) && self.traits().says_recursive => "WITH RECURSIVE ",
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
        // Elsewhere INTERSECT binds more tightly than the others.
        let is_other = matches!(left.body, Body::Set { op: inner, .. } if inner != op);
        let in_place = !has_tail(left) && (self.target.dialect == Dialect::Sqlite || !is_other);
        self.arm(left, in_place, naming);
        self.line();
        self.push(match op {
            SetOp::Union => "UNION",
            SetOp::Intersect => "INTERSECT",
            SetOp::Except => self.traits().except,
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
        if self.target.dialect != Dialect::Sqlite {
            self.push(if self.traits().table_as { " AS arm" } else { " arm" });
        }
    }

    fn select(&mut self, select: &Select, top: Option<&Expr>) {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        if let Some(top) = top {
            self.push("TOP (");
            self.expr(top);
            self.push(") ");
        }
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
        if let Some(dual) = self.traits().dual.filter(|_| select.from.is_empty()) {
            self.line();
            self.push("FROM ");
            self.push(dual);
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
            SourceKind::Table(table) => Some(self.catalog.table(*table).name.clone()),
            SourceKind::Cte { name, .. } => Some(name.clone()),
            SourceKind::Derived { query, .. } => {
                // A derived table sees the levels around its query, not its neighbours.
                let level = self.levels.pop();
                self.bracketed(query, Naming::Inner);
                self.levels.extend(level);
                None
            }
        };
        if let Some(plain) = &plain {
            let is_table = matches!(source.kind, SourceKind::Table(_));
            let is_sqlite = self.target.dialect == Dialect::Sqlite;
            if is_table && is_sqlite && self.cte_names.contains(&plain.to_ascii_lowercase()) {
                self.push("main.");
            }
            self.push_name(plain);
        }
        if plain.is_none_or(|plain| plain != written) {
            self.push(if self.traits().table_as { " AS " } else { " " });
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
        match self.traits().limits {
            Limits::Limit => self.limit(query),
            Limits::Top if self.limits_first(query) => {}
            Limits::Top | Limits::Fetch => self.fetch(query),
        }
    }

    /// Whether the limit stands before the outputs: `TOP (n)`.
    fn limits_first(&self, query: &Query) -> bool {
        self.traits().limits == Limits::Top && query.offset.is_none() && matches!(query.body, Body::Select(_))
    }

    fn limit(&mut self, query: &Query) {
        if let Some(limit) = &query.limit {
            self.line();
            self.push("LIMIT ");
            self.expr(limit);
        } else if query.offset.is_some() && self.target.dialect != Dialect::Postgres {
            self.line();
            // MySQL has no word for "all": the most rows that a table can have.
            let all = if self.target.dialect == Dialect::MySql { "18446744073709551615" } else { "-1" };
            self.push(&format!("LIMIT {all}"));
        } else if query.offset.is_some() {
            self.line();
            self.push("OFFSET ");
        }
        if let Some(offset) = &query.offset {
            if query.limit.is_some() || self.target.dialect != Dialect::Postgres {
                self.push(" OFFSET ");
            }
            self.expr(offset);
        }
    }

    /// `OFFSET m ROWS FETCH NEXT n ROWS ONLY`.
    fn fetch(&mut self, query: &Query) {
        if query.limit.is_none() && query.offset.is_none() {
            return;
        }
        let is_top = self.traits().limits == Limits::Top;
        if is_top && query.order_by.is_empty() {
            self.line();
            self.push(if matches!(query.body, Body::Select(_)) { "ORDER BY (SELECT NULL)" } else { "ORDER BY 1" });
        }
        self.line();
        match &query.offset {
            Some(offset) => {
                self.push("OFFSET ");
                self.expr(offset);
                self.push(" ROWS");
            }
            None if is_top => self.push("OFFSET 0 ROWS"),
            None => {}
        }
        if let Some(limit) = &query.limit {
            let follows = query.offset.is_some() || is_top;
            self.push(if follows { " FETCH NEXT " } else { "FETCH FIRST " });
            self.expr(limit);
            self.push(" ROWS ONLY");
        }
    }

    fn traits(&self) -> &'static Traits {
        dialect::traits(self.target.dialect)
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
