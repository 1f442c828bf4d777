//! What the browser renders before somebody wants to see it is no page load until then. Only Chromium does that.

use support::{browser::Kind, site::PAGE};

use super::scene::{LOAD, Scene, named, one_named};

in_chromium!(a_page_rendered_ahead_of_time_says_nothing_until_it_is_shown_and_then_since_when_it_is);

/// Has another page rendered, and goes there once it may.
const FIRST: &str = "<script>
    const rules = document.createElement('script');
    rules.type = 'speculationrules';
    rules.textContent = JSON.stringify({ prerender: [{ urls: ['/page/ahead'], eagerness: 'immediate' }] });
    document.head.append(rules);
    fetch('/held/go').then(() => (location.href = '/page/ahead'));
</script>";

/// Does everything that makes pages send, and says so; does it again when it is seen, and says so.
const AHEAD: &str = "<script type='module'>
    import * as weft from '/weft/full.js';
    const shown = new Promise((resolve) => {
        INIT;
        document.addEventListener('prerenderingchange', resolve);
    });
    weft.event('while nobody sees it');
    await new Promise((resolve) => addEventListener('load', resolve));
    await weft.flush();
    await fetch('/ahead?' + document.prerendering);
    await shown;
    weft.event('seen', { started: performance.getEntriesByType('navigation')[0].activationStart });
    while (!(await weft.flush(1_000)));
    await fetch('/over');
</script>";

async fn a_page_rendered_ahead_of_time_says_nothing_until_it_is_shown_and_then_since_when_it_is(kind: Kind) {
    let scene = Scene::start(kind).await;
    let page = |script: &str| PAGE.replace("</body>", &format!("{script}</body>"));
    scene.site.page("/page/first", &page(FIRST), &[]);
    scene.site.page("/page/ahead", &page(&AHEAD.replace("INIT", &scene.init(""))), &[]);
    scene.browser.shut().await;
    scene.browser.start_again_unwatched(&format!("{}/page/first", scene.site.url())).await;
    scene.site.wait_for("/ahead?true").await;
    assert!(scene.gate.arrivals().is_empty(), "it may never be seen: nothing is sent of it");
    scene.site.release();
    scene.site.wait_for("/over").await;
    let spans = scene.end().await;

    assert_eq!(named(&spans, "while nobody sees it"), 0);
    let (load, seen) = (one_named(&spans, LOAD), one_named(&spans, "seen"));
    let started = load.number("browser.navigation_timing.activation_start").expect("when it was seen");
    assert_eq!(seen.number("started"), Some(started), "by the browser's own account");
    let loaded = load.duration_ms();
    assert!((1.0..started).contains(&loaded), "loaded after {loaded} ms, seen after {started} ms");
    let since_load = |name: &str| one_named(&spans, name).start_ms() - load.start_ms();
    let activated = since_load("browser.page.activated");
    assert!((activated - started).abs() < 2.0, "{activated} ms and {started} ms after the load began");
    assert!(since_load("seen") >= activated);
}
