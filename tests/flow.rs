//! The scenario everything serves: a page loads, three weeks pass, somebody presses a button.

use support::{
    browser::Kind,
    clock::{DAY, Device},
    received::{Received, Trace, traces},
    world::{Moves, World},
};

in_each_browser!(
    a_press_three_weeks_after_the_page_load_is_linked_to_it_when_the_device_was_awake,
    a_press_three_weeks_after_the_page_load_is_linked_to_it_when_the_device_slept,
    page_load_and_last_root_are_two_links_when_something_happened_in_between,
    a_browser_whose_clock_is_three_weeks_ahead_is_corrected_and_the_correction_is_told,
);

const THREE_WEEKS_MS: f64 = 21.0 * 86_400_000.0;

/// How far a time may be off from when the test did something: the browser takes a while to do it.
const SLACK_MS: f64 = 5_000.0;

const PAGE: &str = "shop-web";
const BACKEND: &str = "shop-api";

fn is_load(span: &Received) -> bool {
    span.name() == "browser.navigation_timing"
}

fn is_press(span: &Received) -> bool {
    span.name() == "browser.user_action.click"
}

fn is_request(span: &Received) -> bool {
    span.name() == "POST" && span.service() == PAGE
}

fn is_backend(span: &Received) -> bool {
    span.name() == "POST" && span.service() == BACKEND
}

/// So many presses, each with its request and what the backend made of it.
fn presses(count: usize) -> impl Fn(&[Received]) -> bool {
    let counted = move |spans: &[Received], is: fn(&Received) -> bool| {
        spans.iter().filter(|span| is(span)).count() == count
    };
    move |spans| counted(spans, is_press) && counted(spans, is_request) && counted(spans, is_backend)
}

/// The traces whose root is such a span.
fn rooted(traces: &[Trace], is: fn(&Received) -> bool) -> Vec<&Trace> {
    traces.iter().filter(|trace| is(trace.root())).collect()
}

/// What a test did and when, and what arrived from beginning to end.
struct Seen {
    opened_at: f64,
    pressed_at: f64,
    traces: Vec<Trace>,
}

/// Loads the shop, presses `presses_before` times, lets three weeks pass, presses once more.
async fn three_weeks_pass(kind: Kind, device: Device, moves: Moves, presses_before: usize) -> Seen {
    let world = World::start(kind).await;
    let tab = world.browser.open_tab().await;
    let opened_at = world.clock.now_ms();
    tab.goto(world.shop.url()).await;
    world.sink.wait_for("the page load", |spans| spans.iter().any(is_load)).await;
    for number in 1..=presses_before {
        tab.click("#add-scarf").await;
        world.sink.wait_for("the press before the gap", presses(number)).await;
    }

    world.pass(21 * DAY, device, moves).await;

    let pressed_at = world.clock.now_ms();
    tab.click("#add-rug").await;
    world.sink.wait_for("the press, its request and the backend's span", presses(presses_before + 1)).await;
    tab.assert_no_errors().await;
    tab.close().await;
    let traces = traces(&world.end().await);
    Seen { opened_at, pressed_at, traces }
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not within {tolerance} of {expected}");
}

/// A press and its request after the gap, linked to the page load and to the last root before the gap.
fn assert_linked_across_the_gap(load: &Received, last_before: &Received, press: &Received, request: &Trace) {
    assert_ne!(press.text("session.id"), load.text("session.id"), "the session has rolled over");
    assert_eq!(press.text("session.previous_id"), load.text("session.id"));

    let request = request.root();
    assert_eq!(request.kinds_to(press), ["cause", "previous"]);
    assert_eq!(request.kinds_to(load), ["page"]);
    assert_eq!(request.links().len(), 2);
    assert_eq!(request.text("session.id"), press.text("session.id"));

    assert_exact_gap(press, "weft.since_page_load_ms", load);
    assert_exact_gap(press, "weft.since_previous_ms", last_before);
    assert_exact_gap(request, "weft.since_previous_ms", press);

    for root in [press, request] {
        assert_eq!(root.text("weft.page.id"), load.text("weft.page.id"));
        assert_eq!(root.span.trace_state, load.span.trace_state, "the sampling decision is the page's");
    }
    assert!(load.span.trace_state.starts_with("ot=rv:"), "{}", load.span.trace_state);
    let order = [load, press, request].map(|root| root.int("weft.seq"));
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{order:?}");
}

/// An attribute says to the millisecond what the start times say.
fn assert_exact_gap(later: &Received, attribute: &str, earlier: &Received) {
    let told = later.number(attribute).unwrap_or_else(|| panic!("{} has no {attribute}", later.name()));
    assert_near(attribute, told, later.start_ms() - earlier.start_ms(), 1.0);
}

