//! How often who may send: from one address to everybody together. Keys have rates of their own.

use std::num::NonZeroU32;

use super::section::Section;

/// A request limit: `per_second` on average, `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

/// Limits from narrow to wide, beside those of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Of one address, an IPv6 network of 64 bits counted as one. Default 100 a second, 1000 at once: an office of a few
    /// thousand people behind one address, all of whom reload.
    pub address: Rate,
    /// Pages of one address that were not heard of before. Default 20 a second, 1000 at once: the same office.
    pub new_pages: Rate,
    /// Of one page. Default 50 a second, 1000 at once: one that is used sends once in a few seconds, and what was kept in an
    /// outage of days comes as fast as it goes.
    pub page: Rate,
    /// Bytes of one page and day, as they come. Default 64 MiB: a thousand times what a busy one sends.
    pub page_bytes_a_day: u64,
    /// Of everybody. Default 10 000 a second, 50 000 at once: more than two cores take.
    pub all: Rate,
    /// Refusals of one address in one minute, with one key, after which nothing new is taken of it for a while; what no SDK
    /// sends counts tenfold. Default 6000: as many as an address may make requests. 0: never.
    pub block_after: u32,
}

/// Of a key. Default 500 a second: a hundred thousand open pages that send every few minutes; 2000 at once: everybody
/// reloads after a deployment.
const OF_KEY: (u32, u32) = (500, 2000);

pub(super) fn read(mut section: Section<'_>) -> Rates {
    let address = rate(&mut section, ["address_per_second", "address_burst"], (100, 1000));
    let new_pages = rate(&mut section, ["new_pages_per_second", "new_pages_burst"], (20, 1000));
    let page = rate(&mut section, ["page_per_second", "page_burst"], (50, 1000));
    let page_bytes_a_day = section.count("page_mib_a_day", 64, 1..=1 << 20) << 20;
    let all = rate(&mut section, ["per_second", "burst"], (10_000, 50_000));
    let block_after = section.count("block_after", 6000, 0..=u64::from(u32::MAX));
    let block_after = u32::try_from(block_after).unwrap_or(u32::MAX);
    section.end();
    Rates { address, new_pages, page, page_bytes_a_day, all, block_after }
}

pub(super) fn of_key(section: &mut Section<'_>) -> Rate {
    rate(section, ["requests_per_second", "burst"], OF_KEY)
}

fn rate(section: &mut Section<'_>, names: [&'static str; 2], default: (u32, u32)) -> Rate {
    let most = u64::from(u32::MAX);
    let mut count = |name, default: u32| {
        let number = section.count(name, u64::from(default), 1..=most);
        u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    };
    let per_second = count(names[0], default.0);
    // A burst below the rate would make the rate unreachable for clients that arrive together.
    let burst = count(names[1], default.1.max(per_second.get()));
    Rate { per_second, burst }
}
