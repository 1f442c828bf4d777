//! The stub in the head of a page: nothing is missed before the SDK is there, or if it never comes.

use std::time::Duration;

use support::{
    browser::{Kind, Tab},
    clock::Device,
    collector::BROWSER_KEY,
    gate::Role,
    site::{Asked, PAGE},
};

use super::scene::{CLICK, LOAD, Scene, all_named, flush, named, one_named};

in_each_browser!(
    the_first_request_of_a_page_has_its_headers_and_all_of_it_goes_on_in_the_sdk,
    a_page_that_is_closed_before_the_module_is_there_posts_what_it_has,
    a_page_that_is_closed_before_the_module_is_there_carries_the_token_that_its_app_has,
    a_page_whose_module_never_comes_loses_nothing,
    a_stub_keeps_what_the_sdk_keeps_and_says_so_in_headers,
);

/// A page with the stub in its head and a request in its first inline script; the SDK comes from there.
async fn open<'a>(scene: &'a Scene, sdk: &str) -> Tab<'a> {
    open_with(scene, sdk, "").await
}

/// The same, with more options, each with its comma.
async fn open_with<'a>(scene: &'a Scene, sdk: &str, options: &str) -> Tab<'a> {
    let stub = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../wasm-sdk/dist/stub.js"))
        .expect("`cargo xtask wasm` makes it");
    let endpoint = scene.gate.page_endpoint();
    let head = format!(
        "<script>{stub}; weft({{ {options} key: '{BROWSER_KEY}', endpoint: '{endpoint}', src: '{sdk}' }})</script>
         <script>fetch('/echo/first'); weft.event('early', {{ n: 1 }}); setTimeout(() => {{ throw new RangeError('early'); }});</script>"
    );
    scene.site.page("/page/stub", &PAGE.replace("</head>", &format!("{head}</head>")), &[]);
    scene.open("/page/stub").await
}

async fn the_first_request_of_a_page_has_its_headers_and_all_of_it_goes_on_in_the_sdk(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = open(&scene, "/weft/full.js").await;
    tab.wait_until("weft.stats !== undefined").await;
    flush(&tab).await;
    tab.click("#press").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    let asked = scene.site.take_asked();
    let spans = scene.end().await;
    let request = one_named(&spans, "GET");
    let first = asked.iter().find(|asked| asked.path == "/echo/first").expect("it was asked");
    let traceparent = first.header("traceparent").expect("the first request of the page is joined");
    assert!(traceparent.contains(&request.trace_id()) && traceparent.contains(&request.span_id()));
    assert_eq!(
        first.header("baggage"),
        request.text("session.id").map(|id| format!("session.id={id}")).as_deref()
    );
    let load = one_named(&spans, LOAD);
    for name in ["early", "exception", CLICK] {
        let span = all_named(&spans, name)[0];
        assert_eq!(span.text("weft.page.id"), load.text("weft.page.id"), "{name}");
        assert!(span.kinds_to(load).contains(&"page".to_owned()), "{name}");
    }
    assert_eq!((named(&spans, CLICK), named(&spans, "early")), (1, 1), "nothing twice");
}

async fn a_page_that_is_closed_before_the_module_is_there_posts_what_it_has(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = open(&scene, "/held/full.js").await;
    tab.click("#press").await;
    tab.close().await;
    scene.sink.wait_for("the press", |spans| named(spans, CLICK) == 1).await;
    let spans = scene.end().await;
    for name in ["early", "exception", "GET", LOAD, CLICK] {
        assert_eq!(named(&spans, name), 1, "{name}");
    }
    assert_eq!(one_named(&spans, LOAD).text("weft.state"), Some("interrupted"));
    assert!(one_named(&spans, CLICK).kinds_to(one_named(&spans, LOAD)).contains(&"page".to_owned()));
}

async fn a_page_that_is_closed_before_the_module_is_there_carries_the_token_that_its_app_has(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("one%20of%20minutes"));
    let tab = open_with(&scene, "/held/full.js", "token: () => 'one of minutes',").await;
    tab.close().await;
    scene.sink.wait_for("what it had", |spans| named(spans, "early") == 1).await;
    scene.end().await;
}

async fn a_page_whose_module_never_comes_loses_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record_fully(&tab, "wasmUrl: '/missing/weft.wasm',").await;
    for _ in 0..3 {
        tab.click("#press").await;
        flush(&tab).await;
    }
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    let spans = scene.end().await;
    assert_eq!((named(&spans, CLICK), named(&spans, LOAD)), (3, 1));
    let mut presses = all_named(&spans, CLICK);
    presses.sort_by_key(|press| press.int("weft.seq"));
    assert!(presses[2].kinds_to(one_named(&spans, LOAD)).contains(&"page".to_owned()));
    assert!(presses[2].kinds_to(presses[1]).contains(&"previous".to_owned()), "{:?}", presses[2].links());
}

async fn a_stub_keeps_what_the_sdk_keeps_and_says_so_in_headers(kind: Kind) {
    let scene = Scene::start(kind).await;
    let first = |asked: Vec<Asked>| {
        let first = asked.into_iter().find(|asked| asked.path == "/echo/first").expect("it was asked");
        let header = |name| first.header(name).unwrap_or_default().to_owned();
        (
            header("traceparent")[53..].to_owned(),
            header("tracestate").split("rv:").next().unwrap_or_default().to_owned(),
        )
    };
    // Not kept: with the SDK it counts what the stub saw, and without it posts nothing.
    let tab = open_with(&scene, "/weft/full.js", "sampleRate: 0,").await;
    tab.wait_until("weft.stats !== undefined").await;
    let stats = flush(&tab).await;
    assert!(stats.recorded >= 3, "{stats:?}");
    assert_eq!((stats.dropped.get("sampled"), stats.requests), (Some(&stats.recorded), 0), "{stats:?}");
    assert_eq!(first(scene.site.take_asked()), ("02".to_owned(), "ot=".to_owned()));
    let held = open_with(&scene, "/held/full.js", "sampleRate: 0,").await;
    held.click("#press").await;
    held.close().await;
    assert_eq!(first(scene.site.take_asked()), ("02".to_owned(), "ot=".to_owned()));
    assert!(scene.gate.arrivals().is_empty());
    // The session of these pages goes on where a page would keep all, and is not kept; the next one is.
    let other = open_with(&scene, "/weft/full.js", "").await;
    other.wait_until("weft.stats !== undefined").await;
    assert_eq!(first(scene.site.take_asked()), ("02".to_owned(), "ot=".to_owned()));
    // A page that is still open might begin it, and is not kept.
    tab.close().await;
    other.close().await;
    scene.pass(Duration::from_secs(31 * 60), Device::Awake).await;
    let tab = open_with(&scene, "/weft/full.js", "").await;
    tab.wait_until("weft.stats !== undefined").await;
    flush(&tab).await;
    assert_eq!(first(scene.site.take_asked()), ("03".to_owned(), "ot=th:0;".to_owned()));
    assert_eq!(tab.evaluate::<i64>("weft.stats().linksLeftOut").await, 1, "the session before was not kept");
    let spans = scene.end().await;
    assert_eq!((named(&spans, LOAD), named(&spans, "early")), (1, 1));
}
