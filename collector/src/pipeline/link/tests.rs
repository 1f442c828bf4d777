//! Page load happened, three weeks later, oh look, button press.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value as Any},
    trace::v1::{ResourceSpans, Span, span},
};
use prost::Message;
use weft_proto::{Attribute, Form, Ids, InTrace, Kind, Link, LinkKinds, Point, Seed, Session, Target, Value};

mod kinds;

use super::*;
use crate::pipeline::{export::Part, spool::Stamp};

const SEED: Seed = Seed([5; 16]);
const LOADED_NS: u64 = 1_700_000_000_000_000_000;
const WEEKS_NS: u64 = 21 * 86_400 * 1_000_000_000;
const PRESSED_NS: u64 = LOADED_NS + WEEKS_NS + 400_000;

fn head(epoch: u32) -> Head {
    Head { form: Form::Plain, seed: SEED, digest: 0, number: 3, send_time_ms: 0, epoch }
}

fn record(taken: &[u64]) -> Record {
    let stamp = Stamp { service: "shop-web".into(), environment: Some("demo".into()), ..Stamp::default() };
    Record {
        taken: taken.to_vec(),
        user_agent: Some("Firefox".into()),
        stamp: Some(stamp),
        ..Record::default()
    }
}

/// A press (5) and the request it caused (6), three weeks after the page load (0) and the root before them (3).
fn pressed() -> Batch {
    let mut batch = Batch { page_load: Some(0), ..Batch::default() };
    let text = |batch: &mut Batch, text: &str| batch.strings.intern(text);
    let (press, request) = (text(&mut batch, "press"), text(&mut batch, "GET"));
    batch.sessions = vec![Session { id: [2; 16], previous_id: Some([1; 16]), randomness: 0x00ab_cdef }];
    batch.points =
        vec![Point { number: 0, start_ns: LOADED_NS }, Point { number: 3, start_ns: LOADED_NS + 1_500_000 }];
    for (key, value) in
        [("app.button", "buy"), ("session.id", "forged"), ("weft.state", "x"), ("weft.seq", "9")]
    {
        let (key, value) = (text(&mut batch, key), Value::Text(text(&mut batch, value)));
        batch.attributes.push(Attribute { key, value });
    }
    let link = |target, kinds| Link { target, kinds, rule: None };
    let rule = text(&mut batch, "window");
    batch.links = vec![
        link(Target::Own(3), LinkKinds::SESSION),
        link(Target::Foreign([9; 16], [8; 8]), LinkKinds::OPENER),
        Link { rule: Some(rule), ..link(Target::Own(5), LinkKinds::CAUSE) },
    ];
    let event = Event { epoch: 1, session: Some(0), view: Some(0), interaction: Some(5), ..Event::default() };
    batch.events = vec![
        Event {
            number: 5,
            name: press,
            start_ns: PRESSED_NS,
            previous: Some(3),
            attributes: 0..4,
            links: 0..2,
            ..event.clone()
        },
        Event {
            number: 6,
            name: request,
            kind: Kind::Client,
            start_ns: PRESSED_NS + 2_000_000,
            duration_ns: 7_000_000,
            previous: Some(5),
            links: 2..3,
            epoch: 0,
            ..event
        },
    ];
    batch
}

fn spans(record: &Record, head: &Head, batch: &Batch) -> Vec<Span> {
    decoded(record, head, batch).scope_spans.remove(0).spans
}

/// As a destination reads it.
fn decoded(record: &Record, head: &Head, batch: &Batch) -> ResourceSpans {
    let linked = Part::of(link(record, head, batch));
    let mut request = ExportTraceServiceRequest::decode(linked.bytes.as_slice()).unwrap();
    assert_eq!(request.encode_to_vec(), linked.bytes, "as OpenTelemetry's own encoder would write it");
    let of_resource = request.resource_spans.pop().unwrap();
    assert_eq!(linked.spans, of_resource.scope_spans[0].spans.len() as u64);
    assert_eq!(of_resource.scope_spans[0].scope.as_ref().unwrap().name, "@weft/browser");
    assert!(request.resource_spans.is_empty() && of_resource.scope_spans.len() == 1);
    of_resource
}

fn shown(attributes: &[KeyValue]) -> Vec<(&str, String)> {
    let show = |value: &Any| match value {
        Any::StringValue(text) => text.clone(),
        Any::IntValue(int) => int.to_string(),
        Any::BoolValue(flag) => flag.to_string(),
        Any::ArrayValue(array) => {
            let texts = array.values.iter().map(|value| match &value.value {
                Some(Any::StringValue(text)) => text.clone(),
                other => panic!("{other:?}"),
            });
            texts.collect::<Vec<_>>().join("+")
        }
        other => panic!("{other:?}"),
    };
    let pair = |pair: &'_ KeyValue| show(pair.value.as_ref().and_then(|value| value.value.as_ref()).unwrap());
    attributes.iter().map(|attribute| (attribute.key.as_str(), pair(attribute))).collect()
}

