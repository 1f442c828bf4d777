//! Everybody at once: honest pages, floods, and more addresses than anybody can count.

mod blocks;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{super::bucket::ESTABLISHED, recent::MOST, *};
use crate::{clock::OwnedClock, config::Rate};

fn rate(per_second: u32, burst: u32) -> Rate {
    Rate { per_second: per_second.try_into().unwrap(), burst: burst.try_into().unwrap() }
}

const KEY: &str = "shop-web";

const MORE_THAN_ENOUGH: (u32, u32) = (1_000_000, 1_000_000);

fn rates() -> Rates {
    let (enough, most) = MORE_THAN_ENOUGH;
    Rates {
        address: rate(100, 1000),
        new_pages: rate(20, 1000),
        page: rate(5, 60),
        page_bytes_a_day: 1 << 20,
        all: rate(enough, most),
        block_after: 0,
    }
}

/// A crowd at some time of day, and a key without a limit of its own.
fn crowd(rates: Rates) -> (Crowd, Bucket, OwnedClock) {
    let (clock, owner) = Clock::still(1_700_000_000_000);
    let (enough, most) = MORE_THAN_ENOUGH;
    (Crowd::new(rates, &clock), Bucket::new(rate(enough, most), &clock), owner)
}

fn page(number: u64) -> PageId {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    PageId::of(KEY, &seed)
}

fn from(host: u32, page_number: u64) -> Who {
    let address = Address::counted(IpAddr::V4(Ipv4Addr::from_bits(0xcb00_7100 + host)));
    Who { address: Some(address), key: KEY.into(), page: Some(page(page_number)), bytes: 1000 }
}

