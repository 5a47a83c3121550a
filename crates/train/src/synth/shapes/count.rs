//! What becomes of each shape: how many were drawn, asked, and lost because the model could not write them.

use std::collections::BTreeMap;

/// Counts of one shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// Trees drawn.
    pub drawn: u64,
    /// Trees that led nowhere: nothing fits, or the rows say nothing.
    pub unfit: u64,
    /// Trees and wordings that belong to another split.
    pub elsewhere: u64,
    /// Questions that could not be worded.
    pub unworded: u64,
    /// Questions handed on.
    pub admitted: u64,
    /// Questions whose query has no form that a model could write, by reason.
    pub lost: BTreeMap<String, u64>,
    /// Trees that SQL validation or execution refused, by reason: mistakes of the shape itself.
    pub refused: BTreeMap<String, u64>,
}

impl Count {
    /// Questions lost for any reason of form.
    pub fn lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// The most frequent reason of loss or refusal.
    pub fn main_reason(&self) -> Option<&str> {
        let all = self.lost.iter().chain(&self.refused);
        all.max_by_key(|(_, n)| **n).map(|(reason, _)| reason.as_str())
    }

    fn merge(&mut self, other: &Count) {
        self.drawn += other.drawn;
        self.unfit += other.unfit;
        self.elsewhere += other.elsewhere;
        self.unworded += other.unworded;
        self.admitted += other.admitted;
        for (mine, theirs) in [(&mut self.lost, &other.lost), (&mut self.refused, &other.refused)] {
            theirs.iter().for_each(|(reason, n)| *mine.entry(reason.clone()).or_insert(0) += n);
        }
    }
}

/// Counts of all shapes, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<&'static str, Count>);

impl Counts {
    /// The counts of a shape.
    pub fn of(&mut self, shape: &'static str) -> &mut Count {
        self.0.entry(shape).or_default()
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Counts) {
        other.0.iter().for_each(|(shape, count)| self.of(shape).merge(count));
    }

    /// Questions of all shapes handed on.
    pub fn admitted(&self) -> u64 {
        self.0.values().map(|c| c.admitted).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_two_threads_add_up() {
        let mut one = Counts::default();
        one.of("share").admitted = 2;
        one.of("share").lost.insert("too long".into(), 1);
        let mut two = Counts::default();
        two.of("share").admitted = 3;
        two.of("share").lost.insert("too long".into(), 4);
        two.of("rank").drawn = 1;
        one.merge(&two);
        assert_eq!((one.of("share").admitted, one.of("share").lost(), one.of("rank").drawn), (5, 5, 1));
        assert_eq!(one.of("share").main_reason(), Some("too long"));
        assert_eq!(one.admitted(), 5);
    }
}
