//! The explorer in real browsers, on what real visits to the shop have made: clicked through, walked by keys, read by axe.

mod lanes;
#[cfg(feature = "slow")]
mod large;
mod nearly;
mod said;
mod stacks;

use hyper::Method;
use support::{
    browser::{Browser, Kind, Tab},
    collector::{BROWSER_KEY, Bound, Collector, Setting},
    http::send,
    looking::{first_visit, hostile, three_weeks_later},
    page::{ORIGIN, Page},
    sink::Sink,
    world::World,
};

in_each_browser!(
    before_anything_has_come_it_shows_the_line_to_paste_and_fills_by_itself,
    a_press_three_weeks_later_is_shown_behind_a_fold_and_walked_to_by_keys,
    every_page_is_clicked_through_and_fits_a_narrow_screen_and_keeps_nobody_out,
    what_strangers_write_stays_text,
    who_is_blocked_is_shown_with_the_reason_and_lifted_by_a_button,
);

async fn open<'a>(browser: &'a Browser, collector: &Collector, page: &str) -> Tab<'a> {
    let tab = browser.open_tab().await;
    tab.goto(&collector.addresses().admin_url(&format!("/#/{page}"))).await;
    tab
}

async fn text(tab: &Tab<'_>, selector: &str) -> String {
    tab.evaluate(&format!("document.querySelector('{selector}').textContent")).await
}

async fn waits_for(tab: &Tab<'_>, selector: &str, part: &str) {
    tab.wait_until(&format!("document.querySelector('{selector}')?.textContent.includes({part:?})")).await;
}

/// Cards of the shop's sessions, by what they say.
const CARDS: &str =
    "[...document.querySelectorAll('.card')].filter((card) => card.textContent.includes('shop'))";

async fn before_anything_has_come_it_shows_the_line_to_paste_and_fills_by_itself(kind: Kind) {
    let world = World::start(kind).await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    waits_for(&look, ".first pre", BROWSER_KEY).await;
    let line = text(&look, ".first pre").await;
    assert!(line.contains("<script type=\"module\">") && line.contains("/api/telemetry"), "{line}");
    look.assert_accessible().await;
    let shop = world.browser.open_tab().await;
    shop.goto(world.shop.url()).await;
    shop.evaluate::<()>("weft.flush().then(() => undefined)").await;
    look.show().await;
    look.wait_until(&format!("{CARDS}.length === 1")).await;
    look.assert_no_errors().await;
    world.end().await;
}

async fn a_press_three_weeks_later_is_shown_behind_a_fold_and_walked_to_by_keys(kind: Kind) {
    let world = World::start(kind).await;
    let shop = first_visit(&world).await;
    three_weeks_later(&world, &shop).await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    look.wait_until(&format!("{CARDS}.length === 2")).await;
    look.click(".card:first-child a").await;
    look.wait_until("document.querySelectorAll('[role=option]').length > 8").await;
    look.press(".list", "Home").await;
    waits_for(&look, ".panel", "page load").await;
    for gap in ["+ 12 minutes", "+ 3 weeks"] {
        look.press(".list", "g").await;
        waits_for(&look, "[aria-selected=true]", gap).await;
    }
    // Where a page notices first that its device slept, and then that somebody presses.
    if text(&look, "[aria-selected=true]").await.contains("clock jump") {
        look.press(".list", "ArrowRight").await;
    }
    waits_for(&look, "[aria-selected=true]", "interaction").await;
    waits_for(&look, ".links", "declared").await;
    let later: u32 = look.evaluate(SELECTED).await;
    look.press(".list", "l").await;
    look.wait_until(&format!("{SELECTED} < {later}")).await;
    waits_for(&look, ".panel .links", "← from").await;
    look.press(".list", "End").await;
    waits_for(&look, "[aria-selected=true]", "POST").await;
    look.click(".actions button:nth-of-type(2)").await;
    let is_drawn = "(() => { const c = document.querySelector('.frame canvas');
        const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
        return new Set(new Uint32Array(data.buffer)).size > 8; })()";
    look.wait_until(is_drawn).await;
    look.click(".panel details:last-of-type summary").await;
    waits_for(&look, ".panel pre", "resourceSpans").await;
    look.assert_accessible().await;
    look.assert_no_errors().await;
    world.end().await;
}

/// The number of the selected event.
const SELECTED: &str = "Number(document.querySelector('[aria-selected=true]').getAttribute('aria-posinset'))";

