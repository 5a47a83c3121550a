//! Choosing the next token from logits: the mask first, always, then temperature, top-k, top-p and a seeded draw.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Result, input};
use crate::loss;
use crate::sequences::check_mask;
use crate::simd;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most likely allowed token (the first of equals).
    pub temperature: f32,
    /// Only the k most likely tokens; 0 for all.
    pub top_k: usize,
    /// Only the most likely tokens that together reach this probability; 1 for all (Holtzman et al. 2020).
    pub top_p: f32,
}

impl Sampling {
    /// The most likely allowed token.
    pub const GREEDY: Sampling = Sampling { temperature: 0.0, top_k: 0, top_p: 1.0 };

    /// A draw from the whole allowed distribution.
    pub fn at_temperature(temperature: f32) -> Sampling {
        Sampling { temperature, top_k: 0, top_p: 1.0 }
    }
}

/// A chosen token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The token.
    pub token: u32,
    /// Its log-probability under the masked, renormalised distribution at temperature 1.
    pub log_prob: f32,
    /// The same at the sampling temperature, before top-k and top-p: what policy gradients call the old policy. 0 for
    /// greedy choice.
    pub sampling_log_prob: f32,
}

/// Where the choices of one draw come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Random numbers: draws of different seeds are independent of each other.
    Random(Box<ChaCha8Rng>),
    /// A point of [0, 1), which every sequence owns a part of as long as its probability is large. Points that are spread
    /// evenly draw sequences by their probability as independent draws do, but every sequence that is likely enough, and each
    /// of them as often as it should be ("Arithmetic Sampling: Parallel Diverse Decoding for Large Language Models", Vilnis
    /// et al. 2023).
    Point(f64),
}

