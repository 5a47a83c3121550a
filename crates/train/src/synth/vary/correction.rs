//! A value said wrongly at first and corrected in the same breath: "the Active, no wait, the On Hold projects".

use super::super::dice::Dice;
use super::super::studio::Studio;
use super::frame::speaks_of_the_same;
use super::{Draft, Reading, replaced, value};

/// What stands between the wrong value and the right one, and behind the right one.
const CORRECTIONS: [(&str, &str); 24] = [
    (", no wait, ", ""),
    (", no, wait, ", ""),
    (", no, ", ""),
    (", sorry, ", ""),
    (", I mean ", ""),
    (", or rather ", ""),
    (", hm, ", ""),
    (", ah no, ", ""),
    (", wait, ", ""),
    (", scratch that, ", ""),
    (", make that ", ""),
    (", well no, ", ""),
    (", excuse me, ", ","),
    (", correction: ", ""),
    (", no I meant ", ""),
    (", oops, ", ""),
    ("... no, ", ""),
    ("... er, ", ""),
    (" - sorry, ", ""),
    (" - no, ", " -"),
    (" — I meant ", ""),
    (" (no, ", ")"),
    (" (sorry, ", ")"),
    (" oh no ", ""),
];

/// The draft with a wrong value before one of its own; the query stays.
pub fn changed(studio: &Studio<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let (span, wrong) = value::instead(&studio.world, reading, dice)?;
    let (between, behind) = *dice.pick(&CORRECTIONS)?;
    let article = if reading.lower()[..span.start].ends_with("the ") && dice.chance(0.5) { "the " } else { "" };
    let said = format!("{wrong}{between}{article}{}{behind}", reading.at(span));
    let question = replaced(&reading.draft.question, vec![(span, said)]);
    let draft = reading.draft.to(question, reading.draft.query.clone());
    speaks_of_the_same(reading, &Reading::new(studio, &draft)).then_some(draft)
}
