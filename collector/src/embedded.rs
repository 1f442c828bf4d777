//! The embedded stores (fjall, decision 0005): opened alike, each with a version and a seed of its own. They are views of
//! the spool, so one that cannot be read is put aside, and another begun.

use std::{fs, io, path::Path, sync::Arc};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, compaction::Leveled};

/// A store could not be read or written.
pub(crate) type Error = fjall::Error;

/// An open store.
pub(crate) struct Embedded {
    pub(crate) db: Database,
    /// What is known of the store itself.
    pub(crate) about: Keyspace,
    /// Keys hashes: nobody else knows it.
    pub(crate) seed: u64,
}

const FORMAT: &[u8] = b"version";
const SEED: &[u8] = b"seed";

/// Bytes of blocks kept in memory, and of what is not in a table yet. Rows are small: a million take 60 MB on disk.
const CACHE_BYTES: u64 = 32 << 20;
const MEMTABLE_BYTES: u64 = 8 << 20;
const JOURNAL_BYTES: u64 = 64 << 20;

/// Tables that are merged at once, and how large they become: with half as many, twice as much is written.
const TABLES_AT_ONCE: u8 = 8;
const TABLE_BYTES: u64 = 64 << 20;

impl Embedded {
    /// Opens the store in `directory`, whose rows are written as `version` says.
    pub(crate) fn open(directory: &Path, version: u64) -> Result<Self, Error> {
        let db = Database::builder(directory)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(1)
            .open()?;
        let about = keyspace(&db, "about")?;
        if number(about.get(FORMAT)?).is_some_and(|found| found != version) {
            return Err(Error::InvalidVersion(None));
        }
        about.insert(FORMAT, version.to_be_bytes())?;
        let seed = match number(about.get(SEED)?) {
            Some(seed) => seed,
            None => {
                let seed = fastrand::u64(..);
                about.insert(SEED, seed.to_be_bytes())?;
                seed
            }
        };
        Ok(Self { db, about, seed })
    }

    /// Its rows of one kind, of which many are put at once, in order.
    pub(crate) fn large_keyspace(&self, name: &str) -> Result<Keyspace, Error> {
        let merged = Leveled::default().with_l0_threshold(TABLES_AT_ONCE).with_table_target_size(TABLE_BYTES);
        let options = || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(MEMTABLE_BYTES)
                .compaction_strategy(Arc::new(merged))
        };
        self.db.keyspace(name, options)
    }

    /// Its rows of one kind.
    pub(crate) fn keyspace(&self, name: &str) -> Result<Keyspace, Error> {
        keyspace(&self.db, name)
    }
}

/// What `open` gives; if that cannot be read, it is put aside, which is for the caller to `say`, and opened anew.
pub(crate) fn open_or_begin_anew<T>(
    directory: &Path,
    open: impl Fn() -> Result<T, Error>,
    say: impl FnOnce(&Error, &Path),
) -> Result<T, Error> {
    match open() {
        Ok(store) => Ok(store),
        Err(error @ Error::Locked) => Err(error),
        Err(Error::Io(error)) if !is_damage(&error) => Err(error.into()),
        Err(error) => {
            let aside = directory.with_extension("damaged");
            say(&error, &aside);
            if aside.exists() {
                fs::remove_dir_all(&aside)?;
            }
            fs::rename(directory, aside)?;
            open()
        }
    }
}

/// A number as rows hold it.
pub(crate) fn number(row: Option<fjall::UserValue>) -> Option<u64> {
    Some(u64::from_be_bytes(row?.as_ref().try_into().ok()?))
}

fn keyspace(db: &Database, name: &str) -> Result<Keyspace, Error> {
    db.keyspace(name, || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES))
}

/// Files that are missing or not what they were; a disk that fails is something else.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), AlreadyExists | InvalidData | NotFound | UnexpectedEof)
}
