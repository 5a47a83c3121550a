//! What may come next, goal by goal. The open goals are asked from the innermost outwards, as far as each may end here.

use super::Matcher;
use super::expression::{Expression, Op, Role, Wants};
use super::grammar::{ColumnFacts, Kinds, Node, kind};
use super::scope::SORTABLE;
use super::state::{Between, Compare, Conditions, Frame, Level, LevelKind, List, NONE, Phase, Place};
use crate::bitset::BitSet;
use crate::lexeme::Word;

/// Where offers go: into a mask, or past a single question.
pub(crate) enum Offers<'a> {
    /// Collects all.
    Mask(&'a mut BitSet),
    /// Asks for one.
    Probe {
        /// The lexeme asked for.
        id: u32,
        /// Whether it was offered.
        found: bool,
    },
}

impl Offers<'_> {
    pub(crate) fn put(&mut self, id: u32) {
        match self {
            Offers::Mask(mask) if id != NONE => mask.insert(id),
            Offers::Probe { id: asked, found } if *asked == id => *found = true,
            _ => {}
        }
    }
}

impl Matcher<'_> {
    /// Offers every lexeme the grammar allows here, whatever the budget.
    pub(crate) fn offer(&self, out: &mut Offers) {
        let mut child: Option<&Expression> = None;
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Expression(e) => {
                    self.offer_expression(e, out);
                    if !e.may_end() || e.role == Role::Parenthesis {
                        return;
                    }
                    child = Some(e);
                }
                Frame::Compare(c) if c.right => {}
                Frame::Compare(c) => return self.offer_predicates(c, child, out),
                Frame::Conditions(c) => {
                    self.offer_conditions(c, out);
                    if c.expects || c.depth > 0 {
                        return;
                    }
                    child = None;
                }
                Frame::Call(_) => return self.put(Word::Close, out),
                Frame::Calendar(calendar) => return self.offer_in_calendar(calendar, out),
                Frame::Days(days) => return self.offer_in_days(days, out),
                Frame::Case(case) => return self.offer_in_case(case, child, out),
                Frame::Text(call) => return self.offer_in_text_call(call, out),
                Frame::Window(window) => return self.offer_in_window(window, out),
                Frame::Function(word) => return self.offer_function_end(*word, out),
                Frame::Between(b) => return self.offer_between(b, out),
                Frame::List(l) => return self.offer_list(l, out),
                Frame::Pair(pair) => return self.offer_pair(pair, out),
                Frame::Pattern(column) => return self.patterns(*column, |id| out.put(id)),
                Frame::Query => return self.offer_query(child, out),
            }
        }
    }

    fn put(&self, word: Word, out: &mut Offers) {
        out.put(self.grammar.word(word));
    }

    fn put_all(&self, words: &[Word], out: &mut Offers) {
        words.iter().for_each(|word| self.put(*word, out));
    }

    fn offer_query(&self, child: Option<&Expression>, out: &mut Offers) {
        let level = self.level();
        match level.phase {
            Phase::Select => {
                self.offer_with(out);
                self.offer_calendars(out);
                self.put(Word::Select, out);
            }
            Phase::Item => {
                if self.may_be_distinct() {
                    self.put(Word::Distinct, out);
                }
                self.offer_operands(&self.item_expression(), out);
            }
            Phase::ItemEnd => self.offer_item_end(child, out),
            Phase::ItemDone => self.offer_next_item(NONE, out),
            Phase::From => self.offer_tables(out),
            Phase::Joins => self.offer_joins(out),
            Phase::Where => self.offer_after_where(out),
            Phase::Key => self.offer_keys(out),
            Phase::KeyEnd => self.offer_key_end(out),
            Phase::Having => self.offer_order(out),
            Phase::Order => self.offer_order_items(out),
            Phase::OrderEnd => {
                self.put(Word::Desc, out);
                self.offer_order_end(child, out);
            }
            Phase::Desc => self.offer_order_end(None, out),
            Phase::Limit => self.offer_limits(out),
            Phase::Limited => self.offer_end(out),
            Phase::Done => {}
        }
    }

    fn offer_item_end(&self, child: Option<&Expression>, out: &mut Offers) {
        let level = self.level();
        let computed = child.is_some_and(|e| !e.is_lone_column());
        if level.is_repeated() {
            return;
        }
        match level.kind {
            LevelKind::Top | LevelKind::Cte if computed || level.kind == LevelKind::Cte => {
                out.put(self.grammar.alias(level.computed + 1).unwrap_or(NONE))
            }
            LevelKind::Top => self.offer_next_item(child.map_or(NONE, |e| e.source), out),
            _ => self.put(Word::From, out),
        }
    }

    /// After an output; `current` is the column it is, where it is not noted yet.
    fn offer_next_item(&self, current: u32, out: &mut Offers) {
        let level = self.level();
        let count = level.items.len() + usize::from(level.phase == Phase::ItemEnd);
        if level.arm.number > 0 && count < level.arm.asked.len() {
            return self.put(Word::Comma, out);
        }
        if level.arm.number == 0 && count < usize::from(self.grammar.limits.items) && self.has_another_item(current) {
            self.put(Word::Comma, out);
        }
        self.put(Word::From, out);
    }

    /// Whether one more output is certain to be possible without another table.
    fn has_another_item(&self, current: u32) -> bool {
        // After nothing but what the question says, any table may come.
        let named = self.level().kind != LevelKind::Cte || self.grammar.alias(self.level().computed + 1).is_some();
        (named && self.level().need.is_empty()) || self.has_plain_item(current) || self.may_add_case()
    }

    /// The same, a CASE aside.
    pub(crate) fn has_plain_item(&self, current: u32) -> bool {
        let level = self.level();
        let may_compute = self.grammar.alias(level.computed + 1).is_some();
        let fresh = |id: u32| id != current && !level.plain.contains(&id);
        let columns = level.need.iter().flat_map(|&node| level.node_columns(self.grammar, node));
        if level.kind == LevelKind::Cte && !may_compute {
            return false;
        }
        (may_compute && level.may_aggregate())
            || columns
                .filter(|(_, f)| level.kind != LevelKind::Cte || f.kinds != 0)
                .any(|(id, f)| self.has_room(level, id) && (fresh(id) || (may_compute && f.kinds & kind::NUMBER != 0)))
    }

    fn offer_tables(&self, out: &mut Offers) {
        let level = self.level();
        for node in level.reach.nodes.iter().filter(|&node| level.is_next_use(node as Node)) {
            out.put(self.grammar.table_base + node);
        }
    }

    fn offer_joins(&self, out: &mut Offers) {
        let level = self.level();
        for &known in level.have.iter() {
            for way in &self.grammar.ways[known as usize] {
                let fits = level.reach.nodes.contains(u32::from(way.new)) && level.is_next_use(way.new);
                let again = way.referred && level.bound.contains(&way.bound) && !level.need.contains(&way.new);
                if fits && !again {
                    out.put(way.join);
                    out.put(way.join + 1);
                }
            }
        }
        self.offer_free_joins(out);
        if level.narrows {
            self.put(Word::And, out);
        }
        if level.reach.missing == 0 {
            self.put(Word::Where, out);
            if level.kind != LevelKind::Exists {
                self.offer_after_where(out);
            }
        }
    }

    fn offer_after_where(&self, out: &mut Offers) {
        let level = self.level();
        if level.kind == LevelKind::Exists {
            return self.offer_end(out);
        }
        if !level.distinct && !level.crowded && !level.windowed && self.sees(Place::Where, true, kind::ANY) {
            self.put(Word::GroupBy, out);
        }
        if level.missing_keys() == 0 {
            self.offer_order(out);
        }
    }

    fn offer_keys(&self, out: &mut Offers) {
        let level = self.level();
        let free = usize::from(self.grammar.limits.items) - level.keys.len();
        let any = free > level.missing_keys();
        self.any_column(Place::Key, true, |id, facts| {
            let bare = level.bare.contains(&id);
            if (bare || (any && facts.kinds != 0)) && !level.keys.contains(&id) {
                out.put(id);
            }
            false
        });
    }

    fn offer_key_end(&self, out: &mut Offers) {
        let level = self.level();
        let missing = level.missing_keys();
        let another = |id: u32, facts: ColumnFacts| facts.kinds != 0 && !level.keys.contains(&id);
        let free = usize::from(self.grammar.limits.items) > level.keys.len();
        if missing > 0 || (free && self.any_column(Place::Key, true, another)) {
            self.put(Word::Comma, out);
        }
        if missing == 0 {
            self.put(Word::Having, out);
            self.offer_order(out);
        }
    }

    /// ORDER BY, and what may come in its place.
    fn offer_order(&self, out: &mut Offers) {
        let level = self.level();
        if level.arm.number > 0 || !level.is_one_row() {
            if self.has_another_order(NONE) {
                self.put(Word::OrderBy, out);
            }
            if level.kind == LevelKind::Top {
                self.put(Word::Limit, out);
            }
        }
        self.offer_set(out);
        self.offer_end(out);
    }

    fn offer_order_items(&self, out: &mut Offers) {
        let level = self.level();
        if level.arm.number > 0 {
            return level.arm.names.iter().filter(|id| !level.order.contains(id)).for_each(|id| out.put(*id));
        }
        for number in 1..=level.computed {
            let output = self.grammar.output_base + u32::from(number) - 1;
            if level.is_whole() && !level.order.contains(&output) {
                out.put(output);
            }
        }
        self.offer_operands(&self.order_expression(), out);
    }

    /// After an ORDER BY item; `current` is the expression it is, where it is not noted yet.
    fn offer_order_end(&self, current: Option<&Expression>, out: &mut Offers) {
        let level = self.level();
        let count = level.order.len() + usize::from(current.is_some());
        let another = self.has_another_order(current.map_or(NONE, |e| e.source));
        if count < usize::from(self.grammar.limits.order) && another {
            self.put(Word::Comma, out);
        }
        self.put(Word::Limit, out);
        if level.kind == LevelKind::Top {
            self.offer_end(out);
        }
    }

    fn has_another_order(&self, current: u32) -> bool {
        let level = self.level();
        let fresh = |id: u32| id != current && !level.order.contains(&id);
        if level.arm.number > 0 {
            return level.arm.names.iter().any(|id| fresh(*id));
        }
        let output = (1..=level.computed).any(|n| fresh(self.grammar.output_base + u32::from(n) - 1));
        level.grouped
            || (output && level.is_whole())
            || self.any_column(Place::Order, false, |id, f| f.kinds != 0 && fresh(id))
    }

    fn offer_limits(&self, out: &mut Offers) {
        let one = self.level().kind == LevelKind::Scalar;
        if !one {
            self.slots.limits().for_each(|slot| out.put(self.slot_id(slot)));
        }
        for constant in &self.grammar.constants {
            if if one { constant.one } else { constant.limit } {
                out.put(constant.id);
            }
        }
    }

    fn offer_end(&self, out: &mut Offers) {
        let level = self.level();
        match level.kind {
            LevelKind::Top => self.put(Word::End, out),
            _ if level.must_limit() && level.phase != Phase::Limited => {}
            _ => self.put(Word::Close, out),
        }
    }

    fn offer_conditions(&self, c: &Conditions, out: &mut Offers) {
        if c.expects {
            return self.offer_condition(c, out);
        }
        let limits = &self.grammar.limits;
        if c.conditions < limits.conditions {
            self.put(Word::And, out);
        }
        if c.depth > 0 && !c.must_and {
            if c.alternatives < limits.alternatives {
                self.put(Word::Or, out);
            }
            if c.alternatives > 1 {
                self.put(Word::Close, out);
            }
        }
    }

    fn offer_condition(&self, c: &Conditions, out: &mut Offers) {
        let level = self.level();
        if c.place == Place::Where && !c.inside && c.depth == 0 && c.conditions == 0 {
            if level.correlatable || level.kind == LevelKind::Exists {
                self.correlations(|id| out.put(id));
            }
            if level.kind == LevelKind::Exists {
                return;
            }
        }
        if c.depth < self.grammar.limits.or_depth {
            self.put(Word::OrOpen, out);
        }
        if c.place == Place::Where && !c.inside && self.may_exist() {
            self.put_all(&[Word::Exists, Word::NotExists], out);
        }
        self.offer_operands(&self.left_expression(c.place, c.inside), out);
    }

    fn offer_predicates(&self, c: &Compare, child: Option<&Expression>, out: &mut Offers) {
        let Some(left) = child else { return };
        let kinds = left.result;
        let ordered = kinds & (kind::NUMBER | kind::TIME | kind::KEY) != 0;
        if self.has_plain_right(left, kinds) || (!c.inside && kinds & kind::FLAG == 0 && self.may_select(kinds, false))
        {
            self.put_all(&[Word::Eq, Word::NotEq], out);
            if ordered || self.has_text_beside(left) {
                self.put_all(&[Word::Lt, Word::LtEq, Word::Gt, Word::GtEq], out);
            }
        }
        if ordered && Self::has_at_least(2, |visit| self.between_ends(kinds, left.source, visit)) {
            self.put(Word::Between, out);
        }
        if left.tests_rows() && left.is_lone_column() {
            self.offer_column_predicates(kinds, left.source, c.inside, out);
        }
    }

    /// Whether a text column stands on the left and another one could on the right: "each pair once" says an order of texts.
    fn has_text_beside(&self, left: &Expression) -> bool {
        let text = |id: u32, facts: ColumnFacts| id != left.source && facts.kinds & kind::TEXT != 0;
        let alone = left.is_lone_column() && left.place == Place::Where && !left.inside;
        alone && left.result & kind::TEXT != 0 && self.any_column(Place::Where, false, text)
    }

    fn offer_column_predicates(&self, kinds: Kinds, column: u32, inside: bool, out: &mut Offers) {
        self.put_all(&[Word::IsNull, Word::IsNotNull], out);
        if Self::has_at_least(2, |visit| self.list_members(column, visit)) {
            self.put_all(&[Word::InList, Word::NotInList], out);
        }
        if !inside && self.may_select(kinds & SORTABLE, false) {
            self.put_all(&[Word::InQuery, Word::NotInQuery], out);
        }
        if Self::has_at_least(1, |visit| self.patterns(column, visit)) {
            self.put_all(&[Word::Like, Word::NotLike], out);
        }
    }

    fn offer_between(&self, b: &Between, out: &mut Offers) {
        if b.low != NONE && !b.and {
            return self.put(Word::And, out);
        }
        self.between_ends(b.kinds, b.column, |id| {
            if id != b.low {
                out.put(id);
            }
        });
    }

    fn offer_list(&self, list: &List, out: &mut Offers) {
        let fresh = |id: u32| !list.members.contains(&id);
        if list.expects {
            return self.list_members(list.column, |id| {
                if fresh(id) {
                    out.put(id);
                }
            });
        }
        let mut left = 0;
        self.list_members(list.column, |id| left += u8::from(fresh(id)));
        if left > 0 && list.members.len() < usize::from(self.grammar.limits.list) {
            self.put(Word::Comma, out);
        }
        if list.members.len() > 1 {
            self.put(Word::Close, out);
        }
    }

    /// The output that is about to be read.
    pub(crate) fn item_expression(&self) -> Expression {
        let level = self.level();
        let named = self.grammar.alias(level.computed + 1).is_some();
        let limit = if level.kind == LevelKind::Member || !named { 0 } else { self.grammar.limits.operators };
        Expression::new(Role::Item, Place::Item, level.item_kinds(), limit)
    }

    /// The ORDER BY item that is about to be read.
    pub(crate) fn order_expression(&self) -> Expression {
        let limit = if self.level().distinct { 0 } else { self.grammar.limits.operators };
        Expression::new(Role::Order, Place::Order, kind::ANY, limit)
    }

    /// The left side that is about to be read.
    pub(crate) fn left_expression(&self, place: Place, inside: bool) -> Expression {
        let groups = place == Place::Having && !inside;
        let kinds = if groups { SORTABLE & !kind::TEXT } else { kind::ANY };
        let wants = if groups { Wants::Aggregate } else { Wants::Column };
        Expression { inside, wants, ..Expression::new(Role::Left, place, kinds, self.grammar.limits.operators) }
    }

    /// Whether GROUP BY could still take this column of SELECT.
    pub(crate) fn has_room(&self, level: &Level, id: u32) -> bool {
        let most = usize::from(self.grammar.limits.items) - level.arm.later(level.items.len());
        let room = level.is_whole() && level.bare.len() < most;
        (!level.aggregated && level.arm.number == 0) || level.bare.contains(&id) || room
    }

    /// Offers operators after an operand, and the bracket that closes a parenthesis.
    fn offer_expression(&self, e: &Expression, out: &mut Offers) {
        if e.expects {
            return self.offer_operands(e, out);
        }
        if e.role == Role::Parenthesis && e.may_end() {
            self.put(Word::Close, out);
        }
        if e.role == Role::Item && self.may_join(e) {
            self.put(Word::Concat, out);
        }
        let repeated = e.role == Role::Item && self.level().is_repeated();
        if !e.calculable || e.limit == 0 || (e.operators_left() == 0 && !repeated) {
            return;
        }
        for (op, word) in Op::ALL {
            let useless = e.role == Role::Parenthesis && e.operators_left() == 1 && !e.sums && !e.would_be_needed(op);
            if !(useless || (e.must_multiply && op.is_sum())) {
                self.put(word, out);
            }
        }
    }
}
