//! What the explorer says beside events: what has not ended, what was not seen; and that it needs a token.

use support::{
    browser::{Browser, Kind},
    collector::{Bound, Collector, Setting},
    looking::unfinished,
    sink::Sink,
    world::World,
};

use super::{open, waits_for};

in_each_browser!(
    what_has_not_ended_and_what_was_not_seen_is_said,
    where_a_token_is_needed_the_page_asks_for_it,
);

async fn what_has_not_ended_and_what_was_not_seen_is_said(kind: Kind) {
    let world = World::start(kind).await;
    unfinished(&world).await;
    let look = open(&world.browser, &world.collector, "sessions").await;
    for (card, said) in [
        ("2 events not seen", "2 events not seen: numbers 3 to 4 of page"),
        ("1 still open", "Still open: checkout, since"),
    ] {
        look.click("nav a[href='#/sessions']").await;
        let found = format!(
            "[...document.querySelectorAll('.card')].find((card) => card.textContent.includes('{card}'))"
        );
        look.wait_until(&format!("{found} !== undefined")).await;
        look.evaluate::<()>(&format!("{found}.querySelector('a').click()")).await;
        waits_for(&look, ".unfinished", said).await;
        look.assert_accessible().await;
    }
    look.assert_no_errors().await;
    world.end().await;
}

async fn where_a_token_is_needed_the_page_asks_for_it(kind: Kind) {
    let sink = Sink::start().await;
    let first = "admin_token = \"open-sesame-open-sesame\"".to_owned();
    let collector = Collector::start(Bound::new().await, &Setting { first, ..Setting::before(&sink) });
    let browser = Browser::launch(kind).await;
    let look = open(&browser, &collector, "sessions").await;
    for (token, shown) in [("open-sesame", ".token input"), ("open-sesame-open-sesame", ".first pre")] {
        look.wait_until("document.querySelector('.token input') !== null").await;
        look.assert_accessible().await;
        look.evaluate::<()>(&format!(
            "(() => {{ const input = document.querySelector('.token input'); input.value = '{token}';
                input.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        ))
        .await;
        look.click(".token button").await;
        look.wait_until(&format!("document.querySelector('{shown}') !== null")).await;
    }
    waits_for(&look, ".live", "● live").await;
    browser.quit().await;
    collector.stop().await;
    sink.assert_nothing_odd();
}
