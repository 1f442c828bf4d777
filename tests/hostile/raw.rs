//! What no HTTP client sends: bytes on a socket, each with what becomes of it.

use std::{io::Write, time::Duration};

use support::{
    collector::{BROWSER_KEY, CollectorProcess, SERVER_KEY, Setting},
    http::Answer,
    ledger::Ledger,
    page::{ORIGIN, Page, post_acknowledged, post_as},
    sink::Sink,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Neighbours, post_otlp, start};

const PATIENCE: Duration = Duration::from_secs(30);

/// What comes back until the connection ends.
async fn says(to: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    stream.write_all(bytes).await.expect("it is read");
    let mut said = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    assert!(ended.is_ok(), "it goes on waiting after {}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&said).into_owned()
}

/// Nothing of it was taken, and the next batch arrives.
async fn assert_untouched(mut it: Neighbours) {
    assert_eq!(Ledger::of(it.to()).await.of_all_keys("received"), 0);
    post_acknowledged(it.to(), it.page.clicks(2)).await;
    it.sink.wait_for("the next batch", |spans| spans.len() == 2).await;
    Ledger::of(it.to()).await.assert_balances();
    it.collector.stop().await;
    it.sink.assert_nothing_odd();
}

/// Two readers of such a request, one behind the other, may not agree where it ends.
#[tokio::test]
async fn a_second_request_in_the_body_of_a_first_is_never_taken() {
    let it = start("").await;
    let batch = Page::new(7).clicks(1);
    let mut inner = format!(
        "POST /api/telemetry?key={BROWSER_KEY} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        batch.len()
    )
    .into_bytes();
    inner.extend(batch);
    let length = inner.len();
    let ambiguous = [
        ("two lengths", format!("Content-Length: 0\r\nContent-Length: {length}")),
        ("a list of lengths", format!("Content-Length: 0, {length}")),
        ("a length with a sign", format!("Content-Length: +{length}")),
        ("an unknown coding", "Transfer-Encoding: xchunked".to_owned()),
        ("chunks that are not last", "Transfer-Encoding: chunked, identity".to_owned()),
        ("a space before the colon", format!("Content-Length : {length}")),
    ];
    for (what, headers) in ambiguous {
        let head = format!("POST /elsewhere HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n");
        let said = says(it.to().ingest, &[head.as_bytes(), &inner].concat()).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{what}: {said}");
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{what}: {said}");
    }
    assert_untouched(it).await;
}

/// As the standard says; a proxy that goes by the length would have passed on four bytes of it.
#[tokio::test]
async fn beside_chunks_a_length_says_nothing() {
    let mut it = start("").await;
    let batch = it.page.clicks(2);
    let head = format!(
        "POST /api/telemetry?key={BROWSER_KEY} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nContent-Length: 4\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n",
        batch.len()
    );
    let said = says(it.to().ingest, &[head.as_bytes(), &batch, b"\r\n0\r\n\r\n"].concat()).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    it.sink.wait_for("the batch in chunks", |spans| spans.len() == 2).await;
    it.collector.stop().await;
    it.sink.assert_nothing_odd();
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let it = start("").await;
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(64 * 1024));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(1_000));
    let cases: [(&str, &[u8], &str); 6] = [
        ("a hello of TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", ""),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
        ("a line of another kind", b"HELO mail.example\r\n\r\n", "HTTP/1.1 400"),
        ("a header with a zero in it", b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", "HTTP/1.1 400"),
        ("a header that is too long", long.as_bytes(), "HTTP/1.1 431"),
        ("too many headers", many.as_bytes(), "HTTP/1.1 431"),
    ];
    for (what, bytes, beginning) in cases {
        let said = says(it.to().ingest, bytes).await;
        assert!(said.starts_with(beginning) && !said.contains(" 200 "), "{what}: {said}");
    }
    assert_untouched(it).await;
}

#[tokio::test]
async fn a_connection_closed_in_the_middle_hinders_nobody() {
    let it = start("").await;
    let head = format!(
        "POST /api/telemetry?key={BROWSER_KEY} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nContent-Length: 1000\r\n\r\n"
    );
    let beginnings = ["", "POST /api/tele", head.as_str()];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(it.to().ingest).await.expect("a connection");
        stream.write_all(beginning.as_bytes()).await.expect("it is read");
        // Half of it is closed, and what comes back is still read.
        stream.shutdown().await.expect("our half is closed");
        let mut said = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "`{beginning}` is waited for");
        assert!(!String::from_utf8_lossy(&said).contains(" 200 "));
    }
    assert_eq!(Ledger::of(it.to()).await.bodies_refused("body_broken"), 1);
    assert_untouched(it).await;
}

/// All of these are of nobody: compared letter by letter with what the key lists.
#[tokio::test]
async fn origins_that_look_like_one_that_may_send_are_refused() {
    let it = start("").await;
    let longer = format!("{ORIGIN}.evil.example");
    let with_port = format!("{ORIGIN}:443");
    let capital = ORIGIN.to_uppercase();
    let several = format!("{ORIGIN} https://evil.example");
    let comma = format!("{ORIGIN}, {ORIGIN}");
    let slash = format!("{ORIGIN}/");
    let dot = format!("{ORIGIN}.");
    let plain = ORIGIN.replace("https", "http");
    let endless = format!("https://{}", "a".repeat(20_000));
    let forged =
        ["null", "*", "", &longer, &with_port, &capital, &several, &comma, &slash, &dot, &plain, &endless];
    for origin in forged {
        let answer = post_as(it.to(), BROWSER_KEY, origin, Page::new(1).clicks(1)).await;
        assert_eq!(answer.status, 403, "{origin}: {}", answer.text());
    }
    assert_eq!(Ledger::of(it.to()).await.bodies_refused("origin_not_allowed"), forged.len() as u64);
    assert_untouched(it).await;
}

