//! Whether a model may take another's place: only where it is known not to be worse.

use serde::Serialize;

use crate::compare::Comparison;

/// What is likelier than this may be luck.
const LUCK: f64 = 0.05;
/// How many standard deviations a normal variable lies above its mean in that share of cases.
const ONE_SIDED: f64 = 1.645;

/// What a comparison allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is not worse, by more than the margin at least.
    NotWorse,
    /// It loses more questions than luck explains.
    Worse,
    /// It may be worse by more than the margin.
    Unsure,
    /// There are too few questions to know.
    TooFew,
}

/// What was decided, and what it would take to know more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decision {
    /// What the comparison allows.
    pub verdict: Verdict,
    /// About how many questions would tell; none where it is unlikely that any number would.
    pub needed: Option<usize>,
}

/// Decides by a comparison in which A is the model that is there and B the one that may take its place. B is not worse
/// where McNemar's test finds no significant loss and the score test of the paired difference refutes, at 5 %, that B loses
/// `margin` or more (a share of the questions, 0.01 = one point). The bootstrap's interval is for people: with few
/// questions lost it is too narrow to decide by.
pub fn decide(found: &Comparison, margin: f64) -> Decision {
    let least = least_questions(margin);
    let loses = found.only_a.len() > found.only_b.len() && found.p_value < LUCK;
    let verdict = match () {
        () if found.questions < least => Verdict::TooFew,
        () if loses => Verdict::Worse,
        () if score(found, margin) < ONE_SIDED => Verdict::Unsure,
        () => Verdict::NotWorse,
    };
    let needed = match verdict {
        Verdict::TooFew => Some(least.max(enough(found, margin).unwrap_or(0))),
        Verdict::Unsure => enough(found, margin),
        Verdict::Worse | Verdict::NotWorse => None,
    };
    Decision { verdict, needed }
}

/// The fewest questions of which a model that loses none is known to lose fewer than the margin: `(1 - margin)ⁿ ≤ 5 %`.
pub fn least_questions(margin: f64) -> usize {
    if margin >= 1.0 {
        return 1;
    }
    (LUCK.ln() / (1.0 - margin).ln()).ceil() as usize
}

/// How many standard deviations the difference lies above `-margin`, with the variance that is likeliest were it `-margin`
/// (Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample design",
/// Statistics in Medicine 17, 1998, equation 11).
fn score(found: &Comparison, margin: f64) -> f64 {
    let n = found.questions.max(1) as f64;
    let (lost, won) = (found.only_a.len() as f64, found.only_b.len() as f64);
    let b = (2.0 * n - won + lost) * margin + won + lost;
    let c = lost * margin * (1.0 + margin);
    let losing = ((b * b - 8.0 * n * c).max(0.0).sqrt() + b) / (4.0 * n);
    (won - lost + n * margin) / (n * (2.0 * losing - margin * (1.0 + margin))).sqrt()
}

/// How many questions would tell, if the two went on differing as they do: the score grows with the root of their number.
fn enough(found: &Comparison, margin: f64) -> Option<usize> {
    let score = score(found, margin);
    let more = found.questions as f64 * (ONE_SIDED / score).powi(2);
    (score > 0.0 && more.is_finite()).then(|| more.ceil() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::report::{Graded, Report};

    /// A comparison over `n` questions of which A alone has `a` right and B alone `b`; both have every other right.
    fn compared(n: usize, a: usize, b: usize) -> Comparison {
        let report = |wrong: std::ops::Range<usize>| {
            let graded = (0..n).map(|i| Graded { id: i.to_string(), right: !wrong.contains(&i), confidence: None });
            Report { graded: graded.collect(), ..Report::default() }
        };
        compare(&report(a..a + b), &report(0..a), 1)
    }

    #[test]
    fn what_is_as_good_passes_where_the_questions_are_enough_to_know() {
        assert_eq!((least_questions(0.01), least_questions(0.05), least_questions(1.0)), (299, 59, 1));
        let check = |n, a, b, wanted| assert_eq!(decide(&compared(n, a, b), 0.01).verdict, wanted, "{n} {a} {b}");
        check(298, 0, 0, Verdict::TooFew);
        check(299, 0, 0, Verdict::NotWorse);
        check(1000, 0, 40, Verdict::NotWorse);
        check(1000, 2, 2, Verdict::NotWorse);
        check(1000, 40, 40, Verdict::Unsure);
        // Who loses a point in truth loses one question of 301 or none in a fifth of all cases.
        check(301, 1, 0, Verdict::Unsure);
        check(501, 2, 0, Verdict::Unsure);
        check(620, 2, 0, Verdict::NotWorse);
        check(1000, 40, 10, Verdict::Worse);
        check(100, 40, 10, Verdict::TooFew);
    }

    #[test]
    fn a_loss_within_the_margin_does_not_pass_where_it_is_no_luck() {
        // 0.3 points of 20,000 questions: surely less than a point, and surely a loss.
        assert_eq!(decide(&compared(20_000, 60, 0), 0.01).verdict, Verdict::Worse);
        assert!(compared(20_000, 60, 0).interval.0 > -0.01);
    }

    #[test]
    fn what_is_unsure_says_how_many_questions_would_tell() {
        let unsure = decide(&compared(1000, 40, 40), 0.01);
        // The score is 1.1109: 1000 · (1.645 / 1.1109)².
        assert_eq!(unsure.needed, Some(2193));
        let told = decide(&compared(4000, 160, 160), 0.01);
        assert_eq!(told, Decision { verdict: Verdict::NotWorse, needed: None }, "so many questions do tell");
        assert_eq!(decide(&compared(1000, 40, 29), 0.01).needed, None, "a difference of the margin is never told");
        assert_eq!(decide(&compared(10, 0, 0), 0.01).needed, Some(299));
    }
}
