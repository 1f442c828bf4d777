//! Any batch an SDK may make, for property tests.

#![allow(clippy::unwrap_used)]

use proptest::{collection::vec, option, prelude::*, sample::Index};
use weft_proto::{
    Attribute, Batch, Dropped, Event, InTrace, Kind, Link, LinkKinds, OpenState, Point, Session, Status,
    Target, Value,
};

/// An event before its batch is known: attributes and links not yet in the batch's lists.
#[derive(Debug, Clone)]
struct Draft {
    gap: u64,
    name: String,
    kind: u32,
    start: u64,
    duration: u64,
    epoch: u32,
    session: Option<Index>,
    backs: [Option<Index>; 5],
    status: u32,
    state: u32,
    attributes: Vec<(String, Scalar)>,
    links: Vec<DraftLink>,
}

/// Own or foreign target, kinds, rule.
type DraftLink = (Result<Index, ([u8; 16], [u8; 8])>, u32, Option<String>);

#[derive(Debug, Clone)]
enum Scalar {
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    List(Vec<Scalar>),
    Map(Vec<(String, Scalar)>),
    Empty,
}

/// Text of any kind, and such as is packed or looks like it.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        ".{0,20}",
        "[\u{0}-\u{6}a]{1,4}",
        "[0-9a-f]{6,40}",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{11,13}",
        Just("0123456789abcdef".repeat(40)),
    ];
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn scalar() -> impl Strategy<Value = Scalar> {
    let leaf = prop_oneof![
        text().prop_map(Scalar::Text),
        any::<bool>().prop_map(Scalar::Bool),
        any::<i64>().prop_map(Scalar::Int),
        any::<f64>().prop_map(Scalar::Double),
        (any::<i32>(), 0..6)
            .prop_map(|(digits, places)| Scalar::Double(f64::from(digits) / 10_f64.powi(places))),
        vec(any::<u8>(), 0..8).prop_map(Scalar::Bytes),
        Just(Scalar::Empty),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Scalar::List),
            vec(("[a-z.]{0,6}", inner), 0..3).prop_map(Scalar::Map),
        ]
    })
}

fn draft() -> impl Strategy<Value = Draft> {
    let link = (
        prop_oneof![any::<Index>().prop_map(Ok), any::<([u8; 16], [u8; 8])>().prop_map(Err)],
        1..=LinkKinds::ALL.0,
        option::of("[a-z]{1,5}"),
    )
        .prop_filter("a named kind has a name", |(_, kinds, rule)| {
            rule.is_some() || !LinkKinds(*kinds).contains(LinkKinds::NAMED)
        });
    let time = prop_oneof![
        any::<u64>(),
        0..4_000_000_000_000u64,
        (0..4_000_000_000u64).prop_map(|ms| ms * 1_000_000),
        // As clocks have it that count milliseconds in doubles.
        (1_794_993_000_000.0..1_795_000_000_000.0)
            .prop_map(|ms: f64| ((ms * 10.0).round() / 10.0 * 1e6).round() as u64),
    ];
    let first = (prop_oneof![1..4u64, 1..1u64 << 40], "[a-zA-Z.]{0,12}", 0..6u32, time.clone(), time);
    let state = prop_oneof![3 => Just(0), 1 => 1..6u32];
    let second = (0..3u32, option::of(any::<Index>()), any::<[Option<Index>; 5]>(), 0..3u32, state);
    let third = (vec(("[a-z.]{1,8}", scalar()), 0..5), vec(link, 0..4));
    (first, second, third).prop_map(|(first, second, third)| Draft {
        gap: first.0,
        name: first.1,
        kind: first.2,
        start: first.3,
        duration: first.4,
        epoch: second.0,
        session: second.1,
        backs: second.2,
        status: second.3,
        state: second.4,
        attributes: third.0,
        links: third.1,
    })
}

