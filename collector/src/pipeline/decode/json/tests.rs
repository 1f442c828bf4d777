//! JSON from a page becomes what its module would have sent; everything else is refused with a reason.

use proptest::prelude::*;
use serde_json::json;
use weft_proto::{Batch, Event, LinkKinds, OpenState, Seed, Target, Value};

use super::*;

const LIMIT: usize = 1024 * 1024;

/// A body with these calls.
fn posted(calls: &serde_json::Value) -> String {
    let (seed, sent) = ("0123456789abcdef".repeat(2), 1_700_000_060_000_u64);
    json!({ "weft": 0, "seed": seed, "number": 3, "sent": sent, "epoch": 1, "calls": calls }).to_string()
}

fn begin(number: u64) -> serde_json::Value {
    let start = 1_700_000_000_000.5 + number as f64;
    json!(["begin", { "number": number, "start": start, "epoch": 0, "role": u8::from(number == 0), "cause": -1,
                      "inferred": false, "parent": -1, "root": number }])
}

fn finish(number: u64, attributes: &serde_json::Value) -> serde_json::Value {
    json!(["finish", { "number": number, "duration": 1.5, "kind": 1, "status": 0, "demoted": false, "name": "event",
                       "attributes": attributes }])
}

fn moment(number: u64) -> Vec<serde_json::Value> {
    vec![begin(number), finish(number, &json!({}))]
}

fn one(body: &str) -> SealedBatch {
    let (_, mut batches) = read(body.as_bytes(), LIMIT).unwrap();
    assert_eq!(batches.len(), 1);
    batches.pop().unwrap()
}

fn refused(body: &str) -> String {
    read(body.as_bytes(), LIMIT).unwrap_err().sentence()
}

fn names(batch: &Batch) -> Vec<(u64, &str)> {
    batch.events.iter().map(|event| (event.number, batch.strings.get(event.name))).collect()
}

fn values<'a>(batch: &'a Batch, event: &Event) -> Vec<(&'a str, &'a Value)> {
    let attributes = batch.attributes_of(event).iter();
    attributes.map(|attribute| (batch.strings.get(attribute.key), &attribute.value)).collect()
}

#[test]
fn the_documented_body_becomes_the_documented_batch() {
    let document = include_str!("../../../../../proto/WIRE.md");
    let (_, rest) = document.split_once("## The JSON form").unwrap();
    let body = rest.split("```").nth(1).unwrap().strip_prefix("json").unwrap().trim();
    let (number, batches) = read(body.as_bytes(), LIMIT).unwrap();
    assert_eq!(number, 0);
    let [SealedBatch { head, batch, .. }] = &*batches else { panic!("one batch") };
    assert_eq!(head.seed, Seed(*b"sixteen bytes!!!"));
    assert_eq!((head.send_time_ms, head.epoch), (1_794_993_156_000, 0));
    assert_eq!(batch.page_load, Some(0));
    let all =
        [(0, "browser.navigation_timing"), (1, "browser.user_action.click"), (2, "POST"), (3, "upload")];
    assert_eq!(names(batch), all);
    let [load, press, request, upload] = &*batch.events else { panic!("four events") };
    assert_eq!((press.previous, press.interaction), (Some(0), Some(1)));
    assert_eq!(request.duration_ns, 48_000_000);
    let kinds: Vec<_> = batch.links_of(request).iter().map(|link| link.kinds).collect();
    assert_eq!(kinds, [LinkKinds::CAUSE]);
    assert_eq!(upload.open, Some(OpenState::Visible));
    assert_eq!([load.open, press.open, request.open], [None; 3]);
    assert_eq!(batch.sessions[0].id, [0x22; 16]);
    assert_eq!(values(batch, request), [("http.response.status_code", &Value::Int(201))]);
    let lost = batch.dropped.iter().map(|lost| (batch.strings.get(lost.reason), lost.count));
    assert_eq!(lost.collect::<Vec<_>>(), [("before_record", 2)]);
}

