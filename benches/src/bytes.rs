//! How many bytes a span takes: spans of any OTLP/JSON file as batches of a page, there and back again.

pub mod json;

mod canonical;
mod fields;
mod ours;
mod page;
mod rebuild;
mod rest;

use std::collections::BTreeMap;

use flate2::{Compression, write::GzEncoder};
use prost::Message;
use weft_proto::{
    Base, Batch, Earlier, Form, Head, Seed, base::MAX_BASE_BYTES, decode, deflate_behind, digest, inflate,
    seal,
};

use self::{json::Recorded, page::Page};
use crate::Failure;

/// What sizes of batches are measured.
pub const SIZES: [usize; 6] = [200, 100, 50, 20, 5, 1];

/// Bytes a span with one size of batches.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Spans in a batch.
    pub batch: usize,
    /// Ours, each batch alone.
    pub weft: f64,
    /// Ours, each batch behind those of its page before it.
    pub weft_dict: f64,
    /// OTLP/JSON, gzip level 6.
    pub otlp_json_gzip: f64,
    /// OTLP/protobuf, gzip level 6.
    pub otlp_proto_gzip: f64,
    /// OTLP/JSON as OpenTelemetry JS sends it, not compressed.
    pub otlp_json: f64,
}

/// What a file comes to.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many spans.
    pub spans: usize,
    /// Whether everything but the numbers in ids came back.
    pub lossless: bool,
    /// What did not come back, if something did not.
    pub lost: Option<String>,
    /// By size of batches.
    pub rows: Vec<Row>,
}

/// Measures one recorded file.
///
/// # Errors
/// It is no OTLP/JSON.
pub fn measure(text: &str) -> Result<Report, Failure> {
    let recorded = Recorded::read(text)?;
    let pages = page::pages(&recorded);
    let mut report = Report { spans: recorded.spans.len(), lossless: true, lost: None, rows: Vec::new() };
    for size in SIZES {
        let (mut sums, mut back) = ([0_usize; 5], BTreeMap::new());
        for page in &pages {
            page_in_batches(page, &recorded, size, &mut sums, &mut back)?;
        }
        let lost = canonical::difference(&recorded, &pages, &back);
        report.lossless &= lost.is_none();
        report.lost = report.lost.or(lost);
        let [weft, weft_dict, otlp_json_gzip, otlp_proto_gzip, otlp_json] =
            sums.map(|sum| sum as f64 / report.spans.max(1) as f64);
        report.rows.push(Row { batch: size, weft, weft_dict, otlp_json_gzip, otlp_proto_gzip, otlp_json });
    }
    Ok(report)
}

/// Spans that came back, by page and number.
type Back = BTreeMap<(Seed, u64), rebuild::Rebuilt>;

/// Sends one page in batches as an exporter would form them: in the order in which the spans end.
fn page_in_batches(
    page: &Page,
    recorded: &Recorded,
    size: usize,
    sums: &mut [usize; 5],
    back: &mut Back,
) -> Result<(), Failure> {
    let mut earlier = Earlier::default();
    for (number, spans) in page.by_end(recorded).chunks(size).enumerate() {
        let number = number as u64;
        let (alone, length) = sent(&page.batch(recorded, spans), page.seed, number);
        let (head, body) = Head::read(&alone)?;
        let plain = inflate(head.form, &[], body)?.into_owned();
        if digest(&plain) != head.digest {
            return Err("a batch is sealed as something else than it is".into());
        }
        rebuild::spans(&decode(&plain)?, page.seed, back)?;
        let behind = behind(&earlier, number, &plain)?.unwrap_or(body.len());
        let json = recorded.json(spans);
        let lengths = [
            alone.len(),
            length + behind,
            gzip(&json)?.len(),
            gzip(&recorded.request(spans).encode_to_vec())?.len(),
            json.len(),
        ];
        sums.iter_mut().zip(lengths).for_each(|(sum, length)| *sum += length);
        earlier.keep(number, &plain, MAX_BASE_BYTES);
    }
    Ok(())
}

/// How long a batch is behind the earlier ones of its page, with what names those. `None`: there are none.
fn behind(earlier: &Earlier, number: u64, plain: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(base) = earlier.base() else { return Ok(None) };
    let mut bytes = Vec::new();
    base.write(number, &mut bytes);
    bytes.extend(deflate_behind(earlier.bytes(), plain));
    let (read, body) = Base::read(number, &bytes)?;
    let known = earlier.of(&read).ok_or("a base names something else than it stands for")?;
    if *inflate(Form::Behind, known, body)? != *plain {
        return Err("a batch behind earlier ones comes back as something else".into());
    }
    Ok(Some(bytes.len()))
}

/// A batch as it is sent, each alone; and how long its head is.
fn sent(batch: &Batch, seed: Seed, number: u64) -> (Vec<u8>, usize) {
    let sealed = seal(batch);
    let head = Head {
        form: sealed.form,
        seed,
        digest: sealed.digest,
        number,
        send_time_ms: 1_796_807_558_000,
        epoch: 0,
    };
    let mut alone = Vec::new();
    head.write(&mut alone);
    let length = alone.len();
    alone.extend(&sealed.bytes);
    (alone, length)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
