//! What happens in a page by itself, with everything captured.

use support::{
    browser::{Kind, Tab},
    received::Received,
    site::PAGE,
};

use super::scene::{LOAD, Scene, all_named, flush, names, one_named};

in_each_browser!(
    resources_that_end_before_the_load_event_are_its_children_and_later_ones_are_not,
    the_page_load_says_what_it_took_and_which_backend_trace_rendered_it,
    a_request_by_xhr_is_captured_and_joined_and_its_failure_is_the_pages,
    a_request_has_its_times_or_they_come_as_an_event_of_their_own,
    a_route_begins_a_view_and_a_fragment_does_not,
    a_socket_and_a_stream_are_long_spans_with_their_messages_counted,
    vitals_arrive_with_what_they_are_due_to,
    what_becomes_of_the_page_is_told,
);

/// A page that has loaded something by itself, and records from its first script on.
async fn open_early<'a>(scene: &'a Scene, head: &str, headers: &[(&str, &str)]) -> Tab<'a> {
    let init = scene.init("");
    let script = format!(
        "<script type=\"module\">import * as weft from '/weft/full.js'; window.weft = weft; {init};</script>"
    );
    let html = PAGE.replace("</head>", &format!("{script}{head}</head>"));
    scene.site.page("/page/early", &html, headers);
    let tab = scene.open("/page/early").await;
    tab.wait_until("window.weft !== undefined").await;
    flush(&tab).await;
    tab
}

async fn resources_that_end_before_the_load_event_are_its_children_and_later_ones_are_not(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = open_early(&scene, "<script src='/weft/stub.js'></script>", &[]).await;
    tab.evaluate::<()>(
        "new Promise((resolve) => {
            document.body.append(Object.assign(document.createElement('script'), { src: '/weft/captures.js', type: 'module', onload: resolve }));
        }).then(() => {})",
    )
    .await;
    let told = |spans: &[Received]| {
        spans.iter().any(|span| span.text("url.full").is_some_and(|url| url.ends_with("captures.js")))
    };
    scene.sink.wait_for("the later resource", told).await;
    let spans = scene.end().await;
    let load = one_named(&spans, LOAD);
    let resources = all_named(&spans, "browser.resource_timing");
    let of = |name: &str| {
        let found =
            resources.iter().find(|span| span.text("url.full").is_some_and(|url| url.ends_with(name)));
        *found.unwrap_or_else(|| panic!("{name} in {resources:#?}"))
    };
    assert_eq!(
        (of("stub.js").trace_id(), of("stub.js").parent_id()),
        (load.trace_id(), Some(load.span_id()))
    );
    assert!(of("stub.js").start_ms() >= load.start_ms());
    assert_ne!(of("captures.js").trace_id(), load.trace_id());
    assert!(
        !resources.iter().any(|span| span
            .text("url.full")
            .is_some_and(|url| url.contains("weft.wasm") || url.contains("telemetry"))),
        "never our own"
    );
}

async fn the_page_load_says_what_it_took_and_which_backend_trace_rendered_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    // Firefox hides Server-Timing from pages on insecure origins; the page itself can say it too.
    let meta = format!("<meta name='traceparent' content='00-{trace}-{span}-01'>");
    let _tab = open_early(
        &scene,
        &meta,
        &[("server-timing", &format!("traceparent;desc=\"00-{trace}-{span}-01\""))],
    )
    .await;
    let spans = scene.end().await;
    let load = one_named(&spans, LOAD);
    let server = load.links().into_iter().find(|link| link.trace_id == trace).expect("it is linked");
    assert_eq!((server.span_id.as_str(), server.kinds), (span, vec!["server".to_owned()]));
    assert_eq!(load.text("browser.navigation_timing.type"), Some("navigate"));
    assert!(
        load.number("browser.navigation_timing.response_end").is_some_and(|end| end <= load.duration_ms())
    );
}

async fn a_request_by_xhr_is_captured_and_joined_and_its_failure_is_the_pages(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    let xhr = |url: &str| {
        format!(
            "new Promise((resolve) => {{
                const request = new XMLHttpRequest();
                request.onloadend = (event) => resolve(request.status + ' ' + request.responseText.length);
                request.open('POST', '{url}');
                request.setRequestHeader('x-own', '1');
                request.send('body');
            }})"
        )
    };
    assert_eq!(tab.evaluate::<String>(&xhr("/echo/xhr")).await, "200 9");
    assert_eq!(tab.evaluate::<String>(&xhr("/missing/xhr")).await, "404 0");
    assert_eq!(tab.evaluate::<String>(&xhr("http://127.0.0.1:1/refused")).await, "0 0");
    let stats = flush(&tab).await;
    assert_eq!(stats.errors, 0);
    let asked = scene.site.take_asked();
    let spans = scene.end().await;
    let posts = all_named(&spans, "POST");
    let outcome = |part: &str| {
        let post = posts
            .iter()
            .find(|span| span.text("url.full").is_some_and(|url| url.contains(part)))
            .expect(part);
        (post.int("http.response.status_code"), post.text("error.type"), post.span_id())
    };
    assert_eq!((outcome("echo").0, outcome("echo").1), (Some(200), None));
    assert_eq!((outcome("missing").0, outcome("missing").1), (Some(404), Some("404")));
    assert_eq!((outcome("refused").0, outcome("refused").1), (None, Some("NetworkError")));
    let echo = asked.iter().find(|asked| asked.path == "/echo/xhr").expect("it was asked");
    assert!(echo.header("traceparent").is_some_and(|header| header.contains(&outcome("echo").2)));
    assert_eq!(echo.header("x-own"), Some("1"));
}

