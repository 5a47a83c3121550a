//! Names as they are written: aliases of tables, qualifiers of columns, names of computed outputs.

use std::collections::HashSet;

use schema::Value;

use super::{Level, Naming, Printer, Style, WrittenSource, dialect};
use crate::dialect::{Dialect, needs_quotes};
use crate::tree::{
    BinaryOp, Body, Call, Cte, Expr, ExprKind, Literal, Query, Select, Source, SourceId, SourceKind, UnaryOp,
    may_be_position,
};
use crate::visit::{Part, PartMut, each_query_mut, is_small, parts_of_expr, parts_of_expr_mut, parts_of_query};

/// The longest name made for a computed output.
const LONGEST_NAME: usize = 40;

/// Sources of levels that speak of each other: an inner query's own and those it reaches outwards to.
pub(crate) fn sources_across_levels(query: &Query) -> HashSet<SourceId> {
    let mut found = HashSet::new();
    across_query(query, &mut found);
    found
}

fn across_query(query: &Query, found: &mut HashSet<SourceId>) {
    let own: Vec<SourceId> = query.select().map_or_else(Vec::new, |s| s.from.iter().map(|source| source.id).collect());
    parts_of_query(query, &mut |part| across_part(part, &own, found));
}

fn across_part(part: Part, own: &[SourceId], found: &mut HashSet<SourceId>) {
    match part {
        Part::Query(query) => across_query(query, found),
        Part::Expr(expr) => {
            if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = expr.kind
                && !own.contains(&source)
            {
                found.insert(source);
                found.extend(own);
            }
            parts_of_expr(expr, &mut |part| across_part(part, own, found));
        }
    }
}

/// Leaves references to outputs only as whole terms of ORDER BY and GROUP BY: elsewhere, and where the output is a
/// column without an alias, the output itself is written.
pub(super) fn settle_outputs(query: &mut Query) {
    each_query_mut(query, &mut |q| {
        let Body::Select(select) = &mut q.body else { return };
        let outputs: Vec<(Expr, bool)> =
            select.items.iter().map(|item| (item.expr.clone(), item.alias.is_some())).collect();
        for term in select.group_by.iter_mut().chain(q.order_by.iter_mut().map(|item| &mut item.expr)) {
            match term.kind {
                ExprKind::Output(position) => match outputs.get(position as usize) {
                    Some((expr, false)) if matches!(expr.kind, ExprKind::Column { .. }) => *term = expr.clone(),
                    _ => {}
                },
                _ => write_out(term, &outputs),
            }
        }
        if let Some(having) = &mut select.having {
            write_out(having, &outputs);
        }
    });
}

fn write_out(expr: &mut Expr, outputs: &[(Expr, bool)]) {
    parts_of_expr_mut(expr, &mut |part| {
        if let PartMut::Expr(x) = part {
            write_out(x, outputs);
        }
    });
    if let ExprKind::Output(position) = expr.kind
        && let Some((output, _)) = outputs.get(position as usize)
        && is_small(output)
    {
        *expr = output.clone();
    }
}

