//! Values that hold others, one behind the other: what stands before each.

/// Marks of nested values.
#[allow(missing_docs)]
pub mod mark {
    pub const EMPTY: u8 = 0;
    pub const TEXT: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const TRUE: u8 = 3;
    pub const INT: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const BYTES: u8 = 6;
    pub const LIST: u8 = 7;
    pub const MAP: u8 = 8;
    /// In rows only: the key of the value that follows. On the wire it has no mark.
    pub const KEY: u8 = 9;
}
