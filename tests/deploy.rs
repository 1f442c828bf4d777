//! What lies in `deploy/` and what the pages for operators say: held to a running collector and to the source, so that
//! neither grows old unnoticed.

mod kubernetes;
mod mentions;
mod named;
mod promql;
mod scrape;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mentions::between;
use promql::{Value, evaluate};
use scrape::Scrape;
use support::{
    collector::{Addresses, CollectorProcess, SERVER_KEY, Setting},
    http,
    ledger::Ledger,
    page::{ORIGIN, Page, post, post_acknowledged},
    sink::{Answer, Sink},
    story::{Story, post_spans, spans_request},
};
use weft_collector::{config::Config, outcome::Outcome};
use weft_proto::{Batch, Dropped, seal};

/// What Prometheus adds to every row, and what the buckets of a histogram have.
const ADDED: [&str; 3] = ["instance", "job", "le"];

/// What may become of an event at a destination, beside the outcomes.
const FATES: [&str; 2] = ["delivered", "rejected_by_destination"];

/// What names metrics.
const TEXTS: [&str; 6] = [
    "deploy/prometheus/alerts.yml",
    "deploy/grafana/dashboard.json",
    "docs/operations.md",
    "docs/delivery-contract.md",
    "docs/linking.md",
    "docs/connections.md",
];

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests are in the repository").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A dashboard's expressions stand in JSON, where quotes are escaped.
fn read_plain(path: &str) -> String {
    read(path).replace("\\\"", "\"")
}

/// A batch without events, whose SDK says that it dropped some.
fn batch_of_drops() -> Vec<u8> {
    let mut batch = Batch::default();
    for reason in ["queue_full", "policy_aggregate"] {
        let reason = batch.strings.intern(reason);
        batch.dropped.push(Dropped { reason, count: 3 });
    }
    let sealed = seal(&batch);
    Page::new(9).request(sealed.form, sealed.digest, &sealed.bytes)
}

/// Makes happen what counters wait for: some have no row before.
async fn make_rows(to: Addresses, sink: &Sink) {
    sink.refuse_next(Answer::BadRequest);
    post_acknowledged(to, Page::new(1).clicks(1)).await;
    sink.wait_for_requests(1).await;
    let request = Page::new(2).clicks(5);
    post_acknowledged(to, request.clone()).await;
    post_acknowledged(to, request).await;
    post_acknowledged(to, batch_of_drops()).await;
    assert_eq!(post(to, b"nonsense".to_vec()).await.status, 400);
    let url = format!("{}/v1/traces", to.otlp_endpoint());
    let secret = format!("Bearer {SERVER_KEY}");
    let leaked = [("origin", ORIGIN), ("authorization", secret.as_str())];
    assert_eq!(http::send(hyper::Method::POST, &url, &leaked, "").await.status, 403);
    let story = Story::begin();
    let roots = [10, 20].map(|ms| story.served(ms).in_session("monday"));
    post_spans(to, SERVER_KEY, spans_request(&roots)).await;
    Ledger::settled(to, Duration::from_secs(30)).await;
}

/// What a collector shows that has seen a little of everything.
async fn scraped() -> Scrape {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink).with("[linker]\nwait_ms = 1\n");
    let collector = CollectorProcess::start(&setting).await;
    make_rows(collector.addresses(), &sink).await;
    let text = http::get(&collector.addresses().admin_url("/metrics")).await;
    drop(collector.kill().await);
    sink.assert_nothing_odd();
    Scrape::read(&text)
}

/// Alerts and their expressions, each on a line or folded over several.
fn alerts() -> Vec<(String, String)> {
    let text = read("deploy/prometheus/alerts.yml");
    let rule = |rule: &str| {
        let (name, rest) = rule.split_once('\n').expect("a rule has more than a name");
        let (_, rest) = rest.split_once("expr: ").expect("a rule has an expression");
        let ends = |line: &&str| !line.trim_start().starts_with("for:") && !line.contains("labels: {");
        let lines: Vec<&str> = rest.lines().take_while(ends).map(str::trim).collect();
        (name.trim().to_owned(), lines.join(" ").trim_start_matches(">-").trim().to_owned())
    };
    text.split("- alert: ").skip(1).map(rule).collect()
}

/// What is wrong with what a text says of metrics.
fn wrong(text: &str, scrape: &Scrape) -> Vec<String> {
    let outcomes = || Outcome::ALL.iter().map(|outcome| outcome.name()).chain(FATES);
    let mut wrong = Vec::new();
    for mention in mentions::metrics(text) {
        let name = &mention.name;
        if !scrape.0.contains_key(name) {
            wrong.push(format!("there is no {name}"));
        }
        for (label, values) in mention.labels.iter().filter(|(label, _)| !ADDED.contains(&label.as_str())) {
            let there = scrape.values(name, label);
            if there.is_empty() {
                wrong.push(format!("{name} has no label {label}"));
            }
            let is_known = |value: &&String| match label.as_str() {
                "outcome" | "fate" => outcomes().any(|outcome| outcome == value.as_str()),
                _ => there.contains(value.as_str()),
            };
            let unknown = values.iter().filter(|value| !is_known(value));
            wrong.extend(unknown.map(|value| format!("{name} never has {label}=\"{value}\"")));
        }
    }
    let labels = scrape.labels();
    let unknown = mentions::labels_alone(text).into_iter();
    let unknown =
        unknown.filter(|label| !labels.contains(label.as_str()) && !ADDED.contains(&label.as_str()));
    wrong.extend(unknown.map(|label| format!("there is no label {label}")));
    wrong
}

