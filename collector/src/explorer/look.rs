//! A record of the spool → what of it is kept: its events as they are exported, scrubbed and linked.

use std::{collections::HashMap, sync::Arc};

use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message;

use super::{
    event::{Event, From, text},
    open::{self, Open},
};
use crate::{
    config::{CANARY, EventsAs, Limits},
    ledger::Owner,
    pipeline::{
        decode::session_id,
        link::{hex, placed_linked},
        spool::{Erased, Intervals, Kind, Placed, Record},
    },
};

/// What a record has come to.
pub(super) enum Looked {
    Events(Box<Events>),
    /// A session of which nothing is shown any more.
    Erased {
        application: Arc<str>,
        session: String,
    },
    /// There was no time to look.
    PassedOver {
        events: u64,
        application: Arc<str>,
        /// That these numbers have come is known all the same.
        page: Option<([u8; 16], Intervals)>,
    },
}

/// The events of one record.
pub(super) struct Events {
    pub(super) owner: Owner,
    /// Of a batch: whose it is, and the numbers that are known from it.
    pub(super) page: Option<([u8; 16], Intervals)>,
    /// Bytes of the request as it was sent.
    pub(super) sent_bytes: usize,
    pub(super) all: Vec<Seen>,
    /// What has not ended.
    pub(super) open: Vec<Open>,
    /// Of a closure: the number of what is given up.
    pub(super) closed: Option<u64>,
}

/// An event, and of whose session.
pub(super) struct Seen {
    pub(super) event: Event,
    pub(super) session: Option<Arc<str>>,
    pub(super) previous: Option<Arc<str>>,
    pub(super) span: Span,
}

/// Characters of a session's id that somebody else chose.
const MOST_ID: usize = 128;

/// Whom a record is from, as far as it matters for what is looked at together.
pub(super) fn who(placed: &Placed) -> u64 {
    match placed.record.page.first_chunk() {
        // It is derived from the page's seed: as good as random.
        Some(page) => u64::from_le_bytes(*page),
        None => xxhash_rust::xxh3::xxh3_64(&placed.end.to_le_bytes()),
    }
}

/// A record that there is no time for.
pub(super) fn pass_over(record: &Record) -> Looked {
    let page: Option<[u8; 16]> = record.page.as_slice().try_into().ok();
    Looked::PassedOver {
        events: record.events,
        application: record.owner().application,
        page: page.map(|page| (page, known_numbers(record))),
    }
}

/// What is kept of a record. `None`: nothing.
pub(super) fn look(placed: &Placed, limits: &Limits, erased: &Erased) -> Option<Looked> {
    let record = &placed.record;
    let owner = record.owner();
    match record.kind() {
        _ if *owner.application == *CANARY => None,
        Kind::Erased => {
            let application = Arc::clone(&owner.application);
            Some(Looked::Erased { application, session: hex(&record.erased) })
        }
        Kind::Batch | Kind::Otlp | Kind::Released | Kind::Closed => {
            Some(Looked::Events(Box::new(events(placed, limits, erased, owner))))
        }
        Kind::Logs | Kind::Metrics | Kind::Head | Kind::Unknown => None,
    }
}

fn events(placed: &Placed, limits: &Limits, erased: &Erased, owner: Owner) -> Events {
    let record = &placed.record;
    let parts = placed_linked(placed, limits, EventsAs::Spans);
    // Whatever is wrong with it is said by whoever exports it.
    let requests = parts.unwrap_or_default().into_iter();
    let requests = requests.filter_map(|part| ExportTraceServiceRequest::decode(&*part.bytes).ok());
    let is_gone = |session: &str| {
        !erased.is_empty() && session_id(session).is_some_and(|id| erased.contains(&owner, &id))
    };
    let mut all: Vec<_> = requests.flat_map(seen).collect();
    all.retain(|seen| !seen.session.as_deref().is_some_and(is_gone));
    let mut open = open::of(placed, limits);
    open.retain(|open| !is_gone(&open.session));
    let page: Option<[u8; 16]> = record.page.as_slice().try_into().ok();
    Events {
        page: page.map(|page| (page, known_numbers(record))),
        sent_bytes: if record.kind() == Kind::Batch { record.body.len() } else { 0 },
        closed: (record.kind() == Kind::Closed).then_some(record.closed),
        all,
        open,
        owner,
    }
}

/// Numbers that are accounted for: taken, or said to be open.
fn known_numbers(record: &Record) -> Intervals {
    let mut known = Intervals::from_wire(&record.taken);
    known.add(&Intervals::from_wire(&record.open));
    known
}

/// The spans of a request, each with whose session it is of.
fn seen(request: ExportTraceServiceRequest) -> Vec<Seen> {
    let mut sessions: HashMap<String, Arc<str>> = HashMap::new();
    let mut id = |span: &Span, key: &str| {
        let id = text(&span.attributes, key).filter(|id| !id.is_empty() && id.len() <= MOST_ID)?;
        Some(Arc::clone(sessions.entry(id.to_owned()).or_insert_with(|| id.into())))
    };
    let mut all = Vec::new();
    for of_resource in request.resource_spans {
        let from = Arc::new(From::new(of_resource.resource.unwrap_or_default()));
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let Some(event) = Event::of(&span, &from) else { continue };
            let (session, previous) = (id(&span, "session.id"), id(&span, "session.previous_id"));
            all.push(Seen { event, session, previous, span });
        }
    }
    all
}
