//! Whatever is asked, normalising and linking answer: no panic, spans inside the question, time in proportion.

use schema::link::link;
use schema::normalize;
use schema::slot::Piece;

use crate::fixture::fixture;

/// A small generator (Knuth's constants), so that the test needs no dependency and always asks the same.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Pieces of questions that the readers stumble over, and single characters from all over Unicode.
const SCRAPS: &[&str] = &[
    "2024",
    "-",
    "/",
    ".",
    ",",
    "Q3",
    "FY",
    "'",
    "’s",
    "\"",
    "“",
    "”",
    "end of",
    "end",
    "of",
    "last",
    "next",
    "March",
    "may",
    "between",
    "and",
    "to",
    "half a",
    "million",
    "hundred",
    "one",
    "a",
    "%",
    "$",
    "EUR",
    "k",
    "1",
    "001",
    "99999999999",
    "IT",
    "it",
    "PRJ-",
    "w/",
    "o",
    "e-mail",
    "Northwind",
    "Norhtwind",
    "O'",
    "active",
    "&",
    "+",
    "#",
    "_",
    "the",
    "days",
    "ago",
    "fiscal year",
    "th",
    "٣",
    "İ",
    "ß",
    "é",
    "e\u{301}",
    "漢字",
    "🦀",
    "\u{feff}",
    "\u{200d}",
    "\u{0}",
    "\t",
    "\n",
    "ﬁ",
    "नमस्ते",
];

#[test]
fn any_text_is_answered() {
    let fixture = fixture();
    let context = fixture.context();
    let mut random = Random(1);
    for _ in 0..2_000 {
        let mut question = String::new();
        for _ in 0..random.below(40) {
            if random.below(6) == 0 {
                question.extend(char::from_u32(random.below(0x11_0000) as u32));
            } else {
                question += SCRAPS[random.below(SCRAPS.len())];
            }
            if random.below(3) > 0 {
                question.push(' ');
            }
        }
        let normalized = normalize(&question, &context);
        link(&normalized, &context);
        let (mut end, mut said) = (0, vec![]);
        for piece in &normalized.pieces {
            let span = match piece {
                Piece::Text { span, .. } => *span,
                Piece::Slot(slot) => {
                    let before = said.iter().filter(|known| *known == slot).count();
                    said.push(*slot);
                    let filled = normalized.slot(*slot).expect("every slot is filled");
                    filled.spans().nth(before).expect("it stands there as often")
                }
            };
            assert!(end <= span.start && span.start < span.end, "{question:?}");
            assert!(question.get(span.start..span.end).is_some(), "{question:?}");
            end = span.end;
        }
    }
}

/// A reader that looked at every stretch of such a question would not come back.
#[test]
fn long_questions_are_read_to_their_end() {
    let fixture = fixture();
    let context = fixture.context();
    let hostile =
        ["end of ", "1-1-", "2024, ", "w/o ", "Xyzzyq Plughr ", "\"", "( ", "January and ", "one hundred ", "it's "];
    for scrap in hostile {
        let question = scrap.repeat(4_000 / scrap.len());
        let normalized = normalize(&question, &context);
        assert!(!normalized.pieces.is_empty(), "{scrap:?}");
        link(&normalized, &context);
    }
}
