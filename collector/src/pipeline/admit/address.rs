//! Whose request it is: the peer of the connection, or whom trusted proxies name.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::config::{Proxies, Say, of_64_bits, plain};

/// Who has opened the connection that a request came by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What limits by address count by: an IPv4 address, or an IPv6 network of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address(IpAddr);

/// Whom the headers of a request name, from the last proxy to the first, at most.
const MOST_HOPS: usize = 32;

impl Address {
    /// Of a request that `peer` sent. Who is no trusted proxy is himself; what a trusted one says is believed, from the last
    /// to the first. `None`: this machine itself, or nobody can tell. While nobody is trusted that holds for private networks as
    /// well: whoever sends from there is a proxy that nobody has told us of, or is not a stranger.
    pub(crate) fn of(peer: Option<Peer>, headers: &HeaderMap, trusted: &Proxies) -> Option<Self> {
        let mut last = plain(peer?.0.ip());
        let is_trusted = |address: &IpAddr| trusted.networks.iter().any(|network| network.contains(*address));
        if is_trusted(&last) {
            for named in hops(headers, trusted.say) {
                // Whoever wrote it is trusted; what it cannot name (`unknown`, `_hidden`) is as if it was the last proxy.
                let Some(address) = named.and_then(node) else { break };
                last = address;
                if !is_trusted(&last) {
                    break;
                }
            }
        }
        let is_unknown_proxy = trusted.networks.is_empty() && is_private(last);
        if last.is_loopback() || is_trusted(&last) || is_unknown_proxy {
            return None;
        }
        Some(Self::counted(last))
    }

    /// Of somebody at `address`.
    pub(crate) fn counted(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => of_64_bits(address),
        })
    }

    /// Of an IPv6 network its first address.
    pub(crate) fn ip(self) -> IpAddr {
        self.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// Whom each proxy says it had the request from, the last first. `None`: it does not say. Only the header that they write is
/// read: the other one they pass on as a stranger has written it. Source: RFC 7239, sections 4 and 5.2; `X-Forwarded-For` has
/// no standard.
fn hops(headers: &HeaderMap, say: Say) -> impl Iterator<Item = Option<&str>> {
    let name = match say {
        Say::XForwardedFor => "x-forwarded-for",
        Say::Forwarded => "forwarded",
    };
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    // Before what a proxy has appended there may be anything: each element is read by itself.
    let elements = lines.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    elements.take(MOST_HOPS).map(move |element| {
        let element = std::str::from_utf8(element).ok()?;
        match say {
            Say::XForwardedFor => Some(element.trim()),
            Say::Forwarded => parameter(element, "for"),
        }
    })
}

/// Of no network that strangers send from: RFC 1918, RFC 4193, and link-local ones.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// A parameter of a `Forwarded` element. A comma or a semicolon inside quotes is in no address.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// An address, with or without a port: `192.0.2.1:80`, `"[2001:db8::1]:80"`, `2001:db8::1`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(address, _)| address);
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip())).map(plain)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(peer: &str, trusted: &[&str], headers: &[(&'static str, &str)]) -> Option<String> {
        who(peer, trusted, Say::XForwardedFor, headers)
    }

    fn who(peer: &str, trusted: &[&str], say: Say, headers: &[(&'static str, &str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let trusted = Proxies { networks: trusted.iter().map(|text| text.parse().unwrap()).collect(), say };
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 443));
        Address::of(Some(peer), &map, &trusted).map(|address| address.to_string())
    }

    fn is(address: &str) -> Option<String> {
        Some(address.to_owned())
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let says = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.2")];
        assert_eq!(of("203.0.113.7", &[], &says), is("203.0.113.7"));
        assert_eq!(of("203.0.113.7", &["10.0.0.0/8"], &says), is("203.0.113.7"));
        assert_eq!(of("127.0.0.1", &[], &says), None, "this machine");
        for private in ["10.0.0.7", "172.17.0.1", "192.168.1.1", "fd00::7", "fe80::1"] {
            assert_eq!(of(private, &[], &says), None, "{private} may pass on the whole world");
        }
        assert_eq!(of("192.168.1.1", &["10.0.0.0/8"], &says), is("192.168.1.1"), "the proxies are told");
    }

    #[test]
    fn trusted_proxies_are_read_from_the_last_to_the_first_that_is_not_one() {
        let trusted = ["10.0.0.0/8"];
        let xff = |value| of("10.0.0.1", &trusted, &[("x-forwarded-for", value)]);
        assert_eq!(xff("198.51.100.1"), is("198.51.100.1"));
        assert_eq!(xff("6.6.6.6, 198.51.100.1, 10.0.0.9"), is("198.51.100.1"), "6.6.6.6 is his claim");
        assert_eq!(xff("2001:db8:1:2:3::4"), is("2001:db8:1:2::/64"));
        assert_eq!(xff("198.51.100.1:4711"), is("198.51.100.1"));
        assert_eq!(xff("\u{ff}, 198.51.100.1"), is("198.51.100.1"), "whatever he has written");
        assert_eq!(xff("10.0.0.9"), None, "only proxies");
        assert_eq!(xff("6.6.6.6, unknown"), None, "who was before is not known");
        let two = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(of("10.0.0.1", &trusted, &two), is("198.51.100.1"));
        assert_eq!(of("::ffff:10.0.0.1", &trusted, &two), is("198.51.100.1"));
    }

    #[test]
    fn only_the_header_that_proxies_write_is_read() {
        let forwarded = |value| {
            let both = [("forwarded", value), ("x-forwarded-for", "6.6.6.6")];
            who("10.0.0.1", &["10.0.0.0/8"], Say::Forwarded, &both)
        };
        assert_eq!(forwarded("for=198.51.100.1;proto=https;by=10.0.0.1"), is("198.51.100.1"));
        assert_eq!(
            forwarded("for=6.6.6.6, proto=https; For=\"[2001:db8:1:2::9]:47\""),
            is("2001:db8:1:2::/64")
        );
        assert_eq!(forwarded("for=_hidden"), None);
        assert_eq!(forwarded("proto=https"), None);
        // A proxy that writes the other one passes this one on.
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(of("10.0.0.1", &["10.0.0.0/8"], &both), is("198.51.100.1"));
        assert_eq!(of("10.0.0.1", &["10.0.0.0/8"], &both[..1]), None);
    }

    proptest! {
        #[test]
        fn whatever_a_header_says_somebody_is_found_or_nobody(line in "[ -~\u{a0}-\u{ff}]{0,80}", standard: bool) {
            let (name, say) =
                if standard { ("forwarded", Say::Forwarded) } else { ("x-forwarded-for", Say::XForwardedFor) };
            let _ = who("10.0.0.1", &["10.0.0.0/8"], say, &[(name, &line)]);
            prop_assert_eq!(who("203.0.113.7", &["10.0.0.0/8"], say, &[(name, &line)]), is("203.0.113.7"));
            let appended = format!("{line},{}", if standard { "for=203.0.113.7" } else { "203.0.113.7" });
            prop_assert_eq!(who("10.0.0.1", &["10.0.0.0/8"], say, &[(name, &appended)]), is("203.0.113.7"));
        }
    }
}
