//! Origins of pages that may use a key: one, all below a domain, or pages that have none.

use super::section::Section;

/// Whose pages may use a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This one, as browsers send it: `https://shop.example`, or `null`.
    Exact(String),
    /// All hosts below a domain, not the domain itself: `https://*.shop.example`.
    Below {
        /// What stands before the host: `https://`.
        scheme: String,
        /// What its end is, with the port if it has one: `.shop.example`.
        domain: String,
    },
}

impl Origin {
    /// Whether a page that sends `origin` is meant.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Exact(known) => known == origin,
            Self::Below { scheme, domain } => {
                let host =
                    origin.strip_prefix(scheme.as_str()).and_then(|rest| rest.strip_suffix(domain.as_str()));
                let is_host = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                host.is_some_and(|host| {
                    !host.is_empty() && !host.starts_with('.') && host.chars().all(is_host)
                })
            }
        }
    }

    /// One that is allowed.
    #[must_use]
    pub fn example(&self) -> String {
        match self {
            Self::Exact(origin) => origin.clone(),
            Self::Below { scheme, domain } => format!("{scheme}www{domain}"),
        }
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Vec<Origin> {
    let Some(texts) = section.texts("origins") else {
        section
            .wrong("origins", "is needed: list the origins of your pages, as in [\"https://shop.example\"]");
        return Vec::new();
    };
    if texts.is_empty() {
        section.wrong("origins", "is empty, so no page could send: list the origins of your pages");
    }
    texts.iter().filter_map(|text| origin(section, text)).collect()
}

fn origin(section: &Section<'_>, text: &str) -> Option<Origin> {
    // Of files, data URLs and sandboxed frames: whoever wants these says so.
    if text == "null" {
        return Some(Origin::Exact(text.to_owned()));
    }
    let Some((scheme, domain)) = text.split_once("://*.") else {
        return exact(section, text).map(Origin::Exact);
    };
    if !domain.contains('.') {
        let message = format!(
            "\"{text}\" are the pages of everybody: write a domain of yours, as in \"https://*.shop.example\""
        );
        section.wrong("origins", message);
        return None;
    }
    let sent = exact(section, &format!("{scheme}://{domain}"))?;
    let (scheme, domain) = sent.split_once("://")?;
    Some(Origin::Below { scheme: format!("{scheme}://"), domain: format!(".{domain}") })
}

/// As browsers send it. Case and a default port are put right, for nothing else can have been meant; what has more
/// than an origin, or a host that browsers write differently, is refused with what they send.
fn exact(section: &Section<'_>, text: &str) -> Option<String> {
    let refuse = |message: &str| {
        section.wrong("origins", format!("\"{text}\" {message}"));
        None
    };
    let parts = text.split_once("://").filter(|(_, host)| !host.is_empty() && !host.contains(['*', ' ']));
    let Some((scheme, host)) = parts else {
        return refuse(
            "is no origin: write scheme://host or scheme://host:port (or scheme://*.domain for all hosts below it)",
        );
    };
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        // Of an app's own scheme only that app knows how it writes it.
        _ if host.contains(['/', '?', '#', '@']) => {
            return refuse("has more than an origin: write only scheme://host or scheme://host:port");
        }
        _ => return Some(format!("{scheme}://{host}")),
    };
    let Ok(url) = reqwest::Url::parse(text) else {
        return refuse("is no origin: write scheme://host or scheme://host:port");
    };
    let sent = url.origin().ascii_serialization();
    let written = format!("{scheme}://{}", host.strip_suffix(default_port).unwrap_or(&host));
    if written == sent {
        Some(sent)
    } else {
        refuse(&format!("is not what browsers send for it: write \"{sent}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hosts_below_a_domain_are_allowed_and_nothing_that_looks_like_them() {
        let origin = Origin::Below { scheme: "https://".to_owned(), domain: ".shop.example".to_owned() };
        for allowed in ["https://www.shop.example", "https://a.b.shop.example", &origin.example()] {
            assert!(origin.allows(allowed), "{allowed}");
        }
        for other in [
            "https://shop.example",
            "http://www.shop.example",
            "https://www.shop.example:8443",
            "https://wwwshop.example",
            "https://www.shop.example.evil.example",
            "https://evil.example/.shop.example",
            "https://evil.example:1.shop.example",
            "https://evil@www.shop.example",
            "https://.shop.example",
            "null",
        ] {
            assert!(!origin.allows(other), "{other}");
        }
    }
}
