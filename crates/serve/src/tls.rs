//! The certificate that users see (TLS 1.2 and 1.3). It may be read again at any time: connections that are open go on with
//! the one they began with, and files that are no good change nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        error: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path} holds no {wanted} (PEM)")]
    Lacks {
        /// The file.
        path: String,
        /// "certificate" or "private key".
        wanted: &'static str,
    },
    /// The certificate is over.
    #[error("the certificate in {path} was good until {until}")]
    Over {
        /// The file.
        path: String,
        /// Its last moment.
        until: Timestamp,
    },
    /// Key and certificate do not belong together, or are of a kind that is not known.
    #[error("certificate {path}: {error}")]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong.
        error: rustls::Error,
    },
}

/// What is shown to those who connect now.
struct Shown {
    config: Arc<ServerConfig>,
    until: Option<Timestamp>,
}

/// A certificate with its key, and the files they come from.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    shown: RwLock<Shown>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its key.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let shown = RwLock::new(read(certificate, key)?);
        Ok(Tls { certificate: certificate.to_owned(), key: key.to_owned(), shown })
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// When they cannot be used; what was shown is shown still.
    pub fn reload(&self) -> Result<(), TlsError> {
        let shown = read(&self.certificate, &self.key)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(())
    }

    /// Until when the certificate is good, where it says so.
    pub fn until(&self) -> Option<Timestamp> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).until
    }

    /// How a connection that comes now is taken.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).config).into()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Shown, TlsError> {
    let bytes =
        |path: &Path| std::fs::read(path).map_err(|error| TlsError::File { path: path.display().to_string(), error });
    let lacks = |path: &Path, wanted| TlsError::Lacks { path: path.display().to_string(), wanted };
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| lacks(certificate, "certificate"))?;
    let secret = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|_| lacks(key, "private key"))?;
    let path = certificate.display().to_string();
    let until = not_after(&chain[0]);
    if let Some(until) = until.filter(|until| *until < Timestamp::now()) {
        return Err(TlsError::Over { path, until });
    }
    // The only versions that rustls speaks are 1.2 and 1.3.
    let builder =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let made = builder.and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mut config = made.map_err(|error| TlsError::Unusable { path, error })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Shown { config: Arc::new(config), until })
}

/// Tags of DER (X.690, 8.1.2).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const VERSION: u8 = 0xa0;

/// The end of a certificate's time: the second time of the fifth part (after the version, which may be left out) of its
/// first part (RFC 5280, 4.1).
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = inside(der)?;
    let mut fields = inside(certificate)?;
    if *fields.first()? == VERSION {
        fields = part(fields)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        fields = part(fields)?.2;
    }
    let (_, _, after_start) = part(inside(fields)?)?;
    let (tag, text, _) = part(after_start)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// What a sequence at the beginning holds.
fn inside(der: &[u8]) -> Option<&[u8]> {
    let (tag, content, _) = part(der)?;
    (tag == SEQUENCE).then_some(content)
}

/// Tag and content of the first part, and what follows it.
fn part(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..0x80 => (usize::from(*short), rest),
        long => {
            let (bytes, rest) =
                rest.split_at_checked(usize::from(long & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`; years of two digits from 50 on are of the last century.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let (year, rest) = text.split_at_checked(if tag == UTC_TIME { 2 } else { 4 })?;
    let year: i16 = year.parse().ok()?;
    let year = match (tag == UTC_TIME, year) {
        (true, 50..) => 1900 + year,
        (true, _) => 2000 + year,
        (false, _) => year,
    };
    let number = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let date = Date::new(year, number(0)?, number(2)?).ok()?;
    let time = Time::new(number(4)?, number(6)?, number(8)?, 0).ok()?;
    DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
    }

    fn until(name: &str) -> Option<String> {
        let pem = std::fs::read(file(name)).unwrap();
        not_after(&CertificateDer::from_pem_slice(&pem).unwrap()).map(|until| until.to_string())
    }

    #[test]
    fn a_certificate_says_until_when_it_is_good() {
        // As `openssl x509 -noout -enddate` prints them; the first has a year of four digits, the other one of two.
        assert_eq!(until("first.pem").as_deref(), Some("2126-10-29T07:07:32Z"));
        assert_eq!(until("expired.pem").as_deref(), Some("2026-11-21T07:07:32Z"));
        assert_eq!(time(UTC_TIME, "991231235959Z").unwrap().to_string(), "1999-12-31T23:59:59Z");
        let pem = std::fs::read(file("first.pem")).unwrap();
        let der = CertificateDer::from_pem_slice(&pem).unwrap();
        assert!((0..der.len() / 2).all(|end| not_after(&der[..end]).is_none()));
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        let check = |certificate: &str, key: &str, said: &str| {
            let error = Tls::open(&file(certificate), &file(key)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        };
        assert!(Tls::open(&file("first.pem"), &file("first-key.pem")).is_ok());
        check("none.pem", "first-key.pem", "none.pem: No such file");
        check("first-key.pem", "first-key.pem", "first-key.pem holds no certificate");
        check("first.pem", "second.pem", "second.pem holds no private key");
        check("first.pem", "second-key.pem", "first.pem: ");
        check("expired.pem", "first-key.pem", "was good until 2026-11-21");
    }
}
