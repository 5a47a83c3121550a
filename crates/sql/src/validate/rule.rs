//! What a rule is, and what it is shown of a query.

use schema::{Catalog, ColumnId};

use super::Options;
use crate::diagnostic::{Diagnostic, Layer, Severity};
use crate::tree::{Expr, ExprKind, Query, Select, Source, SourceId, Span};
use crate::types::Types;
use crate::visit::each_select;

/// A code: what it stands for, and the manual page that stands beside the rule that gives it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The stable code: `SYN1xx`, `SCH2xx`, `BUS3xx`, `PRF4xx`, `SEC5xx`, `DDL6xx`.
    pub code: &'static str,
    /// How bad a finding usually is.
    pub severity: Severity,
    /// What is the matter, in a few words.
    pub title: &'static str,
    /// The manual page, in Markdown.
    pub page: &'static str,
    pub(super) check: Check,
}

/// Who finds it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// The parser, the resolver, or the scan before them.
    Reading,
    /// The rule looks at the query as a whole.
    Whole(fn(&Subject, &mut Found)),
    /// The rule looks at every query within it.
    Query(fn(&Query, &Subject, &mut Found)),
    /// The rule looks at every SELECT.
    Select(fn(&Select, &Subject, &mut Found)),
    /// The rule looks at every expression.
    Expr(fn(&Expr, &Subject, &mut Found)),
}

/// What was found so far.
pub(super) type Found = Vec<Diagnostic>;

impl Rule {
    /// The layer that the code belongs to.
    pub fn layer(&self) -> Layer {
        Layer::of_code(self.code)
    }

    /// The text of a section of the page, without its heading; empty when the page has no such section.
    pub fn section(&self, heading: &str) -> &'static str {
        let mut sections = self.page.split("\n## ").skip(1);
        let found = sections.find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'));
        found.unwrap_or("").trim()
    }

    /// A finding of this rule.
    pub(crate) fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, span, message);
        diagnostic.severity = self.severity;
        diagnostic
    }

    /// A code whose findings come from reading the text.
    pub(crate) const fn reading(
        code: &'static str,
        severity: Severity,
        title: &'static str,
        page: &'static str,
    ) -> Self {
        Rule { code, severity, title, page, check: Check::Reading }
    }
}

/// What a rule looks at.
pub(super) struct Subject<'a> {
    pub(super) text: &'a str,
    pub(super) catalog: &'a Catalog,
    pub(super) query: &'a Query,
    pub(super) options: &'a Options<'a>,
    pub(super) types: Types,
    /// The sources by their number.
    sources: Vec<Option<&'a Source>>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(text: &'a str, catalog: &'a Catalog, query: &'a Query, options: &'a Options<'a>) -> Self {
        let mut sources: Vec<Option<&Source>> = Vec::new();
        each_select(query, &mut |select| {
            for source in &select.from {
                let number = usize::from(source.id.0);
                sources.resize(sources.len().max(number + 1), None);
                sources[number] = Some(source);
            }
        });
        Subject { text, catalog, query, options, types: Types::of(query, catalog), sources }
    }

    /// The source with this number, at whichever level it stands.
    pub(super) fn source(&self, id: SourceId) -> Option<&'a Source> {
        self.sources.get(usize::from(id.0)).copied().flatten()
    }

    /// The column of the catalog that an expression is, if it is one. A row id is the key that stands for it.
    pub(super) fn column(&self, expr: &Expr) -> Option<ColumnId> {
        match expr.kind {
            ExprKind::Column { source, column } => {
                let table = self.source(source)?.table_id()?;
                Some(ColumnId { table, column })
            }
            ExprKind::RowId(source) => self.catalog.row_id_column(self.source(source)?.table_id()?),
            _ => None,
        }
    }

    /// What stands in the text at a place.
    pub(super) fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}
