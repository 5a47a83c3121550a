//! The lexicon: every phrase that the glossary and the identifiers give to a table, column, measure, condition or
//! relation, as one index. Built once for a catalog; a question is looked up in it phrase by phrase.

use std::collections::HashMap;

use crate::catalog::{Catalog, ColumnId, ForeignKeyId, TableId};
use crate::glossary::{ColumnTerms, Condition, Glossary, Role, TableTerms};
use crate::join_path::JoinGraph;
use crate::words::{WordList, identifier_words, is_common_word, stem};

/// What a phrase stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A table.
    Table(TableId),
    /// A column.
    Column(ColumnId),
    /// A measure of the glossary, by its position in [`Lexicon::measures`].
    Measure(u16),
    /// A condition of the glossary, by its position in [`Lexicon::conditions`].
    Condition(u16),
    /// What relates two tables.
    Relation(ForeignKeyId),
}

/// How a phrase stands for its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TermKind {
    /// A glossary noun (or the condition's phrase itself).
    Noun,
    /// The glossary's first, most usual noun.
    Head,
    /// An adjective that ranks by a column, "largest".
    Rank,
    /// Words before a number, "costing more than".
    Comparison,
    /// A verb of a date column, "started".
    Verb,
    /// The words of the identifier itself.
    Identifier,
}

/// One meaning of a phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// What it stands for.
    pub target: Target,
    /// In which way.
    pub kind: TermKind,
    /// How sure: 1 for the most usual noun, less for later ones and for identifiers.
    pub score: f32,
}

/// A measure or condition: its short name and the columns it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The short name in the glossary.
    pub name: String,
    /// The columns its expression speaks of.
    pub columns: Vec<ColumnId>,
}

/// What stands at a place of a question when phrases are sought.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// A folded word.
    Word(&'a str),
    /// A hyphen or underscore inside a word: passed over.
    Joint,
    /// Anything else: no phrase goes across it.
    Break,
}

/// A phrase of the lexicon found in a question: places `from..to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'a> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) terms: &'a [Term],
}

impl Hit<'_> {
    /// Whether it is a condition or relation: words that stay words.
    pub(crate) fn is_lock(&self) -> bool {
        self.terms.iter().any(|t| matches!(t.target, Target::Condition(_) | Target::Relation(_)))
    }

    /// Whether it names a table, column or measure by a noun.
    pub(crate) fn is_noun(&self) -> bool {
        self.terms.iter().any(|t| t.is_noun())
    }
}

impl Term {
    /// Whether it names a table, column or measure by a noun or by its identifier.
    pub(crate) fn is_noun(&self) -> bool {
        matches!(self.kind, TermKind::Noun | TermKind::Head | TermKind::Identifier)
            && !matches!(self.target, Target::Condition(_) | Target::Relation(_))
    }
}

/// The phrase index of one catalog and glossary.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    /// Stems joined by spaces -> meanings; the beginnings of longer phrases are there too, without meanings.
    phrases: HashMap<String, Vec<Term>>,
    /// Every word of every phrase.
    pub(crate) words: WordList,
    /// Stems of each column's identifier words, for partial matches within a table.
    pub(crate) column_words: HashMap<TableId, Vec<(ColumnId, Vec<String>)>>,
    /// The glossary's measures.
    pub measures: Vec<Named>,
    /// The glossary's conditions.
    pub conditions: Vec<Named>,
    /// How the tables are joined.
    pub(crate) joins: JoinGraph,
}

