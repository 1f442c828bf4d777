//! The door for pages: what is taken, and how everything else is refused.

use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use weft_collector::clock::Clock;
use weft_proto::{Form, Head, Seed, digest};

use crate::support::{ORIGIN, Page, Sink, Weft};

fn request(form: Form, digest: u32, body: &[u8]) -> Vec<u8> {
    let head = Head { form, seed: Seed([1; 16]), digest, number: 0, send_time_ms: 0, epoch: 0 };
    let mut bytes = Vec::new();
    head.write(&mut bytes);
    bytes.extend_from_slice(body);
    bytes
}

#[tokio::test]
async fn a_batch_is_acknowledged_and_arrives() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(page.batch(0..20)).await;
    let spans = sink.spans(20).await;
    assert_eq!(spans.into_iter().map(|span| span.span_id).collect::<Vec<_>>(), page.span_ids(0..20));
    let (_, drained) = weft.stop().await;
    assert_eq!(drained, weft_collector::shutdown::Drained::InTime);
}

#[tokio::test]
async fn every_kind_of_bad_body_is_refused_by_name_and_the_next_request_works() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let mut whole = Page(Seed([1; 16])).batch(0..50);
    let last = whole.pop().unwrap();
    let cases = [
        ("not_a_batch", 400, "final", request(Form::Plain, digest(b"\xff\xff\xff"), b"\xff\xff\xff")),
        ("not_a_batch", 400, "later", request(Form::Deflate, 7, b"\xff\xff\xff")),
        ("truncated", 400, "later", whole.clone()),
        ("truncated", 400, "later", vec![]),
        ("digest_mismatch", 400, "later", request(Form::Plain, 7, b"hello")),
        ("version_unknown", 400, "final", vec![1]),
        ("inflated_too_large", 413, "final", request(Form::Deflate, 0, &bomb())),
        ("body_too_large", 413, "final", vec![0; 256 * 1024 + 1]),
        ("too_many_events", 413, "final", Page(Seed([2; 16])).batch(0..2_001)),
    ];
    whole.push(last);
    for (at, (outcome, status, refused, body)) in cases.into_iter().enumerate() {
        let pointer = format!("/keys/shop-web/bodies_refused/{outcome}");
        let before = weft.count(&pointer).await;
        let answer = weft.page().body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{outcome}");
        assert_eq!(answer.headers()["weft-refused"], refused, "{outcome}");
        assert_eq!(answer.headers()["access-control-expose-headers"], "Retry-After, Weft-Refused");
        assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
        assert!(answer.headers()["vary"].to_str().unwrap().contains("Origin"));
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        let sentence = answer.text().await.unwrap();
        assert!(sentence.ends_with('.'), "{sentence}");
        assert_eq!(weft.count(&pointer).await, before + 1, "{outcome}");
        weft.acknowledged(Page(Seed([100 + at as u8; 16])).batch(0..1)).await;
    }
    weft.acknowledged(whole).await;
    sink.spans(59).await;
}

#[tokio::test]
async fn who_may_not_send_is_told_why_even_across_origins() {
    let weft = Weft::start(&[], "").await;
    let body = Page(Seed([1; 16])).batch(0..1);
    let post =
        |query: &str| weft.http.post(format!("{}/api/telemetry{query}", weft.ingest)).body(body.clone());
    let evil = "https://evil.example";
    let cases = [
        (post("").header("origin", evil), 401, "/without_key/key_missing", "?key="),
        (post("?key=pk_typo").header("origin", evil), 401, "/without_key/key_unknown", "[keys]"),
        (
            post("?key=pk_demo_shop").header("origin", evil),
            403,
            "/keys/shop-web/bodies_refused/origin_not_allowed",
            evil,
        ),
        (
            post("?key=sk_demo_shop").header("origin", evil),
            403,
            "/keys/shop-api/bodies_refused/key_of_other_kind",
            "secret",
        ),
    ];
    for (request, status, pointer, says) in cases {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{pointer}");
        assert_eq!(answer.headers()["access-control-allow-origin"], evil);
        assert_eq!(answer.headers()["weft-refused"], "final");
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        let sentence = answer.text().await.unwrap();
        assert!(sentence.contains(says), "{sentence}");
        assert_eq!(weft.count(pointer).await, 1, "{pointer}");
    }
    let without = post("?key=pk_demo_shop").send().await.unwrap();
    assert_eq!(without.status(), 403);
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/origin_missing").await, 1);
    assert_eq!(weft.count("/keys/shop-web/received").await, 0);
}

