//! Where a document comes from: it stands in for another, was opened by another, is a copy of another, or is the same.

use support::{
    browser::{Kind, Tab},
    received::Received,
};

use super::scene::{CLICK, LOAD, Scene, all_named, flush, named};

in_each_browser!(
    a_document_that_was_discarded_is_linked_to_the_one_that_stands_in_for_it,
    a_reloaded_document_is_linked_to_the_one_that_stands_in_for_it,
    a_duplicated_tab_stands_in_for_nobody,
    a_tab_that_a_page_opens_is_linked_to_that_page_and_stands_in_for_nobody,
    a_page_that_comes_back_from_the_cache_is_the_same_page_and_goes_on,
);

/// Loads and presses, in the order in which they started.
fn in_order<'a>(spans: &'a [Received], name: &str) -> Vec<&'a Received> {
    let mut all = all_named(spans, name);
    all.sort_by(|one, other| one.start_ms().total_cmp(&other.start_ms()));
    all
}

async fn press(tab: &Tab<'_>) {
    tab.click("#press").await;
    flush(tab).await;
}

fn assert_restored(spans: &[Received]) {
    let (loads, presses) = (in_order(spans, LOAD), in_order(spans, CLICK));
    let ([first, second], [press, _]) = (&loads[..], &presses[..]) else { panic!("{loads:#?} {presses:#?}") };
    assert_ne!(first.text("weft.page.id"), second.text("weft.page.id"));
    assert!(second.kinds_to(first).contains(&"restored".to_owned()), "its load: {:#?}", second.links());
    assert!(second.kinds_to(press).contains(&"restored".to_owned()), "its last root: {:#?}", second.links());
}

async fn a_document_that_was_discarded_is_linked_to_the_one_that_stands_in_for_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    press(&tab).await;
    tab.hide().await;
    tab.discard().await;
    tab.show().await;
    scene.record(&tab, "").await;
    press(&tab).await;
    assert_restored(&scene.end().await);
}

async fn a_reloaded_document_is_linked_to_the_one_that_stands_in_for_it(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    press(&tab).await;
    tab.evaluate::<()>("void setTimeout(() => location.reload())").await;
    tab.wait_until("document.readyState === 'complete' && window.weft === undefined").await;
    scene.record(&tab, "").await;
    press(&tab).await;
    assert_restored(&scene.end().await);
}

async fn a_duplicated_tab_stands_in_for_nobody(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    press(&tab).await;
    let copy = tab.duplicate().await;
    copy.wait_until("document.readyState === 'complete' && location.pathname === '/page'").await;
    scene.record(&copy, "").await;
    let spans = scene.end().await;
    assert_eq!(named(&spans, LOAD), 2);
    assert!(!spans.iter().any(|span| span.links().iter().any(|link| link.kinds.contains(&"restored".to_owned()))));
}

async fn a_tab_that_a_page_opens_is_linked_to_that_page_and_stands_in_for_nobody(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void addEventListener('click', () => open('/page/opened'))").await;
    let opened = tab.click_opening("#press").await;
    opened.wait_until("document.readyState === 'complete' && location.pathname === '/page/opened'").await;
    scene.record(&opened, "").await;
    tab.show().await;
    flush(&tab).await;
    let spans = scene.end().await;
    let loads = in_order(&spans, LOAD);
    let kinds: Vec<String> = loads[1].links().into_iter().flat_map(|link| link.kinds).collect();
    assert!(!kinds.contains(&"restored".to_owned()), "{kinds:?}");
    assert!(loads[1].kinds_to(all_named(&spans, CLICK)[0]).contains(&"opener".to_owned()), "{:#?}", loads[1].links());
}

async fn a_page_that_comes_back_from_the_cache_is_the_same_page_and_goes_on(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.evaluate::<()>("void addEventListener('pageshow', (event) => (window.kept = event.persisted))").await;
    tab.goto(&format!("{}/page/next", scene.site.url())).await;
    tab.back().await;
    assert!(tab.evaluate::<bool>("window.kept").await, "the SDK keeps no page out of the back/forward cache");
    press(&tab).await;
    let spans = scene.end().await;
    let press = all_named(&spans, CLICK)[0];
    assert_eq!(press.text("weft.page.id"), all_named(&spans, LOAD)[0].text("weft.page.id"));
    assert_eq!((named(&spans, "browser.page.restored_from_cache"), named(&spans, "weft.page.killed")), (1, 0));
}
