//! What made a request happen, against a page that knows: each address says which press it really belongs to.

use std::collections::BTreeMap;

use support::{browser::Kind, received::Received, site::PAGE};

use super::scene::{CLICK, Scene, all_named, flush, one_named};

in_each_browser!(
    causes_are_right_by_construct_and_polling_has_none,
    where_two_presses_are_at_work_nobody_guesses_which_of_them_it_was,
);

/// The page: a router, timers, frames, microtasks, messages, a socket, native await, two presses that overlap, and two
/// ways to poll. `ask(construct, press)` makes a request whose address says the truth.
const SCRIPT: &str = "
    window.asked = 0;
    const ask = (construct, press) => {
        if (press !== 'none') asked++;
        return fetch('/echo/' + construct + '-' + press);
    };
    const wait = (ms) => new Promise((over) => {
        setTimeout(over, ms);
    });
    window.presses = 0;
    window.ready = new Promise((resolve) => {
        window.socket = new WebSocket('/socket');
        socket.onopen = resolve;
    });
    socket.onmessage = () => ask('socket', 'none');
    setInterval(() => ask('interval', 'none'), 150);
    const poll = () => { ask('timeout-poll', 'none'); setTimeout(poll, 150); };
    poll();
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => ask('message', data);
    document.getElementById('press').addEventListener('click', async () => {
        const press = ++presses;
        ask('dispatch', press);
        history.pushState(null, '', '/page/causes/' + press);
        setTimeout(() => ask('timer', press), 30);
        setTimeout(() => setTimeout(() => ask('nested-timer', press), 30), 30);
        requestAnimationFrame(() => ask('frame', press));
        queueMicrotask(() => ask('microtask', press));
        channel.port2.postMessage(press);
        socket.send('hello');
        const answer = await ask('first', press);
        await answer.text();
        await null;
        ask('await', press);
        await wait(40);
        ask('await-timer', press);
        await ask('second', press);
        ask('after-second', press);
    });";

#[derive(Default, Debug)]
struct Score {
    right: usize,
    wrong: usize,
    missing: usize,
    inferred: usize,
}

async fn causes_are_right_by_construct_and_polling_has_none(kind: Kind) {
    let scene = Scene::start(kind).await;
    let init = scene.init("");
    let script = format!(
        "<script type='module'>import * as weft from '/weft/full.js'; window.weft = weft; {init}; {SCRIPT}</script>"
    );
    scene.site.page("/page/causes", &PAGE.replace("</body>", &format!("{script}</body>")), &[]);
    let tab = scene.open("/page/causes").await;
    tab.wait_until("window.ready !== undefined").await;
    tab.evaluate::<()>("ready.then(() => {})").await;
    for press in 1..=6 {
        tab.click("#press").await;
        // Every other press comes while the one before is still at work.
        if press % 2 == 0 {
            tab.wait_until(&format!("asked === {}", press * 11)).await;
        }
    }
    flush(&tab).await;
    let spans = scene.end().await;
    let scores = score(&spans);
    for (construct, score) in &scores {
        println!("{construct}: {score:?}");
        assert_eq!(score.wrong, 0, "{construct}: a wrong cause is worse than none: {scores:#?}");
    }
    for certain in ["dispatch", "timer", "nested-timer", "frame", "microtask", "message", "first"] {
        let score = &scores[certain];
        assert_eq!((score.right, score.missing, score.inferred), (6, 0, 0), "{certain}: {scores:#?}");
    }
    for without in ["socket", "interval", "timeout-poll"] {
        assert_eq!(scores[without].right, 0, "{without}: {scores:#?}");
    }
    let guessed = ["await", "await-timer", "second", "after-second"].map(|name| &scores[name]);
    let (right, inferred) =
        guessed.iter().fold((0, 0), |sum, score| (sum.0 + score.right, sum.1 + score.inferred));
    println!("native await: {right} of 24 found, {inferred} of them guessed");
    assert!(right >= 12, "{scores:#?}");
}

