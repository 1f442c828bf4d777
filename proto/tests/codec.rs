//! What is encoded comes back; what is damaged is refused, without a panic.

mod arbitrary;
mod told;

use proptest::prelude::*;
use told::told;
use weft_proto::{
    Ack, Batch, DecodeError, Event, Form, Head, Kind, Seed, decode, digest, encode, inflate, limits, seal,
};

fn head() -> impl Strategy<Value = Head> {
    let deflate = any::<bool>().prop_map(|deflate| if deflate { Form::Deflate } else { Form::Plain });
    (deflate, any::<([u8; 16], u32, u32)>(), 0..=limits::MAX_NUMBER, 0..=limits::MAX_NUMBER).prop_map(
        |(form, (seed, digest, epoch), number, send_time_ms)| Head {
            form,
            seed: Seed(seed),
            digest,
            number,
            send_time_ms,
            epoch,
        },
    )
}

proptest! {
    #[test]
    fn every_batch_comes_back_as_it_was(batch in arbitrary::batch()) {
        prop_assert_eq!(told(&decode(&encode(&batch)).unwrap()), told(&batch));
    }

    #[test]
    fn both_forms_hold_the_same_body(batch in arbitrary::batch()) {
        let sealed = seal(&batch);
        let body = inflate(sealed.form, &[], &sealed.bytes).unwrap();
        prop_assert_eq!(digest(&body), sealed.digest);
        prop_assert_eq!(told(&decode(&body).unwrap()), told(&batch));
    }

    #[test]
    fn every_head_comes_back_with_the_body_behind_it(head in head(), body: Vec<u8>) {
        let mut bytes = Vec::new();
        head.write(&mut bytes);
        bytes.extend_from_slice(&body);
        prop_assert_eq!(Head::read(&bytes).unwrap(), (head, body.as_slice()));
    }

    #[test]
    fn a_head_cut_anywhere_is_refused(head in head(), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        head.write(&mut bytes);
        prop_assert_eq!(Head::read(&bytes[..cut.index(bytes.len())]), Err(DecodeError::Truncated("head")));
    }

    #[test]
    fn a_damaged_body_never_panics(
        batch in arbitrary::batch(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = encode(&batch);
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let _ = decode(&body);
        let _ = decode(&body[..cut.index(body.len())]);
    }

    #[test]
    fn noise_never_panics(noise: Vec<u8>) {
        let _ = Head::read(&noise);
        let _ = decode(&noise);
        let _ = inflate(Form::Deflate, &[], &noise);
        let _ = Ack::decode(&noise);
    }

    #[test]
    fn every_ack_comes_back(digest: u32, number: u64, wait_ms: u32) {
        let ack = Ack { digest, number, wait_ms };
        prop_assert_eq!(Ack::decode(&ack.encode()).unwrap(), ack);
    }
}

#[test]
fn a_captive_portals_page_is_no_ack() {
    assert_eq!(Ack::decode(b"<!doctype html><title>Sign in</title>"), Err(DecodeError::Protobuf));
}

#[test]
fn a_body_that_inflates_beyond_the_limit_is_refused() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; limits::MAX_BODY_BYTES + 1], 9);
    assert!(bomb.len() < 2_000);
    let limit = limits::MAX_BODY_BYTES;
    assert_eq!(inflate(Form::Deflate, &[], &bomb), Err(DecodeError::Limit { what: "bytes of body", limit }));
}

#[test]
fn a_truncated_deflate_stream_is_refused() {
    let sealed = miniz_oxide::deflate::compress_to_vec(b"what is cut off here", 9);
    assert_eq!(inflate(Form::Deflate, &[], &sealed[..sealed.len() - 2]), Err(DecodeError::Truncated("body")));
}

#[test]
fn too_many_events_are_refused() {
    let mut batch = Batch::default();
    let name = batch.strings.intern("event");
    batch.events = (0..=limits::MAX_EVENTS as u64)
        .map(|number| Event { number, name, kind: Kind::Internal, ..Event::default() })
        .collect();
    let limit = limits::MAX_EVENTS;
    assert_eq!(decode(&encode(&batch)), Err(DecodeError::Limit { what: "events", limit }));
}

