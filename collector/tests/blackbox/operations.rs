//! What an operator does while it runs: reloads, drains, looks at the spool, sends again what was refused.

use std::process::Output;

use weft_proto::Seed;

use crate::{
    process::{Process, settings},
    support::{Answer, Page, Sink},
};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_reload_adds_and_removes_destinations_and_keys_and_refuses_what_is_wrong() {
    let (first, second) = (Sink::start(&[]).await, Sink::start(&[]).await);
    let process = Process::start(&first);
    let page = Page(Seed([1; 16]));
    process.post(page.batch(0..5)).await;
    process.ledger("/keys/shop-web/destinations/main/delivered", 5).await;

    let both = settings(process.data(), "", &[("main", &first), ("second", &second)]);
    process.reload(&both);
    let mut number = 5;
    while second.came() == 0 {
        process.post(page.batch(number..number + 1)).await;
        number += 1;
    }
    assert!(second.spans(1).await.iter().all(|span| !page.span_ids(0..5).contains(&span.span_id)));
    process.ledger("/keys/shop-web/destinations/main/delivered", number).await;

    process.reload("nonsense = true");
    process.post(page.batch(number..number + 1)).await;
    process.ledger("/keys/shop-web/destinations/main/delivered", number + 1).await;

    let other_key = both.replace("pk_demo_shop", "pk_other").replace("[export.main]", "[export.renamed]");
    process.reload(&other_key);
    while process.status(page.batch(0..1)).await != 401 {}
    let (status, log) = process.stop().await;
    assert!(status.success(), "{log}");
    assert!(log.contains("nonsense: is unknown") || log.contains("nonsense"), "{log}");
}

#[tokio::test]
async fn what_a_removed_destination_had_not_taken_is_counted_by_name() {
    let silent = Sink::start(&vec![Answer::Status(503, None); 99]).await;
    let process = Process::start(&silent);
    let page = Page(Seed([1; 16]));
    process.post(page.batch(0..5)).await;
    silent.requests(1).await;
    process.reload(&settings(process.data(), "", &[]));
    process.ledger("/keys/shop-web/destinations/main/dropped/destination_removed", 5).await;
    process.post(page.batch(5..6)).await;
    process.ledger("/keys/shop-web/destinations/local/delivered", 1).await;
    process.stop().await;
}

#[tokio::test]
async fn the_spool_can_be_listed_verified_and_exported_while_the_collector_runs() {
    let sink = Sink::start(&vec![Answer::Status(503, None); 99]).await;
    let process = Process::start(&sink);
    let page = Page(Seed([1; 16]));
    process.post(page.batch(0..5)).await;
    process.post(page.batch(5..7)).await;
    let listed = process.weft(&["spool", "ls"]).await;
    assert!(said(&listed).contains(" 7 "), "{}", said(&listed));
    assert!(said(&listed).contains("destination main: "), "{}", said(&listed));
    let verified = process.weft(&["spool", "verify"]).await;
    assert!(verified.status.success() && said(&verified).contains("2 records"), "{}", said(&verified));
    let exported = process.weft(&["spool", "export"]).await;
    let lines: Vec<serde_json::Value> =
        said(&exported).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let spans = |line: &serde_json::Value| {
        line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len()
    };
    assert_eq!(lines.iter().map(spans).collect::<Vec<_>>(), [5, 2]);
    let data = process.kill();
    let segment = std::fs::read_dir(data.path().join("spool")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|e| e == "seg")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[80] ^= 1;
    std::fs::write(segment, bytes).unwrap();
    let process = Process::start_in(data);
    let verified = process.weft(&["spool", "verify"]).await;
    assert!(!verified.status.success() && said(&verified).contains("damaged"), "{}", said(&verified));
}

#[tokio::test]
async fn a_body_can_be_decoded_wherever_it_came_from() {
    let sink = Sink::start(&[]).await;
    let process = Process::start(&sink);
    let file = process.data().join("body");
    std::fs::write(&file, Page(Seed([1; 16])).batch(0..3)).unwrap();
    let decoded = process.weft(&["decode", file.to_str().unwrap()]).await;
    assert_eq!(said(&decoded).matches("\"press\"").count(), 3, "{}", said(&decoded));
    let document = include_str!("../../../proto/WIRE.md");
    let json = document.split("```json").nth(1).unwrap().split("```").next().unwrap();
    std::fs::write(&file, json.trim()).unwrap();
    let decoded = process.weft(&["decode", file.to_str().unwrap()]).await;
    assert_eq!(said(&decoded).matches("\"browser.user_action.click\"").count(), 1, "{}", said(&decoded));
    std::fs::write(&file, b"nothing of the kind").unwrap();
    let refused = process.weft(&["decode", file.to_str().unwrap()]).await;
    assert!(!refused.status.success() && said(&refused).contains("no batch"), "{}", said(&refused));
}

