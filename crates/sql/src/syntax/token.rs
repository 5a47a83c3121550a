//! SQL text to tokens, by SQLite's rules, with the byte range of each.

use crate::dialect::Dialect;
use crate::tree::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A bare word: keyword or name.
    Word,
    /// A name in `"`, `` ` `` or `[`; the character says which.
    Quoted(char),
    /// A text in single quotes.
    Text,
    /// A number without point or exponent.
    Integer,
    /// A number with point or exponent.
    Float,
    /// `x'…'`.
    Blob,
    /// `?`, `?1`, `:name`, `@name`, `$name`.
    Variable,
    /// An operator or punctuation mark.
    Symbol(&'static str),
    /// What no token starts with, or a quote that never closes.
    Illegal,
    /// The end of the text.
    End,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it stands.
    pub(crate) span: Span,
}

/// Operators and punctuation, longest first.
const SYMBOLS: [&str; 28] = [
    "->>", "->", "==", "<=", "<>", "<<", ">=", ">>", "!=", "||", "::", "(", ")", ",", ";", ".", "=", "<", ">", "+",
    "-", "*", "/", "%", "&", "|", "~", "{",
];

/// All tokens of a text; the last is always [`TokenKind::End`].
pub(crate) fn tokens(text: &str, dialect: Dialect) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut all = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        at = skip_blank(bytes, at, dialect);
        let (kind, end) = token_at(text, at, dialect);
        all.push(Token { kind, span: Span { start: at as u32, end: end as u32 } });
        if kind == TokenKind::End {
            return all;
        }
        at = end;
    }
}

/// The first byte at or after `at` that is neither white space nor comment.
fn skip_blank(bytes: &[u8], mut at: usize, dialect: Dialect) -> usize {
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c), _) => {
                // SQLite takes a vertical tab as white space behind other white space only.
                let is_blank = |byte: &&u8| byte.is_ascii_whitespace() || **byte == 0x0b;
                at += bytes[at..].iter().take_while(is_blank).count();
            }
            (Some(b'-'), Some(b'-')) if opens_comment(bytes.get(at + 2), dialect) => at = line_end(bytes, at, dialect),
            (Some(0xef), Some(0xbb)) if bytes.get(at + 2) == Some(&0xbf) => at += 3,
            (Some(b'#'), _) if dialect == Dialect::MySql => at = line_end(bytes, at, dialect),
            (Some(b'/'), Some(b'*')) if at + 2 < bytes.len() => at = comment_end(bytes, at + 2, dialect),
            _ => return at,
        }
    }
}

