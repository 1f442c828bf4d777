//! What fuzz targets call: parsers that nobody else outside sees.

/// Reads a body in the JSON form.
pub fn json(bytes: &[u8]) {
    let _ = crate::pipeline::decode::json::read(bytes, weft_proto::limits::MAX_BODY_BYTES);
}
