//! A collector that is ended again and again while part of its load waits for links, and that has other rules each time
//! it starts: nothing is lost, copies are identical, and nothing is linked that has nothing in common.

use support::{
    oracle::Oracle,
    received::{Linked, Received},
};

use super::scene::{A_MOMENT, CART, FOREVER, linker};
use crate::crash::Scene;

const FIRST: &str = "[[link]]\nname = \"basket\"\nby = [\"cart.id\"]\nto = \"first\"\nwithin = \"10s\"\n";

/// Carts and sessions that events have in common.
const CARTS: u64 = 5;

/// Other rules, by chance. What waits before the last start does not wait long.
fn other_rules(scene: &mut Scene, starts_to_come: usize) {
    let chance = scene.oracle.random();
    let wait_ms = match chance.below(if starts_to_come == 0 { 3 } else { 4 }) {
        0 => 1,
        1 => A_MOMENT,
        2 => 3 * A_MOMENT,
        _ => FOREVER,
    };
    let rules = match chance.below(4) {
        0 => "sessions = false\n".to_owned(),
        1 => format!("sessions = false\n{CART}"),
        2 => FIRST.to_owned(),
        _ => [CART, FIRST].concat(),
    };
    scene.write(&linker(wait_ms, &rules));
}

fn inferred(spans: &[Received]) -> impl Iterator<Item = Linked> {
    spans.iter().flat_map(Received::links).filter(|link| link.inferred)
}

async fn kill_again_and_again(seed: u64, kills: usize) {
    let mut scene = Scene::set(Oracle::with_carts(seed, CARTS)).await;
    scene.write(&linker(A_MOMENT, CART));
    let spans = scene.killed(kills, other_rules).await;
    for rule in ["cart", "basket", "previous"] {
        let links = inferred(&spans).filter(|link| link.rule.as_deref() == Some(rule)).count();
        println!("{links} links by {rule}");
    }
    assert!(inferred(&spans).count() > 0, "nothing was linked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_ten_times_with_other_rules_each_time_it_loses_nothing_and_links_only_what_belongs_together() {
    kill_again_and_again(90, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(feature = "slow"), ignore = "takes minutes: cargo xtask test --slow")]
async fn killed_two_hundred_times_with_other_rules_each_time_it_loses_nothing() {
    kill_again_and_again(91, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started_while_events_wait_it_lets_them_go_and_sends_nothing_twice() {
    let mut scene = Scene::set(Oracle::with_carts(92, CARTS)).await;
    scene.write(&linker(FOREVER, CART));
    let wait = |scene: &mut Scene, starts_to_come| {
        scene.write(&linker(if starts_to_come == 0 { A_MOMENT } else { FOREVER }, CART));
    };
    let spans = scene.stopped(3, wait).await;
    assert!(inferred(&spans).count() > 0, "nothing was linked");
}
