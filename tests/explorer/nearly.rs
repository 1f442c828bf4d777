//! What is nearly full, and what a policy has saved: said in words, before anything is lost.

use support::{
    browser::{Browser, Kind},
    collector::{BROWSER_KEY, Bound, Collector, Setting},
    page::{ORIGIN, post_as, sealed},
    sink::Sink,
};
use weft_proto::{Batch, Dropped, Event, Seed};

use super::{open, waits_for};

in_each_browser!(a_bound_is_warned_about_in_words_before_it_is_full,);

/// Four different names of events where five are allowed, of a page that left out others by its policy.
fn four_names() -> Vec<u8> {
    let mut batch = Batch::default();
    let reason = batch.strings.intern("policy_aggregate");
    batch.dropped.push(Dropped { reason, count: 40 });
    for number in 0..4 {
        let name = batch.strings.intern(&format!("step {number}"));
        batch.events.push(Event { number, name, ..Event::default() });
    }
    sealed(&batch, Seed([5; 16]), 0, 1_700_000_000_000)
}

async fn a_bound_is_warned_about_in_words_before_it_is_full(kind: Kind) {
    let sink = Sink::start().await;
    let more = "[distinct]\nvalues = 5\n";
    let collector = Collector::start(Bound::new().await, &Setting::before(&sink).with(more));
    let answer = post_as(collector.addresses(), BROWSER_KEY, ORIGIN, four_names()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let browser = Browser::launch(kind).await;
    let look = open(&browser, &collector, "costs").await;
    let values = "[aria-label=\"Different values today\"] tbody tr:first-child";
    waits_for(&look, values, "names of events").await;
    waits_for(&look, ".nearly", "names of events of shop-web, 80 % of 5: ▲ nearly full").await;
    waits_for(&look, values, "80 %▲ nearly full. Beyond it new values become __overflow__").await;
    waits_for(&look, "[aria-label=\"Saved by policy\"]", "aggregate: counted among their like").await;
    waits_for(&look, "[aria-label=\"Saved by policy\"]", "91 %").await;
    waits_for(&look, "#main", "Beside 4 events that were accepted.").await;
    look.assert_accessible().await;
    look.assert_no_errors().await;
    browser.quit().await;
    collector.stop().await;
    sink.assert_nothing_odd();
}
