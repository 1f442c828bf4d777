//! Step 8 of 8, export: linked events → OTLP at each destination, retried, checkpointed.

mod backoff;
mod client;
mod load;
mod way;

pub(crate) use load::Load;
pub(crate) use way::Way;
