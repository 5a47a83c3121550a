//! A set of small numbers as 64-bit words: which lexemes may come next.

/// A set of numbers below a capacity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// An empty set for numbers below `capacity`.
    pub fn new(capacity: usize) -> Self {
        BitSet { words: vec![0; capacity.div_ceil(64)] }
    }

    /// Removes every number and makes room for those below `capacity`.
    pub fn reset(&mut self, capacity: usize) {
        self.words.clear();
        self.words.resize(capacity.div_ceil(64), 0);
    }

    /// Adds a number below the capacity.
    pub fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }

    /// Takes a number out.
    pub fn remove(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Whether the number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether some number from `low` to before `high` is in the set.
    pub fn any_within(&self, low: u32, high: u32) -> bool {
        if low >= high {
            return false;
        }
        let (first, last) = (low as usize / 64, (high as usize - 1) / 64);
        let (from, to) = (u64::MAX << (low % 64), u64::MAX >> (63 - (high - 1) % 64));
        let word = |i: usize| self.words.get(i).copied().unwrap_or(0);
        if first == last {
            return word(first) & from & to != 0;
        }
        word(first) & from != 0 || (first + 1..last).any(|i| word(i) != 0) || word(last) & to != 0
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The numbers in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }

    /// The words, least number in the lowest bit of the first: what a sampler reads.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_in_order() {
        let mut set = BitSet::new(130);
        for number in [129, 0, 63, 64] {
            set.insert(number);
        }
        set.remove(63);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 64, 129]);
        assert_eq!((set.len(), set.contains(64), set.contains(5000)), (3, true, false));
        set.reset(130);
        assert!(set.is_empty());
    }

    #[test]
    fn a_range_is_asked_as_its_numbers_are() {
        let mut set = BitSet::new(200);
        [5, 63, 64, 150].into_iter().for_each(|number| set.insert(number));
        for low in 0..200 {
            for high in low..200 {
                assert_eq!(set.any_within(low, high), (low..high).any(|n| set.contains(n)), "{low}..{high}");
            }
        }
    }
}
