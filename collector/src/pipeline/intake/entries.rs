//! What was admitted and read, as it is given to the spool: its record, what is wanted of it, and its events, counted.

use std::sync::Arc;

use weft_proto::{Batch, Head, Ids};

use super::{Intake, skew};
use crate::{
    config::{Distinct, Key},
    connections::SeenSpans,
    ledger::Carried,
    outcome::Outcome,
    pipeline::{
        admit::{Admitted, Coding},
        decode::{Counted, OVERFLOW, Overflow, SealedBatch},
        link::{Candidate, Told, words},
        signal::Signal,
        spool::{Claim, Decoded, Entry, Intervals, Kind, Record, Said, Stamp},
    },
};

impl Intake {
    pub(crate) fn batch_entries(
        &self,
        admitted: Admitted,
        batches: Vec<SealedBatch>,
    ) -> (Arc<Key>, Vec<Entry>) {
        let key = Arc::clone(&admitted.key);
        let entries = batches.into_iter().map(|SealedBatch { bytes, head, batch }| {
            self.batch_entry(Admitted { body: bytes, ..admitted.clone() }, head, batch)
        });
        (key, entries.collect())
    }

    fn batch_entry(&self, admitted: Admitted, head: Head, batch: Batch) -> Entry {
        let finished = batch.events.iter().filter(|event| event.open.is_none());
        let carried = Carried::receive(&self.ledger, &admitted.key, finished.clone().count() as u64);
        let page = Ids::new(head.seed).page();
        let numbers = Intervals::from_ascending(finished.map(|event| event.number));
        let (told, changing) = (Told::by(&batch), self.changing());
        let key = &admitted.key;
        let Overflow { attributes, values } =
            self.distinct.look(&changing.distinct, &key.name, admitted.receive_time_ms, &batch);
        let user_agent = self.user_agent(&admitted, &changing.distinct);
        let is_too_many = usize::from(user_agent != admitted.user_agent);
        self.meters.overflow.count(&key.name, attributes.len(), values.len() / 2 + is_too_many);
        let record = Record {
            user_agent,
            withheld: told.withheld(),
            overflowed_attributes: attributes,
            overflowed_values: values,
            ..self.batch_record(admitted, &head)
        };
        let candidates = changing.rules.in_batch(&record, &head, &batch);
        let open = Said { words: words(&record, &head, &batch), announces: changing.announces };
        let claim = Claim::Numbers { page, numbers, open, told, decoded: Decoded::new(head, batch) };
        Entry { record, claim, candidates, carried }
    }

    /// Anybody can say that he is some browser that nobody has heard of.
    fn user_agent(&self, admitted: &Admitted, bounds: &Distinct) -> Option<String> {
        let agent = admitted.user_agent.as_ref()?;
        let may_tell = self.distinct.may_tell(bounds, &admitted.key.name, admitted.receive_time_ms, agent);
        Some(if may_tell { agent.clone() } else { OVERFLOW.to_owned() })
    }

    /// The record of a batch, before anybody has looked into it.
    pub(super) fn batch_record(&self, admitted: Admitted, head: &Head) -> Record {
        let key = &admitted.key;
        let stamp = Stamp {
            service: key.service.clone(),
            environment: key.environment.clone(),
            namespace: key.namespace.clone(),
            client_address: admitted
                .address
                .filter(|_| key.client_address)
                .map(|address| address.ip().to_string()),
        };
        Record {
            skew_ms: skew::of(head.send_time_ms, admitted.receive_time_ms, self.changing().max_skew),
            stamp: Some(stamp),
            page: Ids::new(head.seed).page().to_vec(),
            ..record(Kind::Batch, admitted)
        }
    }

    pub(crate) fn erasure_entry(&self, admitted: Admitted, session: [u8; 16]) -> (Arc<Key>, Entry) {
        let key = Arc::clone(&admitted.key);
        let carried = Carried::receive(&self.ledger, &key, 0);
        // Of who erases nothing else need be kept.
        let record = Record { user_agent: None, erased: session.to_vec(), ..record(Kind::Erased, admitted) };
        (key, Entry { record, claim: Claim::Erase(session), candidates: Vec::new(), carried })
    }

    pub(crate) fn other_entry(
        &self,
        signal: Signal,
        admitted: Admitted,
        counted: Counted,
    ) -> (Arc<Key>, Entry) {
        let kind = match signal {
            Signal::Traces => Kind::Otlp,
            Signal::Logs => Kind::Logs,
            Signal::Metrics => Kind::Metrics,
        };
        self.body_entry(kind, admitted, counted, Vec::new(), None)
    }

    pub(crate) fn otlp_entry(
        &self,
        admitted: Admitted,
        (counted, candidates, seen): (Counted, Vec<Candidate>, Box<SeenSpans>),
    ) -> (Arc<Key>, Entry) {
        self.body_entry(Kind::Otlp, admitted, counted, candidates, Some(seen))
    }

    fn body_entry(
        &self,
        kind: Kind,
        admitted: Admitted,
        counted: Counted,
        candidates: Vec<Candidate>,
        seen: Option<Box<SeenSpans>>,
    ) -> (Arc<Key>, Entry) {
        let mut carried = Carried::receive(&self.ledger, &admitted.key, counted.spans + counted.refused);
        carried.refuse(Outcome::SpanInvalid, counted.refused);
        let key = Arc::clone(&admitted.key);
        let hash = self.seed.hash(&key.name, &admitted.body);
        let body_hash = hash.to_be_bytes().to_vec();
        let record = Record { body_hash, whole: counted.refused == 0, ..record(kind, admitted) };
        (key, Entry { record, claim: Claim::Body(hash, seen), candidates, carried })
    }
}

fn record(kind: Kind, admitted: Admitted) -> Record {
    Record {
        kind: kind.into(),
        key: admitted.key.name.to_string(),
        application: admitted.key.application.to_string(),
        receive_time_ms: admitted.receive_time_ms,
        user_agent: admitted.user_agent,
        gzip: admitted.coding == Coding::Gzip,
        body: admitted.body,
        ..Record::default()
    }
}
