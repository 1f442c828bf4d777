//! An error that is thrown in what a bundler has minified, told as somebody wrote it.

use support::{browser::Kind, thrown::Bundle, world::World};

use super::{open, text, waits_for};

in_each_browser!(an_error_in_a_minified_bundle_is_shown_where_it_was_written_once_its_map_is_uploaded,);

async fn an_error_in_a_minified_bundle_is_shown_where_it_was_written_once_its_map_is_uploaded(kind: Kind) {
    let world = World::start(kind).await;
    let bundle = Bundle::built().await;
    let shop = world.browser.open_tab().await;
    shop.goto(world.shop.url()).await;
    bundle.fails(&shop).await;

    let look = open(&world.browser, &world.collector, "sessions").await;
    waits_for(&look, ".card", "1 error").await;
    look.click(".card a").await;
    look.click(".row.error").await;
    waits_for(&look, ".stack", "no source map of main.js").await;

    bundle.upload(&world).await;
    look.evaluate::<()>("location.reload()").await;
    look.wait_until(
        "document.querySelector('.stack') === null && document.querySelector('.row.error') !== null",
    )
    .await;
    look.click(".row.error").await;
    waits_for(&look, ".stack details[open] summary", "thrown/cart.ts:7:").await;
    let line = text(&look, ".stack details[open] mark").await;
    assert!(line.contains("lines.map((line) => line.price.amount)"), "{line}");
    assert!(text(&look, ".stack").await.contains("thrown/main.ts:7:"), "each line is looked up");
    look.assert_accessible().await;
    look.assert_no_errors().await;
    world.end().await;
}
