//! Keys: who may send, as what, from where and how often.

use std::{fmt, num::NonZeroU32, sync::Arc};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    destination::CANARY,
    origin::{self, Origin},
    policy::{self, Policy},
    rates::{self, Rate},
    section::Section,
    token::{self, Tokens},
};

/// One sender.
#[derive(Clone, Debug)]
pub struct Key {
    /// The user's name for it.
    pub name: Arc<str>,
    /// Public or secret.
    pub kind: KeyKind,
    /// What the sender presents.
    pub secret: Secret,
    /// What it presented before, and still may: whoever changes a key has pages open that know the old one.
    pub before: Option<Secret>,
    /// When it is no longer taken, in milliseconds since 1970.
    pub expires_ms: Option<u64>,
    /// What it belongs to: state and links never cross applications.
    pub application: Arc<str>,
    /// `service.name` of its events. Empty for server keys, which keep their own.
    pub service: String,
    /// `deployment.environment.name` of its events.
    pub environment: Option<String>,
    /// `service.namespace` of its events.
    pub namespace: Option<String>,
    /// Origins that may use it.
    pub origins: Vec<Origin>,
    /// Whether its pages need a token, and whose.
    pub tokens: Tokens,
    /// How often.
    pub rate: Rate,
    /// Whether destinations are told the address that its pages send from, as `client.address`. Default no: it says who
    /// somebody is.
    pub client_address: bool,
    /// What its pages do to events before they record them.
    pub policy: Policy,
}

/// Who can know a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Everybody: it is in the page. Write-only, our format, from listed origins.
    Browser,
    /// A server of the user's. OTLP, never from a browser.
    Server,
}

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// The text, for comparing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn read(name: &str, mut section: Section<'_>, env: Env<'_>, policy: &Policy) -> Key {
    let kind = match section.needed("kind", "write \"browser\" or \"server\"").as_str() {
        "server" => KeyKind::Server,
        "browser" | "" => KeyKind::Browser,
        other => {
            section.wrong("kind", format!("is \"{other}\": write \"browser\" or \"server\""));
            KeyKind::Browser
        }
    };
    let secret = secret(&mut section, env, ["key", "key_env", "key_file"]).unwrap_or_else(|| {
        section.wrong("key", "give exactly one of key, key_env and key_file");
        Secret::new(String::new())
    });
    let before = secret_before(&mut section, env);
    let expires_ms = expiry(&mut section);
    let application =
        section.needed("application", "name what this key belongs to; rules and links stay inside it");
    if application == CANARY || application.chars().any(char::is_control) {
        section.wrong(
            "application",
            "is taken by the collector itself, or holds control characters: choose another",
        );
    }
    let tokens = token::read(&mut section, env);
    if kind == KeyKind::Server && !tokens.ring.is_empty() {
        section.wrong("tokens", "a server key is a secret itself: remove this table");
    }
    let (service, environment, namespace, origins) = match kind {
        KeyKind::Browser => (
            section.needed("service", "name the page's service; it becomes service.name"),
            section.text("environment"),
            section.text("namespace"),
            origin::read(&mut section),
        ),
        KeyKind::Server => {
            refuse_identity(&mut section);
            Default::default()
        }
    };
    let client_address = section.flag("client_address", false);
    if kind == KeyKind::Server && client_address {
        section
            .wrong("client_address", "a server's spans say themselves who its clients are: remove this line");
    }
    let rate = rates::of_key(&mut section);
    let policy = policy_of(&mut section, kind, policy);
    section.end();
    Key {
        name: name.into(),
        kind,
        secret,
        before,
        expires_ms,
        application: application.into(),
        service,
        environment,
        namespace,
        origins,
        tokens,
        rate,
        client_address,
        policy,
    }
}

/// Its own, instead of that of all keys.
fn policy_of(section: &mut Section<'_>, kind: KeyKind, of_all: &Policy) -> Policy {
    let own = section.has("policy").then(|| policy::read(section.section("policy")));
    if kind == KeyKind::Server && own.is_some() {
        section.wrong("policy", "is for pages, and a server key has none: remove this table");
    }
    own.unwrap_or_else(|| of_all.clone())
}

impl Key {
    /// Everything that its sender may present.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.secret].into_iter().chain(&self.before)
    }

    /// Of the collector's own canary, known to nobody else.
    pub(crate) fn of_canary() -> Self {
        Self {
            name: CANARY.into(),
            kind: KeyKind::Browser,
            secret: Secret::new(std::iter::repeat_with(fastrand::alphanumeric).take(32).collect()),
            application: CANARY.into(),
            service: "weft-collector".to_owned(),
            environment: None,
            namespace: None,
            origins: vec![Origin::Exact(CANARY.to_owned())],
            before: None,
            expires_ms: None,
            tokens: Tokens::default(),
            rate: Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN },
            client_address: false,
            policy: Policy::default(),
        }
    }
}

fn refuse_identity(section: &mut Section<'_>) {
    for name in ["service", "environment", "namespace"] {
        if section.text(name).is_some() {
            section.wrong(name, "a server key keeps the resource its SDK sends: remove this line");
        }
    }
    if section.texts("origins").is_some() {
        section.wrong(
            "origins",
            "a server key is refused from browsers: remove this line, or use kind = \"browser\"",
        );
    }
}

fn secret_before(section: &mut Section<'_>, env: Env<'_>) -> Option<Secret> {
    let names = ["key_before", "key_before_env", "key_before_file"];
    let is_there = names.iter().any(|name| section.has(name));
    let secret = secret(section, env, names);
    if is_there && secret.is_none() {
        section.wrong("key_before", "give one of key_before, key_before_env and key_before_file at most");
    }
    secret
}

const DAY_S: i64 = 86_400;

/// The end of the day that is named, UTC.
fn expiry(section: &mut Section<'_>) -> Option<u64> {
    let text = section.text("expires")?;
    let begins = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok();
    let end = begins.and_then(|day| u64::try_from(day.unix_timestamp() + DAY_S).ok());
    if end.is_none() {
        section.wrong(
            "expires",
            format!("\"{text}\" is no day: write the last day on which it is taken, as in \"2027-01-31\""),
        );
    }
    end.map(|end| end * 1000)
}

/// What one of these names gives. `None`: there is none of them, or more than one.
pub(super) fn secret(section: &mut Section<'_>, env: Env<'_>, names: [&'static str; 3]) -> Option<Secret> {
    let [plain, by_env, by_file] = names;
    let secret = match names.map(|name| section.text(name)) {
        [Some(key), None, None] => Ok(key),
        [None, Some(name), None] => env(&name).ok_or_else(|| {
            section.wrong(by_env, format!("the environment has no {name}: set it before starting"));
        }),
        [None, None, Some(path)] => match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) => {
                section.wrong(by_file, format!("{path} cannot be read: {error}"));
                Err(())
            }
        },
        _ => return None,
    };
    let Ok(secret) = secret else { return Some(Secret::new(String::new())) };
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        section.wrong(plain, "must be visible ASCII without spaces: it travels in a header or a query");
    }
    Some(Secret::new(secret))
}
