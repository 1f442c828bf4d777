//! Parents, guesses and long spans, from outside: frames in, sealed batches out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod page;

use weft_proto::{InTrace, LinkKinds, OpenState, Target};

use page::{INTERACTION, MONDAY, NO_CAUSE, NONE, PAGE_LOAD, Page};

const HOUR: f64 = 3_600_000.0;

#[test]
fn a_child_that_ends_inside_its_parent_is_one() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, PAGE_LOAD).begin(1, MONDAY, NONE, NO_CAUSE);
    page.begin_in(2, MONDAY, NONE, (NO_CAUSE, false), Some((1, 1))).finish(2, "child", &[]);
    page.finish(1, "parent", &[]);
    let batch = page.sealed().unwrap();
    assert_eq!(batch.events[2].trace, Some(InTrace { root: 1, parent: Some(1) }));
    assert_eq!((batch.events[2].previous, batch.links_of(&batch.events[2]).len()), (None, 0));
    assert_eq!(batch.events[1].previous, Some(0));
}

#[test]
fn a_child_that_outlives_its_parent_keeps_its_trace_and_points_to_what_began_it() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE);
    page.begin_in(1, MONDAY, NONE, (NO_CAUSE, false), Some((0, 0))).finish(0, "parent", &[]);
    page.finish_in(1, true, "child", &[]);
    let batch = page.sealed().unwrap();
    assert_eq!(batch.events[1].trace, Some(InTrace { root: 0, parent: None }));
    let link = batch.links_of(&batch.events[1])[0];
    assert_eq!((link.target, link.kinds, link.rule), (Target::Own(0), LinkKinds::CAUSE, None));
}

#[test]
fn a_guessed_cause_names_its_rule_and_makes_no_interaction() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, INTERACTION).begin_in(1, MONDAY, NONE, (0.0, true), None).finish(1, "GET", &[]);
    let batch = page.sealed().unwrap();
    let link = batch.links_of(&batch.events[1])[0];
    assert_eq!((link.target, link.kinds), (Target::Own(0), LinkKinds::CAUSE));
    assert_eq!(batch.strings.get(link.rule.unwrap()), "window");
    assert_eq!(batch.events[1].interaction, None);
}

#[test]
fn a_link_to_an_event_of_the_page_costs_its_number_and_one_to_another_its_ids() {
    let mut page = Page::opened();
    page.moment(0, MONDAY, PAGE_LOAD).begin(1, MONDAY, NONE, NO_CAUSE);
    page.link(1, LinkKinds::RESTORED, Target::Own(0), "");
    page.link(1, LinkKinds::NAMED, Target::Foreign([7; 16], [8; 8]), "reply").finish(1, "event", &[]);
    let batch = page.sealed().unwrap();
    let links = batch.links_of(&batch.events[1]);
    assert_eq!((links[0].target, links[0].kinds, links[0].rule), (Target::Own(0), LinkKinds::RESTORED, None));
    assert_eq!((links[1].target, links[1].kinds), (Target::Foreign([7; 16], [8; 8]), LinkKinds::NAMED));
    assert_eq!(batch.strings.get(links[1].rule.unwrap()), "reply");
}

#[test]
fn a_long_span_is_told_whole_once_and_in_a_few_bytes_from_then_on() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE).long(0, "upload", &[("file.kind", "video")]);
    let first = page.sealed_at(MONDAY + 1.0, OpenState::Visible).unwrap();
    assert_eq!(first.events[0].open, Some(OpenState::Visible));
    assert_eq!(first.strings.get(first.events[0].name), "upload");
    assert_eq!(first.attributes_of(&first.events[0]).len(), 1);

    assert_eq!(page.sealed_at(MONDAY + 2.0, OpenState::Visible), None, "nothing new happened");
    page.moment(1, MONDAY + HOUR, INTERACTION);
    let second = page.sealed_at(MONDAY + HOUR, OpenState::Visible).unwrap();
    assert_eq!((second.events.len(), second.events[0].open), (2, Some(OpenState::Visible)));
    assert_eq!(second.events[0].duration_ns, 3_600_000_000_000);
    assert_eq!(second.strings.get(second.events[0].name), "");

    page.long(0, "upload", &[("file.kind", "video")]);
    assert_eq!(page.sealed_at(MONDAY + HOUR, OpenState::Visible), None, "nor is what was said before");
    let hidden = page.sealed_at(MONDAY + HOUR, OpenState::Hidden).unwrap();
    assert_eq!(hidden.events[0].open, Some(OpenState::Hidden), "another state is news");
    page.finish(0, "upload", &[]);
    let end = page.sealed_at(MONDAY + 2.0 * HOUR, OpenState::Hidden).unwrap();
    assert_eq!((end.events.len(), end.events[0].open), (1, None));
    assert_eq!(page.sealed_at(MONDAY + 3.0 * HOUR, OpenState::Visible), None);
}

#[test]
fn the_tail_holds_what_waits_and_gives_up_what_is_open_and_leaves_both_as_they_were() {
    let mut page = Page::opened();
    assert_eq!(page.tail(MONDAY), None);
    page.begin(0, MONDAY, NONE, NO_CAUSE).long(0, "call", &[]).moment(1, MONDAY, NONE);
    page.finish(9, "ghost", &[]);
    let tail = page.tail(MONDAY + 5.0).unwrap();
    assert_eq!((tail.events[0].open, tail.events[1].open), (Some(OpenState::Gone), None));
    assert!(tail.dropped.is_empty(), "they would count twice");
    let sealed = page.sealed_at(MONDAY + 5.0, OpenState::Visible).unwrap();
    assert_eq!((sealed.events.len(), sealed.dropped.len()), (2, 1));
    let tail = page.tail(MONDAY + 6.0).unwrap();
    assert_eq!(
        (tail.events.len(), tail.strings.get(tail.events[0].name)),
        (1, "call"),
        "whole: nobody else may know"
    );
}

#[test]
fn what_is_cancelled_is_nothing() {
    let mut page = Page::opened();
    page.begin(0, MONDAY, NONE, NO_CAUSE).long(0, "call", &[]);
    page.0.cancel(0);
    assert_eq!((page.tail(MONDAY), page.sealed()), (None, None));
}
