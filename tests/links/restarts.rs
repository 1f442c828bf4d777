//! A collector that is killed, and other rules when it starts again: what waited is decided by the new ones, and what
//! was decided stays as it was, to the byte.

use support::{
    collector::{Addresses, CollectorProcess, SERVER_KEY, Setting},
    page::post_acknowledged,
    received::Linked,
    sink::{Answer, Sink},
    story::{Id, Served, Story, Tab, at, post_spans, spans_request},
};

use super::scene::{A_MOMENT, Arrived, CART, FOREVER, arrival_of, linker, only_waiting};

const ORDER: &str = "[[link]]\nname = \"order\"\nby = [\"order.id\"]\nto = \"previous\"\n";

const NO_RULES: &str = "sessions = false\n";

/// Three events, of which the last two have something in common with the first, and two roots of one session.
struct Shopping {
    tab: Tab,
    added: Id,
    again: Id,
    paid: Id,
    roots: [Served; 2],
}

impl Shopping {
    fn happens() -> Self {
        let story = Story::begin();
        let mut tab = story.tab();
        let added = tab.record(at(10).with("cart.id", "c1").with("order.id", "o1"));
        let again = tab.record(at(20).with("cart.id", "c1").with("order.id", "o2"));
        let paid = tab.record(at(30).with("cart.id", "c2").with("order.id", "o1"));
        let roots = [15, 25].map(|ms| story.served(ms).in_session("monday"));
        Self { tab, added, again, paid, roots }
    }

    async fn is_sent(&mut self, to: Addresses) {
        post_acknowledged(to, self.tab.unsent()).await;
        post_spans(to, SERVER_KEY, spans_request(&self.roots)).await;
    }

    async fn arrives_at(&self, sink: &Sink) -> Arrived {
        let [first, second] = self.roots.each_ref().map(Served::id);
        arrival_of(sink, [&self.added, &self.again, &self.paid, &first, &second]).await
    }
}

/// What waits when it is killed, twice, and is then decided by `rules`: the links of `again`, `paid` and the second
/// root.
async fn decided_by(rules: &str) -> (Shopping, [Vec<Linked>; 3]) {
    let sink = Sink::start().await;
    let setting = |wait_ms, rules| Setting::before(&sink).with(linker(wait_ms, rules));
    let mut shopping = Shopping::happens();
    let collector = CollectorProcess::start(&setting(FOREVER, CART)).await;
    shopping.is_sent(collector.addresses()).await;
    only_waiting(collector.addresses(), 5).await;
    let data = collector.kill().await;
    let collector = CollectorProcess::start_with_data(&setting(FOREVER, ORDER), data).await;
    only_waiting(collector.addresses(), 5).await;
    let data = collector.kill().await;
    assert!(sink.spans().is_empty(), "all of it waits");

    let collector = CollectorProcess::start_with_data(&setting(A_MOMENT, rules), data).await;
    let arrived = shopping.arrives_at(&sink).await;
    only_waiting(collector.addresses(), 0).await;
    drop(collector.kill().await);
    assert_eq!((sink.spans().len(), sink.duplicates()), (5, 0), "each comes once");
    sink.assert_nothing_odd();
    let second = shopping.roots[1].id();
    let links = [&shopping.again, &shopping.paid, &second].map(|id| arrived.inferred(id));
    (shopping, links)
}

#[tokio::test]
async fn what_waits_when_it_is_killed_is_decided_by_the_rules_of_the_start_after() {
    let (shopping, [again, paid, root]) = decided_by(CART).await;
    assert_eq!(again, [shopping.added.by("cart").and("previous")]);
    assert_eq!(paid, []);
    assert_eq!(root, [shopping.roots[0].id().by("previous")]);

    let (shopping, [again, paid, root]) = decided_by(ORDER).await;
    assert_eq!(again, []);
    assert_eq!(paid, [shopping.added.by("order")]);
    assert_eq!(root, [shopping.roots[0].id().by("previous")]);

    let (_, links) = decided_by(NO_RULES).await;
    assert!(links.iter().all(Vec::is_empty), "{links:?}");
}

/// Two destinations, the second of which never answers when it matters, and the first neither or as ever.
async fn let_go_and_killed_before(rules: &str, main_hangs: bool) {
    let (main, other) = (Sink::start().await, Sink::start().await);
    let setting = |rules| {
        let beside = format!("[export.other]\nendpoint = \"{}\"\n", other.endpoint());
        Setting::before(&main).with(beside + &linker(A_MOMENT, rules))
    };
    let story = Story::begin();
    let (mut tab, mut next) = (story.tab(), story.tab());
    let added = tab.record(at(10).with("cart.id", "c1").with("order.id", "o1"));
    let ordered = tab.record(at(20).with("cart.id", "c2").with("order.id", "o2"));
    let paid = next.record(at(30).with("cart.id", "c1").with("order.id", "o2"));
    let collector = CollectorProcess::start(&setting(CART)).await;
    let to = collector.addresses();
    post_acknowledged(to, tab.unsent()).await;
    for sink in [&main, &other] {
        arrival_of(sink, [&added, &ordered]).await;
    }
    let asked = [&main, &other].map(Sink::requests);
    other.answer_all(Some(Answer::Hang));
    main.answer_all(main_hangs.then_some(Answer::Hang));
    post_acknowledged(to, next.unsent()).await;
    // Who sends it has read it, and reads only what is durable.
    main.wait_for_requests(asked[0] + 1).await;
    other.wait_for_requests(asked[1] + 1).await;
    if !main_hangs {
        arrival_of(&main, [&paid]).await;
    }
    let data = collector.kill().await;

    main.answer_all(None);
    other.answer_all(None);
    let collector = CollectorProcess::start_with_data(&setting(rules), data).await;
    let mut bytes = Vec::new();
    for sink in [&main, &other] {
        let arrived = arrival_of(sink, [&paid]).await;
        assert_eq!(arrived.inferred(&paid), [added.by("cart")]);
        bytes.push([&added, &ordered, &paid].map(|id| arrived.span(id).bytes.clone()));
    }
    assert_eq!(bytes[0], bytes[1]);
    only_waiting(collector.addresses(), 0).await;
    drop(collector.kill().await);
    for sink in [&main, &other] {
        assert_eq!(sink.spans().len(), 3);
        sink.assert_nothing_odd();
    }
}

#[tokio::test]
async fn what_was_let_go_keeps_its_bytes_whatever_the_rules_are_when_it_is_sent() {
    for rules in [NO_RULES, ORDER] {
        for main_hangs in [true, false] {
            let_go_and_killed_before(rules, main_hangs).await;
        }
    }
}
