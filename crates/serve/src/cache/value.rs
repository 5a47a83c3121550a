//! Shared values: what is known of an answer, when it was found, and a signature over both and the key, so that a value is
//! good under its own key only. With a secret, only instances that know it can write one.

use answer::known::Known;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::FORM;
use crate::shared::LARGEST;

/// Bytes of a block of SHA-256, which is what a key of HMAC is filled up to (RFC 2104).
const BLOCK: usize = 64;

/// What is kept, and since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// When the model wrote it, in seconds since 1970. It stays so in whatever tier the value is copied to.
    pub found: u64,
    /// What is known.
    pub known: Known,
}

/// What values are signed with.
#[derive(Clone)]
pub struct Seal {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Seal {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

impl Seal {
    /// With a secret, or with none, against damage only.
    pub fn new(secret: &str) -> Self {
        let key = Sha256::digest(secret);
        let mut block = [0; BLOCK];
        block[..key.len()].copy_from_slice(&key);
        Seal { keyed: Hmac::new(&block.into()) }
    }

    /// The value of a key: form, signature and text, each on a line. None where it would be too large.
    pub fn write(&self, key: &str, known: &Known, found: u64) -> Option<Vec<u8>> {
        let text = serde_json::to_string(&Value { found, known: known.clone() }).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(self.mac(key, &text).finalize().into_bytes());
        let value = format!("{FORM}\n{signature}\n{text}").into_bytes();
        (value.len() <= LARGEST).then_some(value)
    }

    /// What a value says; none where it was not written here under this key, is of another form, or older than `time`.
    pub fn read(&self, key: &str, value: &[u8], now: u64, time: u64) -> Option<Value> {
        let text = std::str::from_utf8(value).ok()?;
        let text = text.strip_prefix(FORM)?.strip_prefix('\n')?;
        let (signature, text) = text.split_once('\n')?;
        self.mac(key, text).verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let value: Value = serde_json::from_str(text).ok()?;
        // Clocks may be a little apart; a value from far ahead would never grow old.
        let is_good = value.found <= now + 60 && now.saturating_sub(value.found) < time;
        is_good.then_some(value)
    }

    fn mac(&self, key: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(key.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known { sql: "SELECT 1".to_owned(), confidence_score: 0.9, alternatives: vec![] }
    }

    #[test]
    fn a_value_is_good_under_its_key_for_its_time_and_for_who_knows_the_secret() {
        let seal = Seal::new("secret");
        let value = seal.write("key", &known(), 1_000).unwrap();
        assert_eq!(seal.read("key", &value, 1_099, 100), Some(Value { found: 1_000, known: known() }));
        assert_eq!(seal.read("key", &value, 1_100, 100), None, "too old");
        assert_eq!(seal.read("key", &value, 900, 100), None, "from ahead of its time");
        assert_eq!(seal.read("other", &value, 1_000, 100), None);
        assert_eq!(Seal::new("").read("key", &value, 1_000, 100), None);
    }

    #[test]
    fn whatever_is_changed_is_found_and_nothing_makes_it_panic() {
        let seal = Seal::new("");
        let value = seal.write("key", &known(), 1_000).unwrap();
        for at in 0..value.len() {
            for changed in [value[at] ^ 1, 0, 0xff] {
                let mut other = value.clone();
                other[at] = changed;
                assert_eq!(seal.read("key", &other, 1_000, 100), None, "byte {at}");
            }
            assert_eq!(seal.read("key", &value[..at], 1_000, 100), None, "cut at {at}");
        }
        let large = Known { sql: "x".repeat(LARGEST), ..known() };
        assert!(seal.write("key", &large, 1_000).is_none());
    }
}