/// Any batch.
pub(crate) fn batch() -> impl Strategy<Value = Batch> {
    let session = (any::<[u8; 16]>(), option::of(any::<[u8; 16]>()), 0..1u64 << 56);
    (
        vec(draft(), 0..20),
        vec(session, 0..3),
        vec(("[a-z.]{1,8}", scalar()), 0..4),
        option::of(any::<u32>()),
        vec((any::<u32>(), 0..1u64 << 50), 0..4),
        vec(("[a-z_]{1,8}", any::<u64>()), 0..3),
    )
        .prop_map(|(drafts, sessions, resource, page_load, points, dropped)| {
            let mut batch = Batch::default();
            batch.resource = attributes(&mut batch, resource);
            batch.sessions = sessions
                .into_iter()
                .map(|(id, previous_id, randomness)| Session { id, previous_id, randomness })
                .collect();
            batch.page_load = page_load.map(u64::from);
            batch.points = points
                .into_iter()
                .map(|(number, start_ns)| Point { number: number.into(), start_ns })
                .collect();
            batch.dropped = dropped
                .into_iter()
                .map(|(reason, count)| Dropped { reason: batch.strings.intern(&reason), count })
                .collect();
            let mut number = 0;
            for draft in drafts {
                number += draft.gap;
                add(&mut batch, number, draft);
            }
            batch
        })
}

fn add(batch: &mut Batch, number: u64, draft: Draft) {
    let earlier = |index: Option<Index>| index.map(|index| number - 1 - index.index(number as usize) as u64);
    let [parent, root, previous, view, interaction] = draft.backs;
    let first_attribute = batch.attributes.len() as u32;
    let mut own = attributes(batch, draft.attributes);
    batch.attributes.append(&mut own);
    let first_link = batch.links.len() as u32;
    for (target, kinds, rule) in draft.links {
        let target = match target {
            Ok(index) => Target::Own(number - 1 - index.index(number as usize) as u64),
            Err((trace, span)) => Target::Foreign(trace, span),
        };
        let rule = rule.map(|rule| batch.strings.intern(&rule));
        batch.links.push(Link { target, kinds: LinkKinds(kinds), rule });
    }
    let session =
        draft.session.filter(|_| !batch.sessions.is_empty()).map(|at| at.index(batch.sessions.len()) as u32);
    let event = Event {
        number,
        name: batch.strings.intern(&draft.name),
        kind: Kind::from_otlp(draft.kind).unwrap(),
        start_ns: draft.start,
        duration_ns: draft.duration,
        epoch: draft.epoch,
        session,
        trace: earlier(root).map(|root| {
            let parent = earlier(parent).filter(|parent| *parent >= root);
            InTrace { root, parent }
        }),
        previous: earlier(previous),
        view: earlier(view),
        interaction: earlier(interaction),
        status: Status::from_otlp(draft.status).unwrap(),
        open: OpenState::from_wire(draft.state),
        attributes: first_attribute..batch.attributes.len() as u32,
        links: first_link..batch.links.len() as u32,
    };
    batch.events.push(event);
}

fn attributes(batch: &mut Batch, from: Vec<(String, Scalar)>) -> Vec<Attribute> {
    // A key comes once in an event.
    let from: std::collections::BTreeMap<_, _> = from.into_iter().collect();
    from.into_iter()
        .map(|(key, scalar)| {
            let value = value(batch, scalar);
            Attribute { key: batch.strings.intern(&key), value }
        })
        .collect()
}

fn value(batch: &mut Batch, from: Scalar) -> Value {
    match from {
        Scalar::Text(text) => Value::Text(batch.strings.intern(&text)),
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::Double(value) => Value::Double(value),
        Scalar::Bytes(bytes) => Value::Bytes(bytes.into()),
        Scalar::List(values) => Value::List(values.into_iter().map(|inner| value(batch, inner)).collect()),
        Scalar::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, inner)| {
                    let inner = value(batch, inner);
                    (batch.strings.intern(&key), inner)
                })
                .collect(),
        ),
        Scalar::Empty => Value::Empty,
    }
}
