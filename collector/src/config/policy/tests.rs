//! Policies as a user writes them.

use super::*;
use crate::config::{Config, Mistakes, TEN_LINES};

/// Of the pages of a shop.
fn of(more: &str) -> Policy {
    let config = Config::from_toml(&format!("{TEN_LINES}{more}")).unwrap();
    config.keys.iter().find(|key| &*key.name == "shop-web").unwrap().policy.clone()
}

#[test]
fn verbs_are_asked_in_one_order_however_they_are_written() {
    let policy =
        of("[[policy.budget]]\npage_kib = 512\n[[policy.aggregate]]\nname = \"browser.resource_timing\"\n\
         [[policy.keep]]\nroute = \"/checkout*\"\n[[policy.sample]]\nname = \"*_scroll\"\nrate = 0.1\n\
         [[policy.scrub]]\ndeny = [\"user.*\"]\n[[policy.dedupe]]\nname = \"exception\"\nseconds = 5");
    let sorts: Vec<_> = policy.document.verbs.iter().map(|verb| (verb.sort, verb.number)).collect();
    let meant = [
        (Sort::Keep, 0),
        (Sort::Dedupe, 5_000),
        (Sort::Aggregate, 60_000),
        (Sort::Sample, 1_000),
        (Sort::Budget, 512 * 1024),
        (Sort::Scrub, 0),
    ];
    assert_eq!(sorts, meant);
    assert_eq!(Document::decode(&policy.bytes), Some(policy.document));
}

#[test]
fn a_key_has_its_own_policy_or_that_of_all_and_a_stage_and_an_end() {
    let of_all = "[[policy.drop]]\nname = \"a\"\n";
    let own = "[keys.other]\nkind = \"browser\"\nkey = \"pk_o\"\napplication = \"shop\"\nservice = \"o\"\norigins = [\"https://o.example\"]\n\
               [keys.other.policy]\nsessions = 0.05\noff = true\n";
    let config = Config::from_toml(&format!("{TEN_LINES}{of_all}{own}")).unwrap();
    let policy = |name: &str| config.keys.iter().find(|key| &*key.name == name).unwrap().policy.clone();
    assert_eq!(policy("shop-web").document.verbs[0].when.name, b"a");
    let own = policy("other").document;
    assert_eq!((own.stage, own.off, own.verbs.len()), (500, true, 0));
    // Of no session: as if there were none.
    assert_eq!(of(&format!("[policy]\nsessions = 0\n{of_all}")), Policy::default());
    assert_eq!(of(&format!("[policy]\nsessions = 1.0\n{of_all}")), of(of_all));
    assert!(of("").bytes.is_empty());
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let text = format!(
        "{TEN_LINES}[policy]\nsessions = 2\n[[policy.drop]]\n[[policy.drop]]\nname = \"a\"\nbelow_ms = 5\nat_least_ms = 5\n\
         [[policy.sample]]\nname = \"a\"\n[[policy.budget]]\n[[policy.scrub]]\nallow = [\"a\"]\ndeny = [\"b\"]\n\
         [[policy.scrub]]\ntemplates = [\"p/:id\"]\n[[policy.keep]]\nvalue = \"x\"\nname = \"{}\"\n[[policy.shorten]]\n",
        "a".repeat(129)
    );
    let Mistakes(found) = Config::from_toml(&text).unwrap_err();
    let found: Vec<_> = found.iter().map(|mistake| mistake.path.as_str()).collect();
    for path in [
        "policy.sessions",
        "policy.drop[0].name",
        "policy.drop[1].below_ms",
        "policy.sample[0].rate",
        "policy.budget[0].page_kib",
        "policy.scrub[0].deny",
        "policy.scrub[1].templates",
        "policy.keep[0].value",
        "policy.keep[0].name",
        "policy.shorten",
    ] {
        assert!(found.contains(&path), "{path} in {found:?}");
    }
}

#[test]
fn a_policy_that_is_too_long_is_refused() {
    let verb = format!("[[policy.drop]]\nname = \"{}\"\n", "a".repeat(100));
    let many = |count| Config::from_toml(&format!("{TEN_LINES}{}", verb.repeat(count)));
    assert!(many(30).is_ok());
    assert!(many(50).unwrap_err().to_string().contains("takes"));
    let short = "[[policy.drop]]\nname = \"a\"\n".repeat(65);
    assert!(
        Config::from_toml(&format!("{TEN_LINES}{short}")).unwrap_err().to_string().contains("64 at most")
    );
}