#[test]
fn what_the_spool_keeps_reads_like_any_other_batch() {
    let SealedBatch { bytes, head, batch } = one(&posted(&json!([begin(0), finish(0, &json!({}))])));
    assert_eq!(super::super::batch(&bytes, LIMIT), Ok((head, batch)));
}

#[test]
fn values_are_what_the_module_makes_of_them() {
    let given = json!({ "text": "a", "yes": true, "one": 1, "half": 0.1, "large": 9_007_199_254_740_993.0, "none": null,
                        "list": ["a", "b"], "url.full": "https://shop.example/u/7?token=x#y" });
    let SealedBatch { batch, .. } = one(&posted(&json!([begin(0), finish(0, &given)])));
    let values: Vec<_> = values(&batch, &batch.events[0]);
    let of = |key: &str| values.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => batch.strings.get(*text).to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(of("text")), "a");
    assert_eq!(text(of("url.full")), "https://shop.example/u/:id", "scrubbed");
    assert_eq!(of("yes"), Some(&Value::Bool(true)));
    assert_eq!(of("one"), Some(&Value::Int(1)));
    assert_eq!(of("half"), Some(&Value::Double(0.1)));
    assert_eq!(of("large"), Some(&Value::Double(9_007_199_254_740_992.0)), "no safe integer");
    assert_eq!(of("none"), None);
    assert!(matches!(of("list"), Some(Value::List(texts)) if texts.len() == 2));
}

#[test]
fn half_of_a_surrogate_pair_costs_that_character_only() {
    let calls = r#"[["begin",{"number":0,"start":1,"epoch":0,"role":1,"cause":-1,"inferred":false,"parent":-1,"root":0}],
        ["finish",{"number":0,"duration":0,"kind":1,"status":0,"demoted":false,"name":"a\ud83db\ude00c\ud83d\ude00",
        "attributes":{"k\ud83d":"v\ude00\u0000","l":["\ud83d"]}}]]"#;
    let body = posted(&json!("CALLS")).replace("\"CALLS\"", calls);
    let SealedBatch { batch, .. } = one(&body);
    assert_eq!(names(&batch), [(0, "a\u{fffd}b\u{fffd}c😀")]);
    let keys: Vec<_> = values(&batch, &batch.events[0]).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["k\u{fffd}", "l"]);
}

