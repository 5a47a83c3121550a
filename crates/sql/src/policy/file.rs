//! The data of a policy, checked against a catalog.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Catalog, TableId};
use serde::Deserialize;

use super::visible::visible;
use super::{AttributeType, PolicyError};
use crate::diagnostic::Severity;
use crate::resolve::{nearest, parse_condition};
use crate::tree::{BinaryOp, Expr, ExprKind, Query, SourceId};
use crate::types::Types;
use crate::visit::each_expr_of_query;

/// SQLite's reading of a name in double quotes that is no column.
const QUOTED_TEXT: &str = "SCH212";
/// How many values can be bound to a statement.
const MOST_ATTRIBUTES: usize = 16;

/// A policy as it is written.
///
/// ```toml
/// [attributes]
/// user_department = "text"
///
/// [[table]]
/// name = "employees"
/// rows = "department = :user_department"
/// hide = ["salary"]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// What may be said of a user, and its type.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeType>,
    /// The tables with restrictions. A view can be read only if it stands here, since it reads its tables unrestricted.
    #[serde(default)]
    pub table: Vec<TablePolicy>,
}

/// What a policy says of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePolicy {
    /// The table's name.
    pub name: String,
    /// The condition on its rows. Tables in subqueries of it are read without restriction.
    pub rows: Option<String>,
    /// The columns that are hidden.
    #[serde(default)]
    pub hide: Vec<String>,
}

/// A policy that fits a catalog.
#[derive(Debug, Clone)]
pub struct Policy {
    attributes: BTreeMap<String, AttributeType>,
    restrictions: BTreeMap<TableId, Restriction>,
    visible: Catalog,
}

/// What is left of one table.
#[derive(Debug, Clone, Default)]
pub(super) struct Restriction {
    /// Each must hold.
    pub(super) rows: Vec<RowRule>,
    /// Positions of hidden columns.
    pub(super) hidden: Vec<u16>,
    /// Positions of the others.
    pub(super) shown: Vec<u16>,
}

/// A condition on the rows of a table.
#[derive(Debug, Clone)]
pub(super) struct RowRule {
    /// What the condition calls the table.
    pub(super) source: SourceId,
    pub(super) condition: Expr,
}

impl Policy {
    /// Checks a policy against the catalog it is for.
    ///
    /// # Errors
    /// When it names what does not exist, or a condition cannot be read.
    pub fn new(file: &PolicyFile, catalog: &Catalog) -> Result<Self, PolicyError> {
        let mut restrictions = BTreeMap::new();
        for entry in &file.table {
            let table = catalog.find_table(&entry.name).ok_or_else(|| {
                let nearest = nearest(&entry.name, catalog.tables.iter().map(|t| t.name.as_str()));
                PolicyError::UnknownTable { table: entry.name.clone(), nearest: nearest.map(str::to_owned) }
            })?;
            let restriction = restriction(entry, table, file, catalog)?;
            if restrictions.insert(table, restriction).is_some() {
                return Err(PolicyError::Twice { table: catalog.table(table).name.clone() });
            }
        }
        Policy::of_parts(file.attributes.clone(), restrictions, catalog)
    }

    /// What both let be seen: rows for which the conditions of both hold, columns that neither hides, views of which both
    /// speak. An empty policy leaves the other as it is.
    ///
    /// # Errors
    /// When they differ in the type of an attribute, or leave no column of a table.
    pub fn and(&self, other: &Policy, catalog: &Catalog) -> Result<Self, PolicyError> {
        let attributes = united(&self.attributes, &other.attributes)?;
        let both = |table: &TableId| self.restrictions.contains_key(table) && other.restrictions.contains_key(table);
        let any_empty = self.is_empty() || other.is_empty();
        let settled = |table: &TableId| any_empty || !catalog.table(*table).is_view || both(table);
        let tables: BTreeSet<TableId> = self.restrictions.keys().chain(other.restrictions.keys()).copied().collect();
        let mut restrictions = BTreeMap::new();
        for table in tables.into_iter().filter(settled) {
            let parts = [self, other].into_iter().filter_map(|policy| policy.restrictions.get(&table));
            restrictions.insert(table, joined(parts, table, catalog)?);
        }
        Policy::of_parts(attributes, restrictions, catalog)
    }

