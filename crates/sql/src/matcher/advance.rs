//! Taking one lexeme: the innermost goal that can take it does; goals that it ends are dropped.

use schema::ColumnId;

use super::Matcher;
use super::days::Days;
use super::expression::{Expression, Op, Operand, Role};
use super::grammar::{Grammar, Kinds, kind, node_of};
use super::scope::SORTABLE;
use super::state::{Between, Compare, Conditions, Frame, Level, LevelKind, List, NONE, Phase, Place};
use super::texts::JOINED;
use crate::lexeme::{Lexeme, Word};

impl Matcher<'_> {
    /// Takes a lexeme that the grammar is known to allow.
    pub(crate) fn apply(&mut self, id: u32) {
        let lexeme = self.grammar.lexemes[id as usize];
        if let Lexeme::Column(column) = lexeme
            && self.level().phase <= Phase::ItemEnd
        {
            self.mention(node_of(column.table_ref()));
        }
        if self.is_in_case_of_item() {
            let level = self.level_mut();
            level.running = mix(level.running, id);
        }
        self.count_for_outer_outputs(id);
        self.remaining = self.remaining.saturating_sub(1);
        let mut child: Option<Expression> = None;
        while let Some(frame) = self.frames.last().copied() {
            let taken = match frame {
                Frame::Query => self.take_query(id, lexeme, child),
                Frame::Conditions(c) => self.take_condition(c, id, lexeme),
                Frame::Compare(c) => !c.right && child.is_some_and(|left| self.take_predicate(c, &left, lexeme)),
                Frame::Between(b) => self.take_between(b, id, lexeme),
                Frame::List(l) => self.take_list(l, id, lexeme),
                Frame::Pattern(_) => self.drop_frame(),
                Frame::Pair(pair) => self.take_pair(pair, id, lexeme),
                Frame::Expression(e) => self.take_expression(e, id, lexeme),
                Frame::Call(result) => self.take_call_end(result, child, id),
                Frame::Calendar(calendar) => self.take_in_calendar(calendar, id, lexeme),
                Frame::Days(days) => self.take_in_days(days, id, lexeme),
                Frame::Case(case) => self.take_in_case(case, child, lexeme),
                Frame::Text(call) => self.take_in_text_call(call, id, lexeme),
                Frame::Window(window) => self.take_in_window(window, child, id, lexeme),
                Frame::Function(_) => self.take_function_end(child, id),
            };
            if taken {
                return;
            }
            child = if let Frame::Expression(e) = frame { Some(e) } else { None };
            self.frames.pop();
        }
    }

    pub(super) fn drop_frame(&mut self) -> bool {
        self.frames.pop();
        true
    }

    pub(super) fn replace_frame(&mut self, frame: Frame) -> bool {
        if let Some(last) = self.frames.last_mut() {
            *last = frame;
        }
        true
    }

    fn set_phase(&mut self, phase: Phase) {
        self.level_mut().phase = phase;
    }

    /// A column's table, and the first use of that table, must come into FROM.
    fn mention(&mut self, node: u16) {
        let grammar = self.grammar;
        let last = self.levels.len() - 1;
        Self::mention_in(grammar, &mut self.levels[last], node);
    }

    /// The same in another level.
    pub(super) fn mention_in(grammar: &Grammar, level: &mut Level, node: u16) {
        if level.need.contains(&node) {
            return;
        }
        if let Some(first) = super::grammar::earlier_twin(node).filter(|first| !level.taken.contains(first)) {
            level.need.add(first);
        }
        level.need.add(node);
        level.update_reach(grammar);
    }

    /// Opens an expression and lets it take its first lexeme.
    pub(super) fn open_expression(&mut self, expression: Expression, id: u32, lexeme: Lexeme) -> bool {
        self.frames.push(Frame::Expression(expression));
        self.take_expression(expression, id, lexeme)
    }

    fn take_query(&mut self, id: u32, lexeme: Lexeme, child: Option<Expression>) -> bool {
        match (self.level().phase, lexeme) {
            (Phase::Item, Lexeme::Word(Word::Distinct)) => {
                let grammar = self.grammar;
                let level = self.level_mut();
                level.distinct = true;
                level.update_reach(grammar);
            }
            (Phase::Item, _) => {
                let item = self.item_expression();
                let level = self.level_mut();
                (level.phase, level.running) = (Phase::ItemEnd, 0);
                return self.open_expression(item, id, lexeme);
            }
            (Phase::ItemEnd | Phase::ItemDone, _) => self.take_item_end(id, lexeme, child),
            (Phase::From, Lexeme::Table(table)) => self.join(node_of(table), None),
            (Phase::Joins, Lexeme::Join(_) | Lexeme::LeftJoin(_)) => {
                self.take_join(id);
                self.level_mut().narrows = matches!(lexeme, Lexeme::LeftJoin(_));
            }
            (Phase::Joins, Lexeme::JoinOn(table) | Lexeme::LeftJoinOn(table) | Lexeme::Cross(table)) => {
                self.join(node_of(table), None);
                self.level_mut().narrows = matches!(lexeme, Lexeme::LeftJoinOn(_));
                if !matches!(lexeme, Lexeme::Cross(_)) {
                    self.open_pair(node_of(table));
                }
            }
            (Phase::Key, _) => {
                self.level_mut().keys.add(id);
                self.set_phase(Phase::KeyEnd);
            }
            (Phase::KeyEnd, Lexeme::Word(Word::Comma)) => self.set_phase(Phase::Key),
            (Phase::Order, _) if self.level().arm.number > 0 || matches!(lexeme, Lexeme::Output(_)) => {
                self.level_mut().order.push(id);
                self.set_phase(Phase::OrderEnd);
            }
            (Phase::Order, _) => {
                let order = self.order_expression();
                self.set_phase(Phase::OrderEnd);
                return self.open_expression(order, id, lexeme);
            }
            (Phase::Limit, _) => self.set_phase(Phase::Limited),
            (_, Lexeme::Word(word)) => self.take_clause(word, child),
            _ => {}
        }
        true
    }

    /// A word that starts a clause, goes on in ORDER BY, or ends the query.
    fn take_clause(&mut self, word: Word, child: Option<Expression>) {
        if let Some(order) = child.filter(|_| self.level().phase == Phase::OrderEnd) {
            let single = if order.is_lone_column() { order.source } else { NONE };
            self.level_mut().order.push(single);
        }
        match word {
            Word::Select => self.set_phase(Phase::Item),
            Word::With | Word::WithSecond | Word::WithThird => self.open_cte(),
            Word::EachDay | Word::EachWeek | Word::EachMonth | Word::EachQuarter | Word::EachYear => {
                self.open_calendar(word);
            }
            Word::Comma => self.set_phase(Phase::Order),
            Word::And => self.open_narrowing(),
            Word::Where => self.open_conditions(Place::Where),
            Word::Having => self.open_conditions(Place::Having),
            Word::GroupBy => {
                self.level_mut().grouped = true;
                self.set_phase(Phase::Key);
            }
            Word::OrderBy => self.set_phase(Phase::Order),
            Word::Desc => self.set_phase(Phase::Desc),
            Word::Limit => self.set_phase(Phase::Limit),
            Word::Close => self.close_level(),
            Word::Union | Word::UnionAll | Word::Intersect | Word::Except => self.open_arm(word),
            _ => self.set_phase(Phase::Done),
        }
    }

    fn open_conditions(&mut self, place: Place) {
        self.set_phase(if place == Place::Where { Phase::Where } else { Phase::Having });
        self.level_mut().filtered |= place == Place::Where;
        self.frames.push(Frame::Conditions(Conditions::new(place, false)));
    }

    /// Opens what a left join asks besides its key: conditions on rows, without subqueries as in a CASE.
    fn open_narrowing(&mut self) {
        self.level_mut().narrows = false;
        self.frames.push(Frame::Conditions(Conditions::new(Place::Where, true)));
    }

    fn take_item_end(&mut self, id: u32, lexeme: Lexeme, child: Option<Expression>) {
        let grammar = self.grammar;
        let level = self.level_mut();
        if let Some(item) = child {
            let (running, lone) = (level.running, item.is_lone_column());
            let named = level.kind == LevelKind::Cte || !lone;
            let name = if !named { item.source } else { grammar.output_base + u32::from(level.computed) };
            level.note_output(item.result, name, item.source);
            level.items.push(running);
            if lone {
                level.plain.push(item.source);
            }
        }
        level.phase = match lexeme {
            Lexeme::Alias(_) => Phase::ItemDone,
            Lexeme::Word(Word::Comma) => Phase::Item,
            _ => Phase::From,
        };
        level.computed += u8::from(matches!(lexeme, Lexeme::Alias(_)));
        if level.arm.number > 0 {
            level.update_reach(grammar);
        }
        debug_assert!(level.phase != Phase::From || id == grammar.word(Word::From));
    }

    fn take_join(&mut self, id: u32) {
        let level = self.level();
        let mut ways = level.have.iter().flat_map(|&known| &self.grammar.ways[known as usize]);
        let found = ways.find(|way| way.join == id || way.join + 1 == id).copied();
        if let Some(way) = found {
            self.join(way.new, Some(way.bound));
        }
    }

    fn join(&mut self, node: u16, bound: Option<(u16, u16)>) {
        let grammar = self.grammar;
        let level = self.level_mut();
        level.phase = Phase::Joins;
        level.have.push(node);
        if let Some(bound) = bound {
            level.bound.add(bound);
        }
        level.update_reach(grammar);
    }

    fn open_level(&mut self, kind: LevelKind, kinds: Kinds, correlatable: bool) {
        let level = self.inner_level(kind, kinds, correlatable);
        self.levels.push(level);
        self.frames.push(Frame::Query);
    }

    /// A subquery has ended; a scalar one is an operand of the expression that opened it.
    fn close_level(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        self.frames.pop();
        if level.kind == LevelKind::Cte {
            self.close_cte(&level);
        }
        if level.kind == LevelKind::Scalar {
            // It needs no column beside it, but is no aggregate.
            let column = !matches!(self.frames.last(), Some(Frame::Expression(e)) if e.place == Place::Having);
            self.take_operand(Operand { kinds: level.kinds, value: true, column, ..Operand::NOTHING });
        }
    }

    fn take_condition(&mut self, c: Conditions, id: u32, lexeme: Lexeme) -> bool {
        if !c.expects {
            return self.take_condition_end(c, lexeme);
        }
        let after = Conditions { expects: false, conditions: c.conditions + 1, must_and: false, ..c };
        self.replace_frame(Frame::Conditions(after));
        match lexeme {
            Lexeme::Word(Word::OrOpen) => {
                let must_and = c.depth > 0 && c.conditions == 0;
                self.replace_frame(Frame::Conditions(Conditions { must_and, ..after }));
                let group = Conditions {
                    depth: c.depth + 1,
                    conditions: 0,
                    alternatives: 1,
                    expects: true,
                    must_and: false,
                    ..c
                };
                self.frames.push(Frame::Conditions(group));
                true
            }
            Lexeme::Word(Word::Exists | Word::NotExists) => {
                self.open_level(LevelKind::Exists, 0, true);
                true
            }
            Lexeme::Correlate(_) => {
                self.level_mut().correlated = true;
                self.tie_to_output(id);
                true
            }
            _ => {
                self.frames.push(Frame::Compare(Compare { place: c.place, inside: c.inside, right: false }));
                self.open_expression(self.left_expression(c.place, c.inside), id, lexeme)
            }
        }
    }

    fn take_condition_end(&mut self, c: Conditions, lexeme: Lexeme) -> bool {
        match lexeme {
            Lexeme::Word(Word::And) => {
                self.replace_frame(Frame::Conditions(Conditions { expects: true, must_and: false, ..c }))
            }
            Lexeme::Word(Word::Or) if c.depth > 0 => {
                let alternatives = c.alternatives + 1;
                self.replace_frame(Frame::Conditions(Conditions { expects: true, conditions: 0, alternatives, ..c }))
            }
            Lexeme::Word(Word::Close) if c.depth > 0 => self.drop_frame(),
            _ => false,
        }
    }

    fn take_predicate(&mut self, c: Compare, left: &Expression, lexeme: Lexeme) -> bool {
        let Lexeme::Word(word) = lexeme else { return false };
        let (kinds, column) = (left.result, left.source);
        match word {
            Word::IsNull | Word::IsNotNull => self.drop_frame(),
            Word::InList | Word::NotInList => {
                self.replace_frame(Frame::List(List { column, members: Default::default(), expects: true }))
            }
            Word::InQuery | Word::NotInQuery => {
                self.frames.pop();
                self.open_level(LevelKind::Member, kinds & SORTABLE, false);
                true
            }
            Word::Between => self.replace_frame(Frame::Between(Between { kinds, column, low: NONE, and: false })),
            Word::Like | Word::NotLike => self.replace_frame(Frame::Pattern(column)),
            _ => {
                self.replace_frame(Frame::Compare(Compare { right: true, ..c }));
                let right = Expression {
                    versus: left.source,
                    comparison: Some(word),
                    inside: c.inside,
                    ..Expression::new(Role::Right, c.place, kinds, self.grammar.limits.operators)
                };
                self.frames.push(Frame::Expression(right));
                true
            }
        }
    }

    fn take_between(&mut self, b: Between, id: u32, lexeme: Lexeme) -> bool {
        match lexeme {
            Lexeme::Word(Word::And) => self.replace_frame(Frame::Between(Between { and: true, ..b })),
            _ if b.low == NONE => self.replace_frame(Frame::Between(Between { low: id, ..b })),
            _ => self.drop_frame(),
        }
    }

    fn take_list(&mut self, mut list: List, id: u32, lexeme: Lexeme) -> bool {
        match lexeme {
            Lexeme::Word(Word::Close) => return self.drop_frame(),
            Lexeme::Word(Word::Comma) => list.expects = true,
            _ => {
                list.members.push(id);
                list.expects = false;
            }
        }
        self.replace_frame(Frame::List(list))
    }

    fn take_expression(&mut self, e: Expression, id: u32, lexeme: Lexeme) -> bool {
        let taken = if e.expects { self.take_operand_start(e, id, lexeme) } else { self.take_operator(e, lexeme) };
        let level = self.level_mut();
        if taken && level.phase == Phase::ItemEnd {
            level.running = mix(level.running, id);
        }
        taken
    }

    fn take_operand_start(&mut self, e: Expression, id: u32, lexeme: Lexeme) -> bool {
        match lexeme {
            Lexeme::Column(column) => self.take_column(&e, id, column.column),
            Lexeme::Word(Word::CountStar) => {
                self.note_aggregate(&e);
                self.take_operand(Operand { kinds: kind::NUMBER, aggregate: true, value: true, ..Operand::NOTHING });
            }
            Lexeme::Word(word) if word.opens_operand() => self.open_operand(&e, word),
            _ => self.take_literal(&e, id, lexeme),
        }
        true
    }

    fn take_column(&mut self, e: &Expression, id: u32, column: ColumnId) {
        let facts = self.level().facts(self.grammar, column);
        let (kinds, text) = (facts.kinds, facts.kinds & JOINED != 0 && !facts.part);
        if e.place == Place::Item && !e.inside {
            self.note_bare(id);
        }
        self.take_operand(Operand {
            kinds,
            source: id,
            lone: true,
            text,
            column: true,
            value: true,
            ..Operand::NOTHING
        });
    }

    /// A word that an operand begins with and others follow; the expression goes on behind it.
    fn open_operand(&mut self, e: &Expression, word: Word) {
        self.replace_frame(Frame::Expression(Expression { expects: false, ..*e }));
        match word {
            Word::Open => self.frames.push(Frame::Expression(e.parenthesis())),
            Word::CaseWhen => self.open_case(e),
            Word::Coalesce | Word::NullIf | Word::Abs | Word::Round => {
                self.frames.extend([Frame::Function(word), Frame::Expression(e.wrapped())]);
            }
            Word::Upper | Word::Lower | Word::Length | Word::Beginning | Word::OrElse | Word::ToNumber => {
                self.open_text_call(e, word);
            }
            Word::Days => self.frames.push(Frame::Days(Days::new(e))),
            Word::Scalar => {
                let tied = e.place == Place::Where || (e.place == Place::Item && self.may_tie_output());
                self.open_level(LevelKind::Scalar, Self::query_kinds(e), tied);
            }
            _ if word.opens_window() => self.open_window(e, word),
            _ => {
                self.note_aggregate(e);
                let (argument, result) = self.argument(e, word);
                self.frames.extend([Frame::Call(result), Frame::Expression(argument)]);
            }
        }
    }

    /// A column of SELECT outside aggregates.
    pub(super) fn note_bare(&mut self, id: u32) {
        let most = usize::from(self.grammar.limits.items);
        let level = self.level_mut();
        level.crowded |= !level.bare.add(id) || level.bare.len() > most;
    }

    fn note_aggregate(&mut self, e: &Expression) {
        self.level_mut().aggregated |= e.place == Place::Item;
    }

    fn take_literal(&mut self, e: &Expression, id: u32, lexeme: Lexeme) {
        if let Lexeme::Slot(slot) = lexeme
            && matches!(e.role, Role::Item | Role::Then)
            && super::label(slot.slot).is_some()
        {
            // As an output it needs no column beside it.
            let text = e.role == Role::Item;
            return self.take_operand(Operand {
                kinds: kind::TEXT,
                value: true,
                column: true,
                text,
                ..Operand::NOTHING
            });
        }
        let number = match lexeme {
            Lexeme::Constant(_) => self.grammar.constants.iter().any(|c| c.id == id && c.arithmetic),
            Lexeme::Slot(slot) => slot.slot.kind == schema::slot::SlotKind::Num,
            _ => false,
        };
        let value = matches!(lexeme, Lexeme::Slot(_));
        let goes_on =
            value || (if e.role == Role::Then { self.has_number(e) } else { e.is_met() || self.can_be_met(e) });
        let kinds = if number && goes_on { kind::NUMBER } else { 0 };
        self.take_operand(Operand { kinds, value, constant: !value, ..Operand::NOTHING });
    }

    fn take_operator(&mut self, e: Expression, lexeme: Lexeme) -> bool {
        let Lexeme::Word(word) = lexeme else { return false };
        if e.role == Role::Parenthesis && word == Word::Close {
            self.frames.pop();
            self.take_operand(Operand {
                kinds: kind::NUMBER,
                value: e.has_value,
                column: e.has_column,
                aggregate: e.has_aggregate,
                operators: e.operators,
                must_multiply: e.before.leaves_sums_open(),
                ..Operand::NOTHING
            });
            return true;
        }
        if word == Word::Concat {
            let (operators, source) = (e.operators + 1, NONE);
            let joined = Expression { expects: true, operators, last: Op::Join, result: kind::TEXT, source, ..e };
            return self.replace_frame(Frame::Expression(joined));
        }
        let Some((op, _)) = Op::ALL.into_iter().find(|(_, w)| *w == word) else { return false };
        self.replace_frame(Frame::Expression(Expression {
            expects: true,
            operators: e.operators + 1,
            last: op,
            sums: e.sums || op.is_sum(),
            result: kind::NUMBER,
            source: NONE,
            must_multiply: false,
            ..e
        }))
    }

    /// The bracket of an aggregate closes; the aggregate is an operand of the expression it stands in.
    fn take_call_end(&mut self, result: Kinds, child: Option<Expression>, id: u32) -> bool {
        let Some(argument) = child else { return false };
        self.frames.pop();
        let kinds = if result == 0 { argument.result } else { result };
        let source = if result == 0 { argument.source } else { NONE };
        self.take_operand(Operand { kinds, source, aggregate: true, value: true, ..Operand::NOTHING });
        let level = self.level_mut();
        if level.phase == Phase::ItemEnd {
            level.running = mix(level.running, id);
        }
        true
    }

    /// Gives the innermost expression its operand.
    pub(super) fn take_operand(&mut self, operand: Operand) {
        let Some(Frame::Expression(e)) = self.frames.last_mut() else { return };
        let first = e.is_first();
        e.calculable = e.last != Op::Join && Self::is_calculable(e, operand.kinds);
        e.joinable = e.role == Role::Item && e.limit > 0 && (e.last == Op::Join || first && operand.text);
        e.expects = false;
        e.constant = operand.constant;
        e.has_value |= operand.value;
        e.has_column |= operand.column;
        e.has_aggregate |= operand.aggregate;
        e.must_multiply = operand.must_multiply;
        e.operators = e.operators.max(operand.operators);
        if first {
            (e.result, e.source, e.lone) = (operand.kinds, operand.source, operand.lone);
        }
    }
}

/// The hash of an output with one more lexeme.
pub(crate) fn mix(hash: u32, id: u32) -> u32 {
    (hash.rotate_left(5) ^ (id + 1)).wrapping_mul(0x9E37_79B1)
}
