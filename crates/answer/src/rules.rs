//! The rules of a pack (`rules.toml`): what holds for the rows of its tables, and what a sound query obeys.

use schema::Catalog;
use serde::Deserialize;
use sql::validate::BusinessRule;

/// `rules.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// What holds for rows.
    pub data: Vec<DataRule>,
    /// What holds for queries.
    pub query: Vec<QueryRule>,
}

/// A predicate that the rows of a table fulfil.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRule {
    /// Stable name.
    pub id: String,
    /// The table whose rows are looked at.
    pub table: String,
    /// The predicate over qualified columns; `:today` stands for the day of the check.
    pub sql: String,
    /// What a person is told about a row that breaks it.
    pub message: String,
}

/// Something that a sound query obeys.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryRule {
    /// Stable name.
    pub id: String,
    /// What is looked for.
    pub kind: RuleKind,
    /// How bad a breach is.
    pub severity: RuleSeverity,
    /// The columns it is about, as `Table.Column`.
    pub columns: Vec<String>,
    /// The list of [`RuleKind::ValueInList`].
    #[serde(default)]
    pub values: Vec<String>,
    /// The table of [`RuleKind::CurrentNeedsFilter`].
    #[serde(default)]
    pub table: Option<String>,
    /// The words of [`RuleKind::CurrentNeedsFilter`].
    #[serde(default)]
    pub words: Vec<String>,
    /// The currency column of [`RuleKind::SameCurrency`].
    #[serde(default)]
    pub currency: Option<String>,
    /// What a person is told.
    pub message: String,
}

/// What a query rule looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A text compared with a column is in the rule's list or in the database.
    ValueInList,
    /// A question that says "current" filters on dates or status.
    CurrentNeedsFilter,
    /// Amounts of several currencies are not added.
    SameCurrency,
    /// A sum is not taken over rows that a join repeats.
    NoDoubleCount,
    /// A date range begins before it ends.
    DateRangeOrder,
}

/// How bad a breach of a query rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSeverity {
    /// The query is not valid.
    Error,
    /// It may be meant.
    Warning,
}

impl Rules {
    /// Reads `rules.toml`; an empty text has no rules.
    ///
    /// # Errors
    /// When the text is not TOML or has a key that means nothing here.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Names in the rules that the catalog does not have, and keys that a rule's kind wants; empty when all is well.
    pub fn check(&self, catalog: &Catalog) -> Vec<String> {
        let mut problems = vec![];
        for rule in &self.data {
            if catalog.find_table(&rule.table).is_none() {
                problems.push(format!("rule \"{}\": the catalog has no table {}", rule.id, rule.table));
            }
        }
        for rule in &self.query {
            let columns = rule.columns.iter().chain(&rule.currency);
            for column in columns.filter(|c| catalog.find_qualified(c).is_none()) {
                problems.push(format!("rule \"{}\": the catalog has no column {column}", rule.id));
            }
            if rule.table.as_ref().is_some_and(|table| catalog.find_table(table).is_none()) {
                problems.push(format!("rule \"{}\": the catalog has no such table", rule.id));
            }
            problems.extend(rule.missing_key().map(|key| format!("rule \"{}\" needs `{key}`", rule.id)));
        }
        problems
    }
}

impl Rules {
    /// The query rules as validation takes them. It checks sums and ranges without being told; what it cannot check yet
    /// (currencies, "current") is not among them.
    pub fn checked(&self, catalog: &Catalog) -> Vec<BusinessRule> {
        let lists = self.query.iter().filter(|rule| rule.kind == RuleKind::ValueInList);
        let of_rule = |rule: &QueryRule| -> Vec<BusinessRule> {
            let columns = rule.columns.iter().filter_map(|name| catalog.find_qualified(name));
            let list = |column| sql::validate::RuleKind::ValueInList { column, values: rule.values.clone() };
            columns.map(|column| BusinessRule { kind: list(column), message: Some(rule.message.clone()) }).collect()
        };
        lists.flat_map(of_rule).collect()
    }
}

impl QueryRule {
    /// The key that the rule's kind needs and the rule lacks.
    fn missing_key(&self) -> Option<&'static str> {
        match self.kind {
            RuleKind::ValueInList => self.values.is_empty().then_some("values"),
            RuleKind::CurrentNeedsFilter if self.table.is_none() => Some("table"),
            RuleKind::CurrentNeedsFilter => self.words.is_empty().then_some("words"),
            RuleKind::SameCurrency => self.currency.is_none().then_some("currency"),
            RuleKind::NoDoubleCount | RuleKind::DateRangeOrder => None,
        }
    }
}