#[test]
fn small_references_to_long_texts_are_refused_before_they_fill_memory() {
    use weft_proto::{Attribute, Value};
    let mut batch = Batch::default();
    let name = batch.strings.intern("event");
    let long = batch.strings.intern(&"x".repeat(limits::MAX_TEXT_BYTES));
    batch.attributes = vec![Attribute { key: name, value: Value::Text(long) }; 1_000];
    batch.events = (0..1_000)
        .map(|number| Event {
            number,
            name,
            attributes: number as u32..number as u32 + 1,
            ..Event::default()
        })
        .collect();
    let limit = limits::MAX_RESOLVED_BYTES;
    assert_eq!(decode(&encode(&batch)), Err(DecodeError::Limit { what: "bytes, written out", limit }));
}

#[test]
fn small_links_that_would_grow_are_refused_before_they_fill_memory() {
    use weft_proto::{Link, LinkKinds, Target};
    let mut batch = Batch::default();
    let name = batch.strings.intern("event");
    let links = limits::MAX_LINKS as u32;
    batch.events = (1..1_000)
        .map(|number| Event {
            number: number.into(),
            name,
            links: (number - 1) * links..number * links,
            ..Event::default()
        })
        .collect();
    batch.links =
        vec![Link { target: Target::Own(0), kinds: LinkKinds::CAUSE, rule: None }; 999 * limits::MAX_LINKS];
    let limit = limits::MAX_RESOLVED_BYTES;
    assert_eq!(decode(&encode(&batch)), Err(DecodeError::Limit { what: "bytes, written out", limit }));
}

#[test]
fn a_kind_of_the_apps_own_needs_a_name() {
    use weft_proto::{Link, LinkKinds, Target};
    let mut batch = Batch::default();
    let name = batch.strings.intern("restocks");
    batch.events = vec![Event { number: 1, name, links: 0..1, ..Event::default() }];
    let link = |rule| vec![Link { target: Target::Own(0), kinds: LinkKinds::NAMED, rule }];
    batch.links = link(None);
    assert_eq!(decode(&encode(&batch)), Err(DecodeError::Invalid("link kind")));
    batch.links = link(Some(name));
    assert_eq!(told(&decode(&encode(&batch)).unwrap()), told(&batch));
}

#[test]
fn what_is_open_costs_one_byte_an_event_and_nothing_where_all_are_finished() {
    use weft_proto::OpenState;
    let mut batch = Batch::default();
    let name = batch.strings.intern("upload");
    let event = |number: u64| Event { number, name, previous: number.checked_sub(1), ..Event::default() };
    batch.events = (0..10).map(event).collect();
    let finished = encode(&batch).len();
    let last = batch.events.last_mut().unwrap();
    last.open = Some(OpenState::Hidden);
    // And one more for the bits that say which columns there are.
    assert_eq!(encode(&batch).len(), finished + 10 + 1);
}

#[test]
fn a_parent_is_in_the_trace_and_not_before_its_root() {
    use weft_proto::InTrace;
    let mut batch = Batch::default();
    let name = batch.strings.intern("event");
    let mut with = |trace| {
        batch.events = vec![Event { number: 9, name, trace, ..Event::default() }];
        decode(&encode(&batch)).map(|batch| batch.events.first().and_then(|event| event.trace))
    };
    let demoted = Some(InTrace { root: 4, parent: None });
    assert_eq!(with(demoted), Ok(demoted));
    let child = Some(InTrace { root: 4, parent: Some(4) });
    assert_eq!(with(child), Ok(child));
    assert_eq!(with(Some(InTrace { root: 4, parent: Some(3) })), Err(DecodeError::Invalid("parent")));
    assert_eq!(with(Some(InTrace { root: 9, parent: Some(8) })), Err(DecodeError::Invalid("parent")));
}

#[test]
fn a_key_may_not_come_twice_in_one_event() {
    use weft_proto::{Attribute, Value};
    let mut batch = Batch::default();
    let name = batch.strings.intern("event");
    batch.attributes = vec![Attribute { key: name, value: Value::Int(1) }; 2];
    batch.events = vec![Event { name, attributes: 0..2, ..Event::default() }];
    assert_eq!(decode(&encode(&batch)), Err(DecodeError::Invalid("shape")));
}
