//! Queries that say things in a roundabout way: joins that add nothing, conditions that say nothing, DISTINCT, ORDER BY and
//! UNION without need, counts for EXISTS, functions around days; and near misses of all of these.

use std::collections::HashMap;

use database::{Database, Limits, run};
use schema::{Catalog, ColumnId, ForeignKeyId, TableId};
use sql::dialect::quote_name;
use sql::print::literal_text;
use sql::{Options, verify};

use crate::commands::bench::Even;

/// Values of a column that are kept.
const VALUES: usize = 12;

/// Some values of each column, as SQL.
pub(super) struct Samples(HashMap<ColumnId, Vec<String>>);

impl Samples {
    pub(super) fn of(database: &Database) -> Self {
        let catalog = database.catalog();
        let columns = catalog.table_ids().flat_map(|table| catalog.columns_of(table));
        let values = |column: ColumnId| {
            let [table, name] = [&catalog.table(column.table).name, &catalog.column(column).name].map(|n| quote_name(n));
            let sql = format!("SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT {VALUES}");
            let rows = verify(&sql, catalog, &Options::default()).ok().and_then(|q| run(database, &q, &Limits::default()).ok());
            let rows = rows.map(|rows| rows.rows).unwrap_or_default();
            rows.iter().flatten().map(literal_text).filter(|text| text.len() < 60).collect()
        };
        Samples(columns.map(|column| (column, values(column))).collect())
    }
}

/// A query drawn from a catalog.
pub(super) fn query(catalog: &Catalog, samples: &Samples, even: &mut Even) -> String {
    let mut pen = Pen { catalog, samples, even, aliases: 0 };
    match pen.even.below(8) {
        0 => pen.union(),
        1 => pen.derived(),
        2 => pen.cte(),
        3 => pen.grouped(),
        _ => pen.listing(),
    }
}

/// A use of a table.
#[derive(Clone)]
struct Use {
    alias: String,
    table: TableId,
}

struct Pen<'a> {
    catalog: &'a Catalog,
    samples: &'a Samples,
    even: &'a mut Even,
    aliases: usize,
}

