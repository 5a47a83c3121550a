//! From what is asked to a question in words.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Type, Value};
use sql::tree::{BinaryOp, SlotPart};

use super::dice::Dice;
use super::meaning::{Aggregate, Ask, Filter, Function, Group, Key, Measure, Output, Shape, When};
use super::pattern::{Family, fill};
use super::surface;
use super::world::{Path, World};

/// A question under way: the world's words, the choices, and the patterns used so far.
pub struct Speaker<'w> {
    world: &'w World<'w>,
    /// The choices.
    pub dice: Dice,
    /// The patterns used so far.
    pub family: Family,
}

/// The nouns chosen for a table.
#[derive(Clone, Debug)]
struct Noun {
    one: String,
    many: String,
}

/// A noun with its conditions in place.
#[derive(Default)]
struct Phrase {
    before: Vec<String>,
    noun: String,
    after: Vec<String>,
}

impl Phrase {
    fn text(&self) -> String {
        let mut words = self.before.clone();
        words.push(self.noun.clone());
        let mut text = words.join(" ");
        for (i, after) in self.after.iter().enumerate() {
            let clause = ["that ", "which ", "whose ", "where ", "who "].iter().any(|w| after.starts_with(w));
            // Two clauses in a row want a connection; prepositions simply follow.
            let joint = if i > 0 && (clause || self.after.len() > 2) { " and " } else { " " };
            text.push_str(joint);
            text.push_str(after);
        }
        text
    }
}

impl<'w> Speaker<'w> {
    /// A speaker with its own choices.
    pub fn new(world: &'w World<'w>, dice: Dice) -> Self {
        Speaker { world, dice, family: Family::default() }
    }

    /// The question in words; none where a word is lacking.
    pub fn question(&mut self, ask: &Ask) -> Option<String> {
        match &ask.shape {
            Shape::List { columns, order } => {
                let text = if columns.is_empty() { self.list(ask)? } else { self.list_columns(ask, columns)? };
                let Some((by, descending)) = order else { return Some(text) };
                let order = self.order(by, *descending)?;
                Some(joined(&text, &order))
            }
            Shape::Top { columns, by, descending, n } => self.top(ask, columns, *by, *descending, *n),
            Shape::Count => self.count(ask),
            Shape::Distinct(output) => self.distinct(ask, output, "distinct"),
            Shape::CountDistinct(output) => self.distinct(ask, output, "count_distinct"),
            Shape::Totals(totals) => self.totals(ask, totals),
            Shape::Group(group) => self.group(ask, group),
        }
    }

    fn say(&mut self, group: &str, position: &str, names: &[(&str, &str)]) -> Option<String> {
        self.world.patterns.say((group, position), names, &mut self.dice, &mut self.family)
    }

    // --- sentences ---

    fn list(&mut self, ask: &Ask) -> Option<String> {
        if let Some((bare, does)) = self.does(ask) {
            return self.say("list", "which", &[("bare", &bare), ("does", &does)]);
        }
        let np = self.rows(ask.root, &ask.filters)?;
        self.say("list", "frame", &[("np", &np)])
    }