/// The backend's span is in the request's trace, under it, and within its time.
fn assert_backend_joined(request: &Trace) {
    let [root, backend] = &request.spans[..] else { panic!("{} spans", request.spans.len()) };
    assert!(is_request(root) && is_backend(backend));
    assert_eq!(backend.parent_id(), Some(root.span_id()));
    assert_eq!((root.span.kind, backend.span.kind), (3, 2), "CLIENT and SERVER");
    assert_near("the backend's start", backend.start_ms(), root.start_ms(), root.duration_ms() + 5.0);
}

fn assert_short(traces: &[Trace]) {
    for span in traces.iter().flat_map(|trace| &trace.spans) {
        assert!(span.duration_ms() < 60_000.0, "{} lasted {} ms", span.name(), span.duration_ms());
    }
}

/// The whole scenario; `jumps` is how many clock jumps are told.
async fn assert_scenario(kind: Kind, device: Device, jumps: usize) {
    let Seen { opened_at, pressed_at, traces } = three_weeks_pass(kind, device, Moves::Everything, 0).await;
    assert_short(&traces);
    let jumped = |span: &Received| span.name() == "weft.clock.jump";
    let (jump_traces, traces): (Vec<Trace>, Vec<Trace>) =
        traces.into_iter().partition(|trace| jumped(trace.root()));
    assert_eq!(jump_traces.len(), jumps);
    let [load, press, request] = &traces[..] else { panic!("{} traces: {traces:#?}", traces.len()) };
    assert_eq!((load.spans.len(), press.spans.len(), request.spans.len()), (1, 1, 2));
    let (load, press) = (load.root(), press.root());
    assert!(is_load(load) && is_press(press));

    // The page load is the last root before the gap: one target, so one link with all three reasons.
    assert_eq!(press.kinds_to(load), ["page", "previous", "session"]);
    assert_eq!(press.links().len(), 1);
    assert_linked_across_the_gap(load, load, press, request);
    assert_backend_joined(request);

    assert_near("the load's start", load.start_ms(), opened_at, SLACK_MS);
    assert_near("the press's start", press.start_ms(), pressed_at, SLACK_MS);
    assert_near("the gap", press.start_ms() - load.start_ms(), THREE_WEEKS_MS, 60_000.0);
    for span in [load, press, request.root()] {
        assert_eq!(span.number("weft.clock.skew_ms"), None, "nobody's clock is wrong");
    }
}

async fn a_press_three_weeks_after_the_page_load_is_linked_to_it_when_the_device_was_awake(kind: Kind) {
    assert_scenario(kind, Device::Awake, 0).await;
}

async fn a_press_three_weeks_after_the_page_load_is_linked_to_it_when_the_device_slept(kind: Kind) {
    assert_scenario(kind, Device::Asleep, 1).await;
}

async fn page_load_and_last_root_are_two_links_when_something_happened_in_between(kind: Kind) {
    let Seen { traces, .. } = three_weeks_pass(kind, Device::Awake, Moves::Everything, 1).await;
    let (presses, requests) = (rooted(&traces, is_press), rooted(&traces, is_request));
    let ([_, press], [before, request]) = (&presses[..], &requests[..]) else { panic!("{traces:#?}") };
    let loads = rooted(&traces, is_load);
    let (load, press, before) = (loads[0].root(), press.root(), before.root());
    assert_eq!(traces.len(), 5);

    assert_eq!(press.kinds_to(load), ["page"]);
    assert_eq!(press.kinds_to(before), ["previous", "session"]);
    assert_eq!(press.links().len(), 2);
    assert_linked_across_the_gap(load, before, press, request);
    requests.iter().for_each(|request| assert_backend_joined(request));
}

async fn a_browser_whose_clock_is_three_weeks_ahead_is_corrected_and_the_correction_is_told(kind: Kind) {
    let Seen { opened_at, pressed_at, traces } =
        three_weeks_pass(kind, Device::Awake, Moves::AllButCollector, 0).await;
    let presses = rooted(&traces, is_press);
    let press = presses[0].root();
    let skew = press.number("weft.clock.skew_ms").expect("the correction is told");
    assert_near("the skew", skew.abs(), THREE_WEEKS_MS, SLACK_MS);
    assert_near("the press's start", press.start_ms(), pressed_at - THREE_WEEKS_MS, SLACK_MS);

    // What arrived while the clocks still agreed stays as it was.
    let loads = rooted(&traces, is_load);
    assert_near("the load's start", loads[0].root().start_ms(), opened_at, SLACK_MS);
    assert_eq!(loads[0].root().number("weft.clock.skew_ms"), None);
}