    fn of_parts(
        attributes: BTreeMap<String, AttributeType>,
        restrictions: BTreeMap<TableId, Restriction>,
        catalog: &Catalog,
    ) -> Result<Self, PolicyError> {
        if attributes.len() > MOST_ATTRIBUTES {
            return Err(PolicyError::TooManyAttributes { given: attributes.len(), most: MOST_ATTRIBUTES });
        }
        let visible = visible(catalog, &restrictions);
        Ok(Policy { attributes, restrictions, visible })
    }

    /// The attributes it declares.
    pub fn attributes(&self) -> &BTreeMap<String, AttributeType> {
        &self.attributes
    }

    /// The catalog as a user sees it: without hidden columns, tables at their places.
    pub fn visible(&self) -> &Catalog {
        &self.visible
    }

    /// Whether rows or columns of a table are kept back.
    pub fn keeps_back(&self, table: TableId) -> bool {
        self.of(table).is_some_and(Restriction::restricts)
    }

    pub(super) fn of(&self, table: TableId) -> Option<&Restriction> {
        self.restrictions.get(&table)
    }

    /// Whether it leaves everything as it is.
    pub(super) fn is_empty(&self) -> bool {
        self.restrictions.is_empty()
    }
}

impl Restriction {
    /// Whether anything of the table is kept back.
    pub(super) fn restricts(&self) -> bool {
        !self.rows.is_empty() || !self.hidden.is_empty()
    }

    fn new(rows: Vec<RowRule>, hidden: Vec<u16>, table: TableId, catalog: &Catalog) -> Result<Self, PolicyError> {
        let facts = catalog.table(table);
        let shown: Vec<u16> = (0..facts.columns.len() as u16).filter(|column| !hidden.contains(column)).collect();
        if shown.is_empty() {
            return Err(PolicyError::NothingLeft { table: facts.name.clone() });
        }
        Ok(Restriction { rows, hidden, shown })
    }
}

/// The attributes that either declares.
fn united(
    ours: &BTreeMap<String, AttributeType>,
    theirs: &BTreeMap<String, AttributeType>,
) -> Result<BTreeMap<String, AttributeType>, PolicyError> {
    let differs = |(name, ty): &(&String, &AttributeType)| ours.get(*name).is_some_and(|other| other != *ty);
    match theirs.iter().find(differs) {
        Some((name, _)) => Err(PolicyError::TwoTypes { attribute: name.clone() }),
        None => Ok(ours.iter().chain(theirs).map(|(name, ty)| (name.clone(), *ty)).collect()),
    }
}

/// One restriction of a table for several.
fn joined<'r>(
    parts: impl Iterator<Item = &'r Restriction>,
    table: TableId,
    catalog: &Catalog,
) -> Result<Restriction, PolicyError> {
    let (mut rows, mut hidden) = (vec![], BTreeSet::new());
    for part in parts {
        rows.extend(part.rows.iter().cloned());
        hidden.extend(part.hidden.iter().copied());
    }
    Restriction::new(rows, hidden.into_iter().collect(), table, catalog)
}

fn restriction(
    entry: &TablePolicy,
    table: TableId,
    file: &PolicyFile,
    catalog: &Catalog,
) -> Result<Restriction, PolicyError> {
    let facts = catalog.table(table);
    let mut hidden = Vec::with_capacity(entry.hide.len());
    for name in &entry.hide {
        let column = catalog.find_column(table, name).ok_or_else(|| {
            let nearest = nearest(name, facts.columns.iter().map(|c| c.name.as_str())).map(str::to_owned);
            PolicyError::UnknownColumn { table: facts.name.clone(), column: name.clone(), nearest }
        })?;
        hidden.push(column.column);
    }
    let rows = entry.rows.as_ref().map(|text| row_rule(text, table, file, catalog)).transpose()?;
    Restriction::new(rows.into_iter().collect(), hidden, table, catalog)
}

