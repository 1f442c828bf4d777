//! What a link says of its reasons, and what an event is that lost its parent or has not ended.

use weft_proto::OpenState;

use super::*;

/// The pairs of the last link of the request that the press caused, which is to event 5.
fn said(kinds: LinkKinds, text: &str) -> Vec<(String, String)> {
    let mut batch = pressed();
    let text = Some(batch.strings.intern(text));
    batch.links[2] = Link { target: Target::Own(5), kinds, rule: text };
    batch.events[1].previous = None;
    let spans = spans(&record(&[6, 1]), &head(1), &batch);
    let pairs = shown(&spans[0].links[0].attributes);
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn a_cause_that_was_inferred_says_so_and_by_what() {
    let expected =
        pairs([("weft.link", "cause"), ("weft.link.inferred", "true"), ("weft.link.rule", "window")]);
    assert_eq!(said(LinkKinds::CAUSE, "window"), expected);
}

#[test]
fn a_kind_of_the_apps_own_is_declared_and_stands_beside_others() {
    assert_eq!(said(LinkKinds::NAMED, "restocks"), pairs([("weft.link", "restocks")]));
    assert_eq!(
        said(LinkKinds::NAMED | LinkKinds::CAUSE, "restocks"),
        pairs([("weft.link", "cause+restocks")])
    );
}

#[test]
fn two_kinds_of_the_apps_own_for_one_target_are_both_said() {
    let mut batch = pressed();
    let [first, second] = ["restocks", "replaces"].map(|name| Some(batch.strings.intern(name)));
    let link = |rule| Link { target: Target::Own(5), kinds: LinkKinds::NAMED, rule };
    batch.links.truncate(2);
    batch.links.extend([link(first), link(second), link(first)]);
    batch.events[1].links = 2..5;
    batch.events[1].previous = None;
    let spans = spans(&record(&[6, 1]), &head(1), &batch);
    let kinds: Vec<_> = targets(&spans[0].links).into_iter().map(|(.., kinds)| kinds).collect();
    assert_eq!(kinds, ["restocks", "replaces", "page"]);
}

#[test]
fn an_event_whose_caller_ended_first_stays_in_its_trace_and_has_all_that_a_root_has() {
    let ids = Ids::new(SEED);
    let mut batch = pressed();
    batch.events[1].trace = Some(InTrace { root: 3, parent: None });
    let spans = spans(&record(&[6, 1]), &head(1), &batch);
    assert_eq!(spans[0].trace_id, ids.trace(3));
    assert_eq!(spans[0].span_id, ids.span(6));
    assert!(spans[0].parent_span_id.is_empty());
    let kinds: Vec<_> = targets(&spans[0].links).into_iter().map(|(.., kinds)| kinds).collect();
    assert_eq!(kinds, ["cause+previous true window", "page"]);
    assert!(shown(&spans[0].attributes).iter().any(|(key, _)| *key == "weft.since_page_load_ms"));
}

#[test]
fn what_is_open_is_no_event() {
    let mut batch = pressed();
    batch.events[1].open = Some(OpenState::Visible);
    assert_eq!(spans(&record(&[5, 1]), &head(1), &batch).len(), 1);
    let told = Told::by(&batch).events;
    assert_eq!(told.iter().map(|event| event.number).collect::<Vec<_>>(), [5]);
}
