//! How many lexemes are needed at most to end the query from here.
//!
//! An upper bound, goal by goal, along a way that the grammar keeps open: from every state whose bound is within the
//! budget some lexeme leads to one whose bound is lower, so a budget never cuts a query and never leads to a dead end.

use super::Matcher;
use super::days::Days;
use super::expression::{Expression, Op, Role, Wants};
use super::grammar::{ColumnFacts, kind};
use super::set::OPERATIONS;
use super::state::{Between, Conditions, Frame, Level, LevelKind, List, NONE, Phase, Place};

/// More than any budget.
const NEVER: usize = 1 << 20;

impl Matcher<'_> {
    /// An upper bound of the lexemes needed to end the query, [`crate::lexeme::Word::End`] included.
    pub fn closing_cost(&self) -> usize {
        let mut levels = self.levels.iter();
        let mut own = &self.levels[0];
        let mut cost = 0;
        for (i, frame) in self.frames.iter().enumerate() {
            let above = self.frames.get(i + 1);
            cost += match frame {
                Frame::Query => levels.next().map_or(0, |level| {
                    own = level;
                    self.level_cost(level, above)
                }),
                Frame::Conditions(c) => conditions_cost(c),
                Frame::Compare(c) if c.right => 0,
                Frame::Compare(_) => self.predicate_cost(above),
                Frame::Between(b) => between_cost(b),
                Frame::List(l) => list_cost(l),
                Frame::Pair(pair) => pair.cost(),
                Frame::Pattern(_) | Frame::Call(_) | Frame::Function(_) => 1,
                Frame::Calendar(calendar) => calendar.cost(),
                Frame::Days(days) => days.cost() + self.days_detour(days) + self.group_detour(days),
                Frame::Case(case) => case.cost(),
                Frame::Text(call) => call.cost() + self.text_detour(call),
                Frame::Window(window) => self.window_cost(window, own),
                Frame::Expression(e) => {
                    self.expression_cost(e, own, above) + after_days(e, above) + after_query(e, above)
                }
            };
        }
        cost
    }

    /// Whether the budget is so near that some lexeme's cost must be looked at.
    pub(crate) fn is_tight(&self) -> bool {
        let step = self.step() + self.arms();
        let bare: usize = self.levels.iter().map(|level| level.bare.len()).sum();
        // No goal needs more than 16 lexemes besides those that `step` counts, so most states need no sum.
        let (remaining, goals) = (self.remaining as usize, self.frames.len() + self.levels.len());
        remaining < 2 * step + 2 * bare + self.arms() + 16 * goals && remaining < self.closing_cost() + step
    }

    /// Whether it is so near that every lexeme's cost must be, and not only that of a further arm.
    pub(crate) fn is_near(&self) -> bool {
        (self.remaining as usize) < self.closing_cost() + self.step()
    }

    /// Whether a lexeme opens a further arm, which may need more than any other lexeme.
    pub(crate) fn opens_arm(&self, id: u32) -> bool {
        OPERATIONS.iter().any(|word| self.grammar.word(*word) == id)
    }

    /// How many lexemes joins with CTEs may add.
    fn joins(&self) -> usize {
        if self.level().ctes.is_empty() { 0 } else { 24 }
    }

    /// The most lexemes that one may add to what is needed, a further arm aside.
    fn step(&self) -> usize {
        let bare: usize = self.levels.iter().map(|level| level.bare.len()).sum();
        24 + 2 * bare + self.joins()
    }

    /// The most that a further arm may add.
    fn arms(&self) -> usize {
        self.levels.iter().map(Level::arm_room).sum()
    }

    fn level_cost(&self, level: &Level, above: Option<&Frame>) -> usize {
        let missing = if level.reach.missing == u8::MAX { NEVER } else { level.missing_cost() };
        let top = usize::from(level.is_whole());
        let pending_keys = if level.distinct || level.aggregated { 0 } else { 2 * level.bare.len() };
        let repeat = if level.items.is_empty() { 0 } else { 2 };
        let before = match level.phase {
            phase if level.arm.number > 0 && phase <= Phase::ItemDone => level.arm_cost() + missing,
            Phase::Select => 2 + 2 * top + 1 + missing,
            Phase::Item => 1 + self.output_detour(level) + top + repeat + pending_keys + 1 + missing,
            Phase::ItemEnd => top + self.repeat_cost(level, above) + 1 + missing,
            Phase::ItemDone => 1 + missing,
            Phase::From | Phase::Joins => missing,
            _ => 0,
        };
        let correlation = if level.kind == LevelKind::Exists && level.phase <= Phase::Joins { 4 } else { 0 };
        before + correlation + keys_cost(level) + limit_cost(level) + usize::from(level.phase != Phase::Done)
    }

    /// An output that equals an earlier one needs one more operator and operand; one being read may come to that.
    fn repeat_cost(&self, level: &Level, above: Option<&Frame>) -> usize {
        let Some(Frame::Expression(item)) = above else { return 0 };
        let is_innermost = matches!(self.frames.last(), Some(Frame::Expression(e)) if e == item);
        let safe = if !is_innermost {
            false
        } else if item.expects {
            !item.is_first() && item.is_met()
        } else {
            item.is_met() && !level.is_repeated()
        };
        if level.items.is_empty() || safe { 0 } else { 2 }
    }

    /// What follows a left side: `IS NULL` after a column, else a comparison with a constant.
    fn predicate_cost(&self, left: Option<&Frame>) -> usize {
        match left {
            Some(Frame::Expression(e)) if e.tests_rows() && !e.expects && e.is_lone_column() => 1,
            _ => 2,
        }
    }

    fn expression_cost(&self, e: &Expression, level: &Level, above: Option<&Frame>) -> usize {
        let innermost = above.is_none();
        // A difference of days is five lexemes where a column is one; within one a day's column will do.
        let in_days = matches!(above, Some(Frame::Days(_) | Frame::Text(_))) || e.kinds == kind::TIME;
        let wants_column = [e.wants, e.debt].contains(&Wants::Column) && !e.is_paid();
        let mut cost = if !in_days && wants_column && self.has_days_alone(e, level) { 4 } else { 0 };
        cost += self.case_detour(e);
        if e.expects {
            let needs_query = e.role == Role::Right
                && e.is_first()
                && innermost
                && !self.has_plain_right(&Expression { source: e.versus, ..*e }, e.kinds);
            cost += if needs_query { 11 } else { 1 + self.detour(e, level) };
        } else if e.must_multiply || (innermost && !e.is_met() && !(e.role == Role::Right && e.is_first())) {
            cost += 2 + self.detour(e, level);
        }
        if e.role == Role::Parenthesis {
            let after = if e.before.leaves_sums_open() || !e.is_paid() { 2 + self.way_to_number(e, level) } else { 0 };
            cost += 1 + after + if e.is_needed() { 0 } else { 2 + self.detour(e, level) };
        }
        cost
    }

    /// What a CASE needs beyond a number's column, where it is all that a total of a group may be of.
    fn case_detour(&self, e: &Expression) -> usize {
        let groups = matches!(e.place, Place::Having | Place::Order);
        let empty = e.role == Role::Argument && e.expects && e.is_first() && e.kinds == kind::NUMBER;
        if groups && empty && !self.sees(e.place, true, kind::NUMBER) { 6 } else { 0 }
    }

    /// What the column that a difference of days still needs may bring along in SELECT: tables, and a key.
    fn days_detour(&self, days: &Days) -> usize {
        let level = self.level();
        let has_column = [days.later, days.earlier].into_iter().any(|id| self.grammar.column(id).is_some());
        if days.place != Place::Item || has_column || days.aggregate {
            return 0;
        }
        let has_days = |&node: &u16| level.ctes.kinds(self.grammar, node) & kind::TIME != 0;
        let tables = if level.need.iter().any(has_days) {
            0
        } else {
            usize::from(level.sources(self.grammar)) * level.join_cost()
        };
        tables + if days.inside { 0 } else { 2 }
    }

    /// What the next operand in SELECT may bring along: nothing where a constant will do.
    pub(super) fn detour(&self, e: &Expression, level: &Level) -> usize {
        let folds = e.expects && e.constant && e.last == Op::Divide;
        let constant = e.is_paid() && !folds && self.grammar.constants.iter().any(|c| c.arithmetic);
        if constant { 0 } else { self.way_to_number(e, level) }
    }

    /// What a column in SELECT may bring along, where the tables mentioned have none that would do.
    fn way_to_number(&self, e: &Expression, level: &Level) -> usize {
        // A value of a CASE may be a constant, and the right side of its conditions a literal.
        let literal = |visit: &mut dyn FnMut(u32)| self.literals(e.kinds, e.versus, visit);
        let plain = e.role == Role::Right && e.is_first() && Self::has_at_least(1, literal);
        // After a constant and `/` comes something else.
        let folds = e.expects && e.constant && e.last == Op::Divide && self.slots().numbers().next().is_none();
        if e.place != Place::Item || level.need.is_empty() || (e.role == Role::Then && !folds) || plain {
            return 0;
        }
        let alone = e.expects && e.is_first() && e.role != Role::Parenthesis;
        let kinds = if alone { e.kinds } else { kind::NUMBER };
        // A column is not compared with itself.
        let versus = if alone { e.versus } else { NONE };
        let fits = |(id, facts): (u32, ColumnFacts)| facts.kinds & kinds != 0 && !facts.part && id != versus;
        let near = level.need.iter().any(|&node| level.node_columns(self.grammar, node).any(fits));
        match (near, level.may_take_aggregate(e)) {
            (true, _) => 0,
            // COUNT(*) needs no table, but makes keys of the plain columns.
            (false, true) if level.aggregated => 0,
            (false, true) => 2 * level.bare.len(),
            (false, false) => usize::from(level.sources(self.grammar)) * level.join_cost(),
        }
    }
}

