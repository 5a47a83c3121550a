//! One SELECT, clause by clause, in the order in which SQLite gives names their meaning.

use schema::Catalog;

use super::Resolver;
use super::scope::{Clause, Output, Scope};
use crate::dialect::Dialect;
use crate::syntax::ast;
use crate::syntax::token::{Token, TokenKind, tokens, unquote};
use crate::tree::{Body, Expr, ExprKind, Item, Query, Select, Source, SourceKind, Span};
use crate::visit::{Part, each_expr, each_expr_here, first_select, parts_of_expr, parts_of_query};

impl<'a> Resolver<'a> {
    /// A SELECT and the level it leaves for its ORDER BY.
    pub(super) fn select(&mut self, select: &'a ast::Select) -> (Select, Scope<'a>) {
        let mut from = self.from(&select.from);
        let mut scope = Scope::new();
        scope.bindings = std::mem::take(&mut from.bindings);
        scope.windows = &select.windows;
        let start = select.from.first().map_or(select.span.start, |source| source.span.start);
        scope.from = Span { start, end: from.end.max(start) };
        scope.aggregated = !select.group_by.is_empty();
        self.scopes.push(scope);

        self.check_windows(&select.windows);
        let items = self.items(&select.items);
        let outputs = items.iter().map(|item| Output { alias: item.alias.clone(), expr: item.expr.clone() }).collect();
        if let Some(scope) = self.scopes.last_mut() {
            scope.outputs = outputs;
        }
        self.set_clause(Clause::Having);
        let having = select.having.as_ref().map(|having| self.having(having));
        self.set_clause(Clause::On);
        for (position, on) in from.conditions {
            let on = self.scalar(on);
            self.check_on(&from.sources, position, &on);
            let source = &mut from.sources[position];
            source.on = Some(match source.on.take() {
                Some(using) => using.and(on),
                None => on,
            });
        }
        self.set_clause(Clause::Where);
        let filter = select.filter.as_ref().map(|filter| self.scalar(filter));
        self.set_clause(Clause::GroupBy);
        let group_by = select.group_by.iter().map(|term| self.group_term(term, items.len())).collect();

        let scope = self.scopes.pop().unwrap_or_else(Scope::new);
        let distinct = select.distinct;
        (Select { distinct, items, from: from.sources, filter, group_by, having, windows: vec![] }, scope)
    }

    fn having(&mut self, having: &'a ast::Expr) -> Expr {
        if self.scopes.last().is_some_and(|scope| !scope.aggregated) {
            self.error("SCH213", having.span, "HAVING needs groups: there is no GROUP BY and no aggregate.");
        }
        self.scalar(having)
    }

    fn group_term(&mut self, term: &'a ast::Expr, outputs: usize) -> Expr {
        let resolved = match self.position_term(term, outputs, "GROUP BY") {
            Some(position) => position,
            None => self.scalar(term),
        };
        let outputs = self.scopes.last().map_or(&[][..], |scope| &scope.outputs);
        let mut aggregate = false;
        each_expr_here(&resolved, &mut |expr| {
            if let ExprKind::Output(position) = expr.kind {
                aggregate |= outputs.get(position as usize).is_some_and(|output| holds_aggregate(&output.expr));
            }
        });
        if aggregate {
            self.error("SCH205", term.span, "GROUP BY cannot hold an aggregate.");
        }
        resolved
    }

