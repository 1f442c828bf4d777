//! What a built file and its map are known to belong together by.

use std::fmt;

use crate::pipeline::decode::session_id;

/// A debug id: a UUID (ECMA-426, debug ids).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DebugId([u8; 16]);

impl DebugId {
    /// Of 32 hexadecimal digits, with the hyphens of a UUID or without. `None`: it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_uuid = text.len() == 32
            || (text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-')));
        let digits: String = text.chars().filter(|letter| *letter != '-').collect();
        is_uuid.then(|| session_id(&digits)).flatten().map(Self)
    }

    /// One for what has this hash, always the same.
    pub(crate) fn of_hash(hash: [u8; 16]) -> Self {
        let mut bytes = hash;
        // RFC 9562, 5.8: its own way of being made (version 8), and the variant.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_with_and_without_hyphens_and_is_never_a_path() {
        let id = DebugId::read("85314830-023f-4cf1-a267-535F4E37BB17").unwrap();
        assert_eq!(id.to_string(), "85314830-023f-4cf1-a267-535f4e37bb17");
        assert_eq!(DebugId::read("85314830023f4cf1a267535f4e37bb17"), Some(id));
        for none in
            ["", "85314830", "../../../../../../../../../../etc", "8531483-0023f-4cf1-a267-535f4e37bb17"]
        {
            assert_eq!(DebugId::read(none), None, "{none}");
        }
    }
}
