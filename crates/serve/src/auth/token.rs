//! JSON Web Tokens. Algorithm and keys come from the settings alone: what a token says of itself chooses no algorithm and
//! brings no key (RFC 8725, 3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;

use super::{Principal, Scope, View};

/// The longest token, in bytes.
const LONGEST: usize = 8_192;
/// The shortest secret of HMAC, in bytes: as long as the hash (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// How tokens are checked.
#[derive(Clone)]
pub struct TokenSettings {
    /// The one algorithm, by its name in RFC 7518: `RS256`, `ES256`, `EdDSA`, `HS256` …
    pub algorithm: String,
    /// A key as PEM, a set of keys as JSON (JWKS), or the secret of HMAC.
    pub key: String,
    /// What `iss` has to be, where it is asked for.
    pub issuer: Option<String>,
    /// What `aud` has to hold; without it, tokens that name an audience are not taken.
    pub audience: Option<String>,
    /// How far two clocks may be apart, in seconds.
    pub leeway: u64,
}

impl std::fmt::Debug for TokenSettings {
    /// Without the key, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSettings").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Why a token is not taken, or none can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The settings name no algorithm that is known.
    #[error(
        "\"{0}\" is no algorithm of tokens: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256, HS384 or HS512"
    )]
    Algorithm(String),
    /// The settings' key is not one for the algorithm.
    #[error("the key of tokens cannot be used with {algorithm}: {reason}")]
    Key {
        /// The algorithm.
        algorithm: String,
        /// What is wrong.
        reason: String,
    },
    /// It is not three parts of base64url, of which the first is a header.
    #[error("the token is not a compact JWS")]
    Malformed,
    /// It was signed in another way than it has to be.
    #[error("the token is not signed with the algorithm asked for")]
    OtherAlgorithm,
    /// Its signature is not that of a known key.
    #[error("the token's signature is not valid")]
    Signature,
    /// What it says is not good, or not any more.
    #[error("the token's {0} is not good")]
    Claim(&'static str),
}

/// The checker of tokens.
pub struct Tokens {
    settings: TokenSettings,
    algorithm: Algorithm,
    /// With the name of each, where it has one.
    keys: Vec<(Option<String>, DecodingKey)>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("algorithm", &self.algorithm).field("keys", &self.keys.len()).finish()
    }
}

/// The part of a header that is read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Names of fields that one has to understand; none is understood here.
    crit: Option<serde_json::Value>,
}

/// What a token says (RFC 7519; `scope` as in RFC 8693).
#[derive(Debug, Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iss: Option<String>,
    aud: Option<Audience>,
    #[serde(default)]
    scope: String,
    /// A policy of the service's settings.
    policy: Option<String>,
    /// What that policy is told of the user: texts, numbers, true or false.
    #[serde(default)]
    user: BTreeMap<String, serde_json::Value>,
}

impl Claims {
    /// What the token's bearer is shown.
    fn view(&self) -> Result<View, TokenError> {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Ok(text.clone()),
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Ok(value.to_string()),
            _ => Err(TokenError::Claim("user")),
        };
        let user = self.user.iter().map(|(name, value)| Ok((name.clone(), text(value)?)));
        Ok(View { policy: self.policy.clone(), user: user.collect::<Result<_, _>>()? })
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Tokens {
    /// Reads the keys.
    ///
    /// # Errors
    /// When algorithm or keys cannot be used.
    pub fn new(settings: TokenSettings) -> Result<Self, TokenError> {
        let algorithm = settings.algorithm.parse().map_err(|_| TokenError::Algorithm(settings.algorithm.clone()))?;
        let reason = |reason: String| TokenError::Key { algorithm: settings.algorithm.clone(), reason };
        let keys = keys(algorithm, settings.key.trim()).map_err(reason)?;
        if keys.is_empty() {
            return Err(reason("it holds none that is for this algorithm and for checking signatures".to_owned()));
        }
        Ok(Tokens { settings, algorithm, keys })
    }

    /// Who a token is of, at a time in seconds since 1970.
    ///
    /// # Errors
    /// When it is not good.
    pub fn principal(&self, token: &str, now: u64) -> Result<Arc<Principal>, TokenError> {
        let payload = self.payload(token)?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
        self.check(&claims, now)?;
        let view = claims.view()?;
        let subject = claims.sub.ok_or(TokenError::Claim("subject"))?;
        let scopes = claims.scope.split_whitespace().filter_map(|scope| scope.parse::<Scope>().ok());
        Ok(Arc::new(Principal { name: format!("token:{subject}"), scopes: scopes.collect(), view }))
    }

    /// What a token says, once its signature is found good.
    ///
    /// # Errors
    /// When it is not.
    pub fn payload(&self, token: &str) -> Result<Vec<u8>, TokenError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        if token.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let (head, said) = (decode(header)?, decode(payload)?);
        decode(signature)?;
        let head: Header = serde_json::from_slice(&head).map_err(|_| TokenError::Malformed)?;
        if head.crit.is_some() || head.alg.parse() != Ok(self.algorithm) {
            return Err(TokenError::OtherAlgorithm);
        }
        let signed = &token.as_bytes()[..header.len() + 1 + payload.len()];
        let fits = |name: &Option<String>| name.is_none() || head.kid.is_none() || *name == head.kid;
        let mut candidates = self.keys.iter().filter(|(name, _)| fits(name));
        let is_good = |key: &DecodingKey| crypto::verify(signature, signed, key, self.algorithm).unwrap_or(false);
        if candidates.any(|(_, key)| is_good(key)) { Ok(said) } else { Err(TokenError::Signature) }
    }

