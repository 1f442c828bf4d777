//! What strangers cost a collector, and what pages notice of it. Started by `cargo xtask bench flood`.
//!
//! `flood WEFT`. Prints Markdown.

#![allow(clippy::disallowed_methods)] // Reads its arguments: that is what it is for.

use std::path::Path;

use benches::{
    Failure,
    flood::{
        attack,
        honest::{self, Flood},
    },
};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a TLS provider is there already")?;
    let weft = std::env::args().nth(1).ok_or("start it with `cargo xtask bench flood`")?;
    let weft = Path::new(&weft);
    println!(
        "Refusals: each attack against a collector of its own, with limits as they are by default, but for those of keys and of all together.\n"
    );
    println!("{}", attack::Row::HEAD);
    for attack in attack::all() {
        println!("{}", attack.run(weft).await?);
    }
    println!(
        "\nFloods of a thousand made-up pages with the right key and origin, against a collector as it is by default, beside fifty pages that were there for a minute before and send once in two seconds.\n"
    );
    println!("{}", honest::Row::HEAD);
    let flood = |name, addresses, behind_the_same, block_after| Flood {
        name,
        addresses,
        behind_the_same,
        block_after,
    };
    for flood in [
        flood("from the address that the pages are behind", 1, true, 6000),
        flood("the same, and nobody is blocked", 1, true, 0),
        flood("from 200 addresses", 200, false, 6000),
    ] {
        println!("{}", flood.run(weft).await?);
    }
    Ok(())
}
