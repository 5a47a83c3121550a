//! Patterns of wording: `(a|b)` chooses, `[x]` or `[x|y]` is said or left out, `{name}` is filled in.

use std::collections::BTreeMap;

use super::dice::Dice;

/// The files of patterns, and what the names of their groups begin with.
const EMBEDDED: [(&str, &str); 5] = [
    ("", include_str!("phrases.toml")),
    ("", include_str!("follow/phrases.toml")),
    ("shape ", include_str!("shapes/shapes.toml")),
    ("compose ", include_str!("compose/phrases.toml")),
    ("vary ", include_str!("vary/words.toml")),
];

/// The wording patterns, by group ("gt") and position ("after").
#[derive(Debug, Clone)]
pub struct Patterns {
    groups: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// The patterns a question was worded with, as a running hash; nouns and values do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Family(pub u64);

impl Family {
    fn add(&mut self, group: &str, position: &str, index: usize) {
        let text = format!("{group}/{position}/{index};");
        // FNV-1a, as everywhere a short stable hash is wanted.
        self.0 =
            text.bytes().fold(self.0 ^ 0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    }
}

impl Patterns {
    /// The patterns the product is built with.
    ///
    /// # Panics
    /// Never: the embedded file is read by a test.
    pub fn builtin() -> Self {
        type Groups = BTreeMap<String, BTreeMap<String, Vec<String>>>;
        let mut groups = Groups::new();
        for (prefix, text) in EMBEDDED {
            let found: Groups = toml::from_str(text).expect("the embedded patterns are valid TOML");
            groups.extend(found.into_iter().map(|(group, patterns)| (format!("{prefix}{group}"), patterns)));
        }
        Patterns { groups }
    }

    /// Whether there is a pattern for this group and position.
    pub fn has(&self, group: &str, position: &str) -> bool {
        self.groups.get(group).is_some_and(|g| g.contains_key(position))
    }

    /// The patterns of a group and position as they stand.
    pub fn list(&self, group: &str, position: &str) -> &[String] {
        self.groups.get(group).and_then(|g| g.get(position)).map_or(&[], Vec::as_slice)
    }

    /// A pattern of a group and position, its choices made and its names filled in.
    pub fn say(
        &self,
        (group, position): (&str, &str),
        names: &[(&str, &str)],
        dice: &mut Dice,
        family: &mut Family,
    ) -> Option<String> {
        let patterns = self.groups.get(group)?.get(position)?;
        let index = dice.below(patterns.len());
        family.add(group, position, index);
        let chosen = expand(patterns.get(index)?, dice);
        Some(fill(&chosen, names))
    }
}

/// Makes the choices of a pattern. Brackets nest.
pub fn expand(pattern: &str, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(pattern.len());
    expand_into(&mut pattern.chars().peekable(), dice, &mut out, &[]);
    let mut words = out.split_whitespace();
    let mut tidy = words.next().unwrap_or_default().to_owned();
    for word in words {
        if !matches!(word, "," | "." | "?" | ":") {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// Reads up to one of `ends` (consuming it) and returns which one it was.
fn expand_into(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    dice: &mut Dice,
    out: &mut String,
    ends: &[char],
) -> Option<char> {
    while let Some(c) = chars.next() {
        match c {
            _ if ends.contains(&c) => return Some(c),
            '[' => {
                let choices = choices(chars, dice, ']');
                if dice.chance(0.5) {
                    out.push_str(dice.pick(&choices).map_or("", String::as_str));
                }
            }
            '(' => {
                let choices = choices(chars, dice, ')');
                // A single alternative is an ordinary bracket of the sentence.
                match choices.as_slice() {
                    [only] => {
                        out.push('(');
                        out.push_str(only);
                        out.push(')');
                    }
                    _ => out.push_str(dice.pick(&choices).map_or("", String::as_str)),
                }
            }
            _ => out.push(c),
        }
    }
    None
}

/// The alternatives up to the closing bracket.
fn choices(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, dice: &mut Dice, close: char) -> Vec<String> {
    let mut choices = vec![];
    loop {
        let mut choice = String::new();
        let end = expand_into(chars, dice, &mut choice, &['|', close]);
        choices.push(choice);
        if end != Some('|') {
            return choices;
        }
    }
}

/// Replaces every `{name}`.
pub fn fill(text: &str, names: &[(&str, &str)]) -> String {
    let mut out = text.to_owned();
    for (name, value) in names {
        let marker = format!("{{{name}}}");
        if out.contains(&marker) {
            out = out.replace(&marker, value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_options_and_names() {
        let mut dice = Dice::new(1, 0);
        let seen: std::collections::BTreeSet<String> =
            (0..200).map(|_| fill(&expand("(show|list) [all] {np}", &mut dice), &[("np", "projects")])).collect();
        let expected = ["list all projects", "list projects", "show all projects", "show projects"];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_single_alternative_keeps_its_brackets() {
        assert_eq!(expand("projects ({value} only)", &mut Dice::new(1, 0)), "projects ({value} only)");
    }

    #[test]
    fn the_embedded_patterns_are_read() {
        assert!(Patterns::builtin().has("gt", "after"));
    }
}