/// A press whose request is answered late. What it does then, after native `await`s, it does when as many presses as are
/// `waited` for have their answers.
const HELD: &str = "
    window.presses = 0;
    window.waited = 2;
    const others = [];
    document.getElementById('press').addEventListener('click', async () => {
        const press = ++presses;
        const answer = await fetch('/held/asked-' + press);
        await answer.text();
        await new Promise((all) => {
            others.push(all);
            if (others.length === waited) others.splice(0).forEach((all) => all());
        });
        weft.event('after-' + press);
        window.after = press;
    });";

async fn where_two_presses_are_at_work_nobody_guesses_which_of_them_it_was(kind: Kind) {
    let scene = Scene::start(kind).await;
    let tab = scene.open("/page").await;
    scene.record_fully(&tab, "").await;
    tab.evaluate::<()>(&format!("(() => {{ {HELD} }})()")).await;
    for press in [1, 2] {
        tab.click("#press").await;
        scene.site.wait_for(&format!("/held/asked-{press}")).await;
    }
    scene.site.release();
    tab.wait_until("window.after === 1 || window.after === 2").await;
    flush(&tab).await;
    // The same by a press alone, so that nobody wonders whether guesses are made.
    tab.evaluate::<()>("void (window.waited = 1)").await;
    tab.click("#press").await;
    tab.wait_until("window.after === 3").await;
    flush(&tab).await;
    let spans = scene.end().await;
    let [request_1, request_2, request_3] = [1, 2, 3].map(|press| asked(&spans, press));
    let [after_1, after_2, after_3] = [1, 2, 3].map(|press| one_named(&spans, &format!("after-{press}")));
    let presses = all_named(&spans, CLICK);
    for (request, press) in [request_1, request_2, request_3].iter().zip(&presses) {
        assert_eq!(
            cause(request),
            Some((press.span_id(), false)),
            "it is known whose: {:#?}",
            request.links()
        );
    }
    for after in [after_1, after_2] {
        for request in [request_1, request_2] {
            let since = after.start_ms() - request.start_ms() - request.duration_ms();
            assert!((-1.0..1_000.0).contains(&since), "both are still at work: one ended {since} ms before");
        }
        assert_eq!(cause(after), None, "{:#?}", after.links());
    }
    assert_eq!(cause(after_3), Some((presses[2].span_id(), true)), "{:#?}", after_3.links());
}

/// The request of a press.
fn asked(spans: &[Received], press: u32) -> &Received {
    let address = format!("/held/asked-{press}");
    let is_it = |span: &&Received| span.text("url.full").is_some_and(|url| url.ends_with(&address));
    spans.iter().filter(|span| span.name() == "GET").find(is_it).expect("each press asks once")
}

/// What a span is linked to as its cause, and whether that is inferred.
fn cause(span: &Received) -> Option<(String, bool)> {
    let links = span.links().into_iter();
    links
        .filter(|link| link.kinds.contains(&"cause".to_owned()))
        .map(|link| (link.span_id, link.inferred))
        .next()
}

/// By construct, what the links say against what the addresses say.
fn score(spans: &[Received]) -> BTreeMap<String, Score> {
    let mut presses = all_named(spans, CLICK);
    presses.sort_by_key(|press| press.int("weft.seq"));
    let mut scores = BTreeMap::<String, Score>::new();
    for request in all_named(spans, "GET") {
        let Some((_, said)) = request.text("url.full").and_then(|url| url.split_once("/echo/")) else {
            continue;
        };
        let (construct, truth) = said.rsplit_once('-').expect("addresses say so");
        let truth = truth.parse::<usize>().ok().map(|press| presses[press - 1].span_id());
        let links = request.links();
        let found = links.iter().find(|link| link.kinds.contains(&"cause".to_owned()));
        let score = scores.entry(construct.to_owned()).or_default();
        score.inferred += usize::from(found.is_some_and(|link| link.inferred));
        match (found, truth) {
            (Some(link), Some(truth)) if link.span_id == truth => score.right += 1,
            (Some(_), _) => score.wrong += 1,
            (None, Some(_)) => score.missing += 1,
            (None, None) => {}
        }
    }
    scores
}