#[test]
fn what_one_batch_cannot_hold_becomes_several() {
    let long = "lorem ipsum ".repeat(600);
    let calls: Vec<_> =
        (0..30).flat_map(|n| [begin(n), finish(n, &json!({ "text": format!("{n} {long}") }))]).collect();
    let (number, batches) = read(posted(&json!(calls)).as_bytes(), LIMIT).unwrap();
    assert_eq!(number, 3);
    assert!(batches.len() > 1);
    let numbers = batches.iter().flat_map(|sealed| sealed.batch.events.iter().map(|event| event.number));
    assert_eq!(numbers.collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    assert!(batches.iter().all(|sealed| sealed.head.number == 3 && sealed.head.epoch == 1));
}

#[test]
fn a_root_of_the_page_is_told_by_its_ids_and_kept_by_its_number() {
    let ids =
        weft_proto::Ids::new(Seed(*b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let root = |number| hex(&ids.trace(number)) + &hex(&ids.span(number));
    let session = |root: String| {
        json!(["session", { "id": "12".repeat(16), "previous": "34".repeat(16),
                                                     "randomness": "56".repeat(7), "root": root }])
    };
    let link = |to: String| json!(["link", { "number": 9, "kinds": 512, "name": "reply", "to": to }]);
    let first = [moment(0), moment(7), vec![session(root(7)), begin(9)]].concat();
    let last = vec![link(root(0)), link(root(5)), finish(9, &json!({}))];
    let SealedBatch { batch, .. } = one(&posted(&json!([first, last].concat())));
    let targets: Vec<_> = batch.links_of(&batch.events[2]).iter().map(|link| link.target).collect();
    assert_eq!(targets, [Target::Own(7), Target::Own(0), Target::Foreign(ids.trace(5), ids.span(5))]);
}

#[test]
fn an_event_that_is_said_to_begin_or_end_again_is_one() {
    let calls = [moment(0), moment(5), moment(5), vec![begin(0)]].concat();
    let SealedBatch { batch, .. } = one(&posted(&json!(calls)));
    assert_eq!(names(&batch), [(0, "event"), (5, "event")]);
    assert_eq!(batch.strings.get(batch.dropped[0].reason), "not_open");
}

#[test]
fn a_long_span_tells_how_its_page_was() {
    let long = json!(["long", { "number": 1, "kind": 3, "name": "upload", "attributes": { "a": 1 } }]);
    let body = posted(&json!([begin(0), begin(1), long]));
    let state = |body: &str| one(body).batch.events[0].open;
    assert_eq!(state(&body), Some(OpenState::Visible));
    let hidden = body.replace("\"epoch\":1", "\"epoch\":1,\"state\":3");
    assert_eq!(state(&hidden), Some(OpenState::Hidden));
    assert!(refused(&hidden.replace("\"state\":3", "\"state\":6")).contains("no such state"));
}

#[test]
fn what_cannot_be_understood_is_refused_with_a_reason() {
    let good = posted(&json!(moment(0)));
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        good.replacen(from, to, 1)
    };
    let long_name = format!("[[\"{}\",1]]", "x".repeat(100_000));
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for (body, says) in [
        (posted(&json!([["jump", {}]])), "there is no call \"jump\""),
        (posted(&json!("CALLS")).replace("\"CALLS\"", &long_name), "there is no call \"xxx"),
        (posted(&json!([["cancel", 1, 2]])), "\"cancel\" is given one thing only"),
        (posted(&json!([["cancel"]])), "a call: its name, and what it is given"),
        (posted(&json!([7])), "a call: its name, and what it is given"),
        (posted(&json!([])), "without a call"),
        (posted(&json!([begin(0)])), "without a call"),
        (with("\"seed\":\"0123", "\"seed\":\"012x"), "32 hex digits"),
        (with("\"seed\":\"0123", "\"seed\":\"01234"), "32 hex digits"),
        (with("\"seed\":\"0123", "\"seed\":\"é123"), "32 hex digits"),
        (with("\"number\":3", "\"number\":9007199254740992"), "beyond 2^53"),
        (with("\"number\":3", "\"number\":1e300"), "invalid type"),
        (with("\"number\":3", "\"number\":-1"), "invalid value"),
        (with("\"duration\":1.5", "\"duration\":1e999"), "number out of range"),
        (with("\"epoch\":1", "\"epoch\":1,\"mood\":1"), "unknown field `mood`"),
        (with("\"demoted\":false,", ""), "missing field `demoted`"),
        (with("\"attributes\":{}", "\"attributes\":{\"a\":{}}"), "text, number, boolean or list"),
        (with("\"attributes\":{}", "\"attributes\":{\"a\":[1]}"), "text, number, boolean or list"),
        (
            with("\"attributes\":{}", &format!("\"attributes\":{{\"a\":{deep}}}")),
            "text, number, boolean or list",
        ),
        (with("\"calls\":[", &format!("\"x\":{deep},\"calls\":[")), "unknown field `x`"),
        (with("\"root\":0", "\"root\":1"), "invalid reference to an event before the first"),
        (format!("{good}x"), "trailing characters"),
    ] {
        let sentence = refused(&body);
        assert!(sentence.contains(says), "{says}: {sentence}");
        assert!(sentence.len() < 1_000, "{sentence}");
    }
}

#[test]
fn another_version_is_named_whatever_else_it_says() {
    assert_eq!(read(br#"{"weft":7,"new":[]}"#, LIMIT), Err(Reject::VersionUnknown(7)));
    let other = posted(&json!(moment(0))).replace("\"weft\":0", "\"weft\":7");
    assert_eq!(read(other.as_bytes(), LIMIT), Err(Reject::VersionUnknown(7)));
}

#[test]
fn a_body_cut_at_any_byte_is_refused_as_one_that_ends_too_early() {
    let whole =
        posted(&json!([begin(0), finish(0, &json!({ "a": "b", "c": ["d"], "e": 1.25, "f": false }))]));
    // A number that ends in its point is none, wherever it stands.
    for cut in (1..whole.len()).filter(|cut| !whole[..*cut].ends_with(['.', '-'])) {
        assert_eq!(read(&whole.as_bytes()[..cut], LIMIT), Err(Reject::Truncated("JSON")), "cut at {cut}");
    }
    assert_eq!(read(b"{\"weft\":\xff", LIMIT), Err(Reject::NotABatch("JSON that is no UTF-8".to_owned())));
}

/// Any call, that makes sense or not.
fn any_call() -> impl Strategy<Value = serde_json::Value> {
    let number = prop_oneof![0..6_u64, Just((1 << 53) - 1), any::<u32>().prop_map(u64::from)];
    let float = prop_oneof![-1.0..6.0, Just(-1.0), Just(1e300), Just(1.7e12), Just(9.1e15)];
    let text = prop_oneof![Just(String::new()), "[a-z/?=:.]{0,12}", Just("é".repeat(9_000))];
    let value = prop_oneof![
        text.clone().prop_map(serde_json::Value::from),
        float.clone().prop_map(serde_json::Value::from),
        Just(json!(null)),
        Just(json!(["a", "b"])),
    ];
    let attributes = proptest::collection::btree_map(text.clone(), value, 0..4);
    (0..7_u8, number.clone(), (number, float.clone(), float), text, attributes, any::<u8>()).prop_map(
        |(what, number, (other, a, b), name, attributes, byte)| match what {
            0 => json!(["session", { "id": "12".repeat(16), "randomness": format!("{byte:02x}").repeat(7), "root": "0a".repeat(24) }]),
            1 | 2 => json!(["begin", { "number": number, "start": a * 1e9, "epoch": byte, "role": byte % 16, "cause": b,
                                       "inferred": byte > 99, "parent": b - 1.0, "root": if byte > 50 { number } else { other } }]),
            3 => json!(["link", { "number": number, "kinds": u32::MAX >> (byte % 32), "name": name, "to": "0b".repeat(24) }]),
            4 => json!(["long", { "number": number, "kind": byte % 7, "name": name, "attributes": attributes }]),
            5 => json!(["cancel", number]),
            _ => json!(["finish", { "number": number, "duration": a, "kind": byte % 7, "status": byte % 4, "demoted": byte > 99,
                                    "name": name, "attributes": attributes }]),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn calls_in_any_order_end_as_batches_or_as_a_sentence(calls in proptest::collection::vec(any_call(), 0..60)) {
        match read(posted(&json!(calls)).as_bytes(), LIMIT) {
            Ok((_, batches)) => for SealedBatch { bytes, head, batch } in batches {
                prop_assert_eq!(super::super::batch(&bytes, LIMIT), Ok((head, batch)));
            },
            Err(reject) => prop_assert!(reject.sentence().ends_with('.')),
        }
    }

    #[test]
    fn bytes_changed_anywhere_never_panic(calls in proptest::collection::vec(any_call(), 0..6), at in 0usize..2000, with: [u8; 2]) {
        let mut body = posted(&json!(calls)).into_bytes();
        let at = at % body.len();
        body.splice(at..(at + 1), with);
        let _ = read(&body, LIMIT);
    }

    #[test]
    fn anything_at_all_never_panics(body: Vec<u8>) {
        let _ = read(&body, LIMIT);
    }
}
