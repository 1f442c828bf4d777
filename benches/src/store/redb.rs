//! redb: copy-on-write B-trees in one file.

use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Claim, Page, Store, by_day};
use crate::Failure;

const CLAIMS: TableDefinition<'_, Page, Claim> = TableDefinition::new("claims");
const BY_DAY: TableDefinition<'_, [u8; 20], ()> = TableDefinition::new("by_day");

pub(super) struct Redb(Database);

impl Redb {
    pub(super) fn open(path: &Path, cache: u64) -> Result<Self, Failure> {
        std::fs::create_dir_all(path)?;
        let cache = usize::try_from(cache)?;
        let db = Database::builder().set_cache_size(cache).create(path.join("claims.redb"))?;
        let write = db.begin_write()?;
        write.open_table(CLAIMS)?;
        write.open_table(BY_DAY)?;
        write.commit()?;
        Ok(Self(db))
    }
}

impl Store for Redb {
    fn take(&mut self, claims: &[(Page, Claim)], durable: bool) -> Result<(), Failure> {
        let mut write = self.0.begin_write()?;
        write.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
        {
            let (mut table, mut days) = (write.open_table(CLAIMS)?, write.open_table(BY_DAY)?);
            for (page, claim) in claims {
                if let Some(before) = table.insert(page, claim)? {
                    days.remove(&by_day(&before.value(), page))?;
                }
                days.insert(&by_day(claim, page), ())?;
            }
        }
        Ok(write.commit()?)
    }

    fn get(&self, page: &Page) -> Result<Option<Claim>, Failure> {
        let table = self.0.begin_read()?.open_table(CLAIMS)?;
        Ok(table.get(page)?.map(|claim| claim.value()))
    }

    fn expire(&mut self, day: u32, limit: usize) -> Result<usize, Failure> {
        let write = self.0.begin_write()?;
        let mut expired = 0;
        {
            let (mut table, mut days) = (write.open_table(CLAIMS)?, write.open_table(BY_DAY)?);
            let end = by_day(&day.to_be_bytes(), &[0; 16]);
            let keys: Vec<_> = days
                .range::<[u8; 20]>(..end)?
                .take(limit)
                .map(|row| row.map(|(key, _)| key.value()))
                .collect::<Result<_, _>>()?;
            for key in keys {
                days.remove(&key)?;
                if let Some(page) = key.last_chunk::<16>() {
                    table.remove(page)?;
                }
                expired += 1;
            }
        }
        write.commit()?;
        Ok(expired)
    }
}
