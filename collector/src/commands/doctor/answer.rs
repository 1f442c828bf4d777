//! What came back: a head, and of a document as much of the body as is worth reading.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName},
};

/// As much of a document as is read: what it says of itself is in its head.
const READ: usize = 256 * 1024;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Of a document, its beginning.
    pub(super) body: Vec<u8>,
    /// Whether that is all of what was to be read.
    pub(super) is_whole: bool,
}

impl Answer {
    /// Reads the beginning of the body. One that breaks off or never ends has said what it has said.
    pub(super) async fn read(&mut self, mut response: reqwest::Response) {
        while self.is_whole {
            let Ok(chunk) = response.chunk().await else {
                self.is_whole = false;
                return;
            };
            let Some(chunk) = chunk else { return };
            let room = READ.saturating_sub(self.body.len());
            self.body.extend(chunk.iter().take(room));
            self.is_whole = chunk.len() <= room;
        }
    }

    /// Every value of a header as one, as the Fetch standard gets a header.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        (!values.is_empty()).then(|| values.join(", ").trim().to_owned())
    }

    /// The items of a header that is a list of names; none if there is no such header.
    ///
    /// # Errors
    /// If it is no such list: a browser then refuses the whole answer.
    pub(super) fn names(&self, name: &str) -> Result<Option<Vec<String>>, NoList> {
        let Some(value) = self.header(name) else { return Ok(None) };
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        // A name of a header and one of a method are written with the same letters.
        let is_name = |item: &str| HeaderName::from_bytes(item.as_bytes()).is_ok();
        let items: Vec<_> = items.map(str::to_owned).collect();
        if items.iter().all(|item| is_name(item)) { Ok(Some(items)) } else { Err(NoList) }
    }

    /// Whether a list has an item, whatever the case of its letters.
    pub(super) fn lists(&self, name: &str, item: &str) -> bool {
        let value = self.header(name).unwrap_or_default();
        value.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(item))
    }

    pub(super) fn is_html(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml")
    }
}

/// A header should be a list of names, and is none.
#[derive(Debug)]
pub(super) struct NoList;

/// A header and its value as one reads them in a log.
pub(super) fn shown(name: &str, value: Option<&str>) -> String {
    value.map_or_else(|| format!("no {name}"), |value| format!("{name}: {value}"))
}
