//! Listeners, connections, and the end: on the first sign to stop the service takes no more requests, ends those in
//! progress, and closes what is still open after a time.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::routes::operators::operators;
use crate::routes::users;
use crate::service::{Phase, Service, reached};
use crate::tls::Tls;

/// How long a connection may take to send the head of a request: one that sends a byte a minute holds no place.
const HEADS: Duration = Duration::from_secs(10);
/// Time for the last events of streams, once they are told that the service has stopped.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A service that listens.
#[derive(Debug)]
pub struct Listening {
    users: TcpListener,
    operators: TcpListener,
}

impl Listening {
    /// Listens where the settings say; port 0 takes one that is free.
    ///
    /// # Errors
    /// When an address cannot be taken.
    pub async fn on(service: &Service) -> std::io::Result<Self> {
        let users = TcpListener::bind(service.settings.listen).await?;
        let operators = TcpListener::bind(service.settings.operators).await?;
        Ok(Listening { users, operators })
    }

    /// Where users connect.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn users(&self) -> std::io::Result<SocketAddr> {
        self.users.local_addr()
    }

    /// Where operators connect.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn operators(&self) -> std::io::Result<SocketAddr> {
        self.operators.local_addr()
    }

    /// Serves until `stop`, and then until the requests in progress have ended or their time is over.
    pub async fn serve(self, service: Arc<Service>, stop: impl Future<Output = ()>) {
        let door = Door { router: users(&service), tls: service.tls.clone() };
        let mut for_users = tokio::spawn(accept(self.users, door, service.phase.subscribe()));
        let tls = service.tls.clone().filter(|_| service.settings.operators_tls);
        let door = Door { router: operators(&service), tls };
        // Operators see the end of the drain too.
        let for_operators = tokio::spawn(accept(self.operators, door, watch::channel(Phase::Serving).1));
        stop.await;
        tracing::info!("draining");
        service.phase.send_replace(Phase::Draining);
        let drained = tokio::time::timeout(service.settings.drain, &mut for_users).await.is_ok();
        service.phase.send_replace(Phase::Ended);
        if !drained {
            // Streams end with an event of their own.
            let ended = tokio::time::timeout(LAST_WORDS, &mut for_users).await.is_ok();
            tracing::warn!(ended, "the time for requests in progress is over");
        }
        for_operators.abort();
        tracing::info!("stopped");
    }
}

/// What stands behind a port.
#[derive(Clone)]
struct Door {
    router: Router,
    /// The certificate that is shown; none speaks plainly.
    tls: Option<Arc<Tls>>,
}

/// Takes connections until the service drains, then waits for those that are open.
async fn accept(listener: TcpListener, door: Door, mut phase: watch::Receiver<Phase>) {
    let mut connections = JoinSet::new();
    let told = phase.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(enter(stream, door.clone(), told.clone()));
                }
                // Too many open files: those that are open go on, and some will close.
                Err(error) => {
                    tracing::warn!(%error, "a connection was not taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = reached(&mut phase, Phase::Draining) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one connection, plainly or under a certificate. Who does not end the handshake holds no place.
async fn enter(stream: TcpStream, door: Door, phase: watch::Receiver<Phase>) {
    // Answers are written whole: waiting for more of them would only make them late.
    let _ = stream.set_nodelay(true);
    let Some(tls) = door.tls else { return connection(stream, door.router, phase).await };
    match tokio::time::timeout(HEADS, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, door.router, phase).await,
        // Whoever speaks plainly, or too old a version, is told so by the handshake.
        Ok(Err(error)) => tracing::debug!(%error, "no handshake"),
        Err(_) => tracing::debug!("no handshake in time"),
    }
}

/// Serves what is sent over a stream; once the service drains, to the end of the request in progress.
async fn connection<S>(stream: S, router: Router, mut phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADS)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    tokio::select! {
        // A client that breaks off is no failure of ours.
        _ = serving.as_mut() => return,
        () = reached(&mut phase, Phase::Draining) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
