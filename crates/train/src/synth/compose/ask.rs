//! Questions of scenes: drawn until one is as hard as wanted, then run, worded, aligned and admitted as the shapes are.

use sql::dialect::Dialect;
use sql::features::difficulty;
use sql::resolve;

use super::super::dice::Dice;
use super::super::pair::says_something;
use super::super::say::Speaker;
use super::super::shapes::ask::{Checked, Drawn, checked, voiced};
use super::super::shapes::count::Counts;
use super::super::split::Split;
use super::super::studio::Studio;
use super::LEVELS;
use super::part::Scene;
use crate::example::Example;

/// The tag of questions of a scene, before its kind.
pub const TAG: &str = "scene:";
/// Scenes tried before a tree is given up.
const TRIED: usize = 60;

/// The questions of one tree: the tree `index` of a seed, asked in up to `voices` ways.
pub fn examples(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    (voices, dice): (usize, &mut Dice),
    counts: &mut Counts,
) -> Vec<Example> {
    let level = LEVELS[dice.weighted(&LEVELS.map(|(_, often)| often))].0;
    for _ in 0..TRIED {
        let (kind, scene) = super::draw(&studio.world, dice);
        let Some(scene) = scene.filter(|scene| is_of(studio, scene, level)) else { continue };
        let count = counts.of(kind);
        count.drawn += 1;
        match checked(studio, split, &scene.sql, count, &says_something) {
            Checked::Fit(query) => {
                let tell = |speaker: &mut Speaker<'_>| speaker.scene(&scene);
                let drawn = Drawn { tag: format!("{TAG}{kind}"), ordered: scene.ordered, tell: &tell };
                return voiced(studio, split, (&drawn, &query), (seed, index), voices, count);
            }
            // Another try would give the smaller splits more of the scenes than the larger one.
            Checked::Elsewhere => {
                count.elsewhere += 1;
                break;
            }
            Checked::Unfit => count.unfit += 1,
        }
    }
    vec![]
}

/// Whether a scene is as hard as wanted; one that does not resolve is, so that it is counted.
fn is_of(studio: &Studio<'_>, scene: &Scene, level: &str) -> bool {
    let query = resolve::parse(&scene.sql, studio.world.catalog, Dialect::Sqlite).query;
    query.is_none_or(|query| difficulty(&query).to_string() == level)
}
