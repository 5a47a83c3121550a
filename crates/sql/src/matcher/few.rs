//! A short list in place, so that copying a matcher copies bytes and nothing else.

use std::ops::Deref;

/// At most `N` values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Few<T, const N: usize> {
    values: [T; N],
    count: u8,
}

impl<T: Copy + Default + PartialEq, const N: usize> Few<T, N> {
    /// Adds a value; false when the list is full.
    pub(crate) fn push(&mut self, value: T) -> bool {
        let room = usize::from(self.count) < N;
        if room {
            self.values[usize::from(self.count)] = value;
            self.count += 1;
        }
        room
    }

    /// Adds a value that is not there yet; false when the list is full.
    pub(crate) fn add(&mut self, value: T) -> bool {
        self.contains(&value) || self.push(value)
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Few { values: [T::default(); N], count: 0 }
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[..usize::from(self.count)]
    }
}
