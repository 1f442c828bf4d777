//! Lanes of a session of more than one page: a page that was reloaded is in the same tab, and one that it opens is not.

use support::{browser::Kind, world::World};

use super::{open, text, waits_for};

in_each_browser!(a_reloaded_page_shares_the_lane_and_a_tab_that_it_opens_has_its_own,);

const IS_THERE: &str = "document.readyState === 'complete' && window.weft !== undefined";

async fn a_reloaded_page_shares_the_lane_and_a_tab_that_it_opens_has_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let tab = world.browser.open_tab().await;
    tab.goto(world.shop.url()).await;
    tab.click("#add-scarf").await;
    tab.wait_until("document.getElementById('cart').textContent === 'Cart: 1'").await;
    tab.evaluate::<()>(
        "weft.flush().then(() => { window.isOld = true; setTimeout(() => location.reload()); })",
    )
    .await;
    tab.wait_until(&format!("window.isOld === undefined && {IS_THERE}")).await;
    tab.evaluate::<()>("void addEventListener('click', () => open('/product/rug'))").await;
    let opened = tab.click_opening("#reviews").await;
    opened.wait_until(IS_THERE).await;
    opened.evaluate::<()>("weft.flush().then(() => undefined)").await;
    tab.show().await;
    tab.evaluate::<()>("weft.flush().then(() => undefined)").await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    look.wait_until("document.querySelector('.card')?.textContent.includes('3 pages in 2 tabs at most')")
        .await;
    look.click(".card a").await;
    waits_for(&look, ".lanes li:first-child", "tab with 2 pages, first /").await;
    waits_for(&look, ".lanes li:nth-child(2)", "page /product/rug").await;
    waits_for(&look, ".lanes li:nth-child(2)", "opened from lane 1").await;
    look.press(".list", "Home").await;
    waits_for(&look, ".panel", "in lane 1, tab with 2 pages").await;
    let drawn = "document.querySelector('.frame canvas').getAttribute('aria-label')";
    let drawn: String = look.evaluate(drawn).await;
    let lanes = text(&look, ".lanes ol").await;
    assert!(drawn.contains("3 lanes") && lanes.contains("service shop-api"), "{drawn}; {lanes}");
    look.assert_accessible().await;
    look.assert_no_errors().await;
    world.end().await;
}
