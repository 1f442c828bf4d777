//! Sampling by session: what is not kept is nowhere but in the headers, a page stays what it was when it began, and no link
//! leads to what is not there.

use std::time::Duration;

use support::{
    browser::{Kind, Tab},
    clock::{DAY, Device},
    received::Received,
    site::Asked,
};

use super::scene::{CLICK, LOAD, Scene, all_named, flush, named, one_named};

in_each_browser!(
    a_page_that_is_not_kept_sends_stores_and_fetches_nothing_and_counts_it,
    what_is_drawn_is_compared_with_the_rate_and_headers_say_so,
    a_page_is_weeks_later_what_it_was_whatever_the_rate_is_by_then,
    a_page_that_was_not_kept_is_not_kept_weeks_later_nor_is_the_session_it_begins,
    a_document_does_not_lead_to_the_one_it_stands_in_for_if_that_was_not_kept,
    a_page_does_not_lead_to_its_opener_nor_a_link_to_an_event_that_was_not_kept,
    a_rate_that_is_no_number_from_0_to_1_is_refused_with_a_sentence,
);

pub(crate) const HALF_AN_HOUR: Duration = Duration::from_secs(31 * 60);

const NOT_KEPT: &str = "sampleRate: 0,";

/// What is drawn for the sessions of a page.
pub(crate) async fn draw(tab: &Tab<'_>, byte: &str) {
    let code = format!(
        "void (() => {{
            const own = crypto.getRandomValues.bind(crypto);
            crypto.getRandomValues = (bytes) => bytes.length === 7 ? bytes.fill(0x{byte}) : own(bytes);
        }})()"
    );
    tab.evaluate::<()>(&code).await;
}

/// The headers of the page's one request to this path: flags, and tracestate.
fn headers(asked: &[Asked], path: &str) -> (String, String) {
    let one = asked.iter().find(|asked| asked.path == path).expect("it was asked");
    let header = |name| one.header(name).unwrap_or_default().to_owned();
    assert!(header("baggage").starts_with("session.id="));
    (header("traceparent")[53..].to_owned(), header("tracestate"))
}

async fn left_out(tab: &Tab<'_>) -> i64 {
    tab.evaluate("weft.stats().linksLeftOut").await
}

/// No link leads to an event of ours that never came.
fn assert_nothing_dangles(spans: &[Received]) {
    for span in spans {
        for link in span.links() {
            let is_there = spans.iter().any(|other| other.span_id() == link.span_id);
            assert!(is_there, "{} → {link:?}", span.name());
        }
    }
}

async fn a_page_that_is_not_kept_sends_stores_and_fetches_nothing_and_counts_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record_fully(&tab, NOT_KEPT).await;
    tab.evaluate::<()>("fetch('/echo/one').then((answer) => answer.text()).then(() => {})").await;
    tab.click("#press").await;
    let reference: (String, String) = tab
        .evaluate(
            "(() => {
                const { traceId, spanId } = weft.event('one');
                weft.longSpan('upload').end();
                for (let times = 2; times--;) weft.captureError(new Error('twice'));
                return [traceId, spanId];
            })()",
        )
        .await;
    assert_eq!(reference, (String::new(), String::new()), "there is nothing to point to");
    tab.hide().await;
    tab.show().await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    // Load, request, press, moment, long span, error, and that it came again.
    assert!(stats.recorded >= 7, "{stats:?}");
    assert_eq!(stats.dropped.get("sampled"), Some(&stats.recorded), "{stats:?}");
    assert_eq!((stats.requests, stats.errors), (0, 0), "{stats:?}");
    let (flags, state) = headers(&scene.site.take_asked(), "/echo/one");
    assert_eq!((flags.as_str(), &state[..6], state.len()), ("02", "ot=rv:", 20), "{state}");
    let kept: Vec<String> =
        tab.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))").await;
    assert!(kept.is_empty(), "{kept:?}");
    let fetched: Vec<String> =
        tab.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)").await;
    let more = |name: &&String| name.contains("weft.wasm") || name.contains("vitals");
    assert!(fetched.iter().find(more).is_none(), "{fetched:?}");
    tab.close().await;
    let arrivals = scene.gate.arrivals().len();
    assert_eq!((arrivals, scene.end().await.len()), (0, 0));
}

