//! What step 7 costs a span: declared links alone, and where a rule looks, with more and more live sessions. Prints
//! Markdown.
//!
//! `link [SPANS [SESSIONS...]]`: spans that are measured, and live sessions. CPU time of the whole process, the store's
//! own threads included, so that it says nearly the same on a busy machine.

use std::hint::black_box;

use benches::{
    Failure,
    corpus::Corpus,
    cost::{cpu_seconds, resident_mib},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use weft_collector::measured::{Linking, PageBatch};

/// The collector's: which allocator it is changes what linking costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Spans of one request: a full batch of a stock SDK.
const AT_ONCE: u64 = 512;

/// A browser sends what it has recorded of its session together.
const IN_A_ROW: u64 = 8;

/// Where the corpus begins to tell.
const SEND_TIME_MS: u64 = 1_796_807_558_000;

fn main() -> Result<(), Failure> {
    let numbers = std::env::args().skip(1).map(|number| number.parse());
    let numbers = numbers.collect::<Result<Vec<u64>, _>>()?;
    let (spans, sessions) = match &*numbers {
        [] => (400_000, &[1_000, 10_000, 100_000, 1_000_000][..]),
        [spans] => (*spans, &[1_000, 10_000, 100_000, 1_000_000][..]),
        [spans, sessions @ ..] => (*spans, sessions),
    };
    println!("| what | ns a span |\n|---|--:|");
    declared(spans)?;
    println!(
        "\n| live sessions | roots of one in a row | look ns | index ns | all ns | links | MiB resident | MiB on disk |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    for run in [IN_A_ROW, 1] {
        for sessions in sessions {
            by_rule(spans, *sessions, run)?;
        }
    }
    Ok(())
}

/// Links that batches of a page declare.
fn declared(spans: u64) -> Result<(), Failure> {
    let mut corpus = Corpus::read()?;
    let batch = || PageBatch::read(&corpus.batch(100, SEND_TIME_MS)).ok_or("no batch");
    let batches: Vec<PageBatch> = std::iter::repeat_with(batch).take(200).collect::<Result<_, _>>()?;
    let rounds = spans.div_ceil(20_000).max(1);
    for (what, work) in [
        ("ids and declared links", (|batch| batch.link()) as fn(&PageBatch) -> usize),
        ("and written as OTLP", |batch| batch.written().len()),
    ] {
        let began = cpu_seconds();
        for batch in (0..rounds).flat_map(|_| &batches) {
            black_box(work(batch));
        }
        let events = rounds as usize * batches.iter().map(PageBatch::events).sum::<usize>();
        println!("| {what} | {:.0} |", (cpu_seconds() - began) * 1e9 / events as f64);
    }
    Ok(())
}

/// Roots of sessions, each linked to the one before: so many of one session in a row.
fn by_rule(spans: u64, sessions: u64, run: u64) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let settings = weft_collector::config::TEN_LINES;
    let mut linking = Linking::open(settings, directory.path()).ok_or("the index cannot be opened")?;
    let mut number = 0;
    // Each is live; then any of them go on.
    while number < sessions {
        let looked = linking.look(&request(number, sessions, run));
        linking.link(&looked, number + AT_ONCE);
        linking.commit_if_full(number)?;
        number += AT_ONCE;
    }
    linking.commit(number)?;
    let (first, mut look, mut index, mut links) = (number, 0.0, 0.0, 0);
    while number < first + spans {
        let request = request(number, sessions, run);
        let began = cpu_seconds();
        let looked = linking.look(&request);
        let is_looked = cpu_seconds();
        links += linking.link(&looked, number + AT_ONCE);
        linking.commit_if_full(number)?;
        look += is_looked - began;
        index += cpu_seconds() - is_looked;
        number += AT_ONCE;
    }
    let began = cpu_seconds();
    linking.commit(number)?;
    index += cpu_seconds() - began;
    let measured = (number - first) as f64;
    let [look, index] = [look, index].map(|seconds| seconds * 1e9 / measured);
    println!(
        "| {sessions} | {run} | {look:.0} | {index:.0} | {:.0} | {:.3} | {} | {} |",
        look + index,
        links as f64 / measured,
        resident_mib()?,
        size_of(directory.path())? >> 20,
    );
    Ok(())
}

/// Roots of whichever sessions, or of each in turn while not all are live.
fn request(first: u64, sessions: u64, run: u64) -> Vec<u8> {
    let spans = (first..first + AT_ONCE).map(|number| {
        let by_chance = mixed(number / run) % sessions;
        let session = if number < sessions { number } else { by_chance };
        let trace = [mixed(number ^ 1 << 40), number].map(u64::to_be_bytes).concat();
        let texts =
            [("session.id", format!("{:032x}", u128::from(mixed(session)) << 64 | u128::from(session)))];
        let attributes = texts.into_iter().chain([("url.path", format!("/product/{}", number % 100))]);
        Span {
            trace_id: trace,
            span_id: (number + 1).to_be_bytes().to_vec(),
            name: "documentLoad".to_owned(),
            start_time_unix_nano: (SEND_TIME_MS + number) * 1_000_000,
            end_time_unix_nano: (SEND_TIME_MS + number + 5) * 1_000_000,
            attributes: attributes.map(|(key, value)| pair(key, value)).collect(),
            ..Span::default()
        }
    });
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
    .encode_to_vec()
}

fn pair(key: &str, value: String) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value)) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Some number that says nothing of this one (SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn size_of(directory: &std::path::Path) -> Result<u64, Failure> {
    let mut size = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let about = entry.metadata()?;
        size += if about.is_dir() { size_of(&entry.path())? } else { about.len() };
    }
    Ok(size)
}
