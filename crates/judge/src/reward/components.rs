//! The six components, each from 0 to 1.

use serde::Serialize;
use sql::{Layer, Report, Severity};

/// What an error of a layer takes off its component.
const ERROR: f64 = 0.5;
/// What a warning takes off.
const WARNING: f64 = 0.2;

/// The six components of a reward.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Components {
    /// 1 where the text is one query.
    pub syntax: f64,
    /// 1 where its names are those of the schema and may be read.
    pub schema: f64,
    /// 1 where no rule of the trade speaks against it.
    pub business: f64,
    /// 1 where nothing in it is needlessly slow, and it reads no more tables than the reference.
    pub performance: f64,
    /// How far the plan that was said agrees with the query; 1 where none was asked for.
    pub reasoning: f64,
    /// 1 where its rows are right, else how near they are; none where no reference says what is right.
    pub accuracy: Option<f64>,
}

impl Components {
    /// What the validator's report says; the rest is filled in by those who know it.
    pub fn of(report: &Report) -> Self {
        if report.query.is_none() {
            return Components::default();
        }
        Components::valid(report)
    }

    /// The same of a report whose tree is elsewhere.
    pub(super) fn valid(report: &Report) -> Self {
        let layer = |layers: &[Layer]| left(report, layers);
        Components {
            syntax: if has_error(report, Layer::Syntax) { 0.0 } else { 1.0 },
            schema: layer(&[Layer::Schema, Layer::Security]),
            business: layer(&[Layer::Business]),
            performance: layer(&[Layer::Performance]),
            reasoning: 1.0,
            accuracy: None,
        }
    }

    /// In the order of their names above.
    pub fn in_order(&self) -> [Option<f64>; 6] {
        let known = [self.syntax, self.schema, self.business, self.performance, self.reasoning].map(Some);
        [known[0], known[1], known[2], known[3], known[4], self.accuracy]
    }
}

fn has_error(report: &Report, layer: Layer) -> bool {
    report.diagnostics.iter().any(|found| found.layer == layer && found.severity == Severity::Error)
}

/// What the findings of some layers leave of 1.
fn left(report: &Report, layers: &[Layer]) -> f64 {
    let found = report.diagnostics.iter().filter(|found| layers.contains(&found.layer));
    let cost = found.map(|found| match found.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Info => 0.0,
    });
    (1.0 - cost.sum::<f64>()).max(0.0)
}
