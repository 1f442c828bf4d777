//! The fields of a protobuf message, as they lie in its bytes. Nothing is copied, and nothing is taken that is not
//! there.

/// Reads field by field.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) tag: u32,
    pub(crate) value: Value<'a>,
    /// Tag and all.
    pub(crate) whole: &'a [u8],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    /// Text, bytes, or a message.
    Bytes(&'a [u8]),
}

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// What is in the field `tag` of a message, which may be there more than once: messages, texts or bytes.
pub(crate) fn contents(message: &[u8], tag: u32) -> impl Iterator<Item = &[u8]> + Clone {
    Fields::of(message).flatten().filter_map(move |field| match field.value {
        Value::Bytes(content) if field.tag == tag => Some(content),
        _ => None,
    })
}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    #[inline]
    fn read(&mut self) -> Option<Field<'a>> {
        let before = self.rest;
        let (tag, kind) = match before.split_first()? {
            // Every field that OTLP has, but for one.
            (key @ 8..0x80, rest) => {
                self.rest = rest;
                (u32::from(key >> 3), u64::from(key & 7))
            }
            _ => {
                let key = self.varint()?;
                (u32::try_from(key >> 3).ok().filter(|tag| (1..1 << 29).contains(tag))?, key & 7)
            }
        };
        let value = match kind {
            0 => Value::Varint(self.varint()?),
            1 => {
                let bytes = self.take(8)?;
                Value::Fixed64(u64::from_le_bytes(bytes.try_into().ok()?))
            }
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Value::Fixed32
            }
            // Groups are of a protobuf that OTLP never was.
            _ => return None,
        };
        let whole = before.get(..before.len() - self.rest.len())?;
        Some(Field { tag, value, whole })
    }

    #[inline]
    fn varint(&mut self) -> Option<u64> {
        let (first, rest) = self.rest.split_first()?;
        if *first < 0x80 {
            self.rest = rest;
            return Some(u64::from(*first));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (at, byte) in self.rest.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if at == 9 && bits > 1 {
                return None;
            }
            value |= bits << (7 * at);
            if *byte < 0x80 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(value);
            }
        }
        None
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Broken>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Broken))
    }
}
