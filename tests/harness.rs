//! The harness itself: if it lied about time or took anything, the other tests would say nothing.

mod neighbours;
mod restarts;
mod tabs;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hyper::Method;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use support::{
    browser::{Browser, Kind},
    clock::{DAY, Device},
    http::send,
    received::traces,
    shop::{PageKey, Settings, Shop, Time},
    sink::Sink,
};

in_each_browser!(
    awake_moves_every_clock_of_a_page_but_not_what_was_before,
    asleep_moves_only_the_wall_clock_and_a_later_document_starts_there,
    a_press_reaches_the_stock_backend_whose_span_reaches_the_sink_in_its_moved_time,
);

in_each_engine!(a_tab_is_really_hidden_and_closed_with_pagehide);

async fn shop_exporting_to(sink: &Sink) -> Shop {
    let settings = Settings {
        port: 0,
        // The page has nowhere to send to: what arrives at the sink is the backend's own.
        page: PageKey::default(),
        otlp_endpoint: sink.endpoint(),
        otlp_key: "sk_test".to_owned(),
    };
    Shop::start(&settings, Time::Movable).await
}

/// Differences between each clock of the page and the real clock of the machine, in days.
#[derive(Debug, serde::Deserialize)]
struct Clocks {
    date_now: f64,
    date_constructed: f64,
    date_called: f64,
    performance_now: f64,
    event: f64,
    entry: f64,
    entry_as_json: f64,
    earlier_entry: f64,
    origin: f64,
}

/// Marks and an event made now, read by every clock there is. The page kept the real clocks in `real`.
const READ_CLOCKS: &str = "(() => {
    const day = 86400000;
    const at = { date: real.dateNow(), now: real.now() };
    const mark = performance.mark('now');
    return {
        date_now: (Date.now() - at.date) / day,
        date_constructed: (new Date().getTime() - at.date) / day,
        date_called: (Date.parse(Date()) - at.date) / day,
        performance_now: (performance.now() - at.now) / day,
        event: (new Event('x').timeStamp - at.now) / day,
        entry: (mark.startTime - at.now) / day,
        entry_as_json: (mark.toJSON().startTime - at.now) / day,
        earlier_entry: (performance.getEntriesByName('before')[0].startTime - real.before) / day,
        origin: (performance.timeOrigin - real.origin) / day,
    };
})()";

/// A document that never moves: its clocks are the machine's.
const KEEP_REAL_CLOCKS: &str = "(() => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const { Date, performance } = frame.contentWindow;
    const behind = performance.now.bind(performance);
    const offset = window.performance.now() - behind();
    window.real = {
        dateNow: Date.now.bind(Date),
        now: () => behind() + offset,
        before: window.performance.mark('before').startTime,
        origin: window.performance.timeOrigin,
    };
})()";

fn assert_days(clock: &str, found: f64, expected: f64) {
    // Date() has whole seconds.
    let tolerance = 1.5 / 86_400.0;
    assert!((found - expected).abs() < tolerance, "{clock}: {found} days on, not {expected}");
}

async fn awake_moves_every_clock_of_a_page_but_not_what_was_before(kind: Kind) {
    let sink = Sink::start().await;
    let shop = shop_exporting_to(&sink).await;
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/icon.svg", shop.url())).await;
    tab.goto(&format!("{}/product/rug", shop.url())).await;
    tab.evaluate::<()>(KEEP_REAL_CLOCKS).await;

    for moved in [21.0, 42.0] {
        browser.shift(21 * DAY, Device::Awake).await;
        let clocks: Clocks = tab.evaluate(READ_CLOCKS).await;
        assert_days("Date.now", clocks.date_now, moved);
        assert_days("new Date", clocks.date_constructed, moved);
        assert_days("Date()", clocks.date_called, moved);
        assert_days("performance.now", clocks.performance_now, moved);
        assert_days("Event.timeStamp", clocks.event, moved);
        assert_days("PerformanceEntry.startTime", clocks.entry, moved);
        assert_days("PerformanceEntry.toJSON", clocks.entry_as_json, moved);
        assert_days("an entry from before", clocks.earlier_entry, 0.0);
        assert_days("timeOrigin", clocks.origin, 0.0);
    }
    browser.quit().await;
    sink.assert_nothing_odd();
}

