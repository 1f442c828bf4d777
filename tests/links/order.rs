//! Requests in any order, again and again, overlapping: each event has the links that it would have if all had come in
//! the order in which it happened.

use std::collections::{BTreeMap, HashSet};

use support::{
    collector::{Addresses, BROWSER_KEY, SERVER_KEY},
    ledger::Ledger,
    page::{ORIGIN, post_as},
    random::Random,
    received::Linked,
    story::{Id, Served, Tab, at, browser_request, post_spans, spans_request},
};
use tokio::task::JoinSet;

use super::{
    reference::{Known, To, by_request_id, by_rule, by_session},
    scene::{FOREVER, Scene, browser_key, linker, server_key},
};

const MINUTE: u64 = 60_000;

/// A request as it is sent, and how many events are in it.
#[derive(Clone)]
struct Request {
    key: &'static str,
    body: Vec<u8>,
    events: u64,
}

async fn post(to: Addresses, request: Request) {
    if request.key.starts_with("sk_") {
        return post_spans(to, request.key, request.body).await;
    }
    let answer = post_as(to, request.key, ORIGIN, request.body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Sends all of it by chance: in any order, some of it again, one after the other or at once.
async fn send(to: Addresses, mut requests: Vec<Request>, random: &mut Random) -> u64 {
    for _ in 0..random.below(6) {
        let copied = usize::try_from(random.below(requests.len() as u64)).expect("a place");
        requests.push(requests[copied].clone());
    }
    random.shuffle(&mut requests);
    let at_once = random.once_in(2);
    let mut posting = JoinSet::new();
    let sent = requests.iter().map(|request| request.events).sum();
    for request in requests {
        posting.spawn(post(to, request));
        if !at_once {
            posting.join_next().await.expect("one is posted").expect("it is acknowledged");
        }
    }
    posting.join_all().await;
    sent
}

/// Sends all of it, lets it go, and compares the links of each with what they should be.
async fn assert_linked(
    scene: Scene,
    requests: Vec<Request>,
    expected: &BTreeMap<Id, Vec<Linked>>,
    random: &mut Random,
) {
    let sent = send(scene.to(), requests, random).await;
    let ledger = Ledger::of(scene.to()).await;
    ledger.assert_balances();
    assert_eq!(ledger.of_all_keys("received"), sent);
    assert_eq!(ledger.of_all_keys("accepted"), expected.len() as u64, "what comes again is a duplicate");
    let arrived = scene.end().await;
    assert_eq!(arrived.len(), expected.len());
    for (id, links) in expected {
        assert_eq!(arrived.links(id), *links, "links of {id:?}");
    }
}

/// Tabs, each with whose key it is, and everything that happened in them.
struct Visits {
    tabs: Vec<(&'static str, Tab)>,
    known: Vec<Known>,
}

/// Tabs of three keys, the last of which belongs to somebody else.
const KEYS: [(&str, &str); 4] =
    [(BROWSER_KEY, "shop"), (BROWSER_KEY, "shop"), ("kiosk", "shop"), ("stranger", "other")];

impl Visits {
    /// Events of a few carts; some happen at the same moment in two tabs, but are not the same number there.
    fn happen(scene: &Scene, random: &mut Random) -> Self {
        let mut taken = HashSet::new();
        let mut visits = Self { tabs: Vec::new(), known: Vec::new() };
        for (key, application) in KEYS {
            let (mut tab, mut ms, mut root) = (scene.story.tab(), 0, None);
            for number in 0..12 {
                ms += random.below(3) * MINUTE + random.below(3);
                while !taken.insert((application, ms, number)) {
                    ms += 1;
                }
                let values = (!random.once_in(4)).then(|| value(random));
                let inside = root.filter(|_| random.once_in(4));
                let mut moment = at(ms);
                for (key, value) in ["cart.id", "cart.region"].iter().zip(values.iter().flatten()) {
                    moment = moment.with(key, value);
                }
                if let Some(root) = inside {
                    moment = moment.inside(root);
                } else {
                    root = Some(number);
                }
                let id = tab.record(moment);
                let previous = tab.previous(number).map(|previous| tab.id(previous).known(&["previous"]));
                let (place, sent) = ((ms, number), previous.into_iter().collect());
                visits.known.push(Known { id, application, place, values, before: None, sent });
            }
            visits.tabs.push((key, tab));
        }
        visits
    }

    /// Every event in some batch, and then any stretches of the tabs again: replayed tails, retries.
    fn requests(&mut self, random: &mut Random) -> Vec<Request> {
        let mut requests = Vec::new();
        for (key, tab) in &mut self.tabs {
            let (mut from, all) = (0, tab.recorded());
            let mut request = |events: std::ops::Range<u64>| {
                let count = events.end - events.start;
                requests.push(Request { key, body: tab.request(events), events: count });
            };
            while from < all {
                let to = (from + 1 + random.below(6)).min(all);
                request(from..to);
                from = to;
            }
            for _ in 0..random.below(4) {
                let from = random.below(all);
                request(from..(from + 1 + random.below(6)).min(all));
            }
        }
        requests
    }
}

/// A cart and where it is.
fn value(random: &mut Random) -> Vec<String> {
    vec![format!("c{}", random.below(2)), ["eu", "us"][usize::from(random.once_in(3))].to_owned()]
}

async fn events_are_linked(seed: u64, to: To, within_minutes: u64) {
    let mut random = Random::new(seed);
    let word = format!("{to:?}").to_lowercase();
    let rule = format!(
        "[[link]]\nname = \"cart\"\nby = [\"cart.id\", \"cart.region\"]\nto = \"{word}\"\n\
         within = \"{within_minutes}m\"\n"
    );
    let settings = browser_key("kiosk", "shop") + &browser_key("stranger", "other") + &linker(FOREVER, &rule);
    for _ in 0..6 {
        let scene = Scene::set(&settings).await;
        let mut visits = Visits::happen(&scene, &mut random);
        let expected = by_rule(&visits.known, "cart", to, within_minutes * MINUTE);
        let requests = visits.requests(&mut random);
        assert_linked(scene, requests, &expected, &mut random).await;
    }
}

#[tokio::test]
async fn in_any_order_events_are_linked_to_the_previous_one() {
    events_are_linked(70, To::Previous, 5).await;
}

#[tokio::test]
async fn in_any_order_events_are_linked_to_the_first_one() {
    events_are_linked(71, To::First, 24 * 60).await;
}

#[tokio::test]
async fn in_any_order_events_are_linked_to_all_before_them() {
    events_are_linked(72, To::All, 10).await;
}

/// People who each have one session after the other, and somebody else's people with sessions of the same names.
fn sessions(scene: &Scene, random: &mut Random) -> Vec<(&'static str, Served, Known)> {
    const NAMES: [&str; 4] = ["monday", "tuesday", "wednesday", "thursday"];
    let mut all = Vec::new();
    for (person, (key, application)) in
        [(SERVER_KEY, "shop"), (SERVER_KEY, "shop"), ("sk_stranger", "other")].into_iter().enumerate()
    {
        // Nobody does anything in the same millisecond as somebody else.
        let mut ms = person as u64;
        for (day, name) in NAMES.iter().enumerate() {
            let named = |name: &str| vec![format!("{name} of {}", person % 2)];
            let (session, before) = (named(name), day.checked_sub(1).map(|day| named(NAMES[day])));
            let mut root: Option<Served> = None;
            for _ in 0..random.below(4) {
                ms += 3 * (1 + random.below(MINUTE));
                let mut served = scene.story.served(ms).in_session(&session[0]);
                if let Some(before) = &before {
                    served = served.after_session(&before[0]);
                }
                let (mut values, mut inside) = (Some(session.clone()), false);
                if let Some(root) = root.as_ref().filter(|_| random.once_in(3)) {
                    // On the first day also what is in the same trace, and a root of its own.
                    inside = before.is_some() || random.once_in(2);
                    served = if inside { served.inside(root) } else { served.in_trace_of(root) };
                }
                if inside {
                    values = None;
                } else {
                    root = Some(served.clone());
                }
                let (id, place) = (served.id(), (ms, 0));
                let before = before.clone().filter(|_| !inside);
                all.push((key, served, Known { id, application, place, values, before, sent: Vec::new() }));
            }
        }
    }
    all
}

#[tokio::test]
async fn in_any_order_roots_of_servers_are_linked_to_the_one_before_in_their_session() {
    let mut random = Random::new(73);
    for _ in 0..12 {
        let scene = Scene::set(&(server_key("sk_stranger", "other") + &linker(FOREVER, ""))).await;
        let mut all = sessions(&scene, &mut random);
        let known: Vec<Known> = all.iter().map(|(_, _, known)| known.clone()).collect();
        random.shuffle(&mut all);
        let mut requests = Vec::new();
        for key in [SERVER_KEY, "sk_stranger"] {
            let spans: Vec<&Served> =
                all.iter().filter(|(of, ..)| *of == key).map(|(_, served, _)| served).collect();
            for together in spans.chunks(1 + usize::try_from(random.below(4)).expect("a few")) {
                let body = spans_request(together.iter().copied());
                requests.push(Request { key, body, events: together.len() as u64 });
            }
        }
        assert_linked(scene, requests, &by_session(&known), &mut random).await;
    }
}

/// Requests of browsers, and what served each: with one id or another, some of them in the trace of the request, some with
/// an id that several requests have.
fn calls(scene: &Scene, random: &mut Random) -> Vec<(bool, Served, Known)> {
    let mut all = Vec::new();
    let mut add = |is_request, served: Served, ms, value: &str| {
        let values = Some(vec![value.to_owned()]);
        let (id, application, place) = (served.id(), "shop", (ms, 0));
        all.push((
            is_request,
            served,
            Known { id, application, place, values, before: None, sent: Vec::new() },
        ));
    };
    for number in 0..12 {
        let id = format!("request-{}", if random.once_in(4) { 0 } else { number });
        let ms = 100 * number;
        let asked = scene.story.served(ms).calling().with("http.response.header.x-request-id", &id);
        for _ in 0..random.below(3) {
            // The server's clock is ahead, or behind.
            let served_ms = ms + 1_000 - random.below(1_000);
            let mut served =
                scene.story.served(served_ms).with_list("http.request.header.x-request-id", [&*id]);
            if random.once_in(4) {
                served = served.inside(&asked);
            }
            let inner = scene.story.served(served_ms + 5).with("http.request.header.x-request-id", &id);
            add(false, inner.inside(&served), served_ms + 5, &id);
            add(false, served, served_ms, &id);
        }
        if !random.once_in(6) {
            add(true, asked, ms, &id);
        }
    }
    all
}

#[tokio::test]
async fn in_any_order_what_served_a_request_is_linked_to_it() {
    let mut random = Random::new(74);
    for _ in 0..12 {
        let scene = Scene::set(&linker(FOREVER, "")).await;
        let mut all = calls(&scene, &mut random);
        random.shuffle(&mut all);
        let known: Vec<Known> = all.iter().map(|(.., known)| known.clone()).collect();
        let asked: HashSet<Id> =
            all.iter().filter(|(is_request, ..)| *is_request).map(|(.., known)| known.id.clone()).collect();
        let mut requests = Vec::new();
        for together in all.chunk_by(|one, other| one.0 == other.0) {
            let spans = together.iter().map(|(_, served, _)| served);
            let body = if together[0].0 { browser_request(spans) } else { spans_request(spans) };
            requests.push(Request { key: SERVER_KEY, body, events: together.len() as u64 });
        }
        let expected = by_request_id(&known, |known| asked.contains(&known.id));
        assert!(expected.values().any(|links| !links.is_empty()));
        assert_linked(scene, requests, &expected, &mut random).await;
    }
}
