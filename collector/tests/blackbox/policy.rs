//! A policy on its way to pages: in the answer to a batch, when it is another one than they say they have; and what they did
//! with it, in the ledger.

use reqwest::RequestBuilder;
use weft_proto::{Ack, Batch, Dropped, Head, Seed, digest, head::NO_POLICY_EVER};
use weft_sdk::verbs::document::{Policy, Sort};

use crate::{
    process::{Process, settings},
    support::{ORIGIN, Page, Sink, Weft, client},
};

const POLICY: &str = "[[policy.drop]]\nname = \"browser.long_*\"";

/// The request, of a page that says what its policy is called.
fn with_policy(request: Vec<u8>, id: u32) -> Vec<u8> {
    let (_, body) = Head::read(&request).unwrap();
    let at = request.len() - body.len();
    let mut named = [&request[..at], &id.to_le_bytes(), body].concat();
    named[1] |= 4;
    named
}

/// What a page that says this of its policy is told of another.
async fn told(weft: &Weft, number: u64, known: Option<u32>) -> Option<Vec<u8>> {
    told_by(weft.page(), number, known).await
}

async fn told_by(post: RequestBuilder, number: u64, known: Option<u32>) -> Option<Vec<u8>> {
    let batch = Page(Seed([9; 16])).batch(number..number + 1);
    let batch = known.map_or(batch.clone(), |id| with_policy(batch, id));
    let answer = post.body(batch).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer = answer.bytes().await.unwrap();
    assert_eq!(Ack::decode(&answer).unwrap().number, 1, "whoever knows no policies passes it over");
    let policy = Ack::policy_in(&answer).map(<[u8]>::to_vec);
    assert_eq!(policy.is_some(), answer.len() > 20, "by its length it is known that there is one");
    policy
}

#[tokio::test]
async fn a_policy_comes_with_the_answer_and_only_to_who_has_another() {
    let weft = Weft::start(&[], POLICY).await;
    let policy = told(&weft, 0, None).await.expect("the page has none");
    let read = Policy::decode(&policy).expect("a page reads it");
    assert_eq!((read.verbs[0].sort, &*read.verbs[0].when.name), (Sort::Drop, &b"browser.long_*"[..]));
    assert_eq!(told(&weft, 1, Some(digest(&policy))).await, None, "it has this one");
    assert_eq!(told(&weft, 2, Some(1)).await, Some(policy), "it has another one");
    assert_eq!(told(&weft, 3, Some(NO_POLICY_EVER)).await, None, "it can apply none");
}

#[tokio::test]
async fn without_a_policy_an_answer_is_what_it_was_and_who_had_one_is_told_that_it_is_gone() {
    let weft = Weft::start(&[], "").await;
    assert_eq!(told(&weft, 0, None).await, None);
    assert_eq!(told(&weft, 1, Some(digest(b"what it was"))).await, Some(Vec::new()));
    assert_eq!(Policy::decode(&[]), Some(Policy::default()));
}

#[tokio::test]
async fn a_reload_gives_pages_another_policy_and_takes_it_back() {
    let sink = Sink::start(&[]).await;
    let process = Process::start(&sink);
    let post = || {
        let url = format!("{}/api/telemetry?key=pk_demo_shop", process.ingest);
        client().post(url).header("origin", ORIGIN)
    };
    assert_eq!(told_by(post(), 0, None).await, None);
    let plain = settings(process.data(), "", &[("main", &sink)]);
    process.reload(&format!("{plain}\n{POLICY}"));
    let mut number = 1;
    let policy = loop {
        if let Some(policy) = told_by(post(), number, None).await {
            break policy;
        }
        number += 1;
    };
    process.reload(&plain);
    while told_by(post(), number, Some(digest(&policy))).await.is_none() {
        number += 1;
    }
    assert_eq!(told_by(post(), number + 1, Some(digest(&policy))).await, Some(Vec::new()));
    process.stop().await;
}

#[tokio::test]
async fn what_pages_left_out_is_counted_by_verb_and_beside_what_they_lost() {
    let weft = Weft::start(&[], POLICY).await;
    let mut batch = Batch::default();
    for (reason, count) in
        [("policy_drop", 3), ("policy_aggregate", 40), ("policy_made_up", 1), ("queue_full", 2)]
    {
        let reason = batch.strings.intern(reason);
        batch.dropped.push(Dropped { reason, count });
    }
    let name = batch.strings.intern("press");
    batch.events = vec![weft_proto::Event { name, ..weft_proto::Event::default() }];
    weft.acknowledged(Page(Seed([8; 16])).seal(&batch)).await;
    for (place, count) in [
        ("sdk_reduced/drop", 3),
        ("sdk_reduced/aggregate", 40),
        ("sdk_dropped/policy_made_up", 1),
        ("sdk_dropped/queue_full", 2),
        ("sdk_dropped/policy_drop", 0),
    ] {
        assert_eq!(weft.count(&format!("/keys/shop-web/{place}")).await, count, "{place}");
    }
    let (_, metrics) = weft.admin("/metrics").await;
    let line = "weft_sdk_reduced_total{key=\"shop-web\",application=\"shop\",verb=\"aggregate\"} 40";
    assert!(metrics.contains(line), "{metrics}");
}
