//! The words of a next question in a conversation.

use schema::Value;

use super::Speaker;
use crate::synth::follow::turns::{Turn, Word};
use crate::synth::meaning::Ask;
use crate::synth::surface;

impl Speaker<'_> {
    /// A turn in words; none where they are lacking. Where it is asked `alone`, the words must miss what came before.
    pub fn turn(&mut self, turn: &Turn, alone: bool) -> Option<String> {
        if turn.positions.is_empty() {
            return self.question(&turn.ask);
        }
        turn.positions.iter().find_map(|position| self.turn_as(turn, position, alone))
    }

    fn turn_as(&mut self, turn: &Turn, position: &str, alone: bool) -> Option<String> {
        let family = self.family;
        let said =
            self.say("turn", position, &[]).filter(|said| !alone || points_back(position, said)).and_then(|pattern| {
                let used = turn.names.iter().filter(|(name, _)| pattern.contains(&format!("{{{name}}}")));
                let mut names = vec![];
                for (name, word) in used {
                    names.push((*name, self.word(&turn.ask, word)?));
                }
                let names: Vec<(&str, &str)> = names.iter().map(|(name, said)| (*name, said.as_str())).collect();
                Some(crate::synth::pattern::fill(&pattern, &names))
            });
        if said.is_none() {
            self.family = family;
        }
        said
    }

    fn word(&mut self, ask: &Ask, word: &Word) -> Option<String> {
        let noun = self.noun(ask.root);
        match word {
            Word::Condition(filter, position) => self.condition(ask.root, filter, position),
            Word::Value(column, value) => Some(self.value(*column, value)),
            Word::Column(column) => self.term(*column, false),
            Word::Columns(columns) => {
                let names: Vec<String> =
                    columns.iter().map(|c| self.output(ask.root, c, &noun, false)).collect::<Option<_>>()?;
                Some(self.listed(&names))
            }
            Word::Measure(measure) => self.measure(ask.root, *measure, false),
            Word::Key(key) => self.key(ask.root, key, &noun, false),
            Word::Total(total) => self.aggregate(ask.root, total, &noun),
            Word::Order(by, descending) => {
                Some(self.order(by, *descending)?.trim_start_matches(['.', ',', ' ']).to_owned())
            }
            Word::Rank(descending) => self.say("rank", if *descending { "highest" } else { "lowest" }, &[]),
            Word::Number(n) => Some(surface::number(&Value::Integer(*n), None, &mut self.dice)),
            Word::Rows => Some(noun.many),
            Word::Said(said) => Some(said.clone()),
        }
    }
}

/// Words that point to what was shown.
const POINTERS: [&str; 11] =
    ["it", "that", "this", "those", "these", "them", "they", "their", "same", "themselves", "instead"];

/// Whether a phrase is nothing without the question before: it names neither rows nor a total nor all that is to be
/// shown, or points to what was shown. "That" before what rows do points nowhere.
fn points_back(position: &str, pattern: &str) -> bool {
    let names = pattern.contains("{rows}") || pattern.contains("{total}") || position == "these_columns";
    if !names {
        return true;
    }
    let plain = pattern.replace("that {does}", "");
    let mut words = plain.split(|c: char| !c.is_alphabetic());
    words.any(|word| POINTERS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::points_back;

    #[test]
    fn a_phrase_that_names_what_is_wanted_is_complete() {
        for alone in ["only {rows} that {does}", "list the {rows}", "what's the {total}?", "only the {before} {rows}"] {
            assert!(!points_back("", alone), "{alone}");
        }
        assert!(!points_back("these_columns", "show only {cols}") && points_back("more_columns", "add {cols}"));
        for leaning in
            ["{order}", "{value} instead", "those {rows} {after}", "which {rows} are that?", "and their {total}?"]
        {
            assert!(points_back("", leaning), "{leaning}");
        }
    }
}
