//! What people see of sessions: from outside, by what the admin port answers.

mod costs;
mod described;
mod health;
mod lanes;
mod schema;
mod stacks;

use serde_json::Value as Json;
use weft_proto::{
    Attribute, Batch, Event, Ids, Kind, Link, LinkKinds, OpenState, Seed, Session, Target, Value,
};

use crate::support::{Page, Sink, Weft};

const BEGAN_NS: u64 = 1_700_000_000_000_000_000;
const THREE_WEEKS_NS: u64 = 21 * 86_400 * 1_000_000_000;
const FIRST: [u8; 16] = [0xa1; 16];
const SECOND: [u8; 16] = [0xb2; 16];

/// A page that is loaded, and pressed three weeks later, in another session; the press makes a request that fails.
pub(super) fn visit(page: &Page, user: &str) -> [Vec<u8>; 2] {
    let mut load = Batch { page_load: Some(0), ..Batch::default() };
    load.sessions = vec![Session { id: FIRST, previous_id: None, randomness: 1 }];
    add(&mut load, 0, "browser.navigation_timing", 0, &[("url.full", "https://shop.example/product/rug")]);
    let mut press = Batch { page_load: Some(0), ..Batch::default() };
    press.sessions = vec![Session { id: SECOND, previous_id: Some(FIRST), randomness: 1 }];
    add(
        &mut press,
        1,
        "browser.user_action.click",
        THREE_WEEKS_NS,
        &[("app.widget.id", "buy"), ("user.id", user)],
    );
    let method = [("http.request.method", "POST"), ("url.full", "https://shop.example/api/cart")];
    add(&mut press, 2, "POST", THREE_WEEKS_NS + 5_000_000, &method);
    // 3 and 4 are lost.
    let wrong = [("exception.type", "TypeError"), ("exception.message", "it is <b>not</b> a function")];
    add(&mut press, 5, "exception", THREE_WEEKS_NS + 9_000_000, &wrong);
    press.links = vec![Link { target: Target::Own(1), kinds: LinkKinds::CAUSE, rule: None }];
    press.events[1].links = 0..1;
    press.events[1].kind = Kind::Client;
    press.events[1].duration_ns = 48_000_000;
    press.events.iter_mut().skip(1).for_each(|event| event.previous = Some(event.number - 1));
    press.events[0].previous = Some(0);
    [page.seal(&load), page.seal(&press)]
}

pub(super) fn add(batch: &mut Batch, number: u64, name: &str, after_ns: u64, attributes: &[(&str, &str)]) {
    let from = batch.attributes.len() as u32;
    for (key, value) in attributes {
        let (key, value) = (batch.strings.intern(key), Value::Text(batch.strings.intern(value)));
        batch.attributes.push(Attribute { key, value });
    }
    let name = batch.strings.intern(name);
    batch.events.push(Event {
        number,
        name,
        session: (!batch.sessions.is_empty()).then_some(0),
        start_ns: BEGAN_NS + after_ns,
        attributes: from..batch.attributes.len() as u32,
        ..Event::default()
    });
}

/// What is answered at `path`, as soon as it `is` as it should be: asked again whenever the collector says that there is
/// something new.
pub(super) async fn shown(weft: &Weft, path: &str, is: impl Fn(&Json) -> bool) -> Json {
    let mut news = weft.http.get(format!("{}/api/explorer/updates", weft.admin)).send().await.unwrap();
    assert_eq!(news.headers()["content-type"], "text/event-stream");
    loop {
        assert!(news.chunk().await.unwrap().is_some(), "it goes on saying what is new");
        let (status, text) = weft.admin(path).await;
        if status == 200 {
            let answer = serde_json::from_str(&text).unwrap();
            if is(&answer) {
                return answer;
            }
        }
    }
}

