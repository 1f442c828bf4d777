//! How often who may send: addresses behind proxies, pages, and what is said before anybody is refused.

use std::ops::AddAssign;

use weft_proto::{Ack, Seed};

use crate::support::{ORIGIN, Page, Sink, Weft};

/// What a page behind this address posts to a proxy on this machine, and is answered.
async fn post(weft: &Weft, address: &str, page: u8, number: u64) -> reqwest::Response {
    let batch = Page(Seed([page; 16])).batch(number..number + 1);
    weft.page().header("x-forwarded-for", address).body(batch).send().await.unwrap()
}

#[tokio::test]
async fn an_address_behind_a_trusted_proxy_is_limited_and_nobody_else() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(
        &[&sink],
        "limits.trusted_proxies = [\"127.0.0.0/8\"]\nrates.address_per_second = 1\nrates.address_burst = 2",
    )
    .await;
    for number in 0..2 {
        assert_eq!(post(&weft, "203.0.113.7", 1, number).await.status(), 200);
    }
    let refused = post(&weft, "6.6.6.6, 203.0.113.7", 1, 2).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(refused.headers()["weft-refused"], "later");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
    let sentence = refused.text().await.unwrap();
    assert!(
        sentence.contains("rates.address_per_second") && sentence.contains("trusted_proxies"),
        "{sentence}"
    );
    assert_eq!(post(&weft, "198.51.100.1", 2, 0).await.status(), 200, "somebody else");
    let unknown = weft.page().header("x-forwarded-for", "unknown").body(Page(Seed([3; 16])).batch(0..1));
    assert_eq!(unknown.send().await.unwrap().status(), 200, "nobody knows who");
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/address_limited").await, 1);
    sink.spans(4).await;
}

#[tokio::test]
async fn what_a_stranger_says_of_his_address_is_not_believed() {
    let weft = Weft::start(&[], "rates.address_per_second = 1\nrates.address_burst = 1").await;
    for number in 0..5 {
        // This machine has no limit by address; were it believed, the second would be refused.
        assert_eq!(post(&weft, "203.0.113.7", 1, number).await.status(), 200);
    }
}

#[tokio::test]
async fn a_page_that_sends_too_often_is_refused_and_the_page_beside_it_is_not() {
    let weft = Weft::start(&[], "rates.page_per_second = 1\nrates.page_burst = 1").await;
    // The first made it known.
    for number in 0..2 {
        assert_eq!(post(&weft, "", 1, number).await.status(), 200);
    }
    assert_eq!(post(&weft, "", 1, 2).await.status(), 429);
    assert_eq!(post(&weft, "", 2, 0).await.status(), 200);
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/page_limited").await, 1);
}

#[tokio::test]
async fn who_runs_short_is_asked_for_a_pause_by_the_acknowledgement() {
    let weft = Weft::start(&[], "rates.per_second = 1\nrates.burst = 10").await;
    let mut pauses = Vec::new();
    for number in 0..9 {
        let answer = post(&weft, "", number, 0).await;
        assert_eq!(answer.status(), 200);
        pauses.push(Ack::decode(&answer.bytes().await.unwrap()).unwrap().wait_ms);
    }
    assert_eq!(pauses[..6], [0; 6], "there is enough");
    assert!(pauses[8] > 0, "{pauses:?}");
}

#[tokio::test]
async fn who_tries_many_keys_is_turned_away_whatever_he_tries_next() {
    let weft = Weft::start(&[], "limits.trusted_proxies = [\"127.0.0.1\"]").await;
    let tried = async |address: &str, key: &str| {
        let request = weft.http.post(format!("{}/v1/traces", weft.ingest)).header("x-forwarded-for", address);
        let request = request.bearer_auth(key).header("content-type", "application/x-protobuf");
        request.send().await.unwrap().status().as_u16()
    };
    let mut last = 0;
    for guess in 0..40 {
        last = tried("203.0.113.7", &format!("sk_{guess}")).await;
        assert!([401, 429].contains(&last));
    }
    assert_eq!(last, 429);
    assert_eq!(tried("203.0.113.7", "sk_demo_shop").await, 429);
    assert_eq!(tried("198.51.100.1", "sk_demo_shop").await, 200, "somebody else");
    assert!(weft.count("/without_key/wrong_keys").await >= 9);
}

#[tokio::test]
async fn an_address_that_sends_what_no_sdk_does_is_blocked_until_the_owner_of_the_key_lifts_it() {
    let sink = Sink::start(&[]).await;
    let weft =
        Weft::start(&[&sink], "limits.trusted_proxies = [\"127.0.0.1\"]\nrates.block_after = 50").await;
    let mut noise = Page(Seed([9; 16])).batch(0..1);
    noise.last_mut().unwrap().add_assign(1);
    for _ in 0..5 {
        let request = weft.page().header("x-forwarded-for", "203.0.113.7").body(noise.clone());
        assert_eq!(request.send().await.unwrap().status(), 400);
    }
    let refused = post(&weft, "203.0.113.7", 1, 0).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(refused.headers()["weft-refused"], "later", "the SDK keeps what it has");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((590..=600).contains(&wait), "{wait}");
    let sentence = refused.text().await.unwrap();
    assert!(sentence.contains("for 10 minutes") && sentence.contains("digest_mismatch"), "{sentence}");
    assert!(sentence.contains("`weft blocks`: number 1."), "{sentence}");
    assert_eq!(post(&weft, "198.51.100.1", 2, 0).await.status(), 200, "somebody else");

    let (_, shown) = weft.admin("/api/blocks").await;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let block = &shown["blocks"][0];
    assert_eq!((&block["address"], &block["key"]), (&"203.0.113.7".into(), &"shop-web".into()));
    assert_eq!((&block["reason"], &block["refused"]), (&"digest_mismatch".into(), &50.into()));
    assert_eq!((&block["number"], &block["turned_away"]), (&1.into(), &1.into()));
    assert_eq!(weft.count("/keys/shop-web/bodies_refused/blocked").await, 1);

    let lift = async |number: Option<&str>| {
        let (url, number) = (format!("{}/api/blocks/lift", weft.admin), number.map(ToOwned::to_owned));
        let request =
            number.iter().fold(weft.http.post(url), |request, number| request.header("weft-lift", number));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(
        (lift(None).await, lift(Some("2")).await),
        (403, 404),
        "no page can, and there is no such block"
    );
    assert_eq!((lift(Some("1")).await, lift(Some("1")).await), (200, 404));
    assert_eq!(post(&weft, "203.0.113.7", 1, 0).await.status(), 200);
    sink.spans(2).await;
}
