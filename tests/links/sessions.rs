//! Sessions of servers that send OTLP: nobody has to write a rule for them.

use support::{
    received::Linked,
    story::{Served, post_spans, spans_request},
};

use super::scene::{FOREVER, Scene, linker, server_key};

#[tokio::test]
async fn roots_of_a_session_are_chained_and_the_first_of_the_next_session_leads_to_the_last_of_the_one_before()
 {
    let scene = Scene::set(&(server_key("sk_stranger", "other") + &linker(FOREVER, ""))).await;
    let root = |ms| scene.story.served(ms);
    let monday = [10, 20, 30].map(|ms| root(ms).in_session("monday"));
    let tuesday = [40, 50].map(|ms| root(ms).in_session("tuesday").after_session("monday"));
    let strange = [15, 35].map(|ms| root(ms).in_session("monday"));
    let astray = root(60).in_session("wednesday").after_session("tuesday");
    let [first, second, third] = &monday;
    let [next, last] = &tuesday;
    scene.send_spans([last, second]).await;
    scene.send_spans([next]).await;
    post_spans(scene.to(), "sk_stranger", spans_request(&strange)).await;
    post_spans(scene.to(), "sk_stranger", spans_request([&astray])).await;
    scene.send_spans([third, first]).await;
    scene.until_only_waiting(8).await;

    let arrived = scene.end().await;
    let inferred = |of: &Served| arrived.inferred(&of.id());
    let to = |target: &Served, rule: &str| -> [Linked; 1] { [target.id().by(rule)] };
    assert_eq!(inferred(first), []);
    assert_eq!(inferred(second), to(first, "previous"));
    assert_eq!(inferred(third), to(second, "previous"));
    assert_eq!(inferred(next), to(third, "session"));
    assert_eq!(inferred(last), to(next, "previous"));
    // The other application's sessions have the same names, and are not these.
    assert_eq!(inferred(&strange[0]), []);
    assert_eq!(inferred(&strange[1]), to(&strange[0], "previous"));
    assert_eq!(inferred(&astray), []);
}

#[tokio::test]
async fn what_is_no_root_or_of_no_session_leaves_at_once() {
    let scene = Scene::set(&linker(FOREVER, "")).await;
    let request = scene.story.served(10).in_session("monday");
    let query = scene.story.served(11).inside(&request).in_session("monday");
    let ping = scene.story.served(12);
    scene.send_spans([&request, &query, &ping]).await;
    let arrived = scene.arrival_of([&query.id(), &ping.id()]).await;
    assert!(!arrived.has(&request.id()), "it waits for the one before it");
    scene.until_only_waiting(1).await;
    let arrived = scene.end().await;
    for span in [&request, &query, &ping] {
        assert_eq!(arrived.links(&span.id()), []);
    }
}

#[tokio::test]
async fn without_these_rules_sessions_of_servers_are_passed_on_as_they_are() {
    let scene = Scene::set(&linker(FOREVER, "sessions = false\n")).await;
    let [first, second] = [10, 20].map(|ms| scene.story.served(ms).in_session("monday"));
    scene.send_spans([&first, &second]).await;
    let arrived = scene.arrival_of([&first.id(), &second.id()]).await;
    assert_eq!(arrived.links(&second.id()), []);
    assert_eq!(scene.metrics().await.sum("linker_links"), 0);
    scene.end().await;
}

#[tokio::test]
async fn a_link_that_the_server_made_itself_keeps_what_it_says_and_gets_the_kind() {
    let scene = Scene::set(&linker(FOREVER, "")).await;
    let first = scene.story.served(10).in_session("monday");
    let second = scene.story.served(20).in_session("monday").linked_to(&first, "link.reason", "retry");
    scene.send_spans([&first, &second]).await;
    let arrived = scene.end().await;
    assert_eq!(arrived.links(&second.id()), [first.id().by("previous")]);
    let span = &arrived.span(&second.id()).span;
    assert!(span.links[0].attributes.iter().any(|attribute| attribute.key == "link.reason"));
}
