//! What an unknown name may have meant.

use std::cmp::Ordering;

use schema::{Catalog, TableId};

use super::from::tables_with;
use super::query::Arm;
use super::scope::Binding;
use super::{Resolver, plain_name};
use crate::diagnostic::Diagnostic;
use crate::dialect::quote_name;
use crate::syntax::ast;
use crate::tree::Span;

/// How alike two names must be for one to be offered for the other.
const ALIKE: f64 = 0.6;

/// The name most like the given one, if any is alike; of several, the one that begins and ends more alike, else the first.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = name.to_lowercase();
    let score = |known: &'n str| {
        let lower = known.to_lowercase();
        (strsim::normalized_damerau_levenshtein(&wanted, &lower), shared_ends(&wanted, &lower), known)
    };
    let alike = known.map(score).filter(|(score, ..)| *score >= ALIKE);
    let best = alike.reduce(|best, next| match next.0.total_cmp(&best.0).then(next.1.cmp(&best.1)) {
        Ordering::Greater => next,
        _ => best,
    });
    best.map(|(.., name)| name)
}

/// How many letters two names share at their beginning and at their end.
fn shared_ends(a: &str, b: &str) -> usize {
    let beginning = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let end = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count();
    beginning + end
}

impl Resolver<'_> {
    pub(super) fn unknown_table(&mut self, schema: Option<&ast::Name>, name: &ast::Name) {
        let full = schema.map_or_else(|| name.text.clone(), |schema| format!("{}.{}", schema.text, name.text));
        let diagnostic = Diagnostic::error("SCH201", name.span, format!("There is no table {full}."));
        let known = self.cte_names().chain(self.catalog.tables.iter().map(|t| t.name.as_str()));
        let near = nearest(&name.text, known).map(quote_name);
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

    /// A column that USING names and that one side of the join lacks: the nearest that both sides have is offered.
    pub(super) fn not_on_both_sides(&mut self, name: &str, span: Span, left: &[Binding], right: &[Binding]) {
        let message = format!("{name} is not a column on both sides of this join.");
        let diagnostic = Diagnostic::error("SCH214", span, message);
        let columns = |side: &[Binding]| -> Vec<String> {
            side.iter().flat_map(|binding| binding.columns.iter().map(|column| column.name.clone())).collect()
        };
        let known = columns(left);
        let shared = columns(right).into_iter().filter(|c| known.iter().any(|k| k.eq_ignore_ascii_case(c)));
        let shared: Vec<String> = shared.collect();
        self.diagnostics.push(match nearest(name, shared.iter().map(String::as_str)).map(quote_name) {
            Some(near) => {
                let help = format!("Did you mean {near}?");
                diagnostic.help(help).fix(format!("Use {near}"), span, near, false)
            }
            None => diagnostic,
        });
    }

    /// A term of a set operation's ORDER BY that is none of its outputs: the output that is called most alike is offered.
    pub(super) fn no_output(&mut self, term: &ast::Expr, arms: &[Arm<'_>]) {
        let message = "This ORDER BY term is no output of the set operation.";
        let diagnostic = Diagnostic::error("SCH211", term.span, message);
        let items = arms.iter().flat_map(|arm| &arm.items);
        let names = items.map(|item| item.alias.as_deref().unwrap_or_else(|| self.text_of(item.expr.span)));
        let near = plain_name(term).and_then(|name| nearest(&name.text, names)).map(str::to_owned);
        self.diagnostics.push(match near {
            Some(near) => {
                let help = format!("Did you mean {near}?");
                diagnostic.help(help).fix(format!("Use {near}"), term.span, near, false)
            }
            None => diagnostic.help("Order by the name or the position of an output."),
        });
    }

    pub(super) fn unknown_column(&mut self, table: Option<&ast::Name>, column: &ast::Name, span: Span) {
        if let Some(table) = table {
            let bindings = self.scopes.iter().flat_map(|scope| &scope.bindings);
            let known: Vec<String> = bindings.filter_map(|binding| binding.name.clone()).collect();
            if !known.iter().any(|name| name.eq_ignore_ascii_case(&table.text)) {
                // The unknown source may be the one that is spoken of.
                if !self.scopes.iter().flat_map(|scope| &scope.bindings).any(|binding| binding.open) {
                    self.qualifier_not_joined(table, column, &known);
                }
                return;
            }
        }
        let fits = |name: Option<&String>| match (table, name) {
            (None, _) => true,
            (Some(table), Some(name)) => name.eq_ignore_ascii_case(&table.text),
            _ => false,
        };
        let bindings = self.scopes.iter().flat_map(|scope| &scope.bindings).filter(|b| fits(b.name.as_ref()));
        let mut columns: Vec<&str> = bindings.flat_map(|b| b.columns.iter().map(|c| c.name.as_str())).collect();
        if let (None, Some(scope)) = (table, self.scopes.last()) {
            columns.extend(scope.outputs.iter().filter_map(|output| output.alias.as_deref()));
        }
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
        let diagnostic = match self.scopes.last().map(|scope| scope.from).filter(|from| from.start < from.end) {
            Some(from) => diagnostic.label(from, "it is not among these"),
            None => diagnostic,
        };
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

    /// With the join as a fix, where this level has a FROM to add it to: joined tables in brackets have none of their own.
    fn with_join(&self, diagnostic: Diagnostic, help: &str, join: &str) -> Diagnostic {
        let diagnostic = diagnostic.help(help);
        match self.scopes.last().map_or(0, |scope| scope.from.end) {
            0 => diagnostic,
            end => diagnostic.fix("Add the join", Span { start: end, end }, format!(" {join}"), false),
        }
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
