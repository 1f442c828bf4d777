//! SQLite, DuckDB and ClickHouse, all inside a Python that the set-up makes.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::backend;

/// Has the packages of `tests/backends/databases/requirements.txt`.
const PYTHON: &str = "backends/databases/bin/python";

/// Rows of a query, each value as text.
pub(super) type Rows = Vec<Vec<String>>;

/// Asks them, as `databases/ask.py` says; or why it cannot be tried here.
pub(super) fn ask(asked: &Value) -> Result<Value, String> {
    let python = backend::at(PYTHON)?;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/databases/ask.py");
    let mut child = Command::new(python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the environment's own Python starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(asked.to_string().as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it was started");
    assert!(output.status.success(), "the database refuses a query, see above");
    Ok(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

/// Rows of the query at this place.
pub(super) fn rows(answers: &Value, at: usize) -> Rows {
    serde_json::from_value(answers[at].clone()).expect("rows of texts")
}

/// Rows as the test expects them.
pub(super) fn row<const N: usize>(values: [&dyn ToString; N]) -> Vec<String> {
    values.iter().map(|value| value.to_string()).collect()
}
