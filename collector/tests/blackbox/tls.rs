//! TLS where no proxy does it: HTTP/2, HTTP/1.1, a certificate that is replaced, and whoever floods it.

use std::{path::Path, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use weft_proto::Seed;

use crate::{
    process::{Process, settings},
    support::{ORIGIN, Page, Sink},
};

/// Writes a new certificate for `localhost`, and its key: the certificate.
fn certify(data: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(data.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(data.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.pem()
}

async fn start(sink: &Sink) -> (Process, String) {
    let data = tempfile::TempDir::new().unwrap();
    let certificate = certify(data.path());
    let file = |name: &str| data.path().join(name);
    let tls = format!("[tls]\ncertificate = {:?}\nkey = {:?}", file("cert.pem"), file("key.pem"));
    std::fs::write(data.path().join("weft.toml"), settings(data.path(), &tls, &[("main", sink)])).unwrap();
    (Process::start_in(data), certificate)
}

fn client(certificate: &str) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([certificate])
}

fn port(process: &Process) -> String {
    process.ingest.rsplit_once(':').unwrap().1.to_owned()
}

async fn post(
    process: &Process,
    client: &reqwest::Client,
    at: u8,
) -> Result<reqwest::Response, reqwest::Error> {
    let url = format!("https://localhost:{}/api/telemetry?key=pk_demo_shop", port(process));
    client.post(url).header("origin", ORIGIN).body(Page(Seed([at; 16])).batch(0..2)).send().await
}

#[tokio::test]
async fn pages_send_over_either_http_and_a_renewed_certificate_is_shown_after_a_reload() {
    let sink = Sink::start(&[]).await;
    let (process, first) = start(&sink).await;
    let taken = post(&process, &client(&first).build().unwrap(), 1).await.unwrap();
    assert_eq!((taken.status().as_u16(), taken.version()), (200, reqwest::Version::HTTP_2));
    assert_eq!(taken.headers()["access-control-allow-origin"], ORIGIN);
    let taken = post(&process, &client(&first).http1_only().build().unwrap(), 2).await.unwrap();
    assert_eq!((taken.status().as_u16(), taken.version()), (200, reqwest::Version::HTTP_11));
    assert_eq!(sink.spans(4).await.len(), 4);

    let second = certify(process.data());
    process.signal("-HUP");
    let renewed = client(&second).build().unwrap();
    let shown = async {
        loop {
            if let Ok(taken) = post(&process, &renewed, 3).await {
                return taken.status();
            }
        }
    };
    let shown = tokio::time::timeout(Duration::from_secs(20), shown).await.unwrap();
    assert_eq!(shown, 200);
    assert!(post(&process, &client(&first).build().unwrap(), 4).await.is_err(), "the old one is gone");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_answered_and_the_next_one_is() {
    let sink = Sink::start(&[]).await;
    let (process, certificate) = start(&sink).await;
    let address = process.ingest.strip_prefix("http://").unwrap();
    let mut plain = tokio::net::TcpStream::connect(address).await.unwrap();
    plain.write_all(b"POST /api/telemetry HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(post(&process, &client(&certificate).build().unwrap(), 1).await.unwrap().status(), 200);
}

#[tokio::test]
async fn who_says_nothing_over_http_2_is_not_waited_for_longer_than_for_a_head() {
    let sink = Sink::start(&[]).await;
    let data = tempfile::TempDir::new().unwrap();
    let certificate = certify(data.path());
    let file = |name: &str| data.path().join(name);
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let tls = format!("[tls]\ncertificate = {cert:?}\nkey = {key:?}\n");
    let more = tls + "[limits]\nhead_seconds = 1\nbody_seconds = 1\nanswer_seconds = 1";
    std::fs::write(data.path().join("weft.toml"), settings(data.path(), &more, &[("main", &sink)])).unwrap();
    let process = Process::start_in(data);
    let mut silent = raw(&process, &certificate).await;
    let mut said = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut said)).await;
    assert!(ended.is_ok(), "it is still open");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_before_anything_starts() {
    let data = tempfile::TempDir::new().unwrap();
    certify(data.path());
    std::fs::write(data.path().join("other.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem())
        .unwrap();
    let told = |key: &str| {
        let file = |name: &str| data.path().join(name);
        let tls = format!("[tls]\ncertificate = {:?}\nkey = {:?}", file("cert.pem"), file(key));
        let text = settings(data.path(), &tls, &[]);
        weft_collector::config::Config::from_toml(&text).unwrap_err().to_string()
    };
    assert!(told("none.pem").contains("cannot be read as PEM"), "{}", told("none.pem"));
    assert!(told("cert.pem").contains("tls.key"), "{}", told("cert.pem"));
    assert!(told("other.pem").contains("cannot be used with `key`"), "{}", told("other.pem"));
}

/// A connection over which frames of HTTP/2 are written by hand.
async fn raw(process: &Process, certificate: &str) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let address = process.ingest.strip_prefix("http://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Types of frames. Source: RFC 9113, section 6.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

/// `:method: POST`, `:scheme: https`, `:path: /`, by their places in HPACK's table (RFC 7541, appendix A).
const HEAD: [u8; 3] = [0x83, 0x87, 0x84];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Writes until the other side has had enough, and reads what it says meanwhile: how much was written.
async fn flood(process: &Process, certificate: &str, most: u32, frames: impl Fn(u32) -> Vec<u8>) -> u32 {
    let (mut from, mut to) = tokio::io::split(raw(process, certificate).await);
    let read = tokio::spawn(async move {
        let mut said = Vec::new();
        let _ = from.read_to_end(&mut said).await;
    });
    let mut written = 0;
    while written < most && !read.is_finished() && to.write_all(&frames(written)).await.is_ok() {
        let _ = to.flush().await;
        written += 1;
    }
    // It is closed, not only not read any more.
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap();
    written
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_without_end_end_the_connection_and_nobody_elses() {
    let sink = Sink::start(&[]).await;
    let (process, certificate) = start(&sink).await;
    let before = process.peak_kib();
    let written = flood(&process, &certificate, 1_000_000, |at| {
        let stream = 2 * at + 1;
        // END_STREAM and END_HEADERS; then CANCEL.
        [frame(HEADERS, 0x5, stream, &HEAD), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    });
    let written = written.await;
    assert!(written < 1_000_000, "a million were taken");
    assert_eq!(post(&process, &client(&certificate).build().unwrap(), 1).await.unwrap().status(), 200);
    assert!(process.peak_kib() - before < 64 * 1024, "{} KiB more", process.peak_kib() - before);
}

#[tokio::test]
async fn a_head_that_goes_on_without_end_ends_the_connection_and_takes_no_memory() {
    let sink = Sink::start(&[]).await;
    let (process, certificate) = start(&sink).await;
    let before = process.peak_kib();
    // A header of 16 000 letters, again and again, and never END_HEADERS.
    let long = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x7c][..], &[b'b'; 16_000]].concat();
    let written = flood(&process, &certificate, 100_000, |at| match at {
        0 => frame(HEADERS, 0x1, 1, &HEAD),
        _ => frame(CONTINUATION, 0, 1, &long),
    });
    let written = written.await;
    assert!(written < 100_000, "a gigabyte and more was taken");
    assert_eq!(post(&process, &client(&certificate).build().unwrap(), 1).await.unwrap().status(), 200);
    assert!(process.peak_kib() - before < 64 * 1024, "{} KiB more", process.peak_kib() - before);
}

#[tokio::test]
async fn a_test_event_goes_by_tls_and_with_a_token_where_these_are_needed_and_a_silent_client_holds_up_no_stop()
 {
    let sink = Sink::start(&[]).await;
    let data = tempfile::TempDir::new().unwrap();
    let certificate = certify(data.path());
    let file = |name: &str| data.path().join(name);
    let tls = format!("[tls]\ncertificate = {:?}\nkey = {:?}", file("cert.pem"), file("key.pem"));
    let ring = format!("[[keys.shop-web.tokens.key]]\nid = \"a\"\nhmac = \"{}\"\n", "k".repeat(32));
    let text = settings(data.path(), &tls, &[("main", &sink)]) + "\n[keys.shop-web.tokens]\n" + &ring;
    std::fs::write(data.path().join("weft.toml"), text).unwrap();
    let process = Process::start_in(data);
    let sent = process.weft(&["send"]).await;
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(sink.spans(1).await[0].name, "weft.test");
    let _silent = raw(&process, &certificate).await;
    let (status, _) = process.stop().await;
    assert!(status.success(), "it ended as it should, with a client that says nothing");
}
