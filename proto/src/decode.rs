//! placeholder
#[derive(Debug)] #[allow(missing_docs)]
pub enum DecodeError { Truncated(&'static str), Version(u8), Digest, Protobuf, Inflate, Limit { what: &'static str, limit: usize }, Invalid(&'static str) }
