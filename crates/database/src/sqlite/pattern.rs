//! What LIKE and GLOB match, as SQLite does, in steps that can be counted.

use std::str::Chars;

/// A pattern, ready to be compared with many texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    /// Whether letters of ASCII match in either case.
    either_case: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// Any characters, or none.
    All,
    /// Any one character.
    One,
    Exactly(char),
    /// One character within one of the ranges, or within none.
    Set {
        ranges: Vec<(char, char)>,
        inverted: bool,
    },
    /// What ends before it says what it means, and matches nothing.
    Broken,
}

impl Pattern {
    /// The pattern of `x LIKE pattern [ESCAPE escape]`.
    pub(crate) fn like(pattern: &str, escape: Option<char>) -> Self {
        let mut pieces = Vec::new();
        let mut rest = until_nul(pattern).chars();
        while let Some(c) = rest.next() {
            pieces.push(match c {
                _ if Some(c) == escape => rest.next().map_or(Piece::Broken, Piece::Exactly),
                '%' => Piece::All,
                '_' => Piece::One,
                _ => Piece::Exactly(c),
            });
        }
        Pattern { pieces, either_case: true }
    }

    /// The pattern of `x GLOB pattern`.
    pub(crate) fn glob(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = until_nul(pattern).chars();
        while let Some(c) = rest.next() {
            pieces.push(match c {
                '*' => Piece::All,
                '?' => Piece::One,
                '[' => set(&mut rest).unwrap_or(Piece::Broken),
                _ => Piece::Exactly(c),
            });
        }
        Pattern { pieces, either_case: false }
    }

    /// Whether the whole text matches; None once `step`, which is called before each, says that it is enough.
    ///
    /// Only the last `%` is ever tried again: what an earlier one matched, the shortest that fits, can stay.
    pub(crate) fn matches(&self, text: &str, mut step: impl FnMut() -> bool) -> Option<bool> {
        let mut rest = until_nul(text).chars();
        let mut next = 0;
        let mut again: Option<(usize, Chars<'_>)> = None;
        while step() {
            let mut ahead = rest.clone();
            match (self.pieces.get(next), ahead.next()) {
                (Some(Piece::All), _) => {
                    next += 1;
                    again = Some((next, rest.clone()));
                    continue;
                }
                (Some(piece), Some(c)) if self.fits(piece, c) => {
                    (next, rest) = (next + 1, ahead);
                    continue;
                }
                (None, None) => return Some(true),
                (Some(_), None) => return Some(false),
                _ => {}
            }
            let Some((first, from)) = again.as_mut() else { return Some(false) };
            from.next();
            (next, rest) = (*first, from.clone());
        }
        None
    }

    fn fits(&self, piece: &Piece, c: char) -> bool {
        match piece {
            Piece::All | Piece::One => true,
            Piece::Exactly(wanted) => *wanted == c || self.either_case && wanted.eq_ignore_ascii_case(&c),
            Piece::Set { ranges, inverted } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *inverted
            }
            Piece::Broken => false,
        }
    }
}

/// What stands between brackets; None where they do not close. A `]` at the start is one of the characters.
fn set(rest: &mut Chars<'_>) -> Option<Piece> {
    let mut ranges = Vec::new();
    let mut before = None;
    let mut c = rest.next()?;
    let inverted = c == '^';
    if inverted {
        c = rest.next()?;
    }
    if c == ']' {
        ranges.push((c, c));
        c = rest.next()?;
    }
    while c != ']' {
        let ends_range = c == '-' && !matches!(rest.clone().next(), None | Some(']'));
        match before.filter(|_| ends_range) {
            Some(low) => {
                ranges.push((low, rest.next()?));
                before = None;
            }
            None => {
                ranges.push((c, c));
                before = Some(c);
            }
        }
        c = rest.next()?;
    }
    Some(Piece::Set { ranges, inverted })
}

/// SQLite reads patterns and what they are compared with up to the first NUL.
fn until_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}
