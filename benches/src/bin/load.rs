//! What a million spans cost: our collector beside the OpenTelemetry Collector. Started by `cargo xtask bench load`.
//!
//! `load SPANS WEFT OTELCOL`; instead of the last, `--without-otelcol REASON`. Prints Markdown.

#![allow(clippy::disallowed_methods)] // Reads its arguments and measures wall time: that is what it is for.

use std::path::PathBuf;

use benches::{
    Failure,
    load::{
        Format, Programs,
        measure::Load,
        report::{HalfLoad, Row, ratios},
        subject::Subject,
    },
};

const SIZES: [usize; 3] = [100, 20, 5];

/// The goal for spans of ours at 100 a request.
const GOAL: f64 = 1.0;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is there already")?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (spans, weft, otelcol) = match args[..] {
        [spans, weft, "--without-otelcol", why] => (spans, weft, Err(why.to_owned())),
        [spans, weft, otelcol] => (spans, weft, Ok(PathBuf::from(otelcol))),
        _ => return Err("start it with `cargo xtask bench load`".into()),
    };
    let programs = Programs { weft: weft.into(), otelcol };
    let rows = at_full_load(&programs, spans.parse()?).await?;
    at_half_load(&programs, &rows).await
}

async fn at_full_load(programs: &Programs, spans: usize) -> Result<Vec<Row>, Failure> {
    println!("At full load: raw in, raw out unless it says gzip, one destination, everything on loopback.\n");
    println!("{}", Row::HEAD);
    let mut rows = Vec::new();
    for load in loads() {
        if let (true, Err(why)) = (load.subject.is_otelcol(), &programs.otelcol) {
            println!(
                "| {} | {} | {} | SKIPPED: {why} |",
                load.subject.name(),
                load.format.name(),
                load.per_request
            );
            continue;
        }
        // Small requests cost so much more that fewer tell as much.
        let row = load.full(programs, spans * load.per_request.min(20) / 20).await?;
        println!("{row}");
        rows.push(row);
    }
    println!("\n{}\n", ratios(&rows, &SIZES));
    if let Some(row) = rows.first() {
        let cpu = row.cpu_per_million;
        println!(
            "Goal: {GOAL:.1} CPU-s per million of ours at 100; this run: {cpu:.2}, {:.1} times the goal.",
            cpu / GOAL
        );
    }
    if let Err(why) = &programs.otelcol {
        println!("\nSKIPPED: the OpenTelemetry Collector: {why}");
    }
    Ok(rows)
}

/// The first is what the goal is about.
fn loads() -> Vec<Load> {
    let kinds = [
        (Subject::Weft, Format::Weft),
        (Subject::Weft, Format::Otlp),
        (Subject::Otelcol, Format::Otlp),
        (Subject::OtelcolBatched, Format::Otlp),
        (Subject::OtelcolDurable, Format::Otlp),
    ];
    let sized = |(subject, format)| SIZES.map(|per_request| Load { subject, format, per_request });
    let mut loads: Vec<Load> = kinds.into_iter().flat_map(sized).collect();
    for format in [Format::Weft, Format::Otlp] {
        loads.push(Load { subject: Subject::WeftGzip, format, per_request: 100 });
    }
    loads
}

async fn at_half_load(programs: &Programs, rows: &[Row]) -> Result<(), Failure> {
    println!(
        "\nAt half of the spans/s above, at a fixed pace; times count from when a request was due. Goal: ack p99 ≤ 2 × fsync.\n"
    );
    println!("{}", HalfLoad::HEAD);
    for row in rows.iter().filter(|row| [Subject::Weft, Subject::OtelcolDurable].contains(&row.load.subject))
    {
        println!("{}", row.load.half(programs, row).await?);
    }
    Ok(())
}
