//! Bad input: the right status with CORS headers, a sentence that says what to change, a named count in the
//! ledger, and the next request works.

mod raw;

use hyper::Method;
use support::{
    collector::{Addresses, BROWSER_KEY, Bound, Collector, SERVER_KEY, Setting},
    http::{Answer, send},
    ledger::Ledger,
    page::{ORIGIN, Page, post, post_acknowledged, post_as},
    sink::Sink,
};
use weft_proto::{Form, digest};

struct Neighbours {
    sink: Sink,
    collector: Collector,
    page: Page,
}

async fn start(more: &str) -> Neighbours {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink).with(more);
    let collector = Collector::start(Bound::new().await, &setting);
    Neighbours { sink, collector, page: Page::new(1) }
}

impl Neighbours {
    fn to(&self) -> Addresses {
        self.collector.addresses()
    }

    /// A refusal as a page must be able to read it, and after it an ordinary batch that arrives.
    async fn assert_refused(self, answer: Answer, status: u16, outcome: &str, sentence: &str) {
        assert!(answer.header("access-control-allow-origin").is_some(), "{:?}", answer.headers);
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        self.assert_counted(answer, status, outcome, sentence).await;
    }

    /// A refusal with its sentence and its count, and after it an ordinary batch that arrives.
    async fn assert_counted(mut self, answer: Answer, status: u16, outcome: &str, sentence: &str) {
        let said = answer.text();
        assert_eq!(answer.status, status, "{said}");
        assert!(said.contains(sentence), "`{said}` does not say `{sentence}`");
        let to = self.to();
        assert_eq!(Ledger::of(to).await.bodies_refused(outcome), 1, "counted as {outcome}");
        post_acknowledged(to, self.page.clicks(2)).await;
        let expected = self.page.span_ids();
        self.sink.wait_for("the next batch", |spans| spans.len() >= 2).await;
        Ledger::of(to).await.assert_balances();
        self.collector.stop().await;
        let arrived: Vec<String> = self.sink.spans().iter().map(|span| span.span_id()).collect();
        assert_eq!(arrived, expected[expected.len() - 2..]);
        self.sink.assert_nothing_odd();
    }
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_refused() {
    let it = start("").await;
    let answer = post(it.to(), b"\x07hello".to_vec()).await;
    it.assert_refused(answer, 400, "version_unknown", "version").await;
}

#[tokio::test]
async fn a_body_of_random_bytes_behind_a_true_head_is_refused() {
    let mut it = start("").await;
    let noise: Vec<u8> = (0..500_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let request = it.page.request(Form::Plain, digest(&noise), &noise);
    let answer = post(it.to(), request).await;
    it.assert_refused(answer, 400, "not_a_batch", "not a valid batch").await;
}

#[tokio::test]
async fn a_truncated_batch_is_refused() {
    let mut it = start("").await;
    let mut request = it.page.clicks(20);
    request.truncate(12);
    let answer = post(it.to(), request).await;
    it.assert_refused(answer, 400, "truncated", "ends too early").await;
}

#[tokio::test]
async fn a_batch_changed_on_its_way_is_refused() {
    let mut it = start("").await;
    let mut request = it.page.plain_clicks(20);
    let last = request.last_mut().expect("a batch has bytes");
    *last ^= 1;
    let answer = post(it.to(), request).await;
    it.assert_refused(answer, 400, "digest_mismatch", "digest").await;
}

#[tokio::test]
async fn a_batch_that_inflates_beyond_the_limit_is_refused() {
    let mut it = start("").await;
    let bomb = bomb(64 * 1024 * 1024);
    let request = it.page.request(Form::Deflate, 0, &bomb);
    let answer = post(it.to(), request).await;
    it.assert_refused(answer, 413, "inflated_too_large", "inflates to more than").await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let it = start("").await;
    let answer = post(it.to(), vec![0; 300 * 1024]).await;
    it.assert_refused(answer, 413, "body_too_large", "larger than").await;
}

#[tokio::test]
async fn a_batch_of_too_many_events_is_refused() {
    let mut it = start("").await;
    let request = it.page.clicks(2_001);
    let answer = post(it.to(), request).await;
    it.assert_refused(answer, 413, "too_many_events", "more than 2000 events").await;
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let mut it = start("").await;
    let request = it.page.clicks(1);
    let answer = post_as(it.to(), "pk_typo", ORIGIN, request).await;
    it.assert_refused(answer, 401, "key_unknown", "check `key`").await;
}

#[tokio::test]
async fn a_missing_key_is_refused() {
    let mut it = start("").await;
    let (url, request) = (it.to().page_endpoint(), it.page.clicks(1));
    let answer = send(Method::POST, &url, &[("origin", ORIGIN)], request).await;
    it.assert_refused(answer, 401, "key_missing", "?key=").await;
}

#[tokio::test]
async fn another_origin_is_refused() {
    let mut it = start("").await;
    let request = it.page.clicks(1);
    let answer = post_as(it.to(), BROWSER_KEY, "https://evil.example", request).await;
    it.assert_refused(answer, 403, "origin_not_allowed", "https://evil.example").await;
}

#[tokio::test]
async fn a_server_key_in_a_page_is_refused() {
    let mut it = start("").await;
    let request = it.page.clicks(1);
    let answer = post_as(it.to(), SERVER_KEY, ORIGIN, request).await;
    it.assert_refused(answer, 403, "key_of_other_kind", "secret").await;
}

#[tokio::test]
async fn a_request_beyond_the_keys_rate_is_told_when_to_come_back() {
    let mut it = start("[keys.slow]\nkind = \"browser\"\nkey = \"pk_slow\"\napplication = \"shop\"\nservice = \"slow\"\norigins = [\"https://shop.example\"]\nrequests_per_second = 1\nburst = 1\n").await;
    let first = it.page.clicks(1);
    assert_eq!(post_as(it.to(), "pk_slow", ORIGIN, first).await.status, 200);
    it.sink.wait_for("the batch within the rate", |spans| spans.len() == 1).await;
    // The rate is one a second; ten at once cannot all be within it.
    let requests: Vec<_> = (0..10).map(|_| it.page.clicks(1)).collect();
    let mut refused = Vec::new();
    for request in requests {
        let answer = post_as(it.to(), "pk_slow", ORIGIN, request).await;
        if answer.status == 429 {
            refused.push(answer);
        }
    }
    assert!(!refused.is_empty());
    for answer in &refused {
        let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("a time");
        assert!((1..=5).contains(&wait), "{wait}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    }
    let ledger = Ledger::of(it.to()).await;
    assert_eq!(ledger.count("/keys/slow/bodies_refused/rate_limited"), refused.len() as u64);
    it.collector.stop().await;
    it.sink.assert_nothing_odd();
}

/// A request at the door for servers.
async fn post_otlp(to: Addresses, key: &str, more: &[(&str, &str)]) -> Answer {
    let (url, key) = (format!("{}/v1/traces", to.otlp_endpoint()), format!("Bearer {key}"));
    let headers = [&[("authorization", key.as_str())], more].concat();
    send(Method::POST, &url, &headers, "").await
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

#[tokio::test]
async fn otlp_with_a_server_key_from_a_page_is_refused() {
    let it = start("").await;
    let answer = post_otlp(it.to(), SERVER_KEY, &[PROTOBUF, ("origin", ORIGIN)]).await;
    it.assert_refused(answer, 403, "origin_with_server_key", "used from a browser").await;
}

#[tokio::test]
async fn otlp_with_a_browser_key_is_refused() {
    let it = start("").await;
    let answer = post_otlp(it.to(), BROWSER_KEY, &[PROTOBUF, ("origin", ORIGIN)]).await;
    it.assert_refused(answer, 403, "key_of_other_kind", "kind = \"server\"").await;
}

#[tokio::test]
async fn otlp_in_a_content_type_that_is_not_read_is_refused() {
    let it = start("").await;
    let answer = post_otlp(it.to(), SERVER_KEY, &[("content-type", "text/csv")]).await;
    it.assert_counted(answer, 415, "content_type_unknown", "application/x-protobuf").await;
}

#[tokio::test]
async fn a_preflight_is_answered_so_that_the_refusal_after_it_can_be_read() {
    let it = start("").await;
    let asked = [
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-odd"),
    ];
    let answer = send(Method::OPTIONS, &it.to().page_endpoint(), &asked, "").await;
    assert!((200..300).contains(&answer.status));
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    it.collector.stop().await;
    it.sink.assert_nothing_odd();
}

/// Raw DEFLATE of so many zeros.
fn bomb(bytes: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    let chunk = [0; 64 * 1024];
    for _ in 0..bytes / chunk.len() {
        encoder.write_all(&chunk).expect("memory is there");
    }
    encoder.finish().expect("memory is there")
}
