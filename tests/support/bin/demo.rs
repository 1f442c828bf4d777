//! The demo, see `cargo xtask demo`.

fn main() {}
