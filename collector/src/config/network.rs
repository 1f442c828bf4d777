//! Networks of IP addresses, as in `10.0.0.0/8`.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its addresses, IPv4 mapped into IPv6, without the bits that tell them apart.
    first: u128,
    /// How many bits these are.
    host_bits: u32,
}

impl Network {
    /// Whether `address` is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        without(number(address), self.host_bits) == self.first
    }
}

/// Proxies that say whose requests they pass on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are. Default nowhere: what anybody says of that is a claim.
    pub networks: Vec<Network>,
    /// How they say it.
    pub say: Say,
}

/// The header that proxies write. What a stranger writes into the other one, they pass on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Say {
    /// `X-Forwarded-For`, as nearly all proxies do.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    /// An address, or an address and the number of bits that all of it have in common.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits: u32 = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| NoNetwork))?;
        let host_bits = most.checked_sub(bits).ok_or(NoNetwork)?;
        let first = number(address);
        // 10.1.2.3/8 is a mistake more often than a way to write 10.0.0.0/8.
        if without(first, host_bits) == first { Ok(Self { first, host_bits }) } else { Err(NoNetwork) }
    }
}

/// An address as IPv6.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

/// IPv4 mapped into IPv6 is IPv4 again.
pub(crate) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => address.to_canonical(),
        IpAddr::V4(_) => address,
    }
}

/// The network of 64 bits that an IPv6 address is in: that is what one subscriber gets.
pub(crate) fn of_64_bits(address: Ipv6Addr) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(without(address.to_bits(), 64)))
}

fn without(address: u128, bits: u32) -> u128 {
    address.checked_shr(bits).and_then(|rest| rest.checked_shl(bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1/32", "127.0.0.2"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1"), "as a listener on both families sees it");
        assert!(holds("0.0.0.0/0", "203.0.113.7") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("::/0", "203.0.113.7") && holds("::/0", "2001:db8::1"));
    }

    #[test]
    fn what_is_no_network_is_none() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "10.0.0/8",
            "example.org",
            "10.0.0.0/",
            "1/2/3",
            "10.0.0.0/-1",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
        }
    }
}
