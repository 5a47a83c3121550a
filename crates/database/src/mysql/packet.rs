//! Numbers and texts in the protocol's packets, least byte first.
//!
//! Source: MySQL Source Code Documentation, "Client/Server Protocol", "Basic Data Types".

/// A packet being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a>(pub(super) &'a [u8]);

impl<'a> Packet<'a> {
    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Bytes up to a zero, or up to the end.
    pub(super) fn until_zero(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let taken = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.map_or(&[], |end| &self.0[end + 1..]);
        taken
    }

    /// A number that says its own length.
    pub(super) fn length(&mut self) -> Option<u64> {
        match self.number(1)? {
            0xfc => self.number(2),
            0xfd => self.number(3),
            0xfe => self.number(8),
            0xfb | 0xff => None,
            small => Some(small),
        }
    }

    /// Bytes that say their own length.
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// The cells of a row of so many columns, `None` for NULL; no row where it ends early or late.
    pub(super) fn cells(mut self, width: usize) -> Option<Vec<Option<&'a [u8]>>> {
        let cells = (0..width).map(|_| self.cell()).collect::<Option<_>>()?;
        self.0.is_empty().then_some(cells)
    }

    /// A cell of a row: `None` for NULL.
    fn cell(&mut self) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&0xfb) {
            self.bytes(1)?;
            return Some(None);
        }
        self.counted().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_say_their_own_length() {
        assert_eq!(Packet(&[250]).length(), Some(250));
        assert_eq!(Packet(&[0xfc, 1, 2]).length(), Some(513));
        assert_eq!(Packet(&[0xfd, 1, 0, 1]).length(), Some(65_537));
        assert_eq!(Packet(&[0xfc, 1]).length(), None);
    }

    #[test]
    fn a_packet_that_ends_early_is_none() {
        assert_eq!(Packet(&[5, b'a']).counted(), None);
        assert_eq!(Packet(&[0xfe, 255, 255, 255, 255, 255, 255, 255, 255]).counted(), None);
        assert_eq!(Packet(&[]).cell(), None);
        assert_eq!(Packet(&[0xfb]).cell(), Some(None));
        assert_eq!(Packet(&[1, b'a']).cell(), Some(Some(&b"a"[..])));
        assert_eq!(Packet(b"ab").until_zero(), b"ab");
    }

    #[test]
    fn a_damaged_row_is_none() {
        let row = [1, b'a', 0xfb, 0];
        assert_eq!(Packet(&row).cells(3), Some(vec![Some(&b"a"[..]), None, Some(&b""[..])]));
        assert_eq!(Packet(&row).cells(4), None);
        assert_eq!(Packet(&row).cells(2), None);
        assert_eq!(Packet(&[5, b'a']).cells(1), None);
        assert_eq!(Packet(&[0xff]).cells(1), None);
    }
}
