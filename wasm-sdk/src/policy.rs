//! What is scrubbed before anything is kept: the compiled-in default, which a policy may only tighten.
//!
//! A URL keeps scheme, host and path. Credentials, query and fragment are dropped; path segments that look
//! like identifiers become `:id`. A referrer is reduced to its origin. The rule goes by what a text looks
//! like, not only by its key, so that a URL in an attribute nobody thought of is scrubbed too.

mod path;

use alloc::vec::Vec;

use weft_proto::limits;

use self::path::path;
use crate::frame::cut;

/// Ends a word.
const BLANK: &[u8] = b" \t\n\r\x0b\x0c";

/// Ends the host of a URL.
const BEHIND_HOST: &[u8] = b"/?#";

/// The text that may leave the page for attribute `key`.
#[must_use]
pub fn scrub(key: &[u8], text: &[u8]) -> Vec<u8> {
    let text = cut(text, limits::MAX_TEXT_BYTES);
    let mut out = Vec::new();
    let scheme = find_scheme(text, 0);
    if key.ends_with(b"referrer") || key.ends_with(b"referer") {
        origin(text, scheme, &mut out);
    } else if scheme < text.len() {
        urls_within(text, scheme, &mut out);
    } else if is_of_address(key) || text.first().is_some_and(|first| is_in(*first, BEHIND_HOST)) {
        path(text, &mut out);
    } else {
        without_queries(text, &mut out);
    }
    out
}

/// Whether values under `key` are addresses, with a scheme or without.
fn is_of_address(key: &[u8]) -> bool {
    key.starts_with(b"url.") || key.windows(5).any(|part| part == b".url.")
}

/// `contains` of the standard library looks for a byte as fast as in a long text, which is more code than all of this.
#[allow(clippy::manual_contains)]
fn is_in(byte: u8, set: &[u8]) -> bool {
    for other in set {
        if *other == byte {
            return true;
        }
    }
    false
}

/// Where the first byte of `set` is, from `start` on; the end of the text, if there is none. All of `set` is ASCII: text may
/// be cut there.
#[cfg(not(target_arch = "wasm32"))]
fn find(text: &[u8], start: usize, set: &[u8]) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let found = match *set {
        [one] => memchr::memchr(one, rest),
        [one, two] => memchr::memchr2(one, two, rest),
        [one, two, three] => memchr::memchr3(one, two, three, rest),
        _ => {
            let bit = |byte: u8| 1_u128.checked_shl(byte.into()).unwrap_or_default();
            let all = set.iter().fold(0, |all, byte| all | bit(*byte));
            rest.iter().position(|byte| all & bit(*byte) != 0)
        }
    };
    found.map_or(text.len(), |at| start + at)
}

