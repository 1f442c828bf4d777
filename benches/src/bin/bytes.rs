//! What a span weighs on the wire, beside OTLP: `bytes FILE... [--json]`.

use std::{fs, process::ExitCode};

use benches::{
    Failure,
    bytes::{Report, Row, measure},
};

/// Bytes a span that a batch of so many may take alone, and those that are aimed at, alone and behind others of its page.
const GOALS: [(usize, [Option<f64>; 3]); 3] = [
    (200, [Some(66.0), Some(60.0), None]),
    (20, [Some(108.0), Some(100.0), Some(68.0)]),
    (5, [Some(200.0), Some(190.0), Some(82.0)]),
];

fn main() -> ExitCode {
    let (options, files): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    if files.is_empty() || options.iter().any(|option| option != "--json") {
        eprintln!("bytes FILE... [--json]: each FILE holds OTLP/JSON, one request or one a line");
        return ExitCode::FAILURE;
    }
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        match report(file, !options.is_empty()) {
            Ok(true) => {}
            Ok(false) => code = ExitCode::FAILURE,
            Err(failure) => {
                eprintln!("{file}: {failure}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Whether everything came back.
fn report(file: &str, as_json: bool) -> Result<bool, Failure> {
    let report = measure(&fs::read_to_string(file)?)?;
    if as_json {
        println!("{}", json(file, &report));
    } else {
        table(file, &report);
    }
    if let Some(lost) = &report.lost {
        eprintln!("{file}: not everything came back: {lost}");
    }
    Ok(report.lossless)
}

fn json(file: &str, report: &Report) -> serde_json::Value {
    let round = |bytes: f64| (bytes * 10.0).round() / 10.0;
    let row = |row: &Row| {
        serde_json::json!({
            "batch": row.batch,
            "weft": round(row.weft),
            "weft_dict": round(row.weft_dict),
            "otlp_json_gzip": round(row.otlp_json_gzip),
            "otlp_proto_gzip": round(row.otlp_proto_gzip),
            "otlp_json": round(row.otlp_json),
        })
    };
    let rows: Vec<_> = report.rows.iter().map(row).collect();
    serde_json::json!({ "file": file, "spans": report.spans, "lossless": report.lossless, "rows": rows })
}

fn table(file: &str, report: &Report) {
    let came = if report.lossless { "came back" } else { "DID NOT ALL COME BACK" };
    println!("{file}: {} spans, everything but the numbers in ids {came}. Bytes a span:\n", report.spans);
    println!(
        "| spans a batch | weft | must | goal | behind its page | goal | OTLP/protobuf gzip-6 | OTLP/JSON gzip-6 | OTLP/JSON |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &report.rows {
        let goals =
            GOALS.iter().find(|(batch, _)| *batch == row.batch).map_or([None; 3], |(_, goals)| *goals);
        let [must, goal, behind] =
            goals.map(|goal| goal.map_or("–".to_owned(), |goal| format!("{goal:.0}")));
        println!(
            "| {} | {:.1} | {must} | {goal} | {:.1} | {behind} | {:.1} | {:.1} | {:.0} |",
            row.batch, row.weft, row.weft_dict, row.otlp_proto_gzip, row.otlp_json_gzip, row.otlp_json
        );
    }
    println!();
}
