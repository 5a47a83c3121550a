//! Drawing the parts of a question: tables, columns, rows and what groups them, by their roles alone.

use schema::{ColumnId, ForeignKeyId, Role, TableId, Type, Value};
use sql::tree::{BinaryOp, SlotPart};

use super::super::dice::Dice;
use super::super::meaning::{Filter, Function, Measure, When};
use super::super::sample;
use super::super::surface::{self, Period};
use super::super::world::World;
use super::draft::{Dim, Rows, Thing, Total};
use super::text::{literal, quoted};

/// A world and the choices made over it.
pub struct Pen<'a, 'w> {
    /// Words and values.
    pub world: &'a World<'w>,
    /// The choices.
    pub dice: &'a mut Dice,
}

impl Pen<'_, '_> {
    // --- tables and columns ---

    /// A table that people ask about and that fits.
    pub fn table(&mut self, fits: impl Fn(&Self, TableId) -> bool) -> Option<TableId> {
        let world = self.world;
        let known = world.catalog.table_ids().filter(|&t| world.glossary.table(world.catalog, t).is_some());
        let tables: Vec<TableId> = known.filter(|&t| fits(self, t)).collect();
        let weights: Vec<f64> = tables.iter().map(|&t| if world.is_core(t) { 1.0 } else { 0.3 }).collect();
        tables.get(self.dice.weighted(&weights)).copied()
    }

    /// Columns with one of the roles; time stamps of the record itself are left out.
    pub fn columns(&self, table: TableId, roles: &[Role]) -> Vec<ColumnId> {
        let mut found = self.world.columns(table, |r| roles.contains(&r));
        found.retain(|&c| self.world.ty(c) != Type::Timestamp);
        found
    }

    /// One such column.
    pub fn column(&mut self, table: TableId, roles: &[Role]) -> Option<ColumnId> {
        let columns = self.columns(table, roles);
        self.dice.pick(&columns).copied()
    }

    /// Amounts that may be summed: no price per unit.
    pub fn amounts(&self, table: TableId) -> Vec<ColumnId> {
        let mut found = self.columns(table, &[Role::Measure]);
        let name = |c: &ColumnId| self.world.catalog.column(*c).name.to_ascii_lowercase();
        found.retain(|c| !name(c).contains("rate") && !name(c).contains("priority"));
        found
    }

    /// One amount.
    pub fn amount(&mut self, table: TableId) -> Option<ColumnId> {
        let amounts = self.amounts(table);
        self.dice.pick(&amounts).copied()
    }

    /// Two different amounts.
    pub fn two_amounts(&mut self, table: TableId) -> Option<(ColumnId, ColumnId)> {
        let mut amounts = self.amounts(table);
        self.dice.shuffle(&mut amounts);
        amounts.get(1).map(|&second| (amounts[0], second))
    }

    /// A number of any kind.
    pub fn number(&mut self, table: TableId) -> Option<ColumnId> {
        self.column(table, &[Role::Measure, Role::Percent])
    }

    /// A day.
    pub fn date(&mut self, table: TableId) -> Option<ColumnId> {
        self.column(table, &[Role::Date])
    }

    /// Two dates of one row, the earlier one first, as their names and order in the table say.
    pub fn two_dates(&mut self, table: TableId) -> Option<(ColumnId, ColumnId)> {
        let dates = self.columns(table, &[Role::Date]);
        (dates.len() >= 2).then(|| (dates[0], dates[1]))
    }

    /// A column with few values.
    pub fn category(&mut self, table: TableId) -> Option<ColumnId> {
        self.column(table, &[Role::Dimension, Role::Status])
    }

    /// A column that rows are known by.
    pub fn name(&mut self, table: TableId) -> Option<ColumnId> {
        self.column(table, &[Role::Name])
    }

    /// What rows are grouped by.
    pub fn dim(&mut self, table: TableId) -> Option<Dim> {
        let parents = self.world.parents(table);
        match self.dice.weighted(&[0.55, 0.33, 0.12]) {
            1 if !parents.is_empty() => self.dice.pick(&parents).map(|&key| Dim::Parent(key)),
            2 if !parents.is_empty() => {
                let key = *self.dice.pick(&parents)?;
                let column = self.category(self.world.catalog.foreign_key(key).to)?;
                Some(Dim::ParentColumn(key, column))
            }
            _ => self.category(table).map(Dim::Own),
        }
    }

    /// A total, or a count.
    pub fn total(&mut self, table: TableId) -> Total {
        let count = Total { function: Function::Count, of: None };
        let amount = if self.dice.chance(0.65) { self.amount(table) } else { None };
        match amount {
            Some(of) => {
                let function = [Function::Sum, Function::Avg, Function::Max][self.dice.weighted(&[0.7, 0.22, 0.08])];
                Total { function, of: Some(of) }
            }
            None => count,
        }
    }

