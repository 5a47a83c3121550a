//! The rules of a pack (`rules.toml`): what holds for the rows of its tables, and what a sound query obeys.

use schema::{Catalog, ColumnId, TableId};
use serde::Deserialize;
use sql::Severity;
use sql::validate::{Access, BusinessRule};

/// `rules.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// What holds for rows.
    pub data: Vec<DataRule>,
    /// What holds for queries.
    pub query: Vec<QueryRule>,
    /// What may be read and called.
    pub access: AccessRules,
}

/// `[access]`: what may be read and called, where the catalog is not the only limit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessRules {
    /// The only tables that may be read; absent when all may.
    pub tables: Option<Vec<String>>,
    /// The only functions that may be called; absent when all harmless ones may.
    pub functions: Option<Vec<String>>,
    /// Columns that may not be read, as `Table.Column`.
    pub secret: Vec<String>,
    /// Columns about people, as `Table.Column`.
    pub personal: Vec<String>,
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
    #[serde(default)]
    pub columns: Vec<String>,
    /// The list of [`RuleKind::ValueInList`].
    #[serde(default)]
    pub values: Vec<String>,
    /// The table of [`RuleKind::CurrentNeedsFilter`], [`RuleKind::Deprecated`] and [`RuleKind::LargeTable`].
    #[serde(default)]
    pub table: Option<String>,
    /// The words of [`RuleKind::CurrentNeedsFilter`].
    #[serde(default)]
    pub words: Vec<String>,
    /// The currency column of [`RuleKind::SameCurrency`].
    #[serde(default)]
    pub currency: Option<String>,
    /// The unit of [`RuleKind::Unit`].
    #[serde(default)]
    pub unit: Option<String>,
    /// What to use in place of a [`RuleKind::Deprecated`] table or column.
    #[serde(default)]
    pub instead: Option<String>,
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
    /// A query of the columns' tables says something of each column.
    RequiredFilter,
    /// The table, or the columns, should no longer be used.
    Deprecated,
    /// The columns are of one unit.
    Unit,
    /// Nobody wants to see all rows of the table.
    LargeTable,
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
            problems
                .extend(rule.problems(catalog).into_iter().map(|problem| format!("rule \"{}\": {problem}", rule.id)));
        }
        problems.extend(self.access.problems(catalog).into_iter().map(|problem| format!("[access]: {problem}")));
        problems
    }

    /// The query rules as validation takes them.
    pub fn checked(&self, catalog: &Catalog) -> Vec<BusinessRule> {
        self.query.iter().flat_map(|rule| rule.checked(catalog)).collect()
    }
}

impl AccessRules {
    /// Names that the catalog does not have.
    fn problems(&self, catalog: &Catalog) -> Vec<String> {
        let tables = self.tables.iter().flatten().filter(|name| catalog.find_table(name).is_none());
        let columns = self.secret.iter().chain(&self.personal).filter(|name| catalog.find_qualified(name).is_none());
        let functions = self.functions.iter().flatten().filter(|name| !is_harmless(name));
        let tables = tables.map(|name| format!("the catalog has no table {name}"));
        let columns = columns.map(|name| format!("the catalog has no column {name}"));
        let functions = functions.map(|name| format!("{name} is no function that may be called"));
        tables.chain(columns).chain(functions).collect()
    }

    /// The lists as validation takes them.
    pub fn checked(&self, catalog: &Catalog) -> Access {
        let columns = |names: &[String]| names.iter().filter_map(|name| catalog.find_qualified(name)).collect();
        let tables = |names: &Vec<String>| names.iter().filter_map(|name| catalog.find_table(name)).collect();
        Access {
            tables: self.tables.as_ref().map(tables),
            functions: self.functions.as_ref().map(|names| names.iter().map(|f| f.to_ascii_uppercase()).collect()),
            secret: columns(&self.secret),
            personal: columns(&self.personal),
        }
    }
}

fn is_harmless(function: &str) -> bool {
    sql::functions::named(function).any(|known| known.allowed)
}

