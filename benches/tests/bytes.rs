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
fn behind_its_page_a_batch_weighs_what_is_aimed_at_or_what_is_known() {
    let report = of("session200.json");
    // 82 are aimed at for batches of five: docs/decisions/0016 says what stands in the way.
    for (batch, most) in [(20, 68.0), (5, 85.1)] {
        let row = report.rows.iter().find(|row| row.batch == batch).unwrap();
        assert!(row.weft_dict <= most, "{row:?}");
    }
}

#[test]
fn what_our_collector_says_of_every_event_costs_no_bytes_of_an_event() {
    let report = of("visit.json");
    assert_eq!(report.lost, None);
    let row = report.rows.iter().find(|row| row.batch == 50).unwrap();
    // Session, page, number, view, interaction, two links and how long ago what they point to was: 700 bytes of OTLP.
    assert!(row.weft < 18.0, "{row:?}");
}

#[test]
fn whatever_otlp_can_say_comes_back() {
    let report = of("nasty.json");
    assert_eq!((report.spans, report.lost), (36, None));
}
