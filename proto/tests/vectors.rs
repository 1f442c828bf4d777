//! The published vectors: the paper's for the function, ours for the ids that derive from it.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use serde_json::Value;
use weft_proto::{Ids, Seed};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn ids(seed: &Value) -> Ids {
    Ids::new(Seed(unhex(seed.as_str().unwrap()).try_into().unwrap()))
}

#[test]
fn the_function_is_chaskey_12_as_published() {
    let vectors = read(include_str!("../vectors/chaskey12.json"));
    let ids = ids(&vectors["key"]);
    let message: Vec<u8> = (0..64).collect();
    let tags = vectors["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 64);
    for (length, tag) in tags.iter().enumerate() {
        assert_eq!(hex(&ids.mac(&message[..length])), tag.as_str().unwrap(), "message of {length} bytes");
    }
}

#[test]
fn ids_are_the_ones_we_publish() {
    let vectors = read(include_str!("../vectors/ids.json"));
    for page in vectors["pages"].as_array().unwrap() {
        let ids = ids(&page["seed"]);
        assert_eq!(hex(&ids.page()), page["page_id"].as_str().unwrap());
        for event in page["events"].as_array().unwrap() {
            let number: u64 = event["number"].as_str().unwrap().parse().unwrap();
            assert_eq!(hex(&ids.trace(number)), event["trace_id"].as_str().unwrap(), "trace id of {number}");
            assert_eq!(hex(&ids.span(number)), event["span_id"].as_str().unwrap(), "span id of {number}");
            assert_eq!(
                hex(&ids.closure(number)),
                event["closure_id"].as_str().unwrap(),
                "closure of {number}"
            );
            assert_eq!(
                hex(&ids.announcement(number)),
                event["announcement_id"].as_str().unwrap(),
                "of {number}"
            );
        }
    }
}

#[test]
fn a_seed_does_not_show_in_debug_output() {
    assert_eq!(format!("{:?}", Seed([7; 16])), "Seed(secret)");
}
