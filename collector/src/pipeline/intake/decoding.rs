//! Step 5 as an intake does it: what takes long away from the threads that serve requests, and only so much at once.

use std::sync::Arc;

use super::{Intake, kib};
use crate::{
    connections::SeenSpans,
    pipeline::{
        admit::{Admitted, Coding, Encoding},
        decode::{self, Counted, Posted, Spans, json},
        link::Candidate,
        signal::Signal,
    },
    reject::Reject,
};

/// What cannot inflate to more is decoded at once: a third of a millisecond, and another thread would cost two switches.
const SMALL: usize = 256 * 1024;

/// What was posted as JSON takes about so many times its size while it is read, recorded and deflated, and the time
/// of a batch inflated to that.
const JSON_TAKES: usize = 16;

/// DEFLATE makes at most so many bytes of one.
const MOST_INFLATED: usize = 1032;

impl Intake {
    /// Step 5 for an erasure, if it is one: the session it names.
    pub(in crate::pipeline) fn erases(&self, admitted: &Admitted) -> Result<Option<[u8; 16]>, Reject> {
        let Some(session) = &admitted.erase else { return Ok(None) };
        let session = decode::session_id(session).filter(|_| admitted.body.is_empty());
        let session = session.ok_or_else(|| self.refuse(Reject::NotAnErasure.by(Some(&admitted.key))))?;
        Ok(Some(session))
    }

    /// Step 5 for an erasure in every key: the session, and what is admitted as if a page of each had asked for it.
    pub(in crate::pipeline) fn erasures(&self, session: &str) -> Result<([u8; 16], Vec<Admitted>), Reject> {
        let session = decode::session_id(session).ok_or(Reject::NotAnErasure)?;
        let changing = self.changing();
        Ok((session, changing.gate.keys().map(|key| changing.gate.admit_operator(key)).collect()))
    }

    /// Step 5 for what a page has posted.
    pub(crate) async fn decode_batch(&self, admitted: &Admitted) -> Result<Posted, Reject> {
        let (bytes, limit) = (admitted.body.clone(), self.limits.body_bytes);
        let most = if json::is_json(&bytes) { bytes.len().saturating_mul(JSON_TAKES) } else { 0 };
        let (key, dictionaries) = (Arc::clone(&admitted.key.name), Arc::clone(&self.dictionaries));
        let decoded = self.aside(most, move || decode::of_page(bytes, limit, &key, &dictionaries)).await;
        decoded.map_err(|reject| {
            self.changing().gate.blame(admitted.address, Some(&admitted.key), &reject);
            self.refuse(reject.by(Some(&admitted.key)))
        })
    }

    /// Step 5 for OTLP that came as JSON: what it would have come as.
    pub(in crate::pipeline) async fn as_protobuf(
        &self,
        signal: Signal,
        admitted: Admitted,
    ) -> Result<Admitted, Reject> {
        if admitted.encoding == Encoding::Protobuf {
            return Ok(admitted);
        }
        let limit = self.limits.otlp_body_bytes;
        let body =
            self.look(&admitted, move |plain| decode::otlp_json::protobuf(plain, signal, limit)).await?;
        Ok(Admitted { coding: Coding::Identity, body: body.into(), ..admitted })
    }

    /// Step 5 for OTLP: what it holds, which of its spans rules look at, and what the map of connections is made of.
    pub(crate) async fn decode_otlp(
        &self,
        admitted: &Admitted,
    ) -> Result<(Counted, Vec<Candidate>, Box<SeenSpans>), Reject> {
        let (changing, key) = (self.changing(), Arc::clone(&admitted.key));
        let meters = Arc::clone(&self.meters);
        let look = move |plain: &[u8]| {
            let spans = Spans::of(plain)?;
            let rules = Some(&changing.rules).filter(|rules| rules.look_at(&key));
            let candidates = rules.map_or_else(Vec::new, |rules| rules.in_otlp(&key.application, &spans));
            Ok((spans.counted(), candidates, meters.connections.see(&spans)))
        };
        self.look(admitted, look).await
    }

    /// How many items it has. Nothing else of it is looked at.
    pub(crate) async fn count_other(&self, admitted: &Admitted) -> Result<Counted, Reject> {
        self.look(admitted, decode::count_items).await
    }

    async fn look<T: Send + 'static>(
        &self,
        admitted: &Admitted,
        look: impl FnOnce(&[u8]) -> Result<T, Reject> + Send + 'static,
    ) -> Result<T, Reject> {
        let (body, coding, limit) = (admitted.body.clone(), admitted.coding, self.limits.otlp_body_bytes);
        let most = match coding {
            Coding::Identity => body.len(),
            Coding::Gzip => body.len().saturating_mul(MOST_INFLATED).min(limit),
        };
        let looked = self.aside(most, move || look(&decode::plain(&body, coding, limit)?)).await;
        looked.map_err(|reject| self.refuse(reject.by(Some(&admitted.key))))
    }

    /// What takes long is done away from the threads that serve requests, and only so much at once. `most`: bytes it may
    /// take.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        most: usize,
        work: impl FnOnce() -> Result<T, Reject> + Send + 'static,
    ) -> Result<T, Reject> {
        if most <= SMALL {
            return work();
        }
        // Nothing closes it; and who waits here waits for decoding, which always ends.
        let _room = self.decoding.acquire_many(kib(most.min(self.limits.otlp_body_bytes))).await;
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Reject::SpoolBusy))
    }
}
