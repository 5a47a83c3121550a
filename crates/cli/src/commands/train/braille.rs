//! Curves as text: dots of braille, two across and four down in a character, and lines of eighths of a block.

/// The bits of a character's dots, by column, from the top.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// The character without dots.
const BLANK: u32 = 0x2800;
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A curve in so many rows of so many characters; its lowest value stands at the bottom, its highest at the top.
pub(super) fn chart(points: &[(f64, f64)], width: usize, height: usize) -> Vec<String> {
    let heights = heights(points, 2 * width, 4 * height);
    let mut cells = vec![vec![BLANK; width]; height];
    let mut before = None;
    for (x, y) in heights.into_iter().enumerate().filter_map(|(x, y)| Some((x, y?))) {
        // A steep part is drawn through, so that it stays one line.
        let from = before.map_or(y, |before: usize| if before < y { before + 1 } else { y.max(before.saturating_sub(1)) });
        for dot in from.min(y)..=from.max(y) {
            let row = 4 * height - 1 - dot;
            cells[row / 4][x / 2] |= DOTS[x % 2][row % 4];
        }
        before = Some(y);
    }
    cells.into_iter().map(|row| row.into_iter().filter_map(char::from_u32).collect()).collect()
}

/// A curve in one row of at most so many characters.
pub(super) fn sparkline(points: &[(f64, f64)], width: usize) -> String {
    heights(points, width.min(points.len()), EIGHTHS.len()).into_iter().flatten().map(|y| EIGHTHS[y]).collect()
}

/// For each column how high the curve stands there, from 0; between points it goes straight.
fn heights(points: &[(f64, f64)], columns: usize, levels: usize) -> Vec<Option<usize>> {
    let mut found = vec![None; columns];
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return found };
    let (low, high) = points.iter().fold((f64::MAX, f64::MIN), |(l, h), (_, y)| (l.min(*y), h.max(*y)));
    let width = if last.0 > first.0 { last.0 - first.0 } else { 1.0 };
    let column = |x: f64| ((x - first.0) / width * columns.saturating_sub(1) as f64).round() as usize;
    let level = |y: f64| if high > low { ((y - low) / (high - low) * (levels - 1) as f64).round() as usize } else { levels / 2 };
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let (from, to) = (column(x0), column(x1));
        for (n, slot) in found.iter_mut().enumerate().take(to + 1).skip(from) {
            let share = if to > from { (n - from) as f64 / (to - from) as f64 } else { 1.0 };
            *slot = Some(level(y0 + share * (y1 - y0)));
        }
    }
    if points.len() == 1 {
        found.iter_mut().take(1).for_each(|slot| *slot = Some(level(first.1)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rising_line_rises() {
        let points: Vec<(f64, f64)> = (0..8).map(|i| (f64::from(i), f64::from(i))).collect();
        assert_eq!(sparkline(&points, 8), "▁▂▃▄▅▆▇█");
        // Four characters are eight columns of dots; two rows are eight dots high: a diagonal.
        assert_eq!(chart(&points, 4, 2), ["⠀⠀⡠⠊", "⡠⠊⠀⠀"]);
        let falling: Vec<(f64, f64)> = points.iter().map(|(x, y)| (*x, 7.0 - y)).collect();
        assert_eq!(chart(&falling, 4, 2), ["⠑⢄⠀⠀", "⠀⠀⠑⢄"]);
    }

    #[test]
    fn steep_flat_short_and_empty_curves_are_drawn() {
        assert_eq!(chart(&[(0.0, 0.0), (1.0, 1.0)], 1, 1), ["⡸"], "a jump is one line");
        assert_eq!(sparkline(&[(1.0, 3.0), (2.0, 3.0)], 9), "▅▅");
        assert_eq!(sparkline(&[(5.0, 1.0)], 9), "▅");
        assert_eq!((sparkline(&[], 9), chart(&[], 2, 1)), (String::new(), vec!["⠀⠀".to_owned()]));
    }
}
