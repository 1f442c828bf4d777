//! A policy of the collector's own: it reaches a page with an answer, and holds from there on, in this page and the next.

use support::{
    browser::{Kind, Tab},
    collector::BROWSER_KEY,
    gate::{Arrival, Role},
    ledger::Ledger,
    received::Received,
};
use weft_proto::Head;

use super::scene::{CLICK, LOAD, Scene, all_named, flush, named, one_named};

in_each_browser!(
    a_policy_comes_with_an_answer_and_is_applied_without_a_reload,
    the_next_page_goes_by_the_policy_that_was_kept_before_it_reaches_anybody,
    a_page_that_is_switched_off_says_nothing_more_and_a_denial_forgets_the_policy,
    what_sampling_takes_is_recorded_after_all_around_what_goes_wrong,
    what_nothing_goes_wrong_around_is_what_sampling_takes,
);

const POLICY: &str = "[[policy.drop]]\nname = \"noise\"\n[[policy.aggregate]]\nname = \"poll\"\n\
    [[policy.scrub]]\ndeny = [\"app.secret\"]\n";

/// Ten of what a policy takes away, and one of what it keeps.
const EVENTS: &str = "void (() => {
    for (let time = 0; time < 10; time++) weft.event('noise'), weft.event('poll');
    weft.event('kept', { 'app.secret': 'x', 'app.public': 'y' });
})()";

async fn heard(tab: &Tab<'_>) {
    tab.wait_until(&format!("localStorage['weft.policy.{BROWSER_KEY}'] !== undefined")).await;
}

/// What each request says of the page's policy.
fn policies(arrivals: &[Arrival]) -> Vec<Option<u32>> {
    let policy = |arrival: &Arrival| Head::read_with_policy(&arrival.body).expect("a batch has a head").1;
    arrivals.iter().map(policy).collect()
}

/// No link leads to what a policy took away.
fn assert_nothing_dangles(spans: &[Received]) {
    for span in spans {
        for link in span.links() {
            let is_there = spans.iter().any(|other| other.span_id() == link.span_id);
            assert!(is_there, "{} → {link:?}", span.name());
        }
    }
}

async fn a_policy_comes_with_an_answer_and_is_applied_without_a_reload(kind: Kind) {
    let scene = Scene::start_with(kind, POLICY).await;
    let tab = scene.open_recording("/page").await;
    heard(&tab).await;
    tab.evaluate::<()>(EVENTS).await;
    tab.click("#press").await;
    tab.hide().await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    let taken = ["policy_drop", "policy_aggregate"].map(|reason| stats.dropped[reason]);
    assert_eq!((taken, stats.errors), ([10, 9], 0), "{stats:?}");
    let said = policies(&scene.gate.arrivals());
    assert!(said[0].is_none() && said[1].is_some(), "{said:?}");
    let ledger = Ledger::of(scene.collector.addresses()).await;
    let counts =
        ["drop", "aggregate"].map(|verb| ledger.count(&format!("/keys/shop-web/sdk_reduced/{verb}")));
    assert_eq!(counts, [10, 9]);
    let spans = scene.end().await;
    assert_eq!((named(&spans, "noise"), named(&spans, "kept"), named(&spans, CLICK)), (0, 1, 1));
    let kept = one_named(&spans, "kept");
    assert_eq!((kept.text("app.secret"), kept.text("app.public")), (None, Some("y")));
    // The first is kept, and an event that leads to it tells of the others.
    let polls = all_named(&spans, "poll");
    let [first, merged] = polls[..] else { panic!("{polls:#?}") };
    assert_eq!((merged.text("weft.reduced"), merged.int("weft.count")), (Some("aggregate"), Some(9)));
    assert!(merged.kinds_to(first).contains(&"cause".to_owned()), "{merged:#?}");
    assert_nothing_dangles(&spans);
}

async fn the_next_page_goes_by_the_policy_that_was_kept_before_it_reaches_anybody(kind: Kind) {
    let scene = Scene::start_with(kind, POLICY).await;
    let tab = scene.open_recording("/page").await;
    heard(&tab).await;
    scene.gate.play(Role::Dropping);
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    let begun = format!("(async () => {{ {}; {}; {EVENTS}; }})()", super::scene::IMPORT, scene.init(""));
    tab.evaluate::<()>(&begun).await;
    tab.wait_until("weft.stats().dropped.policy_drop === 10").await;
    let before = scene.gate.arrivals().len();
    scene.gate.play(Role::Open);
    let stats = flush(&tab).await;
    assert_eq!((stats.dropped["policy_aggregate"], stats.errors), (9, 0), "{stats:?}");
    // It said what it has, so it was not told again.
    let said = policies(&scene.gate.arrivals()[before..]);
    assert!(!said.is_empty() && said.iter().all(Option::is_some), "{said:?}");
    let spans = scene.end().await;
    assert_eq!((named(&spans, "noise"), named(&spans, "kept"), named(&spans, LOAD)), (0, 1, 2));
}

