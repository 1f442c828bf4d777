//! Settings as a user writes them, and what they are told.

use super::*;

fn mistakes(text: &str) -> Vec<(String, String)> {
    let Mistakes(mistakes) = Config::from_toml(text).unwrap_err();
    mistakes.into_iter().map(|mistake| (mistake.path, mistake.message)).collect()
}

#[test]
fn ten_lines_are_a_deployment_and_everything_else_has_a_default() {
    assert!(TEN_LINES.trim().lines().count() <= 12, "two tables more than the ten lines of settings");
    let config = Config::from_toml(TEN_LINES).unwrap();
    assert_eq!(config.listen, "127.0.0.1:4318".parse().unwrap());
    assert!(config.admin.ip().is_loopback());
    assert_eq!(config.path, "/api/telemetry");
    assert_eq!(config.limits.request_bytes, weft_proto::limits::MAX_REQUEST_BYTES);
    assert_eq!(config.max_skew, Duration::from_secs(5));
    let main = &config.destinations.0[0];
    assert_eq!(main.base, "http://127.0.0.1:9999");
    assert_eq!(main.compression, Compression::None);
}

#[test]
fn every_mistake_is_reported_at_once_with_its_path() {
    let text = r#"
        lisen = "127.0.0.1:1"
        listen = "localhost"
        [keys.web]
        kind = "browser"
        key = "pk"
        origins = ["shop.example", "https://shop.example/path"]
        requests_per_second = 0
        colour = "red"
        [keys.api]
        kind = "server"
        key = "pk"
        application = "shop"
        service = "api"
        [limits]
        body_bytes = 99999999
        [export.main]
        endpoint = "ftp://x"
        applications = ["shoe"]
    "#;
    let found = mistakes(text);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    for path in [
        "lisen",
        "listen",
        "keys.web.application",
        "keys.web.service",
        "keys.web.origins",
        "keys.web.requests_per_second",
        "keys.web.colour",
        "keys.api.service",
        "limits.body_bytes",
        "export.main.endpoint",
        "export.main.applications",
    ] {
        assert!(paths.contains(&path), "{path} is not in {found:#?}");
    }
    assert!(paths.iter().any(|path| path.ends_with(".key")), "the shared key is named");
    assert_eq!(paths.iter().filter(|path| **path == "keys.web.origins").count(), 2);
}

