//! Tokens of pages: a JSON Web Token (RFC 7519), signed by HS256 or EdDSA with a key of the ring, and short-lived.
//!
//! Which algorithm it is says the ring, never the token. Nothing but the header is read of what is not signed rightly.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{hmac, signature};
use serde::Deserialize;

use super::crowd::PageId;
use crate::{
    config::{Key, SignedBy, TokenKey},
    reject::TokenFault,
};

/// Bytes of a token: a URL with more of them is refused by others.
const MOST_BYTES: usize = 2048;

/// How far clocks may be apart.
const LEEWAY_S: f64 = 60.0;

/// How long a token may be good for, from now on: it lies in a page, and in the logs of proxies.
const LONGEST_S: f64 = 86_400.0;

/// How long those are good that are made here.
const MADE_FOR: Duration = Duration::from_secs(15 * 60);

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: &'a str,
    kid: Option<&'a str>,
    crit: Option<serde::de::IgnoredAny>,
}

/// Times in seconds since 1970 (RFC 7519, section 2), which may have a fraction.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    nbf: Option<f64>,
    aud: Option<Audience>,
    /// Whom it was given to: all that come with it are limited as one.
    sub: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whether `token` may be used with `key` now, and who comes with it, as the limits tell them apart.
pub(crate) fn check(token: &str, key: &Key, now_ms: u64) -> Result<PageId, TokenFault> {
    use TokenFault::Invalid;
    if token.len() > MOST_BYTES {
        return Err(Invalid("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Invalid("it is no JWT"))?;
    let (header, claims) = signed.split_once('.').ok_or(Invalid("it is no JWT"))?;
    let decode = |part: &str| BASE64.decode(part).map_err(|_| Invalid("it is no JWT"));
    let header = decode(header)?;
    let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| Invalid("its header"))?;
    if header.crit.is_some() {
        return Err(Invalid("its header has `crit`"));
    }
    let by = signer(&key.tokens.ring, header.kid).ok_or(Invalid("its `kid` is not in the ring"))?;
    if !is_signed(by, header.alg, signed.as_bytes(), &decode(signature)?) {
        return Err(Invalid("its signature"));
    }
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| Invalid("its claims"))?;
    valid(&claims, key, now_ms as f64 / 1000.0)?;
    // Who was given no name is told by what was given: another token is somebody else then.
    Ok(PageId::of(&key.name, claims.sub.as_deref().unwrap_or(token).as_bytes()))
}

/// A token for a page of `key`, and who comes with it. `None`: none is made here.
pub(super) fn make(key: &Key, now_ms: u64) -> Option<(String, PageId)> {
    let sub: String = std::iter::repeat_with(fastrand::alphanumeric).take(22).collect();
    let page = PageId::of(&key.name, sub.as_bytes());
    Some((sign(key, &sub, now_ms).filter(|_| key.tokens.made_here)?, page))
}

/// A token for `sub`, by the first secret of the key's ring. `None`: there is none.
pub(crate) fn sign(key: &Key, sub: &str, now_ms: u64) -> Option<String> {
    let secrets = key.tokens.ring.iter().find_map(|one| match &one.by {
        SignedBy::Hmac(secret) => Some((&one.id, secret)),
        SignedBy::Ed25519(_) => None,
    });
    let (id, secret) = secrets?;
    let header = serde_json::json!({ "alg": "HS256", "typ": "JWT", "kid": id });
    let exp = now_ms / 1000 + MADE_FOR.as_secs();
    let claims = serde_json::json!({ "exp": exp, "aud": key.secret.expose(), "sub": sub });
    let signed = [header, claims].map(|part| BASE64.encode(part.to_string())).join(".");
    let signature =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()), signed.as_bytes());
    Some(format!("{signed}.{}", BASE64.encode(signature)))
}

/// A token that does not say which key it is may be of the only one.
fn signer<'a>(ring: &'a [TokenKey], kid: Option<&str>) -> Option<&'a SignedBy> {
    let found = match (kid, ring) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(kid), ring) => ring.iter().find(|key| key.id == kid),
    };
    found.map(|key| &key.by)
}

/// Compared in constant time.
fn is_signed(by: &SignedBy, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
    match by {
        SignedBy::Hmac(secret) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
            algorithm == "HS256" && hmac::verify(&key, signed, signature).is_ok()
        }
        SignedBy::Ed25519(public) => {
            let key = signature::UnparsedPublicKey::new(&signature::ED25519, public);
            matches!(algorithm, "EdDSA" | "Ed25519") && key.verify(signed, signature).is_ok()
        }
    }
}

fn valid(claims: &Claims, key: &Key, now: f64) -> Result<(), TokenFault> {
    let is_for_us =
        |audience: &String| **audience == *key.name || key.secrets().any(|one| one.expose() == audience);
    let is_ours = match &claims.aud {
        None => true,
        Some(Audience::One(audience)) => is_for_us(audience),
        Some(Audience::Many(all)) => all.iter().any(is_for_us),
    };
    match () {
        () if !is_ours => Err(TokenFault::Invalid("`aud` is not this key")),
        () if claims.nbf.is_some_and(|begin| now + LEEWAY_S < begin) => {
            Err(TokenFault::Invalid("`nbf` is still to come"))
        }
        () if now - LEEWAY_S >= claims.exp => Err(TokenFault::Expired),
        () if claims.exp > now + LONGEST_S + LEEWAY_S => {
            Err(TokenFault::Invalid("`exp` is more than a day away"))
        }
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests;
