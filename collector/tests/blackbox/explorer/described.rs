//! The document of the admin port is true: every answer is as it says, and there is no path that it leaves out.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use serde_json::Value as Json;
use weft_proto::{Ids, Seed};

use super::{SECOND, end, events, hex, schema::mistakes, session, shown, visit};
use crate::support::{Page, Sink, Weft};

const DOCUMENT: &str = include_str!("../../../explorer/openapi.json");

/// Where routes are written.
const ROUTES: [&str; 2] =
    [include_str!("../../../src/admin.rs"), include_str!("../../../src/explorer/api.rs")];

pub(super) fn document() -> Json {
    serde_json::from_str(DOCUMENT).unwrap()
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let sink = Sink::start(&[]).await;
    let weft = Weft::start(&[&sink], "").await;
    let page = Page(Seed([6; 16]));
    for batch in visit(&page, "anna") {
        weft.acknowledged(batch).await;
    }
    serve(&weft, &page).await;
    shown(&weft, &session(SECOND), events(4)).await;
    let served: Json = serde_json::from_str(&weft.admin("/api/openapi.json").await.1).unwrap();
    let document = document();
    assert_eq!(served, document);
    let event = end(&page, 1);
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(content) = operations.pointer("/get/responses/200/content") else { continue };
        let asked = path.replace("{application}", "shop").replace("{id}", &hex(&SECOND));
        let asked = asked.replace("{event}", &event);
        let Some(schema) = content.pointer("/application~1json/schema") else { continue };
        let (status, text) = weft.admin(&asked).await;
        assert_eq!(status, 200, "{asked}");
        let answer = serde_json::from_str(&text).unwrap();
        let found = mistakes(&document, schema, &answer);
        assert!(found.is_empty(), "{asked}:\n{}", found.join("\n"));
        let is_told = asked != "/api/connections" || text.contains("\"latency\"");
        assert!(is_told, "of what is connected all is told: {text}");
    }
}

/// A backend does what the press has asked for.
async fn serve(weft: &Weft, page: &Page) {
    let ids = Ids::new(page.0);
    let span = Span {
        trace_id: ids.trace(2).to_vec(),
        parent_span_id: ids.span(2).to_vec(),
        span_id: vec![7; 8],
        name: "POST /api/cart".to_owned(),
        kind: 2,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    assert_eq!(weft.server().body(body).send().await.unwrap().status(), 200);
}

#[test]
fn every_path_below_api_is_described() {
    let document = document();
    let mut described: Vec<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let routes = ROUTES.iter().flat_map(|source| source.split(".route(\"").skip(1));
    let paths = routes.filter_map(|rest| rest.split('"').next()).filter(|path| path.starts_with("/api/"));
    let mut paths: Vec<_> = paths.collect();
    described.sort_unstable();
    paths.sort_unstable();
    assert_eq!(paths, described);
}
