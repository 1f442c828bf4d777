//! Page dictionaries: bodies of a page's earlier batches, which its later ones may stand behind.
//!
//! Bodies are kept once they are durable, and for one purpose: to inflate what the same page sends next. They are in
//! memory only, never leave, and may be forgotten at any time: the page is then asked for its batch alone. When a session
//! is erased, so is what is kept of its pages.

use std::{
    collections::hash_map::RandomState,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use hashlink::LruCache;
use weft_proto::{Batch, Earlier, Head, Seed, base::MAX_BASE_BYTES};

use crate::metrics::Meters;

/// Bytes of bodies kept of one page: more than a base has, because those whose answers were lost take room too.
const MOST_OF_A_PAGE: usize = 48 * 1024;

/// A page that has named more sessions begins anew: they are what an erasure finds it by.
const MOST_SESSIONS: usize = 16;

/// What a page takes beside its bodies: its place in the map and in the order, its key, and what allocators round up.
const OVERHEAD: usize = 256;

/// Bodies of earlier batches by page, within a bound; whatever page was last heard of longest ago is forgotten first.
pub(crate) struct PageDictionaries {
    /// Bytes of all pages; 0: nothing is kept.
    most: usize,
    kept: Mutex<Kept>,
    meters: Arc<Meters>,
}

/// The plain body of a batch that later ones may stand behind.
#[derive(Debug, PartialEq)]
pub(crate) struct EarlierBody {
    seed: Seed,
    number: u64,
    body: Bytes,
    sessions: Vec<[u8; 16]>,
}

/// Seeds are for pages to choose: whose key it came with keeps strangers apart.
type PageOfKey = (Arc<str>, [u8; 16]);

struct Kept {
    pages: LruCache<PageOfKey, Page, RandomState>,
    bytes: usize,
}

#[derive(Default)]
struct Page {
    /// Shared, so that nothing is inflated while others wait for the lock.
    earlier: Arc<Earlier>,
    sessions: Vec<[u8; 16]>,
}

impl PageDictionaries {
    /// `most`: bytes of all pages; 0: nothing is kept.
    pub(crate) fn new(most: usize, meters: &Arc<Meters>) -> Self {
        let pages = LruCache::with_hasher(usize::MAX, RandomState::new());
        Self { most, kept: Mutex::new(Kept { pages, bytes: 0 }), meters: Arc::clone(meters) }
    }

    /// What may be kept of a batch once it is durable, if that can matter.
    pub(super) fn body_of(&self, head: &Head, body: Bytes, batch: &Batch) -> Option<EarlierBody> {
        // The sender keeps nothing larger either.
        if self.most == 0 || body.len() > MAX_BASE_BYTES || batch.sessions.len() > MOST_SESSIONS {
            return None;
        }
        let sessions = batch.sessions.iter().map(|session| session.id).collect();
        Some(EarlierBody { seed: head.seed, number: head.number, body, sessions })
    }

    /// Keeps a body: its batch is durable, and about to be acknowledged.
    pub(crate) fn keep(&self, key: &Arc<str>, body: Option<EarlierBody>) {
        let Some(body) = body else { return };
        let mut kept = self.lock();
        kept.keep((Arc::clone(key), body.seed.0), &body);
        while kept.bytes > self.most {
            kept.forget_oldest();
        }
        self.tell(&kept);
    }

    /// What is kept of a page.
    pub(super) fn of(&self, key: &Arc<str>, seed: Seed) -> Option<Arc<Earlier>> {
        if self.most == 0 {
            return None;
        }
        let page = (Arc::clone(key), seed.0);
        self.lock().pages.get(&page).map(|page| Arc::clone(&page.earlier))
    }

    /// A batch that stands behind others could be read, or its base is not here.
    pub(super) fn count(&self, is_known: bool) {
        self.meters.dictionaries.count(is_known);
    }

    /// A session of this key is erased: nothing of pages that named it is kept.
    pub(crate) fn forget(&self, key: &Arc<str>, session: &[u8; 16]) {
        let mut kept = self.lock();
        let Kept { pages, bytes } = &mut *kept;
        pages.retain(|(of, _), page| {
            let stays = of != key || !page.sessions.contains(session);
            *bytes -= if stays { 0 } else { page.bytes() };
            stays
        });
        self.tell(&kept);
    }

    fn tell(&self, kept: &Kept) {
        self.meters.dictionaries.sizes(kept.pages.len(), kept.bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, name: PageOfKey, body: &EarlierBody) {
        let mut page =
            self.pages.remove(&name).inspect(|page| self.bytes -= page.bytes()).unwrap_or_default();
        page.keep(body);
        self.bytes += page.bytes();
        self.pages.insert(name, page);
    }

    fn forget_oldest(&mut self) {
        // Nothing is left to forget once there is no page: then there are no bytes either.
        self.bytes = self.pages.remove_lru().map_or(0, |(_, page)| self.bytes - page.bytes());
    }
}

impl Page {
    fn keep(&mut self, body: &EarlierBody) {
        let new = body.sessions.iter().filter(|session| !self.sessions.contains(session)).count();
        if self.sessions.len() + new > MOST_SESSIONS {
            *self = Self::default();
        }
        for session in &body.sessions {
            if !self.sessions.contains(session) {
                self.sessions.push(*session);
            }
        }
        Arc::make_mut(&mut self.earlier).keep(body.number, &body.body, MOST_OF_A_PAGE);
    }

    /// Memory that it takes.
    fn bytes(&self) -> usize {
        OVERHEAD + self.earlier.memory() + self.sessions.capacity() * size_of::<[u8; 16]>()
    }
}

#[cfg(test)]
mod tests;
