//! OTLP/HTTP as stock exporters speak it: recordings of OpenTelemetry's Go, Java, JavaScript and Python, sent to the collector
//! as they were, arrive as they were. `compatibility/README.md` says how they were made.

mod json;
mod kept;
mod meaning;
mod parts;
mod recorded;

use prost::Message;
use support::{
    collector::{Bound, Collector, SERVER_KEY, Setting},
    http::Answer,
    ledger::Ledger,
    page::ORIGIN,
};
use weft_collector::RpcStatus;

use self::{
    kept::Kept,
    meaning::{items, of_protobuf},
    recorded::Recording,
};

const PROTOBUF: &str = "application/x-protobuf";

/// Of each language traces with and without gzip, logs and metrics.
const OF_PROTOBUF: usize = 4 * 4;

async fn start() -> (Kept, Collector) {
    let kept = Kept::start().await;
    let setting = Setting { origin: ORIGIN.to_owned(), sink: kept.endpoint(), ..Setting::default() };
    let collector = Collector::start(Bound::new().await, &setting);
    (kept, collector)
}

/// Nothing was lost or made, and whoever sends next is served.
async fn end(kept: Kept, collector: Collector) {
    Ledger::of(collector.addresses()).await.assert_balances();
    collector.stop().await;
    kept.assert_nothing_left();
}

#[tokio::test]
async fn what_stock_exporters_send_in_protobuf_arrives_as_it_was() {
    let (kept, collector) = start().await;
    let recordings = Recording::all(PROTOBUF);
    assert_eq!(recordings.len(), OF_PROTOBUF);
    for recording in recordings {
        let (what, sent) = (&recording.name, recording.plain());
        let answer = recording.send(collector.addresses()).await;
        // A success without anything to say is an empty message.
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(PROTOBUF)), "{what}");
        assert_eq!(answer.text(), "", "{what}");
        let arrived = kept.take(what, &recording.path, items(&sent).len()).await;
        assert_eq!(items(&arrived), items(&sent), "{what}: each to the byte, in the same order");
        let (arrived, sent) = (of_protobuf(recording.part(), &arrived), of_protobuf(recording.part(), &sent));
        assert_eq!(arrived, sent, "{what}: with the same resources and scopes");
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn a_refusal_of_protobuf_is_a_status_in_protobuf() {
    let (kept, collector) = start().await;
    let to = collector.addresses();
    for recording in Recording::all(PROTOBUF) {
        let half = recording.body.slice(..recording.body.len() / 2);
        assert_status(&recording.send_body(to, SERVER_KEY, half).await, 400, 3, &recording.name);
        let whole = recording.body.clone();
        assert_status(&recording.send_body(to, "sk_other", whole).await, 401, 16, &recording.name);
    }
    end(kept, collector).await;
}

fn assert_status(answer: &Answer, status: u16, code: i32, what: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (status, Some(PROTOBUF)), "{what}");
    let said = RpcStatus::decode(&*answer.body).expect("a google.rpc.Status");
    assert_eq!(said.code, code, "{what}");
    assert!(!said.message.is_empty(), "{what}: it says what to change");
}
