//! Step 8 of 8, export: linked events → OTLP at each destination, retried, checkpointed.

mod backoff;
mod client;
mod load;
mod otlp;
mod way;

pub(crate) use load::Load;
pub(crate) use otlp::Part;
pub(crate) use way::Way;
