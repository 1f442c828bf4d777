//! `WIRE.md` shows a request byte by byte; this holds the document to what the encoder writes.

#![allow(clippy::unwrap_used)]

mod told;

use weft_proto::{
    Attribute, Batch, Event, Form, Head, Kind, Link, LinkKinds, Point, Seed, Session, Target, Value, decode,
    digest, encode,
};

/// The second batch of a page: a press, three weeks after the page load, and the request it caused.
fn example() -> Batch {
    let mut batch = Batch::default();
    let press = batch.strings.intern("browser.user_action.click");
    let post = batch.strings.intern("POST");
    let widget = batch.strings.intern("app.widget.id");
    let add = batch.strings.intern("add-to-cart");
    let code = batch.strings.intern("http.response.status_code");
    batch.sessions =
        vec![Session { id: [0x22; 16], previous_id: Some([0x11; 16]), randomness: 0x0001_2345_6789_abcd }];
    batch.page_load = Some(0);
    batch.points = vec![Point { number: 0, start_ns: 1_794_993_153_000_000_000 }];
    batch.attributes = vec![
        Attribute { key: widget, value: Value::Text(add) },
        Attribute { key: code, value: Value::Int(201) },
    ];
    batch.links = vec![
        Link { target: Target::Own(0), kinds: LinkKinds::SESSION, rule: None },
        Link { target: Target::Own(1), kinds: LinkKinds::CAUSE, rule: None },
    ];
    batch.events = vec![
        Event {
            number: 1,
            name: press,
            start_ns: 1_796_807_553_000_000_000,
            epoch: 1,
            session: Some(0),
            previous: Some(0),
            view: Some(0),
            interaction: Some(1),
            attributes: 0..1,
            links: 0..1,
            ..Event::default()
        },
        Event {
            number: 2,
            name: post,
            kind: Kind::Client,
            start_ns: 1_796_807_553_002_000_000,
            duration_ns: 48_000_000,
            epoch: 1,
            session: Some(0),
            previous: Some(1),
            view: Some(0),
            interaction: Some(1),
            attributes: 1..2,
            links: 1..2,
            ..Event::default()
        },
    ];
    batch
}

/// The bytes of the block behind the line that says `heading`: hex digits up to `#` in each line.
fn documented(heading: &str) -> Vec<u8> {
    let document = include_str!("../WIRE.md");
    let (_, rest) = document.split_once(heading).unwrap();
    let block = rest.split("```").nth(1).unwrap();
    let hex: String = block
        .lines()
        .skip(1)
        .map(|line| line.split('#').next().unwrap())
        .flat_map(str::chars)
        .filter(|digit| !digit.is_whitespace())
        .collect();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_documented_request_is_what_the_encoder_writes() {
    let body = encode(&example());
    let head = Head {
        form: Form::Plain,
        seed: Seed(*b"sixteen bytes!!!"),
        digest: digest(&body),
        number: 1,
        send_time_ms: 1_796_807_558_000,
        epoch: 1,
    };
    let mut written = Vec::new();
    head.write(&mut written);
    written.extend(&body);
    assert_eq!(documented("## A request, byte by byte"), written, "written: {}", hex(&written));
}

#[test]
fn the_documented_request_reads_back() {
    let bytes = documented("## A request, byte by byte");
    let (head, body) = Head::read(&bytes).unwrap();
    assert_eq!(head.digest, digest(body));
    assert_eq!(told::told(&decode(body).unwrap()), told::told(&example()));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
