//! What was measured, as tables in Markdown.

use std::fmt;

use super::{Format, measure::Load, subject::Subject};

/// How long things took.
#[derive(Clone, Debug)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Of microseconds in any order.
    #[must_use]
    pub fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        Self(micros)
    }

    /// Milliseconds within which this many in a hundred were done.
    #[must_use]
    pub fn percentile(&self, share: usize) -> f64 {
        let at = (self.0.len() * share / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or(0) as f64 / 1e3
    }
}

/// The median, and what one in a hundred exceeds.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}, {:.2}", self.percentile(50), self.percentile(99))
    }
}

/// At full load.
pub struct Row {
    /// Who and what.
    pub load: Load,
    /// How many were sent.
    pub spans: u64,
    /// Seconds of CPU for a million of them.
    pub cpu_per_million: f64,
    /// From the first request to the last span at the destination.
    pub spans_per_second: f64,
    /// Acknowledged while sending.
    pub requests_per_second: f64,
    /// From request to answer.
    pub acks: Latencies,
    /// Bytes a span at the destination, as sent.
    pub bytes_out: f64,
    /// Most memory.
    pub peak_mib: u64,
}

impl Row {
    /// What is above the rows.
    pub const HEAD: &str = "\
| collector | in | spans a request | CPU-s per million spans | spans/s | ack p50, p99 ms | B a span out | peak MiB |
|---|---|--:|--:|--:|--:|--:|--:|";
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { load, cpu_per_million, spans_per_second, acks, bytes_out, peak_mib, .. } = self;
        let (subject, format, size) = (load.subject.name(), load.format.name(), load.per_request);
        write!(
            f,
            "| {subject} | {format} | {size} | {cpu_per_million:.2} | {spans_per_second:.0} | {acks} \
             | {bytes_out:.0} | {peak_mib} |"
        )
    }
}

/// At half load, beside the disk.
pub struct HalfLoad {
    /// Who and what.
    pub load: Load,
    /// The pace.
    pub requests_per_second: f64,
    /// From when a request was due to its answer.
    pub acks: Latencies,
    /// One append and fsync of as many bytes by somebody else, before.
    pub fsync_alone: Latencies,
    /// The same at the same time.
    pub fsync: Latencies,
}

impl HalfLoad {
    /// What is above the rows.
    pub const HEAD: &str = "\
| collector | in | spans a request | requests/s | fsync alone p50, p99 ms | fsync meanwhile p50, p99 ms | ack p50, p99 ms \
| ack p99 ÷ fsync p99 meanwhile |
|---|---|--:|--:|--:|--:|--:|--:|";
}

impl fmt::Display for HalfLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { load, requests_per_second, acks, fsync_alone, fsync } = self;
        write!(f, "| {} | {} | {} |", load.subject.name(), load.format.name(), load.per_request)?;
        write!(f, " {requests_per_second:.0} | {fsync_alone} | {fsync} | {acks} |")?;
        write!(f, " {:.1} |", acks.percentile(99) / fsync.percentile(99))
    }
}

/// How many times the CPU of ours each peer needs, by size of request.
#[must_use]
pub fn ratios(rows: &[Row], sizes: &[usize]) -> String {
    let cpu = |subject, format, per_request| {
        let row = rows.iter().find(|row| row.load == Load { subject, format, per_request });
        row.map(|row| row.cpu_per_million)
    };
    let mut table = String::from("| CPU of … | over CPU of weft taking … |");
    sizes.iter().for_each(|size| table.push_str(&format!(" at {size} |")));
    table.push_str("\n|---|---|");
    sizes.iter().for_each(|_| table.push_str("--:|"));
    for peer in [Subject::Otelcol, Subject::OtelcolBatched, Subject::OtelcolDurable] {
        for format in [Format::Otlp, Format::Weft] {
            table.push_str(&format!("\n| {} | {} |", peer.name(), format.name()));
            for &size in sizes {
                let ratio = cpu(peer, Format::Otlp, size).zip(cpu(Subject::Weft, format, size));
                table.push_str(
                    &ratio.map_or(" – |".to_owned(), |(peer, own)| format!(" {:.1} |", peer / own)),
                );
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_few_is_one_of_them() {
        let latencies = Latencies::of(vec![3000, 1000, 2000]);
        assert_eq!(latencies.percentile(50).to_bits(), 2.0_f64.to_bits());
        assert_eq!(latencies.percentile(99).to_bits(), 3.0_f64.to_bits());
        assert_eq!(Latencies::of(Vec::new()).percentile(99).to_bits(), 0.0_f64.to_bits());
    }
}
