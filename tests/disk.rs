//! Disks that are full or cannot be written: clients are told to come back, what was acknowledged goes out, and when
//! there is room again everything goes on by itself.

use std::fs;

use hyper::Method;
use support::{
    collector::{CollectorProcess, Setting},
    http,
    ledger::Ledger,
    oracle::{At, Oracle},
    page::ORIGIN,
    sink::Sink,
    small_disk::SmallDisk,
};

/// Segments that a small disk holds many of.
const SMALL_SEGMENTS: &str = "[spool]\nsegment_bytes = 262144\npages = 100\npieces = 1000\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_for_now_and_recovers_by_itself_when_the_destination_is_back() {
    let Some(disk) = SmallDisk::mount("size=8m") else { return };
    let mut sink = Sink::start().await;
    let logs = tempfile::tempdir().expect("a temporary directory");
    let setting = Setting {
        data: Some(disk.path().join("weft")),
        log: Some(logs.path().join("weft.err")),
        more: SMALL_SEGMENTS.to_owned(),
        ..Setting::before(&sink)
    };
    let collector = CollectorProcess::start(&setting).await;
    let to = collector.addresses();
    let mut oracle = Oracle::new(40);
    sink.go_down().await;
    let (bulk, load) = (oracle.load_in_bulk(to, 2), oracle.load(to, 2, 0));
    // Each of them says when to come back: the oracle insists on it.
    oracle.wait_for_refusals(20).await;
    Ledger::of(to).await.assert_balances();
    let ready = http::send(Method::GET, &to.admin_url("/readyz"), &[], "").await;
    assert_eq!(ready.status, 503, "{}", ready.text());
    http::get(&to.admin_url("/livez")).await;

    sink.come_up().await;
    oracle.wait_for_acknowledgements(20).await;
    load.stop().await;
    bulk.stop().await;
    oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
    assert_eq!(sink.duplicates(), 0);
    http::get(&to.admin_url("/readyz")).await;
    let (ended, _) = collector.stop().await;
    let said = fs::read_to_string(logs.path().join("weft.err")).expect("it has said something");
    assert!(ended.success && !said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_a_full_disk_it_starts_again_and_delivers_what_it_acknowledged() {
    let Some(disk) = SmallDisk::mount("size=8m") else { return };
    let mut sink = Sink::start().await;
    let logs = tempfile::tempdir().expect("a temporary directory");
    let setting = Setting {
        listen: Some(support::collector::Addresses::lasting().await),
        data: Some(disk.path().join("weft")),
        log: Some(logs.path().join("weft.err")),
        more: SMALL_SEGMENTS.to_owned(),
        ..Setting::before(&sink)
    };
    let collector = CollectorProcess::start(&setting).await;
    let to = collector.addresses();
    let mut oracle = Oracle::new(41);
    sink.go_down().await;
    let bulk = oracle.load_in_bulk(to, 2);
    oracle.wait_for_refusals(5).await;
    let data = collector.kill().await;
    oracle.was_killed(&[At { name: "main", sink: &sink }]).await;
    let collector = CollectorProcess::start_with_data(&setting, data).await;
    sink.come_up().await;
    bulk.stop().await;
    oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
    let (ended, _) = collector.stop().await;
    let said = fs::read_to_string(logs.path().join("weft.err")).expect("it has said something");
    assert!(ended.success && !said.contains("panicked"), "{said}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named_before_anything_starts() {
    let Some(disk) = SmallDisk::mount("ro,size=1m") else { return };
    let data = disk.path().join("weft");
    let setting = Setting {
        origin: ORIGIN.to_owned(),
        sink: "http://127.0.0.1:9".to_owned(),
        data: Some(data.clone()),
        ..Setting::default()
    };
    let ended = CollectorProcess::refuse_to_start(&setting).await;
    assert!(!ended.success);
    let said = ended.said;
    assert!(said.contains(data.to_str().expect("a plain path")), "it names the directory: {said}");
    assert!(said.contains("writable") && said.contains("`data`"), "it says what to change: {said}");
    assert!(!said.contains("panicked"), "{said}");
}
