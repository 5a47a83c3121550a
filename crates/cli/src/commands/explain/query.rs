//! `glrl explain "SELECT …"`: what a query does, from its resolved tree.

use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::explain::{Operator, operators, output_names};
use sql::lineage::{Clause, Read, Reads};
use sql::reasoning::plan;
use sql::tree::Query;
use sql::{Layer, Lineage, Options, lineage, validate};

use crate::commands::schema::TablesArgs;
use crate::commands::validate::{DialectArg, exit_of, talk_of};
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::output;

/// What has to do with queries alone.
#[derive(Debug, clap::Args)]
pub(super) struct QueryArgs {
    #[command(flatten)]
    pub(super) tables: TablesArgs,
    #[command(flatten)]
    dialect: DialectArg,
    /// How a query's explanation is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Words, operators, and what is read.
    Text,
    /// All of it as one object (as `--json`).
    Json,
    /// The operators as a Mermaid flowchart.
    Mermaid,
    /// The operators as a picture.
    Svg,
}

/// A query with what is said of it.
struct Explained<'a> {
    sql: &'a str,
    query: &'a Query,
    catalog: &'a Catalog,
    words: Vec<String>,
    operators: Operator,
    lineage: Lineage,
}

/// Explains a query whose names and types are right and that only reads; else its findings are shown, with the exit code of `glrl validate`.
pub(super) fn explain(sql: &str, args: &QueryArgs, context: &Context) -> Outcome {
    let (catalog, glossary) = args.tables.read(context)?;
    let layers = &[Layer::Syntax, Layer::Schema, Layer::Security];
    let report = validate(sql, &catalog, &Options { dialect: args.dialect.dialect, layers, ..Options::default() });
    let Some(query) = report.query.as_ref().filter(|_| report.valid) else {
        talk_of(&report.diagnostics, sql, context);
        return Ok(exit_of(&report.diagnostics));
    };
    let words = plan(query, &catalog, &glossary);
    let operators = operators(query, &catalog, &glossary);
    let explained = Explained { sql, query, catalog: &catalog, words, operators, lineage: lineage(query, &catalog) };
    match args.format {
        Format::Text if !context.json => explained.text(context)?,
        Format::Text | Format::Json => output::line(explained.json())?,
        Format::Mermaid => output::line(explained.operators.mermaid().trim_end())?,
        Format::Svg => output::line(explained.operators.svg().trim_end())?,
    }
    Ok(Exit::Done)
}

impl Explained<'_> {
    fn text(&self, context: &Context) -> std::io::Result<()> {
        let paint = context.paint();
        output::line(paint.bold("In words"))?;
        for step in &self.words {
            output::line(format_args!("  {}", output::plain(step)))?;
        }
        output::line(format_args!("\n{}", paint.bold("Operators")))?;
        for line in self.operators.text().lines() {
            output::line(format_args!("  {}", output::plain(line)))?;
        }
        output::line(format_args!("\n{}", paint.bold("Reads")))?;
        for (name, reads) in output_names(self.query, self.catalog, self.sql).iter().zip(&self.lineage.outputs) {
            output::line(format_args!("  {}: {}", output::plain(name), self.names(reads)))?;
        }
        for condition in &self.lineage.conditions {
            output::line(format_args!("  {}: {}", clause(condition.clause), self.names(&condition.reads)))?;
        }
        Ok(())
    }

    /// `Table.Column, Table.Column`.
    fn names(&self, reads: &Reads) -> String {
        match reads.is_empty() {
            true => "no column".to_owned(),
            false => reads.iter().map(|read| read.name(self.catalog)).collect::<Vec<_>>().join(", "),
        }
    }

    fn json(&self) -> Json {
        let names = |reads: &Reads| reads.iter().map(|read: &Read| read.name(self.catalog)).collect::<Vec<_>>();
        let outputs = output_names(self.query, self.catalog, self.sql);
        let outputs = outputs.iter().zip(&self.lineage.outputs);
        json!({
            "sql": self.sql,
            "words": self.words,
            "operators": self.operators,
            "lineage": {
                "outputs": outputs.map(|(name, reads)| json!({ "name": name, "reads": names(reads) })).collect::<Vec<_>>(),
                "conditions": self.lineage.conditions.iter().map(|condition| json!({
                    "clause": clause(condition.clause),
                    "span": [condition.span.start, condition.span.end],
                    "reads": names(&condition.reads),
                })).collect::<Vec<_>>(),
                "reads": names(&self.lineage.reads),
            },
            "mermaid": self.operators.mermaid(),
        })
    }
}

fn clause(clause: Clause) -> &'static str {
    match clause {
        Clause::On => "ON",
        Clause::Where => "WHERE",
        Clause::GroupBy => "GROUP BY",
        Clause::Having => "HAVING",
        Clause::OrderBy => "ORDER BY",
        Clause::Limit => "LIMIT",
    }
}
