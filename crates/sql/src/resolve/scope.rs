//! What names mean at a place in a query: bindings of sources, aliases of outputs, enclosing levels.

use schema::TableId;

use crate::syntax::ast::{self, Name};
use crate::tree::{Expr, ExprKind, JoinKind, SourceId, Span};

/// The clause being resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Items,
    Where,
    On,
    GroupBy,
    Having,
    OrderBy,
    Limit,
}

/// A column that a binding offers.
#[derive(Debug, Clone)]
pub(super) struct BoundColumn {
    pub(super) name: String,
    pub(super) position: u16,
}

/// One name in a FROM clause and the columns it offers.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    /// Alias or name; none for a derived table without one.
    pub(super) name: Option<String>,
    pub(super) source: SourceId,
    pub(super) table: Option<TableId>,
    /// Whether it is a table of the catalog that has row ids.
    pub(super) has_row_id: bool,
    pub(super) columns: Vec<BoundColumn>,
    pub(super) join: JoinKind,
    /// Columns that USING or NATURAL joined with those before.
    pub(super) using: Vec<String>,
    /// Whether the source is unknown: any column may be one of its own.
    pub(super) open: bool,
    /// Whether its columns also stand under other names, so that a bare name does not mean this binding.
    pub(super) qualified_only: bool,
}

/// An output that has an alias.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) alias: Option<String>,
    pub(super) expr: Expr,
}

/// One query level.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    /// The windows that its SELECT names.
    pub(super) windows: &'a [(ast::Name, ast::Window)],
    pub(super) bindings: Vec<Binding>,
    pub(super) clause: Clause,
    /// The outputs, once they are resolved.
    pub(super) outputs: Vec<Output>,
    /// Whether rows are grouped: GROUP BY, or an aggregate among the outputs.
    pub(super) aggregated: bool,
    /// Whether an aggregate's arguments are being resolved.
    pub(super) in_aggregate: bool,
    /// Whether a window function's arguments are being resolved.
    pub(super) in_window: bool,
    /// From the first source to behind the last, where a join may be added; empty where this level has no FROM of its own.
    pub(super) from: Span,
}

/// What a name was found to be.
pub(super) enum Found {
    Column(ExprKind),
    /// An output by its alias.
    Output(u16),
    /// In more than one source.
    Ambiguous(Vec<String>),
    /// Possibly a column of an unknown source.
    Open,
    Nothing,
}

impl Binding {
    fn column(&self, name: &str) -> Option<u16> {
        self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)).map(|c| c.position)
    }

    /// Whether `[table.]column` may mean a column of this binding.
    fn answers_to(&self, table: Option<&Name>) -> bool {
        table.map_or(!self.qualified_only, |table| self.is_named(&table.text))
    }

    pub(super) fn is_named(&self, table: &str) -> bool {
        self.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(table))
    }

    pub(super) fn joins_by(&self, column: &str) -> bool {
        self.using.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

impl Scope<'_> {
    pub(super) fn new() -> Self {
        Scope {
            windows: &[],
            bindings: vec![],
            clause: Clause::Items,
            outputs: vec![],
            aggregated: false,
            in_aggregate: false,
            in_window: false,
            from: Span::default(),
        }
    }

    /// What `[table.]column` means at this level alone.
    pub(super) fn find(&self, table: Option<&Name>, column: &str) -> Found {
        match self.find_column(table, column) {
            Found::Nothing => {}
            found => return found,
        }
        if let Some(found) = self.find_row_id(table, column) {
            return found;
        }
        if self.bindings.iter().any(|b| b.open && b.answers_to(table)) {
            return Found::Open;
        }
        if table.is_none() {
            let alias = |o: &Output| o.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(column));
            if let Some(position) = self.outputs.iter().position(alias) {
                return Found::Output(position as u16);
            }
        }
        Found::Nothing
    }

    /// A column of the sources. Where USING joined columns, the leftmost stands for all, the right one after a RIGHT
    /// JOIN, the first that is not NULL after a FULL JOIN.
    fn find_column(&self, table: Option<&Name>, column: &str) -> Found {
        let mut matches: Vec<(&Binding, ExprKind)> = Vec::new();
        let mut apart = false;
        for binding in self.bindings.iter().filter(|b| b.answers_to(table)) {
            let same_name = binding.columns.iter().filter(|c| c.name.eq_ignore_ascii_case(column)).count();
            let Some(position) = binding.column(column) else { continue };
            if binding.qualified_only && matches.iter().any(|(inner, _)| inner.source == binding.source) {
                // A source within the brackets has the name of the whole, and is meant.
                continue;
            }
            let kind = ExprKind::Column { source: binding.source, column: position };
            let joined = !matches.is_empty() && binding.joins_by(column) && same_name == 1;
            match binding.join {
                _ if !joined => apart |= !matches.is_empty(),
                JoinKind::Right => {
                    matches.clear();
                    apart = false;
                }
                JoinKind::Full => {}
                _ => continue,
            }
            matches.push((binding, kind));
        }
        match matches.len() {
            0 => Found::Nothing,
            1 => Found::Column(matches.remove(0).1),
            _ if !apart => {
                let args = matches.into_iter().map(|(_, kind)| kind.into()).collect();
                Found::Column(Expr::call("COALESCE", args).kind)
            }
            _ => Found::Ambiguous(matches.iter().map(|(b, _)| b.name.clone().unwrap_or_default()).collect()),
        }
    }

    /// The column that USING or NATURAL joins with one further right: the leftmost of that name; with a RIGHT or FULL join
    /// beside it, it has to be the only one.
    pub(super) fn find_joined(&self, column: &str, strict: bool) -> Found {
        match self.find_column(None, column) {
            Found::Ambiguous(_) if !strict => self.leftmost(column),
            found => found,
        }
    }

    fn leftmost(&self, column: &str) -> Found {
        let found = self.bindings.iter().filter(|b| b.answers_to(None)).find_map(|binding| {
            let source = binding.source;
            binding.column(column).map(|column| ExprKind::Column { source, column })
        });
        found.map_or(Found::Nothing, Found::Column)
    }

    /// SQLite's row id, where exactly one table offers it.
    fn find_row_id(&self, table: Option<&Name>, column: &str) -> Option<Found> {
        if !["rowid", "oid", "_rowid_"].iter().any(|name| name.eq_ignore_ascii_case(column)) {
            return None;
        }
        let fits = |b: &&Binding| b.has_row_id && table.is_none_or(|t| b.is_named(&t.text));
        let offers: Vec<&Binding> = self.bindings.iter().filter(fits).collect();
        match offers.as_slice() {
            [] => None,
            [only] => Some(Found::Column(ExprKind::RowId(only.source))),
            many => Some(Found::Ambiguous(many.iter().map(|b| b.name.clone().unwrap_or_default()).collect())),
        }
    }
}

/// A name that two bindings share, along with a column.
pub(super) fn twin_columns<'a>(bindings: &[&'a Binding]) -> Option<&'a str> {
    bindings.iter().enumerate().find_map(|(i, binding)| {
        let name = binding.name.as_deref()?;
        let twins = bindings[i + 1..].iter().filter(|other| other.is_named(name));
        let shares = |other: &Binding| {
            binding.columns.iter().any(|c| other.column(&c.name).is_some() && !other.joins_by(&c.name))
        };
        twins.into_iter().any(|other| shares(other)).then_some(name)
    })
}
