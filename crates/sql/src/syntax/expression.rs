//! Expressions by precedence, as SQLite's grammar orders it.

use schema::Value;

use super::ast::{Call, Expr, ExprKind, Join, Name, Source};
use super::parser::{Parse, Parser, Problem};
use super::token::{TokenKind, said, unquote};
use crate::dialect::{Dialect, quote_name};
use crate::functions::CLOCK_WORDS;
use crate::tree::{BinaryOp, LikeOp, Span, UnaryOp};

/// How tightly operators bind, loosest first.
mod binds {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const EQUAL: u8 = 4;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const BITS: u8 = 7;
    pub(super) const SUM: u8 = 8;
    pub(super) const PRODUCT: u8 = 9;
    pub(super) const CONCAT: u8 = 10;
    pub(super) const COLLATE: u8 = 11;
    pub(super) const UNARY: u8 = 12;
    pub(super) const CAST: u8 = 13;
}

/// SQLite's limit on the height of an expression; a chain of operators is as tall as it is long, also in brackets.
const TALLEST: usize = 1_000;

const SYMBOL_OPERATORS: [(&str, BinaryOp, u8); 21] = [
    ("=", BinaryOp::Eq, binds::EQUAL),
    ("==", BinaryOp::Eq, binds::EQUAL),
    ("<>", BinaryOp::NotEq, binds::EQUAL),
    ("!=", BinaryOp::NotEq, binds::EQUAL),
    ("<", BinaryOp::Lt, binds::COMPARE),
    ("<=", BinaryOp::LtEq, binds::COMPARE),
    (">", BinaryOp::Gt, binds::COMPARE),
    (">=", BinaryOp::GtEq, binds::COMPARE),
    ("&", BinaryOp::BitAnd, binds::BITS),
    ("|", BinaryOp::BitOr, binds::BITS),
    ("<<", BinaryOp::ShiftLeft, binds::BITS),
    (">>", BinaryOp::ShiftRight, binds::BITS),
    ("+", BinaryOp::Add, binds::SUM),
    ("-", BinaryOp::Sub, binds::SUM),
    ("*", BinaryOp::Mul, binds::PRODUCT),
    ("/", BinaryOp::Div, binds::PRODUCT),
    ("%", BinaryOp::Mod, binds::PRODUCT),
    ("||", BinaryOp::Concat, binds::CONCAT),
    ("->", BinaryOp::Arrow, binds::CONCAT),
    ("->>", BinaryOp::LongArrow, binds::CONCAT),
    ("::", BinaryOp::Concat, binds::CAST),
];

/// An operator that may follow an expression.
enum Next {
    Binary(BinaryOp, u8),
    TypeCast,
    Is,
    PostfixNull { negated: bool, words: usize },
    Predicate { negated: bool },
    Collate,
}

impl Next {
    fn binding(&self) -> u8 {
        match self {
            Next::Binary(_, binding) => *binding,
            Next::TypeCast => binds::CAST,
            Next::Collate => binds::COLLATE,
            _ => binds::EQUAL,
        }
    }
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Parse<Expr> {
        self.expr_from(binds::OR)
    }

    pub(super) fn expr_list(&mut self) -> Parse<Vec<Expr>> {
        let mut list = vec![self.expr()?];
        while self.cursor.eat_symbol(",") {
            list.push(self.expr()?);
        }
        Ok(list)
    }

    /// An expression without operators around it.
    pub(super) fn expr_from_prefix(&mut self) -> Parse<Expr> {
        self.expr_from(binds::UNARY)
    }

    /// An expression of operators that bind at least this tightly.
    fn expr_from(&mut self, least: u8) -> Parse<Expr> {
        self.deeper(|parser| {
            let beside = std::mem::take(&mut parser.height);
            let mut left = parser.prefix()?;
            parser.height += 1;
            while parser.height <= TALLEST {
                match parser.next_operator() {
                    Some(next) if next.binding() >= least => {
                        left = parser.continued(left, &next)?;
                        // A chain of any others takes more of the stack, link by link, than one of binary operators.
                        parser.height += if matches!(next, Next::Binary(..)) { 1 } else { 2 };
                    }
                    _ => {
                        parser.height = parser.height.max(beside);
                        return Ok(left);
                    }
                }
            }
            parser.problem("SYN107", "Expression tree is too large (maximum depth 1000).".to_owned(), None)
        })
    }

