//! Policies, as a page reads them, and what a page does by them.

use weft_sdk::verbs::{Ended, Engine, Now, document::Policy};

/// Reads a policy: a first part of `bytes`. One that is read comes back as it was written, and is asked about events that
/// the rest is taken for.
pub fn policy(bytes: &[u8]) {
    let Some((at, bytes)) = bytes.split_first() else { return };
    let (policy, rest) = bytes.split_at(usize::from(*at).min(bytes.len()));
    let Some(policy) = Policy::decode(policy) else { return };
    assert_eq!(Policy::decode(&policy.encode()).as_ref(), Some(&policy));
    let mut engine = Engine::new(policy, 0.5);
    let (mut merged, mut told) = (0, 0);
    for (number, frame) in (0..).zip(rest.chunks(40).chain(rest.chunks(40))) {
        engine.route(frame.get(..8).unwrap_or_default());
        let ended = Ended { number, duration_ms: number as f64, failed: number % 3 == 0 };
        let verdict = engine.decide(&ended, &Now { wall_ms: number as f64, ..Now::default() }, frame);
        merged += u64::from(matches!(verdict as u8, 2 | 3));
        let _ = engine.scrub(frame).and_then(|changes| changes.apply(frame));
    }
    engine.settle(0.0, true);
    while let Some(summary) = engine.summary() {
        told += summary.count;
        assert!(!summary.frame().is_empty());
    }
    assert_eq!(merged, told, "nothing is merged that is not told of");
}
