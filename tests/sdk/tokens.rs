//! A collector that wants to see a token beside the key: the page's app gives it, and events wait while there is none.

use std::time::Duration;

use support::{
    browser::{Kind, Tab},
    clock::Device,
    collector::BROWSER_KEY,
    gate::{Arrival, Role},
    ledger::Ledger,
    stats::Stats,
};
use weft_proto::Head;

use super::{
    killed::journal,
    scene::{IMPORT, Scene, flush, named},
};

in_each_engine!(
    every_request_carries_the_token_and_a_refused_one_is_replaced_before_the_same_batch_goes_again,
    a_page_whose_app_has_no_token_yet_keeps_its_events_and_asks_slower_and_slower,
    a_page_that_has_no_module_carries_the_token_too,
    an_erasure_carries_the_token,
);

in_each_browser!(
    a_collector_that_makes_tokens_gets_them_back_and_another_when_one_has_expired,
    the_app_is_asked_once_at_a_time_and_nothing_leaves_before_it_has_answered,
    what_a_page_without_a_token_leaves_goes_with_the_token_of_the_next_one,
);

/// A page that records, and whose app gives its tokens like this.
async fn open<'a>(scene: &'a Scene, options: &str, token: &str) -> Tab<'a> {
    let tab = scene.open("/page").await;
    let init = scene.init(&format!("{options} token: () => {{ asked.push(performance.now()); {token} }},"));
    tab.evaluate::<()>(&format!("(async () => {{ {IMPORT}; window.asked = []; {init}; }})()")).await;
    tab
}

async fn asked(tab: &Tab<'_>) -> usize {
    tab.evaluate("asked.length").await
}

/// The token of a request, as it stands in its query.
fn token(arrival: &Arrival) -> Option<&str> {
    arrival.query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

fn tokens(arrivals: &[Arrival]) -> Vec<Option<&str>> {
    arrivals.iter().map(token).collect()
}

/// Which batch a request carries.
fn batch(arrival: &Arrival) -> (u32, u64) {
    let (head, _) = Head::read(&arrival.body).expect("a batch has a head");
    (head.digest, head.number)
}

async fn every_request_carries_the_token_and_a_refused_one_is_replaced_before_the_same_batch_goes_again(
    kind: Kind,
) {
    let scene = Scene::start(kind).await;
    // Of the characters that mean something in a query, and of those that are no ASCII.
    scene.gate.play(Role::Wants("2%20%26%2B%3D%C3%A9"));
    let tab = open(&scene, "", "return ['1', '2 &+=é', '3'][asked.length - 1]").await;
    flush(&tab).await;
    tab.evaluate::<()>("void weft.event('kept')").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost(), stats.requests), (0, 0, 3), "{stats:?}");
    let arrivals = scene.gate.arrivals();
    let good = Some("2%20%26%2B%3D%C3%A9");
    assert_eq!(tokens(&arrivals), [Some("1"), good, good]);
    assert!(arrivals.iter().all(|arrival| arrival.query.starts_with("key=pk_")), "{arrivals:?}");
    assert_eq!(batch(&arrivals[0]), batch(&arrivals[1]));
    let waited = arrivals[1].at - arrivals[0].at;
    assert!(waited.as_millis() < 500, "there is nothing to wait for, and it waited {waited:?}");
    // It has expired; the app still gives it, once.
    scene.gate.play(Role::Wants("3"));
    tab.evaluate::<()>("void weft.event('kept')").await;
    flush(&tab).await;
    assert_eq!(tokens(&scene.gate.arrivals())[3..], [good, Some("3")]);
    assert_eq!(asked(&tab).await, 3);
    // What leaves with its page carries it too.
    tab.evaluate::<()>("void weft.event('kept')").await;
    tab.close().await;
    let last = scene.gate.wait_for_arrivals(6).await;
    assert!(last[5..].iter().all(|arrival| token(arrival) == Some("3")), "{last:?}");
    scene.sink.wait_for("the last", |spans| named(spans, "kept") == 3).await;
    assert_eq!(named(&scene.end().await, "kept"), 3);
}

async fn a_page_whose_app_has_no_token_yet_keeps_its_events_and_asks_slower_and_slower(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("good"));
    let tab = scene.open("/page").await;
    tab.evaluate::<()>("void (Math.random = () => 0)").await;
    // In whatever way it says so.
    let gives = "const times = asked.push(performance.now());
        if (times === 1) throw new Error('who are you?');
        if (times === 2) return Promise.reject(new Error('who are you?'));
        return times === 3 ? undefined : Promise.resolve('good');";
    let init = scene.init(&format!("token: () => {{ {gives} }},"));
    tab.evaluate::<()>(&format!(
        "(async () => {{ {IMPORT}; window.asked = []; {init}; weft.event('kept'); }})()"
    ))
    .await;
    assert!(!tab.evaluate::<bool>("weft.flush(50)").await);
    let stats = Stats::of(&tab).await;
    assert_eq!((stats.pending, stats.errors, stats.lost()), (stats.recorded, 0, 0), "{stats:?}");
    let stats = flush(&tab).await;
    stats.assert_balances();
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    assert!(scene.gate.arrivals().iter().all(|arrival| token(arrival).is_some()), "none goes without");
    let times: Vec<f64> = tab.evaluate("asked").await;
    let gaps: Vec<f64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    let fine = gaps.iter().zip([500.0, 1_000.0]).all(|(gap, shortest)| gap + 30.0 >= shortest);
    assert!(gaps.len() >= 3 && fine, "{gaps:?}");
    assert_eq!(named(&scene.end().await, "kept"), 1);
}