fn row_rule(text: &str, table: TableId, file: &PolicyFile, catalog: &Catalog) -> Result<RowRule, PolicyError> {
    let name = &catalog.table(table).name;
    let parsed = parse_condition(text, table, catalog);
    let wrong = |problem: String| PolicyError::Condition { table: name.clone(), problem };
    // A misspelt name in double quotes would be a text, and the condition true or false of every row.
    let problem = parsed.diagnostics.iter().find(|d| d.severity == Severity::Error || d.code == QUOTED_TEXT);
    if let Some(diagnostic) = problem {
        return Err(wrong(diagnostic.message.clone()));
    }
    let query = parsed.query.ok_or_else(|| wrong("it is empty".to_owned()))?;
    check_parameters(&query, name, file, catalog)?;
    let select = query.select().ok_or_else(|| wrong("it is no condition".to_owned()))?;
    let (Some(source), Some(condition)) = (select.from.first(), &select.filter) else {
        return Err(wrong("it is no condition".to_owned()));
    };
    Ok(RowRule { source: source.id, condition: condition.clone() })
}

/// Each parameter is declared, and of the type of what it is compared with.
fn check_parameters(query: &Query, table: &str, file: &PolicyFile, catalog: &Catalog) -> Result<(), PolicyError> {
    let types = Types::of(query, catalog);
    let mut problem = None;
    each_expr_of_query(query, &mut |expr| {
        let found = match &expr.kind {
            ExprKind::Parameter(name) if !file.attributes.contains_key(name) => {
                Some(PolicyError::Undeclared { table: table.to_owned(), attribute: name.clone() })
            }
            _ => compared(expr).into_iter().find_map(|pair| unlike(pair, table, file, catalog, query, &types)),
        };
        problem = problem.take().or(found);
    });
    problem.map_or(Ok(()), Err)
}

/// Each parameter that an expression compares, with what it is compared with.
fn compared(expr: &Expr) -> Vec<(&str, &Expr)> {
    let both = |a, b| pairs(a, b).into_iter().chain(pairs(b, a)).collect::<Vec<_>>();
    match &expr.kind {
        ExprKind::Binary(a, op, b) if compares(*op) => both(a, b),
        ExprKind::Between { operand, low, high, .. } => [both(operand, low), both(operand, high)].concat(),
        ExprKind::InList { operand, list, .. } => list.iter().flat_map(|member| both(operand, member)).collect(),
        ExprKind::Case { operand: Some(operand), branches, .. } => {
            branches.iter().flat_map(|(when, _)| both(operand, when)).collect()
        }
        _ => vec![],
    }
}

fn pairs<'e>(other: &'e Expr, parameter: &'e Expr) -> Vec<(&'e str, &'e Expr)> {
    match (&other.kind, &parameter.kind) {
        (ExprKind::Row(others), ExprKind::Row(parameters)) => {
            others.iter().zip(parameters).flat_map(|(other, parameter)| pairs(other, parameter)).collect()
        }
        (_, ExprKind::Parameter(name)) => vec![(name, other)],
        _ => vec![],
    }
}

fn compares(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Gt, GtEq, Is, IsNot, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | Is | IsNot)
}

fn unlike(
    (attribute, other): (&str, &Expr),
    table: &str,
    file: &PolicyFile,
    catalog: &Catalog,
    query: &Query,
    types: &Types,
) -> Option<PolicyError> {
    let ty = *file.attributes.get(attribute)?;
    let holds = ty.differs_from(types.of_expr(other))?;
    let column = match other.kind {
        ExprKind::Column { source, column } => {
            let from = query.select().and_then(|select| select.from.iter().find(|s| s.id == source)?.table_id());
            from.and_then(|from| Some(catalog.table(from).columns.get(usize::from(column))?.name.clone()))
        }
        _ => None,
    };
    let (table, attribute) = (table.to_owned(), attribute.to_owned());
    Some(PolicyError::Unlike {
        table,
        column: column.unwrap_or_else(|| "an expression".to_owned()),
        holds,
        attribute,
        ty,
    })
}