impl Printer<'_> {
    /// Names the sources and outputs of a SELECT and makes it the present level.
    pub(super) fn enter(&mut self, select: &Select, naming: Naming) {
        self.register(select);
        let qualified = self.style == Style::Compact
            || select.from.len() > 1
            || select.from.iter().any(|source| self.across.contains(&source.id));
        let taken = self.levels.iter().flat_map(|level| &level.sources).filter_map(|id| self.written.get(id));
        let mut taken: HashSet<String> = taken.map(|written| written.name.to_lowercase()).collect();
        for source in &select.from {
            let name = self.source_name(source, qualified, &taken);
            taken.insert(name.to_lowercase());
            if let Some(written) = self.written.get_mut(&source.id) {
                written.name = name;
            }
        }
        let names = self.output_names(select, naming == Naming::Inner);
        let outputs = select.items.iter().zip(names).map(|(item, (name, needed))| match naming {
            _ if item.alias.is_some() => Some(name),
            Naming::Given => None,
            Naming::Shown if self.style == Style::Compact => None,
            _ => needed.then_some(name),
        });
        let outputs = outputs.collect();
        let sources = select.from.iter().map(|source| source.id).collect();
        self.levels.push(Level { sources, qualified, outputs });
    }

    /// Notes the columns of each source of a SELECT.
    fn register(&mut self, select: &Select) {
        for source in &select.from {
            let columns = match &source.kind {
                SourceKind::Table(table) => self.catalog.table(*table).columns.iter().map(|c| c.name.clone()).collect(),
                SourceKind::Cte { name, columns } => {
                    let known = self.ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(name));
                    known.map_or_else(|| columns.clone(), |(_, columns)| columns.clone())
                }
                SourceKind::Derived { query, .. } => self.output_columns(query),
            };
            let written = self.written.entry(source.id);
            written.or_insert(WrittenSource { name: String::new(), columns: vec![] }).columns = columns;
        }
    }

    /// The names of a query's columns as an outer query will see them.
    fn output_columns(&mut self, query: &Query) -> Vec<String> {
        let outer = self.ctes.len();
        for cte in &query.with {
            let columns = self.cte_columns(cte);
            self.ctes.push((cte.name.clone(), columns));
        }
        let columns = match &query.body {
            Body::Select(select) => {
                self.register(select);
                self.output_names(select, true).into_iter().map(|(name, _)| name).collect()
            }
            Body::Set { left, .. } => self.output_columns(left),
            Body::Values(rows) => (1..=rows.first().map_or(0, Vec::len)).map(|i| format!("column{i}")).collect(),
        };
        self.ctes.truncate(outer);
        columns
    }

    /// The names of a CTE's columns.
    pub(super) fn cte_columns(&mut self, cte: &Cte) -> Vec<String> {
        if cte.columns_listed {
            let mut taken = cte.columns.iter().map(|name| name.to_lowercase()).collect();
            let mut used = HashSet::new();
            return cte.columns.iter().map(|name| told_apart(name, &mut used, &mut taken)).collect();
        }
        if cte.recursive {
            // Its own name is in scope within it; the first arm names the columns.
            self.ctes.push((cte.name.clone(), cte.columns.clone()));
            let columns = self.output_columns(&cte.query);
            self.ctes.pop();
            return columns;
        }
        self.output_columns(&cte.query)
    }

    /// Each output's name, and whether an alias must be written for it to have that name.
    fn output_names(&mut self, select: &Select, unique: bool) -> Vec<(String, bool)> {
        let given = select.items.iter().filter_map(|item| item.alias.clone());
        let mut taken: HashSet<String> = given.map(|name| name.to_lowercase()).collect();
        for item in &select.items {
            if item.alias.is_none() && matches!(item.expr.kind, ExprKind::Column { .. }) && !unique {
                taken.insert(self.describe(&item.expr, select).to_lowercase());
            }
        }
        let mut names = Vec::with_capacity(select.items.len());
        let mut used = HashSet::new();
        for (position, item) in select.items.iter().enumerate() {
            let plain = matches!(item.expr.kind, ExprKind::Column { .. });
            // A star that stands for nothing known can have no name.
            let star = item.from_star && matches!(item.expr.kind, ExprKind::Unknown(_));
            names.push(match &item.alias {
                // SQLite calls a subquery's column by its place where its alias is TRUE or FALSE.
                Some(alias) if unique && ["true", "false"].iter().any(|word| alias.eq_ignore_ascii_case(word)) => {
                    (told_apart(&format!("column{}", position + 1), &mut used, &mut taken), true)
                }
                Some(alias) if unique => (told_apart(alias, &mut used, &mut taken), true),
                Some(alias) => (alias.clone(), true),
                None if plain && !unique => (self.column_name(&item.expr), false),
                None => {
                    let wanted = match self.style {
                        _ if plain => self.column_name(&item.expr),
                        Style::Readable => self.beside_columns(&item.expr, select),
                        Style::Compact => format!("c{}", position + 1),
                    };
                    let name = free_name(&wanted, &taken);
                    taken.insert(name.to_lowercase());
                    let needed = !star && (!plain || name != wanted);
                    (name, needed)
                }
            });
        }
        names
    }

    /// A name for a computed output that is no column's, so that ORDER BY cannot mistake one for the other.
    fn beside_columns(&mut self, expr: &Expr, select: &Select) -> String {
        let name = self.describe(expr, select);
        let sources = select.from.iter().filter_map(|source| self.written.get(&source.id));
        let is_column = sources.flat_map(|written| &written.columns).any(|c| c.eq_ignore_ascii_case(&name));
        if is_column { format!("{name}_value") } else { name }
    }

    fn source_name(&self, source: &Source, qualified: bool, taken: &HashSet<String>) -> String {
        let (plain, is_cte) = match &source.kind {
            SourceKind::Table(table) => (self.catalog.table(*table).name.clone(), false),
            SourceKind::Cte { name, .. } => (name.clone(), true),
            SourceKind::Derived { .. } => ("sub".to_owned(), true),
        };
        if self.style == Style::Compact || is_cte {
            let chosen = source.alias.clone().filter(|_| self.style == Style::Readable).unwrap_or(plain);
            return free_name(&chosen, taken);
        }
        if !qualified {
            return plain;
        }
        match &source.alias {
            Some(alias) if !taken.contains(&alias.to_lowercase()) => alias.clone(),
            _ => short_alias(&plain, taken),
        }
    }

    fn column_name(&self, expr: &Expr) -> String {
        let ExprKind::Column { source, column } = expr.kind else { return String::new() };
        self.name_of_column(source, column)
    }

    fn name_of_column(&self, source: SourceId, column: u16) -> String {
        let known = self.written.get(&source).and_then(|written| written.columns.get(column as usize));
        known.cloned().unwrap_or_else(|| format!("column{}", column + 1))
    }

    /// A column with its qualifier, where one is needed.
    pub(super) fn column(&mut self, source: SourceId, column: u16) {
        let own = self.levels.last().is_some_and(|level| !level.qualified && level.sources.contains(&source));
        if !own {
            self.qualifier(source);
        }
        let name = self.name_of_column(source, column);
        self.push_name(&name);
    }

    fn qualifier(&mut self, source: SourceId) {
        let name = self.written.get(&source).map_or_else(String::new, |written| written.name.clone());
        if !name.is_empty() {
            self.push_name(&name);
            self.push(".");
        }
    }

    pub(super) fn row_id(&mut self, source: SourceId) {
        let single = self.levels.last().is_some_and(|level| !level.qualified && level.sources.contains(&source));
        if !single {
            self.qualifier(source);
        }
        self.push("rowid");
    }

    /// An output by its alias where that says which, else by its position.
    pub(super) fn output(&mut self, position: u16) {
        let target = self.target;
        let text = self.levels.last().and_then(|level| {
            let alias = level.outputs.get(position as usize)?.as_ref()?;
            let first = level.outputs.iter().flatten().find(|other| other.eq_ignore_ascii_case(alias))?;
            let unique = level.outputs.iter().flatten().filter(|o| o.eq_ignore_ascii_case(alias)).count() == 1;
            unique.then(|| dialect::name(first, target))
        });
        let text = text.unwrap_or_else(|| (position + 1).to_string());
        self.push(&text);
    }

    /// A whole term of ORDER BY or GROUP BY, where a bare name or number may mean an output.
    pub(super) fn term(&mut self, expr: &Expr, grouping: bool) {
        match &expr.kind {
            ExprKind::Output(position) if grouping && self.hides_column(*position) => {
                self.push(&(position + 1).to_string());
            }
            ExprKind::Literal(Literal { value: Value::Integer(whole), .. })
                if may_be_position(*whole) || self.target.dialect != Dialect::Sqlite =>
            {
                self.push("CAST(");
                self.expr(expr);
                self.push(" AS INTEGER)");
            }
            ExprKind::Column { source, column }
                if !grouping && self.is_hidden(&self.name_of_column(*source, *column)) =>
            {
                self.qualifier(*source);
                let name = self.name_of_column(*source, *column);
                self.push_name(&name);
            }
            _ => self.expr(expr),
        }
    }

    /// Whether an output's alias is also the name of a column, which GROUP BY would take first.
    fn hides_column(&self, position: u16) -> bool {
        let Some(level) = self.levels.last() else { return false };
        let Some(Some(alias)) = level.outputs.get(position as usize) else { return false };
        let columns = level.sources.iter().filter_map(|id| self.written.get(id)).flat_map(|written| &written.columns);
        columns.into_iter().any(|column| column.eq_ignore_ascii_case(alias))
    }

    /// Whether a written alias has this name, which ORDER BY would take before a column.
    fn is_hidden(&self, name: &str) -> bool {
        let outputs = self.levels.last().map(|level| &level.outputs);
        outputs.is_some_and(|outputs| outputs.iter().flatten().any(|alias| alias.eq_ignore_ascii_case(name)))
    }

    /// Whether the outputs are every column of every source in order, as `*` would give them.
    pub(super) fn is_whole_star(&self, select: &Select) -> bool {
        if self.style == Style::Compact || select.items.is_empty() {
            return false;
        }
        let aliased = self.levels.last().is_none_or(|level| level.outputs.iter().any(Option::is_some));
        let all = select.from.iter().flat_map(|source| {
            let count = self.written.get(&source.id).map_or(0, |written| written.columns.len());
            (0..count as u16).map(move |column| ExprKind::Column { source: source.id, column })
        });
        let starred = select.items.iter().all(|item| item.from_star);
        starred && !aliased && all.eq(select.items.iter().map(|item| item.expr.kind.clone()))
    }

    /// What ORDER BY after a set operation may call each output.
    pub(super) fn outputs_of_set(&mut self, first: &Query, naming: Naming) -> Vec<Option<String>> {
        match &first.body {
            Body::Select(select) => {
                self.enter(select, naming);
                let level = self.levels.pop();
                let aliases = level.map_or_else(Vec::new, |level| level.outputs);
                let single = select.from.len() == 1;
                let named = select.items.iter().zip(aliases).map(|(item, alias)| match item.expr.kind {
                    ExprKind::Column { source, column } if alias.is_none() && single => {
                        Some(self.name_of_column(source, column))
                    }
                    _ => alias,
                });
                named.collect()
            }
            Body::Set { left, .. } => self.outputs_of_set(left, naming),
            Body::Values(_) => vec![],
        }
    }

    /// A name for what an expression computes, in lower case: `total_budget`, `project_count`.
    fn describe(&mut self, expr: &Expr, select: &Select) -> String {
        let name = match &expr.kind {
            ExprKind::Column { source, column } => self.name_of_column(*source, *column),
            ExprKind::Call(call) => self.describe_call(call, select),
            ExprKind::Binary(left, op, right) => self.describe_binary(left, *op, right, select),
            ExprKind::Cast { operand, .. } | ExprKind::Collate(operand, _) => self.describe(operand, select),
            ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, operand) => self.describe(operand, select),
            ExprKind::Scalar(query) => match query.select() {
                Some(inner) if !inner.items.is_empty() => {
                    self.register(inner);
                    self.describe(&inner.items[0].expr, inner)
                }
                _ => "value".to_owned(),
            },
            ExprKind::Case { branches, .. } => {
                let text = |e: &Expr| matches!(&e.kind, ExprKind::Literal(l) if matches!(l.value, Value::Text(_)));
                if branches.iter().any(|(_, then)| text(then)) { "category" } else { "value" }.to_owned()
            }
            ExprKind::RowId(_) => "row_id".to_owned(),
            ExprKind::IsNull { .. } | ExprKind::Exists { .. } | ExprKind::InList { .. } => "is_so".to_owned(),
            _ => "value".to_owned(),
        };
        name.to_lowercase()
    }

    fn describe_call(&mut self, call: &Call, select: &Select) -> String {
        let of = match call.args.first() {
            Some(arg) => self.describe(arg, select),
            None => self.noun(select),
        };
        let name = match call.function.as_str() {
            "COUNT" => format!("{of}_count"),
            "SUM" | "TOTAL" if call.over.as_ref().is_some_and(|w| !w.order_by.is_empty()) => format!("running_{of}"),
            "SUM" if call.args.first().is_some_and(is_indicator) => "matching_count".to_owned(),
            "SUM" | "TOTAL" => format!("total_{of}"),
            "AVG" => format!("average_{of}"),
            "GROUP_CONCAT" | "STRING_AGG" => format!("{of}_list"),
            "LAG" => format!("previous_{of}"),
            "LEAD" => format!("next_{of}"),
            "ROUND" | "COALESCE" | "IFNULL" | "NULLIF" | "ABS" | "TRIM" | "IIF" => of,
            _ if call.args.is_empty() => call.function.clone(),
            function => format!("{function}_{of}"),
        };
        if name.len() > LONGEST_NAME { call.function.clone() } else { name }
    }

    fn describe_binary(&mut self, left: &Expr, op: BinaryOp, right: &Expr, select: &Select) -> String {
        let constant = |e: &Expr| matches!(e.kind, ExprKind::Literal(_));
        let hundred = |e: &Expr| matches!(&e.kind, ExprKind::Literal(l) if l.value == Value::Real(100.0) || l.value == Value::Integer(100));
        let ratio = |e: &Expr| matches!(&e.kind, ExprKind::Binary(a, BinaryOp::Mul, b) if hundred(a) || hundred(b));
        let (word, fallback) = match op {
            BinaryOp::Add => ("plus", "sum"),
            BinaryOp::Sub => ("minus", "difference"),
            BinaryOp::Mul if hundred(left) || hundred(right) => ("", "percent"),
            BinaryOp::Div if ratio(left) || ratio(right) => ("", "percent"),
            BinaryOp::Mul => ("times", "product"),
            BinaryOp::Div => ("per", "ratio"),
            BinaryOp::Concat => ("", "text"),
            _ => ("", "value"),
        };
        if word.is_empty() {
            return fallback.to_owned();
        }
        if constant(left) || constant(right) {
            return self.describe(if constant(left) { right } else { left }, select);
        }
        let name = format!("{}_{word}_{}", self.describe(left, select), self.describe(right, select));
        if name.len() > LONGEST_NAME { fallback.to_owned() } else { name }
    }

    /// What one row of a SELECT is called, from its only source: `PAC_MNT_PROJECTS` -> `project`.
    fn noun(&self, select: &Select) -> String {
        let name = match select.from.as_slice() {
            [Source { kind: SourceKind::Table(table), .. }] => self.catalog.table(*table).name.clone(),
            _ => return "row".to_owned(),
        };
        let word = last_word(&name);
        match word.strip_suffix("ies") {
            Some(stem) if stem.len() > 1 => format!("{stem}y"),
            _ if word.ends_with("ss") => word,
            _ => word.strip_suffix('s').map_or_else(|| word.clone(), str::to_owned),
        }
    }
}

