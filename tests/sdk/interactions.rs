//! One press of a person is one interaction, however many events the browser makes of it.

use super::scene::{CLICK, Scene, all_named, flush, named};

#[tokio::test]
async fn a_press_on_a_label_is_one_interaction() {
    let scene = Scene::start().await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.clicks = 0, addEventListener('click', () => clicks++))").await;
    tab.click("#agree-label").await;
    assert!(tab.evaluate::<bool>("clicks === 2 && document.getElementById('agree').checked").await);
    flush(&tab).await.assert_balances();
    assert_eq!(named(&scene.end().await, CLICK), 1);
}

#[tokio::test]
async fn a_press_by_keyboard_is_one_interaction_and_causes_what_it_starts() {
    let scene = Scene::start().await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>(
        "void document.getElementById('press').addEventListener('click', () => fetch('/echo/pressed'))",
    )
    .await;
    tab.press("#press", "Enter").await;
    tab.wait_until("weft.stats().recorded === 3").await;
    flush(&tab).await.assert_balances();
    let spans = scene.end().await;
    let [press] = all_named(&spans, CLICK)[..] else { panic!("{spans:#?}") };
    assert_eq!(press.text("app.widget.id"), Some("press"));
    let request = all_named(&spans, "GET")[0];
    assert_eq!(request.kinds_to(press), ["cause", "previous"]);
}

#[tokio::test]
async fn what_a_script_clicks_is_no_interaction_and_two_presses_are_two() {
    let scene = Scene::start().await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("document.getElementById('press').click()").await;
    tab.click("#press").await;
    tab.press("#agree", "Space").await;
    flush(&tab).await.assert_balances();
    let spans = scene.end().await;
    let pressed: Vec<_> =
        all_named(&spans, CLICK).iter().map(|span| span.text("app.widget.id").map(str::to_owned)).collect();
    assert_eq!(pressed, [Some("press".to_owned()), Some("agree".to_owned())]);
}