fn targets(links: &[span::Link]) -> Vec<(TraceId, SpanId, u32, String)> {
    let target = |link: &span::Link| {
        let kinds = shown(&link.attributes).into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" ");
        (
            link.trace_id.clone().try_into().unwrap(),
            link.span_id.clone().try_into().unwrap(),
            link.flags,
            kinds,
        )
    };
    links.iter().map(target).collect()
}

#[test]
fn a_press_three_weeks_later_has_its_place_its_gap_and_its_links() {
    let ids = Ids::new(SEED);
    let spans = spans(&record(&[5, 2]), &head(1), &pressed());
    let [press, request] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((press.trace_id.as_slice(), press.span_id.as_slice()), (&ids.trace(5)[..], &ids.span(5)[..]));
    assert!(press.parent_span_id.is_empty() && request.parent_span_id.is_empty());
    assert_eq!((press.flags, press.trace_state.as_str()), (0x103, "ot=rv:00000000abcdef"));
    assert_eq!((press.start_time_unix_nano, press.end_time_unix_nano), (PRESSED_NS, PRESSED_NS));
    assert_eq!(request.end_time_unix_nano - request.start_time_unix_nano, 7_000_000);
    assert_eq!((request.kind, press.dropped_attributes_count), (3, 2));
    assert_eq!(
        shown(&press.attributes),
        [
            ("app.button", "buy".to_owned()),
            ("weft.state", "x".to_owned()),
            ("session.id", "02".repeat(16)),
            ("session.previous_id", "01".repeat(16)),
            ("weft.page.id", hex(&ids.page())),
            ("weft.seq", "5".to_owned()),
            ("weft.view.id", hex(&ids.span(0))),
            ("weft.since_previous_ms", (21 * 86_400_000 - 1).to_string()),
            ("weft.since_page_load_ms", (21 * 86_400_000).to_string()),
            ("weft.interaction.id", hex(&ids.span(5))),
        ]
    );
    let own = |number, kinds: &str| (ids.trace(number), ids.span(number), 0x103, kinds.to_owned());
    assert_eq!(
        targets(&press.links),
        [own(3, "previous+session"), ([9; 16], [8; 8], 0, "opener".to_owned()), own(0, "page")]
    );
    assert_eq!(targets(&request.links), [own(5, "cause+previous true window"), own(0, "page")]);
}

#[test]
fn only_what_was_taken_is_exported_and_only_that_is_counted() {
    let batch = pressed();
    let only_request = record(&[6, 1]);
    assert_eq!(spans(&only_request, &head(1), &batch).len(), 1);
    assert_eq!(Told::by(&batch).remarks(&Intervals::from_wire(&[6, 1])).reserved_attributes, 0);
    assert_eq!(Told::by(&batch).remarks(&Intervals::from_wire(&[5, 2])).reserved_attributes, 2);
}

#[test]
fn a_clock_that_is_ahead_is_corrected_for_events_of_its_epoch_and_for_no_distance() {
    let ahead = Record { skew_ms: Some(90_000), ..record(&[5, 2]) };
    let spans = spans(&ahead, &head(1), &pressed());
    let attribute = |span: &Span, key: &str| {
        shown(&span.attributes).into_iter().find(|(found, _)| *found == key).map(|(_, value)| value)
    };
    assert_eq!(spans[0].start_time_unix_nano, PRESSED_NS - 90_000_000_000);
    assert_eq!(attribute(&spans[0], "weft.clock.skew_ms").unwrap(), "90000");
    assert_eq!(attribute(&spans[0], "weft.since_page_load_ms").unwrap(), (21 * 86_400_000).to_string());
    assert_eq!(spans[1].start_time_unix_nano, PRESSED_NS + 2_000_000, "of an older epoch");
    assert_eq!(attribute(&spans[1], "weft.clock.skew_ms"), None);
}

#[test]
fn a_child_belongs_to_its_parents_trace_and_has_no_place_of_its_own() {
    let ids = Ids::new(SEED);
    let mut batch = pressed();
    batch.events[1].trace = Some(InTrace { root: 5, parent: Some(5) });
    batch.events[1].previous = None;
    batch.events[1].links = 0..0;
    let spans = spans(&record(&[5, 2]), &head(1), &batch);
    assert_eq!(spans[1].trace_id, ids.trace(5));
    assert_eq!(spans[1].parent_span_id, ids.span(5));
    assert!(spans[1].links.is_empty());
    assert!(!shown(&spans[1].attributes).iter().any(|(key, _)| key.starts_with("weft.since")));
}