    fn next_operator(&self) -> Option<Next> {
        match self.cursor.peek().kind {
            TokenKind::Symbol("::") => Some(Next::TypeCast),
            TokenKind::Symbol(symbol) => {
                let found = SYMBOL_OPERATORS.iter().find(|(text, ..)| *text == symbol)?;
                Some(Next::Binary(found.1, found.2))
            }
            TokenKind::Word => self.next_word_operator(),
            _ => None,
        }
    }

    fn next_word_operator(&self) -> Option<Next> {
        let word = |w: &str| self.cursor.is_word(w);
        let predicate = |ahead: usize| {
            let words = ["IN", "BETWEEN", "LIKE", "GLOB", "REGEXP", "MATCH"];
            let other = self.dialect == Dialect::Postgres && self.cursor.is_word_at(ahead, "ILIKE");
            other || words.iter().any(|w| self.cursor.is_word_at(ahead, w))
        };
        if word("AND") {
            Some(Next::Binary(BinaryOp::And, binds::AND))
        } else if word("OR") {
            Some(Next::Binary(BinaryOp::Or, binds::OR))
        } else if word("IS") {
            Some(Next::Is)
        } else if word("ISNULL") || word("NOTNULL") {
            Some(Next::PostfixNull { negated: word("NOTNULL"), words: 1 })
        } else if word("COLLATE") {
            Some(Next::Collate)
        } else if predicate(0) {
            Some(Next::Predicate { negated: false })
        } else if word("NOT") && predicate(1) {
            Some(Next::Predicate { negated: true })
        } else if word("NOT") && self.cursor.is_word_at(1, "NULL") {
            Some(Next::PostfixNull { negated: true, words: 2 })
        } else {
            None
        }
    }

    /// `left` with the operator that follows it.
    fn continued(&mut self, left: Expr, next: &Next) -> Parse<Expr> {
        let start = left.span;
        let kind = match next {
            Next::Binary(op, binding) => {
                self.cursor.advance();
                let right = self.expr_from(binding + 1)?;
                ExprKind::Binary(Box::new(left), *op, Box::new(right))
            }
            Next::TypeCast => {
                self.cursor.advance();
                ExprKind::Cast(Box::new(left), self.type_name()?)
            }
            Next::Is => self.is(left)?,
            Next::PostfixNull { negated, words } => {
                for _ in 0..*words {
                    self.cursor.advance();
                }
                ExprKind::IsNull(Box::new(left), *negated)
            }
            Next::Predicate { negated } => {
                if *negated {
                    self.cursor.advance();
                }
                self.predicate(left, *negated)?
            }
            Next::Collate => {
                self.cursor.advance();
                if self.is_join_word() {
                    return self.unexpected("a collation");
                }
                ExprKind::Collate(Box::new(left), self.name("a collation")?)
            }
        };
        Ok(Expr { kind, span: self.span_from(start) })
    }

    /// `IS [NOT] [DISTINCT FROM] right`.
    fn is(&mut self, left: Expr) -> Parse<ExprKind> {
        self.cursor.advance();
        let not = self.cursor.eat_word("NOT");
        let distinct = self.cursor.eat_words(&["DISTINCT", "FROM"]);
        let right = self.expr_from(binds::EQUAL + 1)?;
        let negated = not != distinct;
        if matches!(right.kind, ExprKind::Literal(Value::Null)) {
            return Ok(ExprKind::IsNull(Box::new(left), negated));
        }
        let op = if negated { BinaryOp::IsNot } else { BinaryOp::Is };
        Ok(ExprKind::Binary(Box::new(left), op, Box::new(right)))
    }

    /// IN, BETWEEN, LIKE and its kin.
    fn predicate(&mut self, left: Expr, negated: bool) -> Parse<ExprKind> {
        let operand = Box::new(left);
        if self.cursor.eat_word("IN") {
            return self.in_operator(operand, negated);
        }
        if self.cursor.eat_word("BETWEEN") {
            let low = Box::new(self.expr_from(binds::NOT)?);
            self.word("AND")?;
            let high = Box::new(self.expr_from(binds::COMPARE)?);
            return Ok(ExprKind::Between { operand, low, high, negated });
        }
        let op = match self.cursor.take_upper().as_str() {
            "LIKE" => LikeOp::Like,
            "ILIKE" => LikeOp::ILike,
            "GLOB" => LikeOp::Glob,
            "REGEXP" => LikeOp::Regexp,
            _ => return Ok(ExprKind::Match { operand, pattern: Box::new(self.expr_from(binds::COMPARE)?) }),
        };
        let pattern = Box::new(self.expr_from(binds::COMPARE)?);
        let escape =
            if self.cursor.eat_word("ESCAPE") { Some(Box::new(self.expr_from(binds::COMPARE)?)) } else { None };
        Ok(ExprKind::Like { op, operand, pattern, escape, negated })
    }

