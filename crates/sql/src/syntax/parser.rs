//! Tokens to a syntax tree: statements, SELECT, FROM, ORDER BY.

use super::ast::{Body, Cte, Expr, Item, Join, JoinWord, Name, Ordering, Query, Select, Source, SourceKind};
use super::token::{Cursor, Token, TokenKind, unquote};
use crate::dialect::{Dialect, is_reserved};
use crate::tree::{SetOp, Span};

/// How deep brackets, subqueries and operators may nest.
pub(crate) const DEEPEST: usize = 120;
/// How deep subqueries may nest.
const DEEPEST_QUERY: usize = 16;

/// Why a text is no query.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

pub(crate) type Parse<T> = Result<T, Problem>;

/// Tokens being read.
pub(crate) struct Parser<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
    /// The most levels that were open at once.
    deepest: usize,
    queries: usize,
    /// The height of the tallest part, so far, of the expression that is being read.
    pub(super) height: usize,
    /// The `TOP (n)` of the SELECT that was read last.
    top: Option<Expr>,
}

impl<'a> Parser<'a> {
    /// At the first token of a text.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Parser { cursor: Cursor::new(text, dialect), dialect, depth: 0, deepest: 0, queries: 0, height: 0, top: None }
    }
}

/// Reads exactly one query and says how many levels it nests; a trailing semicolon is fine.
pub(crate) fn parse_query(text: &str, dialect: Dialect) -> Parse<(Query, usize)> {
    let mut parser = Parser::new(text, dialect);
    while parser.cursor.eat_symbol(";") {}
    if parser.cursor.peek().kind == TokenKind::End {
        return parser.problem("SYN101", "There is no statement here.".to_owned(), None);
    }
    let query = parser.query()?;
    if parser.cursor.is_symbol(";") {
        while parser.cursor.eat_symbol(";") {}
        if parser.cursor.peek().kind != TokenKind::End {
            let help = Some("Ask for one thing at a time: keep the first statement.".to_owned());
            return parser.problem(
                "SYN102",
                "A second statement starts here; exactly one is allowed.".to_owned(),
                help,
            );
        }
    }
    if parser.cursor.peek().kind != TokenKind::End {
        return parser.unexpected("the end of the query");
    }
    Ok((query, parser.deepest))
}

/// Reads exactly one expression and says how many levels it nests.
pub(crate) fn parse_expr(text: &str, dialect: Dialect) -> Parse<(Expr, usize)> {
    let mut parser = Parser::new(text, dialect);
    let expr = parser.expr()?;
    match parser.cursor.peek().kind {
        TokenKind::End => Ok((expr, parser.deepest)),
        _ => parser.unexpected("the end of the condition"),
    }
}

