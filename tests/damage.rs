//! A spool that somebody damaged while the collector was away: it starts, whatever is whole arrives, whatever is not
//! is counted, and nothing is invented.

mod spooled;

use std::{fs, ops::Range, path::Path};

use spooled::{Spooled, Spooling, segment};
use support::{
    collector::{Addresses, Bound, Collector, CollectorProcess, Setting},
    ledger::Ledger,
    metrics::Metrics,
    page::{Page, post_acknowledged},
    random::Random,
    sink::Sink,
};
use tempfile::TempDir;

/// What a collector made of a damaged spool.
struct Aftermath {
    /// Span ids at the destination.
    arrived: Vec<String>,
    /// Events that the ledger names as lost at the destination.
    named: u64,
    /// Of these, by the name for this.
    damaged: u64,
    /// Whatever the metrics say of damage, in bytes or tails.
    noticed: u64,
    torn: u64,
}

/// Starts a collector on what is left, and looks; `again`: a request that its client sends again.
async fn deliver(data: TempDir, again: Option<Vec<u8>>) -> Aftermath {
    let sink = Sink::start().await;
    let setting = Setting::before(&sink);
    let collector = Collector::start_with_data(Bound::new().await, &setting, data);
    let aftermath = look(collector.addresses(), &sink, again).await;
    collector.stop().await;
    aftermath
}

async fn look(to: Addresses, sink: &Sink, again: Option<Vec<u8>>) -> Aftermath {
    if let Some(request) = again {
        post_acknowledged(to, request).await;
    }
    let mut fresh = Page::new(99);
    post_acknowledged(to, fresh.clicks(2)).await;
    let ledger = Ledger::settled(to, std::time::Duration::from_secs(30)).await;
    let metrics = Metrics::of(to).await;
    let torn = metrics.sum("spool_torn");
    let mut arrived: Vec<_> = sink.spans().iter().map(support::received::Received::span_id).collect();
    for id in fresh.span_ids() {
        let at = arrived.iter().position(|arrived| *arrived == id).expect("a fresh event flows");
        arrived.remove(at);
    }
    assert_eq!(sink.duplicates(), 0, "nothing comes twice");
    sink.assert_nothing_odd();
    Aftermath {
        arrived,
        named: ledger.named("main"),
        damaged: ledger.at("main", "dropped/damaged"),
        noticed: torn + metrics.sum("spool_damaged") + metrics.sum("spool_skipped"),
        torn,
    }
}

/// What is wrong with that, however a spool was damaged at a place.
fn judge(spooled: &Spooled, place: usize, aftermath: &Aftermath) -> Option<String> {
    let Aftermath { arrived, named, damaged, noticed, .. } = aftermath;
    let all: Vec<&String> = spooled.records.iter().flat_map(|record| &record.ids).collect();
    if !arrived.iter().all(|id| all.contains(&id)) {
        return Some("an event was invented".to_owned());
    }
    let is_lost = |record: &Spooling| !record.ids.iter().all(|id| arrived.contains(id));
    let whole = |record: &&Spooling| !record.place.contains(&place);
    if let Some(record) = spooled.records.iter().filter(whole).find(|record| is_lost(record)) {
        return Some(format!("the record at {:?} was whole and is lost", record.place));
    }
    let lost = (all.len() - arrived.len()) as u64;
    if lost > 0 && *noticed == 0 {
        return Some(format!("{lost} events are lost, and nothing is counted"));
    }
    // What a record counted stands before its body. The last may as well be one that was never acknowledged.
    let last = spooled.records.len() - 1;
    let is_known = spooled.records.iter().take(last).any(|record| record.body.contains(&place));
    if *named > lost || (is_known && *damaged != lost) {
        return Some(format!("{lost} events are lost, {named} are named, {damaged} of them as damaged"));
    }
    None
}

/// Each place is a collector that is started and stopped: all of them take minutes, `cargo xtask test --slow`. Five has no part
/// in common with the bits of a byte, so that each of them is flipped somewhere.
const EVERY: usize = if cfg!(feature = "slow") { 1 } else { 5 };

fn flip(path: &Path, bit: usize) {
    let mut bytes = fs::read(path).expect("a segment");
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).expect("a segment");
}

async fn flip_each(spooled: &Spooled, bits: impl IntoIterator<Item = usize>) {
    let mut wrong = Vec::new();
    for bit in bits {
        let data = spooled.copy();
        flip(&segment(data.path()), bit);
        let aftermath = deliver(data, None).await;
        let what = |wrong| format!("bit {} of byte {} flipped: {wrong}", bit % 8, bit / 8);
        wrong.extend(judge(spooled, bit / 8, &aftermath).map(what));
    }
    let first = wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} are wrong, the first of them:\n{first}", wrong.len());
}

fn bits(bytes: Range<usize>) -> Range<usize> {
    bytes.start * 8..bytes.end * 8
}