    fn in_operator(&mut self, operand: Box<Expr>, negated: bool) -> Parse<ExprKind> {
        if self.cursor.is_symbol("(") {
            self.cursor.advance();
            let kind = if self.is_query_at(0) {
                ExprKind::InQuery { operand, query: Box::new(self.query()?), negated }
            } else if self.cursor.is_symbol(")") {
                ExprKind::InList { operand, list: vec![], negated }
            } else {
                ExprKind::InList { operand, list: self.expr_list()?, negated }
            };
            self.symbol(")")?;
            return Ok(kind);
        }
        let start = self.cursor.peek().span;
        let kind = self.named_source()?;
        let span = self.span_from(start);
        let source =
            Box::new(Source { kind, alias: None, join: Join::default(), on: None, using: None, span, end: span.end });
        Ok(ExprKind::InTable { operand, source, negated })
    }

    fn prefix(&mut self) -> Parse<Expr> {
        let token = self.cursor.peek();
        let start = token.span;
        let kind = match token.kind {
            TokenKind::Symbol("-") => self.signed(UnaryOp::Minus)?,
            TokenKind::Symbol("+") => self.signed(UnaryOp::Plus)?,
            TokenKind::Symbol("~") => self.signed(UnaryOp::BitNot)?,
            TokenKind::Symbol("(") => self.bracketed()?,
            TokenKind::Integer | TokenKind::Float | TokenKind::Blob => {
                let value = self.number_or_blob()?;
                self.cursor.advance();
                ExprKind::Literal(value)
            }
            TokenKind::Text if self.cursor.is_symbol_at(1, ".") => self.qualified_name()?,
            TokenKind::Text => {
                self.cursor.advance();
                ExprKind::Literal(Value::Text(said(self.cursor.raw(token), self.dialect)))
            }
            TokenKind::Variable => {
                self.cursor.advance();
                ExprKind::Variable
            }
            TokenKind::Quoted(_) => self.qualified_name()?,
            TokenKind::Word => self.word_expression()?,
            _ => return self.unexpected("an expression"),
        };
        Ok(Expr { kind, span: self.span_from(start) })
    }

    fn signed(&mut self, op: UnaryOp) -> Parse<ExprKind> {
        self.cursor.advance();
        let smallest = op == UnaryOp::Minus && self.cursor.raw(self.cursor.peek()) == "9223372036854775808";
        let operand = self.expr_from(binds::UNARY)?;
        let signed = without_plus(&operand);
        if matches!((op, &signed.kind), (UnaryOp::Minus, ExprKind::Literal(Value::Integer(i64::MIN))))
            && self.text_of(signed.span).contains(['x', 'X'])
        {
            let message = "This hexadecimal number has no negative.".to_owned();
            return Err(Problem { code: "SYN106", span: operand.span, message, help: None });
        }
        Ok(match (op, operand.kind) {
            (UnaryOp::Minus, ExprKind::Literal(Value::Real(_))) if smallest => {
                ExprKind::Literal(Value::Integer(i64::MIN))
            }
            (UnaryOp::Minus, ExprKind::Literal(Value::Integer(whole))) if whole >= 0 => {
                ExprKind::Literal(Value::Integer(-whole))
            }
            (UnaryOp::Minus, ExprKind::Literal(Value::Real(real))) if real.is_sign_positive() => {
                ExprKind::Literal(Value::Real(-real))
            }
            (_, kind) => ExprKind::Unary(op, Box::new(Expr { kind, span: operand.span })),
        })
    }

    /// `(expr)`, `(a, b)` or `(SELECT …)`.
    fn bracketed(&mut self) -> Parse<ExprKind> {
        self.cursor.advance();
        let kind = if self.is_query_at(0) {
            ExprKind::Scalar(Box::new(self.query()?))
        } else {
            let mut items = self.expr_list()?;
            match items.pop() {
                Some(only) if items.is_empty() => {
                    // Brackets alone make nothing taller.
                    self.height -= 1;
                    only.kind
                }
                last => {
                    items.extend(last);
                    ExprKind::Row(items)
                }
            }
        };
        self.symbol(")")?;
        Ok(kind)
    }

