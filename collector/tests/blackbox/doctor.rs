//! `weft doctor` against an API that is right, and against one for each fault.

mod api;
mod asking;
mod documents;
mod refusals;
mod traces;
mod ways;

use std::process::Command;

use serde_json::Value as Json;

use api::Api;

/// Where the page comes from.
const SHOP: &str = "https://shop.example";

/// What was said of an API, and how the program ended.
struct Said {
    code: Option<i32>,
    report: Json,
}

/// Runs the program with these arguments and `--json`.
async fn doctor(arguments: &[&str]) -> Said {
    let (code, out, err) = run(&[arguments, &["--json"]].concat()).await;
    let report = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}"));
    Said { code, report }
}

/// How it ended, and what it printed.
async fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut weft = Command::new(env!("CARGO_BIN_EXE_weft"));
    // Whatever proxy this machine has, it does not lead here.
    weft.arg("doctor").args(arguments).env("NO_PROXY", "*");
    // The API is served by this thread.
    let output = tokio::task::spawn_blocking(move || weft.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// As a page of the shop asks.
async fn as_shop(api: &Api, more: &[&str]) -> Said {
    let url = api.url("/cart");
    doctor(&[&[url.as_str(), "--origin", SHOP], more].concat()).await
}

impl Said {
    /// What was found of one thing, at the end of the way.
    fn of(&self, check: &str) -> (String, String, String) {
        let findings = self.report["findings"].as_array().unwrap();
        let found = findings.iter().rev().find(|finding| finding["check"] == check);
        let found = found.unwrap_or_else(|| panic!("nothing of {check}: {:#}", self.report));
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        (text("verdict"), text("seen"), text("change"))
    }

    /// Checks of a verdict, in order.
    fn all(&self, verdict: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings
            .filter(|found| found["verdict"] == verdict)
            .map(|found| found["check"].as_str().unwrap())
            .collect()
    }

    /// One thing is wrong and nothing else; what to change.
    fn one_is_wrong(&self, check: &str) -> String {
        assert_eq!(self.all("wrong"), [check], "{:#}", self.report);
        assert_eq!(self.code, Some(1));
        let (_, _, change) = self.of(check);
        assert!(!change.is_empty());
        change
    }

    /// One thing is a warning, and nothing is wrong; what to change.
    fn one_is_doubtful(&self, check: &str) -> String {
        assert_eq!((self.all("wrong"), self.all("warning")), (vec![], vec![check]), "{:#}", self.report);
        assert_eq!(self.code, Some(0));
        let (_, _, change) = self.of(check);
        assert!(!change.is_empty());
        change
    }

    /// There is nothing to change.
    fn all_is_well(&self) {
        assert_eq!((self.all("wrong"), self.all("warning")), (vec![], vec![]), "{:#}", self.report);
        assert_eq!(self.code, Some(0));
    }
}

#[tokio::test]
async fn an_api_that_is_right_has_nothing_to_change_and_is_asked_as_browsers_ask() {
    let api = Api::start(Api::right).await;
    as_shop(&api, &[]).await.all_is_well();
    let asked = api.asked();
    let (preflight, request) = (&asked[0], &asked[1]);
    assert_eq!(preflight.method, "OPTIONS");
    assert_eq!(preflight.headers["origin"], SHOP);
    assert_eq!(preflight.headers["access-control-request-method"], "GET");
    assert_eq!(preflight.headers["access-control-request-headers"], "baggage,traceparent,tracestate");
    assert!(!preflight.headers.contains_key("traceparent"), "it asks whether that may be sent");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/cart"));
    assert_eq!(request.headers["origin"], SHOP);
    assert!(request.headers["traceparent"].to_str().unwrap().ends_with("-03"));
    assert!(request.headers["tracestate"].to_str().unwrap().starts_with("ot=rv:"));
    assert!(request.headers["baggage"].to_str().unwrap().starts_with("session.id="));
}

#[tokio::test]
async fn the_table_names_check_verdict_what_was_seen_and_what_to_change() {
    let api =
        Api::start(|asked| Api::right(asked).with("access-control-allow-headers", Some("content-type")))
            .await;
    let (code, said, _) = run(&[&api.url("/cart"), "--origin", SHOP]).await;
    assert_eq!(code, Some(1));
    let line = said.lines().find(|line| line.starts_with("allow-headers")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words, ["allow-headers", "wrong", "Access-Control-Allow-Headers:", "content-type"]);
    assert!(said.contains(
        "change: add baggage, traceparent, tracestate: Access-Control-Allow-Headers: content-type, baggage, traceparent, tracestate"
    ), "{said}");
    assert!(said.ends_with("\n1 wrong, 0 warnings\n"), "{said}");
}

#[tokio::test]
async fn a_page_of_the_same_origin_needs_no_cors() {
    let api = Api::start(|asked| {
        let answer = Api::right(asked);
        ["allow-origin", "allow-headers", "max-age"]
            .iter()
            .fold(answer, |answer, name| answer.with(&format!("access-control-{name}"), None))
            .with("timing-allow-origin", None)
    })
    .await;
    let said = doctor(&[&api.url("/cart")]).await;
    said.all_is_well();
    assert_eq!(said.of("cors").0, "ok");
    assert!(api.asked().iter().all(|asked| asked.method == "GET" && !asked.headers.contains_key("origin")));
}