async fn a_page_that_is_switched_off_says_nothing_more_and_a_denial_forgets_the_policy(kind: Kind) {
    let scene = Scene::start_with(kind, "[policy]\noff = true\n").await;
    let tab = scene.open_recording("/page").await;
    tab.wait_until("(weft.event('after'), weft.stats().dropped.policy_off > 0)").await;
    // What was on its way when it heard of it arrives.
    flush(&tab).await;
    let before = scene.gate.arrivals().len();
    tab.evaluate::<()>(EVENTS).await;
    tab.hide().await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert!(stats.dropped["policy_off"] >= 21, "{stats:?}");
    assert_eq!(scene.gate.arrivals().len(), before);
    // The next page asks again: it keeps nothing of this.
    assert!(tab.evaluate::<bool>(&format!("localStorage['weft.policy.{BROWSER_KEY}'] === undefined")).await);
    tab.evaluate::<()>(&format!("void (localStorage['weft.policy.{BROWSER_KEY}'] = '{{}}')")).await;
    // What a denial finds undelivered is erased.
    scene.sink.wait_for("the page load", |spans| named(spans, LOAD) == 1).await;
    tab.evaluate::<()>("weft.consent('denied')").await;
    assert!(tab.evaluate::<bool>(&format!("localStorage['weft.policy.{BROWSER_KEY}'] === undefined")).await);
    let spans = scene.end().await;
    assert_eq!((named(&spans, "kept"), named(&spans, LOAD)), (0, 1));
}

/// Of steps none is kept but those around what goes wrong.
const FLIGHT: &str = "[[policy.flight]]\nname = \"wrong\"\nseconds = 60\n[[policy.sample]]\nname = \"step\"\nrate = 0.0\n\
    [[policy.scrub]]\ndeny = [\"app.secret\"]\n";

/// More than a batch holds, and all of it held.
const STEPS: &str = "void (() => {
    for (let at = 1; at <= 100; at++) weft.event('step', { at, 'app.secret': 'a', 'app.long': `${at}`.repeat(200) });
})()";

async fn what_sampling_takes_is_recorded_after_all_around_what_goes_wrong(kind: Kind) {
    let scene = Scene::start_with(kind, FLIGHT).await;
    let tab = scene.open_recording("/page").await;
    heard(&tab).await;
    tab.evaluate::<()>(STEPS).await;
    let held: bool =
        tab.evaluate("weft.flush().then(() => weft.stats().dropped.policy_sample === undefined)").await;
    assert!(held, "as long as something may go wrong");
    let wrong = "void (weft.event('wrong', { 'app.secret': 'x', 'app.public': 'y' }), weft.event('step', { at: 101 }))";
    tab.evaluate::<()>(wrong).await;
    tab.click("#press").await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.dropped.get("policy_sample"), stats.errors), (None, 0), "{stats:?}");
    let spans = scene.end().await;
    let steps = all_named(&spans, "step");
    let mut at: Vec<_> = steps.iter().filter_map(|step| step.int("at")).collect();
    at.sort_unstable();
    assert_eq!(at, (1..=101).collect::<Vec<_>>());
    assert!(spans.iter().all(|span| span.text("app.secret").is_none()), "each is scrubbed as itself");
    // They stand for no others: who counts sessions by what sampling kept leaves them out.
    assert!(steps.iter().all(|step| step.is_true("weft.flight")), "{steps:#?}");
    let wrong = one_named(&spans, "wrong");
    assert_eq!(wrong.text("app.public"), Some("y"));
    assert!(!wrong.is_true("weft.flight") && !one_named(&spans, CLICK).is_true("weft.flight"));
    let last = steps.iter().find(|step| step.int("at") == Some(100)).expect("it came");
    assert!(wrong.kinds_to(last).contains(&"previous".to_owned()), "{wrong:#?}");
    assert_nothing_dangles(&spans);
}

async fn what_nothing_goes_wrong_around_is_what_sampling_takes(kind: Kind) {
    let scene = Scene::start_with(kind, FLIGHT).await;
    let tab = scene.open_recording("/page").await;
    heard(&tab).await;
    tab.evaluate::<()>("void (weft.event('step'), weft.event('step'), weft.event('kept'))").await;
    tab.hide().await;
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.dropped["policy_sample"], stats.errors), (2, 0), "{stats:?}");
    let ledger = Ledger::of(scene.collector.addresses()).await;
    assert_eq!(ledger.count("/keys/shop-web/sdk_reduced/sample"), 2);
    let spans = scene.end().await;
    assert_eq!(named(&spans, "step"), 0);
}