async fn what_is_drawn_is_compared_with_the_rate_and_headers_say_so(kind: Kind) {
    let scene = Scene::start(kind).await;
    // 0x19 of 0x100 is just below a tenth.
    let drawn = ["19"; 7].concat();
    let cases = [
        ("", "03", format!("ot=th:0;rv:{drawn}")),
        ("sampleRate: 0.95,", "03", format!("ot=th:0ccccd;rv:{drawn}")),
        ("sampleRate: 0.9,", "02", format!("ot=rv:{drawn}")),
        ("sampleRate: 1e-9,", "02", format!("ot=rv:{drawn}")),
    ];
    for (at, (rate, flags, state)) in cases.iter().enumerate() {
        let tab = scene.open(&format!("/page/{at}")).await;
        draw(&tab, "19").await;
        scene.record(&tab, &format!("{rate} storage: 'memory',")).await;
        tab.evaluate::<()>("fetch('/echo/one').then((answer) => answer.text()).then(() => {})").await;
        let stats = flush(&tab).await;
        assert_eq!(stats.lost() > 0, *flags == "02", "{rate}: {stats:?}");
        let said = headers(&scene.site.take_asked(), "/echo/one");
        assert_eq!(said, ((*flags).to_owned(), state.clone()), "{rate}");
    }
    let spans = scene.end().await;
    assert_eq!((named(&spans, LOAD), named(&spans, "GET")), (2, 2));
    let drawn = format!("ot=rv:{drawn}");
    assert!(spans.iter().all(|span| span.span.trace_state == drawn));
}

async fn a_page_is_weeks_later_what_it_was_whatever_the_rate_is_by_then(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.click("#press").await;
    flush(&tab).await;
    scene.pass(21 * DAY, Device::Asleep).await;
    // Another page begins a session, which is not kept.
    let other = scene.open("/page/other").await;
    scene.record(&other, NOT_KEPT).await;
    tab.show().await;
    tab.click("#press").await;
    flush(&tab).await;
    // And now the page itself: its session is what the page is, and so is a page that begins in it.
    scene.pass(HALF_AN_HOUR, Device::Awake).await;
    tab.click("#press").await;
    flush(&tab).await;
    let third = scene.open("/page/third").await;
    scene.record(&third, NOT_KEPT).await;
    assert_eq!(left_out(&tab).await, 0);

    let spans = scene.end().await;
    assert_nothing_dangles(&spans);
    let mut loads = all_named(&spans, LOAD);
    loads.sort_by(|one, other| one.start_ms().total_cmp(&other.start_ms()));
    let [load, third] = loads[..] else { panic!("{loads:#?}") };
    let mut presses = all_named(&spans, CLICK);
    presses.sort_by_key(|press| press.int("weft.seq"));
    let [before, second, last] = presses[..] else { panic!("{presses:#?}") };
    for press in [before, second, last, third] {
        assert_eq!(press.span.trace_state, load.span.trace_state, "one decision");
    }
    assert!(second.kinds_to(load).contains(&"page".to_owned()), "{:#?}", second.links());
    assert!(second.kinds_to(before).contains(&"session".to_owned()), "{:#?}", second.links());
    assert!(last.kinds_to(second).contains(&"session".to_owned()), "{:#?}", last.links());
    assert_ne!(second.text("session.id"), last.text("session.id"));
    assert_eq!(third.text("session.id"), last.text("session.id"));
}

async fn a_page_that_was_not_kept_is_not_kept_weeks_later_nor_is_the_session_it_begins(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record(&tab, NOT_KEPT).await;
    scene.pass(21 * DAY, Device::Asleep).await;
    tab.show().await;
    tab.click("#press").await;
    flush(&tab).await;
    // What begins in that session is not kept, whatever the rate.
    let other = scene.open("/page/other").await;
    scene.record(&other, "").await;
    other.click("#press").await;
    let stats = flush(&other).await;
    assert_eq!(stats.dropped.get("sampled"), Some(&stats.recorded), "{stats:?}");
    // The next session is begun by a page that is kept. The others stay what they are in it.
    scene.pass(HALF_AN_HOUR, Device::Awake).await;
    let third = scene.open_recording("/page/third").await;
    assert_eq!(left_out(&third).await, 1, "the session before had roots, and none was kept");
    other.show().await;
    other.click("#press").await;
    let stats = flush(&other).await;
    assert_eq!(stats.dropped.get("sampled"), Some(&stats.recorded), "{stats:?}");

    let spans = scene.end().await;
    assert_nothing_dangles(&spans);
    assert_eq!(spans.len(), 1, "the load of the third");
    assert!(spans[0].links().is_empty(), "{:#?}", spans[0].links());
    assert!(spans[0].text("session.previous_id").is_some());
}