/// Whether `--` before this byte opens a comment: in MySQL only before a blank, else it is two minus signs.
fn opens_comment(next: Option<&u8>, dialect: Dialect) -> bool {
    dialect != Dialect::MySql || next.is_none_or(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}

/// The end of a line; PostgreSQL's comments end at a carriage return too.
fn line_end(bytes: &[u8], at: usize, dialect: Dialect) -> usize {
    let ends = |b: &u8| matches!(b, b'\n' | 0) || dialect == Dialect::Postgres && *b == b'\r';
    bytes[at..].iter().position(ends).map_or(bytes.len(), |found| at + found)
}

/// One past a comment whose inside starts at `at`; PostgreSQL's hold others. No comment and no text goes beyond a NUL, which
/// means nothing anywhere.
fn comment_end(bytes: &[u8], mut at: usize, dialect: Dialect) -> usize {
    let mut open = 1;
    while at < bytes.len() && bytes[at] != 0 {
        if bytes[at..].starts_with(b"*/") {
            (open, at) = (open - 1, at + 2);
            if open == 0 {
                return at;
            }
        } else if dialect == Dialect::Postgres && bytes[at..].starts_with(b"/*") {
            (open, at) = (open + 1, at + 2);
        } else {
            at += 1;
        }
    }
    at
}

fn token_at(text: &str, at: usize, dialect: Dialect) -> (TokenKind, usize) {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.get(at) else { return (TokenKind::End, at) };
    match first {
        b'\'' => quoted(bytes, at, b'\'', TokenKind::Text, dialect == Dialect::MySql),
        b'"' if dialect == Dialect::MySql => quoted(bytes, at, b'"', TokenKind::Text, true),
        b'"' => quoted(bytes, at, b'"', TokenKind::Quoted('"'), false),
        // PostgreSQL's E'\'' and U&'\0027' end elsewhere than a plain text; they are not read.
        b'e' | b'E' if dialect == Dialect::Postgres && bytes.get(at + 1) == Some(&b'\'') => {
            (TokenKind::Illegal, at + 2)
        }
        b'u' | b'U' if dialect == Dialect::Postgres && bytes[at + 1..].starts_with(b"&'") => {
            (TokenKind::Illegal, at + 3)
        }
        b'`' => quoted(bytes, at, b'`', TokenKind::Quoted('`'), false),
        b'n' | b'N' if dialect == Dialect::SqlServer && bytes.get(at + 1) == Some(&b'\'') => {
            quoted(bytes, at + 1, b'\'', TokenKind::Text, false)
        }
        b'[' if matches!(dialect, Dialect::Sqlite | Dialect::SqlServer) => {
            match bytes[at..].iter().position(|b| matches!(b, b']' | 0)) {
                Some(found) if bytes[at + found] == 0 => (TokenKind::Illegal, at + found + 1),
                Some(found) => (TokenKind::Quoted('['), at + found + 1),
                None => (TokenKind::Illegal, bytes.len()),
            }
        }
        b'0'..=b'9' => number(bytes, at),
        b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => number(bytes, at),
        b'x' | b'X' if bytes.get(at + 1) == Some(&b'\'') => blob(bytes, at),
        // SQLite reads `#a` as a parameter; `#1` is its own.
        b'#' if dialect == Dialect::Sqlite && bytes.get(at + 1).is_some_and(|b| is_word(*b) && !b.is_ascii_digit()) => {
            variable(bytes, at, dialect)
        }
        b'?' | b'$' | b'@' | b':' if !(first == b':' && bytes.get(at + 1) == Some(&b':')) => {
            variable(bytes, at, dialect)
        }
        _ if is_word_start(first) => (TokenKind::Word, word_end(bytes, at)),
        _ => symbol(text, at, dialect),
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| !is_word(*b)).map_or(bytes.len(), |found| at + found)
}

/// A text in quotes, in which the quote doubled stands for itself.
fn quoted(bytes: &[u8], at: usize, quote: u8, kind: TokenKind, backslash: bool) -> (TokenKind, usize) {
    let mut i = at + 1;
    while i < bytes.len() {
        if bytes[i] == 0 {
            return (TokenKind::Illegal, i + 1);
        } else if backslash && bytes[i] == b'\\' {
            i += 2;
        } else if bytes[i] != quote {
            i += 1;
        } else if bytes.get(i + 1) == Some(&quote) {
            i += 2;
        } else {
            return (kind, i + 1);
        }
    }
    (TokenKind::Illegal, bytes.len())
}

fn blob(bytes: &[u8], at: usize) -> (TokenKind, usize) {
    let body = &bytes[at + 2..];
    let digits = body.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    if body.get(digits) == Some(&b'\'') && digits.is_multiple_of(2) {
        return (TokenKind::Blob, at + 2 + digits + 1);
    }
    let close = body.iter().position(|b| *b == b'\'').map_or(bytes.len(), |found| at + 2 + found + 1);
    (TokenKind::Illegal, close)
}

fn number(bytes: &[u8], at: usize) -> (TokenKind, usize) {
    let byte = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let digits = |mut i: usize| {
        while byte(i).is_ascii_digit()
            || (byte(i) == b'_' && byte(i - 1).is_ascii_digit() && byte(i + 1).is_ascii_digit())
        {
            i += 1;
        }
        i
    };
    let (mut kind, mut i) = (TokenKind::Integer, at);
    if byte(at) == b'0' && matches!(byte(at + 1), b'x' | b'X') && byte(at + 2).is_ascii_hexdigit() {
        i = at + 2;
        while byte(i).is_ascii_hexdigit() || (byte(i) == b'_' && byte(i + 1).is_ascii_hexdigit()) {
            i += 1;
        }
    } else {
        if byte(at) != b'.' {
            i = digits(at);
        }
        if byte(i) == b'.' {
            kind = TokenKind::Float;
            i += 1;
            if byte(i).is_ascii_digit() {
                i = digits(i);
            }
        }
        let sign = usize::from(matches!(byte(i + 1), b'+' | b'-'));
        if matches!(byte(i), b'e' | b'E') && byte(i + 1 + sign).is_ascii_digit() {
            kind = TokenKind::Float;
            i = digits(i + 1 + sign);
        }
    }
    if is_word(byte(i)) { (TokenKind::Illegal, word_end(bytes, i)) } else { (kind, i) }
}

fn variable(bytes: &[u8], at: usize, dialect: Dialect) -> (TokenKind, usize) {
    if bytes[at] == b'?' {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = at + 1 + digits;
        let known = digits == 0 || is_variable_number(&bytes[at + 1..end]);
        return (if known { TokenKind::Variable } else { TokenKind::Illegal }, end);
    }
    if dialect == Dialect::Sqlite {
        return sqlite_variable(bytes, at);
    }
    let end = word_end(bytes, at + 1);
    (if end > at + 1 { TokenKind::Variable } else { TokenKind::Illegal }, end)
}

/// `:name`, and as SQLite reads names of Tcl: with `::` between its parts, and at the end brackets around anything but blanks.
fn sqlite_variable(bytes: &[u8], at: usize) -> (TokenKind, usize) {
    let (mut end, mut has_name) = (at + 1, false);
    loop {
        let further = word_end(bytes, end);
        has_name |= further > end;
        end = further;
        match (bytes.get(end), bytes.get(end + 1)) {
            (Some(b':'), Some(b':')) => end += 2,
            (Some(b'('), _) if has_name => {
                let is_within = |byte: &&u8| !byte.is_ascii_whitespace() && **byte != 0x0b && **byte != b')';
                end += 1 + bytes[end + 1..].iter().take_while(is_within).count();
                return match bytes.get(end) {
                    Some(b')') => (TokenKind::Variable, end + 1),
                    _ => (TokenKind::Illegal, end),
                };
            }
            _ => return (if has_name { TokenKind::Variable } else { TokenKind::Illegal }, end),
        }
    }
}

/// Whether digits number a variable: from 1 to SQLite's SQLITE_MAX_VARIABLE_NUMBER.
fn is_variable_number(digits: &[u8]) -> bool {
    let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok());
    number.is_some_and(|number| (1..=32_766).contains(&number))
}

