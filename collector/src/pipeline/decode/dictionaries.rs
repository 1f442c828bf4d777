//! Page dictionaries: bodies of a page's earlier batches, which its later ones may stand behind.
//!
//! Bodies are kept once they are durable, and for one purpose: to inflate what the same page sends next. They are in
//! memory only, never leave, and may be forgotten at any time: the page is then asked for its batch alone. When a session
//! is erased, so is what is kept of its pages.

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use hashlink::LruCache;
use weft_proto::{Batch, Earlier, Head, Seed, base::MAX_BASE_BYTES};

use crate::metrics::Meters;

/// Bytes of bodies kept of one page: more than a base has, because those whose answers were lost take room too.
const MOST_OF_A_PAGE: usize = 40 * 1024;

/// A page that has named more sessions begins anew: they are what an erasure finds it by.
const MOST_SESSIONS: usize = 16;

/// What a page takes beside its bodies: its place in the map and in the order, its key, and what allocators round up.
const OVERHEAD: usize = 256;

/// The same for a session that it has named.
const OVERHEAD_OF_A_SESSION: usize = 256;

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
    sessions: BTreeSet<[u8; 16]>,
}

/// Seeds are for pages to choose: whose key it came with keeps strangers apart.
type PageOfKey = (Arc<str>, [u8; 16]);

/// A session's id likewise.
type SessionOfKey = (Arc<str>, [u8; 16]);

struct Kept {
    pages: LruCache<PageOfKey, Page, RandomState>,
    /// Seeds of the pages that have named a session.
    named: HashMap<SessionOfKey, HashSet<[u8; 16]>>,
    bytes: usize,
}

#[derive(Default)]
struct Page {
    /// Shared, so that nothing is inflated while others wait for the lock.
    earlier: Arc<Earlier>,
    sessions: BTreeSet<[u8; 16]>,
}

impl PageDictionaries {
    /// `most`: bytes of all pages; 0: nothing is kept.
    pub(crate) fn new(most: usize, meters: &Arc<Meters>) -> Self {
        let pages = LruCache::with_hasher(usize::MAX, RandomState::new());
        let kept = Kept { pages, named: HashMap::new(), bytes: 0 };
        Self { most, kept: Mutex::new(kept), meters: Arc::clone(meters) }
    }

    /// What may be kept of a batch once it is durable, if that can matter.
    pub(crate) fn body_of(&self, head: &Head, body: Bytes, batch: &Batch) -> Option<EarlierBody> {
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
        while kept.bytes > self.most && kept.forget_oldest() {}
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
        for seed in kept.named.remove(&(Arc::clone(key), *session)).unwrap_or_default() {
            kept.forget(&(Arc::clone(key), seed));
        }
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
        let mut page = self.take(&name).unwrap_or_default();
        if page.sessions.union(&body.sessions).count() > MOST_SESSIONS {
            self.is_gone(&name, &page);
            page = Page::default();
        }
        for session in body.sessions.difference(&page.sessions) {
            self.named.entry((Arc::clone(&name.0), *session)).or_default().insert(name.1);
        }
        page.sessions.extend(&body.sessions);
        Arc::make_mut(&mut page.earlier).keep(body.number, &body.body, MOST_OF_A_PAGE);
        self.bytes += page.bytes();
        self.pages.insert(name, page);
    }

    fn take(&mut self, name: &PageOfKey) -> Option<Page> {
        let page = self.pages.remove(name)?;
        self.bytes -= page.bytes();
        Some(page)
    }

    fn forget(&mut self, name: &PageOfKey) {
        if let Some(page) = self.take(name) {
            self.is_gone(name, &page);
        }
    }

    /// Whether there was any.
    fn forget_oldest(&mut self) -> bool {
        let Some((name, page)) = self.pages.remove_lru() else { return false };
        self.bytes -= page.bytes();
        self.is_gone(&name, &page);
        true
    }

    fn is_gone(&mut self, (key, seed): &PageOfKey, page: &Page) {
        for session in &page.sessions {
            let session = (Arc::clone(key), *session);
            let Some(seeds) = self.named.get_mut(&session) else { continue };
            seeds.remove(seed);
            if seeds.is_empty() {
                self.named.remove(&session);
            }
        }
    }
}

impl Page {
    /// Memory that it takes.
    fn bytes(&self) -> usize {
        OVERHEAD + self.earlier.memory() + self.sessions.len() * OVERHEAD_OF_A_SESSION
    }
}

#[cfg(test)]
mod tests;
