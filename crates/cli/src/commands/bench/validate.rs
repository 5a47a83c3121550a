//! Validation beside SQLite's own verdict: queries that are wrongly refused, mistakes that are missed, where findings
//! point, whether what they offer is right, and how long the five layers take.

use std::time::Instant;

use sql::visit::same_tree;
use sql::{Diagnostic, Dialect, Severity, parse};

use super::corpus::{Ground, grounds, sizes, write};
use super::mutants::{Mutant, Names};
use super::{Args, Even, Figure, Measured, times};
use crate::context::Context;

/// How often each query is timed; the least time counts, since what else the machine does is none of validation's.
const RUNS: usize = 3;
/// Mutants, and slips, that are tried of each query.
const TRIES: usize = 3;

/// Counts and times over the queries of the suite, of question files and of synthesis.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let grounds = grounds(args, context, &pack)?;
    if let Some(path) = &args.out {
        write(&grounds, path)?;
    }
    let mut tally = Tally::default();
    let mut even = Even::of(args.seed, 0);
    for ground in &grounds {
        for sql in &ground.queries {
            tally.accept(ground, sql, context);
            let names = Names::of(sql, &ground.catalog);
            for _ in 0..TRIES {
                let swapped = names.swapped(sql, &mut even);
                swapped.into_iter().for_each(|mutant| tally.refuse(ground, &mutant, context));
                let misspelt = names.misspelt(sql, &mut even);
                misspelt.into_iter().for_each(|slip| tally.mend(ground, sql, &slip, context));
            }
        }
    }
    let mut figures = sizes("validate", &grounds);
    figures.extend(tally.figures());
    Ok(figures)
}

/// What was found.
#[derive(Default)]
struct Tally {
    times: Vec<f64>,
    rejected: usize,
    mutants: Mistakes,
    /// Bytes of the first finding that points at the fault, of each mutant that has one.
    pointed: Vec<f64>,
    slips: Mistakes,
    /// Slips whose first fix gives the query back.
    mended: usize,
}

/// Texts that SQLite refuses.
#[derive(Default)]
struct Mistakes {
    count: usize,
    missed: usize,
}

impl Tally {
    /// A query that must pass, timed.
    fn accept(&mut self, ground: &Ground<'_>, sql: &str, context: &Context) {
        let runs = (0..RUNS).map(|_| {
            let started = Instant::now();
            let report = std::hint::black_box(sql::validate(sql, &ground.catalog, &ground.options));
            (started.elapsed().as_secs_f64() * 1e6, report)
        });
        let Some((time, report)) = runs.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
        self.times.push(time);
        if !report.valid {
            self.rejected += 1;
            context.note(format_args!("wrongly refused: {}: {sql}", said(&report.diagnostics)));
        }
    }

    /// A text that must not pass, where SQLite refuses it.
    fn refuse(&mut self, ground: &Ground<'_>, mutant: &Mutant, context: &Context) {
        let Err(refusal) = ground.oracle.reads(&mutant.text) else { return };
        self.mutants.count += 1;
        let found = errors(ground, &mutant.text);
        let pointer = found.iter().find(|d| points(d, &refusal, mutant));
        if found.is_empty() {
            self.mutants.missed += 1;
            context.note(format_args!("missed: {}: {}", refusal.message, mutant.text));
        } else if let Some(Diagnostic { span: [start, end], .. }) = pointer {
            self.pointed.push((end - start) as f64);
        } else {
            let pointer = refusal.offset.map_or_else(String::new, |byte| format!(" at byte {byte}"));
            let message = refusal.message;
            context.note(format_args!("elsewhere: {}, not {message}{pointer}: {}", said(&found), mutant.text));
        }
    }

    /// A slip, where SQLite refuses it: found, and mended by the first fix of the first error.
    fn mend(&mut self, ground: &Ground<'_>, sql: &str, slip: &Mutant, context: &Context) {
        let Err(refusal) = ground.oracle.reads(&slip.text) else { return };
        self.slips.count += 1;
        let found = errors(ground, &slip.text);
        let Some(first) = found.first() else {
            self.slips.missed += 1;
            return context.note(format_args!("missed: {}: {}", refusal.message, slip.text));
        };
        let tree = |text: &str| parse(text, &ground.catalog, Dialect::Sqlite).ok();
        let fixed = mended(&slip.text, first);
        match fixed.as_deref().and_then(tree).zip(tree(sql)) {
            Some((fixed, meant)) if same_tree(&fixed, &meant) => self.mended += 1,
            _ => context.note(format_args!("not mended: {}: {} of {sql}", said(&found), slip.text)),
        }
    }

