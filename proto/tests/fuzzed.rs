//! What the fuzz targets do, with the seeds that are committed: quickly, on every run of the tests. `cargo xtask fuzz`
//! goes on from there.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::{fs, path::Path};

#[test]
fn nothing_in_the_seeds_makes_a_parser_panic() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in targets::ALL {
        let mut read = 0;
        for file in fs::read_dir(seeds.join(name)).unwrap() {
            target(&fs::read(file.unwrap().path()).unwrap());
            read += 1;
        }
        assert!(read >= 3, "{name} has {read} seeds");
    }
}
