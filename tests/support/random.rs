//! Chance that can be repeated: the same seed, the same test. Whoever uses it prints the seed.

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this seed. `WEFT_TEST_SEED`, set when the tests are built, takes the place of all seeds.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let given = option_env!("WEFT_TEST_SEED").and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(seed);
        println!("chance of this test: seed {seed} (repeat it with WEFT_TEST_SEED={seed})");
        Self(seed)
    }

    /// The stream of just this seed, for whoever names it himself.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for somebody else.
    #[must_use]
    pub fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "a stream that never ends is no iterator to loop over")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `most`, which is not 0.
    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// Whether something happens that happens once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Bytes, as for ids.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// Puts `all` into an order of chance.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            let other = self.below(at as u64 + 1);
            all.swap(at, usize::try_from(other).unwrap_or(at));
        }
    }
}