impl Pen<'_> {
    fn chance(&mut self, of: usize) -> bool {
        self.even.below(of) == 0
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.even.below(all.len())).cloned()
    }

    fn new_use(&mut self, table: TableId) -> Use {
        self.aliases += 1;
        Use { alias: format!("a{}", self.aliases), table }
    }

    fn any_table(&mut self) -> TableId {
        TableId(self.even.below(self.catalog.tables.len()) as u16)
    }

    fn named(&self, of: &Use, column: u16) -> String {
        format!("{}.{}", of.alias, quote_name(&self.catalog.table(of.table).columns[usize::from(column)].name))
    }

    fn table_as(&self, of: &Use) -> String {
        format!("{} AS {}", quote_name(&self.catalog.table(of.table).name), of.alias)
    }

    fn column(&mut self, of: &Use) -> u16 {
        self.even.below(self.catalog.table(of.table).columns.len()) as u16
    }

    fn key(&self, of: &Use) -> Vec<u16> {
        self.catalog.table(of.table).primary_key.clone()
    }

    /// Keys that lead from a table, and keys that lead to it.
    fn keys_of(&self, table: TableId) -> Vec<ForeignKeyId> {
        let touches = |id: &ForeignKeyId| [self.catalog.foreign_key(*id).from, self.catalog.foreign_key(*id).to].contains(&table);
        self.catalog.foreign_key_ids().filter(touches).collect()
    }

    /// The other table of a key, and the columns that are equal: this table's, the other's.
    fn partner(&self, table: TableId, key: ForeignKeyId) -> (TableId, u16, u16) {
        let key = self.catalog.foreign_key(key);
        let (from, to) = (key.columns[0], key.to_columns[0]);
        if key.from == table { (key.to, from, to) } else { (key.from, to, from) }
    }

    /// FROM with joins, and the tables in it.
    fn from(&mut self) -> (String, Vec<Use>) {
        let table = self.any_table();
        let first = self.new_use(table);
        let (mut text, mut uses) = (self.table_as(&first), vec![first]);
        for _ in 0..self.even.below(3) {
            let Some(known) = self.pick(&uses) else { break };
            let own = self.new_use(known.table);
            let (other, on) = match self.pick(&self.keys_of(known.table)) {
                Some(key) if !self.chance(4) => {
                    let (table, a, b) = self.partner(known.table, key);
                    let other = Use { table, ..own };
                    let on = format!("{} = {}", self.named(&other, b), self.named(&known, a));
                    (other, on)
                }
                _ => {
                    let Some(column) = self.key(&known).first().copied() else { continue };
                    let on = format!("{} = {}", self.named(&own, column), self.named(&known, column));
                    (own, on)
                }
            };
            let join = self.pick(&["JOIN", "LEFT JOIN", "LEFT JOIN", "JOIN", "FULL JOIN"]).unwrap_or("JOIN");
            let more = if self.chance(5) { format!(" AND {}", self.condition(&other, 0)) } else { String::new() };
            text += &format!(" {join} {} ON {on}{more}", self.table_as(&other));
            uses.push(other);
        }
        (text, uses)
    }

    fn filter(&mut self, uses: &[Use]) -> String {
        let conditions: Vec<String> = (0..self.even.below(4))
            .filter_map(|_| {
                let of = self.pick(uses)?;
                Some(self.condition(&of, 2))
            })
            .collect();
        if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
    }

    fn value(&mut self, of: &Use, column: u16) -> String {
        let id = ColumnId { table: of.table, column };
        let known = self.samples.0.get(&id).cloned().unwrap_or_default();
        self.pick(&known).unwrap_or_else(|| "0".to_owned())
    }

    fn condition(&mut self, of: &Use, depth: usize) -> String {
        let column = self.column(of);
        let name = self.named(of, column);
        match self.even.below(if depth == 0 { 8 } else { 13 }) {
            0 => format!("{name} = {}", self.value(of, column)),
            1 => format!("{name} {} {}", self.pick(&["<", "<=", ">", ">=", "<>"]).unwrap_or("<"), self.value(of, column)),
            2 => {
                let values: Vec<String> = (0..2 + self.even.below(3)).map(|_| format!("{name} = {}", self.value(of, column))).collect();
                format!("({})", values.join(" OR "))
            }
            3 => self.pick(&["1 = 1", "1", "2 > 1", "0 = 1"]).unwrap_or("1").to_owned(),
            4 => format!("{name} IS {}NULL", if self.chance(2) { "NOT " } else { "" }),
            5 | 6 => self.of_day(of),
            7 => format!("{name} {}IN ({}, {})", if self.chance(3) { "NOT " } else { "" }, self.value(of, column), self.value(of, column)),
            8 => format!("({} OR {})", self.condition(of, depth - 1), self.condition(of, depth - 1)),
            9 => format!("NOT ({})", self.condition(of, depth - 1)),
            _ => self.asked(of, depth - 1),
        }
    }

    /// A condition on a part of a day, where the table has days.
    fn of_day(&mut self, of: &Use) -> String {
        let days = |column: &ColumnId| self.catalog.column(*column).ty.is_temporal();
        let days: Vec<u16> = self.catalog.columns_of(of.table).filter(days).map(|id| id.column).collect();
        let Some(column) = self.pick(&days) else { return "1 = 1".to_owned() };
        let day = self.named(of, column);
        let operator = self.pick(&["=", "=", "<", ">=", "<=", ">"]).unwrap_or("=");
        let year = 2022 + self.even.below(5);
        let month = 1 + self.even.below(12);
        match self.even.below(5) {
            0 => format!("STRFTIME('%Y', {day}) {operator} '{year}'"),
            1 => format!("STRFTIME('%Y-%m', {day}) {operator} '{year}-{month:02}'"),
            2 => format!("DATE({day}) {operator} '{year}-{month:02}-15'"),
            3 => format!("SUBSTR({day}, 1, 4) {operator} '{year}'"),
            _ => format!("STRFTIME('%Y', {day}) BETWEEN '{year}' AND '{}'", year + 1),
        }
    }

    /// A condition that asks another query.
    fn asked(&mut self, of: &Use, depth: usize) -> String {
        let keys = self.keys_of(of.table);
        let Some(key) = self.pick(&keys) else { return "1 = 1".to_owned() };
        let (table, own, theirs) = self.partner(of.table, key);
        let inner = self.new_use(table);
        let [own, theirs] = [self.named(of, own), self.named(&inner, theirs)];
        let source = self.table_as(&inner);
        let filter = if self.chance(3) { "1 = 1".to_owned() } else { self.condition(&inner, depth.min(1)) };
        let not = if self.chance(3) { "NOT " } else { "" };
        let distinct = if self.chance(3) { "DISTINCT " } else { "" };
        match self.even.below(4) {
            0 => format!("{not}EXISTS (SELECT {distinct}1 FROM {source} WHERE {theirs} = {own} AND {filter})"),
            1 => {
                let test = self.pick(&["> 0", "= 0", ">= 1", "< 1", "<> 0", "> 1"]).unwrap_or("> 0");
                format!("(SELECT COUNT(*) FROM {source} WHERE {theirs} = {own} AND {filter}) {test}")
            }
            2 => format!("{own} {not}IN (SELECT {distinct}{theirs} FROM {source} WHERE {filter})"),
            _ => format!("{own} {not}IN (SELECT {theirs} FROM {source} WHERE {filter} ORDER BY {theirs})"),
        }
    }

    /// Some columns, each with an alias; now and then the keys of all tables.
    fn outputs(&mut self, uses: &[Use]) -> Vec<String> {
        let mut names = vec![];
        for of in uses {
            if self.chance(2) {
                names.extend(self.key(of).iter().map(|column| self.named(of, *column)));
            }
        }
        for _ in 0..1 + self.even.below(3) {
            if let Some(of) = self.pick(uses) {
                let column = self.column(&of);
                names.push(self.named(&of, column));
            }
        }
        names.dedup();
        names
    }

    fn listed(names: &[String]) -> String {
        let named: Vec<String> = names.iter().enumerate().map(|(i, name)| format!("{name} AS o{i}")).collect();
        named.join(", ")
    }

    fn select(&mut self) -> (String, usize) {
        let (from, uses) = self.from();
        let names = self.outputs(&uses);
        let distinct = if self.chance(2) { "DISTINCT " } else { "" };
        let filter = self.filter(&uses);
        (format!("SELECT {distinct}{} FROM {from}{filter}", Self::listed(&names)), names.len())
    }

    fn listing(&mut self) -> String {
        if self.chance(8) {
            let (from, uses) = self.from();
            return format!("SELECT * FROM {from}{}", self.filter(&uses));
        }
        let (select, _) = self.select();
        let order = if self.chance(3) { " ORDER BY o0" } else { "" };
        format!("{select}{order}")
    }

    fn grouped(&mut self) -> String {
        let (from, uses) = self.from();
        let Some(of) = self.pick(&uses) else { return "SELECT 1".to_owned() };
        let column = self.column(&of);
        let key = self.named(&of, column);
        let having = match self.even.below(4) {
            0 => format!(" HAVING {key} > {}", self.value(&of, column)),
            1 => format!(" HAVING {key} IS NOT NULL AND COUNT(*) > 1"),
            2 => " HAVING COUNT(*) > 1".to_owned(),
            _ => String::new(),
        };
        let distinct = if self.chance(3) { "DISTINCT " } else { "" };
        let filter = self.filter(&uses);
        format!("SELECT {distinct}{key} AS o0, COUNT(*) AS o1 FROM {from}{filter} GROUP BY {key}{having}")
    }

    /// A condition on the first output of a query that is read as `q`.
    fn outer(&mut self) -> &'static str {
        self.pick(&["q.o0 IS NOT NULL", "q.o0 > 'M'", "q.o0 > 10", "q.o0 = 'Active' OR q.o0 = 'Open'", "q.o0 <> 3"]).unwrap_or("1")
    }

    fn inner(&mut self) -> String {
        let inner = if self.chance(3) { self.grouped() } else { self.select().0 };
        if self.chance(3) { format!("{inner} ORDER BY o0") } else { inner }
    }

    fn derived(&mut self) -> String {
        let inner = self.inner();
        let shown = self.pick(&["q.o0", "*", "q.o0, COUNT(*)"]).unwrap_or("*");
        let group = if shown.contains("COUNT") { " GROUP BY q.o0" } else { "" };
        format!("SELECT {shown} FROM ({inner}) AS q WHERE {}{group}", self.outer())
    }

    fn cte(&mut self) -> String {
        let inner = self.inner();
        let both = if self.chance(3) { " JOIN c AS r ON r.o0 = q.o0" } else { "" };
        format!("WITH c AS ({inner}) SELECT q.o0 FROM c AS q{both} WHERE {}", self.outer())
    }

    fn union(&mut self) -> String {
        let (from, uses) = self.from();
        let names = self.outputs(&uses);
        let (filter, other) = (self.filter(&uses), self.filter(&uses));
        let tags = if self.chance(3) { ["'a'", "'a'"] } else { ["'a'", "'b'"] };
        let distinct = if self.chance(2) { "DISTINCT " } else { "" };
        let arm = |tag: &str, filter: &str| format!("SELECT {distinct}{}, {tag} AS tag FROM {from}{filter}", Self::listed(&names));
        let order = if self.chance(3) { " ORDER BY 1" } else { "" };
        format!("{} UNION {}{order}", arm(tags[0], &filter), arm(tags[1], &other))
    }
}
