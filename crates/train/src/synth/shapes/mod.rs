//! Questions that need the rest of the query language: each shape draws its SQL from roles and types of columns, and
//! names what its sentences speak of. No shape knows a table.
//!
//! Suggested reading order:
//! * [`SHAPES`]: all of them with their weights.
//! * [`draft`]: a drawn question; [`pen`]: drawing its parts; [`text`]: pieces of SQL.
//! * [`ratio`], [`totals`], [`window`], [`period`], [`compare`], [`sets`], [`link`], [`tree`], [`row`]: the shapes.
//! * [`ask`]: from a drawn question to examples; [`count`]: what is lost on the way.
//! * `shapes.toml`: their sentences; `say/shape.rs` fills them in.

pub mod ask;
pub mod compare;
pub mod count;
pub mod draft;
pub mod link;
pub mod pen;
pub mod period;
pub mod ratio;
pub mod row;
pub mod sets;
pub mod text;
pub mod totals;
pub mod tree;
pub mod window;

use self::draft::Draft;
use self::pen::Pen;
use super::dice::Dice;
use super::world::World;

/// The share of answerable trees that are drawn from the shapes.
pub const SHARE: f64 = 0.25;
/// Attempts at one shape before it is given up for this question.
const ATTEMPTS: usize = 6;

/// One kind of question.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name in counts, and of its sentences in `shapes.toml`.
    pub name: &'static str,
    /// How often it is drawn, beside the others.
    pub weight: f64,
    /// Draws one; none where the dice led nowhere.
    pub draw: fn(&mut Pen<'_, '_>) -> Option<Draft>,
}

const fn shape(name: &'static str, weight: f64, draw: fn(&mut Pen<'_, '_>) -> Option<Draft>) -> Shape {
    Shape { name, weight, draw }
}

/// Every shape with its weight.
pub const SHAPES: &[Shape] = &[
    shape("ratio", 2.0, ratio::ratio),
    shape("share", 3.0, ratio::share),
    shape("share_in_group", 1.5, ratio::share_in_group),
    shape("rate", 3.0, ratio::rate),
    shape("count_if", 2.0, ratio::count_if),
    shape("pivot", 2.0, ratio::pivot),
    shape("buckets", 2.0, ratio::buckets),
    shape("variance", 2.0, ratio::variance),
    shape("safe_ratio", 0.8, ratio::safe_ratio),
    shape("rounded", 1.2, ratio::rounded),
    shape("several_totals", 1.5, totals::several),
    shape("two_children", 3.0, totals::two_children),
    shape("child_total_compared", 2.0, totals::child_total_compared),
    shape("total_with_zero", 2.0, totals::total_with_zero),
    shape("average_of_totals", 2.5, totals::average_of_totals),
    shape("top_share", 1.0, totals::top_share),
    shape("top_per_group", 3.0, window::top_per_group),
    shape("best_of_group", 2.5, window::best_of_group),
    shape("rank", 2.0, window::rank),
    shape("ntile", 1.0, window::ntile),
    shape("beside_extreme", 1.0, window::beside_extreme),
    shape("top_parent_per_group", 1.5, window::top_parent_per_group),
    shape("commonest", 1.5, window::commonest),
    shape("median", 0.7, window::median),
    shape("latest", 2.5, window::latest),
    shape("per_period", 3.0, period::per_period),
    shape("running", 2.0, period::running),
    shape("change", 2.0, period::change),
    shape("growth", 1.5, period::growth),
    shape("moving", 1.0, period::moving),
    shape("two_years", 2.0, period::two_years),
    shape("duration", 2.5, period::duration),
    shape("average_duration", 2.0, period::average_duration),
    shape("group_span", 1.0, period::group_span),
    shape("age_buckets", 1.0, period::age_buckets),
    shape("active_during", 1.5, period::active_during),
    shape("overlap", 1.0, period::overlap),
    shape("gap", 1.0, period::gap),
    shape("calendar", 1.0, period::calendar),
    shape("group_above_overall", 2.5, compare::group_above_overall),
    shape("group_above_groups", 2.0, compare::group_above_groups),
    shape("above_own_group", 2.5, compare::above_own_group),
    shape("second", 1.0, compare::second),
    shape("same_group_as", 1.5, compare::same_group_as),
    shape("times_average", 1.0, compare::times_average),
    shape("union", 1.5, sets::union),
    shape("both", 2.5, sets::both),
    shape("but_not", 2.5, sets::but_not),
    shape("every", 2.0, sets::every),
    shape("all_kinds", 1.0, sets::all_kinds),
    shape("value_gap", 1.0, sets::value_gap),
    shape("never_or", 1.0, sets::neither),
    shape("chain", 3.0, link::chain),
    shape("chain_count", 2.5, link::chain_count),
    shape("chain_list", 2.0, link::chain_list),
    shape("pairs", 1.5, tree::pairs),
    shape("with_parent", 1.0, tree::with_parent),
    shape("child_count", 1.0, tree::child_count),
    // No model writes recursion as yet.
    shape("depth", 0.0, tree::depth),
    shape("descendants", 0.0, tree::descendants),
    shape("computed_order", 2.0, row::computed_order),
    shape("distance", 1.2, row::distance),
    shape("length", 1.0, row::length),
    shape("upper", 0.8, row::upper),
    shape("joined_text", 0.5, row::joined_text),
    shape("initials", 0.7, row::initials),
    shape("or_else", 1.5, row::or_else),
    shape("labelled", 1.5, row::labelled),
];

/// Draws a question: its shape's name, and the question unless the dice led nowhere.
pub fn draw(world: &World<'_>, dice: &mut Dice) -> (&'static str, Option<Draft>) {
    let weights: Vec<f64> = SHAPES.iter().map(|s| s.weight).collect();
    let shape = SHAPES[dice.weighted(&weights)];
    let mut pen = Pen { world, dice };
    (shape.name, (0..ATTEMPTS).find_map(|_| (shape.draw)(&mut pen)))
}
