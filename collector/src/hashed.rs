//! Hashes that are keyed with what nobody knows, and maps by them: those are not hashed again.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
};

/// What nobody knows: another one each time.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// A map by hashes.
pub(crate) type HashedMap<K, V> = HashMap<K, V, BuildHasherDefault<Hashed>>;

/// A set of hashes.
pub(crate) type HashedSet<K> = HashSet<K, BuildHasherDefault<Hashed>>;

/// Takes a hash for what it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Of anything else.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }
}
