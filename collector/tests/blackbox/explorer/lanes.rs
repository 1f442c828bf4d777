//! Which pages share a lane: those that were in one tab, as far as anybody has said so.

use serde_json::{Value as Json, json};
use weft_proto::{Batch, Ids, Link, LinkKinds, Seed, Session, Target};

use super::{FIRST, add, events, hex, session, shown};
use crate::support::{Page, Weft};

const SECOND_NS: u64 = 1_000_000_000;

/// A page that is loaded and pressed, so many seconds after the first; `from`: what its load says of another page's event.
fn visit(page: &Page, after: u64, from: Option<(&Page, u64, LinkKinds)>) -> Vec<u8> {
    let sessions = vec![Session { id: FIRST, previous_id: None, randomness: 1 }];
    let mut batch = Batch { page_load: Some(0), sessions, ..Batch::default() };
    let url = [("url.full", "https://shop.example/cart")];
    add(&mut batch, 0, "browser.navigation_timing", after * SECOND_NS, &url);
    add(
        &mut batch,
        1,
        "browser.user_action.click",
        after * SECOND_NS + 1_000_000,
        &[("app.widget.id", "buy")],
    );
    if let Some((other, number, kinds)) = from {
        let ids = Ids::new(other.0);
        let target = Target::Foreign(ids.trace(number), ids.span(number));
        batch.links = vec![Link { target, kinds, rule: None }];
        batch.events[0].links = 0..1;
    }
    page.seal(&batch)
}

fn id(page: &Page) -> String {
    hex(&Ids::new(page.0).page())
}

#[tokio::test]
async fn a_page_that_stands_in_for_another_is_in_its_lane_and_one_that_was_opened_says_from_where() {
    let weft = Weft::start(&[], "").await;
    let [first, again, opened, copy, other] = [1, 2, 3, 4, 5].map(|seed| Page(Seed([seed; 16])));
    for batch in [
        visit(&first, 0, None),
        visit(&again, 10, Some((&first, 1, LinkKinds::RESTORED))),
        visit(&opened, 20, Some((&again, 1, LinkKinds::OPENER))),
        // Whoever copies a tab says the same as the one that stands in for it.
        visit(&copy, 30, Some((&first, 0, LinkKinds::RESTORED))),
        visit(&other, 40, None),
    ] {
        weft.acknowledged(batch).await;
    }
    let timeline = shown(&weft, &session(FIRST), events(10)).await;
    let lane = |pages: &[&Page], opened_by: Json| {
        let pages: Vec<_> = pages.iter().map(|page| id(page)).collect();
        json!({ "kind": "page", "id": pages[0], "pages": pages, "opened_by": opened_by })
    };
    let expected = [
        lane(&[&first, &again], Json::Null),
        lane(&[&opened], json!(0)),
        lane(&[&copy], Json::Null),
        lane(&[&other], Json::Null),
    ];
    assert_eq!(timeline["lanes"], json!(expected));
    assert_eq!((&timeline["session"]["pages"], &timeline["session"]["tabs"]), (&json!(5), &json!(4)));
    let lanes: Vec<_> =
        timeline["events"].as_array().unwrap().iter().map(|event| event["lane"].as_u64().unwrap()).collect();
    assert_eq!(lanes, [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]);
}
