//! Everything that is open, in the store of the link index and with its place in the spool: what is not in it is read
//! again from the segments, so nothing waits for its commits. Whatever comes again changes nothing.

use std::collections::HashMap;

use fjall::{Database, Keyspace, OwnedWriteBatch};
use prost::Message;

use super::{Due, Heard, Keeps, Sizes, page::Page};
use crate::{
    embedded::{Embedded, Error, number},
    ledger::Owner,
    metrics::NotKept,
};

/// What is open, by page.
pub(crate) struct Longs {
    db: Database,
    pages: Keyspace,
    /// When the first end of a page is not waited for any more, and its key.
    due: Keyspace,
    about: Keyspace,
    /// Pages that the store does not know as they are.
    changed: HashMap<Vec<u8>, Page>,
    /// Bytes that these have taken since the last commit, about.
    changed_bytes: usize,
    /// No row by time is before this one: what was removed there would be looked through again and again.
    earliest: Vec<u8>,
    sizes: Sizes,
    keeps: Keeps,
    not_kept: Vec<NotKept>,
}

const OPEN: &[u8] = b"long_open";
const BYTES: &[u8] = b"long_bytes";

const PATIENCE: &[u8] = b"long_patience";

/// Ends given up in one go.
const STEP: usize = 100;

/// Rows written in one go.
const WRITTEN: usize = 1_000;

impl Longs {
    /// Those of the store.
    pub(in crate::pipeline::link) fn open(store: &Embedded) -> Result<Self, Error> {
        let size = |name| Ok::<_, Error>(number(store.about.get(name)?).unwrap_or(0));
        Ok(Self {
            db: store.db.clone(),
            pages: store.keyspace("long_pages")?,
            due: store.keyspace("long_due")?,
            sizes: Sizes { open: size(OPEN)?, bytes: size(BYTES)? },
            about: store.about.clone(),
            changed: HashMap::new(),
            changed_bytes: 0,
            earliest: Vec::new(),
            keeps: Keeps::default(),
            not_kept: Vec::new(),
        })
    }

    /// From now on so much is kept, for so long; what is open already too.
    pub(in crate::pipeline::link) fn keep(&mut self, keeps: Keeps) -> Result<(), Error> {
        self.keeps = keeps;
        let patience = keeps.patience.to_row();
        if self.about.get(PATIENCE)?.is_none_or(|known| *known != patience) {
            self.time_anew()?;
            self.about.insert(PATIENCE, patience)?;
        }
        Ok(())
    }

    /// When ends are not waited for any more, by other settings than it was written with.
    fn time_anew(&self) -> Result<(), Error> {
        let (mut batch, mut rows) = (self.db.batch(), 0);
        for row in self.pages.iter() {
            let (key, row) = row.into_inner()?;
            let Ok(mut page) = Page::decode(&*row) else { continue };
            let Some(due_ms) = page.due_ms(self.keeps.patience) else { continue };
            batch.remove(&self.due, by_time(page.stored_due_ms, &key));
            batch.insert(&self.due, by_time(due_ms, &key), []);
            page.stored_due_ms = due_ms;
            batch.insert(&self.pages, key, page.encode_to_vec());
            rows += 1;
            if rows % WRITTEN == 0 {
                std::mem::replace(&mut batch, self.db.batch()).commit()?;
            }
        }
        batch.commit()
    }

    /// How much is open.
    pub(in crate::pipeline::link) fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Words that were not kept since somebody asked.
    pub(in crate::pipeline::link) fn not_kept(&mut self) -> Vec<NotKept> {
        std::mem::take(&mut self.not_kept)
    }

    /// Pages that are not committed, and bytes of these.
    pub(in crate::pipeline::link) fn changed(&self) -> (usize, usize) {
        (self.changed.len(), self.changed_bytes)
    }

    /// Takes in what a record tells.
    pub(in crate::pipeline::link) fn hear(&mut self, heard: Heard) {
        let key = key(&heard.owner, &heard.page);
        let known = self.known(&key);
        if known.is_none() && heard.words.is_empty() {
            return;
        }
        let mut page = known.unwrap_or_else(|| Page::new(&heard));
        let before = page.sizes();
        page.hear(&heard);
        for word in heard.words {
            let is_new = !page.knows(word.number);
            let all = self.sizes.less(before).and(page.sizes());
            let refused = match () {
                () if word.told.is_none() => Some(NotKept::TooLarge),
                () if !is_new => None,
                () if !page.has_room(&word) => Some(NotKept::PageFull),
                () if all.open >= self.keeps.most.open || all.bytes >= self.keeps.most.bytes => {
                    Some(NotKept::Full)
                }
                () => None,
            };
            match refused {
                Some(why) => self.not_kept.push(why),
                None => page.take(word, heard.at_ms),
            }
        }
        self.put_back(key, page, before);
    }