impl Source {
    /// Random numbers from a seed.
    pub fn seeded(seed: u64) -> Self {
        Source::Random(Box::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Chooses one of these by their masses; none where rounding leaves a crumb after the last of them.
    fn choose(&mut self, masses: &[(usize, f64)]) -> Option<usize> {
        let total: f64 = masses.iter().map(|m| m.1).sum();
        let mut rest = total
            * match self {
                Source::Random(random) => (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64,
                Source::Point(point) => *point,
            };
        for (token, mass) in masses {
            if rest < *mass {
                if let Source::Point(point) = self {
                    // Where in this token's part it lies.
                    *point = rest / mass;
                }
                return Some(*token);
            }
            rest -= mass;
        }
        None
    }
}

/// What may come next and how likely it is, from which any number of draws choose.
#[derive(Debug)]
pub struct Distribution {
    /// Logits, −∞ where the mask forbids.
    masked: Vec<f32>,
    /// The same at the sampling temperature; empty for greedy choice.
    scaled: Vec<f32>,
    /// Tokens that top-k and top-p leave, with e^(scaled − largest).
    masses: Vec<(usize, f64)>,
}

impl Distribution {
    /// Of logits that `mask` allows (bit `t % 64` of word `t / 64`; none allows all).
    ///
    /// # Errors
    /// When nothing is allowed, the logits are no numbers, or the sampling has no meaning.
    pub fn new(logits: &[f32], mask: Option<&[u64]>, sampling: Sampling) -> Result<Self> {
        let masked = masked(logits, mask)?;
        if sampling.temperature.is_nan() || sampling.temperature < 0.0 || !(0.0..=1.0).contains(&sampling.top_p) {
            let given = format!("temperature {}, top_p {}", sampling.temperature, sampling.top_p);
            return Err(input("sampling", "temperature >= 0 and top_p in 0..=1", given));
        }
        if sampling.temperature == 0.0 {
            return Ok(Distribution { masked, scaled: vec![], masses: vec![] });
        }
        let mut scaled = masked.clone();
        if sampling.temperature != 1.0 {
            simd::scale(&mut scaled, 1.0 / sampling.temperature);
        }
        let masses = masses(&scaled, sampling);
        Ok(Distribution { masked, scaled, masses })
    }

    /// A token: the most likely one for greedy choice.
    pub fn draw(&self, source: &mut Source) -> u32 {
        let chosen = source.choose(&self.masses);
        let last = || self.masses.iter().rev().find(|m| m.1 > 0.0).map(|m| m.0);
        chosen.or_else(last).unwrap_or_else(|| most_likely(&self.masked)) as u32
    }

    /// How likely a token is that was drawn.
    pub fn choice(&self, token: u32) -> Choice {
        let log_prob = |logits: &[f32]| loss::forward(logits, token as usize).log_prob;
        let sampling_log_prob = if self.scaled.is_empty() { 0.0 } else { log_prob(&self.scaled) };
        Choice { token, log_prob: log_prob(&self.masked), sampling_log_prob }
    }
}

/// Chooses a token that `mask` allows (bit `t % 64` of word `t / 64`; none allows all).
///
/// # Errors
/// Those of [`Distribution::new`].
pub fn sample(logits: &[f32], mask: Option<&[u64]>, sampling: Sampling, source: &mut Source) -> Result<Choice> {
    let distribution = Distribution::new(logits, mask, sampling)?;
    Ok(distribution.choice(distribution.draw(source)))
}

/// log p(token) under the masked, renormalised distribution at temperature 1; −∞ for a token the mask forbids.
pub fn log_prob(logits: &[f32], mask: Option<&[u64]>, token: u32) -> Result<f32> {
    let masked = masked(logits, mask)?;
    match masked.get(token as usize) {
        None => Err(input("token", format!("below {}", logits.len()), token)),
        Some(logit) if *logit == f32::NEG_INFINITY => Ok(f32::NEG_INFINITY),
        Some(_) => Ok(loss::forward(&masked, token as usize).log_prob),
    }
}

fn masked(logits: &[f32], mask: Option<&[u64]>) -> Result<Vec<f32>> {
    if logits.is_empty() {
        return Err(input("logits", "at least one", 0));
    }
    let mut masked = logits.to_vec();
    if let Some(mask) = mask {
        check_mask(mask, logits.len(), 0)?;
        loss::apply_mask(&mut masked, mask);
    }
    // A broken network must not choose a token by accident.
    if masked.iter().any(|x| x.is_nan() || *x == f32::INFINITY) || masked.iter().all(|x| *x == f32::NEG_INFINITY) {
        return Err(input("logits", "finite numbers", "NaN or infinity"));
    }
    Ok(masked)
}

fn most_likely(logits: &[f32]) -> usize {
    let mut best = 0;
    for (i, x) in logits.iter().enumerate() {
        if *x > logits[best] {
            best = i;
        }
    }
    best
}

/// The allowed (finite) logits that top-k and top-p leave, each with e^(logit − largest).
fn masses(logits: &[f32], sampling: Sampling) -> Vec<(usize, f64)> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let allowed = logits.iter().enumerate().filter(|(_, x)| **x > f32::NEG_INFINITY);
    let mut masses: Vec<(usize, f64)> = allowed.map(|(i, x)| (i, f64::from(x - max).exp())).collect();
    if (1..masses.len()).contains(&sampling.top_k) || sampling.top_p < 1.0 {
        // Stable, so that equals stay in the order of their ids.
        masses.sort_by(|a, b| b.1.total_cmp(&a.1));
        if sampling.top_k > 0 {
            masses.truncate(sampling.top_k);
        }
        let total: f64 = masses.iter().map(|m| m.1).sum();
        let mut mass = 0.0;
        let enough = |m: &(usize, f64)| {
            mass += m.1;
            mass >= total * f64::from(sampling.top_p)
        };
        let kept = masses.iter().position(enough).map_or(masses.len(), |i| i + 1);
        masses.truncate(kept);
    }
    masses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_token_is_never_chosen() {
        // The forbidden tokens have by far the highest logits.
        let logits: Vec<f32> = (0..130).map(|i| if i % 3 == 0 { 50.0 } else { i as f32 * 0.01 }).collect();
        let mut mask = vec![0u64; 3];
        (0..130).filter(|i| i % 3 == 1).for_each(|i| mask[i / 64] |= 1 << (i % 64));
        let settings = [
            Sampling::GREEDY,
            Sampling::at_temperature(1.0),
            Sampling::at_temperature(100.0),
            Sampling { temperature: 1.0, top_k: 5, top_p: 1.0 },
            Sampling { temperature: 0.7, top_k: 0, top_p: 0.5 },
            Sampling { temperature: 1e-6, top_k: 0, top_p: 0.0 },
        ];
        for sampling in settings {
            for seed in 0..300 {
                let choice = sample(&logits, Some(&mask), sampling, &mut Source::seeded(seed)).unwrap();
                assert_eq!(choice.token % 3, 1, "{sampling:?}");
                assert!(choice.log_prob > -6.0 && choice.log_prob <= 0.0);
            }
        }
    }

    #[test]
    fn draws_follow_the_distribution() {
        let logits = [0.0, 1.0, 2.0, 9.0];
        let mask = [0b0111];
        let mut counts = [0.0f64; 4];
        let mut random = Source::seeded(3);
        for _ in 0..20_000 {
            let choice = sample(&logits, Some(&mask), Sampling::at_temperature(2.0), &mut random).unwrap();
            counts[choice.token as usize] += 1.0 / 20_000.0;
            let expected = [0.0f64, 1.0, 2.0].map(|x| (x / 2.0).exp());
            let log_prob = (expected[choice.token as usize] / expected.iter().sum::<f64>()).ln();
            assert!((f64::from(choice.sampling_log_prob) - log_prob).abs() < 1e-5);
        }
        assert!((counts[0] - 0.1863).abs() < 0.01 && (counts[2] - 0.5065).abs() < 0.01 && counts[3] == 0.0);
    }

    #[test]
    fn points_spread_evenly_draw_what_is_likely_as_often_as_it_is() {
        let step = Distribution::new(&[0.0, 1.0, 2.0], None, Sampling::at_temperature(1.0)).unwrap();
        let points = 400;
        let mut counts = [[0; 3]; 3];
        for n in 0..points {
            let mut source = Source::Point((f64::from(n) + 0.5) / f64::from(points));
            let first = step.draw(&mut source) as usize;
            counts[first][step.draw(&mut source) as usize] += 1;
        }
        let probability = |token: usize| f64::from(step.choice(token as u32).log_prob).exp();
        for (first, second) in (0..9).map(|i| (i / 3, i % 3)) {
            let expected = probability(first) * probability(second) * f64::from(points);
            let count = f64::from(counts[first][second]);
            assert!((count - expected).abs() < 1.0, "{first} {second}: {count}, {expected}");
        }
    }

    #[test]
    fn every_point_draws_something() {
        let mask = [0b1_0110];
        let step = Distribution::new(&[9.0, 1.0, 0.0, 9.0, -80.0], Some(&mask), Sampling::at_temperature(1.0)).unwrap();
        for point in [0.0, f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON / 2.0, 1.0] {
            let mut source = Source::Point(point);
            for _ in 0..200 {
                let token = step.draw(&mut source);
                assert!(mask[0] >> token & 1 == 1, "{token} from {point}");
                assert!(matches!(source, Source::Point(point) if (0.0..=1.0).contains(&point)), "{source:?}");
            }
        }
    }

    #[test]
    fn top_k_and_top_p_cut_the_tail() {
        let logits = [3.0, 2.0, 1.0, 0.0];
        for seed in 0..200 {
            let top_k = Sampling { temperature: 1.0, top_k: 2, top_p: 1.0 };
            assert!(sample(&logits, None, top_k, &mut Source::seeded(seed)).unwrap().token < 2);
            let top_p = Sampling { temperature: 1.0, top_k: 0, top_p: 0.6 };
            assert_eq!(sample(&logits, None, top_p, &mut Source::seeded(seed)).unwrap().token, 0);
        }
    }

    #[test]
    fn nothing_to_choose_is_an_error() {
        let mut r = Source::seeded(0);
        assert!(sample(&[1.0, 2.0], Some(&[0]), Sampling::GREEDY, &mut r).is_err());
        assert!(sample(&[1.0, 2.0], Some(&[4]), Sampling::GREEDY, &mut r).is_err());
        assert!(sample(&[1.0, f32::NAN], None, Sampling::GREEDY, &mut r).is_err());
        assert!(sample(&[], None, Sampling::GREEDY, &mut r).is_err());
        assert!(sample(&[1.0], None, Sampling::at_temperature(-1.0), &mut r).is_err());
        assert_eq!(log_prob(&[0.0, 5.0], Some(&[1]), 1).unwrap(), f32::NEG_INFINITY);
        assert_eq!(log_prob(&[0.0, 5.0], Some(&[1]), 0).unwrap(), 0.0);
    }
}
