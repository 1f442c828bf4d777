//! The SDK as pages get it: bytes, headers, versions, and what is not there.

use std::{io::Read, path::Path};

use axum::http::{HeaderMap, StatusCode};
use tempfile::TempDir;

use crate::{
    process::{Process, settings},
    support::{ORIGIN, Page, Sink, Weft},
};

const FOREVER: &str = "public, max-age=31536000, immutable";
const SHORTLY: &str = "public, max-age=300";

/// A module, its wasm file and what else a build leaves, in a directory.
fn built() -> TempDir {
    let built = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(built.path().join(name), bytes).unwrap();
    write("index.js", &module());
    write("weft.wasm", b"\0asm");
    write("stub.js", b"(()=>{})();");
    write("index.js.map", b"{}");
    std::fs::create_dir(built.path().join("types")).unwrap();
    built
}

fn module() -> Vec<u8> {
    "export const wasm = new URL(\"weft.wasm\", import.meta.url);\n".repeat(50).into_bytes()
}

fn from(directory: &Path) -> String {
    format!("[sdk]\ndirectory = {directory:?}")
}

/// What is at a path: status, headers and bytes as they came.
async fn get(weft: &Weft, path: &str, coding: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = weft.http.get(format!("{}{path}", weft.ingest)).header("origin", ORIGIN);
    let request =
        coding.into_iter().fold(request, |request, coding| request.header("accept-encoding", coding));
    let answer = request.send().await.unwrap();
    (answer.status(), answer.headers().clone(), answer.bytes().await.unwrap().to_vec())
}

fn assert_is_for_everybody(headers: &HeaderMap) {
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(!headers.contains_key("weft-refused"));
}

/// The directory of this version, as the entry says.
async fn directory(weft: &Weft) -> String {
    let (_, _, entry) = get(weft, "/w/index.js", None).await;
    let entry = String::from_utf8(entry).unwrap();
    let directory = entry.strip_prefix("export * from \"./").unwrap().strip_suffix("/index.js\";\n").unwrap();
    directory.to_owned()
}

#[tokio::test]
async fn files_have_their_bytes_and_types_and_never_change_below_their_name() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let weft = Weft::start(&[&sink], &from(built.path())).await;
    let directory = directory(&weft).await;
    for (name, kind, bytes) in [
        ("index.js", "text/javascript; charset=utf-8", module()),
        ("weft.wasm", "application/wasm", b"\0asm".to_vec()),
        ("stub.js", "text/javascript; charset=utf-8", b"(()=>{})();".to_vec()),
    ] {
        let (status, headers, came) = get(&weft, &format!("/w/{directory}/{name}"), None).await;
        assert_eq!((status, &came), (StatusCode::OK, &bytes), "{name}");
        assert_eq!(headers["content-type"], kind);
        assert_eq!(headers["cache-control"], FOREVER);
        assert_eq!(headers["vary"], "Accept-Encoding");
        assert!(!headers.contains_key("content-encoding"));
        assert_is_for_everybody(&headers);
        let head = weft.http.head(format!("{}/w/{directory}/{name}", weft.ingest)).send().await.unwrap();
        assert_eq!(
            (head.status(), &head.headers()["content-type"]),
            (StatusCode::OK, &headers["content-type"])
        );
        assert_eq!(head.headers()["content-length"], bytes.len().to_string().as_str());
        assert!(head.bytes().await.unwrap().is_empty());
    }
    weft.stop().await;
}

#[tokio::test]
async fn what_compresses_is_sent_compressed_to_whoever_takes_it() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let weft = Weft::start(&[&sink], &from(built.path())).await;
    let directory = directory(&weft).await;
    let at = |name: &str| format!("/w/{directory}/{name}");
    let (_, headers, bytes) = get(&weft, &at("index.js"), Some("gzip, br")).await;
    assert_eq!(headers["content-encoding"], "br");
    let mut plain = Vec::new();
    brotli::Decompressor::new(bytes.as_slice(), 4096).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, module());
    let (_, headers, bytes) = get(&weft, &at("index.js"), Some("gzip;q=0.5, br;q=0")).await;
    assert_eq!(headers["content-encoding"], "gzip");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, module());
    let (_, headers, bytes) = get(&weft, &at("weft.wasm"), Some("gzip, br")).await;
    assert!(!headers.contains_key("content-encoding"), "it would not get smaller");
    assert_eq!(bytes, b"\0asm");
    weft.stop().await;
}

