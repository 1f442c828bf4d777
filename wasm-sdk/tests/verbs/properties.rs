//! That no document, however it is made, does harm, and that nothing is merged without being told of.

use proptest::{collection::vec, prelude::*};
use weft_sdk::verbs::{
    Ended, Engine, Now, Verdict, WHOLE,
    document::{Policy, Sort, Verb, When},
};

use super::{frame, text};

fn any_when() -> impl Strategy<Value = When> {
    let pattern = || prop_oneof![Just("".to_owned()), "[a-c.*]{0,6}"];
    (pattern(), pattern(), pattern(), pattern(), 0..50_u64, 0..50_u64).prop_map(
        |(name, route, attribute, value, least_ms, below_ms)| When {
            name: name.into(),
            route: route.into(),
            attribute: attribute.into(),
            value: value.into(),
            least_ms,
            below_ms,
        },
    )
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let sorts = [
        Sort::Keep,
        Sort::Upgrade,
        Sort::Drop,
        Sort::Dedupe,
        Sort::Aggregate,
        Sort::Sample,
        Sort::Budget,
        Sort::Scrub,
        Sort::Flight,
    ];
    let patterns = vec("[a-c/:*]{0,6}".prop_map(String::into_bytes), 0..4);
    let verb = (proptest::sample::select(sorts.to_vec()), any_when(), 0..20_000_u64, 0..200_u64, patterns)
        .prop_map(|(sort, when, number, more, patterns)| Verb { sort, when, number, more, patterns });
    (vec(verb, 0..20), 0..=WHOLE, any::<bool>()).prop_map(|(verbs, stage, off)| Policy { verbs, stage, off })
}

proptest! {
    #[test]
    fn a_policy_comes_back_as_it_was_written(policy in any_policy()) {
        prop_assert_eq!(Policy::decode(&policy.encode()), Some(policy));
    }

    #[test]
    fn no_bytes_make_a_document_or_an_engine_panic(noise in vec(any::<u8>(), 0..300), at in 0..200_usize, policy in any_policy()) {
        let _ = Policy::decode(&noise);
        let mut bytes = policy.encode();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = noise.first().copied().unwrap_or(0);
        }
        let mut engine = Engine::new(Policy::decode(&bytes).unwrap_or(policy), 0.3);
        for start in 0..noise.len().min(20) {
            let frame = &noise[start..];
            engine.route(frame);
            engine.decide(&Ended { number: start as u64, duration_ms: f64::from(noise[start]), failed: false }, &Now::default(), frame);
            if let Some(changes) = engine.scrub(frame) {
                let _ = changes.apply(frame);
            }
        }
    }

    /// Every event is kept, or counted by the verb that took it; what was merged is told, one for one.
    #[test]
    fn nothing_is_merged_without_being_told_of(
        policy in any_policy(),
        events in vec(("[a-c]{1,2}", "[a-c]{0,2}", 0..60_u32, any::<bool>(), 0..5_u32, any::<bool>()), 0..200),
    ) {
        let mut engine = Engine::new(policy, 0.3);
        let (mut merged, mut told) = (0_u64, 0_u64);
        let (mut held, mut let_go) = (Vec::new(), Vec::new());
        let mut now = Now::default();
        for (number, (name, value, duration, failed, passes, moves)) in events.iter().enumerate() {
            now.wall_ms += f64::from(*passes) * 3_000.0;
            if *moves {
                engine.route(value.as_bytes());
            }
            let ended = Ended { number: number as u64, duration_ms: f64::from(*duration), failed: *failed };
            let frame = frame(name, &[("a", text(value))]);
            let verdict = engine.decide(&ended, &now, frame.bytes());
            merged += u64::from(matches!(verdict, Verdict::Dedupe | Verdict::Aggregate));
            held.extend((verdict == Verdict::Hold).then_some(number as u64));
            let_go.extend(engine.let_go().iter().map(|let_go| let_go.number));
            while let Some(summary) = engine.summary() {
                told += summary.count;
            }
        }
        engine.settle(now.wall_ms, true);
        while let Some(summary) = engine.summary() {
            told += summary.count;
        }
        prop_assert_eq!(merged, told);
        let_go.extend(engine.let_go().iter().map(|let_go| let_go.number));
        prop_assert_eq!(held, let_go, "what is held is let go once, in order");
    }
}
