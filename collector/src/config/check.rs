//! From a text to a [`Config`]: single settings first, then those that contradict each other.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use weft_proto::limits;

use super::{
    Config, Durability, Limits, Mistake, Mistakes, Network, Proxies, Say, Secret, Spool, Telemetry,
    destination::{self, Destinations},
    distinct, explorer,
    key::{self, Env},
    link, long, policy, rates, scrub, sdk,
    section::{Notes, Section},
    tls,
};
use crate::pipeline::signal::Signal;

/// Reads and checks everything, and only then complains.
pub(super) fn check(text: &str, env: Env<'_>) -> Result<Config, Mistakes> {
    let table = text.parse().map_err(|error: toml::de::Error| {
        Mistakes(vec![Mistake { path: "file".to_owned(), message: error.to_string() }])
    })?;
    let notes = Notes::default();
    let config = read(Section::new("", table, &notes), &notes, env);
    contradictions(&config, &notes);
    let mistakes = notes.into_inner();
    if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
}

fn read(mut root: Section<'_>, notes: &Notes, env: Env<'_>) -> Config {
    let listen = address(&mut root, "listen", 4318);
    let admin = address(&mut root, "admin", 4319);
    let admin_token = key::secret(&mut root, env, ["admin_token", "admin_token_env", "admin_token_file"]);
    let data = root.text("data").unwrap_or_else(|| "weft-data".to_owned()).into();
    let path = path(&mut root);
    let log = log(&mut root);
    let shutdown = Duration::from_secs(root.count("shutdown_seconds", 10, 1..=300));
    let forward_other = root.flag("forward_other", true);
    let canary = Duration::from_secs(root.count("canary_seconds", 60, 0..=86_400));
    let memory_limit = match root.count("memory_limit_mib", 0, 1..=1 << 30) {
        0 => crate::memory::default_limit(),
        mib => mib * 1024 * 1024,
    };
    // For whoever reads the file in years: there is one version so far.
    root.count("version", 1, 1..=1);
    let policy = policy::read(root.section("policy"));
    let keys = root.section("keys").named();
    let read = |(name, section): (String, _)| Arc::new(key::read(&name, section, env, &policy));
    let keys = keys.into_iter().map(read).collect();
    let distinct = distinct::read(root.section("distinct"));
    let tls = tls::read(root.has("tls").then(|| root.section("tls")));
    let limits = limits(root.section("limits"), root.section("scrub"));
    let rates = rates::read(root.section("rates"));
    let spool = spool(root.section("spool"));
    let export = root.section("export").named();
    let destinations = export
        .into_iter()
        .map(|(name, section)| Arc::new(destination::read(&name, section, &spool, env)))
        .collect();
    let rules = link::rules(&mut root, notes);
    let linker = link::linker(root.section("linker"), rules);
    let long_spans = long::read(root.section("long_spans"));
    let sdk = sdk::read(root.section("sdk"), &path);
    let explorer = explorer::read(root.section("explorer"));
    let telemetry = root.has("telemetry").then(|| telemetry(root.section("telemetry"), env));
    let mut clock = root.section("clock");
    let max_skew = Duration::from_millis(clock.count("max_skew_ms", 5_000, 0..=86_400_000));
    clock.end();
    root.end();
    let destinations = Destinations(destinations);
    Config {
        listen,
        admin,
        admin_token,
        tls,
        data,
        path,
        log,
        shutdown,
        forward_other,
        canary,
        memory_limit,
        keys,
        destinations,
        telemetry,
        linker,
        long_spans,
        sdk,
        explorer,
        limits,
        rates,
        distinct,
        spool,
        max_skew,
    }
}

fn telemetry(mut section: Section<'_>, env: Env<'_>) -> Telemetry {
    let base = destination::base(&mut section, Signal::Metrics);
    let headers = destination::headers(&mut section, env);
    let interval = Duration::from_secs(section.count("interval_seconds", 60, 1..=3600));
    section.end();
    Telemetry { base, headers, interval }
}

