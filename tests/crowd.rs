//! Crowds: more connections than anybody has use for, each of them slow, and everybody coming back at once.

use std::time::Duration;

use support::{
    collector::{Addresses, BROWSER_KEY, CollectorProcess, Setting},
    descriptors::has_descriptors,
    ledger::Ledger,
    oracle::{At, Oracle},
    page::{ORIGIN, Page},
    sink::Sink,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MIB: u64 = 1024 * 1024;

/// A connection that has sent a part of its request.
struct Slow {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Slow {
    async fn begin(to: Addresses, body: &[u8]) -> Self {
        let mut request = format!(
            "POST /api/telemetry?key={BROWSER_KEY} HTTP/1.1\r\nHost: {}\r\nOrigin: {ORIGIN}\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            to.ingest,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        // All but the last bytes: the collector has read a head and waits for the body.
        let rest = request.split_off(request.len() - body.len() / 2);
        let mut stream = TcpStream::connect(to.ingest).await.expect("a connection");
        stream.write_all(&request).await.expect("it is read");
        Self { stream, rest }
    }

    /// One byte more, of those but the last.
    async fn trickle(&mut self) {
        let byte = self.rest.remove(0);
        self.stream.write_all(&[byte]).await.expect("it is still wanted");
    }

    /// All the rest; whether it was acknowledged.
    async fn finish(mut self) -> bool {
        self.stream.write_all(&self.rest).await.expect("it is still wanted");
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).await.expect("an answer");
        answer.starts_with(b"HTTP/1.1 200")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes long: cargo xtask test --slow")]
async fn ten_thousand_connections_that_send_slowly_hinder_nobody_and_take_little_memory() {
    const CROWD: usize = 10_000;
    if !has_descriptors(CROWD as u64 + 1_000) {
        return;
    }
    let sink = Sink::start().await;
    let setting = Setting {
        rate: Some(100_000),
        more: "[limits]\nconnections = 12000\nbody_seconds = 120\nhead_seconds = 120\n".to_owned(),
        ..Setting::before(&sink)
    };
    let collector = CollectorProcess::start(&setting).await;
    let to = collector.addresses();
    let mut oracle = Oracle::new(50);
    let mut pages: Vec<_> = (0..CROWD).map(Page::of_crowd).collect();
    let mut crowd = Vec::with_capacity(CROWD);
    for page in &mut pages {
        crowd.push(Slow::begin(to, &page.clicks(1)).await);
    }
    for _ in 0..3 {
        for slow in &mut crowd {
            slow.trickle().await;
        }
        // In the midst of them an ordinary page is served as ever.
        let served = oracle.send_of_page(to, 5);
        tokio::time::timeout(Duration::from_secs(5), served).await.expect("nobody waits for the slow");
    }
    for slow in crowd {
        assert!(slow.finish().await, "however slow, it is acknowledged");
    }
    let ledger = Ledger::settled(to, Duration::from_secs(60)).await;
    let all = CROWD as u64 + oracle.acknowledged() as u64;
    assert_eq!(ledger.at("main", "delivered"), all);
    assert_eq!(sink.spans().len() as u64, all);
    let peak = collector.peak_memory();
    println!("{CROWD} slow connections: at most {} MiB", peak / MIB);
    // Sixty-odd KiB each, in an unoptimised build: buffers of eight to forty, and what the allocator keeps beside them.
    assert!(peak < 700 * MIB, "{} MiB", peak / MIB);
    sink.assert_nothing_odd();
    drop(collector.kill().await);
}

/// Who waits in a crowd on a busy machine sends what it stamped a minute ago, which the SDK does not: that is no clock that is
/// behind.
const PATIENT: &str = "[clock]\nmax_skew_ms = 86400000\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_requests_at_once_after_an_outage_are_all_taken_within_bounded_memory() {
    const CROWD: usize = 5_000;
    if !has_descriptors(CROWD as u64 + 1_000) {
        return;
    }
    let mut sink = Sink::start().await;
    let setting = Setting {
        listen: Some(Addresses::lasting().await),
        rate: Some(100_000),
        more: PATIENT.to_owned(),
        ..Setting::before(&sink)
    };
    let mut oracle = Oracle::new(51);
    // Both were away; the clients come back first, then the destination.
    sink.go_down().await;
    let to = setting.listen.expect("where it will listen");
    let burst = oracle.burst(to, CROWD);
    let collector = CollectorProcess::start(&setting).await;
    burst.stop().await;
    sink.come_up().await;
    oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
    assert_eq!(sink.duplicates(), 0);
    let peak = collector.peak_memory();
    println!("{CROWD} requests at once: at most {} MiB", peak / MIB);
    assert!(peak < 128 * MIB, "{} MiB", peak / MIB);
    drop(collector.kill().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes a minute: cargo xtask test --slow")]
async fn a_cold_start_with_a_full_spool_a_dead_destination_and_ten_thousand_clients_falls_over_nothing() {
    const CROWD: usize = 10_000;
    if !has_descriptors(CROWD as u64 + 1_000) {
        return;
    }
    let mut sink = Sink::start().await;
    let setting = Setting {
        listen: Some(Addresses::lasting().await),
        rate: Some(100_000),
        more: format!("[spool]\nsegment_bytes = 1048576\nmax_bytes = 67108864\n{PATIENT}"),
        ..Setting::before(&sink)
    };
    let mut oracle = Oracle::new(52);
    sink.go_down().await;
    let to = setting.listen.expect("where it will listen");
    let collector = CollectorProcess::start(&setting).await;
    let load = oracle.load_in_bulk(to, 4);
    oracle.wait_for_acknowledgements(300).await;
    load.stop().await;
    let full = Ledger::of(to).await.at("main", "pending");
    let data = collector.kill().await;
    oracle.was_killed(&[At { name: "main", sink: &sink }]).await;
    // Everybody is back before the collector is, and the destination is not.
    let burst = oracle.burst(to, CROWD);
    let collector = CollectorProcess::start_with_data(&setting, data).await;
    burst.stop().await;
    let ledger = Ledger::of(to).await;
    ledger.assert_balances();
    assert_eq!(ledger.at("main", "recovered"), full);
    assert!(ledger.at("main", "pending") > full + CROWD as u64);
    sink.come_up().await;
    oracle.judge(to, &[At { name: "main", sink: &sink }]).await;
    assert_eq!(sink.duplicates(), 0);
    let peak = collector.peak_memory();
    println!("{CROWD} clients at a cold start with {full} spans in the spool: at most {} MiB", peak / MIB);
    assert!(peak < 256 * MIB, "{} MiB", peak / MIB);
    drop(collector.kill().await);
}
