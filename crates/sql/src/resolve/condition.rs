//! A condition by itself, over one table: what a policy says of a table's rows.

use schema::{Catalog, TableId};

use super::{Parsed, Resolver, resolved};
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::syntax::ast;
use crate::syntax::parser::parse_expr;
use crate::tree::Span;

/// Reads a condition on the rows of a table, as the query `SELECT FROM table WHERE condition`. `:name` in it is a
/// parameter. Spans are those of the condition's text.
pub(crate) fn parse_condition(text: &str, table: TableId, catalog: &Catalog) -> Parsed {
    let (condition, levels) = match parse_expr(text, Dialect::Sqlite) {
        Ok(read) => read,
        Err(problem) => {
            let diagnostic = Diagnostic::error(problem.code, problem.span, problem.message);
            return Parsed { query: None, diagnostics: vec![diagnostic] };
        }
    };
    let statement = rows_of(catalog.table(table).name.clone(), condition);
    resolved(&statement, levels, Resolver { takes_parameters: true, ..Resolver::new(text, catalog, Dialect::Sqlite) })
}

fn rows_of(table: String, condition: ast::Expr) -> ast::Query {
    let span = Span::default();
    let name = ast::Name { text: table, quote: None, span };
    let kind = ast::SourceKind::Table { schema: None, name, args: None, indexed_by: None };
    let source =
        ast::Source { kind, alias: None, join: ast::Join::default(), on: None, using: None, span, end: span.end };
    let select = ast::Select {
        distinct: false,
        items: vec![],
        from: vec![source],
        filter: Some(condition),
        group_by: vec![],
        having: None,
        windows: vec![],
        span,
    };
    let body = ast::Body::Select(Box::new(select));
    ast::Query { with: vec![], body, order_by: vec![], limit: None, offset: None, span }
}
