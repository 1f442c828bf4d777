//! Who goes on although he is refused.

use super::*;

/// What becomes of a request, as admission goes about it: before its body, behind it, and what is said of a refusal.
fn request(crowd: &Crowd, who: &Who, key: &Bucket) -> Result<(), Reject> {
    let name = Some(&who.key);
    let taken = crowd.may_come(who.address, name).and_then(|()| crowd.spend(who, key).map(|_| ()));
    taken.inspect_err(|reject| crowd.refused(who.address, name, reject))
}

fn is_blocked(taken: &Result<(), Reject>) -> bool {
    matches!(taken, Err(Reject::Blocked { .. }))
}

#[test]
fn who_goes_on_although_he_is_refused_is_blocked_and_pages_that_were_here_before_go_on() {
    let (crowd, key, time) = crowd(Rates { block_after: 600, ..rates() });
    for _ in 0..2 {
        assert!(request(&crowd, &from(7, 1), &key).is_ok());
        time.pass(ESTABLISHED);
    }
    let flood = (0..5000).map(|at| request(&crowd, &from(7, 1000 + at), &key));
    assert!(flood.filter(is_blocked).count() >= 3000);
    time.pass(Duration::from_secs(10));
    assert!(is_blocked(&request(&crowd, &from(7, 2), &key)), "it has room again, and is new");
    assert!(request(&crowd, &from(7, 1), &key).is_ok(), "it was here before");
    assert!(request(&crowd, &from(8, 2), &key).is_ok(), "somebody else");
    let other = Who { key: "docs-web".into(), ..from(7, 3) };
    assert!(request(&crowd, &other, &key).is_ok(), "with another key");
    let [block] = &crowd.blocked()[..] else { panic!("{:?}", crowd.blocked()) };
    assert_eq!((&*block.address, block.key.as_deref(), block.refused), ("203.0.113.7", Some(KEY), 600));
    assert_eq!(block.until_ms - block.since_ms, 600_000);
    assert!(["new_pages_limited", "address_limited"].contains(&block.reason) && block.turned_away > 3000);
    time.pass(Duration::from_secs(600));
    assert!(request(&crowd, &from(7, 2), &key).is_ok() && crowd.blocked().is_empty(), "it is over");
}

#[test]
fn each_block_is_longer_than_the_one_before_until_somebody_lifts_one() {
    let (crowd, key, time) = crowd(Rates { block_after: 10, ..rates() });
    let broken = || {
        let who = from(7, 1);
        let reject = Reject::NotABatch("noise".into());
        crowd.refused(who.address, Some(&who.key), &reject);
        crowd.blocked().first().map(|block| (block.number, block.until_ms - block.since_ms))
    };
    for (number, minutes) in [(1, 10), (2, 60), (3, 360), (4, 1440), (5, 1440)] {
        assert_eq!(broken(), Some((number, minutes * 60_000)), "what no SDK sends counts tenfold");
        time.pass(Duration::from_secs(minutes * 60));
    }
    assert_eq!(broken().unwrap().0, 6);
    assert!(!crowd.lift(5) && crowd.lift(6) && !crowd.lift(6));
    assert!(request(&crowd, &from(7, 1), &key).is_ok());
    assert_eq!(broken(), None, "not again on the same day");
    time.pass(Duration::from_secs(86_400));
    assert_eq!(broken().map(|(_, lasts)| lasts), Some(600_000), "and then it begins anew");
}

#[test]
fn nobody_is_blocked_for_what_all_have_used_up_together_and_nobody_at_all_if_that_is_said() {
    let (blocks, none) = (crowd(Rates { block_after: 10, ..rates() }).0, crowd(rates()).0);
    let who = from(7, 1);
    for _ in 0..100 {
        for reject in
            [limited(Limit::Key, HALF_A_SECOND), limited(Limit::All, HALF_A_SECOND), Reject::SpoolFull]
        {
            blocks.refused(who.address, Some(&who.key), &reject);
        }
        none.refused(who.address, Some(&who.key), &Reject::NotDeflate);
        blocks.refused(None, Some(&who.key), &Reject::NotDeflate);
    }
    assert!(blocks.blocked().is_empty() && none.blocked().is_empty());
}

const HALF_A_SECOND: Duration = Duration::from_millis(500);
