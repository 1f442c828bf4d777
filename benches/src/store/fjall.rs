//! fjall: log-structured merge trees in a folder.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Claim, Page, Store, by_day};
use crate::Failure;

pub(super) struct Fjall {
    db: Database,
    claims: Keyspace,
    days: Keyspace,
}

impl Fjall {
    pub(super) fn open(path: &Path, cache: u64) -> Result<Self, Failure> {
        let db = Database::builder(path).cache_size(cache).worker_threads(1).open()?;
        let claims = db.keyspace("claims", KeyspaceCreateOptions::default)?;
        let days = db.keyspace("by_day", KeyspaceCreateOptions::default)?;
        Ok(Self { db, claims, days })
    }
}

impl Store for Fjall {
    fn take(&mut self, claims: &[(Page, Claim)], durable: bool) -> Result<(), Failure> {
        let mut batch = self.db.batch().durability(durable.then_some(PersistMode::SyncData));
        for (page, claim) in claims {
            if let Some(before) = self.claims.get(page)? {
                batch.remove(&self.days, by_day(&before, page));
            }
            batch.insert(&self.claims, *page, *claim);
            batch.insert(&self.days, by_day(claim, page), []);
        }
        Ok(batch.commit()?)
    }

    fn get(&self, page: &Page) -> Result<Option<Claim>, Failure> {
        Ok(self.claims.get(page)?.map(|claim| claim.as_ref().try_into()).transpose()?)
    }

    fn expire(&mut self, day: u32, limit: usize) -> Result<usize, Failure> {
        let end = by_day(&day.to_be_bytes(), &[0; 16]);
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncData));
        let mut expired = 0;
        for row in self.days.range(..end.as_slice()).take(limit) {
            let key = row.key()?;
            if let Some(page) = key.last_chunk::<16>() {
                batch.remove(&self.claims, *page);
            }
            batch.remove(&self.days, key);
            expired += 1;
        }
        batch.commit()?;
        Ok(expired)
    }
}
