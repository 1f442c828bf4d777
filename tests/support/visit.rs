//! One scripted visit to the shop, and the account of it: what the page says it recorded against what arrived.

use crate::{
    browser::{Browser, Tab},
    received::Received,
    shop::Shop,
    sink::Sink,
    stats::Stats,
};

/// `service.name` of the page's events, as the collector's configuration has it.
pub const PAGE: &str = "shop-web";

/// Requests of the visit that reach the backend.
const BACKEND_SPANS: usize = 3;

/// Kept by the page when it goes away. On closing, `pagehide` comes before `visibilitychange`, and either may be
/// what makes the last batch leave.
const KEEP_LAST_WORDS: &str = "(() => {
    const keep = () => localStorage.setItem('last-words', JSON.stringify(weft.stats()));
    addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', keep);
})()";

/// What became of a visit.
#[derive(Clone, Debug)]
pub struct Account {
    /// Distinct spans at the sink.
    pub spans: usize,
    /// Links of those spans.
    pub links: usize,
    /// Bytes of requests the page sent to the collector.
    pub bytes: u64,
    /// Events the page says it recorded, minus its distinct events at the sink.
    pub lost: i64,
    /// Everything that should not have been.
    pub problems: Vec<String>,
}

impl Account {
    /// One line for whoever reads the last line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { spans, links, bytes, lost, .. } = self;
        format!(r#"{{"spans":{spans},"links":{links},"bytes":{bytes},"lost":{lost}}}"#)
    }
}

/// Load, press, reviews, another view, press, close.
pub async fn scripted(browser: &Browser, shop: &Shop, sink: &Sink) -> Account {
    let tab = browser.open_tab().await;
    tab.goto(shop.url()).await;
    // The page load is on its way before anything else happens: the rest leaves when the tab is closed.
    tab.wait_until("weft.stats().acknowledged > 0").await;
    tab.click("#add-scarf").await;
    tab.wait_until("document.getElementById('cart').textContent !== 'Cart: 0'").await;
    tab.click("#reviews").await;
    tab.wait_until("document.querySelectorAll('.reviews li').length > 0").await;
    tab.click("#see-rug").await;
    tab.wait_until("location.pathname === '/product/rug'").await;
    tab.evaluate::<()>("void (window.cartBefore = document.getElementById('cart').textContent)").await;
    tab.click("#add-rug").await;
    tab.wait_until("document.getElementById('cart').textContent !== cartBefore").await;
    let mut problems = tab.log().await.errors;
    let stats = close(browser, &tab, shop).await;

    let all_here = |spans: &[Received]| lost(&stats, spans) <= 0 && from_backend(spans) >= BACKEND_SPANS;
    let spans = sink.try_wait_for(all_here).await.unwrap_or_else(|| sink.spans());
    let lost = lost(&stats, &spans);
    if lost != 0 {
        problems.push(format!("{} events were recorded, and {lost} more than arrived", stats.recorded));
    }
    if from_backend(&spans) != BACKEND_SPANS {
        problems.push(format!("{} spans of the backend, not {BACKEND_SPANS}", from_backend(&spans)));
    }
    if stats.errors > 0 {
        problems.push(format!("the SDK counted {} failures inside itself", stats.errors));
    }
    let links = spans.iter().map(|span| span.span.links.len()).sum();
    Account { spans: spans.len(), links, bytes: stats.bytes_sent, lost, problems }
}

/// Somebody who cannot decide: a good hundred events of one page, and what the backend says of its requests.
pub async fn undecided(browser: &Browser, shop: &Shop, sink: &Sink) -> Vec<Received> {
    let tab = browser.open_tab().await;
    tab.goto(shop.url()).await;
    let cart = "document.getElementById('cart').textContent";
    for round in 0..12 {
        tab.evaluate::<()>(&format!("void (window.cartBefore = {cart})")).await;
        tab.click("#reviews").await;
        tab.wait_until("document.querySelectorAll('.reviews li').length > 0").await;
        tab.click(["#see-rug", "#see-scarf"][round % 2]).await;
        tab.wait_until("location.pathname !== '/'").await;
        tab.click(["#add-rug", "#add-scarf"][round % 2]).await;
        tab.wait_until(&format!("{cart} !== cartBefore")).await;
        tab.click("#back").await;
        tab.wait_until("location.pathname === '/'").await;
    }
    let stats = close(browser, &tab, shop).await;
    sink.try_wait_for(|spans| lost(&stats, spans) <= 0).await.unwrap_or_else(|| sink.spans())
}

/// Closes the tab as a person does; its last words, read by a page of the same origin that records nothing.
async fn close(browser: &Browser, tab: &Tab<'_>, shop: &Shop) -> Stats {
    tab.evaluate::<()>(KEEP_LAST_WORDS).await;
    tab.close().await;
    let reader = browser.open_tab().await;
    reader.goto(&format!("{}/icon.svg", shop.url())).await;
    reader.evaluate("JSON.parse(localStorage.getItem('last-words'))").await
}

fn lost(stats: &Stats, spans: &[Received]) -> i64 {
    let arrived = spans.iter().filter(|span| span.service() == PAGE).count();
    stats.recorded - i64::try_from(arrived).unwrap_or(i64::MAX)
}

fn from_backend(spans: &[Received]) -> usize {
    spans.iter().filter(|span| span.service() != PAGE).count()
}
