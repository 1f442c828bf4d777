//! Conditions: what they mean, and what is said of those that mean nothing.

use std::{borrow::Cow, collections::BTreeMap};

use proptest::prelude::*;

use super::*;

struct Event(&'static str, BTreeMap<&'static str, &'static str>);

impl Subject for Event {
    fn name(&self) -> Cow<'_, str> {
        self.0.into()
    }
    fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.1.get(name).map(|value| (*value).into())
    }
}

fn holds(text: &str) -> bool {
    let attributes = [
        ("http.route", "/cart/items"),
        ("http.response.status_code", "503"),
        ("is paid", "true"),
        ("quoted", "a \"b\" \\c"),
        ("name", "an attribute"),
    ];
    Filter::read(text)
        .unwrap_or_else(|why| panic!("{text} {why}"))
        .holds(&Event("checkout", attributes.into()))
}

#[test]
fn a_condition_means_what_it_says() {
    let holding = [
        r#"name = "checkout""#,
        r#"name="checkout""#,
        r#"name != "other""#,
        r#"name = "checkout" or http.route starts_with "/cart""#,
        r#"name = "other" or http.route starts_with "/cart""#,
        r#"http.route ends_with "items" and http.route contains "rt/it""#,
        "http.response.status_code >= 500 and http.response.status_code < 600",
        "http.response.status_code = 503.0",
        "http.response.status_code > 502 and http.response.status_code <= 503",
        r#"http.response.status_code = "503""#,
        "http.route exists",
        "not nothing exists",
        r#"not (name = "other" or nothing exists)"#,
        r#""is paid" = true"#,
        r#""name" = "an attribute""#,
        r#"quoted = "a \"b\" \\c""#,
        // `and` binds closer.
        r#"name = "checkout" or nothing exists and nothing exists"#,
    ];
    for text in holding {
        assert!(holds(text), "{text}");
    }
    let failing = [
        r#"name = "Checkout""#,
        r#"name = "checkout" and nothing exists"#,
        r#"(name = "checkout" or nothing exists) and nothing exists"#,
        r#"nothing = """#,
        r#"nothing != "a""#,
        "http.route > 3",
        r#"http.response.status_code != 503"#,
    ];
    for text in failing {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_means_nothing_says_what_to_change() {
    let said = |text: &str| Filter::read(text).expect_err(text);
    assert_eq!(said(""), "ends where `name` or an attribute should be");
    assert_eq!(
        said("name"),
        "ends where =, !=, <, <=, >, >=, starts_with, ends_with, contains or exists should be"
    );
    assert_eq!(said("name = checkout"), "has `checkout` after `=`: write texts in double quotes");
    assert_eq!(said(r#"name < "a""#), "has \"a\" where a number after `<` should be");
    assert_eq!(said("name contains a"), "has `a` where a text in double quotes after `contains` should be");
    assert_eq!(said(r#"name = "a" name"#), "has `name` where it could end: join conditions with and, or");
    assert_eq!(said(r#"(name = "a""#), "lacks a `)`");
    assert_eq!(said(r#"name = "a"#), "lacks a closing \"");
    assert_eq!(said(r#"name = "\n""#), "has a \\ that is followed by neither \" nor \\");
    assert_eq!(said("name ~ 3"), "has '~': write texts, and attributes with such letters, in double quotes");
    assert!(said(r#"name or "a""#).starts_with("has `or` where =, !=, "));
    assert!(said("and = 3").starts_with("has `and` where `name` or an attribute"));
    assert!(said(&format!("{}a exists", "not ".repeat(18))).contains("more than 16"));
    assert!(said(&"a".repeat(3000)).contains("at most 2048"));
}

#[test]
fn the_attributes_that_are_asked_for_are_known() {
    let filter = Filter::read(r#"name = "a" or not (b exists and "c d" > 1)"#).unwrap();
    assert_eq!(filter.attributes(), ["b", "c d"]);
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_or_refused(text in r#"([a-z.]{1,4}|[()=!<>"\\]|and|or|not|exists|contains|[0-9]{1,3}| ){0,40}"#) {
        if let Ok(filter) = Filter::read(&text) {
            filter.holds(&Event("checkout", BTreeMap::new()));
        }
    }
}