fn symbol(text: &str, at: usize, dialect: Dialect) -> (TokenKind, usize) {
    let found = SYMBOLS.iter().find(|s| text.as_bytes()[at..].starts_with(s.as_bytes()));
    match found {
        Some(&"{") => (TokenKind::Illegal, at + 1),
        Some(&"::") if dialect != Dialect::Postgres => (TokenKind::Illegal, at + 2),
        Some(symbol) => (TokenKind::Symbol(symbol), at + symbol.len()),
        None => (TokenKind::Illegal, at + 1),
    }
}

/// A place in the tokens of a text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    /// The text.
    pub(crate) text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first token of a text.
    pub(crate) fn new(text: &'a str, dialect: Dialect) -> Self {
        Cursor { text, tokens: tokens(text, dialect), at: 0 }
    }

    /// The token `ahead` of the present one; the end token for all beyond it.
    pub(crate) fn peek_at(&self, ahead: usize) -> Token {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    /// The present token.
    pub(crate) fn peek(&self) -> Token {
        self.peek_at(0)
    }

    /// The token before the present one.
    pub(crate) fn previous(&self) -> Token {
        self.tokens[self.at.saturating_sub(1)]
    }

    /// Steps over the present token.
    pub(crate) fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    /// Steps over the present token and gives its text in upper case.
    pub(crate) fn take_upper(&mut self) -> String {
        let token = self.advance();
        self.raw(token).to_ascii_uppercase()
    }

    /// A token's text as it stands.
    pub(crate) fn raw(&self, token: Token) -> &'a str {
        self.text.get(token.span.start as usize..token.span.end as usize).unwrap_or("")
    }

    /// Whether the token `ahead` is this word, letter case ignored.
    pub(crate) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Word && self.raw(token).eq_ignore_ascii_case(word)
    }

    /// Whether the present token is this word.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    /// Whether the present token is one of these words.
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// Whether the token `ahead` is this symbol.
    pub(crate) fn is_symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        self.peek_at(ahead).kind == TokenKind::Symbol(symbol_text(symbol))
    }

    /// Whether the present token is this symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.is_symbol_at(0, symbol)
    }

    /// Steps over a word if it is there.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Steps over these words if they are all there.
    pub(crate) fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.is_word_at(ahead, word));
        if found {
            self.at += words.len();
        }
        found
    }

    /// Steps over a symbol if it is there.
    pub(crate) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    /// Where the present token stands among all.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The tokens from a position up to the present one, as they stand.
    pub(crate) fn words_since(&self, position: usize) -> Vec<&'a str> {
        self.tokens[position.min(self.at)..self.at].iter().map(|token| self.raw(*token)).collect()
    }

    /// Steps over a bracketed group, its brackets included, if one opens here. False when it never closes.
    pub(crate) fn skip_group(&mut self) -> bool {
        let mut depth = 0usize;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::Symbol("(") => depth += 1,
                TokenKind::Symbol(")") => depth = depth.saturating_sub(1),
                TokenKind::End => return false,
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return true;
            }
        }
    }

    /// The line of the present token, from 1.
    pub(crate) fn line(&self) -> usize {
        line_of(self.text, self.peek().span.start as usize)
    }
}