fn address(root: &mut Section<'_>, name: &'static str, port: u16) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], port));
    let Some(text) = root.text(name) else { return default };
    text.parse().unwrap_or_else(|_| {
        root.wrong(name, format!("\"{text}\" is no address: write IP:port, as in \"{default}\""));
        default
    })
}

fn path(root: &mut Section<'_>) -> String {
    let Some(path) = root.text("path") else { return "/api/telemetry".to_owned() };
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c));
    if !path.starts_with('/') || !plain || path == "/" {
        root.wrong("path", "write a path of letters, digits, / - _ . ~ that begins with /");
    } else if ["/v1/traces", "/v1/logs", "/v1/metrics"].contains(&path.as_str()) {
        root.wrong("path", "is OTLP's: choose another path for batches");
    }
    path
}

fn log(root: &mut Section<'_>) -> tracing::Level {
    let Some(text) = root.text("log") else { return tracing::Level::INFO };
    text.parse().unwrap_or_else(|_| {
        root.wrong("log", format!("\"{text}\" is no level: write error, warn, info, debug or trace"));
        tracing::Level::INFO
    })
}

fn limits(mut section: Section<'_>, scrubbed: Section<'_>) -> Limits {
    const KIB: u64 = 1024;
    let mut bytes = |name, default: u64, most: u64| {
        usize::try_from(section.count(name, default, KIB..=most)).unwrap_or(usize::MAX)
    };
    let (request, body) = (limits::MAX_REQUEST_BYTES as u64, limits::MAX_BODY_BYTES as u64);
    let request_bytes = bytes("request_bytes", request, request);
    let body_bytes = bytes("body_bytes", body, body);
    let otlp_request_bytes = bytes("otlp_request_bytes", 4 * KIB * KIB, 32 * KIB * KIB);
    let otlp_body_bytes = bytes("otlp_body_bytes", 8 * KIB * KIB, 64 * KIB * KIB);
    let dictionaries = section.count("page_dictionaries_mib", 64, 0..=65_536);
    let page_dictionaries_bytes = usize::try_from(dictionaries * KIB * KIB).unwrap_or(usize::MAX);
    let networks = networks(&mut section, "trusted_proxies");
    let words = [("x-forwarded-for", Say::XForwardedFor), ("forwarded", Say::Forwarded)];
    let say = section.one_of("proxies_say", &words, Say::XForwardedFor);
    let trusted_proxies = Proxies { networks, say };
    let connections = usize::try_from(section.count("connections", 1024, 1..=65_536)).unwrap_or(1024);
    let quarter = (connections as u64 / 4).max(1);
    let of_address = section.count("connections_of_address", quarter, 1..=65_536);
    let connections_of_address = usize::try_from(of_address).unwrap_or(connections);
    let mut seconds = |name, default| Duration::from_secs(section.count(name, default, 1..=300));
    let head_time = seconds("head_seconds", 30);
    let body_time = seconds("body_seconds", 10);
    let answer_time = seconds("answer_seconds", 10);
    section.end();
    Limits {
        request_bytes,
        body_bytes,
        otlp_request_bytes,
        otlp_body_bytes,
        page_dictionaries_bytes,
        trusted_proxies,
        scrub: Arc::new(scrub::read(scrubbed)),
        connections,
        connections_of_address,
        head_time,
        body_time,
        answer_time,
    }
}

fn networks(section: &mut Section<'_>, name: &'static str) -> Vec<Network> {
    let texts = section.texts(name).unwrap_or_default();
    let network = |text: &String| {
        let network = text.parse().ok();
        if network.is_none() {
            let message =
                format!("\"{text}\" is no network: write an address, or a network as in \"10.0.0.0/8\"");
            section.wrong(name, message);
        }
        network
    };
    texts.iter().filter_map(network).collect()
}