/// A session by itself.
fn session(id: [u8; 16]) -> String {
    format!("/api/explorer/sessions/shop/{}?alone", hex(&id))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn events(count: usize) -> impl Fn(&Json) -> bool {
    move |timeline| timeline["events"].as_array().unwrap().len() == count
}

fn end(page: &Page, number: u64) -> String {
    let ids = Ids::new(page.0);
    format!("{}-{}", hex(&ids.trace(number)), hex(&ids.span(number)))
}

#[tokio::test]
async fn a_press_three_weeks_after_the_load_is_shown_with_its_links_both_ways_and_what_was_not_seen() {
    let tables = "[explorer]\ntrace_url = \"https://tempo.example/trace/{trace_id}\"\n";
    let weft = Weft::start_with(&[], "", tables).await;
    let page = Page(Seed([1; 16]));
    for batch in visit(&page, "anna") {
        weft.acknowledged(batch).await;
    }
    let later = shown(&weft, &session(SECOND), events(3)).await;
    let kinds: Vec<_> = later["events"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["press", "request", "error"]);
    assert_eq!(later["events"][1]["label"], "POST /api/cart");
    assert_eq!(later["events"][1]["duration_ms"], 48.0);
    assert_eq!(later["session"]["previous_id"], hex(&FIRST));
    let hole = &later["holes"][0];
    assert_eq!((&hole["first"], &hole["count"]), (&3.into(), &2.into()), "{later:#}");
    let links = later["links"].as_array().unwrap();
    let to_load: Vec<_> = links.iter().filter(|link| link["to"] == end(&page, 0)).collect();
    assert_eq!(to_load.len(), 3, "each of them leads to the page load: {links:#?}");
    assert!(to_load.iter().all(|link| link["to_session"] == hex(&FIRST)));
    let cause = links.iter().find(|link| link["to"] == end(&page, 1)).unwrap();
    assert_eq!((&cause["kinds"][0], &cause["is_inferred"]), (&"cause".into(), &false.into()));

    let earlier = shown(&weft, &session(FIRST), events(1)).await;
    let arriving = earlier["links"].as_array().unwrap();
    assert_eq!(arriving.len(), 3, "{earlier:#}");
    assert!(arriving.iter().all(|link| link["to"] == end(&page, 0) && link["from_session"] == hex(&SECOND)));

    let with_its_page: Json =
        serde_json::from_str(&weft.admin(session(SECOND).trim_end_matches("?alone")).await.1).unwrap();
    let sessions: Vec<_> =
        with_its_page["events"].as_array().unwrap().iter().map(|event| &event["session"]).collect();
    assert_eq!(
        sessions,
        [&hex(&FIRST), &hex(&SECOND), &hex(&SECOND), &hex(&SECOND)],
        "the page outlives sessions"
    );

    let events = format!("/api/explorer/sessions/shop/{}/events", hex(&SECOND));
    let path = format!("{events}/{}", end(&page, 1));
    let detail: Json = serde_json::from_str(&weft.admin(&path).await.1).unwrap();
    let trace = hex(&Ids::new(page.0).trace(1));
    assert_eq!(detail["backend_url"], format!("https://tempo.example/trace/{trace}"));
    let pairs = detail["attributes"].as_array().unwrap();
    assert!(pairs.contains(&serde_json::json!({ "key": "user.id", "value": "anna" })), "{detail:#}");
    let span = &detail["otlp"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["name"], "browser.user_action.click");
    assert_eq!(weft.admin(&format!("{events}/nonsense")).await.0, 404);
}

#[tokio::test]
async fn sessions_are_found_by_id_user_route_error_and_trace() {
    let weft = Weft::start(&[], "").await;
    let page = Page(Seed([2; 16]));
    for batch in visit(&page, "anna") {
        weft.acknowledged(batch).await;
    }
    shown(&weft, &session(SECOND), events(3)).await;
    let trace = hex(&Ids::new(page.0).trace(2));
    let by = [hex(&SECOND)[..8].to_owned(), "ANNA".into(), "typeerror".into(), trace];
    for wanted in by {
        let (_, text) = weft.admin(&format!("/api/explorer/sessions?q={wanted}")).await;
        let found: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&found["found"], &found["sessions"][0]["id"]),
            (&1.into(), &hex(&SECOND).into()),
            "{wanted}"
        );
    }
    let (_, text) = weft.admin("/api/explorer/sessions?q=%2Fproduct%2Frug").await;
    assert!(text.contains(&hex(&FIRST)) && !text.contains(&hex(&SECOND).repeat(2)), "{text}");
    let (_, text) = weft.admin("/api/explorer/sessions?q=nobody").await;
    assert!(text.starts_with("{\"found\":0"), "{text}");
}

