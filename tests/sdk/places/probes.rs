//! Each does what a promise is about, and says what came of it.

use support::{clock::Device, collector::BROWSER_KEY, received::Received};

use super::{At, Cell, Place, Spot};
use crate::sdk::{
    killed::journal_is,
    scene::{LOAD, Scene, all_named, named, one_named},
};

fn yes_or_no(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

/// Somebody is there, and comes again.
pub(super) async fn visits(scene: &Scene, place: Place) -> Vec<Cell> {
    let spot = Spot::open(scene, place).await;
    spot.event("one").await;
    spot.event("two").await;
    spot.flush().await;
    let spot = spot.again().await;
    spot.event("three").await;
    let asked = "fetch('/echo/again').then((answer) => answer.text())";
    spot.evaluate::<String>(asked).await;
    spot.flush().await;
    if place.at == At::Frame {
        // The site's own pages know nothing of what its frames in another site store.
        let own = scene.open("/page").await;
        let knows = format!("localStorage.getItem('weft.session.{BROWSER_KEY}') !== null");
        assert!(!own.evaluate::<bool>(&knows).await);
    }
    spot.tab.close().await;
    let requests = scene.site.take_asked();
    scene.sink.wait_for("the second visit", |spans| named(spans, "three") == 1).await;
    let spans = scene.sink.spans();
    let joined = requests.iter().filter(|asked| asked.path == "/echo/again");
    let joined = joined.filter_map(|asked| asked.header("traceparent")).collect::<Vec<_>>();
    vec![
        ("in-page links, order and times", yes_or_no(are_in_order(&spans))),
        ("the next visit goes on with the session", session(&spans)),
        ("requests are joined to the backend", yes_or_no(joined.len() == 1)),
    ]
}

/// Each to the one before and to the load of its page.
fn are_in_order(spans: &[Received]) -> bool {
    let load_of = |event: &Received| {
        let is_its = |load: &&Received| load.text("weft.page.id") == event.text("weft.page.id");
        all_named(spans, LOAD).into_iter().find(is_its).expect("each page has a load").clone()
    };
    let [one, two, three] = ["one", "two", "three"].map(|name| one_named(spans, name));
    let has = |from: &Received, to: &Received, kind: &str| from.kinds_to(to).contains(&kind.to_owned());
    let to_loads = [one, two, three].iter().all(|event| has(event, &load_of(event), "page"));
    to_loads
        && has(two, one, "previous")
        && one.start_ms() <= two.start_ms()
        && two.start_ms() < three.start_ms()
}

fn session(spans: &[Received]) -> String {
    let [before, after] = ["two", "three"].map(|name| one_named(spans, name));
    let is_new = before.text("session.id") != after.text("session.id");
    let page = after.text("weft.page.id");
    let of_page = || spans.iter().filter(|span| span.text("weft.page.id") == page);
    let links =
        |kind: &str| of_page().flat_map(Received::links).any(|link| link.kinds.iter().any(|is| is == kind));
    match (is_new, links("session"), links("restored")) {
        (false, _, true) => "yes, linked `restored`",
        (false, _, false) => "yes",
        (true, true, _) => "a new one, linked to it",
        (true, false, _) => "a new one",
    }
    .to_owned()
}

/// An event, and the tab is closed.
pub(super) async fn close(scene: &Scene, place: Place) -> Cell {
    let spot = Spot::open(scene, place).await;
    spot.event("last").await;
    spot.tab.close().await;
    scene.sink.wait_for("what was recorded last", |spans| named(spans, "last") == 1).await;
    ("what is recorded before the tab is closed arrives", yes_or_no(true))
}

/// The browser is killed a second after an event, within a long span; somebody comes again.
pub(super) async fn kill(scene: &Scene, place: Place) -> [Cell; 2] {
    let spot = Spot::open(scene, place).await;
    spot.evaluate::<()>("void weft.longSpan('call')").await;
    spot.evaluate::<bool>("weft.flush(1_000)").await;
    spot.event("kept").await;
    let keeps = spot.evaluate::<bool>("weft.stats().journal === 'indexeddb'").await;
    if keeps {
        spot.wait_until(&journal_is("tail === 1")).await;
    }
    scene.browser.kill().await;
    scene.browser.start_again().await;
    scene.pass(place.away, Device::Awake).await;
    let spot = Spot::open(scene, place).await;
    if keeps {
        // What was found there is taken over.
        spot.wait_until(&journal_is("pages.every((page) => !page.tail || page.tail.events === 0)")).await;
        spot.wait_until(&journal_is("batches.length === 0")).await;
    }
    spot.flush().await;
    let arrived = named(&scene.sink.spans(), "kept") == 1;
    // The next page says that it is given up, and what may still come is waited for; or nobody says anything.
    scene.collector.clock().advance_ms(if arrived { 60_000 } else { 31 * 60_000 });
    scene.sink.wait_for("the closure", |spans| named(spans, "call") == 1).await;
    let spans = scene.sink.spans();
    assert_eq!(one_named(&spans, "call").text("weft.state"), Some("interrupted"));
    let by = if arrived { "yes, by the next page" } else { "yes, by the collector" };
    [
        ("what was recorded a second before the browser is killed arrives", yes_or_no(arrived)),
        ("a long span that was open then is closed", by.to_owned()),
    ]
}

/// Somebody goes away from the page and back.
pub(super) async fn come_back(scene: &Scene, place: Place) -> Cell {
    let spot = Spot::open(scene, place).await;
    let listen = "void addEventListener('pageshow', (event) => (window.kept = event.persisted))";
    spot.tab.evaluate::<()>(listen).await;
    spot.tab.goto(&format!("{}/next", spot.url())).await;
    spot.tab.back().await;
    spot.tab.wait_until("document.readyState === 'complete' && !location.pathname.endsWith('/next')").await;
    let kept = spot.tab.evaluate::<bool>("window.kept === true").await;
    spot.tab.close().await;
    ("the page is kept in the back/forward cache", yes_or_no(kept))
}

/// The person withdraws consent in one of two tabs.
pub(super) async fn withdraw(scene: &Scene, place: Place) -> Cell {
    let (one, other) = (Spot::open(scene, place).await, Spot::open(scene, place).await);
    one.evaluate::<()>("void weft.consent('denied')").await;
    one.wait_until("weft.event('after') === undefined").await;
    let reaches =
        "(() => { try { new BroadcastChannel('any').close(); return true; } catch { return false; } })()";
    let reaches = other.evaluate::<bool>(reaches).await;
    if reaches {
        other.wait_until("weft.event('after') === undefined").await;
    }
    let stores = "(() => { try { return localStorage !== null; } catch { return false; } })()";
    if one.evaluate::<bool>(stores).await {
        let left = format!(
            "(async () => localStorage.getItem('weft.session.{BROWSER_KEY}') === null
                && sessionStorage.getItem('weft.page.{BROWSER_KEY}') === null
                && !(await indexedDB.databases()).some(({{ name }}) => name === 'weft'))()"
        );
        one.wait_until(&left).await;
    }
    let cell = if reaches { "yes" } else { "the page alone" };
    ("withdrawn consent reaches all tabs and erases", cell.to_owned())
}
