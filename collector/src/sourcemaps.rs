//! Source maps: kept where only those who may look at the admin port see what is in them, and what a stack says, looked up in
//! them by the debug ids of its files (ECMA-426).

mod id;
mod kept;
mod map;
mod stack;
mod symbolicated;

pub(crate) use id::DebugId;
pub(crate) use kept::{Kept, MOST_MAP_BYTES, NotKept, SourceMaps};
pub(crate) use map::Map;
#[cfg(feature = "fuzz")]
pub(crate) use symbolicated::look_up;
pub(crate) use symbolicated::symbolicated;