    /// A noun and what its rows do, where one condition can be said so.
    fn does(&mut self, ask: &Ask) -> Option<(String, String)> {
        if ask.filters.is_empty() || !self.dice.chance(0.3) {
            return None;
        }
        let at = self.dice.below(ask.filters.len());
        let does = self.condition(ask.root, &ask.filters[at], "does")?;
        let rest: Vec<Filter> =
            ask.filters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, f)| f.clone()).collect();
        Some((self.rows(ask.root, &rest)?, does))
    }

    fn list_columns(&mut self, ask: &Ask, columns: &[Output]) -> Option<String> {
        let noun = self.noun(ask.root);
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

    /// Whether one row is meant, by its name or code.
    fn is_one_row(&self, filters: &[Filter]) -> bool {
        matches!(filters, [Filter::Value { column, values, negated: false }]
            if values.len() == 1 && matches!(self.world.role(*column), Role::Name | Role::Code))
    }

    /// "a, b and c" in one of the usual ways.
    fn listed(&mut self, names: &[String]) -> String {
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

    fn count(&mut self, ask: &Ask) -> Option<String> {
        if let Some((bare, does)) = self.does(ask) {
            return self.say("count", "does", &[("bare", &bare), ("does", &does)]);
        }
        let np = self.rows(ask.root, &ask.filters)?;
        self.say("count", "frame", &[("np", &np)])
    }

    fn distinct(&mut self, ask: &Ask, output: &Output, group: &str) -> Option<String> {
        let noun = self.noun(ask.root);
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        let dim = self.output(ask.root, output, &noun, false)?;
        let dims = self.plural_output(ask.root, output, &noun)?;
        self.say(group, "frame", &[("np", &np), ("dim", &dim), ("dims", &dims)])
    }

    fn totals(&mut self, ask: &Ask, totals: &[Aggregate]) -> Option<String> {
        let noun = self.noun(ask.root);
        let np = self.rows_as(ask.root, &ask.filters, noun.clone())?;
        if let [Aggregate { function: Function::Sum, of: Some(of) }] = totals {
            if self.dice.chance(0.25) {
                let measure = self.output(ask.root, of, &noun, false)?;
                return self.say("aggregate", "sum", &[("np", &np), ("measure", &measure)]);
            }
        }
        let agg = self.aggregates(ask.root, totals, &noun)?;
        self.say("aggregate", "frame", &[("np", &np), ("agg", &agg)])
    }

    fn top(&mut self, ask: &Ask, columns: &[Output], by: Measure, descending: bool, n: Option<i64>) -> Option<String> {
        let noun = self.noun(ask.root);
        let phrase = self.phrase(ask.root, &ask.filters, noun.clone())?;
        let one = Phrase { before: phrase.before.clone(), noun: noun.one.clone(), after: phrase.after.clone() };
        // With a condition that replaces the noun ("open positions") there is no singular to fall back on.
        let one = if phrase.noun == noun.many { one.text() } else { phrase.text() };
        let np = phrase.text();
        let measure = self.measure(ask.root, by, false)?;
        let n_said = n.map(|n| surface::number(&Value::Integer(n), None, &mut self.dice)).unwrap_or_default();
        let (rank, adjectives) =
            if descending { ("most", self.adjectives(by, true)) } else { ("least", self.adjectives(by, false)) };
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
        self.with_columns(text, ask.root, columns, &noun)
    }

    /// "…: code, name and budget", after a ranking.
    fn with_columns(&mut self, text: String, root: TableId, columns: &[Output], noun: &Noun) -> Option<String> {
        if columns.is_empty() {
            return Some(text);
        }
        let names: Vec<String> = columns.iter().map(|c| self.output(root, c, noun, false)).collect::<Option<_>>()?;
        let cols = self.listed(&names);
        let forms = [
            ": {cols}",
            " - {cols}",
            ", {cols}",
            " with {cols}",
            ", showing {cols}",
            ", with {cols}",
            ". Show {cols}",
            " ({cols})",
            " - I need {cols}",
            ". {cols} please",
            " and show {cols}",
            ", just the {cols}",
        ];
        let form = *self.dice.pick(&forms)?;
        Some(text + &fill(form, &[("cols", &cols)]))
    }

    fn adjectives(&self, by: Measure, most: bool) -> Vec<String> {
        let Measure::Column(column) = by else { return vec![] };
        let terms = self.world.glossary.column(self.world.catalog, column);
        terms.map(|t| if most { t.most.clone() } else { t.least.clone() }).unwrap_or_default()
    }

    fn group(&mut self, ask: &Ask, group: &Group) -> Option<String> {
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
        if group.top.is_some() && !group.totals.is_empty() {
            let agg = self.aggregates(ask.root, &group.totals, &noun)?;
            let form = *self.dice.pick(&[
                " with {agg}",
                ": {key} and {agg}",
                ", {key} and {agg}",
                ", showing the {agg}",
                " and their {agg}",
                " - {key}, {agg}",
            ])?;
            text += &fill(form, &[("agg", &agg), ("key", &key)]);
        }
        if group.having.is_some() && !group.totals.is_empty() {
            let condition = self.having(ask.root, group, &np, &noun)?;
            text += &self.say("group", "having_only", &[("keys", &keys), ("condition", &condition)])?;
        }
        if let (Some(descending), true) = (group.order, group.top.is_none()) {
            let order = self.group_order(ask.root, group, &noun, descending)?;
            text = joined(&text, &order);
        }
        self.group_extras(text, ask.root, group, (&key, &keys))
    }

    fn group_extras(
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

    fn group_order(&mut self, root: TableId, group: &Group, noun: &Noun, descending: bool) -> Option<String> {
        let highest = self.say("rank", "highest", &[])?;
        let lowest = self.say("rank", "lowest", &[])?;
        let agg = self.aggregate(root, group.totals.first()?, noun)?;
        let position = if descending { "groups" } else { "groups_asc" };
        self.say("order", position, &[("highest", &highest), ("lowest", &lowest), ("agg", &agg)])
    }

    /// Whether the totals alone tell which rows are meant.
    fn is_clear(&self, group: &Group) -> bool {
        group.totals.iter().all(|t| match &t.of {
            Some(Output { measure: Measure::Column(c), .. }) => {
                let terms = self.world.glossary.column(self.world.catalog, *c);
                terms.and_then(|t| t.terms.first()).is_some_and(|t| self.world.is_unambiguous(t))
            }
            Some(Output { measure: Measure::Named(_), .. }) => true,
            None => true,
        })
    }

    fn group_totals(
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
        let agg = self.aggregates(root, &group.totals, noun)?;
        let said = self.say("group", "frame", &[("agg", &agg), ("key", key)])?;
        let named = group.totals.iter().any(|t| t.function == Function::Count) && !must;
        Some(self.naming_rows(said, np, must && !named))
    }

    /// Puts the rows into a pattern that may leave them out.
    fn naming_rows(&mut self, said: String, np: &str, must: bool) -> String {
        if said.contains("{np}") || !must {
            return fill(&said, &[("np", np)]);
        }
        let form = *self
            .dice
            .pick(&[" for {np}", " of {np}", ", {np} only", ", only for {np}", " for all {np}", " ({np})"])
            .unwrap_or(&" for {np}");
        said + &fill(form, &[("np", np)])
    }

    fn group_top(
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

    fn having(&mut self, root: TableId, group: &Group, np: &str, noun: &Noun) -> Option<String> {
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

    fn order(&mut self, by: &Output, descending: bool) -> Option<String> {
        let Measure::Column(column) = by.measure else { return None };
        let term = self.term(column, false)?;
        let position = match (self.world.ty(column), descending) {
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

    // --- nouns ---

    fn noun(&mut self, table: TableId) -> Noun {
        let Some(terms) = self.world.glossary.table(self.world.catalog, table) else {
            let name = self.world.catalog.table(table).name.to_lowercase().replace('_', " ");
            return Noun { many: format!("{name}s"), one: name };
        };
        let pairs: Vec<(&String, &String)> = terms.singular.iter().zip(&terms.plural).collect();
        match self.dice.early(&pairs) {
            Some((one, many)) => Noun { one: (*one).clone(), many: (*many).clone() },
            None => Noun { one: "row".into(), many: "rows".into() },
        }
    }

    /// The rows of a table in words, for questions that speak of them without asking for them.
    pub fn some_rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        self.rows(table, filters)
    }

    fn rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        let noun = self.noun(table);
        self.rows_as(table, filters, noun)
    }

    fn rows_as(&mut self, table: TableId, filters: &[Filter], noun: Noun) -> Option<String> {
        Some(self.phrase(table, filters, noun)?.text())
    }

    /// The noun with every condition before it, after it, or in its place.
    fn phrase(&mut self, table: TableId, filters: &[Filter], noun: Noun) -> Option<Phrase> {
        let mut phrase = Phrase { noun: noun.many, ..Phrase::default() };
        let mut order: Vec<usize> = (0..filters.len()).collect();
        self.dice.shuffle(&mut order);
        let mut replaced = false;
        for at in order {
            let filter = &filters[at];
            if !replaced {
                if let Some(noun) = self.in_place_of_noun(table, filter) {
                    phrase.noun = noun;
                    replaced = true;
                    continue;
                }
            }
            let first = self.dice.chance(0.45) && phrase.before.len() < 2;
            let before = if first { self.condition(table, filter, "before") } else { None };
            match before {
                Some(before) => phrase.before.push(before),
                None => {
                    phrase.after.push(self.condition(table, filter, "after").or_else(|| self.as_clause(table, filter))?)
                }
            }
        }
        Some(phrase)
    }

    fn as_clause(&mut self, table: TableId, filter: &Filter) -> Option<String> {
        Some(format!("that {}", self.condition(table, filter, "does")?))
    }

    /// "open positions", "developers", "retainers".
    fn in_place_of_noun(&mut self, _table: TableId, filter: &Filter) -> Option<String> {
        match filter {
            Filter::Named(index) => {
                let condition = self.world.glossary.conditions.get(&self.world.conditions[*index].key)?;
                let often = if condition.adjectives.is_empty() { 0.85 } else { 0.35 };
                if self.dice.chance(often) { self.dice.early(&condition.nouns).cloned() } else { None }
            }
            Filter::Value { column, values, negated: false } if values.len() == 1 => {
                let terms = self.world.glossary.column(self.world.catalog, *column)?;
                if !terms.value_is_noun || !self.dice.chance(0.35) {
                    return None;
                }
                let value = self.value(*column, &values[0]);
                Some(if value.ends_with('s') { value } else { format!("{value}s") })
            }
            _ => None,
        }
    }

    // --- conditions ---

    fn condition(&mut self, table: TableId, filter: &Filter, position: &str) -> Option<String> {
        match filter {
            Filter::Value { column, values, negated } => self.value_condition(*column, values, *negated, position),
            Filter::Number { measure, op, value } => self.number_condition(table, *measure, *op, value, position),
            Filter::Between { measure, low, high } => {
                let unit = self.unit(*measure);
                let term = self.measure(table, *measure, false)?;
                let low = surface::number(low, unit.as_deref(), &mut self.dice);
                let high = surface::number(high, unit.as_deref(), &mut self.dice);
                self.say("between", position, &[("term", &term), ("value", &low), ("value2", &high)])
            }
            Filter::When { column, how, said, .. } => self.date_condition(*column, *how, said, position),
            Filter::Missing { column, negated } => {
                let term = self.term(*column, false)?;
                self.say(if *negated { "present" } else { "missing" }, position, &[("term", &term)])
            }
            Filter::Named(index) => self.named_condition(*index, position),
            Filter::Columns { left, right, above } => {
                let (term, term2) = (self.term(*left, false)?, self.term(*right, false)?);
                let group = if *above { "compare_columns" } else { "compare_columns_less" };
                self.say(group, position, &[("term", &term), ("term2", &term2)])
            }
            Filter::Average { measure, above } => {
                let term = self.measure(table, *measure, false)?;
                let dashed = term.replace(' ', "-");
                let term = if position == "before" { dashed } else { term };
                self.say(if *above { "above_average" } else { "below_average" }, position, &[("term", &term)])
            }
            Filter::ThanNamed { measure, column, name, above } => {
                let term = self.measure(table, *measure, false)?;
                let named = Filter::Value { column: *column, values: vec![name.clone()], negated: false };
                let value = self.one_or_rows(table, &[named])?;
                self.say(
                    if *above { "than_named" } else { "than_named_less" },
                    position,
                    &[("term", &term), ("value", &value)],
                )
            }
            Filter::Extreme { measure, greatest } => {
                let term = self.measure(table, *measure, false)?;
                self.say(if *greatest { "largest" } else { "smallest" }, position, &[("term", &term)])
            }
            Filter::Any(filters) => self.any(table, filters, position),
            Filter::Text { column, text, part } => {
                let term = self.term(*column, false)?;
                let value = match self.dice.below(3) {
                    0 => format!("\"{text}\""),
                    1 => text.clone(),
                    _ => format!("'{text}'"),
                };
                let group = match part {
                    SlotPart::Prefix => "starts",
                    SlotPart::Suffix => "ends",
                    _ => "contains",
                };
                self.say(group, position, &[("term", &term), ("value", &value)])
            }
            Filter::Flag { column, yes } => {
                let term = self.term(*column, false)?;
                self.say(if *yes { "flag_yes" } else { "flag_no" }, position, &[("term", &term)])
            }
            Filter::Parent { key, filters } => self.parent(*key, filters, position),
            Filter::Children { key, filters, negated } => self.children(table, *key, filters, *negated, position),
        }
    }

    /// "that are on hold or have no budget"
    fn any(&mut self, table: TableId, filters: &[Filter], position: &str) -> Option<String> {
        let said: Vec<String> = filters.iter().map(|f| self.condition(table, f, "does")).collect::<Option<_>>()?;
        let either = if self.dice.chance(0.3) { "either " } else { "" };
        let said = format!("{either}{}", said.join(" or "));
        match position {
            "does" => Some(said),
            "after" => Some(format!("that {said}")),
            _ => None,
        }
    }

    fn value_condition(
        &mut self,
        column: ColumnId,
        values: &[String],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        let term = self.term(column, false)?;
        let role = self.world.role(column);
        let said: Vec<String> = values.iter().map(|v| self.value(column, v)).collect();
        let group = match (values.len(), negated, role) {
            (1, true, _) => "value_not",
            (1, false, Role::Status) => {
                if self.dice.chance(0.85) {
                    "status"
                } else {
                    "value"
                }
            }
            (1, false, Role::Name | Role::Code) => "named",
            (1, false, _) => {
                if self.dice.chance(0.6) {
                    "place"
                } else {
                    "value"
                }
            }
            (_, false, _) => "value_in",
            (_, true, _) => "value_not_in",
        };
        let neither = group == "value_not_in" && self.dice.chance(0.5);
        let joint =
            if neither { " nor " } else { *self.dice.pick(&[" or ", " or ", " and ", ", "]).unwrap_or(&" or ") };
        let value = match said.as_slice() {
            [most @ .., last] if !most.is_empty() => format!("{}{joint}{last}", most.join(", ")),
            _ => said.concat(),
        };
        let text = self.say(group, position, &[("term", &term), ("value", &value)])?;
        let neither_said = text.contains("neither");
        Some(if group == "value_not_in" && neither_said {
            text.replace(" or ", " nor ")
        } else {
            text.replace(" nor ", " or ")
        })
    }

    /// A stored value as people write it.
    fn value(&mut self, column: ColumnId, stored: &str) -> String {
        let name = self.world.catalog.qualified(column);
        let others = self.world.glossary.values.get(&name).and_then(|v| v.get(stored));
        if let Some(other) = others {
            if self.dice.chance(0.25) {
                if let Some(word) = self.dice.early(other) {
                    return word.clone();
                }
            }
        }
        let lower = match self.world.role(column) {
            Role::Status => 0.6,
            Role::Dimension => 0.2,
            _ => 0.04,
        };
        // "IT" and "HR" in lower case are other words.
        let short = stored.len() <= 3;
        if !short && self.dice.chance(lower) { stored.to_lowercase() } else { stored.to_owned() }
    }

    fn number_condition(
        &mut self,
        table: TableId,
        measure: Measure,
        op: BinaryOp,
        value: &Value,
        position: &str,
    ) -> Option<String> {
        let term = self.measure(table, measure, false)?;
        let unit = self.unit(measure);
        let value = surface::number(value, unit.as_deref(), &mut self.dice);
        let (group, words) = match op {
            BinaryOp::Gt => ("gt", "more"),
            BinaryOp::GtEq => ("gte", ""),
            BinaryOp::Lt => ("lt", "less"),
            BinaryOp::LtEq => ("lte", ""),
            _ => ("equal", ""),
        };
        let comparative = self.comparative(measure, words).unwrap_or_else(|| match group {
            "gt" => format!("with {term} over"),
            _ => format!("with {term} under"),
        });
        self.say(group, position, &[("term", &term), ("value", &value), ("more", &comparative), ("less", &comparative)])
    }

    fn comparative(&mut self, measure: Measure, words: &str) -> Option<String> {
        let Measure::Column(column) = measure else { return None };
        let terms = self.world.glossary.column(self.world.catalog, column)?;
        self.dice.pick(if words == "more" { &terms.more } else { &terms.less }).cloned()
    }

    fn date_condition(&mut self, column: ColumnId, how: When, said: &str, position: &str) -> Option<String> {
        let term = self.term(column, false)?;
        let verbs = self.world.glossary.column(self.world.catalog, column).map(|c| c.verb.clone()).unwrap_or_default();
        // A bare participle does not go with "that": "due in May", but "that ended in May".
        let full: Vec<String> = verbs
            .iter()
            .filter(|v| !v.contains("ing ") && !v.ends_with("ing") && !v.starts_with("due"))
            .map(|v| v.replace("was ", "were "))
            .collect();
        let acted = self.dice.early(&full).cloned().unwrap_or_else(|| format!("have a {term}"));
        let verb = self.dice.early(&verbs).map(|v| v.replace("was ", "")).unwrap_or_else(|| format!("with a {term}"));
        let group = match how {
            When::In => "when_in",
            When::After => "when_after",
            When::Since => "when_since",
            When::Before => "when_before",
            When::Until => "when_until",
            When::On => "when_on",
        };
        self.say(group, position, &[("term", &term), ("verb", &verb), ("acted", &acted), ("value", said)])
    }

    fn named_condition(&mut self, index: usize, position: &str) -> Option<String> {
        let condition = self.world.glossary.conditions.get(&self.world.conditions[index].key)?;
        match position {
            "before" => self.dice.early(&condition.adjectives).cloned(),
            "after" => self.dice.early(&condition.phrases).cloned(),
            _ => {
                let clause = |p: &&String| p.starts_with("that ") || p.starts_with("who ");
                let clauses: Vec<&String> = condition.phrases.iter().filter(clause).collect();
                let chosen = self.dice.pick(&clauses)?;
                chosen.split_once(' ').map(|(_, rest)| rest.to_owned())
            }
        }
    }

    fn parent(&mut self, key: ForeignKeyId, filters: &[Filter], position: &str) -> Option<String> {
        let parent = self.world.catalog.foreign_key(key).to;
        let np = self.one_or_rows(parent, filters)?;
        if position == "before" {
            return None;
        }
        let relation = self.relation(key).map(|r| r.forward.clone()).unwrap_or_default();
        let forward = self.dice.early(&relation).cloned().unwrap_or_else(|| "for".into());
        if position == "does" {
            Some(format!("are {forward} {np}"))
                .filter(|_| !forward.starts_with("that ") && !forward.starts_with("who "))
        } else {
            Some(format!("{forward} {np}"))
        }
    }

    /// One row by its name, or several by their conditions.
    fn one_or_rows(&mut self, table: TableId, filters: &[Filter]) -> Option<String> {
        if let (true, [Filter::Value { column, values, .. }]) = (self.is_one_row(filters), filters) {
            let (value, noun) = (self.value(*column, &values[0]), self.noun(table).one);
            let forms = ["{v}", "{v}", "{v}", "the {v} {n}", "{n} {v}", "the {n} {v}", "the {n} called {v}"];
            return Some(fill(self.dice.pick(&forms)?, &[("v", &value), ("n", &noun)]));
        }
        self.rows(table, filters)
    }

    fn relation(&self, key: ForeignKeyId) -> Option<&'w schema::glossary::Relation> {
        let (from, _) = self.world.catalog.key_pairs(key).next()?;
        self.world.glossary.relations.get(&self.world.catalog.qualified(from))
    }

    fn children(
        &mut self,
        table: TableId,
        key: ForeignKeyId,
        filters: &[Filter],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        if position == "before" {
            return None;
        }
        if let Some(text) = self.linked(table, key, filters, negated, position) {
            return Some(text);
        }
        let child = self.world.catalog.foreign_key(key).from;
        let noun = self.noun(child);
        let phrase = self.phrase(child, filters, noun.clone())?;
        let other = Phrase {
            before: phrase.before.clone(),
            noun: if phrase.noun == noun.many { noun.one } else { phrase.noun.clone() },
            after: phrase.after.clone(),
        };
        let backward = self.relation(key).map(|r| r.backward.clone()).unwrap_or_default();
        let link = self.dice.early(&backward).cloned().unwrap_or_else(|| "with".into());
        let names = [("others", phrase.text()), ("other", other.text()), ("link", link)];
        let names: Vec<(&str, &str)> = names.iter().map(|(a, b)| (*a, b.as_str())).collect();
        self.say(if negated { "has_not" } else { "has" }, position, &names)
    }

    /// Two tables tied by a link table: "people working on ERP Migration".
    fn linked(
        &mut self,
        table: TableId,
        key: ForeignKeyId,
        filters: &[Filter],
        negated: bool,
        position: &str,
    ) -> Option<String> {
        let [Filter::Parent { key: onward, filters: inner }] = filters else { return None };
        let catalog = self.world.catalog;
        let (from, via) = (&catalog.table(table).name, &catalog.table(catalog.foreign_key(key).from).name);
        let to = catalog.foreign_key(*onward).to;
        let link = self
            .world
            .glossary
            .links
            .iter()
            .find(|l| l.from == *from && l.via == *via && l.to == catalog.table(to).name)?;
        if !self.dice.chance(0.75) {
            return None;
        }
        let np = self.one_or_rows(to, inner)?;
        match (position, negated) {
            ("does", false) => Some(format!("{} {np}", self.dice.early(&link.does)?)),
            ("does", true) => {
                let does = self.dice.early(&link.does)?;
                let negative = match does.strip_prefix("are ") {
                    Some(rest) => format!("are not {rest}"),
                    None => format!("do not {does}"),
                };
                Some(format!("{negative} {np}"))
            }
            (_, false) => Some(format!("{} {np}", self.dice.early(&link.phrases)?)),
            (_, true) => {
                let phrase = self.dice.early(&link.does)?;
                let negative = match phrase.strip_prefix("are ") {
                    Some(rest) => format!("that are not {rest}"),
                    None => format!("that do not {phrase}"),
                };
                Some(format!("{negative} {np}"))
            }
        }
    }

    // --- columns and totals ---

    fn term(&mut self, column: ColumnId, plural: bool) -> Option<String> {
        let terms = self.world.glossary.column(self.world.catalog, column);
        let Some(terms) = terms.filter(|t| !t.terms.is_empty()) else {
            return Some(self.world.catalog.column(column).name.to_lowercase().replace('_', " "));
        };
        let indexes: Vec<usize> = (0..terms.terms.len()).collect();
        let index = *self.dice.early(&indexes)?;
        if !plural {
            return terms.terms.get(index).cloned();
        }
        terms.plural.get(index).cloned().or_else(|| terms.terms.get(index).map(|t| pluralised(t)))
    }

    fn measure(&mut self, _table: TableId, measure: Measure, plural: bool) -> Option<String> {
        match measure {
            Measure::Column(column) => self.term(column, plural),
            Measure::Named(index) => {
                let terms = &self.world.glossary.measures.get(&self.world.measures[index].key)?.terms;
                self.dice.early(terms).cloned()
            }
        }
    }

    fn unit(&self, measure: Measure) -> Option<String> {
        match measure {
            Measure::Column(column) => self.world.glossary.column(self.world.catalog, column)?.unit.clone(),
            Measure::Named(index) => self.world.glossary.measures.get(&self.world.measures[index].key)?.unit.clone(),
        }
    }

    /// A column as it is named beside the rows of `root`: its own by its term, another table's with that table's noun.
    fn output(&mut self, root: TableId, output: &Output, _noun: &Noun, plural: bool) -> Option<String> {
        let term = self.measure(root, output.measure, plural)?;
        if output.path.is_empty() {
            return Some(term);
        }
        let owner = self.noun(self.world.end_of(root, &output.path)).one;
        let named = term.contains(owner.as_str());
        let needed = matches!(output.measure, Measure::Column(c) if matches!(self.world.role(c), Role::Name | Role::Code | Role::Status))
            || self.dice.chance(0.5);
        let forms = if plural {
            ["{owner} {term}", "{owner} {term}", "{owner} {term}"]
        } else {
            ["{owner} {term}", "{owner} {term}", "{term} of the {owner}"]
        };
        if named || !needed {
            Some(term)
        } else {
            Some(fill(self.dice.pick(&forms)?, &[("owner", &owner), ("term", &term)]))
        }
    }

    fn plural_output(&mut self, root: TableId, output: &Output, noun: &Noun) -> Option<String> {
        self.output(root, output, noun, true)
    }

    fn key(&mut self, root: TableId, key: &Key, noun: &Noun, plural: bool) -> Option<String> {
        match key {
            Key::Column(output) => self.output(root, output, noun, plural),
            Key::Entity(path) => Some(self.entity(root, path, plural)),
        }
    }

    fn entity(&mut self, root: TableId, path: &Path, plural: bool) -> String {
        let noun = self.noun(self.world.end_of(root, path));
        if plural { noun.many } else { noun.one }
    }

    fn aggregates(&mut self, root: TableId, totals: &[Aggregate], noun: &Noun) -> Option<String> {
        if let Some(together) = self.of_one_measure(root, totals, noun) {
            return Some(together);
        }
        let names: Vec<String> = totals.iter().map(|t| self.aggregate(root, t, noun)).collect::<Option<_>>()?;
        Some(self.listed(&names))
    }

    /// "total, average and highest budget" where they are all of one measure.
    fn of_one_measure(&mut self, root: TableId, totals: &[Aggregate], noun: &Noun) -> Option<String> {
        let of = totals.first()?.of.clone()?;
        if totals.len() < 2 || totals.iter().any(|t| t.of.as_ref() != Some(&of)) || !self.dice.chance(0.7) {
            return None;
        }
        let position = |f: Function| match f {
            Function::Sum => Some("sum_word"),
            Function::Avg => Some("avg_word"),
            Function::Min => Some("min_word"),
            Function::Max => Some("max_word"),
            Function::Count | Function::CountDistinct => None,
        };
        let words: Vec<String> =
            totals.iter().map(|t| self.say("agg", position(t.function)?, &[])).collect::<Option<_>>()?;
        let measure = self.output(root, &of, noun, false)?;
        Some(format!("{} {measure}", self.listed(&words)))
    }

    fn aggregate(&mut self, root: TableId, total: &Aggregate, noun: &Noun) -> Option<String> {
        let temporal =
            matches!(&total.of, Some(Output { measure: Measure::Column(c), .. }) if self.world.ty(*c).is_temporal());
        let position = match total.function {
            Function::Count => "count",
            Function::CountDistinct => {
                let nouns = self.counted_nouns(root, total, noun)?;
                return self.say("agg", "count", &[("nouns", &nouns), ("noun", &nouns)]);
            }
            Function::Sum => "sum",
            Function::Avg => "avg",
            Function::Min if temporal => "earliest",
            Function::Max if temporal => "latest",
            Function::Min => "min",
            Function::Max => "max",
        };
        if total.function == Function::Count {
            return self.say("agg", "count", &[("nouns", &noun.many), ("noun", &noun.one)]);
        }
        let measure = self.output(root, total.of.as_ref()?, noun, false)?;
        self.say("agg", position, &[("measure", &measure)])
    }

    /// What different rows counted through a link table are called.
    fn counted_nouns(&mut self, root: TableId, total: &Aggregate, noun: &Noun) -> Option<String> {
        let Some(Output { measure: Measure::Column(column), .. }) = total.of else { return None };
        let catalog = self.world.catalog;
        let key = self.world.parents(root).into_iter().find(|&k| catalog.key_pairs(k).any(|(from, _)| from == column));
        let (via, to) =
            (catalog.table(root).name.clone(), key.map(|k| catalog.table(catalog.foreign_key(k).to).name.clone()));
        let link = self.world.glossary.links.iter().find(|l| l.via == via && Some(&l.to) == to.as_ref());
        match link {
            Some(link) => self.dice.early(&link.nouns).cloned(),
            None => {
                let terms = self.output(root, total.of.as_ref()?, noun, true)?;
                Some(format!("different {terms}"))
            }
        }
    }
}

fn pluralised(term: &str) -> String {
    match term {
        _ if term.ends_with('s') => format!("{term}es"),
        _ if term.ends_with('y') && !term.ends_with("ay") && !term.ends_with("ey") => {
            format!("{}ies", &term[..term.len() - 1])
        }
        _ => format!("{term}s"),
    }
}

/// A sentence and what follows it, with the comma it needs.
fn joined(text: &str, after: &str) -> String {
    match after.chars().next() {
        Some('.' | ',') => format!("{text}{after}"),
        _ if after.ends_with("first") || after.starts_with("desc") => format!("{text}, {after}"),
        _ => format!("{text} {after}"),
    }
}
