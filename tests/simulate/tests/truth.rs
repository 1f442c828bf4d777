//! Small histories, as every change is judged by them: links are what really caused what, and nothing else.

use simulator::{
    drive::{Came, drive},
    history::{Extent, History},
    judge::judge,
    report::meets,
};
use support::random::Random;

/// People who do this much, by this chance.
async fn history_of(sessions: u64, days: u64, seed: u64) -> (History, Came) {
    let extent = Extent { sessions, days, per_person: 4, ours: 50 };
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
