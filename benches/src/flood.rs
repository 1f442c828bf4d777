//! What strangers cost a collector, and what it does for pages meanwhile: the pieces of the bench `flood`.

pub mod attack;
pub mod honest;

use std::net::Ipv4Addr;

use weft_proto::{Batch, Event, Form, Head, Kind, Seed, Session, digest, seal};

/// One request.
pub struct Request {
    /// Behind the collector's address.
    pub path: &'static str,
    /// Beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

/// Where pages send, with the right key.
const PAGES: &str = "/api/telemetry?key=pk";

/// A stranger's address.
fn address(number: u32) -> (&'static str, String) {
    ("x-forwarded-for", Ipv4Addr::from_bits(0x0b00_0000 + number).to_string())
}

fn origin() -> (&'static str, String) {
    ("origin", "http://shop.test".to_owned())
}

fn seed(number: u64) -> Seed {
    let mut seed = [0x5e; 16];
    seed.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    Seed(seed)
}

/// A head before a body.
fn with_head(form: Form, page: u64, number: u64, digest: u32, body: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    Head { form, seed: seed(page), digest, number, send_time_ms: now_ms(), epoch: 0 }.write(&mut request);
    request.extend_from_slice(body);
    request
}

/// A few clicks of a page, as its SDK would send them.
fn clicks(page: u64, number: u64) -> Vec<u8> {
    const CLICKS: u64 = 5;
    let mut batch = Batch {
        sessions: vec![Session { id: seed(page).0, previous_id: None, randomness: 7 }],
        ..Batch::default()
    };
    let name = batch.strings.intern("browser.user_action.click");
    for at in 0..CLICKS {
        let number = number * CLICKS + at;
        let (kind, start_ns) = (Kind::Internal, now_ms() * 1_000_000 + at);
        batch.events.push(Event { number, name, kind, start_ns, session: Some(0), ..Event::default() });
    }
    let sealed = seal(&batch);
    with_head(sealed.form, page, number, sealed.digest, &sealed.bytes)
}

/// A plain body that is not what its head says.
fn changed(page: u64) -> Vec<u8> {
    let body = [0x0a; 4096];
    with_head(Form::Plain, page, 0, digest(&body) ^ 1, &body)
}

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
