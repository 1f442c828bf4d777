//! What each Rust function costs: bodies of the code section, by the names that the linker has left.

use std::fs;

use crate::{
    failure::{Failure, Outcome},
    wasm,
};

/// Sections of a WebAssembly module (core specification, 5.5.2).
const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const CODE: u8 = 10;

/// Of the section `name`: the names of functions.
const FUNCTION_NAMES: u8 = 1;

/// Names and bytes of all functions of the module, the largest first.
pub(super) fn of_module() -> Outcome<Vec<(String, u64)>> {
    let module =
        fs::read(wasm::with_names()?).map_err(Failure::while_doing("reading the module with names"))?;
    let mut functions =
        read(&module).ok_or("the module with names is no WebAssembly that this program can read")?;
    functions.sort_by(|(one, small), (other, large)| large.cmp(small).then_with(|| one.cmp(other)));
    Ok(functions)
}

fn read(module: &[u8]) -> Option<Vec<(String, u64)>> {
    let mut rest = Reader(module.strip_prefix(b"\0asm\x01\0\0\0")?);
    let (mut imported, mut bodies, mut names) = (0, Vec::new(), Vec::new());
    while !rest.0.is_empty() {
        let kind = rest.byte()?;
        let mut section = rest.sized()?;
        match kind {
            // Ours imports nothing; if it ever does, names count from the imports on.
            IMPORT => imported = section.number()?,
            CODE => {
                for _ in 0..section.number()? {
                    bodies.push(section.sized()?.0.len() as u64);
                }
            }
            CUSTOM if section.sized()?.0 == b"name" => names = function_names(section)?,
            _ => {}
        }
    }
    let name = |at: u64| names.iter().find(|(index, _)| *index == at).map(|(_, name)| name.clone());
    let named = (imported..).zip(bodies);
    Some(
        named
            .map(|(at, bytes)| {
                (name(at).map_or_else(|| format!("function {at}"), |name| plain(&name)), bytes)
            })
            .collect(),
    )
}

/// `_ZN8weft_sdk6record5write17h…E` → `weft_sdk::record::write`; what is mangled otherwise stays.
fn plain(name: &str) -> String {
    let path = |mut rest: &str| {
        let mut parts = Vec::new();
        while !rest.starts_with('E') {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let (part, more) = rest[digits..].split_at_checked(rest[..digits].parse().ok()?)?;
            parts.push(part);
            rest = more;
        }
        // The last part is a hash.
        parts.pop();
        Some(parts.join("::"))
    };
    name.strip_prefix("_ZN").and_then(path).unwrap_or_else(|| name.to_owned())
}

fn function_names(mut section: Reader<'_>) -> Option<Vec<(u64, String)>> {
    let mut names = Vec::new();
    while !section.0.is_empty() {
        let kind = section.byte()?;
        let mut map = section.sized()?;
        if kind == FUNCTION_NAMES {
            for _ in 0..map.number()? {
                names.push((map.number()?, String::from_utf8_lossy(map.sized()?.0).into_owned()));
            }
        }
    }
    Some(names)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// LEB128, unsigned.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A length and so many bytes.
    fn sized(&mut self) -> Option<Reader<'a>> {
        let length = usize::try_from(self.number()?).ok()?;
        let (inner, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Reader(inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are_written() {
        assert_eq!(plain("_ZN8weft_sdk6record5write17h43d2455d599a4ab4E"), "weft_sdk::record::write");
        assert_eq!((plain("tail"), plain("_ZN9cut")), ("tail".to_owned(), "_ZN9cut".to_owned()));
    }

    #[test]
    fn bodies_get_the_names_of_their_functions() {
        let code: &[u8] = &[CODE, 7, 2, 2, 0, 0x0b, 2, 0, 0x0b];
        let names: &[u8] =
            &[CUSTOM, 13, 4, b'n', b'a', b'm', b'e', FUNCTION_NAMES, 6, 1, 1, 3, b's', b'u', b'm'];
        let module = [b"\0asm\x01\0\0\0", code, names].concat();
        assert_eq!(read(&module), Some(vec![("function 0".to_owned(), 2), ("sum".to_owned(), 2)]));
        assert_eq!(read(&module[..module.len() - 1]), None, "cut off");
    }
}
