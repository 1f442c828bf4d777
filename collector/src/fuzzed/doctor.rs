//! What `weft doctor` reads of answers: its own files, which nobody else sees.

#![allow(dead_code, reason = "the rest of it asks, and is not here")]
#![allow(
    clippy::duplicate_mod,
    reason = "they are of no use to anybody but the doctor, and of this only to fuzz targets"
)]

#[path = "../commands/doctor/answer.rs"]
mod answer;
#[path = "../commands/doctor/finding.rs"]
mod finding;
#[path = "../commands/doctor/markup.rs"]
mod markup;
#[path = "../commands/doctor/server_timing.rs"]
mod server_timing;

/// What is asked, as far as answers are judged by it.
mod way {
    pub(super) struct Step {
        pub(super) origin: String,
    }
}

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use self::{
    answer::Answer,
    finding::{Finding, printable},
    server_timing::{Traceparent, may_be_seen, traceparent},
    way::Step,
};

/// Lists of names that are read.
const LISTS: [&str; 3] =
    ["access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers"];

/// Reads an answer: lines of headers, an empty one, a document.
pub fn doctor(bytes: &[u8]) {
    let answer = answer(bytes);
    for name in LISTS {
        let names = answer.names(name).ok().flatten().unwrap_or_default();
        assert!(names.iter().all(|listed| answer.lists(name, listed)));
    }
    let said = traceparent(&answer).or_else(|| markup::meta(&answer.body, "traceparent"));
    if let Some(read) = said.as_deref().and_then(Traceparent::read) {
        assert_eq!((read.trace.len(), read.span.len()), (32, 16));
    }
    let step = Step { origin: "https://shop.example".to_owned() };
    for text in
        [said, markup::meta(&answer.body, "weft-rendered"), answer.header("vary")].into_iter().flatten()
    {
        assert_shown(&Finding::wrong("document", &text, printable(&text)));
    }
    assert_shown(&may_be_seen(&step, &answer));
    _ = answer.is_html();
}

/// A terminal obeys nothing of it, and it is not long.
fn assert_shown(finding: &Finding) {
    for text in [&finding.seen, &finding.change] {
        assert!(text.len() < 300 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
    }
}

fn answer(bytes: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n').filter(|_| headers.len() < 64) {
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        if line.is_empty() {
            break;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let header = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii()));
        if let (Ok(name), Ok(value)) = header {
            headers.append(name, value);
        }
    }
    Answer { status: StatusCode::OK, headers, body: rest.to_vec(), is_whole: true }
}
