//! What happens to tabs: opened by pages, duplicated, taken away, gone back to, cut off.

use support::{
    browser::{Browser, Kind, Tab},
    site::Site,
};

in_each_browser!(
    a_tab_that_was_discarded_is_loaded_again_when_it_is_looked_at,
    a_duplicated_tab_has_a_copy_of_what_the_other_one_stored,
    a_press_that_opens_a_tab_leads_to_it,
    a_page_that_is_gone_back_to_and_forward_to_is_the_one_that_was_left,
    a_tab_without_network_knows_it_and_reaches_nobody,
);

in_chromium!(a_hidden_page_is_frozen_and_resumed);

async fn open<'a>(browser: &'a Browser, site: &Site) -> Tab<'a> {
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page", site.url())).await;
    tab.evaluate::<()>("void (sessionStorage.kept = 'one', window.seen = [])").await;
    tab
}

async fn came_from(tab: &Tab<'_>) -> (String, Option<String>) {
    tab.evaluate("[performance.getEntriesByType('navigation')[0].type, sessionStorage.kept ?? null]").await
}

async fn a_tab_that_was_discarded_is_loaded_again_when_it_is_looked_at(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    tab.hide().await;
    tab.discard().await;
    tab.show().await;
    assert_eq!(came_from(&tab).await, ("back_forward".to_owned(), Some("one".to_owned())));
    let told: Option<bool> = tab.evaluate("document.wasDiscarded ?? null").await;
    // Firefox has no word for it.
    assert_eq!(told, (kind == Kind::Chromium).then_some(true));
    assert!(tab.evaluate::<bool>("window.seen === undefined").await, "it is another document");
    browser.quit().await;
}

async fn a_duplicated_tab_has_a_copy_of_what_the_other_one_stored(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    let other = tab.duplicate().await;
    other.wait_until("document.readyState === 'complete' && location.pathname === '/page'").await;
    assert_eq!(came_from(&other).await, ("back_forward".to_owned(), Some("one".to_owned())));
    other.evaluate::<()>("void (sessionStorage.kept = 'another')").await;
    assert_eq!(tab.evaluate::<String>("sessionStorage.kept").await, "one");
    browser.quit().await;
}

async fn a_press_that_opens_a_tab_leads_to_it(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    tab.evaluate::<()>("void addEventListener('click', () => open('/page/opened'))").await;
    let opened = tab.click_opening("#press").await;
    opened.wait_until("location.pathname === '/page/opened'").await;
    assert_eq!(came_from(&opened).await, ("navigate".to_owned(), Some("one".to_owned())));
    tab.wait_until("document.visibilityState === 'hidden'").await;
    browser.quit().await;
}

async fn a_page_that_is_gone_back_to_and_forward_to_is_the_one_that_was_left(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    let keep = "void addEventListener('pageshow', (event) => (window.kept = event.persisted))";
    tab.evaluate::<()>(keep).await;
    tab.goto(&format!("{}/page/next", site.url())).await;
    tab.evaluate::<()>(keep).await;
    tab.back().await;
    assert!(tab.evaluate::<bool>("location.pathname === '/page' && window.kept").await);
    tab.forward().await;
    assert!(tab.evaluate::<bool>("location.pathname === '/page/next' && window.kept").await);
    browser.quit().await;
}

async fn a_tab_without_network_knows_it_and_reaches_nobody(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    let ask = "fetch('/echo').then((answer) => answer.text(), (error) => error.name)";
    tab.go_offline().await;
    tab.wait_until("!navigator.onLine").await;
    assert_eq!(tab.evaluate::<String>(ask).await, "TypeError");
    tab.go_online().await;
    tab.wait_until("navigator.onLine").await;
    assert_eq!(tab.evaluate::<String>(ask).await, "an answer");
    assert_eq!(site.take_asked().len(), 1);
    browser.quit().await;
}

async fn a_hidden_page_is_frozen_and_resumed(kind: Kind) {
    let site = Site::start(String::new()).await;
    let browser = Browser::launch(kind).await;
    let tab = open(&browser, &site).await;
    tab.evaluate::<()>(
        "['freeze', 'resume'].forEach((name) => document.addEventListener(name, () => seen.push(name)))",
    )
    .await;
    tab.hide().await;
    tab.freeze().await;
    tab.resume().await;
    assert_eq!(tab.evaluate::<Vec<String>>("seen").await, ["freeze", "resume"]);
    browser.quit().await;
}
