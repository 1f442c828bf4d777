//! What is secret in a URL does not leave the page: not in a request, not in the collector's spool, not to the sink.

use std::{fs, path::Path};

use prost::Message;
use support::{browser::Kind, gate::Arrival, received::Received};
use weft_proto::{Base, Earlier, Form, Head, StrId, base::MAX_BASE_BYTES, decode, inflate};

use super::scene::{IMPORT, Scene, flush};

in_each_engine!(secrets_in_urls_do_not_leave_the_page, a_url_in_the_name_of_an_event_is_scrubbed_as_well,);

/// Parts of the page's URLs that identify somebody or let somebody in.
const SECRETS: [&str; 12] = [
    "8f14e45fceea167a",
    "ann@example.org",
    "ann%40example.org",
    "4711004711",
    "eyJhbGciOiJIUzI1NiJ9",
    "in-the-query",
    "in-the-fragment",
    "in-the-user",
    "in-the-password",
    "in-the-referrer",
    "in-a-sentence",
    "in-a-list",
];

const VISIT: &str = r#"(async () => {
    const full = "https://in-the-user:in-the-password@example.org/u/4711004711?a=in-the-query#in-the-fragment";
    await fetch("/echo/u/ann@example.org/mail?token=in-the-query#in-the-fragment");
    await fetch("/echo/u/ann%40example.org?token=in-the-query");
    await fetch("/echo/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSM", { method: "POST" });
    await fetch("/out/4711004711?next=in-the-query").catch(() => {});
    await fetch("http://in-the-user:in-the-password@127.0.0.1:1/").catch(() => {});
    await fetch("http://127.0.0.1:1/u/4711004711?in-the-query").catch(() => {});
    history.pushState(null, "", "/page/u/4711004711/?a=in-the-query#/u/in-the-fragment");
    weft.event("attributes", {
        "url.full": full,
        "url.path": "/u/4711004711?a=in-the-query",
        "url.query": "?a=in-the-query",
        href: full,
        relative: "/u/4711004711?a=in-the-query",
        "browser.document.referrer": "https://search.example/in-the-referrer?q=in-the-referrer",
        sentence: `GET ${full.replace("in-the-query", "in-a-sentence")} failed, as did (${full})`,
        list: [full.replace("in-the-query", "in-a-list"), "/u?a=in-a-list"],
        blob: "blob:" + full,
    });
})()"#;

/// The bodies behind the heads of a page's requests, as they were before compression.
fn bodies(arrivals: &[Arrival]) -> Vec<Vec<u8>> {
    let mut earlier = Earlier::default();
    let mut plain = |arrival: &Arrival| {
        let (head, mut rest) = Head::read(&arrival.body).expect("a batch has a head");
        let mut known = Vec::new();
        if head.form == Form::Behind {
            let (base, batch) = Base::read(head.number, rest).expect("it names its base");
            known.extend_from_slice(earlier.of(&base).expect("what it names came before"));
            rest = batch;
        }
        let body = inflate(head.form, &known, rest).expect("it inflates").into_owned();
        earlier.keep(head.number, &body, MAX_BASE_BYTES);
        body
    };
    arrivals.iter().map(&mut plain).collect()
}

/// A body, and its strings, whose hex digits it packs.
fn with_strings(body: &[u8]) -> Vec<u8> {
    let strings = decode(body).expect("it is a batch").strings;
    let mut bytes = body.to_vec();
    for at in 0..strings.len() {
        bytes.extend_from_slice(strings.get(StrId(at as u32)).as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

fn assert_without_secrets(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found: Vec<_> = SECRETS.iter().filter(|secret| text.contains(**secret)).collect();
    assert!(found.is_empty(), "{what} tells {found:?}: {text}");
}

/// Every byte of every file in a directory.
fn bytes_in(directory: &Path) -> Vec<u8> {
    let entries = fs::read_dir(directory).expect("the collector has its directory");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| if path.is_dir() { bytes_in(&path) } else { fs::read(path).unwrap_or_default() })
        .collect()
}

fn told(span: &Received) -> Vec<u8> {
    [span.span.encode_to_vec(), span.resource.encode_to_vec()].concat()
}

async fn secrets_in_urls_do_not_leave_the_page(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab =
        scene.open("/page/reset/8f14e45fceea167a5a36dedd4bea2543?token=in-the-query#in-the-fragment").await;
    scene.record(&tab, "version: 'https://in-the-user:in-the-password@example.org/?in-the-query',").await;
    tab.evaluate::<()>(VISIT).await;
    tab.click("#press").await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    scene.sink.wait_for("everything", |spans| spans.len() as i64 >= stats.acknowledged).await;
    assert!(stats.acknowledged >= 8, "{stats:?}");

    let arrivals = scene.gate.arrivals();
    let bodies = bodies(&arrivals);
    for (arrival, body) in arrivals.iter().zip(&bodies) {
        assert_without_secrets("a request", &with_strings(body));
        assert_without_secrets("a request's headers", format!("{:?}", arrival.headers).as_bytes());
        assert!(!arrival.headers.contains_key("referer") && !arrival.headers.contains_key("cookie"));
    }
    let Scene { sink, collector, browser, .. } = scene;
    browser.quit().await;
    let data = collector.stop().await;
    let spool = bytes_in(data.path());
    assert_without_secrets("the spool", &spool);
    // The spool was searched compressed: it holds the very bodies that were searched above, as they came if they stood
    // alone.
    let is_there = |body: &[u8]| spool.windows(body.len()).any(|window| window == body);
    for (arrival, plain) in arrivals.iter().zip(&bodies) {
        let (head, batch) = Head::read(&arrival.body).expect("a batch has a head");
        assert!(is_there(if head.form == Form::Behind { plain } else { batch }), "the spool keeps batches");
    }
    sink.assert_nothing_odd();
    sink.spans().iter().for_each(|span| assert_without_secrets("the sink", &told(span)));
}

async fn a_url_in_the_name_of_an_event_is_scrubbed_as_well(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    tab.evaluate::<()>(&format!(
        "(async () => {{ {IMPORT}; {}; weft.event('GET https://in-the-user@example.org/?in-the-query'); }})()",
        scene.init("")
    ))
    .await;
    flush(&tab).await;
    for body in bodies(&scene.gate.arrivals()) {
        assert_without_secrets("a request", &with_strings(&body));
    }
    scene.end().await.iter().for_each(|span| assert_without_secrets("the sink", &told(span)));
}
