//! What is scrubbed before anything is kept: the compiled-in default, which a policy may only tighten.
//!
//! A URL keeps scheme, host and path. Credentials, query and fragment are dropped; path segments that look
//! like identifiers become `:id`. A referrer is reduced to its origin. The rule goes by what a text looks
//! like, not only by its key, so that a URL in an attribute nobody thought of is scrubbed too.

use alloc::{borrow::ToOwned, string::String};

use weft_proto::limits;

use crate::frame::cut;

/// The text that may leave the page for attribute `key`.
pub(crate) fn scrub(key: &str, text: &str) -> String {
    let text = cut(text, limits::MAX_TEXT_BYTES);
    if key.ends_with("referrer") || key.ends_with("referer") {
        return origin(text).to_owned();
    }
    if text.contains("://") {
        return urls_within(text);
    }
    if key.starts_with("url.") || key.contains(".url.") || text.starts_with(['/', '?', '#']) {
        return path(text);
    }
    if text.contains('?') && text.contains('/') { without_queries(text) } else { text.to_owned() }
}

/// `text` in which every word that looks like an address without a scheme has lost its query.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match word.split_once('?') {
            Some((address, _)) if address.contains('/') => {
                out.push_str(address);
                out.extend(word.chars().next_back().filter(|last| last.is_whitespace()));
            }
            _ => out.push_str(word),
        }
    }
    out
}

/// `text` with every URL in it scrubbed, wherever it stands: alone, in a sentence, in brackets, in a stack.
fn urls_within(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let scheme = rest.bytes().take(at).rev().take_while(|byte| is_scheme(*byte)).count();
        let (before, from) = rest.split_at_checked(at - scheme).unwrap_or((rest, ""));
        // A query may hold any bracket or quote, so only the one that was opened before the URL ends it.
        let closing = match before.chars().next_back() {
            Some('(') => ')',
            Some('\'') => '\'',
            Some('[') => ']',
            Some('`') => '`',
            _ => ' ',
        };
        let is_end = |c: char| c.is_whitespace() || c == closing || matches!(c, '"' | '<' | '>');
        let (found, after) = from.split_at(from.find(is_end).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(&url(found));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

fn has_scheme(text: &str) -> bool {
    let scheme = text.split("://").next().unwrap_or("");
    scheme.len() < text.len() && !scheme.is_empty() && scheme.bytes().all(is_scheme)
}

/// `scheme://host` of a URL without credentials; empty if it has no host.
fn origin(text: &str) -> &str {
    if !has_scheme(text) {
        return "";
    }
    let end = text.find("://").map_or(0, |at| at + 3);
    let host = text.get(end..).unwrap_or("").find(['/', '?', '#']).map_or(text.len(), |at| at + end);
    let origin = text.get(..host).unwrap_or("");
    if origin.contains('@') { "" } else { origin }
}

fn url(text: &str) -> String {
    let at = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(at);
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    let host = host.rsplit('@').next().unwrap_or("");
    let mut out = String::from(scheme);
    out.push_str(host);
    out.push_str(&path(rest));
    out
}

/// Path without query and fragment, id-like segments templated.
fn path(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, _) = text.split_at(end);
    let mut out = String::with_capacity(path.len());
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            out.push('/');
        }
        let (stem, extension) = split_extension(segment);
        if is_id(segment) {
            out.push_str(":id");
        } else if is_id(stem) {
            out.push_str(":id");
            out.push_str(extension);
        } else {
            out.push_str(segment);
        }
    }
    out
}

/// `a1b2.json` → (`a1b2`, `.json`). Only what looks like a file type is taken for one.
fn split_extension(segment: &str) -> (&str, &str) {
    match segment.rfind('.') {
        Some(at) if at > 0 && (2..=6).contains(&(segment.len() - at)) => {
            let (stem, extension) = segment.split_at(at);
            let plain = extension.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric());
            let letters = extension.bytes().any(|byte| byte.is_ascii_alphabetic());
            if plain && letters { (stem, extension) } else { (segment, "") }
        }
        _ => (segment, ""),
    }
}

/// Whether a path segment names one of many: numbers, hex runs, UUIDs, mail addresses, tokens.
fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let hex = segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mail = segment.contains('@') || segment.contains("%40");
    let all_digits = digits > 0 && digits == segment.len();
    let hex_run = hex && digits > 0 && segment.len() >= 8;
    mail || all_digits || hex_run || segment.split('.').any(is_token)
}

/// Random text: long with many digits, or upper case, lower case and digits mixed. A slug of words has neither.
fn is_token(text: &str) -> bool {
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    let (upper, lower, digits) =
        (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
    let mixed = text.len() >= 12 && upper > 0 && lower > 0 && digits > 0;
    let cased = text.len() >= 20 && upper > 2 && lower > 2;
    let numbered = text.len() >= 20 && digits * 8 >= text.len();
    mixed || cased || numbered
}

#[cfg(test)]
mod tests {
    use super::*;

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
