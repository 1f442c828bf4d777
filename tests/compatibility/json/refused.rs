//! JSON that says nothing, or something else than OTLP: refused as a whole, with a status in JSON, and the next request works.

use support::http::send;

use super::{JSON, SERVER_KEY, assert_status, assert_success, post};
use crate::compatibility::{end, start};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// What is no JSON, or no object.
const NO_REQUEST: [&[u8]; 15] = [
    b"",
    b" ",
    b"traces",
    b"[]",
    b"7",
    b"\"{}\"",
    b"{",
    b"{}x",
    b"{}{}",
    b"{},",
    br#"{"resourceSpans":[}"#,
    br#"{"resourceSpans":[{]}"#,
    br#"{"resourceSpans":[{}],}"#,
    br"{'resourceSpans':[]}",
    b"\x0a\x00",
];

/// Fields of a span beside its ids that hold what they cannot.
const NO_FIELDS: [&str; 22] = [
    r#""name":7"#,
    r#""name":{}"#,
    r#""name":["a"]"#,
    r#""kind":1.5"#,
    r#""kind":2147483648"#,
    r#""kind":true"#,
    r#""flags":4294967296"#,
    r#""flags":-1"#,
    r#""droppedLinksCount":"4294967296""#,
    r#""startTimeUnixNano":-1"#,
    r#""startTimeUnixNano":"18446744073709551616""#,
    r#""startTimeUnixNano":"""#,
    r#""startTimeUnixNano":"soon""#,
    r#""startTimeUnixNano":"1 ""#,
    r#""attributes":{}"#,
    r#""attributes":[7]"#,
    r#""events":"none""#,
    r#""links":[{"traceId":"xy"}]"#,
    r#""status":2"#,
    r#""status":[]"#,
    r#""parentSpanId":"abc""#,
    r#""parentSpanId":7"#,
];

/// Values that are none.
const NO_VALUES: [&str; 20] = [
    r#"7"#,
    r#""a""#,
    r#"{"stringValue":7}"#,
    r#"{"boolValue":"true"}"#,
    r#"{"boolValue":1}"#,
    r#"{"intValue":"-9223372036854775809"}"#,
    r#"{"intValue":1.5}"#,
    r#"{"intValue":""}"#,
    r#"{"intValue":"0x10"}"#,
    r#"{"intValue":true}"#,
    r#"{"intValue":NaN}"#,
    r#"{"doubleValue":1e400}"#,
    r#"{"doubleValue":"1e400"}"#,
    r#"{"doubleValue":"nothing"}"#,
    r#"{"doubleValue":""}"#,
    r#"{"bytesValue":"A"}"#,
    r#"{"bytesValue":"A*=="}"#,
    r#"{"bytesValue":[0]}"#,
    r#"{"arrayValue":[]}"#,
    r#"{"kvlistValue":{"values":{}}}"#,
];

/// Ids that are no hex, or half a byte.
const NO_IDS: [(&str, &str); 6] = [
    ("\"0af7651916cd43dd8448eb211c80319g\"", "\"b7ad6b7169203331\""),
    ("\"0af7651916cd43dd8448eb211c80319\"", "\"b7ad6b7169203331\""),
    ("\"0af7651916cd43dd8448eb211c80319c\"", "\"b7ad6b716920333\""),
    ("\"0af7651916cd43dd8448eb211c80319c\"", "\"0xad6b7169203331\""),
    ("\"CvdlGRbNQ92ESOshHIAxnA==\"", "\"t61rcWkgMzE=\""),
    ("7", "\"b7ad6b7169203331\""),
];

fn around(span: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{span}}}]}}]}}]}}"#)
}

