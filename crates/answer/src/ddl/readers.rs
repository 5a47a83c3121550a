//! What of a pack reads a table or column: the glossary's words, rules, policies and example questions.

use schema::{Catalog, ColumnId, TableId};
use sql::Dialect;
use sql::ddl::review::Touch;
use sql::lineage::{Read, lineage};
use sql::policy::PolicyFile;

use crate::pack::Pack;

/// So many names are shown of a long list.
const MOST_SHOWN: usize = 3;

/// What a change concerns, by the pack's catalog.
struct Place<'a> {
    catalog: &'a Catalog,
    table: TableId,
    column: Option<ColumnId>,
}

/// What of the pack reads a table or column, a sentence for each part of the pack; empty where the pack does not know it.
pub fn readers(pack: &Pack, touch: &Touch) -> Vec<String> {
    let catalog = &pack.catalog;
    let Some(table) = catalog.find_table(&touch.table) else { return vec![] };
    let column = touch.column.as_ref().map(|column| catalog.find_column(table, column));
    let column = match column {
        Some(None) => return vec![],
        Some(found) => found,
        None => None,
    };
    let place = Place { catalog, table, column };
    let parts = [
        ("the glossary has words for it", terms(pack, &place)),
        ("the glossary computes with it", computed(pack, &place)),
        ("rules of the pack speak of it", rules(pack, &place)),
        ("policies of the pack speak of it", policies(pack, &place)),
        ("example questions of the pack read it", examples(pack, &place)),
    ];
    parts.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| sentence(what, &names)).collect()
}

/// "rules of the pack speak of it: a, b, c and 4 more".
fn sentence(what: &str, names: &[String]) -> String {
    let shown = names.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_SHOWN) {
        0 => format!("{what}: {shown}"),
        more => format!("{what}: {shown} and {more} more"),
    }
}

impl Place<'_> {
    fn is_table(&self, name: &str) -> bool {
        self.column.is_none() && self.catalog.find_table(name) == Some(self.table)
    }

    /// Whether `Table.Column` is the place, or lies in the table that is.
    fn is_column(&self, name: &str) -> bool {
        self.catalog.find_qualified(name).is_some_and(|found| self.holds(found))
    }

    fn holds(&self, column: ColumnId) -> bool {
        self.column.map_or(column.table == self.table, |own| own == column)
    }

    /// Whether an expression over qualified columns names it.
    fn stands_in(&self, expression: &str) -> bool {
        let words = expression.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        words.into_iter().any(|word| self.is_column(word) || self.is_table(word))
    }
}

fn terms(pack: &Pack, place: &Place<'_>) -> Vec<String> {
    let glossary = &pack.glossary;
    let tables = glossary.tables.iter().filter(|(name, _)| place.is_table(name));
    let of_tables = tables.flat_map(|(_, terms)| terms.singular.iter().chain(&terms.plural));
    let columns = glossary.columns.iter().filter(|(name, _)| place.column.is_some() && place.is_column(name));
    let quoted = |term: &String| format!("\"{term}\"");
    of_tables.chain(columns.flat_map(|(_, terms)| &terms.terms)).map(quoted).collect()
}

fn computed(pack: &Pack, place: &Place<'_>) -> Vec<String> {
    let measures = pack.glossary.measures.iter().map(|(name, measure)| (name, &measure.sql));
    let conditions = pack.glossary.conditions.iter().map(|(name, condition)| (name, &condition.sql));
    let all = measures.chain(conditions).filter(|(_, sql)| place.stands_in(sql));
    all.map(|(name, _)| name.clone()).collect()
}

fn rules(pack: &Pack, place: &Place<'_>) -> Vec<String> {
    let rules = &pack.rules;
    let data = rules.data.iter().filter(|rule| place.is_table(&rule.table) || place.stands_in(&rule.sql));
    let query = rules.query.iter().filter(|rule| {
        let columns = rule.columns.iter().chain(&rule.currency).chain(&rule.instead);
        columns.into_iter().any(|name| place.is_column(name)) || rule.table.iter().any(|name| place.is_table(name))
    });
    let access = rules.access.secret.iter().chain(&rules.access.personal).any(|name| place.is_column(name))
        || rules.access.tables.iter().flatten().any(|name| place.is_table(name));
    let ids = data.map(|rule| rule.id.clone()).chain(query.map(|rule| rule.id.clone()));
    ids.chain(access.then(|| "[access]".to_owned())).collect()
}

fn policies(pack: &Pack, place: &Place<'_>) -> Vec<String> {
    let Ok(file) = toml::from_str::<PolicyFile>(&pack.files.policies) else {
        return vec!["policies.toml, which cannot be read".to_owned()];
    };
    let concerned = file.table.iter().filter(|policy| {
        let own = place.catalog.find_table(&policy.name) == Some(place.table);
        let column = place.column.map(|column| place.catalog.column(column).name.as_str());
        let rows = policy.rows.as_deref().unwrap_or("");
        let spoken = column.is_none_or(|column| {
            let is = |name: &str| name.eq_ignore_ascii_case(column);
            let words = rows.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            policy.hide.iter().any(|name| is(name)) || words.into_iter().any(is)
        });
        own && spoken || place.stands_in(rows)
    });
    concerned.map(|policy| policy.name.clone()).collect()
}

/// The example questions whose query reads the place.
fn examples(pack: &Pack, place: &Place<'_>) -> Vec<String> {
    let reads = |sql: &str| {
        let query = sql::parse(sql, place.catalog, Dialect::Sqlite).ok()?;
        let reads = lineage(&query, place.catalog).reads;
        let found = reads.iter().any(|read| match read {
            Read::Column(column) => place.holds(*column),
            Read::RowId(table) => place.column.is_none() && *table == place.table,
        });
        found.then_some(())
    };
    let lines = pack.files.examples.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let concerned = lines.filter_map(|line| {
        reads(line["sql"].as_str()?)?;
        line["id"].as_str().map(str::to_owned)
    });
    concerned.collect()
}
