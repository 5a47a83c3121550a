//! The parts that a scene is put together from: values and conditions, each with its SQL and its words.

use schema::{ColumnId, TableId};

use super::super::meaning::Filter;
use super::super::shapes::draft::Thing;
use super::super::shapes::pen::Pen;

/// Words of a part: a group of `phrases.toml`, and what its patterns name.
#[derive(Debug, Clone)]
pub struct Phrase {
    /// The group.
    pub kind: &'static str,
    /// What its patterns name.
    pub things: Vec<(&'static str, Thing)>,
}

impl Phrase {
    /// A phrase without names as yet.
    pub fn new(kind: &'static str) -> Self {
        Phrase { kind, things: vec![] }
    }

    /// Names something.
    pub fn with(mut self, name: &'static str, thing: Thing) -> Self {
        self.things.push((name, thing));
        self
    }

    /// The phrase as a thing that others name.
    pub fn thing(self) -> Thing {
        Thing::Phrase(Box::new(self))
    }
}

/// Words of a condition.
#[derive(Debug, Clone)]
pub enum Told {
    /// A filter of the simple questions.
    Filter(Filter),
    /// A phrase with the positions `after` and `does`.
    Phrase(Phrase),
}

/// A condition on rows or groups.
#[derive(Debug, Clone)]
pub struct Cond {
    /// Its SQL over the aliases of its frame.
    pub sql: String,
    /// Its words.
    pub told: Told,
}

impl Cond {
    /// A condition with words of its own.
    pub fn new(sql: String, phrase: Phrase) -> Self {
        Cond { sql, told: Told::Phrase(phrase) }
    }
}

/// What a value is: this decides how it is ordered by, totalled and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Money or another quantity.
    Amount,
    /// A percentage or ratio.
    Percent,
    /// Days.
    Days,
    /// A number of rows.
    Count,
    /// A day.
    Date,
    /// Text.
    Text,
    /// A place in an order.
    Rank,
}

/// What a value may be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Near {
    /// A number near those of a column, times a factor.
    Column(ColumnId, f64),
    /// A percentage.
    Percent,
    /// A ratio or factor, a small number.
    Few,
    /// A number of days.
    Days,
    /// Nothing.
    Nothing,
}

/// A value of a row or of a group.
#[derive(Debug, Clone)]
pub struct Val {
    /// Its SQL over the aliases of its frame.
    pub sql: String,
    /// Its words.
    pub thing: Thing,
    /// What it is.
    pub nature: Nature,
    /// What it may be compared with.
    pub near: Near,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// What must be known for it to be known; itself where that is a column.
    pub of: Vec<String>,
    /// Whether it looks at other rows listed, so that no condition can hold it.
    pub window: bool,
}

impl Val {
    /// A value with words of its own.
    pub fn new(sql: String, thing: Thing, (nature, near): (Nature, Near)) -> Self {
        Val { sql, thing, nature, near, nullable: false, of: vec![], window: false }
    }

    /// Is computed of these columns.
    pub fn of(self, columns: &[&String]) -> Self {
        Val { of: columns.iter().map(|c| (*c).clone()).collect(), ..self }
    }

    /// Conditions under which it is known.
    pub fn known(&self) -> Vec<Cond> {
        let of = if self.of.is_empty() { std::slice::from_ref(&self.sql) } else { &self.of };
        of.iter().map(|c| Cond::new(format!("{c} IS NOT NULL"), Phrase::new("silent"))).collect()
    }

    /// May be lacking.
    pub fn nullable(self) -> Self {
        Val { nullable: true, ..self }
    }

    /// Looks at other rows.
    pub fn over_rows(self) -> Self {
        Val { window: true, ..self }
    }

    /// Whether it is a number that tells more from less.
    pub fn is_number(&self) -> bool {
        !matches!(self.nature, Nature::Date | Nature::Text)
    }

    /// A number to compare it with, and its unit.
    pub fn threshold(&self, pen: &mut Pen<'_, '_>) -> Option<(i64, Option<String>)> {
        match self.near {
            Near::Column(column, factor) => {
                let unit = pen.world.glossary.column(pen.world.catalog, column).and_then(|c| c.unit.clone());
                Some((pen.near(column, factor)?, unit))
            }
            Near::Percent => Some((*pen.dice.pick(&[5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90])?, percent())),
            Near::Few => Some((*pen.dice.pick(&[2, 2, 3, 3, 4, 5, 6, 8, 10])?, None)),
            Near::Days => Some((*pen.dice.pick(&[7, 10, 14, 21, 30, 45, 60, 90, 100, 120, 180, 200, 365, 400])?, None)),
            Near::Nothing => None,
        }
    }
}

/// The unit of percentages.
pub fn percent() -> Option<String> {
    Some("percent".to_owned())
}

/// What stands at the head of a question.
#[derive(Debug, Clone)]
pub struct Lead {
    /// The position of its patterns in the group `lead`.
    pub position: &'static str,
    /// What they name.
    pub things: Vec<(&'static str, Thing)>,
}

/// A whole question before it is worded.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its kind, as it is counted.
    pub kind: &'static str,
    /// What answers it.
    pub sql: String,
    /// Whether it asks for an order.
    pub ordered: bool,
    /// The table whose rows it speaks of.
    pub table: TableId,
    /// What narrows them.
    pub conds: Vec<Told>,
    /// What stands at its head.
    pub lead: Lead,
    /// The columns where they are listed one by one.
    pub cols: Option<Vec<Thing>>,
    /// What is said behind: groups left out, order, number of lines.
    pub notes: Vec<Phrase>,
}
