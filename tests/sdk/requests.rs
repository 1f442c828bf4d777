//! Requests of the page: what a server receives is what the app said, but for our three headers on its own origin.

use support::{
    browser::{Kind, Tab},
    site::Asked,
};

use super::scene::{Scene, flush};

in_each_engine!(
    a_request_reaches_the_pages_own_origin_as_it_was_made_but_for_our_three_headers,
    a_request_to_another_origin_is_the_same_to_the_byte,
    a_request_that_the_app_joined_to_a_trace_stays_there_and_baggage_is_added_to,
    a_call_without_an_argument_fails_as_it_would_have,
    what_fails_is_reported_as_unhandled_only_if_the_page_does_not_handle_it,
);

const OURS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Makes every request there is in `requests.js`; what came back of each.
async fn make_requests(tab: &Tab<'_>, origin: &str) -> Vec<String> {
    tab.evaluate(&format!(
        "({})('{origin}')",
        include_str!("requests.js").split_once('\n').expect("a comment").1
    ))
    .await
}

/// The boundary that a browser drew of a form, without what it drew.
fn with_same_boundary(text: &str) -> String {
    // Chromium's and Firefox's; what follows is drawn, and in Firefox of no fixed length.
    ["WebKitFormBoundary", "geckoformboundary"].iter().fold(text.to_owned(), |text, mark| {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()));
        rest.fold(first, |whole, part| format!("{whole}boundary{part}"))
    })
}

/// What the other origin heard.
fn heard(scene: &Scene) -> Vec<String> {
    let requests = scene.elsewhere.take_heard();
    requests.iter().map(|request| with_same_boundary(&without_length_of_form(request))).collect()
}

/// A form is as long as its boundary happens to be.
fn without_length_of_form(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").expect("it has a head");
    let length = format!("\r\nContent-Length: {}", body.len());
    let head = if head.contains("multipart/") { head.replace(&length, "") } else { head.to_owned() };
    format!("{head}\r\n\r\n{body}")
}

/// As it would have been without us.
fn without_ours(mut asked: Asked) -> Asked {
    for name in OURS {
        asked.headers.remove(name);
    }
    if asked.header("content-type").is_some_and(|kind| kind.starts_with("multipart/")) {
        assert_eq!(asked.headers.remove("content-length"), Some(asked.body.len().to_string()));
    }
    for value in asked.headers.values_mut() {
        *value = with_same_boundary(value);
    }
    asked.body = with_same_boundary(&String::from_utf8_lossy(&asked.body)).into_bytes();
    asked
}

/// Asserts that weft made no difference, or shows the first one it made.
fn assert_same<T: PartialEq + std::fmt::Debug>(with: &[T], without: &[T]) {
    if let Some((with, without)) = with.iter().zip(without).find(|(with, without)| with != without) {
        panic!("with weft {with:#?}\nwithout {without:#?}");
    }
    assert_eq!(with.len(), without.len());
}

fn is_of_the_app(asked: &Asked) -> bool {
    asked.path.contains("trace")
}

async fn a_request_reaches_the_pages_own_origin_as_it_was_made_but_for_our_three_headers(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let told_without = make_requests(&tab, &scene.site.url()).await;
    let without = scene.site.take_asked();
    tab.goto(&format!("{}/page", scene.site.url())).await;
    scene.record(&tab, "").await;
    drop(scene.site.take_asked());
    let told_with = make_requests(&tab, &scene.site.url()).await;
    let with = scene.site.take_asked();

    assert_same(&told_with, &told_without);
    let carried = |asked: &&Asked| OURS.iter().all(|name| asked.headers.contains_key(*name));
    let opaque = with.iter().filter(|asked| asked.path.contains("opaque")).count();
    // These two are told apart, so they must be there.
    assert_eq!((opaque, with.iter().filter(|asked| is_of_the_app(asked)).count()), (1, 1));
    for asked in with.iter().filter(|asked| !asked.path.contains("opaque")) {
        assert!(carried(&asked), "{asked:?}");
    }
    let (with, without): (Vec<_>, Vec<_>) = (
        with.into_iter().filter(|asked| !is_of_the_app(asked)).map(without_ours).collect(),
        without.into_iter().filter(|asked| !is_of_the_app(asked)).map(without_ours).collect(),
    );
    assert_same(&with, &without);
    flush(&tab).await.assert_balances();
    scene.end().await;
}

