//! What an event is called where there is little room: its kind, and a few words of it. All of them are a stranger's.

use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};

use super::event::{int, number, text};

/// Characters of what an event is called.
const MOST: usize = 120;

/// What sort of event it is.
pub(super) fn kind(span: &Span) -> &'static str {
    let name = span.name.as_str();
    match name {
        "browser.navigation_timing" => "load",
        "browser.navigation" | "browser.soft_navigation" => "view",
        "browser.web_vital" => "vital",
        "exception" | "browser.exception" => "error",
        "weft.clock.jump" => "jump",
        "weft.page.killed" => "killed",
        _ if name.starts_with("browser.user_action") => "press",
        _ if text(&span.attributes, "exception.type").is_some() => "error",
        _ if name.starts_with("weft.") => "mark",
        _ if span.kind == 3 && text(&span.attributes, "http.request.method").is_some() => "request",
        _ if span.kind == 2 => "server",
        _ if span.end_time_unix_nano > span.start_time_unix_nano => "span",
        _ => "event",
    }
}

/// Whether something went wrong.
pub(super) fn is_error(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error) || kind(span) == "error"
}

/// A few words of it.
pub(super) fn label(span: &Span) -> String {
    let attributes = &span.attributes;
    let path = || text(attributes, "url.full").map(path).or_else(|| text(attributes, "url.path"));
    let words = match kind(span) {
        "load" | "view" => path().map(str::to_owned),
        "request" | "server" => {
            // Conventions before they were stable, too: stock backends still speak them.
            let status = ["http.response.status_code", "http.status_code"];
            let status = status.iter().find_map(|key| int(attributes, key));
            let status = status.map(|status| format!(" → {status}"));
            let method = ["http.request.method", "http.method"].iter().find_map(|key| text(attributes, key));
            let method = method.unwrap_or(&span.name);
            let route = text(attributes, "http.route").or_else(path);
            let route = route.or_else(|| text(attributes, "http.target"));
            Some(format!("{method} {}{}", route.unwrap_or_default(), status.unwrap_or_default()))
        }
        "press" => ["app.widget.id", "app.widget.name", "browser.tag_name"]
            .iter()
            .find_map(|key| text(attributes, key))
            .map(str::to_owned),
        "error" => {
            let kind = text(attributes, "exception.type").unwrap_or(&span.name);
            Some(match text(attributes, "exception.message") {
                Some(message) => format!("{kind}: {message}"),
                None => kind.to_owned(),
            })
        }
        "vital" => vital(span).map(|(name, value)| format!("{name} {value:.3}")),
        "jump" => number(attributes, "weft.clock.jump_ms").map(|ms| format!("the clock jumped by {ms} ms")),
        _ => None,
    };
    short(&words.unwrap_or_else(|| span.name.clone()))
}

/// A measure of a page, and its value.
pub(super) fn vital(span: &Span) -> Option<(&str, f64)> {
    let name = text(&span.attributes, "browser.web_vital.name")?;
    Some((name, number(&span.attributes, "browser.web_vital.value")?))
}

/// The path of an address.
pub(super) fn path(address: &str) -> &str {
    let behind = address.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    let path = behind.unwrap_or(if address.contains("://") { "/" } else { address });
    path.split(['?', '#']).next().unwrap_or_default()
}

/// A text that is not longer than there is room for.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_stands_between_the_host_and_the_query() {
        for (address, expected) in [
            ("https://shop.example/product/rug?x=1#top", "/product/rug"),
            ("https://shop.example", "/"),
            ("/cart", "/cart"),
            ("", ""),
        ] {
            assert_eq!(path(address), expected);
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(short("ß"), "ß");
        assert_eq!(short(&"ß".repeat(121)).chars().count(), MOST + 1);
    }
}