#[tokio::test]
async fn a_spool_cut_at_any_byte_of_its_last_record_delivers_all_before_it_and_the_client_sends_the_rest() {
    let spooled = Spooled::make(4).await;
    let last = spooled.records.last().expect("there are records");
    for cut in last.place.clone().step_by(EVERY) {
        let data = spooled.copy();
        let file = fs::OpenOptions::new().write(true).open(segment(data.path())).expect("a segment");
        file.set_len(cut as u64).expect("a segment");
        // As a crash in the middle of writing leaves it: nobody has noted yet that the events are taken.
        fs::remove_dir_all(data.path().join("claims")).expect("claims");
        let aftermath = deliver(data, Some(last.request.clone())).await;
        let expected: Vec<&String> = spooled.records.iter().flat_map(|record| &record.ids).collect();
        let arrived: Vec<&String> = aftermath.arrived.iter().collect();
        assert_eq!(arrived, expected, "cut at {cut}");
        assert_eq!(aftermath.torn, u64::from(cut > last.place.start), "cut at {cut}");
        assert_eq!(aftermath.named, 0, "what was torn was never acknowledged");
    }
}

#[tokio::test]
async fn an_end_that_was_acknowledged_and_is_gone_is_named() {
    let spooled = Spooled::make(4).await;
    let last = spooled.records.last().expect("there are records");
    for cut in [last.place.start, last.place.start + 1, last.place.end - 1] {
        let data = spooled.copy();
        let file = fs::OpenOptions::new().write(true).open(segment(data.path())).expect("a segment");
        file.set_len(cut as u64).expect("a segment");
        let aftermath = deliver(data, None).await;
        let before = spooled.records.iter().flat_map(|record| &record.ids).count() - last.ids.len();
        assert_eq!(
            (aftermath.arrived.len(), aftermath.named),
            (before, last.ids.len() as u64),
            "cut at {cut}"
        );
    }
}

#[tokio::test]
async fn any_bit_of_what_frames_a_record_flipped_loses_that_record_alone() {
    let spooled = Spooled::make(5).await;
    let middle = spooled.records[2].place.start;
    flip_each(&spooled, bits(middle..middle + 8)).await;
}

#[tokio::test]
async fn any_bit_of_what_a_segment_begins_with_flipped_loses_no_record() {
    let spooled = Spooled::make(5).await;
    let head = 0..spooled.records[0].place.start;
    flip_each(&spooled, bits(head).step_by(EVERY)).await;
}

#[tokio::test]
async fn bits_flipped_anywhere_lose_the_record_they_are_in_and_name_its_events() {
    let spooled = Spooled::make(12).await;
    let mut random = Random::new(30);
    let most = spooled.bytes as u64 * 8;
    let bits: Vec<_> = (0..60).map(|_| usize::try_from(random.below(most)).expect("a place")).collect();
    flip_each(&spooled, bits).await;
}

#[tokio::test]
async fn zeros_where_records_were_lose_those_records_alone() {
    let spooled = Spooled::make(8).await;
    let data = spooled.copy();
    let path = segment(data.path());
    let mut bytes = fs::read(&path).expect("a segment");
    let hole = spooled.records[2].place.start..spooled.records[3].place.end;
    bytes[hole.clone()].fill(0);
    fs::write(&path, bytes).expect("a segment");
    let aftermath = deliver(data, None).await;
    let whole = spooled.records.iter().filter(|record| !hole.contains(&record.place.start));
    let whole: Vec<&String> = whole.flat_map(|record| &record.ids).collect();
    assert_eq!(aftermath.arrived.iter().collect::<Vec<_>>(), whole);
    assert!(aftermath.noticed > 0);
}

#[tokio::test]
async fn the_real_program_says_what_is_damaged_and_does_not_panic() {
    let spooled = Spooled::make(6).await;
    let mut random = Random::new(31);
    for _ in 0..8 {
        let bit = usize::try_from(random.below(spooled.bytes as u64 * 8)).expect("a place");
        let (data, logs, sink) =
            (spooled.copy(), tempfile::tempdir().expect("a directory"), Sink::start().await);
        flip(&segment(data.path()), bit);
        let log = logs.path().join("weft.err");
        let setting =
            Setting { data: Some(data.path().to_owned()), log: Some(log.clone()), ..Setting::before(&sink) };
        let collector = CollectorProcess::start(&setting).await;
        let aftermath = look(collector.addresses(), &sink, None).await;
        let (ended, _) = collector.stop().await;
        let said = fs::read_to_string(log).expect("it has said something");
        assert!(ended.success && !said.contains("panicked"), "bit {bit}: {said}");
        // A torn tail is what any crash may leave, and is only counted.
        assert!(
            aftermath.noticed == aftermath.torn || said.contains("WARN") || said.contains("ERROR"),
            "bit {bit}: {said}"
        );
    }
}
