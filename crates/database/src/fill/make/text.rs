//! `text`: names, codes and sentences, from templates.
//!
//! A template holds placeholders: `{n:03}` the row's number (from 1, at least three digits) · `{serial:03}` a number
//! that counts the rows whose text is the same up to there · `{count:Column}` a number that counts the rows with the
//! same value of a column · `{digits:4}` random digits · `{list:surnames}` one of a list · `{Column}` or `{Fk_Column.Other}` another column's value, which a filter may change: `{Name|slug}` (`jane.doe`),
//! `{Name|compact}` (`janedoe`), `{Start_Date|year}` (`2024`).

use std::collections::{BTreeMap, HashMap, HashSet};

use schema::Value;
use serde::Deserialize;

use crate::fill::error::FillError;
use crate::fill::random::Random;
use crate::fill::world::{Cell, Context, Maker, Operand};

/// How often a text that has to be new is tried again.
const TRIES: usize = 40;

/// Text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Text {
    /// A template, or the name of one …
    pub format: Option<String>,
    /// … or several, each as likely.
    pub formats: Vec<String>,
    /// Whether texts differ from all before them, the column's `first` included.
    pub distinct: bool,
    /// Share of texts that repeat an earlier one all the same: two people of one name.
    pub repeated: f64,
}

impl Text {
    /// The columns its templates read, as they are written.
    pub(in crate::fill) fn reads(&self, formats: &BTreeMap<String, String>) -> Vec<String> {
        let templates = self.format.iter().chain(&self.formats).map(|name| formats.get(name).unwrap_or(name));
        templates.flat_map(|template| placeholders(template)).filter_map(column_of).map(str::to_owned).collect()
    }
}

/// A piece of a template.
enum Piece {
    Literal(String),
    Number { width: usize },
    Serial { width: usize },
    Count { of: Operand },
    Digits { count: usize },
    List(Vec<String>),
    Column { operand: Operand, filter: Filter },
}

#[derive(Clone, Copy)]
enum Filter {
    None,
    Slug,
    Compact,
    Year,
}

pub(in crate::fill) fn maker(spec: &Text, first: &[String], context: &Context<'_>) -> Result<Maker, FillError> {
    let mut templates = Vec::new();
    for name in spec.format.iter().chain(&spec.formats) {
        templates.push(template(&context.format(name)?, context)?);
    }
    if templates.is_empty() && context.own.rows > first.len() {
        return Err(context.problem(format!("{} texts for {} rows and no format", first.len(), context.own.rows)));
    }
    let Text { distinct, repeated, .. } = *spec;
    let mut serials = HashMap::new();
    let mut seen: HashSet<String> = first.iter().cloned().collect();
    let mut all = first.to_vec();
    Ok(Box::new(move |cell, random| {
        if random.happens(repeated) && !all.is_empty() {
            return Value::Text(all[random.below(all.len())].clone());
        }
        let mut text = String::new();
        for _ in 0..TRIES {
            let pieces = &templates[random.below(templates.len())];
            text = compose(pieces, cell, random, &mut serials);
            if !distinct || !seen.contains(&text) {
                break;
            }
        }
        if distinct || repeated > 0.0 {
            seen.insert(text.clone());
            all.push(text.clone());
        }
        Value::Text(text)
    }))
}

fn compose(pieces: &[Piece], cell: &Cell<'_>, random: &mut Random, serials: &mut HashMap<String, usize>) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Number { width } => text.push_str(&format!("{:0width$}", cell.row + 1)),
            Piece::Serial { width } => {
                let serial = serials.entry(text.clone()).or_insert(0);
                *serial += 1;
                text.push_str(&format!("{serial:0width$}"));
            }
            Piece::Count { of } => {
                let count = serials.entry(format!("{text}\0{:?}", cell.read(*of))).or_insert(0);
                *count += 1;
                text.push_str(&count.to_string());
            }
            Piece::Digits { count } => (0..*count).for_each(|_| text.push_str(&random.below(10).to_string())),
            Piece::List(values) => text.push_str(&values[random.below(values.len())]),
            Piece::Column { operand, filter } => text.push_str(&filtered(cell.text(*operand), *filter)),
        }
    }
    text
}

fn filtered(text: Option<String>, filter: Filter) -> String {
    let text = text.unwrap_or_default();
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    match filter {
        Filter::None => text,
        Filter::Slug => words().collect::<Vec<_>>().join("."),
        Filter::Compact => words().collect(),
        Filter::Year => text.chars().take(4).collect(),
    }
}

/// What stands between the braces of a template.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(inside, _)| inside)
}

/// The column a placeholder reads, if it reads one.
fn column_of(placeholder: &str) -> Option<&str> {
    let name = placeholder.split_once('|').map_or(placeholder, |(name, _)| name);
    if let Some(counted) = name.strip_prefix("count:") {
        return Some(counted);
    }
    let is_column = !name.contains(':') && name != "n" && name != "serial";
    is_column.then_some(name)
}

fn template(text: &str, context: &Context<'_>) -> Result<Vec<Piece>, FillError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((literal, tail)) = rest.split_once('{') {
        let Some((inside, tail)) = tail.split_once('}') else {
            return Err(context.problem(format!("no }} closes the last {{ of \"{text}\"")));
        };
        pieces.push(Piece::Literal(literal.to_owned()));
        pieces.push(piece(inside, context)?);
        rest = tail;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    Ok(pieces)
}

fn piece(inside: &str, context: &Context<'_>) -> Result<Piece, FillError> {
    if let Some(counted) = inside.strip_prefix("count:") {
        return Ok(Piece::Count { of: context.operand(counted)? });
    }
    if let Some(name) = column_of(inside) {
        let filter = match inside.split_once('|').map(|(_, filter)| filter) {
            None => Filter::None,
            Some("slug") => Filter::Slug,
            Some("compact") => Filter::Compact,
            Some("year") => Filter::Year,
            Some(other) => return Err(FillError::unknown("filter", other, ["slug", "compact", "year"].into_iter())),
        };
        return Ok(Piece::Column { operand: context.operand(name)?, filter });
    }
    let (kind, detail) = inside.split_once(':').unwrap_or((inside, "1"));
    let number = || detail.parse::<usize>().map_err(|_| context.problem(format!("{{{inside}}} wants a number")));
    match kind {
        "n" => Ok(Piece::Number { width: number()? }),
        "serial" => Ok(Piece::Serial { width: number()? }),
        "digits" => Ok(Piece::Digits { count: number()? }),
        "list" if !context.list(detail)?.is_empty() => Ok(Piece::List(context.list(detail)?.clone())),
        "list" => Err(context.problem(format!("list \"{detail}\" is empty"))),
        _ => Err(context.problem(format!("{{{inside}}} means nothing"))),
    }
}