#[test]
fn the_page_load_links_to_nothing_of_its_own_page() {
    let mut batch = Batch { page_load: Some(0), ..Batch::default() };
    batch.events = vec![Event { view: Some(0), ..Event::default() }];
    let spans = spans(&record(&[0, 1]), &head(0), &batch);
    assert!(spans[0].links.is_empty());
    assert_eq!(spans[0].trace_state, "", "it has no session");
    let keys: Vec<_> = shown(&spans[0].attributes).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["weft.page.id", "weft.seq", "weft.view.id"]);
}

#[test]
fn links_beyond_the_bound_are_counted() {
    let mut batch = Batch::default();
    let link = |n: u8| Link { target: Target::Foreign([n; 16], [n; 8]), kinds: LinkKinds::CAUSE, rule: None };
    batch.links = (1..=140).map(link).collect();
    batch.events = vec![Event { links: 0..140, ..Event::default() }];
    let spans = spans(&record(&[0, 1]), &head(0), &batch);
    assert_eq!((spans[0].links.len(), spans[0].dropped_links_count), (128, 12));
}

#[test]
fn identity_comes_from_the_key_and_claims_are_marked() {
    let mut batch = Batch::default();
    let claims = [
        ("service.version", "1.2"),
        ("service.name", "forged"),
        ("browser.language", "de"),
        ("browser.language", "said twice"),
    ];
    for (key, value) in claims {
        let (key, value) = (batch.strings.intern(key), Value::Text(batch.strings.intern(value)));
        batch.resource.push(Attribute { key, value });
    }
    let resource = decoded(&record(&[]), &head(0), &batch).resource.unwrap();
    let expected = [
        ("service.name", "shop-web"),
        ("deployment.environment.name", "demo"),
        ("telemetry.sdk.name", "weft"),
        ("telemetry.sdk.language", "webjs"),
        ("user_agent.original", "Firefox"),
        ("service.version", "1.2"),
        ("browser.language", "de"),
        ("weft.resource.claimed", "service.version+browser.language"),
    ];
    assert_eq!(shown(&resource.attributes), expected.map(|(key, value)| (key, value.to_owned())));
    let removed = Told::by(&batch).remarks(&Intervals::default()).reserved_attributes;
    assert_eq!(removed, 2, "the forged one, and what was said twice");
}

/// Any batch that an SDK may make; shared with the tests of the wire format.
#[path = "../../../../proto/tests/arbitrary/mod.rs"]
mod arbitrary;

proptest::proptest! {
    #[test]
    fn any_batch_is_written_as_opentelemetrys_own_encoder_would(batch in arbitrary::batch(), skew_ms: Option<i64>) {
        let everything = Record { skew_ms, ..record(&[0, u64::MAX / 2]) };
        let spans = spans(&everything, &head(0), &batch);
        let ids = Ids::new(SEED);
        let finished: Vec<_> = batch.events.iter().filter(|event| event.open.is_none()).collect();
        proptest::prop_assert_eq!(spans.len(), finished.len());
        for (span, event) in spans.iter().zip(finished) {
            proptest::prop_assert_eq!(&span.span_id[..], &ids.span(event.number)[..]);
            proptest::prop_assert_eq!(&span.name, batch.strings.get(event.name));
            let end = span.start_time_unix_nano.saturating_add(event.duration_ns);
            proptest::prop_assert_eq!(span.end_time_unix_nano, end);
            let keys: std::collections::BTreeSet<_> = span.attributes.iter().map(|attribute| &attribute.key).collect();
            proptest::prop_assert_eq!(keys.len(), span.attributes.len(), "a key comes once");
        }
    }
}

#[test]
fn a_key_is_claimed_once_and_nothing_stamped_is_shadowed() {
    let mut batch = Batch::default();
    let claims = [
        ("browser.language", "de"),
        ("browser.language", "en"),
        ("service.name", "forged"),
        ("user_agent.original", "forged"),
        ("telemetry.sdk.name", "forged"),
        ("weft.resource.claimed", "forged"),
    ];
    for (key, value) in claims {
        let (key, value) = (batch.strings.intern(key), Value::Text(batch.strings.intern(value)));
        batch.resource.push(Attribute { key, value });
    }
    let resource = decoded(&record(&[]), &head(0), &batch).resource.unwrap();
    let found = shown(&resource.attributes);
    let mut keys: Vec<_> = found.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), found.len(), "{found:?}");
    assert!(found.contains(&("browser.language", "de".to_owned())));
    assert!(found.contains(&("weft.resource.claimed", "browser.language".to_owned())));
    assert!(!found.iter().any(|(_, value)| value == "forged"));
    assert_eq!(Told::by(&batch).remarks(&Intervals::default()).reserved_attributes, 5);
}