async fn a_document_does_not_lead_to_the_one_it_stands_in_for_if_that_was_not_kept(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record(&tab, NOT_KEPT).await;
    tab.click("#press").await;
    flush(&tab).await;
    scene.pass(HALF_AN_HOUR, Device::Awake).await;
    reload(&tab).await;
    scene.record(&tab, "").await;
    assert_eq!(left_out(&tab).await, 2, "the document before it, and the session before");
    tab.click("#press").await;
    flush(&tab).await;
    // The rate falls to nothing: the session goes on, and so does its decision.
    reload(&tab).await;
    scene.record(&tab, NOT_KEPT).await;
    assert_eq!(left_out(&tab).await, 0);

    let spans = scene.end().await;
    assert_nothing_dangles(&spans);
    let mut loads = all_named(&spans, LOAD);
    loads.sort_by(|one, other| one.start_ms().total_cmp(&other.start_ms()));
    let [first, second] = loads[..] else { panic!("{loads:#?}") };
    assert!(first.links().is_empty(), "{:#?}", first.links());
    assert!(second.kinds_to(first).contains(&"restored".to_owned()), "{:#?}", second.links());
    assert!(second.kinds_to(one_named(&spans, CLICK)).contains(&"restored".to_owned()));
}

async fn reload(tab: &Tab<'_>) {
    tab.evaluate::<()>("void setTimeout(() => location.reload())").await;
    tab.wait_until("document.readyState === 'complete' && window.weft === undefined").await;
}

async fn a_page_does_not_lead_to_its_opener_nor_a_link_to_an_event_that_was_not_kept(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record(&tab, NOT_KEPT).await;
    let reference: String = tab.evaluate("JSON.stringify(weft.event('compared'))").await;
    tab.evaluate::<()>("void addEventListener('click', () => open('/page/opened'))").await;
    flush(&tab).await;
    scene.pass(HALF_AN_HOUR, Device::Awake).await;
    let other = scene.open_recording("/page/other").await;
    let before = left_out(&other).await;
    let link = format!("void weft.link(weft.event('here'), JSON.parse('{reference}'), 'compares')");
    other.evaluate::<()>(&link).await;
    assert_eq!(left_out(&other).await, before + 1);
    flush(&other).await;
    // It opens a page in the session that the other has begun.
    tab.show().await;
    let opened = tab.click_opening("#press").await;
    opened.wait_until("document.readyState === 'complete' && location.pathname === '/page/opened'").await;
    scene.record(&opened, "").await;
    assert_eq!(left_out(&opened).await, 1);

    let spans = scene.end().await;
    assert_nothing_dangles(&spans);
    assert_eq!((named(&spans, LOAD), named(&spans, "here"), named(&spans, "weft.link")), (2, 1, 0));
    let kinds: Vec<_> = spans.iter().flat_map(Received::links).flat_map(|link| link.kinds).collect();
    assert!(!kinds.contains(&"opener".to_owned()), "{kinds:?}");
}

async fn a_rate_that_is_no_number_from_0_to_1_is_refused_with_a_sentence(kind: Kind) {
    let scene = Scene::start(kind).await;
    for wrong in ["10", "-1", "'0.1'", "null", "NaN"] {
        let tab = scene.open("/page").await;
        let init = scene.init(&format!("sampleRate: {wrong}, debug: true,"));
        let code = format!(
            "(async () => {{
                let said = '';
                console.warn = (...all) => (said += all.join(' '));
                {}; {init};
                return [weft.event('one') === undefined, said];
            }})()",
            super::scene::IMPORT
        );
        let (records_nothing, said): (bool, String) = tab.evaluate(&code).await;
        assert!(
            records_nothing && said.contains("`sampleRate`") && said.contains("0 to 1"),
            "{wrong}: {said}"
        );
    }
    assert!(scene.end().await.is_empty());
}