/// Words that join tables.
pub(super) const JOIN_WORDS: [&str; 7] = ["CROSS", "FULL", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT"];

impl Parser<'_> {
    pub(super) fn problem<T>(&self, code: &'static str, message: String, help: Option<String>) -> Parse<T> {
        Err(Problem { code, span: self.cursor.peek().span, message, help })
    }

    /// The present token is not what should stand here.
    pub(super) fn unexpected<T>(&self, expected: &str) -> Parse<T> {
        let token = self.cursor.peek();
        let raw: String = self.cursor.raw(token).chars().take(40).collect();
        match token.kind {
            TokenKind::End => self.problem("SYN103", format!("The query ends too early: {expected} is missing."), None),
            TokenKind::Illegal if self.cursor.raw(token).ends_with('\0') => {
                self.problem("SYN106", "A NUL stands here, which means nothing in SQL.".to_owned(), None)
            }
            TokenKind::Illegal if raw.starts_with(['\'', '"', '`', '[']) => {
                let help = Some(format!("Close the text with another {}.", &raw[..1]));
                self.problem("SYN105", "This quote is never closed.".to_owned(), help)
            }
            TokenKind::Illegal => self.problem("SYN106", format!("\"{raw}\" means nothing in SQL."), None),
            TokenKind::Word if is_reserved(&raw) => {
                let help = Some(format!("If {raw} is a name, write it in double quotes."));
                self.problem("SYN104", format!("Expected {expected}, found \"{raw}\"."), help)
            }
            _ => self.problem("SYN104", format!("Expected {expected}, found \"{raw}\"."), None),
        }
    }

    pub(super) fn word(&mut self, word: &str) -> Parse<()> {
        if self.cursor.eat_word(word) { Ok(()) } else { self.unexpected(word) }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> Parse<()> {
        if self.cursor.eat_symbol(symbol) { Ok(()) } else { self.unexpected(&format!("\"{symbol}\"")) }
    }

    /// From a token up to the one before the present one.
    pub(super) fn span_from(&self, start: Span) -> Span {
        Span { start: start.start, end: self.cursor.previous().span.end.max(start.start) }
    }

    pub(super) fn text_of(&self, span: Span) -> &str {
        self.cursor.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Runs `read` one level deeper, so that no text can exhaust the stack.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= DEEPEST {
            return self.problem("SYN107", format!("The query nests more than {DEEPEST} levels deep here."), None);
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn make_name(&self, token: Token) -> Name {
        let quote = match token.kind {
            TokenKind::Quoted(quote) => Some(quote),
            TokenKind::Text => Some('\''),
            _ => None,
        };
        Name { text: unquote(self.cursor.raw(token), token.kind), quote, span: token.span }
    }

    /// Whether the token `ahead` can be a name by itself; a text in single quotes counts only with `text`.
    pub(super) fn is_name_at(&self, ahead: usize, text: bool) -> bool {
        let token = self.cursor.peek_at(ahead);
        match token.kind {
            TokenKind::Word => !is_reserved(self.cursor.raw(token)),
            TokenKind::Quoted(_) => true,
            TokenKind::Text => text,
            _ => false,
        }
    }

    /// Whether a word stands here that may be the name of a table or column, yet of no type, collation or alias.
    pub(super) fn is_join_word(&self) -> bool {
        self.cursor.is_any(&JOIN_WORDS) || self.cursor.is_word("INDEXED")
    }

    pub(super) fn name(&mut self, what: &str) -> Parse<Name> {
        if !self.is_name_at(0, true) {
            return self.unexpected(what);
        }
        let token = self.cursor.advance();
        Ok(self.make_name(token))
    }

    /// `AS name`, or a name without AS that is none of `not`.
    fn alias(&mut self, not: &[&str]) -> Parse<Option<Name>> {
        if self.cursor.eat_word("AS") {
            return self.name("a name").map(Some);
        }
        let ends_from = match self.dialect {
            Dialect::Oracle => self.cursor.is_any(&["OFFSET", "FETCH", "MINUS"]),
            Dialect::Postgres | Dialect::SqlServer => self.cursor.is_any(&["OFFSET", "FETCH"]),
            _ => false,
        };
        if ends_from {
            return Ok(None);
        }
        let window = self.cursor.is_word("WINDOW") && self.is_name_at(1, true) && self.cursor.is_word_at(2, "AS");
        if window || !self.is_name_at(0, true) || self.cursor.is_any(not) {
            return Ok(None);
        }
        self.name("a name").map(Some)
    }

    /// Whether a query starts at the token `ahead`.
    pub(super) fn is_query_at(&self, ahead: usize) -> bool {
        ["SELECT", "VALUES", "WITH"].iter().any(|word| self.cursor.is_word_at(ahead, word))
    }

    /// `WITH … body ORDER BY … LIMIT …`.
    pub(super) fn query(&mut self) -> Parse<Query> {
        if self.queries >= DEEPEST_QUERY {
            return self.problem("SYN107", format!("More than {DEEPEST_QUERY} queries are nested here."), None);
        }
        self.queries += 1;
        let query = self.query_here();
        self.queries -= 1;
        query
    }

    fn query_here(&mut self) -> Parse<Query> {
        self.deeper(|parser| {
            let start = parser.cursor.peek().span;
            let with = if parser.cursor.is_word("WITH") { parser.with()? } else { vec![] };
            let body = parser.body()?;
            let ends_in_values = match &body {
                Body::Compound(_, _, _, right) => matches!(**right, Body::Values(..)),
                body => matches!(body, Body::Values(..)),
            };
            if ends_in_values && parser.cursor.is_any(&["ORDER", "LIMIT"]) {
                return parser.unexpected("the end of VALUES");
            }
            let top = parser.top.take();
            if let (Some(top), false) = (&top, matches!(body, Body::Select(_))) {
                let message = "TOP in an arm of a set operation is not read.".to_owned();
                return Err(Problem { code: "SYN104", span: top.span, message, help: None });
            }
            let order_by = if parser.cursor.eat_words(&["ORDER", "BY"]) { parser.orderings()? } else { vec![] };
            let (limit, offset) = parser.limit()?;
            let limit = limit.or(top);
            let span = parser.span_from(start);
            Self::unbracketed(Query { with, body, order_by, limit, offset, span })
        })
    }

    /// A query that is only brackets as what stands within, whose clauses those around them become where it has none.
    fn unbracketed(query: Query) -> Parse<Query> {
        let Query { with, body, order_by, limit, offset, span } = query;
        let mut inner = match body {
            Body::Bracketed(inner) => *inner,
            body => return Ok(Query { with, body, order_by, limit, offset, span }),
        };
        let (is_limited, is_ordered) = (limit.is_some() || offset.is_some(), !order_by.is_empty());
        let within = inner.limit.is_some() || inner.offset.is_some();
        let twice = if !inner.with.is_empty() && !with.is_empty() {
            Some("WITH")
        } else if within && (is_limited || is_ordered) || is_ordered && !inner.order_by.is_empty() {
            Some("ORDER BY or LIMIT")
        } else {
            None
        };
        if let Some(clause) = twice {
            let message = format!("{clause} stands within the brackets and around them.");
            return Err(Problem { code: "SYN104", span, message, help: None });
        }
        inner.with.extend(with);
        inner.order_by.extend(order_by);
        (inner.limit, inner.offset) = (inner.limit.or(limit), inner.offset.or(offset));
        Ok(Query { span, ..inner })
    }

    fn limit(&mut self) -> Parse<(Option<Expr>, Option<Expr>)> {
        if !self.cursor.is_word("LIMIT") && self.reads_fetch() {
            return self.fetch();
        }
        if !self.cursor.eat_word("LIMIT") {
            return Ok((None, None));
        }
        let first = self.expr()?;
        if self.cursor.eat_word("OFFSET") {
            return Ok((Some(first), Some(self.expr()?)));
        }
        if self.cursor.eat_symbol(",") {
            return Ok((Some(self.expr()?), Some(first)));
        }
        Ok((Some(first), None))
    }

    /// Whether `OFFSET n ROWS FETCH NEXT m ROWS ONLY` is known.
    fn reads_fetch(&self) -> bool {
        matches!(self.dialect, Dialect::Postgres | Dialect::SqlServer | Dialect::Oracle)
    }

    /// `OFFSET n [ROWS]`, `FETCH FIRST n ROWS ONLY`, or both.
    fn fetch(&mut self) -> Parse<(Option<Expr>, Option<Expr>)> {
        let (mut limit, mut offset) = (None, None);
        if self.cursor.eat_word("OFFSET") {
            offset = Some(self.expr()?);
            let _ = self.cursor.eat_word("ROWS") || self.cursor.eat_word("ROW");
        }
        if self.cursor.eat_word("FETCH") {
            if !self.cursor.eat_word("FIRST") {
                self.word("NEXT")?;
            }
            limit = Some(self.expr()?);
            if !self.cursor.eat_word("ROWS") {
                self.word("ROW")?;
            }
            self.word("ONLY")?;
        }
        Ok((limit, offset))
    }

    fn with(&mut self) -> Parse<Vec<Cte>> {
        self.word("WITH")?;
        // Elsewhere only RECURSIVE lets a CTE speak of itself and of later ones.
        let recursive = self.cursor.eat_word("RECURSIVE") || self.dialect == Dialect::Sqlite;
        let mut ctes = Vec::new();
        loop {
            let name = self.name("the name of a common table expression")?;
            let columns = if self.cursor.is_symbol("(") { self.name_list()? } else { vec![] };
            self.word("AS")?;
            let _ = self.cursor.eat_word("MATERIALIZED") || self.cursor.eat_words(&["NOT", "MATERIALIZED"]);
            self.symbol("(")?;
            let query = self.query()?;
            self.symbol(")")?;
            ctes.push(Cte { name, columns, recursive, query });
            if !self.cursor.eat_symbol(",") {
                return Ok(ctes);
            }
        }
    }

    fn name_list(&mut self) -> Parse<Vec<Name>> {
        self.symbol("(")?;
        let mut names = vec![self.name("a column name")?];
        while self.cursor.eat_symbol(",") {
            names.push(self.name("a column name")?);
        }
        self.symbol(")")?;
        Ok(names)
    }

    /// One or more arms with set operators between them, left to right.
    fn body(&mut self) -> Parse<Body> {
        let mut body = self.arm()?;
        let mut arms = 1;
        loop {
            let op = if self.cursor.eat_word("UNION") {
                SetOp::Union
            } else if self.cursor.eat_word("INTERSECT") {
                SetOp::Intersect
            } else if self.cursor.eat_word("EXCEPT") || self.dialect == Dialect::Oracle && self.cursor.eat_word("MINUS")
            {
                SetOp::Except
            } else {
                return Ok(body);
            };
            arms += 1;
            if arms > DEEPEST {
                return self.problem("SYN107", format!("A set operation has more than {DEEPEST} arms."), None);
            }
            let all_fits = op == SetOp::Union || self.dialect != Dialect::Sqlite;
            let all = all_fits && self.cursor.eat_word("ALL");
            let right = self.arm()?;
            body = Body::Compound(Box::new(body), op, all, Box::new(right));
        }
    }

    fn arm(&mut self) -> Parse<Body> {
        if self.cursor.is_word("SELECT") {
            return self.select().map(|select| Body::Select(Box::new(select)));
        }
        if self.cursor.is_word("VALUES") {
            return self.values();
        }
        if self.dialect != Dialect::Sqlite && self.cursor.is_symbol("(") {
            self.cursor.advance();
            let query = self.query()?;
            self.symbol(")")?;
            return Ok(Body::Bracketed(Box::new(query)));
        }
        if self.cursor.is_symbol("(") && self.is_query_at(1) {
            let help = Some("SQLite has no brackets around a whole query or an arm of UNION.".to_owned());
            return self.problem("SYN104", "Expected SELECT, found \"(\".".to_owned(), help);
        }
        self.unexpected("SELECT")
    }

    fn values(&mut self) -> Parse<Body> {
        let start = self.cursor.advance().span;
        let mut rows = Vec::new();
        loop {
            self.symbol("(")?;
            rows.push(self.expr_list()?);
            self.symbol(")")?;
            if !self.cursor.eat_symbol(",") {
                return Ok(Body::Values(rows, self.span_from(start)));
            }
        }
    }

    fn select(&mut self) -> Parse<Select> {
        let start = self.cursor.advance().span;
        let distinct = self.cursor.eat_word("DISTINCT");
        if !distinct {
            self.cursor.eat_word("ALL");
        }
        if distinct
            && self.dialect == Dialect::Postgres
            && self.cursor.is_word("ON")
            && self.cursor.is_symbol_at(1, "(")
        {
            let help = Some("Number the rows of each group by ROW_NUMBER() and keep the first.".to_owned());
            return self.problem("SYN104", "DISTINCT ON is not read.".to_owned(), help);
        }
        let top = self.top_clause()?;
        let mut items = vec![self.item()?];
        while self.cursor.eat_symbol(",") {
            items.push(self.item()?);
        }
        let mut from = if self.cursor.eat_word("FROM") { self.sources()? } else { vec![] };
        if from.len() == 1 && from.iter().any(|source| self.is_dual(source)) {
            from.clear();
        }
        let filter = if self.cursor.eat_word("WHERE") { Some(self.expr()?) } else { None };
        let group_by = if self.cursor.eat_words(&["GROUP", "BY"]) { self.expr_list()? } else { vec![] };
        let having = if self.cursor.eat_word("HAVING") { Some(self.expr()?) } else { None };
        let mut windows = Vec::new();
        if self.cursor.is_word("WINDOW") && self.cursor.is_word_at(2, "AS") {
            self.cursor.advance();
            windows = self.window_definitions()?;
        }
        self.top = top;
        Ok(Select { distinct, items, from, filter, group_by, having, windows, span: self.span_from(start) })
    }

    /// `TOP n` or `TOP (n)`; a share of the rows, or ties beside them, are not read.
    fn top_clause(&mut self) -> Parse<Option<Expr>> {
        if self.dialect != Dialect::SqlServer || !self.cursor.is_word("TOP") {
            return Ok(None);
        }
        let is_number = self.cursor.peek_at(1).kind == TokenKind::Integer;
        if !is_number && !self.cursor.is_symbol_at(1, "(") {
            return Ok(None);
        }
        self.cursor.advance();
        let bracketed = self.cursor.eat_symbol("(");
        let count = self.expr_from_prefix()?;
        if bracketed {
            self.symbol(")")?;
        }
        if self.cursor.is_word("PERCENT") || self.cursor.is_word("WITH") {
            return self.unexpected("the first output");
        }
        Ok(Some(count))
    }

    /// The table of one row that some engines need behind FROM.
    fn is_dual(&self, source: &Source) -> bool {
        let known = matches!(self.dialect, Dialect::Oracle | Dialect::MySql);
        let named = |name: &Name| name.text.eq_ignore_ascii_case("DUAL");
        known && matches!(&source.kind, SourceKind::Table { schema: None, name, args: None, .. } if named(name))
    }

    fn item(&mut self) -> Parse<Item> {
        if self.cursor.is_symbol("*") {
            return Ok(Item::Star(self.cursor.advance().span));
        }
        let is_name = self.is_name_at(0, true) && !self.is_value_word();
        if is_name && self.cursor.is_symbol_at(1, ".") && self.cursor.is_symbol_at(2, "*") {
            let name = self.name("a table")?;
            self.cursor.advance();
            self.cursor.advance();
            let span = self.span_from(name.span);
            return Ok(Item::TableStar(name, span));
        }
        let expr = self.expr()?;
        let not: Vec<&str> = JOIN_WORDS.iter().copied().chain(["LIKE", "GLOB", "REGEXP", "MATCH", "INDEXED"]).collect();
        Ok(Item::Expr { expr, alias: self.alias(&not)? })
    }

    /// Sources with the joins between them.
    fn sources(&mut self) -> Parse<Vec<Source>> {
        let mut sources = vec![self.source(Join::default())?];
        while let Some(join) = self.join()? {
            sources.push(self.source(join)?);
            if sources.len() > 64 {
                return self.problem("SYN108", "At most 64 tables may be joined.".to_owned(), None);
            }
        }
        Ok(sources)
    }

    /// `,`, `JOIN`, `LEFT OUTER JOIN` …, if a join stands here.
    fn join(&mut self) -> Parse<Option<Join>> {
        let start = self.cursor.peek().span;
        if self.cursor.eat_symbol(",") {
            return Ok(Some(Join { natural: false, kind: None, span: start }));
        }
        let mut words = Vec::new();
        while words.len() < 3 && self.cursor.is_any(&JOIN_WORDS) {
            words.push(self.cursor.take_upper());
        }
        if words.is_empty() && !self.cursor.is_word("JOIN") {
            return Ok(None);
        }
        self.word("JOIN")?;
        let span = self.span_from(start);
        let has = |word: &str| words.iter().any(|w| w == word);
        let (left, right) = (has("LEFT") || has("FULL"), has("RIGHT") || has("FULL"));
        let inner = has("INNER") || has("CROSS");
        let outer = has("OUTER") || left || right;
        if inner && outer || outer && !left && !right {
            let message = format!("There is no {} JOIN.", words.join(" "));
            return Err(Problem { code: "SYN104", span, message, help: None });
        }
        let kind = match (left, right) {
            (true, true) => JoinWord::Full,
            (true, false) => JoinWord::Left,
            (false, true) => JoinWord::Right,
            _ if has("CROSS") => JoinWord::Cross,
            _ => JoinWord::Inner,
        };
        Ok(Some(Join { natural: has("NATURAL"), kind: Some(kind), span }))
    }

    fn source(&mut self, join: Join) -> Parse<Source> {
        let start = self.cursor.peek().span;
        if self.dialect == Dialect::Postgres {
            self.cursor.eat_word("LATERAL");
        }
        let kind = if self.cursor.is_symbol("(") { self.bracketed_source()? } else { self.named_source()? };
        let not: Vec<&str> = JOIN_WORDS.iter().copied().chain(["INDEXED"]).collect();
        let alias = self.alias(&not)?;
        let mut kind = kind;
        if let SourceKind::Table { indexed_by, args: None, .. } = &mut kind {
            if self.cursor.eat_words(&["INDEXED", "BY"]) {
                *indexed_by = Some(self.name("an index")?);
            } else {
                self.cursor.eat_words(&["NOT", "INDEXED"]);
            }
        }
        let span = self.span_from(start);
        let (mut on, mut using) = (None, None);
        if self.cursor.eat_word("ON") {
            on = Some(self.expr()?);
        } else if self.cursor.eat_word("USING") {
            using = Some(self.name_list()?);
        }
        let end = self.span_from(start).end;
        Ok(Source { kind, alias, join, on, using, span, end })
    }

    fn bracketed_source(&mut self) -> Parse<SourceKind> {
        self.symbol("(")?;
        let kind = if self.is_query_at(0) {
            SourceKind::Derived(Box::new(self.query()?))
        } else {
            SourceKind::Group(self.deeper(Self::sources)?)
        };
        self.symbol(")")?;
        Ok(kind)
    }

    pub(super) fn named_source(&mut self) -> Parse<SourceKind> {
        let mut name = self.name("a table")?;
        let mut schema = None;
        if self.cursor.eat_symbol(".") {
            schema = Some(std::mem::replace(&mut name, self.name("a table")?));
        }
        let mut args = None;
        if self.cursor.eat_symbol("(") {
            args = Some(if self.cursor.is_symbol(")") { vec![] } else { self.expr_list()? });
            self.symbol(")")?;
        }
        Ok(SourceKind::Table { schema, name, args, indexed_by: None })
    }

    pub(super) fn orderings(&mut self) -> Parse<Vec<Ordering>> {
        let mut terms = Vec::new();
        loop {
            let expr = self.expr()?;
            let descending = self.cursor.eat_word("DESC");
            if !descending {
                self.cursor.eat_word("ASC");
            }
            let nulls_first = if self.cursor.eat_words(&["NULLS", "FIRST"]) {
                Some(true)
            } else if self.cursor.eat_words(&["NULLS", "LAST"]) {
                Some(false)
            } else {
                None
            };
            terms.push(Ordering { expr, descending, nulls_first });
            if !self.cursor.eat_symbol(",") {
                return Ok(terms);
            }
        }
    }
}
