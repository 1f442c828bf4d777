//! The SDK and the explorer's page, which are built in: when they change, or are there for the first time, the program is
//! built anew.

fn main() {
    watch("../wasm-sdk/dist", "../wasm-sdk");
    watch("explorer/dist", "explorer");
    println!("cargo::rerun-if-changed=build.rs");
}

/// What is not there is taken to have changed each time; so then its neighbours are looked at.
fn watch(dist: &str, neighbours: &str) {
    let watched = if std::path::Path::new(dist).is_dir() { dist } else { neighbours };
    println!("cargo::rerun-if-changed={watched}");
}