    fn number_or_blob(&self) -> Parse<Value> {
        let token = self.cursor.peek();
        let raw = self.cursor.raw(token).replace('_', "");
        let lower = raw.to_ascii_lowercase();
        Ok(match token.kind {
            TokenKind::Blob => {
                let digits = lower.get(2..lower.len().saturating_sub(1)).unwrap_or("");
                let bytes =
                    (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap_or(0));
                Value::Blob(bytes.collect())
            }
            TokenKind::Integer if lower.starts_with("0x") => match u64::from_str_radix(&lower[2..], 16) {
                Ok(bits) => Value::Integer(bits.cast_signed()),
                Err(_) => return self.problem("SYN106", format!("The hexadecimal number {raw} is too big."), None),
            },
            _ => match raw.parse::<i64>() {
                Ok(whole) => Value::Integer(whole),
                Err(_) => Value::Real(raw.parse().unwrap_or(0.0)),
            },
        })
    }

    /// A word that SQLite takes for a value wherever it expects one, although it may name something elsewhere.
    pub(super) fn is_value_word(&self) -> bool {
        let is_word = ["CAST", "RAISE"].iter().any(|word| self.cursor.is_word(word)) || self.is_clock();
        is_word && self.dialect == Dialect::Sqlite
    }

    fn is_clock(&self) -> bool {
        CLOCK_WORDS.iter().any(|clock| self.cursor.is_word(clock))
    }

    fn word_expression(&mut self) -> Parse<ExprKind> {
        let before_bracket = self.cursor.is_symbol_at(1, "(");
        if self.cursor.eat_word("NULL") {
            return Ok(ExprKind::Literal(Value::Null));
        }
        if self.cursor.eat_word("NOT") {
            let operand = Box::new(self.expr_from(binds::NOT)?);
            return Ok(ExprKind::Unary(UnaryOp::Not, operand));
        }
        if self.cursor.is_word("EXISTS") {
            self.cursor.advance();
            self.symbol("(")?;
            let query = Box::new(self.query()?);
            self.symbol(")")?;
            return Ok(ExprKind::Exists(query));
        }
        if self.cursor.is_word("CASE") {
            return self.case();
        }
        if self.cursor.is_word("CAST") && before_bracket {
            return self.cast();
        }
        if self.cursor.is_word("RAISE") && before_bracket {
            self.cursor.advance();
            self.cursor.skip_group();
            return Ok(ExprKind::Raise);
        }
        for clock in CLOCK_WORDS {
            if self.cursor.is_word(clock) && (self.is_value_word() || !self.cursor.is_symbol_at(1, ".")) {
                self.cursor.advance();
                return Ok(ExprKind::Clock(clock));
            }
        }
        if self.is_value_word() {
            self.cursor.advance();
            return self.unexpected("\"(\"");
        }
        if self.dialect != Dialect::Sqlite
            && let Some(kind) = self.other_dialect_word()?
        {
            return Ok(kind);
        }
        self.qualified_name()
    }

    /// `DATE '…'`, `INTERVAL '…'` and `EXTRACT(field FROM x)`, which SQLite does not have.
    fn other_dialect_word(&mut self) -> Parse<Option<ExprKind>> {
        let typed = self.cursor.is_any(&["DATE", "TIME", "TIMESTAMP"]);
        if typed && self.cursor.peek_at(1).kind == TokenKind::Text {
            let name = self.cursor.take_upper();
            let text = self.cursor.advance();
            let value = Value::Text(said(self.cursor.raw(text), self.dialect));
            let operand = Expr { kind: ExprKind::Literal(value), span: text.span };
            return Ok(Some(ExprKind::Cast(Box::new(operand), name)));
        }
        if self.cursor.is_word("INTERVAL") {
            return self.interval();
        }
        if self.dialect == Dialect::SqlServer && self.cursor.is_word("ISNULL") && self.cursor.is_symbol_at(1, "(") {
            let token = self.cursor.advance();
            let name = Name { text: "COALESCE".to_owned(), ..self.make_name(token) };
            self.symbol("(")?;
            let args = self.expr_list()?;
            self.symbol(")")?;
            return Ok(Some(plain_call(name, args)));
        }
        if self.dialect == Dialect::Oracle && self.cursor.is_any(&["SYSDATE", "SYSTIMESTAMP"]) {
            self.cursor.advance();
            return Ok(Some(ExprKind::Clock("CURRENT_TIMESTAMP")));
        }
        if self.cursor.is_word("EXTRACT") && self.cursor.is_symbol_at(1, "(") && self.cursor.is_word_at(3, "FROM") {
            let name = self.name("EXTRACT")?;
            self.symbol("(")?;
            let field = self.name("a field of a date")?;
            self.word("FROM")?;
            let value = Value::Text(field.text.to_ascii_lowercase());
            let field = Expr { kind: ExprKind::Literal(value), span: field.span };
            let args = vec![field, self.expr()?];
            self.symbol(")")?;
            return Ok(Some(plain_call(name, args)));
        }
        Ok(None)
    }

