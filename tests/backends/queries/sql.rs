//! `docs/queries/sql.md`: its tables are filled from OTLP/JSON in SQLite, and the questions asked there and in DuckDB.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use serde_json::json;
use support::received::Received;

use super::{
    BEFORE, CAUSED, GAPS, SESSION,
    databases::{self, Rows, row, rows},
    document::Document,
    story::{GAP_NS, NAMES, SERVED, Story},
};
use crate::table::Outcome;

const QUESTIONS: [&str; 4] = [SESSION, BEFORE, CAUSED, GAPS];

/// Tells the story and asks.
pub(crate) fn ask() -> Outcome {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let story = Story::begin();
    let spans = runtime.block_on(story.tell(None));
    let document = Document::open("sql.md");
    let places = story.places();
    let places: Vec<_> = places.iter().map(|(place, value)| (*place, value.as_str())).collect();
    let asked = json!({
        "engines": ["sqlite", "duckdb"],
        "tables": document.blocks("The tables"),
        "fill": document.blocks("Filling them"),
        "otlp": spans.iter().map(otlp_json).collect::<Vec<_>>(),
        "queries": QUESTIONS.map(|heading| document.query(heading, &places)),
    });
    let answers = match databases::ask(&asked) {
        Ok(answers) => answers,
        Err(why) => return Outcome::Skipped(why),
    };
    for (engine, answers) in ["SQLite", "DuckDB"].iter().zip(answers.as_array().expect("one of each")) {
        for (at, heading) in QUESTIONS.iter().enumerate() {
            assert_eq!(rows(answers, at), expected(&story, heading), "{engine}: {heading}");
        }
    }
    Outcome::Ran("4 questions in SQLite and in DuckDB".to_owned())
}

fn expected(story: &Story, heading: &str) -> Rows {
    let event = |at: usize| row([&story.began_ns(at), &"shop-web", &NAMES[at]]);
    let served = |at: usize| row([&story.served_ns(at), &"shop-api", &SERVED[at].0]);
    let [before, after] = Story::sessions();
    match heading {
        SESSION => vec![event(1), event(2), served(0), served(1), event(3), event(4), event(5), served(2)],
        BEFORE => vec![
            row([&1, &story.began_ns(2), &NAMES[2], &after]),
            row([&2, &story.began_ns(1), &NAMES[1], &after]),
            row([&3, &story.began_ns(0), &NAMES[0], &before]),
        ],
        CAUSED => vec![[served(0), row([&SERVED[0].3])].concat(), [served(1), row([&SERVED[1].3])].concat()],
        _ => vec![row([&after, &GAP_NS])],
    }
}

/// A line of OTLP/JSON.
fn otlp_json(received: &Received) -> String {
    let scope_spans = vec![ScopeSpans { spans: vec![received.span.clone()], ..ScopeSpans::default() }];
    let resource = Some(received.resource.as_ref().clone());
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    serde_json::to_string(&ExportTraceServiceRequest { resource_spans }).expect("OTLP is JSON")
}