/// `CASE WHEN … THEN 1 ELSE 0 END`.
fn is_indicator(expr: &Expr) -> bool {
    let one = |e: &Expr| matches!(&e.kind, ExprKind::Literal(l) if l.value == Value::Integer(1));
    matches!(&expr.kind, ExprKind::Case { branches, .. } if branches.iter().all(|(_, then)| one(then)))
}

fn last_word(name: &str) -> String {
    let word = name.rsplit(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    word.unwrap_or("row").to_lowercase()
}

/// The name itself where it is not `used`, else as SQLite numbers the columns of a derived table that share a name.
fn told_apart(name: &str, used: &mut HashSet<String>, taken: &mut HashSet<String>) -> String {
    if used.insert(name.to_lowercase()) {
        return name.to_owned();
    }
    let numbered = (1..).map(|n: usize| format!("{name}:{n}"));
    numbered.into_iter().find(|name| taken.insert(name.to_lowercase())).unwrap_or_default()
}

/// The name itself, or with the first number that makes it free.
fn free_name(wanted: &str, taken: &HashSet<String>) -> String {
    if !taken.contains(&wanted.to_lowercase()) {
        return wanted.to_owned();
    }
    let numbered = (2..).map(|n: usize| format!("{wanted}_{n}"));
    numbered.into_iter().find(|name| !taken.contains(&name.to_lowercase())).unwrap_or_default()
}

/// A short alias for a table: the first letter of its name's last word, else more letters, else a number.
fn short_alias(table: &str, taken: &HashSet<String>) -> String {
    let word: Vec<char> = last_word(table).chars().collect();
    let prefix = |count: usize| word.iter().take(count).collect::<String>();
    let initials = table.split(|c: char| !c.is_alphanumeric()).filter_map(|w| w.chars().next());
    let initials = initials.collect::<String>().to_lowercase();
    let letters = [prefix(1), prefix(2), initials, prefix(3)];
    let numbered = (2..).map(|n: usize| format!("{}{n}", prefix(1)));
    let usable = |name: &String| !needs_quotes(name) && !taken.contains(name);
    letters.into_iter().chain(numbered.take(1000)).find(usable).unwrap_or_else(|| free_name("t", taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_short_and_free() {
        let mut taken = HashSet::new();
        for (table, alias) in
            [("PAC_MNT_PROJECTS", "p"), ("SRM_COMPANIES", "c"), ("PROJSTAFF", "pr"), ("projects", "p2")]
        {
            if alias == "p2" {
                taken.extend(["pro".to_owned()]);
            }
            let found = short_alias(table, &taken);
            assert_eq!(found, alias);
            taken.insert(found);
        }
    }
}