    /// `INTERVAL '1 month'`, `INTERVAL '1' MONTH` or `INTERVAL 1 MONTH`, as a call with the first of these texts.
    fn interval(&mut self) -> Parse<Option<ExprKind>> {
        let minus = usize::from(self.cursor.is_symbol_at(1, "-"));
        let count = self.cursor.peek_at(1 + minus);
        if !matches!(count.kind, TokenKind::Text | TokenKind::Integer) {
            return Ok(None);
        }
        let name = self.name("INTERVAL")?;
        let sign = if self.cursor.eat_symbol("-") { "-" } else { "" };
        self.cursor.advance();
        let mut said = format!("{sign}{}", unquote(self.cursor.raw(count), count.kind));
        if self.cursor.peek().kind == TokenKind::Word && !said.trim().contains(' ') {
            said = format!("{said} {}", self.cursor.take_upper());
        }
        let operand = Expr { kind: ExprKind::Literal(Value::Text(said)), span: count.span };
        Ok(Some(plain_call(name, vec![operand])))
    }

    /// `a`, `t.a`, `main.t.a` or a call.
    fn qualified_name(&mut self) -> Parse<ExprKind> {
        if self.cursor.peek().kind != TokenKind::Text && self.is_name_at(0, false) && self.cursor.is_symbol_at(1, "(") {
            return self.call();
        }
        if !self.is_name_at(0, true) {
            return self.unexpected("an expression");
        }
        let mut names = vec![self.name("a name")?];
        while names.len() < 3 && self.cursor.eat_symbol(".") {
            names.push(self.name("a column")?);
        }
        Ok(ExprKind::Name(names))
    }

    fn case(&mut self) -> Parse<ExprKind> {
        self.cursor.advance();
        let operand = if self.cursor.is_word("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while self.cursor.eat_word("WHEN") {
            let when = self.expr()?;
            self.word("THEN")?;
            branches.push((when, self.expr()?));
        }
        if branches.is_empty() {
            return self.unexpected("WHEN");
        }
        let otherwise = if self.cursor.eat_word("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.word("END")?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    fn cast(&mut self) -> Parse<ExprKind> {
        self.cursor.advance();
        self.symbol("(")?;
        let operand = Box::new(self.expr()?);
        self.word("AS")?;
        let to = self.type_name()?;
        self.symbol(")")?;
        Ok(ExprKind::Cast(operand, to))
    }

    /// The words of a type and its size, as canonical text.
    fn type_name(&mut self) -> Parse<String> {
        let mut words = Vec::new();
        while self.is_name_at(0, true)
            && !self.is_join_word()
            && !(self.dialect == Dialect::Postgres && self.cursor.is_any(&["AS"]))
        {
            let name = self.name("a type")?;
            // What stands in quotes may be anything, brackets and commas too, and keeps them where it needs them.
            words.push(if name.quote.is_some() { quote_name(&name.text) } else { name.text });
            if self.dialect != Dialect::Sqlite && !self.cursor.is_any(&["PRECISION", "VARYING"]) {
                break;
            }
        }
        let mut text = words.join(" ");
        if !text.is_empty() && self.cursor.is_symbol("(") {
            let start = self.cursor.advance().span;
            self.signed_number()?;
            if self.cursor.eat_symbol(",") {
                self.signed_number()?;
            }
            self.symbol(")")?;
            let Span { start, end } = self.span_from(start);
            let size = self.cursor.text.get(start as usize..end as usize).unwrap_or("");
            text.push_str(&size.split_whitespace().collect::<String>());
        }
        Ok(text)
    }

    fn signed_number(&mut self) -> Parse<()> {
        let _ = self.cursor.eat_symbol("-") || self.cursor.eat_symbol("+");
        match self.cursor.peek().kind {
            TokenKind::Integer | TokenKind::Float => {
                self.cursor.advance();
                Ok(())
            }
            _ => self.unexpected("a number"),
        }
    }
}

fn plain_call(name: Name, args: Vec<Expr>) -> ExprKind {
    let call = Call { name, args, star: false, distinct: false, order_by: vec![], filter: None, over: None };
    ExprKind::Call(Box::new(call))
}

/// What stands behind plus signs, which SQLite drops before another sign.
fn without_plus(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Unary(UnaryOp::Plus, inner) => without_plus(inner),
        _ => expr,
    }
}
