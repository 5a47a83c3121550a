//! A query in plain words, step by step: what is shown as reasoning, derived from the tree and from nothing else.
//!
//! Different trees give different words: every table, column, condition and order is told.
//!
//! Suggested reading order:
//! * `words`: expressions in words.

mod words;

use std::collections::HashMap;

use schema::{Catalog, Glossary, TableId};

use crate::print::sources_across_levels;
use crate::tree::{Body, JoinKind, OrderItem, Query, Select, SetOp, Source, SourceId, SourceKind};
use crate::visit::{each_expr_of_query, each_select};

/// What the words are made from.
pub(crate) struct Teller<'a> {
    catalog: &'a Catalog,
    glossary: &'a Glossary,
    /// What each source is called, and its columns.
    sources: HashMap<SourceId, Told<'a>>,
    /// The numbers of the subqueries that are told elsewhere, by their place in memory; empty where they are told in place.
    numbers: HashMap<*const Query, usize>,
}

/// A source as it is told.
struct Told<'a> {
    name: String,
    table: Option<TableId>,
    columns: &'a [String],
    /// Whether a column is told with its source: others share its level.
    shared: bool,
}

/// The numbered steps of a query.
pub fn plan(query: &Query, catalog: &Catalog, glossary: &Glossary) -> Vec<String> {
    let teller = Teller::new(query, catalog, glossary);
    let steps = teller.steps(query);
    steps.into_iter().enumerate().map(|(i, step)| format!("{}. {}", i + 1, capital(&step))).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl<'a> Teller<'a> {
    pub(crate) fn new(query: &'a Query, catalog: &'a Catalog, glossary: &'a Glossary) -> Self {
        let mut teller = Teller { catalog, glossary, sources: HashMap::new(), numbers: HashMap::new() };
        teller.meet(query);
        teller
    }

    /// Tells the subqueries of expressions by their numbers alone.
    pub(crate) fn numbering(mut self, query: &Query) -> Self {
        each_expr_of_query(query, &mut |expr| {
            let number = self.numbers.len() + 1;
            self.numbers.extend(expr.kind.subquery().map(|query| (std::ptr::from_ref(query), number)));
        });
        self
    }

    /// The number of a subquery that is told elsewhere.
    pub(crate) fn number(&self, query: &Query) -> Option<usize> {
        self.numbers.get(&std::ptr::from_ref(query)).copied()
    }

    /// Names every source; a second use of a table is told by its number.
    fn meet(&mut self, query: &'a Query) {
        let mut uses: HashMap<String, usize> = HashMap::new();
        let mut told = Vec::new();
        let across = sources_across_levels(query);
        each_select(query, &mut |select| {
            for source in &select.from {
                let (name, columns): (String, &[String]) = match &source.kind {
                    SourceKind::Table(table) => (self.table_words(*table), &[]),
                    SourceKind::Cte { name, columns } => (name.clone(), columns),
                    SourceKind::Derived { columns, .. } => ("that result".to_owned(), columns),
                };
                let count = uses.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
                let name = if *count > 1 { format!("{name} ({count})") } else { name };
                let shared = select.from.len() > 1 || across.contains(&source.id);
                told.push((source.id, Told { name, table: source.table_id(), columns, shared }));
            }
        });
        self.sources.extend(told);
    }

    /// "projects", or the words of the table's name.
    fn table_words(&self, table: TableId) -> String {
        let terms = self.glossary.table(self.catalog, table);
        let plural = terms.and_then(|terms| terms.plural.first().or(terms.singular.first()));
        plural.cloned().unwrap_or_else(|| spaced(&self.catalog.table(table).name))
    }

    /// The steps of a query, in the order in which they could be done.
    fn steps(&self, query: &Query) -> Vec<String> {
        let mut steps = Vec::new();
        for cte in &query.with {
            let how = if cte.recursive { ", again and again until nothing is added" } else { "" };
            let columns = cte.columns.join(", ");
            steps.push(format!("work out {} with {columns}{how}: {}", cte.name, self.within(&cte.query)));
        }
        match &query.body {
            Body::Select(select) => self.select_steps(select, &mut steps),
            Body::Set { op, all, left, right } => {
                steps.push(format!("take the rows of ({})", self.within(left)));
                let how = match (op, all) {
                    (SetOp::Union, true) => "add the rows of",
                    (SetOp::Union, false) => "add, without repeats, the rows of",
                    (SetOp::Intersect, false) => "keep only those that are also rows of",
                    (SetOp::Intersect, true) => "keep only those, as often as both have them, that are also rows of",
                    (SetOp::Except, false) => "leave out the rows of",
                    (SetOp::Except, true) => "leave out, each once for once, the rows of",
                };
                steps.push(format!("{how} ({})", self.within(right)));
            }
            Body::Values(rows) => {
                let row = |row: &Vec<crate::tree::Expr>| format!("({})", self.list(row, None));
                steps.push(format!("list the rows {}", rows.iter().map(row).collect::<Vec<_>>().join(", ")));
            }
        }
        let select = query.select();
        if !query.order_by.is_empty() {
            steps.push(format!("sort by {}", self.order(&query.order_by, select)));
        }
        if let Some(offset) = &query.offset {
            steps.push(format!("skip the first {}", self.words(offset, select)));
        }
        if let Some(limit) = &query.limit {
            steps.push(format!("take the first {}", self.words(limit, select)));
        }
        steps
    }

    /// A whole query on one line.
    fn within(&self, query: &Query) -> String {
        if let Some(number) = self.number(query) {
            return format!("subquery {number}");
        }
        self.steps(query).join("; ")
    }

    fn select_steps(&self, select: &Select, steps: &mut Vec<String>) {
        for (i, source) in select.from.iter().enumerate() {
            steps.push(self.source_step(source, i == 0, select));
        }
        if let Some(filter) = &select.filter {
            steps.push(format!("keep rows where {}", self.condition(filter, select)));
        }
        if !select.group_by.is_empty() {
            steps.push(format!("group by {}", self.list(&select.group_by, Some(select))));
        }
        if let Some(having) = &select.having {
            steps.push(format!("keep groups where {}", self.condition(having, select)));
        }
        let different = if select.distinct { "each different " } else { "" };
        steps.push(format!("show {different}{}", self.items(select)));
    }

    /// What is shown.
    pub(crate) fn items(&self, select: &Select) -> String {
        let items = select.items.iter().map(|item| {
            let words = self.words(&item.expr, Some(select));
            item.alias.as_ref().map_or_else(|| words.clone(), |alias| format!("{words} as {alias}"))
        });
        items.collect::<Vec<_>>().join(", ")
    }

    fn source_step(&self, source: &Source, first: bool, select: &Select) -> String {
        let name = self.source(source.id);
        let what = match &source.kind {
            SourceKind::Derived { query, .. } => format!("{name}, which is ({})", self.within(query)),
            _ => self.named(source),
        };
        if first {
            return format!("start from {what}");
        }
        let on = source.on.as_ref().map_or_else(String::new, |on| format!(" where {}", self.condition(on, select)));
        match source.join {
            JoinKind::Cross => format!("pair every row with every row of {what}{on}"),
            JoinKind::Inner => format!("join {what}{on}"),
            JoinKind::Left => format!("add {what}{on}, keeping rows that have none"),
            JoinKind::Right => format!("add {what}{on}, keeping all of {name}"),
            JoinKind::Full => format!("add {what}{on}, keeping all of both sides"),
        }
    }

    /// "projects (PROJECT)"; what is no table by its name alone.
    pub(crate) fn named(&self, source: &Source) -> String {
        let name = self.source(source.id);
        match source.table_id() {
            Some(table) => format!("{name} ({})", self.catalog.table(table).name),
            None => name,
        }
    }

    pub(crate) fn order(&self, items: &[OrderItem], select: Option<&Select>) -> String {
        let item = |item: &OrderItem| {
            let direction = if item.descending { ", largest first" } else { ", smallest first" };
            let nulls = match item.nulls_first {
                Some(true) => ", missing values before all",
                Some(false) => ", missing values after all",
                None => "",
            };
            format!("{}{direction}{nulls}", self.words(&item.expr, select))
        };
        items.iter().map(item).collect::<Vec<_>>().join(", then by ")
    }
}

/// The words of an identifier: `Actual_Cost` is "actual cost".
fn spaced(name: &str) -> String {
    name.split(['_', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests;
