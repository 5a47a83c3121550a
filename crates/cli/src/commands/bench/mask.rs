//! How long one mask of the matcher takes, over walks.

use std::time::Instant;

use answer::query_generator::MAX_LEXEMES;
use sql::bitset::BitSet;
use sql::matcher::Matcher;

use super::walks::Ground;
use super::{Args, Even, Figure, Measured, times};
use crate::context::Context;

/// Times each mask along even walks, and the forward passes that forced lexemes save.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let ground = Ground::new(&pack)?;
    let (mut even, mut mask) = (Even(args.seed), BitSet::default());
    let (mut micros, mut forced) = (vec![], 0usize);
    for _ in 0..args.count(500) {
        let mut matcher = Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES);
        while !matcher.is_finished() {
            let started = Instant::now();
            matcher.mask(&mut mask);
            micros.push(started.elapsed().as_secs_f64() * 1e6);
            let allowed: Vec<u32> = mask.iter().collect();
            forced += usize::from(allowed.len() == 1);
            let Some(id) = allowed.get(even.below(allowed.len())) else { break };
            matcher.advance_allowed(*id);
        }
    }
    let share = 100.0 * forced as f64 / micros.len().max(1) as f64;
    let mut figures = times("mask", micros, "µs");
    figures.push(Figure::new("mask.forced", share, "%"));
    Ok(figures)
}
