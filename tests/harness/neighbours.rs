//! Websites and gates that do to a page what the world does to it.

use hyper::Method;
use support::{
    browser::{Browser, Kind},
    collector::{Bound, Collector, Setting},
    gate::{Gate, Role},
    http::try_send,
    sink::Sink,
    site::{PAGE, Site},
};
use tokio::time::Instant;

in_each_browser!(
    a_page_has_the_policy_and_the_frames_that_a_test_gave_it,
    a_socket_and_a_stream_of_events_say_what_they_are_told,
    what_is_missing_or_mistyped_fails_in_the_page,
);

/// A page that tells the one around it whether it has storage.
const BOXED: &str = "<!doctype html><script>
    let told;
    try { told = typeof localStorage; } catch (error) { told = error.name; }
    parent.postMessage(told, '*');
</script>";

async fn a_page_has_the_policy_and_the_frames_that_a_test_gave_it(kind: Kind) {
    let site = Site::start(String::new()).await;
    let other = site.url_of_another_site();
    let frames = format!(
        "<iframe src='{other}/page/across'></iframe>
         <iframe sandbox='allow-scripts' src='{}/page/boxed'></iframe>
         <script nonce='known'>onmessage = (event) => (window.boxed = event.data)</script>
         <script>window.ran = true</script>",
        site.url()
    );
    let html = PAGE.replace("</body>", &format!("{frames}</body>"));
    site.page("/page/strict", &html, &[("content-security-policy", "script-src 'nonce-known'")]);
    site.page("/page/boxed", BOXED, &[]);
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page/strict", site.url())).await;
    assert!(!tab.evaluate::<bool>("'ran' in window").await, "no inline script but the one that is known");

    let across = tab.frame("/page/across");
    assert_eq!(across.evaluate::<String>("origin").await, other);
    across.evaluate::<()>("void addEventListener('click', (event) => (window.real = event.isTrusted))").await;
    across.click("#press").await;
    across.wait_until("window.real").await;
    tab.wait_until("'boxed' in window").await;
    assert_eq!(tab.evaluate::<String>("boxed").await, "SecurityError", "no storage in a sandbox");
    browser.quit().await;
}

async fn a_socket_and_a_stream_of_events_say_what_they_are_told(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page", site.url())).await;
    tab.evaluate::<()>(
        "void (window.heard = [],
            window.socket = new WebSocket('/socket'),
            socket.onopen = () => socket.send('one'),
            socket.onmessage = (event) => (heard.push(event.data), socket.send('close')),
            socket.onclose = (event) => heard.push(event.code))",
    )
    .await;
    tab.wait_until("heard.length === 2").await;
    assert_eq!(tab.evaluate::<String>("heard.join()").await, "one,4000");

    tab.evaluate::<()>(
        "void (window.heard = [],
            window.events = new EventSource('/events'),
            events.onmessage = (event) => heard.push(event.data),
            events.onerror = () => (heard.push('ended'), events.close()))",
    )
    .await;
    tab.wait_until("heard.length === 1").await;
    site.say("more");
    tab.wait_until("heard.length === 2").await;
    site.end_events();
    tab.wait_until("heard.length === 3").await;
    assert_eq!(tab.evaluate::<Vec<String>>("heard").await, ["hello", "more", "ended"]);
    browser.quit().await;
}

async fn what_is_missing_or_mistyped_fails_in_the_page(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page", site.url())).await;
    let failed: Vec<String> = tab
        .evaluate(
            "Promise.all(['img', 'script'].map((name) => new Promise((done) => {
                const element = document.createElement(name);
                element.onerror = () => done(name);
                element.src = '/missing/' + name;
                document.body.append(element);
            })))",
        )
        .await;
    assert_eq!(failed, ["img", "script"]);
    let compile = "WebAssembly.compileStreaming(fetch('/mistyped/weft.wasm')).then(() => 'fine', (error) => error.name)";
    assert_eq!(tab.evaluate::<String>(compile).await, "TypeError");
    browser.quit().await;
}

#[tokio::test]
async fn a_gate_drops_connections_and_lets_bytes_through_as_slowly_as_it_is_told() {
    let sink = Sink::start().await;
    let collector = Collector::start(Bound::new().await, &Setting::before(&sink));
    let gate = Gate::before(collector.addresses()).await;
    let post = |size: usize| {
        let url = gate.page_endpoint();
        async move { try_send(Method::POST, &url, &[], vec![0; size]).await }
    };
    gate.play(Role::Failing);
    assert_eq!(post(10).await.expect("an answer").status, 500);
    gate.play(Role::Dropping);
    assert!(post(10).await.is_err_and(|why| why.was_reached));
    assert_eq!(gate.arrivals().len(), 2);

    gate.play(Role::Unavailable);
    gate.slow_down(50_000);
    let began = Instant::now();
    assert_eq!(post(25_000).await.expect("an answer").status, 503);
    let took = began.elapsed().as_millis();
    assert!((400..5_000).contains(&took), "25 kB at 50 kB/s took {took} ms");
    collector.stop().await;
    sink.assert_nothing_odd();
}
