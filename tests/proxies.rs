//! The collector on the site's own origin, behind nginx, behind Caddy, and behind the site's own server, each with the
//! file of `deploy/` that `docs/put-it-on-api-telemetry.md` shows.

mod front;
mod proxy;

use std::{collections::BTreeMap, path::Path};

use hyper::Method;
use support::{
    browser::{Browser, Kind},
    collector::{Addresses, BROWSER_KEY},
    http::{Answer, send},
    ledger::Ledger,
    page::{Page, post_as},
    received::{Received, traces},
    site::Site,
    stats::Stats,
};
use weft_proto::{Ack, Form, digest, limits::MAX_REQUEST_BYTES};

use front::{Front, large_batch};
use proxy::{Behind, Proxy, Which, port};

macro_rules! behind_each {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            #[tokio::test]
            async fn nginx() {
                super::$name(super::Which::Nginx).await;
            }
            #[tokio::test]
            async fn caddy() {
                super::$name(super::Which::Caddy).await;
            }
            #[tokio::test]
            async fn own_server() {
                super::$name(super::Which::OwnServer).await;
            }
        })*
    };
}

behind_each!(
    a_page_sends_to_its_own_origin_and_its_trace_arrives_linked_to_the_backends,
    what_pages_send_while_the_collector_is_away_arrives_when_it_is_back,
    batches_up_to_the_limit_pass_and_what_is_larger_gets_the_collectors_own_answer,
    answers_pass_unchanged,
    the_collector_is_told_who_asks_and_gets_no_secret_of_the_site,
);

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_load(span: &Received) -> bool {
    span.name() == "browser.navigation_timing"
}

fn is_press(span: &Received) -> bool {
    span.name() == "browser.user_action.click"
}

fn is_of_backend(span: &Received) -> bool {
    span.service() == "shop-api" && span.name() == "POST"
}

async fn a_page_sends_to_its_own_origin_and_its_trace_arrives_linked_to_the_backends(which: Which) {
    let front = Front::start(which).await;
    let browser = Browser::launch(Kind::Chromium).await;
    let tab = browser.open_tab().await;
    tab.goto(&front.url()).await;
    tab.click("#add-scarf").await;
    let enough =
        |spans: &[Received]| [is_load, is_press, is_of_backend].iter().all(|is| spans.iter().any(is));
    front.sink.wait_for("load, press and backend", enough).await;
    let from: Vec<String> = tab
        .evaluate("performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/telemetry')).map(({ name }) => new URL(name).origin)")
        .await;
    assert!(!from.is_empty() && from.iter().all(|origin| *origin == front.url()), "{from:?}");
    tab.assert_no_errors().await;
    tab.close().await;
    browser.quit().await;
    let traces = traces(&front.end().await);
    let rooted = |is: fn(&Received) -> bool| {
        traces.iter().find(|trace| is(trace.root())).expect("such a trace arrived").root()
    };
    let (load, press) = (rooted(is_load), rooted(is_press));
    assert!(press.kinds_to(load).contains(&"page".to_owned()), "{press:?}");
    let request = traces.iter().find(|trace| trace.spans.iter().any(is_of_backend)).expect("the request");
    assert_eq!(request.root().service(), "shop-web");
    assert_eq!(request.root().kinds_to(press), ["cause", "previous"]);
    assert_eq!(request.spans[1].parent_id(), Some(request.root().span_id()));
}

async fn what_pages_send_while_the_collector_is_away_arrives_when_it_is_back(which: Which) {
    let mut front = Front::start(which).await;
    let browser = Browser::launch(Kind::Chromium).await;
    let tab = browser.open_tab().await;
    tab.goto(&front.url()).await;
    front.sink.wait_for("the page load", |spans| spans.iter().any(is_load)).await;
    front.stop_collector().await;
    let refused = post_as(front.through(), BROWSER_KEY, &front.url(), Page::new(1).clicks(1)).await;
    assert_eq!((refused.status, refused.header("weft-refused")), (502, None), "{}", refused.text());
    tab.click("#add-scarf").await;
    tab.wait_until("weft.stats().recorded >= 3").await;
    let flushed: bool = tab.evaluate("weft.flush(100)").await;
    assert!(!flushed, "nobody is there to acknowledge it");
    front.start_collector().await;
    tab.click("#add-rug").await;
    let presses = |spans: &[Received]| spans.iter().filter(|span| is_press(span)).count() == 2;
    front.sink.wait_for("both presses", presses).await;
    let flushed: bool = tab
        .evaluate("(async () => { for (let tries = 0; tries < 100; tries++) if (await weft.flush(200)) return true; return false })()")
        .await;
    let stats = Stats::of(&tab).await;
    assert!(flushed && stats.lost() == 0, "{stats:?}");
    stats.assert_balances();
    tab.close().await;
    browser.quit().await;
    front.end().await;
}

