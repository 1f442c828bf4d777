//! The SDK, where the collector serves it to pages.

use std::path::PathBuf;

use super::section::Section;

/// Whether, where and from where the SDK is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSdk {
    /// Whether it is. Default true: a page needs no other server for it.
    pub serve: bool,
    /// Path before its files. Default `/w`: says nothing that a list of blocked names knows.
    pub path: String,
    /// A directory to take it from. Default none: what was built in, so that one file is a whole deployment.
    pub directory: Option<PathBuf>,
}

pub(super) fn read(mut section: Section<'_>, batches: &str) -> ServedSdk {
    let serve = section.flag("serve", true);
    let path = section.text("path").unwrap_or_else(|| "/w".to_owned());
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c));
    if !path.starts_with('/') || path.ends_with('/') || !plain {
        section.wrong(
            "path",
            "write a path of letters, digits, / - _ . ~ that begins with / and does not end with it",
        );
    } else if path == batches || path == "/v1" || path.starts_with("/v1/") {
        section.wrong("path", "is where pages or servers send to: choose another path for the SDK");
    }
    let directory = section.text("directory").map(PathBuf::from);
    section.end();
    ServedSdk { serve, path, directory }
}
