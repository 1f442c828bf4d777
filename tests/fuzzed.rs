//! What the fuzz targets of the collector do, with the seeds that are committed and with what is near them: quickly, on every run
//! of the tests. `cargo xtask fuzz` goes on from there.

#[path = "../proto/fuzz/near.rs"]
mod near;

use std::path::Path;

use weft_collector::fuzzed;

#[test]
fn nothing_in_the_seeds_or_near_them_makes_a_parser_panic() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/fuzz/seeds");
    for (name, target) in fuzzed::ALL {
        let read = near::try_all(&seeds.join(name), *target);
        assert!(read >= 3, "{name} has {read} seeds");
    }
}