#[tokio::test]
async fn every_metric_and_label_that_operators_are_told_of_is_there() {
    let scrape = scraped().await;
    for path in TEXTS {
        let text = read_plain(path);
        let wrong = wrong(&text, &scrape);
        assert!(wrong.is_empty(), "{path}:\n{}", wrong.join("\n"));
    }
    let shown: BTreeSet<String> =
        mentions::metrics(&read_plain(TEXTS[1])).into_iter().map(|mention| mention.name).collect();
    assert!(shown.len() > 20, "the dashboard is read: {shown:?}");
    assert_eq!(wrong("weft_events_lost{key=\"\"}", &scrape).len(), 2, "what is not there is noticed");
    assert_eq!(wrong("weft_events_refused_total{outcome=\"mislaid\"}", &scrape).len(), 1);
}

#[tokio::test]
async fn the_alerts_about_the_ledger_are_silent_while_it_balances_and_only_then() {
    let scrape = scraped().await;
    let (mut equations, nothing) = (0, Value::Vector(Vec::new()));
    for (name, expression) in alerts().iter().filter(|(name, _)| name.ends_with("DoesNotBalance")) {
        equations += 1;
        assert_eq!(evaluate(expression, &scrape), nothing, "{name}");
        let terms: Vec<_> = mentions::metrics(expression).into_iter().map(|term| term.name).collect();
        assert!(terms.len() >= 3, "{name}: {terms:?}");
        for term in terms {
            let mut tampered = scrape.clone();
            tampered.tamper(&term, 1.0);
            assert_ne!(evaluate(expression, &tampered), nothing, "{name} overlooks {term}");
        }
    }
    assert_eq!(equations, 2);
}

#[test]
fn every_alert_has_a_section_that_says_what_to_do() {
    let page = read("docs/operations.md");
    let told: BTreeSet<&str> = between(&page, "\n### Weft", '\n').into_iter().map(str::trim).collect();
    let alerts = alerts();
    assert!(alerts.len() > 15, "{alerts:?}");
    for (name, _) in &alerts {
        assert!(
            told.contains(name.trim_start_matches("Weft")),
            "docs/operations.md has no section ### {name}"
        );
    }
    assert_eq!(told.len(), alerts.len(), "every section is about an alert there is: {told:?}");
}

#[test]
fn every_warning_and_error_that_the_collector_logs_is_explained() {
    let page = read("docs/operations.md");
    let mut said = 0;
    for path in sources(&repository("collector/src")) {
        let text = fs::read_to_string(&path).expect("a source");
        for level in ["tracing::error!(", "tracing::warn!("] {
            for line in between(&text, level, ';') {
                let words = line.split('"').skip(1).step_by(2).filter(|words| words.contains(' '));
                // What is filled in is no part of what to look for.
                for words in words.map(|words| words.split(['\\', '{']).next().unwrap_or(words)) {
                    said += 1;
                    assert!(page.contains(words), "{}: docs/operations.md lacks `{words}`", path.display());
                }
            }
        }
    }
    assert!(said > 25, "{said} lines are found");
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files.into_iter().filter(is_rust).chain(directories.iter().flat_map(|inner| sources(inner))).collect()
}

#[test]
fn every_test_that_the_contract_names_exists() {
    for page in [
        "docs/delivery-contract.md",
        "docs/linking.md",
        "docs/connections.md",
        "docs/operations.md",
        "docs/do-not.md",
        "docs/threat-model.md",
        "docs/limits.md",
    ] {
        let named = mentions::tests(&read(page));
        assert!(!page.contains("contract") || named.len() > 30, "{named:?}");
        for (file, test) in named {
            let text = read(&file);
            assert!(text.contains(&format!("fn {test}(")), "{page}: {file} has no test {test}");
        }
    }
}

#[test]
fn every_test_that_the_pages_about_browsers_and_wishes_name_exists() {
    for (page, least) in [
        ("docs/are-we-there-yet.md", 40),
        ("docs/browser-support.md", 10),
        ("docs/install.md", 6),
        ("docs/react.md", 8),
        ("docs/threat-model.md", 40),
        ("docs/put-it-on-api-telemetry.md", 5),
    ] {
        let named = named::paths(&read(page));
        assert!(named.len() >= least, "{page}: {named:?}");
        for path in named {
            assert!(named::exists(&repository(""), &path), "{page}: there is no {path}");
        }
    }
    for path in ["sdk::nowhere", "sdk::kills::nothing_is_lost", "sdk::kills::…_at_random"] {
        assert!(!named::exists(&repository(""), path), "what is not there is noticed: {path}");
    }
}

#[test]
fn the_settings_to_begin_with_are_right_and_whoever_stops_the_service_waits_long_enough() {
    let config =
        Config::load(&repository("deploy/weft.toml")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.data, PathBuf::from("/var/lib/weft"));
    let unit = read("deploy/weft.service");
    let seconds = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let seconds: u64 = seconds.expect("it says how long").parse().expect("in seconds");
    assert!(seconds > config.shutdown.as_secs());
}
