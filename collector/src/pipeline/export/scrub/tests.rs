//! What is taken out, what stays, and that once is enough.

use proptest::prelude::*;
use weft_proto::{Attribute, Event, Value};

use super::*;

fn scrubbed(from: &str) -> String {
    text(&Scrub::default(), from).into_owned()
}

#[test]
fn secrets_are_taken_out_wherever_they_stand() {
    for (from, to) in [
        ("mail ann.b+x@mail.example.org now", "mail :email now"),
        ("ann%40example.org", ":email"),
        ("paid with 4111 1111 1111 1111.", "paid with :card."),
        ("4111111111111111", ":card"),
        ("5555-5555-5555-4444", ":card"),
        ("378282246310005", ":card"),
        ("6011000990139424", ":card"),
        ("Authorization: Bearer a1b2c3d4e5f6", "Authorization: Bearer :token"),
        ("login?next=/x&token=abcd", "login?next=/x&token=:token"),
        ("/login?next=/x&token=abc", "/login"),
        (
            "GET https://u:p@shop.example/a/17?password=hunter2#f failed",
            "GET https://shop.example/a/:id failed",
        ),
        ("password=hunter2, user=ann", "password=:token, user=ann"),
        (r#"{"access_token": "abcd1234", "n": 1}"#, r#"{"access_token": ":token", "n": 1}"#),
        ("key AKIAIOSFODNN7EXAMPLE is bad", "key :token is bad"),
    ] {
        assert_eq!(scrubbed(from), to, "{from}");
    }
    let jwt = format!("eyJ{}.eyJ{}.{}", "hbGciOiJIUzI1NiJ9", "zdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmN");
    assert_eq!(scrubbed(&format!("jwt {jwt} expired")), "jwt :token expired");
    for (shape, letters) in [("ghp_", 36), ("sk_live_", 24), ("xoxb-", 20), ("glpat-", 20)] {
        assert_eq!(scrubbed(&format!("{shape}{}", "a1".repeat(letters / 2))), ":token", "{shape}");
    }
}

#[test]
fn what_is_none_of_that_stays_as_it_is() {
    for text in [
        "checkout",
        "SyntaxError: Unexpected token: 'bar'",
        "the bearer authentication failed",
        "4111111111111112",
        "1700000000000",
        "order 20261127000000012345",
        "react@18.2.0",
        "render@https://shop.example/app.js:12:7",
        "https://shop.example/cart",
        "Is this right? Yes / no",
        "user:password",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "a6f1c1d2-7f5e-4b3a-9c55-1234567890ab",
        "",
    ] {
        assert_eq!(scrubbed(text), text);
    }
}

#[test]
fn an_operator_says_what_else_and_what_not() {
    let also = vec![Regex::new("EMP-[0-9]+").unwrap()];
    let scrub = Scrub { emails: false, also, ..Scrub::default() };
    assert_eq!(text(&scrub, "EMP-17 is ann@example.org"), ":scrubbed is ann@example.org");
    assert_eq!(text(&scrub, "EMP-1"), ":scrubbed");
}

#[test]
fn a_batch_keeps_its_places_and_loses_its_secrets() {
    let mut of = Batch::default();
    let [name, key, mail] =
        ["sign up", "enduser.mail", "ann@example.org"].map(|text| of.strings.intern(text));
    of.attributes = vec![Attribute { key, value: Value::Text(mail) }];
    of.events = vec![Event { name, ..Event::default() }];
    let scrubbed = batch(&Scrub::default(), &of);
    assert_eq!((scrubbed.strings.get(name), scrubbed.strings.get(mail)), ("sign up", ":email"));
    assert!(matches!(scrubbed, Cow::Owned(_)));
    let none = Scrub { addresses: false, emails: false, cards: false, tokens: false, also: Vec::new() };
    assert!(matches!(batch(&none, &of), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn what_was_scrubbed_is_not_scrubbed_again(from in "[ -~é]{0,60}|https?://[a-z.:@]{1,20}(/[a-z0-9.%@]{0,12}){0,3}(\\?[a-z=&/]{0,10})?") {
        let once = scrubbed(&from);
        prop_assert_eq!(scrubbed(&once), once);
    }

    #[test]
    fn nothing_makes_it_panic(from in any::<String>()) {
        _ = scrubbed(&from);
    }
}
