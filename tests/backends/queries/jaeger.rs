//! `docs/queries/jaeger.md` at Jaeger's own HTTP API.

use std::path::Path;

use serde_json::Value;
use support::http::get;

use super::{
    BEFORE, CAUSED, GAPS, SESSION,
    document::Document,
    story::{DAY_NS, NAMES, SERVED, Story},
};
use crate::{
    backend::{self, Backend},
    jaeger::{Jaeger, QUERY},
    server::ask as ask_again,
    table::Outcome,
};

/// Starts Jaeger, tells it the story and asks.
pub(crate) fn ask() -> Outcome {
    let program = match backend::program::<Jaeger>() {
        Ok(program) => program,
        Err(why) => return Outcome::Skipped(why),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(judge(&program));
    Outcome::Ran("3 questions, and one that the reader has to sift".to_owned())
}

async fn judge(program: &Path) {
    let jaeger = Jaeger::start(program).await;
    let story = Story::begin();
    story.tell(Some(&jaeger.endpoint())).await;
    let asked = Asked { document: Document::open("jaeger.md"), story };
    // Its store is filled a little after it has taken something; the other person has two spans.
    ask_again("the whole story in Jaeger", async || {
        let all = NAMES.len() + SERVED.len() + 2;
        (asked.spans(GAPS, &asked.story.everything()).await.len() >= all).then_some(())
    })
    .await;
    asked.judge().await;
}

struct Asked {
    document: Document,
    story: Story,
}

impl Asked {
    async fn judge(&self) {
        let names = |spans: Vec<Value>| -> Vec<String> { spans.iter().map(name).collect() };
        let everything = self.story.everything();

        let session = self.spans(SESSION, &everything).await;
        let in_order =
            [NAMES[1], NAMES[2], SERVED[0].0, SERVED[1].0, NAMES[3], NAMES[4], NAMES[5], SERVED[2].0];
        assert_eq!(names(session), in_order, "{SESSION}");

        // Jaeger answers whole traces, so the server's spans come with the request.
        let before = self.spans(BEFORE, &everything).await;
        let until = [NAMES[0], NAMES[1], NAMES[2], SERVED[0].0, SERVED[1].0, NAMES[3]];
        assert_eq!(names(before), until, "{BEFORE}");

        let caused = self.spans(CAUSED, &everything).await;
        let backend = caused.into_iter().filter(|span| tag(span, "weft.page.id").is_none()).collect();
        assert_eq!(names(backend), [SERVED[0].0, SERVED[1].0], "{CAUSED}");

        let all = self.spans(GAPS, &everything).await;
        let is_far = |span: &&Value| {
            let gap = tag(span, "weft.since_page_load_ms").and_then(Value::as_u64);
            gap.is_some_and(|gap| gap > DAY_NS / 1_000_000)
        };
        let mut sessions: Vec<_> = all
            .iter()
            .filter(is_far)
            .filter_map(|span| tag(span, "session.id"))
            .filter_map(Value::as_str)
            .collect();
        sessions.dedup();
        assert_eq!(sessions, [Story::sessions()[1].as_str()], "{GAPS}");
    }

    /// Every span that is answered, in order.
    async fn spans(&self, heading: &str, places: &[(&str, String)]) -> Vec<Value> {
        let places: Vec<_> = places.iter().map(|(place, value)| (*place, value.as_str())).collect();
        let line = self.document.query(heading, &places);
        let path = line.trim().strip_prefix("GET ").expect("a line says what to get");
        let answer = get(&format!("http://{QUERY}{}", encoded(path))).await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let traces = answer["data"].as_array().unwrap_or_else(|| panic!("no traces: {answer}"));
        let mut spans: Vec<Value> =
            traces.iter().flat_map(|trace| trace["spans"].as_array().cloned().unwrap_or_default()).collect();
        spans.sort_by_key(|span| span["startTime"].as_u64());
        spans
    }
}

impl Story {
    /// What the lines of this file need beside the ids.
    fn everything(&self) -> Vec<(&'static str, String)> {
        let us = |ns: u64| (ns / 1_000).to_string();
        let mut places = self.places();
        places.extend([
            ("service of the page", "shop-web".to_owned()),
            ("from", us(self.began_ns(0) - DAY_NS)),
            ("to", us(self.began_ns(5) + DAY_NS)),
            ("time of the error", us(self.began_ns(3))),
        ]);
        places
    }
}

fn name(span: &Value) -> String {
    span["operationName"].as_str().expect("a span has a name").to_owned()
}

fn tag<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    let mut tags = span["tags"].as_array()?.iter();
    tags.find(|tag| tag["key"] == key).map(|tag| &tag["value"])
}

/// A path and query with everything in place that a URL cannot have.
fn encoded(path: &str) -> String {
    let one = |byte: u8| match byte {
        b'"' | b'{' | b'}' | b' ' => format!("%{byte:02X}"),
        other => char::from(other).to_string(),
    };
    path.bytes().map(one).collect()
}