async fn asleep_moves_only_the_wall_clock_and_a_later_document_starts_there(kind: Kind) {
    let sink = Sink::start().await;
    let shop = shop_exporting_to(&sink).await;
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/product/rug", shop.url())).await;
    tab.evaluate::<()>(KEEP_REAL_CLOCKS).await;
    browser.shift(21 * DAY, Device::Asleep).await;
    let clocks: Clocks = tab.evaluate(READ_CLOCKS).await;
    assert_days("Date.now", clocks.date_now, 21.0);
    assert_days("new Date", clocks.date_constructed, 21.0);
    assert_days("performance.now", clocks.performance_now, 0.0);
    assert_days("Event.timeStamp", clocks.event, 0.0);
    assert_days("PerformanceEntry.startTime", clocks.entry, 0.0);

    let before: f64 = tab.evaluate("performance.timeOrigin").await;
    tab.goto(&format!("{}/product/tote", shop.url())).await;
    let origin: f64 = tab.evaluate("performance.timeOrigin").await;
    assert_days("timeOrigin of a new document", (origin - before) / 86_400_000.0, 21.0);
    let agreement: f64 = tab.evaluate("performance.timeOrigin + performance.now() - Date.now()").await;
    assert!(agreement.abs() < 50.0, "the clocks of a new document agree, to {agreement} ms");
    let is_date: bool = tab.evaluate("new Date() instanceof Date && new Date().constructor === Date").await;
    assert!(is_date);
    browser.quit().await;
    sink.assert_nothing_odd();
}

async fn a_press_reaches_the_stock_backend_whose_span_reaches_the_sink_in_its_moved_time(kind: Kind) {
    let sink = Sink::start().await;
    let shop = shop_exporting_to(&sink).await;
    let clock = support::clock::TestClock::default();
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(shop.url()).await;
    clock.advance(21 * DAY);
    shop.shift(21 * DAY, Device::Awake).await;

    let pressed_at = clock.now_ms();
    tab.click("#add-scarf").await;
    let spans = sink.wait_for("the backend's span", |spans| !spans.is_empty()).await;
    tab.wait_until("document.getElementById('cart').textContent !== 'Cart: 0'").await;

    assert_eq!(traces(&spans).len(), 1);
    let span = &spans[0];
    assert_eq!((span.name(), span.service()), ("POST", "shop-api"));
    assert!((span.start_ms() - pressed_at).abs() < 5_000.0, "{} is not {pressed_at}", span.start_ms());
    assert!(span.duration_ms() < 5_000.0, "{} ms", span.duration_ms());
    browser.quit().await;
    sink.assert_nothing_odd();
}

async fn a_tab_is_really_hidden_and_closed_with_pagehide(kind: Kind) {
    let sink = Sink::start().await;
    let shop = shop_exporting_to(&sink).await;
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(shop.url()).await;
    tab.evaluate::<()>(
        "void (window.seen = [], document.addEventListener('visibilitychange', () => seen.push(document.visibilityState)),
         window.addEventListener('pagehide', () => fetch('/api/reviews', { keepalive: true })))",
    )
    .await;
    tab.hide().await;
    tab.show().await;
    assert_eq!(tab.evaluate::<Vec<String>>("seen").await, ["hidden", "visible"]);
    tab.close().await;
    sink.wait_for("the span of what pagehide requested", |spans| {
        spans.iter().any(|span| span.name() == "GET")
    })
    .await;
    browser.quit().await;
    sink.assert_nothing_odd();
}

/// A message's field 1 or 2 with this content, which is short.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(content.len()).expect("it is short")], content].concat()
}

#[tokio::test]
async fn a_copy_that_means_the_same_and_is_written_otherwise_is_odd() {
    let sink = Sink::start().await;
    let named = Span { name: "press".to_owned(), kind: 1, ..Span::default() };
    let placed = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        ..Span::default()
    };
    let [one, same, other] = [(&named, &placed), (&named, &placed), (&placed, &named)]
        .map(|(first, second)| [first.encode_to_vec(), second.encode_to_vec()].concat());
    assert_eq!(Span::decode(&*one), Span::decode(&*other));
    let url = format!("{}/v1/traces", sink.endpoint());
    let is_fine = || catch_unwind(AssertUnwindSafe(|| sink.assert_nothing_odd())).is_ok();
    for (span, fine) in [(one, true), (same, true), (other, false)] {
        let request = field(1, &field(2, &field(2, &span)));
        let headers = [("content-type", "application/x-protobuf")];
        assert_eq!(send(Method::POST, &url, &headers, request).await.status, 200);
        assert_eq!(is_fine(), fine);
    }
    assert_eq!((sink.spans().len(), sink.duplicates()), (1, 1));
}