#[tokio::test]
async fn names_without_a_version_lead_to_it_for_a_short_time() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let weft = Weft::start(&[&sink], &from(built.path())).await;
    let (status, headers, _) = get(&weft, "/w/index.js", None).await;
    assert_eq!((status, &headers["cache-control"]), (StatusCode::OK, &SHORTLY.parse().unwrap()));
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert_is_for_everybody(&headers);
    let directory = directory(&weft).await;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let stub = client.build().unwrap().get(format!("{}/w/stub.js", weft.ingest)).send().await.unwrap();
    assert_eq!(stub.status(), StatusCode::FOUND);
    assert_eq!(stub.headers()["location"], format!("./{directory}/stub.js").as_str());
    assert_eq!(stub.headers()["cache-control"], SHORTLY);
    assert_is_for_everybody(stub.headers());
    assert_eq!(get(&weft, "/w/stub.js", None).await.2, b"(()=>{})();", "browsers follow it");
    weft.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_kept_by_caches_and_nothing_of_it_counts_as_refused() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let weft = Weft::start(&[&sink], &from(built.path())).await;
    let directory = directory(&weft).await;
    let gone = "/w/0123456789abcdef/index.js".to_owned();
    let others = ["index.js.map", "types", "../weft.toml", "%2e%2e%2fweft.toml"];
    let others = others.iter().flat_map(|name| [format!("/w/{name}"), format!("/w/{directory}/{name}")]);
    for path in others.chain([gone]).filter(|path| !path.contains("/..")) {
        let (status, headers, _) = get(&weft, &path, None).await;
        assert_eq!(
            (status, &headers["cache-control"]),
            (StatusCode::NOT_FOUND, &"no-store".parse().unwrap()),
            "{path}"
        );
        assert_is_for_everybody(&headers);
    }
    let posted = weft.http.post(format!("{}/w/index.js", weft.ingest)).body("x").send().await.unwrap();
    assert_eq!(
        (posted.status(), &posted.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD".parse().unwrap())
    );
    for outcome in ["not_found", "method_not_allowed"] {
        assert_eq!(weft.count(&format!("/without_key/{outcome}")).await, 0);
    }
    weft.acknowledged(Page(weft_proto::Seed([1; 16])).batch(0..1)).await;
    weft.stop().await;
}

#[tokio::test]
async fn other_files_are_another_version() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let weft = Weft::start(&[&sink], &from(built.path())).await;
    let before = directory(&weft).await;
    let (data, _) = weft.stop().await;
    std::fs::write(built.path().join("weft.wasm"), b"\0asm and more").unwrap();
    let weft = Weft::start_in(data, &[&sink], &from(built.path())).await;
    assert_ne!(directory(&weft).await, before);
    let (status, ..) = get(&weft, &format!("/w/{before}/index.js"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an old module never gets a new wasm file");
    weft.stop().await;
}

#[tokio::test]
async fn nothing_is_served_that_is_not_wanted() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "[sdk]\nserve = false").await;
    let (status, headers, _) = get(&weft, "/w/index.js", None).await;
    assert_eq!((status, &headers["weft-refused"]), (StatusCode::NOT_FOUND, &"final".parse().unwrap()));
    weft.stop().await;
}

#[tokio::test]
async fn the_program_says_what_a_page_has_to_say_and_logs_what_it_serves() {
    let (sink, built) = (Sink::start(&[]).await, built());
    let data = TempDir::new().unwrap();
    let text = settings(data.path(), &from(built.path()), &[("main", &sink)]);
    std::fs::write(data.path().join("weft.toml"), text).unwrap();
    let process = Process::start_in(data);
    let said = process.weft(&["sdk", "--origin", "https://t.example/"]).await;
    let said = String::from_utf8(said.stdout).unwrap();
    let (_, rest) = said.split_once("<script type=\"module\" src=\"https://t.example/w/").unwrap();
    let (directory, rest) = rest.split_once("/index.js\" integrity=\"").unwrap();
    let (integrity, _) = rest.split_once("\" crossorigin=\"anonymous\">").unwrap();
    assert!(integrity.starts_with("sha384-"), "{integrity}");
    assert!(said.contains("key: \"pk_demo_shop\", endpoint: \"https://t.example/api/telemetry\""), "{said}");
    let (_, logged) = process.stop().await;
    assert!(logged.contains(&format!("/w/{directory}/index.js")) && logged.contains(integrity), "{logged}");
}
