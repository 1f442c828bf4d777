//! Small histories, as every change is judged by them: links are what really caused what, and nothing else.

use simulator::{
    drive::{Came, drive},
    history::{BEGAN_MS, Extent, History},
    judge::judge,
    network::DAY,
    report::meets,
    sampling::{Rate, behind_collector, by_sdk},
};
use support::random::Random;

/// People who do this much, by this chance.
async fn history_of(sessions: u64, days: u64, seed: u64) -> (History, Came) {
    let extent = Extent { sessions, days, per_person: 4, ours: 50, rate: Rate::ALL };
    let history = History::of(&extent, &mut Random::new(seed));
    let came = drive(&history).await;
    (history, came)
}

/// Every declared link came and no other; what rules infer is true, and all of it where it came in time.
async fn links_are_true(sessions: u64, days: u64, seed: u64) {
    let (history, came) = history_of(sessions, days, seed).await;
    let verdict = judge(&history.truth, &came.spans);
    let missed: Vec<_> = verdict.rows.iter().filter(|(row, count)| !meets(row, count)).collect();
    assert!(missed.is_empty(), "seed {seed}: {missed:#?}\n{}", verdict.examples.join("\n"));
    assert!(verdict.rows.values().all(|count| count.wrong == 0), "seed {seed}: {:#?}", verdict.examples);
    for (kind, apart) in [("previous", true), ("session", true), ("cart", true), ("restored", false)] {
        let some = verdict.rows.iter().any(|(row, count)| {
            row.0 == kind && count.expected > 0 && (row.1 != simulator::judge::Apart::Declared) == apart
        });
        assert!(some, "seed {seed}: nothing of the kind {kind} happened: {:#?}", verdict.rows);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_what_really_caused_what() {
    links_are_true(100, 10, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_what_really_caused_what_in_another_history() {
    links_are_true(100, 20, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_what_really_caused_what_over_a_month() {
    links_are_true(100, 30, 3).await;
}

/// Browsers whose SDK samples: nothing that came leads to what was not kept, a page is kept whole or not at all, and
/// what was left out for that is counted.
async fn nothing_dangles(before: u64, after: u64) {
    let rate = Rate { before, after, changes_ms: BEGAN_MS + 10 * DAY };
    let extent = Extent { sessions: 150, days: 20, per_person: 5, ours: 100, rate };
    let history = History::of(&extent, &mut Random::new(5));
    let Came { spans, .. } = drive(&history).await;
    let sampled = by_sdk(&history.truth, &spans);
    assert_eq!(sampled.dangling(), 0, "{before} %, then {after} %: {sampled:?}");
    let (there, all) = sampled.pages;
    assert!(0 < there && there < all && sampled.links > 0 && sampled.left_out > 0, "{sampled:?}");
    let verdict = judge(&history.truth, &spans);
    let missed: Vec<_> = verdict.rows.iter().filter(|(row, count)| !meets(row, count)).collect();
    assert!(missed.is_empty(), "{before} %, then {after} %: {missed:#?}\n{}", verdict.examples.join("\n"));
    // One decision a page: a sampler behind the collector keeps it whole, too.
    let again = behind_collector(&spans, Rate { before: 50, after: 50, changes_ms: 0 });
    assert_eq!(again.dangling_in_page, 0, "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sampling_sdk_sends_leads_to_nothing_that_it_dropped() {
    nothing_dangles(50, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_it_when_the_rate_rises_or_falls_midway() {
    nothing_dangles(10, 50).await;
    nothing_dangles(50, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_chance_gives_the_same_bytes() {
    let exported = |came: Came| {
        let spans = came.spans.into_iter().map(|span| (span.span_id(), span.bytes));
        spans.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (_, once) = history_of(25, 5, 4).await;
    let (_, again) = history_of(25, 5, 4).await;
    assert!(exported(once) == exported(again), "time that stands still leaves nothing to chance");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes long: cargo xtask test --slow")]
async fn links_are_what_really_caused_what_in_many_histories() {
    for seed in 10..20 {
        links_are_true(1_000, 30, seed).await;
    }
}
