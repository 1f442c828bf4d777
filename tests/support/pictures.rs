//! Pictures of the explorer's pages, light and dark, of a person who comes again three weeks later. They are looked at, and
//! are in the docs.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    browser::{Kind, Tab},
    looking::{first_visit, three_weeks_later, unfinished},
    thrown::Bundle,
    world::World,
};

/// A page's address behind the #, and what is there when it is all drawn.
const PAGES: [(&str, &str); 4] =
    [("sessions", ".card"), ("connections", "table"), ("costs", "table"), ("health", ".verdict")];

/// Goes to the session in which something is open.
const OPEN: &str =
    "[...document.querySelectorAll('.card')].find((card) => card.textContent.includes('still open'))
    .querySelector('a').click()";

/// Writes a PNG of each page in each theme into `directory`.
pub async fn take(directory: PathBuf) -> ExitCode {
    let world = World::start(Kind::Chromium).await;
    let look = world.browser.open_tab().await;
    let page = |page: &str| world.collector.addresses().admin_url(&format!("/#/{page}"));
    look.goto(&page("sessions")).await;
    look.wait_until("document.querySelector('.first pre') !== null").await;
    each_theme(&look, &directory, "first").await;
    let shop = first_visit(&world).await;
    three_weeks_later(&world, &shop).await;
    look.show().await;
    look.wait_until("document.querySelectorAll('.card').length === 2").await;
    for (name, drawn) in PAGES {
        look.click(&format!("nav a[href='#/{name}']")).await;
        look.wait_until(&format!("document.querySelector('{drawn}') !== null")).await;
        each_theme(&look, &directory, name).await;
    }
    look.click("nav a[href='#/sessions']").await;
    look.wait_until("document.querySelectorAll('.card').length === 2").await;
    look.click(".card a").await;
    look.wait_until("document.querySelectorAll('[role=option]').length > 8").await;
    for key in ["Home", "g", "g"] {
        look.press(".list", key).await;
    }
    look.wait_until("document.querySelector('.panel .pairs') !== null").await;
    look.evaluate::<()>("void scrollTo(0, 0)").await;
    each_theme(&look, &directory, "session").await;
    thrown(&world, &shop, &look, &directory).await;
    unfinished(&world).await;
    look.show().await;
    look.click("nav a[href='#/sessions']").await;
    look.wait_until("document.querySelectorAll('.card').length === 3").await;
    look.evaluate::<()>(OPEN).await;
    look.wait_until("document.querySelector('.unfinished') !== null").await;
    each_theme(&look, &directory, "open").await;
    look.look(320, 900, false).await;
    look.screenshot(&directory.join("explorer-session-narrow.png")).await;
    world.end().await;
    ExitCode::SUCCESS
}

/// An error in a minified bundle, where it was written.
async fn thrown(world: &World, shop: &Tab<'_>, look: &Tab<'_>, directory: &Path) {
    let bundle = Bundle::built().await;
    bundle.upload(world).await;
    shop.show().await;
    bundle.fails(shop).await;
    look.show().await;
    look.press(".list", "End").await;
    let row =
        "[...document.querySelectorAll('.row.error')].find((row) => row.textContent.includes('amount'))";
    look.wait_until(&format!("{row} !== undefined")).await;
    look.evaluate::<()>(&format!("{row}.click()")).await;
    look.wait_until("document.querySelector('.stack details[open]') !== null").await;
    look.evaluate::<()>("void document.querySelector('.panel').scrollIntoView()").await;
    each_theme(look, directory, "stack").await;
}

async fn each_theme(look: &Tab<'_>, directory: &Path, name: &str) {
    for (theme, is_dark) in [("light", false), ("dark", true)] {
        look.look(1200, 820, is_dark).await;
        // The picture of a session is drawn with the next frame.
        look.evaluate::<()>(
            "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))",
        )
        .await;
        look.screenshot(&directory.join(format!("explorer-{name}-{theme}.png"))).await;
    }
}
