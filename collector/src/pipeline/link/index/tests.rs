//! What the index remembers: across starts, within its bounds, and never at the cost of an event.

use std::{fs, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::{
    config::{Rule, To},
    pipeline::link::look::{Beside, Ends, Look},
};

fn remembers(values: u64) -> Remembers {
    Remembers { values, memory: 1 << 20 }
}

fn candidate(value: u8, at: u64) -> Candidate {
    let within = Duration::from_secs(3600);
    let rule = Rule {
        name: "cart".into(),
        by: Vec::new(),
        to: To::Previous,
        within,
        on_server: false,
        where_from: None,
        where_to: None,
    };
    let look =
        Look { rule: Arc::new(rule), shared: Shared([value; 16]), ends: Ends::BOTH, beside: Beside::Nothing };
    let (trace_id, span_id) = ([at as u8 + 1; 16], [at as u8 + 1; 8]);
    Candidate {
        at,
        trace_id,
        span_id,
        start_ns: at * 1_000_000_000,
        seq: at,
        page: None,
        looks: vec![look],
        bytes: 0,
    }
}

/// Ends of the spans that `candidate` is linked to.
fn found(index: &mut Index, candidate: &Candidate) -> Vec<u8> {
    let found = index.decide(candidate, u64::MAX, u64::MAX, &Missing::default());
    found.iter().map(|found| found.span_id[0] - 1).collect()
}

#[test]
fn what_is_committed_is_found_after_a_start_with_the_place_it_is_of() {
    let data = TempDir::new().unwrap();
    let seed = {
        let mut index = Index::open(data.path(), remembers(100)).unwrap();
        index.add(&candidate(1, 5));
        index.leaves(&candidate(1, 5), Some(70));
        index.commit(77, 3).unwrap();
        index.add(&candidate(1, 6));
        assert_eq!(found(&mut index, &candidate(1, 7)), [6]);
        index.seed().0
    };
    let mut index = Index::open(data.path(), remembers(100)).unwrap();
    assert_eq!((index.place(), index.sizes(), index.seed().0), (77, (1, 0), seed));
    assert_eq!(found(&mut index, &candidate(1, 7)), [5], "the rest is in the spool");
    assert_eq!(found(&mut index, &candidate(2, 7)), [] as [u8; 0]);
}

#[test]
fn values_go_by_the_day_they_were_last_seen_and_the_oldest_beyond_the_bound() {
    let data = TempDir::new().unwrap();
    let mut index = Index::open(data.path(), remembers(3)).unwrap();
    for (day, value) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 1)] {
        for at in [5, u64::from(day) + 10] {
            index.add(&candidate(value, at));
            index.leaves(&candidate(value, at), Some(1));
        }
        index.commit(0, day).unwrap();
    }
    assert_eq!(index.sizes(), (4, 0));
    index.forget(0).unwrap();
    assert_eq!(index.sizes(), (3, 1), "one too many");
    let knows = |index: &Index, value| recall(&index.values, index.place, Shared([value; 16])).is_some();
    assert_eq!([1, 2, 3, 4].map(|value| knows(&index, value)), [true, false, true, true]);
    // What is in use would be put again, as new.
    (0..2).for_each(|_| index.commit(0, 5).unwrap());
    index.forget(4).unwrap();
    assert_eq!(index.sizes(), (2, 1), "the third was not seen for too long");
    assert_eq!([1, 2, 3, 4].map(|value| knows(&index, value)), [true, false, false, true]);
}

#[test]
fn what_finds_no_room_in_memory_is_on_disk_and_what_waits_is_where_it_was() {
    let data = TempDir::new().unwrap();
    let most = Remembers { values: 1_000_000, memory: 64 << 10 };
    let mut index = Index::open(data.path(), most).unwrap();
    let candidate = |value: u64, at| {
        let mut one = candidate(0, at);
        one.looks[0].shared = Shared((u128::from(value) << 64).to_be_bytes());
        one
    };
    for value in 0..2_000 {
        index.add(&candidate(value, 5));
        if value % 500 == 499 {
            index.commit(value, 3).unwrap();
        }
    }
    assert!(index.rows.bytes() <= 64 << 10, "{} bytes", index.rows.bytes());
    assert_eq!(index.sizes(), (2_000, 0));
    for value in 0..2_000 {
        assert_eq!(found(&mut index, &candidate(value, 7)), [5], "of value {value}");
    }
    // Rows of a commit that a crash cut short are ahead of the place: their day is not known to the store.
    let day_as_of = |place| recall(&index.values, place, Shared([0; 16])).and_then(|(_, day)| day);
    assert_eq!([day_as_of(0), day_as_of(index.place)], [None, Some(3)]);
}

#[test]
fn an_index_that_cannot_be_read_or_is_of_another_version_is_put_aside() {
    let data = TempDir::new().unwrap();
    let path = data.path().join("links");
    fs::create_dir(&path).unwrap();
    let index = Index::open(&path, remembers(100)).unwrap();
    index.about.insert("version", 9_u64.to_be_bytes()).unwrap();
    drop(index);
    let index = Index::open(&path, remembers(100)).unwrap();
    assert_eq!((index.place(), index.sizes()), (0, (0, 0)), "it is made again from the spool");
    assert!(data.path().join("links.damaged").is_dir());
}