#[test]
fn an_unknown_setting_is_answered_with_those_there_are() {
    let found = mistakes(&format!("{TEN_LINES}\n[clock]\nmax_skew = 5"));
    let (path, message) = &found[0];
    assert_eq!(path, "clock.max_skew");
    assert!(message.contains("max_skew_ms"), "{message}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let found = mistakes(&format!("{TEN_LINES}\n[spool]\nsegment_bytes = 1000000\nmax_bytes = 1500000"));
    assert_eq!(found[0].0, "spool.max_bytes");
    let words = mistakes(&format!("{TEN_LINES}\n[spool]\ndurability = \"maybe\""));
    assert_eq!(
        words[0],
        ("spool.durability".to_owned(), "is \"maybe\": write \"fsync\" or \"os\"".to_owned())
    );
    let queue = mistakes(&format!("{TEN_LINES}\n[spool]\nqueue_bytes = 2000000"));
    assert_eq!(queue[0].0, "spool.queue_bytes");
    let both = mistakes(&format!("listen = \"127.0.0.1:7\"\nadmin = \"127.0.0.1:7\"\n{TEN_LINES}"));
    assert_eq!(both[0].0, "admin");
}

#[test]
fn origins_are_kept_as_browsers_write_them() {
    let text = TEN_LINES.replace("http://localhost:3000", "HTTPS://Shop.Example:443");
    let config = Config::from_toml(&text).unwrap();
    let web = config.keys.iter().find(|key| key.kind == KeyKind::Browser).unwrap();
    assert_eq!(web.origins, [Origin::Exact("https://shop.example".to_owned())]);
}

#[test]
fn secrets_come_from_the_environment_too_and_never_show() {
    let text = TEN_LINES.replace("key = \"sk_demo_shop\"", "key_env = \"SHOP_KEY\"");
    let config =
        check::check(&text, &|name| (name == "SHOP_KEY").then(|| "from-outside".to_owned())).unwrap();
    let api = config.keys.iter().find(|key| key.kind == KeyKind::Server).unwrap();
    assert_eq!(api.secret.expose(), "from-outside");
    assert!(!format!("{config:?}").contains("from-outside"));
    assert!(!format!("{config:?}").contains("pk_demo_shop"));
    let Mistakes(missing) = check::check(&text, &|_| None).unwrap_err();
    assert_eq!(missing[0].path, "keys.shop-api.key_env");
}

#[test]
fn what_is_not_toml_is_answered_with_its_line() {
    let found = mistakes("listen = ");
    assert!(found[0].1.contains("line 1"), "{}", found[0].1);
}

#[test]
fn origins_that_no_browser_sends_are_refused_with_the_one_it_does() {
    for (written, sent) in [
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/path?a#b", "https://shop.example"),
        ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:80/", "http://localhost"),
        ("http://127.1:3000", "http://127.0.0.1:3000"),
        ("https://shop.example:0443", "https://shop.example"),
        ("https://user@shop.example", "https://shop.example"),
    ] {
        let found = mistakes(&TEN_LINES.replace("http://localhost:3000", written));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].1.ends_with(&format!("write \"{sent}\"")), "{}", found[0].1);
    }
    for nothing in [
        "*",
        "NULL",
        "https://*.example",
        "https://a.*.shop.example",
        "https://*.shop.example/",
        "https://",
        "shop.example",
        "app://x/y",
        "http://[::1",
    ] {
        let found = mistakes(&TEN_LINES.replace("http://localhost:3000", nothing));
        assert!(found[0].1.contains("write"), "{found:?}");
    }
    for sent in ["https://xn--bcher-kva.example", "http://[::1]:3000", "capacitor://localhost"] {
        let config = Config::from_toml(&TEN_LINES.replace("http://localhost:3000", sent)).unwrap();
        let sent = [Origin::Exact(sent.to_owned())];
        assert!(config.keys.iter().any(|key| key.origins == sent), "{sent:?}");
    }
}

#[test]
fn a_key_may_be_for_all_hosts_below_a_domain_and_for_pages_without_an_origin_if_it_says_so() {
    let text = TEN_LINES.replace("\"http://localhost:3000\"", "\"HTTPS://*.Shop.Example:8443\", \"null\"");
    let config = Config::from_toml(&text).unwrap();
    let web = config.keys.iter().find(|key| key.kind == KeyKind::Browser).unwrap();
    let below = Origin::Below { scheme: "https://".to_owned(), domain: ".shop.example:8443".to_owned() };
    assert_eq!(web.origins, [below, Origin::Exact("null".to_owned())]);
}

#[test]
fn a_key_has_another_before_it_and_a_last_day() {
    let more = "kind = \"browser\"\nkey_before = \"pk_old\"\nexpires = \"2027-01-31\"";
    let config = Config::from_toml(&TEN_LINES.replace("kind = \"browser\"", more)).unwrap();
    let web = config.keys.iter().find(|key| key.kind == KeyKind::Browser).unwrap();
    assert_eq!(web.before.as_ref().map(Secret::expose), Some("pk_old"));
    assert_eq!(web.expires_ms, Some(1_801_440_000_000), "2027-02-01T00:00:00Z");
    for (line, path) in [
        ("expires = \"31.1.2027\"", "keys.shop-web.expires"),
        ("expires = \"2027-02-30\"", "keys.shop-web.expires"),
        ("key_before = \"pk_demo_shop\"", "keys.shop-web.key"),
        ("key_before = \"a\"\nkey_before_env = \"B\"", "keys.shop-web.key_before"),
    ] {
        let found =
            mistakes(&TEN_LINES.replace("kind = \"browser\"", &format!("kind = \"browser\"\n{line}")));
        assert_eq!((found.len(), found[0].0.as_str()), (1, path), "{found:?}");
    }
}

