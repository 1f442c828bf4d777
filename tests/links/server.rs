//! Requests of browsers and what served them, where these share no trace but a request id; and documents with the trace
//! that rendered them.

use support::{
    collector::SERVER_KEY,
    story::{Served, Tab, at, browser_request, post_spans},
};

use super::scene::{A_MOMENT, FOREVER, Scene, browser_key, linker, server_key};

const ID: &str = "5f2b6c1e-0d3a";
const REQUEST: &str = "http.request.header.x-request-id";
const ANSWER: &str = "http.response.header.x-request-id";

/// A request of a page that says this id.
fn request(tab: &mut Tab, ms: u64, id: &str) -> support::story::Id {
    tab.record(at(ms).requesting().with(ANSWER, id))
}

#[tokio::test]
async fn what_served_a_request_leads_to_it_by_the_request_id_whichever_clock_is_ahead() {
    for served_ms in [50, 30_050] {
        let scene = Scene::set(&linker(FOREVER, "")).await;
        let mut tab = scene.story.tab();
        let asked = request(&mut tab, 30_000, ID);
        let other = request(&mut tab, 30_001, "another-request");
        // By semantic conventions a header is a list.
        let served = scene.story.served(served_ms).with_list(REQUEST, [ID]);
        let query = scene.story.served(served_ms + 1).with_list(REQUEST, [ID]).inside(&served);
        let forwarded = scene.story.served(served_ms + 2).with(REQUEST, ID).calling().inside(&served);
        scene.send_spans([&query, &forwarded, &served]).await;
        scene.send(&mut tab).await;
        let arrived = scene.end().await;
        assert_eq!(arrived.links(&served.id()), [asked.by("server")]);
        assert_eq!(arrived.inferred(&query.id()), [], "it is in that trace");
        assert_eq!(arrived.inferred(&forwarded.id()), []);
        assert_eq!(arrived.inferred(&asked), [], "a pair counts once");
        assert_eq!(arrived.inferred(&other), []);
    }
}

#[tokio::test]
async fn a_request_that_comes_late_leads_to_what_served_it() {
    let scene = Scene::set(&linker(A_MOMENT, "")).await;
    let mut tab = scene.story.tab();
    let asked = request(&mut tab, 10, ID);
    let served = scene.story.served(20).with(REQUEST, ID);
    let (api, query) = (scene.story.served(21).with(ANSWER, ID), scene.story.served(22).with(ANSWER, ID));
    let query = query.inside(&api);
    scene.send_spans([&served, &api, &query]).await;
    scene.arrival_of([&served.id(), &api.id(), &query.id()]).await;
    scene.send(&mut tab).await;
    scene.arrival_of([&asked]).await;
    let arrived = scene.end().await;
    let mut expected = [served.id(), api.id()].map(|id| id.by("server").late());
    expected.sort_by(|one, other| one.span_id.cmp(&other.span_id));
    assert_eq!(arrived.inferred(&asked), expected);
}

#[tokio::test]
async fn requests_of_opentelemetry_js_are_linked_as_ours_are_and_those_of_servers_are_not() {
    let scene = Scene::set(&linker(FOREVER, "")).await;
    let asked = scene.story.served(10).calling().with_list(ANSWER, [ID]);
    let served = scene.story.served(20).with("http.request.header.x_request_id", ID);
    let (job, worker) =
        (scene.story.served(30).calling().with(REQUEST, "job-4711-x"), scene.story.served(40));
    let worker = worker.with(REQUEST, "job-4711-x");
    post_spans(scene.to(), SERVER_KEY, browser_request([&asked])).await;
    scene.send_spans([&served, &job, &worker]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.inferred(&served.id()), [asked.id().by("server")]);
    for alone in [&asked, &job, &worker] {
        assert_eq!(arrived.inferred(&alone.id()), []);
    }
}