fn with(fields: &str) -> Vec<u8> {
    around(&format!(r#""traceId":"{TRACE}","spanId":"{SPAN}",{fields}"#)).into_bytes()
}

fn with_value(value: &str) -> Vec<u8> {
    with(&format!(r#""attributes":[{{"key":"v","value":{value}}}]"#))
}

async fn assert_refused(bodies: impl IntoIterator<Item = Vec<u8>>) {
    let (kept, collector) = start().await;
    for body in bodies {
        let what = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        assert_status(&post(collector.addresses(), "/v1/traces", body).await, 400, 3, &what);
    }
    let fine = with(r#""name":"the next one""#);
    assert_success(&post(collector.addresses(), "/v1/traces", fine).await, "the next one");
    kept.take("the next one", "/v1/traces", 1).await;
    end(kept, collector).await;
}

#[tokio::test]
async fn what_is_no_json_or_goes_on_behind_it_is_refused() {
    assert_refused(NO_REQUEST.map(<[u8]>::to_vec)).await;
}

#[tokio::test]
async fn text_that_is_no_utf_8_is_refused() {
    let span = with(r#""name":"?""#);
    let at = span.iter().position(|byte| *byte == b'?').expect("it is there");
    assert_refused(
        [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80"].map(|odd| [&span[..at], odd, &span[at + 1..]].concat()),
    )
    .await;
}

#[tokio::test]
async fn fields_that_hold_what_they_cannot_are_refused() {
    assert_refused(NO_FIELDS.map(with)).await;
}

#[tokio::test]
async fn values_that_are_none_or_out_of_range_are_refused() {
    assert_refused(NO_VALUES.map(with_value)).await;
}

#[tokio::test]
async fn ids_that_are_no_hex_or_half_a_byte_are_refused() {
    assert_refused(
        NO_IDS.map(|(trace, span)| around(&format!(r#""traceId":{trace},"spanId":{span}"#)).into_bytes()),
    )
    .await;
}

/// Common decoders of protobuf go a hundred deep; nobody behind us shall have to go deeper.
#[tokio::test]
async fn nesting_of_two_hundred_is_refused_and_so_is_that_of_twenty_thousand() {
    let lists = |depth: usize| {
        let (open, close) = (r#"{"arrayValue":{"values":["#.repeat(depth), "]}}".repeat(depth));
        with_value(&format!(r#"{open}{{"intValue":"1"}}{close}"#))
    };
    let maps = |depth: usize| {
        let (open, close) = (r#"{"kvlistValue":{"values":[{"value":"#.repeat(depth), "}]}}".repeat(depth));
        with_value(&format!(r#"{open}{{"intValue":"1"}}{close}"#))
    };
    assert_refused([lists(200), maps(200), lists(20_000), maps(20_000), b"[".repeat(100_000)]).await;
}

/// It may be ignored like any unknown field, or be too deep like any JSON.
#[tokio::test]
async fn an_unknown_field_of_any_depth_ends_nothing() {
    let (kept, collector) = start().await;
    for (name, open, close) in [("lists", "[", "]"), ("objects", r#"{"":"#, "}")] {
        let deep = format!("{}0{}", open.repeat(100_000), close.repeat(100_000));
        let body = with(&format!(r#""name":"{name}","future":{deep}"#));
        let answer = post(collector.addresses(), "/v1/traces", body).await;
        match answer.status {
            200 => _ = kept.take("all but what is unknown", "/v1/traces", 1).await,
            status => assert_status(&answer, status, 3, "too deep"),
        }
    }
    end(kept, collector).await;
}

#[tokio::test]
async fn json_may_say_that_it_is_utf_8() {
    let (kept, collector) = start().await;
    let (url, key) =
        (format!("{}/v1/traces", collector.addresses().otlp_endpoint()), format!("Bearer {SERVER_KEY}"));
    let headers = [("content-type", "application/json; charset=utf-8"), ("authorization", key.as_str())];
    let answer = send(hyper::Method::POST, &url, &headers, with(r#""name":"a""#)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(JSON)), "{}", answer.text());
    kept.take("it", "/v1/traces", 1).await;
    end(kept, collector).await;
}
