//! Sources, joins, USING and NATURAL.

use schema::Catalog;

use super::scope::{Binding, BoundColumn, Clause, Found, Scope, twin_columns};
use super::select::{has_unknown_names, output_names};
use super::{Resolver, unknown};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{self, JoinWord};
use crate::tree::{BinaryOp, Body, Expr, ExprKind, Item, JoinKind, Query, Select, Source, SourceKind, Span};
use crate::visit::each_expr;

/// A FROM clause whose ON conditions are still to be resolved.
#[derive(Default)]
pub(super) struct From<'a> {
    pub(super) sources: Vec<Source>,
    pub(super) bindings: Vec<Binding>,
    /// Position of a source and its condition.
    pub(super) conditions: Vec<(usize, &'a ast::Expr)>,
    /// Whether a RIGHT or FULL join stands among the sources: a column that USING joins must then be one column.
    strict: bool,
    /// One past the last byte of the clause.
    pub(super) end: u32,
}

/// What a name in FROM stands for.
struct Named {
    kind: SourceKind,
    columns: Vec<String>,
    /// Whether it may have columns that are not known.
    open: bool,
    has_row_id: bool,
}

impl Named {
    fn unknown(name: &str) -> Self {
        let kind = SourceKind::Cte { name: name.to_owned(), columns: vec![] };
        Named { kind, columns: vec![], open: true, has_row_id: false }
    }
}

/// The tables SQLite keeps about itself, which every database has.
const SYSTEM_TABLES: [&str; 4] = ["sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"];
const SYSTEM_COLUMNS: [&str; 5] = ["type", "name", "tbl_name", "rootpage", "sql"];

/// Table-valued functions and virtual tables that every SQLite has.
const VIRTUAL_TABLES: [&str; 6] = ["json_each", "json_tree", "dbstat", "jsonb_each", "jsonb_tree", "fts5vocab"];

