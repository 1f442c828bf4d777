//! The same for every backend: everything is sent, compared with what a strict sink got, and sent once more.

use std::path::Path;

use hyper::Method;
use support::{
    collector::{Addresses, CollectorProcess, SERVER_KEY, Setting},
    http::send,
    ledger::Ledger,
    page::{ORIGIN, post_acknowledged},
    sink::Sink,
};

use crate::{
    backend::{self, Backend},
    server::ask,
    span::Span,
    story,
    table::Outcome,
};

/// Runs it, where there is a program to run.
pub(crate) fn judge<B: Backend>() -> Outcome {
    let program = match backend::program::<B>() {
        Ok(program) => program,
        Err(why) => return Outcome::Skipped(why.trim().to_owned()),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    Outcome::Ran(runtime.block_on(run::<B>(&program)))
}

async fn run<B: Backend>(program: &Path) -> String {
    let backend = B::start(program).await;
    let sink = Sink::start().await;
    let more = format!("{}\n[export.strict]\nendpoint = \"{}\"\n", B::SETTINGS, sink.endpoint());
    let setting = Setting { origin: ORIGIN.to_owned(), sink: backend.endpoint(), more, ..Setting::default() };

    let weft = CollectorProcess::start(&setting).await;
    let pages = story::pages();
    for page in &pages {
        post_acknowledged(weft.addresses(), page.clone()).await;
    }
    post_otlp(weft.addresses(), story::server()).await;
    delivered(weft.addresses(), "shop-web", story::PAGE_SPANS).await;
    delivered(weft.addresses(), "shop-api", story::SERVER_SPANS).await;
    let sent = sent::<B>(&sink);
    assert_eq!(sent.len() as u64, story::PAGE_SPANS + story::SERVER_SPANS);
    let shown = shown(&backend, sent.len()).await;
    assert_eq!(shown, sent, "what the backend shows is not what it was sent");
    drop(weft.kill().await);

    // A collector that knows nothing of the first: as after a lost answer, the same spans are exported again.
    let weft = CollectorProcess::start(&setting).await;
    for page in pages {
        post_acknowledged(weft.addresses(), page).await;
    }
    delivered(weft.addresses(), "shop-web", story::PAGE_SPANS).await;
    let again = judge_again(&backend, &sent).await;
    assert_eq!(sink.duplicates() as u64, story::PAGE_SPANS, "the same spans came again, and the sink saw it");
    drop(weft.kill().await);
    sink.assert_nothing_odd();
    let links: usize = sent.iter().map(|span| span.links.len()).sum();
    let forgets = if B::FORGETS.is_empty() { String::new() } else { format!("; {}", B::FORGETS) };
    format!("{} spans, {links} links; {again}{forgets}", sent.len())
}

async fn judge_again<B: Backend>(backend: &B, sent: &[Span]) -> String {
    if B::SHOWS_ONCE {
        assert_eq!(shown(backend, sent.len()).await, sent, "what came twice does not show once");
        return "what is sent again shows once".to_owned();
    }
    let mut all = shown(backend, sent.len() + story::PAGE_SPANS as usize).await;
    all.dedup();
    assert_eq!(all, sent, "the copies differ");
    "what is sent again comes again, identical".to_owned()
}

/// What the strict sink got, as this backend can show it.
fn sent<B: Backend>(sink: &Sink) -> Vec<Span> {
    let spans = sink.spans();
    let mut spans: Vec<Span> = spans.iter().map(Span::sent).map(B::shown).collect();
    spans.sort();
    spans
}

/// Everything the backend shows, once it is so much.
async fn shown<B: Backend>(backend: &B, count: usize) -> Vec<Span> {
    ask(&format!("{count} spans at the backend"), async || {
        let mut spans = backend.spans().await;
        spans.sort();
        (spans.len() >= count).then_some(spans)
    })
    .await
}

/// Waits until both destinations have said that they have everything.
async fn delivered(to: Addresses, key: &str, count: u64) {
    ask(&format!("{count} delivered spans of {key}"), async || {
        let ledger = Ledger::of(to).await;
        ledger.assert_balances();
        let at = |destination: &str, name: &str| {
            ledger.count(&format!("/keys/{key}/destinations/{destination}/{name}"))
        };
        assert_eq!(at("main", "rejected_by_destination"), 0, "the backend rejects spans");
        (at("main", "delivered") == count && at("strict", "delivered") == count).then_some(())
    })
    .await;
}

/// Posts spans as a server does.
pub(crate) async fn post_otlp(to: Addresses, body: Vec<u8>) {
    let key = format!("Bearer {SERVER_KEY}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/x-protobuf")];
    let answer = send(Method::POST, &format!("{}/v1/traces", to.otlp_endpoint()), &headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