    fn check(&self, claims: &Claims, now: u64) -> Result<(), TokenError> {
        let (now, leeway) = (now as f64, self.settings.leeway as f64);
        // A token without an end would be a key that nobody can take back.
        if claims.exp.is_none_or(|end| end + leeway <= now) {
            return Err(TokenError::Claim("exp"));
        }
        if claims.nbf.is_some_and(|start| now + leeway < start) {
            return Err(TokenError::Claim("nbf"));
        }
        if self.settings.issuer.is_some() && self.settings.issuer != claims.iss {
            return Err(TokenError::Claim("iss"));
        }
        // A token that names whom it is for is for nobody else (RFC 7519, 4.1.3).
        let is_for_us = match (&self.settings.audience, &claims.aud) {
            (wanted, None) => wanted.is_none(),
            (None, Some(_)) => false,
            (Some(wanted), Some(Audience::One(one))) => one == wanted,
            (Some(wanted), Some(Audience::Many(many))) => many.contains(wanted),
        };
        if is_for_us { Ok(()) } else { Err(TokenError::Claim("aud")) }
    }
}

/// The keys of a text that are for an algorithm.
fn keys(algorithm: Algorithm, text: &str) -> Result<Vec<(Option<String>, DecodingKey)>, String> {
    let error = |e: &dyn std::fmt::Display| e.to_string();
    if text.starts_with('{') {
        let set: JwkSet = serde_json::from_str(text).map_err(|e| error(&e))?;
        let own = set.keys.iter().filter(|key| is_for(key, algorithm));
        return own
            .map(|key| {
                if let AlgorithmParameters::OctetKey(secret) = &key.algorithm {
                    is_long_enough(URL_SAFE_NO_PAD.decode(&secret.value).map_or(0, |bytes| bytes.len()))?;
                }
                Ok((key.common.key_id.clone(), DecodingKey::from_jwk(key).map_err(|e| error(&e))?))
            })
            .collect();
    }
    let pem = text.as_bytes();
    let key = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 if text.starts_with("-----BEGIN") => {
            return Err("a public key is no secret".to_owned());
        }
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            is_long_enough(pem.len())?;
            Ok(DecodingKey::from_secret(pem))
        }
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem(pem),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem),
        _ => DecodingKey::from_rsa_pem(pem),
    };
    Ok(vec![(None, key.map_err(|e| error(&e))?)])
}

/// Refuses a secret of so many bytes that can be guessed.
fn is_long_enough(bytes: usize) -> Result<(), String> {
    match bytes < SHORTEST_SECRET {
        true => Err(format!("the secret has {bytes} bytes, at least {SHORTEST_SECRET} are needed")),
        false => Ok(()),
    }
}

/// Whether a key of a set may check signatures of an algorithm.
fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let may_verify = common.key_operations.as_ref().is_none_or(|list| list.contains(&KeyOperations::Verify));
    let same = common.key_algorithm.is_none_or(|named| named.to_string().parse() == Ok(algorithm));
    for_signatures && may_verify && same
}
