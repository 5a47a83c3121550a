//! How a password is proved to MySQL and MariaDB without being sent.
//!
//! Source: MySQL Source Code Documentation, "Authentication Phase"; MariaDB Server Documentation, "Connecting".

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// MySQL's first method, and MariaDB's default.
pub(super) const NATIVE: &str = "mysql_native_password";
/// MySQL's default since 8.0.
const CACHING: &str = "caching_sha2_password";
/// Who asks is known to the operating system: nothing has to be proved.
const BY_SOCKET: [&str; 2] = ["unix_socket", "auth_socket"];

/// What proves a password to a method, `None` for a method that is not known here.
pub(super) fn proof(method: &str, password: &str, challenge: &[u8]) -> Option<Vec<u8>> {
    let challenge = &challenge[..challenge.len().min(20)];
    match method {
        _ if BY_SOCKET.contains(&method) => Some(vec![]),
        NATIVE | CACHING if password.is_empty() => Some(vec![]),
        NATIVE => Some(native(password.as_bytes(), challenge)),
        CACHING => Some(caching(password.as_bytes(), challenge)),
        _ => None,
    }
}

/// SHA1(password) XOR SHA1(challenge, SHA1(SHA1(password))).
fn native(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Sha1::digest(password);
    let twice = Sha1::digest(once);
    xor(&once, &Sha1::new().chain_update(challenge).chain_update(twice).finalize())
}

/// SHA256(password) XOR SHA256(SHA256(SHA256(password)), challenge).
fn caching(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Sha256::digest(password);
    let twice = Sha256::digest(once);
    xor(&once, &Sha256::new().chain_update(twice).chain_update(challenge).finalize())
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server keeps SHA1(SHA1(password)) and finds SHA1(password) in the proof.
    #[test]
    fn a_server_can_check_a_proof() {
        let (challenge, password) = ([7; 20], "pässword");
        let kept = Sha1::digest(Sha1::digest(password));
        let proof = proof(NATIVE, password, &challenge).expect("a known method");
        let once = xor(&proof, &Sha1::new().chain_update(challenge).chain_update(kept).finalize());
        assert_eq!(Sha1::digest(once), kept);
        let kept = Sha256::digest(Sha256::digest(password));
        let proof = super::proof(CACHING, password, &challenge).expect("a known method");
        let once = xor(&proof, &Sha256::new().chain_update(kept).chain_update(challenge).finalize());
        assert_eq!(Sha256::digest(once), kept);
    }

    #[test]
    fn other_methods_are_not_guessed() {
        assert_eq!(proof("mysql_clear_password", "hush", &[1; 20]), None);
        assert_eq!(proof("unix_socket", "hush", &[1; 20]), Some(vec![]));
        assert_eq!(proof(NATIVE, "", &[]), Some(vec![]));
    }
}
