//! Spans on their way to a collector: OTLP over HTTP, in batches, from a thread of the SDK's own. The SDK reads `OTEL_…` for
//! itself: endpoint, headers, time limits, protocol (`http/protobuf` or `http/json`), sampler, batches, service and resource.

use std::fmt::Write as _;
use std::io::{Error, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use axum::http::{HeaderMap, Request, Response, Uri};
use bytes::Bytes;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use super::TRACEPARENT;

/// Time to reach a collector, and for each piece of its reply; the SDK waits on a thread of its own.
const PATIENCE: Duration = Duration::from_secs(5);
/// A collector's reply holds no more than counts.
const LONGEST_REPLY: u64 = 65_536;

/// What sends spans, until it is ended.
#[derive(Debug)]
pub struct Exporter(SdkTracerProvider);

/// What the environment leaves open.
#[derive(Debug, Clone, Copy)]
pub struct Unset {
    /// Whether no protocol is named; it is `http/protobuf` then.
    pub protocol: bool,
    /// Whether no service is named; it is `glrl` then.
    pub service: bool,
}

impl Exporter {
    /// Prepares what the environment asks for.
    ///
    /// # Errors
    /// When that cannot be, in words.
    pub fn start(unset: Unset) -> Result<Self, String> {
        let mut builder = SpanExporter::builder().with_http().with_http_client(Plain);
        if unset.protocol {
            builder = builder.with_protocol(Protocol::HttpBinary);
        }
        let exporter = builder.build().map_err(|e| e.to_string())?;
        let mut resource = Resource::builder();
        if unset.service {
            resource = resource.with_service_name("glrl");
        }
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
        Ok(Exporter(provider.build()))
    }

    /// What takes the stages' spans, and nothing else: neither events nor where in the code they came from.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("glrl"));
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false).with_target(false);
        layer.with_filter(Targets::new().with_target("glrl::stage", LevelFilter::INFO))
    }

    /// Sends what was not sent yet.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Puts a request under the trace that its headers name.
pub(super) fn continue_trace(span: &Span, headers: &HeaderMap) {
    if headers.contains_key(TRACEPARENT) {
        // A span that nobody takes has no parent either.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
    }
}

/// Trace and span as a header has them.
pub(super) fn traceparent(span: &Span) -> Option<String> {
    let mut found = Found(None);
    TraceContextPropagator::new().inject_context(&span.context(), &mut found);
    found.0
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

struct Found(Option<String>);

impl Injector for Found {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

/// HTTP/1.1 on a connection of its own for each batch: a collector stands on the same machine or network, and the thread that
/// sends has nothing else to do.
#[derive(Debug)]
struct Plain;

#[async_trait::async_trait]
impl HttpClient for Plain {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = send(&request).inspect_err(|error| tracing::warn!(%error, "traces were not sent"))?;
        if !sent.status().is_success() {
            tracing::warn!(status = sent.status().as_u16(), "the collector takes no traces");
        }
        Ok(sent)
    }
}

fn send(request: &Request<Bytes>) -> std::io::Result<Response<Bytes>> {
    let uri = request.uri();
    if uri.scheme_str() != Some("http") {
        return Err(Error::other(format!("traces are sent to http:// only, not to {uri}")));
    }
    let mut stream = connect(uri)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(head(request, uri).as_bytes())?;
    stream.write_all(request.body())?;
    let mut reply = vec![];
    stream.take(LONGEST_REPLY).read_to_end(&mut reply)?;
    let status = reply.get(9..12).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok());
    let status: u16 = status.ok_or_else(|| Error::other("the collector's reply is no HTTP"))?;
    Response::builder().status(status).body(Bytes::new()).map_err(Error::other)
}

/// The first address of the host that answers in time.
fn connect(uri: &Uri) -> std::io::Result<TcpStream> {
    let host = uri.host().unwrap_or("localhost").trim_matches(['[', ']']);
    let mut failed = Error::other(format!("{host} has no address"));
    for address in (host, uri.port_u16().unwrap_or(80)).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn head(request: &Request<Bytes>, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in request.headers() {
        if let Ok(value) = value.to_str() {
            let _ = write!(head, "{name}: {value}\r\n");
        }
    }
    let _ = write!(head, "content-length: {}\r\n\r\n", request.body().len());
    head
}
