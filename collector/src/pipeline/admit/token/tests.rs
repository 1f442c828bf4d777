//! Tokens that are taken, and every way in which one is not.

use proptest::prelude::*;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;
use crate::config::{Config, TEN_LINES};

const NOW_MS: u64 = 1_800_000_000_000;
const NOW: u64 = NOW_MS / 1000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn key(more: &str) -> Key {
    let public = base64::prelude::BASE64_STANDARD.encode(pair().public_key());
    let ring = format!(
        "[[keys.shop-web.tokens.key]]\nid = \"a\"\nhmac = \"{SECRET}\"\n[[keys.shop-web.tokens.key]]\nid = \"b\"\ned25519 = \"{public}\"\n"
    );
    let tokens = format!("{TEN_LINES}[keys.shop-web.tokens]\n{more}\n{ring}");
    let config = Config::from_toml(&tokens).unwrap();
    let key = config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
    Key::clone(key)
}

fn parts(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| BASE64.encode(part.to_string())).join(".")
}

fn by_hmac(header: &Value, claims: &Value, secret: &str) -> String {
    let signed = parts(header, claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(signature))
}

fn by_ed25519(header: &Value, claims: &Value) -> String {
    let signed = parts(header, claims);
    let signature = pair().sign(signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(signature))
}

fn a() -> Value {
    json!({ "alg": "HS256", "typ": "JWT", "kid": "a" })
}

fn b() -> Value {
    json!({ "alg": "EdDSA", "kid": "b" })
}

#[test]
fn tokens_of_either_kind_are_taken_while_they_are_good() {
    let key = key("");
    for claims in [
        json!({ "exp": NOW + 600 }),
        json!({ "exp": NOW as f64 + 0.5, "nbf": NOW + 30, "iat": NOW + 30 }),
        json!({ "exp": NOW - 30, "aud": "pk_demo_shop" }),
        json!({ "exp": NOW + 86_400, "aud": ["other", "shop-web"], "sub": "s", "more": { "role": "admin" } }),
    ] {
        assert!(check(&by_hmac(&a(), &claims, SECRET), &key, NOW_MS).is_ok(), "{claims}");
        assert!(check(&by_ed25519(&b(), &claims), &key, NOW_MS).is_ok(), "{claims}");
    }
}

#[test]
fn a_token_is_refused_with_the_reason() {
    let (key, good) = (key(""), json!({ "exp": NOW + 600 }));
    let public = base64::prelude::BASE64_STANDARD.encode(pair().public_key());
    let with = |header: Value| by_hmac(&header, &good, SECRET);
    let cases = [
        (by_hmac(&a(), &good, &"x".repeat(32)), "its signature"),
        (with(json!({ "alg": "none", "kid": "a" })), "its signature"),
        (format!("{}.", parts(&json!({ "alg": "none", "kid": "a" }), &good)), "its signature"),
        // What is public there is not taken for a secret here.
        (by_hmac(&json!({ "alg": "HS256", "kid": "b" }), &good, &public), "its signature"),
        (with(json!({ "alg": "HS512", "kid": "a" })), "its signature"),
        (with(json!({ "alg": "HS256", "kid": "c" })), "its `kid` is not in the ring"),
        (with(json!({ "alg": "HS256" })), "its `kid` is not in the ring"),
        (with(json!({ "alg": "HS256", "kid": "a", "crit": ["b64"] })), "its header has `crit`"),
        (by_hmac(&a(), &json!({}), SECRET), "its claims"),
        (by_hmac(&a(), &json!({ "exp": "soon" }), SECRET), "its claims"),
        (by_hmac(&a(), &json!({ "exp": NOW + 600, "nbf": NOW + 300 }), SECRET), "`nbf` is still to come"),
        (by_hmac(&a(), &json!({ "exp": NOW + 900_000 }), SECRET), "`exp` is more than a day away"),
        (by_hmac(&a(), &json!({ "exp": NOW + 600, "aud": "pk_other" }), SECRET), "`aud` is not this key"),
        (by_hmac(&a(), &json!({ "exp": NOW + 600, "aud": [] }), SECRET), "`aud` is not this key"),
        ("x".repeat(MOST_BYTES + 1), "it is too long"),
        (String::new(), "it is no JWT"),
        ("a.b".to_owned(), "it is no JWT"),
        ("a.b.c".to_owned(), "it is no JWT"),
        ("e30.e30.".to_owned(), "its header"),
    ];
    for (token, why) in cases {
        assert_eq!(check(&token, &key, NOW_MS).unwrap_err(), TokenFault::Invalid(why), "{token}");
    }
    let old = by_hmac(&a(), &json!({ "exp": NOW - 61 }), SECRET);
    assert_eq!(check(&old, &key, NOW_MS).unwrap_err(), TokenFault::Expired);
}

#[test]
fn who_comes_with_one_subject_is_one_whatever_token_it_is() {
    let key = key("");
    let page = |exp: u64, sub: Option<&str>| {
        let claims = sub.map_or(json!({ "exp": exp }), |sub| json!({ "exp": exp, "sub": sub }));
        check(&by_hmac(&a(), &claims, SECRET), &key, NOW_MS).unwrap()
    };
    assert_eq!(page(NOW + 1, Some("ann")), page(NOW + 2, Some("ann")));
    assert_ne!(page(NOW + 1, Some("ann")), page(NOW + 1, Some("bob")));
    assert_ne!(page(NOW + 1, None), page(NOW + 2, None));
}

#[test]
fn what_is_made_here_is_taken_here_for_a_quarter_of_an_hour() {
    assert!(make(&key(""), NOW_MS).is_none());
    let key = key("made_here = true");
    let (made, page) = make(&key, NOW_MS).unwrap();
    assert_eq!(check(&made, &key, NOW_MS + 14 * 60_000), Ok(page));
    assert_eq!(check(&made, &key, NOW_MS + 17 * 60_000).unwrap_err(), TokenFault::Expired);
    assert_ne!(made, make(&key, NOW_MS).unwrap().0);
}

proptest! {
    #[test]
    fn a_token_with_any_letter_changed_is_refused(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
        let good = by_hmac(&a(), &json!({ "exp": NOW + 600 }), SECRET);
        let at = at.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(at..=at, &letter);
        prop_assume!(changed != good);
        prop_assert!(check(&changed, &key(""), NOW_MS).is_err());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[A-Za-z0-9_.=-]{0,120}") {
        prop_assert!(check(&text, &key(""), NOW_MS).is_err());
    }
}
