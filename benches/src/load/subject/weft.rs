//! Our collector: durable by default, one browser key, one server key, one destination.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use super::{Running, data_directory};
use crate::Failure;

/// Limits of rate would be what is measured, so there are none.
const NO_LIMITS: &str = "\
[rates]
page_per_second = 1000000
page_mib_a_day = 1048576
per_second = 1000000
";

pub(super) fn start(program: &Path, destination: &str, compression: &str) -> Result<Running, Failure> {
    start_with(program, destination, compression, NO_LIMITS, 1_000_000)
}

/// `tables` are further settings; `a_second` is how many requests each key has.
pub(in crate::load) fn start_with(
    program: &Path,
    destination: &str,
    compression: &str,
    tables: &str,
    a_second: u32,
) -> Result<Running, Failure> {
    let data = data_directory()?;
    let config = data.path().join("weft.toml");
    fs::write(&config, toml(&data.path().join("data"), destination, compression, a_second) + tables)?;
    let mut process = Command::new(program)
        .args(["run", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let line = lines.next().ok_or("the collector ended: try `weft check-config`")??;
    let ingest = line.strip_prefix("weft: ingest ").ok_or("no address")?.to_owned();
    lines.next().ok_or("the collector ended")??;
    Ok(Running { process, ingest, _data: data })
}

fn toml(data: &Path, destination: &str, compression: &str, a_second: u32) -> String {
    format!(
        r#"
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
data = {data:?}
[keys.web]
kind = "browser"
key = "pk"
application = "shop"
service = "web"
origins = ["http://shop.test"]
requests_per_second = {a_second}
[keys.api]
kind = "server"
key = "sk"
application = "shop"
requests_per_second = {a_second}
[export.sink]
endpoint = {destination:?}
compression = {compression:?}
"#
    )
}
