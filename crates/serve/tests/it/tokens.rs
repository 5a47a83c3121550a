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

/// Valid and not taken: the token names another algorithm than its key (346, 350), the curve is P-521, which is not known
/// here (347, 351), or the text holds characters outside its alphabet (372, 373).
const VALID_AND_NOT_TAKEN: [u64; 6] = [346, 347, 350, 351, 372, 373];
/// Invalid and taken: in the suite's file their texts are those of case 357, which it calls valid.
const SAME_AS_357: [u64; 2] = [367, 370];

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn signatures_are_judged_as_wycheproof_judges_them() {
    let Some(folder) = std::env::var_os("GLRL_SUITES") else {
        eprintln!("skipped: GLRL_SUITES names no folder of suites");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("jws/json_web_signature_test.json")).unwrap();
    let suite: Value = serde_json::from_str(&text).unwrap();
    let (mut judged, mut not_taken, mut taken, mut good) = (0, vec![], vec![], String::new());
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
            match (case["result"] == "valid", is_taken) {
                (true, false) => not_taken.push(id),
                (false, true) => taken.push((id, token)),
                _ => {}
            }
        }
    }
    assert_eq!(judged, 401);
    assert_eq!(not_taken, VALID_AND_NOT_TAKEN);
    assert!(taken.iter().all(|(_, token)| *token == good), "{taken:?}");
    assert_eq!(taken.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), SAME_AS_357);
}