#[test]
fn an_endpoint_that_holds_a_secret_is_refused_and_not_repeated() {
    for endpoint in [
        "http://h/otlp?api_key=SECRET",
        "http://h/otlp#SECRET",
        "http://user:SECRET@h/otlp",
        "http://h/v1/traces?SECRET",
        "ftp://h/?SECRET",
    ] {
        let found = mistakes(&TEN_LINES.replace("http://127.0.0.1:9999", endpoint));
        assert_eq!(found[0].0, "export.main.endpoint");
        assert!(found.iter().all(|(_, message)| !message.contains("SECRET")), "{found:?}");
    }
}

#[test]
fn a_rule_has_three_lines_and_says_what_is_wrong_with_each() {
    let rules = "[[link]]\nname = \"cart\"\nby = [\"cart.id\"]\n[[link]]\nname = \"order\"\nby = [\"order.id\", \"session.id\"]\nto = \"first\"\nwithin = \"12h\"\non_server = true";
    let linker = Config::from_toml(&format!("{TEN_LINES}\n{rules}")).unwrap().linker;
    let [cart, order] = &linker.rules[..] else { panic!("{linker:?}") };
    assert_eq!(
        (cart.to, cart.within, cart.on_server),
        (To::Previous, Duration::from_secs(30 * 86_400), false)
    );
    assert_eq!((order.to, order.within, order.on_server), (To::First, Duration::from_secs(12 * 3600), true));
    assert!(linker.sessions && linker.wait == Duration::from_secs(10));
    for (rule, path, says) in [
        ("by = [\"a\"]", "link[0].name", "missing"),
        ("name = \"cause\"\nby = [\"a\"]", "link[0].name", "choose another"),
        ("name = \"a b\"\nby = [\"a\"]", "link[0].name", "letters"),
        ("name = \"a\"", "link[0].by", "cart.id"),
        ("name = \"a\"\nby = [\"weft.seq\"]", "link[0].by", "weft.seq"),
        ("name = \"a\"\nby = [\"b\"]\nwithin = \"2w\"", "link[0].within", "30d"),
        ("name = \"a\"\nby = [\"b\"]\nwithin = \"400d\"", "link[0].within", "a year"),
        ("name = \"a\"\nby = [\"b\"]\nto = \"next\"", "link[0].to", "previous"),
        ("name = \"a\"\nby = [\"b\"]\nwhen = 1", "link[0].when", "unknown"),
        ("name = \"a\"\nby = [\"b\"]\n[[link]]\nname = \"a\"\nby = [\"c\"]", "link", "two rules"),
    ] {
        let found = mistakes(&format!("{TEN_LINES}\n[[link]]\n{rule}"));
        assert!(found.iter().any(|(at, said)| at == path && said.contains(says)), "{rule}: {found:?}");
    }
    assert!(mistakes(&format!("{TEN_LINES}\n[link]\nname = \"a\"\nby = 5")).len() == 1);
}

#[test]
fn long_spans_are_waited_for_as_the_settings_say_and_never_longer_while_a_page_is_visible() {
    let read = |more: &str| Config::from_toml(&format!("{TEN_LINES}\n[long_spans]\n{more}"));
    let long = read("").unwrap().long_spans;
    assert_eq!((long.interrupted_after.as_secs(), long.abandoned_after.as_secs()), (1_800, 604_800));
    assert!(!long.announce_open);
    let long = read("interrupted_after = \"2h\"\nannounce_open = true").unwrap().long_spans;
    assert_eq!((long.interrupted_after.as_secs(), long.announce_open), (7_200, true));
    let wrong = read("interrupted_after = \"2d\"\nabandoned_after = \"1d\"").unwrap_err();
    assert_eq!(wrong.0.len(), 1);
    assert_eq!(wrong.0[0].path, "long_spans.abandoned_after");
}
