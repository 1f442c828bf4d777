//! The SDK that is built in: when it changes, or is there for the first time, the program is built anew.

fn main() {
    let dist = "../wasm-sdk/dist";
    // What is not there is taken to have changed each time; so then its neighbours are looked at.
    let watched = if std::path::Path::new(dist).is_dir() { dist } else { "../wasm-sdk" };
    println!("cargo::rerun-if-changed={watched}");
    println!("cargo::rerun-if-changed=build.rs");
}
