//! A destination that wants moments as log records gets those that have no place in a graph, and spans for the rest.

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{KeyValue, any_value::Value as Any},
    logs::v1::LogRecord,
};
use prost::Message;
use weft_proto::{
    Attribute, Batch, Event, Ids, Link, LinkKinds, Point, Seed, Session, Status, Target, Value,
};

use crate::support::{Page, Sink, Weft};

const SEED: Seed = Seed([3; 16]);
const BEGAN_NS: u64 = 1_700_000_000_000_000_000;

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Any> {
    attributes.iter().find(|pair| pair.key == key)?.value.as_ref()?.value.as_ref()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match value(attributes, key)? {
        Any::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

/// A visit: an error (1), a click (2), what it caused (3), a request with a duration (4), and a saved cart (5).
fn visit() -> Batch {
    let mut batch = Batch { page_load: Some(0), ..Batch::default() };
    batch.points = vec![Point { number: 0, start_ns: BEGAN_NS }];
    batch.sessions = vec![Session { id: [7; 16], previous_id: None, randomness: 1 }];
    let names = ["exception", "click", "added", "GET", "saved"].map(|name| batch.strings.intern(name));
    let (key, cart) = (batch.strings.intern("cart.id"), batch.strings.intern("c7"));
    batch.attributes = vec![Attribute { key, value: Value::Text(cart) }];
    batch.links = vec![Link { target: Target::Own(2), kinds: LinkKinds::CAUSE, rule: None }];
    for (name, number) in names.into_iter().zip(1..) {
        let previous = Some(number - 1);
        let start_ns = BEGAN_NS + number * 1_000_000_000;
        let view = Some(0);
        batch.events.push(Event {
            number,
            name,
            previous,
            start_ns,
            view,
            session: Some(0),
            ..Event::default()
        });
    }
    batch.events[0].status = Status::Error;
    batch.events[1].interaction = Some(2);
    batch.events[2].links = 0..1;
    batch.events[3].duration_ns = 5_000_000;
    batch.events[4].attributes = 0..1;
    batch
}

#[tokio::test]
async fn moments_are_log_records_with_the_ids_they_would_have_as_spans() {
    let sink = Sink::start(&[]).await;
    let to = format!("[export.logs]\nendpoint = {:?}\nevents_as = \"logs\"", sink.url);
    let weft = Weft::start(&[], &to).await;
    weft.acknowledged(Page(SEED).seal(&visit())).await;

    let spans: Vec<_> = sink.spans(3).await.into_iter().map(|span| span.name).collect();
    assert_eq!(spans, ["click", "added", "GET"], "with links, linked to, or with a duration");
    let (path, body) = sink.others(1).await.remove(0);
    assert_eq!(path, "/v1/logs");
    let request = ExportLogsServiceRequest::decode(body.clone()).unwrap();
    assert_eq!(request.encode_to_vec(), body, "as OpenTelemetry's own encoder would write it");
    let of_resource = &request.resource_logs[0];
    assert_eq!(text(&of_resource.resource.as_ref().unwrap().attributes, "service.name"), Some("shop-web"));
    assert_eq!(of_resource.scope_logs[0].scope.as_ref().unwrap().name, "@weft/browser");
    let [error, saved] = &of_resource.scope_logs[0].log_records[..] else { panic!("{request:?}") };

    let ids = Ids::new(SEED);
    let is = |record: &LogRecord, name: &str, number: u64, severity: i32| {
        assert_eq!((record.event_name.as_str(), record.severity_number), (name, severity));
        assert_eq!(
            (&record.trace_id[..], &record.span_id[..]),
            (&ids.trace(number)[..], &ids.span(number)[..])
        );
        assert_eq!(record.time_unix_nano, BEGAN_NS + number * 1_000_000_000);
        assert!(record.observed_time_unix_nano > record.time_unix_nano);
        assert_eq!(value(&record.attributes, "weft.seq"), Some(&Any::IntValue(number as i64)));
        let target = |number| Some(format!("{}-{}", hex(&ids.trace(number)), hex(&ids.span(number))));
        assert_eq!(text(&record.attributes, "weft.link.page").map(str::to_owned), target(0));
        assert_eq!(text(&record.attributes, "weft.link.previous").map(str::to_owned), target(number - 1));
    };
    is(error, "exception", 1, 17);
    is(saved, "saved", 5, 9);
    assert_eq!(text(&saved.attributes, "cart.id"), Some("c7"));
    let fates = "/keys/shop-web/destinations/logs";
    assert_eq!(weft.count(&format!("{fates}/delivered")).await, 5);
    assert_eq!(weft.count(&format!("{fates}/pending")).await, 0);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
