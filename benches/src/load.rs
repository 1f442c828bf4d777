//! What a million spans cost a collector: the pieces of the bench `load`.

pub mod disk;
pub mod measure;
pub mod report;
pub mod sender;
pub mod sink;
pub mod subject;

use std::path::PathBuf;

/// The programs that are measured.
pub struct Programs {
    /// Our collector.
    pub weft: PathBuf,
    /// The OpenTelemetry Collector of `peers/otelcol`, or why there is none.
    pub otelcol: Result<PathBuf, String>,
}

/// What a request is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A batch of ours.
    Weft,
    /// OTLP/protobuf.
    Otlp,
}

impl Format {
    /// As the tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Weft => "ours",
            Self::Otlp => "OTLP",
        }
    }
}
