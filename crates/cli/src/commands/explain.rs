//! `glrl explain`: a query in words and pictures; the manual page of a code; without either, the list of all codes.

mod query;

use serde_json::json;
use sql::validate::{Rule, rule, rules};
use train::lint::codes::{self, Code};

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// At most so many codes are offered for one that does not exist.
const MOST_OFFERED: usize = 3;

/// What the codes of `glrl data lint` are listed under, beside the validator's layers.
const DATA: &str = "data";

/// A query or a code.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A SELECT, or a code that a finding carries, such as SCH202; without either, all codes are listed.
    what: Option<String>,
    #[command(flatten)]
    query: query::QueryArgs,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.query.tables.flags()
    }
}

/// Prints a query's explanation, a page, or the list.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let Some(code) = args.what else { return list(context) };
    // A code is one word, a query never is.
    if code.split_whitespace().nth(1).is_some() {
        return query::explain(&code, &args.query, context);
    }
    if let Some(found) = codes::ALL.iter().find(|known| known.code.eq_ignore_ascii_case(code.trim())) {
        return of_data(found, context);
    }
    let rule = rule(code.trim()).ok_or_else(|| unknown(&code))?;
    if context.json {
        output::line(json!({
            "code": rule.code, "layer": rule.layer(), "severity": rule.severity, "title": rule.title, "page": rule.page,
        }))?;
    } else {
        output::line(rule.page.trim_end())?;
    }
    Ok(Exit::Done)
}

/// A code of `glrl data lint`: what is the matter, and what to do.
fn of_data(found: &Code, context: &Context) -> Outcome {
    let Code { code, severity, title, help } = *found;
    let page = format!("# {code}: {title}\n\n{severity}: {help}.", severity = severity.name());
    if context.json {
        output::line(json!({ "code": code, "layer": DATA, "severity": severity, "title": title, "page": page }))?;
    } else {
        output::line(page)?;
    }
    Ok(Exit::Done)
}

fn list(context: &Context) -> Outcome {
    let paint = context.paint();
    let mut layer = None;
    for rule in rules() {
        if context.json {
            let Rule { code, severity, title, .. } = rule;
            output::line(json!({ "code": code, "layer": rule.layer(), "severity": severity, "title": title }))?;
            continue;
        }
        if layer != Some(rule.layer()) {
            let blank = if layer.is_some() { "\n" } else { "" };
            output::line(format_args!("{blank}{}", paint.bold(rule.layer().name())))?;
            layer = Some(rule.layer());
        }
        output::line(format_args!("  {}  {:<7}  {}", rule.code, rule.severity.name(), rule.title))?;
    }
    if !context.json {
        output::line(format_args!("\n{}", paint.bold(DATA)))?;
    }
    for Code { code, severity, title, .. } in codes::ALL {
        if context.json {
            output::line(json!({ "code": code, "layer": DATA, "severity": severity, "title": title }))?;
        } else {
            output::line(format_args!("  {code}  {:<7}  {title}", severity.name()))?;
        }
    }
    Ok(Exit::Done)
}

fn unknown(code: &str) -> Failure {
    let problem = Failure::usage(format_args!("there is no code \"{}\"", output::plain(code)));
    let near = nearest(code);
    if near.is_empty() {
        return problem.hint("`glrl explain` lists all codes");
    }
    let offered: Vec<String> = near.iter().map(|rule| format!("{} ({})", rule.code, rule.title)).collect();
    problem.hint(format_args!("did you mean {}? `glrl explain` lists all codes", offered.join(" or ")))
}

/// The codes most like what was asked for, or those whose title speaks of it.
fn nearest(wanted: &str) -> Vec<&'static Rule> {
    let upper = wanted.trim().to_uppercase();
    let lower = wanted.trim().to_lowercase();
    if lower.is_empty() {
        return vec![];
    }
    let about: Vec<&Rule> = rules().filter(|rule| rule.title.to_lowercase().contains(&lower)).collect();
    if !about.is_empty() {
        return about.into_iter().take(MOST_OFFERED).collect();
    }
    let mut scored: Vec<(usize, &Rule)> =
        rules().map(|rule| (strsim::damerau_levenshtein(&upper, rule.code), rule)).filter(|(far, _)| *far <= 2).collect();
    scored.sort_by_key(|(far, rule)| (*far, rule.code));
    scored.into_iter().take(MOST_OFFERED).map(|(_, rule)| rule).collect()
}
