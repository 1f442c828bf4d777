//! One row of a table: a subject, a format, a size of requests; at full load or at a given pace.

use std::time::{Instant, SystemTime};

use super::{
    Format, Programs, disk,
    report::{HalfLoad, Row},
    sender::Sender,
    sink::Sink,
    subject::Subject,
};
use crate::{Failure, corpus::Corpus};

/// Long enough for a thousand requests in the slowest row.
const SECONDS_AT_HALF_LOAD: f64 = 8.0;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Who is measured.
    pub subject: Subject,
    /// What it is sent.
    pub format: Format,
    /// Spans in each request.
    pub per_request: usize,
}

impl Load {
    /// Sends so many spans as fast as they are taken.
    ///
    /// # Errors
    /// Not every span arrives just once.
    pub async fn full(self, programs: &Programs, spans: usize) -> Result<Row, Failure> {
        let sink = Sink::start().await?;
        let running = self.subject.start(programs, sink.endpoint())?;
        let bodies = self.bodies(spans / self.per_request)?;
        let (requests, sent) = (bodies.len(), (bodies.len() * self.per_request) as u64);
        let sender = Sender { url: running.url(self.format), format: self.format };
        let (cpu, began) = (running.cpu()?, Instant::now());
        let acks = sender.send(bodies).await?;
        let acknowledged_after = began.elapsed().as_secs_f64();
        sink.wait_for(sent).await?;
        let million = sent as f64 / 1e6;
        Ok(Row {
            load: self,
            spans: sent,
            cpu_per_million: (running.cpu()? - cpu) / million,
            spans_per_second: sent as f64 / began.elapsed().as_secs_f64(),
            requests_per_second: requests as f64 / acknowledged_after,
            acks,
            bytes_out: sink.bytes() as f64 / sent as f64,
            peak_mib: running.peak_mib()?,
        })
    }

    /// Sends at half of what `full` managed, and asks the same disk meanwhile how long it takes.
    ///
    /// # Errors
    /// Not every span arrives just once.
    pub async fn half(self, programs: &Programs, full: &Row) -> Result<HalfLoad, Failure> {
        // What it delivered, not what it acknowledged: at half of that it never falls behind.
        let requests_per_second = full.spans_per_second / self.per_request as f64 / 2.0;
        let bodies = self.bodies((requests_per_second * SECONDS_AT_HALF_LOAD) as usize)?;
        let sent = (bodies.len() * self.per_request) as u64;
        let size = bodies.first().map_or(0, Vec::len);
        let fsync_alone = disk::fsync(size)?;
        let sink = Sink::start().await?;
        let running = self.subject.start(programs, sink.endpoint())?;
        let sender = Sender { url: running.url(self.format), format: self.format };
        let probe = disk::Probe::start(size)?;
        let acks = sender.send_at(requests_per_second, bodies).await?;
        let fsync = probe.stop()?;
        sink.wait_for(sent).await?;
        Ok(HalfLoad { load: self, requests_per_second, acks, fsync_alone, fsync })
    }

    /// Made before anything is measured, since making them costs as much as taking them.
    fn bodies(self, requests: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as u64;
        let mut corpus = Corpus::read()?;
        let mut make = || match self.format {
            Format::Weft => corpus.batch(self.per_request, now),
            Format::Otlp => corpus.otlp(self.per_request),
        };
        Ok((0..requests).map(|_| make()).collect())
    }
}
