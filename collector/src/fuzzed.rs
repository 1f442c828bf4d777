//! What fuzz targets call, and an ordinary test with their seeds: parsers that nobody else outside sees.

mod doctor;
mod forwarded;
mod head;
mod otlp;
mod policy;
mod stack;

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use weft_proto::{Batch, Earlier, Form, Head, Seed, base::MAX_BASE_BYTES, limits::MAX_BODY_BYTES};

pub use self::{
    doctor::doctor,
    forwarded::forwarded,
    head::{head, token},
    otlp::{otlp, otlp_json},
    policy::policy,
    stack::stack,
};

use crate::{
    config::{Filter, Subject},
    metrics::Meters,
    pipeline::decode::{self, PageDictionaries},
};

/// Its name, and what it does with bytes.
type Target = (&'static str, fn(&[u8]));

/// By the names of the targets.
pub const ALL: &[Target] = &[
    ("behind", behind),
    ("doctor", doctor),
    ("forwarded", forwarded),
    ("head", head),
    ("json", json),
    ("otlp", otlp),
    ("otlp_json", otlp_json),
    ("policy", policy),
    ("stack", stack),
    ("token", token),
    ("where", condition),
];

/// Reads a condition of a rule. One that is read is put to an event; one that is not says what to change.
pub fn condition(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Filter::read(&text) {
        Ok(filter) => _ = filter.holds(&Checkout) | filter.attributes().is_empty(),
        Err(why) => assert!(!why.is_empty()),
    }
}

/// An event with something of everything.
struct Checkout;

impl Subject for Checkout {
    fn name(&self) -> Cow<'_, str> {
        "checkout".into()
    }

    fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(if name.len().is_multiple_of(2) { "503" } else { name }.to_owned().into())
    }
}

/// Reads a body in the JSON form.
pub fn json(bytes: &[u8]) {
    let _ = decode::json::read(bytes, MAX_BODY_BYTES);
}

/// Reads what a page posts behind earlier bodies: a first part of `bytes` is such a body, the rest what it posts. As it
/// is, behind a base that it says itself, and behind the right one.
pub fn behind(bytes: &[u8]) {
    let Some((at, bytes)) = bytes.split_first() else { return };
    let (first, rest) = bytes.split_at(usize::from(*at).min(bytes.len()));
    let (mut earlier, dictionaries) = (Earlier::default(), PageDictionaries::new(1 << 20, &METERS));
    let head = |form, number| Head {
        form,
        seed: Seed([0; 16]),
        digest: weft_proto::digest(rest),
        number,
        send_time_ms: 0,
        epoch: 0,
    };
    earlier.keep(0, first, MAX_BASE_BYTES);
    dictionaries
        .keep(&KEY, dictionaries.body_of(&head(Form::Plain, 0), first.to_vec().into(), &Batch::default()));
    let post = |form, parts: &[&[u8]]| {
        let mut request = Vec::new();
        head(form, 1).write(&mut request);
        request.extend(parts.concat());
        decode::of_page(request.into(), MAX_BODY_BYTES, &KEY, &dictionaries)
    };
    let mut base = Vec::new();
    if let Some(earlier) = earlier.base() {
        earlier.write(1, &mut base);
    }
    let _ = decode::of_page(rest.to_vec().into(), MAX_BODY_BYTES, &KEY, &dictionaries);
    let _ = post(Form::Behind, &[rest]);
    let _ = post(Form::Behind, &[&base, rest]);
}

static METERS: LazyLock<Arc<Meters>> = LazyLock::new(|| Arc::new(Meters::new()));
static KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("fuzzed"));
