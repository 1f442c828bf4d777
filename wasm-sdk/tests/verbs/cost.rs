//! What a policy costs an event: `cargo test --release -p weft-sdk --test verbs -- --ignored --nocapture`.

use std::time::Instant;

use weft_sdk::{
    verbs::{
        Ended, Engine, Now,
        document::{Policy, Sort, Verb, When},
    },
    write::Value,
};

use super::{frame, text};

const EVENTS: u32 = 100_000;

fn verb(sort: Sort, at: usize) -> Verb {
    let when = When {
        name: format!("browser.noise_{at}*").into(),
        route: b"/shop/*".to_vec(),
        attribute: b"app.widget.id".to_vec(),
        value: b"banner-*".to_vec(),
        ..When::default()
    };
    Verb { when, number: 1_000, ..Verb::new(sort) }
}

/// Twenty verbs that do not fit, and one that aggregates.
#[test]
#[ignore = "it measures, and says what"]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures, and says what")]
fn twenty_verbs_cost_an_event_so_much() {
    let sorts = [Sort::Keep, Sort::Drop, Sort::Dedupe, Sort::Sample, Sort::Scrub];
    let mut verbs: Vec<_> = (0..19).filter_map(|at| Some(verb(*sorts.get(at % 5)?, at))).collect();
    verbs.push(Verb { number: 60_000, ..super::verb(Sort::Aggregate, "GET") });
    let mut engine = Engine::new(Policy { verbs, ..Policy::default() }, 0.5);
    engine.route(b"/shop/cart");
    let attributes = [
        ("http.request.method", text("GET")),
        ("url.full", text("https://api.shop.example/v1/products/123456?color=red")),
        ("server.address", text("api.shop.example")),
        ("http.response.status_code", Value::Number(200.0)),
        ("http.response.body.size", Value::Number(18_233.0)),
    ];
    let frames = ["GET", "app.event"].map(|name| frame(name, &attributes));
    for (frame, what) in frames.iter().zip(["aggregated", "kept"]) {
        let start = Instant::now();
        for number in 1..=EVENTS {
            let ended = Ended { number: number.into(), duration_ms: f64::from(number % 500), failed: false };
            engine.decide(&ended, &Now::default(), frame.bytes());
            let _ = engine.scrub(frame.bytes());
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(EVENTS);
        println!("{what}: {each:.2} µs an event");
    }
}
