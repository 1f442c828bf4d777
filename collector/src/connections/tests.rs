//! What a stranger can do to a map, faster than by posting.

use super::{
    end::{Asked, Request},
    key::{By, Keyed, Meets},
    map::{Map, WAIT_MS},
};

fn asked(path: &str) -> Asked {
    let [method, host, origin] = ["GET", "shop.example", "https://shop.example"];
    Asked {
        request: Request { method: method.into(), host: host.into(), path: path.into() },
        origin: origin.into(),
        place: None,
        trace_id: [0; 16],
        is_error: false,
        took_ns: Some(0),
        is_answered: true,
        is_late: false,
        rendered_by: None,
        is_joined: false,
        shares_trace: false,
    }
}

#[test]
fn a_million_distinct_routes_stay_within_the_bounds_and_push_out_no_row_that_was_there() {
    let (keyed, mut map) = (Keyed::new(), Map::new(0));
    let ask = |map: &mut Map, number: u64, at_ms: u64, path: &str| {
        let mut meets = Meets::default();
        meets.add(By::Traceparent, keyed.view(&[], number));
        meets.add(By::Trace, keyed.view(&[1], number));
        map.ask(at_ms, meets, asked(path));
    };
    (0..10).for_each(|number| ask(&mut map, number, WAIT_MS, "/cart"));
    let (flood, begin_ms) = (1_000_000_u64, 3 * WAIT_MS);
    map.judge(begin_ms);
    for number in 0..flood {
        // Ten minutes of 1700 in a second: whoever is pushed out has waited for less than one.
        ask(&mut map, 10 + number, begin_ms + number * WAIT_MS / flood, &format!("/{number:x}"));
        assert!(map.asked.len() <= 25_000 && map.requests.len() <= 500);
    }
    map.judge(begin_ms + 2 * WAIT_MS + 1);
    let mine = map.requests.sorted()[0];
    assert_eq!((&*mine.0.request.path, mine.1.count, map.asked.len()), ("/cart", 10, 0));
    let shown: u64 = map.requests.sorted().iter().map(|(_, row)| row.count).sum();
    assert_eq!(shown + map.requests.not_shown + map.pushed_out, 10 + flood);
}

#[test]
fn where_there_is_much_to_wait_for_a_request_is_waited_for_a_minute_at_least() {
    let (keyed, mut map) = (Keyed::new(), Map::new(0));
    for number in 0..50_000_u64 {
        let mut meets = Meets::default();
        meets.add(By::Traceparent, keyed.view(&[], number));
        map.ask(WAIT_MS + number * 4, meets, asked("/cart"));
    }
    let row = map.requests.sorted()[0].1.clone();
    assert_eq!((row.count, map.pushed_out), (25_000, 0), "each had waited for a hundred seconds");
}