#[tokio::test]
async fn dead_letters_are_sent_again_when_somebody_asks() {
    let sink = Sink::start(&[Answer::Status(400, None)]).await;
    let process = Process::start(&sink);
    process.post(Page(Seed([1; 16])).batch(0..1)).await;
    process.ledger("/keys/shop-web/destinations/main/rejected_by_destination", 1).await;
    let listed = process.weft(&["dead-letters", "ls"]).await;
    assert!(said(&listed).contains("main shop/shop-web 1 items: status 400"), "{}", said(&listed));
    let replayed = process.weft(&["dead-letters", "replay", "main"]).await;
    assert!(said(&replayed).contains("1 of 1 taken"), "{}", said(&replayed));
    assert_eq!(sink.spans(1).await.len(), 1);
    assert_eq!(said(&process.weft(&["dead-letters", "ls"]).await), "none\n");
}

#[tokio::test]
async fn draining_turns_everything_away_and_waits_until_all_is_delivered() {
    let sink = Sink::start(&[Answer::Status(503, Some("1"))]).await;
    let process = Process::start(&sink);
    let page = Page(Seed([1; 16]));
    process.post(page.batch(0..5)).await;
    let drained = process.weft(&["drain", "--timeout", "20"]).await;
    assert!(drained.status.success(), "{}", said(&drained));
    assert_eq!(sink.spans(5).await.len(), 5);
    assert_eq!(process.status(page.batch(5..6)).await, 503);
    assert_eq!(process.ready().await, 503);
}

#[tokio::test]
async fn a_test_event_says_where_to_look_for_it() {
    let sink = Sink::start(&[]).await;
    let process = Process::start(&sink);
    let sent = process.weft(&["send"]).await;
    assert!(sent.status.success(), "{}", said(&sent));
    let span = sink.spans(1).await.remove(0);
    let id: String = span.span_id.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(said(&sent).contains(&id), "{}", said(&sent));
    let missing = process.weft(&["send", "--key", "nobody"]).await;
    assert!(said(&missing).contains("no such browser key"), "{}", said(&missing));
}

#[tokio::test]
async fn a_canary_goes_the_whole_way_and_its_latency_is_measured() {
    let sink = Sink::start(&[]).await;
    let data = tempfile::TempDir::new().unwrap();
    let text = settings(data.path(), "canary_seconds = 1", &[("main", &sink)]);
    std::fs::write(data.path().join("weft.toml"), text).unwrap();
    let process = Process::start_in(data);
    let span = sink.spans(1).await.remove(0);
    assert_eq!(span.name, "weft.canary");
    process.ledger("/keys/weft-canary/destinations/main/delivered", 1).await;
    assert!(process.metrics().await.contains("weft_canary_seconds_count{destination=\"main\"}"));
}

#[tokio::test]
async fn what_was_delivered_before_a_reload_stopped_the_rest_is_counted_once() {
    let mut answers = vec![Answer::Status(503, Some("1")), Answer::Partial(0), Answer::Partial(0)];
    answers.extend(vec![Answer::Status(503, None); 6]);
    let sink = Sink::start(&answers).await;
    let process = Process::start(&sink);
    let (page, other) = (Page(Seed([1; 16])), Page(Seed([2; 16])));
    process.post(page.batch(0..2)).await;
    sink.requests(1).await;
    process.post_otlp(9).await;
    process.post(other.batch(0..5)).await;
    sink.requests(4).await;
    process.reload(&(settings(process.data(), "", &[("main", &sink)]) + "\ntimeout_seconds = 11\n"));
    process.ledger("/keys/shop-web/destinations/main/delivered", 7).await;
    process.ledger("/keys/shop-api/destinations/main/delivered", 1).await;
    process.ledger("/keys/shop-web/destinations/main/pending", 0).await;
}

#[tokio::test]
async fn a_dead_destination_drops_its_own_oldest_and_nobody_is_refused() {
    let dead = Sink::start(&vec![Answer::Status(503, Some("300")); 99]).await;
    let alive = Sink::start(&[]).await;
    let data = tempfile::TempDir::new().unwrap();
    let text = settings(data.path(), "canary_seconds = 0", &[("main", &dead), ("second", &alive)]);
    let text = text + "\n[spool]\nsegment_bytes = 4096\nmax_bytes = 65536\n";
    std::fs::write(data.path().join("weft.toml"), &text).unwrap();
    let process = Process::start_in(data);
    for round in 0..20_u8 {
        for seed in 0..30_u8 {
            let mut id = [seed; 16];
            id[0] = round;
            process.post(Page(Seed(id)).batch(0..100)).await;
        }
        process.ledger("/keys/shop-web/destinations/second/pending", 0).await;
    }
    let sent = 20 * 30 * 100;
    let dropped = process.number("/keys/shop-web/destinations/main/dropped/over_bound").await;
    assert!(dropped > 0);
    process.ledger("/keys/shop-web/destinations/second/delivered", sent).await;
    process.ledger("/keys/shop-web/destinations/main/pending", sent - dropped).await;
}

#[tokio::test]
async fn one_refused_event_makes_nobody_a_suspect() {
    let page = Page(Seed([1; 16]));
    let offender = page.span_ids(130..131).remove(0);
    let sink = Sink::picky(offender, 400).await;
    let process = Process::start(&sink);
    process.post(page.batch(130..131)).await;
    process.ledger("/keys/shop-web/destinations/main/rejected_by_destination", 1).await;
    let other = Page(Seed([2; 16]));
    process.post(other.batch(0..200)).await;
    process.ledger("/keys/shop-web/destinations/main/delivered", 200).await;
}
