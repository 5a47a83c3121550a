//! What an unknown name may have meant.

use schema::{Catalog, TableId};

use super::Resolver;
use super::from::tables_with;
use crate::diagnostic::Diagnostic;
use crate::dialect::quote_name;
use crate::syntax::ast;
use crate::tree::Span;

/// How alike two names must be for one to be offered for the other.
const ALIKE: f64 = 0.6;

/// The name most like the given one, if any is alike.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = name.to_lowercase();
    let scored = known.map(|k| (strsim::normalized_damerau_levenshtein(&wanted, &k.to_lowercase()), k));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(score, _)| *score >= ALIKE).map(|(_, name)| name)
}

impl Resolver<'_> {
    pub(super) fn unknown_table(&mut self, schema: Option<&ast::Name>, name: &ast::Name) {
        let full = schema.map_or_else(|| name.text.clone(), |schema| format!("{}.{}", schema.text, name.text));
        let diagnostic = Diagnostic::error("SCH201", name.span, format!("There is no table {full}."));
        let near = nearest(&name.text, self.catalog.tables.iter().map(|t| t.name.as_str())).map(quote_name);
        self.diagnostics.push(match near {
            Some(near) => {
                let help = format!("Did you mean {near}?");
                diagnostic.help(help).fix(format!("Use {near}"), name.span, near, false)
            }
            None => diagnostic,
        });
    }

    /// `x.*` or `x.y` where nothing in FROM is called `x`.
    pub(super) fn unknown_qualifier(&mut self, table: &ast::Name, known: &[String]) {
        let message = format!("Nothing in FROM is called {}.", table.text);
        let diagnostic = Diagnostic::error("SCH201", table.span, message);
        let near = nearest(&table.text, known.iter().map(String::as_str)).map(quote_name);
        self.diagnostics.push(match near {
            Some(near) => {
                let help = format!("Did you mean {near}?");
                diagnostic.help(help).fix(format!("Use {near}"), table.span, near, false)
            }
            None if known.is_empty() => diagnostic,
            None => diagnostic.help(format!("FROM holds {}.", known.join(", "))),
        });
    }

    pub(super) fn unknown_column(&mut self, table: Option<&ast::Name>, column: &ast::Name, span: Span) {
        if let Some(table) = table {
            let bindings = self.scopes.iter().flat_map(|scope| &scope.bindings);
            let known: Vec<String> = bindings.filter_map(|binding| binding.name.clone()).collect();
            if !known.iter().any(|name| name.eq_ignore_ascii_case(&table.text)) {
                return self.qualifier_not_joined(table, column, &known);
            }
        }
        let fits = |name: Option<&String>| match (table, name) {
            (None, _) => true,
            (Some(table), Some(name)) => name.eq_ignore_ascii_case(&table.text),
            _ => false,
        };
        let bindings = self.scopes.iter().flat_map(|scope| &scope.bindings).filter(|b| fits(b.name.as_ref()));
        let columns: Vec<&str> = bindings.flat_map(|b| b.columns.iter().map(|c| c.name.as_str())).collect();
        let place = match table {
            Some(table) => format!(" in {}", table.text),
            None => self.only_table().map_or_else(String::new, |name| format!(" in {name}")),
        };
        let message = format!("There is no column {}{place}.", column.text);
        let diagnostic = Diagnostic::error("SCH202", span, message);
        let near = nearest(&column.text, columns.into_iter()).map(quote_name);
        let diagnostic = match near {
            Some(near) => {
                let help = format!("Did you mean {near}?");
                diagnostic.help(help).fix(format!("Use {near}"), column.span, near, false)
            }
            None => self.offer_join(diagnostic, &column.text),
        };
        self.diagnostics.push(diagnostic);
    }

    /// `T.c` where T is a table of the catalog that FROM lacks, or nothing at all.
    fn qualifier_not_joined(&mut self, table: &ast::Name, column: &ast::Name, known: &[String]) {
        let Some(id) = self.catalog.find_table(&table.text) else { return self.unknown_qualifier(table, known) };
        let spelled = self.catalog.table(id).name.clone();
        let message = format!("{spelled}.{} is used, but {spelled} is not in FROM.", column.text);
        let diagnostic = Diagnostic::error("SCH201", table.span, message);
        let diagnostic = match self.join_with(id) {
            Some(join) => self.with_join(diagnostic, &format!("Add {join}."), &join),
            None => diagnostic.help(format!("Add {spelled} to FROM.")),
        };
        self.diagnostics.push(diagnostic);
    }

    fn only_table(&self) -> Option<String> {
        match self.scopes.last()?.bindings.as_slice() {
            [only] => only.name.clone(),
            _ => None,
        }
    }

    /// Says in which tables the column is, and the join that brings the first within reach.
    fn offer_join(&self, diagnostic: Diagnostic, column: &str) -> Diagnostic {
        let holders = tables_with(self.catalog, column);
        let names: Vec<&str> = holders.iter().take(3).map(|t| self.catalog.table(*t).name.as_str()).collect();
        if names.is_empty() {
            return diagnostic;
        }
        let joined = holders.iter().find_map(|table| self.join_with(*table).map(|join| (*table, join)));
        match joined {
            Some((table, join)) => {
                let help = format!("It exists in {}: add {join}.", self.catalog.table(table).name);
                self.with_join(diagnostic, &help, &join)
            }
            None => diagnostic.help(format!("It exists in {}.", names.join(", "))),
        }
    }

    fn with_join(&self, diagnostic: Diagnostic, help: &str, join: &str) -> Diagnostic {
        let end = self.scopes.last().map_or(0, |scope| scope.from_end);
        let place = Span { start: end, end };
        diagnostic.help(help).fix("Add the join", place, format!(" {join}"), false)
    }

    /// `JOIN T ON …` over a key between T and a table of the present level.
    fn join_with(&self, table: TableId) -> Option<String> {
        let scope = self.scopes.last()?;
        scope.bindings.iter().find_map(|binding| {
            let name = binding.name.as_ref()?;
            join_text(self.catalog, table, binding.table?, name)
        })
    }
}

fn join_text(catalog: &Catalog, new: TableId, known: TableId, known_name: &str) -> Option<String> {
    let key = catalog.foreign_key_ids().find(|id| {
        let key = catalog.foreign_key(*id);
        (key.from, key.to) == (new, known) || (key.from, key.to) == (known, new)
    })?;
    let table = quote_name(&catalog.table(new).name);
    let pairs = catalog.key_pairs(key).map(|(from, to)| {
        let (mine, other) = if from.table == new { (from, to) } else { (to, from) };
        let (mine, other) = (&catalog.column(mine).name, &catalog.column(other).name);
        format!("{table}.{} = {}.{}", quote_name(mine), quote_name(known_name), quote_name(other))
    });
    Some(format!("JOIN {table} ON {}", pairs.collect::<Vec<_>>().join(" AND ")))
}
