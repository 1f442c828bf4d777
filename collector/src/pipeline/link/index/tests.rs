//! What the index remembers: across starts, within its bounds, and never at the cost of an event.

use std::{fs, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::{
    config::{Rule, To},
    pipeline::link::look::{Beside, Ends, Look},
};

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
    Candidate { at, trace_id, span_id, start_ns: at * 1_000_000_000, seq: at, looks: vec![look], bytes: 0 }
}

/// Ends of the spans that `candidate` is linked to.
fn found(index: &mut Index, candidate: &Candidate) -> Vec<u8> {
    index.find(candidate, u64::MAX).iter().map(|found| found.span_id[0] - 1).collect()
}

fn nothing() -> HashSet<Shared> {
    HashSet::new()
}

#[test]
fn what_is_committed_is_found_after_a_start_with_the_place_it_is_of() {
    let data = TempDir::new().unwrap();
    let seed = {
        let mut index = Index::open(data.path(), 100).unwrap();
        index.add(&candidate(1, 5));
        index.leaves(&candidate(1, 5), 70);
        index.commit(77, 3, &nothing()).unwrap();
        index.add(&candidate(1, 6));
        assert_eq!(found(&mut index, &candidate(1, 7)), [6]);
        index.seed().0
    };
    let mut index = Index::open(data.path(), 100).unwrap();
    assert_eq!((index.place(), index.sizes(), index.seed().0), (77, (1, 0), seed));
    assert_eq!(found(&mut index, &candidate(1, 7)), [5], "the rest is in the spool");
    assert_eq!(found(&mut index, &candidate(2, 7)), [] as [u8; 0]);
}

#[test]
fn values_go_by_the_day_they_were_last_seen_and_the_oldest_beyond_the_bound() {
    let data = TempDir::new().unwrap();
    let mut index = Index::open(data.path(), 3).unwrap();
    for (day, value) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 1)] {
        index.add(&candidate(value, 5));
        index.add(&candidate(value, u64::from(day) + 10));
        index.commit(0, day, &nothing()).unwrap();
    }
    assert_eq!(index.sizes(), (4, 0));
    index.forget(0).unwrap();
    assert_eq!(index.sizes(), (3, 1), "one too many");
    let knows = |index: &mut Index, value| !found(index, &candidate(value, 9)).is_empty();
    assert_eq!([1, 2, 3, 4].map(|value| knows(&mut index, value)), [true, false, true, true]);
    // What is not in use leaves memory with a commit; the rest would be put again.
    index.commit(0, 5, &nothing()).unwrap();
    index.forget(4).unwrap();
    assert_eq!(index.sizes(), (2, 1), "the third was not seen for too long");
    assert_eq!([1, 2, 3, 4].map(|value| knows(&mut index, value)), [true, false, false, true]);
}

#[test]
fn an_index_that_cannot_be_read_or_is_of_another_version_is_put_aside() {
    let data = TempDir::new().unwrap();
    let path = data.path().join("links");
    fs::create_dir(&path).unwrap();
    let index = Index::open(&path, 100).unwrap();
    index.about.insert("version", 9_u64.to_be_bytes()).unwrap();
    drop(index);
    let index = Index::open(&path, 100).unwrap();
    assert_eq!((index.place(), index.sizes()), (0, (0, 0)), "it is made again from the spool");
    assert!(data.path().join("links.damaged").is_dir());
}
