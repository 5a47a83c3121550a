//! Sentences: one for each thing that may be wanted of the rows.

use schema::{Role, TableId, Type, Value};
use sql::tree::BinaryOp;

use super::{Noun, Phrase, Speaker, joined};
use crate::synth::identity;
use crate::synth::meaning::{Aggregate, Ask, Filter, Function, Group, Measure, Output};
use crate::synth::pattern::fill;
use crate::synth::surface;

impl Speaker<'_> {
    pub(super) fn list(&mut self, ask: &Ask) -> Option<String> {
        if let Some((bare, does)) = self.does(ask) {
            return self.say("list", "which", &[("bare", &bare), ("does", &does)]);
        }
        let np = self.rows(ask.root, &ask.filters)?;
        self.say("list", "frame", &[("np", &np)])
    }

    /// A noun and what its rows do, where one condition can be said so.
    pub(super) fn does(&mut self, ask: &Ask) -> Option<(String, String)> {
        if ask.filters.is_empty() || !self.dice.chance(0.3) {
            return None;
        }
        let at = self.dice.below(ask.filters.len());
        let does = self.condition(ask.root, &ask.filters[at], "does")?;
        let rest: Vec<Filter> =
            ask.filters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, f)| f.clone()).collect();
        Some((self.rows(ask.root, &rest)?, does))
    }

    pub(super) fn list_columns(&mut self, ask: &Ask, columns: &[Output]) -> Option<String> {
        let noun = self.noun(ask.root);
        let one_row = self.is_one_row(&ask.filters);
        if let Some(beyond) = identity::beyond_display(self.world, ask.root, columns)
            && !one_row
            && self.dice.chance(0.6)
        {
            return self.list_with(ask, beyond);
        }
        if !one_row && self.dice.chance(0.55) {
            let text = self.list(ask)?;
            let cols = self.short_outputs(ask.root, columns)?;
            return self.with_listing(text, &cols);
        }
        let names: Vec<String> =
            columns.iter().map(|c| self.output(ask.root, c, &noun, false)).collect::<Option<_>>()?;
        let cols = self.listed(&names);
        if self.is_one_row(&ask.filters) && self.dice.chance(0.8) {
            let np = self.one_or_rows(ask.root, &ask.filters)?;
            return self.say("lookup", "frame", &[("cols", &cols), ("np", &np)]);
        }
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        self.say("list_columns", "frame", &[("cols", &cols), ("np", &np), ("one", &noun.one)])
    }

    /// "…, with their budget": what shows the rows as ever, and more of them.
    fn list_with(&mut self, ask: &Ask, beyond: &[Output]) -> Option<String> {
        let text = self.list(ask)?;
        let cols = self.short_outputs(ask.root, beyond)?;
        let cols = self.listed(&cols);
        let said = self.say("listing", "with", &[("cols", &cols)])?;
        let text = text.trim_end_matches(['.', '?']);
        Some(if said.starts_with(',') { format!("{text}{said}") } else { format!("{text} {said}") })
    }

    /// Whether one row is meant, by its name or code.
    pub(super) fn is_one_row(&self, filters: &[Filter]) -> bool {
        matches!(filters, [Filter::Value { column, values, negated: false }]
            if values.len() == 1 && matches!(self.world.role(*column), Role::Name | Role::Code))
    }

    /// "a, b and c" in one of the usual ways.
    pub(super) fn listed(&mut self, names: &[String]) -> String {
        match names {
            [] => String::new(),
            [one] => one.clone(),
            [most @ .., last] => {
                let joint = *self.dice.pick(&[" and ", " and ", ", ", ", and ", " & ", " + "]).unwrap_or(&" and ");
                let between = if joint == " + " { " + " } else { ", " };
                format!("{}{joint}{last}", most.join(between))
            }
        }
    }

    pub(super) fn count(&mut self, ask: &Ask) -> Option<String> {
        if let Some((bare, does)) = self.does(ask) {
            return self.say("count", "does", &[("bare", &bare), ("does", &does)]);
        }
        let np = self.rows(ask.root, &ask.filters)?;
        self.say("count", "frame", &[("np", &np)])
    }

    pub(super) fn distinct(&mut self, ask: &Ask, output: &Output, group: &str) -> Option<String> {
        let noun = self.noun(ask.root);
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        let dim = self.output(ask.root, output, &noun, false)?;
        let dims = self.plural_output(ask.root, output, &noun)?;
        self.say(group, "frame", &[("np", &np), ("dim", &dim), ("dims", &dims)])
    }

    pub(super) fn totals(&mut self, ask: &Ask, totals: &[Aggregate]) -> Option<String> {
        let noun = self.noun(ask.root);
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        if let [Aggregate { function: Function::Sum, of: Some(of) }] = totals
            && self.dice.chance(0.25)
        {
            let measure = self.output(ask.root, of, &noun, false)?;
            return self.say("aggregate", "sum", &[("np", &np), ("measure", &measure)]);
        }
        let agg = self.aggregates(ask.root, totals, &noun)?;
        self.say("aggregate", "frame", &[("np", &np), ("agg", &agg)])
    }

    pub(super) fn top(
        &mut self,
        ask: &Ask,
        columns: &[Output],
        by: Measure,
        descending: bool,
        n: Option<i64>,
    ) -> Option<String> {
        let noun = self.noun(ask.root);
        let phrase = self.phrase(ask.root, &ask.filters, noun.clone())?;
        let one = Phrase { before: phrase.before.clone(), noun: noun.one.clone(), after: phrase.after.clone() };
        // With a condition that replaces the noun ("open positions") there is no singular to fall back on.
        let one = if phrase.noun == noun.many { one.text() } else { phrase.text() };
        let np = phrase.text();
        let measure = self.measure(ask.root, by, false)?;
        let is_latest = matches!(by, Measure::Column(c) if self.world.ty(c).is_temporal());
        let n_said = n.map(|n| surface::number(&Value::Integer(n), None, &mut self.dice)).unwrap_or_default();
        let (rank, adjectives) =
            if descending { ("most", self.adjectives(by, true)) } else { ("least", self.adjectives(by, false)) };
        let rank = match (is_latest, descending) {
            (true, true) => "latest",
            (true, false) => "earliest",
            _ => rank,
        };
        let word = self.say("rank", rank, &[])?;
        let adjective = self.dice.pick(&adjectives).cloned();
        let highest = self.say("rank", if descending { "highest" } else { "lowest" }, &[])?;
        let names = [
            ("np", np.as_str()),
            ("one", &one),
            ("n", &n_said),
            ("measure", &measure),
            ("most", &word),
            ("least", &word),
            ("most_adj", adjective.as_deref().unwrap_or("")),
            ("highest", &highest),
        ];
        let by_adjective = adjective.is_some() && self.dice.chance(0.35);
        let position = match (n, by_adjective, descending) {
            (None, true, _) => "one_adjective",
            (None, false, _) => "one",
            (Some(_), true, _) => "adjective",
            (Some(_), false, true) => "frame",
            (Some(_), false, false) => "bottom",
        };
        let text = self.say("top", position, &names)?;
        let cols = self.short_outputs(ask.root, columns)?;
        self.with_listing(text, &cols)
    }

    pub(super) fn adjectives(&self, by: Measure, most: bool) -> Vec<String> {
        let Measure::Column(column) = by else { return vec![] };
        let terms = self.world.glossary.column(self.world.catalog, column);
        terms.map(|t| if most { t.most.clone() } else { t.least.clone() }).unwrap_or_default()
    }

    pub(super) fn group(&mut self, ask: &Ask, group: &Group) -> Option<String> {
        let noun = self.noun(ask.root);
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        let singles: Vec<String> =
            group.keys.iter().map(|k| self.key(ask.root, k, &noun, false)).collect::<Option<_>>()?;
        let plurals: Vec<String> =
            group.keys.iter().map(|k| self.key(ask.root, k, &noun, true)).collect::<Option<_>>()?;
        let (key, keys) = (singles.join(" and "), plurals.join(" and "));
        let must_name_rows = !ask.filters.is_empty() || !self.is_clear(group);
        let mut text = if let Some((total, n, descending)) = &group.top {
            self.group_top(ask.root, (total, *n, *descending), (&key, &keys, &np, &noun), must_name_rows)?
        } else if let (Some(_), true) = (&group.having, group.totals.is_empty()) {
            let condition = self.having(ask.root, group, &np, &noun)?;
            self.say("group", "having", &[("keys", &keys), ("condition", &condition)])?
        } else {
            self.group_totals(ask.root, group, (&key, &np, &noun), must_name_rows)?
        };
        let must_list = group.shown.is_some() || (group.top.is_some() && !group.totals.is_empty());
        if group.having.is_some() && !group.totals.is_empty() {
            let condition = self.having(ask.root, group, &np, &noun)?;
            text += &self.say("group", "having_only", &[("keys", &keys), ("condition", &condition)])?;
        }
        if let (Some(descending), true) = (group.order, group.top.is_none()) {
            let order = self.group_order(ask.root, group, &noun, descending)?;
            text = joined(&text, &order);
        }
        let text = self.group_extras(text, ask.root, group, (&key, &keys))?;
        if must_list || self.dice.chance(0.2) {
            let cols = self.group_columns(ask.root, group, &noun)?;
            return self.with_listing(text, &cols);
        }
        Some(text)
    }

    pub(super) fn group_extras(
        &mut self,
        mut text: String,
        _root: TableId,
        group: &Group,
        (key, keys): (&str, &str),
    ) -> Option<String> {
        if group.skip_blank {
            text += &self.say("blank", "after", &[("term", key), ("terms", keys)])?;
        }
        if group.keep_empty && group.having.is_none() {
            text += &self.say("zero", "after", &[("keys", keys)])?;
        }
        Some(text)
    }

    pub(super) fn group_order(
        &mut self,
        root: TableId,
        group: &Group,
        noun: &Noun,
        descending: bool,
    ) -> Option<String> {
        let highest = self.say("rank", "highest", &[])?;
        let lowest = self.say("rank", "lowest", &[])?;
        let agg = self.aggregate(root, group.totals.first()?, noun)?;
        let position = if descending { "groups" } else { "groups_asc" };
        self.say("order", position, &[("highest", &highest), ("lowest", &lowest), ("agg", &agg)])
    }

    /// Whether the totals alone tell which rows are meant.
    pub(super) fn is_clear(&self, group: &Group) -> bool {
        group.totals.iter().all(|t| match &t.of {
            Some(Output { measure: Measure::Column(c), .. }) => {
                let terms = self.world.glossary.column(self.world.catalog, *c);
                terms.and_then(|t| t.terms.first()).is_some_and(|t| self.world.is_unambiguous(t))
            }
            Some(Output { measure: Measure::Named(_), .. }) => true,
            None => true,
        })
    }

    pub(super) fn group_totals(
        &mut self,
        root: TableId,
        group: &Group,
        (key, np, noun): (&str, &str, &Noun),
        must: bool,
    ) -> Option<String> {
        let counts = matches!(group.totals.as_slice(), [Aggregate { function: Function::Count, .. }]);
        if counts && self.dice.chance(0.75) {
            return self.say("group", "count", &[("np", np), ("key", key)]);
        }
        // A count names the rows itself: "number of active projects by department", not "… of active projects" again.
        let counts = group.totals.iter().any(|t| t.function == Function::Count);
        let counted = if counts { Noun { one: np.to_owned(), many: np.to_owned() } } else { noun.clone() };
        let agg = self.aggregates(root, &group.totals, &counted)?;
        let said = self.say("group", "frame", &[("agg", &agg), ("key", key)])?;
        Some(if counts { without_rows(&said) } else { self.naming_rows(said, np, must) })
    }

    /// Puts the rows into a pattern that may leave them out.
    pub(super) fn naming_rows(&mut self, said: String, np: &str, must: bool) -> String {
        if said.contains("{np}") || !must {
            return fill(&said, &[("np", np)]);
        }
        let form = *self
            .dice
            .pick(&[" for {np}", " of {np}", ", {np} only", ", only for {np}", " for all {np}", " ({np})"])
            .unwrap_or(&" for {np}");
        said + &fill(form, &[("np", np)])
    }

    pub(super) fn group_top(
        &mut self,
        root: TableId,
        (total, n, descending): (&Aggregate, i64, bool),
        (key, keys, np, noun): (&str, &str, &str, &Noun),
        must: bool,
    ) -> Option<String> {
        let n_said = surface::number(&Value::Integer(n), None, &mut self.dice);
        let rank = self.say("rank", if descending { "most" } else { "least" }, &[])?;
        let counted = total.function == Function::Count;
        let agg = self.aggregate(root, total, noun)?;
        let names =
            [("n", n_said.as_str()), ("key", key), ("keys", keys), ("agg", &agg), ("most", &rank), ("least", &rank)];
        let position = match (counted && descending, n == 1) {
            (true, true) => "group_count_one",
            (true, false) => "group_count",
            (false, true) => "group_one",
            (false, false) => {
                if descending {
                    "group"
                } else {
                    "group_bottom"
                }
            }
        };
        if position == "group_bottom" {
            let said = fill(&format!("the {n_said} {keys} with the {rank} {agg}"), &names);
            return Some(self.naming_rows(said, np, must && !counted));
        }
        let said = self.say("top", position, &names)?;
        Some(self.naming_rows(said, np, must && !counted))
    }

    pub(super) fn having(&mut self, root: TableId, group: &Group, np: &str, noun: &Noun) -> Option<String> {
        let having = group.having.as_ref()?;
        let counted = matches!(having.total.function, Function::Count | Function::CountDistinct);
        let unit = if counted { None } else { having.total.of.as_ref().and_then(|o| self.unit(o.measure)) };
        let value = surface::number(&having.value, unit.as_deref(), &mut self.dice);
        let op = match having.op {
            BinaryOp::Gt => "gt",
            BinaryOp::GtEq => "gte",
            BinaryOp::Lt => "lt",
            BinaryOp::LtEq => "lte",
            _ => "eq",
        };
        if having.total.function == Function::Count {
            return self.say("having", op, &[("value", &value), ("what", np)]);
        }
        if having.total.function == Function::CountDistinct {
            let what = self.counted_nouns(root, &having.total, noun)?;
            return self.say("having", op, &[("value", &value), ("what", &what)]);
        }
        let agg = self.aggregate(root, &having.total, noun)?;
        self.say("having", &format!("agg_{op}"), &[("value", &value), ("agg", &agg)])
    }

    pub(super) fn order(&mut self, by: &Output, descending: bool) -> Option<String> {
        let Measure::Column(column) = by.measure else { return None };
        let term = self.term(column, false)?;
        let position = match (self.world.ty(column), descending) {
            (Type::Text, _) if self.world.role(column) == Role::Name => "alphabetical_name",
            (Type::Text, _) => "alphabetical",
            (Type::Date | Type::Timestamp, true) => "newest",
            (Type::Date | Type::Timestamp, false) => "oldest",
            (_, true) => "desc",
            (_, false) => {
                if self.dice.chance(0.5) {
                    "asc"
                } else {
                    "frame"
                }
            }
        };
        let highest = self.say("rank", "highest", &[])?;
        let lowest = self.say("rank", "lowest", &[])?;
        self.say("order", position, &[("term", &term), ("highest", &highest), ("lowest", &lowest)])
    }
}

/// A pattern with the words that would name its rows taken out.
fn without_rows(said: &str) -> String {
    let Some((before, after)) = said.split_once("{np}") else { return said.to_owned() };
    let mut words: Vec<&str> = before.split(' ').collect();
    while words.last().is_some_and(|w| ["", "the", "all", "of", "for", "across", "among", "("].contains(w)) {
        words.pop();
    }
    format!("{}{after}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::without_rows;

    #[test]
    fn rows_are_taken_out_with_their_preposition() {
        assert_eq!(without_rows("{agg} by {key} for all the {np}"), "{agg} by {key}");
        assert_eq!(without_rows("group the {np} by {key} and show {agg}"), "group by {key} and show {agg}");
        assert_eq!(without_rows("{agg} by {key}"), "{agg} by {key}");
    }
}
