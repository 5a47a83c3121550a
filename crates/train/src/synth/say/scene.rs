//! Scenes in words: a head with the rows and some of their conditions, then columns, other conditions, groups left out
//! and order, as clauses or sentences of their own.

use schema::TableId;

use super::shape::{Telling, tidy};
use super::{Noun, Speaker, capitalised, is_question};
use crate::synth::compose::part::{Phrase, Scene, Told};
use crate::synth::meaning::{Filter, Function};
use crate::synth::pattern::fill;
use crate::synth::shapes::draft::Thing;

/// Conditions that stand with the noun, at most, beside one that speaks of other rows.
const INSIDE: usize = 3;
/// Patterns drawn until one names the rows: enough that it is hardly ever missed.
const NAMED: usize = 30;

impl Speaker<'_> {
    /// The question of a scene in words.
    pub fn scene(&mut self, scene: &Scene) -> Option<String> {
        Telling::new(self).scene(scene)
    }
}

/// Whether a filter names other rows, so that what follows it would seem to speak of those.
fn is_heavy(filter: &Filter) -> bool {
    matches!(filter, Filter::Children { .. } | Filter::Any(_) | Filter::ThanNamed { .. } | Filter::Extreme { .. })
        || matches!(filter, Filter::Parent { filters, .. } if filters.iter().any(is_heavy))
}

impl Telling<'_, '_> {
    fn scene(&mut self, scene: &Scene) -> Option<String> {
        let told: Vec<&Told> = scene.conds.iter().filter(|t| !is_silent(t)).collect();
        let noun = self.noun(scene.table);
        let (np, apart) = self.rows_of(scene.table, &told, &noun)?;
        self.names.extend([("np".into(), np), ("nouns".into(), noun.many), ("one".into(), noun.one)]);
        for (name, thing) in &scene.lead.things {
            self.name(name, thing)?;
        }
        self.of_groups = scene.lead.things.iter().any(|(name, _)| *name == "keys");
        self.counts_all = apart.is_empty() && told.is_empty() && scene.lead.things.iter().any(|(_, t)| counts_rows(t));
        let mut tails = self.notes(&scene.notes)?;
        let mut others: Vec<String> = apart.into_iter().map(|t| self.apart(scene.table, t)).collect::<Option<_>>()?;
        // What is shown besides goes with the head, not with a condition behind it.
        if scene.notes.first().is_some_and(|note| note.kind == "with_more") {
            others.insert(0, tails.remove(0));
        }
        let cols = match &scene.cols {
            Some(cols) => Some(self.columns(cols)?),
            None => None,
        };
        let mut text = self.head(scene.lead.position, cols.as_deref(), &mut others)?;
        // Columns and conditions apart may change places; order comes last, mostly.
        if self.speaker.dice.chance(0.12) {
            std::mem::swap(&mut tails, &mut others);
        }
        for tail in others.iter().chain(&tails) {
            text = attached(&text, tail);
        }
        Some(tidy(&text))
    }

    /// The head of the question; columns that it does not name itself go before or behind the conditions apart.
    fn head(&mut self, position: &str, cols: Option<&str>, others: &mut Vec<String>) -> Option<String> {
        let (with_cols, bare) = (format!("{position}_cols"), format!("{position}_bare"));
        let has = |p: &str, t: &Self| t.speaker.world.patterns.has("compose lead", p);
        let Some(cols) = cols else { return self.lead(position) };
        if has(&with_cols, self) && self.speaker.dice.chance(0.6) {
            self.names.extend([("cols".to_owned(), cols.to_owned()), ("Cols".to_owned(), capitalised(cols))]);
            return self.lead(&with_cols);
        }
        let tail = self.speaker.say("compose cols", "after", &[("cols", cols), ("Cols", &capitalised(cols))])?;
        let at = if self.speaker.dice.chance(0.75) { 0 } else { others.len() };
        others.insert(at, tail);
        let bare = if has(&bare, self) { &bare } else { position };
        self.lead(bare)
    }

