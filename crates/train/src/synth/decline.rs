//! Questions that must not be answered: what the schema does not hold, what is too vague, changes to data, chatter.

use schema::{Role, TableId, Value};

use super::dice::Dice;
use super::pattern::{Family, fill};
use super::surface;
use super::world::World;
use crate::example::Intent;

/// Groups of patterns, what they stand for, and how often each is drawn.
const KINDS: [(&str, Intent, f64); 7] = [
    ("unknown", Intent::Unanswerable, 0.18),
    ("absent", Intent::Unanswerable, 0.16),
    ("foreign", Intent::Unanswerable, 0.06),
    ("beyond", Intent::Unanswerable, 0.08),
    ("write", Intent::Write, 0.28),
    ("vague", Intent::Ambiguous, 0.16),
    ("chat", Intent::Chat, 0.08),
];

/// A question that must not be answered, and why.
pub fn question(
    world: &World<'_>,
    rows: &dyn Fn(TableId, &mut Dice) -> Option<String>,
    dice: &mut Dice,
) -> Option<(String, Intent, Family)> {
    let (group, intent, _) = KINDS[dice.weighted(&KINDS.map(|(_, _, often)| often))];
    let tables: Vec<TableId> = world.catalog.table_ids().filter(|&t| world.is_core(t)).collect();
    let table = *dice.pick(&tables)?;
    let mut family = Family::default();
    let unknown = missing(world, group, table, dice, &mut family)?;
    let said = world.patterns.say((group, "frame"), &[], dice, &mut family)?;
    let names = Names::new(world, rows, table, dice)?;
    Some((fill(&said, &names.with(&unknown)), intent, family))
}

/// What is asked for and not there: a word of the pack for this very table, or anything a company might keep.
fn missing(world: &World<'_>, group: &str, table: TableId, dice: &mut Dice, family: &mut Family) -> Option<String> {
    let absent = &world.glossary.table(world.catalog, table)?.absent;
    match group {
        "absent" if !absent.is_empty() => dice.pick(absent).cloned(),
        "absent" | "unknown" => world.patterns.say(("unknown", "noun"), &[], dice, family),
        _ => Some(String::new()),
    }
}

/// What a pattern's names stand for.
struct Names {
    np: String,
    one: String,
    term: String,
    name: String,
    value: String,
    value2: String,
}

impl Names {
    fn new(
        world: &World<'_>,
        rows: &dyn Fn(TableId, &mut Dice) -> Option<String>,
        table: TableId,
        dice: &mut Dice,
    ) -> Option<Self> {
        let column = *dice.pick(&world.columns(table, |r| !matches!(r, Role::Key)))?;
        let one = dice.early(&world.glossary.table(world.catalog, table)?.singular)?.clone();
        let (value, value2) = (value(world, table, dice)?, value(world, table, dice)?);
        Some(Names {
            np: rows(table, dice)?,
            one,
            term: dice.early(&world.glossary.column(world.catalog, column)?.terms)?.clone(),
            name: name(world, table, dice).unwrap_or_else(|| value.clone()),
            value,
            value2,
        })
    }

    fn with<'a>(&'a self, unknown: &'a str) -> [(&'a str, &'a str); 8] {
        [
            ("np", &self.np),
            ("one", &self.one),
            ("unknown", unknown),
            ("term", &self.term),
            ("name", &self.name),
            ("value", &self.value),
            ("value2", &self.value2),
            ("n", "5"),
        ]
    }
}

/// The name or code of a row.
fn name(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<String> {
    let columns = world.columns(table, |r| matches!(r, Role::Name | Role::Code));
    text_of(world, *dice.pick(&columns)?, dice)
}

/// Some value a person might mention: a name, a number or a status.
fn value(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<String> {
    if dice.chance(0.3) {
        return Some(surface::number(&Value::Integer(dice.between(1, 200) * 500), None, dice));
    }
    let columns = world.columns(table, |r| matches!(r, Role::Name | Role::Code | Role::Status | Role::Dimension));
    text_of(world, *dice.pick(&columns)?, dice)
}

fn text_of(world: &World<'_>, column: schema::ColumnId, dice: &mut Dice) -> Option<String> {
    let texts: Vec<&Value> = world.samples.get(&column)?.iter().filter(|v| matches!(v, Value::Text(_))).collect();
    match dice.pick(&texts)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
