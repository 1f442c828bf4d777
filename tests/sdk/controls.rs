//! What people do to controls, beyond pressing them once.

use support::{browser::Kind, site::PAGE};

use super::scene::{CLICK, Scene, all_named, flush, one_named};

in_each_browser!(
    keys_on_controls_and_submits_are_interactions_and_what_is_typed_is_nothing,
    three_presses_in_a_second_and_one_that_changes_nothing_are_told,
);

async fn keys_on_controls_and_submits_are_interactions_and_what_is_typed_is_nothing(kind: Kind) {
    let scene = Scene::start(kind).await;
    let form =
        "<form id='search' onsubmit='return false'><input id='words' name='q'><button>Go</button></form>
        <input id='volume' type='range'>";
    scene.site.page("/page/form", &PAGE.replace("</body>", &format!("{form}</body>")), &[]);
    let tab = scene.open_recording_fully("/page/form").await;
    for key in ["s", "e", "ArrowLeft", "Enter"] {
        tab.press("#words", key).await;
    }
    tab.press("#volume", "ArrowRight").await;
    tab.click("#press").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let keys: Vec<&str> = all_named(&spans, "browser.user_action.key")
        .iter()
        .filter_map(|span| span.text("browser.key"))
        .collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys.contains(&"Enter") && keys.contains(&"ArrowRight"));
    let submit = one_named(&spans, "browser.user_action.submit");
    assert_eq!(submit.text("app.widget.id"), Some("search"));
    assert!(!format!("{spans:?}").contains("\"se\""), "never what was typed");
    assert!(!all_named(&spans, CLICK).is_empty());
}

async fn three_presses_in_a_second_and_one_that_changes_nothing_are_told(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording_fully("/page").await;
    tab.click("#press").await;
    scene
        .sink
        .wait_for("the dead press", |spans| all_named(spans, "browser.user_action.dead_click").len() == 1)
        .await;
    // By hand they come within a second; a driver waits for frames in between.
    for _ in 0..4 {
        tab.click("#press").await;
    }
    flush(&tab).await;
    let spans = scene.end().await;
    let presses = all_named(&spans, CLICK);
    assert_eq!(presses.len(), 5);
    let rage = one_named(&spans, "browser.user_action.rage_click");
    assert_eq!(rage.int("browser.click_count"), Some(3));
    assert!(presses.iter().any(|press| rage.kinds_to(press).contains(&"cause".to_owned())));
}