    fn lead(&mut self, position: &str) -> Option<String> {
        let text = self.speaker.say("compose lead", position, &[])?;
        let text = if self.counts_all && self.speaker.dice.chance(0.85) { without_rows(&text) } else { text };
        self.filled(&text)
    }

    /// A pattern with its parts and the names of this sentence.
    fn filled(&mut self, text: &str) -> Option<String> {
        let text = self.speaker.with_parts("compose part", text)?;
        let names: Vec<(&str, &str)> = self.names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        Some(tidy(&fill(&text, &names)))
    }

    /// The noun with the conditions that stand with it, and those that do not.
    fn rows_of<'c>(&mut self, table: TableId, told: &[&'c Told], noun: &Noun) -> Option<(String, Vec<&'c Told>)> {
        let (mut light, mut heavy): (Vec<&Told>, Vec<&Told>) =
            told.iter().copied().partition(|t| matches!(t, Told::Filter(f) if !is_heavy(f)));
        let mut apart: Vec<&Told> = light.split_off(light.len().min(INSIDE));
        if !light.is_empty() && self.speaker.dice.chance(0.1) {
            apart.extend(light.pop());
        }
        self.speaker.dice.shuffle(&mut heavy);
        let last = if self.speaker.dice.chance(0.72) { heavy.pop() } else { None };
        apart.extend(heavy);
        let filters: Vec<Filter> =
            light.iter().filter_map(|t| if let Told::Filter(f) = t { Some(f.clone()) } else { None }).collect();
        let mut phrase = self.speaker.phrase(table, &filters, noun.clone())?;
        if let Some(last) = last {
            phrase.after.push(self.behind(table, last)?);
        }
        Some((phrase.text(), apart))
    }

    /// A condition as it stands behind the noun.
    fn behind(&mut self, table: TableId, told: &Told) -> Option<String> {
        match told {
            Told::Filter(f) => self.speaker.condition(table, f, "after").or_else(|| self.speaker.as_clause(table, f)),
            Told::Phrase(p) => self.phrase(p, "after"),
        }
    }

    /// A condition apart: "Only those that …".
    fn apart(&mut self, table: TableId, told: &Told) -> Option<String> {
        let does = match told {
            Told::Filter(f) => self.speaker.condition(table, f, "does"),
            Told::Phrase(p) => self.phrase(p, "does"),
        };
        let (position, said) = match does.filter(|_| self.speaker.dice.chance(0.55)) {
            Some(does) => ("does", does),
            None => ("after", self.behind(table, told)?),
        };
        let nouns = self.noun(table).many;
        let pattern = self.apart_pattern(position)?;
        Some(fill(&pattern, &[("nouns", &nouns), ("said", &said)]))
    }

    /// Where groups are asked for, "those" would be the groups, so that the rows have to be named.
    fn apart_pattern(&mut self, position: &str) -> Option<String> {
        let family = self.speaker.family;
        for _ in 0..NAMED {
            self.speaker.family = family;
            let pattern = self.speaker.say("compose apart", position, &[])?;
            if !self.of_groups || pattern.contains("{nouns}") {
                return Some(pattern);
            }
        }
        None
    }

    fn notes(&mut self, notes: &[Phrase]) -> Option<Vec<String>> {
        notes.iter().map(|note| self.phrase(note, "after")).collect()
    }

    /// The words of a phrase in a position; its names are its own.
    pub(super) fn phrase(&mut self, phrase: &Phrase, position: &str) -> Option<String> {
        let text = self.speaker.say(&format!("compose {}", phrase.kind), position, &[])?;
        let outer = std::mem::take(&mut self.names);
        let named: Option<Vec<()>> = phrase.things.iter().map(|(name, thing)| self.name(name, thing)).collect();
        let said = named.and_then(|_| self.filled(&text));
        self.names = outer;
        said
    }

    /// Columns listed one by one, all different.
    fn columns(&mut self, cols: &[Thing]) -> Option<String> {
        let names: Vec<String> = cols.iter().map(|c| self.short(c)).collect::<Option<_>>()?;
        if (1..names.len()).any(|i| names[..i].contains(&names[i])) {
            return None;
        }
        Some(self.row_of(&names))
    }

    fn short(&mut self, thing: &Thing) -> Option<String> {
        match thing {
            Thing::Column(column) if self.speaker.dice.chance(0.6) => self.speaker.short_term(*column),
            Thing::Phrase(p) if self.speaker.world.patterns.has(&format!("compose {}", p.kind), "short") => {
                self.phrase(p, "short")
            }
            other => self.thing(other),
        }
    }

    /// "a, b and c", "1) a, 2) b", "a; b; c" …
    fn row_of(&mut self, names: &[String]) -> String {
        let long = names.iter().any(|n| n.contains(" and ") || n.contains(','));
        let numbered = || {
            let items: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{}) {n}", i + 1)).collect();
            items.join(", ")
        };
        match self.speaker.dice.weighted(&[if long { 0.0 } else { 0.42 }, 0.4, 0.05, 0.07, 0.03, 0.03]) {
            _ if names.len() < 2 => names.concat(),
            0 => self.speaker.listed(names),
            1 => names.join(", "),
            2 => numbered(),
            3 => names.join("; "),
            4 => names.join(" / "),
            _ => names.join(" + "),
        }
    }
}

