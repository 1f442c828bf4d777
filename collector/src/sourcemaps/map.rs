//! One source map: what was written at a place of the file that was built from it.

use sourcemap::{DecodedMap, Token, decode_slice};

/// Lines of source that are shown before and behind the one that is meant.
const AROUND: u32 = 4;

/// Characters of a line of source, and of a name of a file, that are shown.
const MOST_OF_LINE: usize = 300;

/// A map that was read.
pub(crate) struct Map(DecodedMap);

/// A place as a person wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Original {
    /// Name of the file, as the map has it.
    pub(super) source: String,
    /// From one.
    pub(super) line: u32,
    /// From one.
    pub(super) column: u32,
    /// Number of the first of the lines.
    pub(super) first_line: u32,
    /// The line and those around it. None: the map has no sources in it.
    pub(super) lines: Vec<String>,
    /// Whether it is somebody else's, as far as names tell.
    pub(super) is_library: bool,
}

impl Map {
    /// # Errors
    /// Why it is none, for whoever sent it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let is_of_sections = |map: &DecodedMap| match map {
            DecodedMap::Regular(map) => map.get_token_count() > 0,
            DecodedMap::Index(_) => true,
            DecodedMap::Hermes(_) => false,
        };
        match decode_slice(bytes) {
            Ok(map) if is_of_sections(&map) => Ok(Self(map)),
            Ok(_) => Err("it maps nothing: build it with `mappings`".to_owned()),
            Err(error) => Err(format!("it is no source map (ECMA-426): {error}")),
        }
    }

    /// What stands at a place of the built file; both numbers are from one. `None`: the map says nothing of it.
    pub(super) fn original(&self, line: u32, column: u32) -> Option<Original> {
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let token = self.0.lookup_token(line, column)?;
        // The nearest before it may be of another line, or say that this was written by nobody.
        if token.get_dst_line() != line || !token.has_source() {
            return None;
        }
        let source = token.get_source()?;
        let (first_line, lines) = around(&token);
        Some(Original {
            source: cut(source),
            line: token.get_src_line().saturating_add(1),
            column: token.get_src_col().saturating_add(1),
            first_line,
            lines,
            is_library: source.contains("node_modules/"),
        })
    }
}

/// Number of the first line from one, and the lines.
fn around(token: &Token<'_>) -> (u32, Vec<String>) {
    let first = token.get_src_line().saturating_sub(AROUND);
    let last = token.get_src_line().saturating_add(AROUND);
    let view = token.get_source_view();
    let lines = view.into_iter().flat_map(|view| (first..=last).map_while(|line| view.get_line(line)));
    (first.saturating_add(1), lines.map(cut).collect())
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_OF_LINE).collect()
}