impl Lexicon {
    /// Reads all phrases of a glossary and a catalog.
    pub fn new(catalog: &Catalog, glossary: &Glossary) -> Self {
        let mut lexicon = Lexicon { joins: JoinGraph::new(catalog), ..Lexicon::default() };
        let names = Names::of(catalog);
        for table in catalog.table_ids() {
            lexicon.add_table(catalog, table, glossary.table(catalog, table));
            for column in catalog.columns_of(table) {
                lexicon.add_column(catalog, column, glossary.column(catalog, column));
            }
        }
        for (name, measure) in &glossary.measures {
            let target = Target::Measure(lexicon.measures.len() as u16);
            lexicon.measures.push(Named { name: name.clone(), columns: names.columns_in(&measure.sql) });
            lexicon.add_list(target, TermKind::Noun, &measure.terms);
        }
        for (name, condition) in &glossary.conditions {
            let target = Target::Condition(lexicon.conditions.len() as u16);
            lexicon.conditions.push(Named { name: name.clone(), columns: names.columns_in(&condition.sql) });
            lexicon.add_condition(target, condition);
        }
        for (from, relation) in &glossary.relations {
            let Some(key) = names.foreign_key(catalog, from) else { continue };
            for phrase in relation.forward.iter().chain(&relation.backward) {
                lexicon.add(phrase, Target::Relation(key), TermKind::Noun, 0.6);
            }
        }
        for link in &glossary.links {
            let (Some(via), Some(to)) = (catalog.find_table(&link.via), catalog.find_table(&link.to)) else { continue };
            let joins = |id: &ForeignKeyId| catalog.foreign_key(*id).from == via && catalog.foreign_key(*id).to == to;
            let Some(key) = catalog.foreign_key_ids().find(joins) else { continue };
            for phrase in link.phrases.iter().chain(&link.does) {
                lexicon.add(phrase, Target::Relation(key), TermKind::Noun, 0.6);
            }
        }
        lexicon
    }

    /// The measure or condition that a target is.
    pub(crate) fn named(&self, target: Target) -> Option<&Named> {
        match target {
            Target::Measure(index) => self.measures.get(index as usize),
            Target::Condition(index) => self.conditions.get(index as usize),
            _ => None,
        }
    }

    /// Every phrase in a question, also those inside longer ones, in order of place.
    pub(crate) fn hits(&self, cells: &[Cell<'_>]) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for from in 0..cells.len() {
            let mut key = String::new();
            for (n, cell) in cells[from..].iter().enumerate() {
                let word = match cell {
                    Cell::Word(word) => stem(word),
                    Cell::Joint if n > 0 => continue,
                    _ => break,
                };
                if n > 0 {
                    key.push(' ');
                }
                key.push_str(&word);
                let Some(terms) = self.phrases.get(&key) else { break };
                if !terms.is_empty() {
                    hits.push(Hit { from, to: from + n + 1, terms });
                }
            }
        }
        hits
    }

    fn add_table(&mut self, catalog: &Catalog, table: TableId, terms: Option<&TableTerms>) {
        let target = Target::Table(table);
        self.add_words(&identifier_words(&catalog.table(table).name), target, TermKind::Identifier, 0.8);
        let Some(terms) = terms else { return };
        self.add_list(target, TermKind::Noun, &terms.singular);
        self.add_list(target, TermKind::Noun, &terms.plural);
    }

    fn add_column(&mut self, catalog: &Catalog, column: ColumnId, terms: Option<&ColumnTerms>) {
        let target = Target::Column(column);
        let words = identifier_words(&catalog.column(column).name);
        self.add_words(&words, target, TermKind::Identifier, 0.8);
        let stems = words.iter().map(|w| stem(w).into_owned()).collect();
        self.column_words.entry(column.table).or_default().push((column, stems));
        let Some(terms) = terms else { return };
        self.add_list(target, TermKind::Noun, &terms.terms);
        self.add_list(target, TermKind::Noun, &terms.plural);
        for phrase in terms.most.iter().chain(&terms.least) {
            self.add(phrase, target, TermKind::Rank, 0.5);
        }
        for phrase in terms.more.iter().chain(&terms.less) {
            self.add(phrase, target, TermKind::Comparison, 0.6);
        }
        for phrase in &terms.verb {
            self.add(phrase, target, TermKind::Verb, 0.6);
        }
    }

    /// A list of nouns, the most usual first.
    fn add_list(&mut self, target: Target, kind: TermKind, phrases: &[String]) {
        for (place, phrase) in phrases.iter().enumerate() {
            let kind = if place == 0 && kind == TermKind::Noun { TermKind::Head } else { kind };
            self.add(phrase, target, kind, 1.0 - 0.02 * place.min(10) as f32);
        }
    }

