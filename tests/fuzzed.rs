//! What the fuzz targets of the collector do, with the seeds that are committed: quickly, on every run of the tests.
//! `cargo xtask fuzz` goes on from there.

use std::{fs, path::Path};

use weft_collector::fuzzed;

#[test]
fn nothing_in_the_seeds_makes_a_parser_panic() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/fuzz/seeds");
    for (name, target) in fuzzed::ALL {
        let directory = seeds.join(name);
        let files =
            fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let mut read = 0;
        for file in files {
            target(&fs::read(file.expect("a file").path()).expect("a seed"));
            read += 1;
        }
        assert!(read >= 3, "{name} has {read} seeds");
    }
}
