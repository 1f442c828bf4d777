//! What `cargo xtask bytes` says of the recorded files.

#![allow(clippy::unwrap_used)]

use benches::bytes::{Report, measure};

fn of(file: &str) -> Report {
    let path = format!("{}/../tests/corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    measure(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_session_of_a_shop_comes_back_and_weighs_no_more_than_aimed_at() {
    let report = of("session200.json");
    assert_eq!((report.spans, report.lost), (200, None));
    for (batch, goal) in [(200, 60.0), (20, 100.0), (5, 190.0)] {
        let row = report.rows.iter().find(|row| row.batch == batch).unwrap();
        assert!(row.weft <= goal, "{row:?}");
    }
}

#[test]
fn whatever_otlp_can_say_comes_back() {
    let report = of("nasty.json");
    assert_eq!((report.spans, report.lost), (36, None));
}
