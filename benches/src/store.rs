//! What the collector keeps of each page it has heard from, in either candidate.
//!
//! A claim is a page (16 bytes) with the day it was last heard from and its event numbers as intervals
//! (36 bytes in all). A second table by day makes expiry a range instead of a scan.

mod fjall;
mod redb;

use std::path::Path;

use crate::Failure;

/// A page, as its hashed id.
pub type Page = [u8; 16];

/// Day in 4 bytes, big-endian, then the intervals.
pub type Claim = [u8; 36];

/// Where a worker notes how many commits it has made, in the same commit.
pub const COUNTER: Page = [0xff; 16];

/// A candidate.
pub trait Store {
    /// Takes claims in one atomic commit; `durable`: returns when it is on disk.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn take(&mut self, claims: &[(Page, Claim)], durable: bool) -> Result<(), Failure>;

    /// The claim of a page.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn get(&self, page: &Page) -> Result<Option<Claim>, Failure>;

    /// Forgets the pages last heard from before `day`, at most `limit` in one durable commit. Returns how many.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn expire(&mut self, day: u32, limit: usize) -> Result<usize, Failure>;
}

/// Opens or creates the candidate `name` in `path`, with so many bytes of cache.
///
/// # Errors
/// There is no such candidate, or it cannot be opened.
pub fn open(name: &str, path: &Path, cache: u64) -> Result<Box<dyn Store>, Failure> {
    match name {
        "redb" => Ok(Box::new(redb::Redb::open(path, cache)?)),
        "fjall" => Ok(Box::new(fjall::Fjall::open(path, cache)?)),
        _ => Err(format!("no candidate is called {name}").into()),
    }
}

/// Key of the table by day.
fn by_day(day: &[u8], page: &Page) -> [u8; 20] {
    let mut key = [0; 20];
    key.iter_mut().zip(day.iter().take(4).chain(page)).for_each(|(to, from)| *to = *from);
    key
}
