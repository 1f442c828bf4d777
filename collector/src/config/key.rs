//! Keys: who may send, as what, from where and how often.

use std::{fmt, num::NonZeroU32, sync::Arc};

use super::{destination::CANARY, section::Section};

/// One sender.
#[derive(Clone, Debug)]
pub struct Key {
    /// The user's name for it.
    pub name: Arc<str>,
    /// Public or secret.
    pub kind: KeyKind,
    /// What the sender presents.
    pub secret: Secret,
    /// What it belongs to: state and links never cross applications.
    pub application: Arc<str>,
    /// `service.name` of its events. Empty for server keys, which keep their own.
    pub service: String,
    /// `deployment.environment.name` of its events.
    pub environment: Option<String>,
    /// `service.namespace` of its events.
    pub namespace: Option<String>,
    /// Origins that may use it.
    pub origins: Vec<String>,
    /// How often.
    pub rate: Rate,
}

/// Who can know a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Everybody: it is in the page. Write-only, our format, from listed origins.
    Browser,
    /// A server of the user's. OTLP, never from a browser.
    Server,
}

/// A request limit: `per_second` on average, `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second. Default 500: a hundred thousand open pages that send every few minutes.
    pub per_second: NonZeroU32,
    /// Requests at once. Default 2000: everybody reloads after a deployment.
    pub burst: NonZeroU32,
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

const RATE: (u32, u32) = (500, 2000);

pub(super) fn read(name: &str, mut section: Section<'_>, env: Env<'_>) -> Key {
    let kind = match section.needed("kind", "write \"browser\" or \"server\"").as_str() {
        "server" => KeyKind::Server,
        "browser" | "" => KeyKind::Browser,
        other => {
            section.wrong("kind", format!("is \"{other}\": write \"browser\" or \"server\""));
            KeyKind::Browser
        }
    };
    let secret = secret(&mut section, env);
    let application =
        section.needed("application", "name what this key belongs to; rules and links stay inside it");
    if application == CANARY || application.chars().any(char::is_control) {
        section.wrong(
            "application",
            "is taken by the collector itself, or holds control characters: choose another",
        );
    }
    let (service, environment, namespace, origins) = match kind {
        KeyKind::Browser => (
            section.needed("service", "name the page's service; it becomes service.name"),
            section.text("environment"),
            section.text("namespace"),
            origins(&mut section),
        ),
        KeyKind::Server => {
            refuse_identity(&mut section);
            Default::default()
        }
    };
    let rate = rate(&mut section);
    section.end();
    Key {
        name: name.into(),
        kind,
        secret,
        application: application.into(),
        service,
        environment,
        namespace,
        origins,
        rate,
    }
}

impl Key {
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
            origins: vec![CANARY.to_owned()],
            rate: Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN },
        }
    }
}

fn rate(section: &mut Section<'_>) -> Rate {
    let most = u64::from(u32::MAX);
    let mut count = |name, default: u32| {
        let number = section.count(name, u64::from(default), 1..=most);
        u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    };
    let per_second = count("requests_per_second", RATE.0);
    // A burst below the rate would make the rate unreachable for clients that arrive together.
    let burst = count("burst", RATE.1.max(per_second.get()));
    Rate { per_second, burst }
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

fn origins(section: &mut Section<'_>) -> Vec<String> {
    let Some(texts) = section.texts("origins") else {
        section
            .wrong("origins", "is needed: list the origins of your pages, as in [\"https://shop.example\"]");
        return Vec::new();
    };
    if texts.is_empty() {
        section.wrong("origins", "is empty, so no page could send: list the origins of your pages");
    }
    texts.iter().filter_map(|text| origin(section, text)).collect()
}

/// As browsers send it. Case and a default port are put right, for nothing else can have been meant; what has more
/// than an origin, or a host that browsers write differently, is refused with what they send.
fn origin(section: &Section<'_>, text: &str) -> Option<String> {
    let refuse = |message: &str| {
        section.wrong("origins", format!("\"{text}\" {message}"));
        None
    };
    let parts = text.split_once("://").filter(|(_, host)| !host.is_empty() && !host.contains(['*', ' ']));
    let Some((scheme, host)) = parts else {
        return refuse("is no origin: write scheme://host or scheme://host:port (there is no wildcard)");
    };
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        // Of an app's own scheme only that app knows how it writes it.
        _ if host.contains(['/', '?', '#', '@']) => {
            return refuse("has more than an origin: write only scheme://host or scheme://host:port");
        }
        _ => return Some(format!("{scheme}://{host}")),
    };
    let Ok(url) = reqwest::Url::parse(text) else {
        return refuse("is no origin: write scheme://host or scheme://host:port");
    };
    let sent = url.origin().ascii_serialization();
    let written = format!("{scheme}://{}", host.strip_suffix(default_port).unwrap_or(&host));
    if written == sent {
        Some(sent)
    } else {
        refuse(&format!("is not what browsers send for it: write \"{sent}\""))
    }
}

fn secret(section: &mut Section<'_>, env: Env<'_>) -> Secret {
    let given = [section.text("key"), section.text("key_env"), section.text("key_file")];
    let secret = match given {
        [Some(key), None, None] => Some(key),
        [None, Some(name), None] => env(&name).or_else(|| {
            section.wrong("key_env", format!("the environment has no {name}: set it before starting"));
            None
        }),
        [None, None, Some(path)] => match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                section.wrong("key_file", format!("{path} cannot be read: {error}"));
                None
            }
        },
        _ => {
            section.wrong("key", "give exactly one of key, key_env and key_file");
            None
        }
    };
    let Some(secret) = secret else { return Secret::new(String::new()) };
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        section.wrong("key", "must be visible ASCII without spaces: it travels in a header or a query");
    }
    Secret::new(secret)
}
