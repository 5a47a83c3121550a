//! What is generated for train, dev and test shares no template, no phrase family and no name or code of a row.
//!
//! A template is a tree with its literals removed, a phrase family the set of wording patterns of a question. Each is
//! put into one split by its hash. Values of short closed lists (statuses, departments) belong to the language of the
//! schema and are in all splits.
//!
//! Pairs written by hand are not split: all of them are learnt from as they stand, so that a template, name or code of dev
//! and test may be among theirs. What is made from them takes new names and codes, and new templates, from train alone.

/// A part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// Learnt from.
    Train,
    /// Looked at while training.
    Dev,
    /// Judged by.
    Test,
}

impl Split {
    /// All splits, in the order they are written.
    pub const ALL: [Split; 3] = [Split::Train, Split::Dev, Split::Test];

    /// The split's name and the stem of its file.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Dev => "dev",
            Split::Test => "test",
        }
    }

    /// The split of a hash: 84 % train, 6 % dev, 10 % test.
    pub fn of(hash: u64) -> Split {
        // Mixed once more, so that weak low bits of the hash do not decide.
        match (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 {
            h if h % 100 < 10 => Split::Test,
            h if h % 100 < 16 => Split::Dev,
            _ => Split::Train,
        }
    }

    /// The split of a text.
    pub fn of_text(text: &str) -> Split {
        Split::of(text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_split_gets_its_share() {
        let of = |split| (0..10_000).filter(|n| Split::of_text(&n.to_string()) == split).count();
        assert!((900..1100).contains(&of(Split::Test)), "{}", of(Split::Test));
        assert!((500..700).contains(&of(Split::Dev)), "{}", of(Split::Dev));
    }
}
