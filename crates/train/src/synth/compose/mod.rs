//! Questions put together from parts: any conditions meet any computed column, grouping, ranking, order and exclusion.
//!
//! A scene is drawn as SQL over a pack's roles and types, like the shapes; its sentence is assembled from the words of
//! its parts, which stand in `phrases.toml`.
//!
//! Suggested reading order:
//! * [`KINDS`]: the kinds of scenes with their weights, [`LEVELS`] how hard they are to be.
//! * [`part`]: values and conditions with their words; [`frame`]: where rows come from.
//! * [`value`], [`around`], [`condition`]: the parts of rows; [`total`]: of groups; [`order`]: of lines.
//! * [`rows`], [`best`], [`group`], [`above`]: scenes.
//! * [`ask`]: from a scene to examples; `say/scene.rs` puts it into words.

pub mod above;
pub mod around;
pub mod ask;
pub mod best;
pub mod condition;
pub mod frame;
pub mod group;
pub mod order;
pub mod part;
pub mod rows;
pub mod total;
pub mod value;

use self::part::Scene;
use super::dice::Dice;
use super::shapes::pen::Pen;
use super::world::World;

/// The share of answerable trees that are scenes.
pub const SHARE: f64 = 0.5;
/// How often a question is to be easy, medium, hard and very hard.
pub const LEVELS: [(&str, f64); 4] = [("easy", 0.25), ("medium", 0.35), ("hard", 0.3), ("very hard", 0.1)];
/// Attempts at one kind before it is given up for this question.
const ATTEMPTS: usize = 8;

/// One kind of scene.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in counts.
    pub name: &'static str,
    /// How often it is drawn, beside the others.
    pub weight: f64,
    /// Draws one; none where the dice led nowhere.
    pub draw: fn(&mut Pen<'_, '_>) -> Option<Scene>,
}

const fn kind(name: &'static str, weight: f64, draw: fn(&mut Pen<'_, '_>) -> Option<Scene>) -> Kind {
    Kind { name, weight, draw }
}

/// Every kind of scene with its weight.
pub const KINDS: &[Kind] = &[
    kind("rows", 40.0, rows::list),
    kind("best_rows", 4.0, best::of_all),
    kind("best_of_each", 6.0, best::of_each),
    kind("distinct", 4.0, rows::distinct),
    kind("totals", 9.0, group::all),
    kind("groups", 24.0, group::grouped),
    kind("ranked_groups", 2.5, above::ranked),
    kind("best_groups", 3.0, above::best),
    kind("groups_above_average", 2.0, above::above_average),
    kind("of_groups", 2.0, above::of_groups),
    kind("over_time", 3.5, above::over_time),
    kind("best_within", 3.5, above::best_within),
    kind("shares_of_groups", 1.5, above::against_groups),
];

/// Draws a scene: its kind's name, and the scene unless the dice led nowhere.
pub fn draw(world: &World<'_>, dice: &mut Dice) -> (&'static str, Option<Scene>) {
    let weights: Vec<f64> = KINDS.iter().map(|k| k.weight).collect();
    let kind = KINDS[dice.weighted(&weights)];
    let mut pen = Pen { world, dice };
    (kind.name, (0..ATTEMPTS).find_map(|_| (kind.draw)(&mut pen)))
}
