//! What the fuzz targets do, with the seeds that are committed and with what is near them: quickly, on every run of the tests.
//! `cargo xtask fuzz` goes on from there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../fuzz/near.rs"]
mod near;
#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::Path;

#[test]
fn nothing_in_the_seeds_or_near_them_makes_a_parser_panic() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in targets::ALL {
        let read = near::try_all(&seeds.join(name), target);
        assert!(read >= 3, "{name} has {read} seeds");
    }
}