#[tokio::test]
async fn an_erased_session_is_not_shown_from_the_moment_that_is_answered() {
    let weft = Weft::start(&[], "").await;
    let page = Page(Seed([3; 16]));
    for batch in visit(&page, "anna") {
        weft.acknowledged(batch).await;
    }
    shown(&weft, &session(SECOND), events(3)).await;
    let erase = weft.http.post(format!("{}/api/erase", weft.admin)).header("weft-erase", hex(&SECOND));
    assert_eq!(erase.send().await.unwrap().status(), 200);
    assert_eq!(weft.admin(&session(SECOND)).await.0, 404);
    let (_, text) = weft.admin("/api/explorer/sessions").await;
    assert!(!text.contains(&format!("\"id\":\"{}\"", hex(&SECOND))), "{text}");
    let alone = |timeline: &Json| timeline["links"].as_array().unwrap().is_empty();
    shown(&weft, &session(FIRST), alone).await;
}

#[tokio::test]
async fn what_is_shown_is_scrubbed() {
    let weft = Weft::start(&[], "").await;
    let sessions = vec![Session { id: FIRST, previous_id: None, randomness: 1 }];
    let mut batch = Batch { sessions, ..Batch::default() };
    let said = [("exception.type", "Error"), ("exception.message", "no account anna@shop.example")];
    add(&mut batch, 0, "exception", 0, &said);
    let page = Page(Seed([8; 16]));
    weft.acknowledged(page.seal(&batch)).await;
    let timeline = shown(&weft, &session(FIRST), events(1)).await;
    assert_eq!(timeline["events"][0]["label"], "Error: no account :email");
    let path = format!("/api/explorer/sessions/shop/{}/events/{}", hex(&FIRST), end(&page, 0));
    for path in [&path, "/api/explorer/sessions", "/api/explorer/costs"] {
        let (status, text) = weft.admin(path).await;
        assert!(status == 200 && !text.contains("anna"), "{path}: {text}");
    }
}

#[tokio::test]
async fn what_has_not_ended_is_shown_until_it_has() {
    let weft = Weft::start(&[], "").await;
    let page = Page(Seed([4; 16]));
    let [load, _] = visit(&page, "anna");
    weft.acknowledged(load).await;
    let upload = |open: Option<OpenState>| {
        let sessions = vec![Session { id: FIRST, previous_id: None, randomness: 1 }];
        let mut batch = Batch { sessions, ..Batch::default() };
        add(&mut batch, 4, "upload", 1_000_000_000, &[]);
        (batch.events[0].open, batch.events[0].duration_ns) = (open, 5_000_000_000);
        page.seal(&batch)
    };
    weft.acknowledged(upload(Some(OpenState::Hidden))).await;
    let is_open = |timeline: &Json| !timeline["open"].as_array().unwrap().is_empty();
    let timeline = shown(&weft, &session(FIRST), is_open).await;
    let open = &timeline["open"][0];
    assert_eq!((&open["name"], &open["state"]), (&"upload".into(), &"hidden".into()));
    assert_eq!(open["seen_ms"].as_f64().unwrap() - open["start_ms"].as_f64().unwrap(), 5_000.0);
    weft.acknowledged(upload(None)).await;
    let timeline = shown(&weft, &session(FIRST), events(2)).await;
    assert!(!is_open(&timeline), "{timeline:#}");
}

#[tokio::test]
async fn after_a_restart_it_shows_what_the_spool_still_has() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([5; 16]));
    for batch in visit(&page, "anna") {
        weft.acknowledged(batch).await;
    }
    sink.spans(4).await;
    let (data, _) = weft.stop().await;
    let weft = Weft::start_in(data, &[&sink], "").await;
    shown(&weft, &session(SECOND), events(3)).await;
}

#[tokio::test]
async fn the_page_needs_no_token_and_lets_no_script_in_and_everything_it_asks_for_does() {
    let weft = Weft::start(&[], "admin_token = \"open-sesame-open-sesame\"").await;
    let page = weft.http.get(format!("{}/", weft.admin)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("trusted-types 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers()["x-frame-options"], "DENY");
    for path in ["sessions", "costs", "health", "paste", "updates"] {
        assert_eq!(weft.admin(&format!("/api/explorer/{path}")).await.0, 401, "{path}");
    }
}
