//! What is counted, in the text format of Prometheus (version 0.0.4). Counters and histograms by their labels, two hundred
//! lines of our own: a service has some tens of series, and each belongs to its own instance.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper ends of times, in seconds.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Upper ends of probabilities.
const SHARES: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/// More series than this of one name are not kept, so that no caller can fill the memory.
const MOST_SERIES: usize = 500;

/// A name, with what it means and its labels.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    /// Set to what it is now.
    Gauge,
    /// With the upper ends of its buckets.
    Histogram(&'static [f64]),
}

macro_rules! families {
    ($($constant:ident = $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: &Family = &Family { name: $name, help: $help, labels: &[$($label),*], kind: $kind };)*
        /// All of them, in the order in which they are shown.
        const FAMILIES: &[&Family] = &[$($constant,)*];
    };
}

families! {
    HTTP = Kind::Histogram(SECONDS), "glrl_http_request_duration_seconds", ["route", "method", "code"], "Time of requests by route, method and status.";
    STAGE = Kind::Histogram(SECONDS), "glrl_stage_seconds", ["stage"], "Time of each stage of a question.";
    OVERHEAD = Kind::Histogram(SECONDS), "glrl_overhead_seconds", [], "Time of a question outside the model: all of it less waiting for a place, writing and weighing.";
    QUESTIONS = Kind::Counter, "glrl_questions_total", ["schema", "status"], "Questions by how they ended.";
    VALIDATION = Kind::Counter, "glrl_validation_total", ["layer", "verdict"], "Validations by layer.";
    CACHE = Kind::Counter, "glrl_cache_requests_total", ["tier", "result"], "Look-ups of caches.";
    CACHE_WRITES = Kind::Counter, "glrl_cache_writes_total", ["tier", "result"], "Writes to shared caches.";
    BREAKER = Kind::Gauge, "glrl_cache_breaker_state", ["tier"], "Whether a shared cache is asked: 0 closed (it is), 1 half open, 2 open (it is left alone).";
    SHARED_LIMITS = Kind::Counter, "glrl_shared_limits_total", ["result"], "Requests counted with other instances, or by this one alone.";
    CONFIDENCE = Kind::Histogram(SHARES), "glrl_confidence", [], "How sure answers are.";
    TABLES = Kind::Counter, "glrl_tables_used_total", ["schema", "table"], "Tables that answers read.";
    TOKENS = Kind::Counter, "glrl_tokens_total", ["kind"], "Tokens read and written.";
    FEEDBACK = Kind::Counter, "glrl_feedback_total", ["rating"], "Feedback by rating.";
    LOADS = Kind::Counter, "glrl_model_loads_total", ["schema", "result"], "Models loaded while the service runs.";
    RELOADS = Kind::Counter, "glrl_reloads_total", ["what", "result"], "Files read again while the service runs.";
    MODEL = Kind::Gauge, "glrl_model_info", ["schema", "fingerprint"], "Always 1; the label tells which model serves.";
    BUILD = Kind::Gauge, "glrl_build_info", ["version"], "Always 1; the label tells which program runs.";
    TURNED_AWAY = Kind::Counter, "glrl_turned_away_total", ["reason"], "Requests that were not begun.";
}

/// Values of labels.
type Labels = Vec<String>;

#[derive(Debug, Clone, Default)]
struct Series {
    /// Of a counter or gauge its value, of a histogram the sum.
    sum: f64,
    /// Of a histogram, how many lie in each bucket; the last holds those above all ends.
    counts: Vec<u64>,
}

/// The counts of one service.
#[derive(Debug, Default)]
pub struct Metrics {
    series: Mutex<BTreeMap<(&'static str, Labels), Series>>,
}

/// A value that is looked up when somebody asks. Where its name ends with `_total` it only ever grows.
#[derive(Debug)]
pub struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// What it is.
    pub value: f64,
    /// What tells it from others of its name, which stand beside it.
    pub label: Option<(&'static str, String)>,
}

impl Gauge {
    /// A value without a label.
    pub fn new(name: &'static str, help: &'static str, value: f64) -> Self {
        Gauge { name, help, value, label: None }
    }
}

impl Metrics {
    /// Counts one.
    pub fn count(&self, family: &Family, labels: &[&str]) {
        self.add(family, labels, 1.0);
    }

    /// Adds to a counter.
    pub fn add(&self, family: &Family, labels: &[&str], amount: f64) {
        self.change(family, labels, |series| series.sum += amount);
    }

    /// Sets a gauge.
    pub fn set(&self, family: &Family, labels: &[&str], value: f64) {
        self.change(family, labels, |series| series.sum = value);
    }

    /// Sets the one value that a schema, or another first label, has: those with the same first label and others behind it
    /// are forgotten.
    pub fn tell(&self, family: &Family, labels: &[&str]) {
        let is_same = |known: &Labels| known.first().map(String::as_str) == labels.first().copied();
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(name, known), _| *name != family.name || !is_same(known));
        drop(all);
        self.change(family, labels, |series| series.sum = 1.0);
    }

