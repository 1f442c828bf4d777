//! Tokens of pages: short-lived, made by the application's own backend, or by the collector.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    key::{Env, Secret, secret},
    section::Section,
};

/// Who may make tokens for a browser key, and whether pages need one.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Keys that tokens may be signed with. The first signs those that the collector makes.
    pub ring: Arc<[TokenKey]>,
    /// Whether a page without a token is refused. Default true, where there is a ring.
    pub needed: bool,
    /// Whether the collector makes tokens for pages of the key's origins.
    pub made_here: bool,
}

/// One key of a ring.
#[derive(Clone, Debug)]
pub struct TokenKey {
    /// `kid` of its tokens.
    pub id: String,
    /// How they are signed.
    pub by: SignedBy,
}

/// How a token is signed.
#[derive(Clone, Debug)]
pub enum SignedBy {
    /// HS256, by a secret that both sides have.
    Hmac(Secret),
    /// EdDSA (Ed25519), by a secret that only the backend has; this is its public key.
    Ed25519([u8; 32]),
}

/// Bytes of a secret: as many as its hash has (RFC 7518, section 3.2).
const LEAST_BYTES: usize = 32;

/// Keys in a ring: one, and what it is replaced by, and some to spare.
const MOST_KEYS: usize = 8;

pub(super) fn read(section: &mut Section<'_>, env: Env<'_>) -> Tokens {
    let is_set = section.has("tokens");
    let mut tokens = section.section("tokens");
    let ring: Vec<_> = tokens.tables("key").into_iter().map(|key| token_key(key, env)).collect();
    let (needed, made_here) = (tokens.flag("needed", is_set), tokens.flag("made_here", false));
    if is_set && ring.is_empty() {
        tokens.wrong(
            "key",
            "is missing: name at least one key that tokens are signed with, under [[keys.….tokens.key]]",
        );
    }
    if ring.len() > MOST_KEYS {
        tokens
            .wrong("key", format!("has more than {MOST_KEYS}: remove those that nobody signs with any more"));
    }
    if ring.iter().enumerate().any(|(at, key)| ring.iter().take(at).any(|other| other.id == key.id)) {
        tokens.wrong("key", "has two of one id: give each its own");
    }
    if made_here && !matches!(ring.first(), Some(TokenKey { by: SignedBy::Hmac(_), .. })) {
        tokens.wrong(
            "made_here",
            "needs a secret to sign with: let the first key have hmac, hmac_env or hmac_file",
        );
    }
    tokens.end();
    Tokens { ring: ring.into(), needed, made_here }
}

fn token_key(mut section: Section<'_>, env: Env<'_>) -> TokenKey {
    let id = section.needed("id", "give it a name: tokens say it as `kid`");
    let public = section.text("ed25519");
    let hmac = secret(&mut section, env, ["hmac", "hmac_env", "hmac_file"]);
    let by = match (hmac, public) {
        (Some(secret), None) => {
            if secret.expose().len() < LEAST_BYTES {
                section.wrong(
                    "hmac",
                    format!("is shorter than {LEAST_BYTES} bytes: make one with `openssl rand -base64 32`"),
                );
            }
            SignedBy::Hmac(secret)
        }
        (None, Some(text)) => SignedBy::Ed25519(public_key(&text).unwrap_or_else(|| {
            section.wrong("ed25519", "is no public key: write the PEM of it, or its 32 bytes in base64");
            [0; 32]
        })),
        _ => {
            section.wrong("hmac", "give exactly one of hmac, hmac_env, hmac_file and ed25519");
            SignedBy::Ed25519([0; 32])
        }
    };
    section.end();
    TokenKey { id, by }
}

/// Of PEM, or the bytes alone. An Ed25519 key in DER ends in its 32 bytes (RFC 8410, section 4).
fn public_key(text: &str) -> Option<[u8; 32]> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let bytes = BASE64_STANDARD
        .decode(lines.flat_map(str::chars).filter(|char| !char.is_whitespace()).collect::<String>())
        .ok()?;
    let is_key = bytes.len() == 32 || bytes.len() == 44 && bytes.starts_with(&DER);
    bytes.last_chunk().copied().filter(|_| is_key)
}

/// What a `SubjectPublicKeyInfo` of an Ed25519 key begins with.
const DER: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[cfg(test)]
mod tests {
    use super::public_key;

    #[test]
    fn public_keys_are_read_as_pem_and_as_bytes() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
        let bytes = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        assert_eq!(public_key(pem), public_key(bytes));
        assert_eq!(public_key(bytes).unwrap()[..2], [0xd7, 0x5a]);
        for wrong in ["", "AAAA", "MCowBQYDK2VwAyEA", "none at all"] {
            assert_eq!(public_key(wrong), None, "{wrong}");
        }
    }
}