    /// A sum or a count: what may be summed up again.
    pub fn additive(&mut self, table: TableId) -> Total {
        let amount = if self.dice.chance(0.7) { self.amount(table) } else { None };
        match amount {
            Some(of) => Total { function: Function::Sum, of: Some(of) },
            None => Total { function: Function::Count, of: None },
        }
    }

    /// The foreign key of a child table, with its first column.
    pub fn child(&mut self, parent: TableId) -> Option<ForeignKeyId> {
        let children = self.world.children(parent);
        self.dice.pick(&children).copied()
    }

    /// The columns of a key: in the referring table, and in the referred.
    pub fn key(&self, key: ForeignKeyId) -> Option<(ColumnId, ColumnId)> {
        self.world.catalog.key_pairs(key).next()
    }

    // --- rows ---

    /// Rows under up to `most` conditions on their own columns.
    pub fn rows(&mut self, table: TableId, most: usize) -> Rows {
        let n = if most == 0 { 0 } else { self.dice.weighted(&[0.55, 0.38, 0.07]).min(most) };
        let mut rows = Rows::all(table);
        for _ in 0..n * 3 {
            if rows.filters.len() >= n {
                break;
            }
            let drawn = sample::some_filters(self.world, table, self.dice);
            rows.filters.extend(drawn.into_iter().filter(|f| self.condition(f, "t").is_some()).take(1));
        }
        rows.filters.truncate(1 + n / 2);
        if n == 0 {
            rows.filters.clear();
        }
        rows
    }

    /// A condition on the rows of a table; mostly a value.
    pub fn some_condition(&mut self, table: TableId) -> Option<Filter> {
        for _ in 0..8 {
            let drawn = sample::some_filters(self.world, table, self.dice);
            let fits = |f: &Filter| self.condition(f, "t").is_some() && !matches!(f, Filter::Text { .. });
            if let Some(filter) = drawn.into_iter().find(fits) {
                return Some(filter);
            }
        }
        None
    }

    /// Different stored values of a column.
    pub fn values(&mut self, column: ColumnId, n: usize) -> Option<Vec<String>> {
        let known = self.world.samples.get(&column).into_iter().flatten();
        let text = |v: &Value| if let Value::Text(t) = v { Some(t.clone()) } else { None };
        let mut known: Vec<String> = known.filter_map(text).filter(|t| !t.is_empty() && t.len() < 50).collect();
        self.dice.shuffle(&mut known);
        known.truncate(n);
        (known.len() == n).then_some(known)
    }

    /// A round number near what a column holds.
    pub fn near(&mut self, column: ColumnId, factor: f64) -> Option<i64> {
        let known = self.world.samples.get(&column)?.clone();
        let value = self.dice.pick(&known)?.clone();
        match surface::round_number(&value, factor, self.dice) {
            Value::Integer(n) if n > 0 => Some(n),
            _ => None,
        }
    }

    /// A small number.
    pub fn few(&mut self) -> i64 {
        *self.dice.pick(&[2, 3, 3, 3, 4, 5, 5, 10]).unwrap_or(&3)
    }

    /// A year in which a date column has values, as its first day, the first day after, and its words.
    pub fn year(&mut self, date: ColumnId) -> Option<(String, String, String)> {
        let known = self.world.samples.get(&date)?;
        let text = |v: &Value| if let Value::Text(t) = v { t.get(..4)?.parse::<i64>().ok() } else { None };
        let years: Vec<i64> = known.iter().filter_map(text).collect();
        let year = *self.dice.pick(&years)?;
        Some((format!("{year}-01-01"), format!("{}-01-01", year + 1), year.to_string()))
    }

    /// A year, quarter or month in words.
    pub fn period(&mut self, date: ColumnId) -> Option<Period> {
        (0..8).find_map(|_| surface::period(self.world, date, self.dice).filter(|p| p.start != p.end))
    }

    // --- SQL ---

    /// A qualified column.
    pub fn col(&self, alias: &str, column: ColumnId) -> String {
        format!("{alias}.{}", quoted(&self.world.catalog.column(column).name))
    }

    /// A table under an alias.
    pub fn from(&self, table: TableId, alias: &str) -> String {
        format!("{} AS {alias}", quoted(&self.world.catalog.table(table).name))
    }

    /// A join from the referring table to the referred one.
    pub fn join_up(&self, key: ForeignKeyId, from: &str, to: &str) -> String {
        let table = self.from(self.world.catalog.foreign_key(key).to, to);
        format!(" JOIN {table} ON {}", self.tie(key, from, to))
    }

    /// The condition of a key.
    pub fn tie(&self, key: ForeignKeyId, from: &str, to: &str) -> String {
        let pairs = self.world.catalog.key_pairs(key);
        let ties = pairs.map(|(a, b)| format!("{} = {}", self.col(from, a), self.col(to, b)));
        ties.collect::<Vec<_>>().join(" AND ")
    }

