//! `cargo xtask demo`: the shop, the collector and a sink that stands for your backend, on this machine.
//!
//! By itself it shows what arrives until Ctrl-C. With `--check` a script visits the shop once; the last line is
//! JSON, and the exit code says whether everything arrived. With `--record` it writes what a longer visit made of it to a
//! file, as OTLP/JSON: `tests/corpus/visit.json` is one. With `--pictures` it takes pictures of the explorer, for the docs.

#![forbid(unsafe_code)]

use std::{collections::HashMap, process::ExitCode};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use support::{
    browser::{Browser, Kind},
    collector::{BROWSER_KEY, CollectorProcess, SERVER_KEY, Setting},
    pictures,
    received::{Received, traces},
    shop::{PageKey, Settings, Shop, Time},
    sink::Sink,
    tree, visit,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let demo = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => tokio::spawn(show_until_told()),
        ["--check"] => tokio::spawn(check()),
        ["--record", file] => tokio::spawn(record(file.to_owned())),
        ["--pictures", directory] => tokio::spawn(pictures::take(directory.into())),
        _ => {
            eprintln!("usage: demo [--check | --record FILE | --pictures DIRECTORY]");
            return ExitCode::FAILURE;
        }
    };
    // What the harness cannot do is a panic, which it has already explained.
    demo.await.unwrap_or(ExitCode::FAILURE)
}

struct Demo {
    sink: Sink,
    collector: CollectorProcess,
    shop: Shop,
}

async fn start() -> Result<Demo, std::io::Error> {
    let sink = Sink::start().await;
    // The collector has to know the shop's origin, and the shop the collector's address.
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let setting =
        Setting { origin: format!("http://127.0.0.1:{port}"), sink: sink.endpoint(), ..Setting::default() };
    let collector = CollectorProcess::start(&setting).await;
    let settings = Settings {
        port,
        page: PageKey { key: BROWSER_KEY.to_owned(), endpoint: collector.addresses().page_endpoint() },
        otlp_endpoint: collector.addresses().otlp_endpoint(),
        otlp_key: SERVER_KEY.to_owned(),
    };
    let shop = Shop::start(&settings, Time::Real).await;
    Ok(Demo { sink, collector, shop })
}

async fn show_until_told() -> ExitCode {
    let Demo { sink, collector, shop } = match start().await {
        Ok(demo) => demo,
        Err(error) => return failed(&error),
    };
    println!(
        "\n  Open the shop   {}\n\
         \n  and watch it    {}\n\
         \n  collector       {}\
         \n  its admin port  {} (also /api, /metrics, /readyz)\
         \n\nWhat arrives at a backend is shown here, a few seconds after it happened. Ctrl-C ends the demo.\n",
        shop.url(),
        collector.addresses().admin_url("/"),
        collector.addresses().page_endpoint(),
        collector.addresses().admin_url("/livez"),
    );
    let mut shown = HashMap::new();
    loop {
        tokio::select! {
            () = told_to_stop() => break,
            spans = sink.changed() => show_new(&spans, &mut shown),
        }
    }
    sink.assert_nothing_odd();
    ExitCode::SUCCESS
}

/// Ctrl-C, or the polite signal: either way what was started is stopped.
async fn told_to_stop() {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// Prints traces that are new or have grown. A trace whose root is still on its way is not shown yet.
fn show_new(spans: &[Received], shown: &mut HashMap<String, usize>) {
    for trace in traces(spans) {
        let has_root = trace.spans.iter().any(|span| span.parent_id().is_none());
        let before = shown.get(&trace.id).copied().unwrap_or(0);
        if has_root && trace.spans.len() > before {
            let mut out = String::new();
            tree::draw_trace(&mut out, &trace, spans);
            println!("{out}");
            shown.insert(trace.id, trace.spans.len());
        }
    }
}

async fn check() -> ExitCode {
    let Demo { sink, collector: _collector, shop } = match start().await {
        Ok(demo) => demo,
        Err(error) => return failed(&error),
    };
    let browser = Browser::launch(Kind::Chromium).await;
    let account = visit::scripted(&browser, &shop, &sink).await;
    browser.quit().await;
    println!("\n{}", tree::draw(&sink.spans()));
    sink.assert_nothing_odd();
    account.problems.iter().for_each(|problem| println!("problem: {problem}"));
    println!("{}", account.to_json());
    if account.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn record(file: String) -> ExitCode {
    let Demo { sink, collector: _collector, shop } = match start().await {
        Ok(demo) => demo,
        Err(error) => return failed(&error),
    };
    let browser = Browser::launch(Kind::Chromium).await;
    let spans = visit::undecided(&browser, &shop, &sink).await;
    browser.quit().await;
    sink.assert_nothing_odd();
    match json(&spans).map_err(std::io::Error::from).and_then(|json| std::fs::write(&file, json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// The page's spans as one request, in the order in which they came. The backend's tell of the machine they were made on.
fn json(spans: &[Received]) -> Result<String, serde_json::Error> {
    let of_page: Vec<_> = spans.iter().filter(|span| span.service() == visit::PAGE).collect();
    let resource = of_page.first().map(|span| Resource::clone(&span.resource));
    let spans = of_page.into_iter().map(|span| span.span.clone()).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, schema_url: String::new() }],
    };
    serde_json::to_string(&request)
}

fn failed(error: &std::io::Error) -> ExitCode {
    eprintln!("the demo cannot start: {error}");
    ExitCode::FAILURE
}
