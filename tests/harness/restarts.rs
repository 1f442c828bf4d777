//! A browser that is killed or quit, and what its next start finds.

use std::{fs, path::Path};

use support::{
    browser::{Browser, Kind, Profile, Tab},
    site::Site,
};

in_each_browser!(
    what_a_finished_transaction_wrote_is_there_after_a_kill_and_nothing_of_the_browser_is_left_running,
    what_a_page_stored_is_there_after_quitting_and_the_profile_outlives_the_browser,
);

/// Writes to IndexedDB, and waits until it is written; then counts what is there.
const WRITE: &str = "new Promise((done, failed) => {
    const opening = indexedDB.open('kept', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('kept', { autoIncrement: true });
    opening.onerror = failed;
    opening.onsuccess = () => {
        const writing = opening.result.transaction('kept', 'readwrite');
        const store = writing.objectStore('kept');
        store.add('one more');
        const counting = store.count();
        writing.oncomplete = () => done(counting.result);
    };
})";

async fn open<'a>(browser: &'a Browser, site: &Site) -> Tab<'a> {
    let tab = browser.open_tab().await;
    tab.goto(&format!("{}/page", site.url())).await;
    tab
}

/// How many running programs were started with this among their arguments.
fn running_with(argument: &Path) -> usize {
    let argument = argument.to_str().expect("it is a text");
    let programs = fs::read_dir("/proc").expect("there is /proc").flatten();
    let told = |program: fs::DirEntry| fs::read_to_string(program.path().join("cmdline")).unwrap_or_default();
    programs.map(told).filter(|told| told.contains(argument)).count()
}

async fn what_a_finished_transaction_wrote_is_there_after_a_kill_and_nothing_of_the_browser_is_left_running(
    kind: Kind,
) {
    let site = Site::start(String::new()).await;
    let profile = Profile::fresh();
    let browser = Browser::launch_with(kind, &profile).await;
    for round in 1..=3 {
        let tab = open(&browser, &site).await;
        assert!(running_with(profile.path()) > 0);
        assert_eq!(tab.evaluate::<u32>(WRITE).await, round);
        browser.kill().await;
        assert_eq!(running_with(profile.path()), 0);
        browser.start_again().await;
    }
    browser.quit().await;
}

async fn what_a_page_stored_is_there_after_quitting_and_the_profile_outlives_the_browser(kind: Kind) {
    let site = Site::start(String::new()).await;
    let profile = Profile::fresh();
    // Not localStorage: what a page has set there is on its way to another process when the browser is told to quit, and
    // Chromium does not wait for it.
    let browser = Browser::launch_with(kind, &profile).await;
    assert_eq!(open(&browser, &site).await.evaluate::<u32>(WRITE).await, 1);
    browser.shut().await;
    browser.start_again().await;
    assert_eq!(open(&browser, &site).await.evaluate::<u32>(WRITE).await, 2);
    browser.quit().await;

    let browser = Browser::launch_with(kind, &profile).await;
    assert_eq!(open(&browser, &site).await.evaluate::<u32>(WRITE).await, 3);
    browser.quit().await;

    let other = Browser::launch(kind).await;
    let kept = open(&other, &site).await.evaluate::<u32>(WRITE).await;
    assert_eq!(kept, 1, "a fresh profile knows nothing");
    other.quit().await;
}