#[tokio::test]
async fn json_that_is_deep_doubled_or_no_text_is_refused() {
    let it = start("").await;
    let head = format!(
        "{{\"weft\":0,\"seed\":\"{}\",\"number\":0,\"sent\":1,\"epoch\":0,\"calls\":",
        "5e".repeat(16)
    );
    let deep = format!("{head}[[\"session\",{}1{}]]}}", "[".repeat(50_000), "]".repeat(50_000));
    let doubled = format!("{head}[],\"calls\":[],\"seed\":\"{}\"}}", "5f".repeat(16));
    let no_text = [head.as_bytes(), b"[[\"\xff\xfe\",{}]]}"].concat();
    let half = format!("{head}[[\"\\ud800\",{{}}]]}}");
    let large = format!("{head}[[\"session\",{}]]}}", "9".repeat(10_000));
    for (what, body) in [
        ("deep", deep.into_bytes()),
        ("doubled", doubled.into_bytes()),
        ("no text", no_text),
        ("half a character", half.into_bytes()),
        ("a number of ten thousand digits", large.into_bytes()),
    ] {
        let answer = post_as(it.to(), BROWSER_KEY, ORIGIN, body).await;
        assert_eq!(
            (answer.status, answer.header("weft-refused")),
            (400, Some("final")),
            "{what}: {}",
            answer.text()
        );
    }
    assert_eq!(Ledger::of(it.to()).await.bodies_refused("not_a_batch"), 5);
    assert_untouched(it).await;
}

async fn post_gzip(it: &Neighbours, body: Vec<u8>) -> Answer {
    let url = format!("{}/v1/traces", it.to().otlp_endpoint());
    let key = format!("Bearer {SERVER_KEY}");
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "gzip"),
    ];
    support::http::send(hyper::Method::POST, &url, &headers, body).await
}

/// A thousand members of a mebibyte each: a megabyte that is a gigabyte.
#[tokio::test]
async fn gzip_of_a_gigabyte_is_refused_before_it_is_one() {
    let it = start("").await;
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    member.write_all(&vec![0; 1 << 20]).expect("memory is there");
    let bomb = member.finish().expect("memory is there").repeat(1_024);
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let answer = post_gzip(&it, bomb).await;
    it.assert_counted(answer, 413, "inflated_too_large", "inflates to more than").await;
}

#[tokio::test]
async fn otlp_with_numbers_of_more_bytes_than_there_are_is_refused() {
    let it = start("").await;
    let key = format!("Bearer {SERVER_KEY}");
    let url = format!("{}/v1/traces", it.to().otlp_endpoint());
    let headers = [("authorization", key.as_str()), ("content-type", "application/x-protobuf")];
    let cases: [(&str, &[u8]); 5] = [
        ("a length of 2^63", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("a length of eleven bytes", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ("a field of number 0", b"\x02\x00"),
        ("a group", b"\x0b\x0c"),
        ("one that ends in its length", b"\x0a\x80"),
    ];
    for (what, body) in cases {
        let answer = support::http::send(hyper::Method::POST, &url, &headers, body.to_vec()).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
    }
    assert_eq!(Ledger::of(it.to()).await.bodies_refused("not_a_batch"), cases.len() as u64);
    assert_untouched(it).await;
}

#[tokio::test]
async fn otlp_without_a_key_gets_no_byte_of_its_body_looked_at() {
    let it = start("").await;
    let answer = post_otlp(it.to(), "sk_guess", &[super::PROTOBUF, ("content-encoding", "nonsense")]).await;
    it.assert_counted(answer, 401, "key_unknown", "key").await;
}

/// At `debug` everything that strangers send may be logged: no line of it is theirs.
#[tokio::test]
async fn nothing_that_a_stranger_sends_begins_a_line_of_the_log_or_escapes_in_it() {
    let (sink, logs) = (Sink::start().await, tempfile::tempdir().expect("a directory"));
    let log = logs.path().join("weft.err");
    let first = "log = \"debug\"".to_owned();
    let setting = Setting { log: Some(log.clone()), first, ..Setting::before(&sink) };
    let collector = CollectorProcess::start(&setting).await;
    let to = collector.addresses();
    let line = "2026-01-01T00:00:00Z ERROR forged";
    for (key, origin) in [
        (format!("pk%0A{}", line.replace(' ', "+")), ORIGIN.to_owned()),
        (BROWSER_KEY.to_owned(), format!("https://evil.example/\u{2028}\u{9b}31m{line}")),
        (format!("%1b%5b31m{}", "x".repeat(5_000)), ORIGIN.to_owned()),
    ] {
        let status = post_as(to, &key, &origin, Page::new(1).clicks(1)).await.status;
        assert!(status == 401 || status == 403, "{status}");
    }
    let (ended, _) = collector.stop().await;
    assert!(ended.success);
    let said = std::fs::read_to_string(log).expect("it has said something");
    assert!(said.contains("DEBUG"), "it says everything: {said}");
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!said.contains(obeyed), "{said:?}");
    assert!(said.lines().all(|said| !said.starts_with(line)), "{said}");
    sink.assert_nothing_odd();
}