    /// `number` is given up, or need not be any more. Says whether it was open.
    pub(in crate::pipeline::link) fn close(&mut self, owner: &Owner, page: &[u8; 16], number: u64) -> bool {
        let key = key(owner, page);
        let Some(mut page) = self.known(&key).filter(|page| page.knows(number)) else { return false };
        let before = page.sizes();
        page.close(number);
        self.put_back(key, page, before);
        true
    }

    /// What is not waited for any more, of some pages at once.
    pub(in crate::pipeline::link) fn due(&mut self, now_ms: u64) -> Result<Vec<Due>, Error> {
        let patience = self.keeps.patience;
        let mut due: Vec<_> = self.changed.values().flat_map(|page| page.due(now_ms, patience)).collect();
        let (from, to) = (self.earliest.clone(), by_time(now_ms.saturating_add(1), &[]));
        let (mut late, mut first) = (Vec::new(), None);
        for row in self.due.range(from.clone()..to.clone().max(from)) {
            let row = row.key()?;
            first.get_or_insert_with(|| row.to_vec());
            let Some(key) = row.get(8..).filter(|key| !self.changed.contains_key(*key)) else { continue };
            let Some(page) = self.stored(key)? else { continue };
            let of_page = page.due(now_ms, patience);
            if of_page.is_empty() {
                // Whatever it is here for: the next commit knows when it is due.
                late.push((key.to_vec(), page));
            }
            due.extend(of_page);
            if due.len() >= STEP {
                break;
            }
        }
        self.changed.extend(late);
        self.earliest = first.unwrap_or(to);
        Ok(due)
    }

    /// Puts what has changed.
    pub(in crate::pipeline::link) fn put(&mut self, batch: &mut OwnedWriteBatch) {
        let patience = self.keeps.patience;
        for (key, page) in &mut self.changed {
            let due_ms = page.due_ms(patience);
            if page.stored_due_ms > 0 && due_ms != Some(page.stored_due_ms) {
                batch.remove(&self.due, by_time(page.stored_due_ms, key));
            }
            let Some(due_ms) = due_ms else {
                batch.remove(&self.pages, key.as_slice());
                continue;
            };
            let row = by_time(due_ms, key);
            if row < self.earliest {
                self.earliest.clone_from(&row);
            }
            page.stored_due_ms = due_ms;
            batch.insert(&self.due, row, []);
            batch.insert(&self.pages, key.as_slice(), page.encode_to_vec());
        }
        batch.insert(&self.about, OPEN, self.sizes.open.to_be_bytes());
        batch.insert(&self.about, BYTES, self.sizes.bytes.to_be_bytes());
    }

    /// The store knows everything.
    pub(in crate::pipeline::link) fn is_put(&mut self) {
        self.changed.clear();
        self.changed_bytes = 0;
    }

    /// A page as it is now. One that cannot be read costs the closures of what is open of it.
    fn known(&self, key: &[u8]) -> Option<Page> {
        self.changed.get(key).cloned().or_else(|| {
            self.stored(key).unwrap_or_else(|error| {
                tracing::error!(%error, "what is open of a page cannot be read: its end may never be missed");
                None
            })
        })
    }

    fn stored(&self, key: &[u8]) -> Result<Option<Page>, Error> {
        Ok(self.pages.get(key)?.and_then(|row| Page::decode(&*row).ok()))
    }

    fn put_back(&mut self, key: Vec<u8>, page: Page, before: Sizes) {
        self.sizes = self.sizes.less(before).and(page.sizes());
        self.changed_bytes += page.bytes();
        self.changed.insert(key, page);
    }
}

/// Names hold no zero byte, so nobody's key begins like another's.
fn key(owner: &Owner, page: &[u8; 16]) -> Vec<u8> {
    [owner.application.as_bytes(), &[0], owner.key.as_bytes(), &[0], page].concat()
}

fn by_time(due_ms: u64, key: &[u8]) -> Vec<u8> {
    [&due_ms.to_be_bytes(), key].concat()
}