#[tokio::test]
async fn an_id_of_several_requests_or_of_none_or_of_another_application_links_nothing() {
    let settings = browser_key("kiosk", "other") + &server_key("sk_other", "other") + &linker(FOREVER, "");
    let scene = Scene::set(&settings).await;
    let (mut tab, mut kiosk) = (scene.story.tab(), scene.story.tab());
    let (_, _) = (request(&mut tab, 10, "always-the-same"), request(&mut tab, 20, "always-the-same"));
    // Too short to be one request's, and joined already.
    request(&mut tab, 30, "1");
    request(&mut kiosk, 40, ID);
    scene.send(&mut tab).await;
    scene.send_as("kiosk", &mut kiosk).await;
    let served = |ms, id| scene.story.served(ms).with(REQUEST, id);
    let all = [served(15, "always-the-same"), served(35, "1"), served(45, ID), served(50, "nobody asked")];
    scene.send_spans(all.each_ref()).await;
    let arrived = scene.end().await;
    for span in &all {
        assert_eq!(arrived.links(&span.id()), []);
    }
}

#[tokio::test]
async fn what_shares_the_trace_of_the_request_is_together_already() {
    let scene = Scene::set(&linker(FOREVER, "")).await;
    let asked = scene.story.served(10).calling().with(REQUEST, ID);
    let served = scene.story.served(20).with(REQUEST, ID).inside(&asked);
    let elsewhere = scene.story.served(30).with(REQUEST, ID);
    post_spans(scene.to(), SERVER_KEY, browser_request([&asked])).await;
    scene.send_spans([&served, &elsewhere]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.links(&served.id()), []);
    assert_eq!(
        arrived.links(&elsewhere.id()),
        [asked.id().by("server")],
        "another trace of the same request"
    );
}

#[tokio::test]
async fn without_this_rule_or_by_other_headers_nothing_waits() {
    for (settings, is_linked) in [
        ("server = false\n", false),
        ("request_ids = [\"X-Trace-Me\"]\n", false),
        ("request_ids = [\"x-trace-me\", \"x-request-id\"]\n", true),
    ] {
        let scene = Scene::set(&linker(FOREVER, settings)).await;
        let mut tab = scene.story.tab();
        let asked = request(&mut tab, 10, ID);
        let served = scene.story.served(20).with(REQUEST, ID);
        scene.send(&mut tab).await;
        scene.send_spans([&served]).await;
        if is_linked {
            scene.until_only_waiting(2).await;
        } else {
            scene.arrival_of([&asked, &served.id()]).await;
        }
        let arrived = scene.end().await;
        assert_eq!(!arrived.links(&served.id()).is_empty(), is_linked);
    }
}

#[tokio::test]
async fn a_rendering_trace_that_several_pages_claim_was_cached_and_leads_nowhere() {
    let scene = Scene::set(&linker(FOREVER, "")).await;
    let (cached, fresh) = (scene.story.served(5), scene.story.served(6));
    let load = |ms, span: &Served| {
        let mut tab = scene.story.tab();
        (tab.record(at(ms).rendered_in(span)), tab)
    };
    let mut loads = [load(10, &cached), load(20, &cached), load(30, &fresh)];
    for (_, tab) in &mut loads {
        scene.send(tab).await;
    }
    scene.send_spans([&cached, &fresh]).await;
    scene.until_only_waiting(3).await;
    let [(one, _), (two, _), (three, _)] = loads;
    scene.drain_waiting().await;
    scene.until_metric("linker_links_withdrawn", 2).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.links(&one), []);
    assert_eq!(arrived.links(&two), []);
    assert_eq!(arrived.links(&three), [fresh.id().known(&["server"])]);
}

#[tokio::test]
async fn a_page_that_claims_a_rendering_trace_after_another_has_left_gets_no_link() {
    let scene = Scene::set(&linker(A_MOMENT, "")).await;
    let cached = scene.story.served(5);
    let (mut one, mut two) = (scene.story.tab(), scene.story.tab());
    let (first, second) = (one.record(at(10).rendered_in(&cached)), two.record(at(20).rendered_in(&cached)));
    scene.send(&mut one).await;
    scene.arrival_of([&first]).await;
    scene.send(&mut two).await;
    scene.arrival_of([&second]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.links(&first), [cached.id().known(&["server"])]);
    assert_eq!(arrived.links(&second), []);
}
