//! Tokens: the verdicts of Wycheproof's suite on signatures, and what a token has to say.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use serve::auth::{Action, TokenError, TokenSettings, Tokens};

const SECRET: &str = "a secret of at least thirty-two bytes";

fn hs256(issuer: Option<&str>, audience: Option<&str>) -> Tokens {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let settings = TokenSettings {
        algorithm: "HS256".to_owned(),
        key: SECRET.to_owned(),
        issuer: owned(issuer),
        audience: owned(audience),
        leeway: 60,
    };
    Tokens::new(settings).unwrap()
}

fn signed(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

#[test]
fn what_a_token_says_has_to_be_good() {
    let tokens = hs256(Some("us"), Some("glrl"));
    let good =
        json!({ "sub": "ann", "exp": 2000, "nbf": 1000, "iss": "us", "aud": ["x", "glrl"], "scope": "ask:gl other" });
    let verdict = |change: Value, now| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        tokens.principal(&signed(&claims), now).map(|principal| principal.name.clone())
    };
    assert_eq!(verdict(json!({}), 1500), Ok("token:ann".to_owned()));
    assert_eq!(verdict(json!({}), 2059), Ok("token:ann".to_owned()));
    assert_eq!(verdict(json!({}), 2060), Err(TokenError::Claim("exp")));
    assert_eq!(verdict(json!({}), 939), Err(TokenError::Claim("nbf")));
    assert_eq!(verdict(json!({ "exp": null }), 1500), Err(TokenError::Claim("exp")));
    assert_eq!(verdict(json!({ "iss": "them" }), 1500), Err(TokenError::Claim("iss")));
    assert_eq!(verdict(json!({ "aud": "x" }), 1500), Err(TokenError::Claim("aud")));
    let unnamed = hs256(Some("us"), None);
    assert_eq!(unnamed.principal(&signed(&good), 1500), Err(TokenError::Claim("aud")), "it is for somebody else");
    assert_eq!(verdict(json!({ "sub": null }), 1500), Err(TokenError::Claim("subject")));
    let principal = tokens.principal(&signed(&good), 1500).unwrap();
    assert!(principal.may(Action::Ask, Some("gl")) && !principal.may(Action::Execute, Some("gl")));
}

#[test]
fn a_token_chooses_neither_algorithm_nor_key() {
    let tokens = hs256(None, None);
    let claims = json!({ "sub": "ann", "exp": 4_000_000_000u64 });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |header: Value| format!("{}.{}.", part(&header), part(&claims));
    assert_eq!(tokens.payload(&unsigned(json!({ "alg": "none" }))), Err(TokenError::OtherAlgorithm));
    let other = encode(&Header::new(Algorithm::HS384), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    assert_eq!(tokens.payload(&other), Err(TokenError::OtherAlgorithm));
    let critical = unsigned(json!({ "alg": "HS256", "crit": ["exp"] }));
    assert_eq!(tokens.payload(&critical), Err(TokenError::OtherAlgorithm));
    assert!(tokens.payload(&signed(&claims)).is_ok());
    let of = |algorithm: &str, key: &str| {
        let (algorithm, key) = (algorithm.to_owned(), key.to_owned());
        Tokens::new(TokenSettings { algorithm, key, issuer: None, audience: None, leeway: 0 })
    };
    assert!(of("none", SECRET).is_err() && of("HS256", "short").is_err() && of("RS256", SECRET).is_err());
    let guessable = json!({ "keys": [{ "kty": "oct", "k": "YWJj", "alg": "HS256" }] }).to_string();
    assert!(of("HS256", &guessable).is_err());
    // The public key of another algorithm is no secret (RFC 8725, 2.1).
    assert!(
        of("HS256", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----").is_err()
    );
}

const OTHER_ALGORITHM: &str = "valid, not taken: the key is for PS256 (RFC 7517, 4.4), the token is signed with PS384";
const UNKNOWN_CURVE: &str = "valid, not taken: ES512 is not among the algorithms that are known here";
const ALPHABET: &str = "valid, not taken: \"?\" is no character of base64url (RFC 7515, 2)";
const SAME_AS_357: &str = "invalid, taken: its text in the suite's file is that of case 357, which is valid";
/// Where the verdict is another than the suite's, and why.
const DIFFERENT: [(u64, &str); 8] = [
    (346, OTHER_ALGORITHM),
    (347, UNKNOWN_CURVE),
    (350, OTHER_ALGORITHM),
    (351, UNKNOWN_CURVE),
    (367, SAME_AS_357),
    (370, SAME_AS_357),
    (372, ALPHABET),
    (373, ALPHABET),
];

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
fn signatures_are_judged_as_wycheproof_judges_them() {
    let Some(folder) = std::env::var_os("GLRL_SUITES") else {
        eprintln!("skipped: GLRL_SUITES names no folder of suites");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("jws/json_web_signature_test.json")).unwrap();
    let suite: Value = serde_json::from_str(&text).unwrap();
    let (mut judged, mut different, mut taken, mut good) = (0, vec![], vec![], String::new());
    for group in suite["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&group["private"]);
        // Where the key names no algorithm, the one that its kind is used with.
        let usual = if key["kty"] == "EC" { "ES256" } else { "RS256" };
        let settings = TokenSettings {
            algorithm: key["alg"].as_str().unwrap_or(usual).to_owned(),
            key: json!({ "keys": [key] }).to_string(),
            issuer: None,
            audience: None,
            leeway: 0,
        };
        let tokens = Tokens::new(settings);
        for case in group["tests"].as_array().unwrap() {
            let token = case["jws"].as_str().map_or_else(|| case["jws"].to_string(), str::to_owned);
            let is_taken = tokens.as_ref().is_ok_and(|tokens| tokens.payload(&token).is_ok());
            judged += 1;
            let id = case["tcId"].as_u64().unwrap();
            if id == 357 {
                good = token.clone();
            }
            if (case["result"] == "valid") != is_taken {
                different.push(id);
                taken.extend(is_taken.then_some(token));
            }
        }
    }
    assert_eq!(judged, 401);
    DIFFERENT.iter().for_each(|(id, reason)| println!("case {id}: {reason}"));
    let unexplained = different.iter().filter(|id| DIFFERENT.iter().all(|(known, _)| known != *id)).count();
    let right = judged - different.len();
    println!("servers: signatures right {right}, explained {}, unexplained {unexplained}", DIFFERENT.len());
    assert_eq!(different, DIFFERENT.map(|(id, _)| id));
    assert!(taken.iter().all(|token| *token == good), "{taken:?}");
}
