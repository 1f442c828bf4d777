//! What is kept of pages stays within its bound, and apart from what is kept of others.

use weft_proto::{Form, Session};

use super::*;

fn key(name: &str) -> Arc<str> {
    Arc::from(name)
}

fn kept(most: usize) -> PageDictionaries {
    PageDictionaries::new(most, &Arc::new(Meters::new()))
}

/// A batch of the page of this seed as it is kept once it is durable.
fn body(of: &PageDictionaries, seed: u8, number: u64, body: Vec<u8>, sessions: &[u8]) -> Option<EarlierBody> {
    let head =
        Head { form: Form::Plain, seed: Seed([seed; 16]), digest: 0, number, send_time_ms: 0, epoch: 0 };
    let session = |id: &u8| Session { id: [*id; 16], previous_id: None, randomness: 0 };
    let batch = Batch { sessions: sessions.iter().map(session).collect(), ..Batch::default() };
    of.body_of(&head, body.into(), &batch)
}

fn keep(of: &PageDictionaries, name: &str, seed: u8, number: u64, bytes: Vec<u8>, sessions: &[u8]) {
    of.keep(&key(name), body(of, seed, number, bytes, sessions));
}

fn bodies(of: &PageDictionaries, name: &str, seed: u8) -> Option<Vec<u8>> {
    of.of(&key(name), Seed([seed; 16])).map(|earlier| earlier.bytes().to_vec())
}

/// Bytes as they are counted, and as they come to when all pages are looked at.
fn counted(of: &PageDictionaries) -> (usize, usize) {
    let kept = of.lock();
    (kept.bytes, kept.pages.iter().map(|(_, page)| page.bytes()).sum())
}

#[test]
fn bodies_of_a_page_are_found_in_the_order_of_their_numbers() {
    let kept = kept(1 << 20);
    for (number, bytes) in [(0, b"a"), (2, b"c"), (1, b"b"), (2, b"x")] {
        keep(&kept, "shop", 1, number, bytes.to_vec(), &[1]);
    }
    assert_eq!(bodies(&kept, "shop", 1).unwrap(), b"abc");
    assert_eq!(bodies(&kept, "shop", 2), None);
}

#[test]
fn the_same_seed_with_another_key_is_another_page() {
    let kept = kept(1 << 20);
    keep(&kept, "shop", 1, 0, b"mine".to_vec(), &[1]);
    assert_eq!(bodies(&kept, "evil", 1), None);
    keep(&kept, "evil", 1, 0, b"theirs".to_vec(), &[1]);
    assert_eq!(bodies(&kept, "shop", 1).unwrap(), b"mine");
    kept.forget(&key("evil"), &[1; 16]);
    assert_eq!(bodies(&kept, "evil", 1), None);
    assert_eq!(bodies(&kept, "shop", 1).unwrap(), b"mine");
}

#[test]
fn beyond_the_bound_the_page_that_was_silent_for_longest_is_forgotten() {
    let kept = kept(40 * 1024);
    for seed in 0..3 {
        keep(&kept, "shop", seed, 0, vec![seed; 10 * 1024], &[1]);
    }
    assert!(bodies(&kept, "shop", 0).is_some(), "and with that it was heard of");
    keep(&kept, "shop", 3, 0, vec![3; 10 * 1024], &[1]);
    let left: Vec<u8> = (0..4).filter(|seed| bodies(&kept, "shop", *seed).is_some()).collect();
    assert_eq!(left, [0, 2, 3]);
}

#[test]
fn what_is_counted_is_what_all_pages_come_to_and_never_more_than_the_bound() {
    let most = 256 * 1024;
    let kept = kept(most);
    for number in 0..600_u64 {
        let seed = (number * 7 % 23) as u8;
        let length = (number * 7919 % 20_000) as usize;
        keep(&kept, "shop", seed, number, vec![seed; length], &[seed % 5, (number / 100) as u8]);
        let (bytes, all) = counted(&kept);
        assert_eq!(bytes, all);
        assert!(bytes <= most, "{bytes}");
        if number % 50 == 49 {
            kept.forget(&key("shop"), &[seed % 5; 16]);
        }
    }
    assert!(counted(&kept).0 > most / 2, "the bound is used");
    let named: usize = kept.lock().named.values().map(HashSet::len).sum();
    let sessions: usize = kept.lock().pages.iter().map(|(_, page)| page.sessions.len()).sum();
    assert_eq!(named, sessions, "sessions of pages that are gone are gone too");
    for session in 0..6 {
        kept.forget(&key("shop"), &[session; 16]);
    }
    let all = kept.lock();
    assert!(all.pages.is_empty() && all.named.is_empty() && all.bytes == 0);
}

#[test]
fn many_small_pages_are_counted_with_what_they_take_beside_their_bodies() {
    let kept = kept(16 * 1024);
    for seed in 0..=255 {
        keep(&kept, "shop", seed, 0, vec![1], &[]);
    }
    assert!(kept.lock().pages.len() < 16 * 1024 / OVERHEAD);
}

#[test]
fn of_one_page_no_more_is_kept_than_it_may_refer_to_and_some() {
    let kept = kept(1 << 20);
    for number in 0..100 {
        keep(&kept, "shop", 1, number, vec![number as u8; 4096], &[1]);
    }
    let bodies = bodies(&kept, "shop", 1).unwrap();
    assert!((MAX_BASE_BYTES..=MOST_OF_A_PAGE).contains(&bodies.len()));
    assert_eq!(bodies.last(), Some(&99), "the latest");
    assert_eq!(body(&kept, 1, 100, vec![0; MAX_BASE_BYTES + 1], &[1]), None, "nobody refers to that");
}

#[test]
fn an_erased_session_takes_its_pages_along() {
    let kept = kept(1 << 20);
    keep(&kept, "shop", 1, 0, b"first".to_vec(), &[1]);
    keep(&kept, "shop", 1, 1, b"second".to_vec(), &[2]);
    keep(&kept, "shop", 2, 0, b"other".to_vec(), &[2]);
    keep(&kept, "shop", 3, 0, b"nobody's".to_vec(), &[3]);
    kept.forget(&key("shop"), &[1; 16]);
    let left: Vec<u8> = (0..4).filter(|seed| bodies(&kept, "shop", *seed).is_some()).collect();
    assert_eq!(left, [2, 3]);
    kept.forget(&key("shop"), &[2; 16]);
    assert_eq!(bodies(&kept, "shop", 2), None);
}

#[test]
fn a_page_of_many_sessions_begins_anew_and_is_still_found_by_each() {
    let kept = kept(1 << 20);
    for session in 0..40 {
        keep(&kept, "shop", 1, u64::from(session), vec![session], &[session]);
    }
    let left = bodies(&kept, "shop", 1).unwrap();
    assert_eq!(left, (32..40).collect::<Vec<u8>>());
    let all: Vec<u8> = (0..=MOST_SESSIONS as u8).collect();
    assert_eq!(body(&kept, 1, 40, vec![0], &all), None);
    kept.forget(&key("shop"), &[3; 16]);
    assert!(bodies(&kept, "shop", 1).is_some(), "it has nothing of that session any more");
    kept.forget(&key("shop"), &[33; 16]);
    assert_eq!(bodies(&kept, "shop", 1), None);
}

#[test]
fn where_it_is_off_nothing_is_kept() {
    let kept = kept(0);
    assert_eq!(body(&kept, 1, 0, vec![1], &[1]), None);
    assert_eq!(bodies(&kept, "shop", 1), None);
}
