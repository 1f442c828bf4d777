//! How full bounds are before they are full, and what policies saved, as people are told.

use serde_json::{Value as Json, json};
use weft_proto::{Batch, Dropped, Seed};

use super::{FIRST, add, shown};
use crate::support::{Page, Weft};

const COSTS: &str = "/api/explorer/costs";

/// A press for each of these shelves.
fn presses(page: &Page, shelves: std::ops::Range<u64>) -> Vec<u8> {
    let sessions = vec![weft_proto::Session { id: FIRST, previous_id: None, randomness: 1 }];
    let mut batch = Batch { sessions, ..Batch::default() };
    for number in shelves {
        add(
            &mut batch,
            number,
            "press",
            number,
            &[("shop.shelf", &format!("shelf {number}")), ("shop.id", "a")],
        );
    }
    page.seal(&batch)
}

/// What is said of a bound.
fn bound<'a>(costs: &'a Json, bound: &str, of: Option<&str>) -> &'a Json {
    let is = |row: &&Json| row["bound"] == bound && row["of"].as_str() == of;
    costs["bounds"].as_array().unwrap().iter().find(is).unwrap_or_else(|| panic!("no {bound}: {costs:#}"))
}

#[tokio::test]
async fn how_full_bounds_are_is_said_by_key_and_attribute_before_anything_is_lost() {
    let weft = Weft::start_with(&[], "", "[distinct]\nvalues = 5\n[rates]\npage_mib_a_day = 1\n").await;
    let page = Page(Seed([1; 16]));
    let request = presses(&page, 0..4);
    let sent = request.len();
    weft.acknowledged(request).await;
    let of_shelves =
        |costs: &Json, used: u64| bound(costs, "distinct.values", Some("shop.shelf"))["used"] == used;
    let costs = shown(&weft, COSTS, |costs| costs["costs"]["events"] == 4).await;
    assert!(of_shelves(&costs, 4), "{costs:#}");
    let shelves = bound(&costs, "distinct.values", Some("shop.shelf"));
    let told = ["key", "most", "percent", "unit"].map(|name| &shelves[name]);
    assert_eq!(told, [&json!("shop-web"), &json!(5), &json!(80), &json!("values")]);
    assert!(shelves["beyond"].as_str().unwrap().contains("__overflow__"));
    assert_eq!(&costs["bounds"][0], shelves, "the fullest is the first");
    let ids = costs["bounds"].as_array().unwrap().iter().find(|row| row["of"] == "shop.id");
    assert!(ids.is_none(), "values of ids are free");
    assert_eq!(bound(&costs, "distinct.attributes", None)["used"], 2);
    let bytes = bound(&costs, "rates.page_mib_a_day", None);
    assert_eq!((&bytes["used"], &bytes["most"]), (&json!(sent), &json!(1 << 20)));
    assert_eq!(bound(&costs, "burst", None)["most"], 2_000);
    weft.acknowledged(presses(&page, 4..9)).await;
    let costs = shown(&weft, COSTS, |costs| costs["costs"]["events"] == 9).await;
    assert!(of_shelves(&costs, 5), "what is one too many is not remembered: {costs:#}");
}

#[tokio::test]
async fn what_policies_saved_is_shown_by_verb_with_its_bytes_and_beside_what_came_and_was_lost() {
    let weft = Weft::start(&[], "").await;
    let mut batch = Batch::default();
    for (reason, count) in [("policy_drop", 3), ("policy_aggregate", 40), ("queue_full", 2)] {
        let reason = batch.strings.intern(reason);
        batch.dropped.push(Dropped { reason, count });
    }
    add(&mut batch, 0, "press", 0, &[]);
    weft.acknowledged(Page(Seed([2; 16])).seal(&batch)).await;
    let costs = shown(&weft, COSTS, |costs| costs["costs"]["events"] == 1).await;
    let saved = &costs["saved"];
    let told = ["accepted", "dropped", "lost_in_browser"].map(|name| saved[name].as_u64().unwrap());
    assert_eq!(told, [1, 2, 0]);
    let one = costs["costs"]["exported_bytes"].as_u64().unwrap() as f64;
    for (row, (verb, events)) in
        saved["rows"].as_array().unwrap().iter().zip([("aggregate", 40), ("drop", 3)])
    {
        assert_eq!(
            (&row["verb"], &row["events"], &row["key"]),
            (&json!(verb), &json!(events), &json!("shop-web"))
        );
        assert_eq!(row["bytes"], one * f64::from(events), "as many as those that came have");
    }
}