fn outcome<T>(spent: Result<T, Reject>) -> Option<Limit> {
    match spent {
        Ok(_) => None,
        Err(Reject::Limited { by, wait }) => {
            assert!(wait > Duration::ZERO);
            Some(by)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_flood_of_made_up_pages_leaves_room_for_those_that_were_here_before() {
    let (crowd, key, time) = crowd(rates());
    let honest = || (0..50).map(|at| from(7, at));
    honest().for_each(|who| assert_eq!(outcome(crowd.spend(&who, &key)), None));
    time.pass(Duration::from_secs(300));
    // A thousand forged pages behind the same address, 2000 requests a second; each honest page sends once in two seconds.
    let (mut tried, mut taken, mut flooded) = (0, 0, 0);
    for tick in 0..600_u64 {
        for request in 0..200 {
            let who = from(7, 1000 + (tick * 200 + request) % 1000);
            flooded += u32::from(outcome(crowd.spend(&who, &key)).is_none());
        }
        for who in honest().skip(tick as usize % 20).step_by(20) {
            tried += 1;
            taken += u32::from(outcome(crowd.spend(&who, &key)).is_none());
        }
        time.pass(Duration::from_millis(100));
    }
    assert!(taken * 100 >= tried * 95, "{taken} of {tried} were taken");
    assert!(
        flooded < 600 * 10 + 1000,
        "{flooded} of the flood were taken: no more than the rate of the address"
    );
}

#[test]
fn without_a_flood_new_pages_are_as_good_as_any() {
    let (crowd, key, time) = crowd(rates());
    for at in 0..1000 {
        assert_eq!(outcome(crowd.spend(&from(7, at), &key)), None, "everybody in an office reloads: {at}");
        time.pass(Duration::from_millis(1));
    }
}

#[test]
fn what_is_refused_takes_nothing_of_what_is_wider() {
    let one = Rates { page: rate(1, 1), ..rates() };
    let (crowd, _, time) = crowd(one);
    let key = Bucket::new(rate(1, 3), &crowd.clock);
    assert_eq!(outcome(crowd.spend(&from(7, 1), &key)), None);
    assert_eq!(outcome(crowd.spend(&from(7, 1), &key)), None, "the first made it known");
    for _ in 0..100 {
        assert_eq!(outcome(crowd.spend(&from(7, 1), &key)), Some(Limit::Page));
    }
    assert_eq!(outcome(crowd.spend(&from(7, 2), &key)), None, "there is one left of the key");
    assert_eq!(outcome(crowd.spend(&from(7, 3), &key)), Some(Limit::Key));
    time.pass(Duration::from_secs(1));
    assert_eq!(outcome(crowd.spend(&from(8, 4), &key)), None);
}

#[test]
fn an_address_brings_so_many_new_pages_and_another_brings_its_own() {
    let (crowd, key, time) = crowd(Rates { new_pages: rate(1, 10), ..rates() });
    for at in 0..10 {
        assert_eq!(outcome(crowd.spend(&from(7, at), &key)), None);
    }
    assert_eq!(outcome(crowd.spend(&from(7, 10), &key)), Some(Limit::NewPages));
    assert_eq!(outcome(crowd.spend(&from(7, 3), &key)), None, "one that is known");
    assert_eq!(outcome(crowd.spend(&from(8, 10), &key)), None);
    time.pass(Duration::from_secs(1));
    assert_eq!(outcome(crowd.spend(&from(7, 11), &key)), None);
}

#[test]
fn a_page_has_so_many_bytes_a_day() {
    let (crowd, key, time) = crowd(rates());
    let whole = Who { bytes: 1 << 19, ..from(7, 1) };
    assert_eq!(outcome(crowd.spend(&whole, &key)), None);
    assert_eq!(outcome(crowd.spend(&whole, &key)), None);
    let Err(Reject::Limited { by: Limit::PageBytes, wait }) = crowd.spend(&whole, &key) else {
        panic!("it has had its megabyte")
    };
    time.pass(wait);
    assert_eq!(outcome(crowd.spend(&whole, &key)), None, "the next day");
}

#[test]
fn no_flood_of_new_pages_from_everywhere_makes_those_forgotten_that_were_here_before() {
    let (crowd, _, time) = crowd(rates());
    let key = Bucket::new(rate(500, 2000), &crowd.clock);
    let honest = || (0..50).map(|at| from(7, at));
    honest().for_each(|who| assert_eq!(outcome(crowd.spend(&who, &key)), None));
    time.pass(Duration::from_secs(60));
    honest().for_each(|who| assert_eq!(outcome(crowd.spend(&who, &key)), None));
    time.pass(Duration::from_secs(60));
    // Each page of it is new, and comes from one of a hundred addresses; honest pages send once in a minute.
    let (mut tried, mut taken) = (0, 0);
    for second in 0..300_u64 {
        for request in 0..1500 {
            let at = second * 1500 + request;
            let _ = crowd.spend(&from(100 + (at % 100) as u32, 1_000_000 + at), &key);
        }
        for who in honest().skip(second as usize % 60).step_by(60) {
            tried += 1;
            taken += u32::from(outcome(crowd.spend(&who, &key)).is_none());
        }
        time.pass(Duration::from_secs(1));
    }
    let [_, pages, newcomers] = crowd.sizes();
    assert!(
        pages == 50 && newcomers == MOST,
        "the flood has gone through all that is remembered: {newcomers}"
    );
    assert!(tried >= 240 && taken * 100 >= tried * 95, "{taken} of {tried} were taken");
}

#[test]
fn what_is_refused_takes_nothing_of_a_pages_day() {
    let (crowd, key, time) = crowd(Rates { page: rate(1, 1), ..rates() });
    let whole = Who { bytes: 1 << 18, ..from(7, 1) };
    assert_eq!(outcome(crowd.spend(&whole, &key)), None);
    assert_eq!(outcome(crowd.spend(&whole, &key)), None);
    for _ in 0..20 {
        assert_eq!(outcome(crowd.spend(&whole, &key)), Some(Limit::Page));
    }
    time.pass(Duration::from_secs(1));
    assert_eq!(outcome(crowd.spend(&whole, &key)), None);
}

#[test]
fn who_runs_short_is_asked_to_pause_before_he_is_refused() {
    let (crowd, key, _) = crowd(Rates { page: rate(5, 1000), ..rates() });
    let pauses: Vec<_> = (0..890).map(|_| crowd.spend(&from(7, 1), &key).unwrap()).collect();
    assert!(pauses[..800].iter().all(|pause| pause.is_zero()), "there is enough");
    assert!(
        pauses[801..].windows(2).all(|two| two[0] < two[1] && two[1] < Duration::from_secs(1)),
        "until a fifth is back"
    );
    let one = Bucket::new(rate(1, 1), &crowd.clock);
    assert_eq!(crowd.spend(&from(8, 2), &one).unwrap(), Duration::ZERO, "of one there is no fifth");
}

#[test]
fn who_tries_keys_is_told_nothing_for_a_minute_and_those_beside_him_go_on() {
    let (crowd, _, time) = crowd(rates());
    let (guesses, right, other) = (from(7, 1).address, Arc::from("shop-api"), Arc::from("shop-jobs"));
    assert!(crowd.has_succeeded(guesses, &right).is_ok());
    assert!((0..30).all(|_| crowd.has_failed(guesses).is_ok()));
    assert_eq!(outcome(crowd.has_failed(guesses)), Some(Limit::WrongKeys));
    assert_eq!(
        outcome(crowd.has_succeeded(guesses, &other)),
        Some(Limit::WrongKeys),
        "he would know that it is right"
    );
    assert!(crowd.has_succeeded(guesses, &right).is_ok(), "this one was right before");
    assert!(crowd.has_failed(from(8, 1).address).is_ok(), "somebody else");
    assert!((0..100).all(|_| crowd.has_failed(None).is_ok()), "this machine");
    time.pass(Duration::from_secs(61));
    assert!(crowd.has_succeeded(guesses, &other).is_ok());
}

#[test]
fn what_never_becomes_a_request_costs_its_address_and_keeps_the_rest_for_others() {
    let (crowd, key, _) = crowd(rates());
    let address = from(7, 1).address;
    let charged = (0..2000).take_while(|_| crowd.may_come(address, Some(&KEY.into())).is_ok());
    let charged = charged.inspect(|_| crowd.charge(address, Some(&key))).count();
    assert_eq!(charged, 1000);
    let slow = Bucket::new(rate(1, 100), &crowd.clock);
    (0..1000).for_each(|_| crowd.charge(None, Some(&slow)));
    assert!(crowd.could_spend(&slow).is_ok(), "a tenth of the key is kept for pages that are here");
    assert!(crowd.may_come(from(8, 1).address, None).is_ok(), "somebody else");
}

#[test]
fn a_million_addresses_and_pages_take_no_more_than_the_bound() {
    let (crowd, key, time) = crowd(Rates { new_pages: rate(1, 1), ..rates() });
    for at in 0..1_000_000_u64 {
        if at % 100_000 == 0 {
            time.pass(Duration::from_secs(1));
        }
        let network = Ipv6Addr::from_bits((0x2001_0db8_0000_0000 + u128::from(at)) << 64 | u128::from(at));
        let address = Some(Address::counted(IpAddr::V6(network)));
        assert_eq!(
            outcome(crowd.spend(&Who { address, key: KEY.into(), page: Some(page(at)), bytes: 1 }, &key)),
            None
        );
    }
    assert_eq!(crowd.sizes(), [MOST, 0, MOST]);
}
