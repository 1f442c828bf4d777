//! Texts that were looked through lately and had nothing in them: pages say the same again and again, and have mostly
//! scrubbed it.

use std::cell::RefCell;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Texts that a thread remembers, by their hashes: 64 KiB.
const SLOTS: usize = 8_192;

thread_local! {
    static CLEAN: RefCell<Vec<u64>> = RefCell::new(vec![0; SLOTS]);
}

/// A text among those, by its hash. Hashes are seeded with what nobody knows: of all texts that ever come, none is taken
/// for another.
#[derive(Clone, Copy)]
pub(super) struct Remembered(u64);

impl Remembered {
    /// `seed`: of the settings that it is looked through by.
    pub(super) fn of(text: &str, seed: u64) -> Self {
        // Zero is nobody's.
        Self(xxh3_64_with_seed(text.as_bytes(), seed) | 1)
    }

    pub(super) fn is_clean(self) -> bool {
        CLEAN.with_borrow(|all| all.get(self.slot()) == Some(&self.0))
    }

    /// It had nothing in it. Whatever stood in its place is forgotten.
    pub(super) fn was_clean(self) {
        CLEAN.with_borrow_mut(|all| {
            if let Some(slot) = all.get_mut(self.slot()) {
                *slot = self.0;
            }
        });
    }

    fn slot(self) -> usize {
        (self.0 >> 32) as usize % SLOTS
    }
}
