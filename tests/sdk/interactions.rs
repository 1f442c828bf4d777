//! One press of a person is one interaction, however many events the browser makes of it.

use support::browser::Kind;

use super::scene::{CLICK, Scene, all_named, flush, named};

in_each_engine!(
    a_press_on_a_label_is_one_interaction,
    a_press_by_keyboard_is_one_interaction_and_causes_what_it_starts,
    what_a_script_clicks_is_no_interaction_and_two_presses_are_two,
);

async fn a_press_on_a_label_is_one_interaction(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.clicks = 0, addEventListener('click', () => clicks++))").await;
    tab.click("#agree-label").await;
    assert!(tab.evaluate::<bool>("clicks === 2 && document.getElementById('agree').checked").await);
    flush(&tab).await.assert_balances();
    assert_eq!(named(&scene.end().await, CLICK), 1);
}

async fn a_press_by_keyboard_is_one_interaction_and_causes_what_it_starts(kind: Kind) {
    let scene = Scene::start(kind).await;
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

async fn what_a_script_clicks_is_no_interaction_and_two_presses_are_two(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("document.getElementById('press').click()").await;
    tab.click("#press").await;
    tab.press("#agree", " ").await;
    flush(&tab).await.assert_balances();
    let spans = scene.end().await;
    let pressed: Vec<_> =
        all_named(&spans, CLICK).iter().map(|span| span.text("app.widget.id").map(str::to_owned)).collect();
    assert_eq!(pressed, [Some("press".to_owned()), Some("agree".to_owned())]);
}