    /// The outputs, every `*` written out.
    fn items(&mut self, items: &'a [ast::Item]) -> Vec<Item> {
        let mut resolved = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ast::Item::Expr { expr, alias } => {
                    let noted = self.diagnostics.len();
                    let expr = self.scalar(expr);
                    if alias.is_none() {
                        self.keep_text(noted);
                    }
                    resolved.push(Item { expr, alias: alias.as_ref().map(|a| a.text.clone()), from_star: false });
                }
                ast::Item::Star(span) => self.star(*span, &mut resolved),
                ast::Item::TableStar(table, span) => self.table_star(table, *span, &mut resolved),
            }
        }
        resolved
    }

    /// An output without an alias is called what its text says: no change of that is safe.
    fn keep_text(&mut self, noted: usize) {
        for fix in self.diagnostics[noted..].iter_mut().flat_map(|diagnostic| &mut diagnostic.fixes) {
            fix.safe = false;
        }
    }

    fn star(&mut self, span: Span, items: &mut Vec<Item>) {
        let Some(scope) = self.scopes.last() else { return };
        if scope.bindings.is_empty() {
            self.error("SCH223", span, "There is no table for * to stand for.");
            return items.push(self.unknown_star(span));
        }
        if let Some(name) = super::scope::twin_columns(&scope.bindings.iter().collect::<Vec<_>>()) {
            self.error("SCH203", span, format!("* cannot tell the two sources called {name} apart."));
        }
        let Some(scope) = self.scopes.last() else { return };
        for (i, binding) in scope.bindings.iter().enumerate().filter(|(_, binding)| !binding.qualified_only) {
            for column in binding.columns.iter().filter(|column| !binding.joins_by(&column.name)) {
                let joined = scope.bindings[i + 1..].iter().any(|later| later.joins_by(&column.name));
                let own = ExprKind::Column { source: binding.source, column: column.position };
                let kind = match scope.find(None, &column.name) {
                    super::scope::Found::Column(kind) if joined => kind,
                    _ => own,
                };
                items.push(Item { expr: Expr { kind, span }, alias: None, from_star: true });
            }
        }
        self.open_star(span, items);
    }

    fn open_star(&self, span: Span, items: &mut Vec<Item>) {
        let open = self.scopes.last().is_some_and(|scope| scope.bindings.iter().any(|binding| binding.open));
        if items.is_empty() && open {
            items.push(self.unknown_star(span));
        }
    }

    /// An output in place of those that nobody knows, so that nothing follows from their absence.
    fn unknown_star(&self, span: Span) -> Item {
        Item { expr: super::unknown(self.text_of(span), span), alias: None, from_star: true }
    }

    fn table_star(&mut self, table: &ast::Name, span: Span, items: &mut Vec<Item>) {
        let Some(scope) = self.scopes.last() else { return };
        let named: Vec<_> = scope.bindings.iter().filter(|binding| binding.is_named(&table.text)).collect();
        if named.is_empty() {
            let known: Vec<String> = scope.bindings.iter().filter_map(|binding| binding.name.clone()).collect();
            self.unknown_qualifier(table, &known);
            return items.push(self.unknown_star(span));
        }
        for binding in named {
            for column in &binding.columns {
                let kind = ExprKind::Column { source: binding.source, column: column.position };
                items.push(Item { expr: Expr { kind, span }, alias: None, from_star: true });
            }
        }
        self.open_star(span, items);
    }

    /// What an output's alias stands for in an expression of `clause`; an error where it may not be spoken of.
    pub(super) fn aliased_output(&mut self, level: usize, position: u16, span: Span) -> Expr {
        let Some(scope) = self.scopes.get(level) else { return super::unknown("", span) };
        let own = level + 1 == self.scopes.len();
        let Some(output) = scope.outputs.get(position as usize) else { return super::unknown("", span) };
        let alias = output.alias.clone().unwrap_or_default();
        let (aggregate, window) = (holds_aggregate(&output.expr), holds_window(&output.expr));
        let settled = own && matches!(scope.clause, Clause::Having | Clause::GroupBy | Clause::OrderBy);
        let window_fits = own && scope.clause == Clause::OrderBy && !scope.in_aggregate && !scope.in_window;
        let aggregate_fits =
            matches!(scope.clause, Clause::Having | Clause::OrderBy | Clause::GroupBy) && !scope.in_aggregate;
        let mut expr = output.expr.clone();
        if aggregate && !aggregate_fits {
            self.error("SCH205", span, format!("{alias} is an aggregate and cannot be used here."));
        } else if window && !window_fits {
            self.error("SCH206", span, format!("{alias} is a window function and cannot be used here."));
        }
        if settled {
            return Expr { kind: ExprKind::Output(position), span };
        }
        each_expr(&expr, &mut |_| self.copied += 1);
        if self.copied > super::MOST_COPIES || height(Part::Expr(&expr)) > super::TALLEST_COPY {
            self.error("SYN107", span, "Aliases within aliases make this query too large.");
            return super::unknown(&alias, span);
        }
        self.renew_sources(&mut expr);
        Expr { kind: expr.kind, span }
    }

    /// Gives the sources of copied subqueries identities of their own.
    fn renew_sources(&mut self, expr: &mut Expr) {
        let mut own = Vec::new();
        crate::visit::each_query_of_expr(expr, &mut |query| {
            if let Some(select) = query.select() {
                own.extend(select.from.iter().map(|source| source.id));
            }
        });
        let renewed = own.into_iter().map(|id| (id, self.new_source())).collect();
        crate::visit::renumber_expr(expr, &renewed);
    }
}

/// How tall a tree is, its subqueries included.
fn height(part: Part) -> usize {
    let mut tallest = 0;
    let mut look = |part: Part| tallest = tallest.max(height(part));
    match part {
        Part::Expr(expr) => parts_of_expr(expr, &mut look),
        Part::Query(query) => parts_of_query(query, &mut look),
    }
    tallest + 1
}