/// Whether a total names the rows itself: "number of projects".
fn counts_rows(thing: &Thing) -> bool {
    match thing {
        Thing::Total(_, total) => total.function == Function::Count,
        Thing::List(things) => things.iter().any(counts_rows),
        _ => false,
    }
}

/// A pattern without the rows, where these are all rows and the total names them.
fn without_rows(text: &str) -> String {
    let endings =
        [", for {np}", " for {np} only", " for {np}", ", {np} only", "; {np} only", " {np} only", " of {np}", "? {np}"];
    let ending = endings.iter().find(|e| text.contains(**e));
    ending.map_or_else(
        || text.to_owned(),
        |ending| text.replacen(ending, if ending.starts_with('?') { "?" } else { "" }, 1),
    )
}

fn is_silent(told: &Told) -> bool {
    matches!(told, Told::Phrase(p) if p.kind == "silent")
}

/// A question with what follows it.
fn attached(text: &str, tail: &str) -> String {
    let asks = text.ends_with('?');
    let text = text.trim_end_matches(['.', '?', ' ']);
    let first_sentence = !text.contains(". ") && !text.contains("? ");
    let end = if asks || (first_sentence && is_question(text)) { '?' } else { '.' };
    match tail.chars().next() {
        Some('.') => format!("{text}{end} {}", capitalised(tail.trim_start_matches(['.', ' ']))),
        Some(',' | ';' | ':' | '-') if asks => {
            format!("{text}? {}", capitalised(tail.trim_start_matches([',', ';', ':', '-', ' '])))
        }
        Some(',' | ';' | ':') => format!("{text}{tail}"),
        _ if asks => format!("{text}? {}", capitalised(tail.trim_start())),
        _ => format!("{text} {}", tail.trim_start()),
    }
}

#[cfg(test)]
mod tests {
    use super::attached;

    #[test]
    fn what_follows_a_question_begins_a_sentence() {
        assert_eq!(attached("which projects are late?", ", oldest first"), "which projects are late? Oldest first");
        assert_eq!(attached("which projects are late", ". Code, name"), "which projects are late? Code, name");
        assert_eq!(attached("late projects", ". code, name"), "late projects. Code, name");
        assert_eq!(attached("late projects.", ", oldest first"), "late projects, oldest first");
        assert_eq!(attached("late projects", " (ties included)"), "late projects (ties included)");
    }
}
