//! Who gets our headers: the page's own origin and those it lists, nobody else, and nobody by way of a redirect.

use support::{
    browser::Kind,
    received::Received,
    site::{Asked, SHARED_ID},
};

use super::scene::{Scene, flush};

in_each_browser!(
    an_origin_that_is_listed_gets_our_headers_and_another_gets_none,
    a_listed_origin_that_redirects_elsewhere_is_asked_again_without_them_and_left_alone,
    a_browser_whose_person_wants_no_tracking_is_left_alone_where_the_page_honours_that,
    a_script_of_another_origin_that_fails_is_explained_in_debug,
    the_sdk_is_had_from_the_collector_itself,
);

fn joined(asked: &[Asked], path: &str) -> Vec<bool> {
    let of_path = asked.iter().filter(|asked| asked.path == path && asked.method != "OPTIONS");
    of_path.map(|asked| asked.header("traceparent").is_some() && asked.header("baggage").is_some()).collect()
}

async fn an_origin_that_is_listed_gets_our_headers_and_another_gets_none(kind: Kind) {
    let scene = Scene::start(kind).await;
    let other = scene.site.url_of_another_site();
    for (options, expected) in [(format!("propagate: {{ to: ['{other}'] }},"), true), (String::new(), false)]
    {
        let tab = scene.open("/page").await;
        scene.record_fully(&tab, &options).await;
        let ask = format!("fetch('{other}/shared/one').then((answer) => answer.text())");
        assert_eq!(tab.evaluate::<String>(&ask).await, "an answer");
        let xhr = format!(
            "new Promise((resolve) => {{
                const request = new XMLHttpRequest();
                request.onloadend = () => resolve(request.responseText);
                request.open('GET', '{other}/shared/xhr');
                request.send();
            }})"
        );
        assert_eq!(tab.evaluate::<String>(&xhr).await, "an answer");
        let asked = scene.site.take_asked();
        assert_eq!(
            (joined(&asked, "/shared/one"), joined(&asked, "/shared/xhr")),
            (vec![expected], vec![expected])
        );
        assert_eq!(
            asked.iter().any(|asked| asked.method == "OPTIONS"),
            expected,
            "no preflight without headers"
        );
        flush(&tab).await;
    }
    // What did not get our headers may be found by what its server calls it; the other needs no more bytes.
    let spans = scene.end().await;
    let ids = |path: &str| -> Vec<_> {
        let of_path = |span: &&Received| span.text("url.full").is_some_and(|url| url.ends_with(path));
        let requests = spans.iter().filter(|span| span.name() == "GET").filter(of_path);
        requests.map(|span| span.texts("http.response.header.x-request-id")).collect()
    };
    for path in ["/shared/one", "/shared/xhr"] {
        assert_eq!(ids(path), [vec![], vec![SHARED_ID.to_owned()]], "{path}");
    }
}

async fn a_listed_origin_that_redirects_elsewhere_is_asked_again_without_them_and_left_alone(kind: Kind) {
    let scene = Scene::start(kind).await;
    let other = scene.site.url_of_another_site();
    let tab = scene.open("/page").await;
    scene.record(&tab, &format!("propagate: {{ to: ['{other}'] }},")).await;
    let ask =
        format!("fetch('{other}/shared-out/there').then((answer) => answer.text(), (error) => error.name)");
    for _ in 0..2 {
        assert_eq!(tab.evaluate::<String>(&ask).await, "elsewhere");
    }
    assert_eq!(joined(&scene.site.take_asked(), "/shared-out/there"), [true, false, false]);
    assert_eq!(flush(&tab).await.repeated, 1);
    let heard = scene.elsewhere.take_heard();
    let leaked = heard.iter().filter(|request| request.to_lowercase().contains("\ntraceparent:")).count();
    assert_eq!(leaked, 0, "{heard:?}");
    scene.end().await;
}

async fn a_browser_whose_person_wants_no_tracking_is_left_alone_where_the_page_honours_that(kind: Kind) {
    let scene = Scene::start(kind).await;
    for (options, recorded) in [("honourPrivacySignals: true,", false), ("", true)] {
        let tab = scene.open("/page").await;
        // As Firefox says it when its person has switched it on; no browser here can be made to by a driver.
        tab.evaluate::<()>("void Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
            .await;
        let init = scene.init(options);
        let code = format!(
            "(async () => {{ {}; {init}; return weft.event('one') !== undefined; }})()",
            super::scene::IMPORT
        );
        assert_eq!(tab.evaluate::<bool>(&code).await, recorded);
    }
    scene.end().await;
}

async fn a_script_of_another_origin_that_fails_is_explained_in_debug(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record_fully(&tab, "debug: true,").await;
    // Firefox tells pages of the same machine more than it would tell others, so the event is made as browsers make it.
    tab.evaluate::<()>(
        "void dispatchEvent(new ErrorEvent('error', { message: 'Script error.', error: null }))",
    )
    .await;
    flush(&tab).await;
    let said = tab.log().await.console;
    assert!(said.iter().any(|line| line.contains("crossorigin=")), "{said:?}");
    scene.end().await;
}

async fn the_sdk_is_had_from_the_collector_itself(kind: Kind) {
    let scene = Scene::start(kind).await;
    let endpoint = scene.collector.addresses().page_endpoint();
    let origin = endpoint.split("/api").next().expect("an address").to_owned();
    let tab = scene.open("/page").await;
    let code = format!(
        "(async () => {{ window.weft = await import('{origin}/w/full.js'); {}; }})()",
        scene.init("")
    );
    tab.evaluate::<()>(&code).await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    let from: Vec<String> =
        tab.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)").await;
    assert!(from.iter().any(|name| name.starts_with(&origin) && name.ends_with("weft.wasm")), "{from:?}");
    tab.assert_no_errors().await;
    scene.end().await;
}