impl<'a> Resolver<'a> {
    pub(super) fn from(&mut self, sources: &'a [ast::Source]) -> From<'a> {
        self.check_first(sources);
        let mut from = From { strict: has_right_join(sources), ..From::default() };
        for source in sources {
            self.add_source(source, &mut from);
        }
        from
    }

    fn add_source(&mut self, source: &'a ast::Source, from: &mut From<'a>) {
        from.end = from.end.max(source.end);
        if let ast::SourceKind::Group(inner) = &source.kind {
            let first = from.sources.is_empty() && source.alias.is_none() && source.on.is_none();
            if let Some(only) = only_source(inner).filter(|_| !first) {
                self.check_first(inner);
                return self.add_single(source, only, from);
            }
            let before = from.bindings.len();
            if source.alias.is_none() && self.can_flatten(source, inner, from.sources.is_empty()) {
                self.flatten(source, inner, from);
            } else {
                self.nest(source, inner, from);
            }
            // Brackets that SQLite cannot drop are to it a query that shows every column of their sources.
            let own = from.bindings[before..].iter().filter(|binding| !binding.qualified_only);
            let twin = twin_columns(&own.collect::<Vec<_>>()).filter(|_| !first).map(str::to_owned);
            if let Some(name) = twin {
                let message = format!("The two sources called {name} within these brackets cannot be told apart.");
                self.error("SCH203", source.span, message);
            }
            return;
        }
        self.add_single(source, source, from);
    }

    /// A table, CTE or subquery, joined and called as `source` says; `held` is the same or stands in brackets in it.
    fn add_single(&mut self, source: &'a ast::Source, held: &'a ast::Source, from: &mut From<'a>) {
        let first = from.sources.is_empty();
        let Named { kind, columns, open, has_row_id } = self.source_kind(held);
        let id = self.new_source();
        let join = join_kind(source, first);
        let name = match (&source.alias, &held.kind) {
            (Some(alias), _) => Some(alias.text.clone()),
            (None, ast::SourceKind::Table { name, .. }) => Some(name.text.clone()),
            _ => None,
        };
        self.check_duplicate(name.as_deref(), source.span, &from.bindings);
        let table = match kind {
            SourceKind::Table(table) if !self.catalog.table(table).is_view => Some(table),
            _ => None,
        };
        let columns = columns.into_iter().enumerate().map(|(i, name)| BoundColumn { name, position: i as u16 });
        let binding = Binding {
            name,
            source: id,
            table,
            has_row_id,
            columns: columns.collect(),
            join,
            using: vec![],
            open,
            qualified_only: false,
        };
        let alias = source.alias.as_ref().map(|alias| alias.text.clone());
        from.sources.push(Source { id, kind, alias, join, on: None, span: source.span });
        self.bind(source, vec![binding], from);
    }

    /// Adds the bindings of one joined source and notes its condition.
    fn bind(&mut self, source: &'a ast::Source, mut bindings: Vec<Binding>, from: &mut From<'a>) {
        let position = from.sources.len() - 1;
        let using = self.joined_columns(source, &bindings, &from.bindings);
        let mut left = Scope::new();
        left.bindings = std::mem::take(&mut from.bindings);
        for (name, span) in using {
            let right = bindings.iter_mut().find(|b| b.columns.iter().any(|c| c.name.eq_ignore_ascii_case(&name)));
            let found = left.find_joined(&name, from.strict);
            let (Some(right), Found::Column(left)) = (right, found) else {
                if !left.bindings.iter().chain(&bindings).any(|b| b.open) {
                    self.not_on_both_sides(&name, span, &left.bindings, &bindings);
                }
                continue;
            };
            let column = right.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name)).map_or(0, |c| c.position);
            let right_kind = ExprKind::Column { source: right.source, column };
            let left = Expr { kind: left, span };
            let equal = left.binary(BinaryOp::Eq, Expr { kind: right_kind, span });
            right.using.push(name);
            let on = &mut from.sources[position].on;
            *on = Some(match on.take() {
                Some(before) => before.and(equal),
                None => equal,
            });
        }
        from.bindings = left.bindings;
        from.bindings.extend(bindings);
        let joined = &mut from.sources[position];
        match &source.on {
            Some(on) => from.conditions.push((position, on)),
            // NATURAL where no name is shared joins every row with every row.
            None if joined.on.is_none() && joined.join == JoinKind::Inner => joined.join = JoinKind::Cross,
            None => {}
        }
    }

    /// What stands first, in brackets too, joins nothing.
    fn check_first(&mut self, sources: &[ast::Source]) {
        let Some(first) = sources.first() else { return };
        if let Some(on) = &first.on {
            self.error("SCH214", on.span, "ON needs a JOIN before it.");
        }
        if first.using.is_some() {
            self.error("SCH214", first.span, "USING needs a JOIN before it.");
        }
    }

    /// The columns that USING lists or NATURAL finds, each with the place to blame.
    fn joined_columns(&mut self, source: &ast::Source, new: &[Binding], known: &[Binding]) -> Vec<(String, Span)> {
        if source.join.natural && (source.on.is_some() || source.using.is_some()) {
            self.error("SCH214", source.join.span, "A NATURAL join has neither ON nor USING.");
        }
        if let Some(names) = &source.using {
            if known.is_empty() {
                return vec![];
            }
            return names.iter().map(|name| (name.text.clone(), name.span)).collect();
        }
        if !source.join.natural {
            return vec![];
        }
        let has = |name: &str| known.iter().any(|b| b.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name)));
        let columns = new.iter().flat_map(|binding| &binding.columns).filter(|column| has(&column.name));
        columns.map(|column| (column.name.clone(), source.join.span)).collect()
    }

    fn check_duplicate(&mut self, name: Option<&str>, span: Span, known: &[Binding]) {
        if let Some(name) = name.filter(|name| known.iter().any(|binding| binding.is_named(name))) {
            let message = format!("{name} names two sources of this FROM.");
            self.diagnostics.push(Diagnostic::warning("SCH204", span, message).help("Give each its own alias."));
        }
    }

    fn source_kind(&mut self, source: &'a ast::Source) -> Named {
        match &source.kind {
            ast::SourceKind::Derived(query) => {
                let query = self.query(query);
                let columns = output_names(&query, self.catalog, self.text);
                let open = has_unknown_names(&query);
                let kind = SourceKind::Derived { query: Box::new(query), columns: columns.clone() };
                Named { kind, columns, open, has_row_id: false }
            }
            ast::SourceKind::Table { schema, name, args: None, indexed_by } => {
                let found = self.named_source(schema.as_ref(), name);
                if let Some(index) = indexed_by {
                    self.check_index(index, &found.kind);
                }
                found
            }
            ast::SourceKind::Table { name, .. } => self.table_function(name),
            ast::SourceKind::Group(_) => Named::unknown(""),
        }
    }

    /// INDEXED BY names an index of its own table. One that is there is told of too: the query fails once it is gone.
    fn check_index(&mut self, index: &ast::Name, source: &SourceKind) {
        let known = match source {
            SourceKind::Table(table) => &self.catalog.table(*table).index_names[..],
            _ => &[],
        };
        if known.iter().any(|name| name.eq_ignore_ascii_case(&index.text)) {
            let message = format!("The query works for as long as there is an index {}.", index.text);
            let diagnostic = Diagnostic::warning("SCH226", index.span, message);
            self.diagnostics.push(diagnostic.help("Leave INDEXED BY out: the engine finds the index by itself."));
        } else {
            self.error("SCH226", index.span, format!("No index {} is known.", index.text));
        }
    }

    fn named_source(&mut self, schema: Option<&ast::Name>, name: &ast::Name) -> Named {
        if schema.is_none()
            && let Some((name, columns, open)) = self.find_cte(name)
        {
            let kind = SourceKind::Cte { name, columns: columns.clone() };
            return Named { kind, columns, open, has_row_id: false };
        }
        let is_main = schema.is_none_or(|schema| schema.text.eq_ignore_ascii_case(self.own_schema()));
        if let Some(table) = self.catalog.find_table(&name.text).filter(|_| is_main) {
            let known = self.catalog.table(table);
            let columns = known.columns.iter().map(|c| c.name.clone()).collect();
            let has_row_id = !known.is_view && !known.without_rowid;
            return Named { kind: SourceKind::Table(table), columns, open: false, has_row_id };
        }
        if SYSTEM_TABLES.iter().any(|table| table.eq_ignore_ascii_case(&name.text)) {
            self.off_limits(name);
            let columns: Vec<String> = SYSTEM_COLUMNS.map(str::to_owned).into();
            let kind = SourceKind::Cte { name: name.text.clone(), columns: columns.clone() };
            return Named { kind, columns, open: false, has_row_id: true };
        }
        if is_virtual(&name.text) {
            self.off_limits(name);
        } else {
            self.unknown_table(schema, name);
        }
        Named::unknown(&name.text)
    }

    fn off_limits(&mut self, name: &ast::Name) {
        let message = format!("{} is not a table of the catalog and may not be read.", name.text);
        self.error("SEC504", name.span, message);
    }

    fn table_function(&mut self, name: &ast::Name) -> Named {
        if self.catalog.find_table(&name.text).is_some() {
            self.error("SCH201", name.span, format!("{} is a table, not a function.", name.text));
        } else if is_virtual(&name.text) {
            self.off_limits(name);
        } else {
            self.error("SCH201", name.span, format!("There is no table function {}.", name.text));
            self.off_limits(name);
        }
        Named::unknown(&name.text)
    }

    /// Whether the sources of a bracketed group may stand in the list around it without a change of meaning.
    fn can_flatten(&self, source: &ast::Source, inner: &[ast::Source], first: bool) -> bool {
        let is_inner = |s: &ast::Source| matches!(s.join.kind, None | Some(JoinWord::Inner | JoinWord::Cross));
        let plain_group = inner.iter().all(|s| is_inner(s) && !matches!(s.kind, ast::SourceKind::Group(_)));
        let by_names = source.using.is_some() || source.join.natural;
        first && source.on.is_none() || plain_group && is_inner(source) && !by_names
    }

    fn flatten(&mut self, source: &'a ast::Source, inner: &'a [ast::Source], from: &mut From<'a>) {
        self.check_first(inner);
        let first = from.sources.len();
        for source in inner {
            self.add_source(source, from);
        }
        if let Some(joined) = from.sources.get_mut(first) {
            joined.join = join_kind(source, first == 0);
            if let Some(binding) = from.bindings.get_mut(first) {
                binding.join = joined.join;
            }
        }
        if let Some(on) = &source.on {
            from.conditions.push((from.sources.len() - 1, on));
        }
        let inner_only = from.sources[first..].iter().all(|s| matches!(s.join, JoinKind::Cross | JoinKind::Inner));
        if let Some(last) = from.sources.last_mut().filter(|_| inner_only && source.on.is_some()) {
            last.join = JoinKind::Inner;
        }
    }

    /// A bracketed group as a derived table that shows every column of its sources, each still under its own name.
    fn nest(&mut self, source: &'a ast::Source, inner: &'a [ast::Source], from: &mut From<'a>) {
        let first = from.sources.is_empty();
        let (query, mut bindings) = self.group_query(inner);
        let columns = output_names(&query, self.catalog, self.text);
        let id = self.new_source();
        let join = join_kind(source, first);
        let mut position = 0;
        for binding in &mut bindings {
            binding.source = id;
            binding.table = None;
            binding.has_row_id = false;
            binding.join = join;
            for column in &mut binding.columns {
                column.position = position;
                position += 1;
            }
        }
        if let Some(alias) = &source.alias {
            let bound =
                columns.iter().enumerate().map(|(i, name)| BoundColumn { name: name.clone(), position: i as u16 });
            let open = bindings.iter().any(|b| b.open);
            let name = Some(alias.text.clone());
            let columns = bound.collect();
            bindings.push(Binding {
                name,
                source: id,
                table: None,
                has_row_id: false,
                columns,
                join,
                using: vec![],
                open,
                qualified_only: true,
            });
        }
        let kind = SourceKind::Derived { query: Box::new(query), columns };
        let alias = source.alias.as_ref().map(|alias| alias.text.clone());
        from.sources.push(Source { id, kind, alias, join, on: None, span: source.span });
        self.bind(source, bindings, from);
    }

    fn group_query(&mut self, inner: &'a [ast::Source]) -> (Query, Vec<Binding>) {
        let mut from = self.from(inner);
        let mut scope = Scope::new();
        scope.bindings = from.bindings.clone();
        scope.clause = Clause::On;
        self.scopes.push(scope);
        for (position, on) in std::mem::take(&mut from.conditions) {
            let on = self.scalar(on);
            let before = from.sources[position].on.take();
            from.sources[position].on = Some(match before {
                Some(before) => before.and(on),
                None => on,
            });
        }
        self.scopes.pop();
        let items = from.bindings.iter().flat_map(|binding| {
            let column = |c: &BoundColumn| ExprKind::Column { source: binding.source, column: c.position };
            binding.columns.iter().map(move |c| Item { expr: column(c).into(), alias: None, from_star: true })
        });
        let select = Select { items: items.collect(), from: from.sources, ..Select::default() };
        let query =
            Query { with: vec![], body: Body::Select(Box::new(select)), order_by: vec![], limit: None, offset: None };
        (query, from.bindings)
    }

    /// An ON of an outer join, or of any join beside a RIGHT or FULL one, cannot speak of tables further right.
    pub(super) fn check_on(&mut self, sources: &[Source], position: usize, on: &Expr) {
        let strict = sources.iter().any(|s| matches!(s.join, JoinKind::Right | JoinKind::Full));
        let outer = !matches!(sources[position].join, JoinKind::Cross | JoinKind::Inner);
        if !strict && !outer {
            return;
        }
        let mut spoken_of = vec![];
        each_expr(on, &mut |expr| {
            if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = expr.kind {
                spoken_of.push(source);
            }
        });
        let later = sources[position + 1..].iter().find(|source| spoken_of.contains(&source.id));
        if let Some(later) = later {
            let message = "This ON speaks of a table that is joined further right.";
            let found = Diagnostic::error("SCH220", on.span, message).label(later.span, "it is joined here");
            self.diagnostics.push(found);
        }
    }

    /// `SELECT * FROM t`, for `x IN t`.
    pub(super) fn whole_table(&mut self, source: &'a ast::Source) -> Query {
        let from = self.from(std::slice::from_ref(source));
        let column =
            |binding: &Binding, c: &BoundColumn| ExprKind::Column { source: binding.source, column: c.position };
        let mut items: Vec<Item> = Vec::new();
        for binding in &from.bindings {
            let columns = binding.columns.iter().map(|c| column(binding, c));
            items.extend(columns.map(|kind| Item {
                expr: Expr { kind, span: source.span },
                alias: None,
                from_star: true,
            }));
            if binding.open {
                items.push(Item::new(unknown("*", source.span)));
            }
        }
        Query::from_select(Select { items, from: from.sources, ..Select::default() })
    }
}

