//! What is taken out, what stays, and that once is enough.

use proptest::{collection::vec, prelude::*, sample::select};
use regex::Regex;
use rustix::time::{ClockId, clock_gettime};
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
        ("card 4111 1111 1111 1111 12/27", "card :card 12/27"),
        ("4242 4242 4242 4242 123", ":card 123"),
        ("24 4111 1111 1111 1111", "24 :card"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic :token"),
        ("user_password=hunter2", "user_password=:token"),
        ("newPassword=hunter2", "newPassword=:token"),
        (r#"{"userPassword":"hunter2"}"#, r#"{"userPassword":":token"}"#),
        (r#"{\"password\":\"hunter2\"}"#, r#"{\"password\":\":token\"}"#),
        (r#"{"password":12345678}"#, r#"{"password"::token}"#),
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
        "logo@2x.png",
        "handle@app.js:12:3",
        "lodash@4.17.21.min.js",
        "const token = undefined",
        "basic functionality",
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
fn a_batch_keeps_its_places_and_its_names_and_loses_its_secrets() {
    let mut of = Batch::default();
    let [name, key, mail, odd] =
        ["sign up", "enduser.mail", "ann@example.org", "a/b?1"].map(|text| of.strings.intern(text));
    let [password, plain] = ["form.password", "hunter2"].map(|text| of.strings.intern(text));
    let texts = [(key, mail), (odd, mail), (password, plain), (key, plain)];
    of.attributes = texts.map(|(key, value)| Attribute { key, value: Value::Text(value) }).into();
    of.events = vec![Event { name, ..Event::default() }];
    let without = super::scrubbed(&Scrub::default(), &of);
    let text = |at: usize| match without.attributes[at].value {
        Value::Text(id) => without.strings.get(id),
        _ => "",
    };
    assert_eq!((without.strings.get(name), without.strings.get(odd)), ("sign up", "a/b?1"));
    assert_eq!([text(0), text(1), text(2), text(3)], [":email", ":email", ":token", "hunter2"]);
    let none = Scrub { addresses: false, emails: false, cards: false, tokens: false, ..Scrub::default() };
    assert!(matches!(super::scrubbed(&none, &of), Cow::Borrowed(_)));
}

/// What this thread has used: others on the machine do not count.
fn cpu() -> std::time::Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    std::time::Duration::new(used.tv_sec as u64, used.tv_nsec as u32)
}

/// As much work for each letter, whatever the text: one that is four times as long takes less than ten times as long.
#[test]
fn texts_that_strangers_choose_take_time_in_proportion_to_their_length() {
    for part in [
        "? a ", "(a:// ", "a@", "a.", "4 ", "1-", "token", "password", "eyJ", "a@a.a", "%40", "Bearer ",
        "/a?", "'a://b ",
    ] {
        let took = |bytes: usize| {
            let text = part.repeat(bytes / part.len());
            let least = (0..5).map(|_| {
                let before = cpu();
                // Looked through each time, and not remembered.
                std::hint::black_box(look_through(&Scrub::default(), &text));
                cpu() - before
            });
            least.min().unwrap()
        };
        let (short, long) = (took(16 * 1024), took(64 * 1024));
        assert!(long < short * 10 + std::time::Duration::from_millis(5), "{part}: {short:?}, {long:?}");
    }
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

    #[test]
    fn what_is_looked_for_first_hides_nothing_from_the_patterns(parts in vec(select(PARTS), 1..8), between in select(&["", " ", "\u{a0}", "=", "\":\"", "/"][..])) {
        let from = parts.join(between);
        // With every sign, and behind a beginning that is none of a secret, every pattern is tried.
        let (signs, tried) = (Signs::of(&from), Signs::of("%=' 1"));
        prop_assert_eq!(secret::take_out(&from, &signs), secret::take_out(&from, &tried));
        prop_assert!(signs.has(signs::MAIL) || email::take_out(&from).is_none());
        prop_assert!(signs.digits >= *card::LENGTHS.start() || card::take_out(&from).is_none());
        let begun = secret::take_out(&format!("npm_ {from}"), &tried);
        prop_assert_eq!(secret::take_out(&from, &signs), begun.map(|with| with.replacen("npm_ ", "", 1)));
    }
}

/// Of which texts are made that have something in them.
const PARTS: &[&str] = &[
    "ann",
    "@",
    "example.org",
    "%40",
    "4111 1111",
    "1111 1111",
    "4111111111111111",
    "Bearer",
    "bearer",
    "token",
    "a1b2c3d4e5f6",
    "password",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiIxMjM0NTY3",
    "xoxb-",
    "abcdefghijklm",
    "sk_live_",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_",
    "abcdefghijabcdefghijabcdefghijabcdefghij",
    "1//",
    "SG.",
    "github_pat_",
    "glpat-",
    "AIza",
    "npm_",
    "ya29",
    "\n",
    "é",
];
