//! A flood with the key that everybody can read, and pages that somebody uses behind the same address.

use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinSet;
use weft_collector::clock::Clock;
use weft_proto::Seed;

use crate::support::{Page, Sink, Weft};

const OFFICE: &str = "203.0.113.7";
const HONEST: u64 = 50;
const FORGED: u64 = 1_000;

/// A batch of one page of so many.
fn batch(page: u64, number: u64) -> Vec<u8> {
    let mut seed = [0xcc; 16];
    seed[..8].copy_from_slice(&page.to_le_bytes());
    Page(Seed(seed)).batch(number..number + 1)
}

/// How many of these, sent at once from this address, get each of these statuses.
async fn at_once<const N: usize>(
    weft: &Weft,
    address: &'static str,
    batches: impl IntoIterator<Item = Vec<u8>>,
    statuses: [u16; N],
) -> [u64; N] {
    let mut all = JoinSet::new();
    for batch in batches {
        all.spawn(weft.page().header("x-forwarded-for", address).body(batch).send());
    }
    let got = all.join_all().await.into_iter().map(|answer| answer.unwrap().status().as_u16());
    let got: Vec<_> = got.collect();
    statuses.map(|status| got.iter().filter(|known| **known == status).count() as u64)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_pages_behind_the_address_of_a_flood_are_heard_and_the_flood_is_blocked() {
    let (clock, time) = Clock::still(1_700_000_000_000);
    let sink = Sink::start(&[]).await;
    let more = "limits.trusted_proxies = [\"127.0.0.1\"]\nrates.block_after = 2000";
    let weft = Weft::start_at(clock, TempDir::new().unwrap(), &[&sink], more).await;
    let first = (0..HONEST).map(|page| batch(page, 0));
    assert_eq!(at_once(&weft, OFFICE, first, [200]).await, [HONEST]);
    time.pass(Duration::from_secs(120));

    let (mut tried, mut taken, mut flood) = (0, 0, [0; 3]);
    for second in 0..20 {
        // Each honest page sends once in two seconds; the flood goes through its pages three times in ten.
        let forged = (0..300).map(|at| second * 300 + at);
        let forged = forged.map(|at| batch(HONEST + at % FORGED, at / FORGED));
        let got = at_once(&weft, OFFICE, forged, [200, 429, 403]).await;
        flood.iter_mut().zip(got).for_each(|(all, got)| *all += got);
        let due = (second % 2..HONEST).step_by(2).map(|page| batch(page, second + 1));
        tried += HONEST / 2;
        taken += at_once(&weft, OFFICE, due, [200]).await[0];
        time.pass(Duration::from_secs(1));
    }
    assert!(tried == 500 && taken * 100 >= tried * 95, "{taken} of {tried} at the first try");
    let [through, limited, blocked] = flood;
    assert_eq!(through + limited + blocked, 6_000);
    assert!(through <= 1_000 + 20 * 100 && limited >= 1_000 && blocked >= 500, "{flood:?}");

    let (_, blocks) = weft.admin("/api/blocks").await;
    assert!(blocks.contains(OFFICE) && blocks.contains("shop-web"), "{blocks}");
    let newcomer = || [batch(1_000_000, 0)];
    assert_eq!(at_once(&weft, OFFICE, newcomer(), [403]).await, [1], "nothing new is taken there");
    assert_eq!(at_once(&weft, "198.51.100.1", newcomer(), [200]).await, [1], "and elsewhere it is");
    assert_eq!(weft.count("/keys/shop-web/accepted").await, HONEST + taken + through + 1);
}
