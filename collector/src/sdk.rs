//! The SDK, served beside the path for batches: whoever runs a collector needs no other server for it.
//!
//! All files lie in one directory named after what is in them, so they never change and refer to each other by name; the
//! module finds its wasm file beside itself. Above it, the same names lead there for a short time, for pages that name no
//! version.

mod file;
mod serve;
mod tag;

use std::{collections::BTreeMap, fs, io, path::Path, sync::Arc};

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use self::file::File;
pub(crate) use self::serve::routes;

/// The files of one build of the SDK.
#[derive(Debug)]
pub(crate) struct Sdk {
    /// Path before everything.
    path: String,
    /// Name of the directory: changes whenever a file does.
    directory: String,
    files: BTreeMap<String, Arc<File>>,
}

/// What `cargo xtask wasm` has left when the collector was built; in debug builds, what is there now.
#[derive(RustEmbed)]
#[folder = "../wasm-sdk/dist"]
#[include = "*.js"]
#[include = "*.wasm"]
#[exclude = "*/*"]
#[allow_missing = true]
struct Built;

/// The one that pages have inside them, or load without knowing anything of modules.
const CLASSIC: &str = "stub.js";

/// Hex digits of a directory's name: no two builds share it by chance.
const DIGITS: usize = 16;

/// Files beyond this are none of ours.
const MOST_FILES: usize = 64;
const MOST_BYTES: u64 = 4 << 20;

impl Sdk {
    /// What is built in, or what is in `directory`. `None`: there is none.
    pub(crate) fn open(path: &str, directory: Option<&Path>) -> io::Result<Option<Self>> {
        let files = match directory {
            Some(directory) => read(directory)?,
            None => {
                let built =
                    Built::iter().filter_map(|name| Some((name.to_string(), Built::get(&name)?.data)));
                built.map(|(name, bytes)| (name, bytes.into_owned())).collect()
            }
        };
        Ok((!files.is_empty()).then(|| Self::of(path, files)))
    }

    fn of(path: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut hash = Sha256::new();
        for (name, bytes) in &files {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        let mut directory = crate::pipeline::link::hex(&hash.finalize());
        directory.truncate(DIGITS);
        let files = files.into_iter().filter_map(|(name, bytes)| {
            let file = File::new(&name, bytes)?;
            Some((name, Arc::new(file)))
        });
        Self { path: path.to_owned(), directory, files: files.collect() }
    }
}

/// Files of the SDK in a directory, without what lies deeper.
fn read(directory: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| file::kind(name).is_some()) else { continue };
        let about = fs::metadata(entry.path())?;
        if !about.is_file() {
            continue;
        }
        if about.len() > MOST_BYTES || files.len() == MOST_FILES {
            let why =
                format!("{name} is larger than anything of the SDK, or there are more files than it has");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        files.insert(name.to_owned(), fs::read(entry.path())?);
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
