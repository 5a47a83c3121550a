//! What a service says while it runs: JSON lines on standard error, and traces to a collector where one is named.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Where spans are handed to; logs leave them out, so that they cost nothing where nobody takes them.
const STAGES: &str = "glrl::stage";
/// Variables that say where traces are sent to.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Variables that say how they are sent.
#[cfg(feature = "otlp")]
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];

/// What sends traces, if anything does.
#[derive(Debug)]
pub(super) struct Traces {
    #[cfg(feature = "otlp")]
    exporter: Option<serve::traces::export::Exporter>,
}

impl Traces {
    /// Sends what was not sent yet.
    pub(super) fn end(self) {
        #[cfg(feature = "otlp")]
        if let Some(exporter) = self.exporter {
            exporter.end();
        }
    }
}

/// Begins to say it.
pub(super) fn start(context: &Context) -> Result<Traces, Failure> {
    let level = context.settings().server.log.parse().unwrap_or(LevelFilter::INFO);
    let chosen = Targets::new().with_default(level).with_target(STAGES, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let lines = lines.with_writer(std::io::stderr).with_filter(chosen);
    let wanted = wanted(context)?;
    #[cfg(not(feature = "otlp"))]
    let (traces, layer) = {
        let layer: Option<tracing_subscriber::layer::Identity> = None;
        (Traces {}, layer)
    };
    #[cfg(feature = "otlp")]
    let (traces, layer) = {
        let exporter = wanted.then(|| exporter(context)).transpose()?;
        let layer = exporter.as_ref().map(|exporter| exporter.layer());
        (Traces { exporter }, layer)
    };
    // A second one in the same process would be refused; there is one.
    let _ = tracing_subscriber::registry().with(lines).with(layer).try_init();
    if wanted && cfg!(not(feature = "otlp")) {
        tracing::warn!("OTEL_… names a collector, but this program was built without --features otlp: no traces are sent");
    }
    Ok(traces)
}

/// Whether traces are sent; asked for by the settings, the program has to be one that can.
fn wanted(context: &Context) -> Result<bool, Failure> {
    let variable = |name: &str| context.environment.get(name);
    let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"))
        || variable("OTEL_TRACES_EXPORTER") == Some("none");
    match context.settings().server.traces.as_str() {
        "on" if cfg!(not(feature = "otlp")) => {
            let failure = Failure::new(Exit::Settings, "settings", "server.traces = \"on\": this program cannot send traces");
            Err(failure.hint("build it with `cargo build --release --features otlp`"))
        }
        "on" => Ok(!is_off),
        "auto" => Ok(!is_off && ENDPOINTS.into_iter().any(|name| variable(name).is_some())),
        _ => Ok(false),
    }
}

/// Where traces go, in words.
pub(in crate::commands) fn told(context: &Context) -> Result<String, Failure> {
    let endpoint = ENDPOINTS.into_iter().find_map(|name| context.environment.get(name));
    Ok(match (wanted(context)?, cfg!(feature = "otlp")) {
        (false, _) => "off".to_owned(),
        (true, true) => format!("to {}", endpoint.unwrap_or("http://localhost:4318")),
        (true, false) => "warning: OTEL_… names a collector, but this program was built without --features otlp".to_owned(),
    })
}

#[cfg(feature = "otlp")]
fn exporter(context: &Context) -> Result<serve::traces::export::Exporter, Failure> {
    use serve::traces::export::{Exporter, Unset};

    let protocol = PROTOCOLS.into_iter().find_map(|name| context.environment.get(name));
    if let Some(other) = protocol.filter(|protocol| !matches!(*protocol, "http/protobuf" | "http/json")) {
        let failure = Failure::new(Exit::Settings, "traces", format_args!("traces cannot be sent by \"{other}\""));
        return Err(failure.hint("OTEL_EXPORTER_OTLP_PROTOCOL is http/protobuf or http/json"));
    }
    let variable = |name: &str| context.environment.get(name);
    let named = variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    let service = !named && variable("OTEL_SERVICE_NAME").is_none();
    let unset = Unset { protocol: protocol.is_none(), service };
    Exporter::start(unset).map_err(|e| Failure::new(Exit::Settings, "traces", format_args!("traces cannot be sent: {e}")))
}
