//! Clocks that stop, are set, and run for months.

use std::time::Duration;

use support::{
    browser::{Kind, Tab},
    clock::{DAY, Device, TestClock},
    received::Received,
};

use super::scene::{CLICK, LOAD, Scene, all_named, flush, one_named};

in_each_browser!(
    a_request_that_is_open_while_the_device_sleeps_has_its_real_length_and_says_how_long_that_was,
    what_happened_before_the_sleep_is_dated_before_it_however_late_it_is_told,
    a_clock_that_is_set_back_makes_no_negative_and_no_longer_durations,
    after_forty_nine_days_nothing_has_wrapped,
    ninety_days_with_sleeps_are_right_to_a_quarter_of_a_second_and_cost_no_memory,
);

const HOUR: Duration = Duration::from_secs(3_600);

/// How far a time may be off from when the test did something: browsers take a while to do it.
const SLACK_MS: f64 = 5_000.0;

async fn wall(tab: &Tab<'_>) -> f64 {
    tab.evaluate("Date.now()").await
}

async fn a_request_that_is_open_while_the_device_sleeps_has_its_real_length_and_says_how_long_that_was(
    kind: Kind,
) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let began = wall(&tab).await;
    tab.evaluate::<()>("void (window.answer = fetch('/held/answer').then(() => {}))").await;
    scene.site.wait_for("/held/answer").await;
    scene.pass(8 * HOUR, Device::Asleep).await;
    scene.site.release();
    tab.evaluate::<()>("answer").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let request = one_named(&spans, "GET");
    assert!((request.start_ms() - began).abs() < SLACK_MS, "{}", request.start_ms() - began);
    assert!(request.duration_ms() < 20_000.0, "{}", request.duration_ms());
    let slept = request.number("weft.suspended_ms").expect("it says so");
    assert!((slept - 8.0 * 3_600_000.0).abs() < 250.0, "{slept}");
    let jump = one_named(&spans, "weft.clock.jump").number("weft.clock.jump_ms").expect("it is told");
    assert!((jump - 8.0 * 3_600_000.0).abs() < 250.0, "{jump}");
}

async fn what_happened_before_the_sleep_is_dated_before_it_however_late_it_is_told(kind: Kind) {
    let scene = Scene::start(kind).await;
    let opened = TestClock::default().now_ms();
    let tab = scene.open("/page").await;
    tab.evaluate::<()>(
        "new Promise((resolve) => document.body.append(Object.assign(new Image(), { src: '/missing/one', onerror: () => resolve() })))",
    )
    .await;
    scene.pass(HOUR, Device::Asleep).await;
    // The SDK comes an hour after the entries it turns into events.
    scene.record_fully(&tab, "").await;
    let spans = scene.end().await;
    let is_before = |span: &&Received| span.text("url.full").is_some_and(|url| url.ends_with("/missing/one"));
    let resources: Vec<&Received> =
        all_named(&spans, "browser.resource_timing").into_iter().filter(is_before).collect();
    assert_eq!(resources.len(), 1);
    for span in all_named(&spans, LOAD).into_iter().chain(resources) {
        assert!(
            (span.start_ms() - opened).abs() < SLACK_MS,
            "{} is off by {}",
            span.name(),
            span.start_ms() - opened
        );
    }
}

async fn a_clock_that_is_set_back_makes_no_negative_and_no_longer_durations(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    tab.evaluate::<()>("void (window.answer = fetch('/held/answer').then(() => {}))").await;
    scene.site.wait_for("/held/answer").await;
    scene.browser.set_back(HOUR).await;
    scene.site.release();
    tab.evaluate::<()>("answer").await;
    tab.click("#press").await;
    flush(&tab).await;
    let spans = scene.end().await;
    assert!(spans.iter().all(|span| (0.0..60_000.0).contains(&span.duration_ms())), "{spans:#?}");
    assert_eq!(one_named(&spans, "GET").number("weft.suspended_ms"), None, "nobody slept");
    assert!(one_named(&spans, CLICK).int("weft.seq") > one_named(&spans, "GET").int("weft.seq"));
}

async fn after_forty_nine_days_nothing_has_wrapped(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    // 2^32 ms are 49.7 days; timers wrap at half of that.
    for _ in 0..2 {
        scene.pass(25 * DAY, Device::Awake).await;
        let pressed = wall(&tab).await;
        tab.evaluate::<()>("fetch('/echo').then(() => {})").await;
        tab.evaluate::<()>(&format!("void weft.event('tick', {{ at: {pressed} }})")).await;
        flush(&tab).await;
    }
    let spans = scene.end().await;
    for tick in all_named(&spans, "tick") {
        assert!((tick.start_ms() - tick.number("at").unwrap_or_default()).abs() < SLACK_MS);
    }
    assert!(all_named(&spans, "GET").iter().all(|span| span.duration_ms() < 10_000.0));
    assert_eq!(all_named(&spans, "tick").len(), 2);
}

/// One simulated day of twelve hours awake and twelve asleep: ten events an hour, a nap before each. (What moves time
/// remembers each time that the monotonic clock was moved, so that is done once a day.)
const ONE_DAY: &str = "(() => {
    __weftShift(43_200_000, { monotonic: true });
    for (let tick = 0; tick < 240; tick++) {
        __weftShift(180_000, { monotonic: false });
        weft.event('tick', { at: Date.now() });
    }
})()";

async fn ninety_days_with_sleeps_are_right_to_a_quarter_of_a_second_and_cost_no_memory(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open_recording("/page").await;
    let mut before = None;
    for day in 0..90 {
        scene.collector.clock().advance_ms(86_400_000);
        tab.evaluate::<()>(ONE_DAY).await;
        let stats = flush(&tab).await;
        assert_eq!((stats.errors, stats.lost()), (0, 0), "day {day}: {stats:?}");
        if day == 10 && kind == Kind::Chromium {
            before = Some(tab.heap().await);
        }
    }
    if let Some(before) = before {
        let after = tab.heap().await;
        assert!(after.bytes < before.bytes + 250_000.0, "{before:?} {after:?}");
    }
    let spans = scene.end().await;
    let ticks = all_named(&spans, "tick");
    assert_eq!(ticks.len(), 21_600);
    let worst = ticks
        .iter()
        .map(|tick| (tick.start_ms() - tick.number("at").unwrap_or_default()).abs())
        .fold(0.0, f64::max);
    assert!(worst <= 250.0, "off by {worst} ms");
    let mut ids: Vec<String> = spans.iter().map(Received::span_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), spans.len(), "an id was given twice");
    assert!(spans.iter().all(|span| span.duration_ms() >= 0.0));
}
