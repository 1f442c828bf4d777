//! Destinations that misbehave in every way there is: what was acknowledged arrives or is named, and neither another
//! destination nor the rest of a request pays for it.

use std::time::Duration;

use support::{
    clock::millis,
    collector::{Bound, Collector, Setting},
    ledger::Ledger,
    oracle::{At, MARK, Oracle},
    sink::{Answer, Dislike, Sink},
};

/// A destination that gives up a hanging request soon enough for a test.
const IMPATIENT: &str = "timeout_seconds = 1\n";

struct Scene {
    sink: Sink,
    collector: Collector,
    oracle: Oracle,
}

impl Scene {
    async fn set(seed: u64, more: &str) -> Self {
        let sink = Sink::start().await;
        let setting = Setting::before(&sink).with(more);
        let collector = Collector::start(Bound::new().await, &setting);
        Self { sink, collector, oracle: Oracle::new(seed) }
    }

    /// Pages and a server send, while the destination answers its next two requests like this.
    async fn send_through(&mut self, answer: Answer) {
        let to = self.collector.addresses();
        self.sink.refuse_next(answer);
        self.sink.refuse_next(answer);
        self.oracle.send_of_page(to, 5).await;
        self.oracle.send_of_server(to, 5).await;
        self.oracle.send_of_page(to, 5).await;
    }

    /// The verdict, and the ledger it was made by.
    async fn end(mut self) -> (Sink, Ledger) {
        let to = self.collector.addresses();
        self.oracle.judge(to, &[At { name: "main", sink: &self.sink }]).await;
        let ledger = Ledger::of(to).await;
        self.collector.stop().await;
        (self.sink, ledger)
    }
}

#[tokio::test]
async fn an_error_of_the_destinations_own_costs_time_alone() {
    for status in [500, 502, 504] {
        let mut scene = Scene::set(10, "").await;
        scene.send_through(Answer::Status(status)).await;
        let (sink, ledger) = scene.end().await;
        assert_eq!(ledger.named("main"), 0, "status {status}");
        assert_eq!(sink.duplicates(), 0, "status {status}");
    }
}

#[tokio::test]
async fn an_answer_at_a_byte_a_second_is_given_up_and_the_same_bytes_are_sent_again() {
    let mut scene = Scene::set(11, IMPATIENT).await;
    scene.send_through(Answer::TakeAndDribble).await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(ledger.named("main"), 0);
    assert_eq!(sink.duplicates(), sink.unsaid(), "just what was taken and not said to be");
}

#[tokio::test]
async fn a_destination_that_takes_and_never_answers_gets_the_same_bytes_again() {
    let mut scene = Scene::set(12, IMPATIENT).await;
    scene.send_through(Answer::TakeAndHang).await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(ledger.named("main"), 0);
    assert_eq!(sink.duplicates(), sink.unsaid());
}

#[tokio::test]
async fn a_destination_that_breaks_off_in_the_middle_gets_the_same_bytes_again() {
    let mut scene = Scene::set(13, "").await;
    scene.send_through(Answer::TakeAndBreak).await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(ledger.named("main"), 0);
    assert_eq!(sink.duplicates(), sink.unsaid());
}

#[tokio::test]
async fn a_success_that_is_no_protobuf_is_a_success() {
    let mut scene = Scene::set(14, "").await;
    scene.send_through(Answer::TakeAndBabble).await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(ledger.named("main"), 0);
    assert_eq!(sink.duplicates(), 0, "the status says that it was taken");
}

#[tokio::test]
async fn what_a_partial_success_rejects_is_counted_and_never_sent_again() {
    let mut scene = Scene::set(15, "").await;
    scene.send_through(Answer::RejectSome(2)).await;
    let (sink, ledger) = scene.end().await;
    assert!(sink.rejected() > 0);
    assert_eq!(ledger.at("main", "rejected_by_destination"), sink.rejected() as u64);
    assert_eq!(sink.duplicates(), 0);
}

#[tokio::test]
async fn one_span_that_a_destination_refuses_takes_none_of_two_hundred_batches_with_it() {
    let mut scene = Scene::set(16, "").await;
    scene.sink.dislike(Dislike::Marked(MARK));
    let to = scene.collector.addresses();
    // All of it waits, so that honest and disliked are sent together.
    scene.sink.go_down().await;
    scene.oracle.send_of_page(to, 100).await;
    let disliked = scene.oracle.send_marked(to, 3, 8).await;
    scene.oracle.send_of_page(to, 100).await;
    scene.sink.come_up().await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(sink.missing([&disliked]), [disliked]);
    assert_eq!(ledger.at("main", "rejected_by_destination"), 1, "the disliked one alone");
    assert_eq!(ledger.named("main"), 1);
    assert_eq!(sink.duplicates(), 0);
}

#[tokio::test]
async fn what_is_too_large_for_a_destination_is_sent_in_pieces() {
    let mut scene = Scene::set(17, "").await;
    scene.sink.dislike(Dislike::Larger(4));
    let to = scene.collector.addresses();
    scene.sink.go_down().await;
    scene.oracle.send_of_page(to, 10).await;
    scene.oracle.send_of_server(to, 10).await;
    scene.sink.come_up().await;
    let (sink, ledger) = scene.end().await;
    assert_eq!(ledger.named("main"), 0);
    assert_eq!(sink.duplicates(), 0);
}

#[tokio::test]
async fn a_dead_destination_costs_the_healthy_one_beside_it_nothing() {
    let dead = Sink::start().await;
    dead.answer_all(Some(Answer::Hang));
    let more = format!("[export.dead]\nendpoint = \"{}\"\ntimeout_seconds = 5\n", dead.endpoint());
    let mut scene = Scene::set(18, &more).await;
    let to = scene.collector.addresses();
    let healthy = At { name: "main", sink: &scene.sink };
    for _ in 0..5 {
        scene.oracle.send_of_page(to, 20).await;
        scene.oracle.send_of_server(to, 2).await;
        // Less than a single time-out of the dead one, which each of these rounds would otherwise wait for.
        scene.oracle.wait_until_all_is_at(healthy, Duration::from_secs(4)).await;
    }
    assert!(dead.spans().is_empty());
    dead.answer_all(None);
    let both = [healthy, At { name: "dead", sink: &dead }];
    scene.oracle.judge(to, &both).await;
    assert_eq!(dead.duplicates() + scene.sink.duplicates(), 0);
    scene.collector.stop().await;
}

#[tokio::test]
async fn a_day_without_the_destination_is_delivered_when_it_is_back() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let mut sink = Sink::start().await;
    let setting = Setting::before(&sink);
    let mut collector = Collector::start(Bound::new().await, &setting);
    let mut oracle = Oracle::new(19);
    sink.go_down().await;
    for hour in 1..=24 {
        oracle.clock().advance(HOUR);
        if hour == 12 {
            let data = collector.stop().await;
            oracle.was_stopped();
            collector = Collector::start_with_data(Bound::new().await, &setting, data);
        }
        let passed = i64::try_from(millis(HOUR * hour)).expect("a day");
        collector.clock().shift_ms(passed);
        oracle.send_of_page(collector.addresses(), 5).await;
        oracle.send_of_server(collector.addresses(), 2).await;
    }
    let pending = oracle.acknowledged() as u64;
    let ledger = Ledger::of(collector.addresses()).await;
    ledger.assert_balances();
    assert_eq!(ledger.at("main", "pending"), pending, "a day fits into the spool");
    sink.come_up().await;
    oracle.judge(collector.addresses(), &[At { name: "main", sink: &sink }]).await;
    assert_eq!(sink.duplicates(), 0);
    collector.stop().await;
}
