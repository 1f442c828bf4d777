//! How destinations keep up, as people are told: how long their requests take, and whether canaries arrive.

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use weft_collector::clock::Clock;
use weft_proto::Seed;

use crate::support::{Answer, PATIENCE, Page, Sink, Weft};

/// What is said of the health, as soon as it `is` as it should be. Of what leaves nobody is told as of what comes.
async fn health(weft: &Weft, is: impl Fn(&Json) -> bool) -> Json {
    let asked = async {
        loop {
            let (_, text) = weft.admin("/api/explorer/health").await;
            let health: Json = serde_json::from_str(&text).unwrap();
            if is(&health) {
                return health;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap()
}

#[tokio::test]
async fn a_canary_that_arrives_is_shown_with_its_time_and_one_that_does_not_is_late() {
    let (clock, owned) = Clock::owned();
    let away = Answer::Status(503, Some("300"));
    let takes_one = Sink::start(&[&[Answer::Partial(0)], &*vec![away.clone(); 99]].concat()).await;
    let dead = Sink::start(&vec![away; 99]).await;
    let data = TempDir::new().unwrap();
    let weft = Weft::start_at(clock, data, &[&takes_one, &dead], "canary_seconds = 1").await;
    let has_come = |health: &Json| health["destinations"][0]["canary"]["arrived_ms"].is_u64();
    let first = health(&weft, has_come).await;
    assert_eq!((&first["canary"]["every_ms"], &first["canary"]["turned_away"]), (&json!(1_000), &json!(0)));
    let arrived = &first["destinations"][0]["canary"];
    assert_eq!(arrived["is_late"], false);
    assert!(arrived["arrived_ms"].as_u64() >= first["canary"]["last_taken_ms"].as_u64(), "{first:#}");
    assert!(arrived["took_ms"].as_u64().unwrap() < 60_000);
    let at_dead = |health: &Json| health["destinations"][1]["canary"]["is_late"] == true;
    let dead = health(&weft, at_dead).await["destinations"][1].take();
    assert_eq!((&dead["canary"]["arrived_ms"], &dead["canary"]["took_ms"]), (&Json::Null, &Json::Null));
    assert!(dead["latency"]["requests"].as_u64().unwrap() > 0, "an answer is an answer: {dead:#}");
    owned.advance_ms(3_600_000);
    health(&weft, |health| health["destinations"][0]["canary"]["is_late"] == true).await;
}

#[tokio::test]
async fn how_long_a_destination_took_is_shown_from_its_first_answer_on() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "canary_seconds = 0").await;
    let before = health(&weft, |_| true).await;
    assert_eq!(
        (&before["destinations"][0]["latency"], &before["canary"]["every_ms"]),
        (&Json::Null, &json!(0))
    );
    weft.acknowledged(Page(Seed([1; 16])).batch(0..3)).await;
    let after = health(&weft, |health| !health["destinations"][0]["latency"].is_null()).await;
    let latency = &after["destinations"][0]["latency"];
    let [p50, p95] = ["p50_ms", "p95_ms"].map(|name| latency[name].as_f64().unwrap());
    assert_eq!(latency["requests"], 1);
    assert!(p50 > 0.0 && p50 == p95 && p95 < PATIENCE.as_secs_f64() * 1e3, "{latency}");
}
