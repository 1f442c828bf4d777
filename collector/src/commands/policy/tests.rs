//! What `weft policy` says of a visit that was recorded.

use std::path::PathBuf;

use super::*;
use crate::config::TEN_LINES;

const POLICY: &str = "[[policy.upgrade]]\nat_least_ms = 5000\n[[policy.dedupe]]\nname = \"exception\"\n\
    [[policy.aggregate]]\nname = \"resourceFetch\"\ntemplates = [\"*\"]\n[[policy.drop]]\nname = \"longtask\"\nbelow_ms = 200\n\
    [[policy.scrub]]\ndeny = [\"user_agent.*\", \"browser.document.*\"]\n";

fn session200() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/session200.json")
}

fn replayed(policy: &str) -> (Recorded, Replayed) {
    let config = Config::from_toml(&format!("{TEN_LINES}{policy}")).unwrap();
    let key = config.keys.iter().find(|key| &*key.name == "shop-web").unwrap();
    let recorded = Recorded::read(&fs::read_to_string(session200()).unwrap()).unwrap();
    let replayed = Replayed::under(&recorded, key.policy.document.clone(), BATCH);
    (recorded, replayed)
}

#[test]
fn every_event_is_kept_or_named_by_the_verb_that_took_it_and_errors_are_kept() {
    let (recorded, without) = replayed("");
    let (_, with) = replayed(POLICY);
    let taken: usize = with.taken.values().flat_map(std::collections::BTreeMap::values).sum();
    assert_eq!((without.kept, without.summaries), (200, 0));
    assert_eq!((with.kept + taken, with.errors), (recorded.events.len(), without.errors));
    assert!(with.taken["aggregate"]["resourceFetch"] > 30, "{:?}", with.taken);
    assert!(with.summaries > 0 && with.scrubbed > 0 && with.bytes * 10 < without.bytes * 9);
}

#[test]
fn what_a_policy_says_and_does_is_told_in_lines() {
    let config = Config::from_toml(&format!("{TEN_LINES}{POLICY}")).unwrap();
    let said = check(&config).unwrap();
    assert!(said.contains("drop name=longtask below_ms=200\n"), "{said}");
    assert!(said.contains("scrub deny=user_agent.*,browser.document.*\n"), "{said}");
    let said = explain(&config, None, &session200()).unwrap();
    assert!(said.contains("events   200 recorded") && said.contains("aggregate"), "{said}");
    assert!(explain(&config, Some("nobody"), &session200()).is_err());
}