async fn every_page_is_clicked_through_and_fits_a_narrow_screen_and_keeps_nobody_out(kind: Kind) {
    let world = World::start(kind).await;
    first_visit(&world).await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    for (width, is_dark) in [(320, true), (1280, false)] {
        look.look(width, 900, is_dark).await;
        look.wait_until(&format!("{IS_DARK} === {is_dark}")).await;
        for (page, selector, part) in [
            ("sessions", ".card", "1 error"),
            ("connections", "table", "shop-api"),
            ("costs", "table", "browser.navigation_timing"),
            ("health", ".verdict", "adds up"),
        ] {
            look.click(&format!("nav a[href='#/{page}']")).await;
            waits_for(&look, selector, part).await;
            assert_fits(&look, page).await;
        }
        assert_told(&look).await;
        let is_even: bool = look.evaluate("document.querySelector('.uneven') === null").await;
        assert!(is_even, "{}", text(&look, "main").await);
        look.click("nav a[href='#/sessions']").await;
        look.click(".card a").await;
        waits_for(&look, ".timeline", "page load").await;
        look.press(".list", "End").await;
        waits_for(&look, ".panel h3:last-of-type", "Attributes").await;
        assert_fits(&look, "session").await;
    }
    look.assert_no_errors().await;
    world.end().await;
}

/// Whether the page's ground is nearly black.
const IS_DARK: &str =
    "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).every((part) => part < 64)";

/// What the pages say of latency, of the canary and of bounds, in words and with units; the health page is open.
async fn assert_told(look: &Tab<'_>) {
    let destinations = text(look, "[aria-label=Destinations]").await;
    assert!(destinations.contains("p50") && destinations.contains(" ms"), "{destinations}");
    waits_for(look, "#main", "goes the whole way to every destination every 1 minute").await;
    look.click("nav a[href='#/connections']").await;
    waits_for(look, "[aria-label=Connected]", "Route: the view that the page says").await;
    let connected = text(look, "[aria-label=Connected]").await;
    let words = ["Service: the header traceparent", "p50", "p95", " ms"];
    assert!(words.iter().all(|word| connected.contains(word)), "{connected}");
    look.click("nav a[href='#/costs']").await;
    waits_for(look, "[aria-label=\"Different values today\"]", "names of events").await;
    waits_for(look, "[aria-label=Limits]", "bytes of one page in a day").await;
    waits_for(look, "#main", "no policy has left anything out yet").await;
}

async fn assert_fits(look: &Tab<'_>, page: &str) {
    let [wide, screen]: [u32; 2] = look.evaluate("[document.documentElement.scrollWidth, innerWidth]").await;
    assert!(wide <= screen, "{page} is {wide} wide on a screen of {screen}");
    look.assert_accessible().await;
}

async fn what_strangers_write_stays_text(kind: Kind) {
    let world = World::start(kind).await;
    hostile(&world).await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    look.wait_until("document.querySelectorAll('.card').length === 1").await;
    look.click(".card a").await;
    look.wait_until("document.querySelectorAll('[role=option]').length === 2").await;
    for key in ["Home", "End"] {
        look.press(".list", key).await;
        waits_for(&look, ".panel dl", "window.hacked").await;
        assert_inert(&look).await;
    }
    // Both are roots of one session: the second was linked to the first by a rule.
    waits_for(&look, ".links .inferred", "inferred by the rule").await;
    for page in ["sessions", "connections", "costs", "health"] {
        look.click(&format!("nav a[href='#/{page}']")).await;
        look.wait_until("document.querySelector('h2, .card') !== null").await;
        assert_inert(&look).await;
    }
    let page = send(Method::GET, &world.collector.addresses().admin_url("/"), &[], Vec::new()).await;
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    // What a policy has to stop is a complaint on the console.
    look.assert_no_errors().await;
    world.end().await;
}

async fn assert_inert(look: &Tab<'_>) {
    let is_inert = "window.hacked === undefined && document.querySelector('main img, main script, main iframe, [onerror]') === null";
    assert!(look.evaluate::<bool>(is_inert).await);
}

async fn who_is_blocked_is_shown_with_the_reason_and_lifted_by_a_button(kind: Kind) {
    let sink = Sink::start().await;
    let more = "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n[rates]\nblock_after = 50\n";
    let collector = Collector::start(Bound::new().await, &Setting::before(&sink).with(more));
    let to = collector.addresses();
    let url = format!("{}?key={BROWSER_KEY}", to.page_endpoint());
    let mut changed = Page::new(1).clicks(1);
    changed.reverse();
    changed[..2].copy_from_slice(&[0, 0]);
    let headers = [("origin", ORIGIN), ("content-type", "text/plain"), ("x-forwarded-for", "203.0.113.7")];
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(send(Method::POST, &url, &headers, changed.clone()).await.status);
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 403]);
    let browser = Browser::launch(kind).await;
    let look = open(&browser, &collector, "health").await;
    waits_for(&look, "#main", "203.0.113.7").await;
    let said = text(&look, "#main").await;
    assert!(said.contains("shop-web") && said.contains("refused 50 times in a minute"), "{said}");
    look.assert_accessible().await;
    look.evaluate::<()>("document.querySelector('[aria-label=\"Lift the block of 203.0.113.7\"]').click()")
        .await;
    waits_for(&look, "#main", "Nobody is blocked.").await;
    assert_eq!(send(Method::POST, &url, &headers, Page::new(2).clicks(1)).await.status, 200);
    look.assert_no_errors().await;
    browser.quit().await;
    collector.stop().await;
    sink.assert_nothing_odd();
}