fn spool(mut section: Section<'_>) -> Spool {
    const MIB: u64 = 1024 * 1024;
    let words = [("fsync", Durability::Fsync), ("os", Durability::Os)];
    let durability = section.one_of("durability", &words, Durability::Fsync);
    let segment_bytes = section.count("segment_bytes", 64 * MIB, 4096..=1024 * MIB);
    let max_bytes = section.count("max_bytes", 4096 * MIB, 8192..=u64::MAX >> 1);
    let reserve_bytes = section.count("reserve_bytes", 256 * MIB, 0..=u64::MAX >> 1);
    let queue = usize::try_from(section.count("queue", 1024, 1..=65_536)).unwrap_or(1024);
    let pages = usize::try_from(section.count("pages", 100_000, 1..=10_000_000)).unwrap_or(100_000);
    let pieces = usize::try_from(section.count("pieces", 500_000, 256..=100_000_000)).unwrap_or(500_000);
    let queue_bytes = section.count("queue_bytes", 64 * MIB, MIB..=4096 * MIB);
    let queue_bytes = usize::try_from(queue_bytes).unwrap_or(usize::MAX);
    let dedupe_window = Duration::from_secs(section.count("dedupe_days", 7, RETRIED_DAYS..=90) * 86_400);
    section.end();
    Spool {
        durability,
        segment_bytes,
        max_bytes,
        reserve_bytes,
        queue,
        queue_bytes,
        dedupe_window,
        pages,
        pieces,
    }
}

/// How long an SDK tries to send a batch: whoever forgets earlier counts it twice.
const RETRIED_DAYS: u64 = 7;

fn spool_contradictions(config: &Config, notes: &Notes) {
    let spool = &config.spool;
    if spool.max_bytes < 4 * spool.segment_bytes {
        notes.add(
            "spool.max_bytes",
            format!(
                "holds less than four segments ({} bytes), so little could ever be deleted: raise it, or lower \
                 segment_bytes",
                4 * spool.segment_bytes
            ),
        );
    }
    // What comes as JSON in gzip is kept as it is inflated.
    let largest = config.limits.otlp_body_bytes.max(2 * config.limits.otlp_request_bytes);
    if spool.queue_bytes < largest {
        notes.add(
            "spool.queue_bytes",
            "holds less than two requests of limits.otlp_request_bytes, or than one of limits.otlp_body_bytes: raise it or lower these",
        );
    }
}

/// Letters of a token that nobody guesses.
const LEAST_TOKEN: usize = 16;

fn contradictions(config: &Config, notes: &Notes) {
    if config.keys.is_empty() {
        notes.add("keys", "nobody could send: add at least one [keys.NAME]");
    }
    if config.listen == config.admin && config.listen.port() != 0 {
        notes.add("admin", "is the same address as listen: the admin port must not face the network");
    }
    if config.admin_token.as_ref().is_some_and(|token| token.expose().len() < LEAST_TOKEN) {
        notes.add(
            "admin_token",
            format!("is shorter than {LEAST_TOKEN} letters: make one with `openssl rand -hex 16`"),
        );
    }
    if !config.admin.ip().is_loopback() && config.admin_token.is_none() {
        let message = "can be reached from other machines, and everything is shown there: give it an admin_token (or _env, _file), or listen on 127.0.0.1";
        notes.add("admin", message);
    }
    spool_contradictions(config, notes);
    if config.limits.request_bytes > config.limits.body_bytes {
        notes.add("limits.body_bytes", "is below limits.request_bytes: a batch may not shrink by inflating");
    }
    if config.limits.otlp_request_bytes > config.limits.otlp_body_bytes {
        notes.add(
            "limits.otlp_body_bytes",
            "is below limits.otlp_request_bytes: a request may not shrink by inflating",
        );
    }
    shared_keys(config, notes);
    for to in &config.destinations.0 {
        for application in to.applications.0.iter().flatten() {
            if !config.keys.iter().any(|key| &*key.application == application) {
                notes.add(
                    format!("export.{}.applications", to.name),
                    format!("no key belongs to an application \"{application}\""),
                );
            }
        }
    }
}

fn shared_keys(config: &Config, notes: &Notes) {
    let mut seen = HashMap::new();
    for key in &config.keys {
        for secret in key.secrets().map(Secret::expose).filter(|secret| !secret.is_empty()) {
            if let Some(other) = seen.insert(secret, &key.name) {
                notes.add(
                    format!("keys.{}.key", key.name),
                    format!("is also a key of keys.{other}: every sender needs its own"),
                );
            }
        }
    }
}