async fn a_request_to_another_origin_is_the_same_to_the_byte(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let told_without = make_requests(&tab, &scene.elsewhere.url()).await;
    let without = heard(&scene);
    tab.goto(&format!("{}/page", scene.site.url())).await;
    scene.record(&tab, "").await;
    let told_with = make_requests(&tab, &scene.elsewhere.url()).await;
    let with = heard(&scene);

    assert_same(&told_with, &told_without);
    assert!(without.len() > 10, "requests came: {without:?}");
    assert_same(&with, &without);
    assert!(OURS.iter().all(|name| !with.join("\n").to_lowercase().contains(name)));
    flush(&tab).await.assert_balances();
    scene.end().await;
}

async fn a_request_that_the_app_joined_to_a_trace_stays_there_and_baggage_is_added_to(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    tab.evaluate::<()>(&format!(
        "(async () => {{
            await fetch('/echo/joined', {{ headers: {{ traceparent: '{traceparent}', baggage: 'app.tier=gold' }} }});
            await fetch('/echo/baggage', {{ headers: {{ baggage: 'app.tier=gold' }} }});
        }})()"
    ))
    .await;
    let asked = scene.site.take_asked();
    let at = |path: &str| asked.iter().find(|asked| asked.path == path).expect("it was asked");
    assert_eq!(at("/echo/joined").header("traceparent"), Some(traceparent));
    let baggage = |path| at(path).header("baggage").unwrap_or_default().to_owned();
    assert!(baggage("/echo/joined").starts_with("app.tier=gold"));

    flush(&tab).await.assert_balances();
    let spans = scene.end().await;
    let request =
        spans.iter().find(|span| span.text("url.full").is_some_and(|url| url.ends_with("/baggage")));
    let request = request.expect("the request was recorded");
    let session = request.text("session.id").expect("it has a session");
    assert_eq!(baggage("/echo/baggage"), format!("app.tier=gold, session.id={session}"));
    let joined = format!("00-{}-{}-03", request.trace_id(), request.span_id());
    assert_eq!(at("/echo/baggage").header("traceparent"), Some(joined.as_str()));
}

async fn a_call_without_an_argument_fails_as_it_would_have(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    let call = "fetch().then((answer) => answer.url, (error) => error.message)";
    let without: String = tab.evaluate(call).await;
    scene.record(&tab, "").await;
    assert_eq!(tab.evaluate::<String>(call).await, without);
    scene.end().await;
}

async fn what_fails_is_reported_as_unhandled_only_if_the_page_does_not_handle_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "(async () => {
            window.unhandled = [];
            addEventListener('unhandledrejection', (event) => {
                event.preventDefault();
                unhandled.push(event.reason.message);
            });
            const failed = (reason) => ({ signal: AbortSignal.abort(new Error(reason)) });
            fetch('/echo/own', failed('own'));
            fetch('http://127.0.0.1:1/', failed('elsewhere'));
            fetch('/echo/own', failed('handled')).catch(() => {});
            fetch('http://127.0.0.1:1/', failed('handled')).then(() => {}, () => {});
            await fetch('/echo/own', failed('handled')).catch(() => {});
        })()",
    )
    .await;
    tab.wait_until("unhandled.length >= 2").await;
    // Reported in order: whatever was unhandled before this one comes before it.
    tab.evaluate::<()>("void Promise.reject(new Error('the last'))").await;
    tab.wait_until("unhandled.includes('the last')").await;
    let unhandled: Vec<String> = tab.evaluate("unhandled.sort()").await;
    assert_eq!(unhandled, ["elsewhere", "own", "the last"]);
    flush(&tab).await.assert_balances();
    scene.end().await;
}
