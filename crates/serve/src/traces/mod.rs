//! Traces: one span for each request, one for each stage of its answer, under the trace that the caller named. No span holds a
//! question, a literal or a row. Without the feature `otlp`, or where nobody listens, spans cost nothing.

#[cfg(feature = "otlp")]
pub mod export;

use axum::http::{HeaderMap, HeaderValue};
use tracing::{Span, field, info_span};

/// The header that names trace and parent (W3C Trace Context: `version-trace-parent-flags`).
pub(crate) const TRACEPARENT: &str = "traceparent";

/// The span of a request, under the caller's trace where its headers name one. OpenTelemetry's names of HTTP.
pub(crate) fn request(method: &'static str, route: &str, headers: &HeaderMap) -> Span {
    let span = info_span!(
        target: "glrl::stage",
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        glrl.request_id = field::Empty,
    );
    #[cfg(feature = "otlp")]
    export::continue_trace(&span, headers);
    #[cfg(not(feature = "otlp"))]
    let _ = headers;
    span
}

/// The span of what a model writes. OpenTelemetry's names of generative AI; its numbers are signed.
pub(crate) fn decode(model: &str, seed: u64, choices: usize) -> Span {
    info_span!(
        target: "glrl::stage",
        "decode",
        otel.name = format_args!("text_completion {model}"),
        glrl.stage = "decode",
        gen_ai.operation.name = "text_completion",
        gen_ai.provider.name = "glrl",
        gen_ai.request.model = model,
        gen_ai.request.seed = seed as i64,
        gen_ai.request.choice.count = choices as i64,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
        glrl.waited_ms = field::Empty,
    )
}

/// Trace and span of a request as the reply's `traceparent`; none where no trace is kept.
pub(crate) fn traceparent(span: &Span) -> Option<HeaderValue> {
    #[cfg(feature = "otlp")]
    return export::traceparent(span).and_then(|text| HeaderValue::from_str(&text).ok());
    #[cfg(not(feature = "otlp"))]
    {
        let _ = span;
        None
    }
}

/// The trace in a `traceparent`.
pub(crate) fn trace_of(value: &HeaderValue) -> Option<String> {
    let trace = value.to_str().ok()?.split('-').nth(1)?;
    (trace.len() == 32 && trace.bytes().all(|b| b.is_ascii_hexdigit())).then(|| trace.to_owned())
}
