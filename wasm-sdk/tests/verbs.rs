//! What a policy makes of events, verb by verb.

#![allow(clippy::unwrap_used)]

#[path = "verbs/cost.rs"]
mod cost;
#[path = "verbs/properties.rs"]
mod properties;

use std::borrow::Cow;

use weft_sdk::{
    verbs::{
        Ended, Engine, Now, Verdict, WHOLE,
        document::{MAX_BYTES, MAX_VERBS, Policy, Sort, Verb, When},
    },
    write::{FrameWriter, Value},
};

/// A page under a policy.
struct Page {
    engine: Engine,
    now: Now,
    next: u64,
}

impl Page {
    fn under(verbs: Vec<Verb>) -> Self {
        let policy = Policy { verbs, ..Policy::default() };
        let policy = Policy::decode(&policy.encode()).unwrap();
        Self { engine: Engine::new(policy, 0.5), now: Now::default(), next: 1 }
    }

    fn ends(&mut self, name: &str, attributes: &[(&str, Value<'_>)], duration_ms: f64) -> Verdict {
        self.fails(name, attributes, duration_ms, false)
    }

    fn fails(
        &mut self,
        name: &str,
        attributes: &[(&str, Value<'_>)],
        duration_ms: f64,
        failed: bool,
    ) -> Verdict {
        let ended = Ended { number: self.next, duration_ms, failed };
        self.next += 1;
        self.engine.decide(&ended, &self.now, frame(name, attributes).bytes())
    }

    /// Name and attributes of what is due.
    fn told(&mut self) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        while let Some(summary) = self.engine.summary() {
            all.push((summary.count, String::from_utf8_lossy(&summary.frame()).into_owned()));
        }
        all
    }
}

fn frame(name: &str, attributes: &[(&str, Value<'_>)]) -> FrameWriter {
    let attributes: Vec<_> = attributes.iter().map(|(key, value)| (Cow::from(*key), value.clone())).collect();
    FrameWriter::default().text(name).attributes(&attributes)
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

fn verb(sort: Sort, name: &str) -> Verb {
    Verb { when: When { name: name.into(), ..When::default() }, ..Verb::new(sort) }
}

#[test]
fn what_is_dropped_is_known_by_name_attribute_duration_and_route() {
    let by = |when: When| Page::under(vec![Verb { when, ..Verb::new(Sort::Drop) }]);
    let mut page = by(When { name: b"browser.long_*".into(), ..When::default() });
    assert_eq!(page.ends("browser.long_task", &[], 60.0), Verdict::Drop);
    assert_eq!(page.ends("browser.scroll", &[], 60.0), Verdict::Keep);
    let mut page = by(When { attribute: b"app.widget".into(), value: b"banner-*".into(), ..When::default() });
    assert_eq!(page.ends("a", &[("x", text("y")), ("app.widget", text("banner-7"))], 0.0), Verdict::Drop);
    assert_eq!(page.ends("a", &[("app.widget", text("cart"))], 0.0), Verdict::Keep);
    assert_eq!(page.ends("a", &[], 0.0), Verdict::Keep);
    let mut page = by(When { attribute: b"code".into(), value: b"-2*".into(), ..When::default() });
    assert_eq!(page.ends("a", &[("code", Value::Number(-204.0))], 0.0), Verdict::Drop);
    assert_eq!(page.ends("a", &[("code", Value::Number(204.0))], 0.0), Verdict::Keep);
    let mut page = by(When { least_ms: 10, below_ms: 20, ..When::default() });
    let verdicts = [9.0, 10.0, 19.9, 20.0, f64::NAN].map(|duration| page.ends("a", &[], duration));
    assert_eq!(verdicts, [Verdict::Keep, Verdict::Drop, Verdict::Drop, Verdict::Keep, Verdict::Keep]);
    let mut page = by(When { route: b"/admin/*".into(), ..When::default() });
    page.engine.route(b"/admin/users?token=1");
    assert_eq!(page.ends("a", &[], 0.0), Verdict::Drop);
    page.engine.route(b"/shop");
    assert_eq!(page.ends("a", &[], 0.0), Verdict::Keep);
}

#[test]
fn what_is_kept_is_asked_for_nothing_else_and_what_others_lead_to_is_always_kept() {
    let mut page = Page::under(vec![verb(Sort::Keep, "checkout"), verb(Sort::Drop, "")]);
    assert_eq!(page.ends("checkout", &[], 0.0), Verdict::Keep);
    assert_eq!(page.ends("other", &[], 0.0), Verdict::Drop);
    assert_eq!(page.ends("browser.navigation", &[], 0.0), Verdict::Keep);
    assert_eq!(page.ends("weft.clock.jump", &[], 0.0), Verdict::Keep);
    page.next = 0;
    assert_eq!(page.ends("browser.navigation_timing", &[], 0.0), Verdict::Keep);
}

#[test]
fn the_same_error_again_is_counted_and_told_and_another_one_is_kept() {
    let mut page = Page::under(vec![Verb { number: 1_000, ..verb(Sort::Dedupe, "exception") }]);
    let one = [("exception.message", text("one"))];
    assert_eq!(page.fails("exception", &one, 0.0, true), Verdict::Keep);
    assert_eq!(page.fails("exception", &one, 0.0, true), Verdict::Dedupe);
    assert_eq!(page.fails("exception", &one, 0.0, true), Verdict::Dedupe);
    assert_eq!(page.fails("exception", &[("exception.message", text("two"))], 0.0, true), Verdict::Keep);
    page.engine.settle(500.0, false);
    assert_eq!(page.told(), []);
    page.engine.settle(500.0, true);
    let told = page.told();
    assert_eq!((told.len(), told[0].0), (1, 2));
    assert!(told[0].1.contains("exception") && told[0].1.contains("dedupe"));
    // The window goes on, and nothing is told twice.
    assert_eq!(page.fails("exception", &one, 0.0, true), Verdict::Dedupe);
    page.now.wall_ms = 1_000.0;
    assert_eq!(page.fails("exception", &one, 0.0, true), Verdict::Keep, "it is over");
    assert_eq!(page.told().iter().map(|(count, _)| *count).collect::<Vec<_>>(), [1]);
}

#[test]
fn noise_becomes_one_event_a_view_and_template_and_errors_are_kept() {
    let mut page = Page::under(vec![Verb { number: 60_000, ..verb(Sort::Aggregate, "GET") }]);
    page.engine.route(b"/cart");
    for number in 0..10 {
        let url = format!("https://api.example/p/{number}");
        let attributes = [("url.full", text(&url)), ("http.response.body.size", Value::Number(100.0))];
        let meant = if number == 0 { Verdict::Keep } else { Verdict::Aggregate };
        assert_eq!(page.ends("GET", &attributes, f64::from(number) * 10.0), meant);
    }
    assert_eq!(page.ends("GET", &[("url.full", text("https://api.example/poll"))], 1.0), Verdict::Keep);
    assert_eq!(page.fails("GET", &[("url.full", text("https://api.example/p/1"))], 1.0, true), Verdict::Keep);
    page.engine.route(b"/shop");
    let told = page.told();
    assert_eq!(told.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [9]);
    let frame = &told[0].1;
    assert!(
        frame.contains("https://api.example/p/:id") && frame.contains("weft.histogram.counts"),
        "{frame:?}"
    );
    assert!(frame.contains("1,0,0,0,1,0,1,0,1,1,1,1,2"), "{frame:?}");
}

#[test]
fn a_session_keeps_at_every_rate_above_what_was_drawn_until_an_error_and_then_all() {
    let at = |rate: f64| Verb { number: (rate * WHOLE as f64) as u64, ..verb(Sort::Sample, "scroll") };
    // What was drawn is 0.5: kept from a rate of a half on.
    for (rate, meant) in
        [(0.0, Verdict::Sample), (0.49, Verdict::Sample), (0.5, Verdict::Keep), (1.0, Verdict::Keep)]
    {
        assert_eq!(Page::under(vec![at(rate)]).ends("scroll", &[], 0.0), meant, "{rate}");
    }
    let slow = Verb { when: When { least_ms: 200, ..When::default() }, ..Verb::new(Sort::Upgrade) };
    let mut page = Page::under(vec![slow, at(0.1)]);
    assert_eq!(page.fails("scroll", &[], 0.0, true), Verdict::Keep, "an error");
    assert_eq!(page.ends("scroll", &[], 0.0), Verdict::Sample);
    assert_eq!(page.ends("click", &[], 200.0), Verdict::Keep);
    assert_eq!(page.ends("scroll", &[], 0.0), Verdict::Keep, "from that moment on");
}

/// A page of which nothing is sampled but around what is called `wrong`, ten seconds of it.
fn recorded_around_what_is_wrong() -> Page {
    let flight = Verb { number: 10_000, ..verb(Sort::Flight, "wrong") };
    Page::under(vec![flight, verb(Sort::Sample, "")])
}

#[test]
fn what_sampling_takes_is_recorded_after_all_around_what_goes_wrong() {
    let mut page = recorded_around_what_is_wrong();
    let mut ends = |at_s: f64, name: &str| {
        page.now.wall_ms = at_s * 1e3;
        let verdict = page.ends(name, &[], 0.0);
        let let_go: Vec<_> =
            page.engine.let_go().iter().map(|let_go| (let_go.number, let_go.recorded)).collect();
        (verdict, let_go)
    };
    assert_eq!(ends(0.0, "a"), (Verdict::Hold, vec![]));
    assert_eq!(ends(9.0, "a"), (Verdict::Hold, vec![]));
    assert_eq!(ends(11.0, "a"), (Verdict::Hold, vec![(1, false)]), "the first is too long ago");
    // It is sampled itself, as nothing says that it is kept; what happened before comes first.
    assert_eq!(ends(20.0, "wrong"), (Verdict::Flight, vec![(2, false), (3, true)]));
    assert_eq!(ends(29.9, "a"), (Verdict::Flight, vec![]));
    assert_eq!(ends(30.0, "a"), (Verdict::Hold, vec![]));
    page.engine.settle(31_000.0, true);
    assert!(page.engine.lets_go());
    assert_eq!(page.engine.let_go().len(), 1, "at the end of the page it is what sampling takes");
    assert!(!page.engine.lets_go());
}

#[test]
fn what_is_held_is_bounded_in_events_and_in_bytes() {
    let mut page = recorded_around_what_is_wrong();
    for _ in 0..300 {
        assert_eq!(page.ends("a", &[], 0.0), Verdict::Hold);
    }
    let let_go = page.engine.let_go();
    assert_eq!((let_go.len(), let_go[0].number, let_go[0].recorded), (100, 1, false));
    let long = "x".repeat(40 * 1024);
    for _ in 0..2 {
        assert_eq!(page.ends("a", &[("long", text(&long))], 0.0), Verdict::Hold);
    }
    assert_eq!(page.engine.let_go().len(), 201, "all but the last");
}

#[test]
fn as_bytes_run_out_fewer_events_are_kept_and_errors_last() {
    let kept_at = |spent: f64, failed: bool| {
        let mut page = Page::under(vec![Verb { number: 1_000, ..Verb::new(Sort::Budget) }]);
        page.now.page_bytes = spent;
        (0..1_000).filter(|_| page.fails("a", &[], 0.0, failed) == Verdict::Keep).count()
    };
    assert_eq!((kept_at(0.0, false), kept_at(500.0, false), kept_at(1_000.0, false)), (1_000, 1_000, 0));
    assert!((400..600).contains(&kept_at(750.0, false)));
    assert_eq!((kept_at(1_000.0, true), kept_at(1_999.0, true), kept_at(2_000.0, true)), (1_000, 1_000, 0));
    let mut page = Page::under(vec![Verb { more: 1_000, ..Verb::new(Sort::Budget) }]);
    page.now.day_bytes = 1_000.0;
    assert_eq!(page.ends("a", &[], 0.0), Verdict::Budget);
}

#[test]
fn attributes_paths_and_texts_are_scrubbed_as_a_policy_says() {
    let scrub = |number: u64, attribute: &str, patterns: &[&str]| {
        let patterns = patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect();
        let when = When { attribute: attribute.into(), ..When::default() };
        Verb { when, number, patterns, ..Verb::new(Sort::Scrub) }
    };
    let after = |verbs: Vec<Verb>| {
        let page = Page::under(verbs);
        let attributes = [
            ("user.name", text("Ann")),
            ("url.full", text("https://a.example/team/red/members?x=1")),
            ("size", Value::Number(3.0)),
        ];
        let frame = frame("GET", &attributes);
        page.engine.scrub(frame.bytes()).map(|changes| changes.apply(frame.bytes()).unwrap())
    };
    let meant = |attributes: &[(&str, Value<'_>)]| Some(frame("GET", attributes).bytes().to_vec());
    let url = "https://a.example/team/red/members?x=1";
    let size = ("size", Value::Number(3.0));
    assert_eq!(after(vec![scrub(0, "", &["user.*"])]), meant(&[("url.full", text(url)), size.clone()]));
    assert_eq!(after(vec![scrub(1, "", &["size"])]), meant(std::slice::from_ref(&size)));
    let template = "https://a.example/team/:team/members";
    let templated = [("user.name", text("Ann")), ("url.full", text(template)), size.clone()];
    assert_eq!(after(vec![scrub(2, "url.*", &["/team/:team", "/team/:team/members"])]), meant(&templated));
    let removed = [("user.name", text(":removed")), ("url.full", text(url)), size];
    assert_eq!(after(vec![scrub(3, "", &["An*"])]), meant(&removed));
    assert_eq!(after(vec![scrub(0, "", &["nothing"])]), None);
}

#[test]
fn a_stage_is_a_part_of_what_is_drawn_and_without_one_it_holds_for_all() {
    let at = |stage: u64| {
        let policy = Policy { stage, ..Policy::default() };
        (0..100).filter(|draw| policy.holds_for(f64::from(*draw) / 100.0)).count()
    };
    assert_eq!((at(0), at(500), at(5_000), at(WHOLE)), (100, 5, 50, 100));
}

#[test]
fn a_policy_of_a_later_version_or_with_more_than_its_bounds_is_none() {
    assert_eq!(Policy::decode(b""), Some(Policy::default()));
    assert_eq!(Policy::decode(&[1 << 3, 2]), None);
    // A field that a later version has.
    assert_eq!(Policy::decode(&[1 << 3, 1, 15 << 3, 1]), None);
    let many = Policy { verbs: vec![verb(Sort::Drop, "a"); MAX_VERBS + 1], ..Policy::default() };
    assert_eq!(Policy::decode(&many.encode()), None);
    let long = Policy { verbs: vec![verb(Sort::Drop, &"a".repeat(129))], ..Policy::default() };
    assert_eq!(Policy::decode(&long.encode()), None);
    assert_eq!(Policy::decode(&vec![0; MAX_BYTES + 1]), None);
}
