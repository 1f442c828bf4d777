//! Headers as input.

use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_control_character_of_a_header_gets_any_further(bytes: Vec<u8>) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            headers.insert(header::ORIGIN, value);
        }
        prop_assert!(!text(&headers, header::ORIGIN).contains(char::is_control));
    }
}

#[test]
fn what_is_text_stays_as_it_is_and_a_control_sequence_of_one_letter_does_not() {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_bytes("Bücher\u{9b}31m/1".as_bytes()).unwrap());
    assert_eq!(text(&headers, header::USER_AGENT), "Bücher\u{fffd}31m/1");
}