    /// Takes a value into a histogram.
    pub fn observe(&self, family: &Family, labels: &[&str], value: f64) {
        let Kind::Histogram(ends) = family.kind else { return };
        self.change(family, labels, |series| {
            series.counts.resize(ends.len() + 1, 0);
            series.counts[ends.partition_point(|end| *end < value)] += 1;
            series.sum += value;
        });
    }

    /// Takes a time into a histogram.
    pub fn time(&self, family: &Family, labels: &[&str], time: Duration) {
        self.observe(family, labels, time.as_secs_f64());
    }

    fn change(&self, family: &Family, labels: &[&str], change: impl FnOnce(&mut Series)) {
        debug_assert_eq!(labels.len(), family.labels.len(), "{}", family.name);
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (family.name, labels.iter().map(|label| (*label).to_owned()).collect::<Labels>());
        let is_new = !all.contains_key(&key);
        if is_new && all.keys().filter(|(name, _)| *name == family.name).count() >= MOST_SERIES {
            return;
        }
        change(all.entry(key).or_default());
    }

    /// Everything, as Prometheus reads it.
    pub fn render(&self, gauges: &[Gauge]) -> String {
        let all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for family in FAMILIES {
            let own: Vec<_> = all.iter().filter(|((name, _), _)| *name == family.name).collect();
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            heading(&mut text, family.name, family.help, kind);
            own.into_iter().for_each(|((_, labels), series)| write_series(&mut text, family, labels, series));
        }
        let mut last = "";
        for gauge in gauges {
            if gauge.name != last {
                let kind = if gauge.name.ends_with("_total") { "counter" } else { "gauge" };
                heading(&mut text, gauge.name, gauge.help, kind);
            }
            last = gauge.name;
            let label = gauge.label.as_ref().map(|(name, value)| (*name, value.as_str()));
            let _ = writeln!(text, "{}{} {}", gauge.name, braces(label.into_iter()), gauge.value);
        }
        text
    }
}

fn heading(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn write_series(text: &mut String, family: &Family, labels: &Labels, series: &Series) {
    let name = family.name;
    let Kind::Histogram(ends) = family.kind else {
        let _ = writeln!(text, "{name}{} {}", shown(family, labels, None), series.sum);
        return;
    };
    let mut below = 0;
    for (i, count) in series.counts.iter().enumerate() {
        below += count;
        let end = ends.get(i).map_or("+Inf".to_owned(), f64::to_string);
        let _ = writeln!(text, "{name}_bucket{} {below}", shown(family, labels, Some(&end)));
    }
    let labels = shown(family, labels, None);
    let _ = writeln!(text, "{name}_sum{labels} {}\n{name}_count{labels} {below}", series.sum);
}

/// `{route="/v1/ask",le="0.5"}`.
fn shown(family: &Family, labels: &Labels, end: Option<&str>) -> String {
    let pairs = family.labels.iter().copied().zip(labels.iter().map(String::as_str));
    braces(pairs.chain(end.map(|end| ("le", end))))
}

fn braces<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_count_below_each_end_and_counters_add() {
        let metrics = Metrics::default();
        metrics.observe(STAGE, &["decode"], 0.001);
        metrics.observe(STAGE, &["decode"], 0.3);
        metrics.observe(STAGE, &["decode"], 99.0);
        metrics.count(CACHE, &["l1", "hit"]);
        metrics.add(CACHE, &["l1", "hit"], 2.0);
        metrics.tell(MODEL, &["gl", "old"]);
        metrics.tell(MODEL, &["hr", "other"]);
        metrics.tell(MODEL, &["gl", "new"]);
        let labelled = |value, run: &str| Gauge { label: Some(("run", run.to_owned())), ..Gauge::new("l", "h", value) };
        let text = metrics.render(&[Gauge::new("g", "h", 1.5), labelled(1.0, "a"), labelled(2.0, "b")]);
        let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        has("glrl_stage_seconds_bucket{stage=\"decode\",le=\"0.001\"} 1");
        has("glrl_stage_seconds_bucket{stage=\"decode\",le=\"0.5\"} 2");
        has("glrl_stage_seconds_bucket{stage=\"decode\",le=\"+Inf\"} 3");
        has("glrl_stage_seconds_count{stage=\"decode\"} 3");
        has("glrl_cache_requests_total{tier=\"l1\",result=\"hit\"} 3");
        has("g 1.5");
        has("l{run=\"b\"} 2");
        assert_eq!(text.matches("# TYPE l gauge").count(), 1);
        has("glrl_model_info{schema=\"gl\",fingerprint=\"new\"} 1");
        assert!(text.contains("\"other\"} 1") && !text.contains("\"old\""));
    }

    #[test]
    fn labels_cannot_break_out_of_their_quotes_or_fill_the_memory() {
        let metrics = Metrics::default();
        metrics.count(QUESTIONS, &["a\"\n\\", "x"]);
        assert!(metrics.render(&[]).contains("{schema=\"a\\\"\\n\\\\\",status=\"x\"} 1"));
        (0..2 * MOST_SERIES).for_each(|i| metrics.count(QUESTIONS, &["s", &i.to_string()]));
        assert!(metrics.render(&[]).lines().count() < MOST_SERIES + 50);
    }
}
