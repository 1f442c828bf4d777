//! A person takes consent back: what is not delivered yet of that session never is, and all of it is accounted for.

use tempfile::TempDir;
use weft_collector::clock::Clock;
use weft_proto::{Batch, Event, Ids, OpenState, Seed, Session};

use crate::{
    process::{Process, settings},
    support::{Answer, ORIGIN, Page, Sink, Weft},
};

const MINE: [u8; 16] = [0xab; 16];
const THEIRS: [u8; 16] = [0xcd; 16];

/// Events with these numbers, in turn of two sessions, the first of them mine.
fn batch(page: &Page, numbers: std::ops::Range<u64>) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern("press");
    batch.sessions = [MINE, THEIRS].map(|id| Session { id, previous_id: None, randomness: 1 }).into();
    let event = |number: u64| Event {
        number,
        name,
        session: Some((number % 2) as u32),
        start_ns: 1_700_000_000_000_000_000 + number,
        ..Event::default()
    };
    batch.events = numbers.map(event).collect();
    page.seal(&batch)
}

async fn ask(weft: &Weft, session: &str) -> reqwest::Response {
    let url = format!("{}/api/telemetry?key=pk_demo_shop&erase={session}", weft.ingest);
    weft.http.post(url).header("origin", ORIGIN).body("").send().await.unwrap()
}

async fn erase(weft: &Weft, session: [u8; 16]) {
    let answer = ask(weft, &hex(session)).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    assert!(answer.text().await.unwrap().is_empty());
}

