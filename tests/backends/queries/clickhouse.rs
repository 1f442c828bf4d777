//! `docs/queries/clickhouse.md` in ClickHouse itself, on rows as the OpenTelemetry Collector's exporter (0.161) makes
//! them. That needs a server, and this is ClickHouse without one, so what it does to attributes is done again.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Any};
use serde_json::{Map, Value, json};
use support::received::{Received, hex};

use super::{
    BEFORE, CAUSED, GAPS, SESSION,
    databases::{self, Rows, row, rows},
    document::Document,
    story::{GAP_NS, NAMES, SERVED, Story},
};
use crate::table::Outcome;

const QUESTIONS: [&str; 4] = [SESSION, BEFORE, CAUSED, GAPS];

/// The columns of `otel_traces` that hold a span, with the names, types and order of the exporter's.
const TABLE: &str = "CREATE TABLE otel_traces (
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
    SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String), ScopeName String, ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String), Duration UInt64,
    StatusCode LowCardinality(String), StatusMessage String,
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String))
) ENGINE = MergeTree PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)";

/// Tells the story and asks.
pub(crate) fn ask() -> Outcome {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let story = Story::begin();
    let spans = runtime.block_on(story.tell(None));
    let document = Document::open("clickhouse.md");
    let places = story.places();
    let places: Vec<_> = places.iter().map(|(place, value)| (*place, value.as_str())).collect();
    let asked = json!({
        "engines": ["clickhouse"],
        "tables": [TABLE],
        "rows": spans.iter().map(as_row).collect::<Vec<_>>(),
        "queries": QUESTIONS.map(|heading| document.query(heading, &places)),
    });
    let answers = match databases::ask(&asked) {
        Ok(answers) => answers,
        Err(why) => return Outcome::Skipped(why),
    };
    for (at, heading) in QUESTIONS.iter().enumerate() {
        assert_eq!(rows(&answers[0], at), expected(&story, heading), "{heading}");
    }
    Outcome::Ran("4 questions".to_owned())
}

fn expected(story: &Story, heading: &str) -> Rows {
    let event = |at: usize| row([&seconds(story.began_ns(at)), &"shop-web", &NAMES[at]]);
    let served = |at: usize| row([&seconds(story.served_ns(at)), &"shop-api", &SERVED[at].0]);
    let [before, after] = Story::sessions();
    match heading {
        SESSION => vec![event(1), event(2), served(0), served(1), event(3), event(4), event(5), served(2)],
        BEFORE => vec![
            row([&1, &seconds(story.began_ns(2)), &NAMES[2], &after]),
            row([&2, &seconds(story.began_ns(1)), &NAMES[1], &after]),
            row([&3, &seconds(story.began_ns(0)), &NAMES[0], &before]),
        ],
        CAUSED => vec![[served(0), row([&SERVED[0].3])].concat(), [served(1), row([&SERVED[1].3])].concat()],
        _ => vec![row([&after, &(GAP_NS / 1_000_000_000)])],
    }
}

/// As ClickHouse is told to write times, and reads them.
fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

fn as_row(received: &Received) -> Value {
    let Received { span, resource, .. } = received;
    let links = &span.links;
    let texts = |of: &dyn Fn(usize) -> String| (0..links.len()).map(of).collect::<Vec<_>>();
    json!({
        "Timestamp": seconds(span.start_time_unix_nano),
        "TraceId": hex(&span.trace_id),
        "SpanId": hex(&span.span_id),
        "ParentSpanId": hex(&span.parent_span_id),
        "TraceState": span.trace_state,
        "SpanName": span.name,
        "ServiceName": received.service(),
        "ResourceAttributes": attributes(&resource.attributes),
        "SpanAttributes": attributes(&span.attributes),
        "Duration": span.end_time_unix_nano - span.start_time_unix_nano,
        "Links.TraceId": texts(&|at| hex(&links[at].trace_id)),
        "Links.SpanId": texts(&|at| hex(&links[at].span_id)),
        "Links.TraceState": texts(&|at| links[at].trace_state.clone()),
        "Links.Attributes": links.iter().map(|link| attributes(&link.attributes)).collect::<Vec<_>>(),
    })
}

/// Every value as a text.
fn attributes(all: &[KeyValue]) -> Map<String, Value> {
    let pair = |pair: &KeyValue| {
        let text = match plain(pair.value.as_ref()) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (pair.key.clone(), Value::String(text))
    };
    all.iter().map(pair).collect()
}

fn plain(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => json!(text),
        Some(Any::BoolValue(is)) => json!(is),
        Some(Any::IntValue(number)) => json!(number),
        Some(Any::DoubleValue(number)) => json!(number),
        Some(Any::ArrayValue(list)) => list.values.iter().map(|value| plain(Some(value))).collect(),
        other => panic!("nothing of this story is {other:?}"),
    }
}
