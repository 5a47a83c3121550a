//! TLS: the certificate that is shown, also after it has changed, and who finds no ear. The certificates are for tests only.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serve::service::Parts;
use serve::settings::Settings;
use serve::tls::Tls;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::tools::{Server, exchange, folder, parts, request, settings};

type Secured = StreamOwned<ClientConnection, TcpStream>;

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
}

/// A connection of a client that trusts one certificate.
fn connect(to: SocketAddr, trusted: &str) -> Secured {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&fs::read(certificate(trusted)).unwrap()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let config = Arc::new(config.with_no_client_auth());
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    StreamOwned::new(ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap(), stream)
}

/// The status of a request on a connection that stays open.
fn health(stream: &mut Secured) -> std::io::Result<u16> {
    status(stream, "/health")
}

fn status(stream: &mut Secured, path: &str) -> std::io::Result<u16> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())?;
    let mut reply = vec![];
    let mut byte = [0];
    while !reply.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        reply.push(byte[0]);
    }
    let head = String::from_utf8(reply).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    stream.read_exact(&mut vec![0; length])?;
    Ok(head.split(' ').nth(1).unwrap().parse().unwrap())
}

/// A service with a certificate of its own files, which a test may overwrite.
fn secured(name: &str, operators_tls: bool) -> (Server, PathBuf) {
    let folder = folder(name);
    show(&folder, "first");
    let tls = Some(Arc::new(Tls::open(&folder.join("cert.pem"), &folder.join("key.pem")).unwrap()));
    let settings = Settings { operators_tls, ..settings() };
    let parts = Parts { tls, ..parts(&settings) };
    (Server::with(settings, parts), folder)
}

fn show(folder: &Path, name: &str) {
    fs::copy(certificate(&format!("{name}.pem")), folder.join("cert.pem")).unwrap();
    fs::copy(certificate(&format!("{name}-key.pem")), folder.join("key.pem")).unwrap();
}

#[test]
fn a_certificate_is_changed_and_no_connection_is_lost() {
    let (server, folder) = secured("tls", false);
    let mut old = connect(server.users, "first.pem");
    assert_eq!(health(&mut old).unwrap(), 200);
    assert!(health(&mut connect(server.users, "second.pem")).is_err(), "it is not shown yet");
    let tls = server.service.tls.as_ref().unwrap();

    fs::write(folder.join("cert.pem"), "no certificate").unwrap();
    assert!(tls.reload().is_err());
    assert_eq!(health(&mut connect(server.users, "first.pem")).unwrap(), 200, "the old one stays");

    show(&folder, "second");
    tls.reload().unwrap();
    assert_eq!(health(&mut connect(server.users, "second.pem")).unwrap(), 200);
    assert!(health(&mut connect(server.users, "first.pem")).is_err());
    assert_eq!(health(&mut old).unwrap(), 200, "who was connected before is still");
    // Operators read plainly, unless settings say otherwise.
    let metrics = exchange(server.operators, "GET", "/metrics", &[], None).body;
    let until = tls.until().unwrap().as_second();
    assert!(metrics.contains(&format!("glrl_tls_certificate_expiry_seconds {until}")), "{metrics}");
}

#[test]
fn who_speaks_plainly_or_an_old_version_is_not_heard() {
    let (server, _) = secured("tls-old", true);
    let send = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(server.users).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut reply = vec![];
        // The end may come as a reset.
        let _ = stream.read_to_end(&mut reply);
        reply
    };
    let plain = send(request("GET", "/health", &[], None).as_bytes());
    assert!(!plain.starts_with(b"HTTP"), "{plain:?}");
    // A client's greeting of TLS 1.1 (RFC 4346, 7.4.1.2): version, random bytes, no session, one cipher, no compression.
    let body = [&[3, 2][..], &[7; 32], &[0], &[0, 2, 0xc0, 0x13], &[1, 0]].concat();
    let handshake = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    let record = [&[22, 3, 1, 0, handshake.len() as u8][..], &handshake].concat();
    let reply = send(&record);
    // A fatal alert, and no greeting in return.
    assert_eq!((reply.first(), reply.get(5)), (Some(&21), Some(&2)), "{reply:?}");
    assert_eq!(health(&mut connect(server.users, "first.pem")).unwrap(), 200);
    assert_eq!(
        status(&mut connect(server.operators, "first.pem"), "/livez").unwrap(),
        200,
        "operators too, where it is set"
    );
}