/// Whether a list of sources holds a RIGHT or FULL join. Brackets around the first sources change nothing.
fn has_right_join(sources: &[ast::Source]) -> bool {
    let within = match sources.first() {
        Some(ast::Source { kind: ast::SourceKind::Group(inner), alias: None, on: None, .. }) => has_right_join(inner),
        _ => false,
    };
    within || sources.iter().any(|s| matches!(s.join.kind, Some(JoinWord::Right | JoinWord::Full)))
}

/// The only source within brackets, however many: SQLite forgets the alias that it has there.
fn only_source(inner: &[ast::Source]) -> Option<&ast::Source> {
    match inner {
        [ast::Source { kind: ast::SourceKind::Group(inner), .. }] => only_source(inner),
        [only] => Some(only).filter(|only| only.on.is_none() && only.using.is_none()),
        _ => None,
    }
}

fn is_virtual(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("pragma_") || lower.starts_with("sqlite_") || VIRTUAL_TABLES.contains(&lower.as_str())
}

fn join_kind(source: &ast::Source, first: bool) -> JoinKind {
    let conditioned = source.on.is_some() || source.using.is_some() || source.join.natural;
    match source.join.kind {
        _ if first => JoinKind::Cross,
        Some(JoinWord::Left) => JoinKind::Left,
        Some(JoinWord::Right) => JoinKind::Right,
        Some(JoinWord::Full) => JoinKind::Full,
        _ if conditioned => JoinKind::Inner,
        _ => JoinKind::Cross,
    }
}

/// Tables of a catalog that have a column of this name.
pub(super) fn tables_with(catalog: &Catalog, column: &str) -> Vec<schema::TableId> {
    catalog.table_ids().filter(|table| catalog.find_column(*table, column).is_some()).collect()
}
