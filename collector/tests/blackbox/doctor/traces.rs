//! What an answer says of its trace.

use super::{
    api::{Answer, Api, Asked},
    as_shop,
};

/// An API that is right but for what it says in `Server-Timing`.
async fn says(timing: impl Fn(&Asked) -> Option<String> + Send + Sync + 'static) -> Api {
    Api::start(move |asked| {
        let right = Api::right(asked);
        if asked.method == "OPTIONS" { right } else { right.with("server-timing", timing(asked).as_deref()) }
    })
    .await
}

fn sent(asked: &Asked) -> String {
    asked.headers["traceparent"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_that_says_nothing_of_its_trace_is_told_how() {
    for timing in [None, Some("db;dur=4;desc=\"traceparent\"")] {
        let said = as_shop(&says(move |_| timing.map(str::to_owned)).await, &[]).await;
        assert!(
            said.one_is_doubtful("server-timing")
                .contains("Server-Timing: traceparent;desc=\"00-<trace id>-")
        );
    }
}

#[tokio::test]
async fn a_traceparent_that_is_none_is_wrong() {
    for text in [
        "traceparent;desc=\"1234\"",
        "traceparent",
        "traceparent;desc=\"00-00000000000000000000000000000000-1111111111111111-01\"",
    ] {
        let said = as_shop(&says(|_| Some(text.to_owned())).await, &[]).await;
        said.one_is_wrong("server-timing");
    }
}

#[tokio::test]
async fn a_server_that_begins_a_trace_of_its_own_has_not_taken_ours() {
    let api =
        says(|asked| Some(format!("traceparent;desc=\"00-{:032x}-{:016x}-01\"", asked.number, asked.number)))
            .await;
    let said = as_shop(&api, &[]).await;
    assert!(said.one_is_wrong("propagation").contains("OTEL_PROPAGATORS"));
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_sent_shows_nothing() {
    let api = says(|asked| Some(format!("traceparent;desc=\"{}\"", sent(asked)))).await;
    as_shop(&api, &[]).await.one_is_doubtful("propagation");
}

#[tokio::test]
async fn a_server_that_does_not_sample_what_the_page_does_is_doubtful() {
    let api = says(|asked| {
        Some(format!("traceparent;desc=\"00-{}-{:016x}-00\"", &sent(asked)[3..35], asked.number))
    })
    .await;
    assert!(as_shop(&api, &[]).await.one_is_doubtful("sampling").contains("parentbased"));
}

#[tokio::test]
async fn an_answer_that_tells_of_an_older_request_is_wrong() {
    // The trace that the first request carried, whoever asks.
    let first = std::sync::OnceLock::new();
    let api = Api::start(move |asked| {
        let right = Api::right(asked);
        if asked.method == "OPTIONS" {
            return right;
        }
        let trace = first.get_or_init(|| sent(asked)[3..35].to_owned());
        let timing = format!("traceparent;desc=\"00-{trace}-00000000000000aa-01\"");
        let right = right.with("server-timing", Some(&timing)).with("age", Some("12"));
        right.with("cache-control", Some("public, max-age=60"))
    })
    .await;
    let said = as_shop(&api, &[]).await;
    assert!(said.one_is_wrong("cache").contains("no-store"));
    let (_, seen, _) = said.of("cache");
    assert!(seen.contains("age: 12") && seen.contains("public"), "{seen}");
}

#[tokio::test]
async fn an_answer_that_may_be_stored_with_its_trace_is_doubtful() {
    for (control, is_doubtful) in [
        ("public, max-age=60", true),
        ("s-maxage=\"5\"", true),
        ("private, max-age=0", false),
        ("public, no-store", false),
    ] {
        let store = move |asked: &Asked| -> Answer { Api::right(asked).with("cache-control", Some(control)) };
        let said = as_shop(&Api::start(store).await, &[]).await;
        if is_doubtful { _ = said.one_is_doubtful("cache") } else { said.all_is_well() }
    }
}
