//! Questions that must not be answered: what the schema does not hold, what is too vague, changes to data, chatter.

use crate::example::Intent;
use schema::{Role, TableId, Value};

use super::dice::Dice;
use super::pattern::{Family, fill};
use super::surface;
use super::world::World;

/// A question that must not be answered, and why.
pub fn question(
    world: &World<'_>,
    rows: &dyn Fn(TableId, &mut Dice) -> Option<String>,
    dice: &mut Dice,
) -> Option<(String, Intent, Family)> {
    let kinds = [
        ("unknown", Intent::Unanswerable),
        ("write", Intent::Write),
        ("vague", Intent::Ambiguous),
        ("chat", Intent::Chat),
    ];
    let (group, intent) = kinds[dice.weighted(&[0.42, 0.32, 0.16, 0.1])];
    let tables: Vec<TableId> = world.catalog.table_ids().filter(|&t| world.is_core(t)).collect();
    let table = *dice.pick(&tables)?;
    let np = rows(table, dice)?;
    let one = world.glossary.table(world.catalog, table)?.singular.first()?.clone();
    let mut family = Family::default();
    let unknown = if group == "unknown" {
        world.patterns.say(("unknown", "noun"), &[], dice, &mut family)?
    } else {
        String::new()
    };
    let columns = world.columns(table, |r| !matches!(r, Role::Key));
    let column = *dice.pick(&columns)?;
    let term = world.glossary.column(world.catalog, column)?.terms.first()?.clone();
    let (value, value2) = (value(world, table, dice)?, value(world, table, dice)?);
    let names = [
        ("np", np.as_str()),
        ("one", &one),
        ("unknown", &unknown),
        ("term", &term),
        ("value", &value),
        ("value2", &value2),
        ("n", "5"),
    ];
    let said = world.patterns.say((group, "frame"), &[], dice, &mut family)?;
    Some((fill(&said, &names), intent, family))
}

/// Some value a person might mention: a name, a number or a status.
fn value(world: &World<'_>, table: TableId, dice: &mut Dice) -> Option<String> {
    if dice.chance(0.3) {
        return Some(surface::number(&Value::Integer(dice.between(1, 200) * 500), None, dice));
    }
    let columns = world.columns(table, |r| matches!(r, Role::Name | Role::Code | Role::Status | Role::Dimension));
    let column = *dice.pick(&columns)?;
    let texts: Vec<&Value> = world.samples.get(&column)?.iter().filter(|v| matches!(v, Value::Text(_))).collect();
    match dice.pick(&texts)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
