//! What a collector opens before it can be put together, and how much of it there may be.

use std::sync::Arc;

use super::StartError;
use crate::{
    config::{self, Config},
    pipeline::{
        link::{Index, IndexError, Remembers},
        spool::{free, make_directory},
    },
    sdk::Sdk,
};

pub(super) fn open_sdk(config: &Config) -> Result<Option<Arc<Sdk>>, StartError> {
    let config::ServedSdk { serve, path, directory } = &config.sdk;
    if !serve {
        return Ok(None);
    }
    let sdk = Sdk::open(path, directory.as_deref()).map_err(|error| {
        let path = directory.clone().unwrap_or_default();
        StartError::Sdk { path, error }
    })?;
    match &sdk {
        Some(sdk) => sdk.tell(),
        None => tracing::info!(path, "there is no SDK here: pages find nothing below this path"),
    }
    Ok(sdk.map(Arc::new))
}

pub(super) fn open_index(config: &Config) -> Result<Index, StartError> {
    let path = config.data.join("links");
    let opened = make_directory(&path)
        .map_err(IndexError::from)
        .and_then(|()| Index::open(&path, Remembers::by(&config.linker)));
    opened.map_err(|error| StartError::Index { path, error: error.into() })
}

/// What may wait: what is released is written into the reserve of a full disk, and must find room there. Until it has,
/// no segment behind it is deleted, and nothing would ever make room.
pub(super) fn most_waiting(config: &Config) -> u64 {
    let wanted = config.linker.most_waiting;
    let Ok(disk) = free(&config.data) else { return wanted };
    let most = wanted.min(config.spool.reserve_of(disk.all) / RESERVE_PARTS);
    if most < wanted {
        let change = "raise spool.reserve_bytes (never more than a twentieth of the disk), or lower linker.max_waiting_mib";
        tracing::warn!(
            bytes = most,
            change,
            "less may wait for its links than is set: it has to find room on a full disk"
        );
    }
    most
}

/// The embedded stores and the cursors write into it too.
const RESERVE_PARTS: u64 = 4;
