//! The catalog: tables, columns, types and keys of one database, as plain data.

use serde::{Deserialize, Serialize};

/// Position of a table in [`Catalog::tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableId(pub u16);

/// A column by the positions of its table and of itself within the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnId {
    /// The table that has the column.
    pub table: TableId,
    /// Position in [`Table::columns`].
    pub column: u16,
}

/// Position of a foreign key in [`Catalog::foreign_keys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForeignKeyId(pub u16);

/// Everything the product knows of a database's structure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Tables and views in the order they were declared.
    pub tables: Vec<Table>,
    /// Relationships between tables, declared or discovered.
    pub foreign_keys: Vec<ForeignKey>,
}

/// One table or view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The name as the catalog spells it.
    pub name: String,
    /// Columns in their declared order.
    pub columns: Vec<Column>,
    /// Positions of the primary key's columns; empty when there is none.
    pub primary_key: Vec<u16>,
    /// Declared with its column as `PRIMARY KEY DESC`: not even an INTEGER names the row id then, and NULLs are let in.
    #[serde(default)]
    pub key_descends: bool,
    /// Column positions of each further UNIQUE constraint.
    pub unique: Vec<Vec<u16>>,
    /// Column positions of each index, in index order.
    pub indexes: Vec<Vec<u16>>,
    /// Names of the indexes created for it, those over expressions and a part of the rows too.
    #[serde(default)]
    pub index_names: Vec<String>,
    /// Whether this is a view.
    pub is_view: bool,
    /// Declared `WITHOUT ROWID`.
    #[serde(default)]
    pub without_rowid: bool,
    /// The schema's own comment, if any.
    pub comment: Option<String>,
}

/// One column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The name as the catalog spells it.
    pub name: String,
    /// The declared type as written, e.g. `DECIMAL(15,2)`.
    pub declared: String,
    /// What the declared type means to us.
    pub ty: Type,
    /// Declared NOT NULL (or part of a primary key).
    pub not_null: bool,
    /// The declared default, as written.
    pub default: Option<String>,
    /// The schema's own comment, if any.
    pub comment: Option<String>,
}

/// The kinds of values that matter to a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Whole numbers.
    Integer,
    /// Decimal or floating numbers.
    Real,
    /// Character data.
    Text,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A moment, `YYYY-MM-DD HH:MM:SS`.
    Timestamp,
    /// True or false, stored as 1 or 0.
    Boolean,
    /// Bytes.
    Blob,
    /// No usable declaration.
    #[default]
    Unknown,
}

impl Type {
    /// Whether sums and averages make sense.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Integer | Type::Real)
    }

    /// Whether values are days or moments.
    pub fn is_temporal(self) -> bool {
        matches!(self, Type::Date | Type::Timestamp)
    }
}

/// A relationship: `from.columns` refer to `to.to_columns`, pairwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The referring (many) side.
    pub from: TableId,
    /// Column positions on the referring side.
    pub columns: Vec<u16>,
    /// The referred (one) side.
    pub to: TableId,
    /// Column positions on the referred side.
    pub to_columns: Vec<u16>,
    /// 1.0 when declared; below that when discovered from data.
    pub confidence: f32,
}

impl Catalog {
    /// The table with this id.
    ///
    /// # Panics
    /// When the id is from another catalog.
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0 as usize]
    }

    /// The column with this id.
    ///
    /// # Panics
    /// When the id is from another catalog.
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.table(id.table).columns[id.column as usize]
    }

    /// The foreign key with this id.
    ///
    /// # Panics
    /// When the id is from another catalog.
    pub fn foreign_key(&self, id: ForeignKeyId) -> &ForeignKey {
        &self.foreign_keys[id.0 as usize]
    }

    /// All table ids in order.
    pub fn table_ids(&self) -> impl Iterator<Item = TableId> + use<> {
        (0..self.tables.len() as u16).map(TableId)
    }

    /// All foreign-key ids in order.
    pub fn foreign_key_ids(&self) -> impl Iterator<Item = ForeignKeyId> + use<> {
        (0..self.foreign_keys.len() as u16).map(ForeignKeyId)
    }

    /// All columns of a table in order.
    pub fn columns_of(&self, table: TableId) -> impl Iterator<Item = ColumnId> + use<> {
        (0..self.table(table).columns.len() as u16).map(move |column| ColumnId { table, column })
    }

    /// The table with this name, letter case ignored (ASCII).
    pub fn find_table(&self, name: &str) -> Option<TableId> {
        self.tables.iter().position(|t| t.name.eq_ignore_ascii_case(name)).map(|i| TableId(i as u16))
    }

    /// The column with this name in a table, letter case ignored (ASCII).
    pub fn find_column(&self, table: TableId, name: &str) -> Option<ColumnId> {
        let position = self.table(table).columns.iter().position(|c| c.name.eq_ignore_ascii_case(name))?;
        Some(ColumnId { table, column: position as u16 })
    }

    /// The column written as `Table.Column`.
    pub fn find_qualified(&self, name: &str) -> Option<ColumnId> {
        let (table, column) = name.split_once('.')?;
        self.find_column(self.find_table(table)?, column)
    }

    /// `Table.Column` as the catalog spells it.
    pub fn qualified(&self, id: ColumnId) -> String {
        format!("{}.{}", self.table(id.table).name, self.column(id).name)
    }

    /// The referring and the referred column pairs of a foreign key.
    pub fn key_pairs(&self, id: ForeignKeyId) -> impl Iterator<Item = (ColumnId, ColumnId)> + '_ {
        let key = self.foreign_key(id);
        key.columns
            .iter()
            .zip(&key.to_columns)
            .map(move |(&a, &b)| (ColumnId { table: key.from, column: a }, ColumnId { table: key.to, column: b }))
    }

    /// The column that names a table's row id: its only key column, declared INTEGER to the letter, and not with `PRIMARY
    /// KEY DESC` beside it (SQLite, "ROWIDs and the INTEGER PRIMARY KEY").
    pub fn row_id_column(&self, table: TableId) -> Option<ColumnId> {
        let found = self.table(table);
        let [column] = *found.primary_key.as_slice() else { return None };
        let id = ColumnId { table, column };
        let is_named = self.column(id).declared.eq_ignore_ascii_case("INTEGER");
        (is_named && !found.without_rowid && !found.key_descends).then_some(id)
    }

    /// Whether these columns identify at most one row: they contain a primary key or a unique constraint.
    pub fn is_unique(&self, table: TableId, columns: &[u16]) -> bool {
        let t = self.table(table);
        let covers = |key: &[u16]| !key.is_empty() && key.iter().all(|c| columns.contains(c));
        covers(&t.primary_key) || t.unique.iter().any(|key| covers(key))
    }
}