/// Whether an expression holds an aggregate of its own level.
pub(crate) fn holds_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    each_expr_here(expr, &mut |e| found |= matches!(&e.kind, ExprKind::Call(call) if super::call::is_aggregate(call)));
    found
}

fn holds_window(expr: &Expr) -> bool {
    let mut found = false;
    each_expr_here(expr, &mut |e| found |= matches!(&e.kind, ExprKind::Call(call) if call.over.is_some()));
    found
}

/// Whether an output of a query is a name that means nothing: what it is called outside is then anyone's guess.
pub(super) fn has_unknown_names(query: &Query) -> bool {
    let is_unknown = |item: &Item| item.alias.is_none() && matches!(item.expr.kind, ExprKind::Unknown(_));
    first_select(query).is_some_and(|select| select.items.iter().any(is_unknown))
}

/// The names of a query's columns as an outer query speaks of them: aliases, columns' own names, else the text.
pub(crate) fn output_names(query: &Query, catalog: &Catalog, text: &str) -> Vec<String> {
    let mut names: Vec<String> = match &query.body {
        Body::Select(select) => {
            select.items.iter().map(|item| output_name(item, &select.from, catalog, text)).collect()
        }
        Body::Set { left, .. } => return output_names(left, catalog, text),
        Body::Values(rows) => (1..=rows.first().map_or(0, Vec::len)).map(|i| format!("column{i}")).collect(),
    };
    settle_names(&mut names);
    names
}

/// SQLite's last word on the names of a table's columns: TRUE and FALSE go by their place, what stands there twice is
/// numbered.
pub(super) fn settle_names(names: &mut [String]) {
    for (i, name) in names.iter_mut().enumerate() {
        if ["true", "false"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
            *name = format!("column{}", i + 1);
        }
    }
    for i in 1..names.len() {
        let taken = |name: &str| names[..i].iter().any(|other| other.eq_ignore_ascii_case(name));
        if taken(&names[i]) {
            let unnumbered = names[i].trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':');
            let stem = unnumbered.unwrap_or(&names[i]);
            let mut numbered = (1..=names.len()).map(|n| format!("{stem}:{n}"));
            names[i] = numbered.find(|name| !taken(name)).unwrap_or_default();
        }
    }
}

fn output_name(item: &Item, from: &[Source], catalog: &Catalog, text: &str) -> String {
    if let Some(alias) = &item.alias {
        return alias.clone();
    }
    let expr = shown_column(item);
    let Span { start, end } = item.expr.span;
    let written = || name_as_written(text.get(start as usize..end as usize).unwrap_or(""));
    let ExprKind::Column { source, column } = expr.kind else { return written() };
    let known = from.iter().find(|s| s.id == source).and_then(|source| match &source.kind {
        SourceKind::Table(table) => catalog.table(*table).columns.get(column as usize).map(|c| &c.name),
        SourceKind::Cte { columns, .. } | SourceKind::Derived { columns, .. } => columns.get(column as usize),
    });
    known.cloned().unwrap_or_else(written)
}

/// The column that an output has its name from: under its collations, and of those that a `*` merges the first.
fn shown_column(item: &Item) -> &Expr {
    let mut expr = &item.expr;
    loop {
        expr = match &expr.kind {
            ExprKind::Collate(inner, _) => inner,
            ExprKind::Call(call) if item.from_star && !call.args.is_empty() => &call.args[0],
            _ => return expr,
        }
    }
}

/// What SQLite calls an output without an alias: a name by its last part without quotes, whether it means a column, a row
/// id or a text, and whatever brackets and collations stand around it; all else by its text.
fn name_as_written(text: &str) -> String {
    let tokens = tokens(text, Dialect::Sqlite);
    let raw = |token: &Token| &text[token.span.start as usize..token.span.end as usize];
    let is = |token: &Token, word: &str| raw(token).eq_ignore_ascii_case(word);
    let mut parts = &tokens[..tokens.len().saturating_sub(1)];
    loop {
        parts = match parts {
            [open, inner @ .., close] if is(open, "(") && is(close, ")") => inner,
            [inner @ .., word, _] if is(word, "COLLATE") && !inner.is_empty() => inner,
            _ => break,
        }
    }
    let last = match parts {
        [only] if matches!(only.kind, TokenKind::Word | TokenKind::Quoted(_)) => only,
        [.., point, last] if is(point, ".") && parts.len() <= 5 => last,
        _ => return text.to_owned(),
    };
    unquote(raw(last), last.kind)
}