async fn a_request_has_its_times_or_they_come_as_an_event_of_their_own(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    // Its head is there, its body not: the browser tells the times when that has ended.
    tab.evaluate::<()>("fetch('/echo/at-once').then((answer) => answer.text()).then(() => {})").await;
    tab.wait_until(
        "performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('at-once'))",
    )
    .await;
    flush(&tab).await;
    tab.evaluate::<()>("fetch('/echo/late').then((answer) => (window.answer = answer, undefined))").await;
    flush(&tab).await;
    tab.evaluate::<()>("answer.text().then(() => {})").await;
    tab.wait_until("performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('late'))")
        .await;
    flush(&tab).await;
    let spans = scene.end().await;
    let requests = all_named(&spans, "GET");
    let of = |part: &str| {
        *requests.iter().find(|span| span.text("url.full").is_some_and(|url| url.contains(part))).expect(part)
    };
    assert!(of("at-once").number("browser.resource_timing.response_end").is_some(), "{:#?}", of("at-once"));
    let late = of("late").number("browser.resource_timing.response_end").is_some();
    let told = all_named(&spans, "browser.resource_timing")
        .into_iter()
        .any(|span| span.kinds_to(of("late")).contains(&"cause".to_owned()));
    assert!(late || told, "{:#?}", names(&spans));
}

async fn a_route_begins_a_view_and_a_fragment_does_not(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "(async () => {
            weft.event('first');
            history.pushState(null, '', '/page/cart');
            weft.event('second');
            location.hash = 'reviews';
            await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
            weft.event('third');
            history.replaceState(null, '', '/page/pay');
            weft.event('fourth');
            history.back();
            await new Promise((resolve) => addEventListener('popstate', resolve, { once: true }));
        })()",
    )
    .await;
    flush(&tab).await;
    let spans = scene.end().await;
    let view = |name: &str| one_named(&spans, name).text("weft.view.id").map(str::to_owned);
    assert_ne!(view("first"), view("second"));
    assert_eq!(view("second"), view("third"), "a fragment is a place in the page");
    assert_ne!(view("third"), view("fourth"));
    let routes = all_named(&spans, "browser.navigation");
    let mut types: Vec<&str> =
        routes.iter().filter_map(|span| span.text("browser.navigation.type")).collect();
    types.sort_unstable();
    assert_eq!(types, ["push", "replace", "traverse"], "{routes:#?}");
}

async fn a_socket_and_a_stream_are_long_spans_with_their_messages_counted(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "void (window.heard = [],
            window.socket = new WebSocket('/socket'),
            socket.onopen = () => socket.send('one'),
            socket.onmessage = (event) => (heard.push(event.data), socket.send('close')),
            socket.onclose = (event) => heard.push(event.code),
            window.events = new EventSource('/events'),
            events.onmessage = (event) => (heard.push(event.data), events.close()))",
    )
    .await;
    tab.wait_until("heard.length === 3").await;
    assert!(
        tab.evaluate::<bool>(
            "socket instanceof WebSocket && events instanceof EventSource && WebSocket.OPEN === 1"
        )
        .await
    );
    flush(&tab).await;
    let spans = scene.end().await;
    let socket = one_named(&spans, "browser.websocket");
    assert_eq!(
        (socket.int("browser.websocket.close_code"), socket.int("browser.stream.messages")),
        (Some(4000), Some(1))
    );
    let events = one_named(&spans, "browser.eventsource");
    assert_eq!((events.int("browser.stream.messages"), events.text("weft.state")), (Some(1), None));
}

async fn vitals_arrive_with_what_they_are_due_to(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = open_early(&scene, "", &[]).await;
    scene.sink.wait_for("the first vital", |spans| !all_named(spans, "browser.web_vital").is_empty()).await;
    tab.click("#press").await;
    tab.hide().await;
    scene.sink.wait_for("vitals", |spans| all_named(spans, "browser.web_vital").len() >= 3).await;
    let spans = scene.end().await;
    let vitals = all_named(&spans, "browser.web_vital");
    let value = |name: &str| {
        vitals
            .iter()
            .find(|span| span.text("browser.web_vital.name") == Some(name))
            .and_then(|span| span.number("browser.web_vital.value"))
    };
    for name in ["TTFB", "FCP"] {
        assert!(value(name).is_some_and(|value| (0.0..20_000.0).contains(&value)), "{name}: {vitals:#?}");
    }
    assert!(value("LCP").is_some() || value("CLS").is_some(), "{vitals:#?}");
}

async fn what_becomes_of_the_page_is_told(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.hide().await;
    tab.show().await;
    tab.go_offline().await;
    tab.wait_until("!navigator.onLine").await;
    tab.go_online().await;
    tab.wait_until("navigator.onLine").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let states: Vec<&str> = all_named(&spans, "browser.visibility")
        .iter()
        .filter_map(|span| span.text("browser.visibility.state"))
        .collect();
    assert!(states.contains(&"hidden") && states.contains(&"visible"), "{states:?}");
    assert_eq!(all_named(&spans, "browser.network").len(), 2);
}
