//! The recorder, from outside: frames as JavaScript writes them in, sealed batches out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod page;

use proptest::prelude::*;
use weft_proto::{LinkKinds, OpenState, StrId, Target, Value, limits};
use weft_sdk::record::{End, Kept};

use page::{INTERACTION, MARK, MONDAY, NO_CAUSE, NONE, PAGE_LOAD, Page, THREE_WEEKS, named};

#[test]
fn nothing_recorded_seals_to_nothing() {
    assert_eq!(Page::opened().sealed(), None);
}

#[test]
fn a_press_three_weeks_later_knows_its_page_load_in_another_batch() {
    let mut page = Page::opened();
    page.session(1, None, None).moment(0, MONDAY, PAGE_LOAD);
    assert_eq!(page.sealed().unwrap().events.len(), 1);

    page.session(2, Some(1), Some(Target::Own(0))).moment(1, MONDAY + THREE_WEEKS, INTERACTION);
    let batch = page.sealed().unwrap();
    let press = &batch.events[0];
    assert_eq!(batch.page_load, Some(0));
    assert_eq!(press.previous, Some(0));
    assert_eq!(press.view, Some(0));
    assert_eq!(press.interaction, Some(1));
    assert_eq!(press.start_ns - batch.start_of(0).unwrap(), 21 * 86_400 * 1_000_000_000);
    assert_eq!(batch.sessions[press.session.unwrap() as usize].previous_id, Some([1; 16]));
    assert_eq!(batch.links_of(press)[0].target, Target::Own(0));
    assert_eq!(batch.links_of(press)[0].kinds, LinkKinds::SESSION);
}

#[test]
fn only_the_first_root_of_a_session_links_to_the_session_before() {
    let mut page = Page::opened();
    let elsewhere = Target::Foreign([7; 16], [8; 8]);
    page.session(2, Some(1), Some(elsewhere)).moment(0, MONDAY, PAGE_LOAD).moment(1, MONDAY + 1.0, NONE);
    let batch = page.sealed().unwrap();
    assert_eq!(batch.links_of(&batch.events[0])[0].target, Target::Foreign([7; 16], [8; 8]));
    assert!(batch.links_of(&batch.events[1]).is_empty());
}

#[test]
fn a_request_links_to_the_press_that_caused_it() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, PAGE_LOAD).moment(1, MONDAY + 5.0, INTERACTION);
    page.begin(2, MONDAY + 6.0, NONE, 1.0).finish(2, "POST", &[]).unwrap();
    let batch = page.sealed().unwrap();
    let request = &batch.events[2];
    assert_eq!(request.previous, Some(1));
    assert_eq!(request.interaction, Some(1));
    assert_eq!(batch.links_of(request)[0].target, Target::Own(1));
    assert_eq!(batch.links_of(request)[0].kinds, LinkKinds::CAUSE);
}

#[test]
fn an_event_that_ends_late_keeps_the_place_it_started_in() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, PAGE_LOAD).begin(1, MONDAY + 1.0, NONE, NO_CAUSE).moment(2, MONDAY + 2.0, NONE);
    assert_eq!(page.sealed().unwrap().events[1].previous, Some(1));
    page.finish(1, "slow", &[]).unwrap();
    let batch = page.sealed().unwrap();
    assert_eq!(batch.events[0].previous, Some(0));
    assert!(batch.start_of(0).is_some());
}

#[test]
fn a_mark_is_nobodys_previous_and_takes_nobodys_session_link() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, PAGE_LOAD).session(2, Some(1), Some(Target::Foreign([7; 16], [8; 8])));
    page.moment(1, MONDAY + 1.0, MARK).moment(2, MONDAY + 2.0, NONE);
    let batch = page.sealed().unwrap();
    assert_eq!(batch.events[1].previous, Some(0));
    assert!(batch.links_of(&batch.events[1]).is_empty());
    assert_eq!(batch.events[2].previous, Some(0));
    assert_eq!(batch.links_of(&batch.events[2])[0].kinds, LinkKinds::SESSION);
}

