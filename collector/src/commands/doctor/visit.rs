//! A question that makes sense: which page asks for what.

use reqwest::{Method, Url};

use super::{super::Failure, Question};

/// Methods whose case browsers put right; another in small letters is sent as it stands, and is another method.
const NORMALISED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/// Methods that browsers send for no page.
const FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// A page of `origin` asks for `url`.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) url: Url,
    /// As the header says it.
    pub(super) origin: String,
    pub(super) method: Method,
    pub(super) credentials: bool,
}

impl Visit {
    /// # Errors
    /// If a browser could not ask that.
    pub(super) fn new(question: &Question<'_>) -> Result<Self, Failure> {
        let url = web_address(question.url)?;
        let origin = match question.origin {
            Some(origin) => origin_of(origin)?,
            None => url.origin().ascii_serialization(),
        };
        if question.timeout.is_zero() {
            return Err("--timeout is 0: give it a second at least".into());
        }
        Ok(Self { origin, method: method(question.method)?, credentials: question.credentials, url })
    }

    pub(super) fn is_cross_origin(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() != self.origin
    }
}

/// Whether asking again changes nothing there.
pub(super) fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn web_address(text: &str) -> Result<Url, Failure> {
    let mut url = Url::parse(text)
        .map_err(|why| format!("{text:?} is no URL ({why}): give one like https://api.example.com/cart"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{text:?} is not of http or https: pages fetch nothing else").into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL has a name or a password in it: pages cannot fetch that; leave it out".into());
    }
    url.set_fragment(None);
    Ok(url)
}

fn origin_of(text: &str) -> Result<String, Failure> {
    let wrong = || {
        format!(
            "--origin {text:?} is no origin: give scheme and host of the page, as in https://shop.example.com"
        )
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_bare || !url.username().is_empty() {
        return Err(wrong().into());
    }
    Ok(url.origin().ascii_serialization())
}

fn method(text: &str) -> Result<Method, Failure> {
    let upper = text.to_ascii_uppercase();
    if FORBIDDEN.contains(&upper.as_str()) {
        return Err(format!("--method {text}: browsers do not send it for a page").into());
    }
    let sent = if NORMALISED.contains(&upper.as_str()) { &upper } else { text };
    Method::from_bytes(sent.as_bytes())
        .map_err(|_| format!("--method {text:?} is no method: give one like GET, POST or PATCH").into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn asked<'a>(url: &'a str, origin: Option<&'a str>, method: &'a str) -> Question<'a> {
        Question { url, origin, method, credentials: false, timeout: Duration::from_secs(1) }
    }

    #[test]
    fn a_question_is_what_a_browser_makes_of_it() {
        let visit =
            Visit::new(&asked("https://API.example:443/cart#top", Some("https://shop.example/"), "post"))
                .unwrap();
        assert_eq!(visit.url.as_str(), "https://api.example/cart");
        assert_eq!((visit.origin.as_str(), visit.method.as_str()), ("https://shop.example", "POST"));
        assert!(visit.is_cross_origin(&visit.url));
        let visit = Visit::new(&asked("https://api.example/cart", None, "patch")).unwrap();
        assert!(!visit.is_cross_origin(&visit.url));
        assert_eq!(visit.method.as_str(), "patch", "browsers leave it as it is");
    }

    #[test]
    fn what_no_browser_asks_is_refused_with_what_to_change() {
        for (question, says) in [
            (asked("api.example/cart", None, "GET"), "is no URL"),
            (asked("file:///etc/passwd", None, "GET"), "http or https"),
            (asked("https://me:secret@api.example/", None, "GET"), "leave it out"),
            (asked("https://api.example/", Some("https://shop.example/cart"), "GET"), "is no origin"),
            (asked("https://api.example/", None, "TRACE"), "do not send it"),
            (asked("https://api.example/", None, "G ET"), "is no method"),
        ] {
            let said = Visit::new(&question).unwrap_err().to_string();
            assert!(said.contains(says) && !said.contains("secret"), "{said}");
        }
    }
}
