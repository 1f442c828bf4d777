//! Documents: which trace rendered them.

use super::{
    api::{Answer, Api, Asked, continues},
    doctor,
};

const NONE: &str = "<!doctype html><title>shop</title>";

/// A site of documents: with this in their head, and this header.
async fn site(head: impl Fn(&Asked) -> String + Send + Sync + 'static, timed: bool) -> Api {
    Api::start(move |asked: &Asked| {
        let answer = Answer::new(200).body("text/html; charset=utf-8", head(asked));
        let is_document = asked.headers["sec-fetch-mode"] == "navigate";
        if timed || !is_document { answer.with("server-timing", Some(&continues(asked))) } else { answer }
    })
    .await
}

#[tokio::test]
async fn a_document_is_asked_for_as_a_person_goes_to_it() {
    let api = site(|_| NONE.to_owned(), true).await;
    let said = doctor(&[&api.url("/")]).await;
    said.all_is_well();
    assert_eq!((said.of("document").0, said.of("document-cache").0), ("ok".to_owned(), "ok".to_owned()));
    let navigations: Vec<_> =
        api.asked().into_iter().filter(|asked| asked.headers["sec-fetch-mode"] == "navigate").collect();
    assert_eq!(navigations.len(), 2);
    assert!(navigations.iter().all(|asked| !asked.headers.contains_key("traceparent")));
}

#[tokio::test]
async fn a_document_may_say_it_in_its_head() {
    let head = |asked: &Asked| {
        format!("<head><META content='00-{:032x}-{:016x}-01' name=traceparent>", asked.number, asked.number)
    };
    doctor(&[&site(head, false).await.url("/")]).await.all_is_well();
}

#[tokio::test]
async fn a_document_without_a_trace_and_one_with_a_wrong_one_are_told() {
    let said = doctor(&[&site(|_| NONE.to_owned(), false).await.url("/")]).await;
    assert!(said.one_is_doubtful("document").contains("server"));
    let said =
        doctor(&[&site(|_| "<meta name=traceparent content=abc>".to_owned(), false).await.url("/")]).await;
    said.one_is_wrong("document");
}

#[tokio::test]
async fn a_stored_document_that_names_its_trace_is_wrong_unless_it_says_when_it_was_rendered() {
    let stored = "<meta name=traceparent content=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01>";
    let said = doctor(&[&site(move |_| stored.to_owned(), false).await.url("/")]).await;
    said.one_is_wrong("document-cache");
    let dated = format!("{stored}<meta name=weft-rendered content=1700000000000>");
    doctor(&[&site(move |_| dated.clone(), false).await.url("/")]).await.all_is_well();
}
