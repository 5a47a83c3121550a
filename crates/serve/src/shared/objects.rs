//! An S3-compatible object store, asked by the service's own HTTP client: the one that comes with `object_store` would bring
//! HTTP/2, QUIC and a second set of everything.

use std::sync::Arc;

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::TokioExecutor;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStoreExt, RetryConfig};

use super::{LARGEST, ObjectSettings, SharedError, StoreError};

/// A bucket, or a folder of one.
#[derive(Debug)]
pub struct Objects {
    store: AmazonS3,
    prefix: String,
}

impl Objects {
    /// A bucket; nothing is asked yet.
    ///
    /// # Errors
    /// When the settings do not fit each other, or the machine has no certificates to trust.
    pub fn open(settings: &ObjectSettings) -> Result<Self, SharedError> {
        let wrong = |reason: String| SharedError::Objects { reason };
        let mut builder = AmazonS3Builder::new();
        for (name, value) in &settings.variables {
            // Variables of other programs of that name are not for us.
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        // A request that fails is answered without this store; the breaker tries again.
        let retry = RetryConfig { max_retries: 0, retry_timeout: settings.timeout, ..RetryConfig::default() };
        let builder = builder.with_bucket_name(&settings.bucket).with_retry(retry);
        let client = Hyper::new().map_err(|e| wrong(e.to_string()))?;
        let store = builder.with_http_connector(client).build().map_err(|e| wrong(e.to_string()))?;
        Ok(Objects { store, prefix: settings.prefix.trim_matches('/').to_owned() })
    }

    /// The object of a key.
    ///
    /// # Errors
    /// When the store cannot be asked, or keeps something larger there.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.store.get(&self.path(key)).await {
            Ok(found) if found.meta.size > LARGEST as u64 => Err(StoreError::Garbage(Arc::from("too large"))),
            Ok(found) => Ok(Some(found.bytes().await.map_err(|e| failed(&e))?.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Keeps an object; the bucket's own rules say for how long.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn put(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let put = self.store.put(&self.path(key), value.to_vec().into()).await;
        put.map(drop).map_err(|e| failed(&e))
    }

    /// Whether it answers and takes objects.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.put("probe", b"").await
    }

    fn path(&self, key: &str) -> Path {
        let parts = self.prefix.split('/').chain(key.split(':'));
        parts.filter(|part| !part.is_empty()).collect()
    }
}

/// The innermost cause says what is wrong; those around it only where.
fn failed(error: &Error) -> StoreError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    StoreError::Unreachable(Arc::from(cause.to_string()))
}

/// hyper's client, with TLS where the URL asks for it.
#[derive(Debug, Clone)]
struct Hyper(Client<HttpsConnector<Tcp>, HttpRequestBody>);

impl Hyper {
    fn new() -> std::io::Result<Self> {
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        Ok(Hyper(Client::builder(TokioExecutor::new()).build(tls.https_or_http().enable_http1().build())))
    }
}

impl HttpConnector for Hyper {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Hyper {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let reply = self.0.request(request).await.map_err(|e| {
            let kind = if e.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, e)
        })?;
        Ok(reply.map(|body| HttpResponseBody::new(body.map_err(|e| HttpError::new(HttpErrorKind::Interrupted, e)))))
    }
}