async fn batches_up_to_the_limit_pass_and_what_is_larger_gets_the_collectors_own_answer(which: Which) {
    let front = Front::start(which).await;
    let to_here = async |body: Vec<u8>| post_as(front.through(), BROWSER_KEY, &front.url(), body).await;
    let large = large_batch();
    assert!((MAX_REQUEST_BYTES - 8 * 1024..=MAX_REQUEST_BYTES).contains(&large.len()), "{}", large.len());
    let answer = to_here(large).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // Filled to the last byte: the digest is right, so nothing is missing and nothing is changed.
    let mut page = Page::new(2);
    let head = page.request(Form::Plain, 0, b"").len();
    let noise = vec![0xa5; MAX_REQUEST_BYTES - head];
    let answer = to_here(page.request(Form::Plain, digest(&noise), &noise)).await;
    assert_eq!((answer.status, answer.header("weft-refused")), (400, Some("final")), "{}", answer.text());
    let answer = to_here(vec![0xa5; MAX_REQUEST_BYTES + 1]).await;
    assert_eq!((answer.status, answer.header("weft-refused")), (413, Some("final")), "{}", answer.text());
    let ledger = Ledger::of(front.collector()).await;
    assert_eq!(ledger.bodies_refused("not_a_batch"), 1);
    assert_eq!(ledger.bodies_refused("body_too_large"), 1);
    front.end().await;
}

/// What of an answer is the same for everybody: neither when, nor by whom, nor how the connection goes on, nor when to come
/// back, which is spread.
fn told(answer: &Answer) -> BTreeMap<&str, &str> {
    const OF_THE_WAY: [&str; 8] = [
        "date",
        "server",
        "via",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "content-length",
        "retry-after",
    ];
    let told = answer.headers.iter().filter(|(name, _)| !OF_THE_WAY.contains(&name.as_str()));
    told.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn answers_pass_unchanged(which: Which) {
    let front = Front::start(which).await;
    let origin = front.url();
    let mut seed = 0;
    // The rate is one a second: ten at once cannot all be within it.
    let mut ask = async |to: Addresses, key: &'static str, status: u16| {
        for _ in 0..10 {
            seed += 1;
            let answer = post_as(to, key, &origin, Page::new(seed).clicks(1)).await;
            if answer.status == status {
                return answer;
            }
            assert_eq!(answer.status, 200, "{key}: {}", answer.text());
        }
        panic!("{key} is never answered {status}");
    };
    for (key, status) in [(BROWSER_KEY, 200), ("pk_slow", 429), ("pk_typo", 401)] {
        let (direct, through) =
            (ask(front.collector(), key, status).await, ask(front.through(), key, status).await);
        assert_eq!(told(&through), told(&direct), "{key}");
        match status {
            200 => assert!(Ack::decode(&through.body).is_ok()),
            _ => assert_eq!(through.body, direct.body),
        }
        let seconds = through.header("retry-after").map(str::parse::<u64>);
        assert_eq!(seconds.is_some_and(|seconds| seconds.is_ok()), status == 429);
    }
    let sdk = |to: Addresses| format!("http://{}/w/index.js", to.ingest);
    let brotli = [("accept-encoding", "br")];
    let (direct, through) = (
        send(Method::GET, &sdk(front.collector()), &brotli, "").await,
        send(Method::GET, &sdk(front.through()), &brotli, "").await,
    );
    assert_eq!(through.status, direct.status);
    assert!((200..400).contains(&through.status), "{}", through.text());
    assert_eq!((told(&through), &through.body), (told(&direct), &direct.body));
    front.end().await;
}

async fn the_collector_is_told_who_asks_and_gets_no_secret_of_the_site(which: Which) {
    let collector = Site::start(String::new()).await;
    let address = collector.url().trim_start_matches("http://").parse().expect("an address");
    let here = port().await;
    let _proxy = Proxy::start(which, here, Behind { collector: address, site: address }).await;
    let claimed = [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("cookie", "login=secret"),
        ("authorization", "Basic secret"),
        ("origin", "https://shop.example"),
        ("content-type", "text/plain"),
        ("user-agent", "a browser"),
    ];
    let sent = b"\0bytes\xff".to_vec();
    let url = format!("http://{here}/api/telemetry?key=pk&more=%2F+%C3%BC");
    let answer = send(Method::POST, &url, &claimed, sent.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let asked = collector.take_asked();
    let [asked] = &asked[..] else { panic!("{asked:?}") };
    // Whoever reads from the right believes nothing that is left of it.
    let addresses = asked.header("x-forwarded-for").expect("it says who asks");
    assert_eq!(addresses.rsplit(", ").next(), Some("127.0.0.1"), "{addresses}");
    for secret in ["forwarded", "cookie", "authorization"] {
        assert_eq!(asked.header(secret), None, "{secret}");
    }
    for (name, value) in &claimed[4..] {
        assert_eq!(asked.header(name), Some(*value));
    }
    assert_eq!((asked.method.as_str(), &asked.body), ("POST", &sent));
    assert_eq!(asked.path, "/api/telemetry?key=pk&more=%2F+%C3%BC");
}

#[test]
fn the_page_shows_the_files_that_are_tried() {
    let page = read("docs/put-it-on-api-telemetry.md");
    for which in [Which::Nginx, Which::Caddy, Which::OwnServer] {
        assert!(
            page.contains(&format!("\n{}```", read(which.file()))),
            "{} is not what it shows",
            which.file()
        );
    }
}