#[tokio::test]
async fn paths_methods_and_preflights_are_answered_with_cors() {
    let weft = Weft::start(&[], "").await;
    let ask = |method: &str, path: &str| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        weft.http.request(method, format!("{}{path}", weft.ingest)).header("origin", ORIGIN)
    };
    for (method, path, status) in [
        ("POST", "/elsewhere", 404),
        ("GET", "/api/telemetry", 405),
        ("PUT", "/v1/traces", 405),
        ("OPTIONS", "/api/telemetry?key=pk_demo_shop", 204),
        ("OPTIONS", "/v1/traces", 204),
    ] {
        let answer =
            ask(method, path).header("access-control-request-headers", "traceparent").send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN, "{method} {path}");
        if status == 204 {
            assert_eq!(answer.headers()["access-control-allow-methods"], "POST");
            assert_eq!(answer.headers()["access-control-allow-headers"], "traceparent");
            assert!(answer.headers().contains_key("access-control-max-age"));
        }
    }
    assert_eq!(weft.count("/without_key/not_found").await, 1);
    assert_eq!(weft.count("/without_key/method_not_allowed").await, 2);
}

#[tokio::test]
async fn headers_of_any_bytes_are_read_as_what_they_are() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let odd = reqwest::header::HeaderValue::from_bytes(b"text/plain;\xff\xfe").unwrap();
    for name in ["content-type", "user-agent", "content-encoding"] {
        let batch = Page(Seed([name.len() as u8; 16])).batch(0..1);
        let answer = weft.page().header(name, odd.clone()).body(batch).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
    }
    let batch = Page(Seed([1; 16])).batch(0..1);
    let url = format!("{}/api/telemetry?key=pk_demo_shop", weft.ingest);
    let answer = weft.http.post(url).header("origin", odd.clone()).body(batch).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["access-control-allow-origin"]), (403, &odd));
    sink.spans(3).await;
}

#[tokio::test]
async fn over_its_rate_a_key_is_told_when_to_come_back() {
    let toml = "[keys.slow]\nkind = \"browser\"\nkey = \"pk_slow\"\napplication = \"shop\"\nservice = \"slow\"\n\
                origins = [\"http://localhost:3000\"]\nrequests_per_second = 1\nburst = 1\n";
    let weft = Weft::start(&[], toml).await;
    let post =
        || weft.http.post(format!("{}/api/telemetry?key=pk_slow", weft.ingest)).header("origin", ORIGIN);
    let page = Page(Seed([1; 16]));
    assert_eq!(post().body(page.batch(0..1)).send().await.unwrap().status(), 200);
    let refused = post().body(page.batch(1..2)).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait), "a second, and some so that not all come back at once: {wait}");
    assert_eq!(refused.headers()["access-control-expose-headers"], "Retry-After, Weft-Refused");
    assert_eq!(refused.headers()["weft-refused"], "later");
    assert_eq!(weft.count("/keys/slow/bodies_refused/rate_limited").await, 1);
    weft.acknowledged(page.batch(2..3)).await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_with_a_sentence() {
    let weft = Weft::start(&[], "limits.body_seconds = 1").await;
    let address = weft.ingest.strip_prefix("http://").unwrap();
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /api/telemetry?key=pk_demo_shop HTTP/1.1\r\nhost: x\r\norigin: http://localhost:3000\r\n\
                content-length: 100\r\n\r\nabc";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: http://localhost:3000"), "{answer}");
    assert!(answer.contains("weft-refused: later"), "{answer}");
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/body_timeout").await, 1);
}

fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 64 * 1024 * 1024]).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_old_key_is_taken_beside_the_new_one_and_neither_after_its_last_day() {
    let toml = "[keys.shop-new]\nkind = \"browser\"\nkey = \"pk_new\"\nkey_before = \"pk_old\"\nexpires = \"2001-09-09\"\n\
                application = \"shop\"\nservice = \"shop\"\norigins = [\"https://*.shop.example\"]\n";
    // The last second of that day: 2001-09-09T23:59:59Z.
    let (clock, time) = Clock::still(1_000_079_999_000);
    let weft = Weft::start_at(clock, TempDir::new().unwrap(), &[], toml).await;
    let post = async |key: &str, page: u8| {
        let url = format!("{}/api/telemetry?key={key}", weft.ingest);
        let request = weft.http.post(url).header("origin", "https://www.shop.example");
        request.body(Page(Seed([page; 16])).batch(0..1)).send().await.unwrap().status().as_u16()
    };
    assert_eq!((post("pk_new", 1).await, post("pk_old", 2).await), (200, 200));
    time.pass(Duration::from_secs(1));
    assert_eq!((post("pk_new", 1).await, post("pk_old", 2).await), (403, 403));
    assert_eq!(weft.count("/keys/shop-new/bodies_refused/key_expired").await, 2);
}