    fn figures(self) -> Vec<Figure> {
        let count = |name: &str, value: usize| Figure::new(format!("validate.{name}"), value as f64, "");
        let share = |name: &str, part: usize, of: usize| {
            Figure::new(format!("validate.{name}"), 100.0 * part as f64 / of.max(1) as f64, "%")
        };
        let accepted = self.times.len() - self.rejected;
        let pointed = self.pointed.len();
        let bytes = self.pointed.iter().sum::<f64>() / pointed.max(1) as f64;
        let mut figures = vec![
            count("wrongly refused", self.rejected),
            share("references accepted", accepted, self.times.len()),
            count("mutants", self.mutants.count),
            count("mutants missed", self.mutants.missed),
            count("mutants pointed at elsewhere", self.mutants.count - self.mutants.missed - pointed),
            share("mutants with the span on the fault", pointed, self.mutants.count),
            Figure::new("validate.mutants, mean length of that span", bytes, "bytes"),
            count("slips", self.slips.count),
            count("slips missed", self.slips.missed),
            share("slips with the first fix right", self.mended, self.slips.count),
        ];
        figures.extend(times("validate", self.times, "µs"));
        figures
    }
}

/// The errors of all layers.
fn errors(ground: &Ground<'_>, text: &str) -> Vec<Diagnostic> {
    let found = sql::validate(text, &ground.catalog, &ground.options).diagnostics;
    found.into_iter().filter(|d| d.severity == Severity::Error).collect()
}

fn said(found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    errors.map(|d| format!("{} {:?} {}", d.code, d.span, d.message)).collect::<Vec<_>>().join("; ")
}

/// Whether a finding points at the fault: it or a place it names beside covers the byte that SQLite points at or a place
/// that was changed, or it begins where the name stands that SQLite's words end with.
fn points(found: &Diagnostic, refusal: &database::Refusal, mutant: &Mutant) -> bool {
    let start = found.span[0];
    let name = refusal.message.rsplit(": ").next().unwrap_or_default();
    let spelled = mutant.text.get(start..start + name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name));
    let spans = || found.labels.iter().map(|label| label.span).chain([found.span]);
    let changed = mutant.places.iter().any(|place| spans().any(|[start, end]| start < place.end && place.start < end));
    let covered = refusal.offset.is_some_and(|byte| spans().any(|[start, end]| start <= byte && byte < end));
    covered || changed || refusal.offset.is_none() && spelled
}

/// The text after the first fix of a finding.
fn mended(text: &str, found: &Diagnostic) -> Option<String> {
    let mut edits = found.fixes.first()?.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut mended = text.to_owned();
    for edit in edits {
        mended.replace_range(edit.span[0]..edit.span[1], &edit.text);
    }
    Some(mended)
}

#[cfg(test)]
mod tests {
    use database::Refusal;
    use sql::tree::Span;

    use super::*;

    fn finding(start: u32, end: u32) -> Diagnostic {
        Diagnostic::error("SCH202", Span { start, end }, "").fix("", Span { start, end }, "name", false)
    }

    fn mutant(text: &str, place: std::ops::Range<usize>) -> Mutant {
        Mutant { text: text.to_owned(), places: vec![place] }
    }

    #[test]
    fn a_finding_points_at_the_byte_that_sqlite_points_at() {
        let mutant = mutant("SELECT nam FROM t", 16..17);
        let refusal = Refusal { message: "no such column: nam".to_owned(), offset: Some(7) };
        assert!(points(&finding(7, 10), &refusal, &mutant));
        assert!(points(&finding(16, 17), &refusal, &mutant));
        assert!(!points(&finding(8, 10), &refusal, &mutant));
        assert!(!points(&finding(0, 6), &refusal, &mutant));
    }

    #[test]
    fn without_a_byte_it_begins_where_the_name_is_spelt() {
        let mutant = mutant("SELECT a FROM t, u", 17..18);
        let refusal = Refusal { message: "no such table: t".to_owned(), offset: None };
        assert!(points(&finding(14, 15), &refusal, &mutant));
        assert!(points(&finding(17, 18), &refusal, &mutant));
        assert!(!points(&finding(7, 8), &refusal, &mutant));
    }

    #[test]
    fn mending_applies_the_first_fix() {
        assert_eq!(mended("SELECT nam FROM t", &finding(7, 10)).as_deref(), Some("SELECT name FROM t"));
        let without = Diagnostic::error("SCH202", Span::default(), "");
        assert_eq!(mended("SELECT nam FROM t", &without), None);
    }
}
