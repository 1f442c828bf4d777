//! What goes wrong in a page.

use support::browser::Kind;

use super::scene::{CLICK, Scene, all_named, flush, one_named};

in_each_browser!(
    an_uncaught_error_arrives_with_its_stack_and_its_causes_and_links_to_the_press,
    whatever_is_thrown_or_rejected_with_arrives,
    the_same_error_is_told_once_and_then_counted,
    a_resource_that_fails_and_a_policy_that_is_violated_arrive,
    the_debug_ids_of_the_files_in_a_stack_are_told,
);

const EXCEPTION: &str = "exception";

async fn an_uncaught_error_arrives_with_its_stack_and_its_causes_and_links_to_the_press(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "void document.getElementById('press').addEventListener('click', function failing() {
            throw new TypeError('outer', { cause: new RangeError('inner') });
        })",
    )
    .await;
    tab.click("#press").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let error = one_named(&spans, EXCEPTION);
    assert_eq!(
        (error.text("exception.type"), error.text("exception.message")),
        (Some("TypeError"), Some("outer"))
    );
    assert!(error.text("exception.stacktrace").is_some_and(|stack| stack.contains("failing")));
    let causes = error.texts("exception.causes");
    assert!(causes.len() == 1 && causes[0].starts_with("RangeError: inner"), "{causes:?}");
    assert_eq!(error.span.status.as_ref().map(|status| status.code), Some(2));
    assert!(error.kinds_to(one_named(&spans, CLICK)).contains(&"cause".to_owned()), "{:?}", error.links());
}

async fn whatever_is_thrown_or_rejected_with_arrives(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "(() => {
            void Promise.reject('a text');
            void Promise.reject(undefined);
            void Promise.reject({ code: 7 });
            void Promise.reject(new Proxy({}, { get() { throw new Error('unreadable'); }, has() { throw new Error('unreadable'); } }));
            setTimeout(() => { throw null; });
            weft.captureError(new Error('caught'), { 'app.step': 3 });
        })()",
    )
    .await;
    tab.wait_until("weft.stats().recorded >= 7").await;
    let stats = flush(&tab).await;
    assert_eq!(stats.errors, 0, "{stats:?}");
    let spans = scene.end().await;
    let mut messages: Vec<&str> =
        all_named(&spans, EXCEPTION).iter().filter_map(|span| span.text("exception.message")).collect();
    messages.sort_unstable();
    for expected in ["a text", "undefined", "{\"code\":7}", "caught"] {
        assert!(messages.contains(&expected), "{expected} in {messages:?}");
    }
    assert_eq!(messages.len(), 6, "{messages:?}");
    let caught = all_named(&spans, EXCEPTION)
        .into_iter()
        .find(|span| span.text("exception.message") == Some("caught"));
    assert_eq!(caught.and_then(|span| span.int("app.step")), Some(3));
}

async fn the_same_error_is_told_once_and_then_counted(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "void (() => { for (let at = 0; at < 50; at++) weft.captureError(new Error('again')); })()",
    )
    .await;
    flush(&tab).await;
    let spans = scene.end().await;
    let told = all_named(&spans, EXCEPTION);
    let [first, again] = told[..] else { panic!("{told:#?}") };
    let (first, again) = if first.int("weft.count").is_some() { (again, first) } else { (first, again) };
    assert_eq!((first.int("weft.count"), again.int("weft.count")), (None, Some(49)));
    assert!(again.kinds_to(first).contains(&"cause".to_owned()));
}

async fn a_resource_that_fails_and_a_policy_that_is_violated_arrive(kind: Kind) {
    let scene = Scene::start(kind).await;
    let policy = "img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'";
    scene.site.page("/page/strict", support::site::PAGE, &[("content-security-policy", policy)]);
    let tab = scene.open_recording_fully("/page/strict").await;
    tab.evaluate::<()>(
        "(() => {
            document.body.append(Object.assign(new Image(), { src: '/missing/image.png' }));
            document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.example/image.png' }));
        })()",
    )
    .await;
    tab.wait_until("weft.stats().recorded >= 4").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let types: Vec<&str> =
        all_named(&spans, EXCEPTION).iter().filter_map(|span| span.text("exception.type")).collect();
    assert!(types.contains(&"ResourceError") && types.contains(&"SecurityPolicyViolation"), "{types:?}");
}

async fn the_debug_ids_of_the_files_in_a_stack_are_told(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>(
        "(() => {
            const error = new Error('bundled');
            error.stack = 'Error: bundled\\n    at f (https://app.example/assets/app-1a2b.js:1:23)';
            window._debugIds = { 'Error\\n    at https://app.example/assets/app-1a2b.js:1:1': '85314830-023f-4cf1-a267-535f4e37bb17' };
            weft.captureError(error);
        })()",
    )
    .await;
    flush(&tab).await;
    let spans = scene.end().await;
    let ids = one_named(&spans, EXCEPTION).texts("weft.debug_ids");
    assert_eq!(ids, ["app-1a2b.js=85314830-023f-4cf1-a267-535f4e37bb17"]);
}