/// The line on which a byte of a text stands, from 1.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|b| **b == b'\n').count() + 1
}

fn symbol_text(symbol: &str) -> &'static str {
    SYMBOLS.iter().find(|s| **s == symbol).copied().unwrap_or("")
}

/// The text that a quoted token stands for; other tokens stand for themselves.
pub(crate) fn unquote(raw: &str, kind: TokenKind) -> String {
    // N'…' is the same text to SQL Server, whatever is in it.
    let raw = if kind == TokenKind::Text { raw.trim_start_matches(['N', 'n']) } else { raw };
    let inner = || raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    match kind {
        TokenKind::Text if raw.starts_with('"') => inner().replace("\"\"", "\""),
        TokenKind::Text => inner().replace("''", "'"),
        TokenKind::Quoted('[') => inner().to_owned(),
        TokenKind::Quoted('"') => inner().replace("\"\"", "\""),
        TokenKind::Quoted(_) => inner().replace("``", "`"),
        _ => raw.to_owned(),
    }
}

/// What a text in quotes says. MySQL takes a backslash and the sign behind it for one sign, but before the signs of LIKE
/// (MySQL 8.4 Reference Manual, section 11.1.1).
pub(crate) fn said(raw: &str, dialect: Dialect) -> String {
    let text = unquote(raw, TokenKind::Text);
    if dialect != Dialect::MySql {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, None) => plain.push(c),
            (_, Some(sign @ ('%' | '_'))) => plain.extend(['\\', sign]),
            (_, Some(sign)) => plain.push(match sign {
                '0' => '\0',
                'b' => '\u{8}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'Z' => '\u{1a}',
                sign => sign,
            }),
        }
    }
    plain
}
