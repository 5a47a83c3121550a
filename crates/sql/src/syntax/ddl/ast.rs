//! Statements that define tables, indexes, views and triggers, as they were written. They hold their own texts, so that they
//! outlive the script they were read from.

use crate::dialect::Dialect;
use crate::syntax::ast::Name;
use crate::tree::Span;

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    /// What in it not every engine knows.
    pub(crate) special: Vec<Special>,
}

/// A form that only some engines have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Special {
    pub(crate) span: Span,
    pub(crate) what: &'static str,
    pub(crate) known_to: &'static [Dialect],
}

#[derive(Debug, Clone)]
pub(crate) enum StatementKind {
    CreateTable(CreateTable),
    CreateIndex(CreateIndex),
    CreateView(CreateView),
    CreateTrigger(CreateTrigger),
    AlterTable(AlterTable),
    Drop(Drop),
}

/// An expression, a type or a query: its text on one line, and where it stood.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct CreateTable {
    pub(crate) temporary: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) name: Name,
    pub(crate) columns: Vec<ColumnDefinition>,
    pub(crate) constraints: Vec<TableConstraint>,
    /// `WITHOUT ROWID, STRICT`, `ENGINE=InnoDB`.
    pub(crate) options: String,
    /// The query of CREATE TABLE … AS.
    pub(crate) query: Option<Piece>,
}

#[derive(Debug, Clone)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: Name,
    /// The declared type, if any.
    pub(crate) ty: Option<Piece>,
    pub(crate) constraints: Vec<ColumnConstraint>,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct ColumnConstraint {
    pub(crate) name: Option<Name>,
    pub(crate) kind: ColumnRule,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum ColumnRule {
    /// `ASC`, `DESC`, `ON CONFLICT …` stand in the text.
    PrimaryKey {
        autoincrement: bool,
        rest: String,
    },
    NotNull(String),
    Null,
    Unique(String),
    Check(Piece),
    Default(Piece),
    Collate(Name),
    References(Reference),
    Generated {
        value: Piece,
        stored: bool,
    },
    /// `AUTO_INCREMENT`, `GENERATED … AS IDENTITY`, `COMMENT '…'`, `ON UPDATE …`.
    Other(String),
}

/// `t (a, b) ON DELETE …`, after REFERENCES.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) table: Name,
    pub(crate) columns: Vec<Name>,
    pub(crate) actions: String,
}

#[derive(Debug, Clone)]
pub(crate) struct TableConstraint {
    pub(crate) name: Option<Name>,
    pub(crate) kind: TableRule,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum TableRule {
    PrimaryKey(Vec<Term>, String),
    Unique(Vec<Term>, String),
    Check(Piece),
    ForeignKey(Vec<Name>, Reference),
    /// MySQL's `KEY name (…)`.
    Index(Option<Name>, Vec<Term>),
}

/// One term of an index or a key.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) expr: Piece,
    /// The column, where the term is one.
    pub(crate) column: Option<Name>,
    /// `DESC`, `NULLS LAST`, an operator class.
    pub(crate) rest: String,
}

#[derive(Debug, Clone)]
pub(crate) struct CreateIndex {
    pub(crate) unique: bool,
    /// Whether writers of the table go on meanwhile (PostgreSQL).
    pub(crate) concurrently: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) name: Option<Name>,
    pub(crate) table: Name,
    /// `USING gin`.
    pub(crate) method: Option<Name>,
    pub(crate) terms: Vec<Term>,
    pub(crate) filter: Option<Piece>,
}

#[derive(Debug, Clone)]
pub(crate) struct CreateView {
    pub(crate) replace: bool,
    pub(crate) temporary: bool,
    pub(crate) materialized: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
    pub(crate) query: Piece,
}

/// A trigger; what it does is not looked into.
#[derive(Debug, Clone)]
pub(crate) struct CreateTrigger {
    pub(crate) if_not_exists: bool,
    pub(crate) name: Name,
    pub(crate) table: Name,
    /// Whether it stands in for the change itself, which only a view can want.
    pub(crate) instead: bool,
    /// All of the statement as written.
    pub(crate) text: String,
}

#[derive(Debug, Clone)]
pub(crate) struct AlterTable {
    pub(crate) if_exists: bool,
    pub(crate) table: Name,
    pub(crate) changes: Vec<Change>,
}

#[derive(Debug, Clone)]
/// One change of a table.
pub(crate) enum Change {
    AddColumn {
        column: ColumnDefinition,
        if_not_exists: bool,
    },
    AddConstraint(TableConstraint),
    DropColumn {
        column: Name,
        if_exists: bool,
        cascade: bool,
    },
    DropConstraint {
        name: Name,
        cascade: bool,
    },
    RenameTo(Name),
    RenameColumn {
        from: Name,
        to: Name,
    },
    SetType {
        column: Name,
        ty: Piece,
        rest: String,
    },
    SetNotNull(Name),
    DropNotNull(Name),
    SetDefault(Name, Piece),
    DropDefault(Name),
    /// MySQL's MODIFY.
    Redefine(ColumnDefinition),
}

/// What can be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectKind {
    Table,
    View,
    Index,
    Trigger,
}

#[derive(Debug, Clone)]
pub(crate) struct Drop {
    pub(crate) object: ObjectKind,
    pub(crate) materialized: bool,
    /// Whether writers of an index's table go on meanwhile (PostgreSQL).
    pub(crate) concurrently: bool,
    pub(crate) if_exists: bool,
    pub(crate) names: Vec<Name>,
    /// The table of MySQL's `DROP INDEX i ON t`.
    pub(crate) on: Option<Name>,
    pub(crate) cascade: bool,
}

impl ObjectKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            ObjectKind::Table => "TABLE",
            ObjectKind::View => "VIEW",
            ObjectKind::Index => "INDEX",
            ObjectKind::Trigger => "TRIGGER",
        }
    }

    pub(crate) fn noun(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::View => "view",
            ObjectKind::Index => "index",
            ObjectKind::Trigger => "trigger",
        }
    }
}

impl ColumnDefinition {
    /// The first thing that a constraint of the column says, where one says it.
    pub(crate) fn find<T>(&self, pick: impl Fn(&ColumnRule) -> Option<T>) -> Option<T> {
        self.constraints.iter().find_map(|constraint| pick(&constraint.kind))
    }

    pub(crate) fn is_not_null(&self) -> bool {
        self.constraints.iter().any(|c| matches!(c.kind, ColumnRule::NotNull(_)))
    }

    pub(crate) fn declared(&self) -> &str {
        self.ty.as_ref().map_or("", |ty| &ty.text)
    }

    pub(crate) fn default(&self) -> Option<Piece> {
        self.find(|rule| if let ColumnRule::Default(value) = rule { Some(value.clone()) } else { None })
    }
}
