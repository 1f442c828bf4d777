//! Addresses as the map shows them: without what names one of many, and of bounded length.

use weft_sdk::policy::scrub;

/// A URL, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme, host and port.
    pub(super) origin: Box<str>,
    /// Host, and its port unless that is its scheme's.
    pub(super) host: Box<str>,
    /// Path, with `:id` for what names one of many.
    pub(super) path: Box<str>,
}

/// Bytes of a text that is shown. Beyond that it is cut: whoever wants to grow a row finds its end here.
const MOST: usize = 120;

/// Bytes of a URL that are looked at.
const MOST_READ: usize = 1_024;

impl Address {
    /// `None`: it is no URL.
    pub(super) fn of(url: &str) -> Option<Self> {
        // What is scrubbed is looked through several times, and little of it is shown.
        let end = (0..=MOST_READ.min(url.len())).rev().find(|at| url.is_char_boundary(*at)).unwrap_or(0);
        let scrubbed = scrub(b"url.full", url.as_bytes().get(..end)?);
        let text = str::from_utf8(&scrubbed).ok()?;
        let (scheme, rest) = text.split_once("://")?;
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(default_port).unwrap_or(&host);
        let path = if path.is_empty() { "/" } else { path };
        Some(Self { origin: short(&format!("{scheme}://{host}")), host: short(host), path: short(path) })
    }
}

/// At most so much of `text`, with a mark where it was cut.
pub(super) fn short(text: &str) -> Box<str> {
    if text.len() <= MOST {
        return text.into();
    }
    let end = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_query_no_credentials_and_nothing_that_names_one_of_many() {
        let address = Address::of("HTTPS://me:secret@API.shop.example:443/cart/123/items?token=7#x").unwrap();
        assert_eq!(&*address.origin, "https://api.shop.example");
        assert_eq!((&*address.host, &*address.path), ("api.shop.example", "/cart/:id/items"));
        let address = Address::of("http://localhost:3000").unwrap();
        assert_eq!((&*address.host, &*address.path), ("localhost:3000", "/"));
        assert_eq!(Address::of("/cart"), None);
    }

    #[test]
    fn what_is_long_is_cut_between_two_characters_and_says_so() {
        let long = short(&"ü".repeat(1_000));
        assert!(long.len() <= MOST + 3 && long.ends_with('…'));
        assert_eq!(&*short("short"), "short");
    }
}