/// A difference of days is no aggregate: where one is wanted, an operator and the aggregate follow.
fn after_days(e: &Expression, above: Option<&Frame>) -> usize {
    if e.lacks_aggregate() && matches!(above, Some(Frame::Days(_))) { 2 } else { 0 }
}

/// A subquery is no column: where one, or an aggregate, is wanted, an operator and it follow.
fn after_query(e: &Expression, above: Option<&Frame>) -> usize {
    let done = e.role == Role::Right || e.place != Place::Having || e.is_paid();
    if !done && matches!(above, Some(Frame::Query)) { 2 } else { 0 }
}

fn keys_cost(level: &Level) -> usize {
    let missing = level.missing_keys();
    match level.phase {
        Phase::Key => (2 * missing).max(2) - 1,
        _ => 2 * missing,
    }
}

/// `ORDER BY x LIMIT 1` where a subquery must end so.
fn limit_cost(level: &Level) -> usize {
    let inner = level.kind != LevelKind::Top;
    match level.phase {
        Phase::Order if inner => 3,
        Phase::Order => 1,
        Phase::OrderEnd | Phase::Desc if inner => 2,
        Phase::OrderEnd | Phase::Desc | Phase::Limited | Phase::Done => 0,
        Phase::Limit => 1,
        _ if level.must_limit() => 4,
        _ => 0,
    }
}

fn conditions_cost(c: &Conditions) -> usize {
    let condition = if c.expects { 3 } else { 0 };
    if c.depth == 0 {
        return condition;
    }
    let alternatives = if c.alternatives < 2 { 4 } else { 0 };
    let alone = if c.must_and { 4 } else { 0 };
    condition + alternatives + alone + 1
}

fn between_cost(b: &Between) -> usize {
    match (b.low == NONE, b.and) {
        (true, _) => 3,
        (false, false) => 2,
        _ => 1,
    }
}

fn list_cost(list: &List) -> usize {
    let count = list.members.len() + usize::from(list.expects);
    usize::from(list.expects) + if count < 2 { 2 } else { 0 } + 1
}