    /// The display columns of a table.
    pub fn display(&self, table: TableId, alias: &str) -> Vec<String> {
        self.shown(table).into_iter().map(|c| self.col(alias, c)).collect()
    }

    /// The display columns of a table.
    pub fn shown(&self, table: TableId) -> Vec<ColumnId> {
        self.world.glossary.display(self.world.catalog, table)
    }

    /// The display columns without those that are shown beside them.
    pub fn shown_without(&self, table: TableId, others: &[ColumnId]) -> Vec<ColumnId> {
        let mut shown = self.shown(table);
        shown.retain(|c| !others.contains(c));
        shown
    }

    /// Whether a word is a value of some column with few of them: a label must not be one.
    pub fn is_value(&self, word: &str) -> bool {
        let is_word = |v: &Value| matches!(v, Value::Text(t) if t.eq_ignore_ascii_case(word));
        let closed = |c: &ColumnId| matches!(self.world.role(*c), Role::Status | Role::Dimension | Role::Code);
        let stored = self.world.samples.iter().filter(|(c, _)| closed(c)).any(|(_, values)| values.iter().any(is_word));
        let mut synonyms = self.world.glossary.values.values().flat_map(|v| v.values()).flatten();
        stored || synonyms.any(|s| s.eq_ignore_ascii_case(word))
    }

    /// The display columns as things to name.
    pub fn shown_things(&self, table: TableId) -> Vec<Thing> {
        self.shown(table).into_iter().map(Thing::Column).collect()
    }

    /// The first column of the primary key.
    pub fn id(&self, table: TableId) -> ColumnId {
        let column = self.world.catalog.table(table).primary_key.first().copied().unwrap_or(0);
        ColumnId { table, column }
    }

    /// A condition on a table's own columns as SQL; none for the kinds that need other rows.
    pub fn condition(&self, filter: &Filter, alias: &str) -> Option<String> {
        let own = |measure: &Measure| match measure {
            Measure::Column(column) => Some(self.col(alias, *column)),
            Measure::Named(_) => None,
        };
        Some(match filter {
            Filter::Value { column, values, negated } => value_condition(&self.col(alias, *column), values, *negated),
            Filter::Number { measure, op, value } => format!("{} {} {}", own(measure)?, operator(*op), number(value)?),
            Filter::Between { measure, low, high } => {
                format!("{} BETWEEN {} AND {}", own(measure)?, number(low)?, number(high)?)
            }
            Filter::When { column, how, start, end, .. } => when(&self.col(alias, *column), *how, start, end),
            Filter::Missing { column, negated } => {
                format!("{} IS {}NULL", self.col(alias, *column), if *negated { "NOT " } else { "" })
            }
            Filter::Columns { left, right, above } => {
                let op = if *above { ">" } else { "<" };
                format!("{} {op} {}", self.col(alias, *left), self.col(alias, *right))
            }
            Filter::Flag { column, yes } => format!("{} = {}", self.col(alias, *column), i32::from(*yes)),
            Filter::Named(index) => self.named(*index, alias)?,
            Filter::Text { column, text, part } => {
                let pattern = match part {
                    SlotPart::Prefix => format!("{text}%"),
                    SlotPart::Suffix => format!("%{text}"),
                    _ => format!("%{text}%"),
                };
                format!("{} LIKE {}", self.col(alias, *column), literal(&pattern))
            }
            _ => return None,
        })
    }

    fn named(&self, index: usize, alias: &str) -> Option<String> {
        let named = self.world.conditions.get(index)?;
        let sql = &self.world.glossary.conditions.get(&named.key)?.sql;
        let sql = sql.replace(":today", &literal(&self.world.today.to_string()));
        let table = &self.world.catalog.table(named.table).name;
        Some(format!("({})", sql.replace(&format!("{table}."), &format!("{alias}."))))
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        _ => "=",
    }
}

fn number(value: &Value) -> Option<String> {
    match value {
        Value::Integer(n) => Some(n.to_string()),
        Value::Real(r) => Some(format!("{r:?}")),
        _ => None,
    }
}

fn value_condition(column: &str, values: &[String], negated: bool) -> String {
    match values {
        [one] => format!("{column} {} {}", if negated { "<>" } else { "=" }, literal(one)),
        many => {
            let list: Vec<String> = many.iter().map(|v| literal(v)).collect();
            format!("{column} {}IN ({})", if negated { "NOT " } else { "" }, list.join(", "))
        }
    }
}

fn when(column: &str, how: When, start: &str, end: &str) -> String {
    let (op, day) = match (how, start == end) {
        (When::In, false) => return super::text::within(column, start, end),
        (When::In | When::On, _) => ("=", start),
        (When::After, true) => (">", start),
        (When::After, false) => (">=", end),
        (When::Since, _) => (">=", start),
        (When::Before, _) => ("<", start),
        (When::Until, true) => ("<=", start),
        (When::Until, false) => ("<", end),
    };
    format!("{column} {op} {}", literal(day))
}
