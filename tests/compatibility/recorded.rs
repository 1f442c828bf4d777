//! The recordings: requests as stock exporters have made them, and how they are sent again.

use std::{fs, io::Read, path::Path};

use hyper::{Method, body::Bytes};
use support::{
    collector::{Addresses, SERVER_KEY},
    http::{Answer, send},
};

use super::parts::Part;

/// A request as an exporter has made it.
pub(super) struct Recording {
    /// Which, as in `js/json-gzip.traces`.
    pub(super) name: String,
    /// `/v1/traces` or another.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Recording {
    /// All of them that are in this encoding, and what the four SDKs have: signals that a recording lacks are not here.
    pub(super) fn all(content_type: &str) -> Vec<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("compatibility/recordings");
        let mut all: Vec<Self> =
            ["go", "java", "js", "python"].iter().flat_map(|of| Self::of(&directory, of)).collect();
        all.retain(|recording| recording.header("content-type") == Some(content_type));
        all
    }

    fn of(directory: &Path, language: &str) -> Vec<Self> {
        let files = fs::read_dir(directory.join(language)).expect("there are recordings");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
        names.sort();
        let heads = names.iter().filter_map(|name| name.strip_suffix(".head"));
        heads.map(|name| Self::read(directory, &format!("{language}/{name}"))).collect()
    }

    fn read(directory: &Path, name: &str) -> Self {
        let read = |end| fs::read(directory.join(format!("{name}.{end}"))).expect("it is there");
        let head = String::from_utf8(read("head")).expect("text");
        let (path, headers) = head.split_once('\n').expect("a first line");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_owned(), value.to_owned())
        };
        Self {
            name: name.to_owned(),
            path: path.strip_prefix("POST ").expect("a POST").to_owned(),
            headers: headers.lines().map(header).collect(),
            body: read("body").into(),
        }
    }

    /// What it is a request of.
    pub(super) fn part(&self) -> Part {
        match self.path.as_str() {
            "/v1/traces" => Part::Traces,
            "/v1/logs" => Part::Logs,
            "/v1/metrics" => Part::Metrics,
            other => panic!("nothing is sent to {other}"),
        }
    }

    /// Its body as it was before it was compressed.
    pub(super) fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        let read = match self.header("content-encoding") {
            None => self.body.as_ref().read_to_end(&mut plain),
            Some("gzip") => flate2::read::GzDecoder::new(&*self.body).read_to_end(&mut plain),
            Some(other) => panic!("no exporter has {other}"),
        };
        read.expect("it can be read");
        plain
    }

    /// Sends it as it was made, with a key.
    pub(super) async fn send(&self, to: Addresses) -> Answer {
        self.send_body(to, SERVER_KEY, self.body.clone()).await
    }

    /// Sends something else under its head.
    pub(super) async fn send_body(&self, to: Addresses, key: &str, body: impl Into<Bytes>) -> Answer {
        let (url, key) = (format!("{}{}", to.otlp_endpoint(), self.path), format!("Bearer {key}"));
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("authorization", &key));
        send(Method::POST, &url, &headers, body).await
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }
}