impl QueryRule {
    /// Names that the catalog does not have, and keys that the rule's kind needs and the rule lacks.
    fn problems(&self, catalog: &Catalog) -> Vec<String> {
        let unknown = |name: &&String| catalog.find_qualified(name).is_none();
        let columns = self.columns.iter().chain(&self.currency).filter(unknown);
        let mut problems: Vec<String> = columns.map(|name| format!("the catalog has no column {name}")).collect();
        if self.table.as_ref().is_some_and(|table| catalog.find_table(table).is_none()) {
            problems.push("the catalog has no such table".to_owned());
        }
        let is_known = |name: &String| match self.table {
            Some(_) => catalog.find_table(name).is_some(),
            None => catalog.find_qualified(name).is_some(),
        };
        problems.extend(self.instead.iter().filter(|name| !is_known(name)).map(|name| format!("there is no {name}")));
        problems.extend(self.missing_key().map(|key| format!("`{key}` is needed")));
        problems
    }

    /// The key that the rule's kind needs and the rule lacks.
    fn missing_key(&self) -> Option<&'static str> {
        let by_table = matches!(self.kind, RuleKind::LargeTable | RuleKind::CurrentNeedsFilter);
        if by_table && self.table.is_none() {
            return Some("table");
        }
        let by_columns = !matches!(self.kind, RuleKind::LargeTable | RuleKind::Deprecated);
        if by_columns && self.columns.is_empty() {
            return Some("columns");
        }
        match self.kind {
            RuleKind::ValueInList => self.values.is_empty().then_some("values"),
            RuleKind::CurrentNeedsFilter => self.words.is_empty().then_some("words"),
            RuleKind::SameCurrency => self.currency.is_none().then_some("currency"),
            RuleKind::Unit => self.unit.is_none().then_some("unit"),
            RuleKind::Deprecated => (self.table.is_none() && self.columns.is_empty()).then_some("table"),
            RuleKind::NoDoubleCount | RuleKind::DateRangeOrder | RuleKind::RequiredFilter | RuleKind::LargeTable => {
                None
            }
        }
    }

    /// The rule as validation takes it: one for each column, where columns stand by themselves.
    fn checked(&self, catalog: &Catalog) -> Vec<BusinessRule> {
        let severity = match self.severity {
            RuleSeverity::Error => Severity::Error,
            RuleSeverity::Warning => Severity::Warning,
        };
        let rule = |kind| BusinessRule { kind, severity, message: Some(self.message.clone()) };
        self.kinds(catalog).into_iter().map(rule).collect()
    }

    fn kinds(&self, catalog: &Catalog) -> Vec<sql::validate::RuleKind> {
        use sql::validate::RuleKind as Checked;
        let column = |name: &String| catalog.find_qualified(name);
        let columns: Vec<ColumnId> = self.columns.iter().filter_map(column).collect();
        let table: Option<TableId> = self.table.as_ref().and_then(|name| catalog.find_table(name));
        let each = |kind: &dyn Fn(ColumnId) -> Checked| columns.iter().map(|column| kind(*column)).collect();
        match self.kind {
            RuleKind::ValueInList => each(&|column| Checked::ValueInList { column, values: self.values.clone() }),
            RuleKind::DateRangeOrder => each(&|column| Checked::DateRangeOrder { column }),
            RuleKind::RequiredFilter => each(&|column| Checked::RequiredFilter { column }),
            RuleKind::NoDoubleCount => each(&|column| Checked::NoDoubleCount { column }),
            RuleKind::Deprecated => match table {
                Some(table) => {
                    let instead = self.instead.as_ref().and_then(|name| catalog.find_table(name));
                    vec![Checked::DeprecatedTable { table, instead }]
                }
                None => {
                    let instead = self.instead.as_ref().and_then(column);
                    each(&|column| Checked::DeprecatedColumn { column, instead })
                }
            },
            RuleKind::SameCurrency => {
                let currency = self.currency.as_ref().and_then(column);
                currency.map(|currency| Checked::SameCurrency { columns, currency }).into_iter().collect()
            }
            RuleKind::CurrentNeedsFilter => {
                let kind = |table| Checked::CurrentNeedsFilter { table, columns, words: self.words.clone() };
                table.map(kind).into_iter().collect()
            }
            RuleKind::Unit => vec![Checked::Unit { columns, unit: self.unit.clone().unwrap_or_default() }],
            RuleKind::LargeTable => table.map(|table| Checked::LargeTable { table }).into_iter().collect(),
        }
    }
}