fn hex(session: [u8; 16]) -> String {
    session.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Span ids in the order of event numbers, of those sessions that are not mine.
fn theirs(page: &Page, numbers: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let ids = Ids::new(page.0);
    numbers.filter(|number| number % 2 == 1).map(|number| ids.span(number).to_vec()).collect()
}

async fn came(sink: &Sink, count: usize) -> Vec<Vec<u8>> {
    sink.spans(count).await.into_iter().map(|span| span.span_id).collect()
}

const AT_A: &str = "/keys/shop-web/destinations/a";

#[tokio::test]
async fn what_waits_for_a_destination_that_is_down_is_left_out_and_counted() {
    let sink = Sink::start(&[Answer::Status(503, Some("1"))]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([1; 16]));
    weft.acknowledged(batch(&page, 0..10)).await;
    sink.requests(1).await;
    weft.acknowledged(batch(&page, 10..20)).await;
    erase(&weft, MINE).await;
    erase(&weft, MINE).await;
    assert_eq!(
        came(&sink, 10).await,
        theirs(&page, 0..20),
        "neither of what was being tried, nor of the rest"
    );
    weft.acknowledged(batch(&page, 20..30)).await;
    assert_eq!(came(&sink, 15).await, theirs(&page, 0..30), "nor of what comes later");
    weft.stop().await;
    assert_eq!(sink.came(), 15);
}

#[tokio::test]
async fn the_ledger_balances_and_the_session_is_not_shown_any_more() {
    let sink = Sink::start(&[Answer::Status(503, Some("1"))]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([2; 16]));
    weft.acknowledged(batch(&page, 0..10)).await;
    sink.requests(1).await;
    let (_, before) = weft.admin("/api/sessions").await;
    erase(&weft, MINE).await;
    let (_, after) = weft.admin("/api/sessions").await;
    assert!(before.contains(&hex(MINE)) && !after.contains(&hex(MINE)) && after.contains(&hex(THEIRS)));
    sink.spans(5).await;
    weft.acknowledged(batch(&page, 10..12)).await;
    sink.spans(6).await;
    while weft.count(&format!("{AT_A}/pending")).await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(weft.count("/keys/shop-web/accepted").await, 12);
    assert_eq!(weft.count(&format!("{AT_A}/delivered")).await, 6);
    assert_eq!(weft.count(&format!("{AT_A}/dropped/erased")).await, 6);
    let (_, metrics) = weft.admin("/metrics").await;
    for line in ["sessions_erased_total 1", "erasures_remembered 1", "erasures_forgotten_total 0"] {
        let (name, value) = line.split_once(' ').unwrap();
        let is_it =
            |line: &str| line.starts_with(&format!("weft_{name}")) && line.ends_with(&format!(" {value}"));
        assert!(metrics.lines().any(is_it), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn what_was_erased_stays_so_after_a_restart_for_what_was_there_and_for_what_comes() {
    let (data, page) = (TempDir::new().unwrap(), Page(Seed([3; 16])));
    let down = Sink::start(&[]).await;
    let weft = Weft::start_in(data, &[&down], "").await;
    weft.acknowledged(batch(&page, 0..2)).await;
    assert_eq!(came(&down, 2).await, page.span_ids(0..2), "delivered before: beyond reach");
    erase(&weft, MINE).await;
    let (mut data, _) = weft.stop().await;
    for (start, numbers) in [(2, 2..4), (3, 4..6)] {
        let weft = Weft::start_in(data, &[&down], "").await;
        weft.acknowledged(batch(&page, numbers.clone())).await;
        assert_eq!(came(&down, start + 1).await[start..], theirs(&page, numbers));
        (data, _) = weft.stop().await;
    }
}

#[tokio::test]
async fn killed_right_after_the_answer_it_leaves_out_what_was_erased() {
    let (dead, page) = (Sink::start(&vec![Answer::Silence; 64]).await, Page(Seed([4; 16])));
    let process = Process::start(&dead);
    process.post(batch(&page, 0..10)).await;
    process.erase(&hex(MINE)).await;
    let data = process.kill();
    let sink = Sink::start(&[]).await;
    std::fs::write(data.path().join("weft.toml"), settings(data.path(), "", &[("main", &sink)])).unwrap();
    let _process = Process::start_in(data);
    assert_eq!(came(&sink, 5).await, theirs(&page, 0..10));
}

#[tokio::test]
async fn what_waits_for_its_links_or_is_given_up_is_left_out_as_well() {
    let sink = Sink::start(&[]).await;
    let rule = "[[link]]\nname = \"visit\"\nby = [\"session.id\"]\n[linker]\nwait_ms = 300";
    let (clock, owner) = Clock::owned();
    let weft = Weft::start_at(clock, TempDir::new().unwrap(), &[&sink], rule).await;
    let page = Page(Seed([5; 16]));
    weft.acknowledged(batch(&page, 0..10)).await;
    weft.acknowledged(upload(&page)).await;
    erase(&weft, MINE).await;
    assert_eq!(came(&sink, 5).await, theirs(&page, 0..10));
    owner.advance_ms(31 * 60_000);
    while weft.count(&format!("{AT_A}/dropped/erased")).await < 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!(weft.count(&format!("{AT_A}/made_here/closure")).await, 1);
    assert_eq!(weft.count(&format!("{AT_A}/pending")).await, 0);
    assert_eq!(sink.came(), 5);
}

/// What my session says is open.
fn upload(page: &Page) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern("upload");
    batch.sessions = vec![Session { id: MINE, previous_id: None, randomness: 1 }];
    let open = Some(OpenState::Visible);
    batch.events = vec![Event { number: 90, name, session: Some(0), open, ..Event::default() }];
    page.seal(&batch)
}

#[tokio::test]
async fn moments_that_leave_as_log_records_are_left_out_too() {
    let sink = Sink::start(&[]).await;
    let toml = format!("[export.b]\nendpoint = \"{}\"\nfrom = \"oldest\"\nevents_as = \"logs\"\n", sink.url);
    let weft = Weft::start(&[], &toml).await;
    erase(&weft, MINE).await;
    weft.acknowledged(batch(&Page(Seed([6; 16])), 0..10)).await;
    let logs = sink.others(1).await;
    assert!(!String::from_utf8_lossy(&logs[0].1).contains(&hex(MINE)));
    assert!(String::from_utf8_lossy(&logs[0].1).contains(&hex(THEIRS)));
}

#[tokio::test]
async fn who_does_not_know_the_session_erases_nothing_and_bad_requests_are_told_what_to_change() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([7; 16]));
    for bad in ["", "ab", &"xy".repeat(16), &"ab".repeat(17)] {
        let answer = ask(&weft, bad).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["weft-refused"].as_bytes()),
            (400, &b"final"[..])
        );
        assert!(answer.text().await.unwrap().contains("32 hex digits"));
    }
    let with_body = format!("{}/api/telemetry?key=pk_demo_shop&erase={}", weft.ingest, hex(MINE));
    let body = batch(&page, 0..2);
    let answer = weft.http.post(&with_body).header("origin", ORIGIN).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let elsewhere = weft.http.post(&with_body).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(elsewhere.status(), 403);
    let strange = with_body.replace("pk_demo_shop", "pk_other");
    assert_eq!(weft.http.post(strange).header("origin", ORIGIN).send().await.unwrap().status(), 401);
    erase(&weft, [9; 16]).await;
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/not_an_erasure").await, 5);
    weft.acknowledged(batch(&page, 0..10)).await;
    assert_eq!(came(&sink, 10).await, page.span_ids(0..10));
}

#[tokio::test]
async fn an_operator_erases_a_session_without_a_page() {
    let sink = Sink::start(&[Answer::Status(503, Some("1"))]).await;
    let data = TempDir::new().unwrap();
    let text = settings(data.path(), "admin_token = \"open-sesame-open-sesame\"", &[("main", &sink)]);
    std::fs::write(data.path().join("weft.toml"), text).unwrap();
    let process = Process::start_in(data);
    let page = Page(Seed([9; 16]));
    process.post(batch(&page, 0..10)).await;
    sink.requests(1).await;
    let erased = process.weft(&["erase", "--session", &hex(MINE)]).await;
    assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
    assert_eq!(String::from_utf8_lossy(&erased.stdout), "erased, for 2 keys\n");
    assert_eq!(came(&sink, 5).await, theirs(&page, 0..10));
    let none = process.weft(&["erase", "--session", "7"]).await;
    assert!(!none.status.success());
    assert!(String::from_utf8_lossy(&none.stderr).contains("32 hex digits"));
}
