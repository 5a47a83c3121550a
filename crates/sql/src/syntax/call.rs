//! Function calls: arguments, FILTER, OVER and window definitions.

use super::ast::{Call, Expr, ExprKind, Frame, Name, Over, Window};
use super::parser::{Parse, Parser, Problem};
use crate::dialect::Dialect;

/// One end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    UnboundedPreceding,
    Preceding,
    Current,
    Following,
    UnboundedFollowing,
}

impl Parser<'_> {
    /// `name(args) FILTER (…) OVER …`.
    pub(super) fn call(&mut self) -> Parse<ExprKind> {
        let name = self.name("a function")?;
        self.symbol("(")?;
        let mut call =
            Call { name, args: vec![], star: false, distinct: false, order_by: vec![], filter: None, over: None };
        if self.cursor.is_symbol("*") && self.cursor.is_symbol_at(1, ")") {
            self.cursor.advance();
            call.star = true;
        } else if !self.cursor.is_symbol(")") {
            call.distinct = self.cursor.eat_word("DISTINCT");
            if !call.distinct {
                self.cursor.eat_word("ALL");
            }
            if !self.cursor.is_symbol(")") && !self.cursor.is_word("ORDER") {
                call.args = self.expr_list()?;
            }
            if self.cursor.eat_words(&["ORDER", "BY"]) {
                call.order_by = self.orderings()?;
            }
            if call.args.is_empty() {
                // SQLite does not even look at an order of no arguments.
                call.order_by.clear();
            }
        }
        self.symbol(")")?;
        if self.dialect == Dialect::Postgres && self.cursor.eat_words(&["WITHIN", "GROUP"]) {
            self.symbol("(")?;
            self.word("ORDER")?;
            self.word("BY")?;
            call.order_by = self.orderings()?;
            self.symbol(")")?;
        }
        if self.cursor.is_word("FILTER") && self.cursor.is_symbol_at(1, "(") {
            self.cursor.advance();
            self.symbol("(")?;
            self.word("WHERE")?;
            call.filter = Some(self.expr()?);
            self.symbol(")")?;
        }
        // Before these two SQLite takes OVER for a name.
        let names_window =
            self.is_name_at(1, true) && !["FILTER", "INDEXED"].iter().any(|w| self.cursor.is_word_at(1, w));
        if self.cursor.is_word("OVER") && (self.cursor.is_symbol_at(1, "(") || names_window) {
            self.cursor.advance();
            call.over = Some(if self.cursor.is_symbol("(") {
                Over::Window(self.window()?)
            } else {
                Over::Named(self.name("a window")?)
            });
        }
        Ok(ExprKind::Call(Box::new(call)))
    }

    /// `w AS (…), v AS (…)`, after WINDOW.
    pub(super) fn window_definitions(&mut self) -> Parse<Vec<(Name, Window)>> {
        let mut windows = Vec::new();
        loop {
            let name = self.name("a window")?;
            self.word("AS")?;
            windows.push((name, self.window()?));
            if !self.cursor.eat_symbol(",") {
                return Ok(windows);
            }
        }
    }

    fn window(&mut self) -> Parse<Window> {
        let start = self.cursor.peek().span;
        self.symbol("(")?;
        let keyword = self.cursor.is_any(&["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"]);
        let base = if !keyword && self.is_name_at(0, true) { Some(self.name("a window")?) } else { None };
        let partition_by = if self.cursor.eat_words(&["PARTITION", "BY"]) { self.expr_list()? } else { vec![] };
        let order_by = if self.cursor.eat_words(&["ORDER", "BY"]) { self.orderings()? } else { vec![] };
        let frame = if self.cursor.is_any(&["ROWS", "RANGE", "GROUPS"]) { Some(self.frame()?) } else { None };
        self.symbol(")")?;
        Ok(Window { base, partition_by, order_by, frame, span: self.span_from(start) })
    }

    fn frame(&mut self) -> Parse<Frame> {
        let start = self.cursor.peek().span;
        let unit = self.cursor.take_upper();
        let (from, to, mut text);
        if self.cursor.eat_word("BETWEEN") {
            let (first, first_text) = self.bound()?;
            self.word("AND")?;
            let (last, last_text) = self.bound()?;
            (from, to) = (first, last);
            text = format!("{unit} BETWEEN {first_text} AND {last_text}");
        } else {
            let (first, first_text) = self.bound()?;
            (from, to) = (first, Bound::Current);
            text = format!("{unit} {first_text}");
        }
        if self.cursor.eat_word("EXCLUDE") {
            let words = [&["NO", "OTHERS"][..], &["CURRENT", "ROW"], &["GROUP"], &["TIES"]];
            match words.iter().find(|words| self.cursor.eat_words(words)) {
                Some(words) => text.push_str(&format!(" EXCLUDE {}", words.join(" "))),
                None => return self.unexpected("NO OTHERS, CURRENT ROW, GROUP or TIES"),
            }
        }
        let span = self.span_from(start);
        let ordered = from <= to || from == Bound::Preceding && to == Bound::Preceding;
        if !ordered || from == Bound::UnboundedFollowing || to == Bound::UnboundedPreceding {
            let message = "A window cannot end before it starts.".to_owned();
            return Err(Problem { code: "SYN109", span, message, help: None });
        }
        let distance = |bound: Bound| matches!(bound, Bound::Preceding | Bound::Following);
        let range_distance = unit == "RANGE" && (distance(from) || distance(to));
        Ok(Frame { text, range_distance, span })
    }

    /// A frame's distance, which is made of numbers alone: no name, no call and no subquery may stand in a text that
    /// nothing looks into.
    fn distance(&mut self) -> Parse<String> {
        let first = self.cursor.position();
        let Expr { kind, span } = self.expr()?;
        let (code, message) = if holds_variable(&kind) {
            ("SEC508", "A parameter has no value here: write the value itself.")
        } else if !is_number(&kind) {
            ("SYN109", "A window's distance must be a plain number.")
        } else {
            return Ok(self.cursor.words_since(first).join(" "));
        };
        Err(Problem { code, span, message: message.to_owned(), help: None })
    }

    fn bound(&mut self) -> Parse<(Bound, String)> {
        if self.cursor.eat_words(&["UNBOUNDED", "PRECEDING"]) {
            return Ok((Bound::UnboundedPreceding, "UNBOUNDED PRECEDING".to_owned()));
        }
        if self.cursor.eat_words(&["UNBOUNDED", "FOLLOWING"]) {
            return Ok((Bound::UnboundedFollowing, "UNBOUNDED FOLLOWING".to_owned()));
        }
        if self.cursor.eat_words(&["CURRENT", "ROW"]) {
            return Ok((Bound::Current, "CURRENT ROW".to_owned()));
        }
        let distance = self.distance()?;
        if self.cursor.eat_word("PRECEDING") {
            return Ok((Bound::Preceding, format!("{distance} PRECEDING")));
        }
        self.word("FOLLOWING")?;
        Ok((Bound::Following, format!("{distance} FOLLOWING")))
    }
}

/// Whether an expression is a literal or computed from such.
fn is_number(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Literal(_) => true,
        ExprKind::Unary(_, x) | ExprKind::Cast(x, _) => is_number(&x.kind),
        ExprKind::Binary(a, _, b) => is_number(&a.kind) && is_number(&b.kind),
        _ => false,
    }
}

fn holds_variable(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Variable => true,
        ExprKind::Unary(_, x) | ExprKind::Cast(x, _) => holds_variable(&x.kind),
        ExprKind::Binary(a, _, b) => holds_variable(&a.kind) || holds_variable(&b.kind),
        _ => false,
    }
}