async fn a_page_that_has_no_module_carries_the_token_too(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("4"));
    // The first two fail, the third is refused.
    let gives = "if (asked.length < 3) throw 0; return String(asked.length)";
    let tab = open(&scene, "wasmUrl: '/missing/weft.wasm',", gives).await;
    tab.evaluate::<()>("void weft.event('kept')").await;
    let stats = flush(&tab).await;
    assert_eq!((stats.errors, stats.lost()), (0, 0), "{stats:?}");
    assert_eq!(tokens(&scene.gate.arrivals()), [Some("3"), Some("4")]);
    assert_eq!(named(&scene.end().await, "kept"), 1);
}

async fn an_erasure_carries_the_token(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("1"));
    let tab = open(&scene, "", "return String(asked.length)").await;
    flush(&tab).await;
    let before = scene.gate.arrivals().len();
    scene.gate.play(Role::Wants("2"));
    tab.evaluate::<()>("weft.consent('denied')").await;
    let arrivals = scene.gate.wait_for_arrivals(before + 2).await;
    assert!(arrivals[before..].iter().all(|arrival| arrival.query.contains("erase=")), "{arrivals:?}");
    assert_eq!(tokens(&arrivals[before..]), [Some("1"), Some("2")]);
    scene.end().await;
}

async fn the_app_is_asked_once_at_a_time_and_nothing_leaves_before_it_has_answered(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("secret"));
    // It may call us, too.
    let tab = open(&scene, "", "weft.flush(1); return new Promise((give) => (window.give = give))").await;
    for _ in 0..3 {
        tab.evaluate::<()>("void weft.event('kept')").await;
        assert!(!tab.evaluate::<bool>("weft.flush(50)").await);
        tab.hide().await;
        tab.show().await;
    }
    assert_eq!((asked(&tab).await, scene.gate.arrivals().len()), (1, 0));
    journal(&tab, "batches.length > 0").await;
    tab.evaluate::<()>("give('secret')").await;
    let stats = flush(&tab).await;
    assert_eq!((asked(&tab).await, stats.errors, stats.lost()), (1, 0, 0), "{stats:?}");
    journal(&tab, "!JSON.stringify([pages, batches]).includes('secret')").await;
    assert!(!tab.evaluate::<bool>("JSON.stringify([localStorage, sessionStorage]).includes('secret')").await);
    assert_eq!(named(&scene.end().await, "kept"), 3);
}

async fn what_a_page_without_a_token_leaves_goes_with_the_token_of_the_next_one(kind: Kind) {
    let scene = Scene::start(kind).await;
    scene.gate.play(Role::Wants("good"));
    let tab = open(&scene, "", "return new Promise(() => {})").await;
    tab.evaluate::<()>("void weft.event('kept')").await;
    // Its way out is open.
    journal(&tab, "tail > 0").await;
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    journal(&tab, "batches.length === 1").await;
    assert!(scene.gate.arrivals().is_empty());
    scene.pass(Duration::from_secs(180), Device::Awake).await;
    let next = open(&scene, "", "return Promise.resolve('good')").await;
    scene.sink.wait_for("what was left", |spans| named(spans, "kept") == 1).await;
    flush(&next).await;
    assert!(scene.gate.arrivals().iter().all(|arrival| token(arrival) == Some("good")));
    assert_eq!(named(&scene.end().await, "kept"), 1);
}

/// The two real halves: no fake takes the collector's place.
async fn a_collector_that_makes_tokens_gets_them_back_and_another_when_one_has_expired(kind: Kind) {
    let tokens = "[keys.shop-web.tokens]\nmade_here = true\n[[keys.shop-web.tokens.key]]\nid = \"a\"\n\
                  hmac = \"0123456789abcdef0123456789abcdef\"\n";
    let scene = Scene::start_with(kind, tokens).await;
    let made = format!("{}/token?key={BROWSER_KEY}", scene.gate.page_endpoint());
    let gives = format!("return fetch('{made}', {{ method: 'POST' }}).then((answer) => answer.text())");
    let tab = open(&scene, "", &gives).await;
    flush(&tab).await;
    assert_eq!(asked(&tab).await, 1);
    // They are good for a quarter of an hour, and clocks may be a minute apart.
    scene.pass(Duration::from_secs(17 * 60), Device::Awake).await;
    tab.evaluate::<()>("void weft.event('kept')").await;
    let stats = flush(&tab).await;
    assert_eq!((asked(&tab).await, stats.errors, stats.lost()), (2, 0, 0), "{stats:?}");
    let batches: Vec<_> =
        scene.gate.arrivals().into_iter().filter(|arrival| token(arrival).is_some()).collect();
    let [first, expired, last, ..] = &batches[..] else { panic!("{batches:?}") };
    assert_eq!(token(first), token(expired), "it does not know that its time is over");
    assert!(token(last) != token(first) && batch(last) == batch(expired));
    assert!(batches[3..].iter().all(|later| token(later) == token(last)), "{batches:?}");
    let ledger = Ledger::of(scene.collector.addresses()).await;
    assert_eq!(ledger.bodies_refused("token_expired"), 1);
    assert_eq!(named(&scene.end().await, "kept"), 1);
}