/// The same where every byte of code is fetched by somebody.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
fn find(text: &[u8], start: usize, set: &[u8]) -> usize {
    let mut at = start;
    while let Some(byte) = text.get(at) {
        if is_in(*byte, set) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Where `://` is, from `start` on; the end of the text, if it is not.
fn find_scheme(text: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        at = find(text, at, b":");
        if at == text.len() || part(text, at, at + 3) == b"://" {
            return at;
        }
        at += 1;
    }
}

/// A part of the text, between two of its ASCII characters.
#[inline(never)]
fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

/// `text` in which every word that looks like an address without a scheme has lost its query.
fn without_queries(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() {
        let end = find(text, at, BLANK);
        // Within the word: looking further for each of them would be quadratic.
        let word = part(text, 0, end);
        let query = find(word, at, b"?");
        let is_address = query < end && find(word, at, b"/") < query;
        out.extend_from_slice(part(text, at, if is_address { query } else { end }));
        out.extend_from_slice(part(text, end, end + 1));
        at = end + 1;
    }
}

/// `text` with every URL in it scrubbed, wherever it stands: alone, in a sentence, in brackets, in a stack. The first one has
/// its `://` at `scheme`.
fn urls_within(text: &[u8], mut scheme: usize, out: &mut Vec<u8>) {
    let mut done = 0;
    while scheme < text.len() {
        let start = start_of_scheme(text, done, scheme);
        // A query may hold any bracket or quote, so only the one that was opened before the URL ends it.
        let closing = match text.get(done..start).and_then(<[u8]>::last) {
            Some(b'(') => b')',
            Some(b'[') => b']',
            Some(quote @ (b'\'' | b'`')) => *quote,
            _ => b' ',
        };
        let end = find(text, start, b"\"<> \t\n\r\x0b\x0c");
        let end = find(part(text, 0, end), start, &[closing]);
        out.extend_from_slice(part(text, done, start));
        url(part(text, start, end), scheme - start, out);
        done = end;
        scheme = find_scheme(text, end);
    }
    out.extend_from_slice(part(text, done, text.len()));
}

/// Where the scheme begins that ends at `end`, and not before `least`.
fn start_of_scheme(text: &[u8], least: usize, end: usize) -> usize {
    let mut start = end;
    while start > least && text.get(start - 1).is_some_and(|byte| is_scheme(*byte)) {
        start -= 1;
    }
    start
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || is_in(byte, b"+-.")
}

/// `scheme://host` of a URL without credentials; nothing, if it has no host.
fn origin(text: &[u8], scheme: usize, out: &mut Vec<u8>) {
    let end = find(text, scheme + 3, BEHIND_HOST);
    let is_url = scheme > 0 && scheme < text.len() && start_of_scheme(text, 0, scheme) == 0;
    if is_url && find(text, 0, b"@") >= end {
        out.extend_from_slice(part(text, 0, end));
    }
}

fn url(text: &[u8], scheme: usize, out: &mut Vec<u8>) {
    let start = scheme + 3;
    let end = find(text, start, BEHIND_HOST);
    let mut host = end;
    while host > start && text.get(host - 1) != Some(&b'@') {
        host -= 1;
    }
    out.extend_from_slice(part(text, 0, start));
    out.extend_from_slice(part(text, host, end));
    path(part(text, end, text.len()), out);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    fn scrub(key: &str, text: &str) -> String {
        String::from_utf8(super::scrub(key.as_bytes(), text.as_bytes())).unwrap()
    }

    #[test]
    fn urls_lose_query_fragment_and_credentials() {
        assert_eq!(
            scrub("url.full", "https://me:secret@shop.example:8443/cart?token=abc#top"),
            "https://shop.example:8443/cart"
        );
        assert_eq!(scrub("anything", "https://shop.example?token=abc"), "https://shop.example");
        assert_eq!(scrub("url.path", "/cart?token=abc"), "/cart");
    }

    #[test]
    fn id_like_path_segments_are_templated() {
        for (from, to) in [
            ("/p/123", "/p/:id"),
            ("/p/123/", "/p/:id/"),
            ("/order/5f3e9c0a-aaaa-4bbb-8ccc-0123456789ab", "/order/:id"),
            ("/u/ann@example.org/mail", "/u/:id/mail"),
            ("/u/ann%40example.org", "/u/:id"),
            ("/asset/deadbeef01.json", "/asset/:id.json"),
            ("/reset/eyJhbGciOiJIUzI1NiJ9x7k2p4", "/reset/:id"),
            ("/blog/ten-ways-to-cook-rice", "/blog/ten-ways-to-cook-rice"),
            ("/v1/products", "/v1/products"),
            ("/app.js", "/app.js"),
            ("/login/eyJhbGciOi.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSM", "/login/:id"),
            ("/invite/kQzXwPbRtYmNvLcHsDfG", "/invite/:id"),
            ("/invite/a8Kd02mQp4Zx", "/invite/:id"),
            ("/lib/jquery-3.7.1.min.js", "/lib/jquery-3.7.1.min.js"),
        ] {
            assert_eq!(scrub("url.path", from), to);
        }
    }

    #[test]
    fn urls_inside_other_text_are_scrubbed_too() {
        for (from, to) in [
            ("GET https://a.example/u/7?token=x,y failed", "GET https://a.example/u/:id failed"),
            ("at f (https://a.example/app.js?v=1)", "at f (https://a.example/app.js)"),
            (
                "'https://a.example/?q=(secret)' and 'http://b.example/#x'",
                "'https://a.example/' and 'http://b.example/'",
            ),
            ("https://a.example/?q=(secret)'x", "https://a.example/"),
            (":// and ://", ":// and ://"),
            ("grün://ü?secret=1", "grün://ü"),
        ] {
            assert_eq!(scrub("exception.message", from), to);
        }
    }

    #[test]
    fn what_looks_like_a_path_loses_its_query_under_any_key() {
        assert_eq!(scrub("href", "/reset?token=secret"), "/reset");
        assert_eq!(scrub("href", "?token=secret"), "");
        assert_eq!(scrub("message", "GET a/reset?token=secret failed? yes"), "GET a/reset failed? yes");
    }

    #[test]
    fn a_referrer_is_reduced_to_its_origin() {
        let referrer = "https://search.example/results?q=private#one";
        assert_eq!(scrub("browser.document.referrer", referrer), "https://search.example");
        assert_eq!(scrub("browser.document.referrer", "about:blank"), "");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        assert_eq!(scrub("app.widget.id", "add to cart? #1"), "add to cart? #1");
    }
}