    fn add_condition(&mut self, target: Target, condition: &Condition) {
        for phrase in condition.adjectives.iter().chain(&condition.phrases).chain(&condition.nouns) {
            self.add(phrase, target, TermKind::Noun, 1.0);
            let words = phrase_words(phrase);
            let core = without_opening(&words);
            let telling = core.len() >= 2 || core.first().is_some_and(|w| !is_common_word(w));
            if core.len() < words.len() && telling {
                self.add_words(core, target, TermKind::Noun, 0.9);
            }
        }
    }

    fn add(&mut self, phrase: &str, target: Target, kind: TermKind, score: f32) {
        self.add_words(&phrase_words(phrase), target, kind, score);
    }

    fn add_words(&mut self, words: &[String], target: Target, kind: TermKind, score: f32) {
        if words.is_empty() {
            return;
        }
        for word in words {
            self.words.insert(word.clone());
        }
        let key = key_of(words);
        for (space, _) in key.match_indices(' ') {
            self.phrases.entry(key[..space].to_owned()).or_default();
        }
        let terms = self.phrases.entry(key).or_default();
        match terms.iter_mut().find(|t| t.target == target) {
            Some(known) if known.score >= score => {}
            Some(known) => (known.kind, known.score) = (kind, score),
            None => terms.push(Term { target, kind, score }),
        }
    }
}

/// Stems joined by single spaces.
pub(crate) fn key_of<W: AsRef<str>>(words: &[W]) -> String {
    let stems: Vec<_> = words.iter().map(|w| stem(w.as_ref())).collect();
    stems.join(" ")
}

/// The folded words of a glossary phrase: hyphens and punctuation only separate.
fn phrase_words(phrase: &str) -> Vec<String> {
    crate::atom::atoms(phrase).into_iter().map(|a| a.fold).filter(|w| is_key_word(w)).collect()
}

/// Letters and digits, and the marks that tell names apart ("R&D", "C++", "C#").
pub(crate) fn is_key_word(folded: &str) -> bool {
    folded.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '&' | '+' | '#'))
}

/// "that are over budget" without "that are": the question may open the phrase otherwise.
fn without_opening(words: &[String]) -> &[String] {
    const OPENING: [&str; 14] =
        ["that", "which", "who", "are", "is", "were", "was", "have", "has", "having", "with", "a", "an", "the"];
    let start = words.iter().position(|w| !OPENING.contains(&w.as_str())).unwrap_or(words.len());
    &words[start..]
}

/// Column ids by lower-case qualified name: a catalog may have thousands of columns.
struct Names(HashMap<String, ColumnId>);

impl Names {
    fn of(catalog: &Catalog) -> Self {
        let columns = catalog.table_ids().flat_map(|t| catalog.columns_of(t));
        Names(columns.map(|c| (catalog.qualified(c).to_lowercase(), c)).collect())
    }

    /// The columns that an expression names as `Table.Column`, each once, in order.
    fn columns_in(&self, expression: &str) -> Vec<ColumnId> {
        let mut found = Vec::new();
        for name in expression.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))) {
            let column = self.0.get(&name.to_lowercase()).copied();
            found.extend(column.filter(|c| !found.contains(c)));
        }
        found
    }

    fn foreign_key(&self, catalog: &Catalog, from: &str) -> Option<ForeignKeyId> {
        let column = *self.0.get(&from.to_lowercase())?;
        catalog.foreign_key_ids().find(|id| {
            let key = catalog.foreign_key(*id);
            key.from == column.table && key.columns.contains(&column.column)
        })
    }
}

/// Whether a column holds amounts, so that "high" or "low" before its name is not a value.
pub(crate) fn is_amount(catalog: &Catalog, glossary: &Glossary, target: Target) -> bool {
    match target {
        Target::Measure(_) => true,
        Target::Column(column) => matches!(glossary.role(catalog, column), Role::Measure | Role::Percent),
        _ => false,
    }
}
