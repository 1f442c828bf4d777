//! Marks in the text of a body: characters that no text needs, each standing for hex digits that lie packed elsewhere.

/// A UUID: 16 packed bytes.
pub(crate) const UUID: u8 = 1;

/// 16 hex digits: 8 packed bytes.
pub(crate) const HEX_16: u8 = 2;

/// Hex digits: the byte behind it says how many bytes they are packed into.
pub(crate) const HEX: u8 = 3;

/// The character behind it is itself, and no mark.
pub(crate) const ESCAPE: u8 = 4;

/// Digits of a UUID between its dashes (RFC 9562, section 4).
pub(crate) const UUID_PARTS: &[usize] = &[8, 4, 4, 4, 12];
