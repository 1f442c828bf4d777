//! Step 8 of 8, export: linked events → OTLP at each destination, retried, checkpointed.

mod answer;
mod backoff;
mod client;
mod dead;
mod grpc;
mod http;
mod load;
mod otlp;
mod scrub;
mod send;
mod way;
mod window;

pub(crate) use answer::Answer;
pub(crate) use client::Client;
pub(crate) use dead::{DeadLetter, DeadLetters};
pub(crate) use load::Load;
pub(crate) use otlp::Part;
pub(crate) use scrub::scrubbed;
pub(crate) use way::{Around, Left, Stops, Way};
