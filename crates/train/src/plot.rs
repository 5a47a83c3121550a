//! A curve as a drawing: SVG that stands alone and inside a page.

use crate::curves::{Curve, smoothed};
use crate::page::escape;

/// Size of a drawing.
const SIZE: (f64, f64) = (480.0, 240.0);
/// What stays free for numbers and titles: left, top, right, bottom.
const MARGINS: (f64, f64, f64, f64) = (62.0, 30.0, 14.0, 30.0);
/// Points of a drawing; more are told by their means.
const POINTS: usize = 400;
/// From so many points on, a running mean is drawn over the values.
const NOISY: usize = 20;
/// Decay of that mean.
const DECAY: f64 = 0.9;

/// The curve with its axes; a ring marks one step, such as that of the best evaluation.
pub fn svg(curve: &Curve, marked: Option<u64>) -> String {
    let points = curve.binned(POINTS);
    let Some(frame) = Frame::around(&points) else { return String::new() };
    let (width, height) = SIZE;
    let title = escape(curve.title);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"system-ui,sans-serif\" font-size=\"11\" fill=\"#5b6675\">\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\
         <text x=\"{}\" y=\"18\" font-size=\"13\" fill=\"#1c2430\">{title}</text>",
        MARGINS.0
    );
    text += &frame.axes();
    text += &frame.curve(&points);
    if let Some((step, value)) = curve.points.iter().find(|(step, _)| Some(*step) == marked) {
        let (x, y) = frame.place((*step as f64, *value));
        text += &format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"none\" stroke=\"#c05621\" stroke-width=\"2\"><title>best: step {step}</title></circle>"
        );
    }
    text + "</svg>"
}

/// The part of the plane that is drawn.
struct Frame {
    steps: (f64, f64),
    values: (f64, f64),
}

impl Frame {
    /// Around all points; none where there are none. What is flat gets room above and below.
    fn around(points: &[(f64, f64)]) -> Option<Frame> {
        let (first, last) = (points.first()?, points.last()?);
        let values = || points.iter().map(|(_, value)| *value);
        let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let room = if high > low { 0.05 * (high - low) } else { (0.1 * high.abs()).max(1e-9) };
        let last = if last.0 > first.0 { last.0 } else { first.0 + 1.0 };
        Some(Frame { steps: (first.0, last), values: (low - room, high + room) })
    }

    /// Where a point stands in the drawing.
    fn place(&self, (step, value): (f64, f64)) -> (f64, f64) {
        let (left, top, right, bottom) = MARGINS;
        let share = |x: f64, (low, high): (f64, f64)| (x - low) / (high - low);
        let x = left + share(step, self.steps) * (SIZE.0 - left - right);
        let y = SIZE.1 - bottom - share(value, self.values) * (SIZE.1 - top - bottom);
        (x, y)
    }

    /// Lines of the grid with their numbers.
    fn axes(&self) -> String {
        let ((left, _), (right, bottom)) = (self.place((self.steps.0, 0.0)), self.place((self.steps.1, self.values.0)));
        let mut text = String::new();
        for value in ticks(self.values, 5) {
            let y = self.place((0.0, value)).1;
            text += &format!(
                "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#e3e8ee\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                y + 4.0,
                number(value)
            );
        }
        for step in ticks(self.steps, 6) {
            let x = self.place((step, 0.0)).0;
            let (y, step) = (bottom + 16.0, number(step));
            text += &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{step}</text>");
        }
        text + &format!("<path d=\"M{left:.1} {bottom:.1}H{right:.1}\" stroke=\"#5b6675\"/>")
    }

    /// The values, and where they are many their running mean over them.
    fn curve(&self, points: &[(f64, f64)]) -> String {
        if points.len() < NOISY {
            let dots = points.iter().map(|point| {
                let (x, y) = self.place(*point);
                format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"#2b6cb0\"/>")
            });
            return self.line(points, "#2b6cb0", 2.0) + &dots.collect::<String>();
        }
        let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        let mean = smoothed(&values, DECAY);
        let mean: Vec<(f64, f64)> = points.iter().zip(mean).map(|((step, _), value)| (*step, value)).collect();
        self.line(points, "#a9c4e4", 1.0) + &self.line(&mean, "#2b6cb0", 2.0)
    }

    fn line(&self, points: &[(f64, f64)], colour: &str, width: f64) -> String {
        let places = points.iter().map(|point| {
            let (x, y) = self.place(*point);
            format!("{x:.1},{y:.1}")
        });
        let places = places.collect::<Vec<_>>().join(" ");
        format!("<polyline points=\"{places}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>")
    }
}

/// Round numbers within a range, about so many: multiples of 1, 2 or 5 times a power of ten.
fn ticks((low, high): (f64, f64), count: usize) -> Vec<f64> {
    let rough = (high - low) / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// A number for people, in at most four digits that count.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", trimmed(digits));
    }
    let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

/// Without zeros at the end of the decimals.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: Vec<(u64, f64)>) -> Curve {
        Curve { name: "loss", title: "Loss < 1 & falling", points }
    }

    #[test]
    fn higher_values_stand_higher() {
        let text = svg(&curve(vec![(1, 0.0), (2, 1.0), (3, 0.5)]), Some(2));
        let line = text.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        let places: Vec<(f64, f64)> = line
            .split(' ')
            .map(|place| place.split_once(',').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        assert!(places[0].0 < places[1].0 && places[1].0 < places[2].0, "{places:?}");
        assert!(places[1].1 < places[2].1 && places[2].1 < places[0].1, "{places:?}");
        let ring = format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"", places[1].0, places[1].1);
        assert!(text.contains(&ring) && text.contains("Loss &lt; 1 &amp; falling"), "{text}");
        assert!(places.iter().all(|(x, y)| (0.0..=SIZE.0).contains(x) && (0.0..=SIZE.1).contains(y)));
    }

    #[test]
    fn long_and_flat_and_single_curves_are_drawn() {
        let long = svg(&curve((0..50_000).map(|step| (step, (step % 7) as f64)).collect()), None);
        assert!(long.len() < 20_000 && long.matches("<polyline").count() == 2, "{}", long.len());
        for points in [vec![(5, 0.0)], vec![(5, 3.0), (6, 3.0)], vec![(1, -1e30), (2, 1e30)]] {
            let text = svg(&curve(points), None);
            assert!(text.contains("<polyline") && !text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        assert_eq!(svg(&curve(vec![]), None), "");
    }

    #[test]
    fn ticks_are_round_and_numbers_short() {
        assert_eq!(ticks((0.03, 0.97), 5).iter().map(|x| number(*x)).collect::<Vec<_>>(), ["0.2", "0.4", "0.6", "0.8"]);
        let check = |value: f64, text: &str| assert_eq!(number(value), text);
        check(0.0, "0");
        check(0.0003, "3e-4");
        check(-1234.56, "-1235");
        check(0.125, "0.125");
        check(12_500_000.0, "1.25e7");
    }
}