#[test]
fn urls_are_scrubbed_before_they_are_kept() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE);
    page.finish(0, "GET", &[("url.full", "https://shop.example/p/123?token=secret#x")]).unwrap();
    let batch = page.sealed().unwrap();
    let Value::Text(url) = batch.attributes[0].value else { panic!("a text") };
    assert_eq!(batch.strings.get(url), "https://shop.example/p/:id");
    let mut kept = (0..batch.strings.len() as u32).map(|id| batch.strings.get(StrId(id)));
    assert!(kept.all(|text| !text.contains("secret")));
}

#[test]
fn what_ends_without_having_started_is_refused_and_counted() {
    let mut page = Page::opened();
    assert_eq!(page.finish(5, "ghost", &[]), None);
    page.moment(6, MONDAY, NONE);
    let batch = page.sealed().unwrap();
    assert_eq!(batch.events.len(), 1);
    assert_eq!(batch.strings.get(batch.dropped[0].reason), "not_open");
    assert_eq!(batch.dropped[0].count, 1);
}

#[test]
fn events_that_never_end_do_not_fill_memory() {
    let mut page = Page::opened();
    for number in 0..10_000 {
        page.begin(number, MONDAY, NONE, NO_CAUSE);
    }
    assert_eq!(page.finish(0, "forgotten", &[]), None);
    assert!(page.finish(9_999, "open", &[]).is_some());
}

#[test]
fn what_waits_is_told_in_bytes_until_it_is_sealed() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE).begin(1, MONDAY, NONE, NO_CAUSE).begin(2, MONDAY, NONE, NO_CAUSE);
    let small = page.finish(0, "small", &[]).unwrap();
    let large = page.finish(1, "large", &[("text", &"x".repeat(10_000))]).unwrap();
    assert!(small < 100 && large > 10_000, "{small} {large}");
    page.sealed();
    assert_eq!(page.finish(2, "small", &[]), Some(small));
}

#[test]
fn an_attribute_comes_once() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE);
    page.finish(0, "event", &[("a", "first"), ("a", "second")]).unwrap();
    assert_eq!(page.sealed().unwrap().attributes.len(), 1);
}

#[test]
fn a_batch_is_to_be_sealed_before_it_outgrows_what_can_outlive_the_page() {
    let mut page = Page::opened();
    let mut events = 0;
    for number in 0.. {
        page.begin(number, MONDAY, NONE, NO_CAUSE);
        let end = End { number, duration_ms: 0.0, kind: 0, status: 0, demoted: false };
        if page.0.finish(&end, &named(&format!("event {number}"), &[])) == Kept::SealFirst {
            break;
        }
        events += 1;
    }
    let mut out = Vec::new();
    page.0.seal(MONDAY, OpenState::Visible, &mut out);
    assert!((200..limits::MAX_EVENTS).contains(&events), "{events}");
    assert!(out.len() < 60 * 1024);
}

proptest! {
    #[test]
    fn frames_of_noise_never_panic(frames in prop::collection::vec((0..4u8, any::<u8>(), any::<Vec<u8>>()), 0..20)) {
        let mut page = Page::opened();
        for (call, small, frame) in frames {
            let number = u64::from(small % 4);
            page.begin(number, MONDAY, NONE, NO_CAUSE);
            let (kind, status) = (u32::from(small % 8), u32::from(small % 5));
            match call {
                0 => page.0.resource(&frame),
                1 => {
                    let end = End { number, duration_ms: f64::NAN, kind, status, demoted: true };
                    page.0.finish(&end, &frame);
                }
                2 => {
                    page.0.long(number, kind, &frame);
                }
                _ => {
                    let mut acknowledged = weft_sdk::request::Acknowledged::default();
                    acknowledged.sealed(&frame, frame.clone());
                    acknowledged.behind(kind, number, &mut Vec::new());
                    assert_eq!(acknowledged.answer(1, number, &frame), None);
                }
            }
        }
        page.sealed();
    }
}
