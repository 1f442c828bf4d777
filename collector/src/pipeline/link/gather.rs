//! Records → loads of linked spans, as many of one key together as fit a request.

use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::ResourceSpans;

use super::link;
use crate::{
    config::{Destination, Limits},
    pipeline::{
        admit::Coding,
        decode,
        export::Load,
        spool::{Chunk, Kind, Record},
    },
};

/// Links the records of `chunk` that `to` takes, away from the threads that serve requests.
pub(crate) async fn gather(chunk: Chunk, to: &Destination, limits: &Limits) -> Vec<Load> {
    let records = Arc::new(chunk.records);
    let (shared, to_here, limits) = (Arc::clone(&records), to.clone(), limits.clone());
    let gathered = tokio::task::spawn_blocking(move || loads(&shared, &to_here, &limits)).await;
    gathered.unwrap_or_else(|error| {
        // Only a panic gets here: the destination goes on, and what is lost has a name.
        tracing::error!(%error, "records could not be linked");
        records.iter().filter(|record| to.takes(&record.application)).map(given_up).collect()
    })
}

fn given_up(record: &Record) -> Load {
    let mut load = Load::new(&record.key, &record.application, record.receive_time_ms);
    load.passed = record.events;
    load.undecodable = record.events;
    load
}

fn loads(records: &[Record], to: &Destination, limits: &Limits) -> Vec<Load> {
    let mut full = Vec::new();
    let mut open: Vec<Load> = Vec::new();
    for record in records.iter().filter(|record| to.takes(&record.application)) {
        let bytes = record.body.len();
        let at = open.iter().position(|load| load.is_of(&record.key, &record.application));
        let at = match at {
            Some(at) if open.get(at).is_some_and(|load| load.has_room(record.events, bytes)) => at,
            Some(at) => {
                full.push(open.remove(at));
                begin(&mut open, record)
            }
            None => begin(&mut open, record),
        };
        if let Some(load) = open.get_mut(at) {
            add(load, record, limits);
        }
    }
    full.append(&mut open);
    full
}

fn begin(open: &mut Vec<Load>, record: &Record) -> usize {
    open.push(Load::new(&record.key, &record.application, record.receive_time_ms));
    open.len() - 1
}

fn add(load: &mut Load, record: &Record, limits: &Limits) {
    load.passed += record.events;
    match spans(record, limits) {
        Ok(spans) => load.add(spans),
        Err(why) => {
            tracing::error!(key = record.key, events = record.events, %why, "a record can no longer be decoded");
            load.undecodable += record.events;
        }
    }
}

fn spans(record: &Record, limits: &Limits) -> Result<Vec<ResourceSpans>, Arc<str>> {
    let why = |error: crate::reject::Reject| Arc::from(error.to_string());
    match record.kind() {
        Kind::Batch => {
            let (head, batch) = decode::batch(&record.body, limits.body_bytes).map_err(why)?;
            Ok(vec![link(record, &head, &batch)])
        }
        Kind::Otlp => {
            let coding = if record.gzip { Coding::Gzip } else { Coding::Identity };
            Ok(decode::otlp(&record.body, coding, limits.otlp_body_bytes).map_err(why)?.resource_spans)
        }
        Kind::Claims | Kind::Unknown => Err("written by a later version".into()),
    }
}
